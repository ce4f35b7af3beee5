"""The W3C SPARQL cases through our endpoint: `make conformance`. They are read where they lie, not kept here.

Every query and syntax case runs twice: by the engine in this process, and over HTTP by a real server whose store holds
the case's graphs (``default_graph=unnamed``). What the engine passes must pass over HTTP, but for the cases in
``conformance-refused.csv``, which are refused for safety. The protocol cases for queries are sent as the manifest has
them. Prints the counts; ends with 1 where anything differs from this.
"""

from __future__ import annotations

import csv
import os
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

import httpx
import pyoxigraph as ox
import rdflib
from rdflib.collection import Collection

from aistandards import pipeline
from aistandards.settings import ServerSettings
from aistandards.sparql import GRAPH_TYPES, TABLE_TYPES, Engine
from serving import serving_here

ROOT = Path(__file__).resolve().parents[1]
SUITE = Path(os.environ.get("AISTANDARDS_CONFORMANCE", ROOT.parent / "shared" / "conformance"))
REFUSED = Path(__file__).with_name("conformance-refused.csv")
HERE = "http://example.org/conformance/"  # stands for the suite's own address
KASEI = "http://kasei.us/2009/09/sparql/data/"
MF = rdflib.Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#")
QT = rdflib.Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-query#")
RS = rdflib.Namespace("http://www.w3.org/2001/sw/DataAccess/tests/result-set#")
HT = rdflib.Namespace("http://www.w3.org/2011/http#")
CNT = rdflib.Namespace("http://www.w3.org/2011/content#")
FROM = re.compile(r"\bFROM\s+(?:NAMED\s+)?(?:<([^>]*)>|(\w*:)(\w*))", re.IGNORECASE)
PREFIX = re.compile(r"\bPREFIX\s+(\w*:)\s*<([^>]*)>", re.IGNORECASE)
NUMERIC = re.compile(r"#(integer|decimal|double|float)$")
SYNTAX = {
    "PositiveSyntaxTest": True,
    "PositiveSyntaxTest11": True,
    "NegativeSyntaxTest": False,
    "NegativeSyntaxTest11": False,
}
UPDATES = "syntax-update"

Row: TypeAlias = tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """A table of solutions; cells are terms as N-Triples, unbound is empty. Compared up to the names of blank nodes."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    ordered: bool = False
    lax: bool = False  # REDUCED may give a row more or less often

    def same(self, other: Table) -> bool:
        """Whether an answer is what was expected."""
        if set(self.columns) != set(other.columns):
            return False
        order = [other.columns.index(name) for name in self.columns]
        rows = [tuple(row[at] for at in order) for row in other.rows]
        if self.lax:
            return set(rows) == set(self.rows)
        if len(self.rows) != len(rows):
            return False
        if self.ordered:
            return all(fits(one, two, {}) is not None for one, two in zip(self.rows, rows, strict=True))
        return matched(sorted(self.rows), rows, {})


Result: TypeAlias = "Table | bool | str | None"


def matched(expected: Sequence[Row], rows: list[Row], known: dict[str, str]) -> bool:
    """Whether each expected row can be told one of the rows, with one name of a blank node for another throughout."""
    if not expected:
        return not rows
    for at, row in enumerate(rows):
        found = fits(expected[0], row, known)
        if found is not None and matched(expected[1:], rows[:at] + rows[at + 1 :], found):
            return True
        if found == known:
            return False
    return False


def fits(one: Row, two: Row, known: dict[str, str]) -> dict[str, str] | None:
    """Return the names of blank nodes by which two rows are the same, or None."""
    names = dict(known)
    for left, right in zip(one, two, strict=True):
        if left.startswith("_:") and right.startswith("_:"):
            if names.setdefault(left, right) != right or list(names.values()).count(right) > 1:
                return None
        elif left != right:
            return None
    return names


def cell(term: Any) -> str:
    """Return a term as text; numbers and truth by their value, which is what the engine keeps of them."""
    if term is None:
        return ""
    if isinstance(term, ox.Literal):
        kind = NUMERIC.search(term.datatype.value)
        if kind:
            try:
                return f"{kind[1]} {float(term.value)!r}"
            except ValueError:
                pass
        if term.datatype.value.endswith("#boolean"):
            return f"boolean {term.value in ('true', '1')}"
        if term.language:
            return str(ox.Literal(term.value, language=term.language.lower()))
    return str(term)


def canonical(triples: Iterator[Any]) -> str:
    """Return a graph as text that does not depend on the names of blank nodes."""
    found = ox.Dataset(ox.Quad(t.subject, t.predicate, t.object) for t in triples)
    found.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return "\n".join(sorted(map(str, found)))


def plain(results: Any) -> Result:
    """Return what the engine gave in a form that can be compared."""
    if isinstance(results, ox.QueryBoolean):
        return bool(results)
    if isinstance(results, ox.QueryTriples):
        return canonical(iter(results))
    names = tuple(variable.value for variable in results.variables)
    return Table(names, tuple(tuple(cell(row[name]) for name in names) for row in results))


def path_of(iri: str) -> Path:
    return SUITE / iri.removeprefix(HERE)


@dataclass(frozen=True)
class Case:
    """One case of the suite."""

    id: str
    kind: str
    query: Path
    iri: str
    data: tuple[str, ...]
    graphs: tuple[tuple[str, str], ...]  # address of the file, name of the graph
    result: str | None
    lax: bool

    @property
    def text(self) -> str:
        """The query, with its own address as its base."""
        return f"BASE <{self.iri}> {self.query.read_text(encoding='utf-8')}"

    @property
    def named(self) -> list[tuple[str, str | None]]:
        """The named graphs of the store: those of the manifest, and those that the query names with FROM."""
        found: list[tuple[str, str | None]] = [(name, file) for file, name in self.graphs]
        prefixes = dict(PREFIX.findall(self.text))
        for iri, prefix, local_name in FROM.findall(self.text):
            full = str(rdflib.URIRef(prefixes[prefix] + local_name if prefix else iri, base=self.iri))
            local = full.startswith(HERE) and path_of(full).is_file()
            found.append((full, full if local else None))
        return sorted(set(found), key=str)

    def load(self, store: ox.Store) -> None:
        """Fill a store with the graphs of the case."""
        for iri in self.data:
            store.load(path=str(path_of(iri)), base_iri=iri)
        for name, file in self.named:
            graph = ox.NamedNode(name)
            store.add_graph(graph)
            if file:
                store.load(path=str(path_of(file)), base_iri=file, to_graph=graph)

    def expected(self) -> Result:
        """Return the expected result."""
        if self.result is None:
            return None
        path = path_of(self.result)
        if path.suffix in (".srx", ".srj", ".tsv"):
            media = {
                ".srx": ox.QueryResultsFormat.XML,
                ".srj": ox.QueryResultsFormat.JSON,
                ".tsv": ox.QueryResultsFormat.TSV,
            }
            found = plain(ox.parse_query_results(path=str(path), format=media[path.suffix]))
            return replace(found, lax=self.lax) if isinstance(found, Table) else found
        if path.suffix == ".csv":
            return path.read_text(encoding="utf-8")
        graph = rdflib.Graph()
        graph.parse(path, publicID=self.result)
        if (None, rdflib.RDF.type, RS.ResultSet) in graph:
            found = result_set(graph)
            return replace(found, lax=self.lax) if isinstance(found, Table) else found
        return canonical(quad.triple for quad in ox.parse(path=str(path), base_iri=self.result))


def result_set(graph: rdflib.Graph) -> Result:
    """Read a result that is written with the vocabulary of result sets."""
    [found] = graph.subjects(rdflib.RDF.type, RS.ResultSet)
    truth = graph.value(found, RS.boolean)
    if truth is not None:
        return str(truth) == "true"
    names = tuple(sorted(str(name) for name in graph.objects(found, RS.resultVariable)))
    rows = []
    for solution in graph.objects(found, RS.solution):
        bound = {
            str(graph.value(b, RS.variable)): graph.value(b, RS.value) for b in graph.objects(solution, RS.binding)
        }
        index = graph.value(solution, RS["index"])
        rows.append((int(str(index)) if index is not None else -1, tuple(of_rdflib(bound.get(name)) for name in names)))
    ordered = bool(rows) and rows[0][0] >= 0
    return Table(names, tuple(row for _, row in sorted(rows)), ordered)


def of_rdflib(term: Any) -> str:
    if term is None:
        return ""
    if isinstance(term, rdflib.URIRef):
        return cell(ox.NamedNode(str(term)))
    if isinstance(term, rdflib.BNode):
        return cell(ox.BlankNode(str(term)))
    datatype = ox.NamedNode(str(term.datatype)) if term.datatype else None
    return cell(ox.Literal(str(term), datatype=datatype, language=term.language))


def cases() -> Iterator[Case]:
    """Yield the query and syntax cases of the suite."""
    for folder in sorted(SUITE.glob("sparql1[01]/*")):
        manifest = folder / "manifest.ttl"
        if not manifest.is_file() or folder.name.startswith(UPDATES):
            continue
        graph = rdflib.Graph()
        graph.parse(manifest, publicID=HERE + str(manifest.relative_to(SUITE)))
        for entries in graph.objects(None, MF.entries):
            for entry in Collection(graph, entries):
                for kind in (str(o).rpartition("#")[2] for o in graph.objects(entry, rdflib.RDF.type)):
                    if kind in SYNTAX or kind in ("QueryEvaluationTest", "CSVResultFormatTest"):
                        yield case(graph, entry, kind, folder)


def case(graph: rdflib.Graph, entry: Any, kind: str, folder: Path) -> Case:
    action = graph.value(entry, MF.action)
    query = graph.value(action, QT.query) or action
    graphs = []
    for node in graph.objects(action, QT.graphData):
        file = graph.value(node, QT.graph)
        label = graph.value(node, rdflib.RDFS.label)
        graphs.append((str(file or node), str(label or file or node)))
    result = graph.value(entry, MF.result)
    return Case(
        id=f"{folder.parent.name}/{folder.name}/{str(entry).rpartition('#')[2]}",
        kind=kind,
        query=path_of(str(query)),
        iri=str(query),
        data=tuple(map(str, graph.objects(action, QT.data))),
        graphs=tuple(graphs),
        result=str(result) if result is not None else None,
        lax=graph.value(entry, MF.resultCardinality) == MF.LaxCardinality,
    )


# By the engine in this process


def agrees(expected: Result, found: Result) -> bool:
    if expected is None:
        return True
    return expected.same(found) if isinstance(expected, Table) and isinstance(found, Table) else expected == found


def engine_passes(case: Case) -> bool:
    """Whether the engine itself passes a case."""
    store = ox.Store()
    if case.kind in SYNTAX:
        try:
            store.query(case.text)
        except SyntaxError:
            return not SYNTAX[case.kind]
        except (OSError, ValueError, RuntimeError):
            return SYNTAX[case.kind]
        return SYNTAX[case.kind]
    try:
        case.load(store)
        results = store.query(case.text)
        if case.kind == "CSVResultFormatTest":
            assert isinstance(results, ox.QuerySolutions)
            return same_csv(case, (results.serialize(format=ox.QueryResultsFormat.CSV) or b"").decode())
        return agrees(case.expected(), plain(results))
    except (SyntaxError, OSError, ValueError, RuntimeError):
        return False


def same_csv(case: Case, text: str) -> bool:
    """Compare CSV as tables of texts, whatever the order of rows and the names of blank nodes."""

    def read(given: str) -> tuple[list[str], list[Row]]:
        head, *rows = csv.reader(given.splitlines())
        return head, [tuple(row) for row in rows]

    (head, rows), (other, found) = read(str(case.expected())), read(text)
    return Table(tuple(head), tuple(rows)).same(Table(tuple(other), tuple(found)))


# Over HTTP


def over_http(case: Case, client: httpx.Client) -> str:
    """Return ``passed``, ``refused`` where the guard will not have the query, or what was wrong."""
    ask = {"query": case.text}
    first = client.post("/sparql", data=ask)
    if case.kind in SYNTAX:
        good = first.status_code == 200 or "Unknown function" in first.text  # which is no matter of grammar
        if good is SYNTAX[case.kind] and (good or first.status_code == 400):
            return "passed"
        return (
            "refused" if first.status_code == 400 and is_refusal(first) else f"{first.status_code} {first.text[:200]}"
        )
    if first.status_code == 400 and is_refusal(first):
        return "refused"
    if case.kind == "CSVResultFormatTest":
        answer = client.post("/sparql", data=ask, headers={"Accept": "text/csv"})
        return "passed" if same_csv(case, answer.text) else f"{answer.status_code} {answer.text[:200]}"
    expected = case.expected()
    for media_type in GRAPH_TYPES if isinstance(expected, str) else TABLE_TYPES:
        if media_type == "text/csv" or (isinstance(expected, bool) and media_type.startswith("text/")):
            continue  # which do not tell terms apart
        answer = client.post("/sparql", data=ask, headers={"Accept": media_type})
        if answer.status_code != 200 or not agrees(expected, read(answer.content, media_type)):
            return f"{media_type}: {answer.status_code} {answer.text[:200]}"
    return "passed"


def is_refusal(answer: httpx.Response) -> bool:
    """Whether a text was refused for what it asks, and not for its grammar."""
    return any(words in answer.json()["detail"] for words in ("SERVICE", "Unknown graph", "over 100 deep", "more than"))


def read(body: bytes, media_type: str) -> Result:
    """Read an answer back from what came over the wire."""
    if media_type in GRAPH_TYPES:
        return canonical(quad.triple for quad in ox.parse(body, ox.RdfFormat.from_media_type(media_type)))
    return plain(ox.parse_query_results(body, format=ox.QueryResultsFormat.from_media_type(media_type)))


def protocol_cases(client: httpx.Client, engine: Engine, folder: Path) -> Iterator[tuple[str, str]]:
    """Send the protocol cases for queries, and those for updates that must be refused; yield their outcomes."""
    store = ox.Store(str(folder))
    store.add_graph(ox.NamedNode(KASEI + "data0.rdf"))
    for number in (1, 2, 3):
        name = ox.NamedNode(f"{KASEI}data{number}.rdf")
        store.load(path=str(SUITE / f"sparql11/protocol/data{number}.nt"), to_graph=name)
    store.flush()
    del store
    engine.replace(folder)
    graph = rdflib.Graph()
    graph.parse(SUITE / "sparql11/protocol/manifest.ttl", publicID=HERE)
    for entry in graph.subjects(rdflib.RDF.type, MF.ProtocolTest):
        case_name = str(entry).rpartition("#")[2]
        if case_name.startswith("update_"):
            continue
        outcomes = [
            request_of(graph, r, client)
            for reqs in graph.objects(graph.value(entry, MF.action), HT.requests)
            for r in Collection(graph, reqs)
        ]
        yield f"sparql11/protocol/{case_name}", next((found for found in outcomes if found != "passed"), "passed")


def request_of(graph: rdflib.Graph, request: Any, client: httpx.Client) -> str:
    """Send one request of the manifest and compare status, form and truth of the answer."""
    method, address = (str(graph.value(request, HT[name])) for name in ("methodName", "absolutePath"))
    body, encoding = None, "UTF-8"
    if content := graph.value(request, HT.body):
        encoding = str(graph.value(content, CNT.characterEncoding))
        body = str(graph.value(content, CNT.chars)).encode(encoding)
    headers = {
        str(graph.value(header, HT.fieldName)): str(graph.value(header, HT.fieldValue))
        for listed in graph.objects(request, HT.headers)
        for header in Collection(graph, listed)
    }
    answer = client.request(method, address.replace("/sparql/", "/sparql", 1), content=body, headers=headers)
    response = graph.value(request, HT.resp)
    statuses = {str(status).rpartition("StatusCode")[2][0] for status in graph.objects(response, MF.expectedStatus)}
    if str(answer.status_code)[0] not in statuses:
        return f"{answer.status_code} {answer.text[:200]}"
    form, truth = graph.value(response, MF.expectedFormat), graph.value(response, MF.expectedBoolean)
    media_type = answer.headers["content-type"].partition(";")[0]
    if form is not None and media_type not in (GRAPH_TYPES if str(form) == "RDF" else TABLE_TYPES):
        return f"{media_type} is not {form}"
    if truth is not None and answer.json()["boolean"] is not truth.toPython():
        return f"{answer.text[:200]} is not {truth}"
    return "passed"


# The run


def outcomes(folder: Path) -> Iterator[tuple[str, bool, str]]:
    """Yield every case with whether the engine passes it and what came of it over HTTP."""
    pipeline.build(folder / "store")
    settings = ServerSettings(store=folder / "store", default_graph="unnamed", query_workers=1)
    with serving_here(settings) as (address, app), httpx.Client(base_url=address, timeout=60) as client:
        engine: Engine = app.state.holder.service.engine
        loaded: object = None
        for at, one in enumerate(sorted(cases(), key=lambda c: (c.data, str(c.named)))):
            if (one.data, one.named) != loaded:
                quads = folder / f"case-{at}"
                store = ox.Store(str(quads))
                one.load(store)
                store.flush()
                del store
                engine.replace(quads)
                loaded = (one.data, one.named)
            yield one.id, engine_passes(one), over_http(one, client)
        for name, outcome in protocol_cases(client, engine, folder / "protocol"):
            yield name, True, outcome


def main() -> int:
    """Run all cases and print what came of them."""
    if not (SUITE / "sparql11").is_dir():
        print(
            f"make conformance: the W3C cases are not at {SUITE} (AISTANDARDS_CONFORMANCE says where): nothing was run"
        )
        return 0
    with REFUSED.open(encoding="utf-8", newline="") as stream:
        listed = {row["case"]: row["reason"] for row in csv.DictReader(stream)}
    counts: dict[str, Counter[str]] = {}
    wrong, refused, lacking = [], set(), []
    with tempfile.TemporaryDirectory() as folder:
        for name, by_engine, outcome in outcomes(Path(folder)):
            here = counts.setdefault(name.rpartition("/")[0], Counter())
            here["cases"] += 1
            here["engine"] += by_engine
            here["endpoint"] += outcome == "passed"
            if outcome == "refused":
                refused.add(name)
                here["refused"] += 1
            if not by_engine:
                lacking.append(name)
            if by_engine and outcome != "passed" and name not in listed:
                wrong.append(f"{name}: the engine passes it, over HTTP: {outcome}")
    wrong += [f"{name}: listed as refused, but it was not" for name in sorted(set(listed) - refused)]
    print(f"{'folder':34}{'cases':>7}{'engine':>8}{'endpoint':>10}{'refused':>9}")
    counts["all"] = sum(counts.values(), Counter())
    for name, found in counts.items():
        print(f"{name:34}{found['cases']:7}{found['engine']:8}{found['endpoint']:10}{found['refused']:9}")
    print("not passed by the engine itself:", *sorted(lacking), sep="\n  ")
    print("refused for safety:", *(f"{name}: {listed.get(name, 'NOT LISTED')}" for name in sorted(refused)), sep="\n  ")
    print(
        *(["WRONG:", *wrong] if wrong else ["every case that the engine passes, passes through the endpoint"]),
        sep="\n  ",
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
