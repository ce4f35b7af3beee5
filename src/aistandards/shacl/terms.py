"""RDF terms as text in N-Triples form: equal terms are equal strings, and the first character tells the kind.

What a literal means (ill-typed, order, normal form) is asked of rdflib alone, so that it is what pySHACL goes by.
"""

from __future__ import annotations

import logging
import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Final

import pyoxigraph as ox

from aistandards.namespaces import PREFIXES

if TYPE_CHECKING:
    from rdflib import Literal

XSD: Final = PREFIXES["xsd"]
RDF: Final = PREFIXES["rdf"]
RDFS: Final = PREFIXES["rdfs"]
SH: Final = PREFIXES["sh"]
TYPE: Final = f"<{RDF}type>"
OWL_CLASS: Final = f"<{PREFIXES['owl']}Class>"
SUBCLASS: Final = f"<{RDFS}subClassOf>"
DATE_TAIL: Final = f'"^^<{XSD}date>'
INTEGER_TAIL: Final = f'"^^<{XSD}integer>'

_ESCAPE: Final = re.compile(r"\\(u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|.)", re.DOTALL)
_ESCAPED: Final = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f"}
_PLAIN_DATE: Final = re.compile(
    r"[12]\d{3}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])"
)  # a day of every year: real, and normal
_PLAIN_INTEGER: Final = re.compile(r"-?[1-9]\d*|0")
KEPT: Final = 1 << 12  # literals whose meaning is remembered


def sh(name: str) -> str:
    """Return the term of a name in the SHACL vocabulary."""
    return f"<{SH}{name}>"


def iri(text: str) -> str:
    """Return the term of an IRI."""
    return f"<{text}>"


def is_iri(term: str) -> bool:
    """Whether a term is an IRI."""
    return term[0] == "<"


def is_blank(term: str) -> bool:
    """Whether a term is a blank node."""
    return term[0] == "_"


def is_literal(term: str) -> bool:
    """Whether a term is a literal."""
    return term[0] == '"'


def lexical(term: str) -> str:
    """Return what ``STR()`` gives: the text of a literal, an IRI without its brackets, a blank node's label."""
    if term[0] == "<":
        return term[1:-1]
    if term[0] == "_":
        return term[2:]
    text = term[1 : term.rfind('"')]
    return _ESCAPE.sub(_unescape, text) if "\\" in text else text


def _unescape(match: re.Match[str]) -> str:
    code = match[1]
    return chr(int(code[1:], 16)) if code[0] in "uU" and len(code) > 1 else _ESCAPED.get(code, code)


def tail(term: str) -> str:
    """Return what follows the text of a literal: nothing, a language or a datatype."""
    return term[term.rfind('"') + 1 :]


def language(term: str) -> str:
    """Return the language of a literal in lower case, or an empty text."""
    end = tail(term) if term[0] == '"' else ""
    return end[1:].lower() if end.startswith("@") else ""


def datatype(term: str) -> str:
    """Return the datatype of a literal as a term; an empty text for plain and language-tagged ones."""
    end = tail(term) if term[0] == '"' else ""
    return end[2:] if end.startswith("^^") else ""


@cache
def _rdflib() -> Any:
    """Return rdflib, which need not log an ill-typed literal: that is a finding."""
    import rdflib

    logging.getLogger("rdflib.term").setLevel(logging.ERROR)
    return rdflib


@lru_cache(maxsize=KEPT)
def literal(term: str) -> Literal:
    """Return a literal as rdflib holds it."""
    rdflib = _rdflib()
    kind, tag = datatype(term), language(term)
    held: Literal = rdflib.Literal(
        lexical(term), lang=tag or None, datatype=rdflib.URIRef(kind[1:-1]) if kind else None
    )
    return held


def node(term: str) -> Any:
    """Return any term as rdflib holds it."""
    rdflib = _rdflib()
    if term[0] == '"':
        return literal(term)
    return rdflib.BNode(term[2:]) if term[0] == "_" else rdflib.URIRef(term[1:-1])


def of_node(held: Any) -> str:
    """Return the term of what rdflib holds."""
    rdflib = _rdflib()
    if isinstance(held, rdflib.Literal):
        if held.language:
            return str(ox.Literal(str(held), language=held.language))
        return str(
            ox.Literal(str(held), datatype=ox.NamedNode(str(held.datatype))) if held.datatype else ox.Literal(str(held))
        )
    return f"_:{held}" if isinstance(held, rdflib.BNode) else f"<{held}>"


def normal(term: str) -> str:
    """Return a term as rdflib writes it: ``"01"^^xsd:integer`` is ``"1"^^xsd:integer``; an ill-typed literal stays as it was."""
    if term[0] != '"' or term[-1] != ">":
        return term
    if term.endswith(DATE_TAIL) and _PLAIN_DATE.fullmatch(term, 1, len(term) - len(DATE_TAIL)):
        return term
    if term.endswith(INTEGER_TAIL) and _PLAIN_INTEGER.fullmatch(term, 1, len(term) - len(INTEGER_TAIL)):
        return term
    return _normal(term)


@lru_cache(maxsize=KEPT)
def _normal(term: str) -> str:
    held = literal(term)
    return term if held.ill_typed or str(held) == lexical(term) else of_node(held)


def plain_date(term: str) -> bool:
    """Whether a term is an ``xsd:date`` whose text sorts as its days do: a real day of four-figure years without a zone."""
    return term.endswith(DATE_TAIL) and _PLAIN_DATE.fullmatch(term, 1, len(term) - len(DATE_TAIL)) is not None


_PYTHON: Final = {
    "integer": "int",
    "float": "float",
    "decimal": "Decimal",
    "boolean": "bool",
    "date": "date",
    "time": "time",
    "dateTime": "datetime",
}


def has_datatype(term: str, wanted: str) -> bool:
    """Whether a term is a literal of a datatype and not an ill-typed one: the one place that decides it."""
    if term[0] != '"':
        return False
    end = tail(term)
    if wanted == f"<{RDFS}Literal>":
        return True
    if wanted == f"<{RDFS}Datatype>":
        return end.startswith("^^")
    if not end:
        return wanted == f"<{XSD}string>"
    if end[0] == "@":
        return wanted == f"<{RDF}langString>"
    if end[2:] != wanted:
        return False
    return plain_date(term) or _well_typed(term)


@lru_cache(maxsize=KEPT)
def _well_typed(term: str) -> bool:
    held = literal(term)
    if held.ill_typed is True:
        return False
    kind = _PYTHON.get(str(held.datatype).removeprefix(XSD)) if str(held.datatype).startswith(XSD) else None
    return kind is None or kind in {cls.__name__ for cls in type(held.value).__mro__}


def compare(one: str, other: str) -> int | None:
    """Return -1, 0 or 1 for the order of two terms, or None where they have none: what the range constraints ask."""
    if one[0] != '"' or other[0] != '"':
        return None
    return _compare(one, other)


@lru_cache(maxsize=KEPT)
def _compare(one: str, other: str) -> int | None:
    import datetime

    left, right = literal(one), literal(other)
    if isinstance(left.value, str) != isinstance(right.value, str):
        return None
    try:
        if left.eq(right):
            return 0
        if left.value.__class__ in (datetime.datetime, datetime.time):
            return 0 if left.value == right.value else 1 if left.value > right.value else -1
        return 1 if left > right else -1
    except (TypeError, RuntimeError):
        return None


def precedes(one: str, other: str, or_equal: bool) -> bool:
    """Whether one term is less than (or equal to) another, as ``sh:lessThan`` asks; False where they cannot be compared."""
    if one.endswith(DATE_TAIL) and other.endswith(DATE_TAIL) and plain_date(one) and plain_date(other):
        return one <= other if or_equal else one < other
    if one[0] == "_" or other[0] == "_":
        return False
    (one_is_text, left), (other_is_text, right) = _comparable(one), _comparable(other)
    if one_is_text != other_is_text:
        return False
    try:
        return bool(left <= right) if or_equal else bool(left < right)
    except TypeError:
        return False


def _comparable(term: str) -> tuple[bool, Any]:
    """Return whether a term is compared as text, and what is compared."""
    if term[0] == "<":
        return True, lexical(term)
    held = literal(term)
    return (True, held.value) if isinstance(held.value, str) else (False, held)
