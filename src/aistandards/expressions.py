"""Blank nodes in words: lists as they are ordered, OWL class expressions in Manchester syntax."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

import pyoxigraph as ox

from aistandards.namespaces import compress

Node = ox.NamedNode | ox.BlankNode
Value = ox.NamedNode | ox.BlankNode | ox.Literal
Said = dict[str, list[Value]]
Piece = str | ox.NamedNode | ox.Literal
JOINED: Final = {"owl:intersectionOf": " and ", "owl:unionOf": " or "}
QUANTIFIED: Final = {
    "owl:someValuesFrom": " some ",
    "owl:allValuesFrom": " only ",
    "owl:hasValue": " value ",
    "owl:hasSelf": " Self ",
}
COUNTED: Final = {"min": " min ", "max": " max ", "": " exactly "}
FACETS: Final = {
    "xsd:minInclusive": ">=",
    "xsd:maxInclusive": "<=",
    "xsd:minExclusive": ">",
    "xsd:maxExclusive": "<",
    "xsd:pattern": "pattern ",
}


def about(store: ox.Store, node: Node) -> Said:
    """Return what a store states of a node: values by prefixed name of the property, without repeats, in a stable order."""
    found: dict[str, set[Value]] = defaultdict(set)
    for quad in store.quads_for_pattern(node, None, None):
        if not isinstance(quad.object, ox.Triple):
            found[compress(quad.predicate.value)].add(quad.object)
    return {name: sorted(values, key=str) for name, values in found.items()}


def members(store: ox.Store, node: Value) -> list[Value]:
    """Return the members of an RDF list, in order; a list that runs into itself ends there."""
    found: list[Value] = []
    seen = set()
    while isinstance(node, ox.BlankNode) and node not in seen:
        seen.add(node)
        said = about(store, node)
        found += said.get("rdf:first", [])[:1]
        node = next(iter(said.get("rdf:rest", [])), ox.Literal(""))
    return found


def climb(store: ox.Store, quad: ox.Quad) -> ox.Quad:
    """Return the statement of a named thing that leads to a statement of a blank node: up through lists and expressions."""
    seen = set()
    while isinstance(quad.subject, ox.BlankNode) and quad.subject not in seen:
        seen.add(quad.subject)
        quad = next(store.quads_for_pattern(None, None, quad.subject), quad)
    return quad


def pieces(store: ox.Store, node: Value) -> list[Piece]:
    """Return a value as pieces to be shown one after the other: words, names and literals."""
    return list(_pieces(store, node, frozenset()))


def _pieces(store: ox.Store, node: Value, inside: frozenset[ox.BlankNode]) -> Iterator[Piece]:
    if not isinstance(node, ox.BlankNode):
        yield node
        return
    if node in inside:
        yield "…"
        return
    inside |= {node}
    said = about(store, node)
    if "rdf:first" in said:
        yield from _joined(store, members(store, node), ", ", inside)
        return
    for name, word in JOINED.items():
        for value in said.get(name, [])[:1]:
            yield from _joined(store, members(store, value), word, inside)
            return
    if "owl:oneOf" in said:
        yield "{"
        yield from _joined(store, members(store, said["owl:oneOf"][0]), ", ", inside, "")
        yield "}"
    elif "owl:complementOf" in said:
        yield "not "
        yield from _pieces(store, said["owl:complementOf"][0], inside)
    elif "owl:inverseOf" in said and "owl:onProperty" not in said:
        yield "inverse "
        yield from _pieces(store, said["owl:inverseOf"][0], inside)
    elif "owl:onProperty" in said:
        yield from _restriction(store, said, inside)
    elif "owl:onDatatype" in said:
        yield from _facets(store, said, inside)
    else:
        yield from _anything(store, said, inside)


def _joined(
    store: ox.Store,
    nodes: list[Value],
    word: str,
    inside: frozenset[ox.BlankNode],
    bracket: str = "(",
) -> Iterator[Piece]:
    yield bracket
    for at, node in enumerate(nodes):
        if at:
            yield word
        yield from _pieces(store, node, inside)
    yield ")" if bracket else ""


def _restriction(store: ox.Store, said: Said, inside: frozenset[ox.BlankNode]) -> Iterator[Piece]:
    yield from _pieces(store, said["owl:onProperty"][0], inside)
    for name, word in QUANTIFIED.items():
        for value in said.get(name, []):
            yield word
            if name != "owl:hasSelf":
                yield from _pieces(store, value, inside)
    for kind, word in COUNTED.items():
        for name in (f"{kind}Cardinality", f"{kind}QualifiedCardinality"):
            for value in said.get("owl:" + name[:1].lower() + name[1:], []):
                yield word
                yield value.value
                for filler in [*said.get("owl:onClass", []), *said.get("owl:onDataRange", [])]:
                    yield " "
                    yield from _pieces(store, filler, inside)


def _facets(store: ox.Store, said: Said, inside: frozenset[ox.BlankNode]) -> Iterator[Piece]:
    yield from _pieces(store, said["owl:onDatatype"][0], inside)
    yield "["
    for at, facet in enumerate(members(store, next(iter(said.get("owl:withRestrictions", [])), ox.Literal("")))):
        for name, values in about(store, facet).items() if isinstance(facet, ox.BlankNode) else ():
            yield (", " if at else "") + FACETS.get(name, f"{name} ")
            yield values[0].value
    yield "]"


def _anything(store: ox.Store, said: Said, inside: frozenset[ox.BlankNode]) -> Iterator[Piece]:
    yield "["
    for at, (name, values) in enumerate(sorted(said.items())):
        yield f"{'; ' if at else ''}{name} "
        for index, value in enumerate(values):
            if index:
                yield ", "
            yield from _pieces(store, value, inside)
    yield "]"
