"""pySHACL beside the compiler: the reference engine, and the one that shapes fall back to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from aistandards.shacl import terms
from aistandards.shacl.compiler import ADVANCED_TARGETS, TARGETS, class_kinds
from aistandards.shacl.graph import Graph
from aistandards.shacl.paths import compile_path
from aistandards.shacl.reach import NotCompiledError
from aistandards.shacl.results import Result
from aistandards.shacl.terms import TYPE, sh

if TYPE_CHECKING:
    import rdflib


def to_rdflib(graph: Graph) -> rdflib.Graph:
    """Return a graph as rdflib holds it, blank nodes under their labels."""
    import rdflib

    held = rdflib.Graph()
    for subject, record in graph.records.items():
        start = terms.node(subject)
        for predicate, values in record.items():
            middle = terms.node(predicate)
            for value in values:
                held.add((start, middle, terms.node(value)))
    return held


def of_rdflib(held: rdflib.Graph) -> Graph:
    """Return the graph that rdflib holds."""
    graph = Graph()
    for subject, predicate, value in held:
        graph.add(terms.of_node(subject), terms.of_node(predicate), terms.of_node(value))
    return graph


def validate(data: rdflib.Graph, shapes: rdflib.Graph) -> rdflib.Graph:
    """Return pySHACL's report; nothing is fetched, ``owl:imports`` are not followed.

    ``sh:target`` and ``sh:expression`` are run where they are stated, rules (``sh:rule``) never: they would change the data.
    """
    import pyshacl
    import rdflib

    stated = {name for name in ("target", "expression", "rule") if (None, rdflib.SH[name], None) in shapes}
    advanced = bool(stated) and "rule" not in stated
    _, report, _ = pyshacl.validate(data, shacl_graph=shapes, do_owl_imports=False, meta_shacl=False, advanced=advanced)
    assert isinstance(report, rdflib.Graph)
    return report


def results_of(report: rdflib.Graph) -> list[Result]:
    """Return the results of a report as pySHACL gives it."""
    graph = of_rdflib(report)
    [node] = graph.subjects(TYPE, sh("ValidationReport"))
    return results_in(graph, node)


def results_in(graph: Graph, report: str) -> list[Result]:
    """Return the results of a report in a graph."""
    return [_result(graph, node) for node in graph.objects(report, sh("result"))]


def _result(graph: Graph, node: str) -> Result:
    def one(name: str) -> Any:
        return graph.one(node, sh(name))

    return Result(
        one("focusNode"),
        _path(graph, one("resultPath")),
        one("value"),
        one("sourceConstraintComponent"),
        one("sourceShape"),
        one("resultSeverity"),
        tuple(sorted(graph.objects(node, sh("resultMessage")))),
    )


def _path(graph: Graph, node: str | None) -> str | None:
    try:
        return compile_path(graph, node).text if node else None
    except NotCompiledError:
        return node


def only(shapes: rdflib.Graph, wanted: Iterable[str], graph: Graph) -> rdflib.Graph:
    """Return a shapes graph in which no shapes but the wanted ones have targets."""
    import rdflib

    kept, names = rdflib.Graph(), set(wanted)
    targets = {*(sh(target) for target in (*TARGETS, *ADVANCED_TARGETS)), TYPE}
    classes = class_kinds(graph)
    for subject, predicate, value in shapes:
        name = terms.of_node(predicate)
        is_target = name in targets and (name != TYPE or terms.of_node(value) in classes)
        if not is_target or terms.of_node(subject) in names:
            kept.add((subject, predicate, value))
    return kept
