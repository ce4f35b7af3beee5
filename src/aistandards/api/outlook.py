"""What is to come over HTTP and what hangs together: the forecast, the adoption of international standards, references."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from aistandards import counts as tallying
from aistandards.adoption import adoption as adopted
from aistandards.adoption import flat_rows
from aistandards.api import Service, service_of
from aistandards.api.answers import Day, answer
from aistandards.forecast import forecast as looked_ahead
from aistandards.references import flat_rows as reference_rows
from aistandards.references import network as references_seen
from aistandards.rules import pick
from aistandards.settings import parse_day

router = APIRouter(prefix="/api/v1", tags=["outlook"])
ServiceOf = Annotated[Service, Depends(service_of)]


class Ahead(Day):
    """What is asked of a forecast: the options of ``aistandards forecast``."""

    rule: str = "guide"
    by_day: str | None = None
    scope: str = "core"
    guidance: str = "no"
    evidence: str = "any"

    def request(self, counts: tallying.Counts) -> tallying.Request:
        """Return the request of the rule; raises UsageError for anything unknown."""
        switches = {"scope": self.scope, "guidance": self.guidance, "evidence": self.evidence}
        return counts.request(pick(counts.rules, self.rule), self.day(), switches)


class Adopted(Day):
    """What is asked of adoption: another committee, and the deliverables of one state only."""

    committee: str | None = None
    state: str | None = None


class References(Day):
    """Which view of the references, and the number whose impact is asked."""

    view: str = "rank"
    number: str | None = None


@router.get("/forecast")
def forecast(request: Request, asked: Annotated[Ahead, Query()], service: ServiceOf) -> Response:
    """Return what the plan projects on record will add by a day, with the cases it rests on; CSV lists the projects."""
    by_day = None if asked.by_day is None else parse_day(asked.by_day)
    body = looked_ahead(service.counts, asked.request(service.counts), by_day)
    stamp = {name: body[name] for name in ("rule", "as_of", "by_day")}
    return answer(request, body, [{**stamp, **project} for project in body["projects"]], asked.format)


@router.get("/adoption")
def adoption(request: Request, asked: Annotated[Adopted, Query()], service: ServiceOf) -> Response:
    """Return which deliverables of an international committee are adopted, planned, or on no record."""
    body = adopted(service.counts, asked.day(), asked.committee, asked.state)
    return answer(request, body, flat_rows(body), asked.format)


@router.get("/network")
def network(request: Request, asked: Annotated[References, Query()], service: ServiceOf) -> Response:
    """Return the references as a graph: what is cited most, what rests on a number, which are stale, which run in circles."""
    body = references_seen(service.counts, asked.view, asked.day(), asked.number)
    return answer(request, body, reference_rows(body), asked.format)
