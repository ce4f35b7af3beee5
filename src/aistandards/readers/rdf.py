"""RDF in its usual forms as triples, with the lines on which subjects stand; nothing is fetched, nothing grows without end."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Callable, Collection, Iterator
from typing import IO, Any, Final

import pyoxigraph as ox

from aistandards.namespaces import BASE, expand, key_of
from aistandards.readers.base import Source, UnreadableError
from aistandards.readers.text import BOMS, refuse_nul
from aistandards.readers.trees import Tree, Xml, read_json, unreadable

FORMATS: Final = {
    "turtle": ox.RdfFormat.TURTLE,
    "ntriples": ox.RdfFormat.N_TRIPLES,
    "nquads": ox.RdfFormat.N_QUADS,
    "trig": ox.RdfFormat.TRIG,
    "rdfxml": ox.RdfFormat.RDF_XML,
    "jsonld": ox.RdfFormat.JSON_LD,
}
CALLED: Final = {
    "turtle": "Turtle",
    "ntriples": "N-Triples",
    "nquads": "N-Quads",
    "trig": "TriG",
    "rdfxml": "RDF/XML",
    "jsonld": "JSON-LD",
}
OWN_CONTEXTS: Final = (BASE + "context.jsonld", "/context.jsonld")
STREAMED: Final = ("ntriples", "nquads", "turtle", "trig")
MAX_BYTES: Final = 256 << 20  # of a file that is held in memory as a whole
MAX_JSONLD: Final = 64 << 20
PIECE: Final = 1 << 20  # bytes of text that are looked through at a time
MAX_TERMS: Final = 20_000_000  # of all contexts of a document, each taken for the largest
CODES: Final = (
    "utf-7",
    "idna",
    "punycode",
    "undefined",
    "unicode",
    "raw",
)  # of Python's own, in which no file is written
_SUBJECT: Final = {
    "rdfxml": re.compile(r"[:\s](?:about|ID)\s*=\s*[\"']([^\"']*)"),
    "jsonld": re.compile(r"\"(?:@id|iri|id)\"\s*:\s*\"([^\"]*)"),
}
_TURTLE_SUBJECT: Final = re.compile(r"^[ \t{]*(?:<([^>\s]*)>|[\w.-]*:([^\s;,]+))(?=[\s;]|$)", re.MULTILINE)
_TOKEN: Final = re.compile(r"[^\s<>\"'()\[\]{},;^]+")


def read_rdf(source: Source, content: bytes, form: str, context: Callable[[], dict[str, Any]] | None = None) -> None:
    """Parse RDF into the source's triples; raises UnreadableError where that is not possible.

    ``context`` gives our own JSON-LD context, which a document may name by its address. RDF 1.2 (statements about
    statements, text direction) is refused, since the validator reads 1.1.
    """
    graphs = set()
    for quad in parse(_guarded(source, content, form, context), form, source.name):
        _refuse_new(quad, source)
        source.triples.append(quad.triple)
        if not isinstance(quad.graph_name, ox.DefaultGraph):
            graphs.add(quad.graph_name)
    if not source.triples:
        zh, en = "其中没有任何陈述，未读到记录。", "Nothing is stated in it; no record was read."
        source.say("read-empty", "violation", zh, en, "write records / 请写入记录")
    if graphs:
        zh, en = f"{len(graphs)} 个命名图合为一图读取。", f"{len(graphs)} named graphs were read as one."
        source.say("read-graphs", "info", zh, en)


def _guarded(source: Source, content: bytes, form: str, context: Callable[[], dict[str, Any]] | None) -> str:
    """Return the text for the parser, once nothing in it is to be fetched or grows without end."""
    name = source.name
    if len(content) > (limit := MAX_JSONLD if form == "jsonld" else MAX_BYTES):
        zh, en = f"超过 {limit >> 20} MB", f"more than {limit >> 20} MB"
        fix = "请拆分，或用 aistandards convert 转为 N-Triples", "Split it, or convert it to N-Triples"
        raise UnreadableError(f"read-{form}", zh, en, fix, name)
    if content[:2] in BOMS:
        raise _not_utf8(form, name, undecoded(content) or 1)
    refuse_nul(content, name)
    text = source.text = _text(content, form, name)
    if form == "rdfxml":
        Xml(name, form).feed(text.encode())
    if form == "jsonld":
        contexts = Contexts(name, context)
        text = json.dumps(contexts.filled(read_json(text, name)), ensure_ascii=False)
        if contexts.count * contexts.largest > MAX_TERMS:
            zh, en = "上下文过多、过大", "its contexts are too many and too large"
            raise UnreadableError("read-context", zh, en, ("请只写一个上下文", "Write one context"), name)
    try:
        text.encode()
    except UnicodeEncodeError:
        zh, en = "含有半个代理对（如 \\ud800）", "half of a surrogate pair, such as \\ud800, is no character"
        raise unreadable(form, zh, en, name) from None
    return text


def statements(
    source: Source, opened: Callable[[], IO[bytes]], form: str, context: Callable[[], dict[str, Any]] | None
) -> Iterator[ox.Quad]:
    """Yield the quads of a file: as they are read where the form allows it, else after the whole was looked at."""
    with opened() as raw:
        if form not in STREAMED:
            quads = parse(_guarded(source, raw.read(), form, context), form, source.name)
        else:
            raw.seek(3 if raw.read(3) == b"\xef\xbb\xbf" else 0)
            quads = parse(raw, form, source.name)
        for quad in quads:
            _refuse_new(quad, source)
            yield quad


def _text(content: bytes, form: str, name: str) -> str:
    if form == "rdfxml" and (declared := re.match(rb"<\?xml[^>]*encoding=[\"']([\w.-]+)", content)):
        try:
            encoding = codecs.lookup(declared[1].decode()).name
            if encoding.startswith(CODES):
                raise LookupError(encoding)
            text = content.decode(encoding)
        except (LookupError, UnicodeError):
            raise _not_utf8(form, name, undecoded(content) or 1) from None
        return re.sub(r"^\s*<\?xml[^>]*\?>", "", text, count=1)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _not_utf8(form, name, undecoded(content) or 1) from None


def undecoded(content: bytes) -> int | None:
    """Return the line of the first byte that is not UTF-8, or None."""
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        return content.count(b"\n", 0, error.start) + 1
    return None


def _not_utf8(form: str, name: str, line: int) -> UnreadableError:
    zh, en = f"{CALLED[form]} 必须是 UTF-8 文本", f"{CALLED[form]} is always UTF-8 text"
    return UnreadableError(f"read-{form}", zh, en, ("请另存为 UTF-8", "Save it as UTF-8"), name, line)


def parse(data: str | IO[bytes], form: str, name: str) -> Iterator[ox.Quad]:
    """Yield the quads of a text or stream; raises UnreadableError where it is not well formed."""
    try:
        yield from ox.parse(data, format=FORMATS[form], base_iri=expand("ais:"), rename_blank_nodes=True)
    except SyntaxError as error:
        why = re.sub(r"^Parser error at [^:]*: |\.$", "", error.msg)
        where = ("", "") if error.offset is None else (f"，第 {error.offset} 列", f" at column {error.offset}")
        zh, en = (
            f"{CALLED[form]} 语法错误{where[0]}（{why[:200]}）",
            f"{CALLED[form]} syntax error{where[1]} ({why[:200]})",
        )
        fix = "请在此处更正", f"Correct the {CALLED[form]} at this place"
        line = None if form == "jsonld" else error.lineno  # it was written anew for the parser
        raise UnreadableError(f"read-{form}", zh, en, fix, name, line) from None
    except MemoryError:  # of the parser's buffer, not of the machine
        zh, en = "有一个字面量或 IRI 过长", "a literal or an IRI in it is too long"
        raise unreadable(form, zh, en, name) from None
    except (ValueError, OSError) as error:
        raise unreadable(form, f"无法读取（{error}）", f"it cannot be read ({error})", name) from None


def _refuse_new(quad: ox.Quad, source: Source) -> None:
    term = quad.object
    if not (isinstance(term, ox.Triple) or (isinstance(term, ox.Literal) and term.direction)):
        return
    marks = ("<<", "{|", "~", "--ltr", "--rtl", "direction")
    numbered = enumerate(_text_lines(source), 1)
    line = next((at for at, said in numbered if any(mark in said for mark in marks)), 1)
    fix = "请改用 RDF 1.1 写法", "Write it in RDF 1.1"
    zh, en = "不支持 RDF 1.2 的三元组项或文字方向", "triple terms and text directions of RDF 1.2 are not supported"
    raise UnreadableError(f"read-{source.form}", zh, en, fix, source.name, line)


def _text_lines(source: Source) -> Iterator[str]:
    if source.text or source.opened is None:
        yield from source.text.split("\n")
        return
    with source.opened() as raw:
        yield from (line.decode("utf-8", "replace") for line in raw)


class Contexts:
    """The contexts of a JSON-LD document: our own in place of its address, any other address refused, never fetched."""

    def __init__(self, name: str, own: Callable[[], dict[str, Any]] | None) -> None:
        self.name, self.own = name, own
        self.count = self.largest = 0  # how many there are, and the terms of the largest

    def filled(self, tree: Tree) -> Tree:
        """Return a document with our own context in place of its address."""
        if isinstance(tree, list):
            return [self.filled(item) for item in tree]
        if not isinstance(tree, dict):
            return tree
        if "@import" in tree:
            raise _remote(str(tree["@import"]), self.name)
        return {key: self._counted(value) if key == "@context" else self.filled(value) for key, value in tree.items()}

    def _counted(self, value: Any) -> Any:
        found = self._context(value)
        listed = found if isinstance(found, list) else [found]
        self.count += 1
        self.largest = max(self.largest, sum(len(one) for one in listed if isinstance(one, dict)))
        return found

    def _context(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._context(item) for item in value]
        if isinstance(value, str):
            if value in OWN_CONTEXTS and self.own:
                return self.own()["@context"]
            raise _remote(value, self.name)
        return self.filled(value)


def _remote(address: str, name: str) -> UnreadableError:
    zh, en = (
        f"上下文“{address[:200]}”须从网络获取，不予获取",
        f"the context “{address[:200]}” would have to be fetched, and nothing is",
    )
    fix = (
        f"请把上下文写入文件，或使用 {OWN_CONTEXTS[0]}",
        f"Write the context into the file, or use {OWN_CONTEXTS[0]}",
    )
    return UnreadableError("read-context", zh, en, fix, name)


def mentioned_as(iri: str) -> str:
    """Return the word by which a text mentions an IRI: what follows its last / or #."""
    return key_of(iri).rpartition("#")[2] or key_of(iri)


def pieces(source: Source) -> Iterator[tuple[int, str]]:
    """Yield the text of a source in pieces of whole lines, each with its first line, without holding the whole.

    Raises UnreadableError for a NUL byte anywhere, then for what is not UTF-8, as where the text is read as a whole.
    """
    assert source.opened is not None
    line, wrong = 1, 0
    with source.opened() as raw:
        raw.seek(3 if raw.read(3) == b"\xef\xbb\xbf" else 0)
        while piece := b"".join(raw.readlines(PIECE)):
            refuse_nul(piece, source.name, line)
            if not wrong and (at := undecoded(piece)):
                wrong = line + at - 1
            if not wrong:
                yield line, piece.decode()
            line += piece.count(b"\n")
    if wrong:
        raise _not_utf8(source.form, source.name, wrong)


def find_mentions(source: Source, wanted: Collection[str]) -> dict[str, int]:
    """Return the line on which each of some names first stands in a text, as ``mention_lines`` does."""
    found: dict[str, int] = {}
    for first, text in pieces(source) if wanted else ():
        at, line = 0, first
        for match in _TOKEN.finditer(text):
            for name in _names(match[0]):
                if name in wanted and name not in found:
                    line += text.count("\n", at, match.start())
                    at = match.start()
                    found[name] = line
    return found


def subject_names(text: str, line: int) -> Iterator[tuple[str, int]]:
    """Yield the names by which the subjects at the beginning of lines are found, each with its line."""
    at, last = 0, None
    for match in _TURTLE_SUBJECT.finditer(text):
        word = match[1] if match[1] is not None else match[2]
        if word != last:
            line += text.count("\n", at, match.start())
            at, last = match.start(), word
            yield from ((name, line) for name in _names(word))


def subject_lines(text: str, form: str) -> dict[str, int]:
    """Return the line on which each subject first stands, by its IRI as written and by what follows its last / or #."""
    pattern = _SUBJECT.get(form, _TURTLE_SUBJECT)
    return _lines(
        text, ((m.start(), m[1] if m[1] is not None else m[m.lastindex or 1]) for m in pattern.finditer(text))
    )


def mention_lines(text: str) -> dict[str, int]:
    """Return the line on which each word of a text first stands, by the word and by what follows its last / # or colon."""
    return _lines(text, ((match.start(), match[0]) for match in _TOKEN.finditer(text)))


def _lines(text: str, found: Iterator[tuple[int, str]]) -> dict[str, int]:
    lines: dict[str, int] = {}
    at, line = 0, 1
    for start, word in found:
        line += text.count("\n", at, start)
        at = start
        for name in _names(word):
            lines.setdefault(name, line)
    return lines


def _names(word: str) -> tuple[str, str, str]:
    """Return by what a word of a text is found: itself, what follows its last / or #, and its last colon."""
    return word, re.split("[/#]", word)[-1], word.rpartition(":")[2]
