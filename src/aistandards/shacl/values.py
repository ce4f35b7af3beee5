"""Constraints that look at one value node alone: each a function that says whether a term satisfies it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from aistandards.shacl import terms
from aistandards.shacl.graph import Graph
from aistandards.shacl.reach import NotCompiledError
from aistandards.shacl.terms import SH, XSD, is_blank, is_iri, is_literal, sh

Test = Callable[[str], bool]
KINDS: Final = {
    sh("IRI"): "<",
    sh("BlankNode"): "_",
    sh("Literal"): '"',
    sh("BlankNodeOrIRI"): "_<",
    sh("BlankNodeOrLiteral"): '_"',
    sh("IRIOrLiteral"): '<"',
}


def malformed(name: str) -> NotCompiledError:
    """Return the error of a parameter whose value is not what the standard asks for."""
    return NotCompiledError(f"the value of sh:{name} is not one the compiler knows", f"编译器不认识 sh:{name} 的取值")


def single(shapes: Graph, shape: str, name: str) -> str:
    """Return the one value of a parameter; raises NotCompiledError where there are more."""
    values = shapes.objects(shape, sh(name))
    if len(values) != 1:
        raise malformed(name)
    return values[0]


def count(shapes: Graph, shape: str, name: str) -> int:
    """Return a parameter that is a whole number from 0 on."""
    value = single(shapes, shape, name)
    if terms.datatype(value) != f"<{XSD}integer>" or not re.fullmatch(r"\+?\d+", terms.lexical(value)):
        raise malformed(name)
    return int(terms.lexical(value))


def truth(shapes: Graph, shape: str, name: str) -> bool:
    """Return a parameter that is ``true`` or ``false``, written so."""
    value = single(shapes, shape, name)
    if value not in (f'"true"^^<{XSD}boolean>', f'"false"^^<{XSD}boolean>'):
        raise malformed(name)
    return value.startswith('"true"')


def members(shapes: Graph, head: str, name: str) -> list[str]:
    """Return the members of the list that is a parameter's value."""
    try:
        return shapes.items(head)
    except ValueError:
        raise malformed(name) from None


def _node_kind(shapes: Graph, shape: str) -> list[Test]:
    kinds = KINDS.get(single(shapes, shape, "nodeKind"))
    if kinds is None:
        raise malformed("nodeKind")
    return [lambda value: value[0] in kinds]


def _datatype(shapes: Graph, shape: str) -> list[Test]:
    wanted = single(shapes, shape, "datatype")
    if not is_iri(wanted):
        raise malformed("datatype")
    return [lambda value: terms.has_datatype(value, wanted)]


def _length(name: str, fits: Callable[[int, int], bool]) -> Callable[[Graph, str], list[Test]]:
    def compiled(shapes: Graph, shape: str) -> list[Test]:
        bound = count(shapes, shape, name)
        if name == "minLength" and bound == 0:
            return [lambda _: True]
        return [lambda value: not is_blank(value) and fits(len(terms.lexical(value)), bound)]

    return compiled


def _pattern(shapes: Graph, shape: str) -> list[Test]:
    flags = shapes.objects(shape, sh("flags"))
    if len(flags) > 1 or any(not is_literal(flag) for flag in flags):
        raise malformed("flags")
    stated = terms.lexical(flags[0]).lower() if flags else ""
    options = (re.IGNORECASE if "i" in stated else 0) | (re.MULTILINE if "m" in stated else 0)
    if set(stated) - set("im"):
        raise malformed("flags")
    return [_matches(pattern, options) for pattern in shapes.objects(shape, sh("pattern"))]


def _matches(pattern: str, options: int) -> Test:
    if not is_literal(pattern):
        raise malformed("pattern")
    try:
        search = re.compile(terms.lexical(pattern), options).search
    except re.error:
        raise malformed("pattern") from None
    return lambda value: not is_blank(value) and search(terms.lexical(value)) is not None


def _bound(name: str, fits: Callable[[int], bool]) -> Callable[[Graph, str], list[Test]]:
    def test(bound: str) -> Test:
        if not is_literal(bound):
            raise malformed(name)

        def within(value: str) -> bool:
            order = terms.compare(value, bound)
            return order is not None and fits(order)

        return within

    return lambda shapes, shape: [test(terms.normal(bound)) for bound in shapes.objects(shape, sh(name))]


def _language_in(shapes: Graph, shape: str) -> list[Test]:
    ranges = members(shapes, single(shapes, shape, "languageIn"), "languageIn")
    if any(not is_literal(item) or terms.tail(item) for item in ranges):
        raise malformed("languageIn")
    wanted = {terms.lexical(item).lower() for item in ranges}

    def fits(value: str) -> bool:
        tag = terms.language(value)
        return bool(tag) and ("*" in wanted or tag in wanted or tag.partition("-")[0] in wanted)

    return [fits]


def _in(shapes: Graph, shape: str) -> list[Test]:
    wanted = frozenset(terms.normal(item) for item in members(shapes, single(shapes, shape, "in"), "in"))
    if any(is_blank(item) for item in wanted):
        raise malformed("in")
    return [wanted.__contains__]


# parameter: the component it belongs to, and what compiles it; one test for each value of the parameter
TESTS: Final[dict[str, tuple[str, Callable[[Graph, str], list[Test]]]]] = {
    "nodeKind": ("NodeKind", _node_kind),
    "datatype": ("Datatype", _datatype),
    "minLength": ("MinLength", _length("minLength", lambda length, bound: length >= bound)),
    "maxLength": ("MaxLength", _length("maxLength", lambda length, bound: length <= bound)),
    "pattern": ("Pattern", _pattern),
    "languageIn": ("LanguageIn", _language_in),
    "in": ("In", _in),
    "minExclusive": ("MinExclusive", _bound("minExclusive", lambda order: order > 0)),
    "minInclusive": ("MinInclusive", _bound("minInclusive", lambda order: order >= 0)),
    "maxExclusive": ("MaxExclusive", _bound("maxExclusive", lambda order: order < 0)),
    "maxInclusive": ("MaxInclusive", _bound("maxInclusive", lambda order: order <= 0)),
}


def component(name: str) -> str:
    """Return the term of a constraint component: ``MinCount`` is ``sh:MinCountConstraintComponent``."""
    return f"<{SH}{name}ConstraintComponent>"
