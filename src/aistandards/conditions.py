"""Conditions in three values: read from shapes, judged on what a record says and on what it does not say."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import product
from typing import Final

from aistandards.dates import months_after
from aistandards.errors import SourceError

Value = bool | Decimal | date | str
Given = Mapping[str, tuple[Value, ...]]
MOST_COMBINATIONS: Final = 20_000
MOST_KNOWN: Final = 50_000
STEP: Final = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Branch:
    """What one property must satisfy; every part that is given must hold. A property without a value leaves it open."""

    path: str
    one_of: tuple[Value, ...] = ()
    at_least: Decimal | None = None
    more_than: Decimal | None = None
    at_most: Decimal | None = None
    less_than: Decimal | None = None
    max_count: int | None = None
    not_after: str | None = None
    within_months: int | None = None
    since: str | None = None
    years_past: int | None = None
    paths: tuple[str, ...] = field(init=False, repr=False)  # every property the test reads

    def __post_init__(self) -> None:
        object.__setattr__(self, "paths", tuple(path for path in (self.path, self.not_after, self.since) if path))

    def judge(self, facts: Given, day: date) -> bool | None:
        """Say whether the test holds on a day; None where a property it reads has no value."""
        if any(not facts.get(path) for path in self.paths):
            return None
        values = facts[self.path]
        if self.max_count is not None and len(values) > self.max_count:
            return False
        return all(self._holds(value, facts, day) for value in values)

    def _holds(self, value: Value, facts: Given, day: date) -> bool:
        if isinstance(value, Decimal):
            return not (
                (self.at_least is not None and value < self.at_least)
                or (self.more_than is not None and value <= self.more_than)
                or (self.at_most is not None and value > self.at_most)
                or (self.less_than is not None and value >= self.less_than)
            )
        if isinstance(value, date):
            return self._holds_on(value, facts, day)
        return not self.one_of or value in self.one_of

    def _holds_on(self, value: date, facts: Given, day: date) -> bool:
        if self.years_past is not None:
            return not value <= day <= months_after(value, 12 * self.years_past)
        if self.within_months is not None and self.since:
            return all(value <= months_after(d, self.within_months) for d in facts[self.since] if isinstance(d, date))
        if self.not_after is not None:
            return all(value <= d for d in facts[self.not_after] if isinstance(d, date))
        return True


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of a text: it holds where one of its tests holds; the last test is what it is about, earlier ones excuse."""

    iri: str
    name: str
    order: float
    on_class: str
    clause: str
    message_zh: str
    message_en: str
    branches: tuple[Branch, ...]
    paths: tuple[str, ...] = field(init=False, repr=False)  # every property the condition reads

    def __post_init__(self) -> None:
        paths = dict.fromkeys(path for branch in self.branches for path in branch.paths)
        object.__setattr__(self, "paths", tuple(paths))

    @property
    def path(self) -> str:
        """The property the condition is about."""
        return self.branches[-1].path

    def judge(self, facts: Given, day: date) -> bool | None:
        """Say whether the condition holds: True, False, or None where the record does not say enough."""
        found = [test.judge(facts, day) for test in self.branches]
        return True if True in found else None if None in found else False


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a set of conditions comes to: the verdict, each condition's value, and the properties that would decide it."""

    verdict: bool | None
    holds: tuple[bool | None, ...]
    missing: tuple[str, ...] = ()


class Judge:
    """Judges conditions exactly: the verdict is None only if two ways of filling what is missing give different verdicts.

    ``domains`` are the values that a property of codes can have. Kleene's rules alone would leave open what no way of filling could
    change, where one missing property stands in several conditions; those are tried out on values around every bound.
    """

    def __init__(self, domains: Mapping[str, Sequence[Value]]) -> None:
        self.domains = domains
        self._known: dict[tuple[object, ...], set[bool]] = {}

    def judge(self, conditions: Sequence[Condition], facts: Given, day: date) -> Judgement:
        """Judge all conditions together on a day."""
        holds = tuple(condition.judge(facts, day) for condition in conditions)
        if False in holds:
            return Judgement(False, holds, ())
        open_ = [condition for condition, value in zip(conditions, holds, strict=True) if value is None]
        missing: dict[str, None] = {}
        verdict: bool | None = True
        for group in _entangled(open_, facts):
            outcomes = self._outcomes(group, facts, day)
            if True not in outcomes:
                return Judgement(False, holds, ())
            if False in outcomes:
                verdict = None
                missing |= dict.fromkeys(path for condition in group for path in _absent(condition, facts))
        return Judgement(verdict, holds, tuple(missing))

    def _outcomes(self, group: Sequence[Condition], facts: Given, day: date) -> set[bool]:
        """Return what a group of open conditions can come to, worked out once for the same facts."""
        said = tuple((c.iri, tuple(facts.get(path, ()) for path in c.paths)) for c in group)
        if len(self._known) > MOST_KNOWN:
            self._known.clear()
        if (day, said) not in self._known:
            self._known[day, said] = self._try_out(group, facts, day)
        return self._known[day, said]

    def _try_out(self, group: Sequence[Condition], facts: Given, day: date) -> set[bool]:
        """Return what a group of open conditions comes to over all ways of filling what is missing."""
        paths = list(dict.fromkeys(path for condition in group for path in _absent(condition, facts)))
        choices = [list(self._fillings(path, group, facts, day)) for path in paths]
        if math.prod(map(len, choices)) > MOST_COMBINATIONS:
            names = ", ".join(condition.name for condition in group)
            raise SourceError(
                f"The conditions {names} share too many properties to be judged together; cut them into fewer.",
                f"条件 {names} 共用的属性过多，无法一并判断；请拆分。",
            )
        found: set[bool] = set()
        for filling in product(*choices):
            filled = {**facts, **dict(zip(paths, filling, strict=True))}
            found.add(all(condition.judge(filled, day) for condition in group))
            if len(found) == 2:
                break
        return found

    def _fillings(self, path: str, group: Sequence[Condition], facts: Given, day: date) -> Iterator[tuple[Value, ...]]:
        """Yield values that stand for all a property can be: its codes, both sides of every bound, lists of every length."""
        tests = [test for condition in group for test in condition.branches if path in test.paths]
        if path in self.domains:
            yield from ((value,) for value in self.domains[path])
            return
        if longest := max((test.max_count for test in tests if test.max_count is not None), default=0):
            yield from (tuple(f"member {n}" for n in range(length)) for length in range(1, longest + 2))
            return
        if any(test.within_months or test.years_past or test.not_after for test in tests):
            yield from ((value,) for value in _days(tests, facts, day))
            return
        bounds = {b for t in tests for b in (t.at_least, t.more_than, t.at_most, t.less_than) if b is not None}
        around = [bound + step for bound in sorted(bounds) for step in (-STEP, Decimal(0), STEP)]
        named = [value for test in tests for value in test.one_of]
        yield from ((value,) for value in [*(value for value in around if value >= 0), *named] or [""])


def _absent(condition: Condition, facts: Given) -> list[str]:
    return [path for path in condition.paths if not facts.get(path)]


def _entangled(conditions: Iterable[Condition], facts: Given) -> list[list[Condition]]:
    """Return open conditions in groups that share a missing property; between groups, what is missing can be filled apart."""
    groups: list[tuple[set[str], list[Condition]]] = []
    for condition in conditions:
        paths = set(_absent(condition, facts))
        touched = [group for group in groups if group[0] & paths]
        groups = [group for group in groups if not group[0] & paths]
        members = [member for _, together in touched for member in together]
        groups.append((paths.union(*(known for known, _ in touched)), [*members, condition]))
    return [members for _, members in groups]


def _days(tests: Sequence[Branch], facts: Given, day: date) -> list[date]:
    """Return days on both sides of every bound that the tests and the known dates make."""
    known = {v for test in tests for path in test.paths for v in facts.get(path, ()) if isinstance(v, date)} | {day}
    months = {0} | {test.within_months or 0 for test in tests} | {12 * (test.years_past or 0) for test in tests}
    around = {months_after(d, sign * count) for d in known for count in months for sign in (-1, 1)}
    first, last = date.min.toordinal(), date.max.toordinal()
    days = {min(max(d.toordinal() + off, first), last) for d in around for off in (-3, -1, 0, 1)}
    return [date.fromordinal(number) for number in sorted(days)]
