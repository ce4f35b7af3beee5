"""Status over time: which status a standard has from which day until which, worked out from its dates."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from aistandards.dates import Span

UNKNOWN: Span = (None, None)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A half-open stretch of days, ``start`` inclusive, ``end`` exclusive; None is open."""

    start: date | None
    end: date | None

    def holds(self, day: date) -> bool:
        """Whether a day lies in the stretch."""
        return (self.start is None or self.start <= day) and (self.end is None or day < self.end)


@dataclass(frozen=True, slots=True)
class Dates:
    """What is known of a standard's life. ``in_force`` is its implementation, or its issue where it is international.

    ``successors`` are the days on which later standards took over; ``seen`` are status words with the day a source shows them.
    """

    issued: Span
    in_force: Span
    withdrawn: Span | None = None
    successors: tuple[Span, ...] = ()
    seen: tuple[tuple[date, str], ...] = ()


def has_come(span: Span, day: date) -> bool | None:
    """Whether the day a span stands for has come by ``day``: True, False, or None where that cannot be decided."""
    earliest, latest = span
    if latest is not None and latest <= day:
        return True
    if earliest is not None and day < earliest:
        return False
    return None


def status_on(dates: Dates, day: date) -> str:
    """Return the status token of a standard on a day.

    A seen word holds from the day a source shows it until a dated event changes it; before it the dates alone decide.
    Superseded goes before withdrawn.
    """
    seen = max((seen for seen in dates.seen if seen[0] <= day), default=None)
    if seen is not None:
        return _status_since(dates, day, *seen)
    issued = has_come(dates.issued, day)
    if issued is False:
        return "not-issued"
    if ended := _ended(dates.successors, dates.withdrawn, day):
        return ended
    begun = has_come(dates.in_force, day)
    if begun:
        return "in-force"
    return "not-yet-in-force" if begun is False and issued else "unknown"


def _ended(successors: Iterable[Span], withdrawn: Span | None, day: date) -> str | None:
    """Return what ended a standard by a day, ``unknown`` where something may have, None where nothing did."""
    taken_over = [has_come(span, day) for span in successors]
    gone = has_come(withdrawn, day) if withdrawn else False
    if True in taken_over:
        return "superseded"
    if gone:
        return "withdrawn"
    return "unknown" if None in taken_over or gone is None else None


def _status_since(dates: Dates, day: date, seen_on: date, word: str) -> str:
    """Return the status after a source showed a word: the word, unless an event that it did not yet show has come."""

    def later(span: Span | None, shown: bool) -> Span | None:
        """Return when an event comes after the word; None where it had come by then, or the word shows that it had."""
        earliest, latest = span or UNKNOWN
        if span is None or (latest is not None and latest <= seen_on):
            return None
        if earliest is not None and earliest > seen_on:
            return span
        return None if shown else (date.fromordinal(seen_on.toordinal() + 1), latest)

    successors = [span for one in dates.successors if (span := later(one, word == "superseded"))]
    if ended := _ended(successors, later(dates.withdrawn, word == "withdrawn"), day):
        return ended
    waits = word in ("not-issued", "not-yet-in-force") and dates.in_force != UNKNOWN
    in_force = later(dates.in_force, shown=False) if waits else None
    begun = has_come(in_force, day) if in_force else False
    return "in-force" if begun else word if begun is False else "unknown"


def breaks(spans: Iterable[Span]) -> list[date]:
    """Return the days on which something can change, sorted."""
    return sorted({day for span in spans for day in span if day is not None})


def stretches(days: list[date]) -> list[Stretch]:
    """Return the stretches between the days, from the open beginning to the open end, without gap or overlap."""
    edges: list[date | None] = [None, *days, None]
    return [Stretch(start, end) for start, end in pairwise(edges)]


def status_periods(dates: Dates) -> list[tuple[Stretch, str]]:
    """Return the statuses of a standard in order; the stretches tile all time and neighbours differ."""
    spans = [dates.issued, dates.in_force, *dates.successors, *([dates.withdrawn] if dates.withdrawn else [])]
    seen = [(seen_on, date.fromordinal(seen_on.toordinal() + 1)) for seen_on, _ in dates.seen]
    days = breaks([*spans, *seen])
    periods: list[tuple[Stretch, str]] = []
    for stretch in stretches(days):
        status = status_on(
            dates, stretch.start or (date.min if not days else date.fromordinal(days[0].toordinal() - 1))
        )
        if periods and periods[-1][1] == status:
            periods[-1] = (Stretch(periods[-1][0].start, stretch.end), status)
        else:
            periods.append((stretch, status))
    return periods
