"""Validation: the shapes, compiled or through pySHACL, and the checks in ``queries/checks``, as findings with their place in the files."""

from __future__ import annotations

import logging
import re
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyoxigraph as ox

from aistandards.findings import Finding, Severity
from aistandards.namespaces import ID, PREFIXES, expand, key_of
from aistandards.queries import checks
from aistandards.settings import resource
from aistandards.shacl import peer, terms
from aistandards.shacl.engine import Engine, Shapes, shapes_of
from aistandards.shacl.graph import Graph as Shaped
from aistandards.shacl.graph import of_triples
from aistandards.shacl.results import Result
from aistandards.sources import Row

if TYPE_CHECKING:
    from rdflib import Graph

SHACL = PREFIXES["sh"]
ON_PROPERTY = f"<{expand('ais:onProperty')}>"
SEVERITIES: dict[str, Severity] = {
    SHACL + "Violation": "violation",
    SHACL + "Warning": "warning",
    SHACL + "Info": "info",
}


def shape_files() -> list[Path]:
    """Return the files of ``shapes/``."""
    return sorted(resource("shapes").glob("*.ttl"))


def load_shapes() -> Graph:
    """Return all shapes of ``shapes/`` as one graph."""
    from rdflib import Graph

    shapes = Graph()
    for path in shape_files():
        shapes.parse(path, format="turtle")
    return shapes


@cache
def compiled_shapes() -> Shapes:
    """Return the shapes of ``shapes/``, compiled once."""
    return shapes_of(
        triple.triple for path in shape_files() for triple in ox.parse(path=str(path), format=ox.RdfFormat.TURTLE)
    )


def to_rdflib(store: ox.Store) -> Graph:
    """Return all quads of a store as one rdflib graph: pySHACL's answers over a pyoxigraph store are wrong."""
    from rdflib import Graph

    logging.getLogger("rdflib.term").setLevel(logging.ERROR)  # an ill-typed literal is a finding, not a log entry
    graph = Graph()
    data = ox.serialize((quad.triple for quad in store), format=ox.RdfFormat.N_TRIPLES)
    graph.parse(data=data, format="nt")
    return graph


def run_shapes(store: ox.Store, places: dict[str, Row], engine: Engine = "compiled") -> list[Finding]:
    """Validate a store against the shapes: compiled to Python, or with pySHACL, the reference."""
    shapes = compiled_shapes()
    if engine == "pyshacl":
        return _findings(peer.results_of(peer.validate(to_rdflib(store), load_shapes())), places, shapes.graph)
    return _findings(shapes.validate(of_triples(store)), places, shapes.graph)


def fell_back(engine: Engine) -> dict[str, tuple[str, str]]:
    """Return the shapes that the compiler leaves to pySHACL, each with the reason in English and Chinese."""
    fallen = compiled_shapes().plan.fallen if engine == "compiled" else []
    return {terms.lexical(shape.shape): (shape.en, shape.zh) for shape in fallen}


def findings_of(report: Graph, places: dict[str, Row], shapes: Graph) -> list[Finding]:
    """Return the results of pySHACL's report as findings, by place."""
    return _findings(peer.results_of(report), places, peer.of_rdflib(shapes))


def _findings(results: list[Result], places: dict[str, Row], shapes: Shaped) -> list[Finding]:
    findings = [_finding_of(result, places, shapes) for result in results]
    return sorted(
        findings,
        key=lambda f: (f.file or "", f.line or 0, f.rule, f.value or "", f.field or "", f.message_en, f.record or ""),
    )


def _finding_of(result: Result, places: dict[str, Row], shapes: Shaped) -> Finding:
    messages = {terms.language(message): terms.lexical(message) for message in result.messages}
    fallback = next(iter(messages.values()), "")
    focus = terms.lexical(result.focus)
    value = None if result.value is None else terms.lexical(result.value)
    path = result.path or shapes.one(result.shape, ON_PROPERTY)
    return placed(
        places,
        focus,
        rule=key_of(terms.lexical(result.shape)).partition("#")[2] or "shape",
        severity=SEVERITIES.get(terms.lexical(result.severity), "violation"),
        field=column_of(terms.lexical(path), places.get(focus)) if path and terms.is_iri(path) else None,
        value=None if value == focus else value,
        message_zh=messages.get("zh", fallback),
        message_en=messages.get("en", fallback),
        path=terms.lexical(path) if path and terms.is_iri(path) else None,
        result=result,
    )


def column_of(iri: str, row: Row | None = None) -> str:
    """Return the column of a row's table that states a property: ``…#implementedEarliest`` is ``implemented``."""
    stem = re.sub(r"(Earliest|Latest)$", "", iri)
    stem = {expand("ais:primaryPart"): expand("ais:inPart")}.get(stem, stem)
    columns = row.table.columns if row else ()
    stated = next((column.name for column in columns if expand(column.property) == stem), None)
    return stated or re.sub(r"(?<=[a-z])([A-Z])", lambda m: "_" + m[1].lower(), re.split(r"[#/]", stem)[-1])


def placed(places: dict[str, Row], focus: str, **facts: Any) -> Finding:
    """Return a finding with the file, line and column where its record stands."""
    row = places.get(focus)
    if row is None:
        return Finding(record=focus.removeprefix(ID), focus=focus or None, **facts)
    name = facts.get("field")
    position = row.positions.get(name) if name else None
    if position is not None and row.get(name or ""):
        facts["value"] = row.get(name or "")
    if not facts.get("path") and (column := row.table.column(name or "")):
        facts["path"] = expand(column.property)
    return Finding(
        file=row.file,
        line=row.line,
        column=position,
        record=row.get(row.table.key or "") or key_of(focus),
        focus=focus,
        **facts,
    )


def run_checks(store: ox.Store, places: dict[str, Row]) -> list[Finding]:
    """Run ``queries/checks/*.rq``; every row is a finding. Columns: focus, field, value, message_zh, message_en, suggestion."""
    findings = []
    for query in checks():
        for row in query.run(store):
            cells: dict[str, str] = defaultdict(str, {name: term.value for name, term in row.items()})
            findings.append(
                placed(
                    places,
                    cells["focus"],
                    rule=query.name,
                    severity=query.severity,
                    field=cells["field"] or None,
                    value=cells["value"] or None,
                    message_zh=cells["message_zh"],
                    message_en=cells["message_en"],
                    suggestion=cells["suggestion"] or None,
                )
            )
    return findings
