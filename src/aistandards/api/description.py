"""What the SPARQL endpoint says of itself to machines: a service description and VoID, counted from the build."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import pyoxigraph as ox

from aistandards.api import Service
from aistandards.errors import UsageError
from aistandards.namespaces import AIS, BASE, ID, PREFIXES, expand
from aistandards.serialise import Form

SD: Final = "http://www.w3.org/ns/sparql-service-description#"
VOID: Final = "http://rdfs.org/ns/void#"
FORMAT: Final = "http://www.w3.org/ns/formats/"
LICENCE: Final = "https://creativecommons.org/licenses/by/4.0/"
FORMATS: Final = (
    "SPARQL_Results_JSON",
    "SPARQL_Results_XML",
    "SPARQL_Results_CSV",
    "SPARQL_Results_TSV",
    "Turtle",
    "N-Triples",
    "JSON-LD",
    "RDF_XML",
    "TriG",
    "N-Quads",
)
TITLES: Final = {"zh": "人工智能标准知识图谱", "en": "Knowledge graph of standards for artificial intelligence"}


@dataclass(frozen=True, slots=True)
class Figures:
    """What is counted of a build: triples by graph (the empty name is the unnamed one), classes, properties."""

    graphs: dict[str, int]
    classes: frozenset[str]
    properties: frozenset[str]

    @classmethod
    def of(cls, store: ox.Store) -> Figures:
        """Count a store by queries, which also a server can answer."""

        def ask(text: str) -> list[list[str]]:
            found = store.query(text, use_default_graph_as_union=True)
            assert isinstance(found, Iterable)
            return [[term.value for term in row] for row in found]

        graphs = {graph.value: 0 for graph in store.named_graphs() if isinstance(graph, ox.NamedNode)}
        own = f"VALUES ?g {{ {' '.join(f'<{graph}>' for graph in graphs)} }}"  # a server also holds what it says of itself
        graphs |= {
            g: int(n) for g, n in ask(f"SELECT ?g (COUNT(*) AS ?n) {{ {own} GRAPH ?g {{ ?s ?p ?o }} }} GROUP BY ?g")
        }
        if isinstance(store, ox.Store):  # the graph without a name is no part of what is published to a server
            graphs[""] = sum(1 for _ in store.quads_for_pattern(None, None, None, ox.DefaultGraph()))
        classes = ask(f"SELECT DISTINCT ?c {{ {own} GRAPH ?g {{ ?s a ?c }} FILTER(ISIRI(?c)) }}")
        properties = ask(f"SELECT DISTINCT ?p {{ {own} GRAPH ?g {{ ?s ?p ?o }} }}")
        named = (frozenset(iri for [iri] in found) for found in (classes, properties))
        return cls(dict(sorted(graphs.items())), *named)

    @property
    def vocabularies(self) -> list[str]:
        """The namespaces known to us whose classes or properties are used."""
        used = self.classes | self.properties
        return [space for space in PREFIXES.values() if space != ID and any(term.startswith(space) for term in used)]


def description(service: Service, endpoint: str, form: Form) -> bytes:
    """Return the description of the endpoint at an address as RDF."""
    try:
        at = ox.NamedNode(endpoint)
    except ValueError:
        raise UsageError(
            "The Host header of the request is not the name of a host.", "请求的 Host 头不是有效的主机名。"
        ) from None
    figures = service.once("figures", lambda: Figures.of(service.counts.store))
    union = service.settings.default_graph == "union"
    built = str(service.build.manifest["built"])
    triples = [*_service(at, union), *_dataset(at, figures, union, built)]
    prefixes = {name: PREFIXES[name] for name in ("dcterms", "xsd", "foaf", "dcat")} | {"ais": AIS}
    prefixes |= {"sd": SD, "void": VOID, "format": FORMAT}
    return ox.serialize(triples, format=form.rdf, prefixes=prefixes) or b""


def _service(at: ox.NamedNode, union: bool) -> Iterator[ox.Triple]:
    def say(name: str, value: ox.NamedNode) -> ox.Triple:
        return ox.Triple(at, ox.NamedNode(SD + name), value)

    yield ox.Triple(at, ox.NamedNode(expand("rdf:type")), ox.NamedNode(SD + "Service"))
    yield say("endpoint", at)
    yield say("supportedLanguage", ox.NamedNode(SD + "SPARQL11Query"))
    if union:
        yield say("feature", ox.NamedNode(SD + "UnionDefaultGraph"))
    for name in FORMATS:
        yield say("resultFormat", ox.NamedNode(FORMAT + name))
    yield say("defaultDataset", _part(at, "dataset"))


def _part(at: ox.NamedNode, name: str) -> ox.NamedNode:
    return ox.NamedNode(f"{at.value}#{name}")


def _dataset(at: ox.NamedNode, figures: Figures, union: bool, built: str) -> Iterator[ox.Triple]:
    """The data set, its default graph and its named graphs, each with the number of its triples."""
    dataset = _part(at, "dataset")
    number = ox.NamedNode(expand("xsd:integer"))

    def is_a(what: ox.NamedNode, *kinds: str) -> Iterator[ox.Triple]:
        for kind in kinds:
            yield ox.Triple(what, ox.NamedNode(expand("rdf:type")), ox.NamedNode(kind))

    def count(what: ox.NamedNode, name: str, value: int) -> ox.Triple:
        return ox.Triple(what, ox.NamedNode(VOID + name), ox.Literal(str(value), datatype=number))

    def link(what: ox.NamedNode, name: str, to: str) -> ox.Triple:
        return ox.Triple(what, ox.NamedNode(name), ox.NamedNode(to))

    total = sum(figures.graphs.values())
    yield from is_a(dataset, SD + "Dataset", VOID + "Dataset", expand("dcat:Dataset"))
    for language, title in TITLES.items():
        yield ox.Triple(dataset, ox.NamedNode(expand("dcterms:title")), ox.Literal(title, language=language))
    yield link(dataset, expand("dcterms:license"), LICENCE)
    modified = ox.Literal(built, datatype=ox.NamedNode(expand("xsd:dateTime")))
    yield ox.Triple(dataset, ox.NamedNode(expand("dcterms:modified")), modified)
    yield link(dataset, expand("foaf:homepage"), BASE)
    yield link(dataset, VOID + "sparqlEndpoint", at.value)
    yield ox.Triple(dataset, ox.NamedNode(VOID + "uriSpace"), ox.Literal(ID))
    yield count(dataset, "triples", total)
    yield count(dataset, "classes", len(figures.classes))
    yield count(dataset, "properties", len(figures.properties))
    for space in figures.vocabularies:
        yield link(dataset, VOID + "vocabulary", space)
    default = _part(at, "default-graph")
    yield link(dataset, SD + "defaultGraph", default.value)
    yield from is_a(default, SD + "Graph", VOID + "Dataset")
    yield count(default, "triples", total if union else figures.graphs.get("", 0))
    for at_number, (iri, triples) in enumerate((g, n) for g, n in figures.graphs.items() if g):
        named, graph = _part(at, f"named-{at_number + 1}"), _part(at, f"graph-{at_number + 1}")
        yield link(dataset, SD + "namedGraph", named.value)
        yield from is_a(named, SD + "NamedGraph")
        yield link(named, SD + "name", iri)
        yield link(named, SD + "graph", graph.value)
        yield from is_a(graph, SD + "Graph", VOID + "Dataset")
        yield count(graph, "triples", triples)
