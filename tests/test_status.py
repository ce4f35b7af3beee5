"""Lists of numbers as companies keep them: every row comes back, in its order, with what it is and what replaced it."""

from __future__ import annotations

import csv
import io
import json
import struct
import zipfile
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

import madeup
import recount
from aistandards.counts import Counts
from aistandards.errors import SourceError, UsageError
from aistandards.numberlists import NumberList, of_texts, read_list
from aistandards.output import as_csv, harmless
from aistandards.readers.book import MAX_UNPACKED, read_sheets
from aistandards.validity import check, flat_rows, slips_of
from conftest import Cli
from madeup import project, standard
from serving import serving

DAY = date(2026, 1, 1)
STANDARDS = [
    standard("GB/T 91001-2020", issued="2020-03-01", implemented="2020-10-01"),
    standard("GB/T 91001-2023", issued="2023-03-01", implemented="2023-10-01"),
    standard("GB/T 91001-2025", issued="2025-03-01", implemented="2025-10-01"),
    standard("GB/T 91002-2020", issued="2020-03-01", implemented="2020-10-01"),
    standard("GB/T 91003-2025", issued="2025-06-01", implemented="2026-06-01", replaces="GB/T 91002-2020"),
    standard("GB/T 91004.1-2024", issued="2024-01-01", implemented="2024-06-01", replaces="GB/T 91004-2019"),
    standard("GB/T 91004.2-2024", issued="2024-01-01", implemented="2024-07-01", replaces="GB/T 91004-2019"),
    standard("GB/T 91004-2019", issued="2019-01-01", implemented="2019-06-01"),
    standard("GB/T 91005-2024", issued="2024-01-01", implemented="2024-06-01", withdrawn="2025-06-01"),
    standard("GB/T 91006-2024", issued="2024-01-01", implemented="2024-06-01", withdrawn="2025"),
    standard("GB/T 91007-2024", issued="2024-01-01"),
    standard("GB/T 91008-2026", issued="2026-05-01", implemented="2026-09-01"),
    standard("GB/T 91009-2018", issued="2018-01-01", implemented="2018-09-01"),
    standard("GB/T 91010-2022", issued="2022-01-01", implemented="2022-09-01", replaces="GB/T 91009-2018", withdrawn="2025-01-01"),
    standard("GB/T 91011-2024", issued="2024-01-01", implemented="2024-08-01", replaces="GB/T 91012-2015"),
]  # fmt: skip
PROJECTS = [
    project("20250001-T-469", stage="review", result_number="GB/T 91020-2026"),
    project("20240002-T-469", stage="published", result_number="GB/T 91001-2025"),
    project("20230003-T-469", stage="stopped"),
]
DOUBTFUL = [{"number": "GB/T 91030-2025", "reason": "no title seen", "source": "made up"}]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Counts:
    files = {"standards-made-up.csv": STANDARDS, "projects-made-up.csv": PROJECTS, "doubtful.csv": DOUBTFUL}
    return Counts(madeup.store_of(tmp_path_factory.mktemp("small"), files))


def one(counts: Counts, text: str, day: date = DAY) -> dict[str, Any]:
    (item,) = check(counts, of_texts([text], "x"), day)["items"]
    (result,) = item["results"]
    found: dict[str, Any] = result
    return found


# status, since, replaced by, in force now, to be replaced by
EXPECTED: dict[str, tuple[str, str | None, list[str], list[str], list[str]]] = {
    "GB/T 91001-2025": ("in-force", "2025-10-01", [], [], []),
    "GB/T 91001-2023": ("superseded", "2025-10-01", ["GB/T 91001-2025"], ["GB/T 91001-2025"], []),
    "GB/T 91001-2020": (
        "superseded",
        "2023-10-01",
        ["GB/T 91001-2023", "GB/T 91001-2025"],
        ["GB/T 91001-2025"],
        [],
    ),
    "GB/T 91002-2020": ("in-force", "2020-10-01", [], [], ["GB/T 91003-2025"]),
    "GB/T 91003-2025": ("not-yet-in-force", "2026-06-01", [], [], []),
    "GB/T 91004-2019": (
        "superseded",
        "2024-06-01",
        ["GB/T 91004.1-2024", "GB/T 91004.2-2024"],
        ["GB/T 91004.1-2024", "GB/T 91004.2-2024"],
        [],
    ),
    "GB/T 91005-2024": ("withdrawn", "2025-06-01", [], [], []),
    "GB/T 91006-2024": ("withdrawn", None, [], [], []),
    "GB/T 91007-2024": ("unknown", None, [], [], []),
    "GB/T 91008-2026": ("not-issued", "2026-05-01", [], [], []),
    "GB/T 91009-2018": ("superseded", "2022-09-01", ["GB/T 91010-2022"], [], []),
}


@pytest.mark.parametrize("number", EXPECTED)
def test_each_state_is_told_with_its_day_and_the_chain(number: str, small: Counts) -> None:
    found = one(small, number)
    names = [[entry["number"] for entry in found[key]] for key in ("replaced_by", "to_be_replaced_by")]
    assert (found["status"], found["since"], names[0], found["in_force_now"], names[1]) == EXPECTED[number]
    assert found["status_zh"] == small.words["status"][found["status"]].zh
    if found["status"] == "superseded" and not found["in_force_now"]:
        assert "no edition in force" in found["note_en"] and "没有现行" in found["note_zh"]


def test_a_day_known_to_the_year_is_a_span(small: Counts) -> None:
    found = one(small, "GB/T 91006-2024")
    assert (found["since_earliest"], found["since_latest"]) == ("2025-01-01", "2025-12-31")
    row = flat_rows(check(small, of_texts(["GB/T 91006-2024"], "x"), DAY))[0]
    assert row["since"] == "2025-01-01/2025-12-31"


def test_undated_numbers_take_the_edition_in_force_and_say_so(small: Counts) -> None:
    found = one(small, "ＧＢ／Ｔ９１００１")
    assert found["number"] == "GB/T 91001-2025" and "未注日期" in found["note_zh"]
    assert one(small, "GB/T 91001", date(2024, 1, 1))["number"] == "GB/T 91001-2023"


def test_plans_are_in_the_making_or_lead_to_their_standard(small: Counts) -> None:
    plan = one(small, "20250001-T-469")
    assert (plan["status"], plan["stage"], plan["plan_number"]) == ("in-the-making", "review", "20250001-T-469")
    coming = one(small, "GB/T 91020-2026")
    assert (coming["status"], coming["plan_number"], coming["number"]) == (
        "in-the-making",
        "20250001-T-469",
        "GB/T 91020-2026",
    )
    done = one(small, "20240002-T-469")
    assert (done["status"], done["number"], done["plan_number"]) == ("in-force", "GB/T 91001-2025", "20240002-T-469")
    stopped = one(small, "20230003-T-469")
    assert stopped["status"] == "unknown" and "终止" in stopped["note_zh"]


@pytest.mark.parametrize(
    ("text", "nearest"),
    [
        ("GB/T 91001-2024", "GB/T 91001-2025"),
        ("GB 91005-2024", "GB/T 91005-2024"),
        ("GB/T 91004.3-2024", "GB/T 91004.2-2024"),
        ("GB/T 19005-2024", "GB/T 91005-2024"),
        ("GB/T 9105-2024", "GB/T 91005-2024"),
        ("20250010-T-469", "20250001-T-469"),
        ("20259999-T-469", None),
        ("20250002-T-469", "20250001-T-469"),
        ("ISO 27001:2022", None),
    ],
)
def test_what_is_not_on_record_gets_the_nearest_and_is_not_guessed(
    text: str, nearest: str | None, small: Counts
) -> None:
    found = one(small, text)
    assert (found["status"], found["nearest"]) == ("not-on-record", nearest)
    assert found["since"] is None and found["title_zh"] is None


def test_a_number_that_is_only_cited_as_replaced_is_told_with_its_successor(small: Counts) -> None:
    before, after = (one(small, "GB/T 91012-2015", day) for day in (date(2024, 7, 31), date(2024, 8, 1)))
    assert (before["status"], before["since"], before["replaced_by"]) == ("unknown", None, [])
    assert [new["number"] for new in before["to_be_replaced_by"]] == ["GB/T 91011-2024"]
    assert (after["status"], after["since"], after["in_force_now"]) == (
        "superseded",
        "2024-08-01",
        ["GB/T 91011-2024"],
    )
    assert "no record of its own" in after["note_en"] and after["slug"] is None


@pytest.mark.parametrize("text", ["GB/T 91001·2020", "GB/T 91001年2020", "GB/T 91004·1-2024", "GB/T 91004第1部分"])
def test_digits_after_an_unknown_character_are_not_dropped(text: str, small: Counts) -> None:
    found = one(small, text)
    assert (found["status"], found["number"]) == ("not-a-number", None)


def test_a_doubtful_number_is_said_to_be_one(small: Counts) -> None:
    found = one(small, "GB/T 91030-2025")
    assert found["status"] == "not-on-record" and "no title seen" in found["note_en"]


@pytest.mark.parametrize("text", ["junk", "见附件", "2025年", "=1+1", "GB/T", "-", "12345", "GB/T 91001-2025 / GB/T 91002", "x" * 5000, "\x00"])  # fmt: skip
def test_junk_is_not_a_number(text: str, small: Counts) -> None:
    found = one(small, text)
    assert found["status"] == "not-a-number" and found["nearest"] is None and found["note_zh"] and found["note_en"]


@pytest.mark.parametrize(
    "text",
    [
        "《GB/T 91001-2025》",
        "GB/T 91001-2025 人工智能 通用要求",
        "《人工智能 通用要求》（GB/T 91001-2025）",
        "执行标准：GB/T 91001—2025。",
        "gbt91001-2025",
    ],
)
def test_the_number_beside_a_title_is_read(text: str, small: Counts) -> None:
    assert one(small, text)["number"] == "GB/T 91001-2025"


@pytest.mark.parametrize("mark", ["; ", "；", "、", ",", "\n"])
def test_several_numbers_in_a_cell_stay_one_row(mark: str, small: Counts) -> None:
    texts = [f"GB/T 91001-2025{mark}GB/T 91005-2024{mark}junk", "GB/T 91001-2025"]
    answer = check(small, of_texts(texts, "x"), DAY)
    assert [[r["status"] for r in item["results"]] for item in answer["items"]] == [
        ["in-force", "withdrawn", "not-a-number"],
        ["in-force"],
    ]
    rows = flat_rows(answer)
    assert len(rows) == 2 and rows[0]["status"] == "in-force | withdrawn | not-a-number"
    assert rows[1]["duplicate_of"] == "1" and not rows[0]["duplicate_of"]


def test_a_title_with_a_comma_is_one_text(small: Counts) -> None:
    assert len(check(small, of_texts(["one, two, three"], "x"), DAY)["items"][0]["results"]) == 1


@pytest.mark.parametrize("day", ["2026-11-24", "2024-07-01", "2015-01-01"])
def test_every_standard_has_the_status_of_the_recount(day: str, counts: Counts, shipped: Path) -> None:
    asked = date.fromisoformat(day)
    expected = recount.status_on(shipped, asked)
    answer = check(counts, of_texts(list(expected), "all"), asked)
    assert {item["cells"][0]: item["results"][0]["status"] for item in answer["items"]} == expected


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(day=st.dates(date(2019, 2, 1), date(2027, 12, 31)), at=st.integers(0, len(STANDARDS) - 1))
def test_the_status_of_a_day_is_that_of_the_timeline(day: date, at: int, small: Counts) -> None:
    found = one(small, STANDARDS[at]["number"], day)
    periods = small.history.periods(f"https://w3id.org/aistandards/id/standard/{found['slug']}")
    (stretch, status), *more = [period for period in periods if period[0].holds(day)]
    assert not more and found["status"] == status
    if status in ("in-force", "superseded", "withdrawn"):
        assert found["since_latest"] == str(stretch.start) and found["since_latest"] <= str(day)
    for number in found["in_force_now"]:
        assert one(small, number, day)["status"] == "in-force"


def test_slips_reach_what_one_slip_can_make() -> None:
    assert {"4588", "45828", "45288", "55288", "452880"} <= {*slips_of("45288")}
    assert "45883" not in {*slips_of("45288")}


def test_a_day_before_the_first_record_is_refused(small: Counts) -> None:
    with pytest.raises(UsageError):
        check(small, of_texts(["GB/T 91001"], "x"), date(1980, 1, 1))


# ---------------------------------------------------------------- files


TABLE = [
    ["序号", "标准号", "标准名称", "备注"],
    ["1", "GB/T 91001-2020", "甲, 乙", "=1+1"],
    ["2", "", "", ""],
    ["3", "GB/T 91005-2024；GB/T 91001", "丙", "-2"],
    ["4", "没有编号", "丁", "@x"],
    ["5", "ＧＢ／Ｔ 91001—2020", "戊", "-1+cmd|' /C calc'!A0"],
]


def csv_of(rows: list[list[str]], mark: str = ",") -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=mark).writerows(rows)
    return out.getvalue()


def xlsx_of(*sheets: list[list[Any]]) -> bytes:
    book = Workbook()
    book.remove(book.worksheets[0])
    for rows in sheets:
        page = book.create_sheet()
        for row in rows:
            page.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


FORMS: dict[str, Callable[[], tuple[str, bytes]]] = {
    "utf-8": lambda: ("a.csv", csv_of(TABLE).encode()),
    "bom": lambda: ("a.csv", csv_of(TABLE).encode("utf-8-sig")),
    "gb18030": lambda: ("a.csv", csv_of(TABLE).encode("gb18030")),
    "utf-16": lambda: ("a.csv", csv_of(TABLE).encode("utf-16")),
    "tabs": lambda: ("a.txt", csv_of(TABLE, "\t").encode()),
    "semicolons": lambda: ("a.csv", csv_of(TABLE, ";").encode()),
    "a title above": lambda: ("a.csv", csv_of([["公司标准清单", "", "", ""], ["", "", "", ""], *TABLE]).encode()),
    "xlsx": lambda: ("a.xlsx", xlsx_of(TABLE)),
    "xlsx, second sheet": lambda: ("a.xlsx", xlsx_of([["说明"], ["见下一页"]], TABLE)),
    "xlsx without suffix": lambda: ("a", xlsx_of(TABLE)),
}


@pytest.mark.parametrize("form", FORMS)
def test_rows_out_are_the_rows_in(form: str, small: Counts) -> None:
    name, data = FORMS[form]()
    listed = read_list(data, name)
    assert listed.columns == TABLE[0] and listed.columns[listed.column] == "标准号"
    answer = check(small, listed, DAY)
    header = 3 if form == "a title above" else 1
    assert [item["line"] for item in answer["items"]] == [header + at for at in range(1, 6)]
    status = [[r["status"] for r in item["results"]] for item in answer["items"]]
    assert status == [["superseded"], ["empty"], ["withdrawn", "in-force"], ["not-a-number"], ["superseded"]]
    rows = flat_rows(answer)
    for row, came in zip(rows, TABLE[1:], strict=True):
        kept = [row[column] for column in TABLE[0]]
        if not form.startswith("xlsx"):  # there a formula is read as its saved value, and this one has none
            assert kept == came
        else:
            assert kept[:3] == came[:3]
    assert rows[4]["duplicate_of"] == str(header + 1)


def test_a_plain_list_keeps_blank_lines_in_their_place(small: Counts) -> None:
    listed = read_list("GB/T 91001\n\n  \n现行有效\nGB/T 91005-2024\n\n".encode(), "list.txt")
    assert [line for line, _ in listed.rows] == [1, 2, 3, 4, 5]
    status = [item["results"][0]["status"] for item in check(small, listed, DAY)["items"]]
    assert status == ["in-force", "empty", "empty", "not-a-number", "withdrawn"]


def test_the_column_is_found_by_content_or_named(small: Counts) -> None:
    rows = [["甲", "GB/T 91001-2025"], ["乙", "GB/T 91005-2024"]]
    assert read_list(csv_of(rows).encode(), "a.csv").column == 1
    two = [["标准号", "引用标准号"], ["", "GB/T 91001-2025"], ["junk", "GB/T 91005-2024"]]
    assert read_list(csv_of(two).encode(), "a.csv").column == 1
    assert read_list(csv_of(two).encode(), "a.csv", "标准号").column == 0
    assert read_list(csv_of(rows).encode(), "a.csv", "1").column == 0
    with pytest.raises(UsageError, match="引用标准"):
        read_list(csv_of(two).encode(), "a.csv", "引用标准")


def test_columns_without_a_name_or_with_the_same_are_kept_apart(small: Counts) -> None:
    rows = [["编号", "备注", "备注", "", "status"], ["GB/T 91001-2025", "a", "b", "c", "d"]]
    answer = check(small, read_list(csv_of(rows).encode(), "a.csv"), DAY)
    (row,) = flat_rows(answer)
    assert [row[name] for name in answer["columns"]] == rows[1]
    assert row["status"] == "d" and row["status (aistandards)"] == "in-force"


def test_no_cell_that_goes_out_is_a_formula(small: Counts, tmp_path: Path, cli: Cli) -> None:
    answer = check(small, read_list(csv_of(TABLE).encode(), "a.csv"), DAY)
    written = list(csv.DictReader(io.StringIO(as_csv(flat_rows(answer)))))
    assert [row["备注"] for row in written] == ["'=1+1", "", "-2", "'@x", "'-1+cmd|' /C calc'!A0"]
    path = tmp_path / "in.csv"
    path.write_text(csv_of(TABLE), encoding="utf-8")
    book = tmp_path / "out.xlsx"
    assert cli("status", path, "--format", "xlsx", "--output", book).code == 0
    page = load_workbook(book).worksheets[-1]
    cells = [cell for row in page.iter_rows() for cell in row if cell.value is not None]
    assert all(cell.data_type != "f" for cell in cells)
    assert "=1+1" in [cell.value for cell in cells] and page.freeze_panes == "A2"
    assert page.max_row == len(TABLE)


@given(st.text(max_size=12))
def test_harmless_cells_begin_like_text_or_are_numbers(text: str) -> None:
    cell = harmless(text)
    assert cell in (text, "'" + text)
    if cell[:1] in ("=", "+", "-", "@", "\t", "\r"):
        float(cell)


def test_a_formula_without_a_value_is_its_text_and_is_not_run() -> None:
    data = xlsx_of([["标准号"], ["=1+1"], ["GB/T 91001-2025"]])
    listed = read_list(data, "a.xlsx")
    assert [cells[0] if cells else "" for _, cells in listed.rows] == ["=1+1", "GB/T 91001-2025"]


def test_numbers_and_days_of_a_workbook_read_as_people_see_them() -> None:
    rows = read_sheets(xlsx_of([[45288.0, 1.5, date(2025, 1, 2), True, None, "x"]]), "a.xlsx")
    assert list(rows.values()) == [[["45288", "1.5", "2025-01-02", "true", "", "x"]]]


def rezipped(data: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            content = old.read(part)
            new.writestr(part.filename, change(content) if part.filename == name else content)
    return out.getvalue()


SHEET = "xl/worksheets/sheet1.xml"
ENTITIES = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>'


def bomb() -> bytes:
    return rezipped(xlsx_of(TABLE), SHEET, lambda _: b"<x>" + b" " * (MAX_UNPACKED + 1) + b"</x>")


def lying_bomb() -> bytes:
    """A workbook whose directory says that the sheet is small."""
    data = bytearray(bomb())
    at = data.rindex(SHEET.encode()) - 46  # its entry in the central directory
    assert data[at : at + 4] == b"PK\x01\x02"
    data[at + 24 : at + 28] = struct.pack("<I", 1000)
    return bytes(data)


BAD: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "empty": ("a.csv", lambda: b"  \n", "empty"),
    "nul": ("a.csv", lambda: b"GB/T 1\x00", "NUL"),
    "not text": ("a.txt", lambda: bytes([0xFF, 0x80, 0x81] * 300), "UTF-8"),
    "open quote": ("a.csv", lambda: '标准号,b\n"GB/T 1,x\n'.encode(), "quotation mark"),
    "not a zip": ("a.xlsx", lambda: b"GB/T 91001", "not an .xlsx workbook"),
    "cut": ("a.xlsx", lambda: xlsx_of(TABLE)[:2000], "not an .xlsx workbook"),
    "a zip, no workbook": ("a.xlsx", lambda: empty_zip(), "damaged"),
    "old format": ("a.xls", lambda: b"\xd0\xcf\x11\xe0" + b"x" * 600, ".xls"),
    "broken sheet": ("a.xlsx", lambda: rezipped(xlsx_of(TABLE), SHEET, lambda c: c[:200]), "damaged"),
    "entities": ("a.xlsx", lambda: rezipped(xlsx_of(TABLE), SHEET, lambda c: ENTITIES + c[21:]), "document type"),
    "entities in UTF-16": (
        "a.xlsx",
        lambda: rezipped(xlsx_of(TABLE), SHEET, lambda c: (ENTITIES + c[21:]).decode().encode("utf-16")),
        "document type",
    ),
    "bomb": ("a.xlsx", bomb, "unpacked"),
    "lying bomb": ("a.xlsx", lying_bomb, "workbook"),
    "no cells": ("a.xlsx", lambda: xlsx_of([[]]), "no sheet has any cell"),
    "too wide": ("a.xlsx", lambda: xlsx_of([["x"] * 300]), "columns"),
}


def empty_zip() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        package.writestr("readme.txt", "no workbook")
    return out.getvalue()


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_file_is_refused_with_its_name_and_a_fix(kind: str) -> None:
    name, data, says = BAD[kind]
    with pytest.raises(SourceError) as caught:
        read_list(data(), name)
    assert caught.value.en.startswith(name) and says in caught.value.en, caught.value.en
    assert caught.value.zh.startswith(name) and caught.value.exit_code == 2


def test_too_many_rows_are_refused() -> None:
    with pytest.raises(SourceError, match="more than 3"):
        read_list(b"GB/T 1\n" * 4, "a.txt", max_rows=3)


@given(st.binary(max_size=400))
@example(b"\xef")  # half a byte order mark
def test_any_bytes_give_rows_or_a_sentence(data: bytes) -> None:
    for name in ("a.csv", "a.txt", "a.xlsx"):
        try:
            listed = read_list(data, name)
        except SourceError as error:
            assert name in error.en
        else:
            assert isinstance(listed, NumberList)


def test_other_sheets_with_numbers_are_named(small: Counts) -> None:
    data = xlsx_of([["国标"], ["说明"]], TABLE, [["标准编号"], ["GB/T 91005-2024"]])
    answer = check(small, read_list(data, "a.xlsx"), DAY)
    (note,) = [note for note in answer["notes"] if note["note"] == "sheets-not-read"]
    assert answer["total"] == 5 and "Sheet2" in note["en"] and "Sheet2" in note["zh"] and "Sheet," not in note["en"]
    assert not read_list(xlsx_of(TABLE), "a.xlsx").unread


def test_a_formula_without_its_saved_value_is_said(small: Counts) -> None:
    data = xlsx_of([["标准号", "x"], ['="GB/T "&"91001-2025"', "a"], ["GB/T 91001-2025", "=1+1"], [None, "=1"]])
    first, second, third = check(small, read_list(data, "a.xlsx"), DAY)["items"]
    assert first["results"][0]["status"] == "not-a-number" and "LibreOffice" in first["results"][0]["note_en"]
    assert "公式" in first["results"][0]["note_zh"]
    assert second["results"][0]["note_en"] is None and third["results"][0]["note_en"] is None


@pytest.mark.parametrize("mark", ["及", "和", " 与 ", "或", "以及", " / "])
def test_two_full_numbers_joined_by_a_word_or_a_stroke_are_two(mark: str, small: Counts) -> None:
    (entry,) = check(small, of_texts([f"GB/T 91001-2025{mark}GB/T 91005-2024"], "x"), DAY)["items"]
    assert [r["number"] for r in entry["results"]] == ["GB/T 91001-2025", "GB/T 91005-2024"]
    (title,) = check(small, of_texts(["GB/T 91001-2025 方法和要求"], "x"), DAY)["items"]
    assert [r["number"] for r in title["results"]] == ["GB/T 91001-2025"]


def test_a_series_names_its_parts_on_record(counts: Counts, shipped: Path) -> None:
    numbers = {n for n in recount.load(shipped).records if n.startswith("GB/T 45288.")}
    for text in ("GB/T 45288", "GB/T 45288（所有部分）"):
        found = one(counts, text, date(2026, 11, 24))
        assert (found["status"], found["nearest"]) == ("not-on-record", None)
        assert numbers and all(number in found["note_en"] and number in found["note_zh"] for number in numbers)


# ---------------------------------------------------------------- command line and service


def test_the_command_line_reads_numbers_files_and_standard_input(cli: Cli, tmp_path: Path) -> None:
    text = cli("status", "gbt45288.1", "GB/T 45288.1-2024", "junk", "--lang", "zh").stdout
    assert "现行" in text and "是否指 GB/T 45288.1-2025" in text and "不是编号" in text and "未收录”只说明" in text
    piped = cli("status", "-", "--format", "json", stdin=csv_of(TABLE).encode("gb18030"))
    assert json.loads(piped.stdout)["total"] == 5
    path = tmp_path / "清单.txt"
    path.write_text("GB/T 45288.1-2025\n", encoding="utf-8")
    answer = json.loads(cli("status", path, "--format", "json", "--as-of", "2025-02-27").stdout)
    result = answer["items"][0]["results"][0]
    assert (result["status"], answer["as_of"], answer["name"]) == ("not-issued", "2025-02-27", "清单.txt")
    missing = cli("status", tmp_path / "none.csv")
    assert missing.code == 2 and "none.csv" in missing.stderr
    broken = tmp_path / "broken.xlsx"
    broken.write_bytes(b"PK\x03\x04 nothing")
    assert cli("status", broken).code == 2
    assert cli("status").code == 2


@pytest.fixture(scope="module")
def client(store_folder: Path) -> Iterator[httpx.Client]:
    with serving(store_folder) as address, httpx.Client(base_url=address, timeout=60) as found:
        yield found


XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def test_the_service_answers_as_the_command_line(client: httpx.Client, cli: Cli) -> None:
    numbers = ["gbt45288.1", "GB/T 45288.1-2024", "ISO/IEC 15938-18:2023"]
    served = client.get("/api/v1/status", params={"number": numbers, "as_of": "2026-11-24"})
    printed = json.loads(cli("status", *numbers, "--as-of", "2026-11-24", "--format", "json").stdout)
    assert served.json()["items"] == printed["items"]
    posted = client.post("/api/v1/status", params={"as_of": "2026-11-24"}, json=numbers)
    assert posted.json()["items"] == printed["items"] and "etag" not in posted.headers


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("text/csv; charset=gb18030", csv_of(TABLE).encode("gb18030")),
        ("text/plain", "\n".join(row[1] for row in TABLE).encode()),
        (XLSX, xlsx_of(TABLE)),
    ],
)
def test_the_service_takes_lists_as_files(kind: str, body: bytes, client: httpx.Client) -> None:
    posted = client.post("/api/v1/status", content=body, headers={"Content-Type": kind})
    assert posted.status_code == 200 and posted.json()["total"] == 5
    table = client.post("/api/v1/status?format=csv", content=body, headers={"Content-Type": kind})
    assert len(list(csv.DictReader(io.StringIO(table.text.lstrip("\ufeff"))))) == 5
    book = client.post("/api/v1/status?format=xlsx", content=body, headers={"Content-Type": kind})
    assert len([*read_sheets(book.content, "answer.xlsx").values()][-1]) == 6


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        ("application/json", b"{}", 422),
        ("application/json", b"[1]", 422),
        ("application/json", b"[]", 422),
        ("application/json", b"[" * 100_000, 422),
        ("application/json", json.dumps(["GB/T 1"] * 5001).encode(), 422),
        ("application/json", b"x" * ((8 << 20) + 1), 413),
        ("text/csv", b"", 422),
        ("text/csv", b"GB/T 1\n" * 5001, 422),
        (XLSX, b"PK", 422),
        ("application/zip", b"PK", 415),
        ("", b"GB/T 1", 415),
    ],
)
def test_the_service_refuses_what_it_cannot_read(kind: str, body: bytes, status: int, client: httpx.Client) -> None:
    refused = client.post("/api/v1/status", content=body, headers={"Content-Type": kind})
    assert refused.status_code == status, refused.text
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["detail_zh"] and refused.json()["status"] == status


def test_wrong_parameters_are_named(client: httpx.Client) -> None:
    assert client.get("/api/v1/status").status_code == 400
    assert client.get("/api/v1/status", params={"number": "x", "as_of": "tomorrow"}).status_code == 400
    assert client.get("/api/v1/status", params={"number": "x", "as_of": "1900-01-01"}).status_code == 400
    assert client.post("/api/v1/status", params={"column": "9"}, content=b"a,b\n", headers={"Content-Type": "text/csv"}).status_code == 400  # fmt: skip
