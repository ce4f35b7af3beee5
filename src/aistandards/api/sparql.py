"""The SPARQL 1.1 endpoint: read-only, guarded, bounded in time, rows and bytes."""

from __future__ import annotations

import contextlib
from typing import Annotated
from urllib.parse import parse_qsl

import anyio
import anyio.to_thread
from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from aistandards.api import Service, service_of
from aistandards.api.bodies import body_of, kind_of
from aistandards.api.negotiation import wanted
from aistandards.api.problems import problem
from aistandards.errors import QueryError
from aistandards.sparql import Answer, NotAcceptable

router = APIRouter(tags=["SPARQL"])
ServiceOf = Annotated[Service, Depends(service_of)]
FORMATS = {
    "json": "application/sparql-results+json",
    "csv": "text/csv",
    "tsv": "text/tab-separated-values",
    "xml": "application/sparql-results+xml",
    "turtle": "text/turtle",
    "ntriples": "application/n-triples",
    "jsonld": "application/ld+json",
    "rdfxml": "application/rdf+xml",
}
ALSO = {
    "application/json": ("application/sparql-results+json", "application/ld+json"),
    "application/xml": ("application/sparql-results+xml", "application/rdf+xml"),
    "text/xml": ("application/sparql-results+xml", "application/rdf+xml"),
    **dict.fromkeys(("*/*", "application/*", "text/*", "text/html", "application/xhtml+xml", "image/*"), ("",)),
}
MAX_BODY = 256 << 10
MAX_WAITING = 8


@router.get("/sparql")
async def get(request: Request, service: ServiceOf) -> Response:
    """Answer ``?query=``; without a query a browser is led to the page of examples."""
    pairs = parse_qsl(request.url.query, keep_blank_values=True)
    if not any(name == "query" for name, _ in pairs) and not any(name == "update" for name, _ in pairs):
        return RedirectResponse("/docs#sparql", 303)
    return await _answer(request, service, pairs)


class Line:
    """The line before the engine: one query runs, a few wait their turn, the rest are sent away at once."""

    def __init__(self) -> None:
        self.turn = anyio.CapacityLimiter(1)
        self.waiting = 0


@router.post("/sparql")
async def post(request: Request, service: ServiceOf) -> Response:
    """Answer a query sent as a form or as ``application/sparql-query``."""
    body = await body_of(request, MAX_BODY, "query-error")
    if isinstance(body, Response):
        return body
    kind = kind_of(request)
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise QueryError("The query is not UTF-8 text.", "查询不是 UTF-8 文本。") from None
    pairs = parse_qsl(request.url.query, keep_blank_values=True)
    if kind == "application/sparql-query":
        return await _answer(request, service, [*pairs, ("query", text)])
    if kind == "application/x-www-form-urlencoded":
        return await _answer(request, service, [*pairs, *parse_qsl(text, keep_blank_values=True)])
    if kind == "application/sparql-update":
        raise _update()
    raise QueryError(
        f"Content-Type {kind or 'is missing'}: send application/sparql-query or application/x-www-form-urlencoded.",
        f"Content-Type {kind or '缺失'}：请使用 application/sparql-query 或 application/x-www-form-urlencoded。",
    )


def _update() -> QueryError:
    return QueryError("This endpoint only reads; updates are refused.", "本端点只读，不接受更新。")


async def _answer(request: Request, service: Service, pairs: list[tuple[str, str]]) -> Response:
    queries = [value for name, value in pairs if name == "query"]
    if any(name == "update" for name, _ in pairs):
        raise _update()
    if len(queries) != 1:
        raise QueryError("Give exactly one query.", "须有且只有一个 query 参数。")
    asked = next((value for name, value in pairs if name == "format"), None)
    graphs = [[value for name, value in pairs if name == key] for key in ("default-graph-uri", "named-graph-uri")]
    accept = _media_types(asked, request.headers.get("accept", ""))
    line: Line = request.app.state.line
    if line.waiting > MAX_WAITING:
        en, zh = "Too many queries are waiting; try again in a few seconds.", "等待中的查询过多，请稍后再试。"
        response = problem(request, 503, "busy", en, zh)
        response.headers["Retry-After"] = "5"
        return response
    line.waiting += 1
    try:
        async with line.turn:
            if await request.is_disconnected():
                return Response(status_code=400)
            answer = await anyio.to_thread.run_sync(_run, service, queries[0], accept, graphs)
    finally:
        line.waiting -= 1
    headers = {"Vary": "Accept", "X-Build": service.build.id[:16]}
    if answer.cut:
        headers["X-Cut"] = answer.cut
    return Response(answer.body, media_type=answer.media_type, headers=headers)


def _run(service: Service, text: str, accept: list[str], graphs: list[list[str]]) -> Answer:
    """Run a query and give the answer in the first media type that fits its form."""
    for media_type in accept[:-1]:
        with contextlib.suppress(NotAcceptable):
            return service.engine.answer(text, media_type, tuple(graphs[0]), tuple(graphs[1]), True)
    return service.engine.answer(text, accept[-1], tuple(graphs[0]), tuple(graphs[1]), True)


def _media_types(asked: str | None, accept: str) -> list[str]:
    """Return the media types to try, the preferred first; an empty text leaves the choice to the engine."""
    if asked is not None:
        if asked not in FORMATS:
            raise QueryError(
                f"format={asked} is unknown; choose from {', '.join(FORMATS)}.",
                f"format={asked} 未知；可选：{'、'.join(FORMATS)}。",
            )
        return [FORMATS[asked]]
    found = [name for header in wanted(accept) for name in ALSO.get(header, (header,))]
    return list(dict.fromkeys(found)) or [""]
