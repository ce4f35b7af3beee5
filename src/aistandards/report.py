"""The state of the system on a day as one printable page: numbers, what they rest on, what is missing, what is coming."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from aistandards import charts
from aistandards.adoption import adoption, committees
from aistandards.counts import Counts, Request
from aistandards.coverage import coverage, records
from aistandards.forecast import forecast
from aistandards.gaps import gaps
from aistandards.matrix import Grid
from aistandards.rulebook import passages
from aistandards.targets import targets
from aistandards.templates import WEB, environment

FINEST = "guide-2024"


def report(counts: Counts, request: Request, language: str, build: str, home: str | None = None) -> str:
    """Return the report as HTML that needs nothing else: styles and charts stand in it.

    ``build`` is the id of the build, which the page names so that its figures can be had again; ``home`` is the page that it
    leads back to where it is served. Raises UsageError for a
    day before the records begin.
    """
    found, listed = coverage(counts, request), records(counts, request)
    finest = replace(request, system=FINEST)
    asked = {None, *(clause.name for clause in request.clauses())}
    not_asked = "（不要求：%s）" if language == "zh" else "(not asked: %s)"
    return (
        environment()
        .get_template("report.html")
        .render(
            lang=language,
            t=lambda zh, en: zh if language == "zh" else en,
            word=lambda scheme, token: word(counts, scheme, token, language),
            build=build,
            home=home,
            style=(WEB / "static" / "style.css").read_text(encoding="utf-8"),
            rule=request.rule,
            text="".join(
                words if clause in asked else not_asked % words for words, clause in passages(request.rule, language)
            ),
            a=found,
            readings=readings(counts, request),
            curve=charts.growth(counts.curve(request), request.as_of, request.rule.target.value or 0),
            matrix=Grid(counts, request, "part,layer").answer(),
            missing=gaps(counts, finest),
            ahead=forecast(counts, request),
            adopted=adoption(counts, request.as_of) if committees(counts) else None,
            targets=targets(counts, request.as_of)["items"],
            counted=[entry for entry in listed if entry["verdict"] == "counts"],
            undecided=[entry for entry in listed if entry["verdict"] == "undecided"],
        )
    )


def readings(counts: Counts, request: Request) -> list[dict[str, Any]]:
    """Return the count of the day under every rule of the same target, with the day on which each reached it."""
    found = []
    for rule in counts.rules:
        if rule.target.id == request.rule.target.id:
            one = replace(request, rule=rule)
            reached: date | None = counts.reached_on(one)
            found.append({"rule": rule, "counted": counts.count(one), "reached_on": reached})
    return found


def word(counts: Counts, scheme: str, token: str | None, language: str) -> str:
    """Return the reader's word for a code; the code itself where the list does not have it."""
    label = counts.words.get(scheme, {}).get(token or "")
    return (token or "") if label is None else label.zh if language == "zh" else label.en
