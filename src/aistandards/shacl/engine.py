"""Validating a graph: compiled shapes are run here, the others by pySHACL."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

import pyoxigraph as ox

from aistandards.shacl import peer
from aistandards.shacl.graph import Graph, of_triples
from aistandards.shacl.plan import Plan, compile_plan
from aistandards.shacl.results import Result

Engine = Literal["compiled", "pyshacl"]
ENGINES: Final[tuple[Engine, ...]] = ("compiled", "pyshacl")


@dataclass(frozen=True, slots=True)
class Shapes:
    """A shapes graph and its plan."""

    graph: Graph
    plan: Plan

    def validate(self, data: Graph, engine: Engine = "compiled") -> list[Result]:
        """Return the results on a graph; shapes that are not compiled fall back to pySHACL."""
        if engine == "pyshacl":
            return peer.results_of(peer.validate(peer.to_rdflib(data), peer.to_rdflib(self.graph)))
        found = self.plan.run(data)
        if self.plan.fallen:
            found += self.fall_back(data)
        return found

    def fall_back(self, data: Graph) -> list[Result]:
        """Return pySHACL's results for the shapes that are not compiled."""
        fallen = [shape.shape for shape in self.plan.fallen]
        shapes = peer.only(peer.to_rdflib(self.graph), fallen, self.graph)
        return peer.results_of(peer.validate(peer.to_rdflib(data), shapes))


def shapes_of(triples: Iterable[ox.Triple] | Iterable[ox.Quad]) -> Shapes:
    """Compile the shapes that triples state."""
    graph = of_triples(triples, keep_text=True)
    return Shapes(graph, compile_plan(graph))
