"""Happenings: what happened to standards and projects by a day, newest first, as feeds list it.

What is on record of a day is listed: issued, came into force, superseded, withdrawn, project registered. Of the stage of a
project only the present one is on record, without a day, so that a move is no happening. What lies ahead is none either: it is
said where a standard was issued, and becomes one when its day has come.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from aistandards import identifiers, lookup
from aistandards.counts import Counts
from aistandards.dates import Span
from aistandards.errors import UsageError
from aistandards.namespaces import key_of
from aistandards.rules import Label
from aistandards.systems import part_in

KINDS: Final = {
    "issued": Label("发布", "issued"),
    "in-force": Label("实施", "in force"),
    "superseded": Label("被代替", "superseded"),
    "withdrawn": Label("废止", "withdrawn"),
    "registered": Label("项目立项", "project registered"),
}
FOREVER: Final = date(9999, 12, 31)


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happened to a record on a day, or at some day of a span; ``id`` is stable over builds."""

    record: str
    kind: str
    earliest: date | None
    day: date
    id: str


def happenings(counts: Counts) -> list[Happening]:
    """Return all that is on record with a day, whatever the day, the newest first."""
    found: list[Happening] = counts.remembered(("happenings",), lambda: _read(counts))
    return found


def _read(counts: Counts) -> list[Happening]:
    sure, _ = counts.history.between(date.min, FOREVER)
    events: list[tuple[str, str, Span]] = [(event.standard, event.kind, event.span) for event in sure]
    for entry in counts.index.entries("project"):
        span = counts.facts.span(entry["iri"], "ais:announced")
        if span:
            events.append((entry["iri"], "registered", span))
    times: Counter[tuple[str, str]] = Counter()
    found = []
    for record, kind, (earliest, latest) in sorted(events, key=lambda event: (event[2][1] or FOREVER, event[:2])):
        if latest is not None:
            times[record, kind] += 1
            again = f"-{times[record, kind]}" if times[record, kind] > 1 else ""  # in force, superseded, in force again
            found.append(Happening(record, kind, earliest, latest, f"{record}#{kind}{again}"))
    return sorted(found, key=lambda one: (one.day, one.id), reverse=True)


def of_records(counts: Counts, records: Iterable[str] | None, day: date) -> list[Happening]:
    """Return what happened to some records, or to all, by a day; the newest first."""
    wanted = None if records is None else frozenset(records)
    return [one for one in happenings(counts) if one.day <= day and (wanted is None or one.record in wanted)]


@dataclass(frozen=True, slots=True)
class Work:
    """All records of one number: its editions, or a project, with the projects and results that belong to them."""

    slug: str
    number: str
    records: frozenset[str]


def work_of(counts: Counts, text: str, day: date) -> Work:
    """Return the records of a number in any spelling; a dated number stands for all editions of it.

    Raises NumberError for a text that is no number, NotFoundError with the nearest number on record.
    """
    facts, found = counts.facts, lookup.find(counts.facts, text, day)
    if found.kind == "project":
        results = facts.subjects("ais:resultOf", found.iri)
        number = facts.text(found.iri, "dcterms:identifier") or found.slug
        return Work(found.slug, number, frozenset({found.iri, *results}))
    number = facts.text(found.iri, "ais:number") or found.slug
    undated = facts.text(found.iri, "ais:ofUndated")
    editions = {found.iri}
    if undated:
        editions |= {one for one in facts.subjects("ais:ofUndated", undated) if lookup.is_on_file(facts, one)}
        number = identifiers.parse(number).undated.render()
    projects = {term.value for one in editions for term in facts.of(one, "ais:resultOf")}
    return Work(key_of(undated) if undated else found.slug, number, frozenset(editions | projects))


def told(counts: Counts, one: Happening) -> dict[str, Any]:
    """Return a happening in words, in both languages, with what is said of its record."""
    facts, word = counts.facts, KINDS[one.kind]
    number = facts.text(one.record, "ais:number") or facts.text(one.record, "dcterms:identifier") or key_of(one.record)
    titles = {term.language: term.value for term in facts.of(one.record, "dcterms:title") if hasattr(term, "language")}
    exact = one.earliest == one.day
    when = str(one.day) if exact else f"{one.earliest or '…'} – {one.day}"
    zh, en = (
        [f"{when} {word.zh}"],
        [f"{word.en} {when}" if exact else f"{word.en} between {one.earliest or '…'} and {one.day}"],
    )
    for more in (_ahead(counts, one), _successors(counts, one)):
        zh += [more.zh] if more else []
        en += [more.en] if more else []
    return {
        "number": number,
        "title_zh": f"{word.zh}：{number} {titles.get('zh') or titles.get('en') or ''}".strip(),
        "title_en": f"{word.en}: {number} {titles.get('en') or titles.get('zh') or ''}".strip(),
        "text_zh": "；".join(zh) + "。",
        "text_en": "; ".join(en) + ".",
    }


def _ahead(counts: Counts, one: Happening) -> Label | None:
    """Return when an issued standard comes into force, where that is on record."""
    latest = (counts.facts.span(one.record, "ais:implemented") or (None, None))[1] if one.kind == "issued" else None
    return Label(f"实施日期 {latest}", f"in force from {latest}") if latest and latest > one.day else None


def _successors(counts: Counts, one: Happening) -> Label | None:
    taken = counts.history.taken_over(one.record, one.day) if one.kind == "superseded" else []
    names = ", ".join(counts.facts.text(new, "ais:number") or key_of(new) for new, _ in taken)
    return Label(f"代替者 {names}", f"superseded by {names}") if names else None


def check_day(day: date, today: date) -> date:
    """Return the day asked; raises UsageError for one in the future: what lies ahead has not happened."""
    if day > today:
        raise UsageError(
            f"as_of is {day}; a feed lists what has happened, so give {today} or earlier.",
            f"as_of 为 {day}；订阅只列已发生的事，请给出 {today} 或更早的日期。",
        )
    return day


def part_named(counts: Counts, edition: str, notation: str) -> tuple[str, str, Label]:
    """Return IRI, notation and name of a part; raises UsageError for an unknown edition or part."""
    view = counts.view(edition)
    part = part_in(view, notation)
    return part, view.notation(part), view.label(part)


def committee_named(counts: Counts, text: str) -> tuple[str, Label]:
    """Return id and name of a committee; raises UsageError with the nearest for an unknown one."""
    iri = lookup.committee_of(counts.facts, text)
    name = lookup.name_of(counts.facts, iri)
    return key_of(iri), Label(name, name)
