"""Answers over HTTP: as JSON, JSON-LD, CSV or a workbook, whichever is asked for, with a tag of what they were made from."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from aistandards import output, workbook
from aistandards.api import service_of
from aistandards.api.negotiation import choose, has, prefers, tag
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
) -> Response:
    """Return an answer in the form asked for by ``format`` or Accept, JSON by default; 304 to a client that has it.

    ``rows`` are the answer as a table; ``rests_on`` is what it depends on besides build, address and day. The
    JSON of a record links to the context under which it is JSON-LD, and names it in itself where JSON-LD is asked for.
    """
    service = service_of(request)
    form = _form(request, asked, is_record)
    headers = {"Cache-Control": "no-cache", "Vary": "Accept, Accept-Language", "X-Build": service.build.id[:16]}
    if request.method != "POST":  # the answer to a POST depends on its body too
        headers["ETag"] = tag(service.build.id, request.url.path, request.url.query, today(), form, rests_on)
    if service.build.manifest.get("incomplete"):
        headers["X-Incomplete"] = f"{len(service.build.manifest['left_out'])} records left out"
        body = {**body, "incomplete": service.build.manifest["left_out"]}
    if is_record:
        headers["Link"] = f'<{CONTEXT}>; rel="http://www.w3.org/ns/json-ld#context"; type="{LINKED}"'
    if "ETag" in headers and has(request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    match form:
        case "json-ld":
            return JSONResponse(
                {"@context": service.settings.root_path + CONTEXT, **body}, media_type=LINKED, headers=headers
            )
        case "csv":
            return Response("\ufeff" + output.as_csv(rows), media_type="text/csv; charset=utf-8", headers=headers)
        case "xlsx":
            name = request.url.path.rpartition("/")[2]
            language = "en" if prefers(request.headers.get("accept-language", ""), "en", "zh") else "zh"
            about = origin(service.counts.rules, body, rows or [], service.build.id, language)
            made = workbook.answer_workbook(_subject(request), body, rows, language, about)
            headers["Content-Disposition"] = f'attachment; filename="{name}.xlsx"'
            return Response(made, media_type=FORMS["xlsx"], headers=headers)
    return JSONResponse(body, headers=headers)


def _subject(request: Request) -> str:
    """Return what an address is about: the last of its pieces that is fixed, so ``queries`` of ``/api/v1/queries/x``."""
    route: str = request.scope["route"].path
    return next(piece for piece in reversed(route.split("/")) if piece and "{" not in piece)


def _form(request: Request, asked: str | None, is_record: bool) -> str:
    """Return the name of the form of an answer: as ``format`` says, else what the client wants most."""
    if asked:
        return asked
    names = {**{media: name for name, media in FORMS.items()}, **({LINKED: "json-ld"} if is_record else {})}
    wanted = choose(request.headers.get("accept", ""), list(names))
    return names[wanted] if wanted else "json"
