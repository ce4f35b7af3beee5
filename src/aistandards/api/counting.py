"""Counts over HTTP: coverage, the records behind it, targets, rules, statements and saved queries."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from aistandards import counts as tallying
from aistandards.api import Service, asked_service, service_of
from aistandards.api.answers import FORMS, Day, Kept, answer
from aistandards.coverage import coverage as count
from aistandards.coverage import differing, flat_rows, names
from aistandards.coverage import records as records_behind
from aistandards.errors import UsageError
from aistandards.rulebook import rules_answer
from aistandards.rules import pick
from aistandards.targets import targets as all_targets

router = APIRouter(prefix="/api/v1", tags=["counts"])
ServiceOf = Annotated[Service, Depends(service_of)]
KeptService = Annotated[Service, Depends(asked_service)]


class Switches(BaseModel):
    """The switches of a count; ``switch`` is ``name=value`` and may repeat."""

    scope: str = "core"
    guidance: str = "no"
    series: str = "each"
    evidence: str = "any"
    switch: list[str] = Field(default=[])

    def given(self) -> dict[str, str]:
        """Return the switches of a rule by name; raises UsageError for one that is not ``name=value``."""
        given = {"scope": self.scope, "guidance": self.guidance, "evidence": self.evidence}
        for text in self.switch:
            name, equals, value = text.partition("=")
            if not equals:
                raise UsageError(f"switch={text}: write name=value.", f"switch={text}：请写作 名称=值。")
            given[name] = value
        return given


class Asked(Kept, Switches):
    """What is asked of a count: the options of ``aistandards coverage``; ``rule`` may repeat."""

    system: str = tallying.DEFAULT_SYSTEM
    rule: list[str] = Field(default=["guide"])
    by: str = "part"

    def requests(self, counts: tallying.Counts) -> list[tallying.Request]:
        """Return one request a rule; raises UsageError for anything unknown."""
        given, table = self.given(), {"series": self.series, "system": self.system, "by": self.by}
        return [
            counts.request(pick(counts.rules, name), self.day(), given, **table) for name in dict.fromkeys(self.rule)
        ]


class Listed(Asked):
    """Which of the records behind a count: ``of`` verdicts, in-force or projects; by verdict and row."""

    of: str = "verdicts"
    verdict: str | None = None
    row: str | None = None


@router.get("/coverage")
def coverage(request: Request, asked: Annotated[Asked, Query()], service: KeptService) -> Response:
    """Count the standards toward the target, by part; several rules side by side with the records on which they differ."""
    body = counted(service.counts, asked)
    rows = [{"rule": a["rule"], **row} for a in body.get("rules", [body]) for row in flat_rows(a)]
    return answer(request, body, rows, asked.format)


def counted(counts: tallying.Counts, asked: Asked) -> dict[str, Any]:
    """Return the coverage under one rule, or under several side by side with the records on which they differ."""
    requests = asked.requests(counts)
    answers = [count(counts, one) for one in requests]
    return answers[0] if len(answers) == 1 else {"rules": answers, "differing": differing(counts, requests)}


@router.get("/coverage/records")
def records(request: Request, asked: Annotated[Listed, Query()], service: KeptService) -> Response:
    """List the records behind a count, each with verdict, reason and the clauses that fail."""
    body = behind(service.counts, asked)
    return answer(request, body, body["items"], asked.format)


def behind(counts: tallying.Counts, asked: Listed) -> dict[str, Any]:
    """Return the records behind a count; raises UsageError for an unknown verdict."""
    found = [
        {"rule": one.rule.name, **r} for one in asked.requests(counts) for r in records_behind(counts, one, asked.of)
    ]
    if asked.verdict:
        known = ("counts", "folded", "excluded", "undecided")
        if asked.verdict not in known:
            raise UsageError(
                f"verdict={asked.verdict} is unknown; choose from {', '.join(known)}.",
                f"verdict={asked.verdict} 未知；可选：{'、'.join(known)}。",
            )
        found = [r for r in found if r["verdict"] == asked.verdict]
    if asked.row is not None:
        _known_row(counts, asked)
        found = [r for r in found if (r["row"] or "") == asked.row]
    about = {"system": asked.system, "as_of": str(asked.day())}
    return {"total": len(found), **about, "items": found, "next": None}


def _known_row(counts: tallying.Counts, asked: Listed) -> None:
    """Raise UsageError for a row that the count has not; the empty text is the row of records without a key."""
    request = asked.requests(counts)[0]
    keys = [
        names(counts, request.system, request.by, key)["notation"]
        for key in counts.axis(request.system, request.by).keys
    ]
    if asked.row:
        tallying.known("row", "行", asked.row, [str(key) for key in keys])


@router.get("/targets")
def targets(request: Request, asked: Annotated[Day, Query()], service: ServiceOf) -> Response:
    """Return the targets, our counts beside the official statements."""
    body = all_targets(service.counts, asked.day())
    rows = [{"target": t["id"], **ours} for t in body["items"] for ours in t["ours"]]
    return answer(request, body, rows, asked.format)


@router.get("/rules")
def rules(request: Request, asked: Annotated[Day, Query()], service: ServiceOf) -> Response:
    """Return the counting rules, clause by clause."""
    body = rules_answer(service.counts.rules)
    return answer(request, body, [{"rule": r["rule"], **c} for r in body["items"] for c in r["clauses"]], asked.format)


@router.get("/rules/{name}")
def rule(request: Request, name: str, asked: Annotated[Day, Query()], service: ServiceOf) -> Response:
    """Return one counting rule."""
    body = rules_answer([pick(service.counts.rules, name)])["items"][0]
    return answer(request, body, body["clauses"], asked.format)


@router.get("/statements")
def statements(request: Request, asked: Annotated[Day, Query()], service: ServiceOf) -> Response:
    """Return the official and press statements on record."""
    return _rows(request, service, "statements", {}, asked.format)


@router.get("/queries", tags=["saved queries"])
def queries(request: Request, asked: Annotated[Day, Query()], service: ServiceOf) -> Response:
    """List the saved queries with their explanation, parameters, columns and text."""
    body = saved_queries(service.counts)
    rows = [{name: q[name] for name in ("name", "summary_zh", "summary_en")} for q in body["items"]]
    return answer(request, body, rows, asked.format)


def saved_queries(counts: tallying.Counts) -> dict[str, Any]:
    """Return the saved queries, each in full."""
    items = [query.as_dict() for query in counts.library]
    return {"total": len(items), "items": items, "next": None}


@router.get("/queries/{name}")
def query(request: Request, name: str, service: ServiceOf) -> Response:
    """Run a saved query; its parameters are query parameters, bound as RDF terms."""
    pairs = request.query_params.multi_items()
    given = dict(pairs)
    for parameter in given:
        if sum(one == parameter for one, _ in pairs) > 1:
            en, zh = (
                f"{parameter} is given more than once; it has one value.",
                f"{parameter} 重复给出；该参数只能有一个值。",
            )
            raise UsageError(en, zh, parameter, rule="repeated")
    form = given.pop("format", None)
    if form is not None:
        tallying.known("value of format", "format 的取值", form, FORMS)
    return _rows(request, service, name, given, form)


def _rows(request: Request, service: Service, name: str, given: dict[str, str], asked: str | None) -> Response:
    body = run_saved(service.counts, name, given)
    return answer(request, body, body["items"], asked)


def run_saved(counts: tallying.Counts, name: str, given: dict[str, str]) -> dict[str, Any]:
    """Return the rows of a saved query; raises UsageError for an unknown query or parameter."""
    rows = counts.library.get(name).answer(counts.store, given)
    return {"total": len(rows), "items": rows, "next": None}
