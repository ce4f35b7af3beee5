"""Systems: their parts, how a part of one is seen in another, and how exact a count is that was carried over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import pyoxigraph as ox

from aistandards.codes import CLASSIFICATION_SYSTEM
from aistandards.derive import Facts
from aistandards.errors import UsageError
from aistandards.findings import nearest
from aistandards.namespaces import key_of
from aistandards.rules import Label, label_of

CARRYING: Final = {"skos:exactMatch": "exact", "skos:narrowMatch": "narrow"}
TOUCHING: Final = {"skos:broadMatch": "broad", "skos:closeMatch": "close", "skos:relatedMatch": "related"}


@dataclass(frozen=True, slots=True)
class Seen:
    """A part as another system sees it; ``match`` is exact, part-of (it lies inside the part shown), or none."""

    part: str | None
    match: str


class View:
    """One system, and the way from a part of ``guide-2024``, in which records are classified, to it.

    Exact and narrow mappings carry a count; close, broad and related ones never do. A part without a mapping climbs to its
    nearest mapped ancestor; where there is none it has no counterpart. A record that is classified in the system directly
    stands there, whatever the crosswalk says.
    """

    def __init__(self, facts: Facts, edition: str) -> None:
        known = editions(facts)
        if edition not in known:
            near = nearest(edition, known)
            raise UsageError(
                f"Unknown system “{edition}”."
                + (f" Did you mean {near}?" if near else "")
                + f" Systems: {', '.join(known)}.",
                f"没有名为“{edition}”的体系版本。"
                + (f"是否指 {near}？" if near else "")
                + f"可用：{'、'.join(known)}。",
                value=edition,
                near=near,
            )
        self.edition = edition
        self.facts = facts
        self.iri = known[edition]
        self.broader = {s: v[0].value for s, v in facts.values("skos:broader").items()}
        schemes = facts.values("skos:inScheme")
        self.parts = [iri for iri, v in schemes.items() if v[0].value == self.iri]
        self.own = frozenset(self.parts)
        self._exactness: dict[str, str] = {}
        self._neighbours: dict[str, frozenset[str]] = {}
        self.classified = {iri for iri, v in schemes.items() if key_of(v[0].value) == CLASSIFICATION_SYSTEM}
        self.carried: dict[str, tuple[str, str]] = {}
        for part, match, other in self._mapped(CARRYING):
            self.carried.setdefault(other, (part, match))
        self.touched = [(part, other) for part, _, other in self._mapped(TOUCHING)]
        self.direct: dict[str, str] = {}
        for node, records in facts.values("ais:classifies").items():
            if (placed := facts.text(node, "ais:primaryPart")) and placed in self.own:
                self.direct[records[0].value] = placed

    def _mapped(self, relations: Mapping[str, str]) -> Iterable[tuple[str, str, str]]:
        for name, match in relations.items():
            for part, others in self.facts.values(name).items():
                yield from ((part, match, other.value) for other in others if part in self.own)

    def notation(self, part: str) -> str:
        """Return the notation of a part."""
        return self.facts.text(part, "skos:notation") or key_of(part)

    def label(self, part: str) -> Label:
        """Return the name of a part in both languages."""
        return label_of(self.facts, part, "skos:prefLabel")

    def tops(self) -> list[str]:
        """Return the top parts of the edition, by notation."""
        return sorted((part for part in self.parts if part not in self.broader), key=self.notation)

    def line(self, part: str | None) -> list[str]:
        """Return a part and the parts above it, of whatever system it is."""
        found: list[str] = []
        while part is not None and part not in found:
            found.append(part)
            part = self.broader.get(part)
        return found

    def top_of(self, part: str) -> str:
        """Return the top part above a part of this edition."""
        return self.line(part)[-1]

    def see(self, part: str | None) -> Seen:
        """Return how this edition sees a part of the edition in which records are classified, or of its own."""
        if part is None:
            return Seen(None, "none")
        if part in self.own:
            return Seen(part, "exact")
        for step in self.line(part):
            if step in self.carried:
                target, match = self.carried[step]
                return Seen(target, "exact" if match == "exact" and step == part else "part-of")
        return Seen(None, "none")

    def place(self, part: str, top: bool) -> str | None:
        """Return where this edition shows a part: the part itself or its top part."""
        seen = self.see(part).part
        return self.top_of(seen) if seen and top else seen

    def stands(self, record: str, part: str | None) -> Seen:
        """Return where a record stands here: where it is classified directly, else where its primary part is seen."""
        return Seen(self.direct[record], "exact") if record in self.direct else self.see(part)

    def below(self, part: str) -> list[str]:
        """Return a part and the parts below it, of whatever system it is."""
        return [iri for iri in {*self.parts, *self.classified} if part in self.line(iri)]

    def exactness(self, part: str) -> str:
        """Return how exact a count of a part is: exact, split, merged or none.

        exact: one part of the classification edition is the same, or records are classified here directly · split: it is
        the sum of narrower parts · merged: only what its sub-parts carry is counted, a lower bound · none: nothing carries.
        """
        if part not in self._exactness:
            self._exactness[part] = self._how_exact(part)
        return self._exactness[part]

    def _how_exact(self, part: str) -> str:
        if self.edition == CLASSIFICATION_SYSTEM:
            return "exact"
        inside = set(self.below(part))
        counted = {other for other in self.classified if self.see(other).part in inside}
        if not counted:
            return "exact" if inside & set(self.direct.values()) else "none"
        own = {other: match for other, (source, match) in self.carried.items() if source == part}
        same = next((other for other, match in own.items() if match == "exact"), None)
        if same is not None and counted == set(self.below(same)):
            return "exact"
        return "split" if "narrow" in own.values() else "merged"

    def neighbours(self, part: str) -> frozenset[str]:
        """Return the parts of the classification edition that a part or a part below it only touches; they carry no count."""
        if part not in self._neighbours:
            inside = set(self.below(part))
            near = {below for own, other in self.touched if own in inside for below in self.below(other)}
            self._neighbours[part] = frozenset(near)
        return self._neighbours[part]

    def halves(self, top: str) -> list[str]:
        """Return the top parts of the classification edition that a part of this edition was split into, by notation."""
        inside = [p for p, (source, match) in self.carried.items() if source == top and match == "narrow"]
        return sorted((p for p in inside if p not in self.broader), key=self.notation)

    def as_dict(self) -> dict[str, Any]:
        """Return the edition with its parts as the API lists them."""
        label = label_of(self.facts, self.iri, "skos:prefLabel")
        return {
            "edition": self.edition,
            "iri": self.iri,
            "label_zh": label.zh,
            "label_en": label.en,
            "issued": self.facts.text(self.iri, "dcterms:issued") or self.facts.text(self.iri, "ais:announced"),
            "issuer": self.facts.text(self.iri, "ais:party"),
            "source": self.facts.text(self.iri, "dcterms:source"),
            "parts": [self.part_dict(part) for part in sorted(self.parts, key=self.notation)],
        }

    def part_dict(self, part: str) -> dict[str, Any]:
        """Return one part as the API lists it."""
        label, above = self.label(part), self.broader.get(part)
        layer = self.facts.text(part, "ais:standardizesLayer")
        return {
            "system": self.edition,
            "notation": self.notation(part),
            "iri": part,
            "parent": self.notation(above) if above else None,
            "label_zh": label.zh,
            "label_en": label.en,
            "covers": self.facts.text(part, "ais:covers"),
            "layer": self.facts.text(layer, "skos:notation") if layer else None,
            "assigned_by_us": self.facts.text(part, "ais:assignedByUs") == "true",
            "exactness": self.exactness(part),
            "no_counterpart": self._texts(part, "skos:editorialNote"),
            "source": self.facts.text(part, "dcterms:source"),
            "note": self.facts.text(part, "skos:note"),
        }

    def _texts(self, iri: str, name: str) -> dict[str, str] | None:
        found = {t.language or "en": t.value for t in self.facts.of(iri, name) if isinstance(t, ox.Literal)}
        return found or None


def editions(facts: Facts) -> dict[str, str]:
    """Return the IRI of every system by its slug."""
    named = {facts.text(iri, "skos:notation") or key_of(iri): iri for iri in facts.members("ais:System")}
    return dict(sorted(named.items()))


def part_of(facts: Facts, edition: str, notation: str) -> str:
    """Return the IRI of a part; raises UsageError with the nearest notation."""
    return part_in(View(facts, edition), notation)


def part_in(view: View, notation: str) -> str:
    """Return the IRI of a part of a system; raises UsageError with the nearest notation."""
    by_notation = {view.notation(part).casefold(): part for part in view.parts}
    by_notation |= {key_of(part): part for part in view.parts}
    found = by_notation.get(notation.casefold())
    if found is None:
        near = nearest(notation, by_notation)
        listed = [view.notation(part) for part in sorted(view.parts, key=view.notation)]
        raise UsageError(
            f"{view.edition} has no part “{notation}”."
            + (f" Did you mean {near.upper()}?" if near else "")
            + f" Choose from: {', '.join(listed)}.",
            f"{view.edition} 没有“{notation}”这一部分。"
            + (f"是否指 {near.upper()}？" if near else "")
            + f"可选：{'、'.join(listed)}。",
            value=notation,
            near=near and near.upper(),
        )
    return found
