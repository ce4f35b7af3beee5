"""Code lists: what cells may name (tokens, parts, layers, committees) and which property a code states."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

import pyoxigraph as ox

from aistandards.namespaces import expand, item, key_of, part_iri
from aistandards.sources import Row
from aistandards.tables import fold

CLASSIFICATION_SYSTEM: Final = "guide-2024"
SLUG: Final = re.compile(r"[a-z0-9]+([.-][a-z0-9]+)*")
SCHEMES: Final = ("skos:inScheme", "skos:topConceptOf")


@dataclass(slots=True)
class Scheme:
    """A standards system: its IRI, the file that states it (None for the model) and the IRIs of its parts by notation."""

    iri: str
    owner: str | None
    parts: dict[str, str] = field(default_factory=dict)

    def part(self, notation: str) -> str | None:
        """Return the IRI of a part by its notation in any case."""
        return next((iri for name, iri in self.parts.items() if name.casefold() == notation.casefold()), None)


@dataclass(slots=True)
class Codes:
    """What cells may name: tokens of each code list, parts, layers, committees, and the property a code states.

    ``bodies`` are the names of committees as printed; ``committees`` gives the id by the folded name;
    ``model`` is every thing that the ontology describes; ``systems`` are the standards systems by slug; ``titles`` has the
    numbers of the shipped standards by folded title.
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
    systems: dict[str, Scheme] = field(default_factory=dict)
    titles: dict[str, list[str]] = field(default_factory=dict)


def codes_of(store: ox.Store) -> Codes:
    """Read the code lists, parts and layers out of a store that holds the ontology."""
    codes = Codes(model={quad.subject.value for quad in store if isinstance(quad.subject, ox.NamedNode)})

    def pairs(predicate: str) -> Iterator[tuple[str, str]]:
        for quad in store.quads_for_pattern(None, ox.NamedNode(expand(predicate)), None):
            if isinstance(quad.subject, ox.NamedNode) and isinstance(quad.object, ox.NamedNode | ox.Literal):
                yield quad.subject.value, quad.object.value

    notation = dict(pairs("skos:notation"))
    kinds = dict(pairs("rdf:type"))
    for iri, scheme in pairs("skos:inScheme"):
        name, token = key_of(scheme), notation.get(iri, key_of(iri))
        if name == "chain":
            codes.layers.add(token)
        elif kinds.get(scheme) == expand("ais:System"):
            codes.systems.setdefault(name, Scheme(scheme, None)).parts[token] = iri
        else:
            codes.lists.setdefault(name, {})[token.casefold()] = iri
    codes.parts = {token.casefold(): token for token in codes.systems[CLASSIFICATION_SYSTEM].parts}
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
                codes.committees[fold(row.get(name))] = row.get("id")
                codes.bodies.add(row.get(name))


def nearest_body(name: str, bodies: Iterable[str]) -> str | None:
    """Return the committee that a name may be a slip of: a character or two digits in ten put wrongly, or its code without the publisher.

    ``TC260`` and ``SAC/TC620`` are near ``SAC/TC260``; where two committees are as near, none is suggested.
    """
    from rapidfuzz.distance import OSA

    folded = fold(name)
    near: dict[int, set[str]] = {}
    for body in bodies:
        known = fold(body)
        for form in {known, known.partition("/")[2]} - {""}:
            most = max(1, len(form) // 10)
            far = OSA.distance(folded, form, score_cutoff=most)
            if far <= most < len(form) / 3:
                near.setdefault(far, set()).add(body)
    best = near[min(near)] if near else set()
    return best.pop() if len(best) == 1 else None


def learn_parts(codes: Codes, rows: list[Row]) -> None:
    """Add the systems of a table of parts, and their parts, to what cells may name; the first file that names a system owns it."""
    for row in rows:
        slug, notation = row.get("system"), row.get("notation")
        if SLUG.fullmatch(slug) and notation:
            scheme = codes.systems.setdefault(slug, Scheme(item("system", slug), row.file))
            if scheme.owner == row.file:
                scheme.parts.setdefault(notation, part_iri(slug, notation))


def learn_schemes(codes: Codes, file: str, triples: Iterable[ox.Triple]) -> None:
    """Add the concept schemes of a Turtle file, and their concepts, to what cells of other files may name."""
    said: dict[str, list[tuple[str, str]]] = {}
    for triple in triples:
        if isinstance(triple.subject, ox.NamedNode) and isinstance(triple.object, ox.NamedNode | ox.Literal):
            said.setdefault(triple.predicate.value, []).append((triple.subject.value, triple.object.value))
    notation = dict(said.get(expand("skos:notation"), ()))
    for name in SCHEMES:
        for concept, iri in said.get(expand(name), ()):
            slug = notation.get(iri, key_of(iri))
            scheme = codes.systems.setdefault(slug, Scheme(iri, file))
            if scheme.owner == file:
                scheme.parts.setdefault(notation.get(concept, key_of(concept)), concept)
