"""Validation results as multisets that engines can be compared by: blank nodes all alike, messages where shapes state them."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pyoxigraph as ox
import pyshacl
import rdflib

from aistandards.shacl.engine import Shapes, shapes_of
from aistandards.shacl.graph import Graph, of_triples
from aistandards.shacl.peer import results_of
from aistandards.shacl.results import Result

Multiset = Counter[tuple[Any, ...]]


def multiset(results: list[Result], messages: bool = False) -> Multiset:
    """Return results as a multiset; with ``messages`` by their texts too."""
    return Counter(
        (
            *("_:" if term and term[0] == "_" else term for term in result[:6]),
            *(tuple(sorted(result.messages)) if messages else ()),
        )
        for result in results
    )


def triples(text: str) -> list[ox.Triple]:
    return [quad.triple for quad in ox.parse(text.encode(), format=ox.RdfFormat.TURTLE)]


def compiled(shapes: str) -> Shapes:
    return shapes_of(triples(shapes))


def data_of(text: str) -> Graph:
    return of_triples(triples(text))


def by_pyshacl(shapes: str, data: str) -> list[Result]:
    """Return pySHACL's results, texts read by rdflib: nothing of ours in between but the reading of the report."""
    graphs = [rdflib.Graph().parse(data=text, format="turtle") for text in (data, shapes)]
    _, report, _ = pyshacl.validate(graphs[0], shacl_graph=graphs[1], do_owl_imports=False, meta_shacl=False)
    assert isinstance(report, rdflib.Graph)
    return results_of(report)
