"""Look-ups over HTTP: standards, projects, systems, the chain, committees; one canonical address a record."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Depends, Query, Request
from pydantic import Field
from starlette.responses import RedirectResponse, Response

from aistandards import lookup, neighbours
from aistandards.api import Service, asked_service, service_of
from aistandards.api.answers import Day, Kept, answer
from aistandards.api.lists import Paged, Standards, listed, paged
from aistandards.explain import explain, flat_rows
from aistandards.namespaces import key_of
from aistandards.rules import label_of, pick
from aistandards.systems import editions, part_of
from aistandards.words import fold

router = APIRouter(prefix="/api/v1", tags=["look-ups"])
ServiceOf = Annotated[Service, Depends(service_of)]
KeptService = Annotated[Service, Depends(asked_service)]
CONTEXT = "/context.jsonld"
LINKED = "application/ld+json"


class Committees(Paged):
    """Which committees to list."""

    q: str | None = None
    parent: str | None = None


class Explanation(Kept):
    """Which rules to explain; all where none is named."""

    rule: list[str] = Field(default=[])


@router.get("/standards")
def standards(request: Request, filters: Annotated[Standards, Query()], service: KeptService) -> Response:
    """List standards by filters, or go to one by ``number`` in any usual spelling."""
    if filters.number is not None:
        return _redirect(request, filters.number, filters.day())
    return listed(request, service, ("standard",), filters)


@router.get("/projects")
def projects(request: Request, filters: Annotated[Standards, Query()], service: KeptService) -> Response:
    """List plan projects by filters, or go to one by its number."""
    if filters.number is not None:
        return _redirect(request, filters.number, filters.day())
    return listed(request, service, ("project",), filters)


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
def committees(request: Request, asked: Annotated[Committees, Query()], service: KeptService) -> Response:
    """List the committees and bodies on record, by id; ``q`` is part of an id or name, ``parent`` what they stand under."""
    facts = service.counts.facts
    above = lookup.committee_of(facts, asked.parent) if asked.parent else None
    items = []
    for iri in facts.members("ais:Committee"):
        parent, name = facts.text(iri, "org:subOrganizationOf"), lookup.name_of(facts, iri)
        label = label_of(facts, iri, "skos:prefLabel")
        said = fold(" ".join((key_of(iri), name, label.zh, label.en)))
        if (above is None or parent == above) and all(word in said for word in fold(asked.q or "").split()):
            items.append({"id": key_of(iri), "iri": iri, "name": name, "parent": key_of(parent) if parent else None})
    return paged(request, service, items, asked)
