"""The lint of the model finds what is wrong with it, and a user's Turtle cannot reach into it."""

from __future__ import annotations

from pathlib import Path

import pytest

from aistandards import lint
from aistandards.namespaces import AIS, PREFIXES
from aistandards.settings import resource
from badfiles import TURTLE
from conftest import Cli

TERM = f"""@prefix ais: <{AIS}> .
@prefix dcterms: <{PREFIXES["dcterms"]}> .
@prefix owl: <{PREFIXES["owl"]}> .
@prefix rdfs: <{PREFIXES["rdfs"]}> .
@prefix skos: <{PREFIXES["skos"]}> .
@prefix vs: <{PREFIXES["vs"]}> .
@prefix xsd: <{PREFIXES["xsd"]}> .
ais:Mine a owl:Class ;
    rdfs:label "甲"@zh, "mine"@en ;
    skos:definition "甲。"@zh, "Mine."@en ;
    dcterms:source "a test" ;
    dcterms:created "2026-11-24"^^xsd:date ; dcterms:modified "2026-11-24"^^xsd:date ;
    vs:term_status "testing" ; rdfs:isDefinedBy <{AIS.rstrip("#")}> .
"""


def test_the_shipped_model_has_nothing_to_find() -> None:
    assert [finding.text() for finding in lint.check()] == []


@pytest.mark.parametrize(
    ("rule", "now", "then"),
    [
        ("term-label", '"甲"@zh, ', ""),
        ("term-label", '"mine"@en', '"mine"@fr'),
        ("term-definition", ', "Mine."@en', ""),
        ("term-source", 'dcterms:source "a test" ;', ""),
        ("term-created", '2026-11-24"^^xsd:date ; dcterms:modified', '2026-11-25"^^xsd:date ; dcterms:modified'),
        ("term-modified", ' ; dcterms:modified "2026-11-24"^^xsd:date', ""),
        ("term-status", '"testing"', '"fine"'),
        ("term-defined-by", f"<{AIS.rstrip('#')}>", "<https://example.org/>"),
        ("class-name", "ais:Mine", "ais:mine"),
        ("property-name", "ais:Mine a owl:Class", "ais:Mine a owl:ObjectProperty"),
    ],
)
def test_a_term_that_lacks_something_is_found(tmp_path: Path, rule: str, now: str, then: str) -> None:
    assert now in TERM
    (tmp_path / "ok.ttl").write_text(TERM, encoding="utf-8")
    assert lint.check_terms(tmp_path) == []
    (tmp_path / "ok.ttl").write_text(TERM.replace(now, then), encoding="utf-8")
    assert {finding.rule for finding in lint.check_terms(tmp_path)} == {rule}


@pytest.mark.parametrize(
    ("name", "text", "line", "fix"),
    [
        ("a.ttl", "@prefix dcterms: <http://purl.org/dc/terms/> .\n<x> dcterms:tittle 1 .", 2, "dcterms:title"),
        ("b.ttl", "<x> <http://www.w3.org/ns/prov#wasDerivedFrm> <y> .", 1, "prov:wasDerivedFrom"),
        ("c.rq", "SELECT * WHERE {\n  ?x ais:inPrt ?y }", 2, "ais:inPart"),
        ("d.ru", "INSERT { ?x skos:broadr ?y } WHERE { ?x skos:broader ?y }", 1, "skos:broader"),
        (
            "e.ttl",
            '@prefix ais: <https://w3id.org/aistandards/ontology#> .\n# ais:noTerm\n<x> ais:number "ais:noTerm" .',
            None,
            None,
        ),
        ("f.ttl", "<x> <http://www.w3.org/ns/dcat#version> 1 .", None, None),
    ],
)
def test_a_term_its_vocabulary_lacks_is_found_with_the_nearest(
    tmp_path: Path, name: str, text: str, line: int | None, fix: str | None
) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    found = lint.unknown_terms(lint.uses_of(path), lint.own_terms(), lint.foreign_terms())
    assert [(f.file, f.line, f.suggestion) for f in found] == ([(name, line, fix)] if line else [])


def test_every_foreign_term_of_the_list_has_a_source_and_is_in_no_list_of_rdflib() -> None:
    lines = (resource("ontology") / "reused.csv").read_text(encoding="utf-8").splitlines()
    rows = [line.split(",") for line in lines[1:]]
    assert rows and all(len(row) == 4 and all(row) for row in rows)
    assert len({(row[1], row[2]) for row in rows}) == len(rows)


# ---------------------------------------------------------------- a user's Turtle

BAD = {
    "an unknown class": ("<urn:x> a ais:NationalStandrd .", "term-unknown", 5, "ais:NationalStandard"),
    "an unknown property": ('<urn:x> ais:numbr "GB/T 1-2025" .', "term-unknown", 5, "ais:number"),
    "a new term in our namespace": ("ais:Mine a <urn:y> .", "term-unknown", 5, ""),
    "another meaning for a term": ("ais:Standard <urn:p> <urn:y> .", "model-changed", 5, "own"),
    "an import": (
        "<urn:x> <http://www.w3.org/2002/07/owl#imports> <http://127.0.0.1:9/other> .",
        "import-foreign",
        5,
        "delete",
    ),
}


@pytest.mark.parametrize("name", BAD)
@pytest.mark.parametrize("verb", ["validate", "build"])
def test_turtle_that_reaches_into_the_model_is_refused_with_its_place(
    name: str, verb: str, cli: Cli, own_store: Path, tmp_path: Path
) -> None:
    statement, rule, line, fix = BAD[name]
    data = tmp_path / "data"
    data.mkdir()
    (data / "mine.ttl").write_text(f"{TURTLE}{statement}\n", encoding="utf-8")
    before = (own_store / "CURRENT").read_bytes()
    words = [verb, "--data", data] if verb == "build" else [verb, data]
    outcome = cli(*words, store=own_store)
    assert outcome.code == 1
    said = next(text for text in outcome.text.splitlines() if f"violation {rule}" in text)
    assert f"mine.ttl:{line}:" in said and fix in said
    assert (own_store / "CURRENT").read_bytes() == before
