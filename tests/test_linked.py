"""Linked data over a real socket: negotiation, tags, every kind of IRI, the pages of things, wrong addresses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pyoxigraph as ox
import pytest

from aistandards import things
from aistandards.api.negotiation import choose
from aistandards.counts import Counts
from aistandards.namespaces import AIS, BASE, GRAPH, ID, item
from aistandards.vocabulary import Vocabulary
from serving import serving

SUFFIXES = {
    "ttl": ("text/turtle", ox.RdfFormat.TURTLE),
    "jsonld": ("application/ld+json", ox.RdfFormat.JSON_LD),
    "rdf": ("application/rdf+xml", ox.RdfFormat.RDF_XML),
    "nt": ("application/n-triples", ox.RdfFormat.N_TRIPLES),
}


@pytest.fixture(scope="module")
def client(store_folder: Path) -> Iterator[httpx.Client]:
    with serving(store_folder) as address, httpx.Client(base_url=address, timeout=60) as found:
        yield found


OFFERS = ("text/html", "text/turtle", "application/ld+json")


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        ("", "text/html"),
        ("*/*", "text/html"),
        ("text/turtle", "text/turtle"),
        ("text/html;q=0.3, text/turtle;q=0.7", "text/turtle"),
        ("text/*;q=0.5, application/ld+json", "application/ld+json"),
        ("text/html;q=0, */*;q=0.1", "text/turtle"),
        ("text/*, text/html;q=0.2", "text/turtle"),
        ("application/ld+json;profile=x", "application/ld+json"),
        ("image/png", None),
        ("*/*;q=0", None),
        ("text/turtle;q=zero", "text/turtle"),
        ("text/turtle;q=nan, text/html;Q = 0.5", "text/turtle"),
        (",;,", None),
    ],
)
def test_the_most_specific_range_decides(accept: str, chosen: str | None) -> None:
    assert choose(accept, OFFERS) == chosen


def canonical(data: bytes, form: ox.RdfFormat) -> str:
    dataset = ox.Dataset(ox.Quad(q.subject, q.predicate, q.object) for q in ox.parse(data, format=form))
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return "\n".join(sorted(str(quad) for quad in dataset))


def test_all_forms_of_the_ontology_say_the_same(client: httpx.Client, counts: Counts) -> None:
    held = ox.Dataset(
        ox.Quad(q.subject, q.predicate, q.object)
        for q in counts.store.quads_for_pattern(None, None, None, ox.NamedNode(GRAPH + "ontology"))
    )
    held.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    expected = "\n".join(sorted(str(quad) for quad in held))
    for suffix, (media_type, form) in SUFFIXES.items():
        by_accept = client.get("/ontology", headers={"Accept": media_type})
        by_name = client.get(f"/ontology.{suffix}")
        assert by_accept.content == by_name.content
        assert by_accept.headers["content-type"].startswith(media_type)
        assert by_accept.headers["content-location"] == f"/ontology.{suffix}"
        assert canonical(by_accept.content, form) == expected, suffix


def test_format_names_the_form_and_a_wrong_one_is_refused(client: httpx.Client) -> None:
    for name in ("turtle", "jsonld", "rdfxml", "ntriples"):
        answer = client.get("/ontology", params={"format": name}, headers={"Accept": "text/html"})
        assert answer.status_code == 200 and "html" not in answer.headers["content-type"]
    wrong = client.get("/ontology", params={"format": "pdf"})
    assert wrong.status_code == 400 and "turtle" in wrong.json()["detail"] and "可用" not in wrong.json()["detail"]
    assert "turtle" in wrong.json()["detail_zh"]
    suffix = client.get("/ontology.pdf")
    assert suffix.status_code == 404 and "ttl" in suffix.json()["detail"]


def test_what_cannot_be_served_is_406_with_the_list(client: httpx.Client) -> None:
    for path in ("/ontology", "/id/standard/gbt-45288.1-2025"):
        answer = client.get(path, headers={"Accept": "image/png"})
        assert answer.status_code == 406
        assert {"text/html", "text/turtle"} <= set(answer.json()["available"])
        assert "text/turtle" in answer.json()["detail"] and "text/turtle" in answer.json()["detail_zh"]
        assert "Accept" in answer.headers["vary"]


def test_head_tags_and_links(client: httpx.Client) -> None:
    head = client.head("/ontology", headers={"Accept": "text/turtle"})
    assert head.status_code == 200 and not head.content and int(head.headers["content-length"]) > 100_000
    assert "Accept" in head.headers["vary"]
    for media_type, _ in SUFFIXES.values():
        assert f'rel="alternate"; type="{media_type}"' in head.headers["link"]
    tags = {client.head("/ontology", headers={"Accept": t}).headers["etag"] for t, _ in SUFFIXES.values()}
    assert len(tags) == len(SUFFIXES), "forms share a tag"
    for path, accept in (("/ontology", "text/turtle"), ("/zh/ontology", ""), ("/data/rule/guide.ttl", "")):
        etag = client.get(path, headers={"Accept": accept}).headers["etag"]
        again = client.get(path, headers={"Accept": accept, "If-None-Match": etag})
        assert again.status_code == 304 and not again.content and again.headers["etag"] == etag


def test_the_version_iri_and_the_names_of_terms(client: httpx.Client) -> None:
    text = client.get("/ontology.nt").text
    (version,) = re.findall(rf"versionIRI> <{re.escape(BASE)}(ontology/[^>]+)>", text)
    same = client.get(f"/{version}", headers={"Accept": "application/n-triples"})
    assert same.text == text
    assert client.get("/ontology/inPart").headers["location"] == "/ontology#inPart"
    wrong = client.get("/ontology/inPrat")
    assert wrong.status_code == 404 and "inPart" in wrong.json()["detail"] and "inPart" in wrong.json()["detail_zh"]
    older = client.get("/ontology/0.0.1")
    assert older.status_code == 404 and version.partition("/")[2] in older.json()["detail"]


def by_kind(store: ox.Store) -> dict[str, str]:
    """One IRI of ours of every kind that stands in the graph as subject or object, the first by name."""
    found: dict[str, str] = {}
    for quad in store:
        for term in (quad.subject, quad.object):
            if isinstance(term, ox.NamedNode) and term.value.startswith((ID, GRAPH)):
                kind, key = things.split(term.value)
                if key and (kind not in found or term.value < found[kind]):
                    found[kind] = term.value
    return found


def test_an_iri_of_every_kind_leads_to_a_page_and_to_rdf(client: httpx.Client, counts: Counts) -> None:
    found = by_kind(counts.store)
    assert {"id/level", "id/evidence", "id/verdict", "id/clause", "id/series", "id/policy-rule", "graph"} <= set(found)
    assert len(found) >= 39
    for iri in found.values():
        path = "/" + iri.removeprefix(BASE)
        for language in ("zh", "en"):
            headers = {"Accept": "text/html", "Accept-Language": language}
            answer = client.get(path, headers=headers)
            assert answer.status_code == 303 and answer.headers["location"].startswith(f"/{language}/"), path
            page = client.get(answer.headers["location"], follow_redirects=True)
            assert page.status_code == 200 and page.headers["content-type"].startswith("text/html"), path
        node = ox.NamedNode(iri)
        expected = {str(q.predicate) for q in counts.store.quads_for_pattern(node, None, None)}
        for media_type, form in SUFFIXES.values():
            data = client.get(path, headers={"Accept": media_type}, follow_redirects=True)
            assert data.status_code == 200 and data.headers["content-type"].startswith(media_type), path
            said = {str(q.predicate) for q in ox.parse(data.content, format=form) if q.subject == node}
            assert said == expected, (path, media_type)
        json = client.get(path, headers={"Accept": "application/json"}, follow_redirects=True)
        assert json.status_code == 200 and "json" in json.headers["content-type"], path


def test_a_cited_standard_without_a_record_has_the_plain_page(client: httpx.Client, counts: Counts) -> None:
    cited = counts.facts.members("ais:ExternalStandard")[0]
    answer = client.get("/" + cited.removeprefix(BASE), headers={"Accept": "text/html", "Accept-Language": "en"})
    assert answer.headers["location"] == "/en/" + cited.removeprefix(BASE)
    page = client.get(answer.headers["location"])
    assert page.status_code == 200 and "external standard" in page.text and "What points to it" in page.text


def test_the_page_of_a_thing_shows_both_sides_with_their_graphs(client: httpx.Client, counts: Counts) -> None:
    iri = item("level", "group")
    pointing = list(counts.store.quads_for_pattern(None, None, ox.NamedNode(iri)))
    assert len(pointing) < things.PAGE
    page = client.get("/en/id/level/group").text
    assert f"What points to it ({len(pointing)})" in page
    assert "/en/graph/standards-group-local.csv" in page and "/en/graph/ontology" in page
    assert "团体标准" in client.get("/zh/id/level/group").text
    rows = re.findall(r'<tr><td><a href="(/id/standard/[^"]+)">', page)
    stated = {"/" + q.subject.value.removeprefix(BASE) for q in pointing if isinstance(q.subject, ox.NamedNode)}
    assert set(rows) == {path for path in stated if path.startswith("/id/standard/")}


def test_what_points_to_a_thing_comes_in_pages(client: httpx.Client, counts: Counts) -> None:
    iri = item("level", "national")
    total = sum(1 for _ in counts.store.quads_for_pattern(None, None, ox.NamedNode(iri)))
    assert total > things.PAGE
    seen: list[str] = []
    path = "/en/id/level/national"
    while path:
        text = client.get(path).text
        seen += re.findall(r"<tr><td>(?:<a href=\"([^\"]+)\")", text.partition("What points to it")[2])
        following = re.search(r'href="(\?start=\d+)">next', text)
        path = f"/en/id/level/national{following[1]}" if following else ""
    assert len(seen) == total and len(set(seen)) > 0.9 * total
    assert client.get("/en/id/level/national?start=-1").status_code == 400


@pytest.mark.parametrize(
    ("path", "near"),
    [
        ("/id/level/nationl", "/id/level/national"),
        ("/id/levl/national", "level"),
        ("/id/standard/gbt-45288.1-2026", "gbt-45288"),
        ("/id/system/guide-2024/zz", "/id/system/guide-2024"),
        ("/data/level/nationl.ttl", "/id/level/national"),
        ("/graph/ontolgy", "/graph/ontology"),
    ],
)
def test_unknown_iris_are_404_with_the_nearest(client: httpx.Client, path: str, near: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404 and answer.headers["content-type"] == "application/problem+json"
    assert near in answer.json()["detail"] and near in answer.json()["detail_zh"]


def test_an_unknown_thing_under_a_language_is_a_page(client: httpx.Client) -> None:
    answer = client.get("/zh/id/level/nationl")
    assert (
        answer.status_code == 404 and "最接近" in answer.text and answer.headers["content-type"].startswith("text/html")
    )


@pytest.mark.parametrize(
    "path", ["/id/level/%22%3E", "/id/level/a%20b", "/id/x/%3Cscript%3E", "/zh/id/level/%7B%7D", "/data/%0A.ttl"]
)
def test_characters_that_no_iri_has_are_not_found_and_never_a_fault(client: httpx.Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert "<script>" not in answer.text


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_documentation_is_whole_and_its_links_lead_somewhere(
    client: httpx.Client, counts: Counts, language: str
) -> None:
    text = client.get(f"/{language}/ontology").text
    ids = re.findall(r' id="([^"]+)"', text)
    assert len(ids) == len(set(ids)), "two entries share an anchor"
    anchors = set(re.findall(r'href="#([^"]+)"', text)) | set(re.findall(rf'href="/{language}/ontology#([^"]+)"', text))
    assert anchors - {"main"} <= set(ids)
    schemes = Vocabulary(counts.store).facts.values("skos:inScheme")  # those of the model; records may bring others
    assert len(schemes) > 200
    for iri in [*schemes, *{value.value for values in schemes.values() for value in values}]:
        assert iri.removeprefix(BASE) in ids, iri
    labels = counts.facts.values("rdfs:label")
    for iri in (AIS + "Standard", AIS + "inPart", AIS + "number"):
        wanted = next(t.value for t in labels[iri] if isinstance(t, ox.Literal) and t.language == language)
        assert f"<h3>{wanted} <code>ais:{iri.removeprefix(AIS)}" in text
    assert "<script" not in text and "style=" not in text
    assert text.count("<svg") == 2


def test_the_number_of_uses_in_the_documentation_is_counted(client: httpx.Client, counts: Counts) -> None:
    text = client.get("/en/ontology").text
    entry = text.partition('<section id="statusOf">')[2].partition("</section>")[0]
    number = sum(1 for _ in counts.store.quads_for_pattern(None, ox.NamedNode(AIS + "statusOf"), None))
    assert f'<a href="/en/ontology#StatusPeriod">status period</a> {number}' in entry
