"""Relations between records as a directed graph: cycles in relations that must have none."""

from __future__ import annotations

import networkx as nx
import pyoxigraph as ox

from aistandards.findings import Finding
from aistandards.namespaces import expand, key_of
from aistandards.sources import Row

ACYCLIC = ("ais:replaces", "ais:ofSeries", "skos:broader", "org:subOrganizationOf")


def graph_of(store: ox.Store, *names: str) -> nx.DiGraph[str]:
    """Return the relations of some properties as a directed graph of IRIs."""
    graph: nx.DiGraph[str] = nx.DiGraph()
    for name in names:
        for quad in store.quads_for_pattern(None, ox.NamedNode(expand(name)), None):
            if isinstance(quad.subject, ox.NamedNode) and isinstance(quad.object, ox.NamedNode):
                graph.add_edge(quad.subject.value, quad.object.value)
    return graph


def cycles(store: ox.Store, places: dict[str, Row]) -> list[Finding]:
    """Return a finding for every cycle in a relation that must have none, naming its members in order."""
    findings = []
    for name in ACYCLIC:
        graph = graph_of(store, name)
        for component in nx.strongly_connected_components(graph):
            first = min(component)
            if len(component) == 1 and not graph.has_edge(first, first):
                continue
            inside = sorted(edge for edge in graph.out_edges(component) if edge[1] in component)
            loop = [edge[0] for edge in nx.find_cycle(nx.DiGraph(inside), first)]  # the same one in every run
            chain = " → ".join(key_of(iri) for iri in [*loop, loop[0]])
            place = places.get(first)
            findings.append(
                Finding(
                    rule="relation-cycle",
                    severity="violation",
                    file=place.file if place else None,
                    line=place.line if place else None,
                    field=name.partition(":")[2],
                    value=chain,
                    record=key_of(first),
                    message_zh=f"关系 {name} 构成循环：{chain}。",
                    message_en=f"The relation {name} runs in a circle: {chain}.",
                    suggestion="remove the wrong direction / 删除方向错误的一条",
                )
            )
    return findings
