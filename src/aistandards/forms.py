"""Empty tables for people to fill in: CSV and Excel, in Chinese or English, with units in the header and a line of explanation."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from aistandards.codes import Codes
from aistandards.measures import Measure
from aistandards.namespaces import key_of
from aistandards.tables import Column, Table

LINES = 500  # rows of a workbook that get a list of choices


def columns_for(table: Table, measures: Iterable[Measure]) -> list[Column]:
    """Return the columns that some measures ask for, with those that every project has."""
    asked = {column.property for column in table.columns[:4]}
    for measure in measures:
        asked |= {path for condition in measure.conditions for path in condition.paths}
        asked |= {path for s in measure.supports for path in (s.base, s.spent, s.rate_property) if path}
        asked |= {limit.where[0] for limit in measure.limits if limit.where}
    return [column for column in table.columns if column.property in asked]


def as_csv(table: Table, columns: Sequence[Column], language: str) -> bytes:
    """Return a template as CSV, with a byte order mark so that spreadsheets read the Chinese."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([title(column, language) for column in columns])
    writer.writerow(explanations(table, columns, language))
    return out.getvalue().encode("utf-8-sig")


def as_xlsx(table: Table, columns: Sequence[Column], language: str, codes: Codes) -> bytes:
    """Return a template as a workbook, with lists of choices where a cell holds a code or yes and no."""
    book = Workbook()
    page = book.active
    assert isinstance(page, Worksheet)
    page.title = "申报项目" if language == "zh" else "projects"
    page.append([title(column, language) for column in columns])
    page.append(explanations(table, columns, language))
    for at, column in enumerate(columns, start=1):
        letter = get_column_letter(at)
        page[f"{letter}1"].font, page[f"{letter}1"].fill = Font(bold=True), PatternFill("solid", fgColor="DDE6F0")
        page[f"{letter}2"].font = Font(italic=True, color="666666")
        page.column_dimensions[letter].width = 24
        for row in (1, 2):
            page[f"{letter}{row}"].alignment = Alignment(wrap_text=True, vertical="top")
        if choices := _choices(column, language, codes):
            listed = DataValidation(type="list", formula1=f'"{",".join(choices)}"', allow_blank=True)
            listed.add(f"{letter}3:{letter}{LINES}")
            page.add_data_validation(listed)
    page.freeze_panes = "C3"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def title(column: Column, language: str) -> str:
    """Return the header of a column in a language, with its unit."""
    return column.titles[0 if language == "zh" else 1]


def explanations(table: Table, columns: Sequence[Column], language: str) -> list[str]:
    """Return the line that explains each column and names the clauses that ask for it; its first cell marks it as such."""
    texts = []
    for column in columns:
        text = column.description[0 if language == "zh" else 1]
        if column.clauses:
            cited = ", ".join(column.clauses)
            text += f"（条文：{cited}）" if language == "zh" else f" (Clause: {cited}.)"
        texts.append(text)
    return [f"{table.comment} {texts[0]}", *texts[1:]]


def _choices(column: Column, language: str, codes: Codes) -> list[str]:
    if column.kind == "boolean":
        return ["是", "否"] if language == "zh" else ["yes", "no"]
    if column.kind not in ("code", "kind") or column.separator:
        return []
    known = codes.lists.get(column.scheme or "", {})
    tokens = list(dict.fromkeys(key_of(iri) for iri in known.values()))
    if language == "en":
        return tokens
    words = {key_of(iri): word for word, iri in known.items() if not word.isascii()}
    return [words.get(token, token) for token in tokens]
