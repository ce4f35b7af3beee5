"""What the columns of each table mean: the CSVW description in ``ontology/tables.json``, as values."""

from __future__ import annotations

import fnmatch
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from aistandards.findings import nearest
from aistandards.settings import resource


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, what its cells are (``kind``) and the property they state.

    ``titles`` are other headers, the first in Chinese; ``clauses`` of policies ask for it; ``description`` is zh and en.
    ``system`` names the column that holds the system of a part; ``about`` is the template of another subject than the
    row's; ``derived`` marks a property that a build derives, so that no statement of a source settles it.
    """

    name: str
    kind: str
    property: str
    titles: tuple[str, ...] = ()
    required: bool = False
    scheme: str | None = None
    lang: str | None = None
    separator: str | None = None
    unit: str | None = None
    clauses: tuple[str, ...] = ()
    description: tuple[str, str] = ("", "")
    system: str | None = None
    about: str | None = None
    derived: bool = False

    def values(self, cell: str) -> list[str]:
        """Return the values of a cell: one, or several where the column has a separator."""
        pieces = cell.split(self.separator) if self.separator else [cell]
        return [piece.strip() for piece in pieces if piece.strip()]


@dataclass(frozen=True, slots=True)
class Table:
    """One kind of file: the pattern of its name, what a row is about, its columns; rows that begin with ``comment`` explain."""

    url: str
    kind: str
    key: str | None
    rdf_class: str
    link: dict[str, str]
    columns: tuple[Column, ...]
    comment: str | None = None

    def column(self, name: str) -> Column | None:
        """Return the column of that name, or None."""
        return next((column for column in self.columns if column.name == name), None)

    def header(self, cell: str) -> Column | None:
        """Return the column that a header cell names, in the table's own words or as the platforms print it."""
        wanted = cell.strip().casefold()
        return next((c for c in self.columns if wanted == c.name or wanted in (t.casefold() for t in c.titles)), None)

    def nearest_header(self, cell: str) -> str | None:
        """Return the column name closest to a mistyped header."""
        names = {name: column.name for column in self.columns for name in (*column.titles, column.name)}
        found = nearest(cell.strip(), names)
        return names[found] if found else None


def _column(data: dict[str, Any]) -> Column:
    described = data.get("dc:description", {})
    return Column(
        name=data["name"],
        kind=data["ais:kind"],
        property=data["propertyUrl"],
        titles=tuple(data.get("titles", ())),
        required=data.get("required", False),
        scheme=data.get("ais:scheme"),
        lang=data.get("lang"),
        separator=data.get("separator"),
        unit=data.get("ais:unit"),
        clauses=tuple(data.get("ais:clauses", ())),
        description=(described.get("zh", ""), described.get("en", "")),
        system=data.get("ais:system"),
        about=data.get("aboutUrl"),
        derived=data.get("ais:derived", False),
    )


@cache
def _described() -> dict[str, Any]:
    described: dict[str, Any] = json.loads((resource("ontology") / "tables.json").read_text(encoding="utf-8"))
    return described


@cache
def number_headers() -> frozenset[str]:
    """Return the headers, folded, under which lists of standards print their numbers."""
    return frozenset(title.casefold() for title in _described()["ais:numberHeaders"])


@cache
def tables() -> tuple[Table, ...]:
    """Return every table that ``ontology/tables.json`` describes."""
    return tuple(
        Table(
            url=entry["url"],
            kind=entry["ais:subject"]["kind"],
            key=entry["ais:subject"].get("key"),
            rdf_class=entry["ais:subject"]["class"],
            link=entry.get("ais:link", {}),
            columns=tuple(_column(column) for column in entry["tableSchema"]["columns"]),
            comment=entry.get("dialect", {}).get("commentPrefix"),
        )
        for entry in _described()["tables"]
    )


def table_for(path: Path, header: list[str], kind: str | None = None) -> Table | None:
    """Return the table of a file: of a kind that is known, by its name, else the one whose required columns its header has."""
    if kind is not None:
        return next(table for table in tables() if table.kind == kind)
    for table in tables():
        if fnmatch.fnmatch(path.name, table.url):
            return table
    for table in tables():
        named = {column.name for cell in header if (column := table.header(cell))}
        needed = {column.name for column in table.columns if column.required}
        if needed and needed <= named:
            return table
    return None
