"""The rows of a workbook that somebody sends: sheet by sheet as text, within limits; nothing is evaluated or run."""

from __future__ import annotations

import io
import re
import warnings
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final
from xml.etree.ElementTree import Element, ParseError, iterparse

from openpyxl.reader.excel import ExcelReader
from openpyxl.styles.stylesheet import apply_stylesheet
from openpyxl.utils import get_column_letter, range_boundaries
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet._reader import FORMULA_TAG, ROW_TAG, VALUE_TAG, WorkSheetParser

from aistandards.errors import SourceError
from aistandards.output import plain
from aistandards.readers.text import MAX_CELL, Line

MAX_UNPACKED: Final = 64 << 20  # bytes of all parts of a workbook together, unpacked
MAX_FILE: Final = 1 << 30  # the same, of a file on one's own machine
MAX_RATIO: Final = 200  # of a large part: sheets pack 10 to 50 times, bombs 1,000
LARGE: Final = 8 << 20
MAX_ROWS: Final = 100_000
MAX_COLUMNS: Final = 256
MAX_TEXT: Final = 32 << 20  # characters of all cells together
SHEET_ROWS: Final = 1_048_576  # that a sheet can have at all
SHEET_CELLS: Final = 16_384
MAX_MERGED: Final = 100_000
MAX_SPREAD: Final = 10_000_000  # cells that merged ones stand in
MAX_CELLS: Final = 50_000_000  # of a sheet, those that are empty among them
PIECE: Final = 1 << 20
_MERGE = re.compile(
    rb"<(?:\w+:)?mergeCell\b[^>]*?\bref\s*=\s*[\"']([A-Z]{1,3}[1-9][0-9]{0,6}:[A-Z]{1,3}[1-9][0-9]{0,6})[\"']"
)
_DAMAGED = (
    InvalidFileException,
    zipfile.BadZipFile,
    zlib.error,
    ParseError,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    OverflowError,
    EOFError,
    OSError,
    RuntimeError,
)


Merged = list[tuple[int, int, int, int]]


@dataclass(slots=True)
class Page:
    """One sheet: its title, whether it is hidden, its rows as they are read, and what was met in reading them."""

    title: str
    hidden: bool
    rows: Iterator[Line]
    merged: int = 0
    unsaved: list[tuple[int, int]] = field(default_factory=list)  # places of formulas that were saved without a value


def pages(data: bytes, name: str, limit: int = MAX_FILE) -> Iterator[Page]:
    """Yield the sheets of a workbook; the rows of one are to be read before the next.

    A formula is its value as saved; one that was saved without a value is its own text. A cell that is merged downwards is
    the same in every row it covers. Raises SourceError for what is no workbook, is too large unpacked, or declares entities.
    """
    merged = scan(data, name, limit)
    try:
        with warnings.catch_warnings():  # of extensions that openpyxl does not keep
            warnings.simplefilter("ignore")
            book = _Book(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
            book.read()
        for title, state, part in book.sheets:
            found = Page(title, state != "visible", iter(()))
            found.rows = _merged(_lines(book, part, found, name), merged.get(part, []), found, name)
            yield found
    except _DAMAGED as error:
        raise _unreadable(name, f"damaged workbook: {_short(error)}", f"工作簿已损坏：{_short(error)}") from None


class _Book(ExcelReader):
    """A workbook of which only the sheets are looked at: not its charts, names, printing and properties."""

    def read(self) -> None:
        """Read what all sheets share, and where each stands."""
        self.read_manifest()
        self.read_strings()
        self.read_workbook()
        apply_stylesheet(self.archive, self.wb)
        self.sheets: list[tuple[str, str, str]] = []
        for sheet, rel in self.parser.find_sheets():
            if not rel.Type.endswith(("/chartsheet", "/dialogsheet")):
                if rel.target not in self.valid_files:
                    raise LookupError(f"the part of the sheet “{sheet.name}” is missing")
                if rel.target in (part for _, _, part in self.sheets):
                    raise LookupError(f"the sheet “{sheet.name}” is the same part as another")
                self.sheets.append((sheet.name, sheet.state or "visible", rel.target))

    def cells(self, part: str) -> _Cells:
        """Return what reads the cells of a sheet."""
        return _Cells(
            self.archive.open(part),
            self.shared_strings,
            data_only=True,
            epoch=self.wb.epoch,
            date_formats=self.wb._date_formats,  # type: ignore[attr-defined]
            timedelta_formats=self.wb._timedelta_formats,  # type: ignore[attr-defined]
        )


class _Cells(WorkSheetParser):
    """The cells of a sheet, row by row: those that are there, as they are saved, and nothing else that a sheet says."""

    def rows(self) -> Iterator[tuple[int, list[dict[str, Any]]]]:
        """Yield each row's number and its cells; ``unsaved`` is the formula of one that was saved without its value."""
        self.shared: dict[str | None, str] = {}
        for _, element in iterparse(self.source):
            if element.tag == ROW_TAG:
                found = self.parse_row(element)  # type: ignore[arg-type]
                element.clear()
                yield found

    def parse_cell(self, element: Element) -> dict[str, Any]:
        """Return a cell, with its formula where it has no value; raises ValueError, with its place, where it has no sense."""
        try:
            cell: dict[str, Any] = super().parse_cell(element)
        except (ValueError, LookupError, ArithmeticError) as error:
            place = element.get("r") or f"{get_column_letter(self.col_counter)}{self.row_counter}"
            raise ValueError(f"the cell {place[:20]} cannot be read ({_short(error)})") from None
        formula = element.find(FORMULA_TAG)
        if formula is not None:
            said = formula.text or self.shared.get(formula.get("si"), "")
            self.shared.setdefault(formula.get("si"), said)
            empty = element.get("t") == "str" and element.find(VALUE_TAG) is not None  # its value is the empty text
            cell["unsaved"] = f"={said}" if cell["value"] is None and not empty else None
        return cell


def _short(error: Exception) -> str:
    return str(error)[:200] or type(error).__name__


def _lines(book: _Book, part: str, found: Page, name: str) -> Iterator[Line]:
    """Yield the rows of a sheet that have any cell, with their numbers."""
    last, looked = 0, 0
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for at, cells in book.cells(part).rows():
                if at <= last:
                    raise ValueError(f"row {at} stands after row {last}")
                last = at
                row = _row(at, cells, found, name)
                looked += len(row)
                if looked > MAX_CELLS:
                    en, zh = f"more than {MAX_CELLS} cells", f"超过 {MAX_CELLS} 个单元格"
                    raise _unreadable(name, en, zh, "Split it", "请拆分")
                if row:
                    yield at, row
    except _DAMAGED as error:
        raise _unreadable(name, f"damaged workbook: {_short(error)}", f"工作簿已损坏：{_short(error)}") from None


def _row(at: int, cells: list[dict[str, Any]], found: Page, name: str) -> list[str]:
    """Return the texts of a row up to the last cell that has any."""
    texts: dict[int, str] = {}
    for cell in cells:
        column = cell["column"]
        if column in texts:
            raise ValueError(f"the cell {get_column_letter(column)}{at} stands twice")
        if cell.get("unsaved"):
            found.unsaved.append((at, column))
        texts[column] = cell.get("unsaved") or _text(cell["value"])
        if len(texts[column]) > MAX_CELL:
            en, zh = (
                f"row {at} has a cell of more than {MAX_CELL} characters",
                f"第 {at} 行有超过 {MAX_CELL} 个字符的单元格",
            )
            raise _unreadable(name, en, zh, "Shorten it", "请缩短")
    width = max((column for column, text in texts.items() if text), default=0)
    if at > SHEET_ROWS or width > SHEET_CELLS:
        en = f"more than {SHEET_ROWS} rows or {SHEET_CELLS} columns"
        raise _unreadable(name, en, f"超过 {SHEET_ROWS} 行或 {SHEET_CELLS} 列", "Split it", "请拆分")
    row = [""] * width
    for column, text in texts.items():
        if text:
            row[column - 1] = text
    return row


def _merged(rows: Iterator[Line], ranges: Merged, found: Page, name: str) -> Iterator[Line]:
    """Yield rows in which what is merged downwards stands in every row that it covers."""
    waiting = sorted(ranges, key=lambda one: -one[1])
    open_: list[tuple[int, int, str]] = []  # column, last row, value
    spread = 0
    for line, cells in rows:
        while waiting and waiting[-1][1] <= line:
            left, top, _, bottom = waiting.pop()
            if top == line and len(cells) >= left and cells[left - 1]:
                open_.append((left, bottom, cells[left - 1]))
                found.merged += 1
        open_ = [one for one in open_ if one[1] >= line]
        spread += len(open_)
        if spread > MAX_SPREAD:
            en, zh = f"merged cells stand in more than {MAX_SPREAD}", f"合并单元格覆盖超过 {MAX_SPREAD} 个单元格"
            raise _unreadable(name, en, zh, "Take the cells apart", "请取消合并")
        for column, _, value in open_:
            cells += [""] * (column - len(cells))
            cells[column - 1] = cells[column - 1] or value
        yield line, cells


def read_sheets(data: bytes, name: str) -> dict[str, list[list[str]]]:
    """Return the cells of every sheet that has any, by its name, row by row as text, blank rows in their place.

    Raises SourceError as ``pages`` does, and for more rows, columns or text than a list of numbers may have.
    """
    found = {page.title: _rows(page.rows, name) for page in pages(data, name, MAX_UNPACKED)}
    if not any(found.values()):
        raise _unreadable(name, "no sheet has any cell", "没有任何非空工作表")
    return {title: rows for title, rows in found.items() if rows}


def _rows(sheet: Iterable[Line], name: str) -> list[list[str]]:
    """Return the rows of a sheet up to the last that has a cell; raises SourceError for more than fits."""
    rows: list[list[str]] = []
    total = 0
    for at, row in sheet:
        total += sum(map(len, row))
        if at > MAX_ROWS or len(row) > MAX_COLUMNS or total > MAX_TEXT:
            en = f"more than {MAX_ROWS} rows, {MAX_COLUMNS} columns or {MAX_TEXT} characters"
            zh = f"超过 {MAX_ROWS} 行、{MAX_COLUMNS} 列或 {MAX_TEXT} 个字符"
            raise _unreadable(name, en, zh, "Split it", "请拆分")
        rows += [[] for _ in range(at - len(rows) - 1)]
        rows.append(row)
    return rows


def _text(cell: Any) -> str:
    """Return a cell as a person reads it: 45288.0 as 45288, a day without its midnight."""
    if isinstance(cell, str):
        return cell.strip()
    if isinstance(cell, datetime):
        return str(cell.date()) if cell.time() == datetime.min.time() else str(cell)
    if isinstance(cell, date):
        return str(cell)
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return plain(cell).strip()


def scan(data: bytes, name: str, limit: int) -> dict[str, Merged]:
    """Return what is merged in each sheet of a workbook.

    Raises SourceError for what is no zip file, unpacks to too much, or has a document type, with which XML can grow without end.
    """
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        en, zh = "an old .xls file, or one with a password", "旧版 .xls 文件，或设有密码"
        raise _unreadable(name, en, zh, "Save it as .xlsx without a password", "请另存为不加密的 .xlsx")
    found: dict[str, Merged] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            parts = package.infolist()
            if sum(part.file_size for part in parts) > limit:
                en = f"unpacked it has more than {limit >> 20} MB"
                raise _unreadable(name, en, f"解压后超过 {limit >> 20} MB", "Split it", "请拆分")
            if twice := [one for one, count in Counter(part.filename for part in parts).items() if count > 1]:
                raise ValueError(f"two parts are called {twice[0]}")
            for part in parts:
                if part.file_size > LARGE and part.file_size > MAX_RATIO * part.compress_size:
                    en = f"{part.filename} unpacks to more than {MAX_RATIO} times its size"
                    raise _unreadable(name, en, f"{part.filename} 解压后超过原大小的 {MAX_RATIO} 倍")
                _scan_part(package, part, found, name)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, RuntimeError, EOFError, OSError, ValueError) as error:
        raise _unreadable(name, f"not an .xlsx workbook ({error})", f"不是 .xlsx 工作簿（{error}）") from None
    return found


def _scan_part(package: zipfile.ZipFile, part: zipfile.ZipInfo, found: dict[str, Merged], name: str) -> None:
    tail = b""
    with package.open(part) as stream:
        while piece := stream.read(PIECE):
            text = tail + piece
            if any("<!DOCTYPE".encode(encoding) in text for encoding in ("ascii", "utf-16-le", "utf-16-be")):
                en = f"{part.filename} has a document type, which no workbook needs"
                raise _unreadable(name, en, f"{part.filename} 含有工作簿不需要的文档类型声明")
            if "worksheets/" in part.filename and text.startswith((b"\xff\xfe", b"\xfe\xff")):
                raise ValueError(f"{part.filename} is written in UTF-16")
            if b"mergeCell" in text:
                _learn_merged(text, found.setdefault(part.filename, []), name)
            tail = text[-100:]


def _learn_merged(text: bytes, ranges: Merged, name: str) -> None:
    for match in _MERGE.finditer(text):
        left, top, right, bottom = (int(end or 0) for end in range_boundaries(match[1].decode()))
        if bottom > top and (left, top, right, bottom) not in ranges[-2:]:
            ranges.append((left, top, right, bottom))
        if len(ranges) > MAX_MERGED:
            en = f"more than {MAX_MERGED} merged cells"
            raise _unreadable(name, en, f"合并单元格超过 {MAX_MERGED} 个", "Take the cells apart", "请取消合并")


def _unreadable(name: str, en: str, zh: str, fix_en: str = "", fix_zh: str = "") -> SourceError:
    fix_en, fix_zh = fix_en or "Save it again as .xlsx, or as CSV UTF-8", fix_zh or "请重新另存为 .xlsx，或 CSV UTF-8"
    return SourceError(f"{name}: {en}. {fix_en}.", f"{name}：{zh}。{fix_zh}。")
