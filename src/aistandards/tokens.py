"""Tokens of a SPARQL text: how they look, what their escapes say, and a spelling that can be read in one way only."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple, NoReturn

from aistandards.errors import QueryError

_TIGHT_CALLS = frozenset(["BNODE", "CONCAT", "COALESCE"])  # the parser takes no blank before their bracket


class Token(NamedTuple):
    """A token: its kind, where it starts in the text, how it was written and how it is handed on."""

    kind: str
    start: int
    raw: str
    safe: str


_BASE = (
    "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c-\u200d"
    "\u2070-\u218f\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
_MARKS = "0-9\u00b7\u0300-\u036f\u203f-\u2040"
_ESCAPE = r"\\(?:[tbnrf\"'\\]|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8})"
_PLX = r"%[0-9A-Fa-f]{2}|\\[_~.\-!$&'()*+,;=/?\#@%]"
_CH = rf"[{_BASE}_{_MARKS}\-]"

IRI = re.compile(r"<((?:[^<>\"{}|^`\\\x00-\x20]|\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8})*+)>")
_NOT_IN_IRI = re.compile(r"[<>\"{}|^`\\\x00-\x20]")
NUMBER = re.compile(
    r"[+-]?(?:[0-9]++\.[0-9]*+[eE][+-]?[0-9]++|[0-9]*+\.[0-9]++(?:[eE][+-]?[0-9]++)?|[0-9]++(?:[eE][+-]?[0-9]++)?)"
)
TOKEN = re.compile(
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


def position(text: str, at: int) -> tuple[int, int]:
    """Return line and column, from 1."""
    return text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)


def refuse(text: str, at: int, en: str, zh: str) -> NoReturn:
    """Raise QueryError for what stands at a place of a text."""
    line, column = position(text, at)
    end_en, end_zh = ("", "") if en.endswith("?") else (".", "。")
    raise QueryError(f"Line {line}, column {column}: {en}{end_en}", f"第 {line} 行第 {column} 列：{zh}{end_zh}")


def inside_of(iri: str, text: str, at: int) -> str:
    """Return what an IRI says once its escapes are read; refuses one that hides what no IRI may hold."""
    if "\\" not in iri:
        return iri
    read = _ONE_ESCAPE.sub(lambda found: _character(found.group()[1:], text, at), iri)
    if _NOT_IN_IRI.search(read):
        refuse(
            text, at, "a \\ escape in this IRI stands for no character of an IRI", "此 IRI 中的 \\ 转义不是 IRI 字符"
        )
    return read


def unreadable(text: str, at: int) -> NoReturn:
    """Raise QueryError for a place where no token begins."""
    if text[at] in "\"'":
        refuse(text, at, "this string is not closed or has a wrong \\ escape", "字符串未闭合，或 \\ 转义有误")
    if text[at] == "\\":
        refuse(
            text,
            at,
            "\\ escapes are for strings and IRIs only; write the character",
            "\\ 转义只用于字符串和 IRI，请直接写字符",
        )
    refuse(text, at, f"unexpected character {text[at]!r}", f"意外的字符 {text[at]!r}")


_CONTROL = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f"}
_ONE_ESCAPE = re.compile(_ESCAPE)
_TO_ESCAPE = re.compile('["\\\\\x00-\x1f\x7f]')
LOCAL_ESCAPE = re.compile(r"\\(.)")
_LOCAL_DOT = re.compile(r"\\.|\.")


def rewritten(kind: str, raw: str, text: str, at: int) -> str:
    """Return a token in a spelling that can be read in one way only."""
    if kind == "name":  # the parser ends a name at some dots: escape them all
        prefix, _, local = raw.partition(":")
        return f"{prefix}:" + _LOCAL_DOT.sub(lambda found: "\\" + found.group()[-1], local)
    if kind == "iri":
        return f"<{inside_of(raw[1:-1], text, at)}>"
    if kind != "string":
        return raw
    quotes = 3 if raw.startswith(('"""', "'''")) and len(raw) >= 6 else 1

    value = _ONE_ESCAPE.sub(lambda found: _character(found.group()[1:], text, at), raw[quotes:-quotes])
    return '"' + _TO_ESCAPE.sub(lambda found: _escaped(found.group()), value) + '"'


def _character(escape: str, text: str, at: int) -> str:
    """Return the character that an escape stands for."""
    if escape[0] not in "uU":
        return _CONTROL.get(escape, escape)
    code = int(escape[1:], 16)
    if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
        refuse(text, at, f"\\{escape} is no character", f"\\{escape} 不是字符")
    return chr(code)


def _escaped(character: str) -> str:
    short = {"\n": "\\n", "\r": "\\r", "\t": "\\t", '"': '\\"', "\\": "\\\\"}
    return short.get(character) or f"\\u{ord(character):04X}"


def joined(tokens: Iterator[Token]) -> Iterator[Token]:
    """Yield the tokens, joined where nothing may stand between: a string with its tag or datatype, some calls."""
    kept: Token | None = None
    for token in tokens:
        if kept and kept.kind == "string" and (token.kind == "language" or token.raw == "^^"):
            kept = kept._replace(kind="typed" if token.raw == "^^" else "literal", safe=kept.safe + token.raw)
        elif kept and kept.kind == "typed" and token.kind in ("iri", "name"):
            kept = kept._replace(kind="literal", safe=kept.safe + token.safe)
        elif kept and kept.raw.upper() in _TIGHT_CALLS and token.raw == "(":
            kept = kept._replace(kind="call", safe=kept.safe + token.safe)
        else:
            if kept:
                yield kept
            kept = token
    if kept:
        yield kept
