"""From files to results: large Turtle and N-Triples files are read in pieces by two processes, others as one piece."""

from __future__ import annotations

import mmap
import multiprocessing
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final

import pyoxigraph as ox

from aistandards.shacl.engine import Engine, Shapes
from aistandards.shacl.graph import Graph, of_triples
from aistandards.shacl.results import Result
from aistandards.shacl.stream import NotStreamedError, Passed, Streamed

FORMATS: Final = {
    ".ttl": ox.RdfFormat.TURTLE,
    ".nt": ox.RdfFormat.N_TRIPLES,
    ".rdf": ox.RdfFormat.RDF_XML,
    ".xml": ox.RdfFormat.RDF_XML,
    ".owl": ox.RdfFormat.RDF_XML,
    ".jsonld": ox.RdfFormat.JSON_LD,
    ".json": ox.RdfFormat.JSON_LD,
}
if sys.platform == "win32":
    _CONTEXT = multiprocessing.get_context("spawn")
else:
    _CONTEXT = multiprocessing.get_context("forkserver")
PIECE: Final = 1 << 20  # bytes that are read at a time
_HEAD: Final = 1 << 16
_DIRECTIVE: Final = re.compile(rb"[ \t]*(?:@prefix|@base|prefix|base)\b[^\n]*|[ \t\r]*(?:#[^\n]*)?", re.IGNORECASE)
_BREAK: Final = re.compile(rb"\.[ \t\r]*\n\s*(?=\S)")


class _NotSplitError(Exception):
    """Pieces of a file that do not stand by themselves: it is read as one."""


@dataclass(frozen=True, slots=True)
class Job:
    """What a reader needs: the file, its format, what stands before every piece, and where the pieces are."""

    path: str
    media_type: str
    head: bytes
    pieces: list[tuple[int, int]]


def validate_file(
    path: Path,
    shapes: Shapes,
    base: Graph | None = None,
    workers: int = 2,
    told: Callable[[int], object] = lambda _: None,
) -> list[Result]:
    """Return the results on a file; ``base`` is read beside it (an ontology). Raises SyntaxError or OSError.

    ``told`` learns how many subjects were read.
    Records are checked one by one where the shapes and the order of the triples allow; else the whole graph is read.
    """
    base = base or Graph()
    try:
        streamed = Streamed(shapes.plan, base)
        try:
            passed = _read_pieces(path, shapes, streamed, base, workers)
        except _NotSplitError:
            passed = [streamed.read(parse(path))]
        results = streamed.finish(passed)
        told(sum(len(part.seen) for part in passed))
        return results
    except NotStreamedError:
        graph = _graph_of([path], base)
        told(len(graph.records) - len(base.records))
        return shapes.validate(graph)


def validate_whole(
    paths: Iterable[Path], shapes: Shapes, base: Graph | None = None, engine: Engine = "compiled"
) -> list[Result]:
    """Return the results on the graph of all files together."""
    return shapes.validate(_graph_of(paths, base), engine)


def _graph_of(paths: Iterable[Path], base: Graph | None) -> Graph:
    graph = of_triples(quad for path in paths for quad in parse(path))
    for subject, record in (base or Graph()).records.items():
        for predicate, values in record.items():
            for value in values:
                graph.add(subject, predicate, value)
    return graph


def parse(path: Path) -> Iterator[ox.Quad]:
    """Yield the statements of a file by the format of its name."""
    return ox.parse(path=str(path), format=FORMATS[path.suffix.lower()], base_iri=path.resolve().as_uri())


def split(path: Path, size: int) -> Job:
    """Return a file in pieces that begin where a statement begins, as far as lines tell."""
    kind = FORMATS[path.suffix.lower()]
    length = path.stat().st_size
    if kind not in (ox.RdfFormat.TURTLE, ox.RdfFormat.N_TRIPLES) or length <= size:
        return Job(str(path), kind.media_type, b"", [(0, length)])
    with path.open("rb") as handle, mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ) as data:
        start = _head(data[:_HEAD])
        pieces, at = [], start
        while at < length:
            end = _boundary(data, at + size, length)
            pieces.append((at, end))
            at = end
        return Job(str(path), kind.media_type, data[:start], pieces)


def _head(data: bytes) -> int:
    """Return where the directives at the beginning end."""
    at = 0
    while (
        (match := _DIRECTIVE.match(data, at))
        and match.end() < len(data)
        and data[match.end() : match.end() + 1] == b"\n"
    ):
        at = match.end() + 1
    return at


def _boundary(data: mmap.mmap, at: int, length: int) -> int:
    """Return the first place from an offset on where a line ends a statement and the next begins another subject's."""
    while at < length:
        match = _BREAK.search(data, at)
        if match is None:
            return length
        before = data.rfind(b"\n", 0, match.start()) + 1
        if data[before : match.start()].split(None, 1)[:1] != data[match.end() : match.end() + 4096].split(None, 1)[:1]:
            return match.end()
        at = match.end()
    return length


def read_piece(job: Job, number: int, streamed: Streamed) -> Passed:
    """Read one piece; raises _NotSplitError where it does not stand by itself."""
    start, end = job.pieces[number]
    with Path(job.path).open("rb") as handle:
        handle.seek(start)
        text = job.head + handle.read(end - start)
    kind = ox.RdfFormat.from_media_type(job.media_type)
    assert kind is not None
    parser = ox.parse(text, format=kind, base_iri=Path(job.path).resolve().as_uri())
    passed = streamed.read(parser)
    if len(job.pieces) > 1:
        head = ox.parse(job.head, format=kind, base_iri=Path(job.path).resolve().as_uri())
        if list(head) or (parser.prefixes, parser.base_iri) != (head.prefixes, head.base_iri):
            raise _NotSplitError("a piece declares prefixes")
    return passed


def _read_pieces(path: Path, shapes: Shapes, streamed: Streamed, base: Graph, workers: int) -> list[Passed]:
    job = split(path, PIECE)
    if len(job.pieces) < 2:
        return [streamed.read(parse(path))]
    if workers < 2 or multiprocessing.current_process().daemon:
        return _share(job, streamed, None)
    counter, (ours, theirs) = _CONTEXT.Value("i", 0), _CONTEXT.Pipe(duplex=False)
    arguments = (theirs, job, counter, shapes.graph.records, base.records)
    other = _CONTEXT.Process(target=_work, args=arguments, daemon=True)
    other.start()
    theirs.close()
    try:
        mine = _share(job, streamed, counter)
        handed: list[Passed] | str = ours.recv()
    except EOFError:
        raise _NotSplitError("the other process ended") from None
    finally:
        other.kill()
        other.join()
    if isinstance(handed, str):
        raise (NotStreamedError if handed == NotStreamedError.__name__ else _NotSplitError)(handed)
    return mine + handed


def _share(job: Job, streamed: Streamed, counter: Any) -> list[Passed]:
    """Read pieces until none is left; with a counter, those that no other process has taken."""
    passed: list[Passed] = []
    number = -1
    while True:
        if counter is None:
            number += 1
        else:
            with counter.get_lock():
                number, counter.value = counter.value, counter.value + 1
        if number >= len(job.pieces):
            return passed
        try:
            passed.append(read_piece(job, number, streamed))
        except SyntaxError as error:
            raise _NotSplitError(str(error)) from None


def _work(back: Connection, job: Job, counter: Any, shapes: dict[str, Any], base: dict[str, Any]) -> None:
    """Read pieces in a process of its own and hand on what passed, or the name of what went wrong."""
    from aistandards.shacl.plan import compile_plan

    try:
        back.send(_share(job, Streamed(compile_plan(Graph(shapes)), Graph(base)), counter))
    except (NotStreamedError, _NotSplitError) as error:
        back.send(type(error).__name__)
