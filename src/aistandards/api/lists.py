"""Lists over HTTP: standards, projects and search with filters, facets, orders and pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from pydantic import Field, create_model
from starlette.responses import Response

from aistandards.api import Service, asked_service
from aistandards.api.answers import FORMS, LINKED, Kept, answer
from aistandards.api.paging import Place, cursor_of, links, place_of
from aistandards.counts import known
from aistandards.errors import UsageError
from aistandards.listing import MAX_LIMIT, Asked, Listing, label_of_filter, names
from aistandards.rules import pick
from aistandards.search import KINDS
from aistandards.similar import MAX_SIMILAR, MAX_TITLE, flat_rows, similar

router = APIRouter(prefix="/api/v1", tags=["search"])
KeptService = Annotated[Service, Depends(asked_service)]
UNPAGED = ("limit", "cursor", "format", "number", "facets")
NOT_CELLS = ("marks", "shared")


class Paged(Kept):
    """A page of a list: ``limit`` is 1 to 1000, ``cursor`` is the ``next`` of the page before."""

    limit: int = Field(100, ge=1, le=MAX_LIMIT, description=f"1 to {MAX_LIMIT}")
    cursor: str | None = Field(None, description="the `next` of the page before")


class Ordered(Paged):
    """What is asked of a list beside its filters; ``sort`` and ``facets`` may repeat or name several with commas."""

    q: str | None = Field(None, description="words of a title, Chinese or English, or a number in any usual spelling")
    rule: str = Field("guide", description="the counting rule of `verdict` and `reason`")
    system: str = Field("guide-2024", description="the system whose notations `part` has")
    sort: list[str] = Field(default=[], description="a field, `-field` for descending; several with commas")
    facets: list[str] = Field(default=[], description="filters to count by; several with commas")

    def asked(self, kinds: tuple[str, ...], place: Place) -> Asked:
        """Return what is asked, from a place in the list."""
        chosen = {name: [v for v in getattr(self, name) if v] for name in names()}
        return Asked(
            kinds=kinds,
            day=place.day,
            q=(self.q or "").strip(),
            wanted={name: values for name, values in chosen.items() if values},
            rule=self.rule,
            system=self.system,
            sort=_several(self.sort),
            facets=_several(self.facets),
            start=place.start,
            limit=self.limit,
        )

    def question(self) -> dict[str, Any]:
        """Return what the list depends on: all but the page, the form, and what is empty."""
        return {name: value for name, value in self.model_dump().items() if value and name not in UNPAGED}


def _several(texts: list[str]) -> tuple[str, ...]:
    return tuple(piece.strip() for text in texts for piece in text.split(",") if piece.strip())


def _described(name: str) -> Any:
    label = label_of_filter(name)
    text = f"{label['label_en']} · {label['label_zh']}; may repeat, values are alternatives"
    return (list[str], Field(default=[], max_length=50, description=text))


if TYPE_CHECKING:

    class Filters(Ordered):
        """The filters of a list; made from the description of filters, as the type checker cannot see."""

        kind: list[str]

    class Standards(Filters):
        """The filters of a list, or ``number``."""

        number: str | None
else:
    Filters = create_model("Filters", __base__=Ordered, **{name: _described(name) for name in names()})
    Filters.__doc__ = "The filters of a list, as `ontology/filters.json` describes them."
    Standards = create_model("Standards", __base__=Filters, number=(str | None, None))
    Standards.__doc__ = "The filters of a list, or `number` to go to one record by its number in any usual spelling."


def listed(request: Request, service: Service, kinds: tuple[str, ...], filters: Filters) -> Response:
    """Return a page of a list with its total, its facets and the cursors of the pages around."""
    body = page_of(service, request.url.path, kinds, filters)
    columns = [
        name for name in dict.fromkeys(name for entry in body["items"] for name in entry) if name not in NOT_CELLS
    ]
    rows = [{name: entry.get(name) for name in columns} for entry in body["items"]]  # standards and projects differ
    return _announced(answer(request, body, rows, filters.format, links=links(request, body)), body)


def _announced(response: Response, body: dict[str, Any]) -> Response:
    """Say in a header that a table holds one page only, since a table has no place for it; JSON has ``next``."""
    if body["next"] and response.media_type not in (FORMS["json"], LINKED):
        response.headers["X-Cut"] = f"{len(body['items'])} of {body['total']} rows; Link names the next page"
    return response


def page_of(service: Service, path: str, kinds: tuple[str, ...], filters: Filters) -> dict[str, Any]:
    """Return a page of a list as the API, the pages and the tools for agents show it; cursors are of the path."""
    kinds = tuple(known("value of kind", "kind 的取值", kind, kinds) for kind in filters.kind if kind) or kinds
    pick(service.counts.rules, filters.rule)  # what does not exist is refused, also where nothing rests on it
    service.counts.view(filters.system)
    question = {**filters.question(), "path": path}
    place = place_of(service.build.id, question, filters.cursor, filters.day())
    body = Listing(service.counts, filters.asked(kinds, place)).answer()
    return {**body, **cursors(service, question, place, filters.limit, body["total"])}


def cursors(service: Service, question: dict[str, Any], place: Place, limit: int, total: int) -> dict[str, str | None]:
    """Return the cursors of the next page and of the one before; the first page has none."""

    def at(start: int) -> str:
        return cursor_of(service.build.id, question, Place(start, place.day))

    following, before = place.start + limit, max(place.start - limit, 0)
    return {"next": at(following) if following < total else None, "previous": at(before) if before else None}


def paged(request: Request, service: Service, items: list[dict[str, Any]], asked: Paged) -> Response:
    """Return a page of a list that is whole in memory."""
    question = {name: value for name, value in asked.model_dump().items() if value and name not in UNPAGED}
    question["path"] = request.url.path
    place = place_of(service.build.id, question, asked.cursor, asked.day())
    shown = items[place.start : place.start + asked.limit]
    body = {"total": len(items), "items": shown, **cursors(service, question, place, asked.limit, len(items))}
    return _announced(answer(request, body, shown, asked.format, links=links(request, body)), body)


@router.get("/search")
def search(request: Request, filters: Annotated[Filters, Query()], service: KeptService) -> Response:
    """Search standards and projects by words of their titles, in Chinese or English, and by number; the best first.

    Where there are few hits, ``did_you_mean`` names what may have been meant; nothing is replaced without being asked.
    """
    if not (filters.q or "").strip():
        raise UsageError(
            "q is missing or empty. Write words of a title, or a number: /api/v1/search?q=大模型.",
            "缺少 q 或 q 为空。请写题名中的词或编号：/api/v1/search?q=大模型。",
        )
    return listed(request, service, KINDS, filters)


class Proposed(Kept):
    """A proposed title to compare with what exists."""

    title: str = Field(min_length=1, max_length=MAX_TITLE, description="a proposed title, in Chinese or English")
    limit: int = Field(10, ge=1, le=MAX_SIMILAR, description=f"1 to {MAX_SIMILAR}")


@router.get("/similar")
def similar_titles(request: Request, asked: Annotated[Proposed, Query()], service: KeptService) -> Response:
    """Return the standards and projects whose titles are close to a proposed one, with what they share (查重)."""
    body = similar(service.counts, asked.title, asked.day(), asked.limit)
    return answer(request, body, flat_rows(body), asked.format)
