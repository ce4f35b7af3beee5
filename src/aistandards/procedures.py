"""Procedures as states: given the day of one step, the earliest days of the next, over Chinese working days."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from aistandards.dates import months_after
from aistandards.derive import Facts
from aistandards.errors import UsageError
from aistandards.findings import nearest
from aistandards.measures import Policy, clause_of
from aistandards.namespaces import key_of
from aistandards.rules import Label, label_of
from aistandards.workdays import CalendarError, is_working_day, reach, working_day_after


@dataclass(frozen=True, slots=True)
class Step:
    """One state of a procedure and what lies between it and the next: working days, or months at most."""

    name: str
    label: Label
    clause: str
    following: str | None
    working_days: int | None
    is_over: bool
    within_months: int | None


@dataclass(frozen=True, slots=True)
class Deadline:
    """A deadline that comes back every year, as (month, day) pairs."""

    label: Label
    clause: str
    days: tuple[tuple[int, int], ...]

    def next_from(self, day: date) -> date:
        """Return the first such day on or after a day."""
        coming = (
            date(year, *pair) for year in (day.year, min(day.year + 1, date.max.year)) for pair in sorted(self.days)
        )
        return next((one for one in coming if one >= day), date.max)


def steps_of(facts: Facts, policy: Policy) -> list[Step]:
    """Return the steps of a policy's procedure in their order; empty where the text sets none."""
    of = [iri for iri in facts.members("ais:ProcedureStep") if facts.text(iri, "ais:ofPolicy") == policy.iri]
    return [_step(facts, iri) for iri in sorted(of, key=lambda iri: float(facts.text(iri, "ais:order") or 0))]


def _step(facts: Facts, iri: str) -> Step:
    def number(name: str) -> int | None:
        text = facts.text(iri, name)
        return int(text) if text else None

    following = facts.text(iri, "ais:nextStep")
    return Step(
        name=facts.text(iri, "skos:notation") or key_of(iri),
        label=label_of(facts, iri),
        clause=clause_of(facts.text(iri, "dcterms:source") or ""),
        following=key_of(following) if following else None,
        working_days=number("ais:workingDays"),
        is_over=facts.text(iri, "ais:periodIs") == "over",
        within_months=number("ais:withinMonths"),
    )


def deadlines_of(facts: Facts, policy: Policy) -> list[Deadline]:
    """Return the deadlines of a policy that come back every year."""
    found = []
    for iri in facts.members("ais:RecurringDeadline"):
        if facts.text(iri, "ais:ofPolicy") == policy.iri:
            days = [term.value.removeprefix("--").split("-") for term in facts.of(iri, "ais:everyYearOn")]
            pairs = tuple((int(month), int(day)) for month, day in days)
            found.append(Deadline(label_of(facts, iri), clause_of(facts.text(iri, "dcterms:source") or ""), pairs))
    return found


def procedure(facts: Facts, policy: Policy, step: str | None, on: date) -> dict[str, Any]:
    """Return the steps of a policy; with a step and its day, the earliest day of each later step.

    Where the text sets no time between two steps, the later one can come on the same day, or the next working day. A day that would need holidays not yet
    announced is null and says so. Raises UsageError for a step that the procedure does not have.
    """
    steps = steps_of(facts, policy)
    first, last = reach()
    rows = [_row(one) for one in steps]
    if step is not None:
        _place(steps, rows, _index(steps, step, policy), on)
    notes = [note for note in policy.notes if note.kind == "procedure" and not note.measures]
    return {
        "policy": policy.slug,
        "title_zh": policy.title.zh,
        "title_en": policy.title.en,
        "status": policy.status,
        "valid_until": str(policy.valid_until) if policy.valid_until else None,
        "expired": policy.valid_until is not None and on > policy.valid_until,
        "step": step,
        "on": str(on),
        "calendar_from": str(first),
        "calendar_until": str(last),
        "steps": rows,
        "deadlines": [
            {"label_zh": d.label.zh, "label_en": d.label.en, "clause": d.clause, "next": str(d.next_from(on))}
            for d in deadlines_of(facts, policy)
        ],
        "notes": [{"clause": n.clause, "text_zh": n.label.zh, "text_en": n.label.en} for n in notes],
    }


def _index(steps: list[Step], step: str, policy: Policy) -> int:
    names = [one.name for one in steps]
    if step not in names:
        near = nearest(step, names)
        known = ", ".join(names) or "–"
        raise UsageError(
            f"{policy.slug} has no step “{step}”.{f' Did you mean {near}?' if near else ''} Steps: {known}.",
            f"{policy.slug} 没有步骤“{step}”。{f'是否指 {near}？' if near else ''}步骤：{known}。",
            value=step,
            near=near,
        )
    return names.index(step)


def _row(step: Step) -> dict[str, Any]:
    return {
        "step": step.name,
        "label_zh": step.label.zh,
        "label_en": step.label.en,
        "clause": step.clause,
        "next": step.following,
        "working_days": step.working_days,
        "within_months": step.within_months,
        "earliest": None,
        "latest": None,
        "period_until": None,
        "message_zh": None,
        "message_en": None,
    }


def _place(steps: list[Step], rows: list[dict[str, Any]], at: int, on: date) -> None:
    """Fill the earliest days from a step on; what lies beyond the calendar stays null, with the reason."""
    rows[at]["earliest"] = str(on)
    try:
        if not is_working_day(on):
            rows[at]["message_zh"], rows[at]["message_en"] = "该日不是工作日。", "This is not a working day."
        for now, following, day, latest, period in _walk(steps, at, on):
            rows[now]["period_until"] = str(period) if period else None
            rows[following]["earliest"] = str(day)
            rows[following]["latest"] = str(latest) if latest else None
    except CalendarError as error:
        for row in rows[at:]:
            if row["earliest"] is None or row is rows[at]:
                row["message_zh"], row["message_en"] = error.zh, error.en


def _walk(steps: list[Step], at: int, day: date) -> Iterator[tuple[int, int, date, date | None, date | None]]:
    """Yield (step, next step, its earliest day, its latest day, last day of the period between), step by step."""
    places = {step.name: place for place, step in enumerate(steps)}
    while (name := steps[at].following) is not None:
        step, following, period, latest = steps[at], places[name], None, None
        if step.working_days:
            period = working_day_after(day, step.working_days)
            day = working_day_after(period, 1) if step.is_over else period
        elif step.within_months:
            latest = months_after(day, step.within_months)
        if not is_working_day(day):
            day = working_day_after(day, 1)
        yield at, following, day, latest, period
        at = following
