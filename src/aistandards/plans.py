"""Plan projects as cases: when each began and ended, what was known on a day, and which of them a rule would count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal
from weakref import WeakKeyDictionary

from aistandards.counts import Counts, Request
from aistandards.namespaces import key_of
from aistandards.rules import Clause
from aistandards.settings import today
from aistandards.survival import Curve, curve
from aistandards.tables import tables

Reading = Literal["short", "middle", "long"]
ENOUGH: Final = 30  # cases in a stratum; with fewer it is pooled with the wider one
FEWEST: Final = 10  # cases in a pool; with fewer there is no estimate
Stratum = tuple[str | None, str | None]  # level and committee; None is all
ALL: Final[Stratum] = (None, None)
Readings = tuple[Reading, Reading]  # of how long the cases took, and of how long projects have been under way
MIDDLE: Final[Readings] = ("middle", "middle")
READINGS: Final[tuple[Readings, ...]] = (
    MIDDLE, ("short", "short"), ("short", "long"), ("long", "short"), ("long", "long"),
)  # fmt: skip
Days = tuple[date, date]


@dataclass(frozen=True, slots=True)
class Plan:
    """One Chinese plan project with its days: when it began, its standard was issued, it was due, it was on record."""

    iri: str
    facts: dict[str, str]
    start: Days | None
    issued: Days | None
    due: Days | None
    seen_by: date

    def get(self, name: str) -> str | None:
        """Return a fact as text, or None."""
        return self.facts.get(name)

    @property
    def is_over(self) -> bool:
        """Whether it has ended on a day that is not known: published or stopped without an issued standard on record."""
        return self.issued is None and ("number" in self.facts or self.get("stage") in ("published", "stopped"))

    def has_begun(self, day: date) -> bool:
        """Whether it had surely begun by a day."""
        return self.seen_by <= day or (self.start is not None and self.start[1] <= day)

    def has_ended(self, day: date) -> bool:
        """Whether its standard had surely been issued by a day."""
        return self.issued is not None and self.issued[1] <= day

    def is_under_way(self, day: date) -> bool:
        """Whether it had surely begun and surely not ended by a day."""
        return self.has_begun(day) and not self.is_over and (self.issued is None or self.issued[0] > day)

    def days(self, reading: Reading, until: date | None = None) -> int:
        """Return how many days it took, or has taken until a day, under one reading of the days not known exactly."""
        assert self.start is not None
        end = (until, until) if until else self.issued
        assert end is not None
        (early, late), (first, last) = ([day.toordinal() for day in days] for days in (self.start, end))
        took = {"short": first - late, "middle": (first + last) // 2 - (early + late) // 2, "long": last - early}
        return max(took[reading], 0)

    def stage_on(self, day: date) -> str | None:
        """Return the stage where it was on record by a day; an earlier stage is not known."""
        return self.get("stage") if self.seen_by <= day else None

    def is_overdue(self, day: date) -> bool | None:
        """Whether it is past its due date on a day; None where no due date, or none that decides, is on record."""
        if self.due is None or self.due[0] < day <= self.due[1]:
            return None
        return self.due[1] < day


def load_plans(counts: Counts) -> list[Plan]:
    """Return every Chinese plan project on record, by id; read once a build."""
    if counts not in _read:
        _read[counts] = _load(counts)
    return _read[counts]


_read: WeakKeyDictionary[Counts, list[Plan]] = WeakKeyDictionary()


def _load(counts: Counts) -> list[Plan]:
    """Read the projects; one that became several standards ended with the first."""
    found: dict[str, Plan] = {}
    for name in ("durations", "plans-without-result"):
        for row in counts.library.get(name).run(counts.store):
            plan = _plan({column: term.value for column, term in row.items()})
            known = found.setdefault(plan.iri, plan)
            if plan.issued and (known.issued is None or plan.issued[1] < known.issued[1]):
                found[plan.iri] = plan
    return sorted(found.values(), key=lambda plan: plan.facts["id"])


def _plan(facts: dict[str, str]) -> Plan:
    seen_by = _day(facts.get("seen_by")) or today()  # what is on file has been seen by today
    issued, due = (_days(facts, name) for name in ("issued", "due"))
    start = _days(facts, "start")
    if start:  # it began before it was seen, and before its standard was issued
        latest = min(day for day in (start[1], seen_by, issued and issued[1]) if day)
        start = (start[0], latest) if start[0] <= latest else None
    return Plan(facts["project"], facts, start, issued, due, seen_by)


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _days(facts: dict[str, str], name: str) -> Days | None:
    earliest, latest = (_day(facts.get(f"{name}_{end}")) for end in ("earliest", "latest"))
    return (earliest, latest) if earliest and latest else None


def _strata(plan: Plan) -> set[Stratum]:
    """Return the strata a project is in, from its committee to all."""
    level = plan.get("level")
    return {(level, plan.get("committee")), (level, None), ALL}


@dataclass(frozen=True, slots=True)
class Chance:
    """The chance that one project ends by a day: under the middle reading, and its limits over all readings."""

    plan: Plan
    pool: Stratum
    by_reading: dict[Readings, tuple[float, float, float]]

    @property
    def likely(self) -> float:
        """The chance under the middle reading."""
        return self.by_reading[MIDDLE][0]

    @property
    def limits(self) -> tuple[float, float]:
        """The lowest and highest limit over the readings."""
        return min(low for _, low, _ in self.by_reading.values()), max(high for *_, high in self.by_reading.values())


class Stand:
    """What was known on one day: which projects had ended and after how long, and which were under way."""

    def __init__(self, plans: Sequence[Plan], day: date) -> None:
        self.day = day
        self.ended = [plan for plan in plans if plan.has_ended(day)]
        self.under_way = [plan for plan in plans if plan.is_under_way(day)]
        self.cases = [plan for plan in self.ended if plan.start]
        self._cases = Counter(stratum for plan in self.cases for stratum in _strata(plan))
        self._curves: dict[tuple[Stratum, Readings], Curve] = {}

    def within(self, plans: Iterable[Plan], stratum: Stratum) -> list[Plan]:
        """Return the projects of a stratum."""
        level, committee = stratum
        return [p for p in plans if level in (None, p.get("level")) and committee in (None, p.get("committee"))]

    def pool_of(self, level: str | None, committee: str | None) -> Stratum | None:
        """Return the narrowest stratum with enough cases: committee, level, all; None where all are too few."""
        narrow: list[Stratum] = [(level, committee)] if level and committee else []
        for stratum in [*narrow, (level, None)] if level else ():
            if self._cases[stratum] >= ENOUGH:
                return stratum
        return ALL if len(self.cases) >= FEWEST else None

    def curve(self, pool: Stratum, readings: Readings) -> Curve:
        """Return the curve of a pool: its cases ended, its projects under way are censored at their age."""
        key = pool, readings
        took, age = readings
        if key not in self._curves:
            ended = [plan.days(took) for plan in self.within(self.cases, pool)]
            ages = [plan.days(age, self.day) for plan in self.within(self.under_way, pool) if self.is_aged(plan)]
            self._curves[key] = curve(ended, ages)
        return self._curves[key]

    def is_aged(self, plan: Plan) -> bool:
        """Whether it is known how long a project has been under way."""
        return plan.start is not None and plan.start[1] <= self.day

    def chances(self, plans: Iterable[Plan], by_day: date) -> list[Chance]:
        """Return the chance of each project to end by a day; those of unknown age, and of too few cases, are left out."""
        found = []
        ahead = (by_day - self.day).days
        for plan in plans:
            pool = self.pool_of(plan.get("level"), plan.get("committee"))
            if pool is None or not self.is_aged(plan):
                continue
            by_reading = {}
            for readings in READINGS:
                age, line = plan.days(readings[1], self.day), self.curve(pool, readings)
                by_reading[readings] = (line.chance(age, age + ahead), *line.limits(age, age + ahead))
            found.append(Chance(plan, pool, by_reading))
        return found


class Judge:
    """Says of projects whether the standards they make would count under a rule.

    Clauses on what the table of projects states are judged on the project. Others (novelty, issue, window) wait for the
    standard, and exclude a project only where its facts fail them: a project that says revision will not be newly made.
    """

    def __init__(self, counts: Counts, request: Request) -> None:
        self._counts = counts
        self._day = request.as_of
        table = next(table for table in tables() if table.kind == "project")
        stated = {column.property for column in table.columns} | {"ais:verification"}
        self.clauses = [(clause, clause.on_property in stated) for clause in request.clauses()]

    def holds(self, clause: Clause, plan: Plan) -> bool | None:
        """Say whether a clause holds for a project: True, False, or None where that cannot be decided."""
        return clause.judge(self._counts.facts, plan.iri, self._day)

    def verdict(self, plan: Plan) -> tuple[str, str | None]:
        """Return ``would-count``, ``excluded`` or ``undecided`` with the reason of the first clause that decides."""
        judged = [(clause, stated, self.holds(clause, plan)) for clause, stated in self.clauses]
        for clause, _, holds in judged:
            if holds is False:
                return "excluded", clause.reason
        for clause, stated, holds in judged:
            if holds is None and stated:
                return "undecided", clause.reason_undecided
        return "would-count", None

    def summary(self, plans: Iterable[Plan]) -> Iterator[dict[str, Any]]:
        """Yield each clause with how many of the projects it holds for, fails for and cannot decide."""
        held = list(plans)
        for clause, stated in self.clauses:
            said = [self.holds(clause, plan) for plan in held]
            yield {
                "clause": clause.name,
                "label_zh": clause.label.zh,
                "label_en": clause.label.en,
                "judged_on_project": stated,
                "holds": said.count(True),
                "fails": said.count(False),
                "undecided": said.count(None),
            }


def shown(days: Days | None) -> tuple[str | None, str | None]:
    """Return the earliest and latest day as text."""
    return (None, None) if days is None else (str(days[0]), str(days[1]))


def entry(plan: Plan) -> dict[str, Any]:
    """Return what every list shows of a project."""
    start, issued = shown(plan.start), shown(plan.issued)
    names = ("title_zh", "title_en", "level", "scope", "nature", "committee")
    return {
        "number": plan.get("id"),
        "slug": key_of(plan.iri),
        **{name: plan.get(name) for name in names},
        "start_earliest": start[0],
        "start_latest": start[1],
        "start_basis": plan.get("start_basis") if plan.start else None,
        "result": plan.get("number"),
        "result_slug": key_of(plan.facts["standard"]) if "standard" in plan.facts else None,
        "issued_earliest": issued[0],
        "issued_latest": issued[1],
    }
