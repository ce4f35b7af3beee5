"""Reading files: CSV tables become rows with their place in the file, and everything odd becomes a finding."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from aistandards.errors import SourceError
from aistandards.findings import Finding
from aistandards.tables import Column, Table, table_for

csv.field_size_limit(1 << 20)
SUFFIXES = (".csv", ".ttl")


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
    """One file as read: rows of a table, or Turtle as bytes; with the findings made while reading."""

    path: Path
    name: str
    rows: list[Row] = field(default_factory=list)
    turtle: bytes | None = None
    findings: list[Finding] = field(default_factory=list)


def decode(data: bytes, name: str) -> tuple[str, Finding | None]:
    """Decode a file: UTF-8 (with or without BOM), UTF-16 with BOM, else GB18030, which is said in a finding.

    Raises SourceError for a NUL byte, a byte sequence of no known encoding, or text that is mostly control characters.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return data.decode("utf-16"), None
        except UnicodeDecodeError as error:
            raise _undecodable(name, error.start) from None
    if (at := data.find(b"\0")) >= 0:
        line = data.count(b"\n", 0, at) + 1
        raise SourceError(
            f"{name}:{line}: rule read-nul: a NUL byte; the file is damaged or not text. Export it again as CSV UTF-8.",
            f"{name}:{line}：规则 read-nul：含有 NUL 字节，文件已损坏或不是文本。请重新导出为 CSV UTF-8。",
        )
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
    return text, Finding(
        rule="read-encoding",
        severity="info",
        file=name,
        message_zh="文件按 GB18030 编码读入；建议另存为 UTF-8。",
        message_en="The file was read as GB18030; saving it as UTF-8 is advised.",
    )


def _undecodable(name: str, at: int) -> SourceError:
    return SourceError(
        f"{name}: rule read-encoding: byte {at + 1} is neither UTF-8, UTF-16 nor GB18030 text. Export the file again as CSV UTF-8.",
        f"{name}：规则 read-encoding：第 {at + 1} 字节不是 UTF-8、UTF-16 或 GB18030 文本。请重新导出为 CSV UTF-8。",
    )


def find(paths: list[Path]) -> list[Path]:
    """Return the files to read: each file named, and in each folder every table and Turtle file, sorted.

    Raises SourceError for a path that does not exist or a folder without any such file.
    """
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(p for p in path.iterdir() if p.suffix.lower() in SUFFIXES and p.is_file())
            if not inside:
                raise SourceError(
                    f"{path}: rule read-empty: no .csv or .ttl file in this folder.",
                    f"{path}：规则 read-empty：该文件夹中没有 .csv 或 .ttl 文件。",
                )
            found += inside
        elif path.is_file():
            found.append(path)
        else:
            raise SourceError(
                f"{path}: rule read-missing: no such file or folder. Check the path.",
                f"{path}：规则 read-missing：没有这个文件或文件夹。请检查路径。",
            )
    return found


def read(path: Path, name: str | None = None, data: bytes | None = None) -> Source:
    """Read one file into rows (CSV) or Turtle bytes; ``data`` replaces the file's content, for standard input.

    Raises SourceError where the file cannot be read or parsed at all; whatever concerns single rows or cells is a finding.
    """
    name = name or path.name
    try:
        content = path.read_bytes() if data is None else data
    except OSError as error:
        raise SourceError(
            f"{path}: rule read-missing: {error.strerror or error}. Check the path and its permissions.",
            f"{path}：规则 read-missing：无法读取（{error.strerror or error}）。请检查路径和权限。",
        ) from None
    source = Source(path, name)
    if not content.strip():
        raise SourceError(
            f"{name}: rule read-empty: the file is empty. Give it a header line and at least one row.",
            f"{name}：规则 read-empty：文件为空。请至少写入表头和一行记录。",
        )
    if path.suffix.lower() == ".ttl":
        source.turtle = content
        return source
    text, note = decode(content, name)
    source.findings += [note] if note else []
    _read_table(source, text)
    return source


def _read_table(source: Source, text: str) -> None:
    lines = _records(text, source.name)
    line, header = next(lines)
    table = table_for(source.path, header)
    if table is None:
        raise SourceError(
            f"{source.name}:{line}: rule read-table: no table has this header ({', '.join(header[:6])}). "
            "A standards table needs the columns number and level (标准号, 标准级别), a projects table the column id.",
            f"{source.name}:{line}：规则 read-table：表头（{', '.join(header[:6])}）不属于任何已知表。标准表至少需要 number 和 level（标准号、标准级别），项目表需要 id。",
        )
    columns = [table.header(cell) for cell in header]
    source.findings += _header_findings(source.name, line, header, table, columns)
    for line, cells in lines:
        if not any(cell.strip() for cell in cells):
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


def _records(text: str, name: str) -> Iterator[tuple[int, list[str]]]:
    """Yield (line, cells); the line is where the record begins, so a quote left open is reported where it was opened."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    line = 1
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise SourceError(
                f"{name}:{line}: rule read-csv: the record that begins here cannot be read ({error}); "
                "usually a quotation mark that is not closed. Double every quotation mark inside a quoted cell.",
                f"{name}:{line}：规则 read-csv：从本行开始的记录无法读取（{error}），通常是引号没有闭合。带引号的单元格内部的引号须写两次。",
            ) from None
        yield line, cells
        line = reader.line_num + 1


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
                    suggestion=near,
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
