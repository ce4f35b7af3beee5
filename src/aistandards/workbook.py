"""Excel workbooks: an answer laid out for people, and the rows of a sheet that somebody sends."""

from __future__ import annotations

import io
import json
import warnings
import zipfile
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from xml.etree.ElementTree import ParseError

from openpyxl import Workbook, load_workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell, MergedCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet.worksheet import Worksheet

from aistandards.errors import SourceError
from aistandards.output import plain, width
from aistandards.settings import resource

CELL_LIMIT: Final = 32_767  # characters in one cell of a workbook
HEAD = PatternFill("solid", fgColor="DDE6F0")
WRAP = Alignment(vertical="top", wrap_text=True)
MAX_UNPACKED: Final = 64 << 20  # bytes of all parts of a workbook together, unpacked
MAX_ROWS: Final = 100_000
MAX_COLUMNS: Final = 256
MAX_TEXT: Final = 32 << 20  # characters of all cells together
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
    notes = {key: value for key, value in answer.items() if key != "next" and not _is_table(value)}
    columns = list(dict.fromkeys(column for row in rows for column in row))
    known = label(f"workbook {name}", language)
    title = f"aistandards {name}" if known.startswith("workbook ") else known
    return write_workbook(title, {**notes, **origin}, [Sheet(_pick(TITLES["rows"], language), columns, rows)], language)


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


def read_sheets(data: bytes, name: str) -> dict[str, list[list[str]]]:
    """Return the cells of every sheet that has any, by its name, row by row as text, blank rows in their place.

    A formula is its value as saved, and is neither evaluated nor run; one that was saved without a value is its own text, so that
    it is a finding and no empty cell. Raises SourceError for what is no workbook, is too large when unpacked, or declares entities.
    """
    _refuse_bombs(data, name)
    try:
        with warnings.catch_warnings():  # of extensions that openpyxl does not keep
            warnings.simplefilter("ignore")
            values, formulas = (
                load_workbook(io.BytesIO(data), read_only=True, data_only=only, keep_links=False)
                for only in (True, False)
            )
            found = {}
            for page, written in zip(values.worksheets, formulas.worksheets, strict=True):
                for one in (page, written):
                    one.reset_dimensions()  # what a file says of its own size may be wrong
                pairs = zip(page.iter_rows(values_only=True), written.iter_rows(values_only=True), strict=True)
                found[page.title] = _rows((map(_saved, *pair) for pair in pairs), name)
    except (
        InvalidFileException,
        zipfile.BadZipFile,
        ParseError,
        LookupError,
        ValueError,
        TypeError,
        AttributeError,
    ) as error:
        raise _unreadable(name, f"damaged workbook: {error}", f"工作簿已损坏：{error}") from None
    if not any(found.values()):
        raise _unreadable(name, "no sheet has any cell", "没有任何非空工作表")
    return {title: rows for title, rows in found.items() if rows}


def _rows(sheet: Iterable[Iterable[Any]], name: str) -> list[list[str]]:
    """Return the rows of a sheet up to the last that has a cell; raises SourceError for more than fits."""
    rows: list[list[str]] = []
    used = total = 0
    for at, cells in enumerate(sheet, start=1):
        row = [_text(cell) for cell in cells]
        while row and not row[-1]:
            row.pop()
        total += sum(map(len, row))
        used = at if row else used
        if used > MAX_ROWS or len(row) > MAX_COLUMNS or total > MAX_TEXT:
            en = f"more than {MAX_ROWS} rows, {MAX_COLUMNS} columns or {MAX_TEXT} characters"
            raise _unreadable(
                name, en, f"超过 {MAX_ROWS} 行、{MAX_COLUMNS} 列或 {MAX_TEXT} 个字符", "Split it", "请拆分"
            )
        if at <= MAX_ROWS:
            rows.append(row)
    return rows[:used]


def _saved(value: Any, written: Any) -> Any:
    """Return the value of a cell, or what is written in it where a formula was saved without its value."""
    return getattr(written, "text", written) if value is None else value


def _text(cell: Any) -> str:
    """Return a cell as a person reads it: 45288.0 as 45288, a day without its midnight."""
    if isinstance(cell, datetime):
        return str(cell.date()) if cell.time() == datetime.min.time() else str(cell)
    if isinstance(cell, date):
        return str(cell)
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return plain(cell).strip()


def _refuse_bombs(data: bytes, name: str) -> None:
    """Refuse what is no zip file, unpacks to too much, or has a document type, with which XML can grow without end."""
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        en, zh = "an old .xls file, or one with a password", "旧版 .xls 文件，或设有密码"
        raise _unreadable(name, en, zh, "Save it as .xlsx without a password", "请另存为不加密的 .xlsx")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            parts = package.infolist()
            if sum(part.file_size for part in parts) > MAX_UNPACKED:
                en = f"unpacked it has more than {MAX_UNPACKED >> 20} MB"
                raise _unreadable(name, en, f"解压后超过 {MAX_UNPACKED >> 20} MB", "Split it", "请拆分")
            for part in parts:
                text = package.read(part)
                if any("<!DOCTYPE".encode(encoding) in text for encoding in ("ascii", "utf-16-le", "utf-16-be")):
                    en = f"{part.filename} has a document type, which no workbook needs"
                    raise _unreadable(name, en, f"{part.filename} 含有工作簿不需要的文档类型声明")
    except (zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, RuntimeError, EOFError) as error:
        raise _unreadable(name, f"not an .xlsx workbook ({error})", f"不是 .xlsx 工作簿（{error}）") from None


def _unreadable(name: str, en: str, zh: str, fix_en: str = "", fix_zh: str = "") -> SourceError:
    fix_en, fix_zh = fix_en or "Save it again as .xlsx, or as CSV UTF-8", fix_zh or "请重新另存为 .xlsx，或 CSV UTF-8"
    return SourceError(f"{name}: {en}. {fix_en}.", f"{name}：{zh}。{fix_zh}。")
