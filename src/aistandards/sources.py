"""Reading files: tables (CSV, Excel) become rows with their place in the file, and everything odd becomes a finding."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from aistandards.errors import SourceError
from aistandards.findings import Finding
from aistandards.namespaces import expand
from aistandards.tables import Column, Table, table_for

MAX_CELL: Final = 1 << 20
csv.field_size_limit(MAX_CELL)
SUFFIXES = (".csv", ".ttl", ".xlsx")


class UnreadableError(SourceError):
    """A file that cannot be read or parsed at all; ``finding`` says where, by which rule, and what to do."""

    def __init__(self, rule: str, zh: str, en: str, fix: tuple[str, str], file: str, line: int | None = None) -> None:
        self.finding = Finding(rule, "violation", f"{zh}。", f"{en}.", file, line, suggestion=" / ".join(fix[::-1]))
        place = file if line is None else f"{file}:{line}"
        super().__init__(f"{place}: rule {rule}: {en}. {fix[1]}.", f"{place}：规则 {rule}：{zh}。{fix[0]}。")


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table: its cells by column name, and where it stands (``line`` counts from 1)."""

    table: Table
    file: str
    line: int
    cells: dict[str, str]
    positions: dict[str, int]

    def get(self, name: str) -> str:
        """Return a cell, or the empty text where the file has no such column."""
        return self.cells.get(name, "")


@dataclass(slots=True)
class Source:
    """One file as read: rows of a table, or the text and triples of Turtle; with the findings made while reading."""

    path: Path
    name: str
    rows: list[Row] = field(default_factory=list)
    triples: list[ox.Triple] = field(default_factory=list)
    text: str = ""
    findings: list[Finding] = field(default_factory=list)


def decode(data: bytes, name: str) -> tuple[str, Finding | None]:
    """Decode a file: UTF-8 (with or without BOM), else UTF-16 with BOM or GB18030, which is said in a finding.

    Raises UnreadableError for a NUL byte, a byte sequence of no known encoding, or text that is mostly control characters.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return data.decode("utf-16"), _encoding_note(name, "UTF-16")
        except UnicodeDecodeError as error:
            raise _undecodable(name, error.start) from None
    _refuse_nul(data, name)
    try:
        return data.decode("utf-8-sig"), None
    except UnicodeDecodeError as error:
        start = error.start
    try:
        text = data.decode("gb18030")
    except UnicodeDecodeError as error:
        raise _undecodable(name, error.start) from None
    odd = sum(unicodedata.category(ch) in ("Cc", "Co", "Cn") and ch not in "\r\n\t" for ch in text)
    if odd > len(text) // 100:
        raise _undecodable(name, start)
    return text, _encoding_note(name, "GB18030")


def _refuse_nul(data: bytes, name: str) -> None:
    if (at := data.find(b"\0")) >= 0:
        zh, en = "含有 NUL 字节，文件已损坏或不是文本", "a NUL byte; the file is damaged or not text"
        raise UnreadableError("read-nul", zh, en, _EXPORT, name, data.count(b"\n", 0, at) + 1)


def _encoding_note(name: str, encoding: str) -> Finding:
    return Finding(
        rule="read-encoding",
        severity="info",
        file=name,
        message_zh=f"文件按 {encoding} 编码读入；建议另存为 UTF-8。",
        message_en=f"The file was read as {encoding}; saving it as UTF-8 is advised.",
    )


_EXPORT: Final = "请重新导出为 CSV UTF-8", "Export it again as CSV UTF-8"
_FILL: Final = "请至少写入表头和一行记录", "Give it a header line and at least one row"


def _undecodable(name: str, at: int) -> UnreadableError:
    zh = f"第 {at + 1} 字节不是 UTF-8、UTF-16 或 GB18030 文本"
    return UnreadableError(
        "read-encoding", zh, f"byte {at + 1} is neither UTF-8, UTF-16 nor GB18030 text", _EXPORT, name
    )


def find(path: Path) -> list[Path]:
    """Return the files of a path: the file itself, or every table and Turtle file of a folder, sorted.

    Raises UnreadableError for a path that does not exist or a folder without any such file.
    """
    try:
        if path.is_dir():
            inside = sorted(p for p in path.iterdir() if p.suffix.lower() in SUFFIXES and p.is_file())
            if inside:
                return inside
            fix = "请放入记录文件", "Put the records there"
            zh, en = "该文件夹中没有 .csv、.xlsx 或 .ttl 文件", "no .csv, .xlsx or .ttl file in this folder"
            raise UnreadableError("read-empty", zh, en, fix, str(path))
        if path.is_file():
            return [path]
    except OSError as error:
        raise _out_of_reach(path, error) from None
    fix = "请检查路径", "Check the path"
    raise UnreadableError("read-missing", "没有这个文件或文件夹", "no such file or folder", fix, str(path))


def _out_of_reach(path: Path, error: OSError) -> UnreadableError:
    why = error.strerror or str(error)
    fix = "请检查路径和权限", "Check the path and its permissions"
    return UnreadableError("read-missing", f"无法读取（{why}）", f"it cannot be read ({why})", fix, str(path))


def read(path: Path, name: str | None = None, data: bytes | None = None, kind: str | None = None) -> Source:
    """Read one file into rows (CSV, the first sheet of a workbook) or triples (Turtle).

    ``data`` replaces the file's content, for standard input; ``kind`` says which table it is, whatever its name.
    Raises UnreadableError where the file cannot be read or parsed at all; whatever concerns single rows or cells is a finding.
    """
    name = name or path.name
    try:
        content = path.read_bytes() if data is None else data
    except OSError as error:
        raise _out_of_reach(path, error) from None
    source = Source(path, name)
    if not content.strip():
        raise UnreadableError("read-empty", "文件为空", "the file is empty", _FILL, name)
    if path.suffix.lower() == ".ttl":
        _read_turtle(source, content)
        return source
    if path.suffix.lower() == ".xlsx":
        _read_table(source, _sheet(content, name), kind)
        return source
    text, note = decode(content, name)
    source.findings += [note] if note else []
    _read_table(source, records(text, name), kind)
    return source


def _sheet(content: bytes, name: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows of a workbook's first sheet that has any cell, all as wide as its header."""
    from aistandards.workbook import read_sheets  # openpyxl is slow to import

    try:
        rows = next(iter(read_sheets(content, name).values()))
    except SourceError as error:
        zh, en = (text.removeprefix(name).lstrip(":： ").rstrip(".。") for text in (error.zh, error.en))
        fix = "请另存为 .xlsx 工作簿或 CSV UTF-8", "Save it as an .xlsx workbook or as CSV UTF-8"
        raise UnreadableError("read-workbook", zh, en, fix, name) from None
    width = len(next(filter(None, rows)))
    yield from ((line, cells + [""] * (width - len(cells))) for line, cells in enumerate(rows, start=1))


def _read_turtle(source: Source, content: bytes) -> None:
    """Parse Turtle; RDF 1.2 (statements about statements, text direction) is refused, since the validator reads 1.1."""
    _refuse_nul(content, source.name)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        fix = "请另存为 UTF-8", "Save it as UTF-8"
        zh, en = "Turtle 必须是 UTF-8 文本", "Turtle is always UTF-8 text"
        line = content.count(b"\n", 0, error.start) + 1
        raise UnreadableError("read-turtle", zh, en, fix, source.name, line) from None
    source.text = text
    try:
        parsed = ox.parse(text, format=ox.RdfFormat.TURTLE, base_iri=expand("ais:"), rename_blank_nodes=True)
        source.triples = [ox.Triple(quad.subject, quad.predicate, quad.object) for quad in parsed]
    except SyntaxError as error:
        why = re.sub(r"^Parser error at [^:]*: |\.$", "", error.msg)
        place = f"第 {error.offset} 列", f"column {error.offset}"
        fix = "请在此处更正", "Correct the Turtle at this place"
        zh, en = f"Turtle 语法错误，{place[0]}（{why}）", f"Turtle syntax error at {place[1]} ({why})"
        raise UnreadableError("read-turtle", zh, en, fix, source.name, error.lineno) from None
    for triple in source.triples:
        term = triple.object
        if isinstance(term, ox.Triple) or (isinstance(term, ox.Literal) and term.direction):
            marks = ("<<", "{|", "~", "--ltr", "--rtl")
            numbered = enumerate(text.split("\n"), 1)
            line = next((at for at, said in numbered if any(mark in said for mark in marks)), 1)
            fix = "请改用 RDF 1.1 写法", "Write it in RDF 1.1"
            zh, en = (
                "不支持 RDF 1.2 的三元组项或文字方向",
                "triple terms and text directions of RDF 1.2 are not supported",
            )
            raise UnreadableError("read-turtle", zh, en, fix, source.name, line)


def _check_separator(name: str, header: list[str]) -> None:
    """Refuse a table whose cells are separated by something else than a comma, before every row becomes a finding."""
    for mark, called in ((";", "semicolons / 分号"), ("\t", "tabs / 制表符"), ("|", "bars / 竖线")):
        if len(header) == 1 and mark in header[0]:
            raise UnreadableError(
                "read-separator",
                f"单元格以{called.split(' / ')[1]}分隔",
                f"the cells are separated by {called.split(' / ')[0]}",
                ("请导出为逗号分隔的 CSV", "Export it with commas"),
                name,
                1,
            )


def _read_table(source: Source, found: Iterator[tuple[int, list[str]]], kind: str | None) -> None:
    lines = ((line, cells) for line, cells in found if any(cell.strip() for cell in cells))
    line, header = next(lines, (0, []))
    if not header:
        raise UnreadableError("read-empty", "文件为空", "the file is empty", _FILL, source.name)
    _check_separator(source.name, header)
    table = table_for(source.path, header, kind)
    if table is None:
        shown = ", ".join(cell[:40] for cell in header[:6])
        zh, en = f"表头（{shown}）不属于任何已知表", f"no table has this header ({shown})"
        fix = (
            "标准表至少需要 number 和 level（标准号、标准级别），项目表需要 id",
            "A standards table needs the columns number and level (标准号, 标准级别), a projects table the column id",
        )
        raise UnreadableError("read-table", zh, en, fix, source.name, line)
    columns = [table.header(cell) for cell in header]
    source.findings += _header_findings(source.name, line, header, table, columns)
    for line, cells in lines:
        if table.comment and cells[0].lstrip().startswith(table.comment):
            continue
        if table.comment and cells[0].strip().casefold() in TOTALS:  # of a table that people fill in
            source.findings.append(_total_finding(source.name, line, cells[0].strip()))
            continue
        if len(cells) != len(header):
            source.findings.append(_length_finding(source.name, line, header, cells))
            if len(cells) > len(header):
                continue
        pairs = [(column, cell, at) for at, (column, cell) in enumerate(zip(columns, cells, strict=False), 1) if column]
        source.rows.append(
            Row(
                table,
                source.name,
                line,
                {column.name: cell.strip() for column, cell, _ in pairs},
                {column.name: at for column, _, at in pairs},
            )
        )
    if not source.rows and not source.findings:
        source.findings.append(_no_rows(source.name, line))


def _total_finding(name: str, line: int, value: str) -> Finding:
    return Finding(
        rule="read-total",
        severity="violation",
        file=name,
        line=line,
        column=1,
        value=value,
        message_zh="这是合计行，不是记录，未读取。",
        message_en="This is a line of totals, not a record; it was not read.",
        suggestion="delete the line / 删除该行",
    )


TOTALS = ("合计", "总计", "小计", "total", "subtotal", "sum")


def _no_rows(name: str, line: int) -> Finding:
    return Finding(
        rule="read-empty",
        severity="warning",
        file=name,
        line=line,
        message_zh="只有表头，没有记录。",
        message_en="A header, but no record below it.",
        suggestion="add rows / 添加记录",
    )


def records(text: str, name: str, mark: str = ",") -> Iterator[tuple[int, list[str]]]:
    """Yield (line, cells); the line is where the record begins, so a quote left open is reported where it was opened."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=mark)
    line = 1
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise _bad_record(name, line, str(error)) from None
        yield line, cells
        line = reader.line_num + 1


def _bad_record(name: str, line: int, why: str) -> UnreadableError:
    if "field limit" in why:
        zh, en = (
            f"从本行开始的记录有超过 {MAX_CELL} 个字符的单元格",
            f"the record that begins here has a cell of more than {MAX_CELL} characters",
        )
        fix = "请缩短该单元格，并检查引号是否闭合", "Shorten the cell, and look for a quotation mark that is not closed"
    else:
        zh = f"从本行开始的记录无法读取（{why}），通常是引号没有闭合"
        en = f"the record that begins here cannot be read ({why}); usually a quotation mark that is not closed"
        fix = "带引号的单元格内部的引号须写两次", "Double every quotation mark inside a quoted cell"
    return UnreadableError("read-csv", zh, en, fix, name, line)


def _header_findings(
    name: str, line: int, header: list[str], table: Table, columns: list[Column | None]
) -> list[Finding]:
    findings = []
    for at, (cell, column) in enumerate(zip(header, columns, strict=True), 1):
        if column is None:
            near = table.nearest_header(cell)
            findings.append(
                Finding(
                    rule="read-column",
                    severity="violation",
                    file=name,
                    line=line,
                    column=at,
                    field=cell,
                    value=cell,
                    message_zh=f"表 {table.url} 没有“{cell}”这一列。",
                    message_en=f"The table {table.url} has no column “{cell}”.",
                    suggestion=near or "rename or delete the column / 改名或删除该列",
                )
            )
        elif column in columns[: at - 1]:
            findings.append(
                Finding(
                    rule="read-column",
                    severity="violation",
                    file=name,
                    line=line,
                    column=at,
                    field=column.name,
                    value=cell,
                    message_zh=f"列“{column.name}”出现两次。",
                    message_en=f"The column “{column.name}” stands twice.",
                    suggestion="keep one of them / 保留一列",
                )
            )
    for column in table.columns:
        if column.required and column not in columns:
            findings.append(
                Finding(
                    rule="read-column",
                    severity="violation",
                    file=name,
                    line=line,
                    field=column.name,
                    message_zh=f"缺少必需的列“{column.name}”。",
                    message_en=f"The required column “{column.name}” is missing.",
                    suggestion=f"add the column {column.name} / 添加该列",
                )
            )
    return findings


def _length_finding(name: str, line: int, header: list[str], cells: list[str]) -> Finding:
    return Finding(
        rule="read-row",
        severity="violation",
        file=name,
        line=line,
        column=min(len(cells), len(header)) + 1,
        value=",".join(cells)[:80],
        message_zh=f"本行有 {len(cells)} 个单元格，表头有 {len(header)} 个。",
        message_en=f"This row has {len(cells)} cells, the header has {len(header)}.",
        suggestion="quote cells that hold a comma; keep empty cells / 含逗号的单元格加引号，空单元格保留逗号",
    )
