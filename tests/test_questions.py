"""Tested questions: hand-worked rows over a small graph from two engines, and what a question file must say."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pyoxigraph as ox
import pytest
from rdflib import Dataset

from aistandards.counts import Counts
from aistandards.namespaces import expand
from aistandards.queries import Library, Query
from aistandards.settings import resource
from conftest import Cli
from engines import by_oxigraph, by_rdflib
from questions import SMALL, Case, cases

QUERIES = list(Library(resource("queries")))
CASES = list(cases())


@pytest.fixture(scope="module")
def small() -> ox.Store:
    """The small graph in pyoxigraph."""
    store = ox.Store()
    store.load(path=SMALL)
    return store


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    """The small graph in rdflib, read from the file itself."""
    found = Dataset(default_union=True)
    found.parse(SMALL)
    return found


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case.name))
def test_a_question_has_the_rows_worked_out_by_hand(case: Case, small: ox.Store, dataset: Dataset) -> None:
    assert case.expected, "a question without a row shows nothing"
    assert case.ordered == ("ORDER BY" in case.query.text)
    assert by_oxigraph(small, case.text) == case.expected
    assert by_rdflib(dataset, case.text) == case.expected


def test_every_question_is_tested() -> None:
    assert {case.query.name for case in CASES} == {query.name for query in QUERIES}
    assert len(QUERIES) >= 45


def test_every_parameter_of_every_question_is_bound_in_some_case() -> None:
    for query in QUERIES:
        bound = {name for case in CASES if case.query.name == query.name for name in case.terms}
        needed = {parameter.name for parameter in query.parameters if parameter.required or parameter.default}
        assert needed <= bound <= {parameter.name for parameter in query.parameters}, query.name


def test_every_column_is_filled_in_some_case() -> None:
    for query in QUERIES:
        filled = {name for case in CASES if case.query.name == query.name for row in case.rows for name in row}
        assert filled == set(query.columns), query.name


def test_the_small_graph_speaks_as_a_build_does(counts: Counts, small: ox.Store) -> None:
    """Every property is used in the shipped store or declared in the ontology (no shipped project has a due date)."""
    rdf_type = ox.NamedNode(expand("rdf:type"))
    declared = {
        quad.subject.value
        for kind_of in ("owl:DatatypeProperty", "owl:ObjectProperty")
        for quad in counts.store.quads_for_pattern(None, rdf_type, ox.NamedNode(expand(kind_of)))
        if isinstance(quad.subject, ox.NamedNode)
    }
    known = {quad.predicate.value for quad in counts.store} | declared
    classes = {quad.object for quad in counts.store.quads_for_pattern(None, rdf_type, None)}
    assert {quad.predicate.value for quad in small} <= known
    assert {quad.object for quad in small.quads_for_pattern(None, rdf_type, None)} <= classes
    triples = [str(quad.triple) for quad in small]
    assert len(triples) == len(set(triples)), "a triple stands in one graph"


def kind(term: ox.NamedNode | ox.Literal) -> str:
    if isinstance(term, ox.NamedNode):
        return "iri"
    name = term.datatype.value.rsplit("#", 1)[-1]
    return "text" if name in ("string", "langString") else name


def test_the_page_of_the_queries_is_the_one_that_make_docs_writes() -> None:
    tool = runpy.run_path(str(Path(__file__).parents[1] / "tools" / "queries_page.py"))
    assert tool["PAGE"].read_text(encoding="utf-8") == tool["page"](Library(resource("queries"))), "run `make docs`"


def test_one_query_in_full(cli: Cli) -> None:
    query = Library(resource("queries")).get("what-applies")
    shown = {language: cli("queries", "what-applies", "--lang", language).stdout for language in ("zh", "en")}
    assert query.description_zh in shown["zh"] and query.description in shown["en"]
    for printed in shown.values():
        assert query.text.rstrip() in printed
        assert all(name in printed for name in (*query.columns, *(p.name for p in query.parameters)))
    refused = cli("queries", "what-aplies", "--lang", "en")
    assert refused.code == 2 and "Did you mean what-applies" in refused.text


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: str(query.name))
def test_cells_have_the_type_that_front_matter_promises(query: Query, counts: Counts, small: ox.Store) -> None:
    texts = [(small, case.text) for case in CASES if case.query.name == query.name]
    texts.append((counts.store, query.bind({p.name: p.example for p in query.parameters if p.required and p.example})))
    for store, text in texts:
        solutions = store.query(text, use_default_graph_as_union=True)
        assert isinstance(solutions, ox.QuerySolutions)
        for solution in solutions:
            for name, column in query.columns.items():
                if solution[name] is not None:
                    assert kind(solution[name]) == column.type, (name, solution[name])


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: str(query.name))
def test_a_question_is_explained_in_both_languages_and_runs_anywhere(query: Query) -> None:
    assert re.search("[a-z]", query.description) and not re.search("[一-鿿]", query.description)
    assert re.search("[一-鿿]", query.description_zh)
    assert query.description.endswith(".") and query.description_zh.endswith("。")
    for column in query.columns.values():
        assert re.search("[一-鿿]", column.label_zh) and column.label_en
    for parameter in query.parameters:
        assert f"VALUES ?{parameter.name} {{ UNDEF }}" in query.text
        assert len(re.findall(rf"\?{parameter.name}\b", query.text)) >= 2, f"?{parameter.name} is asked and not used"
    words = re.sub(r'<[^>]*>|"[^"]*"|#.*', "", query.text)
    used = set(re.findall(r"(?<![\w?:-])([a-z-]+):[A-Za-z]", words))
    declared = set(re.findall(r"^PREFIX ([\w-]+):", query.text, re.MULTILINE))
    assert used == declared, "a file declares the prefixes it uses, no more"
    assert not re.search(r"\bSERVICE\b|\bFROM\b|\bGRAPH\b", words), "one store, the union of its graphs"
    ox.Store().query(query.text)  # as it stands, without our prologue
