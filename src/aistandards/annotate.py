"""The spreadsheet that was handed in, given back with the cells of the findings coloured and commented."""

from __future__ import annotations

import io
import os
import tempfile
import warnings
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from openpyxl import Workbook, load_workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, MergedCell
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from aistandards import sources
from aistandards.errors import StoreError, UsageError
from aistandards.findings import ORDER, Finding, Report
from aistandards.readers.text import SNIFFED, separator_of

FILLS: Final = {
    "violation": PatternFill("solid", fgColor="F8C9C4"),
    "warning": PatternFill("solid", fgColor="FFE8B3"),
    "info": PatternFill("solid", fgColor="D6E6F5"),
}
LIST_NAMES: Final = {"zh": "校验结果", "en": "Findings"}
LIST_COLUMNS: Final = {
    "zh": ("位置", "行", "列", "级别", "规则", "字段", "值", "说明", "应写内容"),
    "en": ("Place", "Row", "Column", "Severity", "Rule", "Field", "Value", "Finding", "What to write"),
}
MOST: Final = 1_000  # characters of one comment, which a person still reads


def annotate(path: Path, report: Report, language: str) -> bytes:
    """Return the workbook or CSV file at ``path`` as a workbook with every finding marked, and a sheet that lists them.

    A finding on a cell marks the cell, one on a row its first cell; what has no row stands in the list. Raises UsageError
    for a file that is no table.
    """
    book, sheets = _opened(path)
    marked: dict[tuple[str, int, int], list[Finding]] = defaultdict(list)
    for finding in report.findings:
        title = sheets.get(finding.file or "")
        if title and finding.line:
            marked[title, finding.line, finding.column or 1].append(finding)
    for (title, line, column), findings in marked.items():
        _mark(book[title], line, column, findings, language)
    _list(book, report.findings, language)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _opened(path: Path) -> tuple[Workbook, Mapping[str, str]]:
    """Return the file as a workbook, and which sheet the findings of which name stand on."""
    form, sheets = sources.sheets_of(path, str(path))  # refuses what must not be opened: bombs, document types
    if form == "xlsx":
        book = opened(path)
        shown = next((sheet for sheet in book.worksheets if sheet.sheet_state == "visible"), book.worksheets[0])
        return book, {name: title or shown.title for name, title in sheets.items()}
    if form == "csv":
        return _of_csv(path), {str(path): "data"}
    raise UsageError(
        f"“{path}” is no spreadsheet: --annotate marks the cells of CSV and .xlsx files.",
        f"“{path}”不是表格：--annotate 只标注 CSV 和 .xlsx 文件。",
    )


def opened(path: Path) -> Workbook:
    """Open a workbook to be written again; what it may hold was looked at before."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return load_workbook(path, keep_links=False, keep_vba=path.suffix.lower() == ".xlsm")


def _of_csv(path: Path) -> Workbook:
    text, _ = sources.decode(path.read_bytes(), str(path))
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.title = "data"
    for line, cells in sources.records(text, str(path), separator_of(text[:SNIFFED])):
        for at, cell in enumerate(cells, 1):
            _text(sheet, line, at, cell)
    sheet.freeze_panes = "A2"
    return book


def _text(sheet: Worksheet, row: int, column: int, value: Any) -> Any:
    """Write a text that stays text, whatever it begins with."""
    cell = sheet.cell(row, column)
    cell.value = ILLEGAL_CHARACTERS_RE.sub("�", str(value)) if value not in (None, "") else None
    if cell.value is not None:
        cell.data_type = "s"
    return cell


def _mark(sheet: Worksheet, line: int, column: int, findings: list[Finding], language: str) -> None:
    cell = sheet.cell(line, column)
    if isinstance(cell, MergedCell):  # what a merged cell shows stands in its first one
        area = next(area for area in sheet.merged_cells.ranges if cell.coordinate in area)
        cell = sheet.cell(area.min_row, area.min_col)
    worst = max(findings, key=lambda finding: ORDER[finding.severity])
    cell.fill = FILLS[worst.severity]
    said = "\n".join(f"[{f.called(language)}] {f.rule}: {f.message(language)}" for f in findings)
    before = f"{cell.comment.text}\n" if cell.comment else ""
    text = ILLEGAL_CHARACTERS_RE.sub("�", before + said)
    cell.comment = Comment(text[:MOST] + ("…" if len(text) > MOST else ""), "aistandards", width=360, height=140)


def _list(book: Workbook, findings: Iterable[Finding], language: str) -> None:
    title = LIST_NAMES[language]
    while title in book.sheetnames:
        title += "+"
    sheet = book.create_sheet(title)
    for at, name in enumerate(LIST_COLUMNS[language], 1):
        _text(sheet, 1, at, name).font = Font(bold=True)
    for line, finding in enumerate(findings, 2):
        message = finding.message_zh if language == "zh" else finding.message_en
        cells = (
            finding.file,
            finding.line,
            finding.column and get_column_letter(finding.column),
            finding.called(language),
            finding.rule,
            finding.field,
            finding.value,
            message,
            finding.advice(language),
        )
        for at, value in enumerate(cells, 1):
            _text(sheet, line, at, value).alignment = Alignment(vertical="top", wrap_text=at > 6)
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = sheet.dimensions
    for at, width in enumerate((30, 6, 8, 10, 24, 16, 24, 60, 40), 1):
        sheet.column_dimensions[get_column_letter(at)].width = width


def write(path: Path, content: bytes) -> None:
    """Write a file in one step; raises StoreError where that cannot be done, and then nothing has changed."""
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as out:
                out.write(content)
            if path.exists():
                Path(name).chmod(path.stat().st_mode & 0o777)
            else:
                Path(name).chmod(0o644)
            Path(name).replace(path)
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise StoreError(
            f"{path} cannot be written ({error.strerror}). Choose another place.",
            f"无法写入 {path}（{error.strerror}）。请另选位置。",
        ) from None
