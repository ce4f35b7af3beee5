"""Loading a build into a SPARQL 1.1 server, and reading it back: it is published once the server gives every graph back."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any, Final, TypeVar, cast
from urllib.parse import urljoin, urlsplit

import httpx
import pyoxigraph as ox

from aistandards.endpoint import NTRIPLES, Endpoint, UnreachableError, check_address, refused, said_by, unreachable
from aistandards.errors import AistandardsError, QueryError, StoreError, UsageError
from aistandards.namespaces import expand
from aistandards.queries import Library, Query
from aistandards.remote import (
    BUILD,
    COMPLETE,
    IDENTIFIER,
    LOADING,
    MANIFEST,
    MANIFEST_GRAPH,
    STATUS,
    Graph,
    Published,
    RemoteStore,
    fingerprint,
    read_published,
    read_status,
)
from aistandards.settings import resource
from aistandards.solutions import Solutions, plain
from aistandards.store import Build

METHODS: Final = ("gsp", "bulk", "update")
BLOCK: Final = 50_000  # triples of one request, about 8 MB
SHOWN: Final = 3  # triples of a difference that are shown
COMPARED: Final = 2_000_000  # triples of a graph up to which a difference is looked for triple by triple
VOID: Final = "http://rdfs.org/ns/void#"
JSON_LITERAL: Final = expand("rdf:JSON")
Item = TypeVar("Item")
Progress = Callable[[str, int, int], None]


class DifferenceError(AistandardsError):
    """A server that does not give back what was loaded."""

    http_status = 502


@dataclass(frozen=True, slots=True)
class Target:
    """Where a build goes: the query address, the address that takes data, and how it is sent there."""

    endpoint: Endpoint
    address: str
    method: str

    def clear(self, graph: str) -> None:
        """Remove a named graph; one that is not there is no mistake."""
        if self.method == "update":
            self._send("POST", None, f"DROP SILENT GRAPH <{graph}>".encode(), "application/sparql-update")
        else:
            self._send("DELETE", graph, b"", NTRIPLES, absent=True)

    def add(self, graph: str, triples: Iterable[ox.Triple]) -> None:
        """Add triples to a named graph in one request."""
        data = ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES) or b""
        if self.method == "update":
            text = f"INSERT DATA {{ GRAPH <{graph}> {{\n".encode() + data + b"} }"
            self._send("POST", None, text, "application/sparql-update")
        else:
            self._send("POST", graph, data, NTRIPLES)

    def add_all(self, quads: Iterable[ox.Quad]) -> None:
        """Add quads of any graphs in one request that is sent as it is made."""
        blocks = (ox.serialize(block, format=ox.RdfFormat.N_QUADS) or b"" for block in _blocks(quads))
        self._send("POST", None, blocks, "application/n-quads")

    def _send(
        self, verb: str, graph: str | None, body: bytes | Iterator[bytes], kind: str, *, absent: bool = False
    ) -> None:
        try:
            response = self.endpoint.client.request(
                verb,
                self.address,
                params={"graph": graph} if graph else None,
                content=body,
                headers={"Content-Type": kind},
            )
        except httpx.HTTPError as error:
            raise unreachable(self.address, error) from None
        if not (response.is_success or (absent and response.status_code == 404)):
            raise refused(self.address, response.status_code, said_by(response))


def _blocks(items: Iterable[Item]) -> Iterator[list[Item]]:
    rest = iter(items)
    while block := list(islice(rest, BLOCK)):
        yield block


def target_of(address: str, graph_store: str | None = None, update: str | None = None, method: str = "gsp") -> Target:
    """Return where to load to: as told, else where this kind of server takes data; raises UsageError if it is unknown."""
    endpoint = Endpoint(address)
    server = endpoint.server()
    if method == "update" or (update and not graph_store):
        return Target(endpoint, check_address(update or urljoin(address, "update")), "update")
    if method == "bulk" and "Virtuoso" in server:
        raise UsageError(
            "Virtuoso's bulk loader reads files of its own machine: write one with `aistandards publish build.nq`, load it with "
            "isql (docs/scaling.md), then run `aistandards publish URL --verify`.",
            "Virtuoso 的批量载入读取其本机文件：请用 `aistandards publish build.nq` 写出文件，用 isql 载入（见 docs/scaling.md），"
            "再运行 `aistandards publish URL --verify`。",
        )
    if graph_store:
        return Target(endpoint, check_address(graph_store), method)
    for name, place in (("Oxigraph", "store"), ("Fuseki", "data"), ("Virtuoso", "/sparql-graph-crud-auth")):
        if name in server:
            return Target(endpoint, urljoin(address.partition("?")[0], place), method)
    raise UsageError(
        f"{urlsplit(address).netloc} does not say which server it is: name its graph store with --graph-store URL, "
        "or its update address with --update URL.",
        f"{urlsplit(address).netloc} 未说明是哪种服务器：请用 --graph-store URL 指定其图存储地址，或用 --update URL 指定更新地址。",
    )


def describe(build: Build) -> Published:
    """Return what a server is to say of a build: its graphs with their fingerprints, and the triples of each property."""
    store = build.open()
    predicates: Counter[str] = Counter()
    graphs = {}
    for name in sorted(graph.value for graph in store.named_graphs() if isinstance(graph, ox.NamedNode)):
        blank = False
        for quad in store.quads_for_pattern(None, None, None, ox.NamedNode(name)):
            predicates[quad.predicate.value] += 1
            blank = blank or isinstance(quad.subject, ox.BlankNode) or isinstance(quad.object, ox.BlankNode)
        graphs[name] = Graph(*fingerprint(_triples(store, name), blank), blank)
    return Published(build.id, COMPLETE, build.manifest, graphs, dict(predicates.most_common()))


def _triples(store: ox.Store, graph: str) -> Iterator[ox.Triple]:
    return (quad.triple for quad in store.quads_for_pattern(None, None, None, ox.NamedNode(graph)))


def statement(published: Published) -> Iterator[ox.Triple]:
    """Yield what the graph of the build states: which build it is, how far it is loaded, what a reader must know."""
    node = ox.NamedNode(BUILD + published.id[:16])
    total = sum(graph.triples for graph in published.graphs.values())

    def typed(value: str, kind: str) -> ox.Literal:
        return ox.Literal(value, datatype=ox.NamedNode(kind))

    said: list[tuple[str, ox.NamedNode | ox.Literal]] = [
        (expand("rdf:type"), ox.NamedNode(VOID + "Dataset")),
        (IDENTIFIER, ox.Literal(published.id)),
        (STATUS, ox.Literal(published.status)),
        (MANIFEST, typed(published.as_json(), JSON_LITERAL)),
        (expand("dcterms:created"), typed(str(published.manifest["built"]), expand("xsd:dateTime"))),
        (expand("schema:softwareVersion"), ox.Literal(str(published.manifest["version"]))),
        (VOID + "triples", typed(str(total), expand("xsd:integer"))),
        *((expand("dcterms:hasPart"), ox.NamedNode(name)) for name in published.graphs),
    ]
    for name, term in said:
        yield ox.Triple(node, ox.NamedNode(name), term)


def write_file(build: Build, published: Published, path: Path) -> None:
    """Write a build with its statement as N-Quads, for servers and clusters that load files of their own."""
    graph = ox.NamedNode(MANIFEST_GRAPH)
    with path.open("wb") as out:
        ox.serialize(iter(build.open()), out, ox.RdfFormat.N_QUADS)
        said = (ox.Quad(t.subject, t.predicate, t.object, graph) for t in statement(published))
        ox.serialize(said, out, ox.RdfFormat.N_QUADS)


def publish(
    build: Build, published: Published, target: Target, progress: Progress, *, anew: bool = False
) -> dict[str, Any]:
    """Load a build and read it back; returns what was done and how long it took.

    A server that holds this build already is only read. Raises UsageError where it holds another one and ``anew`` is not
    set, StoreError where loading ends half-way (the server then says so to its readers), DifferenceError.
    """
    begun = time.monotonic()
    held = read_status(target.endpoint)
    there = held == (published.id, COMPLETE) and not anew
    if not there:
        old = _may_load(target, published, held, anew)
        _state(target, replace(published, status=LOADING))  # from now on the server says that it is being loaded
        try:
            _load(build, published, target, old, progress)
        except StoreError as error:
            raise type(error)(
                f"{error.en} The server now holds a part of the build and tells its readers so: run `aistandards publish` again.",
                f"{error.zh}服务器目前只有部分构建，并会如此告知读者：请重新运行 `aistandards publish`。",
            ) from None
    loaded = time.monotonic()
    answer = verify(build, published, target.endpoint, progress)
    if not there:
        _state(target, replace(published, differing=tuple(answer["differing"])))
    return {
        **answer,
        "loaded": not there,
        "method": target.method,
        "load_seconds": round(loaded - begun, 2),
        "verify_seconds": round(time.monotonic() - loaded, 2),
    }


def _may_load(target: Target, published: Published, held: tuple[str, str] | None, anew: bool) -> set[str]:
    """Return the graphs of an earlier build that go; raises UsageError where another build would be lost."""
    address = target.endpoint.address
    if held is None and not anew:
        for name in published.graphs:
            if target.endpoint.holds(f"GRAPH <{name}> {{ ?s ?p ?o }}"):
                raise UsageError(
                    f"{address} has the graph {name} already, and no build of aistandards says what it is. --replace replaces it.",
                    f"{address} 中已有图 {name}，但没有构建说明其来历。如要替换，请加 --replace。",
                )
    if held is not None and held[0] != published.id and not anew:
        raise UsageError(
            f"{address} holds another build ({held[0][:16]}, {held[1]}); this one is {published.id[:16]}. --replace replaces it.",
            f"{address} 中是另一构建（{held[0][:16]}，{held[1]}），此构建为 {published.id[:16]}。如要替换，请加 --replace。",
        )
    if held is None:
        return set()
    try:
        earlier = read_published(target.endpoint)
    except UnreachableError:
        raise
    except StoreError:  # what it says cannot be read: it is replaced, and no question names a graph that is left over
        return set()
    return set(earlier.graphs) - set(published.graphs) if earlier else set()


def _load(build: Build, published: Published, target: Target, old: set[str], progress: Progress) -> None:
    """Remove the graphs of an earlier build and load all of this one."""
    for name in (*sorted(old), *published.graphs):
        target.clear(name)
    store, total = build.open(), sum(graph.triples for graph in published.graphs.values())
    if target.method == "bulk":
        target.add_all(store)
        return
    done = 0
    for name, graph in published.graphs.items():
        triples = _triples(store, name)
        # the labels of blank nodes hold within one request
        for block in [triples] if graph.blank else _blocks(triples):
            target.add(name, block)
        done += graph.triples
        progress("load", done, total)


def _state(target: Target, published: Published) -> None:
    target.clear(MANIFEST_GRAPH)
    one = replace(target, method="gsp") if target.method == "bulk" else target
    one.add(MANIFEST_GRAPH, statement(published))


def verify(build: Build, published: Published, endpoint: Endpoint, progress: Progress) -> dict[str, Any]:
    """Read every graph back and compare its number of triples and its fingerprint; raises DifferenceError."""
    total, done, wrong = sum(graph.triples for graph in published.graphs.values()), 0, []
    for name, graph in published.graphs.items():
        if fingerprint(_given_back(endpoint, name), graph.blank) != (graph.triples, graph.fingerprint):
            wrong.append(_difference(build.open(), published, endpoint, name))
        done += graph.triples
        progress("verify", done, total)
    counted = _one(endpoint, "SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o }", tuple(published.graphs))
    if not wrong and counted != str(total):
        line = f"all graphs together: {counted} triples, {total} were published"
        wrong.append((line, f"所有图合计 {counted} 个三元组，发布时为 {total}"))
    if wrong:
        raise DifferenceError(
            f"{endpoint.address} does not give back what was published:\n" + "\n".join(en for en, _ in wrong),
            f"{endpoint.address} 返回的内容与发布的不同：\n" + "\n".join(zh for _, zh in wrong),
        )
    own = f"<{BUILD}{published.id[:16]}> <{IDENTIFIER}> ?id"
    return {
        "server": endpoint.address,
        "build": published.id,
        "triples": total,
        "graphs": [
            {"graph": name, "triples": g.triples, "hash": g.fingerprint} for name, g in published.graphs.items()
        ],
        "union_default": endpoint.holds(own),
        "differing": list(_differing(build.open(), published, endpoint, progress)),
    }


def _differing(store: ox.Store, published: Published, endpoint: Endpoint, progress: Progress) -> Iterator[str]:
    """Yield the saved queries to which the server gives other rows than the store, asked with their examples."""
    there = cast(ox.Store, RemoteStore(endpoint, replace(published, status=LOADING)))
    library = list(Library(resource("queries")))
    for at, query in enumerate(library, 1):
        text = query.bind({p.name: p.example for p in query.parameters if p.required and p.example})

        def rows(one: ox.Store, query: Query = query, text: str = text) -> Counter[str]:
            return Counter(
                str(sorted((name, str(term)) for name, term in row.items())) for row in query.rows(one, text)
            )

        try:
            same = rows(there) == rows(store)
        except (QueryError, StoreError):
            same = False
        progress("queries", at, len(library))
        if not same:
            yield query.name


def _given_back(endpoint: Endpoint, graph: str) -> Iterator[ox.Triple]:
    found = endpoint.ask(f"SELECT ?s ?p ?o WHERE {{ GRAPH <{graph}> {{ ?s ?p ?o }} }}", (), (graph,))
    assert isinstance(found, Solutions)
    return (ox.Triple(row["s"], row["p"], row["o"]) for row in found)  # type: ignore[arg-type]


def _one(endpoint: Endpoint, text: str, graphs: tuple[str, ...]) -> str:
    found = endpoint.ask(text, graphs, graphs)
    assert isinstance(found, Solutions)
    (row,) = found
    return str(getattr(row[0], "value", ""))


def _difference(store: ox.Store, published: Published, endpoint: Endpoint, name: str) -> tuple[str, str]:
    """Return in words how a graph differs: its number of triples, and some that are missing or too many."""
    graph = published.graphs[name]
    if graph.triples > COMPARED:
        return f"{name}: another fingerprint", f"{name}：指纹不同"

    def named(triples: Iterable[ox.Triple]) -> tuple[int, set[str]]:
        lines = [str(ox.Triple(t.subject, t.predicate, plain(t.object))) for t in triples]
        return len(lines), {line for line in lines if "_:" not in line}

    count, there = named(_given_back(endpoint, name))
    _, here = named(_triples(store, name))
    lost, extra = sorted(here - there), sorted(there - here)
    listed = "".join(f"\n  - {line}" for line in lost[:SHOWN]) + "".join(f"\n  + {line}" for line in extra[:SHOWN])
    return (
        f"{name}: {count} triples, {graph.triples} were published; {len(lost)} missing, {len(extra)} others{listed}",
        f"{name}：{count} 个三元组，发布时为 {graph.triples}；缺 {len(lost)} 个，多 {len(extra)} 个{listed}",
    )
