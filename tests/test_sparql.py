"""The engine: right answers, announced cuts, and a fresh worker after everything that can go wrong."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from multiprocessing import Pipe
from pathlib import Path
from xml.etree import ElementTree

import pyoxigraph as ox
import pytest

from aistandards import sparql, worker
from aistandards.errors import QueryError, StoreError
from aistandards.guard import Checked, QueryKind
from aistandards.pool import Worker
from aistandards.sparql import GRAPH_TYPES, TABLE_TYPES, Engine, NotAcceptable, QueryTimeout, run_text

E = "http://example.org/"
RUNAWAY = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
HUNGRY = "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } ORDER BY ?i ?f ?c"
posix = pytest.mark.skipif(sys.platform == "win32", reason="the system knows no such limits")


def node(name: str) -> ox.NamedNode:
    return ox.NamedNode(E + name)


def make(path: Path, extra: str = "one") -> Path:
    store = ox.Store(str(path))
    store.extend(ox.Quad(node(f"n{i}"), node("value"), ox.Literal(i), node("g")) for i in range(300))
    texts: list[ox.NamedNode | ox.BlankNode | ox.Literal] = [
        ox.Literal('人工智能 "引号"\t\n\r<&>,\\', language="zh-cn"),
        ox.Literal("plain"),
        ox.Literal(""),
        ox.Literal("2026-11-23", datatype=ox.NamedNode("http://www.w3.org/2001/XMLSchema#date")),
        ox.Literal("1.5", datatype=ox.NamedNode("http://www.w3.org/2001/XMLSchema#decimal")),
        ox.Literal(True),
        ox.Literal("\u0001", datatype=node("type")),
        node("iri"),
        ox.BlankNode("b1"),
    ]
    store.extend(ox.Quad(node("texts"), node(f"p{i}"), text, node("h")) for i, text in enumerate(texts))
    store.add(ox.Quad(node("build"), node("is"), ox.Literal(extra), node("h")))
    store.add(ox.Quad(node("big"), node("body"), ox.Literal("x" * (3 << 20)), node("big")))
    store.add(ox.Quad(node("unnamed"), node("is"), ox.Literal("unnamed"), ox.DefaultGraph()))
    store.flush()
    del store
    return path


@pytest.fixture(scope="module")
def quads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("store") / "quads")


@pytest.fixture(scope="module")
def engine(quads: Path) -> Iterator[Engine]:
    with Engine(quads, 20.0, 1_000, 1 << 20, 512 << 20) as engine:
        yield engine


def value(engine: Engine, text: str) -> str:
    document = json.loads(engine.answer(text).body)
    [[term]] = [list(row.values()) for row in document["results"]["bindings"]]
    return str(term["value"])


def works(engine: Engine, number: int = 41) -> None:
    """The next query is right, and nothing of another answer comes with it."""
    assert value(engine, f"SELECT ({number} + 1 AS ?n) {{}}") == str(number + 1)


def failure(engine: Engine, text: str) -> QueryError:
    with pytest.raises(QueryError) as caught:
        engine.answer(text)
    assert caught.value.zh != caught.value.en
    return caught.value


@contextlib.contextmanager
def unguarded(kind: QueryKind = QueryKind.SELECT) -> Iterator[None]:
    """Let every text reach the worker as it is: what remains is the worker's own wall."""

    def passed(text: str, graphs: object = None) -> Checked:
        return Checked(kind, text, None, text, ())

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sparql, "check", passed)
        yield


# Answers


def test_ask(engine: Engine) -> None:
    answer = engine.answer(f"ASK {{ <{E}n7> ?p 7 }}")
    assert json.loads(answer.body) == {"head": {}, "boolean": True}
    assert (answer.media_type, answer.rows, answer.cut) == ("application/sparql-results+json", None, None)
    assert b"<boolean>false</boolean>" in engine.answer("ASK { ?s ais:no ?o }", TABLE_TYPES[1]).body


TEXTS = f"SELECT ?p ?o ?none {{ <{E}texts> ?p ?o }} ORDER BY ?p"


def by_pyoxigraph(quads: Path, text: str, form: ox.QueryResultsFormat) -> bytes:
    found = ox.Store.read_only(str(quads)).query(text, use_default_graph_as_union=True)
    assert isinstance(found, ox.QuerySolutions)
    return found.serialize(format=form) or b""


def test_json_is_what_pyoxigraph_writes(engine: Engine, quads: Path) -> None:
    answer = engine.answer(TEXTS)
    assert json.loads(answer.body) == json.loads(by_pyoxigraph(quads, TEXTS, ox.QueryResultsFormat.JSON))
    assert answer.rows == 9


def test_datatypes_and_languages_are_kept(engine: Engine) -> None:
    rows = json.loads(engine.answer(TEXTS).body)["results"]["bindings"]
    assert rows[0]["o"] == {"type": "literal", "value": '人工智能 "引号"\t\n\r<&>,\\', "xml:lang": "zh-cn"}
    assert rows[1]["o"] == {"type": "literal", "value": "plain"}
    assert rows[3]["o"]["datatype"].endswith("#date")
    assert all("none" not in row for row in rows)


def test_csv(engine: Engine) -> None:
    answer = engine.answer(TEXTS, "text/csv")
    rows = list(csv.reader(io.StringIO(answer.body.decode(), newline="")))
    assert rows[0] == ["p", "o", "none"]
    assert rows[1] == [E + "p0", '人工智能 "引号"\t\n\r<&>,\\', ""]
    assert [row[1] for row in rows[2:9]] == ["plain", "", "2026-11-23", "1.5", "true", "\u0001", E + "iri"]
    assert rows[9][1].startswith("_:")
    assert answer.body.endswith(b"\r\n")


def test_tsv_reads_back(engine: Engine) -> None:
    answer = engine.answer(TEXTS, "text/tab-separated-values; charset=utf-8")
    assert answer.body.decode().splitlines()[0] == "?p\t?o\t?none"
    back = ox.parse_query_results(answer.body, format=ox.QueryResultsFormat.TSV)
    want = ox.parse_query_results(engine.answer(TEXTS).body, format=ox.QueryResultsFormat.JSON)
    assert isinstance(back, ox.QuerySolutions)
    assert isinstance(want, ox.QuerySolutions)
    assert [str(row["o"]) for row in back][:8] == [str(row["o"]) for row in want][:8]


def test_xml_reads_back(engine: Engine) -> None:
    answer = engine.answer(TEXTS, "application/sparql-results+xml")
    space = "{http://www.w3.org/2005/sparql-results#}"
    found = [e for e in ElementTree.fromstring(answer.body).iter() if e.tag == space + "literal"]
    assert found[0].text == '人工智能 "引号"\t\n\r<&>,\\'
    assert found[0].attrib == {"{http://www.w3.org/XML/1998/namespace}lang": "zh-cn"}
    assert found[3].attrib["datatype"].endswith("#date")
    assert found[6].text == "\ufffd"  # XML has no U+0001


@pytest.mark.parametrize("media_type", TABLE_TYPES)
def test_quoted_triples_and_directions(engine: Engine, media_type: str) -> None:
    text = f'SELECT ?t ?d {{ BIND(<<( <{E}a> <{E}b> "c"@en )>> AS ?t) BIND(STRLANGDIR("d", "ar", "rtl") AS ?d) }}'
    body = engine.answer(text, media_type).body.decode()
    assert all(part in body for part in (E + "a", E + "b", "c", "d"))
    if media_type != "text/csv":
        assert "rtl" in body


@pytest.mark.parametrize("media_type", TABLE_TYPES)
def test_no_rows_and_no_columns(engine: Engine, media_type: str) -> None:
    assert engine.answer("SELECT ?x { ais:no ais:no ?x }", media_type).rows == 0
    assert engine.answer("SELECT * {}", media_type).rows == 1


@pytest.mark.parametrize("media_type", GRAPH_TYPES)
def test_graphs_read_back(engine: Engine, media_type: str) -> None:
    text = f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ ?s ?p ?o . FILTER(?s = <{E}texts> && ?p != <{E}p6>) }}"
    answer = engine.answer(text, media_type)
    form = ox.RdfFormat.from_media_type(media_type)
    triples = {quad.triple for quad in ox.parse(answer.body, form)}
    assert ox.Triple(node("texts"), node("p0"), ox.Literal('人工智能 "引号"\t\n\r<&>,\\', language="zh-cn")) in triples
    assert (len(triples), answer.rows, answer.cut) == (8, 8, None)


def test_describe(engine: Engine) -> None:
    answer = engine.answer(f"DESCRIBE <{E}n7>")
    assert answer.media_type == "text/turtle"
    assert answer.rows == 1


@pytest.mark.parametrize(
    ("text", "media_type"),
    [
        ("SELECT * {}", "text/turtle"),
        ("ASK {}", "image/png"),
        ("DESCRIBE ais:x", "text/csv"),
        ("CONSTRUCT WHERE {}", "x"),
    ],
)
def test_not_acceptable(engine: Engine, text: str, media_type: str) -> None:
    with pytest.raises(NotAcceptable, match="Ask for") as caught:
        engine.answer(text, media_type)
    assert caught.value.http_status == 406


def test_functions_within_the_limits(engine: Engine) -> None:
    text = (
        "SELECT (NOW() AS ?a) (UUID() AS ?b) (RAND() AS ?c) (SHA512('x') AS ?d) (REPLACE('ab', 'B', 'c', 'i') AS ?e) {}"
    )
    assert len(json.loads(engine.answer(text).body)["results"]["bindings"][0]) == 5


# Datasets


def count(engine: Engine, text: str, **dataset: object) -> int | None:
    return engine.answer(text, **dataset).rows  # type: ignore[arg-type]


def test_default_graph_is_the_union_unless_told_otherwise(engine: Engine) -> None:
    assert count(engine, f"SELECT * {{ ?s ?p ?o FILTER(?s != <{E}big>) }}") == 311
    assert count(engine, "SELECT * { ?s ?p ?o }", union=False) == 1


def test_from_and_the_protocol(engine: Engine) -> None:
    assert engine.graphs == {E + "g", E + "h", E + "big"}
    assert count(engine, f"SELECT * FROM <{E}h> {{ ?s ?p ?o }}") == 10
    assert count(engine, f"SELECT * FROM NAMED <{E}h> {{ ?s ?p ?o }}") == 0
    assert count(engine, f"SELECT * FROM NAMED <{E}h> {{ GRAPH ?g {{ ?s ?p ?o }} }}") == 10
    assert count(engine, "SELECT * { ?s ?p ?o }", default_graphs=(E + "h",)) == 10
    assert count(engine, f"SELECT * FROM <{E}g> {{ ?s ?p ?o }}", default_graphs=(E + "h",)) == 10
    assert count(engine, "SELECT * { GRAPH ?g { ?s ?p ?o } }", named_graphs=(E + "h",)) == 10
    assert count(engine, "SELECT * { ?s ?p ?o }", named_graphs=(E + "h",)) == 0


@pytest.mark.parametrize("iri", ["file:///etc/passwd", "http://127.0.0.1:9/", E + "x"])
def test_unknown_graphs(engine: Engine, iri: str) -> None:
    assert "Unknown graph" in failure(engine, f"SELECT * FROM <{iri}> {{ ?s ?p ?o }}").en
    assert "Unknown graph" in failure(engine, f"SELECT * FROM NAMED <{iri}> {{ ?s ?p ?o }}").en
    with pytest.raises(QueryError, match="Unknown graph"):
        engine.answer("ASK {}", default_graphs=(iri,))
    with pytest.raises(QueryError, match="Unknown graph"):
        engine.answer("ASK {}", named_graphs=(iri,))
    works(engine)


# Errors


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("SELECT * {\n ?s ?p \n}", "line 3, column 1: unexpected “}”"),
        ("SELECT * WHERE { ?s ?p ?o .\n FILTER ?o > 5 }", "line 2, column 9: unexpected “?o”"),
        ("SELECT * {\r\n ?s ?p 'a'\r\n 'b' }", "line 3, column 2: unexpected “'b'”"),
        ("SELECT ?s WHERE ?s ?p ?o", "line 1, column 17: unexpected “?s”"),
        ("SELECT * { ?s ?p ?o } LIMIT 'x'", "line 1, column 29: unexpected “'x'”"),
        ("SELECT NOW() {}", "line 1, column 8: unexpected “NOW”"),
        ("SELECT * {} LIMIT", "line 1, column 18: the text ends too early"),
        ("SELECT * { ?s a <http://[> }", "column 17: this IRI is not valid"),
        ("SELECT (?s AS ?s) { ?s ?p ?o }", "AS names a variable that exists already"),
        ("SELECT ?s ?s { ?s ?p ?o }", "names a variable twice"),
        ("SELECT ?s (COUNT(*) AS ?n) { ?s ?p ?o }", "group by it or aggregate it"),
        ("SELECT * { ?s ?p ?o } GROUP BY ?s", "GROUP BY"),
        ("SELECT * { VALUES (?a ?b) { (1) } }", "too many or too few values"),
        ("SELECT * { ?s foo:bar ?o }", "Line 1, column 15: unknown prefix foo:"),
        (f"SELECT (<{E}f>(1) AS ?x) {{}}", f"Unknown function <{E}f>"),
    ],
)
def test_errors_say_where_and_what(engine: Engine, text: str, says: str) -> None:
    error = failure(engine, text)
    assert says in error.en
    assert "A-Z" not in error.en
    assert "\\u{" not in error.en
    assert error.http_status == 400
    works(engine)


def test_prefixes_are_declared_but_may_be_others(engine: Engine) -> None:
    assert value(engine, "SELECT (STR(ais:x) AS ?x) {}") == "https://w3id.org/aistandards/ontology#x"
    assert value(engine, "PREFIX ais: <http://a/>\nSELECT (STR(ais:x) AS ?x) {}") == "http://a/x"


# Limits


def test_rows_are_cut_with_notice(quads: Path) -> None:
    with Engine(quads, 20.0, 10, 1 << 20, 512 << 20) as engine:
        for media_type in TABLE_TYPES:
            answer = engine.answer(f"SELECT ?s {{ ?s <{E}value> ?o }} LIMIT 0", media_type)
            assert (answer.rows, answer.cut) == (0, None)
            answer = engine.answer(f"SELECT ?s {{ ?s <{E}value> ?o }} LIMIT 10", media_type)
            assert (answer.rows, answer.cut) == (10, None)
            answer = engine.answer(f"SELECT ?s {{ ?s <{E}value> ?o }}", media_type)
            assert answer.rows == 10
            assert answer.cut
            assert "10 rows" in answer.cut
            assert answer.body.count(E.encode() + b"n") == 10
        for media_type in GRAPH_TYPES:
            answer = engine.answer(f"CONSTRUCT WHERE {{ ?s <{E}value> ?o }}", media_type)
            assert (answer.rows, bool(answer.cut)) == (10, True)
            assert len(list(ox.parse(answer.body, ox.RdfFormat.from_media_type(media_type)))) == 10
        works(engine)


def test_bytes_are_cut_with_notice_and_the_document_is_whole(quads: Path) -> None:
    limit = 200_000
    with Engine(quads, 20.0, 1_000_000, limit, 512 << 20) as engine:
        for media_type in TABLE_TYPES:
            answer = engine.answer(f"SELECT * {{ ?a <{E}value> ?c . ?d <{E}value> ?f }}", media_type)
            assert 0.9 * limit < len(answer.body) <= limit
            assert answer.cut
            assert "200,000 bytes" in answer.cut
            if media_type == TABLE_TYPES[0]:
                assert len(json.loads(answer.body)["results"]["bindings"]) == answer.rows
            if media_type == TABLE_TYPES[1]:
                ElementTree.fromstring(answer.body)
        for media_type in GRAPH_TYPES:
            text = f"CONSTRUCT {{ ?a ?e ?d }} WHERE {{ ?a <{E}value> ?b . ?d <{E}value> ?c . BIND(<{E}e> AS ?e) }}"
            answer = engine.answer(text, media_type)
            assert "bytes" in (answer.cut or "")
            assert len(answer.body) < limit + (1 << 20)
            assert len(list(ox.parse(answer.body, ox.RdfFormat.from_media_type(media_type)))) == answer.rows
        works(engine)


def test_a_row_larger_than_the_limit(engine: Engine) -> None:
    answer = engine.answer(f"SELECT * {{ <{E}big> ?p ?o }}")
    assert answer.rows == 0
    assert "bytes" in (answer.cut or "")
    assert "larger than the limit" in failure(engine, f"DESCRIBE <{E}big>").en
    works(engine)


def test_runaway_is_killed_and_the_next_query_is_right(quads: Path) -> None:
    with Engine(quads, 0.5, 1_000, 1 << 20, 512 << 20) as engine:
        begun = time.monotonic()
        with pytest.raises(QueryTimeout, match=r"0\.5 s") as caught:
            engine.answer(RUNAWAY)
        assert time.monotonic() - begun < 20
        assert caught.value.http_status == 408
        works(engine)
        for text in (HUNGRY, f"SELECT * {{ ?a (!<{E}x>|^!<{E}x>)* ?b . ?c (!<{E}x>|^!<{E}x>)* ?d }} ORDER BY ?d"):
            with pytest.raises(QueryError):
                engine.answer(text)
            works(engine)


@posix
def test_memory_limit_ends_the_worker_only(quads: Path) -> None:
    with Engine(quads, 60.0, 1_000, 1 << 20, 64 << 20) as engine:
        error = failure(engine, HUNGRY)
        assert "memory limit of 64 MB" in error.en
        assert not isinstance(error, QueryTimeout)
        works(engine)


@posix
@pytest.mark.parametrize(
    "text",
    [
        "SELECT * " + "{" * 20_000 + "}" * 20_000,
        "SELECT * { FILTER(" + "(" * 8_000 + "1" + ")" * 8_000 + ") }",
        "SELECT * { FILTER(" + "!" * 50_000 + "?x) }",
    ],
)
def test_parser_crash_ends_the_worker_only(engine: Engine, text: str) -> None:
    assert "deep" in failure(engine, text).en or "in a row" in failure(engine, text).en
    with unguarded():
        assert "ended its process" in failure(engine, text).en
    works(engine)


def test_fifty_failures_leave_nothing_behind(quads: Path) -> None:
    """Every kind of failure half-way through an answer, each followed by a query whose answer must be its own."""
    failing = [
        (
            f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ {{ ?s <{E}value> ?o }} UNION {{ ?s <{E}body> ?o }} ?s ?p ?o }}",
            GRAPH_TYPES[0],
        ),
        (f"DESCRIBE <{E}big>", GRAPH_TYPES[1]),
        ("SELECT * { ?s ?p }", None),
        (f"SELECT (<{E}f>(?s) AS ?x) {{ ?s ?p ?o }}", None),
        ("SELECT * { SERVICE <http://127.0.0.1:9/> {} }", None),
    ]
    cut = "SELECT * { ?a ?b ?c . ?d ?e ?f }"
    with Engine(quads, 20.0, 1_000_000, 50_000, 512 << 20) as engine:
        first = worker_pid(engine)
        for number in range(50):
            text, media_type = failing[number % len(failing)]
            with pytest.raises(QueryError):
                engine.answer(text, media_type)
            works(engine, number)
            assert "bytes" in (engine.answer(cut).cut or "")
            works(engine, number)
        assert worker_pid(engine) == first, "the worker itself must stay clean, not only be replaced"


def test_a_late_block_goes_nowhere() -> None:
    """Both ends guard against it: a job that has ended sends no more, and the parent skips other jobs' messages."""
    here, there = Pipe()
    reply = worker._Reply(there, 1)
    reply.block(b"first")
    reply.fail("query", "broken off")
    reply.block(b"late")
    reply.end(1, None)
    late = worker._Reply(there, 1)
    late.block(b"later still")
    worker._Reply(there, 2).block(b"second")
    parent = object.__new__(Worker)
    parent.conn = here
    deadline = time.monotonic() + 5
    assert parent.receive(1, deadline) == (b"B", b"first")
    assert parent.receive(1, deadline)[0] == b"F"
    assert parent.receive(2, deadline) == (b"B", b"second")
    assert not here.poll()
    with pytest.raises(TimeoutError):
        parent.receive(2, time.monotonic())


# The second wall: what the worker does with a text that got past the guard


@pytest.fixture
def listener() -> Iterator[tuple[int, list[bytes]]]:
    """A local socket that keeps what callers send."""
    calls: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def accept() -> None:
            while True:
                try:
                    caller = server.accept()[0]
                except OSError:
                    return
                with caller:
                    calls.append(caller.recv(100))

        threading.Thread(target=accept, daemon=True).start()
        yield server.getsockname()[1], calls
        with contextlib.suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)


def test_guard_alone_stops_service(engine: Engine, listener: tuple[int, list[bytes]]) -> None:
    port, calls = listener
    for silent in ("", "SILENT "):
        text = f"SELECT * {{ SERVICE {silent}<http://127.0.0.1:{port}/> {{ ?s ?p ?o }} }}"
        assert "SERVICE" in failure(engine, text).en
    assert not calls


@posix
def test_limits_alone_stop_service(engine: Engine, listener: tuple[int, list[bytes]]) -> None:
    port, calls = listener
    call = f"SERVICE <http://127.0.0.1:{port}/> {{ ?s ?p ?o }}"
    silent = call.replace("SERVICE", "SERVICE SILENT")
    with unguarded():
        assert "failed" in failure(engine, f"SELECT * {{ {call} }}").en
        assert engine.answer(f"SELECT * {{ {silent} }}").rows == 1
        assert engine.answer(f"SELECT * {{ ?a <{E}value> ?b {silent} }} LIMIT 100").rows == 100
    works(engine)
    time.sleep(0.2)
    assert not calls
    with pytest.raises(OSError):
        list(ox.Store().query(f"SELECT * {{ {call} }}"))  # type: ignore[arg-type]
    assert calls, "without the limits the call goes out: the test would see it"


def test_updates_and_files_do_nothing_in_the_worker(engine: Engine, tmp_path: Path) -> None:
    secret = tmp_path / "secret.nt"
    secret.write_text("<http://a/> <http://b/> <http://c/> .\n", encoding="utf-8")
    with unguarded():
        for text in ("INSERT DATA { <http://a/> <http://b/> 1 }", f"LOAD <{secret.as_uri()}>", "DROP ALL"):
            failure(engine, text)
        assert engine.answer(f"SELECT * FROM <{secret.as_uri()}> {{ ?s ?p ?o FILTER(?s = <http://a/>) }}").rows == 0
    works(engine)


# Life of the engine


def ended(pid: int) -> bool:
    for _ in range(100):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.1)
    return False


def worker_pid(engine: Engine) -> int:
    [pid] = engine._pool.pids()
    return pid


@posix
def test_close_leaves_no_worker(quads: Path) -> None:
    engine = Engine(quads, 0.3, 10, 1 << 20, 512 << 20)
    pids = [worker_pid(engine)]
    with pytest.raises(QueryTimeout):
        engine.answer(RUNAWAY)
    pids.append(worker_pid(engine))
    assert pids[0] != pids[1]
    engine.close()
    engine.close()
    assert all(map(ended, pids))
    with pytest.raises(StoreError, match="closed"):
        engine.answer("ASK {}")


@posix
def test_a_worker_that_died_meanwhile_is_replaced(quads: Path) -> None:
    with Engine(quads, 20.0, 10, 1 << 20, 512 << 20) as engine:
        pid = worker_pid(engine)
        os.kill(pid, signal.SIGKILL)
        assert ended(pid)
        works(engine)


def test_close_during_a_query(quads: Path) -> None:
    engine = Engine(quads, 60.0, 10, 1 << 20, 512 << 20)
    caught: list[Exception] = []

    def ask() -> None:
        try:
            engine.answer(RUNAWAY)
        except StoreError as error:
            caught.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    time.sleep(0.5)
    engine.close()
    thread.join(30)
    assert [error.args for error in caught] == [("The query engine is closed. Start the service again.",)]


def test_threads_get_their_own_answers(quads: Path) -> None:
    wrong: list[object] = []
    with Engine(quads, 30.0, 1_000, 1 << 20, 512 << 20) as engine:

        def ask(start: int) -> None:
            for number in range(start, start + 25):
                try:
                    works(engine, number)
                except (AssertionError, QueryError, StoreError) as error:
                    wrong.append(error)

        threads = [threading.Thread(target=ask, args=(1000 * at,)) for at in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert not wrong


def test_busy(quads: Path) -> None:
    with Engine(quads, 3.0, 10, 1 << 20, 512 << 20, wait=0.1) as engine:
        thread = threading.Thread(target=failure, args=(engine, RUNAWAY))
        thread.start()
        time.sleep(0.5)
        with pytest.raises(StoreError, match="busy") as caught:
            engine.answer("ASK {}")
        assert caught.value.http_status == 503
        thread.join()
        works(engine)


def test_replace(quads: Path, tmp_path: Path) -> None:
    other = make(tmp_path / "quads", extra="two")
    which = f"SELECT ?o {{ <{E}build> <{E}is> ?o }}"
    with Engine(quads, 20.0, 10, 1 << 20, 512 << 20) as engine:
        assert value(engine, which) == "one"
        engine.replace(other)
        assert value(engine, which) == "two"
        with pytest.raises(StoreError, match="aistandards build"):
            engine.replace(tmp_path / "nothing")
        assert value(engine, which) == "two"


def test_no_store(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="aistandards build"):
        Engine(tmp_path / "nothing", 20.0, 10, 1 << 20, 512 << 20)


def script(path: Path, body: str) -> list[str]:
    path.write_text(textwrap.dedent(body), encoding="utf-8")
    return [sys.executable, str(path)]


def test_a_script_without_a_main_guard(quads: Path, tmp_path: Path) -> None:
    body = f"""
        from pathlib import Path
        from aistandards.sparql import run_text
        print(run_text(Path({str(quads)!r}), "SELECT (1 + 1 AS ?n) {{}}").rows)
    """
    done = subprocess.run(script(tmp_path / "script.py", body), capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("[{'n': '2'}]\n", "")


@posix
def test_a_worker_does_not_outlive_a_killed_parent(quads: Path, tmp_path: Path) -> None:
    body = f"""
        import os, threading, time
        from pathlib import Path
        from aistandards.sparql import Engine
        engine = Engine(Path({str(quads)!r}), 1.0, 10, 1 << 20, 512 << 20)
        print(*engine._pool.pids(), flush=True)
        threading.Thread(target=engine.answer, args=({RUNAWAY!r},), daemon=True).start()
        time.sleep(0.3)
        os._exit(0)
    """
    done = subprocess.run(script(tmp_path / "script.py", body), stdout=subprocess.PIPE, text=True, timeout=60)
    assert ended(int(done.stdout))


# For the command line


def test_run_text(quads: Path) -> None:
    assert run_text(quads, "ASK {}") == (["answer"], [{"answer": "true"}], None)
    table = run_text(quads, TEXTS)
    assert table.columns == ["p", "o", "none"]
    assert table.rows[0] == {"p": E + "p0", "o": '人工智能 "引号"\t\n\r<&>,\\'}
    assert table.rows[8]["o"].startswith("_:")
    table = run_text(quads, f"DESCRIBE <{E}n7>")
    assert table.columns == ["subject", "predicate", "object"]
    assert table.rows == [{"subject": E + "n7", "predicate": E + "value", "object": "7"}]
    table = run_text(quads, f"SELECT ?s {{ ?s <{E}value> ?o }}", rows=5)
    assert len(table.rows) == 5
    assert "5 rows" in (table.cut or "")
    with pytest.raises(QueryError, match="SERVICE"):
        run_text(quads, "SELECT * { SERVICE <http://127.0.0.1:9/> {} }")
    with pytest.raises(QueryTimeout):
        run_text(quads, RUNAWAY, seconds=0.3)
