"""Hostile queries over a real socket: none makes the server call or read anything, none keeps others from their answers."""

from __future__ import annotations

import contextlib
import socket
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from aistandards.settings import ServerSettings
from serving import serving_here

Address = tuple[str, FastAPI]
posix = pytest.mark.skipif(sys.platform == "win32", reason="memory has no such limit there")


@pytest.fixture(scope="module")
def server(store_folder: Path) -> Iterator[Address]:
    settings = ServerSettings(store=store_folder, query_seconds=1.5, query_memory=256 << 20, query_bytes=4 << 20)
    with serving_here(settings) as address:
        yield address


@pytest.fixture
def client(server: Address) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server[0], timeout=60) as client:
        yield client


@pytest.fixture(scope="module")
def listener() -> Iterator[tuple[str, list[bytes]]]:
    """A server on this machine that keeps every call; nobody may call it."""
    calls: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    caller = listening.accept()[0]
                    with caller:
                        calls.append(caller.recv(200))

        threading.Thread(target=accept, daemon=True).start()
        yield f"127.0.0.1:{listening.getsockname()[1]}", calls
        with contextlib.suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)


def works(client: httpx.Client) -> None:
    """Look-ups and queries of others are answered, and rightly."""
    assert client.get("/healthz").status_code == 200
    assert client.get("/sparql", params={"query": "SELECT (20 + 22 AS ?n) {}", "format": "csv"}).text == "n\r\n42\r\n"


# Requests forged by the server: every way to make it fetch

REFUSED = {
    "service": "SELECT * { SERVICE <http://HOST/> { ?s ?p ?o } }",
    "silent": "SELECT * { SERVICE SILENT <http://HOST/> { ?s ?p ?o } }",
    "letters": "SELECT * { sErViCe <http://HOST/> { ?s ?p ?o } }",
    "variable": "SELECT * { VALUES ?x { <http://HOST/> } SERVICE ?x { ?s ?p ?o } }",
    "bound": "SELECT * { BIND(IRI('http://HOST/') AS ?x) SERVICE ?x { ?s ?p ?o } }",
    "exists": "ASK { FILTER EXISTS { SERVICE <http://HOST/> { ?s ?p ?o } } }",
    "not-exists": "ASK { FILTER NOT EXISTS { SERVICE <http://HOST/> { ?s ?p ?o } } }",
    "minus": "ASK { ?s ?p ?o MINUS { SERVICE <http://HOST/> { ?s ?p ?o } } }",
    "optional": "ASK { OPTIONAL { SERVICE <http://HOST/> { ?s ?p ?o } } }",
    "union": "ASK { {} UNION { SERVICE <http://HOST/> { ?s ?p ?o } } }",
    "subquery": "SELECT * { { SELECT ?s { SERVICE <http://HOST/> { ?s ?p ?o } } } }",
    "graph": "SELECT * { GRAPH ?g { SERVICE <http://HOST/> { ?s ?p ?o } } }",
    "lateral": "SELECT * { LATERAL { SERVICE <http://HOST/> { ?s ?p ?o } } }",
    "construct": "CONSTRUCT { ?s ?p ?o } WHERE { SERVICE <http://HOST/> { ?s ?p ?o } }",
    "describe": "DESCRIBE ?s { SERVICE <http://HOST/> { ?s ?p ?o } }",
    "prefixed": "PREFIX x: <http://HOST/> ASK { SERVICE x:y { ?s ?p ?o } }",
    "base": "BASE <http://HOST/> ASK { SERVICE <y> { ?s ?p ?o } }",
    "glued": "ASK { SERVICESILENT<http://HOST/>{ ?s ?p ?o } }",
    "after-true": "ASK { ?s ?p trueSERVICE<http://HOST/>{ ?s ?p ?o } }",
    "after-number": "ASK { ?s ?p 1SERVICE<http://HOST/>{ ?s ?p ?o } }",
    "escaped": "ASK { \\u0053ERVICE <http://HOST/> { ?s ?p ?o } }",
    "escaped-iri": "ASK { SERVICE <http://HOST\\u002F> { ?s ?p ?o } }",
    "carriage-return": "ASK { # comment\rSERVICE <http://HOST/> { ?s ?p ?o } }",
    "string": 'ASK { VALUES ?x { """a" } SERVICE <http://HOST/> { ?s ?p ?o } VALUES ?y { # \\q\n "b""" } }',
    "prefix-named-service": "PREFIX : <http://a/> PREFIX service: <http://HOST/> ASK { service:a { ?s ?p ?o } }",
    "from": "SELECT * FROM <http://HOST/g> { ?s ?p ?o }",
    "from-named": "SELECT * FROM NAMED <http://HOST/g> { GRAPH ?g { ?s ?p ?o } }",
    "from-prefixed": "PREFIX x: <http://HOST/> SELECT * FROM x:g { ?s ?p ?o }",
    "from-base": "BASE <http://HOST/> SELECT * FROM <g> { ?s ?p ?o }",
    "from-file": "SELECT * FROM <file:///etc/passwd> { ?s ?p ?o }",
    "from-file-named": "SELECT * FROM NAMED <file:///etc/passwd> { GRAPH ?g { ?s ?p ?o } }",
    "from-relative": "SELECT * FROM <../../../../etc/passwd> { ?s ?p ?o }",
    "from-escaped": "SELECT * FROM <fi\\u006Ce:///etc/passwd> { ?s ?p ?o }",
    "from-data": "SELECT * FROM <data:text/turtle,> { ?s ?p ?o }",
    "from-ftp": "SELECT * FROM <ftp://user:secret@HOST/> { ?s ?p ?o }",
    "load": "LOAD <http://HOST/>",
    "load-file": "LOAD SILENT <file:///etc/passwd> INTO GRAPH <http://g/>",
    "after-a-query": "ASK {} ; LOAD <http://HOST/>",
    "insert": "INSERT { ?s ?p ?o } WHERE { SERVICE <http://HOST/> { ?s ?p ?o } }",
    "using": "DELETE { ?s ?p ?o } USING <http://HOST/> WHERE { ?s ?p ?o }",
    "function": "SELECT (<http://HOST/f>('x') AS ?y) {}",
}  # fmt: skip
HARMLESS = {
    "graph-of-that-name": "SELECT * { GRAPH <http://HOST/> { ?s ?p ?o } }",
    "described": "DESCRIBE <http://HOST/>",
    "datatype": "SELECT ('x'^^<http://HOST/t> AS ?x) {}",
    "file-as-a-name": "SELECT * { GRAPH <file:///etc/passwd> { ?s ?p ?o } }",
    "imports": "CONSTRUCT { <http://a/> owl:imports <http://HOST/> } WHERE {}",
}  # fmt: skip


@pytest.mark.parametrize("name", [*REFUSED, *HARMLESS])
def test_no_query_makes_the_server_call(client: httpx.Client, listener: tuple[str, list[bytes]], name: str) -> None:
    host, calls = listener
    text = {**REFUSED, **HARMLESS}[name].replace("HOST", host)
    for answer in (
        client.get("/sparql", params={"query": text}),
        client.post("/sparql", content=text, headers={"Content-Type": "application/sparql-query"}),
    ):
        assert answer.status_code == (400 if name in REFUSED else 200), answer.text
        assert "root:" not in answer.text
    assert not calls


@pytest.mark.parametrize("parameter", ["default-graph-uri", "named-graph-uri", "update", "using-graph-uri"])
@pytest.mark.parametrize("iri", ["http://HOST/", "file:///etc/passwd", "//HOST/", "", "not an iri", "ht\x00tp:"])
def test_no_parameter_makes_the_server_call(
    client: httpx.Client, listener: tuple[str, list[bytes]], parameter: str, iri: str
) -> None:
    host, calls = listener
    given = {"query": "SELECT * { ?s ?p ?o } LIMIT 1", parameter: iri.replace("HOST", host)}
    for answer in (client.get("/sparql", params=given), client.post("/sparql", data=given)):
        assert answer.status_code in ((200, 400) if parameter == "using-graph-uri" else (400,)), answer.text
    assert not calls


def test_the_listener_would_see_a_call(listener: tuple[str, list[bytes]]) -> None:
    host, calls = listener
    with contextlib.suppress(httpx.HTTPError):
        httpx.get(f"http://{host}/", timeout=5)
    assert calls
    calls.clear()


# Work without end, memory without end, answers without end

BOMBS = {
    "cross-product": "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }",
    "sorted-cross-product": "SELECT * { ?a ?b ?c . ?d ?e ?f } ORDER BY ?f ?c",
    "distinct": "SELECT DISTINCT ?a ?d { ?a ?b ?c . ?d ?e ?f } OFFSET 100000000",
    "grouped": "SELECT ?a (COUNT(DISTINCT ?f) AS ?n) { ?a ?b ?c . ?d ?e ?f } GROUP BY ?a ?d",
    "paths": "SELECT * { ?a (!<urn:x>|^!<urn:x>)* ?b . ?c (!<urn:x>|^!<urn:x>)* ?d } ORDER BY ?d",
    "nested-paths": "ASK { ?a ((((!<urn:x>)*)+)*|^((!<urn:x>)+)*)+ ?b FILTER(?a = ?b && ?a = 1) }",
    "values": "SELECT (COUNT(*) AS ?n) { " + "".join(f"VALUES ?v{n} {{ {'1 ' * 400} }} " for n in range(6)) + "}",
    "regex": "SELECT (COUNT(*) AS ?n) { ?s ?p ?o . ?t ?q ?u FILTER(REGEX(CONCAT(STR(?o), STR(?u)), '(a*)*b|(x+x+)+y', 'i')) }",
    "huge-regex": "SELECT * { ?s ?p ?o FILTER(REGEX(STR(?o), '((a{1,1000}){1,1000}){1,1000}')) }",
    "replace": "SELECT (STRLEN(?y) AS ?n) { BIND(REPLACE('" + "a" * 30_000 + "', 'a', '" + "b" * 30_000 + "') AS ?x) BIND(CONCAT(?x, ?x, ?x) AS ?y) }",
    "doubling": "SELECT (STRLEN(?v30) AS ?n) { BIND('0123456789' AS ?v0) " + "".join(f"BIND(CONCAT(?v{n}, ?v{n}) AS ?v{n + 1}) " for n in range(30)) + "}",
    "concatenated": "SELECT (GROUP_CONCAT(CONCAT(STR(?c), STR(?f))) AS ?x) { ?a ?b ?c . ?d ?e ?f }",
    "not-exists": "SELECT (COUNT(*) AS ?n) { ?a ?b ?c FILTER NOT EXISTS { ?d ?e ?f . ?g ?h ?i FILTER(?d = ?i && ?a != ?g) } }",
    "optionals": "SELECT (COUNT(*) AS ?n) { ?a ?b ?c " + "OPTIONAL { ?a ?p ?o } OPTIONAL { ?o ?q ?a } " * 12 + "}",
    "star": "SELECT (COUNT(*) AS ?n) { " + "".join(f"?s ?p{n} ?o{n} . " for n in range(90)) + "}",
    "unions": "SELECT (COUNT(*) AS ?n) { " + "UNION".join(["{ ?a ?b ?c . ?d ?e ?f }"] * 45) + " }",
    "random-order": "SELECT * { ?a ?b ?c . ?d ?e ?f } ORDER BY RAND()",
    "hashes": "SELECT (MAX(SHA512(CONCAT(STR(?c), STR(?f)))) AS ?x) { ?a ?b ?c . ?d ?e ?f }",
    "flood": "SELECT * { ?a ?b ?c . ?d ?e ?f }",
    "flood-of-triples": "CONSTRUCT { ?a ?b ?f } WHERE { ?a ?b ?c . ?d ?e ?f }",
    "describe-all": "DESCRIBE * { ?a ?b ?c }",
    "deep": "SELECT * " + "{" * 3_000 + "}" * 3_000,
    "deep-brackets": "ASK { FILTER(" + "(" * 5_000 + "1" + ")" * 5_000 + ") }",
    "deep-nodes": "ASK { ?s ?p " + "[ ?p " * 2_000 + "]" * 2_000 + " }",
    "not-not": "ASK { FILTER(" + "!" * 20_000 + "true) }",
    "long-path": "ASK { ?s " + "/".join(["ais:x"] * 5_000) + " ?o }",
    "long-literal": "ASK { ?s ?p '" + "x" * 65_000 + "' }",
    "too-long-literal": "ASK { ?s ?p '" + "x" * 100_000 + "' }",
    "long-comment": "#" * 100_000 + "\nASK {}",
    "many-prefixes": "".join(f"PREFIX p{n}: <http://a/{n}> " for n in range(1_500)) + "ASK {}",
    "in-list": "ASK { ?s ?p ?o FILTER(?o IN (" + ",".join(map(str, range(10_000))) + ")) }",
    "null": "ASK { ?s ?p '\x00' }",
    "backtracking-token": "ASK { ?s ?p " + '"' * 9_999 + " }",
}  # fmt: skip


@posix
@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_ends_in_plain_words_and_others_are_answered(client: httpx.Client, server: Address, name: str) -> None:
    """Refused, stopped, cut with notice, or answered within the limits: never a fault of the server's."""
    with ThreadPoolExecutor(1) as threads:
        bomb = threads.submit(client.post, "/sparql", data={"query": BOMBS[name]})
        with httpx.Client(base_url=server[0], timeout=60) as other:
            works(other)
        answer = bomb.result(60)
    assert answer.status_code in (200, 400, 408, 413), answer.text[:300]
    if answer.status_code != 200:
        detail = answer.json()["detail"]
        assert len(detail) < 400 and "Traceback" not in detail and "panick" not in detail
    assert len(answer.content) <= (5 << 20)
    works(client)


@posix
def test_all_workers_bombed_at_once_and_look_ups_go_on(client: httpx.Client, server: Address) -> None:
    names = ("cross-product", "sorted-cross-product", "paths", "regex", "flood", "doubling", "star", "values") * 3
    with ThreadPoolExecutor(len(names)) as threads:
        bombs = [
            threads.submit(httpx.post, f"{server[0]}/sparql", data={"query": BOMBS[name]}, timeout=120)
            for name in names
        ]
        for _ in range(20):
            assert client.get("/api/v1/standards/gbt-45288.1-2025").status_code == 200
        codes = {bomb.result().status_code for bomb in bombs}
    assert codes <= {200, 400, 408, 503} and 503 in codes
    works(client)
    engine = server[1].state.holder.service.engine
    deadline = time.monotonic() + 10
    while engine.room.used and time.monotonic() < deadline:
        time.sleep(0.01)
    assert engine.load[:3] == (2, 0, 0) and engine.room.used == 0
