"""Anything that has an IRI of ours: what the graph states of it and who points to it, each with the graph it stands in."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Final

import pyoxigraph as ox

from aistandards.derive import Facts
from aistandards.errors import NotFoundError
from aistandards.expressions import Node, Piece, climb, pieces
from aistandards.findings import nearest
from aistandards.namespaces import BASE, GRAPH, ID, compress, expand, key_of
from aistandards.rules import Label
from aistandards.vocabulary import label_of_property, name_of

PAGE: Final = 200  # statements about a thing that are shown at once
COMPARED: Final = 5_000  # keys among which the nearest to a mistyped one is looked for


@dataclass(frozen=True, slots=True)
class Stated:
    """One statement: its property, the other end as pieces to be shown, the name of the graph it stands in."""

    property: str
    label: Label
    other: list[Piece]
    graph: str


@dataclass(frozen=True, slots=True)
class Thing:
    """One thing: its name, its types, what is stated of it, and a page of what points to it."""

    iri: str
    label: Label
    types: list[str]
    out: list[Stated]
    into: list[Stated]
    pointing: int
    by_property: list[tuple[Label, int]]


def exists(store: ox.Store, iri: str) -> bool:
    """Whether the graph states anything of or with an IRI."""
    node = ox.NamedNode(iri)
    patterns = (node, None), (None, node)
    return any(next(store.quads_for_pattern(s, None, o), None) is not None for s, o in patterns)


def keys_by_kind(store: ox.Store) -> dict[str, list[str]]:
    """Return the keys of all things that have a type, by kind: what follows ``id/level`` or ``graph``."""
    found: dict[str, set[str]] = defaultdict(set)
    for quad in store.quads_for_pattern(None, ox.NamedNode(expand("rdf:type")), None):
        if isinstance(quad.subject, ox.NamedNode) and quad.subject.value.startswith((ID, GRAPH)):
            kind, key = split(quad.subject.value)
            found[kind].add(key)
    return {kind: sorted(keys) for kind, keys in found.items()}


def split(iri: str) -> tuple[str, str]:
    """Return kind and key of an IRI of ours: ``("id/level", "national")``, ``("graph", "ontology")``."""
    first, _, rest = iri.removeprefix(BASE).partition("/")
    if first != "id":
        return first, rest
    kind, _, key = rest.partition("/")
    return f"id/{kind}", key


def unknown(iri: str, known: dict[str, list[str]]) -> NotFoundError:
    """Return the error for an IRI that the graph knows nothing of, with the nearest there is."""
    kind, key = split(iri)
    if kind not in known:
        near = nearest(kind.removeprefix("id/"), [name.removeprefix("id/") for name in known])
        kinds = sorted(name.removeprefix("id/") for name in known)
        return NotFoundError(
            f"There are no things of the kind {kind.removeprefix('id/')}."
            + (f" Did you mean {near}?" if near else f" Kinds: {', '.join(kinds)}."),
            f"没有“{kind.removeprefix('id/')}”类事物。"
            + (f"是否指 {near}？" if near else f"可用：{'、'.join(kinds)}。"),
        )
    near = nearest(key, known[kind]) if len(known[kind]) <= COMPARED else None
    return NotFoundError(
        f"There is nothing at /{kind}/{key}." + (f" Nearest: /{kind}/{near}" if near else ""),
        f"/{kind}/{key} 处没有内容。" + (f"最接近的是 /{kind}/{near}" if near else ""),
    )


def describe(store: ox.Store, iri: str, start: int = 0) -> Thing:
    """Return all that is stated of a thing, and ``PAGE`` of the statements that point to it, from ``start`` on."""
    facts, node = Facts(store), ox.NamedNode(iri)
    out = sorted(store.quads_for_pattern(node, None, None), key=_order)
    into = sorted(store.quads_for_pattern(None, None, node), key=_order)
    labels: dict[str, Label] = {}

    def label(name: str) -> Label:
        return labels.setdefault(name, label_of_property(facts, name))

    def stated(quad: ox.Quad, other: list[Piece]) -> Stated:
        name, graph = compress(quad.predicate.value), quad.graph_name
        return Stated(name, label(name), other, key_of(graph.value) if isinstance(graph, ox.NamedNode) else "")

    def pointing(quad: ox.Quad) -> Stated:
        named = climb(store, quad)
        return stated(named, [] if isinstance(named.subject, ox.Triple) else pieces(store, named.subject))

    numbers = Counter(compress(climb(store, quad).predicate.value) for quad in into)
    return Thing(
        iri=iri,
        label=name_of(facts, iri),
        types=sorted(
            q.object.value for q in out if q.predicate.value.endswith("#type") and isinstance(q.object, ox.NamedNode)
        ),
        out=[stated(q, pieces(store, q.object)) for q in out if not isinstance(q.object, ox.Triple)],
        into=[pointing(q) for q in into[start : start + PAGE]],
        pointing=len(into),
        by_property=[(label(name), count) for name, count in numbers.most_common()],
    )


def _order(quad: ox.Quad) -> tuple[str, str, str]:
    return str(quad.predicate), str(quad.subject), str(quad.object)


def triples(store: ox.Store, iri: str) -> set[ox.Triple]:
    """Return what is stated of a thing, with the lists and class expressions that its statements lead to."""
    found: set[ox.Triple] = set()
    waiting: list[Node] = [ox.NamedNode(iri)]
    seen: set[Node] = set()
    while waiting:
        node = waiting.pop()
        if node in seen:
            continue
        seen.add(node)
        for quad in store.quads_for_pattern(node, None, None):
            found.add(quad.triple)
            if isinstance(quad.object, ox.BlankNode):
                waiting.append(quad.object)
    return found
