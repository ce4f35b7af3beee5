"""Reading Excel workbooks: the first sheet as rows of text, each cell as a person reads it."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Final

MOST_BYTES: Final = 64 << 20  # unpacked: a workbook of a few kilobytes can unpack to gigabytes


def rows_of(data: bytes) -> Iterator[tuple[int, list[str]]]:
    """Yield (line, cells) of the first sheet; raises ValueError for bytes that are no workbook or unpack to too much."""
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            if sum(piece.file_size for piece in packed.infolist()) > MOST_BYTES:
                raise ValueError(f"more than {MOST_BYTES >> 20} MiB unpacked")
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        page = book.worksheets[0]
        found = [(line, [_text(cell) for cell in cells]) for line, cells in enumerate(page.iter_rows(), start=1)]
    except (zipfile.BadZipFile, InvalidFileException, KeyError, IndexError, TypeError, SyntaxError, EOFError) as error:
        raise ValueError(str(error) or type(error).__name__) from None
    for line, texts in found:
        while texts and not texts[-1]:
            texts.pop()
        yield line, texts


def _text(cell: Any) -> str:
    """Return a cell as text: whole numbers without ``.0``, percent formats with their sign, days as YYYY-MM-DD."""
    value = cell.value
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case datetime() if value.time() == time():
            return str(value.date())
        case datetime() | date():
            return str(value)
        case int() | float():
            number = Decimal(repr(value))
            percent = "%" in (cell.number_format or "")
            text = f"{number * 100 if percent else number:f}"
            return (text.rstrip("0").rstrip(".") if "." in text else text) + ("%" if percent else "")
    return str(value)
