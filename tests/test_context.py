"""The JSON-LD context: what the JSON of a record means is what the graph states, no more and, for each column, no less."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pyoxigraph as ox
import pytest
import rdflib

from aistandards import lookup
from aistandards.context import context, record_keys
from aistandards.counts import Counts
from aistandards.namespaces import AIS, expand, key_of
from aistandards.settings import today
from aistandards.tables import tables
from aistandards.vocabulary import Vocabulary
from serving import serving

get = functools.partial(httpx.get, timeout=60)

RECORDS = {"standard": "ais:Standard", "project": "ais:Project"}


@pytest.fixture(scope="module")
def vocabulary(counts: Counts) -> Vocabulary:
    return Vocabulary(counts.store)


@pytest.fixture(scope="module")
def made(vocabulary: Vocabulary) -> dict[str, Any]:
    return context(vocabulary)


@pytest.fixture(scope="module")
def address(store_folder: Path) -> Iterator[str]:
    with serving(store_folder) as found:
        yield found


def iri_of(term: Any) -> str | None:
    name = term.get("@id") if isinstance(term, dict) else term if isinstance(term, str) else None
    return expand(name) if name and not name.startswith("@") else None


def test_every_own_term_is_in_the_context_and_nothing_else_of_ours(
    made: dict[str, Any], vocabulary: Vocabulary
) -> None:
    found = {iri for term in made["@context"].values() if (iri := iri_of(term)) and iri.startswith(AIS)} - {AIS}
    own = {entry.iri for entries in vocabulary.terms.values() for entry in entries}
    assert found <= own, "the context names a term that the ontology does not have"
    hidden = {iri.removeprefix(AIS) for iri in own - found}
    assert hidden <= set(record_keys()), "only a key of a record may hide a term"
    assert {"adopts", "status"} <= hidden, "their keys hold numbers, and the status of a day"


def test_object_properties_give_iris_and_days_are_typed(made: dict[str, Any], vocabulary: Vocabulary) -> None:
    terms = made["@context"]
    for entry in vocabulary.terms["owl:ObjectProperty"]:
        term = terms.get(entry.name)
        if iri_of(term) == entry.iri:
            assert term["@type"] in ("@id", "@vocab"), entry.name
    assert terms["issuedEarliest"] == terms["issued_earliest"] == {"@id": "ais:issuedEarliest", "@type": "xsd:date"}
    assert terms["judged_on"]["@type"] == "xsd:date"


def test_every_key_of_a_record_has_a_meaning_or_says_that_it_has_none(made: dict[str, Any], counts: Counts) -> None:
    for kind, slug in (("standard", "gbt-45288.1-2025"), ("project", "x-c0001")):
        found = lookup.find(counts.facts, slug, today())
        assert found.kind == kind
        assert set(lookup.record(counts.facts, found, today())) <= set(made["@context"])


def test_the_json_of_every_record_is_what_the_graph_states(made: dict[str, Any], counts: Counts) -> None:
    stated = {quad.triple for quad in counts.store}
    said: set[str] = set()
    records: set[str] = set()
    for kind, name in RECORDS.items():
        for iri in counts.facts.members(name):
            record = lookup.record(counts.facts, lookup.Found(iri, key_of(iri), kind), today())
            records.add(iri)
            quads = list(ox.parse(json.dumps({**made, **record}).encode(), format=ox.RdfFormat.JSON_LD))
            assert len(quads) > 5
            for quad in quads:
                said.add(quad.predicate.value)
                if quad.predicate.value == AIS + "contested" and quad.object == ox.Literal(False):
                    continue  # the JSON says false where the table leaves the cell empty
                assert quad.triple in stated, quad
    columns = {expand(c.property) for t in tables() if t.kind in RECORDS for c in t.columns}
    used = {t.predicate.value for t in stated if isinstance(t.subject, ox.NamedNode) and t.subject.value in records}
    assert (used & columns) - said == {AIS + "statusSeen"}, "a column that the graph has is lost in the JSON"


def test_tokens_that_are_also_keys_are_kept_apart(made: dict[str, Any], counts: Counts) -> None:
    iri = next(
        q.subject.value
        for q in counts.store.quads_for_pattern(None, ox.NamedNode(AIS + "issuedBasis"), None)
        if isinstance(q.subject, ox.NamedNode)
    )
    for key, token, concept in (
        ("level", "national", "level/national"),
        ("scope", "related", "scope/related"),
        ("layers", "foundation/data", "chain/foundation/data"),
        ("verification", "register-copy", "verification/register-copy"),
    ):
        body = {**made, "iri": iri, key: token}
        (quad,) = ox.parse(json.dumps(body).encode(), format=ox.RdfFormat.JSON_LD)
        assert quad.object == ox.NamedNode(expand("id:" + concept))


@pytest.mark.parametrize("path", ["standards/gbt-45288.1-2025", "standards/isoiec-42001-2023", "projects/x-c0001"])
def test_a_record_of_the_api_is_rdf_by_its_link_header(address: str, path: str, counts: Counts) -> None:
    answer = get(f"{address}/api/v1/{path}")
    assert answer.headers["content-type"] == "application/json"
    target, *parameters = answer.headers["link"].split("; ")
    assert 'rel="http://www.w3.org/ns/json-ld#context"' in parameters
    linked = get(address + target.strip("<>"))
    assert linked.headers["content-type"] == "application/ld+json"
    graph = rdflib.Graph().parse(data=json.dumps({**linked.json(), **answer.json()}), format="json-ld")
    iri = rdflib.URIRef(answer.json()["iri"])
    assert set(graph.subjects()) == {iri}
    own = {str(p).removeprefix(AIS) for p in graph.predicates() if str(p).startswith(AIS)}
    assert {"level", "inPart", "scope", "basis", "judgedOn", "verification"} <= own
    parts = {str(part) for part in graph.objects(iri, rdflib.URIRef(AIS + "inPart"))}
    assert parts == set(answer.json()["part_iris"])


def test_a_record_is_json_ld_where_that_is_asked_for(address: str) -> None:
    url = f"{address}/api/v1/standards/gbt-45288.1-2025"
    plain, linked = (get(url, headers={"Accept": t}) for t in ("application/json", "application/ld+json"))
    assert linked.headers["content-type"] == "application/ld+json" and linked.headers["etag"] != plain.headers["etag"]
    assert {k: v for k, v in linked.json().items() if k != "@context"} == plain.json()
    graph = rdflib.Graph().parse(url, format="json-ld")  # asks for JSON-LD and follows the context by itself
    assert (rdflib.URIRef(plain.json()["iri"]), rdflib.RDF.type, rdflib.URIRef(AIS + "Standard")) in graph
    assert rdflib.Literal(plain.json()["number"]) in set(graph.objects())


def test_the_rules_of_validation_and_the_rules_of_counting_have_contexts_of_their_own(address: str) -> None:
    sh = rdflib.Namespace("http://www.w3.org/ns/shacl#")
    said = get(f"{address}/api/v1/validate/rules", headers={"Accept": "application/ld+json"}).json()
    assert said["@context"] == "/context/validate-rules.jsonld"
    assert get(f"{address}/api/v1/rules", headers={"Accept": "application/ld+json"}).json()["@context"] == (
        "/context/rules.jsonld"
    )
    graph = rdflib.Graph().parse(f"{address}/api/v1/validate/rules", format="json-ld")
    got = {(str(s), str(o).removeprefix(sh).lower()) for s, o in graph.subject_objects(sh.severity)}
    assert got == {(rule["iri"], rule["severity"]) for rule in said["items"]} and got
    labels = {
        (str(s), str(o))
        for s, o in graph.subject_objects(rdflib.SKOS.prefLabel)
        if isinstance(o, rdflib.Literal) and o.language == "zh"
    }
    assert labels == {(rule["iri"], rule["zh"]) for rule in said["items"]}


def test_the_context_is_cached_by_its_tag(address: str) -> None:
    first = get(f"{address}/context.jsonld")
    again = get(f"{address}/context.jsonld", headers={"If-None-Match": first.headers["etag"]})
    assert first.status_code == 200 and again.status_code == 304 and not again.content
