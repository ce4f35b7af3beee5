"""Gaps: parts, key technologies and chain elements with nothing or little, ranked, each with its reasons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyoxigraph as ox

from aistandards.adoption import adoption, committees
from aistandards.codes import CLASSIFICATION_SYSTEM
from aistandards.columns import Ints
from aistandards.counts import Counts, Request
from aistandards.coverage import heading, names
from aistandards.matrix import MAKING, NOTHING, States
from aistandards.namespaces import ID, key_of
from aistandards.rules import Label, label_of
from aistandards.settings import today

IN_FORCE: Final = "in-force"
RELATED, OLD, NO_PROJECT = "only-related", "only-old", "no-project"
NOT_COMPARABLE: Final = "not-comparable"
Figures = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a part is a gap: its place in the ranked list, its words, the bound it is judged by where it has one."""

    token: str
    label: Label
    definition: Label
    rank: int
    bound: int | None
    source: str | None


def gaps(counts: Counts, request: Request) -> dict[str, Any]:
    """Return the gaps of an edition of the system on a day, the gravest first, with the reasons and figures of each.

    ``items`` are computed; ``lists`` shows the key technologies and the chain line by line, covered or not; ``expert``
    has what experts named, never mixed with the computed ones. A record covers every part it stands in or below.
    """
    counts.check_day(request.as_of)
    survey = Survey(counts, request)
    parts = survey.parts()
    items = [line for line in parts if line["gaps"]]
    items.sort(key=lambda line: (survey.rank(line["gaps"]), line["records"], line["notation"]))
    return {
        **heading(counts, request),
        "total": len(items),
        "parts": len(parts),
        "by_gap": {r.token: sum(r.token in line["gaps"] for line in items) for r in survey.reasons},
        "items": [{"rank": at, **line} for at, line in enumerate(items, 1)],
        "lists": [*survey.collections(), survey.chain()],
        "reasons": [
            {
                "gap": r.token,
                "label_zh": r.label.zh,
                "label_en": r.label.en,
                "definition_zh": r.definition.zh,
                "definition_en": r.definition.en,
                "source": r.source,
            }
            for r in survey.reasons
        ],
        "states": [{"state": s.token, "label_zh": s.label.zh, "label_en": s.label.en} for s in survey.states.list],
        "expert": expert_gaps(counts),
        "not_adopted_on_record": counts.remembered(
            ("unadopted", request.as_of), lambda: _unadopted(counts, request.as_of)
        ),
    }


def _unadopted(counts: Counts, day: date) -> dict[str, Any]:
    """Return the published deliverables of ISO/IEC JTC 1/SC 42 for which no adoption is on record: not that there is none."""
    if not committees(counts):  # a store of national records alone
        return {"committee": None, "published": 0, "total": 0, "items": []}
    found = adoption(counts, day, None, "not-on-record")
    items = [
        {name: item[name] for name in ("number", "slug", "title_en", "issued", "status")} for item in found["items"]
    ]
    return {"committee": found["committee"], "published": found["total"], "total": len(items), "items": items}


def load_reasons(counts: Counts) -> list[Reason]:
    """Return the reasons of gaps, the gravest first."""
    facts = counts.facts
    found = []
    for iri in facts.subjects("skos:inScheme", f"{ID}gap"):
        bound = facts.text(iri, "ais:value")
        words = (label_of(facts, iri, "skos:prefLabel"), label_of(facts, iri, "skos:definition"))
        rank = int(facts.text(iri, "ais:order") or 99)
        found.append(
            Reason(key_of(iri), *words, rank, int(bound) if bound else None, facts.text(iri, "dcterms:source"))
        )
    return sorted(found, key=lambda reason: reason.rank)


class Survey:
    """What covers each part on a day: read once, asked for parts, lists of parts and the chain."""

    def __init__(self, counts: Counts, request: Request) -> None:
        self.counts = counts
        self.request = request
        self.reasons = load_reasons(counts)
        self.states = States(counts, request)
        everything = States(counts, request.with_switch("scope", "all"))
        columns, day = counts.columns, request.as_of
        self.orders = self.states.of_record
        strong = next(s.order for s in self.states.list if s.token == IN_FORCE)
        self.related = (everything.of_record == strong) & (self.orders != strong)
        years = columns.years.table({year: int(year) for year in columns.years.values})[columns.years.codes]
        bound = next((r.bound for r in self.reasons if r.token == OLD), None)
        self.recent = (self.orders == strong) & ((years < 0) | (years >= day.year - (bound or day.year)))
        self.knows_projects = day >= today()

    def rank(self, tokens: Sequence[str]) -> int:
        """Return the rank of the gravest of some reasons."""
        return min(reason.rank for reason in self.reasons if reason.token in tokens)

    def parts(self) -> list[Figures]:
        """Return one line a part of the edition that has no parts below it."""
        view = self.counts.view(self.request.system)
        leaves = sorted(set(view.parts) - set(view.broader.values()), key=view.notation)
        return self._lines(leaves, self.request.system)

    def collections(self) -> list[Figures]:
        """Return the lists of parts that the graph names, such as the twelve key technologies, line by line."""
        facts, found = self.counts.facts, []
        for iri in facts.members("skos:Collection"):
            members = [term.value for term in facts.of(iri, "skos:member")]
            system = facts.token(members[0], "skos:inScheme") or ""
            view = self.counts.view(system)
            label = label_of(facts, iri, "skos:prefLabel")
            lines = self._lines(sorted(members, key=view.notation), system)
            found.append({"list": key_of(iri), "label_zh": label.zh, "label_en": label.en, "lines": lines})
        return found

    def chain(self) -> Figures:
        """Return the layers of the industry chain, each followed by its elements, line by line."""
        axis = self.counts.axis(self.request.system, "element")
        record = np.flatnonzero(axis.codes >= 0)
        at = axis.codes[record]
        layers = {key: place for place, key in enumerate(axis.keys)}
        above = np.array([layers[key.split("/")[0]] for key in axis.keys], dtype=np.int32)[at]
        pairs = (np.concatenate([record, record[above != at]]), np.concatenate([at, above[above != at]]))
        lines = self._figures(axis.keys, *pairs)
        for key, line in zip(axis.keys, lines, strict=True):
            line |= names(self.counts, self.request.system, "element", key)
        label = label_of(self.counts.facts, f"{ID}chain", "skos:prefLabel")
        return {"list": "chain", "label_zh": label.zh, "label_en": label.en, "lines": lines}

    def _lines(self, parts: Sequence[str], system: str) -> list[Figures]:
        """Return a line a part: its figures and, where it is one, why it is a gap."""
        record, place = self.counts.pairs(system, "subpart")
        asked = {part: at for at, part in enumerate(parts)}
        at = np.array([asked.get(key, -1) for key in self.counts.axis(system, "subpart").keys])[place]
        lines = self._figures(parts, record[at >= 0], at[at >= 0])
        found = []
        for part, line in zip(parts, lines, strict=True):
            touched = self._touched(part, system)
            if touched and not line["records"]:  # related records exist, but none can be counted here: not "nothing"
                line["gaps"] = [NOT_COMPARABLE]
            head = {"system": system, **names(self.counts, system, "subpart", part)}
            found.append({**head, **line, "related_records": touched})
        return found

    def _touched(self, part: str, system: str) -> int:
        """Return how many covering records stand in parts of the guide that a part is close or related to."""
        record, place = self.counts.pairs(CLASSIFICATION_SYSTEM, "subpart")
        near = self.counts.view(system).neighbours(part)
        places = [at for at, key in enumerate(self.counts.axis(CLASSIFICATION_SYSTEM, "subpart").keys) if key in near]
        if not places:
            return 0
        return len(np.unique(record[np.isin(place, places) & (self.orders[record] > 0)]))

    def _figures(self, keys: Sequence[str], record: Ints | npt.NDArray[np.intp], at: Ints) -> list[Figures]:
        """Return, for each key, how many records of each state it has; ``record`` and ``at`` are pairs, each once."""
        width = len(self.states.list) + 1
        by_state = np.bincount(at * width + self.orders[record], minlength=len(keys) * width).reshape(-1, width)
        by_state[:, 0] = 0
        related = np.bincount(at, self.related[record], len(keys)).astype(int)
        recent = np.bincount(at, self.recent[record], len(keys)).astype(int)
        return [
            self._line(numbers, int(related[place]), int(recent[place]))
            for place, numbers in enumerate(by_state.tolist())
        ]

    def _line(self, numbers: list[int], related: int, recent: int) -> Figures:
        state, by_state = self.states.strongest(numbers), self.states.tokens(numbers)
        reasons = [] if state == IN_FORCE else [RELATED if state == NOTHING and related else state]
        if state == IN_FORCE and not recent:
            reasons.append(OLD)
        if self.knows_projects and MAKING not in by_state:
            reasons.append(NO_PROJECT)
        return {
            "state": state,
            "gaps": reasons,
            "records": sum(numbers),
            "by_state": by_state,
            "related_in_force": related,
        }


def expert_gaps(counts: Counts) -> list[dict[str, Any]]:
    """Return the gaps that experts named, from a user's ``expert-gaps*.csv``, as they stand there."""
    facts = counts.facts
    found = []
    for iri in facts.members("ais:ExpertGap"):
        texts = {t.language: t.value for t in facts.of(iri, "rdfs:label") if isinstance(t, ox.Literal)}
        parts = {part.value for part in facts.of(iri, "ais:inPart")}
        parts -= {
            above.value for part in parts for above in facts.of(part, "skos:broader")
        }  # as named, not what follows
        found.append(
            {
                "parts": sorted(facts.text(part, "skos:notation") or key_of(part) for part in parts),
                "statement_zh": texts.get("zh"),
                "statement_en": texts.get("en"),
                "named_by": facts.text(iri, "ais:namedBy"),
                "named_on": facts.text(iri, "dcterms:date"),
                "source": facts.text(iri, "dcterms:source"),
                "note": facts.text(iri, "skos:note"),
            }
        )
    return found
