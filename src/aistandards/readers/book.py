"""The rows of a workbook that somebody sends: sheet by sheet as text, within limits; nothing is evaluated or run."""

from __future__ import annotations

import io
import itertools
import re
import warnings
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final
from xml.etree.ElementTree import ParseError

from openpyxl import load_workbook
from openpyxl.utils import range_boundaries
from openpyxl.utils.exceptions import InvalidFileException

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
PIECE: Final = 1 << 20
_MERGE = re.compile(rb"<(?:\w+:)?mergeCell\b[^>]*?\bref=\"([A-Z]{1,3}[0-9]{1,7}:[A-Z]{1,3}[0-9]{1,7})\"")
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s>/]")
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


@dataclass(slots=True)
class Package:
    """What the parts of a workbook say before it is opened: which have formulas, which merge cells down."""

    formulas: set[str] = field(default_factory=set)
    merged: dict[str, list[tuple[int, int, int, int]]] = field(default_factory=dict)


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
    package = scan(data, name, limit)
    try:
        with warnings.catch_warnings():  # of extensions that openpyxl does not keep
            warnings.simplefilter("ignore")
            values, formulas = (
                load_workbook(io.BytesIO(data), read_only=True, data_only=only, keep_links=False) if needed else None
                for only, needed in ((True, True), (False, bool(package.formulas)))
            )
        assert values is not None
        written = formulas.worksheets if formulas else values.worksheets
        for page, other in zip(values.worksheets, written, strict=True):
            path = str(getattr(page, "_worksheet_path", "")).lstrip(
                "/"
            )  # the only name under which openpyxl keeps the part
            found = Page(page.title, page.sheet_state != "visible", iter(()))
            same = other if path in package.formulas else None
            found.rows = _merged(_lines(page, same, found, name), package.merged.get(path, []), found)
            yield found
    except _DAMAGED as error:
        raise _unreadable(name, f"damaged workbook: {_short(error)}", f"工作簿已损坏：{_short(error)}") from None


def _short(error: Exception) -> str:
    return str(error)[:200] or type(error).__name__


def _lines(page: Any, written: Any, found: Page, name: str) -> Iterator[Line]:
    """Yield the rows of a sheet that have any cell, with their numbers."""
    for one in (page, written):
        if one is not None:
            one.reset_dimensions()  # what a file says of its own size may be wrong
    others = written.iter_rows(values_only=True) if written is not None else itertools.repeat(None)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for at, (cells, texts) in enumerate(zip(page.iter_rows(values_only=True), others), start=1):  # noqa: B905
                if at > SHEET_ROWS or len(cells) > SHEET_CELLS:
                    en = f"more than {SHEET_ROWS} rows or {SHEET_CELLS} columns"
                    raise _unreadable(name, en, f"超过 {SHEET_ROWS} 行或 {SHEET_CELLS} 列", "Split it", "请拆分")
                row = [_text(cell) for cell in cells]
                for column, text in enumerate(texts or ()):
                    if cells[column] is None and text is not None:
                        row[column] = _text(getattr(text, "text", text))
                        found.unsaved.append((at, column + 1))
                if any(len(cell) > MAX_CELL for cell in row):
                    en, zh = (
                        f"row {at} has a cell of more than {MAX_CELL} characters",
                        f"第 {at} 行有超过 {MAX_CELL} 个字符的单元格",
                    )
                    raise _unreadable(name, en, zh, "Shorten it", "请缩短")
                while row and not row[-1]:
                    row.pop()
                if row:
                    yield at, row
    except _DAMAGED as error:
        raise _unreadable(name, f"damaged workbook: {_short(error)}", f"工作簿已损坏：{_short(error)}") from None


def _merged(rows: Iterator[Line], ranges: list[tuple[int, int, int, int]], found: Page) -> Iterator[Line]:
    """Yield rows in which what is merged downwards stands in every row that it covers."""
    waiting = sorted(ranges, key=lambda one: -one[1])
    open_: list[tuple[int, int, str]] = []  # column, last row, value
    for line, cells in rows:
        while waiting and waiting[-1][1] <= line:
            left, top, _, bottom = waiting.pop()
            if top == line and len(cells) >= left and cells[left - 1]:
                open_.append((left, bottom, cells[left - 1]))
                found.merged += 1
        open_ = [one for one in open_ if one[1] >= line]
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


def scan(data: bytes, name: str, limit: int) -> Package:
    """Refuse what is no zip file, unpacks to too much, or has a document type, with which XML can grow without end."""
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        en, zh = "an old .xls file, or one with a password", "旧版 .xls 文件，或设有密码"
        raise _unreadable(name, en, zh, "Save it as .xlsx without a password", "请另存为不加密的 .xlsx")
    found = Package()
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            parts = package.infolist()
            if sum(part.file_size for part in parts) > limit:
                en = f"unpacked it has more than {limit >> 20} MB"
                raise _unreadable(name, en, f"解压后超过 {limit >> 20} MB", "Split it", "请拆分")
            for part in parts:
                if part.file_size > LARGE and part.file_size > MAX_RATIO * part.compress_size:
                    en = f"{part.filename} unpacks to more than {MAX_RATIO} times its size"
                    raise _unreadable(name, en, f"{part.filename} 解压后超过原大小的 {MAX_RATIO} 倍")
                _scan_part(package, part, found, name)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, RuntimeError, EOFError, OSError, ValueError) as error:
        raise _unreadable(name, f"not an .xlsx workbook ({error})", f"不是 .xlsx 工作簿（{error}）") from None
    return found


def _scan_part(package: zipfile.ZipFile, part: zipfile.ZipInfo, found: Package, name: str) -> None:
    tail = b""
    with package.open(part) as stream:
        while piece := stream.read(PIECE):
            text = tail + piece
            if any("<!DOCTYPE".encode(encoding) in text for encoding in ("ascii", "utf-16-le", "utf-16-be")):
                en = f"{part.filename} has a document type, which no workbook needs"
                raise _unreadable(name, en, f"{part.filename} 含有工作簿不需要的文档类型声明")
            if "worksheets/" in part.filename:
                if part.filename not in found.formulas and _FORMULA.search(text):
                    found.formulas.add(part.filename)
                _learn_merged(text, found.merged.setdefault(part.filename, []), name)
            tail = text[-100:]


def _learn_merged(text: bytes, ranges: list[tuple[int, int, int, int]], name: str) -> None:
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
