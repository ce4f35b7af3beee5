"""Counting: how many records count toward a target on a day, which, in which row of the table, and since when."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import Any, Final

import pyoxigraph as ox

from aistandards.derive import Facts
from aistandards.errors import UsageError
from aistandards.findings import nearest
from aistandards.namespaces import ID, expand, key_of
from aistandards.queries import Library
from aistandards.rules import Interval, Rule, intervals, is_candidate, load_rules, verdict_of
from aistandards.settings import resource, today
from aistandards.systems import View
from aistandards.timeline import Stretch

DEFAULT_SYSTEM: Final = "draft-2024"
SERIES: Final = ("each", "once")
BY: Final = ("part", "layer", "level", "year", "committee")


@dataclass(frozen=True, slots=True)
class Candidate:
    """One record a rule judges, with what tables need of it and its intervals under the rule."""

    iri: str
    facts: Mapping[str, str]
    intervals: tuple[Interval, ...]

    def get(self, name: str) -> str | None:
        """Return a fact as text or code, or None."""
        value = self.facts.get(name)
        return key_of(value) if value and value.startswith(ID) and name not in ("part", "layer") else value

    @property
    def group(self) -> str:
        """The series the record belongs to, or the record itself."""
        return self.facts.get("series") or self.iri  # the query gives "" where there is no part number

    @property
    def place(self) -> tuple[int, str]:
        """Where the record stands in its series: by part number."""
        part = self.facts.get("digitpart", "")
        return (int(part) if part.isdecimal() else 0, self.facts.get("number", ""))

    def on(self, day: date) -> Interval | None:
        """Return the interval that holds on a day, or None before the record can have been issued."""
        return next((interval for interval in self.intervals if interval.stretch.holds(day)), None)


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of a count: the rule, the day, the switches and the table."""

    rule: Rule
    as_of: date
    switches: Mapping[str, str] = field(default_factory=dict)
    series: str = "each"
    system: str = DEFAULT_SYSTEM
    by: str = "part"

    def waives(self, waived_by: tuple[str, str] | None) -> bool:
        """Whether the switches asked for set a clause aside."""
        return waived_by is not None and self.switches.get(waived_by[0]) == waived_by[1]

    def with_switch(self, name: str, value: str) -> Request:
        """Return the same request with one switch set."""
        return replace(self, switches={**self.switches, name: value})

    def clauses(self) -> list[Any]:
        """Return the clauses of the rule that the switches leave."""
        return [clause for clause in self.rule.clauses if not self.waives(clause.waived_by)]

    def verdict(self, interval: Interval) -> tuple[str, str | None]:
        """Return verdict and reason of an interval under the switches asked for."""
        return verdict_of(self.clauses(), interval.failed, interval.undecided)


@dataclass(slots=True)
class Tally:
    """The records of one day, sorted by what the rule says of them."""

    counted: list[Candidate] = field(default_factory=list)
    folded: list[Candidate] = field(default_factory=list)
    excluded: list[tuple[Candidate, str]] = field(default_factory=list)
    undecided: list[tuple[Candidate, str]] = field(default_factory=list)

    @property
    def candidates(self) -> int:
        """How many records were judged; counted + folded + excluded + undecided."""
        return len(self.counted) + len(self.folded) + len(self.excluded) + len(self.undecided)


class Counts:
    """Counts over one build of the store; what it reads of the store it reads once."""

    def __init__(self, store: ox.Store) -> None:
        self.store = store
        self.facts = Facts(store)
        self.library = Library(resource("queries"))
        self._candidates: dict[str, list[Candidate]] = {}
        self._views: dict[str, View] = {}

    @cached_property
    def rules(self) -> list[Rule]:
        """The counting rules of the store, in order."""
        return load_rules(self.store)

    @cached_property
    def switches(self) -> dict[str, list[str]]:
        """The values of each switch, the default first."""
        values: dict[str, list[tuple[int, str]]] = defaultdict(list)
        for value, above in self.facts.values("skos:broader").items():
            if above[0].value.startswith(ID + "switch/"):
                values[key_of(above[0].value)].append((int(self.facts.text(value, "ais:order") or 0), key_of(value)))
        return {name: [value for _, value in sorted(found)] for name, found in sorted(values.items())}

    def view(self, edition: str) -> View:
        """Return an edition of the system; raises UsageError for an unknown one."""
        if edition not in self._views:
            self._views[edition] = View(self.facts, edition)
        return self._views[edition]

    def request(self, rule: Rule, as_of: date, given: Mapping[str, str] | None = None, **table: str) -> Request:
        """Return a request with defaults filled in; raises UsageError for an unknown switch, value or table."""
        switches = {name: values[0] for name, values in self.switches.items()}
        for name, value in (given or {}).items():
            _known("switch", "开关", name, switches)
            switches[name] = _known(f"value of {name}", f"{name} 的取值", value, self.switches[name])
        request = Request(rule, as_of, switches, **table)
        _known("value of series", "series 的取值", request.series, SERIES)
        _known("value of by", "by 的取值", request.by, BY)
        self.view(request.system)
        return request

    def candidates(self, rule: Rule) -> list[Candidate]:
        """Return the candidates of a rule with their intervals: stored ones, or judged now for a user's own rule."""
        if rule.name not in self._candidates:
            stored = any(known.iri == rule.iri for known in self.rules)
            self._candidates[rule.name] = self._stored(rule) if stored else self._judged(rule)
        return self._candidates[rule.name]

    def candidate(self, rule: Rule, iri: str) -> Candidate | None:
        """Return one record as a candidate of a rule, without reading the others; None where the rule does not judge it."""
        if not is_candidate(rule, self.facts, iri):
            return None
        if all(known.iri != rule.iri for known in self.rules):
            return Candidate(iri, {}, tuple(intervals(rule, self.facts, iri)))
        held = []
        for node in self.facts.subjects("ais:verdictFor", iri):
            if self.facts.text(node, "ais:underRule") == rule.iri:
                start, end = (self.facts.text(node, name) for name in ("ais:from", "ais:until"))
                stretch = Stretch(*(date.fromisoformat(day) if day else None for day in (start, end)))
                clauses = [tuple(sorted(self._clause_names(node, name))) for name in ("ais:failed", "ais:undecided")]
                held.append(Interval(stretch, clauses[0], clauses[1]))
        return Candidate(iri, {}, tuple(sorted(held, key=lambda i: i.stretch.start or date.min)))

    def _clause_names(self, node: str, name: str) -> Iterable[str]:
        return (self.facts.text(term.value, "skos:notation") or "" for term in self.facts.of(node, name))

    @cached_property
    def _records(self) -> dict[str, dict[str, str]]:
        records: dict[str, dict[str, str]] = {}
        for row in self.library.get("candidates").run(self.store):
            records.setdefault(row["record"].value, {name: term.value for name, term in row.items()})
        return records

    def _stored(self, rule: Rule) -> list[Candidate]:
        found: dict[str, list[Interval]] = defaultdict(list)
        for row in self.library.get("verdict-intervals").run(self.store, {"rule": rule.name}):
            cells = {name: term.value for name, term in row.items()}
            start, end = (date.fromisoformat(cells[name]) if name in cells else None for name in ("from", "until"))
            failed, undecided = (tuple(sorted(cells.get(name, "").split())) for name in ("failed", "undecided"))
            found[cells["record"]].append(Interval(Stretch(start, end), failed, undecided))
        return [Candidate(iri, self._facts_of(iri), tuple(held)) for iri, held in found.items()]

    def _judged(self, rule: Rule) -> list[Candidate]:
        records = [iri for iri in self.facts.members(rule.candidates) if is_candidate(rule, self.facts, iri)]
        return [Candidate(iri, self._facts_of(iri), tuple(intervals(rule, self.facts, iri))) for iri in records]

    def _facts_of(self, iri: str) -> Mapping[str, str]:
        if iri in self._records:
            return self._records[iri]
        standard = self.facts.text(iri, "ais:ofStandard") or iri
        return {"number": self.facts.text(standard, "ais:number") or key_of(iri)}

    def tally(self, request: Request) -> Tally:
        """Sort the candidates of the day; a series counted once keeps its lowest counted number, the others are folded."""
        tally = Tally()
        counting: dict[str, list[Candidate]] = defaultdict(list)
        for candidate in self.candidates(request.rule):
            interval = candidate.on(request.as_of)
            if interval is None:
                continue
            verdict, reason = request.verdict(interval)
            if verdict == "counts":
                counting[candidate.group if request.series == "once" else candidate.iri].append(candidate)
            else:
                (tally.excluded if verdict == "excluded" else tally.undecided).append((candidate, reason or ""))
        for members in counting.values():
            first, *others = sorted(members, key=lambda candidate: candidate.place)
            tally.counted.append(first)
            tally.folded += others
        return tally

    def curve(self, request: Request) -> list[tuple[date, int]]:
        """Return the days on which the count changes, with the count from that day on; any day, past or future."""
        changes: dict[date, Counter[str]] = defaultdict(Counter)
        for candidate in self.candidates(request.rule):
            group = candidate.group if request.series == "once" else candidate.iri
            for interval in candidate.intervals:
                if request.verdict(interval)[0] == "counts":
                    changes[interval.stretch.start or date.min][group] += 1
                    if interval.stretch.end:
                        changes[interval.stretch.end][group] -= 1
        members: Counter[str] = Counter()
        count, points = 0, []
        for day in sorted(changes):
            for group, change in changes[day].items():
                before = members[group] > 0
                members[group] += change
                count += (members[group] > 0) - before
            points.append((day, count))
        return points

    def reached_on(self, request: Request) -> date | None:
        """Return the first day of the unbroken stretch up to the day asked on which the count meets the target."""
        reached: date | None = None
        for day, count in self.curve(request):
            if day > request.as_of:
                break
            if not request.rule.target.is_met_by(count):
                reached = None
            elif reached is None:
                reached = day
        return reached

    @cached_property
    def first_day(self) -> date:
        """The first day a Chinese standard on record can have been issued."""
        known = [self.facts.text(iri, "ais:issuedEarliest") for iri in self._records]
        return min((date.fromisoformat(day) for day in known if day), default=date.min)

    def check_day(self, day: date) -> None:
        """Raise UsageError for a day before the first record."""
        if day < self.first_day:
            raise UsageError(
                f"{day} lies before the first record; the first day that can be asked is {self.first_day}.",
                f"{day} 早于首条记录；可查询的第一天是 {self.first_day}。",
            )

    @cached_property
    def _register_days(self) -> dict[str, date]:
        rows = self.library.get("data-until").run(self.store)
        return {key_of(row["level"].value): date.fromisoformat(row["day"].value) for row in rows}

    def data_until(self, rule: Rule) -> date | None:
        """Return the day up to which the register copies reach for all levels a rule counts, or None where not known."""
        days = [self._register_days.get(level) for level in rule.levels]
        return min((day for day in days if day), default=None) if days and None not in days else None

    def coverage(self, request: Request) -> dict[str, Any]:
        """Return the answer of a count with the stable keys of the JSON answer; raises UsageError for a day too early."""
        self.check_day(request.as_of)
        tally, rule = self.tally(request), request.rule
        until, reached = self.data_until(rule), self.reached_on(request)
        grounds = Counter(candidate.get("ground") for candidate in tally.counted)
        sources = Counter(candidate.get("verification") for candidate in tally.counted)
        asks_novelty = any(clause.property == "ais:novelty" for clause in rule.clauses)
        return {
            "system": request.system,
            "rule": rule.name,
            **request.switches,
            "series": request.series,
            "as_of": str(request.as_of),
            "data_until": str(until) if until else None,
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
            **self._readings(request),
            "by_verification": {name or "unknown": count for name, count in sorted(sources.items(), key=str)},
            "contested": self._contested(request, tally),
            "reasons": dict(Counter(reason for _, reason in tally.excluded + tally.undecided).most_common()),
            "by": request.by,
            "rows": self._rows(request, tally),
        }

    def differing(self, requests: list[Request]) -> list[dict[str, Any]]:
        """Return the records on which several requests differ, with the verdict of each; empty for a single one."""
        if len(requests) < 2:
            return []
        verdicts: dict[str, dict[str, str]] = defaultdict(dict)
        for at, request in enumerate(requests):
            for candidate in self.candidates(request.rule):
                interval = candidate.on(request.as_of)
                verdict, reason = request.verdict(interval) if interval else ("excluded", "not-issued")
                verdicts[candidate.get("number") or candidate.iri][f"{at}:{request.rule.name}"] = verdict + (f" ({reason})" if reason else "")
        return [
            {"number": number, "verdicts": {name.partition(":")[2]: said for name, said in said_by.items()}}
            for number, said_by in sorted(verdicts.items())
            if len({said.split(" ")[0] for said in said_by.values()}) > 1
        ]

    def _readings(self, request: Request) -> dict[str, int | None]:
        """Return the count with each single switch turned; None where the rule has no clause the switch waives."""
        answers: dict[str, int | None] = {}
        for key, name, value in (("with_guidance", "guidance", "yes"), ("with_related", "scope", "all"), ("confirmed_only", "evidence", "confirmed")):
            has = any(c.waived_by and c.waived_by[0] == name for c in request.rule.clauses)
            answers[key] = len(self.tally(request.with_switch(name, value)).counted) if has else None
        answers["series_once"] = len(self.tally(replace(request, series="once")).counted)
        return answers

    def _contested(self, request: Request, tally: Tally) -> dict[str, int]:
        """Return how many contested records are counted, and how many are left out by scope alone."""
        scope = [c.name for c in request.rule.clauses if c.property == "ais:scope"]
        waived = replace(request, rule=replace(request.rule, clauses=tuple(c for c in request.rule.clauses if c.name not in scope)))
        outside = [c for c, reason in tally.excluded if reason == "out-of-scope" and c.get("contested") == "true"]
        near = sum(waived.verdict(i)[0] == "counts" for c in outside if (i := c.on(request.as_of)))
        return {"counted": sum(c.get("contested") == "true" for c in tally.counted), "excluded": near}

    def _rows(self, request: Request, tally: Tally) -> list[dict[str, Any]]:
        table = Table(self, request, tally)
        return table.rows()


@dataclass(slots=True)
class Table:
    """The rows of one answer: every counted record stands in exactly one row, so that they add up."""

    counter: Counts
    request: Request
    tally: Tally

    def rows(self) -> list[dict[str, Any]]:
        """Return one row a key, and a last one with notation null for what has no key."""
        if self.request.rule.candidates == expand("ais:Participation"):
            return [self._row(None, self.tally.counted, [], [], None)]
        key = self._key()
        keys = self._keys(key)
        counted, in_force = self._sorted(self.tally.counted, key), self._sorted(self.in_force(), key)
        projects = None if self.request.as_of < today() else self._sorted(self.projects(), key)
        also = self._also(key)
        return [
            self._row(name, counted[name], also[name], in_force[name], None if projects is None else projects[name])
            for name in [*keys, None]
        ]

    def _key(self) -> Callable[[Mapping[str, str]], str | None]:
        view = self.counter.view(self.request.system)

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

    def _keys(self, key: Callable[[Mapping[str, str]], str | None]) -> list[str]:
        if self.request.by == "part":
            return self.counter.view(self.request.system).tops()
        if self.request.by == "layer":
            return ["foundation", "framework", "model", "application"]
        everyone = [c.facts for c in self.tally.counted] + [c.facts for c in self.in_force()]
        return sorted({name for facts in everyone if (name := key(facts)) is not None})

    def _sorted(
        self, candidates: Iterable[Candidate], key: Callable[[Mapping[str, str]], str | None]
    ) -> dict[str | None, list[Candidate]]:
        found: dict[str | None, list[Candidate]] = defaultdict(list)
        for candidate in candidates:
            found[key(candidate.facts)].append(candidate)
        return found

    def _also(self, key: Callable[[Mapping[str, str]], str | None]) -> dict[str | None, list[Candidate]]:
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
        return [term.value for term in self.counter.facts.of(iri, "ais:inPart")]

    def in_force(self) -> list[Candidate]:
        """Return the records in force that pass the rule's levels, scope, guidance and evidence, whatever the window."""
        rows = self.counter.library.get("status-on-day").run(self.counter.store, {"day": str(self.request.as_of)})
        alive = {row["standard"].value for row in rows if key_of(row["status"].value) == "in-force"}
        chosen = [c for c in self.counter.candidates(self.request.rule) if c.iri in alive and self._passes(c.iri)]
        if self.request.series == "each":
            return chosen
        groups: dict[str, list[Candidate]] = defaultdict(list)
        for candidate in chosen:
            groups[candidate.group].append(candidate)
        return [min(members, key=lambda c: c.place) for members in groups.values()]

    def projects(self) -> list[Candidate]:
        """Return the projects in the making that pass the rule's levels, scope, guidance and evidence, as known today."""
        rows = self.counter.library.get("projects-in-the-making").run(self.counter.store)
        found = {row["project"].value: {name: term.value for name, term in row.items()} for row in rows}
        return [Candidate(iri, facts, ()) for iri, facts in found.items() if self._passes(iri)]

    def _passes(self, iri: str) -> bool:
        """Whether a record passes what a rule asks besides novelty, window and title."""
        asked = ("ais:level", "ais:scope", "ais:nature", "ais:verification")
        clauses = [c for c in self.request.clauses() if c.property in asked]
        return all(clause.judge(self.counter.facts, iri, self.request.as_of) for clause in clauses)

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
            view = self.counter.view(self.request.system)
            for half in view.halves(name):
                row["halves"].append(self._half(half, counted, in_force, projects))
        return row

    def _half(
        self, half: str, counted: list[Candidate], in_force: list[Candidate], projects: list[Candidate] | None
    ) -> dict[str, Any]:
        view = self.counter.view("guide-2024")

        def inside(candidates: list[Candidate]) -> int:
            return sum(bool(part := c.facts.get("part")) and view.top_of(part) == half for c in candidates)

        primary = sum(bool(part := c.facts.get("part")) and view.top_of(part) == half for c in self.tally.counted)
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
            view = self.counter.view(self.request.system)
            label = view.label(name)
            return {"notation": view.notation(name), "label_zh": label.zh, "label_en": label.en}
        kind = {"layer": "chain"}.get(self.request.by, self.request.by)
        label = View.label(self.counter.view(self.request.system), f"{ID}{kind}/{name}")
        return {"notation": name, "label_zh": label.zh or name, "label_en": label.en or name}


_NO_ROW: Final = {
    "part": ("本版无对应部分或未分类", "no counterpart in this edition, or unclassified"),
    "layer": ("不属于任何一层", "no layer"),
    "level": ("不详", "not known"),
    "year": ("不详", "not known"),
    "committee": ("不详", "not known"),
}


def _known(kind_en: str, kind_zh: str, value: str, known: Iterable[str]) -> str:
    names = list(known)
    if value in names:
        return value
    near = nearest(value, names)
    raise UsageError(
        f"Unknown {kind_en} “{value}”." + (f" Did you mean {near}?" if near else "") + f" Choose from: {', '.join(names)}.",
        f"未知的{kind_zh}“{value}”。" + (f"是否指 {near}？" if near else "") + f"可选：{'、'.join(names)}。",
    )


def _whole(value: float | None) -> int | float | None:
    return int(value) if value is not None and value == int(value) else value
