"""One SPARQL server as a client sees it: what it may answer, what it may not, and in which words that is said."""

from __future__ import annotations

import json
from collections.abc import Callable

import httpx
import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aistandards import endpoint as endpoint_module
from aistandards.endpoint import JSON, Credentials, Endpoint, UnreachableError, check_address, credentials
from aistandards.errors import AistandardsError, QueryError, StoreError, UsageError
from aistandards.remote import fingerprint
from aistandards.settings import REMOTE_PASSWORD, REMOTE_USER
from aistandards.solutions import Solutions, Triples, plain

ADDRESS = "http://127.0.0.1:9/query"
XSD = "http://www.w3.org/2001/XMLSchema#"
SELECT = "SELECT ?s ?o WHERE { ?s ?p ?o }"
Handler = Callable[[httpx.Request], httpx.Response]


def asked(handler: Handler, monkeypatch: pytest.MonkeyPatch) -> Endpoint:
    """An endpoint whose server is a function; nothing waits between two tries."""
    monkeypatch.setattr(endpoint_module, "PAUSES", (0.0, 0.0))
    found = Endpoint(ADDRESS)
    found.client = httpx.Client(transport=httpx.MockTransport(handler), auth=found.client.auth)
    return found


def document(*rows: dict[str, object]) -> str:
    return json.dumps({"head": {"vars": ["s", "o"]}, "results": {"bindings": list(rows)}})


def reply(text: str, **headers: str) -> httpx.Response:
    return httpx.Response(200, text=text, headers={"Content-Type": JSON, **headers})


def rows(found: object) -> list[tuple[object, object]]:
    assert isinstance(found, Solutions)
    return [(row["s"], row["o"]) for row in found]


def test_the_graphs_of_a_question_go_as_the_protocol_says(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bytes] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request.read())
        return reply(document())

    assert rows(asked(handler, monkeypatch).ask(SELECT, ("urn:a", "urn:b"), ("urn:c",))) == []
    form = httpx.QueryParams(seen[0].decode())
    assert form["query"] == SELECT
    assert form.get_list("default-graph-uri") == ["urn:a", "urn:b"]
    assert form.get_list("named-graph-uri") == ["urn:c"]


@pytest.mark.parametrize(
    ("status", "text", "kind", "words"),
    [
        (400, "Parse error: line 1", QueryError, "refuses the query: Parse error: line 1"),
        (401, "", StoreError, REMOTE_USER),
        (403, "read only", StoreError, "read only"),
        (404, "", StoreError, "no such service"),
        (500, "java.lang.Error", StoreError, "failed (HTTP 500: java.lang.Error)"),
        (503, "", UnreachableError, "busy or down"),
        (507, "", StoreError, "no room left"),
    ],
)
def test_a_status_is_said_in_words(
    status: int, text: str, kind: type[AistandardsError], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = asked(lambda _: httpx.Response(status, text=text), monkeypatch)
    with pytest.raises(kind) as caught:
        server.ask(SELECT)
    assert words in caught.value.en
    assert type(caught.value) is kind and caught.value.zh != caught.value.en


def test_a_busy_server_is_asked_again_and_a_refusal_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [httpx.Response(503), httpx.Response(429), reply(document())]
    assert rows(asked(lambda _: answers.pop(0), monkeypatch).ask(SELECT)) == []
    refusals = [httpx.Response(400), reply(document())]
    with pytest.raises(QueryError):
        asked(lambda _: refusals.pop(0), monkeypatch).ask(SELECT)
    assert len(refusals) == 1


def test_a_server_out_of_reach(monkeypatch: pytest.MonkeyPatch) -> None:
    tries = []

    def handler(request: httpx.Request) -> httpx.Response:
        tries.append(request)
        raise httpx.ConnectError("refused")

    with pytest.raises(UnreachableError) as caught:
        asked(handler, monkeypatch).ask(SELECT)
    assert "cannot be reached (refused)" in caught.value.en
    assert (caught.value.exit_code, caught.value.http_status, len(tries)) == (3, 503, 3)


@pytest.mark.parametrize(
    "response",
    [
        httpx.Response(200, text="<html>", headers={"Content-Type": "text/html"}),
        reply(document()[:-3]),
        reply('{"head":{"vars":["s","o"]},"results":{"bindings":[The SPARQL operation has been cancelled'),
        reply(document(), **{"X-SPARQL-MaxRows": "10000"}),
    ],
    ids=["a page", "half a document", "an error within the document", "a cut that the server announces"],
)
def test_what_is_no_whole_answer_gives_no_rows(response: httpx.Response, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(StoreError):
        rows(asked(lambda _: response, monkeypatch).ask(SELECT))


def test_virtuosos_blank_nodes_and_truth_values_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    text = document(
        {"s": {"type": "bnode", "value": "nodeID://b10000"}, "o": {"type": "literal", "value": 'say "nodeID://b1"'}},
        {
            "s": {"type": "uri", "value": "urn:s"},
            "o": {"type": "typed-literal", "datatype": XSD + "boolean", "value": "1"},
        },
    )
    found = rows(asked(lambda _: reply(text, Server="Virtuoso/07.20"), monkeypatch).ask(SELECT))
    assert found == [
        (ox.BlankNode("b10000"), ox.Literal('say "nodeID://b1"')),
        (ox.NamedNode("urn:s"), ox.Literal("true", datatype=ox.NamedNode(XSD + "boolean"))),
    ]


@pytest.mark.parametrize(
    ("given_back", "kind", "spelled"),
    [("5.0", "decimal", "5"), ("1.50", "decimal", "1.5"), ("100", "decimal", "100"), ("0", "boolean", "false")],
)
def test_a_value_is_spelled_one_way(given_back: str, kind: str, spelled: str) -> None:
    datatype = ox.NamedNode(XSD + kind)
    assert plain(ox.Literal(given_back, datatype=datatype)) == ox.Literal(spelled, datatype=datatype)
    assert plain(ox.Literal(given_back)) == ox.Literal(given_back)


def test_triples_are_read_as_they_come(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = "<urn:s> <urn:p> _:b0 .\n"
    answer = httpx.Response(200, text=lines, headers={"Content-Type": "application/n-triples"})
    found = asked(lambda _: answer, monkeypatch).ask("CONSTRUCT WHERE { ?s ?p ?o }")
    assert isinstance(found, Triples)
    assert [triple.predicate.value for triple in found] == ["urn:p"]


@pytest.mark.parametrize("scheme", ["Basic realm=x", 'Digest realm="x", nonce="n", qop="auth"'])
def test_credentials_go_out_when_asked_for_and_then_every_time(scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(REMOTE_USER, "dba")
    monkeypatch.setenv(REMOTE_PASSWORD, "secret")
    seen: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers.get("authorization", ""))
        if not seen[-1]:
            return httpx.Response(401, headers={"WWW-Authenticate": scheme})
        return reply(document())

    server = asked(handler, monkeypatch)
    for _ in range(2):
        assert rows(server.ask(SELECT)) == []
    assert seen[0] == "" and all(text.startswith(scheme.split()[0]) for text in seen[-2:])
    assert "secret" not in "".join(seen)


def test_an_open_server_sees_no_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(REMOTE_USER, "dba")
    seen = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append("authorization" in request.headers)
        return reply(document())

    rows(asked(handler, monkeypatch).ask(SELECT))
    assert seen == [False]


def test_credentials_come_from_the_netrc_file(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    path = f"{tmp_path}/netrc"
    with open(path, "w", encoding="utf-8") as out:  # noqa: PTH123
        out.write("machine example.org login me password mine\n")
    monkeypatch.setenv("NETRC", path)
    monkeypatch.delenv(REMOTE_USER, raising=False)
    assert isinstance(credentials("https://example.org/sparql"), Credentials)
    assert credentials("https://example.com/sparql") is None


@pytest.mark.parametrize(
    "address", ["ftp://x/", "https://", "http://[::1/", "https://me:mine@example.org/", "http://x:y/"]
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(UsageError) as caught:
        check_address(address)
    assert "mine" not in caught.value.en


NODES = st.sampled_from([ox.NamedNode(f"urn:{name}") for name in "abc"])
LABELS = st.integers(0, 3)
PAIRS = st.lists(st.tuples(LABELS, NODES, LABELS | NODES), min_size=1, max_size=12, unique=True)


def triples(pairs: list[tuple[int, ox.NamedNode, int | ox.NamedNode]], labels: list[str]) -> set[ox.Triple]:
    def node(term: int | ox.NamedNode) -> ox.NamedNode | ox.BlankNode:
        return ox.BlankNode(labels[term]) if isinstance(term, int) else term

    return {ox.Triple(node(s), p, node(o)) for s, p, o in pairs}


@settings(max_examples=60, deadline=None)
@given(PAIRS, st.permutations(list("wxyz")), st.randoms())
def test_a_fingerprint_knows_neither_order_nor_labels(
    pairs: list[tuple[int, ox.NamedNode, int | ox.NamedNode]], labels: list[str], random: object
) -> None:
    one, other = list(triples(pairs, list("abcd"))), list(triples(pairs, labels))
    random.shuffle(other)  # type: ignore[attr-defined]
    assert fingerprint(one, blank=True) == fingerprint(other, blank=True)
    more = [*one, ox.Triple(ox.NamedNode("urn:more"), ox.NamedNode("urn:p"), ox.Literal("x"))]
    assert fingerprint(more, blank=True)[1] != fingerprint(one, blank=True)[1]


def test_a_fingerprint_is_the_sum_of_the_hashes_of_the_lines() -> None:
    from hashlib import sha256

    lines = ['<urn:s> <urn:p> "5"^^<http://www.w3.org/2001/XMLSchema#decimal> .\n', "<urn:s> <urn:p> <urn:o> .\n"]
    total = sum(int.from_bytes(sha256(line.encode()).digest()) for line in lines) % (1 << 256)
    given_back = "".join(lines).replace('"5"', '"5.0"')
    found = [quad.triple for quad in ox.parse(given_back, ox.RdfFormat.N_TRIPLES)]
    assert fingerprint(found, blank=False) == (2, f"{total:064x}")
