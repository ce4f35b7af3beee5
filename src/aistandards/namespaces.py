"""Prefixes and IRIs: the one place that knows how the IRI of a thing is made from its key."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

BASE: Final = "https://w3id.org/aistandards/"
AIS: Final = BASE + "ontology#"
ID: Final = BASE + "id/"
GRAPH: Final = BASE + "graph/"

PREFIXES: Final[dict[str, str]] = {
    "ais": AIS,
    "id": ID,
    "adms": "http://www.w3.org/ns/adms#",
    "bibo": "http://purl.org/ontology/bibo/",
    "dcat": "http://www.w3.org/ns/dcat#",
    "dcterms": "http://purl.org/dc/terms/",
    "fabio": "http://purl.org/spar/fabio/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "org": "http://www.w3.org/ns/org#",
    "owl": "http://www.w3.org/2002/07/owl#",
    "prov": "http://www.w3.org/ns/prov#",
    "qb": "http://purl.org/linked-data/cube#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "schema": "https://schema.org/",
    "sdmx-attribute": "http://purl.org/linked-data/sdmx/2009/attribute#",
    "sdmx-dimension": "http://purl.org/linked-data/sdmx/2009/dimension#",
    "sdmx-measure": "http://purl.org/linked-data/sdmx/2009/measure#",
    "sh": "http://www.w3.org/ns/shacl#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "vann": "http://purl.org/vocab/vann/",
    "vs": "http://www.w3.org/2003/06/sw-vocab-status/ns#",
    "xkos": "http://rdf-vocabulary.ddialliance.org/xkos#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}

SPARQL_PROLOGUE: Final = "".join(f"PREFIX {prefix}: <{iri}>\n" for prefix, iri in PREFIXES.items())


def expand(name: str) -> str:
    """Return the full IRI of a prefixed name such as ``ais:number``; an absolute IRI is returned as it is.

    Raises KeyError for a prefix that is not in ``PREFIXES``.
    """
    if "://" in name:
        return name
    prefix, _, local = name.partition(":")
    return PREFIXES[prefix] + local


def compress(iri: str) -> str:
    """Return the shortest prefixed name of an IRI, or the IRI itself where no prefix fits."""
    fitting = [(len(space), prefix) for prefix, space in PREFIXES.items() if iri.startswith(space)]
    if not fitting:
        return iri
    length, prefix = max(fitting)
    return f"{prefix}:{iri[length:]}"


def item(kind: str, *keys: str) -> str:
    """Return the IRI of a thing, for example ``item("standard", "gbt-45288.1-2025")``."""
    return ID + "/".join([kind, *(quote(key, safe=".:-_~") for key in keys)])


def part_iri(system: str, notation: str) -> str:
    """Return the IRI of a part of a system: ``("guide-2024", "F:health")`` ends in ``guide-2024/f-health``."""
    return item("system", system, notation.lower().replace(":", "-"))


def layer_iri(layer: str) -> str:
    """Return the IRI of a chain layer or element: ``foundation`` or ``foundation/data``."""
    return item("chain", *layer.split("/"))


def graph_iri(name: str) -> str:
    """Return the IRI of a named graph: ``ontology``, ``inferred``, ``verdicts`` or a source file's name."""
    return GRAPH + quote(name, safe=".-_~")


def key_of(iri: str) -> str:
    """Return what follows the last slash of an IRI: the slug, code or notation it was made from."""
    return iri.rsplit("/", 1)[-1]
