"""Mechanical fixes: the normal form of numbers, dates and widths, written into the cells of CSV and Excel files."""

from __future__ import annotations

import csv
import difflib
import io
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from aistandards import annotate, catalogue, sources
from aistandards.dates import span_or_none
from aistandards.findings import Finding
from aistandards.readers.grid import seen
from aistandards.readers.text import SNIFFED, separator_of

MARK = "\ufeff"  # of the byte order


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
    by_file: dict[Path, list[Fix]] = defaultdict(list)
    for fix in fixes_of(findings):
        if path := _file_of(fix.file):
            by_file[path].append(fix)
    done = []
    for path, fixes in sorted(by_file.items()):
        form, sheets = sources.sheets_of(path, str(path))  # refuses what must not be opened
        if form not in ("csv", "xlsx"):
            continue
        content, kept = _in_workbook(path, fixes, sheets) if form == "xlsx" else _in_csv(path, fixes)
        if kept:
            done.append(Fixed(path, content, kept, _difference(path, content, kept, form)))
    return done


def _file_of(name: str) -> Path | None:
    """Return the file that a finding names, which says the sheet of a workbook after ``#``; None where there is none."""
    cut = [at for at, ch in enumerate(name) if ch == "#"]
    return next((path for end in (len(name), *reversed(cut)) if (path := Path(name[:end])).is_file()), None)


def _in_csv(path: Path, fixes: list[Fix]) -> tuple[bytes, list[Fix]]:
    """Rewrite single cells and leave every other character of the file as it is, in the encoding it has."""
    data = path.read_bytes()
    encoding = _encoding(data)
    text = data.decode(encoding)
    if text.encode(encoding) != data:  # some bytes have two spellings: such a file is left to people
        return data, []
    mark = separator_of(text[:SNIFFED].lstrip(MARK))
    wanted = {(fix.line, fix.column): fix for fix in fixes}
    out, at, kept = [], 0, []
    for line, column, start, end in _cells(text, mark):
        fix = wanted.get((line, column))
        new = _rewritten(_value(text[start:end]), fix) if fix else None
        if fix and new is not None:
            out += [text[at:start], _quoted(new, mark)]
            at = end
            kept.append(fix)
    return "".join([*out, text[at:]]).encode(encoding), kept


def _rewritten(value: str, fix: Fix) -> str | None:
    """Return what a cell is to say, None where it is not the cell that the finding is about."""
    if fix.before == value.strip() or fix.before == seen(value).removeprefix("'").strip():
        return fix.after
    return None


def _encoding(data: bytes) -> str:
    """Return the encoding in which a file is read and written back with every byte, its byte order mark too."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16-le" if data.startswith(b"\xff") else "utf-16-be"
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return "gb18030"
    return "utf-8"


def _cells(text: str, mark: str = ",") -> Iterable[tuple[int, int, int, int]]:
    """Yield line and column of every cell of a CSV text, and where it begins and ends; a record's line is where it begins."""
    at = 1 if text.startswith(MARK) else 0
    line, column, start, quoted, newlines, size = 1, 1, at, False, 0, len(text)
    while at < size:
        ch = text[at]
        if ch == '"' and quoted:
            if text.startswith('""', at):
                at += 1
            else:
                quoted = False
        elif ch == '"' and at == start:  # within a cell that does not begin with it, it is a character as any other
            quoted = True
        elif ch in "\r\n":
            width = 2 if text.startswith("\r\n", at) else 1
            newlines += 1
            if not quoted:
                yield line, column, start, at
                line, column, start, newlines = line + newlines, 1, at + width, 0
            at += width
            continue
        elif ch == mark and not quoted:
            yield line, column, start, at
            column, start = column + 1, at + 1
        at += 1
    if start < size:
        yield line, column, start, size


def _value(cell: str) -> str:
    return next(iter(next(iter(csv.reader([cell])), [""])), "") if cell.startswith('"') else cell


def _quoted(value: str, mark: str = ",") -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="", delimiter=mark).writerow([value])
    return out.getvalue()


def _in_workbook(path: Path, fixes: list[Fix], sheets: Mapping[str, str | None]) -> tuple[bytes, list[Fix]]:
    book = annotate.opened(path)
    kept = []
    for fix in fixes:
        title = sheets.get(fix.file)
        cell = book[title].cell(fix.line, fix.column) if title else None
        if cell is not None and isinstance(cell.value, str) and cell.data_type != "f":
            new = _rewritten(cell.value, fix)
            if new is not None:
                cell.value = new
                kept.append(fix)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue(), kept


def _difference(path: Path, content: bytes, fixes: list[Fix], form: str) -> str:
    """Return a unified difference of a text file, or the list of cells of a workbook."""
    if form == "xlsx":
        return "".join(f"{fix.file}:{fix.line}:{fix.column}: {fix.before!r} → {fix.after!r}\n" for fix in fixes)
    encoding = _encoding(path.read_bytes())
    old, new = (data.decode(encoding).splitlines(keepends=True) for data in (path.read_bytes(), content))
    lines = difflib.unified_diff(old, new, f"a/{path}".replace("//", "/"), f"b/{path}".replace("//", "/"), n=0)
    return "".join(line if line.endswith("\n") else line + "\n" for line in lines)
