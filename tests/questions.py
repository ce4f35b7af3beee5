"""The tested questions in ``tests/queries``: MustRD specifications, one file a saved query, read for our own runner."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyoxigraph as ox
from rdflib import RDF, SH, Graph, Literal, Namespace, URIRef

from aistandards.queries import Query, Term, read_query
from engines import Rows, listed

FOLDER = Path(__file__).parent / "queries"
SMALL = FOLDER / "small.trig"
MUST = Namespace("https://mustrd.org/model/")


@dataclass(frozen=True, slots=True)
class Case:
    """One asking of a saved query over the small graph, and the rows that somebody worked out by hand."""

    name: str
    query: Query
    terms: dict[str, Term]
    rows: tuple[dict[str, Any], ...]
    ordered: bool

    @property
    def text(self) -> str:
        """The query with the parameters of the case."""
        return self.query.bind_terms(self.terms)

    @property
    def expected(self) -> Rows:
        """The expected rows in the form of the engines' rows."""
        return listed(self.rows)


def cases() -> Iterator[Case]:
    """Every case of every specification, by file and name."""
    for path in sorted(FOLDER.glob("*.mustrd.ttl")):
        graph = Graph().parse(path)
        for spec in sorted(graph.subjects(RDF.type, MUST.TestSpec), key=str):
            (when,) = graph.objects(spec, MUST.when)
            (then,) = graph.objects(spec, MUST.then)
            (file,) = graph.objects(when, MUST.file)
            places = {row: graph.value(row, SH.order) for row in graph.objects(then, MUST.hasRow)}
            rows = sorted(places, key=lambda row: int(str(places[row] or 0)))
            yield Case(
                name=str(spec).rsplit("/", 1)[-1],
                query=read_query((FOLDER / str(file)).resolve()),
                terms={name: _term(value) for name, value in _bindings(graph, when).items()},
                rows=tuple(_bindings(graph, row) for row in rows),
                ordered=None not in places.values(),
            )


def _bindings(graph: Graph, node: Any) -> dict[str, Any]:
    return {
        str(graph.value(binding, MUST.variable)): graph.value(binding, MUST.boundValue)
        for binding in graph.objects(node, MUST.hasBinding)
    }


def _term(value: Any) -> Term:
    if isinstance(value, URIRef):
        return ox.NamedNode(str(value))
    assert isinstance(value, Literal)
    return ox.Literal(str(value), datatype=ox.NamedNode(str(value.datatype)) if value.datatype else None)
