"""Validating tables that are too large to hold in memory: rows in groups that know nothing of each other, chunk by chunk.

Rows are spooled to a temporary file while they are read. What may look from one row at another goes through a number:
editions of one work, what is replaced or adopted, the plan of a project. Rows that name a number of the same work or series
are one group; a chunk is whole groups, and ``pipeline.validate_rows`` finds in it what it finds in all rows together.
In memory stay the places of the rows in the spool, digests of the numbers they name, and the findings.
"""

from __future__ import annotations

import io
import multiprocessing
import os
import pickle
import sys
import tempfile
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import IO, Final

import numpy as np
import numpy.typing as npt
import pyoxigraph as ox

from aistandards import pipeline, sources, validation
from aistandards.blocks import JOINED_BY_NUMBER, NotGroupedError, Reader, is_number, names_in
from aistandards.cells import split_adoption
from aistandards.findings import FileCount, Finding, Report
from aistandards.graph import content_iri
from aistandards.namespaces import key_of
from aistandards.readers.rdf import CALLED, STREAMED, mentioned_as
from aistandards.shacl.engine import Engine
from aistandards.sources import Row, Source, UnreadableError
from aistandards.tables import tables

if sys.platform == "win32":
    _CONTEXT = multiprocessing.get_context("spawn")
else:
    _CONTEXT = multiprocessing.get_context("forkserver")
LARGE: Final = 4 << 20  # bytes of input from which on files are validated in chunks: some 20,000 rows
CHUNK: Final = 2_000  # rows, or as many records of RDF
ROW: Final = 30  # statements that a row is taken for
BLOCK: Final = -1  # in the place of a table: a block of RDF
WORKERS: Final = 2  # processes
Rows = npt.NDArray[np.uint32]
Starts = npt.NDArray[np.uint64]


@dataclass(slots=True)
class Spool:
    """Rows and blocks of RDF in a file: where each begins, how much it says, and digests of what it names with who names it.

    ``hinted`` are names that join only where something is said of what they name.
    """

    path: Path
    degrees: dict[str, str]
    heads: list[tuple[int, str, dict[str, int]]] = field(default_factory=list)
    read: list[Source] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)
    starts: array[int] = field(default_factory=lambda: array("Q"))
    named: array[int] = field(default_factory=lambda: array("Q"))
    naming: array[int] = field(default_factory=lambda: array("I"))
    hinted: array[int] = field(default_factory=lambda: array("Q"))
    hinting: array[int] = field(default_factory=lambda: array("I"))
    weights: array[int] = field(default_factory=lambda: array("H"))
    places: list[dict[str, int]] = field(default_factory=list)
    reader: Reader | None = None

    def add(self, out: IO[bytes], source: Source, rows: Iterator[Row]) -> None:
        """Spool the rows of a source as they are read; where that fails, the source is as if it had not been there."""
        arrays = self.starts, self.weights, self.named, self.naming, self.hinted, self.hinting
        kept = [len(one) for one in arrays]
        places: dict[str, int] = {}
        try:
            if source.form in CALLED:
                places = self._add_blocks(out, source)
            for row in rows:
                if row.table.kind not in JOINED_BY_NUMBER:
                    raise NotGroupedError(row.table.kind)
                self._name(names_of(row, self.degrees), self.named, self.naming)
                content = tables().index(row.table), row.line, row.cells
                self._put(out, (len(self.read), row.file, row.positions), content, ROW)
        except UnreadableError:
            for one, length in zip(arrays, kept, strict=True):
                del one[length:]
            raise
        self.read.append(source)
        self.places.append(places)
        self.rows.append(0 if source.form in CALLED else len(self.starts) - kept[0])

    def _add_blocks(self, out: IO[bytes], source: Source) -> dict[str, int]:
        """Spool the blocks of a file of RDF; returns the lines of subjects that are only known now."""
        if source.form not in STREAMED:
            raise NotGroupedError(source.form)
        if self.reader is None:
            model, codes = pipeline.beside(set(), [])
            self.reader = Reader(codes, {q.subject.value for q in model if isinstance(q.subject, ox.NamedNode)})
        for block in self.reader.blocks(source):
            self._name(block.names, self.named, self.naming)
            self._name(block.hints, self.hinted, self.hinting)
            text = " .\n".join((*block.statements, "")).encode()
            self._put(
                out,
                (len(self.read), source.name, {}),
                (BLOCK, block.line, (block.subject, text)),
                len(block.statements),
            )
        places, found = self.reader.found(source)
        source.findings += found
        return places

    def _name(self, names: Iterable[str], named: array[int], naming: array[int]) -> None:
        for name in names:
            named.append(int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "little"))
            naming.append(len(self.starts))

    def _put(
        self, out: IO[bytes], head: tuple[int, str, dict[str, int]], content: tuple[object, ...], weight: int
    ) -> None:
        if not self.heads or self.heads[-1] != head:
            self.heads.append(head)
        self.starts.append(out.tell())
        self.weights.append(min(weight, 0xFFFF))
        pickle.dump((len(self.heads) - 1, *content), out, pickle.HIGHEST_PROTOCOL)


def names_of(row: Row, degrees: dict[str, str]) -> set[str]:
    """Return what joins a row to others: works and series of the numbers it names, its plan, or all it says where it has no key.

    ``degrees`` are the words that may stand beside an adopted number.
    """
    found: set[str] = set()
    for column in row.table.columns:
        cell = row.get(column.name)
        if cell and is_number(column, row.table.key):
            adopted, _ = split_adoption(cell, degrees) if column.kind == "standard" else ("", None)
            for value in {cell, *column.values(cell), *column.values(adopted)}:
                found |= names_in(value)
    if row.table.key is None:
        found.add(content_iri(row))
    return found


def groups(spool: Spool) -> list[Rows]:
    """Return the rows of every chunk in their order: whole groups of rows that name the same, at least a chunk's number together."""
    count = len(spool.starts)
    if not count:
        return []
    hinted = np.frombuffer(spool.hinted, np.uint64)
    joins = np.isin(hinted, np.frombuffer(spool.named, np.uint64))
    named = np.concatenate([np.frombuffer(spool.named, np.uint64), hinted[joins]])
    naming = np.concatenate([np.frombuffer(spool.naming, np.uint32), np.frombuffer(spool.hinting, np.uint32)[joins]])
    order = np.argsort(named, kind="stable")
    same = named[order][1:] == named[order][:-1]
    label = _joined(count, naming[order][:-1][same], naming[order][1:][same])
    by_group = np.argsort(label, kind="stable").astype(np.uint32)
    first = np.flatnonzero(np.diff(label[by_group], prepend=-1))  # where each group begins
    said = np.cumsum(np.frombuffer(spool.weights, np.uint16)[by_group], dtype=np.int64)
    before = np.where(first > 0, said[first - 1], 0)
    cut = first[np.flatnonzero(np.diff(before // (CHUNK * ROW), prepend=-1))]
    return [np.sort(rows) for rows in np.split(by_group, cut[1:])]


def _joined(count: int, one: Rows, other: Rows) -> npt.NDArray[np.int64]:
    """Return for every row the first row of its group, where pairs of rows are in one group."""
    label = np.arange(count, dtype=np.int64)
    while True:
        least = np.minimum(label[one], label[other])
        before = label.copy()
        for rows in (one, other):
            np.minimum.at(label, label[rows], least)
            np.minimum.at(label, rows, least)
        label = label[label]
        if np.array_equal(label, before):
            return label


@dataclass(frozen=True, slots=True)
class Job:
    """What a process needs to validate chunks: the spool, what the rows of a source have in common, the sources."""

    path: str
    heads: list[tuple[int, str, dict[str, int]]]
    read: list[tuple[Path, str, str]]
    taken: set[Path]
    places: list[dict[str, int]]


@dataclass(frozen=True, slots=True)
class Found:
    """What validating a chunk gives: findings, and by file what came in, was accepted and reported beside what reading counted."""

    findings: list[Finding]
    counts: list[FileCount]


class Validator:
    """Validates chunks of a spool, one after the other, beside the same model."""

    def __init__(self, job: Job) -> None:
        """Read the model."""
        self.job = job
        self.model, self.codes = pipeline.beside(job.taken, [])

    def validate(self, starts: Starts) -> Found:
        """Return what is found in the rows that begin at some places of the spool."""
        read = [Source(path, name, form) for path, name, form in self.job.read]
        texts: dict[int, list[bytes]] = defaultdict(list)
        with Path(self.job.path).open("rb") as spooled:
            for start in starts.tolist():
                spooled.seek(start)
                head, table, line, content = pickle.load(spooled)
                at, file, positions = self.job.heads[head]
                if table != BLOCK:
                    read[at].rows.append(Row(tables()[table], file, line, content, positions))
                    continue
                subject, text = content
                texts[at].append(text)
                lines = read[at].lines = read[at].lines or {}
                lines[subject] = line or self.job.places[at].get(mentioned_as(subject), 1)
        for at, parts in texts.items():
            read[at].triples = [
                quad.triple for quad in ox.parse(b"".join(parts), format=ox.RdfFormat.N_TRIPLES, lenient=True)
            ]
        said = [source for source in read if source.rows or source.triples]
        compiled = pipeline.validate_rows(self.model, self.codes, said, [], "compiled")
        return Found(compiled.report.findings, compiled.report.files)


_validators: list[Validator] = []


def _begin(job: Job) -> None:
    _validators[:] = [Validator(job)]


def _work(starts: Starts) -> Found:
    return _validators[0].validate(starts)


def _found(job: Job, chunks: list[Starts]) -> Iterator[Found]:
    """Yield what is found in chunks, by two processes where there are several and this process may start some."""
    workers = min(WORKERS, os.cpu_count() or 1, len(chunks))
    if workers < 2 or multiprocessing.current_process().daemon:
        validator = Validator(job)
        yield from map(validator.validate, chunks)
        return
    with _CONTEXT.Pool(workers, _begin, (job,)) as pool:
        yield from pool.imap_unordered(_work, chunks)
        pool.close()
        pool.join()


def validate_paths(
    paths: list[str], stdin: IO[bytes], form: str | None = None, engine: Engine = "compiled"
) -> pipeline.Compiled:
    """As ``pipeline.validate_paths``, with the same findings; large tables are validated in chunks, in flat memory."""
    data = stdin.read() if "-" in paths else None
    if engine == "compiled" and _size(paths, data) > LARGE:
        try:
            return _in_chunks(paths, data, form)
        except NotGroupedError:
            pass
    return pipeline.validate_paths(paths, io.BytesIO(data or b""), form, engine)


def _size(paths: list[str], data: bytes | None) -> int:
    """Return how many bytes the files of paths have."""
    total = len(data or b"")
    for path in paths:
        try:
            total += sum(file.stat().st_size for file in sources.find(Path(path)))
        except (OSError, UnreadableError):
            continue  # the reader says it
    return total


def _in_chunks(paths: list[str], data: bytes | None, form: str | None) -> pipeline.Compiled:
    """Spool all rows, group them and validate the groups. Raises NotGroupedError."""
    with tempfile.TemporaryDirectory(prefix="aistandards-") as folder:
        degrees = pipeline.known_codes(pipeline.load_ontology()).lists["degree"]
        spool = Spool(Path(folder) / "rows", {word: key_of(iri) for word, iri in degrees.items()})
        with spool.path.open("wb") as out:
            broken = _spool(spool, out, paths, data, form)
        sources_ = [(source.path, source.name, source.form) for source in spool.read]
        spool.reader = None
        taken = {source.path.resolve() for source in spool.read}
        job = Job(str(spool.path), spool.heads, sources_, taken, spool.places)
        starts = np.array(spool.starts, np.uint64)
        chunks = [starts[rows] for rows in groups(spool)]
        return _joined_up(spool, broken, _found(job, chunks or [starts]))


def _spool(
    spool: Spool, out: IO[bytes], paths: list[str], data: bytes | None, form: str | None
) -> list[UnreadableError]:
    """Spool every file once, standard input last; what cannot be read is returned, as ``pipeline.read_all`` does."""
    broken: list[UnreadableError] = []
    files: dict[Path, Path] = {}
    for path in paths:
        if path != "-":
            try:
                files |= {file.resolve(): file for file in sources.find(Path(path))}
            except UnreadableError as error:
                broken.append(error)
    streams = [sources.stream(file, str(file), context=pipeline.own_context) for file in files.values()]
    if data is not None:
        streams.append(sources.stream(Path("stdin"), "-", data, form=form, context=pipeline.own_context))
    for stream in streams:
        try:
            for source, rows in stream:
                spool.add(out, source, rows)
        except UnreadableError as error:
            broken.append(error)
    return broken


def _joined_up(spool: Spool, broken: list[UnreadableError], parts: Iterator[Found]) -> pipeline.Compiled:
    """Join what was found in chunks. What has no place is of the model or of one chunk: it counts as often as one chunk has it."""
    findings = [error.finding for error in broken] + [finding for source in spool.read for finding in source.findings]
    tally: dict[str, Counter[str]] = {source.name: Counter() for source in spool.read}
    placeless: Counter[Finding] = Counter()
    for part in parts:
        placeless |= Counter(finding for finding in part.findings if finding.file is None)
        findings += (finding for finding in part.findings if finding.file is not None)
        for count in part.counts:
            tally[count.file].update(read=count.read, accepted=count.accepted, reported=count.reported)
    findings += placeless.elements()
    findings.sort(key=pipeline.findings_order)
    counts = [
        FileCount(s.name, s.read + n["read"], s.accepted + n["accepted"], s.reported + n["reported"])
        for s, n in ((source, tally[source.name]) for source in spool.read)
    ]
    of_rdf = sum(tally[source.name]["accepted"] for source in spool.read if source.form in CALLED)
    report = Report(findings, sum(spool.rows) + of_rdf, counts, fell_back=validation.fell_back("compiled"))
    read = dict(zip((source.name for source in spool.read), spool.rows, strict=True))
    return pipeline.Compiled(ox.Store(), report, read, broken=broken)
