"""Lint of the model itself: terms complete, foreign terms real, shapes and queries that name nothing unknown. Offline."""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from aistandards.errors import AistandardsError
from aistandards.findings import Finding, nearest
from aistandards.namespaces import AIS, BASE, PREFIXES, SPARQL_PROLOGUE, compress
from aistandards.queries import read_query
from aistandards.settings import resource
from aistandards.validation import findings_of

if TYPE_CHECKING:
    from rdflib import Graph

RDFLIB: Final = [
    "DCAT",
    "DCTERMS",
    "FOAF",
    "ORG",
    "OWL",
    "PROV",
    "QB",
    "RDF",
    "RDFS",
    "SDO",
    "SH",
    "SKOS",
    "VANN",
    "XSD",
]

PREFIXED: Final = re.compile(r"(?<![\w:/#<?$])([a-z][\w-]*):([A-Za-z][\w-]*)")
IRI: Final = re.compile(r"<(https?://[^<>\"{}|^`\\\s]+)>")
PREFIX: Final = re.compile(r"^\s*@?prefix\s+([\w-]*):\s*<([^>]+)>", re.IGNORECASE | re.MULTILINE)
TEXTS: Final = re.compile(r'"""(?:[^"\\]|\\.|"(?!""))*"""|"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'')


@dataclass(frozen=True, slots=True)
class Use:
    """One place where a term is named."""

    iri: str
    file: str
    line: int


def check() -> list[Finding]:
    """Return what is wrong with ontology, shapes and queries as they ship."""
    files = [
        path
        for name, pattern in (("ontology", "*.ttl"), ("shapes", "*.ttl"), ("queries", "*.r[qu]"))
        for path in sorted(resource(name).rglob(pattern))
    ]
    findings = [finding for path in files if (finding := _unreadable(path))]
    broken = {finding.file for finding in findings}
    uses = [use for path in files if _shown(path) not in broken for use in uses_of(path)]
    return findings + unknown_terms(uses, own_terms(), foreign_terms()) + check_terms()


def _shown(path: Path) -> str:
    """Return a file's path as the repository has it: from the folder that ships."""
    for name in ("ontology", "shapes", "queries"):
        if resource(name) in path.parents:
            return f"{name}/{path.relative_to(resource(name)).as_posix()}"
    return path.name


def _unreadable(path: Path) -> Finding | None:
    """Return the finding of a file that does not parse."""
    try:
        if path.suffix == ".rq":
            ox.Store().query(
                SPARQL_PROLOGUE + read_query(path).text
                if _is_saved(path)
                else SPARQL_PROLOGUE + path.read_text("utf-8")
            )
        elif path.suffix == ".ru":
            ox.Store().update(SPARQL_PROLOGUE + path.read_text("utf-8"))
        else:
            for _ in ox.parse(path=str(path), format=ox.RdfFormat.TURTLE):
                pass
    except (SyntaxError, ValueError, AistandardsError) as error:
        line = getattr(error, "lineno", None)
        return Finding(
            "model-syntax",
            "violation",
            f"无法解析：{error}",
            f"It cannot be parsed: {error}",
            file=_shown(path),
            line=line if isinstance(line, int) else None,
        )
    return None


def _is_saved(path: Path) -> bool:
    return path.read_text("utf-8").startswith("#+")


def uses_of(path: Path) -> list[Use]:
    """Return every vocabulary term that a Turtle or SPARQL file names, with the line; texts and comments are no terms."""
    text = path.read_text(encoding="utf-8")
    spaces = PREFIXES | dict(PREFIX.findall(text))
    blank = TEXTS.sub(lambda m: re.sub(r"[^\n]", " ", m[0]), text)
    uses = []
    for number, line in enumerate(blank.splitlines(), 1):
        code = re.sub(r"(^|\s)#.*", "", line)
        if PREFIX.match(code):
            continue
        for prefix, local in PREFIXED.findall(IRI.sub("", code)):
            if prefix in spaces:
                uses.append(Use(spaces[prefix] + local, _shown(path), number))
        uses += [Use(iri, _shown(path), number) for iri in IRI.findall(code)]
    return uses


def own_terms() -> dict[str, str]:
    """Return our own classes and properties with what they are (``Class``, ``ObjectProperty`` …)."""
    terms: dict[str, str] = {}
    for path in sorted(resource("ontology").glob("*.ttl")):
        for quad in ox.parse(path=str(path), format=ox.RdfFormat.TURTLE):
            kind, subject = quad.object, quad.subject
            if not isinstance(kind, ox.NamedNode) or not isinstance(subject, ox.NamedNode):
                continue
            if subject.value.startswith(AIS) and kind.value.startswith(PREFIXES["owl"]):
                terms.setdefault(subject.value, kind.value.rpartition("#")[2])
    return terms


def foreign_terms() -> dict[str, set[str]]:
    """Return the terms of other vocabularies by namespace: those rdflib ships, and ``ontology/reused.csv``."""
    import rdflib.namespace

    terms: dict[str, set[str]] = defaultdict(set)
    for name in RDFLIB:
        space = getattr(rdflib.namespace, name)
        listed = {str(term) for term in dir(space) if str(term).startswith(str(space))}
        terms[str(space)] |= listed | {str(space) + name for name in getattr(space, "_extras", ())}
    with (resource("ontology") / "reused.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            terms[row["namespace"]].add(row["namespace"] + row["term"])
    return dict(terms)


def unknown_terms(uses: list[Use], own: dict[str, str], foreign: dict[str, set[str]]) -> list[Finding]:
    """Return a finding for each term that its vocabulary does not have, with the nearest that it has."""
    findings: dict[tuple[str, str], Finding] = {}
    for use in uses:
        space = max((s for s in (*foreign, AIS) if use.iri.startswith(s)), key=len, default=None)
        if space is None or use.iri == space or use.iri.startswith((BASE + "id/", BASE + "graph/", BASE + "shapes#")):
            continue
        known = set(own) if space == AIS else foreign[space]
        if use.iri in known or (use.iri, use.file) in findings:
            continue
        local = {iri[len(space) :]: iri for iri in known}
        near = nearest(use.iri[len(space) :], local)
        findings[use.iri, use.file] = Finding(
            "term-unknown",
            "violation",
            f"词汇表中没有“{compress(use.iri)}”。",
            f"Its vocabulary has no term “{compress(use.iri)}”.",
            file=use.file,
            line=use.line,
            value=use.iri,
            suggestion=compress(local[near]) if near else None,
        )
    return list(findings.values())


def check_terms(folder: Path | None = None) -> list[Finding]:
    """Return what ``shapes/ontology`` finds wrong with the statements about our own terms."""
    import pyshacl
    from rdflib import Graph, URIRef

    model = Graph()
    for path in sorted((folder or resource("ontology")).glob("*.ttl")):
        model.parse(path, format="turtle")
    own = Graph()
    for triple in model:
        if isinstance(triple[0], URIRef) and (triple[0].startswith(AIS) or str(triple[0]) == AIS.rstrip("#")):
            own.add(triple)
    shapes = _shapes()
    _, report, _ = pyshacl.validate(own, shacl_graph=shapes, do_owl_imports=False, meta_shacl=True, advanced=False)
    return findings_of(report, {}, shapes) if isinstance(report, Graph) else []


def _shapes() -> Graph:
    from rdflib import Graph

    shapes = Graph()
    for path in sorted((resource("shapes") / "ontology").glob("*.ttl")):
        shapes.parse(path, format="turtle")
    return shapes
