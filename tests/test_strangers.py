"""What a stranger met: reports told to code hosts and people, duplicates, dates and remarks below the table."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from openpyxl import Workbook

from aistandards import bulk, reportforms
from aistandards.dates import date_fix
from aistandards.errors import NumberError
from aistandards.findings import Finding, Report, Severity
from aistandards.identifiers import parse
from conftest import Cli

HEADER = "标准号,中文标准名称,标准状态,发布日期,实施日期,采标情况,来源"


def checked(folder: Path) -> Report:
    """Return the report on a folder."""
    return bulk.validate_paths([str(folder)], io.BytesIO(), None, "compiled").report


def found(path: Path, *rows: str) -> list[Finding]:
    """Return the findings on a table with our header."""
    path.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    return checked(path.parent).findings


def test_a_row_handed_in_twice_agrees_with_itself(tmp_path: Path) -> None:
    """The degree beside the adopted number is read in both rows before they are compared."""
    row = "GB/T 91864-2022,术语,现行,2022-10-12,2023-05-01,IDT ISO/IEC 2382-28:1995,页"
    (tmp_path / "standards-a.csv").write_text(f"{HEADER}\n{row}\n", encoding="utf-8")
    findings = found(tmp_path / "standards-b.csv", row)
    assert [f.rule for f in findings if f.rule.startswith("record-")] == ["record-repeated"]
    changed = found(tmp_path / "standards-b.csv", row.replace("IDT", "MOD"))
    assert [f.rule for f in changed if f.rule.startswith("record-")] == ["record-duplicate"]


def test_the_year_is_compared_with_a_date_that_was_read(tmp_path: Path) -> None:
    """A text that is no date has no year to differ by."""
    findings = found(
        tmp_path / "standards-a.csv",
        "GB/T 91864-2022,术语,现行,01/02/2022,,,页",
        "GB/T 91865-2022,术语,现行,2021-02-01,,,页",
    )
    assert [(f.rule, f.value) for f in findings if f.field == "issued"] == [
        ("date-form", "01/02/2022"),
        ("number-year", "2021-02-01"),
    ]


@pytest.mark.parametrize(
    ("printed", "day"),
    [
        ("2025-01-02 00:00:00", "2025-01-02"),
        ("2025/1/2 8:30", "2025-01-02"),
        ("2025-01-02T09:30:00.000", "2025-01-02"),
        ("45658.4375", "2025-01-01"),
        ("2025-01-01T16:00:00Z", None),  # in China that is the next day: for people to say
        ("2025-02-30 00:00:00", None),
    ],
)
def test_a_day_with_a_time(printed: str, day: str | None) -> None:
    """A register's time of day is left off where the day is certain."""
    assert date_fix(printed) == day


@pytest.mark.parametrize("remark", ["总计：1", "制表人：张三", "无", "国标 45288.6-2025"])
def test_a_remark_is_not_told_to_lose_one_character(remark: str) -> None:
    """Where what is left is no number either, the advice says how a number looks."""
    with pytest.raises(NumberError) as error:
        parse(remark)
    assert (
        "remove it" not in error.value.en and "GB/T 45288.1-2025" in error.value.en and "请只写编号" in error.value.zh
    )


def test_advice_is_in_one_language() -> None:
    """An instruction is told in the language asked for; a value, whatever it holds, stays whole."""
    told = Finding("r", "violation", "多余。", "Too many.", suggestion="delete the line / 删除该行")
    assert told.message("en") == "Too many. → delete the line" and told.message("zh") == "多余。 → 删除该行"
    for value in ("GB/T 45288.1-2025", "人工智能 / 大模型", "AA / BB"):
        assert Finding("r", "violation", "", "", suggestion=value).advice("en") == value
    assert "delete the line / " not in reportforms.html(Report([told]), "zh")


def test_code_hosts_are_told_the_file_of_a_sheet(tmp_path: Path) -> None:
    """The second sheet of a workbook stands in the workbook, which is the file of the repository."""
    book = Workbook()
    for at, number in enumerate(("GB/T 91001-2025", "GB/T 91002-2025")):
        sheet = book.create_sheet(f"表{at}")
        sheet.append(HEADER.split(","))
        sheet.append([number, "题名", "现行", "2025/1/2", "", "", "页"])
    path = tmp_path / "list.xlsx"
    book.save(path)
    report = checked(tmp_path)
    assert any("#" in (finding.file or "") for finding in report.findings)
    results = json.loads(reportforms.sarif(report, "en"))["runs"][0]["results"]
    uris = {result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for result in results}
    assert uris == {path.as_uri()}
    assert "list.xlsx#" not in reportforms.github(report, "en").replace("%23", "#")
    hashed = Report([Finding("r", "info", "", "", file="a#1.csv")])
    assert "file=a#1.csv" in reportforms.github(hashed, "en")


@pytest.mark.parametrize(("fail_on", "failures"), [("violation", 1), ("warning", 2), ("info", 3)])
def test_junit_fails_what_fails_the_job(fail_on: Severity, failures: int) -> None:
    """What makes the command exit with 1 is a failure in JUnit too, and nothing else is."""
    report = Report([Finding("r", "violation", "", ""), Finding("r", "warning", "", ""), Finding("r", "info", "", "")])
    root = ET.fromstring(reportforms.junit(report, "en", fail_on))
    assert root.get("failures") == str(failures) == str(len(root.findall(".//failure")))
    assert root[0].get("failures") == str(failures)


PLATFORM = "GB/T 91001-2025,题名,现行,2025-01-02,2025-06-01,,页"


@pytest.mark.parametrize("target", ["relaton-yaml", "relaton-xml", "iso-csv", "iso-jsonl"])
def test_a_status_in_chinese_goes_into_other_formats(tmp_path: Path, cli: Cli, target: str) -> None:
    """What a platform calls 现行 is the code that the other format has for it: the row is written, the status not lost."""
    path = tmp_path / "standards-a.csv"
    path.write_text(f"{HEADER}\n{PLATFORM}\n", encoding="utf-8")
    cli("convert", path, tmp_path / "out", "--to", target, "--report", tmp_path / "report.json")
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert report["written"] == 1 and "status" not in report["lost"] and "(row)" not in report["lost"]


@pytest.mark.parametrize(("name", "target"), [("out.yaml", "relaton-yaml"), ("out.xml", "relaton-xml")])
def test_a_chinese_title_does_not_come_back_as_an_english_one(tmp_path: Path, cli: Cli, name: str, target: str) -> None:
    """Only a title that states no language is taken as English."""
    path = tmp_path / "standards-a.csv"
    path.write_text(f"{HEADER}\n{PLATFORM}\n", encoding="utf-8")
    cli("convert", path, tmp_path / name, "--to", target)
    cli("convert", tmp_path / name, tmp_path / "back.csv")
    with (tmp_path / "back.csv").open(encoding="utf-8-sig", newline="") as lines:
        (row,) = csv.DictReader(lines)
    assert (row["title_zh"], row["title_en"]) == ("题名", "")


def test_a_title_without_language_is_english(tmp_path: Path, cli: Cli) -> None:
    item = "type: standard\ntitle:\n- content: Plain\ndocid:\n- id: ISO 91001:2025\n  primary: true\ndocstatus:\n  stage: {value: '60'}\n"
    (tmp_path / "in.yaml").write_text(item, encoding="utf-8")
    cli("convert", tmp_path / "in.yaml", tmp_path / "back.csv")
    assert "Plain" in (tmp_path / "back.csv").read_text(encoding="utf-8")


def test_fix_without_write_has_no_other_format(tmp_path: Path, cli: Cli) -> None:
    path = tmp_path / "standards-a.csv"
    path.write_text(f"{HEADER}\n{PLATFORM}\n", encoding="utf-8")
    outcome = cli("validate", path, "--fix", "--format", "json")
    assert outcome.code == 2 and "--write" in outcome.stderr
    assert cli("validate", path, "--fix", "--write", "--format", "json").code in (0, 1)
