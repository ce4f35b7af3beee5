"""The readers of every format: what they take from a file, where it stands, and that no row is lost without a word."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import runpy
import zipfile
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pyoxigraph as ox
import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from aistandards import pipeline, sources
from aistandards.cells import read_amount, split_adoption
from aistandards.codes import codes_of
from aistandards.namespaces import expand, key_of
from aistandards.readers import rdf
from aistandards.readers.base import UnreadableError
from aistandards.readers.foreign import formats
from aistandards.sources import Source, read_each
from aistandards.tables import of_name, table_for, tables
from badfiles import BAD, READ, UNREADABLE, Bad, row, table, turtle
from badformats import BAD_FORMATS, DATA, HEAD, SHEET, UNREADABLE_FORMATS, changed, docx, workbook

FORMATS = Path(__file__).parent / "formats"
SUBJECT = "https://w3id.org/aistandards/id/standard/gbt-90001-2025"
NUMBER = ox.NamedNode("https://w3id.org/aistandards/ontology#number")
TRIPLES = [ox.Triple(ox.NamedNode(SUBJECT), NUMBER, ox.Literal("GB/T 90001-2025"))]


def written(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def only(path: Path, **options: Any) -> Source:
    (found,) = read_each(path, **options)
    return found


def rules(source: Source) -> list[str]:
    return [finding.rule for finding in source.findings]


# ---------------------------------------------------------------- no row is lost

EVERY = [*BAD, *UNREADABLE, *BAD_FORMATS, *UNREADABLE_FORMATS]


@pytest.mark.parametrize("bad", EVERY, ids=lambda bad: bad.label)
def test_every_row_that_came_in_was_accepted_or_reported(bad: Bad, tmp_path: Path) -> None:
    path = written(tmp_path, bad.file, bad.content)
    try:
        found = list(read_each(path))
    except UnreadableError as error:
        assert bad.unreadable and error.finding.rule == bad.rule, error
        return
    assert not bad.unreadable
    for source in found:
        assert source.read == source.accepted + source.reported
        assert source.accepted == len(source.rows)
        refused = {
            f.line
            for f in source.findings
            if f.rule in ("read-total", "read-header", "read-row", "read-format", "read-json")
        }
        assert source.reported <= len(refused)


@pytest.mark.parametrize("bad", [*BAD_FORMATS, *UNREADABLE_FORMATS], ids=lambda bad: bad.label)
def test_a_bad_file_is_answered_with_its_rule_place_and_fix_in_both_languages(bad: Bad, tmp_path: Path) -> None:
    path = written(tmp_path, bad.file, bad.content)
    if bad.unreadable:
        with pytest.raises(UnreadableError) as caught:
            list(read_each(path))
        finding = caught.value.finding
        assert str(path.name) in caught.value.en and str(path.name) in caught.value.zh
    else:
        named = [f for source in list(read_each(path)) for f in source.findings if f.rule == bad.rule]
        assert named, bad.label
        finding = named[0]
    assert finding.rule == bad.rule and finding.severity == bad.severity
    assert bad.line is None or finding.line == bad.line, finding
    assert bad.field is None or finding.field == bad.field, finding
    assert finding.message_zh and finding.message_en and finding.message_zh != finding.message_en
    assert bad.fix is None or bad.fix in (finding.suggestion or ""), finding
    assert len(finding.message_en) < 1000


@pytest.mark.parametrize(("content", "said"), [case[1:] for case in READ], ids=[case[0] for case in READ])
def test_a_stream_gives_the_rows_that_reading_gives(content: bytes, said: str | None, tmp_path: Path) -> None:
    path = written(tmp_path, "standards-mine.csv", content)
    whole = only(path)
    ((source, rows),) = sources.stream(path)
    assert list(rows) == whole.rows and source.accepted == 1


# ---------------------------------------------------------------- tables

EXPORT = {
    "标准号": "GB/T 90001-2025",
    "中文标准名称": "人工智能 测试",
    "英文标准名称": "Artificial intelligence — Test",
    "标准状态": "现行",
    "标准性质": "推荐",
    "发布日期": "2025-03-01",
    "实施日期": "2025-10-01",
    "归口单位": "SAC/TC28/SC42",
    "主管部门": "国家标准化管理委员会",
    "采标情况": "IDT ISO/IEC 42001:2023",
    "计划号": "20240001-T-469",
    "国际标准分类号（ICS）": "35.020",
    "中国标准分类号（CCS）": "L70",
    "代替标准号": "GB/T 90001-2020",
}
TAKEN = {
    "number": "GB/T 90001-2025",
    "title_zh": "人工智能 测试",
    "status": "现行",
    "adopts": "IDT ISO/IEC 42001:2023",
    "ics": "35.020",
    "ccs": "L70",
    "replaces": "GB/T 90001-2020",
}


def as_csv(rows: Sequence[Sequence[str]], mark: str = ",", encoding: str = "utf-8") -> bytes:
    out = io.StringIO()
    csv.writer(out, delimiter=mark).writerows(rows)
    return out.getvalue().encode(encoding)


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_an_export_of_the_platform_is_read_whatever_its_name_marks_and_encoding(
    mark: str, encoding: str, tmp_path: Path
) -> None:
    content = as_csv([[*EXPORT], [*EXPORT.values()]], mark, encoding)
    found = only(written(tmp_path, "导出.csv", content))
    (got,) = found.rows
    assert got.table.kind == "standard" and not [f for f in found.findings if f.severity == "violation"]
    assert {name: got.get(name) for name in TAKEN} == TAKEN
    assert got.positions["adopts"] == [*EXPORT].index("采标情况") + 1


def test_an_export_of_plans_has_the_plan_number_as_its_key(tmp_path: Path) -> None:
    head, cells = ["计划号", "项目名称", "制修订", "项目状态"], ["20240001-T-469", "人工智能 测试", "制定", "正在起草"]
    (got,) = only(written(tmp_path, "plans.csv", as_csv([head, cells]))).rows
    assert (got.table.kind, got.get("id"), got.get("plan_number")) == ("project", "20240001-T-469", "20240001-T-469")


def test_a_title_above_the_header_and_a_running_number_are_said(tmp_path: Path) -> None:
    rows = [
        ["国家标准目录", "", ""],
        ["截至 2026 年", "", ""],
        ["序号", "标准号", "标准名称"],
        ["1", "GB/T 90001-2025", "测试"],
    ]
    found = only(written(tmp_path, "list.csv", as_csv(rows)))
    assert [(r.line, r.get("number")) for r in found.rows] == [(4, "GB/T 90001-2025")]
    assert rules(found) == ["read-title", "read-column-ignored"] and "国家标准目录" in found.findings[0].message_zh
    assert found.lost == {"序号": 1}


@pytest.mark.parametrize(
    ("head", "number_at"),
    [
        ([["标准号", "标准名称", "日期", ""], ["", "", "发布日期", "实施日期"]], 1),
        ([["标准信息", "", "日期", ""], ["标准号", "标准名称", "发布日期", "实施日期"]], 1),
        ([["标准号", "标准名称", "发布日期", "实施日期"], ["number", "title_zh", "issued", "implemented"]], 1),
    ],
    ids=["stacked", "grouped", "bilingual"],
)
def test_two_header_rows_are_one_header(head: list[list[str]], number_at: int, tmp_path: Path) -> None:
    data = ["GB/T 90001-2025", "测试", "2025-03-01", "2025-10-01"]
    found = only(written(tmp_path, "list.csv", as_csv([*head, data])))
    (got,) = found.rows
    assert [got.get(n) for n in ("number", "title_zh", "issued", "implemented")] == data and got.line == 3
    assert not [f for f in found.findings if f.severity == "violation"]


def test_every_table_is_told_by_its_required_columns_or_said_to_be_ambiguous(tmp_path: Path) -> None:
    for one in tables():
        needed = [column.name for column in one.columns if column.required]
        names = [column.name for column in one.columns]
        if needed and not one.comment:
            assert table_for(Path("x.csv"), names) == one, one.url
        assert of_name(one.url.replace("*", "mine")) == one
    with pytest.raises(UnreadableError) as caught:
        only(written(tmp_path, "x.csv", b"id,source\nx,y\n"))
    assert caught.value.finding.rule == "read-ambiguous" and "projects-mine.csv" in caught.value.en


def test_what_nobody_sees_is_left_out_and_said(tmp_path: Path) -> None:
    cells = row(90001, number="GB/T\u00a090001-2025\u200b", issued="'2025-03-01", title_zh="'=1+1")
    found = only(written(tmp_path, "standards-x.csv", table(cells)))
    (got,) = found.rows
    assert (got.get("number"), got.get("issued"), got.get("title_zh")) == ("GB/T 90001-2025", "2025-03-01", "=1+1")
    assert rules(found) == ["read-invisible", "read-invisible"]


# ---------------------------------------------------------------- workbooks


def test_every_visible_sheet_with_a_header_is_read_and_the_others_are_named(tmp_path: Path) -> None:
    head, data = ["标准号", "标准名称"], ["GB/T 90001-2025", "测试"]
    plans = [["计划号", "项目名称"], ["20240001-T-469", "测试"]]
    content = workbook({"说明": [["关于本表"]], "标准": [head, data], "计划": plans, "旧": [head, data]}, hidden=["旧"])
    found = list(read_each(written(tmp_path, "export.xlsx", content)))
    assert [(s.sheet, s.name, len(s.rows)) for s in found] == [
        ("标准", "export.xlsx", 1),
        ("计划", "export.xlsx#计划", 1),
    ]
    assert rules(found[0]) == ["read-hidden", "read-sheet"]
    assert "旧" in found[0].findings[0].message_zh and "说明" in found[0].findings[1].message_zh


def test_cells_of_a_workbook_are_text_as_people_read_it(tmp_path: Path) -> None:
    head = ["标准号", "标准名称", "发布日期", "实施日期", "废止日期"]
    rows: list[list[Any]] = [head, ["GB/T 90001-2025", 45288.0, date(2025, 3, 1), "2025-10-01", None]]
    (got,) = only(written(tmp_path, "x.xlsx", workbook({"a": rows}))).rows
    assert [got.get(n) for n in ("title_zh", "issued", "implemented", "withdrawn")] == [
        "45288",
        "2025-03-01",
        "2025-10-01",
        "",
    ]


@pytest.mark.parametrize("epoch", [1900, 1904])
def test_dates_are_those_of_the_workbooks_date_system(epoch: int, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    if epoch == 1904:
        book.epoch = CALENDAR_MAC_1904
    sheet = book.active
    assert sheet is not None
    for cells in (["标准号", "发布日期"], ["GB/T 90001-2025", date(2025, 3, 1)]):
        sheet.append(cells)
    out = io.BytesIO()
    book.save(out)
    (got,) = only(written(tmp_path, "x.xlsx", out.getvalue())).rows
    assert got.get("issued") == "2025-03-01"


def test_merged_cells_hold_in_every_row_they_cover(tmp_path: Path) -> None:
    rows: list[list[Any]] = [
        ["标准号", "归口单位"],
        ["GB/T 90001-2025", "SAC/TC28/SC42"],
        ["GB/T 90002-2025", None],
        ["GB/T 90003-2025", "SAC/TC260"],
    ]
    found = only(written(tmp_path, "x.xlsx", workbook({"a": rows}, merged=["B2:B3"])))
    assert [r.get("committee") for r in found.rows] == ["SAC/TC28/SC42", "SAC/TC28/SC42", "SAC/TC260"]
    assert rules(found) == ["read-merged"]


def test_a_formula_without_a_saved_value_is_reported_where_it_stands(tmp_path: Path) -> None:
    rows = [["标准号", "标准名称"], ["GB/T 90001-2025", '=CONCATENATE("a","b")']]
    found = only(written(tmp_path, "x.xlsx", workbook({"a": rows}, formulas=True)))
    (finding,) = found.findings
    assert (finding.rule, finding.line, finding.column, finding.severity) == ("read-formula", 2, 2, "violation")
    assert found.rows[0].get("title_zh") == ""


# ---------------------------------------------------------------- RDF


@pytest.mark.parametrize(
    ("form", "suffix"),
    [
        ("turtle", "ttl"),
        ("ntriples", "nt"),
        ("rdfxml", "rdf"),
        ("jsonld", "jsonld"),
        ("trig", "trig"),
        ("nquads", "nq"),
    ],
)
def test_every_form_of_rdf_gives_its_triples(form: str, suffix: str, tmp_path: Path) -> None:
    content = ox.serialize(TRIPLES, format=rdf.FORMATS[form]) or b""
    for name in (f"x.{suffix}", "x.txt"):  # by its name, and by what is in it
        assert only(written(tmp_path, name, content)).triples == TRIPLES, name


def test_named_graphs_are_read_as_one_and_said(tmp_path: Path) -> None:
    quad = ox.Quad(
        ox.NamedNode(SUBJECT), TRIPLES[0].predicate, TRIPLES[0].object, ox.NamedNode("https://example.org/g")
    )
    found = only(written(tmp_path, "x.trig", ox.serialize([quad], format=ox.RdfFormat.TRIG) or b""))
    assert found.triples == TRIPLES and rules(found) == ["read-graphs"]


def test_our_own_context_needs_no_fetching_and_any_other_is_refused(tmp_path: Path) -> None:
    said = {
        "@context": "https://w3id.org/aistandards/context.jsonld",
        "iri": SUBJECT,
        "number": "GB/T 90001-2025",
    }
    path = written(tmp_path, "x.jsonld", json.dumps(said).encode())
    assert only(path, context=pipeline.own_context).triples == TRIPLES
    with pytest.raises(UnreadableError, match="read-context"):
        only(path)


# ---------------------------------------------------------------- formats of others


def test_iso_open_data_is_the_same_from_csv_and_from_json_lines() -> None:
    comma, lines = (only(FORMATS / f"iso_deliverables_metadata.{suffix}") for suffix in ("csv", "jsonl"))
    assert [r.cells for r in comma.rows] == [r.cells for r in lines.rows]
    first, old, draft, other = (r.cells for r in comma.rows)
    assert (first["number"], first["replaces"], first["ics"]) == (
        "ISO/IEC 90001:2023",
        "ISO/IEC 90001:2015",
        "35.020;03.100.70",
    )
    assert (first["status"], old["status"], draft["stage"], other["status"]) == (
        "in-force",
        "superseded",
        "review",
        "in-force",
    )
    assert (comma.read, comma.accepted, comma.reported) == (5, 4, 1) and (lines.read, lines.reported) == (6, 2)
    assert comma.lost["scope.en"] == 1 and comma.lost["title.fr"] == 1 and comma.lost["(id)"] == 1
    assert comma.rows[0].positions["number"] == 4


def test_committees_of_iso_name_their_parents() -> None:
    above, below = (r.cells for r in only(FORMATS / "iso_technical_committees.jsonl").rows)
    assert above["id"] == "iso-iec-jtc-1" and below["parent"] == above["code"] == "ISO/IEC JTC 1"


@pytest.mark.parametrize("name", ["relaton-new.yaml", "relaton-old.yaml", "relaton.xml"])
def test_relaton_is_read_in_either_shape_and_in_xml(name: str) -> None:
    found = only(FORMATS / name)
    want = {
        "relaton-new.yaml": [("ISO/IEC 90001:2023", "2023-12-18", "35.020", "in-force")],
        "relaton-old.yaml": [("IEC 90010:2019", "2019-05", "29.020", "in-force")],
        "relaton.xml": [("ISO 90020:2021", "2021-03", "35.240.99", "in-force"), ("", "", "", "")],
    }[name]
    assert [tuple(r.get(n) for n in ("number", "issued", "ics", "status")) for r in found.rows] == want
    assert all(r.get("title_en") and r.get("source") for r in found.rows)
    if name == "relaton.xml":
        assert (found.rows[1].table.kind, found.rows[1].get("id"), found.rows[1].get("stage")) == (
            "project",
            "ISO/DIS 90021",
            "review",
        )


def test_every_column_of_a_mapping_is_one_of_the_table_it_names() -> None:
    for one in formats():
        for entry in one.said["tables"]:
            found = next(t for t in tables() if t.kind == entry["table"])
            assert {column["column"] for column in entry["columns"]} <= {column.name for column in found.columns}


# ---------------------------------------------------------------- paths


def test_a_folder_is_read_with_its_folders_but_not_what_is_hidden(tmp_path: Path) -> None:
    for place in ("a.csv", "b/c.ttl", ".git/d.csv", "b/~$e.xlsx", "f.md"):
        (tmp_path / place).parent.mkdir(exist_ok=True)
        (tmp_path / place).write_bytes(table(row(90001)))
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "gone.csv").symlink_to(tmp_path / "nowhere.csv")
    found = [path.relative_to(tmp_path).as_posix() for path in sources.find(tmp_path)]
    assert found == ["a.csv", "b/c.ttl", "gone.csv"]
    with pytest.raises(UnreadableError, match="read-missing"):
        sources.read(tmp_path / "gone.csv")


def test_a_pattern_names_files(tmp_path: Path) -> None:
    for name in ("a.csv", "b.csv", "c.ttl"):
        (tmp_path / name).write_bytes(b"x")
    assert [path.name for path in sources.find(tmp_path / "*.csv")] == ["a.csv", "b.csv"]


@pytest.mark.parametrize(
    "make", [lambda path: os.mkfifo(path), lambda path: path.symlink_to(path)], ids=["pipe", "loop"]
)
def test_a_pipe_or_a_link_to_itself_is_refused_and_nothing_hangs(make: Callable[[Path], None], tmp_path: Path) -> None:
    make(tmp_path / "x.csv")
    with pytest.raises(UnreadableError, match="read-missing"):
        sources.find(tmp_path / "x.csv")


def test_what_is_on_standard_input_is_seen_or_told(tmp_path: Path) -> None:
    for form, content in (
        ("turtle", turtle(90001)),
        ("csv", table(row(90001))),
        ("xlsx", workbook({"a": [["标准号"], ["GB/T 1-2025"]]})),
    ):
        for told in (None, form):
            found = only(Path("stdin"), name="-", data=content, form=told)
            assert found.form == form and (found.rows or found.triples)


def test_a_name_that_says_another_kind_is_said(tmp_path: Path) -> None:
    found = only(written(tmp_path, "x.csv", turtle(90001)))
    assert found.triples and rules(found) == ["read-kind"]
    with pytest.raises(UnreadableError, match="Word"):
        only(written(tmp_path, "x.xlsx", docx()))
    assert zipfile.is_zipfile(io.BytesIO(docx()))


# ---------------------------------------------------------------- what cells of the platforms say


def test_the_form_of_a_number_gives_one_level_and_nature_alone(shipped: Path) -> None:
    """The platforms export neither; where the records say them, the patterns of the code lists agree with themselves."""
    patterns = codes_of(pipeline.load_ontology()).patterns
    for path in shipped.glob("standards-*.csv"):
        for line in sources.read(path).rows:
            for name in ("level", "nature"):
                fitting = {token for pattern, token in patterns[name] if re.match(pattern, line.get("number"))}
                assert len(fitting) <= 1, (line.get("number"), fitting)
                if line.get(name) and fitting and not line.get("number").startswith("EN"):
                    assert fitting == {line.get(name)}, line.get("number")


@pytest.mark.parametrize(
    ("cell", "adopts", "degree"),
    [
        ("IDT ISO/IEC 42001:2023", "ISO/IEC 42001:2023", "IDT"),
        ("ISO 8373:2021，MOD", "ISO 8373:2021", "MOD"),
        ("等同采用 ISO 8373:2021", "ISO 8373:2021", "IDT"),
        ("非等效采用ISO 8373:2021", "ISO 8373:2021", "NEQ"),
        ("ISO/IEC 42001:2023", "ISO/IEC 42001:2023", None),
        ("ISO 1:2020 IDT; ISO 2:2020 MOD", "ISO 1:2020;ISO 2:2020", None),
        ("MODBUS 1", "MODBUS 1", None),
    ],
)
def test_the_degree_beside_an_adopted_number_is_read(cell: str, adopts: str, degree: str | None) -> None:
    degrees = {"idt": "IDT", "等同": "IDT", "mod": "MOD", "修改": "MOD", "neq": "NEQ", "非等效": "NEQ"}
    assert split_adoption(cell, degrees) == (adopts, degree)


def test_an_export_becomes_a_record_whose_cells_are_codes(tmp_path: Path) -> None:
    path = written(tmp_path, "导出.csv", as_csv([[*EXPORT], [*EXPORT.values()]]))
    compiled = pipeline.validate_paths([str(path)], io.BytesIO())
    subject = ox.NamedNode(SUBJECT)

    def said(name: str) -> set[str]:
        found = compiled.quads.quads_for_pattern(subject, ox.NamedNode(expand(name)), None)
        return {key_of(quad.object.value) for quad in found if isinstance(quad.object, ox.NamedNode)}

    assert said("ais:level") == {"national"} and said("ais:nature") == {"recommended"}
    assert said("ais:adopts") == {"isoiec-42001-2023"} and said("ais:adoptionDegree") == {"IDT"}
    assert said("ais:statusSeen") == {"in-force"} and said("ais:replaces") == {"gbt-90001-2020"}


def test_the_report_says_of_each_file_what_came_in_and_what_became_of_it(tmp_path: Path) -> None:
    table_ = written(tmp_path, "standards-x.csv", table(row(90001), row(90001), row(90002, number=""), "合计,,,,,,"))
    graph = written(tmp_path, "x.ttl", turtle(90003))
    gone = written(tmp_path, "y.ttl", b"<x")
    files = pipeline.validate_paths([str(table_), str(graph), str(gone)], io.BytesIO()).report.as_dict()["files"]
    assert files == [
        {"file": str(table_), "read": 4, "accepted": 1, "reported": 3},
        {"file": str(graph), "read": 1, "accepted": 1, "reported": 0},
    ]


def test_the_page_of_formats_is_the_one_the_tool_writes() -> None:
    tool = runpy.run_path(str(Path(__file__).parents[1] / "tools" / "formats_page.py"))
    assert tool["PAGE"].read_text(encoding="utf-8") == tool["page"](), "make docs"


LAID_OUT = {
    "x.nt": "<http://example.org/a> <http://purl.org/dc/terms/title> \"a\" .\n<{iri}> <{type}> <{kind}> .\n",
    "x.rdf": '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\n<rdf:Description rdf:about="{iri}"><rdf:type rdf:resource="{kind}"/></rdf:Description>\n</rdf:RDF>',
    "x.jsonld": '[\n{{"@id": "{iri}", "@type": "{kind}"}}\n]',
    "x.trig": "<http://example.org/g> {{\n<{iri}> a <{kind}> . }}\n",
}  # fmt: skip


@pytest.mark.parametrize("name", LAID_OUT)
def test_findings_on_triples_name_the_line_of_the_subject(name: str, tmp_path: Path) -> None:
    names = {"iri": SUBJECT, "type": expand("rdf:type"), "kind": expand("ais:NationalStandard")}
    path = written(tmp_path, name, LAID_OUT[name].format(**names).encode())
    report = pipeline.validate_paths([str(path)], io.BytesIO()).report
    found = [finding for finding in report.findings if finding.severity == "violation"]
    assert found and {finding.line for finding in found} == {2}
    assert (report.files[0].read, report.files[0].accepted) == ((2, 2) if name == "x.nt" else (1, 1))


def test_a_sheet_of_far_or_merged_cells_is_refused_before_it_fills_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    from aistandards.readers import book

    below = b"".join(b'<row r="%d"><c r="XFD%d"><v>1</v></c></row>' % (at, at) for at in range(3, 9))
    far = changed(SHEET, b"</sheetData>", below + b"</sheetData>")
    merged = workbook({"a": [HEAD, DATA, *[["GB/T 91002-2025"]] * 9]}, merged=["B2:B99"])
    monkeypatch.setattr(book, "MAX_CELLS", 50_000)
    monkeypatch.setattr(book, "MAX_SPREAD", 5)
    for content, said in ((far, "more than 50000 cells"), (merged, "merged cells stand in more than 5")):
        with pytest.raises(UnreadableError, match=said) as caught:
            list(read_each(Path("x.xlsx"), data=content))
        assert caught.value.finding.rule == "read-workbook"


def test_the_error_of_a_later_row_names_its_place_and_leaves_no_other_kind_of_error() -> None:
    content = changed(SHEET, b"</sheetData>", b'<row r="3"><c r="A3" t="s"><v>9</v></c></row></sheetData>')
    with pytest.raises(UnreadableError, match="the cell A3 cannot be read"):
        list(read_each(Path("x.xlsx"), data=content))


def test_a_formula_whose_value_is_the_empty_text_was_saved_with_it() -> None:
    cell = b'<c r="B3" t="str"><f>""</f><v></v></c>'
    row = b'<row r="3"><c r="A3" t="str"><v>GB/T 91002-2025</v></c>' + cell + b"</row></sheetData>"
    (source,) = read_each(Path("x.xlsx"), data=changed(SHEET, b"</sheetData>", row))
    assert [finding.rule for finding in source.findings] == [] and source.accepted == 2


def test_an_amount_of_a_million_digits_is_told_and_not_reckoned_with() -> None:
    amount, doubt = read_amount("9" * 1_000_001 + "元", "CNY")
    assert amount is None and doubt and doubt.rule == "amount-form" and doubt.fix == "digits only / 仅数字"
