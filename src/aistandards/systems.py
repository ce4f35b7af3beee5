"""Editions of the guide: their parts, and how a part of one edition is seen in another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from aistandards.codes import CLASSIFICATION_SYSTEM
from aistandards.derive import Facts
from aistandards.errors import UsageError
from aistandards.findings import nearest
from aistandards.namespaces import key_of
from aistandards.rules import Label, label_of

CARRYING = {"skos:exactMatch": "exact", "skos:narrowMatch": "narrow"}


@dataclass(frozen=True, slots=True)
class Seen:
    """A part as another edition sees it; ``match`` is exact, part-of (it lies inside the part shown), or none."""

    part: str | None
    match: str


class View:
    """One edition of the system, and the way from a part of ``guide-2024`` to it.

    Exact and narrow mappings carry a count; close and related ones never do. A part without a mapping climbs to its
    nearest mapped ancestor; where there is none it has no counterpart in this edition.
    """

    def __init__(self, facts: Facts, edition: str) -> None:
        known = {key_of(iri): iri for iri in facts.members("ais:System")}
        if edition not in known:
            near = nearest(edition, known)
            raise UsageError(
                f"Unknown system “{edition}”."
                + (f" Did you mean {near}?" if near else "")
                + f" Systems: {', '.join(known)}.",
                f"没有名为“{edition}”的体系版本。"
                + (f"是否指 {near}？" if near else "")
                + f"可用：{'、'.join(known)}。",
            )
        self.edition = edition
        self.facts = facts
        self.iri = known[edition]
        self.broader = {s: v[0].value for s, v in facts.values("skos:broader").items()}
        self.parts = [iri for iri, v in facts.values("skos:inScheme").items() if v[0].value == self.iri]
        self.carried: dict[str, tuple[str, str]] = {}
        for name, match in CARRYING.items():
            for source, targets in facts.values(name).items():
                for target in targets if source in set(self.parts) else []:
                    self.carried.setdefault(target.value, (source, match))

    def notation(self, part: str) -> str:
        """Return the notation of a part."""
        return self.facts.text(part, "skos:notation") or key_of(part)

    def label(self, part: str) -> Label:
        """Return the name of a part in both languages."""
        return label_of(self.facts, part, "skos:prefLabel")

    def tops(self) -> list[str]:
        """Return the top parts of the edition, by notation."""
        return sorted((part for part in self.parts if part not in self.broader), key=self.notation)

    def top_of(self, part: str) -> str:
        """Return the top part above a part of this edition."""
        while part in self.broader:
            part = self.broader[part]
        return part

    def see(self, part: str | None) -> Seen:
        """Return how this edition sees a part of the edition in which records are classified."""
        if part is None:
            return Seen(None, "none")
        if self.edition == CLASSIFICATION_SYSTEM:
            return Seen(part, "exact")
        climbed = False
        step: str | None = part
        while step is not None:
            if step in self.carried:
                target, match = self.carried[step]
                return Seen(target, "exact" if match == "exact" and not climbed else "part-of")
            step, climbed = self.broader.get(step), True
        return Seen(None, "none")

    def place(self, part: str, top: bool) -> str | None:
        """Return where this edition shows a part of the classification edition: the part itself or its top part."""
        seen = self.see(part).part
        return self.top_of(seen) if seen and top else seen

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
            "issued": self.facts.text(self.iri, "dcterms:issued"),
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
            "source": self.facts.text(part, "dcterms:source"),
            "note": self.facts.text(part, "skos:note"),
        }


def part_of(facts: Facts, edition: str, notation: str) -> str:
    """Return the IRI of a part; raises UsageError with the nearest notation."""
    view = View(facts, edition)
    by_notation = {view.notation(part).casefold(): part for part in view.parts}
    by_notation |= {key_of(part): part for part in view.parts}
    found = by_notation.get(notation.casefold())
    if found is None:
        near = nearest(notation, by_notation)
        raise UsageError(
            f"{edition} has no part “{notation}”." + (f" Did you mean {near.upper()}?" if near else ""),
            f"{edition} 没有“{notation}”这一部分。" + (f"是否指 {near.upper()}？" if near else ""),
        )
    return found
