"""Mechanical fixes: the normal form of numbers, dates and widths, written into the cells of CSV and Excel files."""

from __future__ import annotations

import csv
import difflib
import io
import warnings
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from openpyxl import load_workbook

from aistandards import catalogue, sources
from aistandards.dates import span_or_none
from aistandards.findings import Finding

CELLS = (".csv", ".xlsx")


@dataclass(frozen=True, slots=True)
class Fix:
    """One cell to rewrite: where it stands, what it says now and what it will say."""

    file: str
    line: int
    column: int
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Fixed:
    """A file with its fixes: the new content, and the difference as people read it."""

    path: Path
    content: bytes
    fixes: list[Fix]
    difference: str


def fixes_of(findings: Iterable[Finding]) -> list[Fix]:
    """Return the fixes that are mechanical: the rule says so, and the suggestion can stand in the cell as it is."""
    found: dict[tuple[str, int, int], Fix] = {}
    for finding in findings:
        rule = catalogue.rules().get(finding.rule)
        if not rule or not rule.mechanical or not finding.suggestion or finding.value is None:
            continue
        if finding.file and finding.line and finding.column and _is_certain(finding):
            place = finding.file, finding.line, finding.column
            found.setdefault(place, Fix(*place, finding.value, finding.suggestion))
    return list(found.values())


def _is_certain(finding: Finding) -> bool:
    """A suggested date must be a date; any other suggestion of a mechanical rule is the normal form itself."""
    return finding.rule != "date-form" or span_or_none(finding.suggestion or "") is not None


def apply(findings: Iterable[Finding]) -> list[Fixed]:
    """Return every CSV and Excel file that has fixes, with its new content; nothing is written."""
    by_file: dict[str, list[Fix]] = defaultdict(list)
    for fix in fixes_of(findings):
        if Path(fix.file).suffix.lower() in CELLS and Path(fix.file).is_file():
            by_file[fix.file].append(fix)
    done = []
    for file, fixes in sorted(by_file.items()):
        path = Path(file)
        content, kept = (_in_workbook if path.suffix.lower() == ".xlsx" else _in_csv)(path, fixes)
        if kept:
            done.append(Fixed(path, content, kept, _difference(path, content, kept)))
    return done


def _in_csv(path: Path, fixes: list[Fix]) -> tuple[bytes, list[Fix]]:
    """Rewrite single cells and leave every other character of the file as it is, in the encoding it has."""
    data = path.read_bytes()
    encoding = _encoding(data)
    text = data.decode(encoding)
    wanted = {(fix.line, fix.column): fix for fix in fixes}
    out, at, kept = [], 0, []
    for line, column, start, end in _cells(text):
        fix = wanted.get((line, column))
        if fix and _value(text[start:end]).strip() == fix.before:
            out += [text[at:start], _quoted(_value(text[start:end]).replace(fix.before, fix.after))]
            at = end
            kept.append(fix)
    return "".join([*out, text[at:]]).encode(encoding), kept


def _encoding(data: bytes) -> str:
    """Return the encoding in which a file is written back as it came: with its byte order mark, if it has one."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if data.startswith(b"\xef\xbb\xbf"):
        return "utf-8-sig"
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return "gb18030"
    return "utf-8"


def _cells(text: str) -> Iterable[tuple[int, int, int, int]]:
    """Yield line and column of every cell of a CSV text, and where it begins and ends; a record's line is where it begins."""
    line, column, start, quoted, newlines = 1, 1, 0, False, 0
    at, size = 0, len(text)
    while at < size:
        ch = text[at]
        if ch == '"':
            quoted = not quoted
        elif ch in "\r\n":
            width = 2 if text.startswith("\r\n", at) else 1
            newlines += 1
            if not quoted:
                yield line, column, start, at
                line, column, start, newlines = line + newlines, 1, at + width, 0
            at += width
            continue
        elif ch == "," and not quoted:
            yield line, column, start, at
            column, start = column + 1, at + 1
        at += 1
    if start < size:
        yield line, column, start, size


def _value(cell: str) -> str:
    return next(iter(next(iter(csv.reader([cell])), [""])), "") if cell.startswith('"') else cell


def _quoted(value: str) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow([value])
    return out.getvalue()


def _in_workbook(path: Path, fixes: list[Fix]) -> tuple[bytes, list[Fix]]:
    sources.read(path)  # refuses what must not be opened
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book = load_workbook(path, keep_links=False)
    sheet = next(s for s in book.worksheets if s.calculate_dimension() != "A1:A1" or s["A1"].value)
    kept = []
    for fix in fixes:
        cell = sheet.cell(fix.line, fix.column)
        if isinstance(cell.value, str) and fix.before in cell.value and cell.data_type != "f":
            cell.value = cell.value.replace(fix.before, fix.after).strip()
            kept.append(fix)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue(), kept


def _difference(path: Path, content: bytes, fixes: list[Fix]) -> str:
    """Return a unified difference of a text file, or the list of cells of a workbook."""
    if path.suffix.lower() == ".xlsx":
        return "".join(f"{fix.file}:{fix.line}:{fix.column}: {fix.before!r} → {fix.after!r}\n" for fix in fixes)
    encoding = _encoding(path.read_bytes())
    old, new = (data.decode(encoding).splitlines(keepends=True) for data in (path.read_bytes(), content))
    lines = difflib.unified_diff(old, new, f"a/{path}", f"b/{path}", n=0)
    return "".join(line if line.endswith("\n") else line + "\n" for line in lines)
