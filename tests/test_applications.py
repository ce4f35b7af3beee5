"""Tables of projects as people fill them in: units, percentages, negative amounts, days, kinds, members; CSV and Excel."""

from __future__ import annotations

import io
import json
import re
import shlex
import zipfile
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aistandards import eligibility, forms, sources
from aistandards.cells import read_amount, read_members
from aistandards.errors import SourceError
from applying import DAY, GOOD, ISSUED, item, judge, project, table
from conftest import Cli

ENGINE = eligibility.engine()
TABLE = eligibility.application_table()


def findings(row: dict[str, str]) -> list[dict[str, Any]]:
    found = judge([row])["findings"]
    assert isinstance(found, list)
    return found


NOT_NEGATIVE = "write 0 or more, or leave it empty / 写 0 或正数，不清楚则留空"
A_DAY = "a day that exists, as YYYY-MM-DD / 真实日期，写作 YYYY-MM-DD"
SEMICOLONS = "separate the parties with semicolons / 各单位以分号分隔"
# measure, cell → the rule it breaks, the clause that asks for the cell, what to write instead
CELLS = [
    ("fj-compute-purchase", "compute_purchase", "30万元", "amount-unit", "fujian-2024/3-2-1", "300000"),
    ("fj-compute-purchase", "compute_purchase", "30.5万", "amount-unit", "fujian-2024/3-2-1", "305000"),
    ("fj-compute-purchase", "compute_purchase", "0.003亿元", "amount-unit", "fujian-2024/3-2-1", "300000"),
    ("fj-compute-purchase", "compute_purchase", "300000元", "amount-form", "fujian-2024/3-2-1", "300000"),
    ("fj-compute-purchase", "compute_purchase", "¥300,000.50", "amount-form", "fujian-2024/3-2-1", "300000.5"),
    ("fj-compute-purchase", "compute_purchase", "３０００００", "amount-form", "fujian-2024/3-2-1", "300000"),
    ("fj-compute-purchase", "compute_purchase", "300,00", "amount-form", "fujian-2024/3-2-1", "digits only / 仅数字"),
    ("fj-compute-purchase", "compute_purchase", "-300000", "amount-negative", "fujian-2024/3-2-1", NOT_NEGATIVE),
    ("fj-compute-purchase", "compute_purchase", "300000.001", "amount-form", "fujian-2024/3-2-1", "write it to the fen / 写到分"),
    ("fj-compute-purchase", "compute_purchase", "1000000000000.01", "amount-absurd", "fujian-2024/3-2-1", "check the unit: at most 1000000000000 / 请核对单位，不超过 1000000000000"),
    ("fj-compute-purchase", "compute_purchase", "3e5", "amount-form", "fujian-2024/3-2-1", "digits only / 仅数字"),
    ("fj-compute-purchase", "compute_purchase", "50%", "percent-form", "fujian-2024/3-2-1", "digits only / 仅数字"),
    ("fj-compute-purchase", "compute_purchase", "约三十万", "amount-form", "fujian-2024/3-2-1", "digits only / 仅数字"),
    ("fj-compute-construction", "new_compute", "100P", "amount-unit", "fujian-2024/3-1-1", "100"),
    ("fj-compute-construction", "new_compute", "-1", "amount-negative", "fujian-2024/3-1-1", NOT_NEGATIVE),
    ("fj-leading-software", "rd_bodies", "1.5", "amount-form", "fujian-2024/3-3-3", "write a whole number / 写整数"),
    ("fj-compute-construction", "new_compute", "0.1E", "amount-unit", "fujian-2024/3-1-1", "convert to P / 请换算为 P"),
    ("fj-compute-construction", "new_compute", "100000T", "amount-unit", "fujian-2024/3-1-1", "convert to P / 请换算为 P"),
    ("fj-application-scenario", "consortium", "甲，乙，丙，丁", "member-separator", "fujian-2024/3-5", SEMICOLONS),
    ("fj-application-scenario", "consortium", "甲/乙/丙/丁", "member-separator", "fujian-2024/3-5", SEMICOLONS),
    ("gyv-redemption", "voucher_issued", "2025-03", "date-form", "guiyang-vouchers-2024/9", A_DAY),
    ("gyv-redemption", "voucher_rate", "30%", "percent-form", "guiyang-vouchers-2024/10", "30"),
    ("gyv-redemption", "voucher_rate", "0.3", "percent-form", "guiyang-vouchers-2024/10", "30 for 30 % / 若为 30% 则写 30"),
    ("gyv-redemption", "voucher_rate", "0.03", "percent-form", "guiyang-vouchers-2024/10", "3 for 3 % / 若为 3% 则写 3"),
    ("gyv-redemption", "voucher_rate", "101", "amount-absurd", "guiyang-vouchers-2024/10", "check the unit: at most 100 / 请核对单位，不超过 100"),
    ("gyv-redemption", "voucher_issued", "2025/3/3", "date-form", "guiyang-vouchers-2024/9", "2025-03-03"),
    ("gyv-redemption", "voucher_issued", "2025-02-30", "date-form", "guiyang-vouchers-2024/9", A_DAY),
    ("fj-compute-purchase", "kind", "算力采买", "code-unknown", "fujian-2024/2", "compute-purchase"),
    ("fj-compute-purchase", "sector", "软件", "code-unknown", "fujian-2024/3-2", None),
    ("fj-compute-purchase", "legal_person", "大概", "boolean-form", "fujian-2024/3", "true / false (yes / no, 是 / 否)"),
    ("fj-application-scenario", "consortium", "甲公司;乙医院;甲 公司", "member-repeated", "fujian-2024/3-5", "name 甲公司 once / “甲公司”只写一次"),
]  # fmt: skip


@pytest.mark.parametrize(("measure", "column", "cell", "rule", "clause", "fix"), CELLS)
def test_a_bad_cell_is_named_with_its_rule_clause_and_fix_and_never_corrected(
    measure: str, column: str, cell: str, rule: str, clause: str, fix: str | None
) -> None:
    row = project(measure, **{column: cell})
    [finding] = findings(row)
    assert (finding["rule"], finding["severity"], finding["value"]) == (rule, "violation", cell)
    assert (finding["line"], finding["column"]) == (2, list(row).index(column) + 1)
    assert finding["field"] == column and finding["suggestion"] == fix
    assert clause in finding["message_zh"] and clause in finding["message_en"]
    answer = judge([row])
    assert answer["conforms"] is False
    if column == "kind":
        assert answer["items"] == []  # what the project asks for is not guessed
        return
    found = item(measure, row)
    if column in {name for condition in found["conditions"] for name in condition["columns"]}:
        assert found["would_be"] == "cannot-tell" and found["missing"] == [column]
        assert "findings" in found["because"][0]["message_zh"]
    assert found == {**item(measure, {**row, column: ""}), "because": found["because"]}


def test_an_amount_that_looks_like_ten_thousands_is_asked_about_and_taken_as_it_stands() -> None:
    row = project("fj-compute-purchase", compute_purchase="30")
    [finding] = findings(row)
    assert (finding["rule"], finding["severity"]) == ("amount-small", "warning")
    assert finding["suggestion"] == "300000 for 30 万元 / 若为 30 万元则写 300000"
    assert item("fj-compute-purchase", row)["would_be"] == "not-eligible"


@pytest.mark.parametrize("cell", ["9999.99", "10000"])
def test_the_question_about_ten_thousands_is_asked_below_ten_thousand(cell: str) -> None:
    assert len(findings(project("fj-compute-purchase", compute_purchase=cell))) == (cell == "9999.99")


def test_a_column_in_another_unit_is_refused() -> None:
    source = sources.read(
        Path("applications.csv"),
        data="申报编号,申报主体,年度购买算力服务总额（万元）\nA-1,甲,30\n".encode(),
        kind="application",
    )
    [finding] = source.findings
    assert (finding.rule, finding.suggestion) == ("read-column", "compute_purchase")
    [found] = [i for i in ENGINE.answer(source, [], DAY, ISSUED)["items"] if i["measure"] == "fj-compute-purchase"]
    assert "compute_purchase" in found["missing"]


def test_the_same_project_twice_is_a_finding() -> None:
    rows = [project("fj-compute-purchase"), project("fj-compute-purchase", compute_purchase="400000")]
    [finding] = judge(rows)["findings"]
    assert (finding["rule"], finding["line"]) == ("record-duplicate", 3) and "compute_purchase" in finding["message_en"]


def test_the_same_consortium_twice_is_a_finding(cli: Cli, tmp_path: Path) -> None:
    rows = [
        project("fj-application-scenario"),
        project("fj-application-scenario", application_id="A-2", consortium="丙学院;乙医院;甲公司"),
    ]
    path = tmp_path / "applications.csv"
    path.write_bytes(table(rows))
    report = json.loads(cli("validate", path, "--format", "json").stdout)
    [finding] = report["findings"]
    assert (finding["rule"], finding["line"], finding["value"]) == ("consortium-listed-twice", 3, rows[1]["consortium"])
    assert "fujian-2024/3-5" in finding["message_zh"] and finding["suggestion"]


def test_days_out_of_order_break_a_condition_in_validate_and_in_eligibility(cli: Cli, tmp_path: Path) -> None:
    row = project("gyv-redemption", voucher_used="2025-03-02")
    path = tmp_path / "project.csv"
    path.write_bytes(table([row]))
    done = cli("validate", path, "--format", "json")
    assert done.code == 1
    [finding] = json.loads(done.stdout)["findings"]
    assert (finding["rule"], finding["field"], finding["line"]) == ("gyv-used-after-issue", "voucher_issued", 2)
    assert "第九条" in finding["message_zh"] and "article 9" in finding["message_en"]


@given(st.text(max_size=20), st.sampled_from(["CNY", "percent", "P", "1"]))
def test_whatever_stands_in_an_amount_cell_it_is_read_exactly_or_doubted(text: str, unit: str) -> None:
    amount, doubt = read_amount(text, unit)
    if amount is None:
        assert doubt and doubt.severity == "violation" and doubt.zh and doubt.en
        if doubt.fix and doubt.fix.replace(".", "").isascii() and doubt.fix.replace(".", "").isdigit():
            again, left = read_amount(doubt.fix, unit)
            assert again is not None or (left and left.fix != doubt.fix)  # a fix is plain digits, at most out of range
    else:
        assert Decimal(text) == amount and amount >= 0


@given(st.lists(st.text(st.characters(categories=["Lo", "Lu", "Nd"]), min_size=1, max_size=5), max_size=5))
def test_members_are_each_listed_once(names: list[str]) -> None:
    members, doubt = read_members(";".join(names))
    assert (doubt is None) == (members == names)


def test_a_mark_that_may_separate_parties_is_doubted_and_a_company_form_is_not() -> None:
    for mark in "，,/|\n":
        _, doubt = read_members(mark.join(["甲公司", "乙医院", "丙学院", "丁公司"]))
        assert doubt and doubt.rule == "member-separator"
    assert read_members("ABC Co., Ltd.;X, Inc.") == (["ABC Co., Ltd.", "X, Inc."], None)


# ---------------------------------------------------------------- workbooks

Fill = Callable[[Any, int, str, str], None]


def workbook(fill: dict[str, Any], formats: dict[str, str] | None = None, language: str = "zh") -> bytes:
    """The Excel template with one project written into it."""
    columns = TABLE.columns
    book = openpyxl.load_workbook(io.BytesIO(forms.as_xlsx(TABLE, columns, language, ENGINE.codes)))
    page = book.worksheets[0]
    for name, value in fill.items():
        at = [column.name for column in columns].index(name) + 1
        page.cell(3, at).value = value
        if formats and name in formats:
            page.cell(3, at).number_format = formats[name]
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def read_workbook(data: bytes) -> sources.Source:
    return sources.read(Path("projects.xlsx"), data=data, kind="application")


def test_a_workbook_is_read_as_a_person_sees_it() -> None:
    cells = {**project("gyv-redemption"), "contract_price": 1234567.89, "redeemed": 0, "own_use": True}
    cells |= {"voucher_issued": date(2025, 3, 3), "voucher_used": date(2025, 5, 6), "voucher_rate": 2.5}
    source = read_workbook(workbook(cells))
    [row] = source.rows
    assert (row.line, row.get("contract_price"), row.get("redeemed"), row.get("own_use")) == (
        3,
        "1234567.89",
        "0",
        "true",
    )
    assert (row.get("voucher_issued"), row.get("voucher_rate")) == ("2025-03-03", "2.5")
    answer = ENGINE.answer(source, ["guiyang-vouchers-2024"], DAY, ISSUED)
    assert answer["findings"] == []
    [found] = [i for i in answer["items"] if i["measure"] == "gyv-redemption"]
    assert (found["verdict"], found["amount"]) == ("eligible", "30864.20")  # 2.5 % of 1,234,567.89 is 30,864.19725


def test_a_cell_formatted_as_percent_is_not_taken_for_a_fraction() -> None:
    cells = {**project("gyv-redemption"), "voucher_rate": 0.03}
    source = read_workbook(workbook(cells, {"voucher_rate": "0%"}))
    [finding] = ENGINE.answer(source, [], DAY)["findings"]
    assert (finding["rule"], finding["suggestion"]) == ("percent-form", "3 for 3 % / 若为 3% 则写 3")


def test_a_formula_saved_without_its_value_is_a_finding_and_no_empty_cell() -> None:
    source = read_workbook(workbook({**project("fj-compute-purchase"), "compute_purchase": "=150000*2"}))
    [finding] = ENGINE.answer(source, ["fujian-2024"], DAY)["findings"]
    place = source.rows[0].positions["compute_purchase"]
    assert (finding["rule"], finding["column"], finding["value"]) == ("read-formula", place, "=150000*2")


@pytest.mark.parametrize("data", [b"PK\x03\x04 not a workbook", b"\xd0\xcf\x11\xe0 an old .xls", b"x"])
def test_what_is_no_workbook_is_refused(data: bytes) -> None:
    with pytest.raises(SourceError, match=r"read-workbook|read-kind"):
        read_workbook(data)


def test_a_zip_of_something_else_is_refused() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr("hello.txt", "hello")
    with pytest.raises(SourceError, match="read-workbook"):
        read_workbook(out.getvalue())


# ---------------------------------------------------------------- templates


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_a_template_has_units_and_explanations_and_can_be_filled_in(form: str, language: str) -> None:
    columns = TABLE.columns
    if form == "csv":
        data = forms.as_csv(TABLE, columns, language)
        assert data.startswith(b"\xef\xbb\xbf")
        header, explained = data.decode("utf-8-sig").splitlines()
        assert explained.lstrip('"').startswith("#")
        row = project("gyv-redemption")
        line = ",".join(row.get(column.name, "") for column in columns)
        source = sources.read(Path("x.csv"), data=f"{header}\n{explained}\n{line}\n".encode("utf-8-sig"))
    else:
        data = workbook(project("gyv-redemption"), language=language)
        source = sources.read(Path("x.xlsx"), data=data)
        header = " ".join(str(cell.value) for cell in openpyxl.load_workbook(io.BytesIO(data)).worksheets[0][1])
    assert {"zh": "（元）", "en": "(CNY)"}[language] in header and "(P)" in header.replace("（P）", "(P)")
    assert source.findings == [] and [found.line for found in source.rows] == [3]
    answer = ENGINE.answer(source, ["guiyang-vouchers-2024"], DAY, ISSUED)
    assert answer["findings"] == []
    assert {i["measure"]: i["verdict"] for i in answer["items"]} == {"gyv-redemption": "eligible"}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_choice_that_a_workbook_offers_can_be_read(language: str) -> None:
    book = openpyxl.load_workbook(io.BytesIO(forms.as_xlsx(TABLE, TABLE.columns, language, ENGINE.codes)))
    lists = book.worksheets[0].data_validations.dataValidation
    assert len(lists) == sum(column.kind in ("boolean", "code") for column in TABLE.columns)
    for listed in lists:
        at = openpyxl.utils.column_index_from_string(re.split(r"\d", str(listed.sqref))[0]) - 1
        for choice in listed.formula1.strip('"').split(","):
            assert findings({**project("fj-compute-purchase"), TABLE.columns[at].name: choice}) == []


def test_a_template_for_a_policy_has_the_columns_it_asks_for() -> None:
    columns = forms.columns_for(TABLE, ENGINE.measures.pick(["guiyang-vouchers-2024"]))
    names = {column.name for column in columns}
    assert {name for kind in ("gyv-claim", "gyv-redemption") for name in GOOD[kind][1]} <= names
    assert "new_compute" not in names and "application_id" in names and "voucher_rate" in names


def test_every_column_says_what_to_write_in_both_languages() -> None:
    for column in TABLE.columns:
        assert len(column.titles) == 2 and all(column.titles) and all(column.description), column.name
        assert ("（元）" in column.titles[0]) == (column.unit == "CNY") == ("(CNY)" in column.titles[1])


# ---------------------------------------------------------------- the command


def test_the_command_judges_a_file_and_exits_by_what_it_could_read(cli: Cli, tmp_path: Path) -> None:
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_bytes(table([project("gym-large-model", construction_cost="12345678.91")]))
    bad.write_bytes(table([project("gym-large-model", construction_cost="1234万元")]))
    options = ("--policy", "guiyang-models-2024", "--as-of", "2025-06-02", "--lang", "en")
    done = cli("eligibility", good, *options)
    assert done.code == 0 and "cannot tell; by its conditions alone: eligible" in done.stdout
    assert "[draft]" in done.stdout and "3703703.67 CNY" in done.stdout
    done = cli("eligibility", good, *options, "--issued", "guiyang-models-2024=2024-03-01", "--format", "json")
    [found] = json.loads(done.stdout)["items"]
    assert (found["verdict"], found["amount"]) == ("eligible", "3703703.67")
    done = cli("eligibility", bad, *options)
    assert done.code == 1 and "amount-unit" in done.stdout and "12340000" in done.stdout
    assert cli("eligibility", bad, *options, "--format", "csv").stderr.count("amount-unit") == 1


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_command_speaks_of_every_state(cli: Cli, tmp_path: Path, language: str) -> None:
    rows = [
        project("fj-compute-purchase"),
        project(
            "gyv-redemption", application_id="A-2", voucher_rate="30", false_claim="yes", false_claim_on="2024-01-01"
        ),
        project("gym-large-model", application_id="A-3", construction_cost=""),
        project("gym-data-supply", application_id="A-4", supply_rank="21"),
        project("fj-leading-software", application_id="A-5", rd_bodies=""),
    ]
    path = tmp_path / "applications.csv"
    path.write_bytes(table(rows))
    done = cli("eligibility", path, "--lang", language, "--as-of", "2026-01-01")
    assert done.code == 0
    said = {
        "zh": ["（已过期）", "征求意见稿", "金额不在本文中", "券面比例 30% 高于条文最高的 3%", "缺少 construction_cost", "缺少：rd_bodies", "智算券有效至 2025-06-03", "年限额"],
        "en": ["(expired)", "draft", "the amount is not in this text", "above the 3 % of the text", "missing construction_cost", "missing: rd_bodies", "voucher valid until 2025-06-03", "Limits of"],
    }[language]  # fmt: skip
    assert [text for text in said if text not in done.stdout] == []


def test_the_command_writes_rules_templates_and_workbooks(cli: Cli, tmp_path: Path) -> None:
    rules = json.loads(cli("eligibility", "--rules", "--policy", "fujian-2024", "--format", "json").stdout)
    assert [rule["measure"] for rule in rules["items"]] == [name for name in GOOD if name.startswith("fj-")]
    assert "fj-purchase-amount" in cli("eligibility", "--rules", "--lang", "zh").stdout
    blank, filled = tmp_path / "blank.xlsx", tmp_path / "answer.xlsx"
    assert cli("eligibility", "--template", "xlsx", "--output", blank, "--lang", "zh").code == 0
    assert openpyxl.load_workbook(blank).worksheets[0]["A1"].value == "申报编号"
    path = tmp_path / "applications.csv"
    path.write_bytes(table([project("gyv-redemption")]))
    assert cli("eligibility", path, "--format", "xlsx", "--output", filled).code == 0
    assert "30000.00" in {cell.value for row in openpyxl.load_workbook(filled).worksheets[1] for cell in row}
    empty = tmp_path / "empty.csv"
    empty.write_bytes(forms.as_csv(TABLE, TABLE.columns, "zh"))
    done = cli("eligibility", empty, "--lang", "zh")
    assert done.code == 0 and "只有表头" in done.stdout


def test_wrong_calls_are_usage_errors(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "applications.csv"
    path.write_bytes(table([project("gyv-redemption")]))
    for wrong in (
        [],
        [path, "--policy", "fujian"],
        [path, "--issued", "fujian-2024"],
        [path, "--issued", "fujian-2024=2024-13-01"],
        [path, "--issued", "fujian-2024=2026-01-01"],
        [path, "--as-of", "yesterday"],
        [tmp_path / "none.csv"],
        [tmp_path],
    ):
        done = cli("eligibility", *wrong)
        assert done.code == 2 and "aistandards：" in done.stderr, wrong
    assert "fujian-2024" in cli("eligibility", path, "--policy", "fujian").stderr


# ---------------------------------------------------------------- the page

PAGE = Path(__file__).resolve().parents[1] / "docs" / "eligibility.md"


def test_the_worked_cases_of_the_page_are_what_the_command_prints(cli: Cli, tmp_path: Path) -> None:
    text = PAGE.read_text(encoding="utf-8")
    for name, content in re.findall(r"`(\w+\.csv)`:\n```csv\n(.*?)```", text, re.S):
        (tmp_path / name).write_text(content, encoding="utf-8")
    cases = re.findall(r"```console\n\$ aistandards (.*?)\n(.*?)```", text, re.S)
    policies = [words for words, _ in cases if "--policy" in words]
    assert [slug for slug in ENGINE.measures.policies if not any(slug in words for words in policies)] == []
    for words, printed in cases:
        done = cli(*shlex.split(words), cwd=tmp_path)
        assert done.code == 0 and done.stdout == printed, words


def test_the_commands_of_the_page_run(cli: Cli, tmp_path: Path) -> None:
    [block] = re.findall(r"```sh\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S)
    for line in block.splitlines():
        assert cli(*shlex.split(line)[1:], cwd=tmp_path).code == 0
    assert (tmp_path / "applications.xlsx").exists()


@pytest.mark.parametrize(
    ("measure", "cells", "rule"),
    [
        ("gyv-redemption", {"voucher_issued": "2024-11-30", "voucher_used": "2025-03-01"}, "period-over"),
        ("gyv-redemption", {"voucher_issued": "2024-11-30", "voucher_used": "2025-02-28"}, None),
        ("gyv-redemption", {"voucher_issued": "2025-01-01", "voucher_used": "2025-04-01"}, None),
        ("gyv-redemption", {"voucher_issued": "2025-01-01", "voucher_used": "2025-04-02"}, "period-over"),
        ("fj-application-scenario", {"consortium": "乙;丙"}, "consortium-without-applicant"),
        ("fj-compute-construction", {"false_claim_on": "2024-06-01"}, "false-claim-without-claim"),
    ],
)
def test_validate_holds_the_cells_of_a_project_against_each_other(
    measure: str, cells: dict[str, str], rule: str | None, cli: Cli, tmp_path: Path
) -> None:
    path = tmp_path / "project.csv"
    path.write_bytes(table([project(measure, **cells)]))
    found = [f["rule"] for f in json.loads(cli("validate", path, "--format", "json").stdout)["findings"]]
    assert found == ([rule] if rule else [])
