"""Rows of our tables in the formats of others: the mapping of ``ontology/formats.json`` read backwards.

Each record is read again as it was written, by the reader that reads such files; a cell that does not come back is lost.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from tempfile import SpooledTemporaryFile
from typing import IO, Any, Final
from xml.sax.saxutils import escape, quoteattr

from aistandards.output import harmless
from aistandards.readers.base import Row
from aistandards.readers.foreign import Format, Record, described, formats, meets, steps_of, unflatten
from aistandards.readers.grid import unquoted
from aistandards.readers.trees import Tree, Trees, read_yaml

SPOOL: Final = 1 << 24  # bytes of rows kept in memory until all are known
_FIELD: Final = re.compile(r"\\\{([^}]+)\\\}")
UNKNOWN: Final = "\ufffd"
_NOT_XML: Final = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Target:
    """One format of others in one syntax, as ``convert --to`` names it."""

    name: str
    format: Format
    syntax: str

    @property
    def said(self) -> Mapping[str, Any]:
        """What the mapping says of writing."""
        found: Mapping[str, Any] = self.format.said["write"]
        return found

    def path(self, entry: Mapping[str, Any], wanted: set[str], others: set[str]) -> str | None:
        """Return where an entry of the mapping is written; below ``wanted`` paths where there are, and not below ``others``."""
        written = entry.get("write", {})
        paths = [found] if (found := written.get(self.syntax, written.get("*"))) else entry["from"]
        below = [path for path in paths if path.startswith(tuple(wanted))]
        free = [path for path in paths if not path.startswith(tuple(others))]
        return next(iter(below or free), None)


@cache
def targets() -> dict[str, Target]:
    """Return the formats of others that can be written, by name."""
    return {
        name: Target(name, one, syntax)
        for one in formats()
        for name, syntax in one.said.get("write", {}).get("targets", {}).items()
    }


@dataclass(slots=True)
class Known:
    """What all rows together say: the ids of numbers and the numbers of ids, and by what each number is replaced."""

    ids: dict[str, str] = field(default_factory=dict)
    replaced: dict[str, dict[str, list[str]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(list)))

    @property
    def numbers(self) -> dict[str, str]:
        """The number of each id."""
        return {id_: number for number, id_ in self.ids.items()}


class Maker:
    """Makes the records of a target from the cells of rows."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.known = Known()
        self.numbers: dict[str, str] = {}
        self.tables = {entry["table"]: entry["columns"] for entry in reversed(target.format.said["tables"])}

    def learn(self, kind: str, cells: Mapping[str, str]) -> None:
        """Take over what other rows need to know of a row: its id, and what it replaces."""
        join = self.target.format.said.get("join")
        if not join or kind not in self.tables:
            return
        tree = self._tree(kind, cells, inverse=False)
        id_, number = tree.get(join["key"]), tree.get(join["value"])
        if id_ is not None and number:
            self.known.ids[number] = str(id_)
        for key, column in join.get("inverse", {}).items():
            for other in _values(cells.get(column, "")):
                self.known.replaced[other][key].append(number or "")

    def finish(self) -> None:
        """Learn no more."""
        self.numbers = self.known.numbers

    def make(self, kind: str, cells: Mapping[str, str]) -> tuple[bytes, list[str]] | None:
        """Return a row as the target writes it, and the columns that do not come back; None where it can hold no such row."""
        if kind not in self.tables:
            return None
        best: tuple[bytes, list[str]] | None = None
        for inverse in (True, False):
            text = self._text(self._tree(kind, cells, inverse))
            found = Record(self._again(text), self.target.format, self.numbers).row()
            if found is None or found[0].kind != kind:
                continue
            lost = [column for column, cell in cells.items() if cell and found[1].get(column, "") != cell]
            if best is None or len(lost) < len(best[1]):
                best = text.encode(), lost
            if not lost:
                break
        return best

    # ------------------------------------------------------------------ cells to a tree

    def _tree(self, kind: str, cells: Mapping[str, str], inverse: bool) -> dict[str, Tree]:
        tree: dict[str, Tree] = dict(self.target.said.get("constant", {}))
        cells = {**cells, **self._implied(cells)}
        entries = self.tables[kind]
        conditions = {
            path: cells.get(entry["column"]) == entry["text"]
            for entry in entries
            if "text" in entry
            for path, wanted in entry.get("when", {}).items()
            if "filled" in wanted
        }
        wanted = {path for path, holds in conditions.items() if holds}
        for entry in entries:
            if not (cell := cells.get(entry["column"], "")):
                continue
            if "text" in entry:
                self._from_text(tree, entry, cell)
            elif not entry.get("slug") and (path := self.target.path(entry, wanted, {*conditions} - wanted)):
                self._from_cell(tree, entry, path, cell)
        if inverse and (join := self.target.format.said.get("join")):
            for key, numbers in self.known.replaced.get(tree.get(join["value"], ""), {}).items():
                if ids := [self.known.ids[number] for number in numbers if number in self.known.ids]:
                    self._put(tree, key, ids)
        return tree

    def _implied(self, cells: Mapping[str, str]) -> dict[str, str]:
        """Return the cells that others imply: a standard that was issued, and no word of its end, is published."""
        return {
            column: said["as"]
            for column, said in self.target.said.get("where", {}).items()
            if all(cells.get(name) for name in said["with"])
            and not any(cells.get(name) for name in said["without"])
            and cells.get("number", "") not in self.known.replaced
        }

    def _from_text(self, tree: dict[str, Tree], entry: Mapping[str, Any], cell: str) -> None:
        """Put what a text made of fields says of them."""
        if entry.get("when"):
            for path, wanted in entry["when"].items():
                if "is" in wanted and cell == entry["text"]:
                    self._put(tree, path, wanted["is"])
            return
        names = _FIELD.findall(pattern := re.escape(entry["text"]))
        if names and (match := re.fullmatch(_FIELD.sub("(.+)", pattern), cell)):
            for name, value in zip(names, match.groups(), strict=True):
                if name not in tree:
                    self._put(tree, name, value)

    def _from_cell(self, tree: dict[str, Tree], entry: Mapping[str, Any], path: str, cell: str) -> None:
        values = _values(cell) if entry.get("list") else [cell]
        if "codes" in entry:
            codes = described()["written"][entry["codes"]]
            values = [codes[value] for value in values if value in codes]
        if entry.get("join"):
            values = [self.known.ids[value] for value in values if value in self.known.ids]
        if not values:
            return
        if entry.get("list") and len(steps_of(path)) == 1:
            self._put(tree, path, values)
            return
        for value in values:
            self._put(tree, path, value, many=bool(entry.get("list")))

    def _put(self, tree: dict[str, Tree], path: str, value: str | list[str], many: bool = False) -> None:
        if path.startswith("$"):
            for piece, (start, end) in self.target.said["derived"][path[1:]].items():
                put(tree, piece, self._typed(piece, value[start:end], True), many)
        else:
            put(tree, path, self._typed(path, value, False), many)

    def _typed(self, path: str, value: Any, derived: bool) -> Any:
        """Return a value as the number that it is where the format has numbers."""
        if path not in self.target.said.get("numbers", ()):
            return value
        if isinstance(value, list):
            return [self._typed(path, item, derived) for item in value]
        plain = value.isascii() and value.isdigit() and len(value) < 19 and (derived or str(int(value)) == value)
        return int(value) if plain else value

    # ------------------------------------------------------------------ a tree to text and back

    def _text(self, tree: dict[str, Tree]) -> str:
        keys = list(dict.fromkeys(key.partition(".")[0] for key in self.target.said["keys"]))
        if self.target.syntax == "csv":
            return _csv_line(harmless(_flat(tree, path)) for path in self.target.said["keys"])
        if self.target.syntax == "jsonl":
            return json.dumps({key: tree.get(key) for key in keys}, ensure_ascii=False) + "\n"
        ordered = {key: tree[key] for key in keys if key in tree}
        if self.target.syntax == "yaml":
            return _yaml(ordered)
        before, after = self.target.said["xml"]["record"]
        attributes = self.target.said["attributes"]
        said, inside = _xml(ordered, attributes)
        return f"{before}{said}>{inside}{after}"

    def _again(self, text: str) -> Tree:
        """Return a record that was written as it is read."""
        if self.target.syntax == "csv":
            cells = next(csv.reader(io.StringIO(text, newline="")))
            return unflatten(self.target.said["keys"], [unquoted(cell) for cell in cells])
        if self.target.syntax == "jsonl":
            return json.loads(text)
        if self.target.syntax == "yaml":
            return next(tree for _, tree in read_yaml(text, self.target.name))
        reader = Trees(self.target.name, "xml", set(self.target.format.said["elements"]))
        reader.feed(text.encode())
        return reader.found[0][1]

    def head(self) -> bytes:
        """Return what stands before all records."""
        if self.target.syntax == "csv":
            return _csv_line(self.target.said["keys"]).encode()
        return str(self.target.said["xml"]["before"]).encode() if self.target.syntax == "xml" else b""

    def foot(self) -> bytes:
        """Return what stands after all records."""
        return str(self.target.said["xml"]["after"]).encode() if self.target.syntax == "xml" else b""


def put(tree: dict[str, Tree], path: str, value: Any, many: bool = False) -> None:
    """Put a value at a path; ``[key=value]`` and ``[]`` name an item of a list, a new one where there may be many."""
    node = tree
    steps = steps_of(path)
    for at, (key, conditions) in enumerate(steps):
        if conditions or f"{key}[]" in path:
            items = node.setdefault(key, [])
            met = (item for item in items if all(meets(item, *condition) for condition in conditions))
            item = None if many else next(met, None)
            if item is None:
                item = {}
                for inner, wanted in conditions:
                    put(item, inner, wanted)
                items.append(item)
            node = item
        elif at == len(steps) - 1:
            node[key] = value
        else:
            node = node.setdefault(key, {})


def _values(cell: str) -> list[str]:
    return [value for piece in cell.split(";") if (value := piece.strip())]


def _flat(tree: Tree, path: str) -> str:
    for key in path.split("."):
        tree = tree.get(key) if isinstance(tree, dict) else None
    return "" if tree is None else str(tree)


def _csv_line(cells: Iterable[str]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerow(cells)
    return text.getvalue()


def _yaml(tree: Tree) -> str:
    import yaml

    return yaml.dump(
        tree, Dumper=yaml.CSafeDumper, allow_unicode=True, sort_keys=False, explicit_start=True, width=1 << 20
    )


def _xml(node: dict[str, Tree], attributes: list[str]) -> tuple[str, str]:
    """Return the attributes and the inside of an element."""
    said, inside = "", ""
    for key, value in node.items():
        if key in attributes:
            said += f" {key}={quoteattr(_NOT_XML.sub(UNKNOWN, str(value)))}"
        elif key == "content":
            inside += escape(_NOT_XML.sub(UNKNOWN, str(value)), {"\r": "&#13;"})
        else:
            for item in value if isinstance(value, list) else [value]:
                of, within = _xml(item if isinstance(item, dict) else {"content": item}, attributes)
                inside += f"<{key}{of}>{within}</{key}>"
    return said, inside


def write_foreign(target: Target, rows: Iterable[Row], out: IO[bytes]) -> Iterator[list[str] | None]:
    """Write rows; yields, for each, the columns that the target does not hold, or None for a row that was not written."""
    maker = Maker(target)
    with SpooledTemporaryFile(max_size=SPOOL, mode="w+", encoding="utf-8", newline="\n") as kept:
        for row in rows:
            maker.learn(row.table.kind, row.cells)
            kept.write(json.dumps([row.table.kind, row.cells]) + "\n")
        maker.finish()
        kept.seek(0)
        out.write(maker.head())
        for line in kept:
            made = maker.make(*json.loads(line))
            if made:
                out.write(made[0])
            yield made and made[1]
        out.write(maker.foot())
