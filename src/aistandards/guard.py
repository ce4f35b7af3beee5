"""The guard before the SPARQL engine: reads a query token by token, refuses what may not run, rewrites the rest unambiguously.

pyoxigraph's parser reads some texts otherwise than the grammar says: ``SERVICESILENT<…>`` is a call, a long string with
a wrong escape is read again as several short ones, ``<#>`` in an expression starts a comment. A scan that only looks
would be got round. So the engine is never given the text that came in, but ``Checked.sparql``: the tokens the guard saw,
one a line, strings and names escaped so that they can be read in one way only.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple, NoReturn
from urllib.parse import urljoin

from aistandards.errors import QueryError
from aistandards.findings import nearest
from aistandards.namespaces import PREFIXES, SPARQL_PROLOGUE

MAX_BYTES: Final = 64 * 1024
MAX_DEPTH: Final = 100
MAX_PATTERNS: Final = 100
MAX_UNARY: Final = 100
MAX_REPEATS: Final = 200  # of one operator or of one of the words in _COUNTED
MAX_VALUES: Final = 100  # VALUES blocks: each is joined with the others, 200 take 4 s to plan
PADDING: Final = (
    " " * 20
)  # the parser reports a place up to its longest keyword (14) beyond the fault: stay on the line


class QueryKind(StrEnum):
    """The four forms of a query."""

    SELECT = "select"
    ASK = "ask"
    CONSTRUCT = "construct"
    DESCRIBE = "describe"


class Token(NamedTuple):
    """A token: its kind, where it starts in the text, how it was written and how it is handed on."""

    kind: str
    start: int
    raw: str
    safe: str


@dataclass(frozen=True, slots=True)
class Checked:
    """A query that passed: its kind, the text for the engine, and what leads back from a line of it to the original."""

    kind: QueryKind
    sparql: str
    has_dataset: bool  # FROM or FROM NAMED is given
    text: str
    lines: tuple[tuple[int, str], ...]  # start and spelling of the token on each line of ``sparql``

    def place(self, line: int) -> tuple[int, int, str]:
        """Return line, column and spelling of the token on a line of ``sparql``; no spelling is the end of the text."""
        if 1 <= line <= len(self.lines):
            start, raw = self.lines[line - 1]
            return (*_position(self.text, start), raw)
        return (*_position(self.text, len(self.text.rstrip())), "")


_QUERY_FORMS = "SELECT ASK CONSTRUCT DESCRIBE"
_UPDATES = frozenset("LOAD INSERT DELETE CLEAR DROP CREATE ADD MOVE COPY WITH USING".split())
_WORDS = frozenset(
    f"""BASE PREFIX VERSION {_QUERY_FORMS} DISTINCT REDUCED AS FROM NAMED WHERE GROUP BY HAVING ORDER ASC DESC LIMIT
    OFFSET VALUES UNDEF OPTIONAL GRAPH LATERAL BIND FILTER MINUS UNION IN NOT EXISTS SEPARATOR TRUE FALSE A
    STR LANG LANGMATCHES LANGDIR DATATYPE BOUND IRI URI BNODE RAND ABS CEIL FLOOR ROUND CONCAT SUBSTR STRLEN REPLACE
    UCASE LCASE ENCODE_FOR_URI CONTAINS STRSTARTS STRENDS STRBEFORE STRAFTER YEAR MONTH DAY HOURS MINUTES SECONDS
    TIMEZONE TZ NOW UUID STRUUID MD5 SHA1 SHA256 SHA384 SHA512 COALESCE IF STRLANG STRLANGDIR STRDT SAMETERM ISIRI
    ISURI ISBLANK ISLITERAL ISNUMERIC HASLANG HASLANGDIR REGEX TRIPLE SUBJECT PREDICATE OBJECT ISTRIPLE ADJUST
    COUNT SUM MIN MAX AVG SAMPLE GROUP_CONCAT""".split()
)
_COUNTED = frozenset("UNION OPTIONAL MINUS FILTER BIND AS EXISTS GRAPH LATERAL SELECT".split())
_BREAKS = frozenset("OPTIONAL MINUS FILTER BIND GRAPH LATERAL VALUES UNION".split())  # end the pattern before them
_OPERATORS = frozenset(["!", "-", "+", "*", "/", "|", "^", "&&", "||", "?", "=", "!=", "<", ">", "<=", ">="])
_CLOSING = {")": "(", "]": "[", "}": "{", ")>>": "<<(", ">>": "<<", "|}": "{|"}
_OPENING = frozenset(_CLOSING.values())

_BASE = (
    "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c-\u200d"
    "\u2070-\u218f\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
_MARKS = "0-9\u00b7\u0300-\u036f\u203f-\u2040"
_ESCAPE = r"\\(?:[tbnrf\"'\\]|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8})"
_PLX = r"%[0-9A-Fa-f]{2}|\\[_~.\-!$&'()*+,;=/?\#@%]"
_CH = rf"[{_BASE}_{_MARKS}\-]"

_IRI = re.compile(r"<([^<>\"{}|^`\\\x00-\x20]*+)>")
_NUMBER = re.compile(
    r"[+-]?(?:[0-9]++\.[0-9]*+[eE][+-]?[0-9]++|[0-9]*+\.[0-9]++(?:[eE][+-]?[0-9]++)?|[0-9]++(?:[eE][+-]?[0-9]++)?)"
)
_TOKEN = re.compile(
    rf"""
      (?P<space>[ \t\r\n]++)
    | (?P<comment>\#[^\r\n]*+)
    | (?P<string>\"\"\"(?:\"{{0,2}}(?:[^"\\]|{_ESCAPE}))*+\"\"\" | '''(?:'{{0,2}}(?:[^'\\]|{_ESCAPE}))*+'''
        | (?!\"\"\")"(?:[^"\\\r\n]|{_ESCAPE})*+" | (?!''')'(?:[^'\\\r\n]|{_ESCAPE})*+')
    | (?P<variable>[?$][{_BASE}_0-9][{_BASE}_{_MARKS}]*+)
    | (?P<blank>_:[{_BASE}_0-9]{_CH}*+)
    | (?P<name>(?:[{_BASE}]{_CH}*+(?:\.++{_CH}++)*+)?:
        (?:(?:[{_BASE}_:0-9]|{_PLX})(?:{_CH}|:|{_PLX})*+(?:\.++(?:{_CH}|:|{_PLX})++)*+)?)
    | (?P<word>[A-Za-z][A-Za-z0-9_]*+)
    | (?P<language>@[A-Za-z]++(?:--?[A-Za-z0-9]++)*+)
    | (?P<mark><<\(|\)>>|<<|>>|\{{\||\|\}}|\^\^|&&|\|\||!=|<=|>=|[{{}}()\[\];,.=<>!+\-*/|^?~])
    """,
    re.VERBOSE,
)
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_EXPRESSION_INSIDE = re.compile(r"[?$=!+\-.0-9]|\w++\(")
_OPERANDS = frozenset(["string", "iri", "name", "variable", "blank", "number"])


def guard(text: str, graphs: Collection[str] | None = None) -> QueryKind:
    """Return the kind of a query that may run; raises QueryError naming the rule and the fix for any other text.

    ``graphs`` are the IRIs of the graphs on record: where given, FROM may name no other.
    """
    return check(text, graphs).kind


def check(text: str, graphs: Collection[str] | None = None) -> Checked:
    """Return the query as it may be handed to the engine; raises QueryError like ``guard``."""
    text = text.removeprefix("\ufeff").removeprefix(
        SPARQL_PROLOGUE
    )  # predeclared anyway: keeps the writer's line numbers
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > MAX_BYTES:
        raise QueryError(
            f"The query is {size:,} bytes long; the limit is {MAX_BYTES:,}. Shorten it or split it.",
            f"查询长 {size:,} 字节，上限为 {MAX_BYTES:,}。请缩短或拆分。",
        )
    if bad := _FORBIDDEN.search(text):
        _refuse(text, bad.start(), "a control character is not allowed; remove it", "不允许控制字符，请删除")
    rules = _Rules(text, graphs)
    tokens = list(_safe(_tokens(text), rules))
    kind = rules.end()
    return Checked(
        kind=kind,
        sparql="".join(f"{token.safe}{PADDING}\n" for token in tokens),
        has_dataset=rules.has_dataset,
        text=text,
        lines=tuple((token.start, token.raw) for token in tokens),
    )


def _position(text: str, at: int) -> tuple[int, int]:
    return text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)


def _refuse(text: str, at: int, en: str, zh: str) -> NoReturn:
    line, column = _position(text, at)
    raise QueryError(f"Line {line}, column {column}: {en}.", f"第 {line} 行第 {column} 列：{zh}。")


def _tokens(text: str) -> Iterator[Token]:
    """Yield the tokens of a text, without blanks and comments; brackets are matched on the way."""
    at, before, brackets = 0, Token("", 0, "", ""), _Brackets(text)
    while at < len(text):
        if (kind_raw := _special(text, at, before, brackets)) is None:
            found = _TOKEN.match(text, at)
            if found is None:
                _unreadable(text, at)
            kind_raw = str(found.lastgroup), found.group()
        kind, raw = kind_raw
        if kind not in ("space", "comment"):
            if kind == "mark" and raw == "<" and not brackets.in_expression:
                _refuse(
                    text,
                    at,
                    "this < starts no valid IRI (blanks, quotes and braces must be %-encoded)",
                    "此处 < 之后不是有效的 IRI",
                )
            before = Token(kind, at, raw, _rewritten(kind, raw, text, at))
            brackets.follow(before)
            yield before
        at += len(raw)
    brackets.end()


def _special(text: str, at: int, before: Token, brackets: _Brackets) -> tuple[str, str] | None:
    """Tell an IRI from the less-than sign, and a signed number from a sign and a number, by what stands before."""
    first = text[at]
    operand = before.kind in _OPERANDS or before.raw in (")", "]")
    if first == "<" and (found := _IRI.match(text, at)):
        inside = found.group(1)
        if brackets.in_expression and operand and "//" not in inside and _EXPRESSION_INSIDE.match(inside):
            return "mark", text[at : at + 1 + (inside[:1] == "=")]
        return "iri", found.group()
    if first in "+-.0123456789" and (found := _NUMBER.match(text, at)):
        touching = operand and before.start + len(before.raw) == at
        return ("mark", first) if first in "+-" and touching else ("number", found.group())
    return None


def _unreadable(text: str, at: int) -> NoReturn:
    if text[at] in "\"'":
        _refuse(
            text, at, "this string is not closed, or holds an unknown \\ escape", "此字符串未闭合，或含有未知的 \\ 转义"
        )
    if text[at] == "\\":
        _refuse(
            text,
            at,
            "\\ escapes such as \\u0053 are allowed in strings only; write the character",
            "\\ 转义只能用于字符串，请直接写出字符",
        )
    _refuse(text, at, f"unexpected character {text[at]!r}", f"意外的字符 {text[at]!r}")


_CONTROL = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f"}
_ONE_ESCAPE = re.compile(_ESCAPE)
_TO_ESCAPE = re.compile('["\\\\\x00-\x1f\x7f]')
_LOCAL_DOT = re.compile(r"\\.|\.")


def _rewritten(kind: str, raw: str, text: str, at: int) -> str:
    """Return a token in a spelling that can be read in one way only."""
    if kind == "name":  # the parser ends a name at some dots: escape them all
        prefix, _, local = raw.partition(":")
        return f"{prefix}:" + _LOCAL_DOT.sub(lambda found: "\\" + found.group()[-1], local)
    if kind != "string":
        return raw
    quotes = 3 if raw.startswith(('"""', "'''")) and len(raw) >= 6 else 1

    def character(found: re.Match[str]) -> str:
        escape = found.group()[1:]
        if escape[0] not in "uU":
            return _CONTROL.get(escape, escape)
        code = int(escape[1:], 16)
        if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
            _refuse(text, at, f"\\{escape} is no character", f"\\{escape} 不是字符")
        return chr(code)

    value = _ONE_ESCAPE.sub(character, raw[quotes:-quotes])
    return '"' + _TO_ESCAPE.sub(lambda found: _escaped(found.group()), value) + '"'


def _escaped(character: str) -> str:
    short = {"\n": "\\n", "\r": "\\r", "\t": "\\t", '"': '\\"', "\\": "\\\\"}
    return short.get(character) or f"\\u{ord(character):04X}"


class _Brackets:
    """The open brackets, by kind; the braces of a VALUES block are told from those of a pattern."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.open: list[Token] = []
        self.values: list[bool] = []
        self._values_next = False

    @property
    def in_expression(self) -> bool:
        """Whether a less-than sign may stand here: within round brackets, but not those of a VALUES block."""
        return bool(self.open) and self.open[-1].raw == "(" and not any(self.values[-2:])

    def follow(self, token: Token) -> None:
        if token.kind == "word" and token.raw.upper() == "VALUES":
            self._values_next = True
        if token.kind != "mark":
            return
        if token.raw in _OPENING:
            self.open.append(token)
            self.values.append(token.raw == "{" and self._values_next)
            self._values_next = self._values_next and token.raw != "{"
            if len(self.open) > MAX_DEPTH:
                _refuse(
                    self.text,
                    token.start,
                    f"brackets are nested more than {MAX_DEPTH} deep; simplify the query",
                    f"括号嵌套超过 {MAX_DEPTH} 层，请简化查询",
                )
        elif token.raw in _CLOSING:
            if not self.open or self.open.pop().raw != _CLOSING[token.raw]:
                _refuse(
                    self.text, token.start, f"{token.raw} closes nothing that is open", f"{token.raw} 没有对应的开括号"
                )
            self.values.pop()

    def end(self) -> None:
        if self.open:
            last = self.open[-1]
            _refuse(self.text, last.start, f"{last.raw} is not closed", f"{last.raw} 未闭合")


def _safe(tokens: Iterator[Token], rules: _Rules) -> Iterator[Token]:
    """Yield tokens that pass the rules; a string's language tag or datatype is joined to it."""
    kept: Token | None = None
    for token in tokens:
        rules.follow(token)
        if kept and kept.kind == "string" and (token.kind == "language" or token.raw == "^^"):
            kept = kept._replace(kind="typed" if token.raw == "^^" else "literal", safe=kept.safe + token.raw)
        elif kept and kept.kind == "typed" and token.kind in ("iri", "name"):
            kept = kept._replace(kind="literal", safe=kept.safe + token.safe)
        else:
            if kept:
                yield kept
            kept = token
    if kept:
        yield kept


class _Rules:
    """Follows the tokens of one query and refuses the first that breaks a rule."""

    def __init__(self, text: str, graphs: Collection[str] | None) -> None:
        self.text = text
        self.graphs = graphs
        self.kind: QueryKind | None = None
        self.has_dataset = False
        self.prefixes = dict(PREFIXES)
        self.base = ""
        self.counts: Counter[str] = Counter()
        self.patterns = 0
        self.levels: list[str] = [""]  # the open brackets, "V" for the braces of a VALUES block
        self.terms = [0]  # what stands since the last separator, for each open bracket
        self.unary = 0
        self.expects = ""  # what the words before announced: prefix, namespace, base, graph
        self.last = Token("", 0, "", "")
        self.values_next = False

    def follow(self, token: Token) -> None:
        """Check one token."""
        if token.kind == "word":
            self._word(token)
        elif token.kind == "name":
            self._name(token)
        elif token.kind == "iri":
            self._iri(token, urljoin(self.base, token.raw[1:-1]))
        elif token.kind == "mark":
            self._mark(token)
        elif token.kind == "language" and self.last.kind != "string":
            self._refuse(token, f"{token.raw} must follow a string", f"{token.raw} 必须跟在字符串之后")
        if token.kind not in ("word", "mark"):
            self._term(token)
        self.unary = self.unary + 1 if token.raw in ("!", "-", "+") else 0
        if self.unary > MAX_UNARY:
            self._too_many(token, f"{token.raw} in a row", MAX_UNARY)
        self.last = token

    def end(self) -> QueryKind:
        """Return the kind of the query once all tokens were seen."""
        if self.kind is None:
            raise QueryError(
                "There is no query: start with SELECT, ASK, CONSTRUCT or DESCRIBE.",
                "没有查询：请以 SELECT、ASK、CONSTRUCT 或 DESCRIBE 开头。",
            )
        return self.kind

    def _word(self, token: Token) -> None:
        word = token.raw.upper()
        if "SERVICE" in word:
            self._no_service(token)
        if word in _UPDATES:
            self._refuse(
                token,
                f"{word} is an update; this endpoint is read-only, write a query",
                f"{word} 是更新操作；此端点只读，请改写为查询",
            )
        if word not in _WORDS:
            near = nearest(word, _WORDS)
            en, zh = (f"; did you mean {near}?", f"，是否指 {near}？") if near else ("", "")
            self._refuse(
                token,
                f"{token.raw} is no SPARQL word (a name needs a prefix, a text quotes){en}",
                f"{token.raw} 不是 SPARQL 词语{zh}",
            )
        if self.kind is None and word in _QUERY_FORMS.split():
            self.kind = QueryKind(word.lower())
        elif self.kind is None and word not in ("BASE", "PREFIX", "VERSION"):
            self._refuse(
                token,
                f"a query cannot start with {token.raw}; use SELECT, ASK, CONSTRUCT or DESCRIBE",
                f"查询不能以 {token.raw} 开头",
            )
        self.expects = {"PREFIX": "prefix", "BASE": "base", "FROM": "graph"}.get(
            word, self.expects if word == "NAMED" else ""
        )
        self.has_dataset = self.has_dataset or word == "FROM"
        self.values_next = self.values_next or word == "VALUES"
        if word in _BREAKS:
            self._separate(token)
        if word in _COUNTED or word == "VALUES":
            self._count(token, word)

    def _name(self, token: Token) -> None:
        prefix, _, local = token.raw.partition(":")
        if "SERVICE" in prefix.upper():  # the parser takes it for the keyword
            self._refuse(
                token,
                f"the prefix {prefix}: is not allowed, SERVICE is switched off; rename it",
                f"不允许前缀 {prefix}:，SERVICE 已停用；请改名",
            )
        if self.expects == "prefix" and not local:
            self.expects = f"namespace {prefix}"
            return
        if prefix not in self.prefixes:
            near = nearest(prefix, self.prefixes)
            en, zh = (f" Did you mean {near}:?", f"是否指 {near}:？") if near else ("", "")
            line, column = _position(self.text, token.start)
            raise QueryError(
                f"Line {line}, column {column}: unknown prefix {prefix}:. Declare it: PREFIX {prefix}: <…>.{en}",
                f"第 {line} 行第 {column} 列：未知前缀 {prefix}:。请声明：PREFIX {prefix}: <…>。{zh}",
            )
        self._iri(token, self.prefixes[prefix] + re.sub(r"\\(.)", r"\1", local))

    def _iri(self, token: Token, iri: str) -> None:
        expects, self.expects = self.expects, ""
        if expects == "graph" and self.graphs is not None and iri not in self.graphs:
            raise unknown_graph(iri)
        if expects == "base":
            self.base = iri
        elif expects.startswith("namespace "):
            self.prefixes[expects.removeprefix("namespace ")] = iri

    def _mark(self, token: Token) -> None:
        mark = token.raw
        if mark in _OPENING:
            if mark in ("{", "[", "{|") and self.levels[-1] in ("{", "{|") and mark == "{":
                self._separate(token)
            self.levels.append("V" if mark == "{" and self.values_next else mark)
            self.values_next = self.values_next and mark != "{"
            self.terms.append(0)
        elif mark in _CLOSING:
            if mark != ")":
                self._separate(token)
            self.levels.pop()
            self.terms.pop()
        elif mark in (".", ";", ","):
            self._separate(token)
        if mark in _OPERATORS:
            self._count(token, mark)
        if mark == "{":
            self._count(token, mark)

    def _term(self, token: Token) -> None:
        if self.levels[-1] == "(" and "V" not in self.levels[-2:] and self.last.kind in _OPERANDS:
            self._pattern(token)  # two terms side by side in round brackets: a list, each item of it two triples
        self.terms[-1] += 1

    def _separate(self, token: Token) -> None:
        if self.levels[-1] in ("{", "[", "{|") and self.terms[-1]:
            self._pattern(token)
        self.terms[-1] = 0

    def _pattern(self, token: Token) -> None:
        self.patterns += 1
        if self.patterns > MAX_PATTERNS:
            self._too_many(token, "triple patterns", MAX_PATTERNS)

    def _count(self, token: Token, what: str) -> None:
        self.counts[what] += 1
        limit = MAX_VALUES if what == "VALUES" else MAX_REPEATS
        if self.counts[what] > limit:
            self._too_many(token, what, limit)

    def _too_many(self, token: Token, what: str, limit: int) -> NoReturn:
        self._refuse(token, f"more than {limit} {what}; split the query", f"{what} 超过 {limit} 个，请拆分查询")

    def _no_service(self, token: Token) -> NoReturn:
        self._refuse(
            token,
            "SERVICE is switched off: queries run on this store alone; fetch the other data yourself",
            "SERVICE 已停用：查询只在本存储上运行，请自行获取其他数据",
        )

    def _refuse(self, token: Token, en: str, zh: str) -> NoReturn:
        _refuse(self.text, token.start, en, zh)


def unknown_graph(iri: str) -> QueryError:
    """Return the error for a graph that is not on record."""
    return QueryError(
        f"Unknown graph <{iri}>: nothing is fetched or read. List the graphs with SELECT DISTINCT ?g {{ GRAPH ?g {{}} }}.",
        f"未知的图 <{iri}>：不会抓取或读取任何内容。可用 SELECT DISTINCT ?g {{ GRAPH ?g {{}} }} 列出各图。",
    )
