"""The SPARQL 1.1 endpoint: read-only, guarded, bounded in time, rows and bytes."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from aistandards.api import Service, service_of
from aistandards.errors import QueryError
from aistandards.sparql import NotAcceptable

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
MAX_BODY = 256 << 10


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
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise QueryError(f"The request is over {MAX_BODY} bytes.", f"请求超过 {MAX_BODY} 字节。")
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
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
    answer = None
    for media_type in accept:
        try:
            answer = await run_in_threadpool(
                service.engine.answer, queries[0], media_type, tuple(graphs[0]), tuple(graphs[1]), True
            )
            break
        except NotAcceptable:
            if media_type == accept[-1]:
                raise
    assert answer is not None
    headers = {"Access-Control-Allow-Origin": "*", "Vary": "Accept", "X-Build": service.build.id[:16]}
    if answer.cut:
        headers["X-Cut"] = answer.cut
    return Response(answer.body, media_type=answer.media_type, headers=headers)


def _media_types(asked: str | None, accept: str) -> list[str]:
    """Return the media types to try, the preferred first; an empty text leaves the choice to the engine."""
    if asked is not None:
        if asked not in FORMATS:
            raise QueryError(
                f"format={asked} is unknown; choose from {', '.join(FORMATS)}.",
                f"format={asked} 未知；可选：{'、'.join(FORMATS)}。",
            )
        return [FORMATS[asked]]
    weighed: list[tuple[float, int, str]] = []
    for index, piece in enumerate(accept.split(",")):
        name, _, parameters = piece.strip().partition(";")
        quality = next((p.strip()[2:] for p in parameters.split(";") if p.strip().startswith("q=")), "1")
        try:
            weight = float(quality)
        except ValueError:
            weight = 0.0
        if name.strip() and weight > 0:
            weighed.append((-weight, index, name.strip().lower()))
    names = [name for _, _, name in sorted(weighed)]
    wanted: list[str] = []
    for name in names:
        if name == "application/json":
            wanted.append("application/sparql-results+json")
        elif name in ("*/*", "application/*", "text/*", "text/html", "application/xhtml+xml", "image/*"):
            wanted.append("")
        else:
            wanted.append(name)
    return list(dict.fromkeys(wanted)) or [""]
