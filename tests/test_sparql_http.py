"""The SPARQL 1.1 Protocol over a real socket: requests written out by hand, with what must come back."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import httpx
import pyoxigraph as ox
import pytest
from fastapi import FastAPI

from aistandards.api.negotiation import ranked, weighed
from aistandards.api.sparql import FORMATS
from aistandards.counts import Counts
from aistandards.namespaces import GRAPH
from aistandards.settings import ServerSettings
from aistandards.sparql import GRAPH_TYPES, TABLE_TYPES, Engine
from serving import serving_here

Address = tuple[str, FastAPI]
JSON = TABLE_TYPES[0]
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
DIRECT = {"Content-Type": "application/sparql-query"}
ONTOLOGY, VERDICTS = GRAPH + "ontology", GRAPH + "verdicts"
IN_ONTOLOGY = "ASK { ais:Standard a owl:Class }"
RUNAWAY = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
SELECT = "SELECT ?n { ?s ais:number ?n } ORDER BY ?n LIMIT 3"
CONSTRUCT = 'CONSTRUCT { ?s dcterms:title ?t } { ?s ais:number "GB/T 45288.1-2025" ; dcterms:title ?t }'
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
posix = pytest.mark.skipif(sys.platform == "win32", reason="signals end a process there in another way")


@pytest.fixture(scope="module")
def settings(store_folder: Path) -> ServerSettings:
    return ServerSettings(store=store_folder, query_seconds=20.0, query_waiting=2)


@pytest.fixture(scope="module")
def server(settings: ServerSettings) -> Iterator[Address]:
    with serving_here(settings) as address:
        yield address


@pytest.fixture
def client(server: Address) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server[0], timeout=120) as client:
        yield client


@pytest.fixture
def engine(server: Address) -> Engine:
    found: Engine = server[1].state.holder.service.engine
    return found


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def refused(answer: httpx.Response, status: int, says: str = "") -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert body["status"] == status
    assert says.lower() in body["detail"].lower()
    assert body["detail_zh"] != body["detail"]
    return body


def truth(answer: httpx.Response) -> bool:
    assert answer.status_code == 200, answer.text
    return bool(answer.json()["boolean"])


# The protocol cases of the W3C for queries, each as its request


def test_query_post_form(client: httpx.Client) -> None:
    assert truth(client.post(f"/sparql?default-graph-uri={VERDICTS}", content="query=ASK%20%7B%7D", headers=FORM))


@pytest.mark.parametrize("direct", [False, True], ids=["get", "post"])
def test_query_dataset_default_graphs(client: httpx.Client, direct: bool) -> None:
    """Both graphs together, and neither of them without the other."""

    def ask(*graphs: str) -> bool:
        both = "ASK { ais:Standard a owl:Class . ?verdict a ais:Verdict }"
        given: dict[str, Any] = {"default-graph-uri": graphs}
        if direct:
            return truth(client.post("/sparql", params=given, content=both, headers=DIRECT))
        return truth(client.get("/sparql", params={**given, "query": both}))

    assert ask(ONTOLOGY, VERDICTS)
    assert not ask(ONTOLOGY)
    assert not ask(VERDICTS)


@pytest.mark.parametrize("direct", [False, True], ids=["get", "post"])
def test_query_dataset_named_graphs(client: httpx.Client, direct: bool) -> None:
    def ask(text: str) -> bool:
        given: dict[str, Any] = {"named-graph-uri": [ONTOLOGY, VERDICTS]}
        if direct:
            return truth(client.post("/sparql", params=given, content=text, headers=DIRECT))
        return truth(client.post("/sparql", data={**given, "query": text}))

    assert ask("ASK { GRAPH ?a { ais:Standard a owl:Class } GRAPH ?b { ?verdict a ais:Verdict } }")
    assert not ask(f"ASK {{ GRAPH <{GRAPH}inferred> {{ ?s ?p ?o }} }}")
    assert not ask("ASK { ?s ?p ?o }"), "the default graph is empty where only named graphs are given"


def test_query_dataset_full(client: httpx.Client) -> None:
    given = {"default-graph-uri": ONTOLOGY, "named-graph-uri": VERDICTS}
    for text, holds in (
        ("ASK { ais:Standard a owl:Class GRAPH ?g { ?verdict a ais:Verdict } }", True),
        ("ASK { GRAPH ?g { ais:Standard a owl:Class } }", False),
        ("ASK { ?verdict a ais:Verdict }", False),
    ):
        assert truth(client.get("/sparql", params={**given, "query": text})) is holds


def test_query_multiple_dataset(client: httpx.Client) -> None:
    """The data set of the protocol stands for the query's own, also where that names a graph nobody knows."""
    text = "ASK FROM <http://example.org/unknown> { GRAPH ?g { ais:Standard a owl:Class } }"
    assert truth(client.post("/sparql", params={"named-graph-uri": ONTOLOGY}, content=text, headers=DIRECT))
    refused(client.post("/sparql", content=text, headers=DIRECT), 400, "unknown graph")


def test_query_get_and_post_direct(client: httpx.Client) -> None:
    assert truth(client.get("/sparql?query=ASK%20%7B%7D"))
    assert truth(client.post("/sparql", content="ASK {}", headers=DIRECT))
    assert truth(
        client.post("/sparql", content="ASK {}", headers={"Content-Type": "application/sparql-query; charset=UTF-8"})
    )


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("SELECT (1 AS ?value) {}", TABLE_TYPES),
        ("ASK {}", TABLE_TYPES),
        ("DESCRIBE <http://example.org/>", GRAPH_TYPES),
        ("CONSTRUCT { <s> <p> 1 } WHERE {}", GRAPH_TYPES),
    ],
)
def test_query_content_type(client: httpx.Client, text: str, kinds: tuple[str, ...]) -> None:
    answer = client.post("/sparql", content=text, headers=DIRECT)
    assert answer.status_code == 200
    assert answer.headers["content-type"].partition(";")[0] == kinds[0]
    for kind in kinds:
        answer = client.post("/sparql", content=text, headers={**DIRECT, "Accept": kind})
        assert answer.status_code == 200
        assert answer.headers["content-type"].partition(";")[0] == kind
        assert int(answer.headers["content-length"]) == len(answer.content)


def test_relative_iris_have_a_base(client: httpx.Client) -> None:
    answer = client.get("/sparql", params={"query": "CONSTRUCT { <s> <p> 1 } WHERE {}", "format": "ntriples"})
    assert answer.text.startswith("<https://w3id.org/aistandards/s> <https://w3id.org/aistandards/p> ")
    assert truth(client.get("/sparql", params={"query": "ASK FROM <graph/ontology> { ais:Standard a owl:Class }"}))


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_bad_query_method(client: httpx.Client, method: str) -> None:
    answer = client.request(method, "/sparql?query=ASK%20%7B%7D", headers=FORM)
    refused(answer, 405, method)
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS, POST"


def test_bad_multiple_queries(client: httpx.Client) -> None:
    refused(client.get("/sparql?query=ASK%20%7B%7D&query=SELECT%20%2A%20%7B%7D"), 400, "exactly one")
    refused(client.post("/sparql", content="query=ASK%20%7B%7D&query=ASK%20%7B%7D", headers=FORM), 400, "exactly one")
    refused(client.post("/sparql?query=ASK%20%7B%7D", content="ASK {}", headers=DIRECT), 400, "exactly one")
    refused(client.post("/sparql", content="format=csv", headers=FORM), 400, "exactly one")


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b"ASK {}", {"Content-Type": "text/plain"}),
        (b"query=ASK%20%7B%7D", {}),
        (b"ASK {}", {}),
        (b"ASK {}", {"Content-Type": "application/sparql"}),
        ("ASK {}".encode("utf-16"), {"Content-Type": "application/sparql-query; charset=UTF-16"}),
        (b"ASK {}", {**DIRECT, "Content-Encoding": "gzip"}),
    ],
)
def test_bad_query_media_type(client: httpx.Client, body: bytes, headers: dict[str, str]) -> None:
    answer = client.post("/sparql", content=body, headers=headers)
    refused(answer, 415, "application/sparql-query")
    assert answer.headers["accept-post"].startswith("application/sparql-query")


def test_bad_query_non_utf8(client: httpx.Client) -> None:
    refused(client.post("/sparql", content="ASK {}".encode("utf-16"), headers=DIRECT), 400, "UTF-8")
    refused(client.post("/sparql", content=b"query=%ff%fe", headers=FORM), 400, "UTF-8")
    refused(client.get("/sparql?query=ASK%20%7B%7D%20%23%ff"), 400, "UTF-8")


def test_bad_query_syntax(client: httpx.Client) -> None:
    refused(client.get("/sparql?query=ASK%20%7B"), 400, "line 1")
    answer = client.post("/sparql", content="SELECT *\n{\n  ?s ?p ; }", headers=DIRECT)
    refused(answer, 400, "line 3, column 9")


@pytest.mark.parametrize(
    ("address", "body", "headers"),
    [
        ("/sparql?update=CLEAR%20ALL", None, {}),
        ("/sparql?update=CLEAR%20ALL&query=ASK%20%7B%7D", None, {}),
        ("/sparql", "update=CLEAR%20NAMED&update=CLEAR%20DEFAULT", FORM),
        ("/sparql", "update=CLEAR%20XYZ", FORM),
        ("/sparql?update=DROP%20ALL", "query=ASK%20%7B%7D", FORM),
        ("/sparql", "CLEAR NAMED", {"Content-Type": "application/sparql-update"}),
        (
            "/sparql?using-named-graph-uri=http%3A%2F%2Fexample%2F",
            "DROP ALL",
            {"Content-Type": "application/sparql-update"},
        ),
        ("/sparql", "INSERT DATA { <a> <b> <c> }", DIRECT),
        ("/sparql?query=LOAD%20%3Chttp%3A%2F%2F127.0.0.1%2F%3E", None, {}),
    ],
)
def test_updates_are_refused_in_every_form(
    client: httpx.Client, address: str, body: str | None, headers: dict[str, str]
) -> None:
    answer = client.get(address) if body is None else client.post(address, content=body, headers=headers)
    refused(answer, 400, "read")


# Formats


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "html"])
def test_every_format_by_name(client: httpx.Client, name: str) -> None:
    for text, kinds in ((SELECT, TABLE_TYPES), (CONSTRUCT, GRAPH_TYPES)):
        fits = [media_type for media_type in FORMATS[name] if media_type in kinds]
        answer = client.get("/sparql", params={"query": text, "format": name})
        if fits:
            assert answer.status_code == 200
            assert answer.headers["content-type"].partition(";")[0] == fits[0]
        else:
            assert refused(answer, 406)["available"] == list(kinds)


def test_datatypes_and_languages_survive_every_format(client: httpx.Client) -> None:
    text = 'SELECT ?n ?d ?t { ?s ais:number ?n ; ais:issuedEarliest ?d ; dcterms:title ?t FILTER(?n = "GB/T 45288.1-2025" && LANG(?t) = "zh") }'
    rows = {}
    for media_type in TABLE_TYPES[:2] + TABLE_TYPES[3:]:
        body = client.get("/sparql", params={"query": text}, headers={"Accept": media_type}).content
        form = ox.QueryResultsFormat.from_media_type(media_type)
        found = ox.parse_query_results(body, format=form)
        assert isinstance(found, ox.QuerySolutions)
        rows[media_type] = [[str(term) for term in row] for row in found]
    assert len({str(found) for found in rows.values()}) == 1
    [[_, day, title]] = rows[JSON]
    assert day.endswith('"^^<http://www.w3.org/2001/XMLSchema#date>') and title.endswith('"@zh')
    triples = set()
    for media_type in GRAPH_TYPES:
        body = client.get("/sparql", params={"query": CONSTRUCT}, headers={"Accept": media_type}).content
        read = ox.parse(body, ox.RdfFormat.from_media_type(media_type))
        triples.add(tuple(sorted(str(quad.triple) for quad in read)))
    [only] = triples
    assert any('"@zh' in triple for triple in only)


@pytest.mark.parametrize(
    ("accept", "table", "graph"),
    [
        (None, JSON, "text/turtle"),
        ("*/*", JSON, "text/turtle"),
        ("application/json", JSON, "application/ld+json"),
        ("application/xml", TABLE_TYPES[1], "application/rdf+xml"),
        ("text/xml;q=0.9, text/csv;q=0.1", TABLE_TYPES[1], "application/rdf+xml"),
        ("text/csv, application/json", "text/csv", "application/ld+json"),
        ("application/json;q=0.2, text/csv;q=0.9, */*;q=0.1", "text/csv", "application/ld+json"),
        ("text/*", "text/csv", "text/turtle"),
        ("application/json;q=0, */*", TABLE_TYPES[1], "text/turtle"),
        ("text/csv;q=abc, application/n-triples", "text/csv", "application/n-triples"),
        (
            "text/tab-separated-values; Q = 0.5, application/n-quads;q=.4",
            "text/tab-separated-values",
            "application/n-quads",
        ),
        ("application/sparql-results+json; charset=utf-8; q=0.5, application/trig", JSON, "application/trig"),
        (BROWSER, "text/html", "text/html"),
        ("application/xhtml+xml", "text/html", "text/html"),
        ("image/png", None, None),
        ("text/csv", "text/csv", None),
        ("text/turtle;q=1.0", None, "text/turtle"),
        ("*/*;q=0", None, None),
    ],
)
def test_accept(client: httpx.Client, accept: str | None, table: str | None, graph: str | None) -> None:
    for text, wanted in ((SELECT, table), (CONSTRUCT, graph)):
        client.headers.pop("accept", None)
        answer = client.get("/sparql", params={"query": text}, headers={"Accept": accept} if accept else {})
        if wanted:
            assert answer.status_code == 200, answer.text
            assert answer.headers["content-type"].partition(";")[0] == wanted
        else:
            assert set(refused(answer, 406)["available"]) & {*TABLE_TYPES, *GRAPH_TYPES}
        assert "accept" in answer.headers["vary"].lower()


def test_ranked() -> None:
    assert weighed("a/b;q=, c/d;q=-1, e/f;q=7, g/h;q=0.5") == [("a/b", 1), ("c/d", 1), ("e/f", 1), ("g/h", 0.5)]
    assert ranked("b/b, a/a", ["a/a", "b/b"], {}) == ["b/b", "a/a"]
    assert ranked("x/y;q=0.5, b/b;q=0.1", ["a/a", "b/b"], {"x/y": ["b/b", "a/a"]}) == ["a/a", "b/b"]
    assert ranked("b/b;q=0, x/y", ["b/b", "a/a"], {"x/y": ["b/b", "a/a"]}) == ["a/a"]
    assert ranked("a/*;q=0.5, a/a;q=0", ["a/a", "a/b"], {}) == ["a/b"]


def test_unknown_and_repeated_formats(client: httpx.Client) -> None:
    assert (
        "did you mean turtle?"
        in refused(client.get("/sparql", params={"query": SELECT, "format": "turtl"}), 400, "turtl")["detail"].lower()
    )
    refused(client.get("/sparql", params={"query": SELECT, "format": ["csv", "json"]}), 400, "one of")
    refused(client.get("/sparql", params={"format": "csv"}), 400, "without a query")


# Methods, sizes, other origins


def test_head_has_the_head_of_get(client: httpx.Client) -> None:
    for params in ({"query": SELECT, "format": "csv"}, {"format": "turtle"}):
        full, head = client.get("/sparql", params=params), client.head("/sparql", params=params)
        assert head.status_code == 200 and not head.content
        for name in ("content-type", "content-length", "x-build", "vary"):
            assert head.headers[name] == full.headers[name], name


def test_options_and_preflight(client: httpx.Client) -> None:
    plain = client.options("/sparql")
    assert (plain.status_code, plain.headers["allow"]) == (204, "GET, HEAD, OPTIONS, POST")
    for method in ("GET", "HEAD", "POST"):
        asked = {
            "Origin": "https://example.org",
            "Access-Control-Request-Method": method,
            "Access-Control-Request-Headers": "content-type",
        }
        answer = client.options("/sparql", headers=asked)
        assert answer.status_code == 200
        assert answer.headers["access-control-allow-origin"] == "*"
        assert method in answer.headers["access-control-allow-methods"]


def test_other_origins_may_read_answers_and_errors(client: httpx.Client) -> None:
    origin = {"Origin": "https://example.org"}
    for answer in (
        client.get("/sparql", params={"query": "ASK {}"}, headers=origin),
        client.get("/sparql", params={"query": "ASK {"}, headers=origin),
        client.get("/sparql", params={"query": "ASK {}"}, headers={**origin, "Accept": "image/png"}),
        client.put("/sparql", headers=origin),
        client.post("/sparql", content="ASK {}", headers=origin),
        client.post("/sparql", content="x" * 300_000, headers={**origin, **DIRECT}),
    ):
        assert answer.headers["access-control-allow-origin"] == "*", answer.status_code
        assert "X-Cut" in answer.headers["access-control-expose-headers"]


def test_sizes(client: httpx.Client) -> None:
    refused(client.post("/sparql", content="#" * 70_000, headers=DIRECT), 400, "limit is 65,536")
    refused(client.post("/sparql", content="x" * 300_000, headers=DIRECT), 413)
    refused(client.post("/sparql", content="a=1&" * 2_000, headers=FORM), 400, "1000 parameters")


# Without a query


def test_service_description(client: httpx.Client, server: Address, counts: Counts) -> None:
    """Every number in it is counted anew here, by a query of its own."""
    sd, void = "http://www.w3.org/ns/sparql-service-description#", "http://rdfs.org/ns/void#"
    stores = {}
    for accept in ("text/turtle", "application/ld+json", "application/rdf+xml", "application/n-triples"):
        answer = client.get("/sparql", headers={"Accept": accept})
        assert answer.headers["content-type"].partition(";")[0] == accept
        store = stores[accept] = ox.Store()
        store.load(answer.content, format=ox.RdfFormat.from_media_type(accept))
    assert len({tuple(sorted(str(q.triple) for q in store)) for store in stores.values()}) == 1
    store = stores["text/turtle"]

    def values(text: str, over: ox.Store = store) -> list[tuple[str, ...]]:
        found = over.query(f"PREFIX sd: <{sd}> PREFIX void: <{void}> {text}")
        assert isinstance(found, ox.QuerySolutions)
        return sorted(tuple(term.value for term in row) for row in found)

    endpoint = f"{server[0]}/sparql"
    assert values("SELECT ?e { ?s a sd:Service ; sd:endpoint ?e }") == [(endpoint,)]
    assert values("SELECT ?f { ?s sd:feature ?f }") == [(sd + "UnionDefaultGraph",)]
    assert values("SELECT ?l { ?s sd:supportedLanguage ?l }") == [(sd + "SPARQL11Query",)]
    assert len(values("SELECT ?f { ?s sd:resultFormat ?f }")) == len({*TABLE_TYPES, *GRAPH_TYPES})
    graphs = values(
        "SELECT ?name ?n { ?s sd:defaultDataset/sd:namedGraph ?g . ?g sd:name ?name ; sd:graph/void:triples ?n }"
    )
    assert graphs == values("SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g", counts.store)
    total = str(len(counts.store))
    assert values("SELECT ?n ?d { ?s a sd:Dataset ; void:triples ?n ; sd:defaultGraph/void:triples ?d }") == [
        (total, total)
    ]
    for name, text in (("classes", "?s a ?x"), ("properties", "?s ?x ?o")):
        distinct = values(f"SELECT (COUNT(DISTINCT ?x) AS ?n) {{ GRAPH ?g {{ {text} }} }}", counts.store)
        assert values(f"SELECT ?n {{ ?d void:{name} ?n }}") == distinct
    assert ("https://w3id.org/aistandards/ontology#",) in values("SELECT ?v { ?d void:vocabulary ?v }")
    assert values("SELECT ?l { ?d <http://purl.org/dc/terms/license> ?l }") == [
        ("https://creativecommons.org/licenses/by/4.0/",)
    ]


def test_description_is_the_default_and_has_an_etag(client: httpx.Client) -> None:
    first = client.get("/sparql")
    assert first.headers["content-type"] == "text/turtle; charset=utf-8"
    assert client.get("/sparql", headers={"If-None-Match": first.headers["etag"]}).status_code == 304
    assert (
        client.get("/sparql", headers={"Accept": "application/json"})
        .headers["content-type"]
        .startswith("application/ld+json")
    )
    refused(client.get("/sparql", headers={"Accept": "text/csv"}), 406)
    moved = client.get("/.well-known/void")
    assert (moved.status_code, moved.headers["location"]) == (303, "/sparql")


@pytest.mark.parametrize("host", ["exa mple", "<script>", "a{b}", "127.0.0.1:80\x80"])
def test_a_host_that_is_no_host(server: Address, host: str) -> None:
    port = int(server[0].rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port)) as raw:
        raw.sendall(
            f"GET /sparql HTTP/1.1\r\nHost: {host}\r\nAccept: text/turtle\r\nConnection: close\r\n\r\n".encode(
                "latin-1"
            )
        )
        answer = b"".join(iter(lambda: raw.recv(65536), b""))
    assert int(answer.split()[1]) < 500
    assert b"<script>" not in answer


def test_default_graph_unnamed(settings: ServerSettings) -> None:
    with serving_here(replace(settings, default_graph="unnamed", query_workers=1)) as (address, _):

        def ask(text: str) -> bool:
            return truth(httpx.get(f"{address}/sparql", params={"query": text}, timeout=60))

        assert not ask("ASK { ?s ?p ?o }")
        assert ask("ASK { GRAPH ?g { ?s ?p ?o } }")
        assert ask(f"ASK FROM <{ONTOLOGY}> {{ ais:Standard a owl:Class }}")
        text = httpx.get(f"{address}/sparql", timeout=60).text
        assert "UnionDefaultGraph" not in text
        assert "default-graph> a sd:Graph , void:Dataset ;\n\tvoid:triples 0 ." in text


# For people


def test_the_page_at_the_same_address(client: httpx.Client) -> None:
    for language, words in (("zh-CN,zh", "示例"), ("en", "Examples")):
        answer = client.get("/sparql", headers={"Accept": BROWSER, "Accept-Language": language})
        assert answer.status_code == 200 and answer.headers["content-type"].startswith("text/html")
        assert words in answer.text and 'form action="/sparql" method="get"' in answer.text
        assert "<script" not in answer.text and "http" not in answer.headers["content-security-policy"]
        loaded = [
            piece.split('"')[0]
            for piece in answer.text.split('src="')[1:] + answer.text.split('<link rel="stylesheet" href="')[1:]
        ]
        assert loaded and all(address.startswith("/") for address in loaded)
    example = client.get("/sparql", params={"example": "data-until", "format": "html"})
    assert "SELECT" in example.text.split("<textarea")[1]
    refused(client.get("/sparql", params={"example": "data-untill", "format": "html"}), 400, "data-until")


def test_every_example_runs(client: httpx.Client) -> None:
    page = client.get("/sparql", headers={"Accept": "text/html"}).text
    names = [piece.split("&")[0] for piece in page.split("/sparql?example=")[1:]]
    assert len(names) > 20
    library = {query["name"]: query["sparql"] for query in client.get("/api/v1/queries").json()["items"]}
    for name in names[::7]:
        answer = client.get("/sparql", params={"query": library[name]}, headers={"Accept": JSON})
        assert answer.status_code == 200, (name, answer.text)


def test_an_answer_as_a_page(client: httpx.Client) -> None:
    text = "SELECT ?x { VALUES ?x { '<b>&' <https://w3id.org/aistandards/id/level/national> <javascript:alert(1)> 'zh'@zh UNDEF } }"
    page = client.get("/sparql", params={"query": text}, headers={"Accept": BROWSER, "Accept-Language": "en"}).text
    assert "&lt;b&gt;&amp;" in page and "<b>" not in page.replace("<body>", "")
    assert '<a href="/id/level/national">id:level/national</a>' in page
    assert 'href="javascript' not in page and 'lang="zh">zh<' in page
    assert "5 rows" in page
    assert ">true<" in client.get("/sparql", params={"query": "ASK {}", "format": "html"}).text
    graph = client.get("/sparql", params={"query": CONSTRUCT, "format": "html"}).text
    assert "dcterms:title" in graph and 'lang="zh"' in graph
    cut = client.get(
        "/sparql", params={"query": "SELECT * { ?s ?p ?o }", "format": "html"}, headers={"Accept-Language": "en"}
    )
    assert "This is not all: 1000 rows are shown" in cut.text and "1,000 rows" in cut.headers["x-cut"]


def test_an_error_as_a_page(client: httpx.Client) -> None:
    for language, words in (("en", "Syntax error at line 1"), ("zh", "语法错误")):
        answer = client.get(
            "/sparql", params={"query": "SELECT * { ?s ?p }"}, headers={"Accept": BROWSER, "Accept-Language": language}
        )
        assert answer.status_code == 400 and answer.headers["content-type"].startswith("text/html")
        assert words in answer.text and "SELECT * { ?s ?p }" in answer.text


# Limits as a client meets them


def test_a_cut_is_announced_exactly(settings: ServerSettings) -> None:
    with serving_here(replace(settings, query_rows=10, query_bytes=100_000, query_workers=1)) as (address, _):

        def get(text: str, form: str = "csv") -> httpx.Response:
            return httpx.get(f"{address}/sparql", params={"query": text, "format": form}, timeout=60)

        answer = get("SELECT ?s { ?s a ais:NationalStandard }")
        assert len(list(csv.reader(io.StringIO(answer.text)))) == 11
        assert answer.headers["x-cut"].startswith("Cut after 10 rows: the limit is 10 rows.")
        assert "x-cut" not in get("SELECT ?s { ?s a ais:NationalStandard } LIMIT 10").headers
        large = get("SELECT (GROUP_CONCAT(STR(?s)) AS ?x) { ?s a ?o FILTER(ISIRI(?s)) }", "json")
        assert len(large.content) <= 100_000 and "100,000 bytes" in large.headers["x-cut"]
        assert json.loads(large.content)["results"]["bindings"] == []
        ElementTree.fromstring(get("SELECT * { ?s ?p ?o }", "xml").content)


def test_the_line_is_full(client: httpx.Client, engine: Engine) -> None:
    with httpx.Client(base_url=str(client.base_url), timeout=120) as other:
        threads = [threading.Thread(target=lambda: other.get("/sparql", params={"query": RUNAWAY})) for _ in range(4)]
        for thread in threads:
            thread.start()
        until(lambda: engine.load[1:3] == (2, 2))
        answer = client.get("/sparql", params={"query": "ASK {}"})
        refused(answer, 503, "2 queries are waiting")
        assert int(answer.headers["retry-after"]) > 0
        page = client.get("/sparql", params={"query": "ASK {}"}, headers={"Accept": "text/html"})
        assert page.status_code == 503 and page.headers["content-type"].startswith("text/html")
        assert client.get("/healthz").status_code == 200
        for worker in list(engine._pool._busy):
            worker.end()
        until(lambda: engine.load[1:3] == (2, 0))
        for worker in list(engine._pool._busy):
            worker.end()
        for thread in threads:
            thread.join()
    assert truth(client.get("/sparql", params={"query": "ASK {}"}))


def test_the_query_of_a_client_that_hangs_up_is_killed(client: httpx.Client, engine: Engine) -> None:
    before = engine.load.ended.get("left", 0)
    for method, asked in (("GET", {"params": {"query": RUNAWAY}}), ("POST", {"content": RUNAWAY, "headers": DIRECT})):
        with pytest.raises(httpx.ReadTimeout):
            client.request(method, "/sparql", timeout=0.5, **asked)
        until(lambda: engine.load[:3] == (2, 0, 0))
    assert engine.load.ended["left"] == before + 2


@posix
def test_kill_9_of_a_worker_loses_no_request(client: httpx.Client, engine: Engine) -> None:
    text = "SELECT (COUNT(*) AS ?n) { ?a a ais:Standard . ?b a ais:Project FILTER(?a != ?b) }"
    expected = client.get("/sparql", params={"query": text}).text
    answers: list[httpx.Response] = []
    with httpx.Client(base_url=str(client.base_url), timeout=120) as other:
        threads = [
            threading.Thread(target=lambda: answers.append(other.get("/sparql", params={"query": text})))
            for _ in range(2)
        ]
        for thread in threads:
            thread.start()
        until(lambda: engine.load.running == 2)
        os.kill(engine._pool.pids()[0], signal.SIGKILL)
        for thread in threads:
            thread.join()
    assert [answer.status_code for answer in answers] == [200, 200]
    assert {answer.text for answer in answers} == {expected}


def test_a_slow_reader_holds_no_worker(server: Address, client: httpx.Client, engine: Engine) -> None:
    flood = "SELECT ?s ?p ?o { ?s ?p ?o } LIMIT 60000"
    whole = client.get("/sparql", params={"query": flood, "format": "json"})
    assert len(whole.content) > 4 << 20
    port = int(server[0].rpartition(":")[2])
    readers = []
    for _ in range(4):
        reader = socket.socket()
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        reader.connect(("127.0.0.1", port))
        asked = httpx.URL("/sparql", params={"query": flood, "format": "json"}).raw_path
        reader.sendall(b"GET " + asked + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        readers.append(reader)
    assert all(reader.recv(15) == b"HTTP/1.1 200 OK" for reader in readers)
    assert engine.load[1:3] == (0, 0)
    assert engine.room.used == 4 * len(whole.content)
    assert truth(client.get("/sparql", params={"query": "ASK {}"}))
    body = b"".join(iter(lambda: readers[0].recv(65536), b"")).partition(b"\r\n\r\n")[2]
    assert body == whole.content
    for reader in readers:
        reader.close()
    until(lambda: engine.room.used == 0)
