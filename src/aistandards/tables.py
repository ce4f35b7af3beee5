"""What the columns of each table mean: the CSVW description in ``ontology/tables.json``, as values."""

from __future__ import annotations

import fnmatch
import json
import re
import unicodedata
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
    """One kind of file: the pattern of its name, what a row is about, its columns; rows that begin with ``comment`` explain.

    ``key_from`` names the column whose cell is the key of a row that has none, as in what the platforms export.
    """

    url: str
    kind: str
    key: str | None
    rdf_class: str
    link: dict[str, str]
    columns: tuple[Column, ...]
    comment: str | None = None
    key_from: str | None = None

    def column(self, name: str) -> Column | None:
        """Return the column of that name, or None."""
        return next((column for column in self.columns if column.name == name), None)

    def header(self, cell: str) -> Column | None:
        """Return the column that a header cell names, in the table's own words or as the platforms print it."""
        return _headers(self.url).get(fold(cell))

    def missing(self, named: set[str]) -> list[Column]:
        """Return the required columns that are not among those named; what gives the key stands for it."""
        return [
            c
            for c in self.columns
            if c.required and c.name not in named and (c.name != self.key or self.key_from not in named)
        ]

    def nearest_header(self, cell: str) -> str | None:
        """Return the column name closest to a mistyped header."""
        names = {name: column.name for column in self.columns for name in (*column.titles, column.name)}
        found = nearest(cell.strip(), names)
        return names[found] if found else None


def fold(header: str) -> str:
    """Return a header cell as it is compared: without width, case, blanks, line ends and the marks of forms."""
    return _UNSEEN.sub("", unicodedata.normalize("NFKC", header)).rstrip(":*").lstrip("*").casefold()


_UNSEEN = re.compile("[\\s_\u00ad\u200b-\u200d\u2060\ufeff]")


@cache
def _headers(url: str) -> dict[str, Column]:
    """Return the columns of a table by every header they may have, folded; a column's own name goes first."""
    table = next(table for table in tables() if table.url == url)
    found: dict[str, Column] = {fold(column.name): column for column in table.columns}
    for column in table.columns:
        for title in column.titles:
            found.setdefault(fold(title), column)
    return found


@cache
def _ignored() -> frozenset[str]:
    return frozenset(map(fold, _described()["ais:ignoredHeaders"]))


def ignored_header(cell: str) -> bool:
    """Whether a header is one that the platforms print and that states nothing, such as a running number."""
    return fold(cell) in _ignored()


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
            key_from=entry["ais:subject"].get("keyFrom"),
        )
        for entry in _described()["tables"]
    )


def of_name(name: str) -> Table | None:
    """Return the table whose files have names like this one."""
    return next((table for table in tables() if fnmatch.fnmatch(name, table.url)), None)


def table_for(path: Path, cells: list[str], kind: str | None = None) -> Table | None:
    """Return the table of which a row is the header: of the kind or the file's name where these say it, else by its columns.

    Raises AmbiguousHeader where several tables fit alike.
    """
    filled = [cell for cell in cells if cell.strip()]
    given = next((table for table in tables() if table.kind == kind), None) if kind else of_name(path.name)
    if given:
        known = len({column.name for cell in filled if (column := given.header(cell))})
        return given if known >= 2 or (known and known * 2 >= len(filled)) else None
    found: list[tuple[int, Table]] = []
    for table in tables():
        named = {column.name for cell in filled if (column := table.header(cell))}
        if named and any(column.required for column in table.columns) and not table.missing(named):
            found.append((len(named), table))
    most = max((known for known, _ in found), default=0)
    best = [table for known, table in found if known == most]
    best = [table for table in best if len(table.columns) == most] or best  # one that is there as a whole
    if len({table.rdf_class for table in best}) > 1:
        raise AmbiguousHeader(best)
    return best[0] if best else None


class AmbiguousHeader(Exception):  # noqa: N818 - caught where the file is known, and told with its name
    """A header that several tables have."""

    def __init__(self, found: list[Table]) -> None:
        super().__init__()
        self.tables = found


def nearest_table(cells: list[str]) -> Table | None:
    """Return the table that has most of the columns a row names, or None where none has two of them."""
    known = {table.url: sum(table.header(cell) is not None for cell in cells) for table in tables()}
    best = max(tables(), key=lambda table: (known[table.url], -len(table.missing(set()))))
    return best if known[best.url] > 1 else None
