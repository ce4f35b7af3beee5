"""What changed between two days: standards issued, in force, replaced, withdrawn, and the counts that moved because of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache, partial
from typing import Any, Final

import numpy as np

from aistandards.counts import Candidate, Counts, Request
from aistandards.coverage import title
from aistandards.dates import Span
from aistandards.errors import UsageError
from aistandards.history import Event
from aistandards.lookup import committee_of, natural_key, stated_parts
from aistandards.namespaces import key_of
from aistandards.rules import Rule
from aistandards.settings import today
from aistandards.systems import part_of

LISTS: Final = {"issued": "issued", "in-force": "in_force", "superseded": "superseded", "withdrawn": "withdrawn"}
SYSTEM: Final = "guide-2024"
ASKED_OF_MANY: Final = (
    *("ais:number", "dcterms:title", "ais:level", "ais:inPart", "skos:notation", "ais:primaryPart"),
    *("ais:replaces", "ais:replacesPartly", "dcterms:source", "ais:ofStandard"),
)
About = Callable[[str], dict[str, Any]]


_LIKE_A_DAY: Final = re.compile(r"\d{4}-.*|\d{8}")


@dataclass(frozen=True, slots=True)
class Filter:
    """Which records are asked for: those in a part and below it, those of a committee and what stands under it."""

    part: str | None = None
    committee: str | None = None
    parts: frozenset[str] = frozenset()
    committees: frozenset[str] = frozenset()

    def lists(self, counts: Counts, record: str) -> bool:
        """Whether the lists show a record: any of its parts is asked for."""
        return self._has(counts, record, "ais:inPart")

    def counts(self, counts: Counts, record: str) -> bool:
        """Whether a count takes a record in: its primary part is asked for, as in a row of ``coverage``."""
        return self._has(counts, counts.facts.text(record, "ais:ofStandard") or record, "ais:primaryPart")

    def _has(self, counts: Counts, record: str, part: str) -> bool:
        wanted = ((self.parts, part), (self.committees, "ais:committee"))
        return all(any(t.value in asked for t in counts.facts.of(record, name)) for asked, name in wanted if asked)


def filter_of(counts: Counts, part: str | None = None, committee: str | None = None) -> Filter | None:
    """Return the filter for a part of guide-2024 and a committee, None for neither; UsageError with the nearest name."""
    if not part and not committee:
        return None
    parts: set[str] = set()
    if part:
        view = counts.view(SYSTEM)
        parts = _below(part_of(counts.facts, SYSTEM, part), view.broader.items())
    above = [(body, bodies[0].value) for body, bodies in counts.facts.values("org:subOrganizationOf").items()]
    committees = _below(committee_of(counts.facts, committee), above) if committee else set()
    return Filter(part, committee, frozenset(parts), frozenset(committees))


def _below(top: str, above: Iterable[tuple[str, str]]) -> set[str]:
    """Return a thing with all that stands below it, by pairs of a thing and what it stands under."""
    pairs, found = list(above), {top}
    while more := {below for below, over in pairs if over in found} - found:
        found |= more
    return found


def are_days(first: str, last: str) -> bool:
    """Whether two texts are two days, and not the names of two releases; raises UsageError for one of each."""
    days = [bool(_LIKE_A_DAY.fullmatch(text)) for text in (first, last)]
    if days[0] != days[1]:
        raise UsageError(
            f"Of {first} and {last} one is a day and one a release; give two days or two releases.",
            f"{first} 与 {last} 一个是日期、一个是发布版；请给出两个日期或两个发布版。",
            "from" if days[1] else "to",
        )
    return days[0]


def no_option(value: str | None, name: str) -> None:
    """Raise UsageError where an option was given that belongs to the other kind of comparison."""
    if value is not None:
        kind = ("releases", "发布版") if name == "as_of" else ("days", "日期")
        raise UsageError(f"{name} goes with two {kind[0]} only.", f"{name} 只能用于比较两个{kind[1]}。")


@dataclass(frozen=True, slots=True)
class Reading:
    """How rules are read on both sides of a comparison: their switches, and whether a series counts once."""

    switches: Mapping[str, str] = field(default_factory=dict)
    series: str = "each"

    def request(self, counts: Counts, rule: Rule, day: date) -> Request:
        """Return the request of a rule on a day; raises UsageError for an unknown switch or value."""
        return counts.request(rule, day, self.switches, series=self.series)

    def as_dict(self, counts: Counts) -> dict[str, str]:
        """Return every switch with its value, asked for or by default."""
        return {**{name: values[0] for name, values in counts.switches.items()}, **self.switches, "series": self.series}


def changes(
    counts: Counts,
    first: date,
    last: date,
    rules: list[Rule],
    wanted: Filter | None = None,
    reading: Reading = Reading(),
) -> dict[str, Any]:
    """Return what happened after ``first`` and by ``last``, and per rule the count before and after with the records.

    An event is listed where its day, or the whole span it is known by, lies between the two days; ``undecided`` lists
    those whose span only overlaps. Raises UsageError for reversed days and for a day before the first record.
    """
    if last < first:
        raise UsageError(
            f"{first} is after {last}: the earlier day comes first. Ask for {last} {first}.",
            f"{first} 晚于 {last}：较早的日期应写在前面。请改为 {last} {first}。",
            "to",
        )
    counts.check_day(first)
    about, names = cache(partial(_about, counts)), cache(partial(identity, counts))
    sure, unsure = counts.history.between(first, last)
    if (len(sure) + len(unsure)) * 4 > len(counts.columns):  # much is asked: read each property once for all records
        for name in ASKED_OF_MANY:
            counts.facts.values(name)
    shown = [[e for e in events if not wanted or wanted.lists(counts, e.standard)] for events in (sure, unsure)]
    moved = []
    for rule in rules:
        before, after = (Side(counts, reading.request(counts, rule, day), wanted) for day in (first, last))
        moved.append(movement(before, after, names))
    lists: dict[str, list[dict[str, Any]]] = {name: [] for name in LISTS.values()}
    for entry in _entries(counts, shown[0], last, about):
        lists[LISTS[entry["event"]]].append(entry)
    return {
        "from": str(first),
        "to": str(last),
        "future": last > today(),
        "lower_bound": any(one["lower_bound"] for one in moved),
        "part": wanted.part if wanted else None,
        "committee": wanted.committee if wanted else None,
        **reading.as_dict(counts),
        "notes": list(_notes(first, last, moved)),
        "totals": {**{name: len(found) for name, found in lists.items()}, "undecided": len(shown[1])},
        **lists,
        "undecided": _entries(counts, shown[1], last, about),
        "counts": moved,
    }


def _notes(first: date, last: date, moved: list[dict[str, Any]]) -> Iterable[dict[str, str]]:
    if first == last:
        yield {
            "note": "same-day",
            "zh": "两个日期相同，其间没有变化。",
            "en": "The two days are the same: nothing lies between them.",
        }
    if last > today():
        yield {
            "note": "future",
            "zh": f"{last} 在未来：按今日（{today()}）所知回答。",
            "en": f"{last} lies in the future: the answer is by what is known today ({today()}).",
        }
    ends = sorted({one["data_until"] for one in moved if one["lower_bound"]})
    if ends:
        yield {
            "note": "lower-bound",
            "zh": f"登记簿副本截至 {ends[0]}；其后只有零星公告，之后的变化和数量为下限。",
            "en": f"The register copies reach to {ends[0]}; what is later rests on single notices: changes and counts are a lower bound.",
        }


def _entries(counts: Counts, events: list[Event], last: date, about: About) -> list[dict[str, Any]]:
    """Return events as the answer lists them, with what took the place of a standard: by day, then by number."""
    entries = []
    for event in events:
        entry = {"event": event.kind, **about(event.standard), **days_of("", event.span)}
        if event.kind == "superseded":
            taken = counts.history.taken_over(event.standard, event.span[1] or last)
            entry["replaced_by"] = [number_of(counts, new) for new, _ in taken]
        entries.append(entry)
    return sorted(entries, key=lambda e: (e["latest"] or "9999", e["earliest"] or "", natural_key(e["number"])))


def _about(counts: Counts, iri: str) -> dict[str, Any]:
    """Return what lists say of a standard whatever happened to it."""
    facts = counts.facts
    return {
        **identity(counts, iri),
        "level": facts.token(iri, "ais:level"),
        "parts": [facts.text(part, "skos:notation") or key_of(part) for part in stated_parts(facts, iri)],
        "replaced_by": [],
        "replaces": _numbers(counts, iri, "ais:replaces"),
        "replaces_partly": _numbers(counts, iri, "ais:replacesPartly"),
        "source": facts.text(iri, "dcterms:source"),
    }


def identity(counts: Counts, iri: str) -> dict[str, Any]:
    """Return number, slug and titles of a record, or of the standard a participation is in."""
    standard = counts.facts.text(iri, "ais:ofStandard") or iri
    return {
        "number": number_of(counts, standard),
        "slug": key_of(standard),
        "title_zh": title(counts, standard, "zh"),
        "title_en": title(counts, standard, "en"),
    }


def number_of(counts: Counts, iri: str) -> str:
    """Return the number of a standard or the identifier of a project; its key where neither is on record."""
    return counts.facts.text(iri, "ais:number") or counts.facts.text(iri, "dcterms:identifier") or key_of(iri)


def _numbers(counts: Counts, iri: str, name: str) -> list[str]:
    return sorted((number_of(counts, term.value) for term in counts.facts.of(iri, name)), key=natural_key)


def days_of(name: str, span: Span) -> dict[str, str | None]:
    """Return the keys of a day: ``day`` where it is exact, else null, with ``earliest`` and ``latest``."""
    earliest, latest = (str(end) if end else None for end in span)
    prefix = f"{name}_" if name else ""
    exact = earliest if earliest == latest else None
    return {name or "day": exact, f"{prefix}earliest": earliest, f"{prefix}latest": latest}


# ---------------------------------------------------------------- counts


class Side:
    """A count on one side of a comparison: which records count, which are undecided, and what is said of each other one."""

    def __init__(self, counts: Counts, request: Request, wanted: Filter | None = None) -> None:
        self.counts, self.request = counts, request
        tally = counts.tally(request)
        for name in ("ais:primaryPart", "ais:committee") if wanted else ():
            counts.facts.values(name)  # read once for all candidates
        self.found = {"counts": tally.counted.at, "undecided": tally.undecided.at}
        self.folded = frozenset(tally.folded.at.tolist())
        if wanted:
            iris = counts.columns.iris
            for verdict, places in self.found.items():
                keep = [at for at in places.tolist() if wanted.counts(counts, iris[at])]
                self.found[verdict] = np.array(keep, dtype=np.int32)

    def without(self, other: Side, verdict: str) -> list[str]:
        """Return the records of a verdict here that do not have it on the other side."""
        mine, theirs = self.found[verdict], other.found[verdict]
        iris = self.counts.columns.iris
        if other.counts is self.counts:
            return [iris[at] for at in np.setdiff1d(mine, theirs).tolist()]
        known = {other.counts.columns.iris[at] for at in theirs.tolist()}
        return [iri for at in mine.tolist() if (iri := iris[at]) not in known]

    def verdict(self, candidate: Candidate | None) -> tuple[str, str | None]:
        """Return verdict and reason of one record; a record that is not on file or not issued is excluded as such."""
        if candidate is None:
            return "excluded", "not-on-record"
        if self.folded and self.counts.columns.index(candidate.iri) in self.folded:
            return "folded", None
        interval = candidate.on(self.request.as_of)
        return self.request.verdict(interval) if interval else ("excluded", "not-issued")


def movement(before: Side, after: Side, entry: About) -> dict[str, Any]:
    """Return how a count moved: before + gained - lost = after, and the same for what is undecided.

    ``entry`` returns what is shown of a record that came or went, beside its verdict and reason on both sides.
    """
    rule, until = after.request.rule, after.counts.data_until(after.request.rule)
    answer: dict[str, Any] = {"rule": rule.name, "label_zh": rule.label.zh, "label_en": rule.label.en}
    for verdict, prefix in (("counts", ""), ("undecided", "undecided_")):
        answer |= {f"{prefix}{name}": len(side.found[verdict]) for name, side in (("before", before), ("after", after))}
        for name, iris in (("gained", after.without(before, verdict)), ("lost", before.without(after, verdict))):
            moved = [{**entry(iri), **_verdicts(before, after, iri)} for iri in iris]
            answer[prefix + name] = sorted(moved, key=lambda one: natural_key(one["number"]))
    lower_bound = until is not None and after.request.as_of > until
    return {**answer, "data_until": str(until) if until else None, "lower_bound": lower_bound}


def _verdicts(before: Side, after: Side, iri: str) -> dict[str, Any]:
    """Return verdict and reason on both sides, and the day from which the second has held without a break."""
    new = after.counts.candidate(after.request.rule, iri)
    old = new if before.counts is after.counts else before.counts.candidate(before.request.rule, iri)
    verdicts = (*before.verdict(old), *after.verdict(new))
    # what folds a record is another one, whose day its own stretches do not have
    day = None if new is None or "folded" in verdicts else _since(after.request, new)
    names = ("verdict_before", "reason_before", "verdict_after", "reason_after", "day")
    return dict(zip(names, (*verdicts, str(day) if day else None), strict=True))


def _since(request: Request, candidate: Candidate) -> date | None:
    held = [(interval.stretch, request.verdict(interval)) for interval in candidate.intervals]
    at = next((at for at, (stretch, _) in enumerate(held) if stretch.holds(request.as_of)), 0)
    while at and held[at - 1][1] == held[at][1]:
        at -= 1
    return held[at][0].start if held else None


COLUMNS: Final = (
    *("what", "rule", "number", "title_zh", "title_en", "day", "earliest", "latest", "level", "parts", "replaced_by"),
    *("replaces", "replaces_partly", "verdict_before", "reason_before", "verdict_after", "reason_after", "source"),
)
MOVES: Final = ("gained", "lost", "undecided_gained", "undecided_lost")


def flat_rows(answer: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the answer as one table: a row an event, then per rule a row a record that came or went."""
    rows = [{"what": name, **entry} for name in LISTS.values() for entry in answer[name]]
    rows += [{"what": f"undecided {LISTS[entry['event']]}", **entry} for entry in answer["undecided"]]
    rows += flat_moves(answer["counts"])
    return [{column: row.get(column) for column in COLUMNS} for row in rows]


def flat_moves(counts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the records that came and went under all rules as rows."""
    return [{"what": name, "rule": one["rule"], **entry} for one in counts for name in MOVES for entry in one[name]]
