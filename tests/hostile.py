"""Hostile requests, by kind: what tests send and benchmarks put beside ordinary look-ups. All go to a server of our own."""

from __future__ import annotations

import socket
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import Final
from urllib.parse import quote, urlencode

import httpx

REFUSED: Final = frozenset({400, 403, 404, 405, 406, 408, 411, 413, 414, 415, 421, 426, 429, 431, 501, 503})
ANY: Final = "?a ?b ?c . ?d ?e ?f . ?g ?h ?i"


@dataclass(frozen=True, slots=True)
class Asked:
    """One request by an ordinary client: it is refused in words, or answered with what was cut announced."""

    label: str
    path: str = "/sparql"
    data: Mapping[str, str] | bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    method: str = "GET"
    fine: bool = False  # an answer of 200 is right: the limits made the request harmless

    def send(self, address: str, seconds: float = 60) -> httpx.Response:
        """Send the request and return the whole answer."""
        headers = dict(self.headers)
        with httpx.Client(timeout=seconds) as client:
            if isinstance(self.data, bytes) or self.data is None:
                return client.request(self.method, address + self.path, content=self.data, headers=headers)
            body = urlencode(self.data).encode()
            headers.setdefault("Content-Type", "application/x-www-form-urlencoded")
            return client.request("POST", address + self.path, content=body, headers=headers)


def query(label: str, text: str, fine: bool = False, **protocol: str) -> Asked:
    """A query by POST; ``protocol`` are further parameters."""
    return Asked(label, data={"query": text, **{k.replace("_", "-"): v for k, v in protocol.items()}}, fine=fine)


def doubled(times: int) -> str:
    """A query whose last variable holds a text doubled again and again."""
    steps = " ".join(f"BIND(CONCAT(?v{at}, ?v{at}) AS ?v{at + 1})" for at in range(times))
    return f'SELECT (STRLEN(?v{times}) AS ?n) {{ BIND("0123456789" AS ?v0) {steps} }}'


def values(count: int) -> str:
    """Blocks of VALUES that multiply."""
    blocks = " ".join(f"VALUES ?v{at} {{ {' '.join(map(str, range(100)))} }}" for at in range(count))
    return f"SELECT (COUNT(*) AS ?n) {{ {blocks} }}"


HEAVY: Final = (
    query("a path between all pairs", "SELECT (COUNT(*) AS ?n) { ?a (!<x>|^!<x>)* ?b }"),
    query("a path of paths", "SELECT (COUNT(*) AS ?n) { ?a ((!<x>)*/(^!<x>)*)+ ?b }"),
    query("a cross product, counted", f"SELECT (COUNT(*) AS ?n) {{ {ANY} }}"),
    query("a cross product, sorted", f"SELECT * {{ {ANY} }} ORDER BY ?c ?f"),
    query("a cross product, distinct", f"SELECT DISTINCT ?c ?f ?i {{ {ANY} }}", fine=True),
    query("a cross product, joined to one text", f'SELECT (GROUP_CONCAT(?c; separator="") AS ?n) {{ {ANY} }}'),
    query("blocks of values", values(5)),
    query("nested NOT EXISTS", f"SELECT * {{ {ANY} FILTER NOT EXISTS {{ {ANY} FILTER(?a != ?d) }} }} ORDER BY ?a"),
    query("a text doubled", doubled(40)),
    query(
        "a regular expression over a cross product",
        f'SELECT (COUNT(*) AS ?n) {{ {ANY} FILTER(REGEX(STR(?c), "(a|b|ab)*c+$")) }}',
    ),
    query("a sum over a cross product", f"SELECT (SUM(STRLEN(STR(?c))) AS ?n) {{ {ANY} }} GROUP BY ?a ?d"),
)
FLOODS: Final = (
    query("a flood of rows", f"SELECT * {{ {ANY} }}", fine=True),
    query("a flood of triples", "CONSTRUCT { ?a ?b ?f } { ?a ?b ?c . ?d ?e ?f }", fine=True),
    query(
        "a flood of long rows",
        f"SELECT ?a ?b ?c ?d ?e ?f (CONCAT(STR(?c), STR(?f), STR(?i)) AS ?n) {{ {ANY} }}",
        fine=True,
    ),
)
REJECTED: Final = (
    query("nested braces", "SELECT * " + "{" * 20_000 + "}" * 20_000),
    query("nested brackets", f"SELECT * {{ ?s ?p ?o FILTER({'(' * 20_000}1{')' * 20_000}) }}"),
    query("nested negations", f"SELECT * {{ ?s ?p ?o FILTER({'!' * 30_000}true) }}"),
    query("nested lists", f"SELECT * {{ ?s ?p {'(' * 2_000}1{')' * 2_000} }}"),
    query("a giant literal", f'SELECT * {{ ?s ?p "{"x" * 200_000}" }}'),
    query("a giant IRI", f"SELECT * {{ ?s <http://example.org/{'x' * 200_000}> ?o }}"),
    query("a star of patterns", f"SELECT * {{ {' '.join(f'?s ?p{at} ?o{at} .' for at in range(400))} }}"),
    query(
        "a regular expression that explodes",
        'SELECT * { ?s ?p ?o FILTER(REGEX(STR(?o), "((((.{1,999}){1,999}){1,999}){1,999})")) }',
        fine=True,
    ),
    query("SERVICE to the loopback", "SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }"),
    query(
        "SERVICE SILENT to a cloud's metadata", "SELECT * { SERVICE SILENT<http://169.254.169.254/latest>{ ?s ?p ?o } }"
    ),
    query("SERVICE by a variable", "SELECT * { VALUES ?g { <http://localhost/> } SERVICE ?g { ?s ?p ?o } }"),
    query("SERVICE in EXISTS", "ASK { FILTER EXISTS { sErViCe <http://[::1]/> { ?s ?p ?o } } }"),
    query("SERVICE by an escape", "SELECT * { \\u0053ERVICE <http://127.0.0.1/> { ?s ?p ?o } }"),
    query("SERVICE after a comment that is none", "SELECT * { ?s <#> ?o . SERVICE <http://127.0.0.1/> { ?s ?p ?o } }"),
    query("FROM a file", "SELECT * FROM <file:///etc/passwd> { ?s ?p ?o }"),
    query("FROM NAMED a host", "SELECT * FROM NAMED <http://127.0.0.1:9/x> { GRAPH ?g { ?s ?p ?o } }"),
    query("default-graph-uri of a file", "SELECT * { ?s ?p ?o }", default_graph_uri="file:///etc/passwd"),
    query("named-graph-uri of a host", "SELECT * { GRAPH ?g { ?s ?p ?o } }", named_graph_uri="ftp://127.0.0.1/x"),
    query("LOAD", "LOAD <http://127.0.0.1:9/>"),
    query("an update as a query", "DELETE WHERE { ?s ?p ?o }"),
    Asked("an update", data={"update": "CLEAR ALL"}),
    Asked(
        "an update by its media type",
        data=b"DROP ALL",
        method="POST",
        headers={"Content-Type": "application/sparql-update"},
    ),
    Asked("the store's protocol", "/store?default"),
    Asked(
        "a query that is not UTF-8",
        data=b"SELECT * { ?s ?p '\xff\xfe' }",
        method="POST",
        headers={"Content-Type": "application/sparql-query"},
    ),
    Asked("two queries", "/sparql?query=ASK%7B%7D&query=ASK%7B%7D"),
    *(
        Asked(f"path traversal {path}", path)
        for path in (
            "/static/../../../../etc/passwd",
            "/static/..%2f..%2f..%2f..%2fetc%2fpasswd",
            "/static/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
            "/static/..%5c..%5c..%5cetc%5cpasswd",
            "/static//etc/passwd",
            "/data/..%2f..%2fetc%2fpasswd",
            "/static/style.css%00.png",
        )
    ),
    Asked("a path that is not UTF-8", "/api/v1/standards/%ff%fe"),
    Asked("NUL in a path", "/api/v1/standards/%00"),
    Asked("a long address", "/api/v1/search?q=" + "x" * 60_000),
    Asked("a long header", "/api/v1/coverage", headers={"X-Long": "x" * 100_000}),
    Asked("many headers", "/api/v1/coverage", headers={f"X-{at}": "x" * 100 for at in range(1_000)}),
    Asked("TRACE", "/api/v1/coverage", method="TRACE"),
    Asked("DELETE", "/api/v1/coverage", method="DELETE"),
    Asked(
        "a body over the limit",
        "/api/v1/validate",
        data=b"x" * (13 << 20),
        method="POST",
        headers={"Content-Type": "text/csv"},
    ),
    Asked(
        "JSON that nests",
        "/api/v1/eligibility",
        data=b"[" * 500_000,
        method="POST",
        headers={"Content-Type": "application/json"},
    ),
    Asked("an absurd page", "/api/v1/standards?limit=999999999999999999999"),
    Asked("an absurd day", "/api/v1/coverage?as_of=9999999-99-99"),
    Asked("a number of a million digits", "/api/v1/standards?number=" + "9" * 15_000),
)


def odd(label: str, sent: str) -> tuple[str, bytes]:
    """Bytes on the wire that no client library sends."""
    return label, sent.replace("\n", "\r\n").encode("latin-1")


HOST = "Host: 127.0.0.1\n"
WIRE: Final = (
    odd("no HTTP at all", "\x16\x03\x01\x02\x00 hello\n\n"),
    odd("a target that is no path", f"GET http://169.254.169.254/latest HTTP/1.1\n{HOST}\n"),
    odd("no Host", "GET /healthz HTTP/1.1\n\n"),
    odd("two Hosts", f"GET /healthz HTTP/1.1\n{HOST}Host: evil.example\n\n"),
    odd("two lengths", f"POST /sparql HTTP/1.1\n{HOST}Content-Length: 5\nContent-Length: 50\n\nhello"),
    odd("a length and chunks", f"POST /sparql HTTP/1.1\n{HOST}Content-Length: 5\nTransfer-Encoding: chunked\n\n0\n\n"),
    odd("a negative length", f"POST /sparql HTTP/1.1\n{HOST}Content-Length: -5\n\n"),
    odd("chunks of no size", f"POST /sparql HTTP/1.1\n{HOST}Transfer-Encoding: chunked\n\nzz\nhello\n"),
    odd("a header with a line of its own", f"GET /healthz HTTP/1.1\n{HOST}X: a\n b\n : c\n\n"),
    odd(
        "a change of protocol",
        f"GET /sparql HTTP/1.1\n{HOST}Upgrade: websocket\nConnection: Upgrade\nSec-WebSocket-Key: x\nSec-WebSocket-Version: 13\n\n",
    ),
    odd("HTTP/9", f"GET /healthz HTTP/9.9\n{HOST}\n"),
    odd("CONNECT", f"CONNECT 127.0.0.1:22 HTTP/1.1\n{HOST}\n"),
)


def talk(address: str, sent: bytes, seconds: float = 20) -> bytes:
    """Send bytes and return what comes back until the server closes or is silent; the connection is then closed."""
    host, _, port = address.rpartition("://")[2].partition(":")
    got = b""
    with socket.create_connection((host, int(port)), timeout=seconds) as wire:
        wire.settimeout(2)
        try:
            wire.sendall(sent)
            while len(got) < 1 << 20 and (more := wire.recv(65_536)):
                got += more
        except OSError:
            pass
    return got


def bomb() -> bytes:
    """A workbook of some kilobytes that unpacks to 300 MB."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("[Content_Types].xml", "<Types/>")
        book.writestr("xl/worksheets/sheet1.xml", b"0" * (300 << 20))
    return out.getvalue()


def get(path: str) -> Callable[[str], httpx.Response]:
    """Return what asks for an address as an ordinary client does."""
    return lambda address: httpx.get(address + path, timeout=60)


LOOKUPS: Final = tuple(
    get(path)
    for path in (
        "/api/v1/coverage",
        "/api/v1/standards/gbt-45288.1-2025",
        f"/api/v1/standards?number={quote('GB/T 45288.1-2025')}",
        "/healthz",
    )
)
