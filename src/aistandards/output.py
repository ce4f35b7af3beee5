"""Answers as text, JSON or CSV: tables aligned for Chinese widths, in the reader's language."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Rows = Sequence[Mapping[str, Any]]


def language(asked: str | None = None) -> str:
    """Return ``zh`` or ``en``: what was asked for, else by the environment's locale."""
    if asked:
        return asked
    locale = next((value for name in ("LC_ALL", "LC_MESSAGES", "LANG") if (value := os.environ.get(name))), "")
    return "zh" if locale.lower().startswith("zh") else "en"


def as_json(answer: Any) -> str:
    """Return an answer as JSON for machines and people."""
    return json.dumps(answer, ensure_ascii=False, indent=2)


def as_csv(rows: Rows, columns: Sequence[str] | None = None) -> str:
    """Return rows as CSV (RFC 4180); several values in a cell are separated by a semicolon."""
    names = list(columns or (rows[0].keys() if rows else ()))
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(names)
    writer.writerows([harmless(plain(row.get(name))) for name in names] for row in rows)
    return out.getvalue()


def harmless(cell: str) -> str:
    """Return a cell that a spreadsheet will not run as a formula: one that begins like a formula gets an apostrophe."""
    runs = cell[:1] in ("=", "+", "@", "\t", "\r") or (cell[:1] == "-" and not _NEGATIVE.fullmatch(cell))
    return "'" + cell if runs else cell


_NEGATIVE = re.compile(r"-\d+(\.\d+)?")


def plain(value: Any) -> str:
    """Return a value as the text of one cell."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return "; ".join(f"{key}={plain(item)}" for key, item in value.items())
    if isinstance(value, list | tuple):
        return ";".join(plain(item) for item in value)
    return str(value)


def width(text: str) -> int:
    """Return how many columns a terminal gives a text; Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(ch) in "WF" else 0 if unicodedata.combining(ch) else 1 for ch in text)


def table(header: Sequence[str], rows: Iterable[Sequence[Any]], right: Iterable[int] = ()) -> str:
    """Return a table aligned by display width; columns named in ``right`` are aligned to the right."""
    lines = [[plain(cell) for cell in row] for row in rows]
    every = [list(header), *lines]
    widths = [max(width(line[at]) for line in every) for at in range(len(header))]
    numeric = set(right)

    def line(cells: Sequence[str]) -> str:
        padded = [
            " " * (size - width(cell)) + cell if at in numeric else cell + " " * (size - width(cell))
            for at, (cell, size) in enumerate(zip(cells, widths, strict=True))
        ]
        return "  ".join(padded).rstrip()

    return "\n".join([line(list(header)), "  ".join("-" * size for size in widths), *(line(cells) for cells in lines)])
