"""Status over time: which status a standard has from which day until which, worked out from its dates."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

Span = tuple[date | None, date | None]
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
    """Return the status token of a standard on a day: superseded goes before withdrawn, a dated event before a seen word."""
    issued = has_come(dates.issued, day)
    if issued is False:
        return "not-issued"
    taken_over = [has_come(span, day) for span in dates.successors]
    if True in taken_over:
        return "superseded"
    withdrawn = has_come(dates.withdrawn, day) if dates.withdrawn else False
    if withdrawn:
        return "withdrawn"
    if None in taken_over or withdrawn is None:
        return "unknown"
    begun = has_come(dates.in_force, day)
    if begun:
        return "in-force"
    if begun is False:
        return "not-yet-in-force" if issued else "unknown"
    words = [word for seen_on, word in sorted(dates.seen) if seen_on <= day]
    return words[-1] if words else "unknown"


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
    days = breaks([*spans, *((seen_on, seen_on) for seen_on, _ in dates.seen)])
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
