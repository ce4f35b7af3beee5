"""JSON, YAML and XML as plain trees, within limits: no document type, no entity, no tag of a program, no growth by aliases."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final
from xml.parsers import expat

from aistandards.readers.base import UnreadableError

MAX_DEPTH: Final = 100
MAX_NODES: Final = 1_000_000
MAX_ATTRIBUTES: Final = 1000  # of one element, and prefixes that it declares
Tree = Any  # str, list of trees, or dict of trees


def unreadable(form: str, zh: str, en: str, name: str, line: int | None = None) -> UnreadableError:
    """Return the error of a file that is not well formed, or goes beyond what is read."""
    return UnreadableError(f"read-{form}", zh, en, ("请在此处更正", "Correct it at this place"), name, line)


def read_json(text: str, name: str, line: int = 1) -> Tree:
    """Return a JSON text as it is; raises UnreadableError where it is not well formed or nested beyond reason."""
    try:
        found = json.loads(text, parse_constant=_no_constant, parse_float=_finite, object_pairs_hook=_once)
    except RecursionError:
        raise _deep("json", name, line) from None
    except json.JSONDecodeError as error:
        at = line + error.lineno - 1
        zh, en = (
            f"JSON 语法错误，第 {error.colno} 列（{error.msg}）",
            f"JSON syntax error at column {error.colno} ({error.msg})",
        )
        raise unreadable("json", zh, en, name, at) from None
    except ValueError as error:
        raise unreadable(
            "json", f"JSON 的值无法读取（{error}）", f"a value of the JSON cannot be read ({error})", name, line
        ) from None
    if depth(found) > MAX_DEPTH:
        raise _deep("json", name, line)
    return found


def _no_constant(word: str) -> Any:
    raise ValueError(f"{word} is not JSON")


def _finite(digits: str) -> float:
    found = float(digits)
    if math.isinf(found):
        raise ValueError(f"the number {digits[:40]} is too large")
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        name, _ = Counter(name for name, _ in pairs).most_common(1)[0]
        raise ValueError(f"the name {name[:80]!r} stands twice")
    return found


def depth(tree: Tree) -> int:
    """Return how deep a tree is nested; stops counting beyond the limit."""
    level, deep = [tree], 0
    while level and deep <= MAX_DEPTH:
        deep += 1
        level = [
            c
            for node in level
            if isinstance(node, dict | list)
            for c in (node.values() if isinstance(node, dict) else node)
        ]
    return deep


def _deep(form: str, name: str, line: int | None) -> UnreadableError:
    return unreadable(form, f"嵌套超过 {MAX_DEPTH} 层", f"nested more than {MAX_DEPTH} levels deep", name, line)


def read_yaml(text: str, name: str) -> Iterator[tuple[int, Tree]]:
    """Yield the documents of a YAML text, each with its first line; scalars stay text.

    Aliases are followed as long as the whole stays within ``MAX_NODES``; tags other than the plain ones are refused.
    """
    import yaml

    try:
        events = yaml.parse(text, Loader=yaml.CBaseLoader)
        repeated = 0
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                first = next(events)
                document = _Yaml(name, repeated)
                yield _line(first), document.node(first, events, 1)
                repeated = document.repeated
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        why = getattr(error, "problem", None) or "not YAML"
        raise unreadable(
            "yaml", f"YAML 语法错误（{why}）", f"YAML syntax error ({why})", name, mark.line + 1 if mark else None
        ) from None


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1


class _Yaml:
    """The nodes of one document, made from the parser's events so that nothing is built that the limits forbid."""

    def __init__(self, name: str, repeated: int) -> None:
        self.name = name
        self.repeated = repeated  # nodes that aliases stand for, in all documents of the file
        self.anchors: dict[str, tuple[Tree, int]] = {}
        self.nodes = 0

    def node(self, event: Any, events: Iterator[Any], deep: int) -> Tree:
        import yaml

        line = _line(event)
        before = self.nodes
        self._count(1, line)
        if deep > MAX_DEPTH:
            raise _deep("yaml", self.name, line)
        if isinstance(event, yaml.AliasEvent):
            if event.anchor not in self.anchors:
                zh, en = (
                    f"别名 *{event.anchor} 未定义或指向自身",
                    f"the alias *{event.anchor} is undefined or points to itself",
                )
                raise unreadable("yaml", zh, en, self.name, line)
            found, size = self.anchors[event.anchor]
            self.repeated += size
            self._count(size, line)
            return found
        if event.tag and event.tag != "!" and not event.tag.startswith("tag:yaml.org,2002:"):
            zh, en = f"不接受自定义标签 {event.tag[:80]}", f"the tag {event.tag[:80]} is not accepted"
            raise unreadable("yaml", zh, en, self.name, line)
        if event.tag and event.tag.startswith("tag:yaml.org,2002:python"):
            raise unreadable(
                "yaml", "不接受程序对象的标签", "tags of program objects are not accepted", self.name, line
            )
        made = self._made(event, events, deep)
        if event.anchor:
            self.anchors[event.anchor] = made, self.nodes - before
        return made

    def _made(self, event: Any, events: Iterator[Any], deep: int) -> Tree:
        import yaml

        if isinstance(event, yaml.ScalarEvent):
            return str(event.value)
        if isinstance(event, yaml.SequenceStartEvent):
            found = []
            while not isinstance(inner := next(events), yaml.SequenceEndEvent):
                found.append(self.node(inner, events, deep + 1))
            return found
        made: dict[str, Tree] = {}
        while not isinstance(inner := next(events), yaml.MappingEndEvent):
            key, line = self.node(inner, events, deep + 1), _line(inner)
            value = self.node(next(events), events, deep + 1)
            if not isinstance(key, str) or key in made:
                zh, en = f"键“{str(key)[:80]}”重复或不是文本", f"the key “{str(key)[:80]}” stands twice or is no text"
                raise unreadable("yaml", zh, en, self.name, line)
            made[key] = value
        return made

    def _count(self, more: int, line: int) -> None:
        self.nodes += more
        if max(self.nodes, self.repeated) > MAX_NODES:
            zh, en = f"展开别名后超过 {MAX_NODES} 个节点", f"more than {MAX_NODES} nodes once the aliases are followed"
            raise unreadable("yaml", zh, en, self.name, line)


class Xml:
    """An XML text read by expat: no document type, no entity of its own, nested within limits; raises UnreadableError."""

    def __init__(self, name: str, form: str) -> None:
        self.name, self.form, self.deep, self.prefixes = name, form, 0, 0
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.StartElementHandler = self._start
        self.parser.StartNamespaceDeclHandler = self._prefix
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self.text

    def feed(self, data: bytes) -> None:
        """Read the whole text."""
        try:
            self.parser.Parse(data, True)
        except expat.ExpatError as error:
            why = expat.ErrorString(error.code)
            zh, en = f"XML 语法错误（{why}）", f"XML syntax error ({why})"
            raise unreadable(self.form, zh, en, self.name, error.lineno) from None
        except (LookupError, ValueError) as error:
            raise unreadable(
                self.form, f"XML 无法读取（{error}）", f"the XML cannot be read ({error})", self.name
            ) from None

    def _doctype(self, *_: Any) -> None:
        zh, en = "含有文档类型声明（DOCTYPE），不予处理", "it has a document type (DOCTYPE), which is not read"
        fix = "请去掉 DOCTYPE 和实体，写出全文", "Remove the DOCTYPE and write its entities out"
        raise UnreadableError(f"read-{self.form}", zh, en, fix, self.name, self.parser.CurrentLineNumber)

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self.deep += 1
        if self.deep > MAX_DEPTH:
            raise _deep(self.form, self.name, self.parser.CurrentLineNumber)
        if len(attributes) > MAX_ATTRIBUTES:
            self._many()
        self.prefixes = 0
        self.start(tag, attributes, self.parser.CurrentLineNumber)

    def _prefix(self, *_: Any) -> None:
        self.prefixes += 1
        if self.prefixes > MAX_ATTRIBUTES:
            self._many()

    def _many(self) -> None:
        zh, en = f"元素有超过 {MAX_ATTRIBUTES} 个属性", f"an element has more than {MAX_ATTRIBUTES} attributes"
        raise unreadable(self.form, zh, en, self.name, self.parser.CurrentLineNumber)

    def _end(self, tag: str) -> None:
        self.deep -= 1
        self.end(tag)

    def start(self, tag: str, attributes: dict[str, str], line: int) -> None:
        """Called where an element begins."""

    def end(self, tag: str) -> None:
        """Called where an element ends."""

    def text(self, text: str) -> None:
        """Called for text."""


class Trees(Xml):
    """The elements of some names as trees: attributes and child elements by name, text as ``content``."""

    def __init__(self, name: str, form: str, wanted: set[str]) -> None:
        super().__init__(name, form)
        self.wanted = wanted
        self.found: list[tuple[int, Tree]] = []
        self.open: list[dict[str, Tree]] = []
        self.pieces: list[list[str]] = []

    def start(self, tag: str, attributes: dict[str, str], line: int) -> None:
        """Open a tree, or a branch of one."""
        tag = tag.rpartition(" ")[2]
        if not self.open and tag not in self.wanted:
            return
        node: dict[str, Tree] = {key.rpartition(" ")[2]: value for key, value in attributes.items()}
        if self.open:
            self.open[-1].setdefault(tag, []).append(node)
        else:
            self.found.append((line, node))
        self.open.append(node)
        self.pieces.append([])

    def end(self, tag: str) -> None:
        """Close the innermost branch."""
        if not self.open:
            return
        node, said = self.open.pop(), "".join(self.pieces.pop()).strip()
        if said and not node and self.open:  # nothing but text: the text itself
            self.open[-1][tag.rpartition(" ")[2]][-1] = said
        elif said:
            node.setdefault("content", said)

    def text(self, text: str) -> None:
        """Add text to the innermost branch."""
        if self.open:
            self.pieces[-1].append(text)
