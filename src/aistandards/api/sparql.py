"""The SPARQL 1.1 endpoint: the protocol for queries in full, read-only, guarded, bounded in time, rows and bytes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from functools import partial
from typing import Annotated, Any, Final
from urllib.parse import parse_qsl

import anyio
import anyio.to_thread
import pyoxigraph as ox
from fastapi import APIRouter, Depends, FastAPI, Request
from starlette.responses import RedirectResponse, Response
from starlette.types import Receive, Scope, Send

from aistandards.api import Service, service_of
from aistandards.api.bodies import body_of
from aistandards.api.clients import notes_of
from aistandards.api.description import description
from aistandards.api.linked import BY_TYPE, refuse
from aistandards.api.negotiation import has, ranked, tag
from aistandards.api.pages import preferred, render
from aistandards.api.problems import problem
from aistandards.errors import AistandardsError, QueryError
from aistandards.findings import nearest
from aistandards.namespaces import BASE, compress
from aistandards.pool import Busy, Caller, Gone
from aistandards.sparql import GRAPH_TYPES, TABLE_TYPES, Answer, NotAcceptable, QueryMemory, QueryTimeout

router = APIRouter(tags=["SPARQL"])
ServiceOf = Annotated[Service, Depends(service_of)]
HTML: Final = "text/html"
JSON, XML = TABLE_TYPES[:2]
NTRIPLES: Final = "application/n-triples"
FORMATS: Final[dict[str, tuple[str, ...]]] = {
    "json": (JSON, "application/ld+json"),
    "xml": (XML, "application/rdf+xml"),
    "csv": ("text/csv",),
    "tsv": ("text/tab-separated-values",),
    "turtle": ("text/turtle",),
    "ntriples": (NTRIPLES,),
    "jsonld": ("application/ld+json",),
    "rdfxml": ("application/rdf+xml",),
    "trig": ("application/trig",),
    "nquads": ("application/n-quads",),
    "html": (HTML,),
}
ALSO: Final = {
    "application/json": FORMATS["json"],
    "application/xml": FORMATS["xml"],
    "text/xml": FORMATS["xml"],
    "application/xhtml+xml": (HTML,),
}
FORM: Final = "application/x-www-form-urlencoded"
DIRECT: Final = "application/sparql-query"
METHODS: Final = "GET, HEAD, OPTIONS, POST"
VARY: Final = {"Vary": "Accept, Accept-Language"}
MAX_BODY: Final = 256 << 10
MAX_PARAMETERS: Final = 1_000
RETRY: Final = "5"  # seconds
SPARE: Final = 8  # threads in which texts are checked while all that may wait do wait
SHOWN: Final = 1_000  # rows of an answer that is shown as a page

ENDED: Final = {QueryTimeout: "timeout", QueryMemory: "memory", Busy: "busy"}  # how the metrics name it

Pairs = list[tuple[str, str]]


@router.get("/sparql")
async def get(request: Request, service: ServiceOf) -> Response:
    """Answer ``?query=``; without one, a page for people or the service description, by Accept."""
    pairs = _parameters(request.url.query.encode())
    if any(name in ("query", "update") for name, _ in pairs):
        return await _answer(request, service, pairs)
    return await anyio.to_thread.run_sync(_describe, request, service, pairs)


@router.post("/sparql")
async def post(request: Request, service: ServiceOf) -> Response:
    """Answer a query sent as a form or as ``application/sparql-query``."""
    kind, options = _content_type(request)
    if kind == "application/sparql-update":
        raise _update()
    charset = options.get("charset", "utf-8").lower()
    if kind not in (FORM, DIRECT) or charset not in ("utf-8", "utf8", "us-ascii"):
        return _unsupported(request, f"Content-Type {request.headers.get('content-type', '')[:80] or '–'}")
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        return _unsupported(request, "Content-Encoding")
    body = await body_of(request, MAX_BODY, "query-error")
    if isinstance(body, Response):
        return body
    pairs = _parameters(request.url.query.encode())
    if kind == FORM:
        return await _answer(request, service, [*pairs, *_parameters(body)])
    return await _answer(request, service, [*pairs, ("query", _text(body))])


@router.options("/sparql", include_in_schema=False)
def options() -> Response:
    """Say what the address can do; a browser's preflight is answered before."""
    return Response(status_code=204, headers={"Allow": METHODS, "Accept-Post": f"{DIRECT}, {FORM}"})


@router.get("/.well-known/void", include_in_schema=False)
def well_known_void() -> Response:
    """Lead to the description of the data set."""
    return RedirectResponse("/sparql", 303)


def _content_type(request: Request) -> tuple[str, dict[str, str]]:
    kind, *pieces = request.headers.get("content-type", "").split(";")
    pairs = (piece.partition("=") for piece in pieces)
    return kind.strip().lower(), {name.strip().lower(): value.strip(' "') for name, _, value in pairs}


def _unsupported(request: Request, what: str) -> Response:
    en = f"{what} is not understood: send {DIRECT} or {FORM}, in UTF-8, not compressed."
    zh = f"{what} 无法识别：请以 UTF-8 发送 {DIRECT} 或 {FORM}，不压缩。"
    response = problem(request, 415, "unsupported-media-type", en, zh)
    response.headers["Accept-Post"] = f"{DIRECT}, {FORM}"
    return response


def _parameters(encoded: bytes) -> Pairs:
    """Return the parameters of a query string or a form; raises QueryError for what is not UTF-8 or too many."""
    try:
        return parse_qsl(
            _text(encoded), keep_blank_values=True, errors="strict", max_num_fields=MAX_PARAMETERS, separator="&"
        )
    except UnicodeDecodeError:
        raise _not_utf8() from None
    except ValueError:
        raise QueryError(f"More than {MAX_PARAMETERS} parameters.", f"参数超过 {MAX_PARAMETERS} 个。") from None


def _text(encoded: bytes) -> str:
    try:
        return encoded.decode("utf-8")
    except UnicodeDecodeError:
        raise _not_utf8() from None


def _not_utf8() -> QueryError:
    return QueryError("The query is not UTF-8 text.", "查询不是 UTF-8 文本。")


def _update() -> QueryError:
    return QueryError("This endpoint only reads; updates are refused.", "本端点只读，不接受更新。")


def _values(pairs: Pairs, name: str) -> list[str]:
    return [value for key, value in pairs if key == name]


def _wanted(request: Request, pairs: Pairs) -> list[str]:
    """Return the media types to answer in, the most wanted first, by ``format=`` or else by Accept."""
    asked = _values(pairs, "format")
    if not asked:
        return ranked(request.headers.get("accept", ""), (*TABLE_TYPES, *GRAPH_TYPES, HTML), ALSO)
    if len(asked) > 1 or asked[0] not in FORMATS:
        shown = " ".join(asked)[:40]
        near = nearest(shown, FORMATS)
        raise QueryError(
            f"format={shown} is unknown; choose one of {', '.join(FORMATS)}."
            + (f" Did you mean {near}?" if near else ""),
            f"format={shown} 未知；可选其一：{'、'.join(FORMATS)}。" + (f"是否指 {near}？" if near else ""),
        )
    return list(FORMATS[asked[0]])


async def _answer(request: Request, service: Service, pairs: Pairs) -> Response:
    """Run the one query of a request; every error is told in the form the client reads."""
    if _values(pairs, "update"):
        raise _update()
    queries = _values(pairs, "query")
    if len(queries) != 1:
        raise QueryError("Give exactly one query.", "须有且只有一个 query 参数。")
    notes = notes_of(request.scope)
    notes.query = queries[0]
    wanted = _wanted(request, pairs)
    page = wanted[:1] == [HTML]
    try:
        if not wanted:
            raise NotAcceptable("None of the media types you accept is to be had here.", "您接受的格式此处均不提供。")
        answer = await _run(request, service, pairs, [JSON, NTRIPLES] if page else wanted, SHOWN if page else None)
        if page:
            return await anyio.to_thread.run_sync(_page, request, queries[0], answer)
    except Gone:
        notes.outcome = "left"
        return Response(status_code=400)
    except AistandardsError as error:
        notes.outcome = ENDED.get(type(error), "refused")
        if page:
            return _shown(request, error.http_status, queries[0], error=error)
        return _problem(request, error)
    headers = {**VARY, **_build_of(request, service, answer)}
    if answer.cut:
        headers["X-Cut"] = answer.cut
    return Document(answer, headers)


def _build_of(request: Request, service: Service, answer: Answer) -> dict[str, str]:
    """Name the build that an answer is from: one may have been taken up since the request came."""
    for known in (service, request.app.state.holder.service):
        if answer.store in (None, known.build.quads):
            return {"X-Build": known.build.id[:16]}
    return {}


def _problem(request: Request, error: AistandardsError) -> Response:
    """Return the problem document of an error where it needs more than a sentence, else leave it to the handler of all."""
    if isinstance(error, Busy):
        response = problem(request, 503, "busy", error.en, error.zh)
        response.headers["Retry-After"] = RETRY
        return response
    if isinstance(error, NotAcceptable):
        offered = list(error.offered or (*TABLE_TYPES, *GRAPH_TYPES, HTML))
        response = problem(request, 406, "not-acceptable", error.en, error.zh, available=offered)
        response.headers.update(VARY)
        return response
    raise error


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


async def _run(request: Request, service: Service, pairs: Pairs, wanted: list[str], rows: int | None) -> Answer:
    """Run a query in a thread; a client that hangs up gives up its turn, and its query is killed."""
    [text], default, named = (_values(pairs, name) for name in ("query", "default-graph-uri", "named-graph-uri"))
    settings, caller = service.settings, Caller()
    union = settings.default_graph == "union"
    ask = partial(service.engine.answer, text, wanted, default, named, union, rows=rows, caller=caller)
    limiter = _limiter(request.app, settings.query_workers + settings.query_waiting + SPARE)
    watch = asyncio.ensure_future(_watch(request, caller))
    try:
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
    while (await request.receive())["type"] != "http.disconnect":
        pass
    caller.leave()


# Without a query, and for people


def _describe(request: Request, service: Service, pairs: Pairs) -> Response:
    """Return the service description in the wanted form of RDF, or the page where a browser asks."""
    names = {"html": HTML, **{form.name: form.media_type for form in BY_TYPE.values()}}
    offers = (*BY_TYPE, HTML)
    asked = _values(pairs, "format")
    if asked and asked[-1] not in names:
        raise QueryError(
            f"Without a query there is no format={asked[-1][:40]}; choose from {', '.join(names)}, or give ?query=….",
            f"未给出查询时没有 format={asked[-1][:40]}；可选：{'、'.join(names)}，或给出 ?query=…。",
        )
    accepted = ranked(request.headers.get("accept", ""), offers, ALSO)
    media_type = names[asked[-1]] if asked else next(iter(accepted), None)
    if media_type is None:
        return refuse(request, offers)
    if media_type == HTML:
        named = _values(pairs, "example")
        return _shown(request, 200, service.counts.library.get(named[-1]).text if named else "")
    form = BY_TYPE[media_type]
    body = description(service, f"{str(request.base_url).rstrip('/')}{service.settings.root_path}/sparql", form)
    headers = {**VARY, "ETag": tag(body), "Cache-Control": "no-cache", "X-Build": service.build.id[:16]}
    if has(request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=f"{media_type}; charset=utf-8", headers=headers)


def _shown(request: Request, status: int, query: str, **values: Any) -> Response:
    """Return the page with the form, the query in it and its answer, or what is wrong with it."""
    library = service_of(request).counts.library
    examples = [saved for saved in library if not any(parameter.required for parameter in saved.parameters)]
    formats = [name for name in FORMATS if name != "html"]
    nothing: dict[str, Any] = {"error": None, "columns": None, "rows": [], "cut": None}
    values = {**nothing, "query": query, "examples": examples, "formats": formats, **values}
    response = render(request, "sparql.html", preferred(request), status, **values)
    response.headers.update(VARY)
    if values["cut"]:
        response.headers["X-Cut"] = values["cut"]
    return response


def _page(request: Request, query: str, answer: Answer) -> Response:
    """Return an answer as a page with a table."""
    rows: list[list[dict[str, str]]]
    if answer.media_type == NTRIPLES:
        columns, rows = ["subject", "predicate", "object"], [[*map(_term, t)] for t in _triples(answer.body)]
    else:
        found = json.loads(answer.body)
        columns = found["head"].get("vars", [])
        results = found.get("results", {"bindings": []})["bindings"]
        rows = [[_cell(row[name]) if name in row else {} for name in columns] for row in results]
        if "boolean" in found:
            columns, rows = ["ASK"], [[{"text": "true" if found["boolean"] else "false"}]]
    answer.spool.close()
    return _shown(request, 200, query, columns=columns, rows=rows, cut=answer.cut)


def _triples(body: bytes) -> Iterator[tuple[Any, ...]]:
    for quad in ox.parse(body, ox.RdfFormat.N_TRIPLES):
        yield quad.subject, quad.predicate, quad.object


def _term(term: Any) -> dict[str, str]:
    """Return a term as the JSON of results has it, in a cell."""
    if isinstance(term, ox.NamedNode):
        return _cell({"type": "uri", "value": term.value})
    if isinstance(term, ox.Literal):
        return _cell({"type": "literal", "value": term.value, "xml:lang": term.language or ""})
    return {"text": str(term)}


def _cell(term: dict[str, Any]) -> dict[str, str]:
    """Return the text of a term, where it leads (on this service only) and its language."""
    if term["type"] == "triple":
        return {"text": " ".join(_cell(term["value"][at])["text"] for at in ("subject", "predicate", "object"))}
    value = str(term["value"])
    if term["type"] == "uri":
        shown = {"text": compress(value)}
        return {**shown, "href": "/" + value.removeprefix(BASE)} if value.startswith(BASE) else shown
    text = "_:" + value if term["type"] == "bnode" else value
    return {"text": text, "lang": term.get("xml:lang", "")}
