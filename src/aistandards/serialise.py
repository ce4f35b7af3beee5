"""RDF as bytes: the forms in which triples are given out, by name, media type and suffix of a file."""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import pyoxigraph as ox

from aistandards.namespaces import PREFIXES


@dataclass(frozen=True, slots=True)
class Form:
    """One serialization of RDF; ``quads`` where it keeps the named graphs."""

    name: str
    media_type: str
    suffix: str
    rdf: ox.RdfFormat

    @property
    def quads(self) -> bool:
        """Whether the form can name graphs."""
        return self.rdf.supports_datasets


TURTLE: Final = Form("turtle", "text/turtle", "ttl", ox.RdfFormat.TURTLE)
JSONLD: Final = Form("jsonld", "application/ld+json", "jsonld", ox.RdfFormat.JSON_LD)
FORMS: Final = (
    TURTLE,
    JSONLD,
    Form("rdfxml", "application/rdf+xml", "rdf", ox.RdfFormat.RDF_XML),
    Form("ntriples", "application/n-triples", "nt", ox.RdfFormat.N_TRIPLES),
)
DATASETS: Final = (
    Form("trig", "application/trig", "trig", ox.RdfFormat.TRIG),
    Form("nquads", "application/n-quads", "nq", ox.RdfFormat.N_QUADS),
)


def serialise(triples: Iterable[ox.Triple], form: Form) -> bytes:
    """Return triples in a form, sorted, so that equal triples give equal bytes; Turtle is laid out for people to read."""
    triples = _named_alike(triples)
    if form is TURTLE:
        return _turtle(triples)
    return ox.serialize(sorted(set(triples), key=str), format=form.rdf, prefixes=PREFIXES) or b""


def _named_alike(triples: Iterable[ox.Triple]) -> list[ox.Triple]:
    """Return triples whose blank nodes are called alike in every process (RDFC-1.0)."""
    found = list(triples)
    if not any(isinstance(term, ox.BlankNode) for triple in found for term in (triple.subject, triple.object)):
        return found
    whole = ox.Dataset(ox.Quad(t.subject, t.predicate, t.object) for t in found)
    whole.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return [quad.triple for quad in whole]


def _turtle(triples: Iterable[ox.Triple]) -> bytes:
    """Return Turtle with lists and class expressions nested where they are used, the model's header and terms first.

    Only rdflib's writer nests them; it is slower than the engine's by an order of magnitude, so dumps do not use it.
    """
    import rdflib
    from rdflib.namespace import OWL, SKOS, XSD
    from rdflib.plugins.serializers.turtle import TurtleSerializer

    class Ordered(TurtleSerializer):
        def __init__(self, store: rdflib.Graph) -> None:
            super().__init__(store)
            self.topClasses = [OWL.Ontology, OWL.Class, OWL.ObjectProperty, OWL.DatatypeProperty, SKOS.ConceptScheme]

        def label(self, node: Any, position: int) -> str:
            """Keep decimals as they are written: the short form would turn 60 into 60.0."""
            if isinstance(node, rdflib.Literal) and node.datatype == XSD.decimal:
                return node.n3(self.store.namespace_manager)
            text: str = super().label(node, position)
            return text

    graph = rdflib.Graph(bind_namespaces="none")
    said = ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES) or b""
    graph.parse(data=said, format="nt", bnode_context=_Named())
    for prefix, iri in PREFIXES.items():
        graph.bind(prefix, iri)
    out = io.BytesIO()
    Ordered(graph).serialize(out)
    return out.getvalue()


class _Named(dict[str, Any]):
    """Gives each blank node the name it has, where rdflib's reader would give it one by chance."""

    def get(self, name: str, default: Any = None) -> Any:
        """Return the node of a name."""
        from rdflib import BNode

        return BNode(name)
