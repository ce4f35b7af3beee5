"""The graph given out: RDF with or without its named graphs, the records as the tables they came from, relations as GraphML."""

from __future__ import annotations

import csv
import fnmatch
from collections import defaultdict
from collections.abc import Iterator
from typing import IO, Final

import networkx as nx
import pyoxigraph as ox

from aistandards.derive import Facts
from aistandards.lookup import cell_text, natural_key
from aistandards.namespaces import PREFIXES, compress, expand, graph_iri, item, key_of
from aistandards.output import harmless
from aistandards.serialise import DATASETS, FORMS, JSONLD, Form
from aistandards.tables import Column, Table, tables
from aistandards.vocabulary import name_of

Said = dict[str, list[ox.NamedNode | ox.Literal]]
RDF: Final = {form.name: form for form in (*FORMS, *DATASETS)}
SPACES: Final = {"part": item("system", ""), "layer": item("chain", "")}
NODES: Final = ("ais:Standard", "ais:ExternalStandard", "ais:UndatedStandard", "ais:Project")
EDGES: Final = (
    "ais:references",
    "ais:replaces",
    "ais:replacesPartly",
    "ais:corresponds",
    "ais:adopts",
    "ais:amends",
    "ais:result",
)


def write_rdf(store: ox.Store, form: Form, out: IO[bytes], only: str | None = None) -> None:
    """Write all triples, or those of one named graph, as they are read; forms that can name graphs do, where all are asked for."""
    graph = ox.NamedNode(graph_iri(only)) if only else None
    quads = store.quads_for_pattern(None, None, None, graph)
    if (form.quads or form is JSONLD) and only is None:
        ox.serialize(quads, out, format=form.rdf, prefixes=PREFIXES)
    else:
        ox.serialize((quad.triple for quad in quads), out, format=form.rdf, prefixes=PREFIXES)


class Records:
    """The records of a build as the tables they came from: one for each named graph that a table's file made."""

    def __init__(self, store: ox.Store) -> None:
        self.store = store
        self.facts = Facts(store)
        stated = self.facts.values("ais:asProperty").items()
        self.degrees = {
            compress(t.value) for code, terms in stated if code.startswith(item("degree", "")) for t in terms
        }

    def tables(self) -> Iterator[tuple[str, Table]]:
        """Yield the name of each file and its table, by name."""
        for name in sorted(
            key_of(graph.value) for graph in self.store.named_graphs() if isinstance(graph, ox.NamedNode)
        ):
            base = name.rpartition("--")[2]  # a user's file is named by its path
            table = next((table for table in tables() if fnmatch.fnmatch(base, table.url)), None)
            if table:
                yield name, table

    def rows(self, name: str, table: Table) -> Iterator[dict[str, str]]:
        """Yield the rows of a file, by key; what was inferred or derived is not in them."""
        for _, row in self.records(name, table):
            yield row

    def records(self, name: str, table: Table) -> Iterator[tuple[ox.NamedNode, dict[str, str]]]:
        """Yield the records of a file with their rows, by key."""
        graph = ox.NamedNode(graph_iri(name))
        kind = ox.NamedNode(expand(table.rdf_class))
        subjects = [
            q.subject for q in self.store.quads_for_pattern(None, ox.NamedNode(expand("rdf:type")), kind, graph)
        ]
        for subject in sorted((s for s in subjects if isinstance(s, ox.NamedNode)), key=lambda s: natural_key(s.value)):
            said = self._said(subject, graph)
            row: dict[str, str] = {}
            for column in table.columns:  # a column may be about another thing that the cells before it name
                other = ox.NamedNode(expand(column.about.format_map(row))) if column.about else None
                row[column.name] = self._cell(column, self._said(other, graph) if other else said)
            yield subject, row

    def _said(self, subject: ox.NamedNode, graph: ox.NamedNode) -> Said:
        """Return what a file states of a thing, by prefixed name of the property."""
        said: Said = defaultdict(list)
        for quad in self.store.quads_for_pattern(subject, None, None, graph):
            if isinstance(quad.object, ox.NamedNode | ox.Literal):
                said[compress(quad.predicate.value)].append(quad.object)
        return said

    def _cell(self, column: Column, said: Said) -> str:
        terms = list(said.get(column.property, []))
        if column.property == "ais:corresponds":  # a row with a degree states the property of that degree
            terms += [term for name in sorted(self.degrees) for term in said.get(name, [])]
        if space := SPACES.get(column.kind):  # one property may be stated by a column of parts and one of layers
            terms = [term for term in terms if term.value.startswith(space)]
        if column.lang:
            terms = [term for term in terms if isinstance(term, ox.Literal) and term.language == column.lang]
        first = said.get("ais:primaryPart", []) if column.kind == "part" else []
        ordered = sorted(dict.fromkeys(terms), key=lambda term: (term not in first, natural_key(term.value)))
        return (column.separator or ";").join(cell_text(self.facts, column, term.value) for term in ordered)


def write_csv(rows: Iterator[dict[str, str]], table: Table, out: IO[str]) -> int:
    """Write the rows of a table as CSV (RFC 4180); returns how many there were."""
    writer = csv.writer(out, lineterminator="\r\n")
    names = [column.name for column in table.columns]
    writer.writerow(names)
    count = 0
    for row in rows:
        writer.writerow([harmless(row[name]) for name in names])
        count += 1
    return count


def write_graphml(store: ox.Store, out: IO[bytes]) -> None:
    """Write the relations between standards and projects as GraphML: a node each, an edge a relation, with labels."""
    facts = Facts(store)
    graph: nx.MultiDiGraph[str] = nx.MultiDiGraph()
    for kind in NODES:
        for iri in facts.members(kind):
            if iri not in graph:
                label = name_of(facts, iri)
                number = facts.text(iri, "ais:number") or facts.text(iri, "dcterms:identifier") or key_of(iri)
                graph.add_node(iri, kind=kind.partition(":")[2], number=number, title_zh=label.zh, title_en=label.en)
                if level := facts.token(iri, "ais:level"):
                    graph.nodes[iri]["level"] = level
    for name in EDGES:
        for quad in store.quads_for_pattern(None, ox.NamedNode(expand(name)), None):
            ends = quad.subject, quad.object
            if all(isinstance(end, ox.NamedNode) and end.value in graph for end in ends):
                source, target = (end.value for end in ends if isinstance(end, ox.NamedNode))
                graph.add_edge(source, target, key=name, relation=name.partition(":")[2])
    nx.write_graphml(graph, out, named_key_ids=True)
