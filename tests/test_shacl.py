"""Compiled shapes against pySHACL: every kind of constraint, target and path, and what is not compiled."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from aistandards import pipeline, validation
from aistandards.shacl.engine import Engine
from shaclpeers import by_pyshacl, compiled, data_of, multiset
from shapecases import CASES, PROLOGUE, SPARQL, sparql_shape

CORPUS = sorted((Path(__file__).parent / "shapes").glob("*/*.*"))


@pytest.mark.parametrize("case", CASES)
def test_a_constraint_finds_what_pyshacl_finds(case: str) -> None:
    shapes, data, number = CASES[case]
    ours = compiled(PROLOGUE + shapes)
    assert ours.plan.fallen == []
    found = ours.validate(data_of(PROLOGUE + data))
    theirs = by_pyshacl(PROLOGUE + shapes, PROLOGUE + data)
    stated = "sh:message" in shapes
    assert multiset(found, stated) == multiset(theirs, stated)
    assert len(found) == number


@pytest.mark.parametrize("case", SPARQL)
def test_a_sparql_constraint_finds_what_pyshacl_finds(case: str) -> None:
    query, data, number = SPARQL[case]
    ours = compiled(PROLOGUE + sparql_shape(query))
    assert ours.plan.fallen == []
    found = ours.validate(data_of(PROLOGUE + data))
    assert multiset(found) == multiset(by_pyshacl(PROLOGUE + sparql_shape(query), PROLOGUE + data))
    assert number is None or len(found) == number


def test_a_shape_with_a_sparql_target_alone_falls_back_and_is_run() -> None:
    """pySHACL without its advanced features passes over the target in silence, and so once did the compiler."""
    query = "SELECT ?this WHERE { ?this <https://example.org/p> 1 }"
    shapes = compiled(
        f'{PROLOGUE} ex:S a sh:NodeShape ; sh:nodeKind sh:Literal ; sh:target [ a sh:SPARQLTarget ; sh:select "{query}" ] .'
        "ex:C a owl:Class, sh:NodeShape ; sh:class ex:Other ."
    )
    assert [(fallen.shape, fallen.en) for fallen in shapes.plan.fallen] == [
        ("<https://example.org/S>", "the compiler does not know sh:target")
    ]
    found = shapes.validate(data_of(PROLOGUE + "ex:a ex:p 1 . ex:b ex:p 2 . ex:c a ex:C ."))
    assert sorted((result.focus, result.shape) for result in found) == [
        ("<https://example.org/a>", "<https://example.org/S>"),
        ("<https://example.org/c>", "<https://example.org/C>"),
    ]


def test_a_target_that_no_engine_knows_is_said() -> None:
    shapes = compiled(f"{PROLOGUE} ex:S sh:targetWhere [ sh:class ex:C ] ; sh:nodeKind sh:Literal .")
    assert [fallen.en for fallen in shapes.plan.fallen] == ["the compiler does not know sh:targetWhere"]


def test_no_shipped_shape_falls_back() -> None:
    plan = validation.compiled_shapes().plan
    assert plan.fallen == [] and len(plan.rules) > 100


def test_both_engines_have_the_same_findings_on_all_examples() -> None:
    def findings(engine: Engine) -> list[str]:
        report = pipeline.validate_paths([str(path) for path in CORPUS], io.BytesIO(), engine=engine).report
        assert report.engine == engine and report.fell_back == {}
        return [str(finding.as_dict()) for finding in report.findings]

    ours = findings("compiled")
    assert len(ours) > 150
    assert ours == findings("pyshacl")
