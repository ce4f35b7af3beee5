"""Look-ups over HTTP: standards, projects, systems, the chain, committees; one canonical address a record."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Depends, Query, Request
from pydantic import Field
from starlette.responses import RedirectResponse, Response

from aistandards import lookup, neighbours
from aistandards.api import Service, asked_service, service_of
from aistandards.api.answers import Day, Kept, answer
from aistandards.counts import Counts, known
from aistandards.errors import UsageError
from aistandards.explain import explain, flat_rows
from aistandards.namespaces import key_of
from aistandards.rules import label_of, pick
from aistandards.systems import editions, part_of

router = APIRouter(prefix="/api/v1", tags=["look-ups"])
ServiceOf = Annotated[Service, Depends(service_of)]
KeptService = Annotated[Service, Depends(asked_service)]
MAX_LIMIT = 500
CONTEXT = "/context.jsonld"
LINKED = "application/ld+json"


class Filters(Day):
    """Filters of a list; ``limit`` is 1 to 500, ``cursor`` is the ``next`` of the answer before."""

    q: str | None = None
    number: str | None = None
    level: str | None = None
    scope: str | None = None
    nature: str | None = None
    part: str | None = None
    layer: str | None = None
    status: str | None = None
    stage: str | None = None
    year: str | None = None
    limit: int = 100
    cursor: int = 0


class Explanation(Kept):
    """Which rules to explain; all where none is named."""

    rule: list[str] = Field(default=[])


def _listing(request: Request, kind: str, filters: Filters) -> Response:
    body = page_of(service_of(request).counts, kind, filters)
    return answer(request, body, body["items"], filters.format)


def page_of(counts: Counts, kind: str, filters: Filters) -> dict[str, Any]:
    """Return one page of a list; raises UsageError for a filter, limit or cursor that does not exist."""
    check_filters(counts, filters)
    wanted = {
        name: getattr(filters, name) or ""
        for name in ("q", "level", "scope", "nature", "part", "layer", "status", "stage", "year")
    }
    found = counts.listing.filter(kind, wanted, filters.day())
    following = filters.cursor + filters.limit
    return {
        "total": len(found),
        "items": counts.listing.page(found, filters.cursor, filters.limit, filters.day()),
        "next": following if following < len(found) else None,
        "as_of": str(filters.day()),
    }


def check_filters(counts: Counts, filters: Filters) -> None:
    """Raise UsageError for a limit, cursor, part, layer, year or code that does not exist; nothing is clamped."""
    if filters.cursor < 0:
        raise UsageError(
            f"cursor is {filters.cursor}; it is 0 or more.", f"cursor 为 {filters.cursor}；应为 0 或更大。"
        )
    if not 1 <= filters.limit <= MAX_LIMIT:
        raise UsageError(
            f"limit is {filters.limit}; give 1 to {MAX_LIMIT}.", f"limit 为 {filters.limit}；应为 1 至 {MAX_LIMIT}。"
        )
    if filters.part:
        part_of(counts.facts, "guide-2024", filters.part)
    if filters.year and not re.fullmatch(r"[0-9]{4}", filters.year):
        raise UsageError(f"year={filters.year} is not a year.", f"year={filters.year} 不是年份。")
    for name in ("level", "scope", "nature", "status", "stage", "layer"):
        value = getattr(filters, name)
        if value:
            known(
                f"value of {name}", f"{name} 的取值", value, sorted(counts.words["chain" if name == "layer" else name])
            )


@router.get("/standards")
def standards(request: Request, filters: Annotated[Filters, Query()]) -> Response:
    """List standards by filters, or go to one by ``number`` in any usual spelling."""
    if filters.number is not None:
        return _redirect(request, filters.number, filters.day())
    return _listing(request, "standard", filters)


@router.get("/projects")
def projects(request: Request, filters: Annotated[Filters, Query()]) -> Response:
    """List plan projects by filters, or go to one by its number."""
    if filters.number is not None:
        return _redirect(request, filters.number, filters.day())
    return _listing(request, "project", filters)


def _redirect(request: Request, text: str, day: date, suffix: str = "") -> Response:
    """308 to the canonical address of a dated number in another spelling, 307 to the latest edition of an undated one."""
    found = lookup.find(service_of(request).counts.facts, text, day)
    query = urlencode([(k, v) for k, v in request.query_params.multi_items() if k != "number"])
    target = f"/api/v1/{found.kind}s/{quote(found.slug, safe='')}{suffix}" + (f"?{query}" if query else "")
    if found.undated:
        return RedirectResponse(target, 307, headers={"Link": f'<{found.undated}>; rel="version-history"'})
    return RedirectResponse(target, 308)


@router.get("/standards/{key:path}/explain")
def explain_standard(
    request: Request, key: str, asked: Annotated[Explanation, Query()], service: KeptService
) -> Response:
    """Explain why a standard counts or not under each rule, clause by clause."""
    rules = [pick(service.counts.rules, name) for name in asked.rule] or None
    found = lookup.find(service.counts.facts, key, asked.day())
    if key != found.slug or found.kind != "standard":
        return _redirect(request, key, asked.day(), "/explain" if found.kind == "standard" else "")
    body = explain(service.counts, found, asked.day(), rules)
    return answer(request, body, flat_rows(body), asked.format)


@router.get("/standards/{key:path}")
def standard(request: Request, key: str, asked: Annotated[Kept, Query()], service: KeptService) -> Response:
    """Return one standard as its columns."""
    return _one(request, "standard", key, asked, service)


@router.get("/projects/{key:path}")
def project(request: Request, key: str, asked: Annotated[Kept, Query()], service: KeptService) -> Response:
    """Return one plan project as its columns."""
    return _one(request, "project", key, asked, service)


def _one(request: Request, kind: str, key: str, asked: Day, service: Service) -> Response:
    found = lookup.find(service.counts.facts, key, asked.day())
    if key != found.slug or found.kind != kind:
        return _redirect(request, key, asked.day())
    shown = lookup.record(service.counts.facts, found, asked.day())
    return answer(request, shown, [shown], asked.format, is_record=True)


@router.get("/systems")
def systems(request: Request, asked: Annotated[Day, Query()], service: ServiceOf) -> Response:
    """List the systems: the editions of the guide and those beside it."""
    views = [service.counts.view(edition) for edition in editions(service.counts.facts)]
    items = [{k: v for k, v in view.as_dict().items() if k != "parts"} for view in views]
    return answer(request, {"total": len(items), "items": items, "next": None}, items, asked.format)


@router.get("/systems/{edition}")
def system(request: Request, edition: str, asked: Annotated[Day, Query()], service: ServiceOf) -> Response:
    """Return one system: its parts, their neighbours in the guide, what is exact, part of or only related; its targets."""
    body = neighbours.system(service.counts, edition)
    return answer(request, body, neighbours.flat_rows(body), asked.format)


@router.get("/systems/{edition}/{notation}")
def part(request: Request, edition: str, notation: str, asked: Annotated[Day, Query()], service: ServiceOf) -> Response:
    """Return one part of an edition, with the parts below it."""
    view = service.counts.view(edition)
    iri = part_of(service.counts.facts, edition, notation)
    below = [view.part_dict(p) for p in sorted(view.parts, key=view.notation) if view.broader.get(p) == iri]
    return answer(request, {**view.part_dict(iri), "parts": below}, below, asked.format)


@router.get("/chain")
def chain(request: Request, asked: Annotated[Day, Query()], service: ServiceOf) -> Response:
    """List the layers of the industry chain and their elements."""
    facts = service.counts.facts
    items = []
    for iri in facts.members("ais:ChainLayer"):
        label = label_of(facts, iri, "skos:prefLabel")
        items.append(
            {"layer": facts.text(iri, "skos:notation"), "iri": iri, "label_zh": label.zh, "label_en": label.en}
        )
    return answer(request, {"total": len(items), "items": items, "next": None}, items, asked.format)


@router.get("/committees")
def committees(request: Request, asked: Annotated[Day, Query()], service: ServiceOf) -> Response:
    """List the committees and bodies on record."""
    facts = service.counts.facts
    items = []
    for iri in facts.members("ais:Committee"):
        parent = facts.text(iri, "org:subOrganizationOf")
        items.append(
            {
                "id": key_of(iri),
                "iri": iri,
                "name": lookup.name_of(facts, iri),
                "parent": key_of(parent) if parent else None,
            }
        )
    return answer(request, {"total": len(items), "items": items, "next": None}, items, asked.format)
