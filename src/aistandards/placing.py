"""Where rows say that something has its place: systems, their parts, mappings between them; and what is wrong with a row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pyoxigraph as ox

from aistandards import identifiers
from aistandards.codes import CLASSIFICATION_SYSTEM, SLUG, Codes
from aistandards.findings import Finding, Severity, nearest
from aistandards.namespaces import expand
from aistandards.sources import Row
from aistandards.tables import Column, tables

RDF_TYPE: Final = ox.NamedNode(expand("rdf:type"))
NEAR: Final = 0.9  # of a number of fifteen signs, one may differ
MOST_SOUGHT: Final = 20  # numbers for which the nearest is looked for: each look goes through all records


class Placing:
    """What a writer collects (quads, findings, the place of every record) and how it reads cells that name systems and parts."""

    def __init__(self, codes: Codes) -> None:
        self.codes = codes
        self.quads: list[ox.Quad] = []
        self.findings: list[Finding] = []
        self.places: dict[str, Row] = {}
        self.sought = 0

    def nearest_record(self, iri: str) -> str | None:
        """Return the number of the record on file that is nearest to one that is not; sought for the first few only."""
        self.sought += 1
        if self.sought > MOST_SOUGHT:
            return None
        slug = iri.rpartition("/")[2]
        known = (other.rpartition("/")[2] for other in [*self.places, *self.codes.records])
        near = nearest(slug, (other for other in known if abs(len(other) - len(slug)) < 2), NEAR)
        number = near and (identifiers.try_parse_plan(near) or identifiers.try_parse(near))
        return number.render() if number else None

    def part_subject(self, row: Row) -> str | None:
        """Return the IRI of the part a row states; None, with a finding, where its system is another file's or has no slug."""
        slug = row.get("system")
        scheme = self.codes.systems.get(slug)
        if not SLUG.fullmatch(slug):
            zh, en = (
                f"体系代号“{slug}”应为小写字母、数字和连字符。",
                f"The slug “{slug}” of the system is not lower case.",
            )
            self.find(row, "system", "system-slug", "violation", zh, en, "my-system-2026")
        elif scheme is None or scheme.owner != row.file:
            owner = (scheme and scheme.owner) or "ontology/systems.ttl"
            zh = f"体系“{slug}”已由 {owner} 给出，不能增改。"
            en = f"The system “{slug}” is stated by {owner}; another file cannot add to it."
            self.find(row, "system", "system-taken", "violation", zh, en, f"{slug}-own")
        else:
            return scheme.part(row.get("notation"))
        return None

    def state_system(self, row: Row, part: ox.NamedNode, graph: ox.NamedNode) -> None:
        """State the system to which a part belongs, and that a part without parent is a top part of it."""
        slug = row.get("system")
        system = ox.NamedNode(self.codes.systems[slug].iri)
        self.places.setdefault(system.value, row)
        facts: list[tuple[ox.NamedNode, str, ox.NamedNode | ox.Literal]] = [
            (system, "rdf:type", ox.NamedNode(expand("ais:System"))),
            (system, "skos:notation", ox.Literal(slug)),
        ]
        if row.get("source"):
            facts.append((system, "dcterms:source", ox.Literal(row.get("source"))))
        if not row.get("parent"):
            facts.append((part, "skos:topConceptOf", system))
        self.quads += [ox.Quad(subject, ox.NamedNode(expand(name)), term, graph) for subject, name, term in facts]

    def _read_system(self, row: Row, column: Column, value: str) -> Iterator[tuple[str, ox.NamedNode]]:
        if value not in self.codes.systems:
            message = f"没有名为“{value}”的体系。", f"There is no system “{value}”."
            self.find(row, column.name, "system-unknown", "violation", *message, nearest(value, self.codes.systems))
            return
        yield column.property, ox.NamedNode(self.codes.systems[value].iri)

    def _read_part(self, row: Row, column: Column, value: str) -> Iterator[tuple[str, ox.NamedNode]]:
        system = row.get(column.system) if column.system else CLASSIFICATION_SYSTEM
        scheme = self.codes.systems.get(system)
        if scheme is None:
            return  # the cell that names the system has its own finding
        part = scheme.part(value)
        if part is None:
            message = f"{system} 没有“{value}”这一部分。", f"{system} has no part “{value}”."
            self.find(row, column.name, "part-unknown", "violation", *message, nearest(value, scheme.parts))
            return
        yield column.property, ox.NamedNode(part)
        if column.property == "ais:inPart" and value == column.values(row.get(column.name))[0]:
            yield "ais:primaryPart", ox.NamedNode(part)

    def _read_field(self, row: Row, column: Column, value: str) -> Iterator[tuple[str, ox.NamedNode | ox.Literal]]:
        columns = {c.name: c for table in tables() if table.kind in ("standard", "project") for c in table.columns}
        if value not in columns:
            message = f"记录没有“{value}”这一列。", f"Records have no column “{value}”."
            self.find(row, column.name, "field-unknown", "violation", *message, nearest(value, columns))
            return
        yield column.property, ox.Literal(value)
        yield "ais:statesProperty", ox.NamedNode(expand(columns[value].property))

    def find(
        self, row: Row, field_name: str, rule: str, severity: Severity, zh: str, en: str, suggestion: str | None
    ) -> None:
        """Add a finding on a row, with its place in the file and the clauses that ask for the cell."""
        column = row.table.column(field_name)
        if column and column.clauses:
            zh += f"（条文：{'、'.join(column.clauses)}）"
            en += f" (Clause: {', '.join(column.clauses)}.)"
        self.findings.append(
            Finding(
                rule=rule,
                severity=severity,
                message_zh=zh,
                message_en=en,
                file=row.file,
                line=row.line,
                column=row.positions.get(field_name),
                field=field_name,
                value=row.get(field_name) or None,
                suggestion=suggestion,
                record=row.get(row.table.key) if row.table.key else None,
                path=expand(column.property) if column else None,
            )
        )
