"""The guard: what it refuses, what it lets through, and that the rewritten text means the same."""

from __future__ import annotations

import random
import socket
import threading
import time
from collections.abc import Iterator

import pyoxigraph as ox
import pytest

from aistandards.errors import QueryError
from aistandards.guard import QueryKind, check, guard
from aistandards.namespaces import PREFIXES, SPARQL_PROLOGUE

EX = "PREFIX ex: <http://example.org/> PREFIX : <http://example.org/> "
U = "<http://127.0.0.1:9/x>"


def refused(text: str, graphs: list[str] | None = None) -> str:
    with pytest.raises(QueryError) as caught:
        guard(text, graphs)
    assert caught.value.zh
    assert caught.value.zh != caught.value.en
    return caught.value.en


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("SELECT * { ?s ?p ?o }", QueryKind.SELECT),
        ("ask {}", QueryKind.ASK),
        ("PREFIX a: <http://a/> CONSTRUCT WHERE { ?s a:p ?o }", QueryKind.CONSTRUCT),
        ("BASE <http://a/>\nDESCRIBE <b>", QueryKind.DESCRIBE),
        ("# SELECT\nASK {}", QueryKind.ASK),
        ("\ufeffSELECT * {}", QueryKind.SELECT),
        (SPARQL_PROLOGUE + "SELECT * {}", QueryKind.SELECT),
    ],
)
def test_kind(text: str, kind: QueryKind) -> None:
    assert guard(text) is kind


@pytest.mark.parametrize("text", ["", "   \n", "# only a comment", "PREFIX a: <http://a/>", "WHERE { ?s ?p ?o }"])
def test_no_query(text: str) -> None:
    assert "start" in refused(text)


@pytest.mark.parametrize(
    "text",
    [
        f"SELECT * {{ SERVICE {U} {{ ?s ?p ?o }} }}",
        f"SELECT * {{ service silent {U} {{ ?s ?p ?o }} }}",
        "SELECT * { sErViCe ?x { ?s ?p ?o } }",
        f"SELECT * {{ {{ SELECT ?s {{ SERVICE {U} {{ ?s ?p ?o }} }} }} }}",
        f"ASK {{ FILTER EXISTS {{ SERVICE {U} {{ ?s ?p ?o }} }} }}",
        f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ SERVICE {U} {{ ?s ?p ?o }} }}",
        EX + "ASK { SERVICE ex:a { ?s ?p ?o } }",
        # read as calls by pyoxigraph though the grammar says otherwise (each was seen to call out)
        f"ASK {{ SERVICESILENT{U}{{ ?s ?p ?o }} }}",
        f"ASK {{ ?s ?p trueSERVICE{U}{{ ?s ?p ?o }} }}",
        f"ASK {{ ?s ?p 1SERVICE{U}{{ ?s ?p ?o }} }}",
        f"ASK {{ # comment\rSERVICE {U} {{ ?s ?p ?o }} }}",
        "PREFIX ex: <http://a/> PREFIX SERVICEex: <http://b/> ASK { SERVICEex:a { ?s ?p ?o } }",
        "PREFIX : <http://a/> PREFIX service: <http://b/> ASK { service:a { ?s ?p ?o } }",
    ],
)
def test_service(text: str) -> None:
    assert "SERVICE" in refused(text)


@pytest.mark.parametrize(
    "text",
    [
        f'ASK {{ VALUES ?x {{ """foo" }} SERVICE {U} {{ ?s ?p ?o }} VALUES ?y {{ # \\q\n "b""" }} }}',
        f'ASK {{ VALUES ?x {{ """foo" }} SERVICE {U} {{ ?s ?p ?o }} VALUES ?y {{ # \\uD800\n "b""" }} }}',
        f"ASK {{ \\u0053ERVICE {U} {{ ?s ?p ?o }} }}",
        f"ASK {{ \\U00000053ERVICE {U} {{ ?s ?p ?o }} }}",
        "ASK { ?s <http://a/\\u0020> ?o }",
        "ASK { ?s <http://a/\\u003E> ?o }",
        "ASK { ?s <http://a/\\U0000005C> ?o }",
        "ASK { ?s <http://a/\\uD800> ?o }",
        "ASK { ?s <http://a/\\n> ?o }",
        "SELECT * { FILTER(?a <\\u003Fb> ?a) }",
        'ASK { ?s ?p "a\nb" }',
        'ASK { ?s ?p "a }',
        "ASK { ?s ?p '''a'' }",
        "ASK { ?s <http://a b> ?o }",
        "ASK { ?s <http://a{b}> ?o }",
        "ASK { ?s ?p @en }",
        "ASK { ?s ?p \u00a0 ?o }",
        f"ASK {{ ?s ?p _:a.b.SERVICE {U} {{ ?s ?p ?o }} }}",
    ],
)
def test_tokens_that_could_be_read_otherwise(text: str) -> None:
    assert refused(text).startswith("Line ")


@pytest.mark.parametrize(
    "text",
    [
        "LOAD <http://a/>",
        "load silent <file:///etc/passwd>",
        "INSERT DATA { <http://a/> <http://a/> 1 }",
        "DELETE WHERE { ?s ?p ?o }",
        "WITH <http://g/> DELETE { ?s ?p ?o } WHERE { ?s ?p ?o }",
        "CLEAR ALL",
        "DROP DEFAULT",
        "CREATE GRAPH <http://g/>",
        "ADD <http://a/> TO <http://b/>",
        "MOVE <http://a/> TO <http://b/>",
        "COPY <http://a/> TO <http://b/>",
        "SELECT * {} ; DROP ALL",
        "SELECT * USING <http://a/> {}",
    ],
)
def test_updates(text: str) -> None:
    assert "read-only" in refused(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("SELECT ('SERVICE <http://x/> {' AS ?x) {}", "SERVICE <http://x/> {"),
        ('SELECT ("it\'s SERVICE # no" AS ?x) {}', "it's SERVICE # no"),
        ('SELECT ("""SERVICE "quoted"\nLOAD""" AS ?x) {}', 'SERVICE "quoted"\nLOAD'),
        ("SELECT ('''a'b''c\\n\\u0053ERVICE''' AS ?x) {}", "a'b''c\nSERVICE"),
        ("SELECT ('\\\\' AS ?x) {} # ' SERVICE", "\\"),
        ('SELECT ("\\u0022 SERVICE" AS ?x) {}', '" SERVICE'),
        ("SELECT (?service AS ?x) { BIND(1 AS ?service) }", "1"),
        ("SELECT ($load AS ?x) { BIND(1 AS $load) }", "1"),
        (EX + "SELECT (STR(ex:service) AS ?x) {}", "http://example.org/service"),
        (EX + "SELECT (STR(:load) AS ?x) {}", "http://example.org/load"),
        (EX + "SELECT (STR(ex:a.b.SERVICE) AS ?x) {}", "http://example.org/a.b.SERVICE"),
        (EX + "SELECT (STR(ex:a\\#b\\'c) AS ?x) {}", "http://example.org/a#b'c"),
        ("SELECT (STR(<http://x/SERVICE#LOAD>) AS ?x) {}", "http://x/SERVICE#LOAD"),
        ("SELECT (STR(<http://x/'a>) AS ?x) { } # '", "http://x/'a"),
        ("SELECT (STR(<http://x/\\u0061\\U00004EBA>) AS ?x) {}", "http://x/a人"),
        ("# SERVICE <http://x/>\nSELECT (1 AS ?x) {} # DROP ALL", "1"),
        ("SELECT (LANG('a'@en-SERVICE) AS ?x) {}", "en-service"),
        ("SELECT (LANG(?y) AS ?x) { VALUES ?y { 'a' @en } }", "en"),
        (EX + "SELECT (STR(DATATYPE('1'^^ex:load)) AS ?x) {}", "http://example.org/load"),
        ("SELECT ?x { BIND(3 AS ?a) BIND(1 AS ?b) BIND(IF(?a<2||?a>2&&?b<=?a, 'yes', 'no') AS ?x) }", "yes"),
        ("SELECT ?x { BIND(1 AS ?a) BIND(2 AS ?b) BIND(IF(?a<?b&&?b>?a, 'yes', 'no') AS ?x) }", "yes"),
        ("SELECT ?x { BIND(3 AS ?a) BIND(?a-5 AS ?b) BIND(?a -5+ ?b AS ?x) }", "-4"),
        ("SELECT ?x { VALUES (?a ?x) { (1 -5.5) } }", "-5.5"),
        ("SELECT (CONCAT ('a', COALESCE (?n, 'b')) AS ?x) {}", "ab"),
        ("SELECT (IF(ISBLANK(BNODE ()), 1, 0) AS ?x) {}", "1"),
        ("SELECT (COUNT(*) AS ?x) { ?s (^<http://p>/!a|<http://q>)* ?o FILTER(false) }", "0"),
    ],
)
def test_decoys_pass_and_mean_the_same(text: str, value: str) -> None:
    solutions = ox.Store().query(check(text).sparql, prefixes=PREFIXES)
    assert isinstance(solutions, ox.QuerySolutions)
    term = next(solutions)["x"]
    assert isinstance(term, ox.Literal)
    assert term.value == value


def test_size() -> None:
    text = "ASK { ?s ?p 'x' } #"
    assert guard(text + "x" * (65_536 - len(text))) is QueryKind.ASK
    assert "65,537" in refused(text + "x" * (65_537 - len(text)))
    assert "bytes" in refused("ASK {} #" + "名" * 30_000)


@pytest.mark.parametrize("character", ["\x00", "\x01", "\x0b", "\x0c", "\x1b", "\x7f", "\ud800"])
def test_control_characters(character: str) -> None:
    assert refused(f"ASK {{ ?s ?p '{character}' }}").startswith("Line 1, column 14")


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * " + "{" * 101 + "}" * 101,
        "SELECT * " + "{" * 20_000 + "}" * 20_000,
        "SELECT * " + "{" * 60_000,
        "SELECT * { FILTER(" + "(" * 5_100 + "1" + ")" * 5_100 + ") }",
        "SELECT * { ?s ?p " + "[ ?p " * 1_000 + "]" * 1_000 + " }",
        "SELECT * { FILTER(" + "STR(" * 1_000 + "1" + ")" * 1_000 + ") }",
    ],
)
def test_depth(text: str) -> None:
    assert "over 100 deep" in refused(text)


@pytest.mark.parametrize(
    ("what", "text"),
    [
        ("in a row", "SELECT * { FILTER(" + "!" * 10_000 + "?x) }"),
        ("in a row", "SELECT * { FILTER(" + "- " * 101 + "?x) }"),
        ("in a row", "SELECT * { FILTER(1 " + "+" * 101 + "?x) }"),
        ("&&", "SELECT * { FILTER(" + "&&".join(["?x"] * 5_000) + ") }"),
        ("||", "SELECT * { FILTER(" + "||".join(["?x"] * 202) + ") }"),
        ("+", "SELECT * { FILTER(" + "+".join(["?x"] * 20_000) + ") }"),
        ("+", "SELECT * { FILTER(" + "+".join(["1"] * 20_000) + ") }"),
        ("+", "SELECT * { FILTER(?a <ais:" + "+ais:".join(["a"] * 300) + "> 1) }"),
        ("/", "SELECT * { ?s " + "/".join(["a"] * 500) + " ?o }"),
        ("UNION", "SELECT * { " + "UNION".join(["{}"] * 5_000) + " }"),
        ("BIND", "SELECT * { " + "".join(f"BIND({n} AS ?v{n})" for n in range(1_000)) + " }"),
        ("AS", "SELECT " + "".join(f"({n} AS ?v{n})" for n in range(1_000)) + " {}"),
        ("VALUES", "SELECT * { " + "VALUES ?x { 1 }" * 101 + " }"),
        ("FILTER", "SELECT * { " + "FILTER(1)" * 201 + " }"),
        ("{", "SELECT * { " + "{}" * 1_000 + " }"),
        ("triple patterns", "SELECT * { " + "?s ?p ?o . " * 101 + " }"),
        ("triple patterns", "SELECT * { ?s ?p ?o " + "; ?p ?o " * 101 + " }"),
        ("triple patterns", "SELECT * { ?s ?p ?o " + ", ?o " * 101 + " }"),
        ("triple patterns", "SELECT * { " + "OPTIONAL { ?s ?p ?o } " * 101 + " }"),
        ("triple patterns", "SELECT * { ?s ?p " + ", ".join(["[ ?p ?o ]"] * 101) + " }"),
        ("triple patterns", "SELECT * { ?s ?p (" + "1 " * 150 + ") }"),
    ],
)
def test_counts(what: str, text: str) -> None:
    message = refused(text)
    assert f"00 {what};" in message or (what == "in a row" and what in message)


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * " + "{" * 100 + "}" * 100,
        "SELECT * { " + "?s ?p ?o . " * 100 + " }",
        "SELECT * { VALUES ?x { " + "1 " * 20_000 + "} }",
        "SELECT * { VALUES (?x ?y) { " + "(1 <http://a/>) " * 2_000 + "} }",
        "SELECT * { FILTER(?x IN (" + ",".join(map(str, range(9_000))) + ")) }",
        "SELECT * { " + "UNION".join(["{ ?s ?p ?o }"] * 100) + " }",
    ],
)
def test_large_but_fair(text: str) -> None:
    assert ox.Store().query(check(text).sparql) is not None


GRAPHS = ["http://example.org/g", "http://example.org/h"]


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * FROM <http://example.org/g> { ?s ?p ?o }",
        "SELECT * FROM NAMED <http://example.org/h> { GRAPH ?g { ?s ?p ?o } }",
        EX + "SELECT * FROM ex:g FROM NAMED ex:h { ?s ?p ?o }",
        "BASE <http://example.org/> SELECT * FROM <g> { ?s ?p ?o }",
        "PREFIX ais: <http://example.org/> SELECT * FROM ais:g { ?s ?p <http://elsewhere/> }",
    ],
)
def test_from_known(text: str) -> None:
    assert check(text, GRAPHS).dataset


@pytest.mark.parametrize(
    "clause",
    [
        "FROM <file:///etc/passwd>",
        "FROM NAMED <file:///etc/passwd>",
        "FROM <http://127.0.0.1:9/>",
        "FROM NAMED <http://127.0.0.1:9/>",
        "FROM <http://example.org/g> FROM <http://example.org/x>",
        "FROM<http://example.org/x>",
        "from named ais:x",
        "FROM # comment\n <http://example.org/x>",
    ],
)
def test_from_unknown(clause: str) -> None:
    assert "Unknown graph <" in refused(f"SELECT * {clause} {{ ?s ?p ?o }}", GRAPHS)
    assert guard(f"SELECT * {clause} {{ ?s ?p ?o }}") is QueryKind.SELECT


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("SELECT * {\n ?s foo:bar ?o }", "Line 2, column 5: unknown prefix foo:"),
        ("SELECT * { ?s aiss:number ?o }", "did you mean ais:?"),
        (
            "SELEC * {}",
            "Line 1, column 1: SELEC is no SPARQL word; did you mean SELECT?",
        ),
        ("SELECT * { ?s ?p ?o", "Line 1, column 10: { is not closed"),
        ("SELECT * { ?s ?p ?o ) }", "column 21: ) closes nothing"),
        ("SELECT * { ?s ?p ?o } }", "column 23: } closes nothing"),
    ],
)
def test_messages_name_place_and_fix(text: str, says: str) -> None:
    assert says in refused(text)


def test_own_prologue_does_not_shift_lines() -> None:
    assert refused(SPARQL_PROLOGUE + "SELECT *\n{ foo:bar ?p ?o }").startswith("Line 2, column 3")


def test_place_leads_back() -> None:
    checked = check("SELECT ?x # c\n{\n  ?x ?y 'a'@en }")
    safe = [line.strip() for line in checked.sparql.splitlines()]
    assert safe == ["SELECT", "?x", "{", "?x", "?y", '"a"@en', "}"]
    assert checked.place(5) == (3, 6, "?y")
    assert checked.place(99)[2] == ""


@pytest.fixture
def listener() -> Iterator[tuple[int, list[int]]]:
    """A local socket that counts who connects."""
    calls: list[int] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def accept() -> None:
            while True:
                try:
                    server.accept()[0].close()
                except OSError:
                    return
                calls.append(1)

        threading.Thread(target=accept, daemon=True).start()
        yield server.getsockname()[1], calls
        server.shutdown(socket.SHUT_RDWR)


def test_no_mixture_of_tokens_calls_out(listener: tuple[int, list[int]]) -> None:
    """Random mixtures of what confuses scanners: those the guard passes are run, none may connect."""
    port, calls = listener
    url = f"<http://127.0.0.1:{port}/>"
    pieces = [
        "{",
        "}",
        "?s ?p ?o",
        " . ",
        "\n",
        "\r",
        "#",
        "SERVICE",
        f"SERVICE {url} {{}}",
        "'",
        '"',
        "'''",
        '"""',
        "\\q",
    ]
    pieces += ['""', "''", '\\"', "\\uD800", "<", "<#>", ">", "FILTER(", ")", "1", "true", "e:a", ":b", "e:a.b.", "@en"]
    frames = [
        "ASK {{ {} }}",
        "ASK {{ VALUES ?x {{ {} }} }}",
        "ASK {{ FILTER(1 {}) }}",
        'ASK {{ VALUES ?x {{ """a" }} {} "" }}',
    ]
    chance = random.Random(45288)
    store, passed = ox.Store(), 0
    for _ in range(20_000):
        inner = "".join(chance.choice(pieces) + chance.choice(["", " "]) for _ in range(chance.randint(1, 10)))
        try:
            safe = check(f"PREFIX : {url} PREFIX e: {url} " + chance.choice(frames).format(inner)).sparql
        except QueryError:
            continue
        passed += 1
        try:
            store.query(safe)
        except SyntaxError:
            continue
    time.sleep(0.05)
    assert passed > 1_000
    assert not calls
