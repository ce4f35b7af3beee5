"""A build on a SPARQL 1.1 server: what it says of itself, and its quads, read as if it were a store of this machine."""

from __future__ import annotations

import contextlib
import json
import math
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from itertools import chain
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Final

import pyoxigraph as ox

from aistandards.endpoint import Endpoint, UnreachableError, cut_off
from aistandards.errors import QueryError, StoreError
from aistandards.namespaces import BASE, expand, graph_iri
from aistandards.settings import CACHE
from aistandards.solutions import Found, plain, rows_of, text_of

BUILD: Final = BASE + "build/"
MANIFEST_GRAPH: Final = graph_iri("build")
IDENTIFIER, MANIFEST, STATUS = expand("dcterms:identifier"), expand("rdf:value"), expand("schema:creativeWorkStatus")
COMPLETE: Final = "complete"
LOADING: Final = "loading"
MIRROR: Final = "mirror.nq"
LOOK_EVERY: Final = 2.0  # seconds between looks at whether the server still holds the build
COUNT_EVERY: Final = 60.0  # seconds between looks at whether its default graph holds nothing else
COUNT_SECONDS: Final = 2.0  # that such a look may take
SUBJECTS: Final = 4096  # things whose statements are remembered
PATTERNS: Final = 256  # questions "what has this value" whose answers are remembered

Node = ox.NamedNode | ox.BlankNode
AnyTerm = Node | ox.Literal | ox.Triple


class DifferingError(StoreError):
    """An answer that a server is known to get wrong."""

    http_status = 501


@dataclass(frozen=True, slots=True)
class Graph:
    """One named graph as it was published: its number of triples, their fingerprint, whether it has blank nodes."""

    triples: int
    fingerprint: str
    blank: bool


@dataclass(frozen=True, slots=True)
class Published:
    """What a server says of the build it holds; ``predicates`` counts the triples of each property.

    ``differing`` are the saved queries that this server was found to answer otherwise than the store it was loaded from.
    """

    id: str
    status: str
    manifest: dict[str, Any]
    graphs: dict[str, Graph]
    predicates: dict[str, int]
    differing: tuple[str, ...] = ()

    def as_json(self) -> str:
        """Return all but the status as the text that stands in the server's graph of the build."""
        graphs = {iri: [graph.triples, graph.fingerprint, graph.blank] for iri, graph in self.graphs.items()}
        return json.dumps(
            {
                "manifest": self.manifest,
                "graphs": graphs,
                "predicates": self.predicates,
                "differing": self.differing,
            },
            ensure_ascii=False,
        )


def fingerprint(triples: Iterable[ox.Triple], blank: bool) -> tuple[int, str]:
    """Return the number of triples and their fingerprint, the same in whatever order and under whatever labels they come.

    The sum, modulo 2²⁵⁶, of the SHA-256 of each line of N-Triples: no sorting, so a graph of any size is read as a stream.
    A graph with blank nodes is brought into its canonical form (RDFC-1.0) first.
    """
    if blank:
        whole = ox.Dataset(ox.Quad(t.subject, t.predicate, t.object) for t in triples)
        whole.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
        triples = (quad.triple for quad in whole)
    count = total = 0
    for triple in triples:
        line = str(ox.Triple(triple.subject, triple.predicate, plain(triple.object)))
        total += int.from_bytes(sha256(f"{line} .\n".encode()).digest())
        count += 1
    return count, f"{total % (1 << 256):064x}"


def read_published(endpoint: Endpoint) -> Published | None:
    """Return what the server says of its build, None where it says nothing; raises StoreError for what cannot be read."""
    text = (
        f"SELECT ?id ?status ?manifest WHERE {{ GRAPH <{MANIFEST_GRAPH}> {{ ?build <{IDENTIFIER}> ?id ; "
        f"<{STATUS}> ?status ; <{MANIFEST}> ?manifest }} }}"
    )
    rows = list(rows_of(endpoint.ask(text, (), (MANIFEST_GRAPH,))))
    if not rows:
        return None
    try:
        (row,) = rows
        said = json.loads(text_of(row["manifest"]))
        graphs = {str(iri): Graph(int(n), str(mark), bool(blank)) for iri, (n, mark, blank) in said["graphs"].items()}
        counts = {str(iri): int(n) for iri, n in said["predicates"].items()}
        differing = tuple(map(str, said["differing"]))
        return Published(text_of(row["id"]), text_of(row["status"]), dict(said["manifest"]), graphs, counts, differing)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StoreError(
            f"What {endpoint.address} says of its build cannot be read ({error}). Publish it again: `aistandards publish`.",
            f"无法读取 {endpoint.address} 关于其构建的说明（{error}）。请重新发布：`aistandards publish`。",
        ) from None


def open_published(endpoint: Endpoint) -> Published:
    """Return the build of a server; raises StoreError where there is none or its loading did not end."""
    try:
        found = read_published(endpoint)
    except QueryError:  # it does not know the graph, as another service of ours says
        found = None
    if found is None:
        raise StoreError(
            f"{endpoint.address} holds no build of aistandards. Load one: `aistandards publish {endpoint.address}`.",
            f"{endpoint.address} 中没有 aistandards 的构建。请先载入：`aistandards publish {endpoint.address}`。",
        )
    if found.status != COMPLETE:
        raise loading(endpoint.address, found.id)
    return found


def loading(address: str, build: str) -> UnreachableError:
    """Return the error for a server that is half loaded."""
    return UnreachableError(
        f"{address} is being loaded with build {build[:16]}, or loading it was interrupted. "
        "Wait for the end of `aistandards publish`, or run it again.",
        f"{address} 正在载入构建 {build[:16]}，或载入曾被中断。请等待 `aistandards publish` 结束，或重新运行。",
    )


def read_status(endpoint: Endpoint) -> tuple[str, str] | None:
    """Return the id of the build of a server and how far it is loaded, None where there is none."""
    text = (
        f"SELECT ?id ?status WHERE {{ GRAPH <{MANIFEST_GRAPH}> {{ ?build <{IDENTIFIER}> ?id ; <{STATUS}> ?status }} }}"
    )
    with endpoint.as_asked():
        found = rows_of(endpoint.ask(text, (), (MANIFEST_GRAPH,)))
        rows = [(text_of(row["id"]), text_of(row["status"])) for row in found]
    return rows[0] if len(rows) == 1 else None


def check_held(endpoint: Endpoint, build: str) -> None:
    """Raise UnreachableError where a server holds another build than this one, or is being loaded."""
    found = read_status(endpoint)
    if found and found[1] != COMPLETE:
        raise loading(endpoint.address, found[0])
    if found != (build, COMPLETE):
        raise UnreachableError(
            f"{endpoint.address} no longer holds the build {build[:16]}. Ask again: what it holds is taken up shortly.",
            f"{endpoint.address} 已不再是构建 {build[:16]}。请稍后再试，新内容即将启用。",
        )


class _Default:
    """Whether a server's own default graph is the union of the graphs of a build, and nothing else but its description."""

    def __init__(self, endpoint: Endpoint, published: Published) -> None:
        self._endpoint = endpoint
        self._expected = sum(graph.triples for graph in published.graphs.values())
        self._next = 0.0
        self._holds = False

    def holds(self) -> bool:
        """Return the answer, counted anew from time to time; a server that counts too slowly is not asked again."""
        if time.monotonic() >= self._next:
            try:
                self._holds = self._count() == self._expected
                self._next = time.monotonic() + COUNT_EVERY
            except UnreachableError:
                self._holds, self._next = False, math.inf
        return self._holds

    def _count(self) -> int:
        """Return the number of triples of the default graph without those that describe the build."""
        counter = Endpoint(self._endpoint.address, COUNT_SECONDS)
        everything = counter.ask("SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o }")
        about = counter.ask(f"SELECT (COUNT(*) AS ?n) WHERE {{ GRAPH <{MANIFEST_GRAPH}> {{ ?s ?p ?o }} }}")
        with counter.as_asked():
            (whole,), (own,) = ([int(text_of(row["n"])) for row in rows_of(found)] for found in (everything, about))
            return whole - own


class RemoteStore:
    """The part of ``pyoxigraph.Store`` that reading uses, answered by a server that holds a published build.

    Every question names the graphs of the build, so that other graphs of the server never count, whatever its default
    graph is; only where the server's default graph is found to hold the build alone, our own queries run over that, which
    engines answer many times faster; with ``exact``, for texts from outside, never: they could see what describes the build. Graphs with blank nodes are kept here (``mirror``), with all that is stated of what they describe: a blank
    node has no name by which a server could be asked again. What was read of one thing is remembered: a build never changes.
    """

    def __init__(
        self, endpoint: Endpoint, published: Published, mirror: Path | None = None, *, exact: bool = False
    ) -> None:
        self.endpoint = endpoint
        self.published = published
        self._fast = None if exact else _Default(endpoint, published)
        self._looked = time.monotonic() if published.status == COMPLETE else math.inf  # else the one who loads it reads
        self._all = tuple(published.graphs)
        self._local = frozenset(iri for iri, graph in published.graphs.items() if graph.blank)
        self._far = tuple(iri for iri in self._all if iri not in self._local)
        self._mirror = ox.Store()
        if mirror is not None:
            self._mirror.bulk_load(path=str(mirror), format=ox.RdfFormat.N_QUADS)
        self._known = {quad.subject for quad in self._mirror}
        self._about: Callable[[ox.NamedNode], tuple[ox.Quad, ...]] = lru_cache(SUBJECTS)(self._read_subject)
        self._having: Callable[[ox.NamedNode | None, AnyTerm], tuple[ox.Quad, ...]] = lru_cache(PATTERNS)(
            self._read_having
        )

    def query(
        self,
        query: str,
        *,
        base_iri: str | None = None,
        prefixes: Mapping[str, str] | None = None,
        use_default_graph_as_union: bool = False,
        default_graph: Sequence[ox.NamedNode] | None = None,
        named_graphs: Sequence[ox.NamedNode] | None = None,
    ) -> Found:
        """Run a query like ``pyoxigraph.Store.query``; the union is the union of the graphs of the build."""
        if use_default_graph_as_union:
            named = None if self._fast and self._fast.holds() else self._all
            return self._ask(query, named, named, base_iri, prefixes)
        default = None if default_graph is None else [graph.value for graph in default_graph]
        graphs = None if named_graphs is None else [graph.value for graph in named_graphs]
        return self._ask(query, default, graphs, base_iri, prefixes)

    def check_query(self, name: str) -> None:
        """Raise StoreError for a saved query that this server is known to answer wrongly: better no figure than another."""
        if name in self.published.differing:
            address = self.endpoint.address
            raise DifferingError(
                f"{address} answers the saved query {name} otherwise than the store it was loaded from, as `aistandards publish` "
                "found; it is not asked. Use a folder store or another server for it.",
                f"发布时发现 {address} 对保存的查询 {name} 的答复与原存储不同，因此不予采用。请改用本机存储或其他服务器。",
            )

    def named_graphs(self) -> Iterator[ox.NamedNode]:
        """Yield the graphs of the build."""
        return map(ox.NamedNode, self._all)

    def __iter__(self) -> Iterator[ox.Quad]:
        return self.quads_for_pattern(None, None, None)

    def quads_for_pattern(
        self,
        subject: Node | ox.Triple | None,
        predicate: ox.NamedNode | None,
        object: AnyTerm | None,
        graph_name: ox.NamedNode | ox.DefaultGraph | None = None,
    ) -> Iterator[ox.Quad]:
        """Yield the quads that match, like ``pyoxigraph.Store.quads_for_pattern``."""
        if isinstance(graph_name, ox.NamedNode):
            if graph_name.value in self._local:
                return self._mirror.quads_for_pattern(subject, predicate, object, graph_name)
            if graph_name.value in self._all:
                return self._far_quads(subject, predicate, object, (graph_name.value,))
        if graph_name is not None:
            return iter(())
        if isinstance(subject, ox.BlankNode) or isinstance(object, ox.BlankNode) or subject in self._known:
            return self._mirror.quads_for_pattern(subject, predicate, object)
        if isinstance(subject, ox.NamedNode):
            return (
                quad
                for quad in self._about(subject)
                if predicate in (None, quad.predicate) and object in (None, quad.object)
            )
        if object is not None:
            return iter(self._having(predicate, object))
        here = self._near_quads(predicate, None)
        there = self._far_quads(None, predicate, None, self._far)
        return chain(here, there) if predicate is None else self._whole(predicate, here, there)

    def _near_quads(self, predicate: ox.NamedNode | None, object: AnyTerm | None) -> Iterator[ox.Quad]:
        """Yield what the graphs that are kept here state; the rest of the mirror stands in graphs of the server."""
        for name in sorted(self._local):
            yield from self._mirror.quads_for_pattern(None, predicate, object, ox.NamedNode(name))

    def _far_quads(
        self,
        subject: AnyTerm | None,
        predicate: ox.NamedNode | None,
        object: AnyTerm | None,
        graphs: Sequence[str],
    ) -> Iterator[ox.Quad]:
        terms = {"?s": subject, "?p": predicate, "?o": object}
        pattern = " ".join(name if term is None else str(term) for name, term in terms.items())
        free = " ".join(name for name, term in terms.items() if term is None)
        text = f"SELECT ?g {free} WHERE {{ GRAPH ?g {{ {pattern} }} }}"
        if not graphs:
            return
        for row in rows_of(self._ask(text, (), graphs)):
            with self.endpoint.as_asked():
                s = row["s"] if subject is None else subject
                p = row["p"] if predicate is None else predicate
                o = row["o"] if object is None else object
                quad = ox.Quad(s, p, o, row["g"])  # type: ignore[arg-type]
            yield quad

    def _read_subject(self, subject: ox.NamedNode) -> tuple[ox.Quad, ...]:
        return tuple(self._far_quads(subject, None, None, self._far))

    def _read_having(self, predicate: ox.NamedNode | None, object: AnyTerm) -> tuple[ox.Quad, ...]:
        return tuple(
            chain(self._near_quads(predicate, object), self._far_quads(None, predicate, object, self._far)),
        )

    def _whole(self, predicate: ox.NamedNode, *quads: Iterator[ox.Quad]) -> Iterator[ox.Quad]:
        """Yield all quads of a property; raises StoreError where they are not as many as were published."""
        count = 0
        for quad in chain(*quads):
            count += 1
            yield quad
        expected = self.published.predicates.get(predicate.value, 0)
        if count != expected:
            raise cut_off(
                self.endpoint.address, f"{count:,} of {expected:,} triples", f"{expected:,} 条三元组只给出 {count:,} 条"
            )

    def _ask(
        self,
        text: str,
        default: Sequence[str] | None,
        named: Sequence[str] | None,
        base_iri: str | None = None,
        prefixes: Mapping[str, str] | None = None,
    ) -> Found:
        if time.monotonic() - self._looked > LOOK_EVERY:
            self._look()
        return self.endpoint.ask(text, default, named, base_iri, prefixes)

    def _look(self) -> None:
        """Raise UnreachableError where the server holds another build by now, or is being loaded."""
        check_held(self.endpoint, self.published.id)
        self._looked = time.monotonic()

    def write_mirror(self, folder: Path) -> None:
        """Write the graphs with blank nodes, and what else is stated of what they describe, to a folder.

        Raises StoreError where a graph is not as it was published.
        """
        with (folder / MIRROR).open("wb") as out:
            for name in sorted(self._local):
                graph, expected = ox.NamedNode(name), self.published.graphs[name]
                inside = list(self._far_quads(None, None, None, (name,)))
                found = fingerprint((quad.triple for quad in inside), blank=True)
                if found != (expected.triples, expected.fingerprint):
                    raise changed(self.endpoint.address, name)
                ox.serialize(_relabelled(inside), out, ox.RdfFormat.N_QUADS)
                text = (
                    "SELECT ?s ?p ?o ?g WHERE { { SELECT DISTINCT ?s WHERE { GRAPH "
                    f"{graph} {{ ?s ?q ?r FILTER(!isBlank(?s)) }} }} }} GRAPH ?g {{ ?s ?p ?o }} "
                    f"FILTER(?g NOT IN ({', '.join(f'<{local}>' for local in sorted(self._local))})) }}"
                )
                rows = rows_of(self._ask(text, (), self._all))
                outside = (ox.Quad(row["s"], row["p"], row["o"], row["g"]) for row in rows)  # type: ignore[arg-type]
                ox.serialize(outside, out, ox.RdfFormat.N_QUADS)


def _relabelled(quads: Iterable[ox.Quad]) -> Iterator[ox.Quad]:
    """Give the blank nodes of one answer labels of their own: servers count them anew in each answer."""
    fresh: dict[str, ox.BlankNode] = {}

    def own(term: Any) -> Any:
        return fresh.setdefault(term.value, ox.BlankNode()) if isinstance(term, ox.BlankNode) else term

    for quad in quads:
        yield ox.Quad(own(quad.subject), quad.predicate, own(quad.object), quad.graph_name)


def changed(address: str, graph: str) -> StoreError:
    """Return the error for a graph that is not as it was published."""
    return StoreError(
        f"The graph {graph} at {address} is not as it was published: something else wrote to the server. Publish again.",
        f"{address} 上的图 {graph} 与发布时不同：有其他程序写入过该服务器。请重新发布。",
    )


def cache_folder(address: str) -> Path:
    """Return where what is worked out from a server's builds is kept: ``AISTANDARDS_CACHE``, else the user's cache."""
    if given := os.environ.get(CACHE):
        base = Path(given)
    elif sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "aistandards" / "cache"
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches" / "aistandards"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "aistandards"
    return base / sha256(address.encode()).hexdigest()[:16]


def prune(folder: Path) -> None:
    """Remove what is kept of older builds of the same server, but for the latest of them, which may still be read."""
    with contextlib.suppress(OSError):
        others = [entry for entry in folder.parent.iterdir() if entry != folder]
        for old in sorted(others, key=lambda entry: entry.stat().st_mtime, reverse=True)[1:]:
            shutil.rmtree(old, ignore_errors=True)


def fill(folder: Path, make: Callable[[Path], None]) -> None:
    """Make a folder whole or not at all: ``make`` writes into a folder beside it that then takes its name.

    Several processes may do so at once: the first one's is kept.
    """
    if folder.is_dir():
        return
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        beside = Path(mkdtemp(prefix=".new-", dir=folder.parent))
        try:
            make(beside)
            if not folder.is_dir():
                beside.rename(folder)
        finally:
            shutil.rmtree(beside, ignore_errors=True)
    except OSError as error:
        raise StoreError(
            f"The cache {folder} cannot be written ({error}). Name another folder in AISTANDARDS_CACHE.",
            f"无法写入缓存 {folder}（{error}）。请用 AISTANDARDS_CACHE 另指定文件夹。",
        ) from None
