"""Routes of the pages on what is to come: forecast and adoption."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from aistandards.adoption import STATES, adoption, committees
from aistandards.api.outlook import Adopted, Ahead, ServiceOf
from aistandards.api.pages import Language, render
from aistandards.forecast import forecast
from aistandards.namespaces import expand
from aistandards.settings import parse_day

router = APIRouter(include_in_schema=False)


@router.get("/{language:language}/forecast")
def forecast_page(
    request: Request, language: Language, asked: Annotated[Ahead, Query()], service: ServiceOf
) -> Response:
    """What the plan projects on record will add by a day, and what that rests on."""
    counts = service.counts
    one = asked.request(counts)
    answer = forecast(counts, one, parse_day(asked.by_day) if asked.by_day else None)
    rules = [rule for rule in counts.rules if rule.candidates == expand("ais:Standard")]
    return render(request, "forecast.html", language, a=answer, rule=one.rule, rules=rules)


@router.get("/{language:language}/adoption")
def adoption_page(
    request: Request, language: Language, asked: Annotated[Adopted, Query()], service: ServiceOf
) -> Response:
    """Which deliverables of an international committee are adopted, by what, and how fast."""
    answer = adoption(service.counts, asked.day(), asked.committee or None, asked.state or None)
    return render(request, "adoption.html", language, a=answer, states=STATES, committees=committees(service.counts))
