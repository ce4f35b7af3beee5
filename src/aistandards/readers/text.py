"""Text: its encoding, what separates its cells, and its records with the line on which each begins."""

from __future__ import annotations

import codecs
import csv
import io
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from typing import IO, Final

from aistandards.findings import Finding
from aistandards.readers.base import EXPORT, UnreadableError

MAX_CELL: Final = 1 << 20
MAX_CELLS: Final = 16_384  # columns of a table, as many as a sheet of a workbook has
MARKS: Final = ",\t;|"
SNIFFED: Final = 1 << 16
PIECE: Final = 1 << 20
CUT: Final = (b"\xef", b"\xef\xbb")
BOMS: Final = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
Line = tuple[int, list[str]]
csv.field_size_limit(MAX_CELL)


def decode(data: bytes, name: str) -> tuple[str, Finding | None]:
    """Decode a file: UTF-8 (with or without BOM), else UTF-16 with BOM or GB18030, which is said in a finding.

    Raises UnreadableError for a NUL byte, a byte sequence of no known encoding, or text that is mostly control characters.
    """
    encoding, note = encoding_of(io.BytesIO(data), name)
    return data.decode(encoding), note


def encoding_of(stream: IO[bytes], name: str) -> tuple[str, Finding | None]:
    """Return the encoding of a stream, read to its end in pieces and wound back, with the finding where it is not UTF-8.

    Raises UnreadableError as ``decode`` does.
    """
    first = stream.read(3)
    stream.seek(0)
    if first in CUT:  # Python's decoder says nothing of half a mark
        raise _undecodable(name, 0)
    if first[:2] in BOMS:
        if (at := _misfit(stream, "utf-16", name, nul=True)) is not None:
            raise _undecodable(name, at)
        return "utf-16", _encoding_note(name, "UTF-16")
    if (at := _misfit(stream, "utf-8-sig", name)) is None:
        return "utf-8-sig", None
    if (line := _mixed(stream)) is not None:
        zh, en = (
            "文件其余部分是 UTF-8，本行不是：编码混用或被截断",
            "this line is not UTF-8 as the others are: mixed or cut off",
        )
        raise UnreadableError("read-encoding", zh, en, EXPORT, name, line)
    if _misfit(stream, "gb18030", name) is not None or _odd(stream):
        raise _undecodable(name, at)
    return "gb18030", _encoding_note(name, "GB18030")


def _misfit(stream: IO[bytes], encoding: str, name: str, nul: bool = False) -> int | None:
    """Return the byte at which a stream is not of an encoding, or None; raises UnreadableError for a NUL byte."""
    decoder = codecs.getincrementaldecoder(encoding)()
    at, lines = 0, 1
    try:
        while True:
            piece = stream.read(PIECE)
            if not nul and (found := piece.find(b"\0")) >= 0:
                raise _nul(name, lines + piece.count(b"\n", 0, found))
            try:
                decoder.decode(piece, final=not piece)
            except UnicodeDecodeError as error:
                return max(at + error.start - (len(error.object) - len(piece)), 0)
            if not piece:
                return None
            at += len(piece)
            lines += piece.count(b"\n")
    finally:
        stream.seek(0)


def _odd(stream: IO[bytes]) -> bool:
    """Whether a stream read as GB18030 is mostly control characters and characters that nobody assigned."""
    counts: Counter[str] = Counter()
    reader = codecs.getreader("gb18030")(stream)
    while piece := reader.read(PIECE):
        counts.update(piece)
    stream.seek(0)
    odd = sum(n for ch, n in counts.items() if unicodedata.category(ch) in ("Cc", "Co", "Cn") and ch not in "\r\n\t")
    return odd > counts.total() // 100


def _mixed(stream: IO[bytes]) -> int | None:
    """Return the first line that is not UTF-8 in a file of which other lines, with Chinese text, are; else None."""
    wrong, fine = None, False
    for at, line in enumerate(stream, start=1):
        try:
            line.decode("utf-8")
            fine = fine or bool(_CHINESE.search(line))
        except UnicodeDecodeError:
            wrong = wrong or at
        if wrong and fine:
            break
    stream.seek(0)
    return wrong if fine else None


_CHINESE = re.compile(rb"(?:[\xe3-\xe9][\x80-\xbf]{2}){3}")


def refuse_nul(data: bytes, name: str, first: int = 1) -> None:
    """Raise UnreadableError where there is a NUL byte; ``first`` is the line on which the data begins."""
    if (at := data.find(b"\0")) >= 0:
        raise _nul(name, data.count(b"\n", 0, at) + first)


def _nul(name: str, line: int) -> UnreadableError:
    zh, en = "含有 NUL 字节，文件已损坏或不是文本", "a NUL byte; the file is damaged or not text"
    return UnreadableError("read-nul", zh, en, EXPORT, name, line)


def _encoding_note(name: str, encoding: str) -> Finding:
    return Finding(
        rule="read-encoding",
        severity="info",
        file=name,
        message_zh=f"文件按 {encoding} 编码读入；建议另存为 UTF-8。",
        message_en=f"The file was read as {encoding}; saving it as UTF-8 is advised.",
    )


def _undecodable(name: str, at: int) -> UnreadableError:
    zh = f"第 {at + 1} 字节不是 UTF-8、UTF-16 或 GB18030 文本"
    en = f"byte {at + 1} is neither UTF-8, UTF-16 nor GB18030 text"
    return UnreadableError("read-encoding", zh, en, EXPORT, name)


def separator_of(head: str) -> str:
    """Return what separates the cells of a table, judged by its first lines: the mark that cuts most lines alike."""
    lines = [line for line in head.splitlines()[:20] if line.strip()]
    best, most = ",", (0, 0)
    for mark in MARKS:
        widths = Counter(len(next(csv.reader([line], delimiter=mark), [])) for line in lines)
        wide = [(count, width) for width, count in widths.items() if width > 1]
        if wide and max(wide) > most:
            best, most = mark, max(wide)
    return best


def records(text: str | IO[str], name: str, mark: str = ",") -> Iterator[Line]:
    """Yield (line, cells); the line is where the record begins, so a quote left open is reported where it was opened."""
    stream = io.StringIO(text, newline="") if isinstance(text, str) else text
    reader = csv.reader(stream, strict=True, delimiter=mark)
    line = 1
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise _bad_record(name, line, str(error)) from None
        if len(cells) > MAX_CELLS:
            zh, en = (
                f"本行有 {len(cells)} 个单元格，最多 {MAX_CELLS} 个",
                f"this row has {len(cells)} cells, at most {MAX_CELLS}",
            )
            raise UnreadableError("read-csv", zh, en, EXPORT, name, line)
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
