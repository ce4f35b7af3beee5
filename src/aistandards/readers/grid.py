"""Tables: which row of a grid is its header, which table that is, and what is wrong with each row below it."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aistandards.readers.base import FILL, Row, Source, UnreadableError
from aistandards.readers.text import Line
from aistandards.tables import AmbiguousHeader, Column, Table, ignored_header, nearest_table, table_for, tables

HEADER_ROWS: Final = 20  # a title and some remarks may stand above the header
AMOUNT: Final = re.compile(r"[:：\s]*\d*\s*[项条件个]?[:：\s]*$")  # what may follow the word on a line of totals
LABEL: Final = 40  # characters that the first cell of such a line has at the most
TOTALS: Final = ("合计", "总计", "小计", "共计", "total", "totals", "subtotal", "sum", "grand total")
Quiet = dict[tuple[str, str], list[int]]  # what was left out of cells, by column: how often, and the first line
_SPACES = re.compile("[\u00a0\u2000-\u200b\u202f\u205f\u2060\u3000\ufeff\u00ad]")
_NOTHING = re.compile("[\u200b\u2060\ufeff\u00ad]")
_HIDDEN_QUOTE = re.compile(r"'(?=[=+@\t\r\-])")
_LEADING_QUOTE = re.compile(r"'(?=[^'\s][^']*$)")
_ERROR = re.compile(r"#(?:REF!|N/A|VALUE!|DIV/0!|NAME\?|NULL!|NUM!|SPILL!|CALC!)")


@dataclass(frozen=True, slots=True)
class Header:
    """The header of a grid: where it ends, its cells, its table and the column of each cell."""

    line: int
    cells: list[str]
    table: Table
    columns: list[Column | None]


def read_grid(source: Source, found: Iterator[Line], kind: str | None = None) -> Iterator[Row]:
    """Yield the rows of a grid; what is wrong with header or rows becomes findings of the source.

    Raises UnreadableError where no row is the header of a known table.
    """
    lines = ((line, cells) for line, cells in found if any(cell.strip() for cell in cells))
    first = list(itertools.islice(lines, HEADER_ROWS))
    if not first:
        raise UnreadableError("read-empty", "文件为空", "the file is empty", FILL, source.name)
    try:
        header, above, below = find_header(source.path, first, kind)
    except AmbiguousHeader as error:
        raise _ambiguous(source, first, error.tables) from None
    if header is None:
        raise _no_table(source, first)
    source.columns = [column.name for column in header.columns if column]
    _say_above(source, above)
    _check_header(source, header)
    yield from _rows(source, header, itertools.chain(below, lines))


def find_header(path: Path, first: list[Line], kind: str | None) -> tuple[Header | None, list[Line], list[Line]]:
    """Return the header among the first rows of a grid, the rows above it and those below; None where no row is one."""
    for at in range(len(first)):
        line, cells = first[at]
        following = first[at + 1][1] if at + 1 < len(first) else []
        table = table_for(path, cells, kind)
        both = _stacked(cells, following)
        higher = _higher(path, both, kind, table) if both else None
        if (
            higher
            and (table is None or _known(higher, both) > _known(table, cells))
            and not _is_data(higher, following)
        ):
            return _header(first[at + 1][0], both, higher), first[:at], first[at + 2 :]
        if table:
            return _header(line, cells, table), first[:at], first[at + 1 :]
    return None, [], []


def _higher(path: Path, both: list[str], kind: str | None, table: Table | None) -> Table | None:
    """Return the table of two rows read as one header; where several fit alike, the upper row alone tells, if it does."""
    try:
        return table_for(path, both, kind)
    except AmbiguousHeader:
        if table is None:
            raise
        return None


def _header(line: int, cells: list[str], table: Table) -> Header:
    return Header(line, cells, table, [table.header(cell) for cell in cells])


def _known(table: Table, cells: Sequence[str]) -> int:
    return sum(table.header(cell) is not None for cell in cells if cell.strip())


def _stacked(upper: list[str], lower: list[str]) -> list[str]:
    """Return two rows read as one header: the lower cell where it is filled, else the upper; none where they do not fit."""
    if not lower or not any(cell.strip() for cell in lower) or len(lower) > len(upper) + 64:
        return []
    width = max(len(upper), len(lower))
    wide = [cells + [""] * (width - len(cells)) for cells in (upper, lower)]
    if all(cell.strip() for cell in wide[1]):
        return []  # a full second row is a row, not the lower half of a header
    return [low if low.strip() else up for up, low in zip(*wide, strict=True)]


def _is_header(table: Table, cells: Sequence[str]) -> bool:
    """Whether a row below a header names columns again: most of its cells do."""
    filled = [cell for cell in cells if cell.strip()]
    return len(filled) > 1 and _known(table, filled) * 2 > len(filled)


def _is_data(table: Table, cells: Sequence[str]) -> bool:
    return not _known(table, cells)


def _no_table(source: Source, first: list[Line]) -> UnreadableError:
    """Say that no row is a header, of which table the nearest is, and what that table needs."""
    likeliest = max(first, key=lambda one: max(_known(table, one[1]) for table in tables()))
    line, cells = likeliest
    shown = ", ".join(cell.strip()[:40] for cell in cells[:6])
    zh, en = f"表头（{shown}）不属于任何已知表", f"no table has this header ({shown})"
    table = nearest_table(cells)
    if table is None:
        fix = (
            "标准表至少需要 number（标准号）列，项目表需要 id 或 plan_number（计划号）列；各表的列见 docs/formats.md",
            "A standards table needs the column number (标准号), a projects table id or plan_number (计划号); "
            "docs/formats.md lists the columns of every table",
        )
        return UnreadableError("read-table", zh, en, fix, source.name, line)
    missing = table.missing({column.name for cell in cells if (column := table.header(cell))})
    needed = [f"{column.name}（{column.titles[0]}）" if column.titles else column.name for column in missing]
    plain = [f"{column.name} ({column.titles[0]})" if column.titles else column.name for column in missing]
    fix = (
        f"最接近 {table.url}，还缺：{'、'.join(needed)}",
        f"The nearest table is {table.url}; it still needs {', '.join(plain)}",
    )
    return UnreadableError("read-table", zh, en, fix, source.name, line)


def _ambiguous(source: Source, first: list[Line], found: list[Table]) -> UnreadableError:
    names = [table.url for table in found]
    zh = f"表头同样适合 {'、'.join(names)}，无法判断是哪种表"
    en = f"the header fits {', '.join(names)} alike; which table it is cannot be told"
    fix = (
        f"请按其中一种命名文件，如 {names[0].replace('*', 'mine')}，或补充该表特有的列",
        f"Name the file after one of them, such as {names[0].replace('*', 'mine')}, or add a column that only one has",
    )
    return UnreadableError("read-ambiguous", zh, en, fix, source.name, first[0][0])


def _say_above(source: Source, above: list[Line]) -> None:
    if above:
        shown = "; ".join(cell.strip() for _, cells in above for cell in cells if cell.strip())[:80]
        zh = f"表头上方的 {len(above)} 行不是记录，未读取：“{shown}”。"
        en = f"{len(above)} rows above the header are no records and were not read: “{shown}”."
        source.say("read-title", "info", zh, en, None, above[0][0])


def _check_header(source: Source, header: Header) -> None:
    """Report columns that no table has, that stand twice, or that are missing."""
    for at, (cell, column) in enumerate(zip(header.cells, header.columns, strict=True), 1):
        place = {"line": header.line, "column": at, "value": cell[:80]}
        if column is None and ignored_header(cell):
            zh, en = (
                f"“{cell}”列不在本表所记之列，未读取。",
                f"The column “{cell}” is not kept in this table and was not read.",
            )
            source.say("read-column-ignored", "info", zh, en, None, field=cell, **place)  # type: ignore[arg-type]
        elif column is None and cell.strip():
            zh = f"表 {header.table.url} 没有“{cell[:80]}”这一列。"
            en = f"The table {header.table.url} has no column “{cell[:80]}”."
            fix = header.table.nearest_header(cell) or "rename or delete the column / 改名或删除该列"
            source.say("read-column", "violation", zh, en, fix, field=cell[:80], **place)  # type: ignore[arg-type]
        elif column and column in header.columns[: at - 1]:
            zh, en = f"列“{column.name}”出现两次。", f"The column “{column.name}” stands twice."
            fix = "keep one of them / 保留一列"
            source.say("read-column", "violation", zh, en, fix, field=column.name, **place)  # type: ignore[arg-type]
    for column in header.table.missing({column.name for column in header.columns if column}):
        zh, en = f"缺少必需的列“{column.name}”。", f"The required column “{column.name}” is missing."
        fix = f"add the column {column.name} / 添加该列"
        source.say("read-column", "violation", zh, en, fix, header.line, field=column.name)


def _rows(source: Source, header: Header, lines: Iterator[Line]) -> Iterator[Row]:
    table, width, quiet = header.table, len(header.cells), Quiet()
    places = {column.name: at for at, column in reversed([*enumerate(header.columns, 1)]) if column}
    by_name = {column.name: column for column in header.columns if column}
    spare = [at for at, column in enumerate(header.columns) if column is None]
    seen = len(source.findings)
    for line, cells in lines:
        if table.comment and cells[0].lstrip().startswith(table.comment):
            continue
        while len(cells) > width and not cells[-1].strip():
            cells.pop()
        if _refused(source, header, line, cells):
            continue
        if len(cells) < width:
            _say_length(source, header, line, cells)
        positions = places if len(cells) == width else {n: at for n, at in places.items() if at <= len(cells)}
        source.read += 1
        source.accepted += 1
        named = {name: _clean(cells[at - 1], by_name[name], quiet, line) for name, at in positions.items()}
        for at in spare:
            if at < len(cells) and cells[at].strip():
                source.lost[header.cells[at].strip() or str(at + 1)] += 1
                if not header.cells[at].strip():
                    quiet.setdefault(("headless", str(at + 1)), [0, line])[0] += 1
        if table.key_from and not named.get(table.key or ""):
            named[table.key or ""] = named.get(table.key_from, "")
        yield Row(table, source.name, line, named, positions)
    _say_cleaned(source, quiet)
    if not source.read and len(source.findings) == seen == 0:
        zh, en = "只有表头，没有记录。", "A header, but no record below it."
        source.say("read-empty", "warning", zh, en, "add rows / 添加记录", header.line)


def _refused(source: Source, header: Header, line: int, cells: list[str]) -> bool:
    """Report a row that is no record: a total, the header again, or more cells than columns."""
    first = next((at for at, cell in enumerate(cells) if cell.strip()), 0)
    label = cells[first].strip()
    if len(label) < LABEL and AMOUNT.sub("", label).casefold() in TOTALS:
        zh, en = "这是合计行，不是记录，未读取。", "This is a line of totals, not a record; it was not read."
        fix = "delete the line / 删除该行"
        source.refuse("read-total", "violation", zh, en, fix, line, first + 1, value=label)
        return True
    again = [cell.strip() for cell in cells] == [cell.strip() for cell in header.cells]
    if again or (not source.read and _is_header(header.table, cells)):  # in the other language, below the first
        zh, en = "表头重复出现，未读取。", "The header stands here again; it was not read."
        source.refuse("read-header", "warning", zh, en, "delete the line / 删除该行", line, 1, value=label[:80])
        return True
    if len(cells) > len(header.cells):
        source.read += 1
        source.reported += 1
        _say_length(source, header, line, cells)
        return True
    return False


def _say_length(source: Source, header: Header, line: int, cells: list[str]) -> None:
    zh = f"本行有 {len(cells)} 个单元格，表头有 {len(header.cells)} 个。"
    en = f"This row has {len(cells)} cells, the header has {len(header.cells)}."
    fix = "quote cells that hold a comma; keep empty cells / 含逗号的单元格加引号，空单元格保留逗号"
    at = min(len(cells), len(header.cells)) + 1
    source.say("read-row", "violation", zh, en, fix, line, at, value=",".join(cells)[:80])


def seen(text: str) -> str:
    """Return a text without what nobody sees in it: blanks of other kinds as plain ones, marks of no width left out."""
    return _SPACES.sub(" ", _NOTHING.sub("", text)).strip()


def unquoted(text: str) -> str:
    """Return a text without the apostrophe that keeps a spreadsheet from running it."""
    return text[1:] if _HIDDEN_QUOTE.match(text) else text


def _clean(cell: str, column: Column, quiet: Quiet, line: int) -> str:
    """Return a cell without what a spreadsheet leaves in it and nobody sees; counted by column, to be said once."""
    text = cell.strip()
    if not text or (text.isascii() and text[0] not in "'#"):
        return text
    if _SPACES.search(text) and (column.kind != "text" or _NOTHING.search(text)):
        text = seen(text)
        quiet.setdefault(("spaces", column.name), [0, line])[0] += 1
    if _HIDDEN_QUOTE.match(text):
        text = text[1:]
    elif column.kind != "text" and _LEADING_QUOTE.match(text):
        text = text[1:].strip()
        quiet.setdefault(("apostrophe", column.name), [0, line])[0] += 1
    if _ERROR.fullmatch(text):
        quiet.setdefault(("error", column.name), [0, line])[0] += 1
        text = ""
    return text


def _say_cleaned(source: Source, quiet: Quiet) -> None:
    """Say how many cells of each column were read without what nobody sees, or hold an error of the spreadsheet."""
    for (what, name), (count, line) in sorted(quiet.items()):
        if what == "headless":
            zh = f"第 {name} 列没有表头，其 {count} 个单元格未读取。"
            en = f"Column {name} has no header; its {count} cells were not read."
            source.say("read-column", "violation", zh, en, "name the column / 补写表头", line, int(name))
            continue
        if what == "error":
            zh = f"“{name}”列有 {count} 个单元格是表格错误值（如 #REF!），视为空。"
            en = f"{count} cells of the column “{name}” are errors of the spreadsheet (#REF! …), read as empty."
            source.say("read-error-value", "violation", zh, en, "write the value / 请填写实际值", line, field=name)
            continue
        marks = ("不可见空格", "invisible spaces") if what == "spaces" else ("开头的撇号", "a leading apostrophe")
        zh = f"“{name}”列有 {count} 个单元格含{marks[0]}，读取时已去除。"
        en = f"{count} cells of the column “{name}” hold {marks[1]}, left out in reading."
        source.say("read-invisible", "info", zh, en, None, line, field=name)
