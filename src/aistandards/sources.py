"""Reading files: what kind a file is, and its rows or triples with their place; everything odd becomes a finding."""

from __future__ import annotations

import collections
import csv
import glob
import io
import itertools
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

from aistandards.errors import SourceError
from aistandards.readers.base import FILL, Row, Source, UnreadableError
from aistandards.readers.foreign import format_of, no_format, read_foreign, unflatten
from aistandards.readers.grid import read_grid, unquoted
from aistandards.readers.kinds import BY_NAME, HEAD, KINDS, SUFFIXES, kind_of
from aistandards.readers.rdf import CALLED, read_rdf, statements
from aistandards.readers.text import SNIFFED, Line, decode, encoding_of, records, separator_of
from aistandards.readers.trees import Tree, Trees, read_json, read_yaml

if TYPE_CHECKING:
    from aistandards.readers.book import Page

__all__ = ["Row", "Source", "UnreadableError", "decode", "find", "read", "read_each", "records", "sheets_of", "stream"]

NAMES: Final = tuple(kind.name for kind in KINDS)
MAX_TREE: Final = 64 << 20  # bytes of a YAML or XML file, which is held in memory as a whole
MAX_LINE: Final = 4 << 20  # bytes of one line of JSON Lines
BLANK: Final = b" \t\r\n\xef\xbb\xbf\xff\xfe"  # and the marks of an encoding
Context = Callable[[], dict[str, Any]]


def find(path: Path) -> list[Path]:
    """Return the files of a path: the file itself, those a pattern names, or the records in a folder and its folders, sorted.

    Raises UnreadableError for a path that does not exist or cannot be read, or a folder without any such file.
    """
    try:
        if path.is_dir():
            inside = sorted(_inside(path))
            if inside:
                return inside
            fix = "请放入记录文件", "Put the records there"
            zh, en = (
                "该文件夹中没有 .csv、.xlsx、.ttl 等记录文件",
                "no .csv, .xlsx, .ttl or other file of records in this folder",
            )
            raise UnreadableError("read-empty", zh, en, fix, str(path))
        if not path.exists() and glob.has_magic(str(path)):
            named = sorted(Path(name) for name in glob.glob(str(path), recursive=True))  # noqa: PTH207 - of any root
            if named:
                return [file for one in named for file in find(one)]
        mode = path.stat().st_mode
    except FileNotFoundError:
        fix = "请检查路径", "Check the path"
        raise UnreadableError(
            "read-missing", "没有这个文件或文件夹", "no such file or folder", fix, str(path)
        ) from None
    except OSError as error:
        raise _out_of_reach(path, error) from None
    if not stat.S_ISREG(mode):
        zh, en = "这是管道或设备，不是文件", "this is a pipe or a device, not a file"
        fix = "请改用标准输入：-", "Give it on standard input: -"
        raise UnreadableError("read-missing", zh, en, fix, str(path))
    return [path]


def _inside(folder: Path) -> Iterator[Path]:
    """Yield the files of records in a folder and below, past what is hidden and the builds of a store; links are not followed."""
    for root, folders, files in os.walk(folder, onerror=_raise):
        folders[:] = [name for name in folders if not name.startswith((".", "__", "aistandards-build-"))]
        for name in files:
            path = Path(root) / name
            if path.suffix.lower() in SUFFIXES and not name.startswith((".", "~$")) and not _is_special(path):
                yield path


def _raise(error: OSError) -> None:
    raise error


def _is_special(path: Path) -> bool:
    """Whether a path is a pipe or device; a link that leads nowhere is no such thing and is found unreadable later."""
    try:
        return not stat.S_ISREG(path.stat().st_mode)
    except OSError:
        return False


def _out_of_reach(path: Path, error: OSError) -> UnreadableError:
    why = error.strerror or str(error)
    fix = "请检查路径和权限", "Check the path and its permissions"
    return UnreadableError("read-missing", f"无法读取（{why}）", f"it cannot be read ({why})", fix, str(path))


def read(path: Path, name: str | None = None, data: bytes | None = None, kind: str | None = None) -> Source:
    """Read one file into rows (the first sheet of a workbook that is such a table) or triples, as ``read_each`` does."""
    return next(read_each(path, name, data, kind))


def read_each(
    path: Path,
    name: str | None = None,
    data: bytes | None = None,
    kind: str | None = None,
    form: str | None = None,
    context: Context | None = None,
) -> Iterator[Source]:
    """Read one file into its sources: one, but for a workbook, which has one for each sheet that is a table of ours.

    ``data`` replaces the file's content, for standard input; ``kind`` says which table it is, whatever its name; ``form``
    which kind of file; ``context`` gives our own JSON-LD context. Raises UnreadableError where the file cannot be read or
    parsed at all; whatever concerns single rows or cells is a finding.
    """
    for source, rows in stream(path, name, data, kind, form, context):
        if source.form in CALLED:
            with _opener(path, data)() as raw:
                read_rdf(source, raw.read(), source.form, context)
        source.rows.extend(rows)
        yield source


def stream(
    path: Path,
    name: str | None = None,
    data: bytes | None = None,
    kind: str | None = None,
    form: str | None = None,
    context: Context | None = None,
) -> Iterator[tuple[Source, Iterator[Row]]]:
    """As ``read_each``, but with the rows still to be read: they are made as they are asked for and kept nowhere.

    So are the ``statements`` of a source that is RDF.
    """
    name = name or path.name
    opened = _opener(path, data)
    with opened() as raw:
        head = raw.read(HEAD)
        if not head.strip(BLANK) and not raw.read(1):
            raise UnreadableError("read-empty", "文件为空", "the file is empty", FILL, name)
    form, mismatch = kind_of(head, name, form)
    source = Source(path, name, form)
    if mismatch:
        source.say("read-kind", "warning", *mismatch, f"rename it {BY_NAME[form].suffixes[:1] or '.xml'} / 请改扩展名")
    if form in CALLED:
        source.opened = opened
        source.statements = lambda: statements(source, opened, source.form, context)
        yield source, iter(())
    elif form == "xlsx":
        yield from _book(source, opened, kind)
    elif form == "csv":
        yield source, _table(source, opened, kind)
    else:
        yield source, _records(source, opened, form)


def sheets_of(path: Path, name: str) -> tuple[str, dict[str, str | None]]:
    """Return what kind of file a table is and, by the name that its findings bear, the sheet of a workbook that they are on.

    A workbook without any table of ours has its findings on its first visible sheet, which is told as None. Raises
    UnreadableError for what cannot be opened at all.
    """
    form, found = "csv", dict[str, str | None]()
    try:
        for source, rows in stream(path, name):
            form, found[source.name] = source.form, source.sheet
            if form == "xlsx":
                collections.deque(rows, maxlen=0)
    except UnreadableError as error:
        if error.finding.rule not in ("read-table", "read-empty", "read-ambiguous"):
            raise
        form, found[name] = "xlsx" if path.read_bytes()[:2] == b"PK" else "csv", None
    return form, found


def _opener(path: Path, data: bytes | None) -> Callable[[], IO[bytes]]:
    """Return what opens a file, or the data in its place, as often as it is to be read."""

    def opened() -> IO[bytes]:
        if data is not None:
            return io.BytesIO(data)
        try:
            return path.open("rb")
        except OSError as error:
            raise _out_of_reach(path, error) from None

    return opened


def _table(source: Source, opened: Callable[[], IO[bytes]], kind: str | None) -> Iterator[Row]:
    """Yield the rows of a CSV file: of a table of ours, or of a format of others that its header shows."""
    with opened() as raw:
        encoding, note = encoding_of(raw, source.name)
    source.findings += [note] if note else []
    with io.TextIOWrapper(opened(), encoding, newline="") as text:
        first = text.read(SNIFFED)
    mark = separator_of(first)

    def lines() -> Iterator[Line]:
        with io.TextIOWrapper(opened(), encoding, newline="") as text:
            yield from records(text, source.name, mark)

    top = next(csv.reader(first.splitlines()[:1], delimiter=mark), [])
    foreign = format_of("csv", top) if kind is None and "." in "".join(top) else None
    if foreign is None:
        yield from read_grid(source, lines(), kind)
        return
    header = [cell.strip() for cell in next(lines())[1]]

    def items() -> Iterator[tuple[int, Tree]]:
        for line, cells in itertools.islice(lines(), 1, None):
            if any(cell.strip() for cell in cells):
                yield line, unflatten(header, [unquoted(cell.strip()) for cell in cells])

    yield from read_foreign(source, foreign, items, {path: at for at, path in enumerate(header, start=1)})


def _records(source: Source, opened: Callable[[], IO[bytes]], form: str) -> Iterator[Row]:
    """Yield the rows of records in a format of others: JSON Lines, YAML or XML."""
    if form == "jsonl":
        items = _json_lines(source, opened)
    else:
        with opened() as raw:
            data = raw.read(MAX_TREE + 1)
        if len(data) > MAX_TREE:
            zh, en = f"超过 {MAX_TREE >> 20} MB", f"more than {MAX_TREE >> 20} MB"
            raise UnreadableError(f"read-{form}", zh, en, ("请拆分", "Split it"), source.name)
        trees = _trees(source, data, form)
        items = lambda: iter(trees)  # noqa: E731
    first = next((tree for _, tree in items()), None)
    keys = first.keys() if isinstance(first, dict) else ()
    foreign = format_of(form, keys)
    if foreign is None:
        raise no_format(source, form, keys)
    yield from read_foreign(source, foreign, items)


def _trees(source: Source, data: bytes, form: str) -> list[tuple[int, Tree]]:
    if form == "xml":
        reader = Trees(source.name, form, {"bibitem", "bibdata"})
        reader.feed(data)
        return reader.found
    text, note = decode(data, source.name)
    source.findings += [note] if note else []
    found = []
    for line, tree in read_yaml(text, source.name):
        found += [(line, item) for item in (tree if isinstance(tree, list) else [tree])]
    return found


def _json_lines(source: Source, opened: Callable[[], IO[bytes]]) -> Callable[[], Iterator[tuple[int, Tree]]]:
    """Return what yields the objects of JSON Lines; a line that is none is reported, once, and passed over."""
    told: set[int] = set()

    def refuse(line: int, zh: str, en: str) -> None:
        if line not in told:
            told.add(line)
            source.refuse("read-json", "violation", zh, en, "correct the line / 请更正该行", line)

    def items() -> Iterator[tuple[int, Tree]]:
        with opened() as raw:
            for line in itertools.count(1):
                data = raw.readline(MAX_LINE + 1)
                if not data:
                    return
                if len(data) > MAX_LINE:
                    zh, en = f"本行超过 {MAX_LINE >> 20} MB", f"this line has more than {MAX_LINE >> 20} MB"
                    raise UnreadableError("read-json", zh, en, ("请拆分", "Split it"), source.name, line)
                if not data.strip():
                    continue
                try:
                    tree = read_json(data.decode("utf-8-sig"), source.name, line)
                except UnreadableError as error:
                    refuse(line, error.finding.message_zh, error.finding.message_en)
                    continue
                except UnicodeDecodeError:
                    refuse(line, "本行不是 UTF-8 文本。", "This line is not UTF-8 text.")
                    continue
                if not isinstance(tree, dict):
                    refuse(line, "本行不是 JSON 对象。", "This line is no JSON object.")
                    continue
                yield line, tree

    return items


def _book(source: Source, opened: Callable[[], IO[bytes]], kind: str | None) -> Iterator[tuple[Source, Iterator[Row]]]:
    """Yield each visible sheet that is a table of ours; the others are named in a finding of the first."""
    from aistandards.readers.book import pages  # openpyxl is slow to import

    with opened() as raw:
        content = raw.read()
    found, passed = 0, list[tuple[str, UnreadableError]]()
    try:
        for page in pages(content, source.name):
            if page.hidden:
                _say_hidden(source, page)
                continue
            own = Source(source.path, source.name if not found else f"{source.name}#{page.title}", "xlsx", page.title)
            try:
                rows = _sheet(own, page, kind)
                first = next(rows, None)
            except UnreadableError as error:
                if error.finding.rule not in ("read-table", "read-empty", "read-ambiguous"):
                    raise
                passed.append((page.title, error))
                continue
            if not found:
                own.findings[:0] = source.findings
                source = own
            found += 1
            yield own, itertools.chain([first] if first else [], rows)
            if kind is not None:
                break
    except UnreadableError:
        raise
    except SourceError as error:
        raise _workbook(source.name, error) from None
    if not found:
        wrong = [why for _, why in passed if why.finding.rule != "read-empty"] + [why for _, why in passed]
        raise wrong[0] if wrong else _no_sheet(source.name)
    for title, why in passed:
        if why.finding.rule != "read-empty":
            zh, en = (
                f"工作表“{title}”不是记录表，未读取。",
                f"The sheet “{title}” is no table of records and was not read.",
            )
            source.say("read-sheet", "info", zh, en, why.finding.suggestion)


def _sheet(source: Source, page: Page, kind: str | None) -> Iterator[Row]:
    def lines() -> Iterator[Line]:
        for line, cells in page.rows:
            for _, column in page.unsaved:
                formula, cells[column - 1] = cells[column - 1], ""
                zh, en = "公式保存时没有值，未读取。", "A formula that was saved without its value; it was not read."
                fix = "open it in a spreadsheet program and save it / 请在表格软件中打开后保存"
                source.say("read-formula", "violation", zh, en, fix, line, column, value=formula[:80])
            page.unsaved.clear()
            yield line, cells

    width = 0

    def even() -> Iterator[Line]:
        nonlocal width
        for line, cells in lines():
            width = max(width, len(cells))
            yield line, cells + [""] * (width - len(cells))

    try:
        yield from read_grid(source, even(), kind)
    except UnreadableError:
        raise
    except SourceError as error:
        raise _workbook(source.name, error) from None
    if page.merged:
        zh, en = (
            f"{page.merged} 个纵向合并的单元格，其值按每一行读取。",
            f"{page.merged} cells are merged downwards; each row was read with their value.",
        )
        source.say("read-merged", "info", zh, en, "take the cells apart / 建议取消合并")


def _say_hidden(source: Source, page: Page) -> None:
    rows = sum(1 for _ in page.rows)
    if rows:
        zh, en = (
            f"工作表“{page.title}”已隐藏，其 {rows} 行未读取。",
            f"The sheet “{page.title}” is hidden; its {rows} rows were not read.",
        )
        source.say("read-hidden", "info", zh, en, "show the sheet, or delete it / 取消隐藏或删除")


def _workbook(name: str, error: SourceError) -> UnreadableError:
    zh, en = (text.removeprefix(name).lstrip(":： ").rstrip(".。") for text in (error.zh, error.en))
    fix = "请另存为 .xlsx 工作簿或 CSV UTF-8", "Save it as an .xlsx workbook or as CSV UTF-8"
    return UnreadableError("read-workbook", zh, en, fix, name)


def _no_sheet(name: str) -> UnreadableError:
    return UnreadableError("read-empty", "没有可见的非空工作表", "no visible sheet has any cell", FILL, name)
