"""The guard before the SPARQL engine: reads a query token by token, refuses what may not run, rewrites the rest.

pyoxigraph's parser reads some texts otherwise than the grammar says: ``SERVICESILENT<…>`` is a call, a long string
with a wrong escape is read again as several short ones, ``<#>`` in an expression starts a comment. A scan that only
looks would be got round. So the engine is never given the text that came in, but ``Checked.sparql``: the tokens the
guard saw, one a line, strings and names escaped so that they can be read in one way only.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NoReturn
from urllib.parse import urljoin

from aistandards.errors import QueryError
from aistandards.findings import nearest
from aistandards.namespaces import BASE, PREFIXES, SPARQL_PROLOGUE
from aistandards.tokens import (
    IRI,
    LOCAL_ESCAPE,
    NUMBER,
    TOKEN,
    Token,
    inside_of,
    joined,
    position,
    refuse,
    rewritten,
    unreadable,
)

MAX_BYTES: Final = 64 * 1024
MAX_DEPTH: Final = 100
MAX_PATTERNS: Final = 100
MAX_UNARY: Final = 100
MAX_REPEATS: Final = 200  # of one operator or of one of the words in _COUNTED, but for:
MAX_OF: Final = {"VALUES": 100, "{": 400}  # 200 VALUES blocks take 4 s to plan; each side of a UNION has its braces
PADDING: Final = " " * 20  # the parser reports a place up to its longest keyword (14) beyond the fault


class QueryKind(StrEnum):
    """The four forms of a query."""

    SELECT = "select"
    ASK = "ask"
    CONSTRUCT = "construct"
    DESCRIBE = "describe"


@dataclass(frozen=True, slots=True)
class Checked:
    """A query that passed: its kind, the text for the engine, and what leads back from a line of it to the original."""

    kind: QueryKind
    sparql: str
    dataset: tuple[tuple[str, ...], ...] | None  # the graphs of FROM and those of FROM NAMED, where any are given
    text: str
    lines: tuple[tuple[int, str], ...]  # start and spelling of the token on each line of ``sparql``

    def place(self, line: int) -> tuple[int, int, str]:
        """Return line, column and spelling of the token on a line of ``sparql``; no spelling is the end of the text."""
        if 1 <= line <= len(self.lines):
            start, raw = self.lines[line - 1]
            return (*position(self.text, start), raw)
        return (*position(self.text, len(self.text.rstrip())), "")


_WORD_LIST = """BASE PREFIX VERSION SELECT ASK CONSTRUCT DESCRIBE DISTINCT REDUCED AS FROM NAMED WHERE GROUP BY HAVING
    ORDER ASC DESC LIMIT OFFSET VALUES UNDEF OPTIONAL GRAPH LATERAL BIND FILTER MINUS UNION IN NOT EXISTS SEPARATOR
    TRUE FALSE A STR LANG LANGMATCHES LANGDIR DATATYPE BOUND IRI URI BNODE RAND ABS CEIL FLOOR ROUND CONCAT SUBSTR
    STRLEN REPLACE UCASE LCASE ENCODE_FOR_URI CONTAINS STRSTARTS STRENDS STRBEFORE STRAFTER YEAR MONTH DAY HOURS
    MINUTES SECONDS TIMEZONE TZ NOW UUID STRUUID MD5 SHA1 SHA256 SHA384 SHA512 COALESCE IF STRLANG STRLANGDIR STRDT
    SAMETERM ISIRI ISURI ISBLANK ISLITERAL ISNUMERIC HASLANG HASLANGDIR REGEX TRIPLE SUBJECT PREDICATE OBJECT ISTRIPLE
    ADJUST COUNT SUM MIN MAX AVG SAMPLE GROUP_CONCAT"""
_WORDS = frozenset(_WORD_LIST.split())
_FORMS = frozenset(kind.name for kind in QueryKind)
_UPDATES = frozenset(["LOAD", "INSERT", "DELETE", "CLEAR", "DROP", "CREATE", "ADD", "MOVE", "COPY", "WITH", "USING"])
_BREAKS = frozenset(["OPTIONAL", "MINUS", "FILTER", "BIND", "GRAPH", "LATERAL", "VALUES", "UNION"])  # end a pattern
_COUNTED = _BREAKS | {"AS", "EXISTS", "SELECT"}
_OPERATORS = frozenset(["!", "-", "+", "*", "/", "|", "^", "&&", "||", "?", "=", "!=", "<", ">", "<=", ">="])
_CLOSING = {")": "(", "]": "[", "}": "{", ")>>": "<<(", ">>": "<<", "|}": "{|"}
_OPENING = frozenset(_CLOSING.values())

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
    text = text.removeprefix("\ufeff").removeprefix(SPARQL_PROLOGUE)  # known anyway: lines count as the writer's
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > MAX_BYTES:
        raise QueryError(
            f"The query is {size:,} bytes long; the limit is {MAX_BYTES:,}. Shorten it or split it.",
            f"查询长 {size:,} 字节，上限为 {MAX_BYTES:,}。请缩短或拆分。",
        )
    if bad := _FORBIDDEN.search(text):
        refuse(text, bad.start(), "a control character is not allowed; remove it", "不允许控制字符，请删除")
    rules = _Rules(text, graphs)
    tokens = list(joined(_tokens(text, rules)))
    kind = rules.end()
    return Checked(
        kind=kind,
        sparql="".join(f"{token.safe}{PADDING}\n" for token in tokens),
        dataset=tuple(map(tuple, rules.dataset)) if any(rules.dataset) else None,
        text=text,
        lines=tuple((token.start, token.raw) for token in tokens),
    )


def _tokens(text: str, rules: _Rules) -> Iterator[Token]:
    """Yield the tokens of a text that pass the rules, without blanks and comments."""
    at = 0
    while at < len(text):
        special = _special(text, at, rules)
        if special is None:
            found = TOKEN.match(text, at)
            if found is None:
                unreadable(text, at)
            special = str(found.lastgroup), found.group()
        kind, raw = special
        if kind not in ("space", "comment"):
            token = Token(kind, at, raw, rewritten(kind, raw, text, at))
            rules.follow(token)
            yield token
        at += len(raw)


def _special(text: str, at: int, rules: _Rules) -> tuple[str, str] | None:
    """Tell an IRI from the less-than sign, and a signed number from a sign and a number, by what stands before."""
    first, before = text[at], rules.last
    operand = before.kind in _OPERANDS or before.raw in (")", "]")
    if first == "<" and (found := IRI.match(text, at)):
        inside = inside_of(found.group(1), text, at)
        doubtful = rules.in_expression and operand and "//" not in inside
        if doubtful and (_EXPRESSION_INSIDE.match(inside) or len(inside) > MAX_REPEATS):
            return "mark", "<=" if inside.startswith("=") else "<"
        return "iri", found.group()
    if first in "+-.0123456789" and (found := NUMBER.match(text, at)):
        touching = operand and before.start + len(before.raw) == at
        return ("mark", first) if first in "+-" and touching else ("number", found.group())
    return None


class _Rules:
    """Follows the tokens of one query and refuses the first that breaks a rule."""

    def __init__(self, text: str, graphs: Collection[str] | None) -> None:
        self.text = text
        self.graphs = graphs
        self.kind: QueryKind | None = None
        self.dataset: tuple[list[str], list[str]] = ([], [])
        self.last = Token("", 0, "", "")
        self.prefixes = dict(PREFIXES)
        self.base = BASE
        self.expects = ""  # what the words before announced: prefix, namespace, base, graph
        self.counts: Counter[str] = Counter()
        self.unary = 0
        self.patterns = 0
        self.open: list[Token] = []
        self.levels = [""]  # the open brackets, "VALUES" for the braces of such a block
        self.terms = [0]  # how many terms stand since the last separator, for each level
        self.values_next = False

    @property
    def in_expression(self) -> bool:
        """Whether a less-than sign may stand here: within round brackets, but not those of a VALUES block."""
        return self.levels[-1] == "(" and self.levels[-2] != "VALUES"

    def follow(self, token: Token) -> None:
        """Check one token."""
        if token.kind == "word":
            self._word(token)
        elif token.kind == "name":
            self._name(token)
        elif token.kind == "iri":
            self._iri(self._absolute(token.safe[1:-1]))
        elif token.kind == "mark":
            self._mark(token)
        elif token.kind == "language" and self.last.kind != "string":
            self._refuse(token, f"{token.raw[:40]} must follow a string", f"{token.raw[:40]} 必须跟在字符串之后")
        if token.kind in _OPERANDS:
            self._term(token)
        self.unary = self.unary + 1 if token.raw in ("!", "-", "+") else 0
        if self.unary > MAX_UNARY:
            self._too_many(token, f"{token.raw} in a row", MAX_UNARY)
        self.last = token

    def end(self) -> QueryKind:
        """Return the kind of the query once all tokens were seen."""
        for last in self.open[-1:]:
            self._refuse(last, f"{last.raw} is not closed", f"{last.raw} 未闭合")
        if self.kind is None:
            raise QueryError(
                "There is no query: start with SELECT, ASK, CONSTRUCT or DESCRIBE.",
                "没有查询：请以 SELECT、ASK、CONSTRUCT 或 DESCRIBE 开头。",
            )
        return self.kind

    def _word(self, token: Token) -> None:
        word = token.raw.upper()
        if "SERVICE" in word:
            self._refuse(
                token, "SERVICE is off, queries run on this store alone", "SERVICE 已停用，查询只在本存储上运行"
            )
        if word in _UPDATES:
            self._refuse(
                token, f"{word} is an update, this is read-only; write a query", f"{word} 是更新操作，此处只读"
            )
        if word not in _WORDS:
            self._unknown_word(token)
        if self.kind is None and word in _FORMS:
            self.kind = QueryKind(word.lower())
        elif self.kind is None and word not in ("BASE", "PREFIX", "VERSION"):
            self._refuse(
                token,
                f"a query cannot start with {token.raw}; use SELECT, ASK, CONSTRUCT or DESCRIBE",
                f"查询不能以 {token.raw} 开头，请用 SELECT、ASK、CONSTRUCT 或 DESCRIBE",
            )
        if word != "NAMED":
            self.expects = {"PREFIX": "prefix", "BASE": "base", "FROM": "graph"}.get(word, "")
        elif self.expects == "graph":
            self.expects = "named graph"
        self.values_next = self.values_next or word == "VALUES"
        if word in _BREAKS:
            self._separate(token)
        if word in _COUNTED:
            self._count(token, word)

    def _unknown_word(self, token: Token) -> NoReturn:
        raw, en, zh = token.raw[:40], "; names take a prefix, texts take quotes", "；名称需前缀，文本需引号"
        if near := nearest(raw, _WORDS):
            en, zh = f"; did you mean {near}?", f"，是否指 {near}？"
        self._refuse(token, f"{raw} is no SPARQL word{en}", f"{raw} 不是 SPARQL 词语{zh}")

    def _name(self, token: Token) -> None:
        prefix, _, local = token.raw.partition(":")
        if "SERVICE" in prefix.upper():  # the parser may take it for the keyword
            shown = prefix[:40]
            self._refuse(
                token, f"prefix {shown}: reads as SERVICE; rename it", f"前缀 {shown}: 与 SERVICE 相混，请改名"
            )
        if self.expects == "prefix" and not local:
            self.expects = f"namespace {prefix}"
            return
        if prefix not in self.prefixes:
            near = nearest(prefix, self.prefixes)
            en, zh = (f"; did you mean {near}:?", f"；是否指 {near}:？") if near else ("", "")
            shown = prefix[:40]
            self._refuse(
                token,
                f"unknown prefix {shown}:, declare it with PREFIX {shown}: <…>{en}",
                f"未知前缀 {shown}:，请用 PREFIX {shown}: <…> 声明{zh}",
            )
        self._iri(self.prefixes[prefix] + LOCAL_ESCAPE.sub(r"\1", local))

    def _absolute(self, iri: str) -> str:
        try:
            return urljoin(self.base, iri)
        except ValueError:  # such as an unfinished IPv6 address; the engine will say so
            return iri

    def _iri(self, iri: str) -> None:
        expects, self.expects = self.expects, ""
        if expects.endswith("graph"):
            if self.graphs is not None and iri not in self.graphs:
                raise unknown_graph(iri)
            self.dataset[expects == "named graph"].append(iri)
        if expects == "base":
            self.base = iri
        elif expects.startswith("namespace "):
            self.prefixes[expects.removeprefix("namespace ")] = iri

    def _mark(self, token: Token) -> None:
        mark = token.raw
        if mark == "<" and not self.in_expression:
            self._refuse(
                token,
                "this < starts no valid IRI (write blanks, quotes, braces as %20, %22, %7B)",
                "此处 < 之后不是有效的 IRI（空格、引号、花括号请写作 %20、%22、%7B）",
            )
        if mark in _OPENING:
            self._open(token)
        elif mark in _CLOSING:
            self._close(token)
        elif mark in (".", ";", ","):
            self._separate(token)
        if mark in _OPERATORS or mark == "{":
            self._count(token, mark)

    def _open(self, token: Token) -> None:
        if token.raw == "{":
            self._separate(token)
        self.open.append(token)
        self.levels.append("VALUES" if token.raw == "{" and self.values_next else token.raw)
        self.values_next = self.values_next and token.raw != "{"
        self.terms.append(0)
        if len(self.open) > MAX_DEPTH:
            self._refuse(token, f"nested over {MAX_DEPTH} deep; simplify it", f"嵌套超过 {MAX_DEPTH} 层，请简化")

    def _close(self, token: Token) -> None:
        if not self.open or self.open[-1].raw != _CLOSING[token.raw]:
            self._refuse(token, f"{token.raw} closes nothing that is open", f"{token.raw} 没有对应的开括号")
        self._separate(token)
        self.open.pop()
        self.levels.pop()
        self.terms.pop()

    def _term(self, token: Token) -> None:
        if self.in_expression and not self.values_next and self.last.kind in _OPERANDS:
            self._pattern(token)  # two terms side by side in round brackets: a list, each item of it is two triples
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
        if self.counts[what] > (limit := MAX_OF.get(what, MAX_REPEATS)):
            self._too_many(token, what, limit)

    def _too_many(self, token: Token, what: str, limit: int) -> NoReturn:
        self._refuse(token, f"more than {limit} {what}; split the query", f"{what} 超过 {limit} 个，请拆分查询")

    def _refuse(self, token: Token, en: str, zh: str) -> NoReturn:
        refuse(self.text, token.start, en, zh)


def unknown_graph(iri: str) -> QueryError:
    """Return the error for a graph that is not on record."""
    return QueryError(
        f"Unknown graph <{iri}>: nothing is fetched. `SELECT DISTINCT ?g {{ GRAPH ?g {{}} }}` lists the graphs.",
        f"未知的图 <{iri}>：不会抓取任何内容。可用 `SELECT DISTINCT ?g {{ GRAPH ?g {{}} }}` 列出各图。",
    )
