"""The vocabulary read out of the graph: expressions in words, use, diagrams; its changes page; engineers' tools load it."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pyoxigraph as ox
import pytest
import rdflib
import rdflib.compare
from hypothesis import given
from hypothesis import strategies as st

import termchanges
from aistandards import diagram
from aistandards.counts import Counts
from aistandards.expressions import climb, members, pieces
from aistandards.namespaces import AIS, PREFIXES, compress
from aistandards.pipeline import load_ontology
from aistandards.serialise import FORMS, serialise
from aistandards.vocabulary import IRI, KINDS, Vocabulary

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def vocabulary(counts: Counts) -> Vocabulary:
    return Vocabulary(counts.store)


def store_of(turtle: str) -> ox.Store:
    store = ox.Store()
    prologue = "".join(f"@prefix {name}: <{iri}> .\n" for name, iri in PREFIXES.items()) + "@prefix : <http://x/> .\n"
    store.load((prologue + turtle).encode(), format=ox.RdfFormat.TURTLE)
    return store


def words(turtle: str) -> str:
    """What stands as the value of ``:a rdfs:subClassOf``, as shown."""
    store = store_of(turtle)
    (quad,) = store.quads_for_pattern(ox.NamedNode("http://x/a"), ox.NamedNode(PREFIXES["rdfs"] + "subClassOf"), None)
    assert not isinstance(quad.object, ox.Triple)
    shown = [
        p if isinstance(p, str) else compress(p.value).replace("http://x/", "") for p in pieces(store, quad.object)
    ]
    return "".join(shown)


@pytest.mark.parametrize(
    ("expression", "shown"),
    [
        ("[ a owl:Restriction ; owl:onProperty :p ; owl:someValuesFrom :C ]", "p some C"),
        ("[ a owl:Restriction ; owl:onProperty :p ; owl:allValuesFrom :C ]", "p only C"),
        ("[ a owl:Restriction ; owl:onProperty :p ; owl:hasValue :v ]", "p value v"),
        ("[ a owl:Restriction ; owl:onProperty :p ; owl:hasSelf true ]", "p Self "),
        ("[ a owl:Restriction ; owl:onProperty :p ; owl:maxCardinality 1 ]", "p max 1"),
        ("[ a owl:Restriction ; owl:onProperty :p ; owl:qualifiedCardinality 2 ; owl:onClass :C ]", "p exactly 2 C"),
        ("[ owl:intersectionOf ( :A [ owl:unionOf ( :B :C ) ] ) ]", "(A and (B or C))"),
        ("[ owl:complementOf [ owl:oneOf ( :x :y ) ] ]", "not {x, y}"),
        ("[ owl:onProperty [ owl:inverseOf :p ] ; owl:someValuesFrom owl:Thing ]", "inverse p some owl:Thing"),
        (
            "[ owl:onDatatype xsd:integer ; owl:withRestrictions ( [ xsd:minInclusive 1 ] [ xsd:maxExclusive 9 ] ) ]",
            "xsd:integer[>=1, <9]",
        ),
        ("( :a :b )", "(a, b)"),
        ("[ :q :r ]", "[http://x/q r]"),
    ],
)
def test_class_expressions_are_written_in_words(expression: str, shown: str) -> None:
    assert words(f":a rdfs:subClassOf {expression} .") == shown


def test_an_expression_that_contains_itself_ends() -> None:
    assert words(":a rdfs:subClassOf _:x . _:x owl:complementOf _:x .") == "not …"
    store = store_of("_:l rdf:first :a ; rdf:rest _:l .")
    (quad,) = store.quads_for_pattern(None, ox.NamedNode(PREFIXES["rdf"] + "first"), None)
    assert not isinstance(quad.subject, ox.Triple)
    assert members(store, quad.subject) == [ox.NamedNode("http://x/a")]
    assert climb(store, quad).subject == quad.subject


@given(st.lists(st.integers(0, 9), min_size=1, max_size=8))
def test_a_list_is_read_in_order_and_climbed_back(numbers: list[int]) -> None:
    store = store_of(f":a :has ( {' '.join(map(str, numbers))} ) .")
    (top,) = store.quads_for_pattern(ox.NamedNode("http://x/a"), None, None)
    assert not isinstance(top.object, ox.Triple)
    assert [int(m.value) for m in members(store, top.object)] == numbers
    for quad in store.quads_for_pattern(None, ox.NamedNode(PREFIXES["rdf"] + "first"), None):
        assert climb(store, quad) == top


def test_every_own_term_of_the_files_is_read_once(vocabulary: Vocabulary) -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "ontology").glob("*.ttl")))
    declared = re.findall(r"^ais:(\w+) a (owl:Class|owl:\w*Property|rdf:Property)\b", text, re.M)
    read = [(entry.name, entry.kind) for kind in KINDS for entry in vocabulary.terms[kind]]
    assert len(read) == len(set(read)) and {name for name, _ in read} == {name for name, _ in declared}
    for kind in KINDS:
        for entry in vocabulary.terms[kind]:
            assert entry.label.zh and entry.label.en and entry.definition.zh and entry.definition.en, entry.iri
            assert entry.get("dcterms:source") and entry.get("vs:term_status") and entry.get("dcterms:created"), (
                entry.iri
            )


def test_concepts_stand_below_their_broader_concept(vocabulary: Vocabulary) -> None:
    schemes = {scheme.name: concepts for scheme, concepts in vocabulary.schemes}
    parts = schemes["id/system/guide-2024"]
    assert [p.notation for p in parts if p.depth == 0] == list("ABCDEFG")
    at = next(i for i, p in enumerate(parts) if p.notation == "C")
    below = list(itertools.takewhile(lambda p: p.depth > 0, parts[at + 1 :]))
    assert [p.notation for p in below] == [f"C{letter}" for letter in "ABCDEFGHIJKL"]
    inside = [concept.iri for concepts in schemes.values() for concept in concepts]
    assert sorted(inside) == sorted(vocabulary.facts.values("skos:inScheme"))


def test_use_counts_each_statement_once_for_its_class(vocabulary: Vocabulary, counts: Counts) -> None:
    on, to = vocabulary.use[AIS + "verdictFor"]
    number = sum(1 for _ in counts.store.quads_for_pattern(None, ox.NamedNode(AIS + "verdictFor"), None))
    assert on == [(AIS + "Verdict", number)] and sum(count for _, count in to) == number
    assert Vocabulary(counts.store, countable=False).use == {}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_boxes_of_the_diagrams_do_not_overlap_and_hold_their_text(vocabulary: Vocabulary, language: str) -> None:
    for drawing in (diagram.model(vocabulary, language), diagram.tree(vocabulary, language)):
        for one, other in itertools.combinations(drawing.boxes, 2):
            apart = one.x + one.width <= other.x or other.x + other.width <= one.x
            assert apart or one.y + one.height <= other.y or other.y + other.height <= one.y, (one.iri, other.iri)
        for box in drawing.boxes:
            assert box.x >= 0 and box.x + box.width <= drawing.width and box.y + box.height <= drawing.height
        assert len(drawing.lines) > 20


def test_the_tree_shows_every_class_and_the_model_the_main_relations(vocabulary: Vocabulary) -> None:
    tree, model = diagram.tree(vocabulary, "en"), diagram.model(vocabulary, "en")
    assert {box.iri for box in tree.boxes if box.is_own} == {entry.iri for entry in vocabulary.terms["owl:Class"]}
    rows = {(box.name, name) for box in model.boxes for _, name in box.rows}
    assert {("ais:Standard", "inPart"), ("ais:Verdict", "underRule"), ("ais:Standard", "evidence")} <= rows
    places = {box.name: box.x for box in model.boxes}
    assert places["ais:Verdict"] < places["ais:Standard"] < places["ais:Part"]


def test_a_diagram_without_use_or_axioms_is_not_an_error() -> None:
    bare = Vocabulary(load_ontology(), countable=False)
    assert diagram.tree(bare, "zh").boxes
    assert diagram.model(bare, "zh").width > 0


def test_every_own_term_is_on_the_page_of_changes_with_its_version_and_day(vocabulary: Vocabulary) -> None:
    text = termchanges.PAGE.read_text(encoding="utf-8")
    listed, known = termchanges.listed(text), termchanges.terms(vocabulary)
    assert set(listed) <= set(known), "a term was deleted: deprecate it instead"
    missing = [termchanges.row(known[name]) for name in known if name not in listed]
    assert not missing, "run `python tests/termchanges.py`; missing:\n" + "\n".join(missing)
    assert text == termchanges.rewritten(text, known), "run `python tests/termchanges.py`"
    for name, (_, day, _) in listed.items():
        (created,) = known[name].get("dcterms:created")[0]
        assert isinstance(created, ox.Literal) and created.value <= day, name


def test_a_new_term_is_written_into_the_newest_version_and_old_ones_stay(vocabulary: Vocabulary) -> None:
    text = termchanges.PAGE.read_text(encoding="utf-8")
    without = text.replace(termchanges.row(termchanges.terms(vocabulary)["Standard"]) + "\n", "")
    again = termchanges.listed(termchanges.rewritten(without, termchanges.terms(vocabulary)))
    assert again["Standard"][0] == vocabulary.version != "0.1.0"
    assert again["Project"][0] == "0.1.0"


def test_the_newest_version_on_the_page_is_that_of_the_header(vocabulary: Vocabulary) -> None:
    text = (ROOT / "docs" / "ontology-changes.md").read_text(encoding="utf-8")
    versions = re.findall(r"^## (\S+) \(", text, re.M)
    assert versions[0] == vocabulary.version
    for name in ("owl:priorVersion", "owl:backwardCompatibleWith"):
        ((prior,),) = vocabulary.header.get(name)
        assert isinstance(prior, ox.NamedNode) and prior.value == f"{IRI}/{versions[1]}"


def test_turtle_json_ld_and_rdf_xml_are_isomorphic_through_rdflib(vocabulary: Vocabulary) -> None:
    formats = {"turtle": "turtle", "jsonld": "json-ld", "rdfxml": "xml", "ntriples": "nt"}
    whole = rdflib.Graph().parse(data=serialise(vocabulary.triples, FORMS[-1]), format="nt")
    base = set(rdflib.compare.to_canonical_graph(whole))
    for form in FORMS:
        read = rdflib.Graph().parse(data=serialise(vocabulary.triples, form), format=formats[form.name])
        assert set(rdflib.compare.to_canonical_graph(read)) == base, form.name
        written = read.serialize(format=formats[form.name])
        back = {quad.triple for quad in ox.parse(written, format=form.rdf)}
        assert len(back) == len(base), form.name


def test_owlready2_loads_the_ontology(vocabulary: Vocabulary, tmp_path: Path) -> None:
    owlready2 = pytest.importorskip("owlready2")
    file = tmp_path / "aistandards.rdf"
    file.write_bytes(serialise(vocabulary.triples, next(form for form in FORMS if form.name == "rdfxml")))
    world = owlready2.World()
    world.get_ontology(file.as_uri()).load()
    loaded = {entity.iri for entity in [*world.classes(), *world.object_properties(), *world.data_properties()]}
    for kind in ("owl:Class", "owl:ObjectProperty", "owl:DatatypeProperty"):
        assert {entry.iri for entry in vocabulary.terms[kind]} <= loaded
    standard, concrete = world[AIS + "Standard"], world[AIS + "NationalStandard"]
    assert standard in concrete.is_a and {str(label) for label in standard.label} == {"标准", "standard"}
