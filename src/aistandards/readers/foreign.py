"""The formats of others (ISO Open Data, Relaton) as rows of our tables, by the mapping in ``ontology/formats.json``."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from aistandards.readers.base import Row, Source, UnreadableError
from aistandards.readers.trees import Tree
from aistandards.settings import resource
from aistandards.tables import Table, tables

Trail = tuple[str | int, ...]
Items = Callable[[], Iterator[tuple[int, Tree]]]
_STEP: Final = re.compile(r"([^.\[\]]+)((?:\[[^\]]*\])*)(?:\.|$)")
_LISTED: Final = re.compile(r"'([^']*)'|\"([^\"]*)\"|([^\s,\[\]'\"]+)")
_FIELD: Final = re.compile(r"\{([^}]+)\}")
MAX_LEAVES: Final = 200_000


@dataclass(frozen=True, slots=True)
class Format:
    """One format of others: its name, how it is called, and its description."""

    name: str
    label: tuple[str, str]
    said: Mapping[str, Any]

    def table_of(self, record: Record) -> tuple[Table, list[dict[str, Any]]] | None:
        """Return the table that a record belongs in, and what fills its columns."""
        for entry in self.said["tables"]:
            if record.holds(entry.get("when", {})):
                return next(table for table in tables() if table.kind == entry["table"]), entry["columns"]
        return None


@cache
def described() -> dict[str, Any]:
    """Return what ``ontology/formats.json`` says."""
    found: dict[str, Any] = json.loads((resource("ontology") / "formats.json").read_text(encoding="utf-8"))
    return found


@cache
def formats() -> tuple[Format, ...]:
    """Return every format that ``ontology/formats.json`` describes."""
    return tuple(
        Format(entry["name"], (entry["label"]["zh"], entry["label"]["en"]), entry) for entry in described()["formats"]
    )


def format_of(syntax: str, keys: Iterable[str]) -> Format | None:
    """Return the format of a record or header with these keys in a syntax, or None."""
    named = {key.strip().lstrip("\ufeff").partition(".")[0] for key in keys}
    for one in formats():
        wanted, others = one.said["has"], one.said.get("any", ())
        if syntax in one.said["syntax"] and named.issuperset(wanted) and (not others or named & {*others}):
            return one
    return None


@cache
def steps_of(path: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the steps of a path: a key and the conditions on what it holds."""
    found = []
    for match in _STEP.finditer(re.sub(r"\[[^\]]*\]", lambda m: m[0].replace(".", "\x1f"), path)):
        conditions = re.findall(r"\[([^=\]]*)=([^\]]*)\]", match[2])
        found.append((match[1], [(key.replace("\x1f", "."), value) for key, value in conditions]))
    return found


def pick(tree: Tree, path: str) -> Iterator[tuple[str, Trail]]:
    """Yield the texts at a path, each with the keys and places that lead to it."""
    level: list[tuple[Tree, Trail]] = [(tree, ())]
    for key, conditions in steps_of(path):
        following: list[tuple[Tree, Trail]] = []
        for node, trail in level:
            if isinstance(node, dict) and key in node:
                following += _items(node[key], (*trail, key))
            elif key == "content" and isinstance(node, str):  # an element that is nothing but text
                following.append((node, trail))
        level = [one for one in following if all(meets(one[0], *condition) for condition in conditions)]
    for node, trail in level:
        if (text := _scalar(node)) is not None:
            yield text, trail


def _items(node: Tree, trail: Trail) -> list[tuple[Tree, Trail]]:
    if isinstance(node, list):
        return [found for at, item in enumerate(node) for found in _items(item, (*trail, at))]
    return [(node, trail)]


def meets(node: Tree, path: str, wanted: str) -> bool:
    """Whether a text at a path is the one wanted; where none is wanted, whether there is none."""
    texts = [text for text, _ in pick(node, path)]
    return wanted in texts if wanted else not texts


def _scalar(node: Tree) -> str | None:
    if isinstance(node, bool):
        return "true" if node else "false"
    if isinstance(node, str | int | float):
        return str(node).strip() or None
    return None


class Record:
    """One record of a format: what its paths give, and which of its values were used."""

    def __init__(self, tree: Tree, format_: Format, joined: Mapping[str, str]) -> None:
        self.tree, self.format, self.said, self.joined = tree, format_, format_.said, joined
        self.used: set[Trail] = set()
        self.unknown: list[str] = []
        self.derived = {name: self._derive(pieces) for name, pieces in self.said.get("derive", {}).items()}

    def _derive(self, pieces: list[list[str]]) -> str:
        text = "".join(next((text for path in paths for text in self.all(path)), "") for paths in pieces)
        return text.zfill(self.said["digits"]) if text.isdigit() else ""

    def all(self, path: str) -> list[str]:
        """Return the texts at a path; they count as used."""
        if path.startswith("$"):
            return [self.derived[path[1:]]] if self.derived[path[1:]] else []
        found = list(pick(self.tree, path))
        self.used.update(trail for _, trail in found)
        return [text for text, _ in found]

    def holds(self, conditions: Mapping[str, Mapping[str, Any]]) -> bool:
        """Whether every condition holds: a value that is given, or filled, or one of a list of codes."""
        for path, wanted in conditions.items():
            texts = self.all(path) if path.startswith("$") else [text for text, _ in pick(self.tree, path)]
            if "filled" in wanted:
                if not texts and not _nodes(self.tree, path):
                    return False
            elif "is" in wanted:
                if wanted["is"] not in texts:
                    return False
            elif not any(_coded(wanted["in"], text) for text in texts):
                return False
        return True

    def cell(self, entry: Mapping[str, Any]) -> str:
        """Return the cell that an entry of the mapping gives."""
        if "text" in entry:
            return _FIELD.sub(lambda match: next(iter(self.all(match[1])), ""), entry["text"])
        values: list[str] = []
        for path in entry["from"]:
            texts = self.all(path)
            values += [piece for text in texts for piece in (_listed(text) if entry.get("list") else [text])]
            if values and not entry.get("list"):
                break
        if "codes" in entry:
            values = [_coded(entry["codes"], value) or value for value in values]
        if entry.get("join"):
            self.unknown += [value for value in values if value not in self.joined]
            values = [self.joined[value] for value in values if value in self.joined]
        if entry.get("slug"):
            values = ["-".join(re.findall(r"[a-z0-9]+", value.lower())) for value in values]
        kept = list(dict.fromkeys(value.replace(";", ",") if entry.get("list") else value for value in values))
        return ";".join(kept) if entry.get("list") else "".join(kept[:1])

    def row(self) -> tuple[Table, dict[str, str], dict[str, list[str]]] | None:
        """Return the table that the record belongs in, its cells, and the paths that each was looked for at; or None."""
        found = self.format.table_of(self) if isinstance(self.tree, dict) else None
        if found is None:
            return None
        table, entries = found
        cells: dict[str, str] = {}
        paths: dict[str, list[str]] = {}
        for entry in entries:
            if not self.holds(entry.get("when", {})) or cells.get(entry.get("unless", "")):
                continue
            if text := self.cell(entry):
                cells[entry["column"]] = text
                paths[entry["column"]] = entry.get("from", [])
        return table, cells, paths

    def unused(self) -> Iterator[str]:
        """Yield the names of the values that no column took, but for those that only give the others their form."""
        structure = set(self.said["structure"])
        for trail in _leaves(self.tree):
            if trail not in self.used and trail[-1] not in structure:
                yield ".".join(step for step in trail if isinstance(step, str))


def _nodes(tree: Tree, path: str) -> bool:
    level = [tree]
    for key, conditions in steps_of(path):
        level = [
            item
            for node in level
            if isinstance(node, dict) and key in node
            for item, _ in _items(node[key], ())
            if all(meets(item, *condition) for condition in conditions)
        ]
    return any(level)


def _listed(text: str) -> list[str]:
    """Return the items of a list as the CSV files of ISO print it (``['49.140']``), or the text itself."""
    if not (text.startswith("[") and text.endswith("]")):
        return [text]
    return [match[1] or match[2] or match[3] for match in _LISTED.finditer(text[1:-1])]


def _coded(name: str, text: str) -> str:
    """Return what a code means in a list: of the code itself, else of its first two digits."""
    codes = described()["codes"][name]
    digits = re.sub(r"\D", "", text)
    return str(codes.get(digits) or codes.get(digits[:2], "")) if digits else ""


def _leaves(tree: Tree) -> Iterator[Trail]:
    waiting: list[tuple[Tree, Trail]] = [(tree, ())]
    seen = 0
    while waiting and seen < MAX_LEAVES:
        node, trail = waiting.pop()
        if isinstance(node, dict):
            waiting += [(value, (*trail, key)) for key, value in node.items()]
        elif isinstance(node, list):
            waiting += [(value, (*trail, at)) for at, value in enumerate(node)]
        elif trail and _scalar(node) is not None:
            seen += 1
            yield trail


def read_foreign(
    source: Source, format_: Format, items: Items, places: Mapping[str, int] | None = None
) -> Iterator[Row]:
    """Yield the rows that the records of a format give; ``items`` is read twice where records point to each other by id."""
    joined: dict[str, str] = {}
    if join := format_.said.get("join"):
        for _, tree in items():
            pair = [next((text for text, _ in pick(tree, join[end])), "") for end in ("key", "value")]
            if all(pair):
                joined[pair[0]] = pair[1]
    unknown: dict[str, int] = {}
    for line, tree in items():
        record = Record(tree, format_, joined)
        found = record.row()
        if found is None:
            zh, en = (
                f"{format_.label[0]}中的这条记录无法归入任何表。",
                f"This record of {format_.label[1]} belongs in no table.",
            )
            fix = "state its stage and its identifier / 请写明阶段代码和编号"
            source.refuse("read-format", "violation", zh, en, fix, line)
            continue
        table, cells, paths = found
        positions = (
            {
                column: at
                for column, tried in paths.items()
                if (at := next((places[path] for path in tried if path in (places or {})), None)) is not None
            }
            if places
            else {}
        )
        source.read += 1
        source.accepted += 1
        source.lost.update(record.unused())
        for value in record.unknown:
            unknown.setdefault(value, line)
        yield Row(table, source.name, line, cells, positions)
    for value, line in list(unknown.items())[:20]:
        zh, en = (
            f"文件中没有 id 为 {value[:40]} 的记录，该关系未读取。",
            f"The file has no record with the id {value[:40]}; the relation was not read.",
        )
        source.say("read-unknown-id", "info", zh, en, None, line)
    source.lost.update({"(id)": len(unknown)} if unknown else {})


def unflatten(header: list[str], cells: list[str]) -> Tree:
    """Return a row of a table whose header has paths (``title.en``) as a tree."""
    tree: dict[str, Tree] = {}
    for path, cell in zip(header, cells, strict=False):
        if not cell.strip():
            continue
        keys = path.strip().split(".")
        node = tree
        for key in keys[:-1]:
            inner = node.setdefault(key, {})
            node = inner if isinstance(inner, dict) else {}
        node[keys[-1]] = cell.strip()
    return tree


def no_format(source: Source, syntax: str, keys: Iterable[str], line: int = 1) -> UnreadableError:
    """Return the error of a file of a syntax that we read, in a format that we do not know."""
    shown = ", ".join(str(key)[:40] for key in list(keys)[:8])
    known = [one.label for one in formats() if syntax in one.said["syntax"]]
    zh = f"内容（{shown}）不是已知格式"
    en = f"the content ({shown}) is of no known format"
    fix = f"可读取：{'、'.join(label[0] for label in known)}", f"What is read: {', '.join(label[1] for label in known)}"
    return UnreadableError("read-format", zh, en, fix, source.name, line)
