"""Every shape and every check has a record it lets pass and one it finds; so have cycles, novelty and inference."""

from __future__ import annotations

import hashlib
import io
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

import pyoxigraph as ox
import pytest

from aistandards import derive, identifiers, pipeline, validation
from aistandards.derive import INFERRED
from aistandards.findings import Finding
from aistandards.namespaces import PREFIXES, SPARQL_PROLOGUE, expand, item, part_iri
from aistandards.queries import Library
from aistandards.settings import resource
from madeup import project, standard, store_of

EXAMPLES = Path(__file__).parent / "shapes"
ALSO = {
    "replaces-itself": {"relation-cycle"},
    "number-of-national": {"nature-of-national"},
    "published-not-issued": {"number-year"},
    **{f"standard-{name}-day": {"one-value"} for name in ("issued", "implemented", "withdrawn")},
    "key-shared": {"system-notation"},
    "project-level": {"one-value"},
    "project-stage": {"one-value"},
    "standard-nature": {"one-value", "excluding-classes"},
    "gym-voucher-compute": {"gyv-compute"},
}  # what a bad example cannot help breaking besides
RULES = sorted(path.name for path in EXAMPLES.iterdir())


def slug(number: str) -> str:
    parsed = identifiers.try_parse_plan(number) or identifiers.parse(number)
    return parsed.slug


def all_rules() -> set[str]:
    """The ids of all shapes that report, and of all checks."""
    from rdflib import RDF, URIRef

    shapes = validation.load_shapes()
    sh = PREFIXES["sh"]
    found = set(shapes.subjects(RDF.type, URIRef(sh + "PropertyShape")))
    found |= set(shapes.subjects(URIRef(sh + "message"), None))
    checks = {query.name for query in Library(resource("queries") / "checks")}
    return {str(shape).rpartition("#")[2] for shape in found} | checks


@pytest.fixture(scope="module")
def found() -> Mapping[str, list[Finding]]:
    """The findings on all examples, validated in one go, by file; their numbers are all different."""
    paths = [str(path) for path in sorted(EXAMPLES.glob("*/*.*"))]
    compiled = pipeline.validate_paths(paths, stdin=io.BytesIO())
    assert compiled.broken == []
    by_file: dict[str, list[Finding]] = defaultdict(list)
    for finding in compiled.report.findings:
        by_file[finding.file or ""].append(finding)
    return by_file


def test_no_shape_and_no_check_is_without_examples() -> None:
    assert set(RULES) == all_rules()
    for rule in RULES:
        assert [path.stem for path in sorted((EXAMPLES / rule).iterdir())] == ["bad", "ok"]


def test_every_finding_on_the_examples_has_its_place(found: Mapping[str, list[Finding]]) -> None:
    assert found.get("", []) == []
    assert all(finding.line for findings in found.values() for finding in findings)


@pytest.mark.parametrize("rule", RULES)
def test_the_good_example_of_a_rule_has_no_finding(rule: str, found: Mapping[str, list[Finding]]) -> None:
    path = next((EXAMPLES / rule).glob("ok.*"))
    assert [finding.text() for finding in found.get(str(path), [])] == []


@pytest.mark.parametrize("rule", RULES)
def test_the_bad_example_of_a_rule_is_found_by_it_alone(rule: str, found: Mapping[str, list[Finding]]) -> None:
    path = next((EXAMPLES / rule).glob("bad.*"))
    findings = found.get(str(path), [])
    assert {finding.rule for finding in findings} - ALSO.get(rule, set()) == {rule}, [f.text() for f in findings]
    for finding in findings:
        assert finding.message_zh and finding.message_en and finding.message_zh != finding.message_en


# ---------------------------------------------------------------- cycles

CYCLES = {
    "ais:replaces": (
        "standards-mine.csv",
        "number,level,nature,title_zh,source,replaces\n"
        "GB/T 71001-2025,national,recommended,甲,s,GB/T 71002-2025\n"
        "GB/T 71002-2025,national,recommended,乙,s,GB/T 71003-2025\n"
        "GB/T 71003-2025,national,recommended,丙,s,GB/T 71001-2025\n",
        "gbt-71001-2025 → gbt-71002-2025 → gbt-71003-2025 → gbt-71001-2025",
    ),
    "org:subOrganizationOf": (
        "committees.csv",
        "id,code,name_zh,parent,source\nx-a,XA,甲,XB,s\nx-b,XB,乙,XA,s\nx-c,XC,丙,XA,s\n",
        "x-a → x-b → x-a",
    ),
    "ais:ofSeries": (
        "mine.ttl",
        "@prefix ais: <https://w3id.org/aistandards/ontology#> .\n@prefix s: <https://w3id.org/aistandards/id/series/> .\n"
        "s:gbt-71011 ais:ofSeries s:gbt-71012 .\ns:gbt-71012 ais:ofSeries s:gbt-71011 .\n",
        "gbt-71011 → gbt-71012 → gbt-71011",
    ),
    "skos:broader": (
        "mine.ttl",
        "@prefix skos: <http://www.w3.org/2004/02/skos/core#> .\n@prefix p: <https://w3id.org/aistandards/id/chain/> .\n"
        "p:x1 skos:broader p:x2 .\np:x2 skos:broader p:x1 .\n",
        "x1 → x2 → x1",
    ),
}


@pytest.mark.parametrize("relation", CYCLES)
def test_a_circle_of_relations_is_found_and_its_members_named_in_order(relation: str, tmp_path: Path) -> None:
    name, text, chain = CYCLES[relation]
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    findings = pipeline.validate_paths([str(path)], stdin=io.BytesIO()).report.findings
    [circle] = [finding for finding in findings if finding.rule == "relation-cycle"]
    assert (circle.severity, circle.file, circle.value) == ("violation", str(path), chain)
    assert chain in circle.message_zh and chain in circle.message_en and circle.line


def test_a_chain_of_relations_that_ends_is_no_circle(tmp_path: Path) -> None:
    _, text, _ = CYCLES["ais:replaces"]
    path = tmp_path / "standards-mine.csv"
    path.write_text(text.replace("丙,s,GB/T 71001-2025", "丙,s,GB/T 71004-2025"), encoding="utf-8")
    report = pipeline.validate_paths([str(path)], stdin=io.BytesIO()).report
    assert [finding.rule for finding in report.findings] == []


# ---------------------------------------------------------------- novelty

NEW = "GB/T 72001-2025"
Tables = dict[str, list[dict[str, str]]]
NOVELTY: dict[str, tuple[Tables, str]] = {
    "replaces": ({"standards-made-up.csv": [standard(NEW, replaces="GB/T 72002-2015")]}, "GB/T 72002-2015"),
    "replaces-partly": (
        {"standards-made-up.csv": [standard(NEW, replaces_partly="GB/T 72002-2015")]},
        "GB/T 72002-2015",
    ),
    "earlier-edition": (
        {"standards-made-up.csv": [standard(NEW), standard("GB/T 72009-2025", adopts="GB/T 72001-89")]},
        "GB/T 72001-89",
    ),
    "project-revision": (
        {
            "standards-made-up.csv": [standard(NEW)],
            "projects-made-up.csv": [project("20250001-T-469", action="revision", result_number=NEW)],
        },
        "20250001-T-469",
    ),
    "split": (
        {"standards-made-up.csv": [standard("GB/T 72001.1-2025"), standard("GB/T 72001-2015")]},
        "GB/T 72001-2015",
    ),
    "same-digits": ({"standards-made-up.csv": [standard(NEW), standard("GB/Z 72001-2024")]}, "GB/Z 72001-2024"),
    "same-title": (
        {
            "standards-made-up.csv": [
                standard(NEW, title_zh="人工智能 术语"),
                standard("YD/T 72002-2024", title_zh="人工智能　术语。", level="industry"),
            ]
        },
        "YD/T 72002-2024",
    ),
}


def test_every_ground_of_novelty_has_an_example() -> None:
    assert set(NOVELTY) == {path.stem for path in (resource("queries") / "novelty").glob("*.rq")}


@pytest.mark.parametrize("ground", NOVELTY)
def test_a_ground_of_novelty_is_stated_with_its_witness_and_outcome(ground: str, tmp_path: Path) -> None:
    tables, witness = NOVELTY[ground]
    facts = derive.Facts(store_of(tmp_path / "records", tables))
    new = item("standard", slug(tables["standards-made-up.csv"][0]["number"]))
    outcome = facts.text(item("novelty-ground", ground), "ais:outcome")
    assert facts.token(new, "ais:noveltyGround") == ground
    assert facts.token(new, "ais:noveltyWitness") == slug(witness)
    assert facts.text(new, "ais:novelty") == (None if outcome == item("novelty", "undecided") else outcome)


def test_a_standard_of_which_nothing_is_known_is_new(tmp_path: Path) -> None:
    facts = derive.Facts(store_of(tmp_path / "records", {"standards-made-up.csv": [standard(NEW)]}))
    new = item("standard", slug(NEW))
    assert facts.token(new, "ais:noveltyGround") == "none-on-record" and facts.token(new, "ais:novelty") == "new"
    assert facts.of(new, "ais:noveltyWitness") == []


# ---------------------------------------------------------------- inference

FILE = ox.NamedNode("https://w3id.org/aistandards/graph/made-up")
THIS, OTHER = item("standard", "gbt-73001-2025"), item("standard", "gbt-73002-2025")
PLAN, SHARE = item("project", "20250002-t-469"), item("participation", "x1")
SERIES = item("series", "gbt-73001")
Triples = list[tuple[str, str, str]]
SCHEME, TOP, LOW = "https://example.org/s", "https://example.org/s/a", "https://example.org/s/ab"
MAPPING, PLACED = item("mapping", "x1"), item("classification", "x1")
SAID, NAMED, SEEN = item("fact", "x1"), item("fact", "x2"), item("evidence", "x1")
INFERENCE: dict[str, tuple[Triples, Triples]] = {
    "07-domains-and-ranges": (
        [
            (PLAN, "ais:stage", item("stage", "drafting")),
            (THIS, "ais:ofSeries", SERIES),
            (SERIES, "rdfs:label", "'GB/T 73001'"),
        ],
        [(PLAN, "rdf:type", "ais:Project"), (SERIES, "rdf:type", "ais:Series")],
    ),
    "08-values-of-classes": (
        [(THIS, "rdf:type", "ais:LargeModelStandard"), (OTHER, "rdf:type", "ais:IndustryStandard")],
        [
            (THIS, "ais:inPart", part_iri("guide-2024", "CC")),
            (OTHER, "ais:level", item("level", "industry")),
        ],
    ),
    "03-mappings": (
        [
            (MAPPING, "rdf:type", "ais:Mapping"),
            (MAPPING, "xkos:sourceConcept", TOP),
            (MAPPING, "xkos:targetConcept", part_iri("guide-2024", "CC")),
            (MAPPING, "ais:mappingRelation", item("mapping-relation", "narrow")),
        ],
        [(TOP, "skos:narrowMatch", part_iri("guide-2024", "CC"))],
    ),
    "05-systems": (
        [
            (SCHEME, "rdf:type", "skos:ConceptScheme"),
            (SCHEME, "skos:hasTopConcept", TOP),
            (TOP, "skos:narrower", LOW),
            (LOW, "skos:inScheme", SCHEME),
            (TOP, "skos:exactMatch", part_iri("guide-2024", "CC")),
            ("https://example.org/unmapped", "rdf:type", "skos:ConceptScheme"),
        ],
        [
            (TOP, "skos:inScheme", SCHEME),
            (LOW, "skos:broader", TOP),
            (SCHEME, "rdf:type", "ais:System"),
            (TOP, "rdf:type", "ais:Part"),
            (LOW, "rdf:type", "ais:Part"),
        ],
    ),
    "33-references": (
        [
            (SAID, "rdf:type", "ais:Statement"),
            (SAID, "ais:about", THIS),
            (SAID, "dcterms:source", "'a register copy'"),
            (NAMED, "rdf:type", "ais:Statement"),
            (NAMED, "ais:about", THIS),
            (NAMED, "dcterms:source", "'an announcement'"),
            (SEEN, "ais:evidenceOf", THIS),
            (SEEN, "dcterms:source", "'a register copy'"),
        ],
        [
            (SAID, "prov:wasDerivedFrom", SEEN),
            (NAMED, "prov:wasDerivedFrom", item("source", hashlib.sha256(b"an announcement").hexdigest()[:16])),
            (item("source", hashlib.sha256(b"an announcement").hexdigest()[:16]), "rdf:type", "prov:Entity"),
            (item("source", hashlib.sha256(b"an announcement").hexdigest()[:16]), "rdfs:label", "'an announcement'"),
        ],
    ),
    "35-classifications": (
        [
            (PLACED, "rdf:type", "ais:Classification"),
            (PLACED, "ais:classifies", THIS),
            (PLACED, "ais:primaryPart", TOP),
        ],
        [(THIS, "ais:inPart", TOP)],
    ),
    "10-types": ([(THIS, "rdf:type", "ais:NationalStandard")], [(THIS, "rdf:type", "ais:Standard")]),
    "20-subproperties": ([(THIS, "ais:adopts", OTHER)], [(THIS, "ais:corresponds", OTHER)]),
    "30-plan-numbers": (
        [
            (THIS, "rdf:type", "ais:Standard"),
            (THIS, "ais:planNumber", "'20250002-T-469'"),
            (PLAN, "rdf:type", "ais:Project"),
            (PLAN, "ais:planNumber", "'20250002-T-469'"),
        ],
        [(PLAN, "ais:result", THIS)],
    ),
    "40-part-ancestry": (
        [(THIS, "ais:inPart", part_iri("guide-2024", "CC"))],
        [(THIS, "ais:inPart", part_iri("guide-2024", "C"))],
    ),
    "42-crosswalk": (
        [(THIS, "ais:inPart", part_iri("guide-2024", "CC"))],
        [
            (THIS, "ais:underPart", part_iri(edition, notation))
            for edition, notation in (
                ("guide-2024", "C"),
                ("guide-2024", "CC"),
                ("draft-2024", "C"),
                ("draft-2024", "CC"),
            )
        ],
    ),
    "45-broader-parts": (
        [
            (item("chain", "x1"), "skos:broader", item("chain", "x2")),
            (item("chain", "x2"), "skos:broader", "id:chain/x3"),
        ],
        [
            (item("chain", one), "skos:broaderTransitive", item("chain", other))
            for one, other in (("x1", "x2"), ("x2", "x3"), ("x1", "x3"))
        ],
    ),
    "50-inverses": (
        [(THIS, "ais:replaces", OTHER), (THIS, "ais:references", OTHER)],
        [(OTHER, "ais:replacedBy", THIS), (OTHER, "ais:referencedBy", THIS)],
    ),
    "55-symmetric": (
        [(item("chain", "x1"), "skos:exactMatch", item("chain", "x2"))],
        [(item("chain", "x2"), "skos:exactMatch", item("chain", "x1"))],
    ),
    "70-defined-classes": (
        [
            (THIS, "rdf:type", "ais:Standard"),
            (THIS, "ais:inPart", part_iri("guide-2024", "CC")),
            (THIS, "ais:nature", item("nature", "mandatory")),
            (PLAN, "rdf:type", "ais:Project"),
            (PLAN, "ais:inPart", part_iri("guide-2024", "CC")),
        ],
        [(THIS, "rdf:type", "ais:LargeModelStandard"), (THIS, "rdf:type", "ais:MandatoryStandard")],
    ),
    "60-participation": (
        [
            (THIS, "rdf:type", "ais:Standard"),
            (THIS, "ais:issuedEarliest", "'2025-01-01'"),
            (THIS, "ais:issuedLatest", "'2025-12-31'"),
            (SHARE, "rdf:type", "ais:Participation"),
            (SHARE, "ais:ofStandard", THIS),
            (item("participation", "x2"), "rdf:type", "ais:Participation"),
            (item("participation", "x2"), "ais:ofStandard", OTHER),
        ],
        [
            (SHARE, "ais:publication", item("publication", "published")),
            (SHARE, "ais:issuedEarliest", "'2025-01-01'"),
            (SHARE, "ais:issuedLatest", "'2025-12-31'"),
            (item("participation", "x2"), "ais:publication", item("publication", "work-item")),
        ],
    ),
    "70-project-revision": (
        [
            (PLAN, "rdf:type", "ais:Project"),
            (PLAN, "ais:action", item("action", "revision")),
            (item("project", "x-c1"), "rdf:type", "ais:Project"),
            (item("project", "x-c1"), "ais:action", item("action", "new")),
        ],
        [(PLAN, "ais:novelty", item("novelty", "revision"))],
    ),
}


def quad(triple: tuple[str, str, str], graph: ox.NamedNode) -> ox.Quad:
    subject, predicate, value = triple
    term = ox.Literal(value[1:-1]) if value.startswith("'") else ox.NamedNode(expand(value))
    return ox.Quad(ox.NamedNode(subject), ox.NamedNode(expand(predicate)), term, graph)


def test_every_inference_has_an_example() -> None:
    assert set(INFERENCE) == {path.stem for path in (resource("queries") / "inference").glob("*.ru")}


@pytest.mark.parametrize("name", INFERENCE)
def test_an_inference_states_what_follows_and_nothing_more(name: str) -> None:
    given, follows = INFERENCE[name]
    store = pipeline.load_ontology()
    update = SPARQL_PROLOGUE + (resource("queries") / "inference" / f"{name}.ru").read_text(encoding="utf-8")
    store.update(update)  # what follows from the model alone
    before = set(store.quads_for_pattern(None, None, None, INFERRED))
    store.extend(quad(triple, FILE) for triple in given)
    store.update(update)
    said = set(store.quads_for_pattern(None, None, None, INFERRED)) - before
    assert said == {quad(triple, INFERRED) for triple in follows}
