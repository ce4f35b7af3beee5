"""The saved queries on other SPARQL servers over HTTP: the same rows, over the small graph and over the shipped records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pyoxigraph as ox
import pytest

from aistandards.counts import Counts
from aistandards.queries import Library, Query
from aistandards.settings import resource
from engines import by_http, by_oxigraph
from peers import fuseki_server, oxigraph_server
from questions import SMALL, Case, cases

QUERIES = list(Library(resource("queries")))
CASES = list(cases())
SERVERS = {"oxigraph": oxigraph_server, "fuseki": fuseki_server}
PEERS = ["oxigraph", pytest.param("fuseki", marks=pytest.mark.peers)]


def dump(store: ox.Store, folder: Path) -> Path:
    """Write the quads of a store as N-Quads, the form that every server loads."""
    path = folder / "quads.nq"
    ox.serialize(iter(store), str(path), format=ox.RdfFormat.N_QUADS)
    return path


@pytest.fixture(scope="module", params=PEERS)
def small_peer(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server over the small graph."""
    store = ox.Store()
    store.load(path=SMALL)
    folder = tmp_path_factory.mktemp("small-peer")
    with SERVERS[request.param](dump(store, folder), folder) as address:
        yield address


@pytest.fixture(scope="module", params=PEERS)
def peer(request: pytest.FixtureRequest, counts: Counts, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server over the build of the shipped records."""
    folder = tmp_path_factory.mktemp("peer")
    with SERVERS[request.param](dump(counts.store, folder), folder) as address:
        yield address


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case.name))
def test_a_server_gives_the_rows_worked_out_by_hand(case: Case, small_peer: str) -> None:
    assert by_http(small_peer, case.text) == case.expected


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: str(query.name))
def test_a_server_gives_our_rows_over_the_shipped_records(query: Query, peer: str, counts: Counts) -> None:
    text = query.bind({p.name: p.example for p in query.parameters if p.required and p.example})
    assert Counter(by_http(peer, text)) == Counter(by_oxigraph(counts.store, text))
