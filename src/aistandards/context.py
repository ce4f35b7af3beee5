"""The JSON-LD context of the API's records, made from the vocabulary and the description of the tables."""

from __future__ import annotations

import json
from functools import cache
from typing import Any, Final

from aistandards.lookup import DERIVED, LINKED, NAMES, iri_key
from aistandards.namespaces import ID, PREFIXES, compress
from aistandards.settings import resource
from aistandards.tables import Column, tables
from aistandards.vocabulary import Entry, Vocabulary

RECORDS: Final = ("standard", "project")
TYPES: Final = {"day": "xsd:date", "boolean": "xsd:boolean", "decimal": "xsd:decimal"}


def context(vocabulary: Vocabulary) -> dict[str, Any]:
    """Return the context: prefixes, the keys of a record, and our own terms by name where no key of a record has that name.

    A key that states no property maps to null, so that nothing is said that the graph does not say.
    """
    keys = _record_terms(vocabulary)
    typed = _typed()
    terms = {e.name: _own(e, typed) for entries in vocabulary.terms.values() for e in entries}
    return {"@context": {"@version": 1.1, **PREFIXES, **{n: t for n, t in terms.items() if n not in keys}, **keys}}


@cache
def answers() -> dict[str, Any]:
    """Return what ``ontology/answers.json`` says of the keys of answers that are no records, by kind of answer."""
    found: dict[str, Any] = json.loads((resource("ontology") / "answers.json").read_text(encoding="utf-8"))
    return found


def answer_context(vocabulary: Vocabulary, kind: str) -> dict[str, Any]:
    """Return the context of a kind of answer: a thing of the graph keeps its IRI and says only what the graph states."""
    said = answers()
    keys = _record_terms(vocabulary) if kind in said["records"] else {}
    return {"@context": {"@version": 1.1, **PREFIXES, **keys, **said["base"], **said["kinds"][kind]}}


def _record_terms(vocabulary: Vocabulary) -> dict[str, Any]:
    """Return the keys of a record with their meaning, tokens of code lists kept apart from keys and terms."""
    keys = record_keys()
    for term in keys.values():
        if isinstance(term, dict) and "@context" in term:
            _keep_apart(term["@context"], keys, vocabulary)
    return keys


def record_keys() -> dict[str, Any]:
    """Return what each key of a standard or project means."""
    keys: dict[str, Any] = {"iri": "@id", "kind": "@type", **dict.fromkeys(DERIVED)}
    for table in tables():
        if table.kind in RECORDS:
            keys[table.kind] = table.rdf_class
            for column in table.columns:
                keys.update(_column(column))
    keys["status"] = None  # of the day asked: the graph states it of a period
    keys["undated_iri"] = {"@id": "ais:ofUndated", "@type": "@id"}
    for name, scheme in (("verification", "verification"), ("novelty_ground", "novelty-ground")):
        keys[name] = _code("ais:noveltyGround" if "-" in scheme else f"ais:{name}", scheme)
    return keys


def _column(column: Column) -> dict[str, Any]:
    name = NAMES.get(column.name, column.name)
    if column.kind in LINKED:
        return {name: None, iri_key(column): {"@id": column.property, "@type": "@id"}}
    if column.kind == "date":
        ends = {
            f"{name}_{end.lower()}": {"@id": column.property + end, "@type": "xsd:date"}
            for end in ("Earliest", "Latest")
        }
        return {name: {"@id": column.property}, **ends}
    if column.kind in ("code", "layer"):
        return {name: _code(column.property, column.scheme or "chain")}
    extra = {"@language": column.lang} if column.lang else {"@type": TYPES[column.kind]} if column.kind in TYPES else {}
    return {name: {"@id": column.property, **extra}}


def _code(name: str, scheme: str) -> dict[str, Any]:
    """Return a key whose values are tokens of a code list: each is the end of the IRI of a concept."""
    return {"@id": name, "@type": "@vocab", "@context": {"@vocab": ID + scheme + "/"}}


def _keep_apart(scoped: dict[str, Any], keys: dict[str, Any], vocabulary: Vocabulary) -> None:
    """Name the tokens of a code list that are also keys or terms: those would be read as the key."""
    scheme = scoped["@vocab"]
    for concept in list(vocabulary.facts.values("skos:inScheme")):
        token = concept.removeprefix(scheme)
        if concept.startswith(scheme) and (token in keys or token in vocabulary.names or token in PREFIXES):
            scoped[token] = concept


def _typed() -> dict[str, str]:
    """Return the datatype of each property whose cells are days, truth values or numbers, by its prefixed name."""
    found = {}
    for table in tables():
        for column in table.columns:
            ends = [column.property + end for end in ("Earliest", "Latest")] if column.kind == "date" else []
            found.update(dict.fromkeys(ends, "xsd:date"))
            if column.kind in TYPES:
                found[column.property] = TYPES[column.kind]
    return found


def _own(entry: Entry, typed: dict[str, str]) -> Any:
    name = compress(entry.iri)
    if entry.kind == "owl:Class":
        return name
    if entry.kind == "owl:ObjectProperty":
        return {"@id": name, "@type": "@id"}
    ranges = [compress(value[0].value) for value in entry.get("rdfs:range") if not isinstance(value[0], str)]
    datatype = typed.get(name) or next((r for r in ranges if r.startswith("xsd:") and r != "xsd:string"), None)
    return {"@id": name, "@type": datatype} if datatype else {"@id": name}
