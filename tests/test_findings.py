"""What `validate` gives back: reports for CI, marked spreadsheets, fixes, baselines; and the catalogue of rules."""

from __future__ import annotations

import ast
import csv
import io
import json
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from aistandards import catalogue, fixes, pipeline, reportforms
from aistandards.findings import Finding, Report
from aistandards.readers.kinds import KINDS
from badfiles import BAD, UNREADABLE
from badformats import BAD_FORMATS, UNREADABLE_FORMATS
from conftest import Cli

READING = Path(__file__).parent / "reading"
SOURCE = Path(__file__).resolve().parents[1] / "src" / "aistandards"
TOOLS = Path(__file__).resolve().parents[1] / "tools"
HEADER = "number,level,nature,title_zh,issued,implemented,source"
TABLE = f"""{HEADER}
gbt 71001—2025,national,recommended,甲,2025/3/1,2025-09-01,s
"GB/T 71002-2025",national,recommended,"乙,""丙""
丁",2025年3月2日,2025-09-01,s
GB/T 71003-2025,natonal,recommended,戊,2025-13-01,2025-09-01,s
"""
ALSO = {
    "cell-required": {"evidence-source"},
    "code-unknown": {"standard-level"},
    "field-unknown": {"statement-field"},
    "part-unknown": {"classified-part"},
    "read-row": {"standard-source"},
    "record-unknown": {"evidence-record"},
    "relation-cycle": {"excluding-relations"},
    "system-unknown": {"classified-part"},
}  # what a bad example cannot help breaking besides


def reading_rules() -> list[str]:
    return [rule.id for rule in catalogue.rules().values() if rule.kind == "reading"]


@pytest.fixture(scope="module")
def found() -> dict[str, list[Finding]]:
    """The findings on the examples of the rules of reading, all validated in one go, by example."""
    paths = [str(path) for path in sorted(READING.glob("*/*"))]
    by_path: dict[str, list[Finding]] = defaultdict(list)
    for finding in pipeline.validate_paths(paths, io.BytesIO()).report.findings:
        by_path[next(path for path in paths if (finding.file or "").startswith(path))].append(finding)
    return by_path


@pytest.mark.parametrize("rule", [rule for rule in reading_rules() if rule != "read-missing"])
def test_a_rule_of_reading_finds_its_bad_example_and_passes_the_good_one(
    rule: str, found: dict[str, list[Finding]]
) -> None:
    good, bad = (next((READING / rule).glob(f"{name}*")) for name in ("ok", "bad"))
    assert [finding.text() for finding in found.get(str(good), [])] == []
    assert {finding.rule for finding in found[str(bad)]} - ALSO.get(rule, set()) == {rule}


def test_a_missing_file_is_a_finding_of_its_rule() -> None:
    report = pipeline.validate_paths(["no/such/file.csv"], io.BytesIO()).report
    assert [finding.rule for finding in report.findings] == ["read-missing"]


def test_every_rule_says_in_both_languages_what_it_finds() -> None:
    rules = catalogue.rules()
    assert len(rules) >= 200
    for rule in rules.values():
        assert rule.zh and rule.en and rule.zh != rule.en, rule
    assert {rule.id for rule in rules.values() if rule.mechanical} == {"number-normal", "date-form"}


def test_no_finding_on_a_bad_file_lacks_its_rule_in_the_catalogue(tmp_path: Path) -> None:
    every = [*BAD, *UNREADABLE, *BAD_FORMATS, *UNREADABLE_FORMATS]
    for at, bad in enumerate(every):
        (tmp_path / str(at)).mkdir()
        (tmp_path / str(at) / bad.file).write_bytes(bad.content)
    report = pipeline.validate_paths([str(path) for path in sorted(tmp_path.glob("*/*"))], io.BytesIO()).report
    assert len(report.findings) >= len(every)
    assert {finding.rule for finding in report.findings} <= set(catalogue.rules())
    assert all((finding.file or "").startswith(str(tmp_path)) for finding in report.findings)


SAYING = {"say", "refuse", "find", "UnreadableError", "Doubt", "Finding"}
PER_FORM = {f"read-{kind.name}" for kind in KINDS} | {"read-json"}  # said as f"read-{form}"
OF_THE_MODEL = {"model-syntax"}  # `aistandards lint` looks at the model, not at records


def _texts(call: ast.Call) -> Iterator[str]:
    """The texts given to a call, but for those that calls within it are given."""
    waiting: list[ast.AST] = [*call.args, *(keyword.value for keyword in call.keywords)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif not isinstance(node, ast.Call):
            waiting += ast.iter_child_nodes(node)


def _said_in_the_source() -> tuple[set[str], set[str]]:
    """What is given to the calls that report, as far as it has the form of a rule's id; and every text at all."""
    ids, texts = set(), set()
    families = {rule.partition("-")[0] for rule in reading_rules()}
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                texts.add(node.value)
            if (
                isinstance(node, ast.Call)
                and (getattr(node.func, "attr", None) or getattr(node.func, "id", "")) in SAYING
            ):
                ids |= {text for text in _texts(node) if re.fullmatch(r"[a-z]+(-[a-z]+)+", text)}
    return {one for one in ids if one.partition("-")[0] in families}, texts


def test_the_catalogue_has_the_rules_that_the_source_reports_and_no_other() -> None:
    ids, texts = _said_in_the_source()
    assert len(ids) > 40
    assert ids - set(catalogue.rules()) == OF_THE_MODEL
    assert [rule for rule in reading_rules() if rule not in texts | PER_FORM] == []


def test_the_pages_of_the_rules_are_those_that_make_docs_writes() -> None:
    sys.path.insert(0, str(TOOLS))
    try:
        import rules_pages
    finally:
        sys.path.remove(str(TOOLS))
    written = {path.name: path.read_text(encoding="utf-8") for path in rules_pages.FOLDER.glob("*.md")}
    assert rules_pages.pages() == written


@pytest.mark.parametrize(
    ("written", "meant"), [("GB/T 45828.1-2025", "GB/T 45288.1-2025"), ("GB/T 99999.77-1999", None)]
)
def test_a_mistyped_number_is_answered_with_the_nearest_on_record(
    tmp_path: Path, written: str, meant: str | None
) -> None:
    path = tmp_path / "evidence.csv"
    path.write_text(f"record,source,kind\n{written},a register,official\n", encoding="utf-8")
    findings = pipeline.validate_paths([str(path)], io.BytesIO()).report.findings
    assert [finding.suggestion for finding in findings if finding.rule == "record-unknown"] == [meant]


# ---------------------------------------------------------------- formats


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "mine.csv"
    path.write_text(TABLE, encoding="utf-8", newline="")
    return path


def rows(cli: Cli, table: Path) -> list[dict[str, str]]:
    report = json.loads(cli("validate", table, "--format", "json").stdout)
    found: list[dict[str, str]] = report["findings"]
    return found


def test_sarif_has_every_finding_with_its_rule_and_place(cli: Cli, table: Path) -> None:
    outcome = cli("validate", table, "--format", "sarif")
    assert outcome.code == 1
    (run,) = json.loads(outcome.stdout)["runs"]
    expected = rows(cli, table)
    assert len(run["results"]) == len(expected) > 4
    for result, finding in zip(run["results"], expected, strict=True):
        rule = run["tool"]["driver"]["rules"][result["ruleIndex"]]
        assert rule["id"] == result["ruleId"] == finding["rule"]
        assert rule["helpUri"].endswith("#" + finding["rule"])
        place = result["locations"][0]["physicalLocation"]
        assert place["artifactLocation"]["uri"] == table.as_uri()
        assert place["region"]["startLine"] == finding["line"]
        assert result["level"] == {"violation": "error", "warning": "warning", "info": "note"}[finding["severity"]]


def test_junit_counts_violations_as_failures(cli: Cli, table: Path) -> None:
    root = ET.fromstring(cli("validate", table, "--format", "junit").stdout)
    expected = rows(cli, table)
    failures = root.findall("./testsuite/testcase/failure")
    assert len(failures) == int(root.get("failures", "")) == sum(f["severity"] == "violation" for f in expected)
    assert len(root.findall("./testsuite/testcase")) == len(expected)


def test_a_conforming_file_is_one_test_that_passes(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "fine.csv"
    path.write_text(f"{HEADER}\nGB/T 71009-2025,national,recommended,甲,2025-03-01,2025-09-01,s\n", encoding="utf-8")
    outcome = cli("validate", path, "--format", "junit")
    assert outcome.code == 0
    root = ET.fromstring(outcome.stdout)
    assert (root.get("tests"), root.get("failures")) == ("1", "0")


def test_github_annotations_stand_one_a_line_and_are_escaped(cli: Cli, table: Path) -> None:
    lines = [line for line in cli("validate", table, "--format", "github").stdout.splitlines() if line.startswith("::")]
    assert len(lines) == len(rows(cli, table))
    assert all(f"file={table},line=" in line for line in lines)
    finding = Finding("r", "violation", "甲\n乙", "a\nb 100%", "x,y:z.csv", 1)
    (said, _) = reportforms.github(Report([finding], 1), "en").splitlines()
    assert said == "::error file=x%2Cy%3Az.csv,line=1,title=r::a%0Ab 100%25"


def test_the_page_escapes_what_the_cells_say(tmp_path: Path, cli: Cli) -> None:
    path = tmp_path / "evil.csv"
    path.write_text(
        f"{HEADER}\n<script>alert(1)</script>,national,recommended,甲,2025-03-01,2025-09-01,s\n", encoding="utf-8"
    )
    for lang in ("zh", "en"):
        page = cli("validate", path, "--format", "html", "--lang", lang).stdout
        assert "<script>" not in page and "&lt;script&gt;" in page
        assert 'href="http' not in page and "src=" not in page


def test_thousands_of_findings_are_grouped_by_rule(tmp_path: Path, cli: Cli) -> None:
    path = tmp_path / "many.csv"
    body = "".join(f"GB/T {72000 + at}-2025,natonal,recommended,甲{at},2025-03-01,2025-09-01,s\n" for at in range(150))
    path.write_text(f"{HEADER}\n{body}", encoding="utf-8")
    shown = cli("validate", path, "--lang", "en").stdout.splitlines()
    assert len(shown) == 2 * (1 + 5 + 1) + 1
    assert shown[0].startswith("== code-unknown × 150") and "  … and 145 more" in shown
    assert len(cli("validate", path, "--group", "none").stdout.splitlines()) == 301


# ---------------------------------------------------------------- rules, baselines


def test_rules_are_selected_and_ignored_by_id_and_pattern(cli: Cli, table: Path) -> None:
    only = json.loads(cli("validate", table, "--select", "date-*", "--format", "json").stdout)
    assert {finding["rule"] for finding in only["findings"]} == {"date-form"}
    rest = cli(
        "validate",
        table,
        "--ignore",
        "date-form",
        "--ignore",
        "code-*",
        "--ignore",
        "standard-*",
        "--ignore",
        "text-control",
    )
    assert rest.code == 0 and "number-normal" in rest.stdout
    wrong = cli("validate", table, "--select", "date-from")
    assert wrong.code == 2 and "date-form" in wrong.stderr and "没有规则" in wrong.stderr


def test_only_new_findings_fail_against_a_baseline(cli: Cli, table: Path, tmp_path: Path) -> None:
    baseline = tmp_path / "baseline.json"
    baseline.write_text(cli("validate", table, "--format", "json").stdout, encoding="utf-8")
    same = cli("validate", table, "--baseline", baseline, "--lang", "en")
    assert same.code == 0 and "more are in the baseline" in same.stdout
    text = table.read_text(encoding="utf-8").replace(HEADER, HEADER + "\n" + ",,,,,,", 1)
    table.write_text(text + "GB/T 71004-2025,natonal,recommended,己,2025-03-01,2025-09-01,s\n", encoding="utf-8")
    new = json.loads(cli("validate", table, "--baseline", baseline, "--format", "json").stdout)
    assert {finding["record"] for finding in new["findings"]} == {"GB/T 71004-2025"}
    assert cli("validate", table, "--baseline", tmp_path / "no.json").code == 2
    (tmp_path / "odd.json").write_text("[1]", encoding="utf-8")
    assert cli("validate", table, "--baseline", tmp_path / "odd.json").code == 2


def test_the_list_of_rules_is_the_catalogue(cli: Cli) -> None:
    listed = json.loads(cli("validate", "--list-rules", "--format", "json").stdout)
    assert [item["id"] for item in listed["items"]] == list(catalogue.rules())


@pytest.mark.parametrize(
    "options", [(), ("--write",), ("--annotate", "a.csv"), ("x.csv", "y.csv", "--annotate", "a.xlsx")], ids=str
)
def test_wrong_options_are_refused_in_both_languages(cli: Cli, options: tuple[str, ...]) -> None:
    outcome = cli("validate", *options)
    assert outcome.code == 2 and "aistandards：" in outcome.stderr


# ---------------------------------------------------------------- marked spreadsheets


def test_every_finding_is_marked_in_its_cell_and_listed(cli: Cli, table: Path, tmp_path: Path) -> None:
    out = tmp_path / "marked.xlsx"
    assert cli("validate", table, "--annotate", out, "--lang", "zh").code == 1
    book = load_workbook(out)
    sheet, listed = book["data"], book["校验结果"]
    expected = rows(cli, table)
    assert listed.max_row == len(expected) + 1
    assert sheet["A2"].value == "gbt 71001—2025" and "number-normal" in sheet["A2"].comment.text
    assert sheet["A2"].fill.fgColor.rgb.endswith("FFE8B3")
    assert "2025-03-01" in sheet["E2"].comment.text
    for finding in expected:
        cell = sheet.cell(int(finding["line"]), int(finding["column"] or 1))
        assert cell.comment and finding["rule"] in cell.comment.text


def test_a_workbook_keeps_its_cells_and_formulas_when_it_is_marked(cli: Cli, tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "标准"
    sheet.append(HEADER.split(","))
    sheet.append(["gbt71001-2025", "national", "recommended", "=1+1", "2025-03-01", "2025-09-01", "s"])
    path, out = tmp_path / "in.xlsx", tmp_path / "out.xlsx"
    book.save(path)
    before = path.read_bytes()
    cli("validate", path, "--annotate", out)
    marked = load_workbook(out)["标准"]
    assert marked["D2"].value == "=1+1" and "number-normal" in marked["A2"].comment.text
    assert path.read_bytes() == before
    same = cli("validate", path, "--annotate", path)
    assert same.code == 2 and path.read_bytes() == before


def test_text_that_looks_like_a_formula_stays_text(cli: Cli, tmp_path: Path) -> None:
    path, out = tmp_path / "in.csv", tmp_path / "out.xlsx"
    path.write_text(f"{HEADER}\n=cmd(),national,recommended,=HYPERLINK(),2025-03-01,2025-09-01,s\n", encoding="utf-8")
    cli("validate", path, "--annotate", out)
    assert {cell.data_type for row in load_workbook(out)["data"].iter_rows() for cell in row} <= {"s", "n"}


# ---------------------------------------------------------------- fixes


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_fix_changes_the_cells_and_nothing_else(cli: Cli, tmp_path: Path, encoding: str, newline: str) -> None:
    path = tmp_path / "mine.csv"
    before = TABLE.replace("\n", newline)
    path.write_bytes(before.encode(encoding))
    shown = cli("validate", path, "--fix")
    assert shown.code == 1 and path.read_bytes() == before.encode(encoding)
    assert "+GB/T 71001-2025,national,recommended,甲,2025-03-01" in shown.stdout
    cli("validate", path, "--fix", "--write")
    after = before.replace("gbt 71001—2025", "GB/T 71001-2025").replace("2025/3/1", "2025-03-01")
    assert path.read_bytes() == after.replace("2025年3月2日", "2025-03-02").encode(encoding)
    assert "number-normal" not in cli("validate", path).stdout


def test_a_workbook_is_fixed_in_its_cells(cli: Cli, tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(HEADER.split(","))
    sheet.append(["ＧＢ／Ｔ 71001－2025", "national", "recommended", "甲", "2025/3/1", "2025-09-01", "s"])
    path = tmp_path / "mine.xlsx"
    book.save(path)
    assert "2 cells can be changed" in cli("validate", path, "--fix", "--lang", "en").stdout
    cli("validate", path, "--fix", "--write")
    fixed = load_workbook(path).active
    assert fixed is not None and fixed["A2"].value == "GB/T 71001-2025" and fixed["E2"].value == "2025-03-01"


@pytest.mark.parametrize("mark", [";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-be", "gb18030"])
def test_a_fix_keeps_the_delimiter_the_title_and_every_other_byte(
    cli: Cli, tmp_path: Path, mark: str, encoding: str
) -> None:
    path = tmp_path / "mine.tsv"
    row = ["\u00a0gbt 71101—2025", "national", "recommended", 'a "b" 甲', "2025/3/1", "2025-09-01", "s"]
    text = "\ufeff" * (encoding == "utf-16-be") + "\n".join(
        ["某委员会标准清单" + mark * 6, mark.join(HEADER.split(",")), mark.join(row), ""]
    )
    path.write_bytes(text.encode(encoding))
    wrote = cli("validate", path, "--fix", "--write")
    assert wrote.code == 0, wrote.stdout + wrote.stderr
    after = text.replace("\u00a0gbt 71101—2025", "GB/T 71101-2025").replace("2025/3/1", "2025-03-01")
    assert path.read_bytes() == after.encode(encoding)


def several_sheets(path: Path) -> None:
    """A workbook whose first sheet is no table; the second has a title and merged cells, the third a table too."""
    book = Workbook()
    first = book.active
    assert first is not None
    first.title = "说明"
    first.append(["本表由秘书处整理"])
    for at, title in enumerate(("国标#一", "国标二")):
        sheet = book.create_sheet(title)
        sheet.append(["标准清单"])
        sheet.append(HEADER.split(","))
        for number in (71201 + 10 * at, 71202 + 10 * at):
            sheet.append([f"gbt{number}-2025", "national", "recommended", "甲", "2025/3/1", "2025-09-01", "s"])
        sheet.merge_cells("G3:G4")
    book.save(path)


def test_every_sheet_of_a_workbook_is_marked_where_its_findings_stand(cli: Cli, tmp_path: Path) -> None:
    path, out = tmp_path / "in.xlsx", tmp_path / "out.xlsx"
    several_sheets(path)
    before = {sheet.title: [[c.value for c in row] for row in sheet.iter_rows()] for sheet in load_workbook(path)}
    cli("validate", path, "--annotate", out, "--lang", "en")
    marked = load_workbook(out)
    after = {sheet.title: [[c.value for c in row] for row in sheet.iter_rows()] for sheet in marked}
    assert {title: after[title] for title in before} == before
    for title in ("国标#一", "国标二"):
        for cell in ("A3", "A4"):
            assert "number-normal" in marked[title][cell].comment.text
        assert "date-form" in marked[title]["E4"].comment.text
    assert not any(cell.comment for row in marked["说明"].iter_rows() for cell in row)


def test_every_sheet_of_a_workbook_is_fixed(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "in.xlsx"
    several_sheets(path)
    assert "8 cells can be changed" in cli("validate", path, "--fix", "--lang", "en").stdout
    wrote = cli("validate", path, "--fix", "--write", "--format", "json")
    left = json.loads(wrote.stdout)
    assert wrote.code == 0 and {finding["rule"] for finding in left["findings"]} <= {
        "read-title", "read-merged", "read-sheet",
    }  # fmt: skip
    fixed = load_workbook(path)
    assert [fixed[title][cell].value for title in ("国标#一", "国标二") for cell in ("A3", "E4")] == [
        "GB/T 71201-2025", "2025-03-01", "GB/T 71211-2025", "2025-03-01",
    ]  # fmt: skip
    assert fixed["说明"]["A1"].value == "本表由秘书处整理"


def test_a_semicolon_table_is_marked_cell_by_cell(cli: Cli, tmp_path: Path) -> None:
    path, out = tmp_path / "in.csv", tmp_path / "out.xlsx"
    text = f"{HEADER}\ngbt71301-2025,national,recommended,甲,2025/3/1,2025-09-01,s\n".replace(",", ";")
    path.write_bytes(text.encode("gb18030"))
    cli("validate", path, "--annotate", out)
    sheet = load_workbook(out)["data"]
    assert [cell.value for cell in sheet[2]] == text.splitlines()[1].split(";")
    assert "date-form" in sheet["E2"].comment.text


def test_what_remains_after_a_fix_is_said_and_decides_the_exit_code(cli: Cli, table: Path) -> None:
    wrote = cli("validate", table, "--fix", "--write", "--format", "json")
    left = json.loads(wrote.stdout)
    assert wrote.code == 1 and left["findings"] and "+GB/T 71001-2025" in wrote.stderr
    assert {finding["rule"] for finding in left["findings"]}.isdisjoint({"number-normal"})
    assert left["findings"] == json.loads(cli("validate", table, "--format", "json").stdout)["findings"]
    assert cli("validate", "-", "--fix").code == 2


def test_what_is_not_certain_is_left_to_people(cli: Cli, table: Path) -> None:
    cli("validate", table, "--fix", "--write")
    text = table.read_text(encoding="utf-8")
    assert "natonal" in text and "2025-13-01" in text


@given(
    st.lists(
        st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8), min_size=1, max_size=4),
        min_size=1,
        max_size=6,
    )
)
def test_the_cells_of_a_csv_text_are_where_the_reader_of_csv_finds_them(cells: list[list[str]]) -> None:
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows(cells)
    text = out.getvalue()
    found = [fixes._value(text[start:end]) for _, _, start, end in fixes._cells(text)]
    assert found == [cell for row in csv.reader(io.StringIO(text, newline="")) for cell in row]
