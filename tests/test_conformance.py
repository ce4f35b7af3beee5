"""The table against the national standards: every line names a test that exists, and nothing that was not read is claimed."""

from __future__ import annotations

import ast
import csv
import re
from pathlib import Path

import pytest
from rdflib import DCTERMS, OWL, RDF, RDFS, SKOS, Graph, Literal, Namespace, URIRef

from aistandards.counts import Counts
from aistandards.namespaces import SPARQL_PROLOGUE
from aistandards.network import graph_of
from aistandards.pipeline import load_ontology
from aistandards.settings import resource
from aistandards.tables import tables

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "docs" / "conformance-standards.md").read_text(encoding="utf-8")
AIS, ORG, XKOS = (
    Namespace(iri)
    for iri in (
        "https://w3id.org/aistandards/ontology#",
        "http://www.w3.org/ns/org#",
        "http://rdf-vocabulary.ddialliance.org/xkos#",
    )
)
STANDARDS = ("GB/T 46686.1-2025", "GB/T 48000.3-2026", "GB/T 22373-2021")


@pytest.fixture(scope="module")
def ontology() -> Graph:
    graph = Graph()
    for path in sorted(resource("ontology").glob("*.ttl")):
        graph.parse(path, format="turtle")
    return graph


def lines() -> list[tuple[str, str, str, str]]:
    """The lines of the tables: the standard, the line, its state, its test."""
    found, standard = [], ""
    for text in TEXT.splitlines():
        if text.startswith("## "):
            standard = next(number for number in STANDARDS if number in text)
        cells = [cell.strip() for cell in text.strip("|").split("|")]
        if standard and text.startswith("|") and len(cells) == 4 and cells[2] in "✓◐✗?":
            found.append((standard, cells[0], cells[2], cells[3].strip("`")))
    return found


def labels(ontology: Graph, kind: URIRef) -> set[str]:
    return {
        str(label)
        for term in ontology.subjects(RDF.type, kind)
        for label in ontology.objects(term, RDFS.label)
        if isinstance(label, Literal) and label.language == "zh"
    }


def test_every_line_has_a_state_and_every_standard_its_lines() -> None:
    assert {standard for standard, *_ in lines()} == set(STANDARDS)
    assert {state for _, _, state, _ in lines()} == {"✓", "◐", "✗", "?"}
    rows = [text for text in TEXT.splitlines() if text.startswith("| ") and "tests/" in text]
    assert len(lines()) == len(rows) == 15


@pytest.mark.parametrize("line", lines(), ids=lambda line: f"{line[0]} {line[1][:24]}")
def test_the_test_named_beside_a_line_exists(line: tuple[str, str, str, str]) -> None:
    file, _, name = line[3].partition("::")
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    assert name in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    assert (line[2] == "?") is (name == "test_what_could_not_be_read_is_not_claimed")


def test_the_terms_named_in_the_table_exist(ontology: Graph) -> None:
    named = set(re.findall(r"`ais:(\w+)`", TEXT))
    assert named and {n for n in named if (AIS[n], RDFS.isDefinedBy, None) not in ontology} == set()


def test_what_could_not_be_read_is_not_claimed(ontology: Graph) -> None:
    assert list(ontology.subject_objects(DCTERMS.conformsTo)) == []
    for path in sorted((ROOT / "docs").glob("*.md")):
        assert not re.search(r"(conforms to|符合) ?GB/T (46686|48000|22373)", path.read_text(encoding="utf-8")), path


def test_the_guide_to_knowledge_graphs_is_on_record() -> None:
    with (resource("data") / "standards-national.csv").open(encoding="utf-8", newline="") as stream:
        [row] = [row for row in csv.DictReader(stream) if row["number"] == "GB/T 46686.1-2025"]
    assert (row["issued"], row["implemented"], row["part"].split(";")[0]) == ("2025-12-02", "2026-07-01", "CB")
    assert row["title_zh"] in TEXT and row["source"]
    with (resource("data") / "doubtful.csv").open(encoding="utf-8", newline="") as stream:
        assert [row for row in csv.DictReader(stream) if row["number"] == "GB/T 48000.3-2026"]


def test_records_relations_and_sources_are_one_graph(counts: Counts) -> None:
    """From a standard one comes to its part, the standard it replaces, its project and its source without leaving the graph."""
    for path in ("ais:inPart/skos:broader", "ais:replaces/ais:number", "^ais:result/ais:stage", "^ais:evidenceOf/dcterms:source"):  # fmt: skip
        text = f"{SPARQL_PROLOGUE} ASK {{ ?standard a ais:Standard ; {path} ?end }}"
        assert bool(counts.store.query(text, use_default_graph_as_union=True)), path


def test_the_standard_entity_is_named(ontology: Graph) -> None:
    for name in ("Standard", "UndatedStandard", "Series"):
        assert (AIS[name], RDF.type, OWL.Class) in ontology
    assert len(list(ontology.subjects(RDFS.subClassOf, AIS.Standard))) >= 6


def test_the_standardization_object_and_the_element_have_no_class(ontology: Graph) -> None:
    assert not labels(ontology, OWL.Class) & {"标准化对象", "要素", "标准要素"}


def test_committees_are_organizations_and_other_parties_are_text(ontology: Graph) -> None:
    kinds = set(ontology.objects(AIS.Committee, RDFS.subClassOf))
    assert any(str(kind).startswith(str(ORG)) for kind in kinds)
    assert (AIS.party, RDF.type, OWL.DatatypeProperty) in ontology


def test_domain_categories_are_concepts_of_a_scheme(ontology: Graph) -> None:
    for kind in (AIS.Part, AIS.ChainLayer):
        assert (kind, RDFS.subClassOf, SKOS.Concept) in ontology
        for concept in ontology.subjects(RDF.type, kind):
            assert (concept, SKOS.notation, None) in ontology and (concept, SKOS.inScheme, None) in ontology


def test_hierarchies_end_at_top_parts_and_levels_are_not_named(ontology: Graph) -> None:
    import networkx as nx

    assert nx.is_directed_acyclic_graph(graph_of(load_ontology(), "skos:broader"))
    for part in ontology.subjects(RDF.type, AIS.Part):
        assert ((part, SKOS.broader, None) in ontology) is not ((part, SKOS.topConceptOf, None) in ontology)
    assert list(ontology.subjects(RDF.type, XKOS.ClassificationLevel)) == []


def test_what_describes_a_standard_has_a_column_and_a_property(ontology: Graph) -> None:
    table = next(table for table in tables() if table.kind == "standard")
    for name in ("number", "title_zh", "title_en", "level", "nature", "issued", "implemented", "withdrawn", "committee", "ics", "ccs", "replaces", "adopts", "adoption_degree"):  # fmt: skip
        column = table.column(name)
        assert column is not None
        prefix, _, local = column.property.partition(":")
        if prefix == "ais":
            said = {label.language for label in ontology.objects(AIS[local], RDFS.label) if isinstance(label, Literal)}
            assert said == {"zh", "en"}, name
