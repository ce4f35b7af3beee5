"""The process that runs queries and may be killed: imported and run by the child only, one job after the other.

Answers go back in messages of ``HEADER`` (a letter and the number of the job) and a body: ``R`` ready, ``S`` the
evaluation has begun, ``B`` a block of the answer, ``E`` its end, ``F`` a failure.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import struct
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from json.encoder import encode_basestring
from multiprocessing.connection import Connection
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final, TypeAlias, cast
from xml.sax.saxutils import escape, quoteattr

import pyoxigraph as ox

from aistandards.errors import AistandardsError, QueryError
from aistandards.namespaces import BASE, PREFIXES
from aistandards.settings import place_of
from aistandards.solutions import Found, Solutions

if TYPE_CHECKING:
    from aistandards.remote import RemoteStore

Term: TypeAlias = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple

HEADER: Final = struct.Struct("!cQ")
BLOCK: Final = 64 * 1024
GRACE: Final = 3.0  # seconds after which a worker ends by itself when nobody came to kill it
NICE: Final = 10  # look-ups, served by the parent, go before queries where the processor is short
SLACK: Final = 1 << 20  # what a graph's serialiser may have in hand when the limit of bytes is reached

XSD: Final = "http://www.w3.org/2001/XMLSchema#"
ITS: Final = "http://www.w3.org/2005/11/its"
GRAPH_FORMATS: Final = {
    "text/turtle": ox.RdfFormat.TURTLE,
    "application/n-triples": ox.RdfFormat.N_TRIPLES,
    "application/ld+json": ox.RdfFormat.STREAMING_JSON_LD,
    "application/rdf+xml": ox.RdfFormat.RDF_XML,
    "application/trig": ox.RdfFormat.TRIG,
    "application/n-quads": ox.RdfFormat.N_QUADS,
}
BOOLEAN_FORMATS: Final = {
    "application/sparql-results+json": ox.QueryResultsFormat.JSON,
    "application/sparql-results+xml": ox.QueryResultsFormat.XML,
    "text/csv": ox.QueryResultsFormat.CSV,
    "text/tab-separated-values": ox.QueryResultsFormat.TSV,
}


@dataclass(frozen=True, slots=True)
class Job:
    """One query to run, checked by the guard, with its limits."""

    number: int
    text: str
    media_type: str
    rows: int
    nbytes: int
    seconds: float
    union: bool = True
    default_graphs: tuple[str, ...] | None = None  # None: what the query says
    named_graphs: tuple[str, ...] | None = None


class _Reply:
    """Sends one job's answer; silent once the job has ended, whatever a serialiser still holds in its buffers."""

    def __init__(self, conn: Connection, number: int) -> None:
        self.conn = conn
        self.number = number
        self.total = 0
        self.dead = False

    def send(self, letter: bytes, body: bytes = b"") -> None:
        if not self.dead:
            self.dead = letter in (b"E", b"F")
            self.conn.send_bytes(HEADER.pack(letter, self.number) + body)

    def end(self, rows: int | None, cut: str | None) -> None:
        self.send(b"E", json.dumps({"rows": rows, "cut": cut}).encode())

    def fail(self, kind: str, message: str, **more: str) -> None:
        self.send(b"F", json.dumps({"kind": kind, "message": message, **more}).encode())

    def block(self, body: bytes) -> None:
        self.total += len(body)
        self.send(b"B", body)


def serve(conn: Connection, path: str, memory: int) -> None:
    """Open the store, give up what is not needed, answer jobs until the pipe closes."""
    with contextlib.suppress(ValueError):
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    start = _Reply(conn, 0)
    try:
        store = _open(path)
        graphs = [graph.value for graph in store.named_graphs() if isinstance(graph, ox.NamedNode)]
    except AistandardsError as error:
        start.fail("remote", error.en, zh=error.zh)
        return
    except OSError as error:
        start.fail("store", str(error))
        return
    _silence()
    _limit(memory, 0 if isinstance(store, ox.Store) else None)
    if sys.platform != "win32":
        os.nice(NICE)
    start.send(b"R", json.dumps(graphs).encode())
    while True:
        try:
            job = conn.recv()
        except (EOFError, OSError):
            return
        _alarm(job.seconds + GRACE)
        answer(store, job, conn)
        _alarm(0)


def _open(path: str) -> ox.Store | RemoteStore:
    """Open the store of a folder, with all that the limits will forbid to open, or the build of a server."""
    if place_of(path) != path:
        store = ox.Store.read_only(path)
        next(store.quads_for_pattern(None, None, None, None), None)
        return store
    from aistandards.endpoint import Endpoint
    from aistandards.remote import RemoteStore, open_published

    endpoint = Endpoint(path)
    return RemoteStore(endpoint, open_published(endpoint), exact=True)


def _silence() -> None:
    """Close the way to the terminal: an abort for want of memory prints there."""
    with contextlib.suppress(OSError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 2)
        os.close(null)


def _limit(memory: int, files: int | None) -> None:
    """Limit memory to what is mapped now and ``memory`` more, forbid core dumps, and new files and sockets but for a server."""
    if sys.platform != "win32":  # which has no such limits: the guard and the kill remain
        import resource

        mapped = 1 << 29
        with contextlib.suppress(OSError, ValueError), Path("/proc/self/statm").open(encoding="ascii") as statm:
            mapped = int(statm.read().split()[0]) * resource.getpagesize()
        for name, value in (("RLIMIT_AS", mapped + memory), ("RLIMIT_CORE", 0), ("RLIMIT_NOFILE", files)):
            if value is None:
                continue
            with contextlib.suppress(OSError, ValueError, AttributeError):  # macOS knows RLIMIT_AS but refuses it
                resource.setrlimit(getattr(resource, name), (value, value))


def _alarm(seconds: float) -> None:
    if sys.platform != "win32":  # SIGALRM ends the process, even within native code and without its parent
        signal.setitimer(signal.ITIMER_REAL, seconds)


def answer(store: ox.Store | RemoteStore, job: Job, conn: Connection) -> None:
    """Run one job and send its answer, or the failure; the worker lives on."""
    reply = _Reply(conn, job.number)
    try:
        results = _query(store, job)
        reply.send(b"S")
        if isinstance(results, ox.QueryBoolean):
            reply.block(results.serialize(format=BOOLEAN_FORMATS[job.media_type]) or b"")
            reply.end(None, None)
        elif isinstance(results, ox.QuerySolutions | Solutions):
            reply.end(*_solutions(results, job, reply))
        else:
            reply.end(*_triples(results, job, reply))
    except QueryError as error:
        reply.fail("refused", error.en, zh=error.zh)
    except AistandardsError as error:
        reply.fail("remote", error.en, zh=error.zh)
    except SyntaxError as error:
        reply.fail("syntax", str(error))
    except MemoryError:
        reply.fail("memory", "")
    except (ArithmeticError, LookupError, OSError, RuntimeError, TypeError, ValueError) as error:
        reply.fail("query", f"{type(error).__name__}: {error}")
    finally:
        reply.dead = True


def _query(store: ox.Store | RemoteStore, job: Job) -> ox.QuerySolutions | ox.QueryBoolean | ox.QueryTriples | Found:
    if job.default_graphs is None and job.named_graphs is None:
        return store.query(job.text, base_iri=BASE, prefixes=PREFIXES, use_default_graph_as_union=job.union)
    return store.query(
        job.text,
        base_iri=BASE,
        prefixes=PREFIXES,
        default_graph=[ox.NamedNode(iri) for iri in job.default_graphs or ()],
        named_graphs=[ox.NamedNode(iri) for iri in job.named_graphs or ()],
    )


# Tables: written here and not by pyoxigraph, whose results can be neither counted nor cut while it writes them.


@dataclass(frozen=True, slots=True)
class _Table:
    """How a table of solutions is written in one format."""

    head: str
    row: Callable[[list[Term | None]], str]
    between: str
    tail: str


def _solutions(solutions: ox.QuerySolutions | Solutions, job: Job, reply: _Reply) -> tuple[int, str | None]:
    table = TABLES[job.media_type]([variable.value for variable in solutions.variables])
    width = range(len(solutions.variables))
    tail, between = table.tail.encode(), table.between.encode()
    out, total, count, cut = bytearray(table.head.encode()), 0, 0, None
    for solution in solutions:
        if count >= job.rows:
            cut = "rows"
            break
        row = table.row([solution[at] for at in width]).encode()
        if total + len(out) + len(between) + len(row) + len(tail) > job.nbytes:
            cut = "bytes"
            break
        if count:
            out += between
        out += row
        count += 1
        if len(out) >= BLOCK:
            total += len(out)
            reply.block(bytes(out))
            out.clear()
    reply.block(bytes(out + tail))
    return count, cut


def _json(names: list[str]) -> _Table:
    keys = [encode_basestring(name) + ":" for name in names]

    def row(terms: list[Term | None]) -> str:
        pairs = zip(keys, terms, strict=True)
        return "{" + ",".join([key + _json_term(term) for key, term in pairs if term is not None]) + "}"

    head = '{"head":{"vars":[' + ",".join(map(encode_basestring, names)) + ']},"results":{"bindings":['
    return _Table(head, row, ",\n", "]}}")


def _json_term(term: Term) -> str:
    if isinstance(term, ox.Literal):
        value = '{"type":"literal","value":' + encode_basestring(term.value)
        if term.language:
            value += ',"xml:lang":' + encode_basestring(term.language)
            if direction := _direction(term):
                value += f',"its:dir":"{direction}"'
        elif term.datatype.value != XSD + "string":
            value += ',"datatype":' + encode_basestring(term.datatype.value)
        return value + "}"
    if isinstance(term, ox.NamedNode):
        return '{"type":"uri","value":' + encode_basestring(term.value) + "}"
    if isinstance(term, ox.BlankNode):
        return '{"type":"bnode","value":' + encode_basestring(term.value) + "}"
    parts = [
        f'"{name}":{_json_term(part)}'
        for name, part in (("subject", term.subject), ("predicate", term.predicate), ("object", term.object))
    ]
    return '{"type":"triple","value":{' + ",".join(parts) + "}}"


def _direction(term: ox.Literal) -> str | None:
    return term.direction.value if term.direction else None


_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")  # XML 1.0 cannot carry these at all
_ESCAPES = {"\r": "&#xD;"}


def _xml(names: list[str]) -> _Table:
    opening = [f"<binding name={quoteattr(name)}>" for name in names]

    def row(terms: list[Term | None]) -> str:
        pairs = zip(opening, terms, strict=True)
        cells = [f"{start}{_xml_term(term)}</binding>" for start, term in pairs if term is not None]
        return "<result>" + "".join(cells) + "</result>"

    variables = "".join(f"<variable name={quoteattr(name)}/>" for name in names)
    head = (
        '<?xml version="1.0"?>\n<sparql xmlns="http://www.w3.org/2005/sparql-results#">'
        f"<head>{variables}</head><results>"
    )
    return _Table(head, row, "\n", "</results></sparql>")


def _xml_term(term: Term) -> str:
    if isinstance(term, ox.Literal):
        kind = ""
        if term.language:
            kind = f" xml:lang={quoteattr(term.language)}"
            if direction := _direction(term):
                kind += f' xmlns:its="{ITS}" its:version="2.0" its:dir="{direction}"'
        elif term.datatype.value != XSD + "string":
            kind = f" datatype={quoteattr(term.datatype.value)}"
        return f"<literal{kind}>{_xml_text(term.value)}</literal>"
    if isinstance(term, ox.NamedNode):
        return f"<uri>{_xml_text(term.value)}</uri>"
    if isinstance(term, ox.BlankNode):
        return f"<bnode>{_xml_text(term.value)}</bnode>"
    parts = [
        f"<{name}>{_xml_term(part)}</{name}>"
        for name, part in (("subject", term.subject), ("predicate", term.predicate), ("object", term.object))
    ]
    return f"<triple>{''.join(parts)}</triple>"


def _xml_text(text: str) -> str:
    return escape(_NOT_XML.sub("\ufffd", text), _ESCAPES)


def _csv(names: list[str]) -> _Table:
    def row(terms: list[Term | None]) -> str:
        return ",".join(["" if term is None else _csv_cell(_plain(term)) for term in terms]) + "\r\n"

    return _Table(",".join(map(_csv_cell, names)) + "\r\n", row, "", "")


def _csv_cell(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if any(mark in text for mark in '",\r\n') else text


def _plain(term: Term) -> str:
    return term.value if isinstance(term, ox.NamedNode | ox.Literal) else str(term)


_SHORT = {
    XSD + "integer": re.compile(r"[+-]?[0-9]+"),
    XSD + "decimal": re.compile(r"[+-]?[0-9]*\.[0-9]+"),
    XSD + "boolean": re.compile("true|false"),
}


def _tsv(names: list[str]) -> _Table:
    def row(terms: list[Term | None]) -> str:
        return "\t".join(["" if term is None else _tsv_cell(term) for term in terms]) + "\n"

    return _Table("\t".join(["?" + name for name in names]) + "\n", row, "", "")


def _tsv_cell(term: Term) -> str:
    if isinstance(term, ox.Triple):
        return f"<<( {term} )>>"
    if isinstance(term, ox.Literal):
        short = _SHORT.get(term.datatype.value)
        if short and short.fullmatch(term.value):
            return term.value
    return str(term)


TABLES: Final[dict[str, Callable[[list[str]], _Table]]] = {
    "application/sparql-results+json": _json,
    "application/sparql-results+xml": _xml,
    "text/csv": _csv,
    "text/tab-separated-values": _tsv,
}


# Graphs: written by pyoxigraph from a stream of triples that stops at the limit, so the document is always whole.


class _Limited:
    """The file a serialiser writes to: blocks go out at once, and none once the job has ended."""

    def __init__(self, reply: _Reply, limit: int) -> None:
        self.reply = reply
        self.limit = limit

    def write(self, data: bytes) -> int:
        if self.reply.total + len(data) > self.limit + SLACK:
            raise OSError("one triple is larger than the limit of bytes of an answer")
        self.reply.block(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""


def _triples(triples: Iterable[ox.Triple], job: Job, reply: _Reply) -> tuple[int, str | None]:
    count, cut = 0, None

    def limited() -> Iterator[ox.Triple]:
        nonlocal count, cut
        for triple in triples:
            if count >= job.rows or reply.total >= job.nbytes:
                cut = "rows" if count >= job.rows else "bytes"
                return
            count += 1
            yield triple

    ox.serialize(
        limited(), cast(IO[bytes], _Limited(reply, job.nbytes)), GRAPH_FORMATS[job.media_type], prefixes=PREFIXES
    )
    return count, cut
