"""Linked data: the vocabulary at its namespace, every IRI of ours led to its page or its data, the JSON-LD context."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Annotated, Any, Final
from urllib.parse import quote

import pyoxigraph as ox
from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import RedirectResponse, Response

from aistandards import diagram, things
from aistandards.api import Service, service_of
from aistandards.api.negotiation import choose, has, tag
from aistandards.api.pages import Language, preferred, render
from aistandards.api.problems import problem
from aistandards.context import answer_context, answers, context
from aistandards.derive import Facts
from aistandards.errors import NotFoundError, UsageError
from aistandards.expressions import Piece
from aistandards.findings import nearest
from aistandards.namespaces import AIS, BASE, GRAPH, ID, compress, item, key_of
from aistandards.serialise import FORMS, JSONLD, Form, serialise
from aistandards.vocabulary import Vocabulary, name_of

router = APIRouter(tags=["linked data"])
ServiceOf = Annotated[Service, Depends(service_of)]
HTML: Final = "text/html"
JSON: Final = "application/json"
BY_TYPE: Final = {form.media_type: form for form in FORMS}
BY_NAME: Final = {form.name: form for form in FORMS}
BY_SUFFIX: Final = {form.suffix: form for form in FORMS}
COUNTED: Final = 2_000_000  # triples of a build whose use of the properties is counted for the documentation
VARY: Final = {"Vary": "Accept, Accept-Language"}
# classes with a page and an address in the API of their own; any other thing has the plain page of its statements
PLACES: Final[dict[str, tuple[str, str]]] = {
    "Standard": ("standards/{key}", "standards/{key}"),
    "Project": ("projects/{key}", "projects/{key}"),
    "System": ("system/{key}", "systems/{key}"),
    "Part": ("system/{scheme}/{notation}", "systems/{scheme}/{notation}"),
    "ChainLayer": ("standards?layer={notation}", "chain"),
    "CountingRule": ("rules#{key}", "rules/{key}"),
    "Target": ("targets#{key}", "targets"),
    "Committee": ("id/committee/{key}", "committees"),
    "PolicyDocument": ("policies/{key}", "policies/{key}"),
    "PolicyClause": ("policies/{document}#{key}", "policies/{document}"),
    "PolicyRule": ("policies/{document}#{key}", "policies/{document}"),
}


def vocabulary_of(service: Service) -> Vocabulary:
    """Return the vocabulary of the build, read once."""
    countable = service.build.manifest.get("triples", 0) <= COUNTED
    return service.once("vocabulary", lambda: Vocabulary(service.counts.store, countable))


def wanted_form(request: Request, offers: tuple[str, ...]) -> str | None:
    """Return the media type asked for by ``format=`` or, without it, by Accept; None where none of the offers will do."""
    asked = request.query_params.get("format")
    if asked is None:
        return choose(request.headers.get("accept", ""), offers)
    names = {"html": HTML, "json": JSON, **{name: form.media_type for name, form in BY_NAME.items()}}
    known = [name for name, media_type in names.items() if media_type in offers]
    if asked not in known:
        raise UsageError(
            f"format={asked} is unknown; choose from {', '.join(known)}.",
            f"format={asked} 未知；可选：{'、'.join(known)}。",
        )
    return names[asked]


def refuse(request: Request, offers: tuple[str, ...]) -> Response:
    """Answer 406 with the list of what there is."""
    listed = ", ".join(offers)
    en = f"None of the media types you accept is to be had here. There are: {listed}."
    response = problem(
        request, 406, "not-acceptable", en, f"您接受的格式此处均不提供。可用：{listed}。", available=list(offers)
    )
    response.headers.update(VARY)
    return response


def alternates(path: str, page: str) -> str:
    """Return the Link header that names the other forms of a thing."""
    links = [f'<{path}.{form.suffix}>; rel="alternate"; type="{form.media_type}"' for form in FORMS]
    return ", ".join([*links, f'<{page}>; rel="alternate"; type="{HTML}"'])


def rdf(request: Request, service: Service, form: Form, make: Callable[[], bytes], location: str) -> Response:
    """Return RDF with its ETag; 304 where the client has it."""
    etag = tag(service.build.id, location, form.name)
    headers = {"ETag": etag, "Cache-Control": "no-cache", "Content-Location": f"{location}.{form.suffix}"}
    headers |= {"X-Build": service.build.id[:16], "Link": alternates(location, location), **VARY}
    if has(request, etag):
        return Response(status_code=304, headers=headers)
    return Response(make(), media_type=f"{form.media_type}; charset=utf-8", headers=headers)


def _ontology(request: Request, service: Service, form: Form) -> Response:
    vocabulary = vocabulary_of(service)

    def make() -> bytes:
        return service.once(f"ontology.{form.suffix}", lambda: serialise(vocabulary.triples, form))

    return rdf(request, service, form, make, "/ontology")


@router.get("/ontology")
def ontology(request: Request, service: ServiceOf) -> Response:
    """The vocabulary: its documentation, or Turtle, JSON-LD, RDF/XML or N-Triples by Accept or ``format=``."""
    offers = (HTML, *BY_TYPE)
    media_type = wanted_form(request, offers)
    if media_type is None:
        return refuse(request, offers)
    if media_type == HTML:
        page = f"/{preferred(request)}/ontology"
        return RedirectResponse(page, 303, headers={**VARY, "Link": alternates("/ontology", page)})
    return _ontology(request, service, BY_TYPE[media_type])


@router.get("/ontology.{suffix}")
def ontology_file(request: Request, suffix: str, service: ServiceOf) -> Response:
    """The vocabulary as a file: ``ontology.ttl``, ``.jsonld``, ``.rdf`` or ``.nt``."""
    return _ontology(request, service, form_of(suffix))


def form_of(suffix: str) -> Form:
    """Return the form of a suffix; raises NotFoundError with those there are."""
    if suffix not in BY_SUFFIX:
        listed = ", ".join(BY_SUFFIX)
        raise NotFoundError(
            f"There is no form .{suffix}; there are: {listed}.", f"没有 .{suffix} 形式；可用：{listed}。"
        )
    return BY_SUFFIX[suffix]


@router.get("/ontology/{name}")
def ontology_version(request: Request, name: str, service: ServiceOf) -> Response:
    """The version of the vocabulary that this service holds (its version IRI); the name of a term leads to the term."""
    vocabulary = vocabulary_of(service)
    if name == vocabulary.version:
        return ontology(request, service)
    if name in vocabulary.names:
        return RedirectResponse(f"/ontology#{name}", 303)
    near = nearest(name, vocabulary.names)
    held = vocabulary.version
    raise NotFoundError(
        f"This service holds version {held} of the vocabulary; there is no version or term {name}."
        + (f" Nearest term: {near}." if near else ""),
        f"本服务提供词汇表 {held} 版；没有名为 {name} 的版本或术语。" + (f"最接近的术语是 {near}。" if near else ""),
    )


@router.get("/context.jsonld")
def context_file(request: Request, service: ServiceOf) -> Response:
    """The JSON-LD context: with it, the JSON of a record is RDF."""
    return _context(request, service, "context", lambda: context(vocabulary_of(service)))


@router.get("/context/{name}.jsonld")
def answer_context_file(request: Request, name: str, service: ServiceOf) -> Response:
    """The JSON-LD context of a kind of answer: with it, the JSON of a list, a count or an explanation is RDF."""
    if name not in answers()["kinds"]:
        near, listed = nearest(name, answers()["kinds"]), ", ".join(sorted(answers()["kinds"]))
        raise NotFoundError(
            f"There is no context “{name}”." + (f" Nearest: {near}." if near else f" There are: {listed}."),
            f"没有名为“{name}”的上下文。" + (f"最接近的是 {near}。" if near else f"可用：{listed}。"),
        )
    return _context(request, service, f"context.{name}", lambda: answer_context(vocabulary_of(service), name))


def _context(request: Request, service: Service, name: str, make: Callable[[], dict[str, Any]]) -> Response:
    etag = tag(service.build.id, name)
    headers = {"ETag": etag, "Cache-Control": "no-cache", "X-Build": service.build.id[:16]}
    if has(request, etag):
        return Response(status_code=304, headers=headers)
    body = service.once(name, lambda: json.dumps(make(), ensure_ascii=False, indent=1))
    return Response(body, media_type=JSONLD.media_type, headers=headers)


def place(facts: Facts, iri: str) -> tuple[str | None, str | None]:
    """Return the page (without language) and the API address of a thing where its class has one of its own."""
    for term in facts.of(iri, "rdf:type"):
        if term.value.startswith(AIS) and (found := PLACES.get(term.value.removeprefix(AIS))):
            words = {
                "key": quote(key_of(iri), safe=":.-_~%"),
                "scheme": facts.token(iri, "skos:inScheme") or "",
                "document": facts.token(iri, "dcterms:isPartOf") or "",
                "notation": quote(facts.text(iri, "skos:notation") or key_of(iri), safe=":.-_~/"),
            }
            return found[0].format(**words), "/api/v1/" + found[1].format(**words)
    return None, None


def _lead(request: Request, service: Service, iri: str) -> Response:
    """303 from an IRI to what there is about the thing, in the form the client wants."""
    if not things.exists(service.counts.store, iri):
        raise _unknown(service, iri)
    path = iri.removeprefix(BASE)
    page, api = place(service.counts.facts, iri)
    offers = (HTML, *BY_TYPE, JSON)
    media_type = wanted_form(request, offers)
    if media_type is None:
        return refuse(request, offers)
    data = "/data/" + path.removeprefix("id/")
    shown = f"/{preferred(request)}/{page or path}"
    target = (
        shown
        if media_type == HTML
        else (api or f"{data}.{JSONLD.suffix}")
        if media_type == JSON
        else f"{data}.{BY_TYPE[media_type].suffix}"
    )
    return RedirectResponse(target, 303, headers={**VARY, "Link": alternates(data, shown)})


def _unknown(service: Service, iri: str) -> NotFoundError:
    known = service.once("keys", lambda: things.keys_by_kind(service.counts.store))
    return things.unknown(iri, known)


@router.get("/id/{kind}/{key:path}")
def dereference(request: Request, kind: str, key: str, service: ServiceOf) -> Response:
    """303 from the IRI of a thing to its page, its JSON, or its statements as RDF, by Accept or ``format=``."""
    return _lead(request, service, item(quote(kind), *key.split("/")))


@router.get("/id/{kind}")
def dereference_scheme(request: Request, kind: str, service: ServiceOf) -> Response:
    """303 from the IRI of a code list or another thing without a key."""
    return _lead(request, service, item(quote(kind)))


@router.get("/graph/{name}")
def dereference_graph(request: Request, name: str, service: ServiceOf) -> Response:
    """303 from the IRI of a named graph to what is stated of it."""
    return _lead(request, service, GRAPH + quote(name, safe=".-_~"))


@router.get("/data/{path:path}.{suffix}")
def statements(request: Request, path: str, suffix: str, service: ServiceOf) -> Response:
    """What is stated of one thing, as Turtle, JSON-LD, RDF/XML or N-Triples by the suffix."""
    form, iri = form_of(suffix), iri_of(path)
    if not things.exists(service.counts.store, iri):
        raise _unknown(service, iri)
    location = "/data/" + iri.removeprefix(BASE).removeprefix("id/")
    return rdf(request, service, form, lambda: serialise(things.triples(service.counts.store, iri), form), location)


def iri_of(path: str) -> str:
    """Return the IRI of the thing whose data stand at ``/data/{path}``."""
    kind, _, key = path.partition("/")
    return GRAPH + quote(key, safe=".-_~") if kind == "graph" else item(quote(kind), *(key.split("/") if key else ()))


class Showing:
    """What a page of things needs to show a value: its name in the reader's language and where it leads."""

    def __init__(self, facts: Facts, language: Language) -> None:
        self.facts = facts
        self.language = language

    def name(self, node: ox.NamedNode) -> str:
        """Return the name of a thing of ours, or the prefixed name of any other."""
        if not node.value.startswith((AIS, ID, GRAPH)):
            return compress(node.value)
        label = name_of(self.facts, node.value)
        return label.zh if self.language == "zh" else label.en

    def href(self, node: ox.NamedNode) -> str | None:
        """Return where a thing is described: on this service where it is ours."""
        if node.value.startswith(AIS):
            return f"/{self.language}/ontology#{node.value.removeprefix(AIS)}"
        if node.value.startswith((ID, GRAPH)):
            return "/" + node.value.removeprefix(BASE)
        is_web = node.value.startswith(("http://", "https://")) and not node.value.startswith(BASE)
        return node.value if is_web else None  # a version of ours that this service does not hold has no address here

    def speaks(self, pieces: list[Piece]) -> bool:
        """Whether a value is for readers of this language: no text in the other one."""
        piece = pieces[0] if len(pieces) == 1 else None
        return not isinstance(piece, ox.Literal) or piece.language in (None, self.language)

    def of(self, values: list[list[Piece]]) -> list[list[Piece]]:
        """Return the values for readers of this language; all where none is."""
        return [value for value in values if self.speaks(value)] or values


@router.get("/{language:language}/ontology", include_in_schema=False)
def ontology_page(request: Request, language: Language, service: ServiceOf) -> Response:
    """The documentation of the vocabulary."""
    vocabulary = vocabulary_of(service)
    etag = tag(service.build.id, "ontology", language)
    headers = {"ETag": etag, "Link": alternates("/ontology", "/ontology")}
    if has(request, etag):
        return Response(status_code=304, headers=headers)
    drawings = service.once(
        f"diagram.{language}", lambda: (diagram.model(vocabulary, language), diagram.tree(vocabulary, language))
    )
    response = render(
        request,
        "ontology.html",
        language,
        v=vocabulary,
        drawings=drawings,
        show=Showing(vocabulary.facts, language),
        forms=FORMS,
        is_name=lambda piece: isinstance(piece, ox.NamedNode),
        node=ox.NamedNode,
    )
    response.headers.update(headers)
    return response


@router.get("/{language:language}/id/{path:path}", include_in_schema=False)
def thing_page(
    request: Request,
    language: Language,
    path: str,
    service: ServiceOf,
    start: Annotated[int, Query(ge=0, le=COUNTED)] = 0,
) -> Response:
    """Any thing of ours: what is stated of it and what points to it, each with its graph."""
    return _thing_page(request, language, service, iri_of(path), start)


@router.get("/{language:language}/graph/{name}", include_in_schema=False)
def graph_page(
    request: Request,
    language: Language,
    name: str,
    service: ServiceOf,
    start: Annotated[int, Query(ge=0, le=COUNTED)] = 0,
) -> Response:
    """A named graph: what is stated of it."""
    return _thing_page(request, language, service, iri_of(f"graph/{name}"), start)


def _thing_page(request: Request, language: Language, service: Service, iri: str, start: int) -> Response:
    if not things.exists(service.counts.store, iri):
        raise _unknown(service, iri)
    page, api = place(service.counts.facts, iri)
    data = "/data/" + iri.removeprefix(BASE).removeprefix("id/")
    values: dict[str, Any] = {
        "thing": things.describe(service.counts.store, iri, start),
        "start": start,
        "step": things.PAGE,
    }
    response = render(
        request,
        "thing.html",
        language,
        **values,
        page=page,
        api=api,
        data=data,
        show=Showing(service.counts.facts, language),
        forms=FORMS,
        is_name=lambda piece: isinstance(piece, ox.NamedNode),
        node=ox.NamedNode,
    )
    response.headers["Link"] = alternates(data, request.url.path)
    return response
