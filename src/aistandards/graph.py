"""Rows of tables become quads: every cell states the property its column names, in the named graph of its file."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date
from functools import cache, lru_cache
from typing import Final

import pyoxigraph as ox

from aistandards import identifiers
from aistandards.cells import Doubt, read_amount, read_members, split_adoption
from aistandards.codes import Codes, nearest_body
from aistandards.dates import Span, date_fix, date_message, months_after, span_of, span_or_none
from aistandards.errors import NumberError
from aistandards.findings import nearest
from aistandards.namespaces import expand, graph_iri, item, key_of, layer_iri
from aistandards.placing import RDF_TYPE, Placing
from aistandards.sources import Row
from aistandards.tables import Column, fold

DATE: Final = ox.NamedNode(expand("xsd:date"))
TRUTH: Final = {"true": True, "yes": True, "是": True, "false": False, "no": False, "否": False}
# the key of these records is a number; every other key is a slug, its steps apart by "/"
NUMBERED: Final = ("standard", "project")
LOWERED: Final = ("committee", "target")
Place = tuple[str, int]


@cache
def _node(name: str) -> ox.NamedNode:
    return ox.NamedNode(expand(name))


def fold_title(title: str) -> str:
    """Return a title without blanks, punctuation, width and case, to compare titles by."""
    return "".join(ch for ch in unicodedata.normalize("NFKC", title).casefold() if ch.isalnum())


def full_year(year: str) -> str:
    """Return a year as four digits: numbers up to 1999 were printed with two (GB 1234-89)."""
    return year if len(year) == 4 else f"19{year}"


def graph_name(file: str) -> str:
    """Return the name of a file's graph: the shipped files by name, a user's by path, so that they stay apart."""
    return re.sub(r"[\\/:]+", "--", file).strip("-.")


@lru_cache(maxsize=64)
def _graph_of(file: str) -> ox.NamedNode:
    return ox.NamedNode(graph_iri(graph_name(file)))


class Writer(Placing):
    """Turns rows into quads and findings; one per build, so that it knows which standards are on file.

    ``preferred`` holds, by record and field, the row of the statement that decides where sources differ; ``refused`` counts,
    by file, the rows that became no record, each of which has a finding.
    """

    def __init__(self, codes: Codes) -> None:
        super().__init__(codes)
        self.cited: dict[str, identifiers.StandardNumber] = {}
        self.preferred: dict[str, dict[str, Row]] = {}
        self.turtle_records = 0
        self.refused: Counter[str] = Counter()
        self.near_bodies: dict[str, str | None] = {}

    def prefer(self, rows: list[Row]) -> None:
        """Learn which statements of a table of conflicts are preferred, before the records they are about are stated."""
        for row in rows:
            if self.codes.lists["rank"].get(row.get("rank").casefold()) == item("rank", "preferred"):
                self.preferred.setdefault(record_slug(row.get("record")), {})[row.get("field")] = row

    def add(self, rows: list[Row]) -> None:
        """State all rows of one file."""
        for row in rows:
            subject = self._subject(row)
            if subject is None:
                self.refused[row.file] += 1
            else:
                self._state_row(row, subject)

    def add_cited(self) -> None:
        """State the standards that are cited but on no file: dated ones are external, undated ones are works."""
        graph = ox.NamedNode(graph_iri("cited"))
        for iri, number in self.cited.items():
            if iri not in self.places:
                node = ox.NamedNode(iri)
                self.quads += number_quads(node, number, graph)
                kind = "ais:ExternalStandard" if number.is_dated else "ais:UndatedStandard"
                self.quads.append(ox.Quad(node, RDF_TYPE, _node(kind), graph))

    def _subject(self, row: Row) -> str | None:
        kind, key = row.table.kind, row.table.key
        if key is None:
            return content_iri(row)
        text = row.get(key)
        if not text:
            self.find(
                row, key, "record-key", "violation", "缺少标识。", "The identifying cell is empty.", f"fill {key}"
            )
            return None
        if kind in NUMBERED:
            return self._record_iri(row, key, text, prefer=kind)
        if kind == "part":
            return self.part_subject(row)
        return item(kind, *(text.lower() if kind in LOWERED else text).split("/"))

    def _record_iri(self, row: Row, column: str, text: str, prefer: str) -> str | None:
        if prefer != "standard" and (plan := identifiers.try_parse_plan(text)):
            return item("project", plan.slug)
        try:
            number = identifiers.parse(text)
        except NumberError as error:
            self.find(row, column, "number-form", "violation", error.zh, error.en, None)
            return None
        return item("project" if prefer == "project" else "standard", number.slug)

    def _state_row(self, row: Row, iri: str) -> None:
        if row.table.kind == "standard":
            self._fill_by_number(row)
        self._split_adoption(row)
        if iri in self.places and row.table.key:
            self.refused[row.file] += 1
            self._find_duplicate(row, self.places[iri])
            return
        self.places[iri] = row
        self._settle(row, key_of(iri))
        graph = _graph_of(row.file)
        subject = ox.NamedNode(iri)
        self.quads.append(ox.Quad(subject, RDF_TYPE, _node(row.table.rdf_class), graph))
        for column in row.table.columns:
            cell = row.get(column.name)
            if cell:
                about = ox.NamedNode(expand(column.about.format_map(row.cells))) if column.about else subject
                self._state_cell(row, column, cell, about, graph)
            elif column.required and column.name in row.positions:
                self.find(row, column.name, "cell-required", "violation", "必填。", "This cell must be filled.", None)
        self._state_derived(row, subject, graph)

    def _fill_by_number(self, row: Row) -> None:
        """Fill level and nature from the form of the number where the table leaves them empty, as the platforms' exports do."""
        number = identifiers.normalise(row.get("number"))
        for name, patterns in self.codes.patterns.items():
            if not row.get(name):
                row.cells[name] = next((token for pattern, token in patterns if re.match(pattern, number)), "")

    def _split_adoption(self, row: Row) -> None:
        """Read a degree that stands beside the adopted number, where the table has no cell for it or that is empty."""
        if row.get("adopts") and not row.get("adoption_degree"):
            degrees = {word: key_of(iri) for word, iri in self.codes.lists["degree"].items()}
            numbers, degree = split_adoption(row.get("adopts"), degrees)
            if degree:
                row.cells.update(adopts=numbers, adoption_degree=degree)

    def _settle(self, row: Row, slug: str) -> None:
        """Let the preferred statements decide the contested cells of a record: empty ones are filled, others must agree."""
        for name, stated in self.preferred.get(slug, {}).items():
            column = row.table.column(name)
            if column is None or column.derived:
                continue
            says, holds = (
                [self._meant(column, value) for value in column.values(text)]
                for text in (stated.get("value"), row.get(name))
            )
            if says and not holds:
                row.cells[name] = stated.get("value")
            elif says != holds:
                zh = f"优先陈述为“{stated.get('value') or '—'}”，而 {row.file}:{row.line} 记为“{row.get(name)}”。"
                en = f"The preferred statement is “{stated.get('value') or '—'}”, but {row.file}:{row.line} says “{row.get(name)}”."
                self.find(stated, "value", "conflict-differs", "violation", zh, en, row.get(name))

    def _find_duplicate(self, row: Row, known: Row) -> None:
        """The same record twice: harmless where all facts agree, else a violation that names the columns that differ."""
        columns = [c for c in row.table.columns if c.name != row.table.key and c.name in known.cells]
        self.find_repeated(row, known, [c.name for c in columns if not self._agree(c, row, known)])

    def find_repeated(self, row: Row, known: Row, differing: list[str]) -> None:
        """Add the finding on a record that stands twice; ``differing`` names what the two say differently."""
        where, key = f"{known.file}:{known.line}", row.table.key or ""
        if differing:
            message = (
                f"与 {where} 为同一记录，但 {'、'.join(differing)} 不同。",
                f"The same record stands at {where} with another {', '.join(differing)}.",
            )
            self.find(row, key, "record-duplicate", "violation", *message, "keep one row / 只保留一行")
        elif known.file == row.file:
            message = f"与 {where} 完全相同的记录。", f"The very same record stands at {where}."
            self.find(row, key, "record-duplicate", "violation", *message, "delete this row / 删除本行")
        else:
            message = f"与 {where} 相同，已忽略。", f"Equal to {where}; ignored."
            self.find(row, key, "record-repeated", "info", *message, None)

    def _agree(self, column: Column, row: Row, known: Row) -> bool:
        """Whether two rows say the same in a column: an empty cell says nothing, spellings of one thing are one."""
        mine, theirs = (
            [self._meant(column, value) for value in column.values(r.get(column.name))] for r in (row, known)
        )
        return not mine or mine == theirs

    def _meant(self, column: Column, value: str) -> str:
        known = {
            "code": self.codes.lists.get(column.scheme or "", {}),
            "committee": self.codes.committees,
            "part": self.codes.parts,
        }.get(column.kind, {})
        key = fold(value) if column.kind == "committee" else value.casefold()
        return record_slug(value) if column.kind in ("standard", "record") else known.get(key, value)

    def _state_cell(self, row: Row, column: Column, cell: str, subject: ox.NamedNode, graph: ox.NamedNode) -> None:
        """State the (property, term) pairs that the reader of a kind of column yields for each value of a cell."""
        read = getattr(self, f"_read_{column.kind}")
        for value in column.values(cell):
            for predicate, term in read(row, column, value):
                self.quads.append(ox.Quad(subject, _node(predicate), term, graph))

    def _read_text(self, row: Row, column: Column, value: str) -> Iterator[tuple[str, ox.Literal]]:
        if not value.isprintable() and any(unicodedata.category(ch) == "Cc" for ch in value):
            message = "含有控制字符。", "The cell holds a control character."
            self.find(row, column.name, "text-control", "violation", *message, "remove it / 删除")
            value = "".join(ch for ch in value if unicodedata.category(ch) != "Cc")
        yield column.property, ox.Literal(value, language=column.lang) if column.lang else ox.Literal(value)

    def _read_number(self, row: Row, column: Column, value: str) -> Iterator[tuple[str, ox.Literal]]:
        normal = identifiers.normalise(value)
        if normal != value:
            message = f"此号的规范写法为“{normal}”。", f"The normal form of this number is “{normal}”."
            self.find(row, column.name, "number-normal", "warning", *message, normal)
        level = key_of(self.codes.lists["level"].get(row.get("level").casefold(), ""))
        if not identifiers.parse(value).is_dated and level not in ("group", "enterprise", "local"):
            message = "一条标准记录须注明年份。", "A standard record is one dated edition; this number has no year."
            self.find(row, column.name, "number-undated", "violation", *message, f"{normal}-YYYY")
        yield column.property, ox.Literal(normal)

    def _read_date(self, row: Row, column: Column, value: str) -> Iterator[tuple[str, ox.Literal]]:
        yield column.property, ox.Literal(value)
        try:
            earliest, latest = span_of(value)
        except ValueError:
            self.find(row, column.name, "date-form", "violation", *date_message(value), date_fix(value))
            return
        for end, day in (("Earliest", earliest), ("Latest", latest)):
            yield column.property + end, ox.Literal(str(day), datatype=DATE)

    def _read_day(self, row: Row, column: Column, value: str) -> Iterator[tuple[str, ox.Literal]]:
        try:
            day = date.fromisoformat(value)
        except ValueError:
            message = f"“{value}”不是日期。", f"“{value}” is not a day."
            fixed = date_fix(value) or ""
            fix = (
                fixed
                if len(fixed) == len("YYYY-MM-DD")
                else "a day that exists, as YYYY-MM-DD / 真实日期，写作 YYYY-MM-DD"
            )
            self.find(row, column.name, "date-form", "violation", *message, fix)
            return
        yield column.property, ox.Literal(str(day), datatype=DATE)

    def _read_code(self, row: Row, column: Column, value: str) -> Iterator[tuple[str, ox.NamedNode]]:
        known = self.codes.lists.get(column.scheme or "", {})
        iri = known.get(value.casefold())
        if iri is None:
            tokens = sorted({key_of(target) for target in known.values()})
            near = nearest(value, known)
            message = (
                f"“{value}”不是 {column.name} 的取值（{', '.join(tokens)}）。",
                f"“{value}” is not a value of {column.name} ({', '.join(tokens)}).",
            )
            self.find(row, column.name, "code-unknown", "violation", *message, key_of(known[near]) if near else None)
            return
        yield column.property, ox.NamedNode(iri)

    def _read_standard(self, row: Row, column: Column, value: str) -> Iterator[tuple[str, ox.NamedNode]]:
        try:
            number = identifiers.parse(value)
        except NumberError as error:
            self.find(row, column.name, "number-form", "violation", error.zh, error.en, None)
            return
        iri = item("standard", number.slug)
        self.cited.setdefault(iri, number)
        predicate = column.property
        degree = row.get("adoption_degree")
        if predicate == "ais:corresponds" and degree:
            predicate = self._property_of("degree", degree) or predicate
        yield predicate, ox.NamedNode(iri)

    def _read_layer(self, row: Row, column: Column, value: str) -> Iterator[tuple[str, ox.NamedNode]]:
        if value not in self.codes.layers:
            message = f"产业链没有“{value}”这一层。", f"The chain has no layer “{value}”."
            self.find(row, column.name, "layer-unknown", "violation", *message, nearest(value, self.codes.layers))
            return
        yield column.property, ox.NamedNode(layer_iri(value))

    def _read_committee(self, row: Row, column: Column, value: str) -> Iterator[tuple[str, ox.NamedNode]]:
        key = self.codes.committees.get(fold(value))
        if key is None:
            message = (
                f"committees.csv 未收录归口单位“{value}”，此值未读入；请核对写法，或将其补入 committees.csv。",
                f"The committee “{value}” is not in committees.csv and was not read; check the spelling or add it there.",
            )
            if value not in self.near_bodies:  # registers name the same few again and again
                self.near_bodies[value] = nearest_body(value, self.codes.bodies)
            fix = self.near_bodies[value] or "add it to committees.csv / 请先加入 committees.csv"
            self.find(row, column.name, "committee-unknown", "warning", *message, fix)
            return
        yield column.property, ox.NamedNode(item("committee", key))

    def _read_boolean(self, row: Row, column: Column, value: str) -> Iterator[tuple[str, ox.Literal]]:
        truth = TRUTH.get(value.casefold())
        if truth is None:
            message = f"“{value}”不是 true 或 false。", f"“{value}” is neither true nor false."
            self.find(row, column.name, "boolean-form", "violation", *message, "true / false (yes / no, 是 / 否)")
            return
        yield column.property, ox.Literal(truth)

    def _read_decimal(self, row: Row, column: Column, value: str) -> Iterator[tuple[str, ox.Literal]]:
        if not re.fullmatch(r"-?\d+(\.\d+)?", value):
            message = f"“{value}”不是数字。", f"“{value}” is not a number."
            self.find(row, column.name, "decimal-form", "violation", *message, "digits only / 仅数字")
            return
        yield column.property, ox.Literal(value, datatype=_node("xsd:decimal"))

    def _read_thing(self, row: Row, column: Column, value: str) -> Iterator[tuple[str, ox.NamedNode]]:
        """A record of another table by its slug; whether there is one is for the shapes to say."""
        yield column.property, ox.NamedNode(item(column.scheme or "", *value.split("/")))

    def _read_amount(self, row: Row, column: Column, value: str) -> Iterator[tuple[str, ox.Literal]]:
        amount, doubt = read_amount(value, column.unit)
        self._doubt(row, column, doubt)
        if amount is not None:
            yield column.property, ox.Literal(f"{amount:f}", datatype=_node("xsd:decimal"))

    def _read_members(self, row: Row, column: Column, value: str) -> Iterator[tuple[str, ox.Literal]]:
        members, doubt = read_members(value)
        self._doubt(row, column, doubt)
        yield from ((column.property, ox.Literal(name)) for name in members)

    def _doubt(self, row: Row, column: Column, doubt: Doubt | None) -> None:
        if doubt:
            self.find(row, column.name, doubt.rule, doubt.severity, doubt.zh, doubt.en, doubt.fix)

    def _read_kind(self, row: Row, column: Column, value: str) -> Iterator[tuple[str, ox.NamedNode]]:
        """A code whose class the record then belongs to, so that shapes can target it."""
        for predicate, term in self._read_code(row, column, value):
            yield predicate, term
            yield "rdf:type", ox.NamedNode(self.codes.classes[term.value])

    def _is_known(self, iri: str) -> bool:
        return iri in self.places or iri in self.codes.records

    def _read_record(self, row: Row, column: Column, value: str) -> Iterator[tuple[str, ox.NamedNode]]:
        prefer = "project" if self._is_known(item("project", record_slug(value))) else "standard"
        iri = self._record_iri(row, column.name, value, prefer="any" if prefer == "standard" else prefer)
        if iri is None:
            return
        if not self._is_known(iri):
            message = f"没有记录“{value}”。", f"There is no record “{value}”."
            self.find(row, column.name, "record-unknown", "violation", *message, self.nearest_record(iri))
            return
        yield column.property, ox.NamedNode(iri)

    def _property_of(self, scheme: str, token: str) -> str | None:
        iri = self.codes.lists.get(scheme, {}).get(token.casefold(), "")
        return self.codes.states.get(iri)

    def _state_derived(self, row: Row, subject: ox.NamedNode, graph: ox.NamedNode) -> None:
        if row.table.kind == "standard":
            self._state_standard(row, subject, graph)
        elif row.table.kind == "project":
            self._state_project(row, subject, graph)
        elif row.table.link:
            self._state_link(row, graph)
        elif row.table.kind == "part":
            self.state_system(row, subject, graph)
        elif row.table.kind == "participation" and row.get("number"):
            self._state_body(row, subject, graph)
        if row.get("title_zh"):
            number = row.get("number") if row.table.kind == "standard" else ""
            self.state_title(row, subject, row.get("title_zh"), number, graph)

    def state_title(self, row: Row, subject: ox.NamedNode, title: str, number: str, graph: ox.NamedNode) -> None:
        """State the title as titles are compared, and look by it for a slip in the number of a standard."""
        folded = fold_title(title)
        self.quads.append(ox.Quad(subject, _node("ais:foldedTitle"), ox.Literal(folded), graph))
        if number and (known := self.codes.titles.get(folded)):
            self._find_slip(row, number, [identifiers.parse(other) for other in known])

    def _find_slip(self, row: Row, text: str, known: list[identifiers.StandardNumber]) -> None:
        """Find a likely slip in a number: a shipped standard of the same title, code and year bears another one."""
        number = identifiers.try_parse(text)
        same = [other for other in known if number and (other.code, other.year) == (number.code, number.year)]
        if number and same and number not in same:
            right = same[0].render()
            zh = f"在册的同名标准为 {right}，此处标准号为 {number.render()}，疑为笔误；请核对。"
            en = f"On record this title bears {right}; here it is {number.render()}, likely a slip. Check the number."
            self.find(row, "number", "number-typo", "warning", zh, en, right)

    def _state_standard(self, row: Row, subject: ox.NamedNode, graph: ox.NamedNode) -> None:
        number = identifiers.parse(row.get("number"))
        stated = _node("ais:number")
        self.quads += [
            quad for quad in number_quads(subject, number, graph) if quad.predicate != stated or quad.subject != subject
        ]
        level = self.codes.lists["level"].get(row.get("level").casefold(), "")
        if level in self.codes.classes:
            self.quads.append(ox.Quad(subject, RDF_TYPE, ox.NamedNode(self.codes.classes[level]), graph))
        if not row.get("issued") and number.is_chinese and number.year:
            self._state_span(subject, "ais:issued", span_of(full_year(number.year)), "number", graph)
        elif row.get("issued") or number.year:
            self._state_basis(subject, "ais:issued", "date", graph)

    def _state_project(self, row: Row, subject: ox.NamedNode, graph: ox.NamedNode) -> None:
        """State what bounds the days of a project: the year in its plan number, and the period from its announcement."""
        start = span_or_none(row.get("announced"))
        plan = identifiers.try_parse_plan(row.get("plan_number"))
        if start:
            self._state_basis(subject, "ais:announced", "date", graph)
        elif plan and plan.year and not row.get("announced"):
            start = span_of(plan.year)
            self._state_span(subject, "ais:announced", start, "number", graph)
        months = row.get("period")
        if row.get("due"):
            self._state_basis(subject, "ais:due", "date", graph)
        elif start and start[0] and start[1] and months.isdecimal():
            due = months_after(start[0], int(months)), months_after(start[1], int(months))
            self._state_span(subject, "ais:due", due, "period", graph)

    def _state_span(self, subject: ox.NamedNode, name: str, span: Span, basis: str, graph: ox.NamedNode) -> None:
        for end, day in zip(("Earliest", "Latest"), span, strict=True):
            literal = ox.Literal(str(day), datatype=DATE)
            self.quads.append(ox.Quad(subject, _node(name + end), literal, graph))
        self._state_basis(subject, name, basis, graph)

    def _state_basis(self, subject: ox.NamedNode, name: str, basis: str, graph: ox.NamedNode) -> None:
        self.quads.append(ox.Quad(subject, _node(name + "Basis"), ox.Literal(basis), graph))

    def _state_link(self, row: Row, graph: ox.NamedNode) -> None:
        """State the flat triple of a relation row, unless the relation is only intended."""
        if TRUTH.get(row.get("intended").casefold()):
            return
        link = row.table.link
        ends = [identifiers.try_parse(row.get(link[name])) for name in ("from", "to")]
        if ends[0] is None or ends[1] is None:
            return
        source, target = (ox.NamedNode(item("standard", end.slug)) for end in ends if end)
        if "propertyBy" in link:
            code = self.codes.lists["relation"].get(row.get(link["propertyBy"]).casefold(), "")
            if code in self.codes.inverse:
                source, target = target, source
            predicate = self.codes.states.get(code) or self.codes.inverse.get(code)
        else:
            predicate = expand(link["property"])
        if predicate == expand("ais:corresponds") and row.get(link.get("degree", "")):
            predicate = self._property_of("degree", row.get(link["degree"])) or predicate
        if predicate == expand("ais:ofSeries"):
            return  # the series follows from the number; the row itself keeps the source
        if predicate:
            self.quads.append(ox.Quad(source, ox.NamedNode(predicate), target, graph))

    def _state_body(self, row: Row, subject: ox.NamedNode, graph: ox.NamedNode) -> None:
        number = identifiers.try_parse(row.get("number"))
        if number is None:
            return
        family = re.split(r"[\s/-]", number.render())[0]
        body = self.codes.lists["body"].get(family.casefold(), item("body", "other"))
        self.quads.append(ox.Quad(subject, _node("ais:body"), ox.NamedNode(body), graph))


def content_iri(row: Row) -> str:
    """Return the IRI of a row without a key: it follows from all that the row says."""
    content = "\x1f".join(f"{name}={row.cells[name]}" for name in sorted(row.cells))
    return item(row.table.kind, hashlib.sha256(content.encode()).hexdigest()[:16])


def titles_of(rows: Iterable[Row]) -> dict[str, list[str]]:
    """Return the numbers of standards by their folded Chinese title."""
    found: dict[str, list[str]] = {}
    for row in rows:
        if row.table.kind == "standard" and row.get("title_zh"):
            found.setdefault(fold_title(row.get("title_zh")), []).append(row.get("number"))
    return found


def record_slug(text: str) -> str:
    """Return the slug of a plan or standard number in any spelling; any other text is its own key."""
    plan = identifiers.try_parse_plan(text)
    number = None if plan else identifiers.try_parse(text)
    return plan.slug if plan else number.slug if number else text


def number_quads(subject: ox.NamedNode, number: identifiers.StandardNumber, graph: ox.NamedNode) -> Iterator[ox.Quad]:
    """Yield what a number says by itself: its digits, year, undated work and series."""
    facts: list[tuple[str, ox.Literal | ox.NamedNode]] = [
        ("ais:number", ox.Literal(number.render())),
        ("ais:publisherCode", ox.Literal(number.code)),
        ("ais:digits", ox.Literal(number.digits)),
        ("ais:stem", ox.Literal(f"{number.code} {number.digits}")),
    ]
    if number.part:
        facts.append(("ais:numberPart", ox.Literal(number.part)))
    if number.year:
        facts.append(("ais:numberYear", ox.Literal(full_year(number.year))))
    undated = number.undated
    work = ox.NamedNode(item("standard", undated.slug))
    if number.is_dated and undated.slug != number.slug:
        facts.append(("ais:ofUndated", work))
        yield ox.Quad(work, RDF_TYPE, _node("ais:UndatedStandard"), graph)
        yield ox.Quad(work, _node("ais:number"), ox.Literal(undated.render()), graph)
    if number.series_slug and number.series:
        series = ox.NamedNode(item("series", number.series_slug))
        facts.append(("ais:ofSeries", series))
        yield ox.Quad(series, RDF_TYPE, _node("ais:Series"), graph)
        yield ox.Quad(series, _node("rdfs:label"), ox.Literal(number.series), graph)
    for predicate, term in facts:
        yield ox.Quad(subject, _node(predicate), term, graph)
