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
