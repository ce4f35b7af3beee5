"""Registers of RDF as blocks: statements of one subject that stand together, what joins them to others, and their line.

A subject that comes again and a blank node are joined to the rest by name. What could look at other records in other ways than
through numbers and IRIs is not taken apart.
"""

from __future__ import annotations

import itertools
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final
from urllib.parse import unquote

import numpy as np
import numpy.typing as npt
import pyoxigraph as ox

from aistandards import identifiers
from aistandards.codes import Codes
from aistandards.findings import Finding
from aistandards.graph import Writer
from aistandards.namespaces import AIS, ID, PREFIXES, expand
from aistandards.placing import RDF_TYPE
from aistandards.readers.rdf import find_mentions, mentioned_as, pieces, subject_names
from aistandards.sources import Source
from aistandards.tables import Column, tables
from aistandards.turtle import Lines, check_terms

# What these tables state of a row is joined to other rows by numbers only; other tables name systems, parts, texts or records
# of which the nearest is sought among all.
JOINED_BY_NUMBER: Final = ("standard", "project", "relation", "participation")
NUMBERS: Final = ("number", "standard")
PLAN: Final = "ais:planNumber"
GROWN: Final = 1 << 20  # names that are added before those that stand twice are dropped
RECORDS: Final = tuple(f"{ID}{kind}/" for kind in (*JOINED_BY_NUMBER, "series"))
FOLLOWS: Final = (  # from a number or a title, and what joins a record to others by its IRI
    *(
        "ais:publisherCode",
        "ais:digits",
        "ais:stem",
        "ais:numberPart",
        "ais:numberYear",
        "ais:ofUndated",
        "ais:ofSeries",
    ),
    *("ais:foldedTitle", "ais:primaryPart", "ais:references", "ais:body", "rdfs:label"),
)
SPANS: Final = ("Earliest", "Latest", "Basis")
CLASSES: Final = ("ais:UndatedStandard", "ais:ExternalStandard", "ais:Series")


class NotGroupedError(Exception):
    """An input whose rows may look at each other in other ways than through numbers: it is validated as a whole."""


def is_number(column: Column, key: str | None) -> bool:
    """Whether the values of a column of a table with some key join records."""
    return column.kind in NUMBERS or column.property == PLAN or column.name == key


def names_in(text: str) -> set[str]:
    """Return what a text joins a record to: the work, series or plan whose number it is, else others that say the same."""
    plan = identifiers.try_parse_plan(text)
    number = identifiers.try_parse(text)
    if plan is None and number is None:
        return {text.casefold()}
    found = {f"plan {plan.slug}"} if plan else set()
    if number:
        found.add(f"work {number.undated.slug}")
        if number.series_slug:
            found.add(f"work {number.series_slug}")
    return found


@lru_cache(maxsize=4096)
def names_of_iri(iri: str) -> frozenset[str]:
    """Return what an IRI joins a record to: what the number in it does, else the IRI itself."""
    kind, _, slug = iri.removeprefix(ID).partition("/")
    if not iri.startswith(ID) or kind not in ("standard", "project", "series"):
        return frozenset({iri})
    return frozenset({f"work {unquote(slug)}"} if kind == "series" else names_in(unquote(slug)))


@dataclass(slots=True)
class Block:
    """Statements of one subject: as N-Triples, with its line (0 where none begins with it) and the names that join it.

    ``hints`` join it only where something is said of what they name.
    """

    subject: str
    line: int
    statements: list[str] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    hints: set[str] = field(default_factory=set)


class Reader:
    """Reads RDF into blocks beside a model; ``beside`` holds the IRIs of which the shipped files say something."""

    def __init__(self, codes: Codes, beside: set[str]) -> None:
        """Learn from the tables which properties a record may have."""
        self.codes, self.beside = codes, beside
        joined = [table for table in tables() if table.kind in JOINED_BY_NUMBER]
        columns = [(column, is_number(column, table.key)) for table in joined for column in table.columns]
        self.numbers = {expand(column.property) for column, joins in columns if joins}
        self.loose = {expand(c.property) for c, joins in columns if not joins} | {expand("ais:primaryPart")}
        self.loose -= self.numbers
        dates = [c.property for c, _ in columns if c.kind == "date"]
        related = [*codes.lists["relation"].values(), *codes.lists["degree"].values()]
        self.known = self.numbers | self.loose | {expand(name) for name in FOLLOWS}
        self.known |= {expand(name + end) for name in dates for end in SPANS}
        self.known |= {p for iri in related for p in (codes.states.get(iri), codes.inverse.get(iri)) if p}
        levels = {codes.classes[iri] for iri in codes.lists["level"].values() if iri in codes.classes}
        self.classes = levels | {expand(table.rdf_class) for table in joined} | {expand(name) for name in CLASSES}
        self.unknown: dict[str, ox.Triple] = {}
        self.graphs = array("q")
        self.unplaced: set[str] = set()

    def blocks(self, source: Source) -> Iterator[Block]:
        """Yield the blocks of a file and add what reading it finds. Raises UnreadableError and NotGroupedError.

        Once all are read, ``places`` and ``found`` say what hangs on the text as a whole.
        """
        self.unknown, self.graphs, self.unplaced = {}, array("q"), set()
        lines = SubjectLines(source)
        count = 0
        for subject, quads in itertools.groupby(source.statements(), key=lambda quad: quad.subject):
            block = Block(subject.value, 0)
            if isinstance(subject, ox.NamedNode):
                if subject.value in self.beside and subject.value not in self.codes.model:
                    raise NotGroupedError(subject.value)
                block.line = lines.of_subject(subject.value)
                block.names |= names_of_iri(subject.value)
                if not block.line:
                    self.unplaced.add(mentioned_as(subject.value))
            else:
                block.names.add(str(subject))
            for quad in quads:
                self._learn(block, quad)
            count += len(block.statements)
            yield block
        if not count:
            zh, en = "其中没有任何陈述，未读到记录。", "Nothing is stated in it; no record was read."
            source.say("read-empty", "violation", zh, en, "write records / 请写入记录")
        if self.graphs:
            graphs = len(np.unique(np.frombuffer(self.graphs, np.int64)))
            source.say(
                "read-graphs", "info", f"{graphs} 个命名图合为一图读取。", f"{graphs} named graphs were read as one."
            )

    def found(self, source: Source) -> tuple[dict[str, int], list[Finding]]:
        """Return the lines of subjects with which no line begins, and what is found on terms, of the file just read."""
        words = {iri.removeprefix(AIS) for iri in self.unknown}
        mentions = find_mentions(source, self.unplaced | words | {word.rpartition("#")[2] for word in words})
        of_terms = Source(source.path, source.name, source.form, lines=mentions)
        writer, told = Writer(self.codes), set[str]()
        for triple in dict.fromkeys(self.unknown.values()):
            check_terms(writer, of_terms, Lines(of_terms), triple, told)
        return {word: mentions.get(word, 1) for word in self.unplaced}, writer.findings

    def _learn(self, block: Block, quad: ox.Quad) -> None:
        """Take a statement into a block, if all that may look at it from elsewhere goes through names."""
        name, term = quad.predicate.value, quad.object
        model = self.codes.model
        if not isinstance(quad.graph_name, ox.DefaultGraph):
            self.graphs.append(hash(quad.graph_name.value))
        for iri in (block.subject, name, term.value if isinstance(term, ox.NamedNode) else ""):
            if iri.startswith(AIS) and iri not in model and iri not in self.unknown:
                self.unknown[iri] = quad.triple
        if quad.predicate == RDF_TYPE:
            if not isinstance(term, ox.NamedNode) or (term.value not in self.classes and self._is_ours(term.value)):
                raise NotGroupedError(str(term))
            if isinstance(quad.subject, ox.BlankNode) and term.value.startswith(AIS):
                raise NotGroupedError(str(term))
        elif name not in self.known and self._is_ours(name):
            raise NotGroupedError(name)
        elif isinstance(term, ox.Literal):
            if name in self.numbers:
                block.names |= names_in(term.value)
        elif isinstance(term, ox.BlankNode):
            block.names.add(str(term))
        elif isinstance(term, ox.NamedNode) and term.value not in self.beside:
            loose = (name in self.loose or name not in self.known) and not term.value.startswith(RECORDS)
            (block.hints if loose else block.names).update(names_of_iri(term.value))
        block.statements.append(str(quad.triple))

    def _is_ours(self, iri: str) -> bool:
        """Whether rules may ask for a term: one of the model or of a vocabulary that it uses."""
        return iri in self.codes.model or (iri.startswith(tuple(PREFIXES.values())) and not iri.startswith(AIS))


class SubjectLines:
    """The line on which each subject of a text first stands, as ``subject_lines`` gives it, in 12 bytes a name."""

    def __init__(self, source: Source) -> None:
        """Read the text; raises UnreadableError where it is none."""
        self.words, self.lines = array("q"), array("I")
        kept = 0
        for first, text in pieces(source):
            for name, line in subject_names(text, first):
                self.words.append(hash(name))
                self.lines.append(line)
            if len(self.words) > 2 * kept + GROWN:
                self._drop_repeated()
                kept = len(self.words)
        self._drop_repeated()
        self.sorted: npt.NDArray[np.int64] = (
            np.frombuffer(self.words, np.int64) if self.words else np.empty(0, np.int64)
        )

    def _drop_repeated(self) -> None:
        if self.words:
            words, first = np.unique(np.frombuffer(self.words, np.int64), return_index=True)
            self.lines = array("I", np.frombuffer(self.lines, np.uint32)[first].tobytes())
            self.words = array("q", words.tobytes())

    def of_subject(self, iri: str) -> int:
        """Return the line of a subject, or 0 where no line begins with it."""
        return self._at(iri) or self._at(mentioned_as(iri))

    def _at(self, name: str) -> int:
        sought = hash(name)
        at = int(np.searchsorted(self.sorted, sought))
        return self.lines[at] if at < len(self.lines) and self.words[at] == sought else 0
