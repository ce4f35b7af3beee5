"""The checks of FOOPS! (FINDINGS, section 3) that need no network, one test each, and what the other ones would find."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from pathlib import Path

import httpx
import pytest
import rdflib
from rdflib import DCTERMS, OWL, RDF, RDFS, SKOS, VANN, Namespace, URIRef

from aistandards.namespaces import AIS, BASE
from aistandards.settings import resource
from serving import serving

get = functools.partial(httpx.get, timeout=60)

IRI = URIRef(BASE + "ontology")
BIBO = Namespace("http://purl.org/ontology/bibo/")
RDF_TYPES = ("text/turtle", "application/rdf+xml", "application/ld+json", "application/n-triples")
# not run here: they ask registries of others. FIND2: prefix.cc or LOV know the prefix; FIND3: LOV knows the ontology;
# FIND_3_BIS: LOV, or a statement that a data catalogue lists it; OM4.2 resolves the licence's address.
CHECKS = (
    *("CN1", "DOC1", "FIND1", "FIND2", "FIND3", "FIND_3_BIS", "HTTP1", "OM1", "OM2", "OM3", "OM4.1", "OM4.2"),
    *("OM5.1", "OM5.2", "PURL1", "RDF1", "URI1", "URI2", "VER1", "VER2", "VOC1", "VOC2", "VOC3", "VOC4"),
)
NOT_RUN = {"FIND2", "FIND3", "FIND_3_BIS", "OM4.2"}


@pytest.fixture(scope="module")
def address(store_folder: Path) -> Iterator[str]:
    with serving(store_folder) as found:
        yield found


@pytest.fixture(scope="module")
def served(address: str) -> rdflib.Graph:
    """The ontology as a client gets it that asks for Turtle."""
    answer = get(f"{address}/ontology", headers={"Accept": "text/turtle"})
    return rdflib.Graph().parse(data=answer.content, format="turtle")


@pytest.fixture(scope="module")
def terms(served: rdflib.Graph) -> set[URIRef]:
    kinds = (OWL.Class, OWL.ObjectProperty, OWL.DatatypeProperty, OWL.AnnotationProperty)
    found = {s for kind in kinds for s in served.subjects(RDF.type, kind) if isinstance(s, URIRef)}
    own = {s for s in found if str(s).startswith(AIS)}
    assert len(own) >= 176
    return own


def missing(graph: rdflib.Graph, wanted: Mapping[str, tuple[URIRef, ...]]) -> set[str]:
    return {name for name, options in wanted.items() if not any(graph.value(IRI, option) for option in options)}


def test_uri1_and_uri2_the_ontology_answers_at_its_iri_and_says_so(address: str, served: rdflib.Graph) -> None:
    assert str(IRI) == "https://w3id.org/aistandards/ontology"
    assert list(served.subjects(RDF.type, OWL.Ontology)) == [IRI]
    assert get(address + "/" + str(IRI).removeprefix(BASE), follow_redirects=True).status_code == 200


def test_purl1_and_http1_the_iri_is_persistent_and_open() -> None:
    assert str(IRI).startswith("https://w3id.org/")


@pytest.mark.parametrize("media_type", RDF_TYPES)
def test_cn1_and_rdf1_rdf_by_content_negotiation(address: str, served: rdflib.Graph, media_type: str) -> None:
    answer = get(f"{address}/ontology", headers={"Accept": media_type}, follow_redirects=True)
    assert answer.status_code == 200 and answer.headers["content-type"].startswith(media_type)
    form = {"application/rdf+xml": "xml", "application/ld+json": "json-ld", "application/n-triples": "nt"}
    read = rdflib.Graph().parse(data=answer.content, format=form.get(media_type, "turtle"))
    assert len(read) == len(served) > 5000


@pytest.mark.parametrize("language", ["zh", "en"])
def test_doc1_html_by_content_negotiation_with_every_term(address: str, terms: set[URIRef], language: str) -> None:
    headers = {"Accept": "text/html", "Accept-Language": language}
    answer = get(f"{address}/ontology", headers=headers, follow_redirects=True)
    assert answer.status_code == 200 and answer.headers["content-type"].startswith("text/html")
    assert str(answer.url).endswith(f"/{language}/ontology")
    for term in terms:
        assert f'id="{str(term).removeprefix(AIS)}"' in answer.text


def test_find1_the_prefix_is_declared(served: rdflib.Graph) -> None:
    assert str(served.value(IRI, VANN.preferredNamespacePrefix)) == "ais"


def test_ver1_and_ver2_the_version_has_an_iri_of_its_own_that_answers(address: str, served: rdflib.Graph) -> None:
    version = served.value(IRI, OWL.versionIRI)
    assert isinstance(version, URIRef) and version != IRI
    assert str(version) == f"{IRI}/{served.value(IRI, OWL.versionInfo)}"
    answer = get(address + "/" + str(version).removeprefix(BASE), headers={"Accept": "text/turtle"})
    assert answer.status_code == 200
    assert rdflib.Graph().parse(data=answer.content, format="turtle").value(IRI, OWL.versionIRI) == version


def test_om1_minimum_metadata(served: rdflib.Graph) -> None:
    wanted = {
        "title": (DCTERMS.title,),
        "description": (DCTERMS.description,),
        "license": (DCTERMS.license,),
        "version iri": (OWL.versionIRI,),
        "creator": (DCTERMS.creator,),
        "namespace uri": (VANN.preferredNamespaceUri,),
    }
    assert missing(served, wanted) == set()
    assert str(served.value(IRI, VANN.preferredNamespaceUri)) == AIS
    for name in (DCTERMS.title, DCTERMS.description):
        languages = {value.language for value in served.objects(IRI, name) if isinstance(value, rdflib.Literal)}
        assert languages == {"zh", "en"}


def test_om2_recommended_metadata(served: rdflib.Graph) -> None:
    wanted = {
        "prefix": (VANN.preferredNamespacePrefix,),
        "version": (OWL.versionInfo,),
        "created": (DCTERMS.created,),
        "citation": (DCTERMS.bibliographicCitation,),
    }
    assert missing(served, wanted) == set()
    assert str(served.value(IRI, OWL.versionIRI)) in str(served.value(IRI, DCTERMS.bibliographicCitation))


def test_om3_detailed_metadata_but_for_what_we_do_not_have(served: rdflib.Graph) -> None:
    wanted = {
        "doi": (BIBO.doi,),
        "publisher": (DCTERMS.publisher,),
        "logo": (rdflib.FOAF.logo,),
        "status": (BIBO.status,),
        "source": (DCTERMS.source,),
        "issued": (DCTERMS.issued,),
        "previous version": (OWL.priorVersion,),
        "backward compatibility": (OWL.backwardCompatibleWith,),
        "modified": (DCTERMS.modified,),
    }
    assert missing(served, wanted) == {"doi", "logo"}, "no release is archived under a DOI yet, and there is no logo"


def test_om4_1_a_licence_is_named_by_its_iri(served: rdflib.Graph) -> None:
    assert served.value(IRI, DCTERMS.license) == URIRef("https://creativecommons.org/licenses/by/4.0/")


def test_om5_provenance(served: rdflib.Graph) -> None:
    wanted = {name: (DCTERMS[name],) for name in ("creator", "created", "issued", "publisher")}
    assert missing(served, wanted) == set()
    assert str(served.value(IRI, DCTERMS.created)) <= str(served.value(IRI, DCTERMS.modified))


def test_voc1_and_voc2_other_vocabularies_are_reused_and_none_is_imported(served: rdflib.Graph) -> None:
    spaces = {str(p).rpartition("#")[0] or str(p).rpartition("/")[0] for p in served.predicates(IRI, None)}
    assert {"http://purl.org/dc/terms", "http://purl.org/vocab/vann", "http://www.w3.org/2002/07/owl"} <= spaces
    supers = {str(o) for s, o in served.subject_objects(RDFS.subClassOf) if str(s).startswith(AIS)}
    reused = ("http://purl.org/dc/terms/", "http://www.w3.org/ns/prov#", "http://www.w3.org/2004/02/skos/core#")
    assert all(any(name.startswith(space) for name in supers) for space in reused)
    assert list(served.objects(None, OWL.imports)) == []


def test_voc3_and_voc4_every_term_has_labels_and_definitions(served: rdflib.Graph, terms: set[URIRef]) -> None:
    for term in terms:
        for name in (RDFS.label, SKOS.definition):
            languages = {value.language for value in served.objects(term, name) if isinstance(value, rdflib.Literal)}
            assert {"zh", "en"} <= languages, (term, name)


def test_voc3_every_concept_has_labels_in_both_languages(served: rdflib.Graph) -> None:
    concepts = set(served.subjects(SKOS.inScheme, None)) | set(served.subjects(RDF.type, SKOS.ConceptScheme))
    assert len(concepts) > 200
    for concept in concepts:
        labels = served.objects(concept, SKOS.prefLabel)
        languages = {value.language for value in labels if isinstance(value, rdflib.Literal)}
        assert {"zh", "en"} <= languages, concept


def test_no_check_is_forgotten() -> None:
    names = " ".join(name for name in globals() if name.startswith("test_"))
    run = {check for check in CHECKS if check.lower().replace(".", "_") in names}
    assert "test_om5_provenance" in names  # OM5.1 and OM5.2
    assert set(CHECKS) - run - {"OM5.1", "OM5.2"} == NOT_RUN


def test_the_header_names_the_version_of_the_files() -> None:
    text = (resource("ontology") / "aistandards.ttl").read_text(encoding="utf-8")
    graph = rdflib.Graph().parse(data=text, format="turtle")
    assert str(graph.value(IRI, OWL.priorVersion)) < str(graph.value(IRI, OWL.versionIRI))
