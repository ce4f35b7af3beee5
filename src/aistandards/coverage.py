"""Coverage: the table of a count by part, layer, level, year or committee, and the records behind it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import pyoxigraph as ox

from aistandards.counts import Candidate, Counts, Request, Tally, known
from aistandards.lookup import natural_key
from aistandards.namespaces import ID, expand, key_of
from aistandards.rules import label_of
from aistandards.settings import today

ASKED_OF_ALL: Final = ("ais:level", "ais:scope", "ais:basis", "ais:nature", "ais:verification")
Key = Callable[[Mapping[str, str]], str | None]
SETS: Final = ("verdicts", "in-force", "projects")


def coverage(counts: Counts, request: Request) -> dict[str, Any]:
    """Return the answer of a count with the stable keys of the JSON answer; raises UsageError for a day too early."""
    counts.check_day(request.as_of)
    tally, rule = counts.tally(request), request.rule
    until, reached = counts.data_until(rule), counts.reached_on(request)
    grounds = Counter(candidate.get("ground") for candidate in tally.counted)
    sources = Counter(candidate.get("verification") for candidate in tally.counted)
    asks_novelty = any(clause.on_property == "ais:novelty" for clause in rule.clauses)
    return {
        "system": request.system,
        "rule": rule.name,
        **request.switches,
        "series": request.series,
        "as_of": str(request.as_of),
        "data_until": str(until) if until else None,
        "future": request.as_of > today(),
        "lower_bound": until is not None and request.as_of > until,
        "target": {"id": rule.target.id, "comparison": rule.target.comparison, "value": _whole(rule.target.value)},
        "counted": len(tally.counted),
        "excluded": len(tally.excluded),
        "undecided": len(tally.undecided),
        "candidates": tally.candidates,
        "folded": len(tally.folded),
        "shown_new": sum(grounds.values()) - grounds["none-on-record"] if asks_novelty else None,
        "none_on_record": grounds["none-on-record"] if asks_novelty else None,
        "reached_on": str(reached) if reached else None,
        "reached_on_is_lower_bound": bool(reached and until and reached > until),
        **_readings(counts, request),
        "by_verification": {name or "unknown": count for name, count in sorted(sources.items(), key=str)},
        "contested": _contested(counts, request, tally),
        "reasons": dict(Counter(reason for _, reason in tally.excluded + tally.undecided).most_common()),
        "by": request.by,
        "rows": Table(counts, request, tally).rows(),
    }


def records(counts: Counts, request: Request, of: str = "verdicts") -> list[dict[str, Any]]:
    """Return the records behind the numbers of a count, each with the row it stands in.

    ``verdicts``: every candidate of the day with verdict, reason and the clauses behind it; ``in-force`` and
    ``projects``: the records of those two columns. Raises UsageError for anything else.
    """
    known("value of of", "of 的取值", of, SETS)
    counts.check_day(request.as_of)
    tally = counts.tally(request)
    table = Table(counts, request, tally)
    key = table.key()
    if of != "verdicts":
        return [_entry(counts, request, key, candidate) for candidate in table.others(of)]
    said: dict[str, tuple[str, str | None]] = {c.iri: ("counts", None) for c in tally.counted}
    said |= {c.iri: ("folded", None) for c in tally.folded}
    said |= {c.iri: ("excluded", reason) for c, reason in tally.excluded}
    said |= {c.iri: ("undecided", reason) for c, reason in tally.undecided}
    asked = {clause.name for clause in request.clauses()}
    found = []
    for candidate in counts.candidates(request.rule):
        interval = candidate.on(request.as_of)
        if interval is None:
            continue
        verdict, reason = said[candidate.iri]
        failed, undecided = (
            [name for name in names if name in asked] for names in (interval.failed, interval.undecided)
        )
        entry = _entry(counts, request, key, candidate)
        found.append({**entry, "verdict": verdict, "reason": reason, "failed": failed, "undecided": undecided})
    return sorted(found, key=lambda record: natural_key(record["number"] or ""))


def _entry(counts: Counts, request: Request, key: Key, candidate: Candidate) -> dict[str, Any]:
    """Return one record of a list behind a number."""
    row = key(candidate.facts)
    return {
        "number": candidate.get("number") or candidate.get("id"),
        "slug": key_of(candidate.iri),
        "kind": "project" if "/id/project/" in candidate.iri else "standard",
        "iri": candidate.iri,
        "title_zh": _title(counts, candidate.iri, "zh"),
        "title_en": _title(counts, candidate.iri, "en"),
        "verdict": None,
        "reason": None,
        "failed": [],
        "undecided": [],
        "row": _row_name(counts, request, row),
        "level": candidate.get("level"),
        "verification": candidate.get("verification"),
        "contested": candidate.get("contested") == "true",
    }


def _row_name(counts: Counts, request: Request, row: str | None) -> str | None:
    return counts.view(request.system).notation(row) if row and request.by == "part" else row


def _title(counts: Counts, iri: str, language: str) -> str | None:
    iri = counts.facts.text(iri, "ais:ofStandard") or iri
    titles = counts.facts.values("dcterms:title").get(iri, [])
    return next((t.value for t in titles if isinstance(t, ox.Literal) and t.language == language), None)


def differing(counts: Counts, requests: list[Request]) -> list[dict[str, Any]]:
    """Return the records on which several requests differ, with the verdict of each; empty for a single one."""
    if len(requests) < 2:
        return []
    verdicts: dict[str, dict[str, str]] = defaultdict(dict)
    for at, request in enumerate(requests):
        for candidate in counts.candidates(request.rule):
            interval = candidate.on(request.as_of)
            verdict, reason = request.verdict(interval) if interval else ("excluded", "not-issued")
            verdicts[candidate.get("number") or candidate.iri][f"{at}:{request.rule.name}"] = verdict + (
                f" ({reason})" if reason else ""
            )
    return [
        {"number": number, "verdicts": {name.partition(":")[2]: said for name, said in said_by.items()}}
        for number, said_by in sorted(verdicts.items())
        if len({said.split(" ")[0] for said in said_by.values()}) > 1
    ]


def _readings(counts: Counts, request: Request) -> dict[str, int | None]:
    """Return the count with each single switch turned; None where the rule has no clause the switch waives."""
    answers: dict[str, int | None] = {}
    for key, name, value in (
        ("with_guidance", "guidance", "yes"),
        ("with_related", "scope", "all"),
        ("confirmed_only", "evidence", "confirmed"),
    ):
        has = any(c.waived_by and c.waived_by[0] == name for c in request.rule.clauses)
        answers[key] = len(counts.tally(request.with_switch(name, value)).counted) if has else None
    answers["series_once"] = len(counts.tally(replace(request, series="once")).counted)
    return answers


def _contested(counts: Counts, request: Request, tally: Tally) -> dict[str, int]:
    """Return how many contested records are counted, and how many are left out by scope alone."""
    scope = [c.name for c in request.rule.clauses if c.on_property == "ais:scope"]
    waived = replace(
        request, rule=replace(request.rule, clauses=tuple(c for c in request.rule.clauses if c.name not in scope))
    )
    outside = [c for c, reason in tally.excluded if reason == "out-of-scope" and c.get("contested") == "true"]
    near = sum(waived.verdict(i)[0] == "counts" for c in outside if (i := c.on(request.as_of)))
    return {"counted": sum(c.get("contested") == "true" for c in tally.counted), "excluded": near}


@dataclass(slots=True)
class Table:
    """The rows of one answer: every counted record stands in exactly one row, so that they add up."""

    counts: Counts
    request: Request
    tally: Tally

    def rows(self) -> list[dict[str, Any]]:
        """Return one row a key, and a last one with notation null for what has no key."""
        for name in (*ASKED_OF_ALL, "ais:inPart"):
            self.counts.facts.values(name)  # read once for all records
        if self.request.rule.candidates == expand("ais:Participation"):
            return [self._row(None, self.tally.counted, [], [], None)]
        key = self.key()
        keys = self._keys(key)
        counted, in_force = self._sorted(self.tally.counted, key), self._sorted(self.in_force(), key)
        projects = None if self.request.as_of < today() else self._sorted(self.projects(), key)
        also = self._also(key)
        return [
            self._row(name, counted[name], also[name], in_force[name], None if projects is None else projects[name])
            for name in [*keys, None]
        ]

    def key(self) -> Key:
        """Return the function that says in which row a record stands."""
        view = self.counts.view(self.request.system)

        def part(facts: Mapping[str, str]) -> str | None:
            seen = view.see(facts.get("part"))
            return view.top_of(seen.part) if seen.part else None

        def layer(facts: Mapping[str, str]) -> str | None:
            value = facts.get("layer")
            return value.removeprefix(ID + "chain/").split("/")[0] if value else None

        def plain(facts: Mapping[str, str]) -> str | None:
            value = facts.get(self.request.by)
            return key_of(value) if value else None

        return {"part": part, "layer": layer}.get(self.request.by, plain)

    def _keys(self, key: Key) -> list[str]:
        if self.request.by == "part":
            return self.counts.view(self.request.system).tops()
        if self.request.by == "layer":
            return ["foundation", "framework", "model", "application"]
        everyone = [c.facts for c in self.tally.counted] + [c.facts for c in self.in_force()]
        return sorted({name for facts in everyone if (name := key(facts)) is not None})

    def _sorted(self, candidates: Iterable[Candidate], key: Key) -> dict[str | None, list[Candidate]]:
        found: dict[str | None, list[Candidate]] = defaultdict(list)
        for candidate in candidates:
            found[key(candidate.facts)].append(candidate)
        return found

    def _also(self, key: Key) -> dict[str | None, list[Candidate]]:
        """Return, by row, the counted records that have a secondary part there and their primary part elsewhere."""
        found: dict[str | None, list[Candidate]] = defaultdict(list)
        if self.request.by != "part":
            return found
        for candidate in self.tally.counted:
            own = key(candidate.facts)
            others = {key({"part": part}) for part in self._parts(candidate.iri)} - {own, None}
            for name in others:
                found[name].append(candidate)
        return found

    def _parts(self, iri: str) -> list[str]:
        return [term.value for term in self.counts.facts.of(iri, "ais:inPart")]

    def others(self, of: str) -> list[Candidate]:
        """Return the records of the column ``in-force`` or ``projects``, by number."""
        chosen = self.in_force() if of == "in-force" else self.projects()
        return sorted(chosen, key=lambda c: natural_key(c.get("number") or c.get("id") or ""))

    def in_force(self) -> list[Candidate]:
        """Return the records in force that pass the rule's levels, scope, guidance and evidence, whatever the window."""
        alive, day = self.counts.in_force, self.request.as_of
        chosen = [
            c
            for c in self.counts.candidates(self.request.rule)
            if any(stretch.holds(day) for stretch in alive.get(c.iri, ())) and self._passes(c.iri)
        ]
        if self.request.series == "each":
            return chosen
        groups: dict[str, list[Candidate]] = defaultdict(list)
        for candidate in chosen:
            groups[candidate.group].append(candidate)
        return [min(members, key=lambda c: c.place) for members in groups.values()]

    def projects(self) -> list[Candidate]:
        """Return the projects in the making that pass the rule's levels, scope, guidance and evidence, as known today."""
        rows = self.counts.library.get("projects-in-the-making").run(self.counts.store)
        found = {row["project"].value: {name: term.value for name, term in row.items()} for row in rows}
        return [Candidate(iri, facts, ()) for iri, facts in found.items() if self._passes(iri)]

    def _passes(self, iri: str) -> bool:
        """Whether a record passes what a rule asks besides novelty, window and title."""
        clauses = [c for c in self.request.clauses() if c.on_property in ASKED_OF_ALL]
        return all(clause.judge(self.counts.facts, iri, self.request.as_of) for clause in clauses)

    def _row(
        self,
        name: str | None,
        counted: list[Candidate],
        also: list[Candidate],
        in_force: list[Candidate],
        projects: list[Candidate] | None,
    ) -> dict[str, Any]:
        row: dict[str, Any] = {"system": self.request.system, **self._names(name)}
        row |= {
            "counted": len(counted),
            "also": len(also),
            "in_force": len(in_force),
            "projects": None if projects is None else len(projects),
            "halves": [],
        }
        if self.request.by == "part" and name is not None:
            view = self.counts.view(self.request.system)
            for half in view.halves(name):
                row["halves"].append(self._half(half, counted, in_force, projects))
        return row

    def _half(
        self, half: str, counted: list[Candidate], in_force: list[Candidate], projects: list[Candidate] | None
    ) -> dict[str, Any]:
        view = self.counts.view("guide-2024")

        def inside(candidates: list[Candidate]) -> int:
            return sum(view.top_of(c.facts["part"]) == half for c in candidates if c.facts.get("part"))

        primary = inside(self.tally.counted)
        every = sum(half in {view.top_of(p) for p in self._parts(c.iri)} for c in self.tally.counted)
        label = view.label(half)
        return {
            "system": "guide-2024",
            "notation": view.notation(half),
            "label_zh": label.zh,
            "label_en": label.en,
            "counted": inside(counted),
            "also": every - primary,
            "in_force": inside(in_force),
            "projects": None if projects is None else inside(projects),
        }

    def _names(self, name: str | None) -> dict[str, str | None]:
        if name is None:
            zh, en = _NO_ROW[self.request.by]
            return {"notation": None, "label_zh": zh, "label_en": en}
        if self.request.by == "part":
            view = self.counts.view(self.request.system)
            label = view.label(name)
            return {"notation": view.notation(name), "label_zh": label.zh, "label_en": label.en}
        kind = {"layer": "chain"}.get(self.request.by, self.request.by)
        label = label_of(self.counts.facts, f"{ID}{kind}/{name}", "skos:prefLabel")
        return {"notation": name, "label_zh": label.zh or name, "label_en": label.en or name}


def flat_rows(answer: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the rows of a coverage answer and under each its halves, without nesting."""
    for row in answer["rows"]:
        yield {name: value for name, value in row.items() if name != "halves"}
        yield from row["halves"]


_NO_ROW: Final = {
    "part": ("本版无对应部分或未分类", "no counterpart in this edition, or unclassified"),
    "layer": ("不属于任何一层", "no layer"),
    "level": ("不详", "not known"),
    "year": ("不详", "not known"),
    "committee": ("不详", "not known"),
}


def _whole(value: float | None) -> int | float | None:
    return int(value) if value is not None and value == int(value) else value
