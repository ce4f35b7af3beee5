"""Excel workbooks: an answer laid out for people."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell, MergedCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from aistandards.output import plain, width
from aistandards.settings import resource

CELL_LIMIT: Final = 32_767  # characters in one cell of a workbook
HEAD = PatternFill("solid", fgColor="DDE6F0")
WRAP = Alignment(vertical="top", wrap_text=True)
TITLES: Final = {"notes": ("说明", "Notes"), "rows": ("数据", "Data")}


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table of a workbook: its name, its columns and its rows by column name."""

    name: str
    columns: Sequence[str]
    rows: Iterable[Mapping[str, Any]]


def write_workbook(title: str, notes: Mapping[str, Any], sheets: Iterable[Sheet], language: str) -> bytes:
    """Return a workbook: a first sheet with the title and the notes, then the tables.

    Headers are frozen, in the reader's language, and filterable; text stays text (standard and plan numbers above all), and no
    cell is a formula; what a cell cannot hold is cut and says so.
    """
    book = Workbook()
    first = book.active
    assert isinstance(first, Worksheet)
    first.title = _pick(TITLES["notes"], language)
    _write(first.cell(1, 1), title).font = Font(bold=True, size=14)
    for at, (name, value) in enumerate(notes.items(), start=3):
        _write(first.cell(at, 1), label(name, language)).font = Font(bold=True)
        _write(first.cell(at, 2), value).alignment = WRAP
    first.column_dimensions["A"].width = 24
    first.column_dimensions["B"].width = 90
    for sheet in sheets:
        _fill(book.create_sheet(sheet.name[:31]), sheet, language)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def answer_workbook(
    name: str,
    answer: Mapping[str, Any],
    rows: Sequence[Mapping[str, Any]],
    language: str,
    origin: Mapping[str, str],
) -> bytes:
    """Return an answer as a workbook: what was asked, its single figures and its origin as notes, its rows as a table."""
    notes = {
        key: value for key, value in answer.items() if key not in ("next", "previous") and not _is_table(value)
    } | _shown(answer, language)
    columns = list(dict.fromkeys(column for row in rows for column in row))
    known = label(f"workbook {name}", language)
    title = f"aistandards {name}" if known.startswith("workbook ") else known
    return write_workbook(title, {**notes, **origin}, [Sheet(_pick(TITLES["rows"], language), columns, rows)], language)


def _shown(answer: Mapping[str, Any], language: str) -> dict[str, str]:
    """Return the note of a list that is not whole: how many of its entries the table has."""
    total, items = answer.get("total"), answer.get("items")
    if not isinstance(total, int) or not isinstance(items, list) or len(items) >= total:
        return {}
    said = f"{len(items)} 条，共 {total} 条：只是一页，不是全部", f"{len(items)} of {total}: one page, not all"
    return {"shown": _pick(said, language)}


def _is_table(value: Any) -> bool:
    """Whether a value is a list, or holds one: nothing for a single cell."""
    return isinstance(value, list) or (isinstance(value, Mapping) and any(map(_is_table, value.values())))


def label(name: str, language: str) -> str:
    """Return the word for a column or key in the reader's language; a name without a word stays as it is."""
    global _labels  # read once
    if not _labels:
        _labels = json.loads((resource("ontology") / "columns.json").read_text(encoding="utf-8"))
    return _labels.get(name, {}).get(language, name)


_labels: dict[str, dict[str, str]] = {}


def _fill(page: Worksheet, sheet: Sheet, language: str) -> None:
    """Write a table with a frozen, filterable header; columns as wide as their content, within bounds."""
    widths = []
    for at, column in enumerate(sheet.columns, start=1):
        shown = label(column, language)
        cell = _write(page.cell(1, at), shown)
        cell.font, cell.fill = Font(bold=True), HEAD
        widths.append(width(shown))
    for line, row in enumerate(sheet.rows, start=2):
        for at, column in enumerate(sheet.columns, start=1):
            cell = _write(page.cell(line, at), row.get(column))
            cell.alignment = WRAP
            widths[at - 1] = max(widths[at - 1], width(str(cell.value or "")))
    for at, wide in enumerate(widths, start=1):
        page.column_dimensions[get_column_letter(at)].width = min(max(wide + 2, 8), 60)
    page.freeze_panes = "A2"
    if sheet.columns:
        page.auto_filter.ref = page.dimensions


def _write(cell: Cell | MergedCell, value: Any) -> Cell:
    """Write one value: numbers as numbers, everything else as text that is never read as a formula."""
    assert isinstance(cell, Cell)  # new sheets have no merged cells
    if isinstance(value, int | float) and not isinstance(value, bool):
        cell.value = value
        return cell
    text = ILLEGAL_CHARACTERS_RE.sub("\ufffd", plain(value))
    if len(text) > CELL_LIMIT:
        text = text[: CELL_LIMIT - 20] + "… (cut / 已截断)"
    if text:
        cell.value = text
        cell.data_type = "s"
        cell.number_format = "@"
    return cell


def _pick(words: tuple[str, str], language: str) -> str:
    return words[0] if language == "zh" else words[1]
