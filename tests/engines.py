"""The same rows from different SPARQL engines: the terms of each are brought into one form."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import httpx
import pyoxigraph as ox
from rdflib import Dataset, Literal, URIRef
from rdflib.query import ResultRow

from aistandards.namespaces import expand

STRING, LANG_STRING, DECIMAL = expand("xsd:string"), expand("rdf:langString"), expand("xsd:decimal")
# GROUP_CONCAT: the order of the pieces is the engine's own
JOINED = {"roles", "parties", "failed", "undecided", "kinds", "issuers", "issuers_en"}
JSON = "application/sparql-results+json"

Rows = list[str]


def cell(name: str, term: Any) -> Any:
    """A term of either library in one form."""
    if isinstance(term, ox.NamedNode | URIRef):
        return str(term).strip("<>")
    if isinstance(term, ox.Literal):
        value, language, datatype = term.value, term.language, term.datatype.value
    else:
        assert isinstance(term, Literal), term
        value, language = str(term), term.language
        datatype = str(term.datatype or (LANG_STRING if language else STRING))
    if datatype == DECIMAL:  # 1 and 1.0 are one number
        return str(Decimal(value).normalize()), None, datatype
    if name in JOINED and datatype == STRING:
        return sorted(value.replace(";", " ").split())
    return value, language, datatype


def listed(rows: Iterable[dict[str, Any]]) -> Rows:
    """Rows in one form and in their order; unbound cells are left out."""
    return [str([(name, cell(name, row[name])) for name in sorted(row) if row[name] is not None]) for row in rows]


def _rows(solutions: Any) -> Iterable[dict[str, Any]]:
    assert isinstance(solutions, ox.QuerySolutions)
    names = [variable.value for variable in solutions.variables]
    return ({name: solution[name] for name in names} for solution in solutions)


def by_oxigraph(store: ox.Store, text: str) -> Rows:
    """Rows of pyoxigraph over the union of all graphs."""
    return listed(_rows(store.query(text, use_default_graph_as_union=True)))


def by_rdflib(dataset: Dataset, text: str) -> Rows:
    """Rows of rdflib; the data set was made with ``default_union=True``."""
    found = []
    for row in dataset.query(text):
        assert isinstance(row, ResultRow)
        found.append({name: row[name] for name in row.labels})
    return listed(found)


def by_http(address: str, text: str) -> Rows:
    """Rows of a SPARQL 1.1 server, asked as the protocol says."""
    answer = httpx.post(address, data={"query": text}, headers={"Accept": JSON}, timeout=60)
    assert answer.status_code == 200, answer.text
    return listed(_rows(ox.parse_query_results(answer.content, format=ox.QueryResultsFormat.JSON)))
