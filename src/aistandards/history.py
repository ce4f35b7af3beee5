"""What happened to each standard, and when: the stored statuses read as events, with what took its place."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import pairwise
from typing import Final

import numpy as np

from aistandards.columns import Columns, stretch_of
from aistandards.dates import Span
from aistandards.derive import Facts, successors, takeover
from aistandards.namespaces import key_of
from aistandards.timeline import UNKNOWN, Stretch, has_come

KINDS: Final = ("issued", "in-force", "superseded", "withdrawn")
Period = tuple[Stretch, str]


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a standard at some day of a span; ``kind`` is one of ``KINDS``."""

    standard: str
    kind: str
    span: Span

    def happened(self, first: date, last: date) -> bool | None:
        """Whether it happened after ``first`` and by ``last``: True, False, or None where the span does not decide it."""
        before, by_then = has_come(self.span, first), has_come(self.span, last)
        if before or by_then is False or last <= first:
            return False
        return True if before is False and by_then else None


class History:
    """The lives of all standards of a build, read once; events are found by day, not by going through the records."""

    def __init__(self, facts: Facts, columns: Columns) -> None:
        self.facts = facts
        self.columns = columns
        self._words = [key_of(value) for value in columns.status_values]

    def has(self, standard: str) -> bool:
        """Whether a standard is on file, and not only cited."""
        return bool(self.periods(standard))

    def periods(self, standard: str) -> list[Period]:
        """Return the statuses of a standard in order; the stretches tile all time. Empty for what is not on file."""
        at = self.columns.index(standard)
        if at is None:
            return []
        first, last = np.searchsorted(self.columns.status.record, [at, at + 1])
        return self._between_places(int(first), int(last))

    def _between_places(self, first: int, last: int) -> list[Period]:
        status = self.columns.status
        days = [status.start[first:last].tolist(), status.end[first:last].tolist()]
        words = (self._words[code] for code in status.code[first:last].tolist())
        return [(stretch_of(start, end), word) for start, end, word in zip(*days, words, strict=True)]

    @cached_property
    def successors(self) -> dict[str, list[tuple[str, Span]]]:
        """What took or takes the place of each standard, with the day it takes over, the earliest first."""
        found = {}
        for old, new in successors(self.facts.store).items():
            followers = [(standard, takeover(self.facts, standard)) for standard in new if standard != old]
            found[old] = sorted(followers, key=lambda one: (one[1][0] or date.min, one[0]))
        return found

    @cached_property
    def _events(self) -> tuple[list[Event], list[date], list[Event]]:
        """The events of a known day in order, their days, and those known by a span only."""
        for name in ("ais:issuedEarliest", "ais:issuedLatest"):
            self.facts.values(name)  # read once for all records
        records, starts = np.unique(self.columns.status.record, return_index=True)
        places = pairwise([*starts.tolist(), len(self.columns.status.record)])
        events: list[Event] = []
        for at, (first, last) in zip(records.tolist(), places, strict=True):
            standard = self.columns.iris[at]
            issued = self.facts.span(standard, "ais:issued")
            if issued and issued != UNKNOWN:
                events.append(Event(standard, "issued", issued))
            events += self._turns(standard, self._between_places(first, last))
        exact = sorted((e for e in events if e.span[0] == e.span[1]), key=lambda e: e.span[0] or date.min)
        return exact, [e.span[0] or date.min for e in exact], [e for e in events if e.span[0] != e.span[1]]

    def _turns(self, standard: str, periods: list[Period]) -> Iterator[Event]:
        """Yield the changes of status; through a stretch in which the status is not known, the day is a span."""
        known = [period for period in periods if period[1] != "unknown"]
        if not known:
            return
        first, last = periods[0], periods[-1]
        turns = [] if first[1] != "unknown" else [(first, known[0])]
        for (before, word), (after, status) in [*turns, *pairwise(known)]:
            if status in KINDS and status != word:
                yield Event(standard, status, (None if word == "unknown" else before.end, after.start))
        if last[1] == "unknown" and known[-1][1] not in ("superseded", "withdrawn"):  # whether it happened is not known
            in_force = known[-1][1] == "in-force"
            kind = ("superseded" if self.successors.get(standard) else "withdrawn") if in_force else "in-force"
            yield Event(standard, kind, (last[0].start, None))

    def between(self, first: date, last: date) -> tuple[list[Event], list[Event]]:
        """Return the events after ``first`` and by ``last``, and those of which that cannot be told."""
        exact, days, spans = self._events
        judged = [(event, event.happened(first, last)) for event in spans]
        sure = exact[bisect_right(days, first) : bisect_right(days, last)]
        return sure + [event for event, in_it in judged if in_it], [event for event, in_it in judged if in_it is None]

    def status(self, standard: str, day: date) -> tuple[str, Span]:
        """Return the status of a standard on a day and the span in which it began; ``unknown`` for what is not on file."""
        periods = self.periods(standard)
        for at, (stretch, status) in enumerate(periods):
            if stretch.holds(day):
                unsure = at > 0 and periods[at - 1][1] == "unknown" and status != "unknown"
                return status, (periods[at - 1][0].start if unsure else stretch.start, stretch.start)
        return "unknown", UNKNOWN

    def comes(self, standard: str, status: str, day: date) -> Span:
        """Return the span in which a status begins after a day; both ends None where that is not on record."""
        waits = None
        for stretch, word in self.periods(standard):
            if stretch.start is None or stretch.start <= day:
                continue
            if word == status:
                return waits or stretch.start, stretch.start
            waits = stretch.start if word == "unknown" else None
        return UNKNOWN

    def taken_over(self, standard: str, day: date) -> list[tuple[str, Span]]:
        """Return what has, or may have, taken the place of a standard by a day."""
        return [(new, span) for new, span in self.successors.get(standard, []) if has_come(span, day) is not False]

    def in_its_place(self, standard: str, day: date) -> list[str]:
        """Return the standards in force on a day at the end of all chains of replacement; empty where the chain breaks off."""
        found, waiting, walked = [], [standard], {standard}
        while waiting:
            for new, _ in self.taken_over(waiting.pop(0), day):
                if new in walked:
                    continue
                walked.add(new)
                if self.status(new, day)[0] == "in-force":
                    found.append(new)
                else:
                    waiting.append(new)
        return found
