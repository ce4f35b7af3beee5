"""Tallying: which candidates count on a day under a rule and its switches, and how the count grew."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, Final, TypeVar, overload

import numpy as np
import numpy.typing as npt
import pyoxigraph as ox

from aistandards.columns import (
    ALWAYS,
    FOLDER,
    NEVER,
    Axis,
    Columns,
    Ints,
    Judged,
    axis_of,
    read_columns,
    union_of,
)
from aistandards.derive import Facts
from aistandards.errors import StoreError, UsageError
from aistandards.findings import nearest
from aistandards.history import History
from aistandards.namespaces import ID, key_of
from aistandards.queries import Library
from aistandards.rules import Clause, Interval, Label, Rule, intervals, is_candidate, label_of, load_rules, verdict_of
from aistandards.search import Index, write_index
from aistandards.settings import resource
from aistandards.store import Build
from aistandards.systems import View, editions

DEFAULT_SYSTEM: Final = "draft-2024"
SERIES: Final = ("each", "once")
BY: Final = ("part", "subpart", "layer", "element", "level", "year", "committee")
REMEMBERED: Final = 64
Answer = TypeVar("Answer")
VERDICTS: Final = ("counts", "excluded", "undecided")
LAYERS: Final = ("foundation", "framework", "model", "application")


@dataclass(frozen=True, slots=True)
class Candidate:
    """One record a rule judges, with what is known of it and its intervals under the rule."""

    iri: str
    facts: Mapping[str, str]
    intervals: tuple[Interval, ...]

    def get(self, name: str) -> str | None:
        """Return a fact as text or code, or None."""
        value = self.facts.get(name)
        return key_of(value) if value and value.startswith(ID) and name not in ("part", "layer") else value

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

    def outcomes(self, judged: Judged) -> list[tuple[str, str | None]]:
        """Return verdict and reason of every signature of a judgement."""
        clauses = self.clauses()
        return [verdict_of(clauses, failed, undecided) for failed, undecided in judged.signatures]


class Picked(Sequence[Candidate]):
    """Some candidates of a rule, by their places in the columns; each is read when it is looked at."""

    def __init__(self, counts: Counts, rule: Rule, at: Ints) -> None:
        self.at = at
        self._counts = counts
        self._rule = rule

    def __len__(self) -> int:
        return len(self.at)

    @overload
    def __getitem__(self, index: int) -> Candidate: ...
    @overload
    def __getitem__(self, index: slice) -> Picked: ...
    def __getitem__(self, index: int | slice) -> Candidate | Picked:
        """Return one candidate, or a stretch of them."""
        if isinstance(index, slice):
            return Picked(self._counts, self._rule, self.at[index])
        return self._counts.candidate_at(self._rule, int(self.at[index]))

    def __iter__(self) -> Iterator[Candidate]:
        return (self._counts.candidate_at(self._rule, int(at)) for at in self.at)


@dataclass(frozen=True, slots=True)
class Tally:
    """The candidates of one day, sorted by what the rule says of them.

    ``live`` are the places of all of them, ``code`` leads from each to its verdict and reason in ``outcomes``.
    """

    live: Ints
    code: Ints
    outcomes: Sequence[tuple[str, str | None]]
    counted: Picked
    folded: Picked
    excluded: Picked
    undecided: Picked

    @property
    def candidates(self) -> int:
        """How many records were judged; counted + folded + excluded + undecided."""
        return len(self.live)

    def reason(self, at: int) -> str | None:
        """Return why the record at a place does not count, or None where it does."""
        return self.outcomes[int(self.code[np.searchsorted(self.live, at)])][1]

    def reasons(self) -> dict[str, int]:
        """Return how many records do not count for each reason, the most frequent first."""
        found: Counter[str] = Counter()
        for (_, reason), count in zip(self.outcomes, np.bincount(self.code, minlength=len(self.outcomes)), strict=True):
            if reason and count:
                found[reason] += int(count)
        return dict(sorted(found.items(), key=lambda entry: (-entry[1], entry[0])))


class Counts:
    """Counts over one build of the store; what it reads of the store it reads once.

    ``folder`` is the folder of a build that holds the columns; without it they are worked out from the store.
    """

    def __init__(self, store: ox.Store, folder: Path | None = None) -> None:
        self.store = store
        self.facts = Facts(store)
        self.library = Library(resource("queries"))
        self._folder = folder
        self._judged: dict[str, Judged] = {}
        self._remembered: dict[tuple[object, ...], Any] = {}
        self._views: dict[str, View] = {}
        self._axes: dict[tuple[str, str], Axis] = {}
        self._pairs: dict[tuple[str, str], tuple[Ints, Ints]] = {}

    @staticmethod
    def of(build: Build) -> Counts:
        """Return the counts over a build; raises StoreError where it cannot be read."""
        return Counts(build.open(), build.index(write_index))

    @cached_property
    def columns(self) -> Columns:
        """What counts need of every record, as arrays; raises StoreError where they are damaged."""
        if self._folder is None:
            return read_columns(self.store)
        try:
            return Columns.load(self._folder / FOLDER)
        except (OSError, ValueError, KeyError) as error:
            raise StoreError(
                f"The store at {self._folder} cannot be read ({error}). Run `aistandards build`.",
                f"无法读取 {self._folder} 处的存储（{error}）。请运行 `aistandards build`。",
            ) from None

    @cached_property
    def index(self) -> Index:
        """The index of lists and search; raises StoreError where it is damaged."""
        return Index.of(self.facts, self.columns) if self._folder is None else Index.open(self._folder)

    @cached_property
    def history(self) -> History:
        """What happened to each standard, and when."""
        return History(self.facts, self.columns)

    def remembered(self, key: tuple[object, ...], make: Callable[[], Answer]) -> Answer:
        """Return what ``make`` gives, kept for the next time it is asked by the same key; the oldest of many is forgotten."""
        if key not in self._remembered:
            if len(self._remembered) >= REMEMBERED:
                self._remembered.pop(next(iter(self._remembered)), None)
            self._remembered[key] = make()
        found: Answer = self._remembered[key]
        return found

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

    @cached_property
    def editions(self) -> list[str]:
        """The systems, by slug."""
        return list(editions(self.facts))

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
            if value != self.switches[name][0] and name not in rule.switches:
                has = ", ".join(sorted(rule.switches)) or "none"
                raise UsageError(
                    f"Rule {rule.name} has no clause that {name}={value} would waive; its switches: {has}.",
                    f"口径 {rule.name} 没有可由 {name}={value} 免除的条件；其开关：{has}。",
                )
        request = Request(rule, as_of, switches, **table)
        known("value of series", "series 的取值", request.series, SERIES)
        known("value of by", "by 的取值", request.by, BY)
        self.view(request.system)
        return request

    def judged(self, rule: Rule) -> Judged:
        """Return what a rule says of its candidates: as stored, or judged now for a user's own rule."""
        if rule.name not in self._judged:
            stored = any(known.iri == rule.iri for known in self.rules)
            self._judged[rule.name] = self.columns.judged[rule.name] if stored else Judged.of(self._judge(rule))
        return self._judged[rule.name]

    def _judge(self, rule: Rule) -> Iterator[tuple[int, Interval]]:
        for iri in self.facts.members(rule.candidates):
            at = self.columns.index(iri)
            if at is not None and is_candidate(rule, self.facts, iri):
                for interval in intervals(rule, self.facts, iri):
                    yield at, interval

    def candidates(self, rule: Rule) -> Picked:
        """Return all candidates of a rule, whatever the day."""
        return Picked(self, rule, self.judged(rule).candidates())

    def candidate_at(self, rule: Rule, at: int) -> Candidate:
        """Return the record at a place of the columns as a candidate of a rule."""
        return Candidate(self.columns.iris[at], self.columns.facts_of(at), self.judged(rule).intervals(at))

    def candidate(self, rule: Rule, iri: str) -> Candidate | None:
        """Return one record as a candidate of a rule; None where the rule does not judge it."""
        at = self.columns.index(iri)
        found = None if at is None else self.candidate_at(rule, at)
        return found if found and found.intervals else None

    def tally(self, request: Request) -> Tally:
        """Sort the candidates of the day; a series counted once keeps its lowest counted number, the others are folded."""
        judged = self.judged(request.rule)
        live, signature = judged.spans.on(request.as_of)
        outcomes = request.outcomes(judged)
        verdicts = np.array([VERDICTS.index(verdict) for verdict, _ in outcomes] or [0], dtype=np.int8)[signature]

        def picked(verdict: str) -> Ints:
            found: Ints = live[verdicts == VERDICTS.index(verdict)]
            return found

        counting = picked("counts")
        first = self.first_of_series(counting) if request.series == "once" else np.ones(len(counting), dtype=bool)
        sets = (counting[first], counting[~first], picked("excluded"), picked("undecided"))
        return Tally(live, signature, outcomes, *(Picked(self, request.rule, at) for at in sets))

    def first_of_series(self, at: Ints) -> npt.NDArray[np.bool_]:
        """Return which of some records are the first of their series among them; places grow with the series."""
        group = self.columns.group[at]
        return np.append(True, group[1:] != group[:-1])[: len(group)]

    def count(self, request: Request) -> int:
        """Return how many records count."""
        return len(self.tally(request).counted)

    def curve(self, request: Request) -> list[tuple[date, int]]:
        """Return the days on which the count changes, with the count from that day on; any day, past or future."""
        judged = self.judged(request.rule)
        spans = judged.spans
        counts = np.array([verdict == "counts" for verdict, _ in request.outcomes(judged)] or [False])[spans.code]
        start, end = spans.start[counts], spans.end[counts]
        if request.series == "once":
            start, end = union_of(self.columns.group[spans.record[counts]], start, end)
        begins, ends = start[start > ALWAYS], end[end < NEVER]
        first = int(min(begins.min(initial=NEVER), ends.min(initial=NEVER)))
        length = int(max(begins.max(initial=first), ends.max(initial=first))) - first + 1
        change = np.bincount(begins - first, minlength=length) - np.bincount(ends - first, minlength=length)
        before = len(start) - len(begins)
        total = before + np.cumsum(change)
        points = [(date.min, before)] if before else []
        return points + [(date.fromordinal(first + int(at)), int(total[at])) for at in np.flatnonzero(change)]

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
    def in_the_making(self) -> Ints:
        """The places of the projects that are neither published nor stopped."""
        rows = self.library.get("projects-in-the-making").run(self.store)
        places = {self.columns.index(row["project"].value) for row in rows} - {None}
        return np.array(sorted(at for at in places if at is not None), dtype=np.int32)

    def status_on(self, day: date) -> Ints:
        """Return the status of every record on a day as a code into ``columns.status_values``; -1 where it has none."""
        found = np.full(len(self.columns), -1, dtype=np.int32)
        record, code = self.columns.status.on(day)
        found[record] = code
        return found

    def axis(self, system: str, by: str) -> Axis:
        """Return one way to sort records; parts and sub-parts are those of an edition of the system."""
        if (system, by) not in self._axes:
            self._axes[system, by] = self._axis(system, by)
        return self._axes[system, by]

    def _axis(self, system: str, by: str) -> Axis:
        if by in ("part", "subpart"):
            view = self.view(system)
            keys = view.tops() if by == "part" else sorted(view.parts, key=view.notation)
            axis = axis_of(self.columns.facts["part"], keys, lambda part: view.place(part, top=by == "part"))
            for record, part in view.direct.items():  # classified here directly, whatever the crosswalk says
                at, key = self.columns.index(record), view.place(part, top=by == "part")
                if at is not None and key is not None:
                    axis.codes[at] = keys.index(key)
            return axis
        if by in ("layer", "element"):
            keys = list(LAYERS) if by == "layer" else self._elements()
            return axis_of(self.columns.facts["layer"], keys, lambda iri: layer_of(iri, by))
        values = self.columns.coded(by)
        return axis_of(values, sorted(map(key_of, values.values)), key_of)

    def pairs(self, system: str, by: str) -> tuple[Ints, Ints]:
        """Return every record with each place on an axis of parts that it stands in, primary or not, each pair once."""
        if (system, by) not in self._pairs:
            view, columns, axis = self.view(system), self.columns, self.axis(system, by)
            places = {key: at for at, key in enumerate(axis.keys)}
            shown = {p: places[key] for p in columns.parts.values if (key := view.place(p, top=by == "part"))}
            at = columns.parts.table(shown)[columns.parts.codes]
            once = np.unique(columns.part_record[at >= 0].astype(np.int64) * len(places) + at[at >= 0])
            record, place = np.divmod(once, len(places))
            self._pairs[system, by] = record.astype(np.int32), place.astype(np.int32)
        return self._pairs[system, by]

    def _elements(self) -> list[str]:
        """Return the layers of the chain, each followed by its elements."""
        names = [iri.removeprefix(ID + "chain/") for iri in self.facts.members("ais:ChainLayer")]
        return sorted(names, key=lambda name: (LAYERS.index(name.split("/")[0]), name))

    @cached_property
    def first_day(self) -> date:
        """The first day a Chinese standard on record can have been issued."""
        days = [self.judged(rule).spans.start for rule in self.rules if rule.levels]
        known = [int(start[start > ALWAYS].min()) for start in days if (start > ALWAYS).any()]
        return date.fromordinal(min(known)) if known else date.min

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


def layer_of(iri: str, by: str) -> str:
    """Return the layer of the chain, or layer and element, that an IRI stands for."""
    name = iri.removeprefix(ID + "chain/")
    return name.split("/")[0] if by == "layer" else name


def known(kind_en: str, kind_zh: str, value: str, choices: Iterable[str]) -> str:
    """Return a value that is among the choices; raises UsageError that lists them and names the nearest."""
    names = list(choices)
    if value in names:
        return value
    near, listed = nearest(value, names), ", ".join(names)
    en = f"Unknown {kind_en} “{value}”.{f' Did you mean {near}?' if near else ''} Choose from: {listed}."
    zh = f"{kind_zh}“{value}”不存在。{f'是否指 {near}？' if near else ''}可选：{'、'.join(names)}。"
    raise UsageError(en, zh, value=value, near=near)
