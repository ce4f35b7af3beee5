"""Code lists: what cells may name (tokens, parts, layers, committees) and which property a code states."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import pyoxigraph as ox

from aistandards.namespaces import expand, key_of
from aistandards.sources import Row

CLASSIFICATION_SYSTEM: Final = "guide-2024"


@dataclass(slots=True)
class Codes:
    """What cells may name: tokens of each code list, parts, layers, committees, and the property a code states.

    ``bodies`` are the names of committees as printed; ``committees`` gives the id by the folded name;
    ``model`` is every thing that the ontology describes.
    """

    lists: dict[str, dict[str, str]] = field(default_factory=dict)
    parts: dict[str, str] = field(default_factory=dict)
    layers: set[str] = field(default_factory=set)
    committees: dict[str, str] = field(default_factory=dict)
    bodies: set[str] = field(default_factory=set)
    states: dict[str, str] = field(default_factory=dict)
    inverse: dict[str, str] = field(default_factory=dict)
    classes: dict[str, str] = field(default_factory=dict)
    model: set[str] = field(default_factory=set)
    records: set[str] = field(default_factory=set)
    patterns: dict[str, list[tuple[str, str]]] = field(default_factory=dict)


def codes_of(store: ox.Store) -> Codes:
    """Read the code lists, parts and layers out of a store that holds the ontology."""
    codes = Codes(model={quad.subject.value for quad in store if isinstance(quad.subject, ox.NamedNode)})

    def pairs(predicate: str) -> Iterator[tuple[str, str]]:
        for quad in store.quads_for_pattern(None, ox.NamedNode(expand(predicate)), None):
            if isinstance(quad.subject, ox.NamedNode) and isinstance(quad.object, ox.NamedNode | ox.Literal):
                yield quad.subject.value, quad.object.value

    notation = dict(pairs("skos:notation"))
    for iri, scheme in pairs("skos:inScheme"):
        name, token = key_of(scheme), notation.get(iri, key_of(iri))
        if name == "chain":
            codes.layers.add(token)
        elif name == CLASSIFICATION_SYSTEM:
            codes.parts[token.casefold()] = token
        else:
            codes.lists.setdefault(name, {})[token.casefold()] = iri
    for iri, printed in pairs("ais:printedAs"):
        scheme = iri.rsplit("/", 2)[1]
        codes.lists.setdefault(scheme, {})[printed.casefold()] = iri
    codes.states = dict(pairs("ais:asProperty"))
    codes.inverse = dict(pairs("ais:asInverse"))
    for iri, pattern in pairs("ais:numberPattern"):
        codes.patterns.setdefault(iri.rsplit("/", 2)[1], []).append((pattern, key_of(iri)))
    codes.classes = {
        iri: other for iri, other in pairs("rdfs:seeAlso") if "/id/level/" in iri or "/id/project-kind/" in iri
    }
    return codes


def learn_committees(codes: Codes, rows: list[Row]) -> None:
    """Add the committees of a ``committees`` table to what cells may name: by id, code and either name."""
    for row in rows:
        for name in ("id", "code", "name_zh", "name_en"):
            if row.get(name):
                codes.committees[row.get(name).casefold()] = row.get("id")
                codes.bodies.add(row.get(name))
