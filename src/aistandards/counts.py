"""Tallying: which candidates count on a day under a rule and its switches, and how the count grew."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import Final

import pyoxigraph as ox

from aistandards.derive import Facts, select
from aistandards.errors import UsageError
from aistandards.findings import nearest
from aistandards.listing import Listing
from aistandards.namespaces import ID, key_of
from aistandards.queries import Library
from aistandards.rules import Clause, Interval, Label, Rule, intervals, is_candidate, label_of, load_rules, verdict_of
from aistandards.settings import resource
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
    def place(self) -> tuple[list[int], str, str]:
        """Where the record stands in its series: by part number, then by the year in its number."""
        part, number = self.facts.get("digitpart", ""), self.facts.get("number", "")
        return [int(piece) for piece in part.split(".") if piece.isdecimal()], number.rpartition("-")[2], number

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

    def clauses(self) -> list[Clause]:
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
        self.listing = Listing(self.facts, self.library)
        self._candidates: dict[str, list[Candidate]] = {}
        self._views: dict[str, View] = {}

    @cached_property
    def rules(self) -> list[Rule]:
        """The counting rules of the store, in order."""
        return load_rules(self.store)

    @cached_property
    def words(self) -> dict[str, dict[str, Label]]:
        """The labels of every code list, by list and token: ``words["status"]["in-force"].zh`` is 现行."""
        found: dict[str, dict[str, Label]] = defaultdict(dict)
        for concept, schemes in self.facts.values("skos:inScheme").items():
            token = self.facts.text(concept, "skos:notation") or key_of(concept)
            found[key_of(schemes[0].value)][token] = label_of(self.facts, concept, "skos:prefLabel")
        for switch, value in self._switch_values():
            found[f"{switch}-switch"][key_of(value)] = label_of(self.facts, value, "skos:prefLabel")
        return found

    def _switch_values(self) -> Iterable[tuple[str, str]]:
        """Yield the name of a switch and the IRI of a value of it."""
        for value, above in self.facts.values("skos:broader").items():
            if above[0].value.startswith(ID + "switch/"):
                yield key_of(above[0].value), value

    @cached_property
    def switches(self) -> dict[str, list[str]]:
        """The values of each switch, the default first."""
        values: dict[str, list[tuple[int, str]]] = defaultdict(list)
        for switch, value in self._switch_values():
            values[switch].append((int(self.facts.text(value, "ais:order") or 0), key_of(value)))
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
            known("switch", "开关", name, switches)
            switches[name] = known(f"value of {name}", f"{name} 的取值", value, self.switches[name])
        request = Request(rule, as_of, switches, **table)
        known("value of series", "series 的取值", request.series, SERIES)
        known("value of by", "by 的取值", request.by, BY)
        self.view(request.system)
        return request

    def candidates(self, rule: Rule) -> list[Candidate]:
        """Return the candidates of a rule with their intervals: stored ones, or judged now for a user's own rule."""
        if rule.name not in self._candidates:
            self._candidates[rule.name] = self._stored(rule) if self._is_stored(rule) else self._judged(rule)
        return self._candidates[rule.name]

    def _is_stored(self, rule: Rule) -> bool:
        """Whether the build judged a rule; a user's own rule is judged when it is asked."""
        return any(stored.iri == rule.iri for stored in self.rules)

    def candidate(self, rule: Rule, iri: str) -> Candidate | None:
        """Return one record as a candidate of a rule, without reading the others; None where the rule does not judge it."""
        if not is_candidate(rule, self.facts, iri):
            return None
        if not self._is_stored(rule):
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
        facts = {
            "number": self.facts.text(standard, "ais:number"),
            "verification": self.facts.text(standard, "ais:verification"),
        }
        return {name: value for name, value in facts.items() if value}

    def tally(self, request: Request) -> Tally:
        """Sort the candidates of the day; a series counted once keeps its lowest counted number, the others are folded."""
        tally = Tally()
        counting: dict[str, list[Candidate]] = defaultdict(list)
        clauses = request.clauses()
        for candidate in self.candidates(request.rule):
            interval = candidate.on(request.as_of)
            if interval is None:
                continue
            verdict, reason = verdict_of(clauses, interval.failed, interval.undecided)
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
        clauses = request.clauses()
        for candidate in self.candidates(request.rule):
            group = candidate.group if request.series == "once" else candidate.iri
            for interval in candidate.intervals:
                if verdict_of(clauses, interval.failed, interval.undecided)[0] == "counts":
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
    def in_force(self) -> dict[str, list[Stretch]]:
        """The stretches over which each standard is in force."""
        text = """SELECT ?standard ?from ?until WHERE {
          ?period ais:statusOf ?standard ; ais:status <https://w3id.org/aistandards/id/status/in-force> .
          OPTIONAL { ?period ais:from ?from } OPTIONAL { ?period ais:until ?until } }"""
        found: dict[str, list[Stretch]] = defaultdict(list)
        for row in select(self.store, text):
            start, end = (date.fromisoformat(row[name].value) if name in row else None for name in ("from", "until"))
            found[row["standard"].value].append(Stretch(start, end))
        return found

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


def known(kind_en: str, kind_zh: str, value: str, choices: Iterable[str]) -> str:
    """Return a value that is among the choices; raises UsageError that lists them and names the nearest."""
    names = list(choices)
    if value in names:
        return value
    near = nearest(value, names)
    raise UsageError(
        f"Unknown {kind_en} “{value}”."
        + (f" Did you mean {near}?" if near else "")
        + f" Choose from: {', '.join(names)}.",
        f"未知的{kind_zh}“{value}”。" + (f"是否指 {near}？" if near else "") + f"可选：{'、'.join(names)}。",
    )
