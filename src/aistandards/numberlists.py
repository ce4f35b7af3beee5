"""Lists of standard numbers as companies keep them: plain lines, or a column of a CSV table or a workbook among others."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Final

from aistandards import identifiers
from aistandards.counts import known
from aistandards.errors import SourceError, UsageError
from aistandards.sources import decode, records
from aistandards.tables import number_headers

ROWS_FOR_HEADER: Final = 20  # a title and some remarks may stand above the header
ROWS_FOR_COLUMN: Final = 40
LONGEST: Final = 80  # characters of a text that is looked at as a number
MAX_ROWS: Final = 100_000
Row = tuple[int, list[str]]


@dataclass(frozen=True, slots=True)
class NumberList:
    """A list as it came in: its columns, which of them has the numbers, and its rows, each with its line in the file."""

    name: str
    columns: list[str]
    column: int
    rows: list[Row]
    unread: tuple[str, ...] = ()  # other sheets of the workbook with a column of numbers


def of_texts(texts: Sequence[str], name: str) -> NumberList:
    """Return a list of numbers that were given one by one; the line is the place in the list."""
    return NumberList(name, ["input"], 0, [(at, [text]) for at, text in enumerate(texts, start=1)])


def read_list(data: bytes, name: str, column: str | None = None, max_rows: int = MAX_ROWS) -> NumberList:
    """Read a list from a CSV file, a workbook or plain lines, in UTF-8, UTF-16 or GB18030; ``column`` names the column.

    Raises SourceError for a file that cannot be read, has no row or too many; UsageError for a column it does not have.
    """
    if not data.strip():
        raise _refusal(name, "the file is empty", "文件为空", "Put one number a line", "请每行写一个编号")
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")) or PurePath(name).suffix.lower() in (".xlsx", ".xls"):
        from aistandards.readers.book import read_sheets

        sheets = {title: list(enumerate(rows, start=1)) for title, rows in read_sheets(data, name).items()}
        sheet = max(
            sheets, key=lambda title: _has_header(sheets[title])
        )  # the first that names the column, or the first
        rows = sheets.pop(sheet)
        unread = tuple(title for title, others in sheets.items() if _has_header(others))
        found = _with_columns(name, _trimmed(rows), column)
        found = replace(found, unread=unread)
    else:
        found = _with_columns(name, _trimmed(_lines(decode(data, name)[0], name)), column)
    if len(found.rows) > max_rows:
        en, zh = f"it has {len(found.rows)} rows, more than {max_rows}", f"有 {len(found.rows)} 行，超过 {max_rows} 行"
        raise _refusal(name, en, zh, "Split it", "请拆分")
    return found


def _trimmed(rows: list[Row]) -> list[Row]:
    """Return the rows without the blank ones at their end."""
    while rows and not any(cell.strip() for cell in rows[-1][1]):
        rows.pop()
    return rows


def _has_header(rows: list[Row]) -> bool:
    return any(_is_header(cell) for _, cells in rows[:ROWS_FOR_HEADER] for cell in cells)


def _refusal(name: str, en: str, zh: str, fix_en: str, fix_zh: str) -> SourceError:
    return SourceError(f"{name}: {en}. {fix_en}.", f"{name}：{zh}。{fix_zh}。")


def _lines(text: str, name: str) -> list[Row]:
    """Return the rows of a text: cells where it is a table with commas, tabs or semicolons, else a cell a line."""
    lines = text.splitlines()
    for line in lines[:ROWS_FOR_HEADER]:
        for mark in (",", "\t", ";"):
            if mark in line and any(_is_header(cell.strip(' "')) for cell in line.split(mark)):
                return list(records(text, name, mark))
    marks = [mark for mark in (",", "\t") if PurePath(name).suffix.lower() in (".csv", ".tsv") and mark in text]
    return list(records(text, name, marks[0])) if marks else [(at, [line]) for at, line in enumerate(lines, start=1)]


def _is_header(cell: str) -> bool:
    return cell.strip().lstrip("\ufeff").casefold() in number_headers()


def _with_columns(name: str, rows: list[Row], column: str | None) -> NumberList:
    """Find the header and the column of numbers: by its name, by ``column``, else where most cells are numbers."""
    width = max((len(cells) for _, cells in rows), default=1)
    for at, (_, cells) in enumerate(rows[:ROWS_FOR_HEADER]):
        named = [place for place, cell in enumerate(cells) if _is_header(cell)]
        asked = [place for place, cell in enumerate(cells) if column and cell.strip() == column]
        if asked or (named and not column):
            place = (asked or [max(named, key=lambda one: _numbers(rows[at + 1 :], one))])[0]
            return NumberList(name, _unique(cells, width), place, rows[at + 1 :])
    columns = _unique([], width)
    if column is None:
        return NumberList(name, columns, max(range(width), key=lambda place: _numbers(rows, place)), rows)
    if column.isdecimal() and 1 <= int(column) <= width:
        return NumberList(name, columns, int(column) - 1, rows)
    header = [cell.strip() for cell in rows[0][1] if cell.strip()] if rows else []
    known("column", "列", column, header)
    raise UsageError(f"{name} has no column {column}.", f"{name} 没有“{column}”这一列。")


def _numbers(rows: list[Row], place: int) -> int:
    """Return how many of the first rows have a number in a column."""
    cells = [cells[place] for _, cells in rows[:ROWS_FOR_COLUMN] if place < len(cells)]
    likely = [cell for cell in cells if may_be_number(cell)]
    return sum(bool(identifiers.try_parse(cell) or identifiers.try_parse_plan(cell)) for cell in likely)


def may_be_number(text: str) -> bool:
    """Whether a text is worth being read as a number: short, with a letter and a digit; refusals take their time."""
    folded = unicodedata.normalize("NFKC", text[:LONGEST])
    return len(text) < LONGEST and any(map(str.isdecimal, folded)) and bool(_LETTER.search(folded))


_LETTER = re.compile("[A-Za-zА-я]")


def _unique(header: list[str], width: int) -> list[str]:
    """Return a name for each column: as printed, with a number where a name is missing or stands twice."""
    names: list[str] = []
    for at in range(width):
        name = header[at].strip().lstrip("\ufeff") if at < len(header) else ""
        name = name or f"column {at + 1}"
        names.append(name if name not in names else f"{name} ({at + 1})")
    return names
