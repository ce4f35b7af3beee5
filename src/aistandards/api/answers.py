"""Answers over HTTP: as JSON, JSON-LD, CSV or a workbook, whichever is asked for, with a tag of what they were made from."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from aistandards import output, workbook
from aistandards.api import Service, asked_service, service_of
from aistandards.api.negotiation import choose, has, prefers, tag
from aistandards.api.paging import address_with
from aistandards.api.problems import parameters_of
from aistandards.context import answers as contexts
from aistandards.rulebook import origin
from aistandards.settings import parse_day, today

FORMS = {
    "json": "application/json",
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
LINKED = "application/ld+json"
CONTEXT = "/context.jsonld"


class Day(BaseModel):
    """The day asked and the format of the answer."""

    model_config = ConfigDict(extra="forbid")
    as_of: str | None = None
    format: Literal["json", "csv", "xlsx"] | None = None

    def day(self) -> date:
        """Return the day asked, or today in Asia/Shanghai."""
        return parse_day(self.as_of) if self.as_of else today()


class Kept(Day):
    """The day, and the release of the data to answer from instead of the current build."""

    release: str | None = None


def answer(
    request: Request,
    body: dict[str, Any],
    rows: list[dict[str, Any]],
    asked: str | None = None,
    *,
    rests_on: str = "",
    is_record: bool = False,
    links: str = "",
) -> Response:
    """Return an answer in the form asked for by ``format`` or Accept, JSON by default; 304 to a client that has it.

    ``rows`` are the answer as a table; ``rests_on`` is what it depends on besides build, address and day; ``links`` lead to
    the other pages of a list. The JSON of a record links to the context under which it is JSON-LD, and names it in itself where JSON-LD is asked for.
    """
    service, form = service_of(request), _form(request, asked)
    headers = _headers(request, service, form, rests_on)
    context = CONTEXT if is_record else context_of(request)
    if service.build.manifest.get("incomplete"):
        headers["X-Incomplete"] = f"{len(service.build.manifest['left_out'])} records left out"
        body = {**body, "incomplete": service.build.manifest["left_out"]}
    headers["Link"] = f'<{context}>; rel="http://www.w3.org/ns/json-ld#context"; type="{LINKED}"'
    if links:
        headers["Link"] += ", " + links
    if "ETag" in headers and has(request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    match form:
        case "json-ld":
            named = service.settings.root_path + context
            return JSONResponse({"@context": named, **body}, media_type=LINKED, headers=headers)
        case "csv":
            return Response("\ufeff" + output.as_csv(rows), media_type="text/csv; charset=utf-8", headers=headers)
        case "xlsx":
            name = request.url.path.rpartition("/")[2]
            language = "en" if prefers(request.headers.get("accept-language", ""), "en", "zh") else "zh"
            about = origin(service.counts.rules, body, rows or [], service.build.id, language)
            if body.get("next") or body.get("previous"):  # a page: of what, and where the others are
                at = {"query": request.url.path + (f"?{request.url.query}" if request.url.query else "")}
                about = at | ({"next_page": address_with(request, body["next"])} if body["next"] else {}) | about
            made = workbook.answer_workbook(subject(request), body, rows, language, about)
            headers["Content-Disposition"] = f'attachment; filename="{name}.xlsx"'
            return Response(made, media_type=FORMS["xlsx"], headers=headers)
    return JSONResponse(body, headers=headers)


def _headers(request: Request, service: Service, form: str, rests_on: str = "") -> dict[str, str]:
    """Return the headers of an answer; its tag is known before it is made."""
    headers = {"Cache-Control": "no-cache", "Vary": "Accept, Accept-Language", "X-Build": service.build.id[:16]}
    if request.method != "POST":  # the answer to a POST depends on its body too
        headers["ETag"] = tag(service.build.id, request.url.path, request.url.query, today(), form, rests_on)
    return headers


class Unchanged(Exception):  # noqa: N818
    """The client has the answer: nothing need be made."""

    def __init__(self, headers: dict[str, str]) -> None:
        self.headers = headers


def unchanged(request: Request) -> None:
    """Raise Unchanged where a client names the tag of the answer, before any work is done.

    Such a tag was only ever given out with an answer to this very address, so the request needs no further look; an answer
    that rests on more than that has another tag, and is compared once it is made.
    """
    if request.method == "GET" and "if-none-match" in request.headers and request.url.path.startswith("/api/"):
        service = asked_service(request) if "release" in parameters_of(request) else service_of(request)
        headers = _headers(request, service, _form(request, request.query_params.get("format")))
        if has(request, headers["ETag"], or_any=False):
            raise Unchanged(headers)


async def not_modified(_request: Request, error: Exception) -> Response:
    """Answer 304."""
    assert isinstance(error, Unchanged)
    return Response(status_code=304, headers=error.headers)


def context_of(request: Request) -> str:
    """Return the address of the JSON-LD context of an answer: of the last two fixed pieces of its address, or of the last."""
    names = ("-".join(fixed(request)[-2:]), subject(request), "answers")
    return f"/context/{next(name for name in names if name in contexts()['kinds'])}.jsonld"


def fixed(request: Request) -> list[str]:
    """Return the pieces of an address that are fixed."""
    route: str = request.scope["route"].path
    return [piece for piece in route.split("/") if piece and "{" not in piece]


def subject(request: Request) -> str:
    """Return what an address is about: the last of its pieces that is fixed, so ``queries`` of ``/api/v1/queries/x``."""
    return fixed(request)[-1]


def _form(request: Request, asked: str | None) -> str:
    """Return the name of the form of an answer: as ``format`` says, else what the client wants most."""
    if asked:
        return asked
    names = {**{media: name for name, media in FORMS.items()}, LINKED: "json-ld"}
    wanted = choose(request.headers.get("accept", ""), list(names))
    return names[wanted] if wanted else "json"
