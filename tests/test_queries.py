"""Saved queries: equal rows on two engines over awkward data, an answer for each, and parameters that are terms, never text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date
from itertools import product
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rdflib import Dataset, URIRef

import smallset
from aistandards import derive
from aistandards.counts import Counts
from aistandards.errors import QueryError, UsageError
from aistandards.namespaces import SPARQL_PROLOGUE, expand, item, key_of
from aistandards.queries import Library, Parameter, Query, read_query
from aistandards.settings import resource
from conftest import Cli
from engines import by_oxigraph, by_rdflib

QUERIES = list(Library(resource("queries")))
CHECKS = list(Library(resource("queries") / "checks"))
NOVELTY = sorted((resource("queries") / "novelty").glob("*.rq"))

# what each query is asked over the made-up data, beside the example of its front matter
ASKED: dict[str, list[dict[str, str]]] = {
    name: [{"rule": rule, "day": day} for rule, day in product(("guide", "narrow", "stock", "led"), ("2024-12-31", "2026-11-24"))]
    for name in ("coverage-by-part", "coverage-total", "one-source-records")
}  # fmt: skip
ASKED |= {name: [{"day": day} for day in ("2024-07-02", "2026-06-01", "2026-11-24")] for name in (
    "status-on-day", "empty-parts", "replaced-references", "projects-overdue",
)}  # fmt: skip
ASKED["standards-of-part"] = [{"part": part} for part in ("CA", "F:health", "guide-2024/D", "C")]
ASKED["results-without-plan"] = [
    {"level": level, "from": "2024-07-02", "until": "2026-12-31"} for level in ("national", "industry")
]
ASKED["statements"] = [{}, {"indicator": "T2"}, {"indicator": "T9"}]
ASKED |= {
    name: [{"policy": slug} for slug in ("draft", "later", "none")] for name in ("policy-clauses", "policy-rules")
}
ASKED["policy-documents"] = [{}, {"status": "draft"}]
ASKED["policy-figures"] = [{}, {"policy": "telecom-2023"}]
ASKED["policy-links"] = [{}, {"policy": "draft"}]
ASKED["policy-measures"] = [{}, {"part": "BE"}, {"part": "AA"}]
ASKED["policy-asks"] = [{}, {"layer": "model"}]
ASKED["policy-targets"] = [{}, {"year": "2026"}, {"year": "2027"}]
ASKED |= {
    "what-applies": [
        {"day": "2026-11-24"},
        {"day": "2026-11-24", "part": "C", "scope": "core"},
        {"day": "2025-12-31", "level": "industry", "layer": "model"},
    ],
    "new-since": [{"since": "2024-07-20"}, {"since": "2026-01-01", "level": "national"}],
    "replaced-by": [{"number": number} for number in ("GB/T 90002-2020", "GB/T 80005-2012", "GB/T 90001-2025")],
    "ended-since": [{"since": "2020-01-01", "until": "2026-11-24"}],
    "coming-into-force": [{"day": "2026-06-01", "until": until} for until in ("2026-12-31", "2030-01-01")],
    "standards-of-series": [{"number": "GB/Z 90024.2-2025"}],
    "committees-of-part": [{"part": "CA"}, {"part": "guide-2024/F"}],
    "standards-of-committee": [{"committee": code} for code in ("SAC/TC28/SC42", "ISO/IEC JTC 1/SC 42")],
    "part-in-edition": [{"number": "GB/T 90001-2025", "edition": edition} for edition in ("draft-2024", "guide-2020")],
    "why-it-counts": [
        {"number": number, "rule": rule, "day": "2026-11-24"}
        for number, rule in product(("GB/T 90001-2025", "GB/T 90017-2024", "GB/Z 90009-2025"), ("guide", "narrow"))
    ],
    "rules-differ": [{"other": other, "day": "2026-11-24"} for other in ("narrow", "stock", "guide-from-draft")],
    "growth-by-month": [{"rule": rule} for rule in ("guide", "stock", "took-part")],
    "sources-of-number": [{"number": "GB/T 90001-2025"}],
    "conflicts": [{}, {"number": "GB/T 90022-2024"}],
    "no-english-title": [{}, {"level": "national"}],
    "records-of-year": [{"year": "2024"}, {"year": "2025", "level": "industry"}],
}
ASKED["verdict-intervals"] = [{"rule": "guide"}, {"rule": "took-part"}]

Row = tuple[tuple[str, Any], ...]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> ox.Store:
    """The made-up data with the rows that the checks look for."""
    return smallset.small_store(tmp_path_factory.mktemp("small"), with_errors=True)


@pytest.fixture(scope="module")
def dataset(small: ox.Store) -> Dataset:
    """The same quads in rdflib, the default graph being the union as in the store."""
    found = Dataset(default_union=True)
    found.parse(data=ox.serialize(iter(small), format=ox.RdfFormat.N_QUADS), format="nquads")
    return found


def asked_of(query: Query) -> list[dict[str, str]]:
    example = {p.name: p.example for p in query.parameters if p.example and p.required}
    return ASKED.get(query.name, [example])


# minutes in rdflib over the made-up data; tests/shapes has a good and a bad example of each
SLOW = ("excluding-classes", "value-of-class", "value-of-kind")


@pytest.mark.parametrize("query", [q for q in [*QUERIES, *CHECKS] if q.name not in SLOW], ids=lambda q: str(q.name))
def test_two_engines_give_the_same_rows_over_awkward_data(query: Query, small: ox.Store, dataset: Dataset) -> None:
    rows = 0
    for given_values in asked_of(query):
        text = query.bind(given_values)
        ours = by_oxigraph(small, text)
        assert Counter(ours) == Counter(by_rdflib(dataset, text)), given_values
        rows += len(ours)
    assert rows > 0, "no row at all: the data or the query is wrong"


@pytest.mark.parametrize("path", NOVELTY, ids=lambda path: str(path.stem))
def test_the_grounds_of_novelty_are_the_same_on_two_engines(path: Path, small: ox.Store, dataset: Dataset) -> None:
    text = SPARQL_PROLOGUE + path.read_text(encoding="utf-8")
    ours = by_oxigraph(small, text)
    assert Counter(ours) == Counter(by_rdflib(dataset, text))
    assert ours and len(set(ours)) == len(ours), "every witness once"


def test_inference_gives_the_same_triples_on_two_engines(small: ox.Store) -> None:
    stated = ox.Store()
    stated.extend(quad for quad in small if quad.graph_name != derive.INFERRED)
    other = Dataset(default_union=True)
    other.parse(data=ox.serialize(iter(stated), format=ox.RdfFormat.N_QUADS), format="nquads")
    assert derive.infer(stated) > 0
    for path in sorted((resource("queries") / "inference").glob("*.ru")):
        other.update(SPARQL_PROLOGUE + path.read_text(encoding="utf-8"))
    ours = {spoken(*quad.triple) for quad in stated.quads_for_pattern(None, None, None, derive.INFERRED)}
    before = {spoken(*quad.triple) for quad in small if quad.graph_name != derive.INFERRED}
    theirs = {(str(s), str(p), str(o)) for s, p, o in other.graph(URIRef(derive.INFERRED.value))} - before
    assert ours == theirs and ours


def spoken(*terms: Any) -> tuple[str, ...]:
    return tuple(term.value for term in terms if not isinstance(term, ox.BlankNode))


def test_a_triple_stands_in_one_graph_so_that_counts_over_the_union_are_right(counts: Counts, small: ox.Store) -> None:
    """The engine counts a triple once for each graph that holds it (oxigraph issue 1919)."""
    for store in (counts.store, small):
        triples = [str(quad.triple) for quad in store]
        assert len(triples) == len(set(triples))
    solutions = counts.store.query(
        SPARQL_PROLOGUE + "SELECT (COUNT(*) AS ?all) (COUNT(DISTINCT ?s) AS ?once) WHERE { ?s a ais:Standard }",
        use_default_graph_as_union=True,
    )
    assert isinstance(solutions, ox.QuerySolutions)
    (row,) = solutions
    assert row["all"] == row["once"]
    inferred = counts.store.quads_for_pattern(
        ox.NamedNode(item("standard", "gbt-45288.1-2025")), None, None, derive.INFERRED
    )
    assert expand("ais:inPart") in {quad.predicate.value for quad in inferred}, "the part above is inferred"


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: str(query.name))
def test_every_saved_query_answers_over_the_shipped_records(query: Query, counts: Counts) -> None:
    if query.name == "replaced-references":  # none refers to a replaced edition by today; one day some will
        given_values = {"day": "2030-01-01"}
    else:
        given_values = {p.name: p.example for p in query.parameters if p.required and p.example}
    rows = list(query.run(counts.store, given_values))
    assert rows or query.name == "replaced-references"
    for row in rows:
        assert set(row) <= set(query.columns)


@pytest.mark.parametrize("query", [*QUERIES, *CHECKS], ids=lambda query: str(query.name))
def test_front_matter_says_what_the_query_is_and_gives(query: Query, small: ox.Store) -> None:
    assert query.summary.endswith("?") and query.summary_zh.endswith("？")
    assert all(query.columns.values())
    for parameter in query.parameters:
        assert parameter.label_zh and parameter.label_en and parameter.example
        parameter.term(parameter.example)
        assert parameter.required or parameter.default or f"VALUES ?{parameter.name}" in query.text
    example = {p.name: p.example for p in query.parameters if p.example and p.required}
    solutions = small.query(query.bind(example), use_default_graph_as_union=True)
    assert isinstance(solutions, ox.QuerySolutions)
    names = [variable.value for variable in solutions.variables]
    documented = list(query.columns)
    assert names == documented or (query in CHECKS and set(names) <= set(documented))


# ---------------------------------------------------------------- what they answer


def answers(store: ox.Store, name: str, **given_values: str) -> list[dict[str, str]]:
    rows = Library(resource("queries")).get(name).run(store, given_values)
    return [{key: term.value for key, term in row.items()} for row in rows]


def test_references_to_what_was_replaced(small: ox.Store) -> None:
    found = {
        (r["number"], r["cited"], r["status"], r.get("successor"))
        for r in answers(small, "replaced-references", day="2026-11-24")
    }
    assert found == {
        ("GB/T 90001-2025", "GB/T 90020-2024", "superseded", "GB/T 90020-2026"),
        ("GB/T 90001-2025", "GB/T 90019-2025", "withdrawn", None),
        ("YD/T 9025-2025", "GB/T 90023-2025", "withdrawn", None),
    }
    day_before = answers(small, "replaced-references", day="2026-05-31")
    assert [row["cited"] for row in day_before] == ["GB/T 90019-2025"]


def test_overdue_projects_are_in_the_making_and_past_the_last_possible_day(small: ox.Store) -> None:
    def overdue(day: str) -> list[str]:
        return [row["id"] for row in answers(small, "projects-overdue", day=day)]

    assert overdue("2026-06-30") == [
        "20260004-T-469"
    ]  # due on the day itself is not overdue; stopped is not in the making
    assert overdue("2026-07-01") == ["20260001-T-469", "20260004-T-469"]
    assert overdue("2026-12-31") == ["20260001-T-469", "20260004-T-469"]
    assert overdue("2027-01-01") == ["20260001-T-469", "20260002-T-469", "20260004-T-469"]


def test_adoptions_of_the_committee_on_ai(small: ox.Store) -> None:
    found = {
        (row["number"], row.get("relation"), row.get("by"), row.get("degree"))
        for row in answers(small, "adoption-state")
    }
    assert ("ISO/IEC 90030:2024", "adopts", "GB/T 90033-2025", "IDT") in found
    assert ("ISO/IEC 90030:2024", "corresponds", "GB/T 90001-2025", "NEQ") in found
    assert ("ISO/IEC 90031:2024", "adopts", "20260002-T-469", "MOD") in found
    superseded = {(row["by"], row["adopted"], row["later"]) for row in answers(small, "adoptions-of-superseded")}
    assert superseded == {("GB/T 90005-2025", "ISO/IEC 90031:2019", "ISO/IEC 90031:2024")}


def test_empty_parts_fill_on_the_day_a_core_standard_comes_into_force(small: ox.Store) -> None:
    def empty(day: str) -> set[str]:
        return {row["notation"] for row in answers(small, "empty-parts", day=day)}

    assert {"CA", "AA", "F:health"} <= empty("2018-09-30")
    assert empty("2018-09-30") - empty("2018-10-01") == {"CA"}
    assert "CA" not in empty("2026-11-24")
    assert "F:health" in empty("2026-11-24")  # issued, its implementation is not on record
    assert not {"A", "C"} & empty("2019-01-01")  # top parts are no sub-parts


def test_records_of_a_part_with_what_lies_below(small: ox.Store) -> None:
    below = {row["number"]: row["primary"] for row in answers(small, "standards-of-part", part="G")}
    assert below == {"GB/T 90024.10-2026": "false"}
    assert {row["number"] for row in answers(small, "standards-of-part", part="CA")} < {
        row["number"] for row in answers(small, "standards-of-part", part="C")
    } | {"nothing"}


def test_contested_unclassified_and_thinly_sourced_records(small: ox.Store) -> None:
    assert [row["number"] for row in answers(small, "contested-records")] == ["20260001-T-469", "GB/T 90010-2025"]
    unclassified = {row["number"]: row.get("suggested") for row in answers(small, "unclassified-records")}
    assert unclassified["GB/T 90011-2025"] == "CA" and unclassified["GB/T 90012-2025"] is None
    assert "GB/T 90001-2025" not in unclassified and "ISO/IEC 90030:2024" in unclassified
    thin = {row["number"]: row["verification"] for row in answers(small, "one-source-records", day="2026-11-24")}
    assert thin["GB/T 90005-2025"] == "one-source" and thin["YD/T 9025-2025"] == "register-copy"
    assert not {"GB/T 90001-2025", "GB/T 90022-2024", "GB/T 90006.1-2025", "GB/Z 90009-2025"} & set(thin)


def test_thinly_sourced_records_are_the_rest_of_the_count(counts: Counts) -> None:
    from aistandards.coverage import coverage
    from aistandards.rules import pick

    for rule in ("guide", "national"):
        answer = coverage(counts, counts.request(pick(counts.rules, rule), date(2026, 9, 16)))["by_verification"]
        thin = Counter(
            row["verification"] for row in answers(counts.store, "one-source-records", rule=rule, day="2026-09-16")
        )
        assert thin == {name: answer[name] for name in ("one-source", "register-copy") if name in answer}


# ---------------------------------------------------------------- parameters


PARAMETERS = [Parameter(kind, kind, example="x") for kind in ("iri", "number", "date", "text", "part", "rule", "level", "layer", "integer", "edition", "token")]  # fmt: skip
INJECTIONS = [
    '"} DROP ALL #',
    "guide> } DELETE WHERE { ?s ?p ?o } #",
    'x"',
    "a\nb",
    "\\",
    "'''",
    "{ UNDEF }",
    "?rule",
    "> <",
]


def rows_of(store: ox.Store, term: ox.NamedNode | ox.Literal) -> list[Any]:
    solutions = store.query(f"SELECT ?x WHERE {{ VALUES ?x {{ {term} }} }}")
    assert isinstance(solutions, ox.QuerySolutions)
    return [solution["x"] for solution in solutions]


@pytest.mark.parametrize("parameter", PARAMETERS, ids=lambda parameter: str(parameter.type))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.one_of(st.text(min_size=1), st.sampled_from(INJECTIONS)))
def test_whatever_is_given_is_one_term_or_refused(parameter: Parameter, text: str) -> None:
    try:
        term = parameter.term(text)
    except UsageError as refused:
        assert parameter.name in refused.en and parameter.name in refused.zh
        return
    assert rows_of(ox.Store(), term) == [term]


@pytest.mark.parametrize("text", INJECTIONS)
def test_an_injection_changes_nothing_but_the_term(text: str, small: ox.Store) -> None:
    before = len(small)
    query = Library(resource("queries")).get("statements")
    assert list(query.run(small, {"indicator": text})) == []
    for name in ("rule", "day"):
        with pytest.raises(UsageError, match=name):
            list(Library(resource("queries")).get("coverage-total").run(small, {"day": "2026-11-24", name: text}))
    assert len(small) == before


@pytest.mark.parametrize(
    ("query", "given_values", "says"),
    [
        ("coverage-total", {"day": "2026-11-24", "rle": "guide"}, "Did you mean rule"),
        ("coverage-total", {"day": "2026-11-24", "rule": "gide"}, "Did you mean guide"),
        ("coverage-total", {}, "needs the parameter day, for example day=2026-11-24"),
        ("coverage-total", {"day": ""}, "needs the parameter day"),
        ("coverage-total", {"day": "2026-02-30"}, "not a date"),
        ("coverage-total", {"day": "20261124"}, "not a date"),
        ("coverage-total", {"day": "24.11.2026"}, "Example: day=2026-11-24"),
        ("coverage-total", {"day": "2026-11-24T00:00:00"}, "not a date"),
        ("standards-of-part", {"part": "CX"}, "no part “CX”"),
        ("standards-of-part", {"part": "F:helth"}, "Did you mean F:health"),
        ("standards-of-part", {"part": "guide-2025/C"}, "no part"),
        ("status-on-day", {"day": "2026-11-24", "days": "1"}, "Did you mean day"),
        ("sources-of-number", {"number": "GB/T 99999-2025"}, "is not on record"),
        ("sources-of-number", {"number": "nothing"}, "not a number"),
        ("what-applies", {"day": "2026-11-24", "scope": "cor"}, "Did you mean core"),
    ],
)
def test_a_bad_parameter_is_refused_with_the_fix(
    query: str, given_values: dict[str, str], says: str, small: ox.Store
) -> None:
    with pytest.raises(UsageError) as refused:
        list(Library(resource("queries")).get(query).run(small, given_values))
    assert says in refused.value.en
    assert refused.value.exit_code == 2 and refused.value.zh


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("number", "gbt45288.1-2025", "https://w3id.org/aistandards/id/standard/gbt-45288.1-2025"),
        ("part", "F:health", "https://w3id.org/aistandards/id/system/guide-2024/f-health"),
        ("part", "draft-2024/C", "https://w3id.org/aistandards/id/system/draft-2024/c"),
        ("rule", "guide", "https://w3id.org/aistandards/id/rule/guide"),
        ("level", "national", "https://w3id.org/aistandards/id/level/national"),
        ("layer", "foundation/data", "https://w3id.org/aistandards/id/chain/foundation/data"),
        ("edition", "draft-2024", "https://w3id.org/aistandards/id/system/draft-2024"),
        ("iri", "https://example.org/x", "https://example.org/x"),
    ],
)
def test_names_become_iris(kind: str, text: str, expected: str) -> None:
    term = Parameter("p", kind).term(text)
    assert isinstance(term, ox.NamedNode) and term.value == expected


def test_values_keep_their_type() -> None:
    assert Parameter("p", "integer").term("12") == ox.Literal(12)
    assert Parameter("p", "date").term("2026-11-24") == ox.Literal(
        "2026-11-24", datatype=ox.NamedNode(expand("xsd:date"))
    )
    assert Parameter("p", "text").term('a"b') == ox.Literal('a"b')
    for kind, text in (("integer", "1.5"), ("integer", "x"), ("iri", "no iri"), ("number", "no number at all")):
        with pytest.raises(UsageError):
            Parameter("p", kind).term(text)


def test_an_unknown_query_names_the_nearest() -> None:
    with pytest.raises(UsageError, match="Did you mean coverage-total"):
        Library(resource("queries")).get("coverage-totl")


# ---------------------------------------------------------------- files of one's own


GOOD = '#+ summary: "What?"\n#+ summary_zh: 什么？\n#+ columns: {x: {type: iri, label_zh: 事物, label_en: a thing}}\nSELECT ?x WHERE { ?x a ?y } LIMIT 1\n'


def written(folder: Path, text: str) -> Path:
    path = folder / "own.rq"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (GOOD.replace('#+ summary: "What?"\n', ""), "summary"),
        (GOOD.replace("#+ columns", "#+ colums"), "colum"),
        (GOOD.replace("a thing}}", "a thing}"), "not YAML"),
        (GOOD.replace("{type: iri, label_zh: 事物, label_en: a thing}", "a thing"), "write each as NAME"),
        (GOOD.replace("label_zh: 事物", "label_cn: 事物"), "write each as NAME"),
        (GOOD.replace("type: iri", "type: interger"), "Did you mean integer"),
        (GOOD.replace("#+ summary_zh", "#+ descripton: x\n#+ summary_zh"), "descripton"),
        ("#+ parameters: [{name: p, type: dat}]\n" + GOOD, "parameter type dat"),
        ("#+ parameters: [{name: p, typ: date}]\n" + GOOD, "parameters"),
        ("#+ parameters: [p]\n" + GOOD, "parameters"),
        ("#+ just words\n", "front matter"),
    ],
)
def test_broken_front_matter_is_refused_naming_the_key(text: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(QueryError) as refused:
        read_query(written(tmp_path, text))
    assert says in refused.value.en and "own.rq" in refused.value.en


def test_a_query_without_a_place_for_its_parameter_is_refused(tmp_path: Path) -> None:
    query = read_query(written(tmp_path, "#+ parameters: [{name: p, type: date}]\n" + GOOD))
    assert query.bind({}).startswith(SPARQL_PROLOGUE)
    with pytest.raises(QueryError, match="VALUES"):
        query.bind({"p": "2026-01-01"})


def test_a_saved_query_that_asks_is_refused(tmp_path: Path) -> None:
    query = read_query(written(tmp_path, GOOD.replace("SELECT ?x WHERE { ?x a ?y } LIMIT 1", "ASK { ?x a ?y }")))
    with pytest.raises(QueryError, match="not a SELECT"):
        list(query.run(ox.Store()))


def command_lines() -> Iterator[Any]:
    day = "day=2026-11-24"
    yield pytest.param(("coverage-total", "--param", day), 0, "181 ", id="table")
    yield pytest.param(("coverage-totl",), 2, "coverage-total", id="unknown query")
    yield pytest.param(("coverage-total",), 2, day, id="missing parameter")
    yield pytest.param(("coverage-total", "--param", day, "--param", "rule=gide"), 2, "guide", id="unknown rule")
    yield pytest.param(("coverage-total", "--param", "day"), 2, "NAME=VALUE", id="no value")
    yield pytest.param(("none.rq",), 2, "none.rq", id="no file")
    yield pytest.param(("-", "--seconds", "0"), 2, "--seconds", id="no time at all")


@pytest.mark.parametrize(("arguments", "code", "says"), list(command_lines()))
def test_on_the_command_line(arguments: tuple[str, ...], code: int, says: str, cli: Cli) -> None:
    outcome = cli("query", *arguments, "--lang", "en")
    assert outcome.code == code and says in outcome.text


def test_the_list_of_queries(cli: Cli) -> None:
    listed = cli("queries", "--lang", "zh").stdout
    for query in QUERIES:
        assert query.name in listed and query.summary_zh in listed


def test_the_examples_name_things_that_exist(counts: Counts) -> None:
    for query in QUERIES:
        for parameter in query.parameters:
            term = parameter.term(parameter.example or "")
            if isinstance(term, ox.NamedNode):
                assert any(True for _ in counts.store.quads_for_pattern(term, None, None)), key_of(term.value)
