"""The SPARQL 1.1 endpoint: read-only, guarded, bounded in time, rows and bytes."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Annotated
from urllib.parse import parse_qsl

import anyio
import anyio.to_thread
from fastapi import APIRouter, Depends, FastAPI, Request
from starlette.responses import RedirectResponse, Response
from starlette.types import Receive, Scope, Send

from aistandards.api import Service, service_of
from aistandards.api.bodies import body_of, kind_of
from aistandards.api.clients import notes_of
from aistandards.api.negotiation import wanted
from aistandards.api.problems import problem
from aistandards.errors import QueryError
from aistandards.pool import Busy, Caller, Gone
from aistandards.sparql import Answer, QueryMemory, QueryTimeout

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
ENDED = {QueryTimeout: "timeout", QueryMemory: "memory"}  # how the metrics name it
MAX_BODY = 256 << 10
RETRY = "5"  # seconds
SPARE = 8  # threads in which texts are checked while all that may wait do wait
LOOK_EVERY = 0.25  # seconds between looks at whether the client is still there


@router.get("/sparql")
async def get(request: Request, service: ServiceOf) -> Response:
    """Answer ``?query=``; without a query a browser is led to the page of examples."""
    pairs = parse_qsl(request.url.query, keep_blank_values=True)
    if not any(name == "query" for name, _ in pairs) and not any(name == "update" for name, _ in pairs):
        return RedirectResponse("/docs#sparql", 303)
    return await _answer(request, service, pairs)


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
    notes = notes_of(request.scope)
    notes.query = queries[0]
    asked = next((value for name, value in pairs if name == "format"), None)
    graphs = [[value for name, value in pairs if name == key] for key in ("default-graph-uri", "named-graph-uri")]
    accept = _media_types(asked, request.headers.get("accept", ""))
    try:
        answer = await _run(request, service, queries[0], accept, graphs)
    except QueryError as error:
        notes.outcome = ENDED.get(type(error), "refused")
        raise
    except Busy as error:
        notes.outcome = "busy"
        response = problem(request, 503, "busy", error.en, error.zh)
        response.headers["Retry-After"] = RETRY
        return response
    except Gone:
        notes.outcome = "left"
        return Response(status_code=400)
    headers = {"Vary": "Accept", "X-Build": service.build.id[:16]}
    if answer.cut:
        headers["X-Cut"] = answer.cut
    return Document(answer, headers)


class Document(Response):
    """An answer of the engine, sent a block at a time: a slow client holds no worker and little memory."""

    def __init__(self, answer: Answer, headers: dict[str, str]) -> None:
        self.answer = answer
        super().__init__(None, 200, {**headers, "Content-Length": str(answer.length)}, answer.media_type)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the head and the blocks; memory and disk are given back however it ends."""
        try:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            for block in self.answer.blocks():
                await send({"type": "http.response.body", "body": block, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        finally:
            self.answer.spool.close()


async def _run(request: Request, service: Service, text: str, accept: list[str], graphs: list[list[str]]) -> Answer:
    """Run a query in a thread; a client that hangs up gives up its turn, and its query is killed."""
    settings, caller = service.settings, Caller()
    union = settings.default_graph == "union"
    limiter = _limiter(request.app, settings.query_workers + settings.query_waiting + SPARE)
    watch = asyncio.ensure_future(_watch(request, caller))
    try:
        ask = partial(service.engine.answer, text, accept, graphs[0], graphs[1], union, caller=caller)
        return await anyio.to_thread.run_sync(ask, limiter=limiter)
    except asyncio.CancelledError:
        caller.leave()
        raise
    finally:
        watch.cancel()


def _limiter(app: FastAPI, threads: int) -> anyio.CapacityLimiter:
    """Return what keeps threads for queries apart from those of look-ups."""
    if not hasattr(app.state, "query_threads"):
        app.state.query_threads = anyio.CapacityLimiter(threads)
    found: anyio.CapacityLimiter = app.state.query_threads
    return found


async def _watch(request: Request, caller: Caller) -> None:
    """Tell when the client hangs up."""
    await asyncio.sleep(LOOK_EVERY)
    while not await request.is_disconnected():
        await asyncio.sleep(LOOK_EVERY)
    caller.leave()


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
