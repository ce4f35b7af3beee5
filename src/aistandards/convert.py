"""From one format to another: rows and triples as they are read, and a count of all that the target cannot hold."""

from __future__ import annotations

import csv
import io
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final

import pyoxigraph as ox

from aistandards import sources
from aistandards.codes import Codes
from aistandards.errors import UsageError
from aistandards.export import RDF, Records
from aistandards.findings import Finding
from aistandards.graph import Writer, graph_name
from aistandards.identifiers import try_parse, try_parse_plan
from aistandards.lookup import natural_key
from aistandards.namespaces import PREFIXES, compress, expand, graph_iri, item, key_of
from aistandards.output import harmless
from aistandards.pipeline import known_codes, load_ontology, own_context
from aistandards.placing import RDF_TYPE
from aistandards.readers.foreignforms import targets, write_foreign
from aistandards.serialise import DATASETS
from aistandards.settings import resource
from aistandards.sources import Row, Source
from aistandards.tables import Table, tables

DATA: Final = ox.NamedNode(graph_iri("converted"))
AGAIN: Final = ox.NamedNode(graph_iri("again"))
HELP: Final = ox.NamedNode(graph_iri("known"))
NUMBER: Final = ox.NamedNode(expand("ais:number"))
SHOWN: Final = 1000
SHEET_ROWS: Final = 1_048_576
CELL: Final = 32_767
Open = Callable[[str], AbstractContextManager[IO[bytes]]]


@dataclass(slots=True)
class Outcome:
    """What a conversion did: rows or triples read and written, what was found, and the values lost by field."""

    read: int = 0
    accepted: int = 0
    reported: int = 0
    written: int = 0
    lost: Counter[str] = field(default_factory=Counter)
    rules: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)

    def learn(self, findings: Iterable[Finding]) -> None:
        """Count findings by rule, and keep the first of them."""
        for finding in findings:
            self.rules[finding.rule] += 1
            if len(self.findings) < SHOWN:
                self.findings.append(finding)

    def as_dict(self) -> dict[str, Any]:
        """Return the outcome as the report says it."""
        return {
            "read": self.read,
            "accepted": self.accepted,
            "reported": self.reported,
            "written": self.written,
            "lost": dict(self.lost.most_common()),
            "rules": dict(self.rules.most_common()),
            "findings": [finding.as_dict() for finding in self.findings],
        }


class Stater(Writer):
    """States one row at a time and forgets it; records that other files hold are taken to be there."""

    def _is_known(self, iri: str) -> bool:
        kind = "project" if "/project/" in iri else "standard"
        return (try_parse_plan(key_of(iri)) is not None) == (kind == "project")

    def triples(self, row: Row) -> list[ox.Triple]:
        """Return what a row states."""
        self.quads.clear()
        self.cited.clear()
        self.places.clear()
        self.add([row])
        return [quad.triple for quad in self.quads]

    def found(self) -> list[Finding]:
        """Return the findings since the last call."""
        found, self.findings = self.findings, []
        return found


class Conversion:
    """One conversion: where its rows and triples come from, and what has been counted so far."""

    def __init__(self, inputs: list[tuple[Path, str, bytes | None]], form: str | None) -> None:
        self.inputs, self.form = inputs, form
        self.outcome = Outcome()
        self.graphs = set[ox.NamedNode]()
        self._model: ox.Store | None = None
        self._stater: Stater | None = None

    @property
    def model(self) -> ox.Store:
        """The ontology, loaded once it is needed."""
        self._model = self._model or load_ontology()
        return self._model

    @property
    def stater(self) -> Stater:
        """What turns rows into triples."""
        if self._stater is None:
            codes: Codes = known_codes(self.model)
            self._stater = Stater(codes)
        return self._stater

    def run(self, target: str, open_: Open) -> Outcome:
        """Convert into a target; ``open_`` opens a file by its name in a folder, or the one output by the empty name."""
        if target in RDF:
            with open_("") as out:
                self._to_rdf(target, out)
        elif target in targets():
            with open_("") as out:
                for lost in write_foreign(
                    targets()[target], map(self._coded, (row for row, _ in self._all_rows())), out
                ):
                    self.outcome.written += lost is not None
                    self.outcome.lost.update(["(row)"] if lost is None else lost)
        else:
            Tables(target, open_, self.outcome).write(self._all_rows())
        return self.outcome

    def _sources(self) -> Iterator[tuple[Source, Iterator[Row]]]:
        for path, name, data in self.inputs:
            found: list[Source] = []
            for source, rows in sources.stream(path, name, data, form=self.form, context=own_context):
                found.append(source)
                yield source, rows
            for source in found:  # what a workbook's other sheets gave is said of the first
                self.outcome.learn(source.findings)

    def _rows(self, source: Source, rows: Iterator[Row]) -> Iterator[Row]:
        """Yield the rows of a source, and take over what it found as it is read."""
        for row in rows:
            if source.findings:
                self.outcome.learn(source.findings)
                source.findings.clear()
            yield row
        self.outcome.learn(source.findings)
        source.findings.clear()
        self.outcome.read += source.read
        self.outcome.accepted += source.accepted
        self.outcome.reported += source.reported
        self.outcome.lost += source.lost

    # ------------------------------------------------------------------ to RDF

    def _to_rdf(self, target: str, out: IO[bytes]) -> None:
        form = RDF[target]
        dataset = form in DATASETS

        def statements() -> Iterator[ox.Quad | ox.Triple]:
            for source, rows in self._sources():
                graph = ox.NamedNode(graph_iri(graph_name(source.name)))
                for row in self._rows(source, rows):
                    for triple in self._stated(row):
                        yield _in(triple, graph) if dataset else triple
                for quad in source.statements():
                    self.outcome.read += 1
                    self.outcome.accepted += 1
                    self.outcome.written += 1
                    if not dataset:
                        self._count_graph(quad)
                    yield quad if dataset else quad.triple

        ox.serialize(statements(), out, format=form.rdf, prefixes=PREFIXES)  # type: ignore[arg-type]

    def _count_graph(self, quad: ox.Quad) -> None:
        """Count the names of graphs, which a target without named graphs loses."""
        if isinstance(quad.graph_name, ox.NamedNode) and quad.graph_name not in self.graphs:
            self.graphs.add(quad.graph_name)
            self.outcome.lost["(graph)"] += 1

    def _stated(self, row: Row) -> list[ox.Triple]:
        """Return the triples of a row; what it says and they do not is counted as lost."""
        found = self.stater.triples(row)
        told = self.stater.found()
        self.outcome.learn(told)
        if not found:
            self.outcome.lost["(row)"] += 1
        self.outcome.lost.update(finding.field or "" for finding in told if finding.severity == "violation")
        self.outcome.lost.update(_unordered(row))
        self.outcome.written += bool(found)
        return found

    # ------------------------------------------------------------------ to tables

    def _all_rows(self) -> Iterator[tuple[Row, list[str]]]:
        """Yield each row with the columns of its file, from tables first and from triples then."""
        store = ox.Store()
        triples = False
        for source, rows in self._sources():
            for row in self._rows(source, rows):
                yield row, source.columns or [column.name for column in row.table.columns]
            for quad in source.statements():
                triples = True
                self._count_graph(quad)
                store.add(_in(quad.triple, DATA))
        if triples:
            yield from self._of_store(store)

    def _coded(self, row: Row) -> Row:
        """Write the words of code lists as their codes, by which other formats know them: 现行 is in-force."""
        for column in row.table.columns:
            word = row.get(column.name).casefold()
            if column.kind == "code" and (iri := self.stater.codes.lists.get(column.scheme or "", {}).get(word)):
                row.cells[column.name] = key_of(iri)
        return row

    def _of_store(self, store: ox.Store) -> Iterator[tuple[Row, list[str]]]:
        """Yield the records of a store as rows; a triple that the rows do not state again is lost, by its property."""
        self._prepare(store)
        records = Records(store)
        for table in tables():
            names = [column.name for column in table.columns]
            for subject, cells in records.records(key_of(DATA.value), table):
                row = Row(table, "converted", 0, cells, {})
                self._restate(store, subject, row)
                self.outcome.read += 1
                self.outcome.accepted += 1
                yield row, names
        for quad in store.quads_for_pattern(None, None, None, DATA):
            if _in(quad.triple, AGAIN) not in store:
                self.outcome.lost[compress(quad.predicate.value)] += 1

    def _restate(self, store: ox.Store, subject: ox.NamedNode, row: Row) -> None:
        """Add what a row states to the statements made again; a row without a key of its own is about its subject."""
        found = self.stater.triples(row)
        self.outcome.learn(finding for finding in self.stater.found() if finding.severity == "violation")
        own = found[0].subject if found and row.table.key is None else subject
        store.extend(ox.Quad(subject if t.subject == own else t.subject, t.predicate, t.object, AGAIN) for t in found)

    def _name_classes(self, store: ox.Store) -> None:
        """State that a thing is of a table's class where only a class below is said of it."""
        above = _superclasses(self.model)
        for quad in list(store.quads_for_pattern(None, RDF_TYPE, None, DATA)):
            for kind in above.get(quad.object, ()):
                if (more := ox.Quad(quad.subject, RDF_TYPE, kind, DATA)) not in store:
                    store.extend([more, _in(more.triple, AGAIN)])

    def _prepare(self, store: ox.Store) -> None:
        """Add what cells are printed by: code lists, committees, systems, and the numbers of the standards that are cited."""
        store.extend(self.model)
        writer = Writer(self.stater.codes)
        for name in ("committees.csv", "sister_systems.csv"):
            writer.add(sources.read(resource("data") / name).rows)
        store.extend(_in(quad.triple, HELP) for quad in writer.quads)
        self._name_classes(store)
        prefix = item("standard", "")
        for quad in list(store.quads_for_pattern(None, None, None, DATA)):
            term = quad.object
            if isinstance(term, ox.NamedNode) and term.value.startswith(prefix):
                number = try_parse(key_of(term.value))
                if number and not any(store.quads_for_pattern(term, NUMBER, None, None)):
                    store.add(ox.Quad(term, NUMBER, ox.Literal(number.render()), HELP))


def _unordered(row: Row) -> Iterator[str]:
    """Yield the columns whose several values stand in another order than the one in which triples are given back."""
    for column in row.table.columns:
        if column.separator and column.separator in (cell := row.get(column.name)):
            rest = column.values(cell)[1 if column.kind == "part" else 0 :]
            if rest != sorted(rest, key=natural_key):
                yield f"{column.name} (order)"


def _in(triple: ox.Triple, graph: ox.NamedNode) -> ox.Quad:
    return ox.Quad(triple.subject, triple.predicate, triple.object, graph)


def _superclasses(model: ox.Store) -> dict[Any, set[ox.NamedNode]]:
    """Return, by class that is no table's own, the classes of tables that it is under."""
    under = ox.NamedNode(expand("rdfs:subClassOf"))
    found: dict[Any, set[ox.NamedNode]] = defaultdict(set)
    for table in tables():
        waiting = [ox.NamedNode(expand(table.rdf_class))]
        while waiting:
            parent = waiting.pop()
            for quad in model.quads_for_pattern(None, under, parent, None):
                if isinstance(quad.subject, ox.NamedNode) and parent not in found[quad.subject]:
                    found[quad.subject].add(ox.NamedNode(expand(table.rdf_class)))
                    waiting.append(quad.subject)
    own = {ox.NamedNode(expand(table.rdf_class)) for table in tables()}
    return {kind: above for kind, above in found.items() if kind not in own}


class Tables:
    """Writes rows as tables: one CSV file, or one for each table in a folder, or the sheets of a workbook."""

    def __init__(self, target: str, open_: Open, outcome: Outcome) -> None:
        self.target, self.open, self.outcome = target, open_, outcome

    def write(self, rows: Iterator[tuple[Row, list[str]]]) -> None:
        """Write all rows, each in the table it belongs to."""
        with ExitStack() as stack:
            writers: dict[str, Callable[[list[str]], None]] = {}
            columns: dict[str, list[str]] = {}
            start = self._csv(stack) if self.target == "csv" else self._xlsx(stack)
            for row, names in rows:
                url = row.table.url
                if url not in writers:
                    columns[url] = [column.name for column in row.table.columns if column.name in {*names, *row.cells}]
                    writers[url] = start(row.table, columns[url])
                self.outcome.lost.update(name for name, cell in row.cells.items() if cell and name not in columns[url])
                writers[url]([row.get(name) for name in columns[url]])
                self.outcome.written += 1

    def _csv(self, stack: ExitStack) -> Callable[[Table, list[str]], Callable[[list[str]], None]]:
        def start(table: Table, columns: list[str]) -> Callable[[list[str]], None]:
            out = stack.enter_context(self.open(table.url.replace("*", "converted")))
            text = io.TextIOWrapper(out, "utf-8", newline="", write_through=True)
            stack.callback(text.detach)
            stack.callback(text.flush)
            writer = csv.writer(text, lineterminator="\r\n")
            writer.writerow(columns)
            return lambda cells: writer.writerow(map(harmless, cells))

        return start

    def _xlsx(self, stack: ExitStack) -> Callable[[Table, list[str]], Callable[[list[str]], None]]:
        from openpyxl import Workbook
        from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

        book = Workbook(write_only=True)

        def save(kind: type[BaseException] | None, *_: object) -> None:
            if kind is None and book.worksheets:
                with self.open("") as out:
                    book.save(out)

        stack.push(save)

        def start(table: Table, columns: list[str]) -> Callable[[list[str]], None]:
            sheet = book.create_sheet(Path(table.url).stem.rstrip("-*")[:31])
            sheet.append(columns)

            def write(cells: list[str]) -> None:
                for at, cell in enumerate(cells):
                    if len(cell) > CELL or "\r" in cell or ILLEGAL_CHARACTERS_RE.search(cell):  # XML reads CR as LF
                        self.outcome.lost[columns[at]] += 1
                        cells[at] = ILLEGAL_CHARACTERS_RE.sub("\ufffd", cell)[:CELL]
                sheet.append([_text_cell(sheet, cell) for cell in cells])

            return write

        return start


def _text_cell(sheet: Any, cell: str) -> Any:
    """Return a cell that stays text, whatever it looks like."""
    from openpyxl.cell import WriteOnlyCell

    if not cell:
        return None
    made = WriteOnlyCell(sheet, cell)
    made.data_type = "s"
    made.number_format = "@"
    return made


def refuse_tables() -> UsageError:
    """Return the error of records of several tables that are to go into one CSV file."""
    return UsageError(
        "The records belong in several tables, and a CSV file holds one. Name a folder (ending in /), or convert to xlsx.",
        "这些记录属于多种表，一个 CSV 文件只能容纳一种。请指定文件夹（以 / 结尾），或转换为 xlsx。",
    )
