"""Results of a query to a server, in the shape of pyoxigraph's own, with one spelling for what servers spell differently."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

import pyoxigraph as ox

from aistandards.namespaces import expand

DECIMAL, BOOLEAN = expand("xsd:decimal"), expand("xsd:boolean")
Term = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple


def plain(term: Any) -> Any:
    """Return a term with a decimal in its shortest spelling and a boolean in words.

    Jena's TDB2 gives 5 back as 5.0, Virtuoso gives true back as 1: the value is the same, and is spelled one way here.
    """
    if not isinstance(term, ox.Literal):
        return term
    kind = term.datatype.value
    if kind == DECIMAL:
        with contextlib.suppress(InvalidOperation):
            spelled = format(Decimal(term.value).normalize(), "f")
            return term if spelled == term.value else ox.Literal(spelled, datatype=term.datatype)
    if kind == BOOLEAN and term.value in ("0", "1"):
        return ox.Literal("true" if term.value == "1" else "false", datatype=term.datatype)
    return term


class Solution:
    """One row: a term by the name or the place of its variable, None where it is unbound."""

    __slots__ = ("_places", "_terms")

    def __init__(self, places: Mapping[str, int], terms: list[Term | None]) -> None:
        self._places = places
        self._terms = terms

    def __getitem__(self, key: str | int) -> Term | None:
        """Return the term of a variable."""
        return self._terms[key if isinstance(key, int) else self._places[key]]


class Solutions:
    """The rows of a SELECT as they arrive, like pyoxigraph's own."""

    def __init__(self, variables: list[ox.Variable], rows: Iterable[ox.QuerySolution]) -> None:
        self.variables = variables
        self._rows = rows

    def __iter__(self) -> Iterator[Solution]:
        places = {variable.value: at for at, variable in enumerate(self.variables)}
        width = range(len(places))
        for row in self._rows:
            yield Solution(places, [plain(row[at]) for at in width])


class Triples:
    """The triples of a CONSTRUCT or DESCRIBE as they arrive."""

    def __init__(self, quads: Iterable[ox.Quad]) -> None:
        self._quads = quads

    def __iter__(self) -> Iterator[ox.Triple]:
        for quad in self._quads:
            yield ox.Triple(quad.subject, quad.predicate, plain(quad.object))


Found = Solutions | Triples | ox.QueryBoolean


def rows_of(found: Found) -> Solutions:
    """Return the rows of a SELECT."""
    assert isinstance(found, Solutions)
    return found


def text_of(term: Any) -> str:
    """Return the text of a literal; raises ValueError for another term, or none."""
    if not isinstance(term, ox.Literal):
        raise ValueError(f"{term} is no literal")
    return term.value
