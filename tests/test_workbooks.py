"""Every answer as a workbook for people: title, day, rule, sources; a frozen header; numbers as text; no formulas."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from aistandards.identifiers import try_parse, try_parse_plan
from aistandards.workbook import label
from conftest import Cli
from serving import serving

DAY = "2025-12-31"
SPAN = {"from": "2025-06-30", "to": DAY, "rule": "guide"}
# address, parameters, command, title, whether rules are counted by
ANSWERS: dict[str, tuple[str, dict[str, Any], tuple[str, ...], str, bool]] = {
    "coverage": ("coverage", {}, ("coverage",), "Standards that count toward the target", True),
    "matrix": ("coverage/matrix", {}, ("coverage", "--by", "part,layer"), "Matrix of coverage", True),
    "records": ("coverage/records", {}, (), "The records behind a number", True),
    "gaps": ("gaps", {}, ("gaps",), "Gaps", True),
    "targets": ("targets", {}, ("targets",), "Targets beside our counts", True),
    "forecast": ("forecast", {}, ("forecast",), "Projects and forecast", True),
    "adoption": ("adoption", {}, ("adoption",), "Adoption of international standards", False),
    "status": ("status", {"number": ["GB/T 45288.1-2025", "GB/T 5271.28-2001"]}, ("status", "GB/T 45288.1-2025", "GB/T 5271.28-2001"), "Are the numbers still valid", False),
    "explain": ("standards/gbt-45288.1-2025/explain", {}, ("explain", "GB/T 45288.1-2025"), "Why it counts or not", True),
}  # fmt: skip


@pytest.fixture(scope="module")
def client(store_folder: Path) -> Iterator[httpx.Client]:
    with serving(store_folder) as address, httpx.Client(base_url=f"{address}/api/v1", timeout=60) as found:
        yield found


def opened(book: bytes) -> tuple[dict[str, Any], Worksheet]:
    """The notes by label, with the title under "", and the sheet of rows; what holds for every workbook is checked."""
    notes, rows = openpyxl.load_workbook(io.BytesIO(book)).worksheets
    assert rows.freeze_panes == "A2" and rows.auto_filter.ref and rows.max_row > 1
    assert all(cell.font.bold for cell in rows[1])
    for sheet in (notes, rows):
        for cell in (cell for row in sheet.iter_rows() for cell in row if cell.value is not None):
            assert cell.data_type in ("s", "n"), (cell.coordinate, cell.data_type)
            if isinstance(cell.value, str):
                assert cell.data_type == "s" and cell.number_format == "@"
    said = {str(name): value for name, value in notes.iter_rows(min_row=3, max_col=2, values_only=True)}
    return {"": notes["A1"].value, **said}, rows


def check(notes: dict[str, Any], rows: Worksheet, title: str, counts: bool) -> None:
    assert notes[""] == title
    assert notes["as of"] == DAY or DAY in {row[0] for row in rows.iter_rows(min_col=1, values_only=True)}
    assert "names its own source" in notes["statement of sources"] and re.fullmatch(
        "[0-9a-f]{64}", notes["data version"]
    )
    if counts:
        policy = notes["policy source of the rule"]
        assert "guide v1" in policy and "国家人工智能产业综合标准化体系建设指南（2024版）" in policy


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_over_http_is_a_workbook_for_people(name: str, client: httpx.Client) -> None:
    path, asked, _, title, counts = ANSWERS[name]
    answer = client.get(f"/{path}", params={**asked, "as_of": DAY, "format": "xlsx"}, headers={"Accept-Language": "en"})
    assert answer.status_code == 200, answer.text
    notes, rows = opened(answer.content)
    check(notes, rows, title, counts)
    if name not in ("targets", "status", "explain", "adoption", "records"):
        assert notes["rule"] == "guide"


@pytest.mark.parametrize(
    "name", [name for name, (_, _, command, _, _) in ANSWERS.items() if command and name != "matrix"]
)
def test_the_command_line_writes_the_same_rows(name: str, cli: Cli, client: httpx.Client, tmp_path: Path) -> None:
    path, asked, command, title, counts = ANSWERS[name]
    file = tmp_path / "answer.xlsx"
    done = cli(*command, "--as-of", DAY, "--lang", "en", "--format", "xlsx", "--output", file)
    assert done.code == 0, done.text
    notes, rows = opened(file.read_bytes())
    check(notes, rows, title, counts)
    served = client.get(f"/{path}", params={**asked, "as_of": DAY, "format": "xlsx"}, headers={"Accept-Language": "en"})
    _, over = opened(served.content)
    assert list(rows.iter_rows(values_only=True)) == list(over.iter_rows(values_only=True))


def test_numbers_of_standards_and_plans_are_text(client: httpx.Client) -> None:
    for path, asked in (
        ("coverage/records", {"of": "projects"}),
        ("coverage/records", {}),
        ("forecast", {}),
        ("changes", SPAN),
    ):
        day = {} if path == "changes" else {"as_of": DAY}
        answer = client.get(f"/{path}", params={**asked, **day, "format": "xlsx"}, headers={"Accept-Language": "en"})
        _, rows = opened(answer.content)
        at = [cell.value for cell in rows[1]].index(label("number", "en"))
        cells = [row[at] for row in rows.iter_rows(min_row=2)]
        assert cells and all(cell.data_type == "s" for cell in cells)
        read = [try_parse(str(cell.value)) or try_parse_plan(str(cell.value)) for cell in cells]
        assert sum(one is not None for one in read) >= len(cells) * 0.9


def test_changes_and_saved_queries_are_workbooks_too(client: httpx.Client, cli: Cli, tmp_path: Path) -> None:
    answer = client.get("/changes", params={**SPAN, "format": "xlsx"}, headers={"Accept-Language": "en"})
    notes, _ = opened(answer.content)
    assert notes[""] == "Changes between two days or releases" and "guide v1" in notes["policy source of the rule"]
    assert {DAY, "2025-06-30"} <= set(notes.values())
    file = tmp_path / "changes.xlsx"
    cli("changes", "2025-06-30", DAY, "--rule", "guide", "--lang", "en", "--format", "xlsx", "--output", file)
    assert opened(file.read_bytes())[0] == notes
    for path in ("queries", "queries/statements"):
        notes, _ = opened(client.get(f"/{path}?format=xlsx", headers={"Accept-Language": "en"}).content)
        assert notes[""] == "Saved queries" and notes["statement of sources"]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_words_are_those_of_the_reader(language: str, client: httpx.Client) -> None:
    answer = client.get("/coverage", params={"format": "xlsx"}, headers={"Accept-Language": language})
    notes, _ = opened(answer.content)
    assert label("policy_source", language) in notes and notes[""] == label("workbook coverage", language)
    assert ("许可" in notes[label("statement_of_sources", language)]) == (language == "zh")
