"""Coverage: the table of a count by part, layer, level, year or committee, and the records behind it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyoxigraph as ox

from aistandards.codes import CLASSIFICATION_SYSTEM
from aistandards.columns import Axis, Ints
from aistandards.counts import Counts, Request, Tally, known
from aistandards.lookup import natural_key
from aistandards.namespaces import ID, expand, item, key_of
from aistandards.rules import label_of
from aistandards.settings import today

STANDING: Final = ("ais:level", "ais:scope", "ais:basis", "ais:nature", "ais:verification")  # what no day changes
SETS: Final = ("verdicts", "in-force", "projects")
IN_FORCE: Final = item("status", "in-force")
COMMON: Final = ("scope", "guidance", "evidence")
PARTS: Final = ("part", "subpart")


def coverage(counts: Counts, request: Request) -> dict[str, Any]:
    """Return the answer of a count with the stable keys of the JSON answer; raises UsageError for a day too early."""
    counts.check_day(request.as_of)
    tally, reached = counts.tally(request), counts.reached_on(request)
    table = Table(counts, request, tally)
    until = counts.data_until(request.rule)
    grounds = table.tokens("ground")
    asks_novelty = any(clause.on_property == "ais:novelty" for clause in request.rule.clauses)
    return {
        **heading(counts, request),
        "counted": len(tally.counted),
        "excluded": len(tally.excluded),
        "undecided": len(tally.undecided),
        "candidates": tally.candidates,
        "folded": len(tally.folded),
        "shown_new": sum(grounds.values()) - grounds.get("none-on-record", 0) if asks_novelty else None,
        "none_on_record": grounds.get("none-on-record", 0) if asks_novelty else None,
        "reached_on": str(reached) if reached else None,
        "reached_on_is_lower_bound": bool(reached and until and reached > until),
        **_readings(counts, request),
        "by_verification": table.tokens("verification"),
        "contested": _contested(counts, request, tally),
        "reasons": tally.reasons(),
        "by": request.by,
        "rows": table.rows(),
    }


def heading(counts: Counts, request: Request) -> dict[str, Any]:
    """Return what every count says of itself: edition, rule, switches, day, how far the data reach, target."""
    until, target = counts.data_until(request.rule), request.rule.target
    return {
        "system": request.system,
        "rule": request.rule.name,
        **said_switches(request),
        "series": request.series,
        "as_of": str(request.as_of),
        "data_until": str(until) if until else None,
        "future": request.as_of > today(),
        "lower_bound": until is not None and request.as_of > until,
        "target": {"id": target.id, "comparison": target.comparison, "value": _whole(target.value)},
    }


def said_switches(request: Request) -> dict[str, str | None]:
    """Return the switches that stand beside a number: those the rule has, and null for a common one that it has not."""
    names = dict.fromkeys([*COMMON, *request.switches])
    had = request.rule.switches
    return {name: request.switches[name] if name in had else None for name in names if name in COMMON or name in had}


def records(counts: Counts, request: Request, of: str = "verdicts") -> list[dict[str, Any]]:
    """Return the records behind the numbers of a count, each with the row it stands in.

    ``verdicts``: every candidate of the day with verdict, reason and the clauses behind it; ``in-force`` and
    ``projects``: the records of those two columns. Raises UsageError for anything else.
    """
    known("value of of", "of 的取值", of, SETS)
    counts.check_day(request.as_of)
    tally = counts.tally(request)
    table = Table(counts, request, tally)
    if of != "verdicts":
        chosen = table.in_force if of == "in-force" else table.projects
        return sort_by_number(table.entry(int(at)) for at in chosen)
    folded = set(tally.folded.at.tolist())
    asked = {clause.name for clause in request.clauses()}
    judged = counts.judged(request.rule)
    _, signatures = judged.spans.on(request.as_of)
    found = []
    for at, signature, code in zip(tally.live.tolist(), signatures, tally.code, strict=True):
        verdict, reason = tally.outcomes[int(code)]
        failed, undecided = ([n for n in names if n in asked] for names in judged.signatures[int(signature)])
        said = {
            "verdict": "folded" if at in folded else verdict,
            "reason": reason,
            "failed": failed,
            "undecided": undecided,
        }
        found.append({**table.entry(at), **said})
    return sort_by_number(found)


def sort_by_number(entries: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return records as people sort numbers."""
    return sorted(entries, key=lambda record: natural_key(record["number"] or ""))


def title(counts: Counts, iri: str, language: str) -> str | None:
    """Return the title of a record in a language, or None; a participation has that of its standard."""
    titles = counts.facts.of(counts.facts.text(iri, "ais:ofStandard") or iri, "dcterms:title")
    return next((t.value for t in titles if isinstance(t, ox.Literal) and t.language == language), None)


def differing(counts: Counts, requests: list[Request]) -> list[dict[str, Any]]:
    """Return the records on which several requests differ, with the verdict of each; empty for a single one."""
    if len(requests) < 2:
        return []
    tallies = [counts.tally(request) for request in requests]
    said: list[dict[int, tuple[str, str | None]]] = [
        {at: tally.outcomes[code] for at, code in zip(tally.live.tolist(), tally.code.tolist(), strict=True)}
        for tally in tallies
    ]
    found = []
    for at in sorted(set().union(*(counts.judged(request.rule).candidates().tolist() for request in requests))):
        verdicts = [one.get(at, ("excluded", "not-issued")) for one in said]
        if len({verdict for verdict, _ in verdicts}) > 1:
            words = {
                r.rule.name: v + (f" ({why})" if why else "") for r, (v, why) in zip(requests, verdicts, strict=True)
            }
            found.append({"number": counts.columns.numbers[at] or counts.columns.iris[at], "verdicts": words})
    return sorted(found, key=lambda entry: str(entry["number"]))


def _readings(counts: Counts, request: Request) -> dict[str, int | None]:
    """Return the count with each single switch turned; None where the rule has no clause the switch waives."""
    answers: dict[str, int | None] = {}
    for key, name, value in (
        ("with_guidance", "guidance", "yes"),
        ("with_related", "scope", "all"),
        ("confirmed_only", "evidence", "confirmed"),
    ):
        has = any(c.waived_by and c.waived_by[0] == name for c in request.rule.clauses)
        answers[key] = counts.count(request.with_switch(name, value)) if has else None
    answers["series_once"] = counts.count(replace(request, series="once"))
    return answers


def _contested(counts: Counts, request: Request, tally: Tally) -> dict[str, int]:
    """Return how many contested records are counted, and how many are left out by scope alone."""
    contested = counts.columns.facts["contested"]
    marked = contested.table({"true": 1})[contested.codes] == 1
    clauses = tuple(c for c in request.rule.clauses if c.on_property != "ais:scope")
    without_scope = counts.tally(replace(request, rule=replace(request.rule, clauses=clauses), series="each"))
    inside = [int(marked[picked.at].sum()) for picked in (tally.counted, tally.folded, without_scope.counted)]
    return {"counted": inside[0], "excluded": inside[2] - inside[1] - inside[0]}


@dataclass(frozen=True)
class Table:
    """The rows of one answer: every counted record stands in exactly one row, so that they add up."""

    counts: Counts
    request: Request
    tally: Tally

    def rows(self) -> list[dict[str, Any]]:
        """Return one row a key, and a last one with notation null for what has no key."""
        if self.request.rule.candidates == expand("ais:Participation"):
            return [
                {
                    **self._head(None),
                    "counted": len(self.tally.counted),
                    "also": 0,
                    "in_force": 0,
                    "projects": 0,
                    "exactness": None,
                    "related": None,
                    "halves": [],
                }
            ]
        numbers = self._numbers(self.axis, self._also())
        keys: list[str | None] = [*self.axis.keys, None]
        rows: list[dict[str, Any]] = [
            {
                **self._head(key),
                **{name: None if counts is None else counts[at] for name, counts in numbers.items()},
                **self._carried(key),
                "halves": [],
            }
            for at, key in enumerate(keys)
        ]
        if self.request.by == "part":
            for key, row in zip(self.axis.keys, rows, strict=False):
                row["halves"] = self._halves(key)
        if self.request.by in ("level", "year", "committee"):  # keys that only other records have are no rows
            rows = [row for row in rows if row["counted"] or row["in_force"] or row["notation"] is None]
        return rows

    def _numbers(self, axis: Axis, also: list[int]) -> dict[str, list[int] | None]:
        """Return the columns of the table along an axis; ``also`` stands beside the count."""
        return {
            "counted": axis.count(self.tally.counted.at),
            "also": also,
            "in_force": axis.count(self.in_force),
            "projects": None if self.request.as_of < today() else axis.count(self.projects),
        }

    @cached_property
    def axis(self) -> Axis:
        """The rows of the table."""
        return self.counts.axis(self.request.system, self.request.by)

    def tokens(self, name: str) -> dict[str, int]:
        """Return how many counted records have each value of a fact, by token; ``unknown`` where they have none."""
        coded = self.counts.columns.facts[name]
        numbers = Axis(coded.values, coded.codes).count(self.tally.counted.at)
        names = [*(key_of(value) for value in coded.values), "unknown"]
        return dict(sorted((token, n) for token, n in zip(names, numbers, strict=True) if n))

    def _also(self) -> list[int]:
        """Return, by row, the counted records that have a secondary part there and their primary part elsewhere."""
        keys = len(self.axis.keys)
        if self.request.by not in PARTS:
            return [0] * (keys + 1)
        record, place = self.counts.pairs(self.request.system, self.request.by)
        counted = np.zeros(len(self.counts.columns), dtype=bool)
        counted[self.tally.counted.at] = True
        elsewhere = counted[record] & (place != self.axis.codes[record])
        return [int(n) for n in np.bincount(place[elsewhere], minlength=keys + 1)]

    @cached_property
    def in_force(self) -> Ints:
        """The records in force that pass the rule's levels, scope, guidance and evidence, whatever the window."""
        columns, judged = self.counts.columns, self.counts.judged(self.request.rule)
        if IN_FORCE not in columns.status_values:
            return np.zeros(0, dtype=np.int32)
        live, signature = judged.spans.on(self.request.as_of)
        passing = live[self._standing(judged.signatures)[signature]]
        alive = self.counts.status_on(self.request.as_of)[passing] == columns.status_values.index(IN_FORCE)
        chosen: Ints = passing[alive]
        return chosen if self.request.series == "each" else chosen[self.counts.first_of_series(chosen)]

    def _standing(self, signatures: Iterable[tuple[tuple[str, ...], tuple[str, ...]]]) -> npt.NDArray[np.bool_]:
        """Return which signatures pass what a rule asks besides novelty, window and title."""
        asked = {clause.name for clause in self.request.clauses() if clause.on_property in STANDING}
        return np.array(
            [asked.isdisjoint(failed) and asked.isdisjoint(undecided) for failed, undecided in signatures] or [False]
        )

    @cached_property
    def projects(self) -> Ints:
        """The projects in the making that pass the rule's levels, scope, guidance and evidence, as known today."""
        making = self.counts.in_the_making
        for clause in self.request.clauses():
            if clause.on_property in STANDING:
                coded = self.counts.columns.facts[clause.on_property.removeprefix("ais:")]
                holds = [clause.judge_values(values) is True for values in (*([v] for v in coded.values), [])]
                making = making[np.array(holds)[coded.codes[making]]]
        return making

    def _halves(self, key: str) -> list[dict[str, Any]]:
        """Return the parts of the classification edition that a row of this edition was split into."""
        halves = self.counts.view(self.request.system).halves(key)
        if not halves:
            return []
        split = Table(self.counts, replace(self.request, system=CLASSIFICATION_SYSTEM), self.tally)
        here = self.axis.codes == self.axis.keys.index(key)
        inside = Axis(split.axis.keys, np.where(here, split.axis.codes, -1).astype(np.int32))
        numbers = self._numbers(inside, split._also())
        places = [(half, split.axis.keys.index(half)) for half in halves]
        return [
            {**split._head(half), **{n: c and c[at] for n, c in numbers.items()}, **split._carried(half)}
            for half, at in places
        ]

    def _carried(self, key: str | None) -> dict[str, str | int | None]:
        """Return how exact a row is, and how many counted records lie in parts it only touches: these never count in it."""
        if self.request.by not in PARTS or key is None:
            return {"exactness": None if self.request.by not in PARTS else "none", "related": None}
        view, part, at = self.counts.view(self.request.system), self.counts.columns.facts["part"], self.tally.counted.at
        near = part.table(dict.fromkeys(view.neighbours(key), 1))[part.codes[at]] == 1
        elsewhere = self.axis.codes[at] != self.axis.keys.index(key)
        return {"exactness": view.exactness(key), "related": int((near & elsewhere).sum())}

    def _head(self, key: str | None) -> dict[str, str | None]:
        """Return edition, notation and labels of a row."""
        return {"system": self.request.system, **names(self.counts, self.request.system, self.request.by, key)}

    def entry(self, at: int) -> dict[str, Any]:
        """Return one record of a list behind a number."""
        columns, iri = self.counts.columns, self.counts.columns.iris[at]
        row = int(self.axis.codes[at])
        facts = columns.facts_of(at)
        return {
            "number": columns.numbers[at] or self.counts.facts.text(iri, "dcterms:identifier"),
            "slug": key_of(iri),
            "kind": "project" if columns.kinds.value(at) == "project" else "standard",
            "iri": iri,
            "title_zh": title(self.counts, iri, "zh"),
            "title_en": title(self.counts, iri, "en"),
            "verdict": None,
            "reason": None,
            "failed": [],
            "undecided": [],
            "row": names(self.counts, self.request.system, self.request.by, self.axis.keys[row])["notation"]
            if row >= 0
            else None,
            "level": key_of(facts["level"]) if "level" in facts else None,
            "verification": key_of(facts["verification"]) if "verification" in facts else None,
            "contested": facts.get("contested") == "true",
        }


def names(counts: Counts, system: str, by: str, key: str | None) -> dict[str, str | None]:
    """Return notation and labels of a key of an axis; key None is the row of what has no key."""
    if key is None:
        zh, en = _NO_ROW[by]
        return {"notation": None, "label_zh": zh, "label_en": en}
    if by in PARTS:
        view = counts.view(system)
        label = view.label(key)
        return {"notation": view.notation(key), "label_zh": label.zh, "label_en": label.en}
    kind = "chain" if by in ("layer", "element") else by
    label = label_of(counts.facts, f"{ID}{kind}/{key}", "skos:prefLabel")
    return {"notation": key, "label_zh": label.zh or key, "label_en": label.en or key}


def _whole(value: float | None) -> int | float | None:
    return int(value) if value is not None and value == int(value) else value


def flat_rows(answer: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the rows of a coverage answer and under each its halves, without nesting."""
    for row in answer["rows"]:
        yield {name: value for name, value in row.items() if name != "halves"}
        yield from row["halves"]


_NO_ROW: Final = {
    "part": ("本版无对应部分或未分类", "no counterpart in this edition, or unclassified"),
    "subpart": ("本版无对应部分或未分类", "no counterpart in this edition, or unclassified"),
    "layer": ("不属于任何一层", "no layer"),
    "element": ("不属于任何一层", "no layer"),
    "level": ("不详", "not known"),
    "year": ("不详", "not known"),
    "committee": ("不详", "not known"),
}
