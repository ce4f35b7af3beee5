"""Routes of the search page and of the lists of standards and projects: a form, facets as links, results by page."""

from __future__ import annotations

from typing import Annotated, Any, Final
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from aistandards import lookup
from aistandards.api import Service
from aistandards.api.lists import Filters, KeptService, page_of
from aistandards.api.pages import Language, day_of, render
from aistandards.api.paging import address_with
from aistandards.errors import NotFoundError, NumberError
from aistandards.listing import names
from aistandards.search import KINDS

router = APIRouter(include_in_schema=False)
FACETS: Final = {
    "search": ["kind", "level", "status", "part", "year", "committee"],
    "standards": ["level", "nature", "status", "part", "layer", "year", "committee", "body", "verification", "verdict"],
    "projects": ["level", "stage", "part", "year", "committee"],
}
OF: Final = {"search": KINDS, "standards": ("standard",), "projects": ("project",)}
PAGE: Final = 50
SHOWN_VALUES: Final = 12


@router.get("/{language:language}/search")
def search_page(
    request: Request, language: Language, filters: Annotated[Filters, Query()], service: KeptService
) -> Response:
    """Search standards and projects; an exact number leads to its page, no words to the form."""
    return _page(request, language, "search", filters, service)


@router.get("/{language:language}/standards")
def standards_page(
    request: Request, language: Language, filters: Annotated[Filters, Query()], service: KeptService
) -> Response:
    """The list of standards by filters; an exact number leads to its page."""
    return _page(request, language, "standards", filters, service)


@router.get("/{language:language}/projects")
def projects_page(
    request: Request, language: Language, filters: Annotated[Filters, Query()], service: KeptService
) -> Response:
    """The list of plan projects by filters."""
    return _page(request, language, "projects", filters, service)


def _page(request: Request, language: Language, name: str, filters: Filters, service: Service) -> Response:
    q = (filters.q or "").strip()
    if q and not filters.cursor:
        try:
            found = lookup.find(service.counts.facts, q, filters.day())
            return RedirectResponse(f"/{language}/{found.kind}s/{quote(found.slug, safe='')}" + day_of(filters), 303)
        except (NumberError, NotFoundError):
            pass
    limit = filters.limit if "limit" in request.query_params else PAGE
    asked = filters.model_copy(update={"facets": FACETS[name], "limit": limit})
    chosen = [(one, value) for one in names() for value in getattr(filters, one) if value]
    body = None if name == "search" and not (q or chosen) else page_of(service, request.url.path, OF[name], asked)
    return render(
        request,
        "search.html",
        language,
        which=name,
        a=body,
        q=q,
        chosen=chosen,
        pieces=pieces,
        facets=_links(request, body) if body else [],
        kept=[(n, v) for n, v in request.query_params.multi_items() if n not in ("q", "cursor") and v],
        feed=f"/feeds/search.atom?{urlencode(_of_feed(request, name, language))}",
        following=address_with(request, body["next"]) if body and body["next"] else None,
        before=address_with(request, body["previous"]) if body and filters.cursor else None,
        shown=SHOWN_VALUES,
    )


def _of_feed(request: Request, name: str, language: Language) -> list[tuple[str, str]]:
    """Return the query of the feed of a list: its words and filters."""
    kept = [
        (n, v) for n, v in request.query_params.multi_items() if v and (n in ("q", "rule", "system") or n in names())
    ]
    only = [("kind", kind) for kind in OF[name]] if name != "search" and not any(n == "kind" for n, _ in kept) else []
    return [*kept, *only, ("lang", language)]


def _links(request: Request, body: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the facets with an address a value: the same list with the value added, or taken away where it is chosen."""
    found = []
    for name, facet in body["facets"].items():
        values = []
        for value in facet["values"]:
            kept = [(n, v) for n, v in request.query_params.multi_items() if v and n != "cursor"]
            pair = (name, value["value"])
            kept = [one for one in kept if one != pair] if value["chosen"] else [*kept, pair]
            values.append({**value, "address": f"{request.url.path}?{urlencode(kept)}"})
        found.append({"name": name, **facet, "values": sorted(values, key=lambda one: not one["chosen"])})
    return found


def pieces(text: str, marks: list[list[int]]) -> list[tuple[str, bool]]:
    """Return a text in pieces, each with whether the query's words stand there."""
    found, at = [], 0
    for start, end in marks:
        found += [(text[at:start], False), (text[start:end], True)]
        at = end
    return [piece for piece in (*found, (text[at:], False)) if piece[0]]
