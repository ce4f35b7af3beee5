"""A user's Turtle becomes quads: its triples, completed and checked by what follows from numbers, dates and titles."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import Final

import pyoxigraph as ox

from aistandards import identifiers
from aistandards.codes import learn_schemes
from aistandards.dates import date_fix, date_message, span_of
from aistandards.findings import nearest
from aistandards.graph import DATE, Place, Writer, graph_name, number_quads
from aistandards.namespaces import AIS, expand, graph_iri, item, key_of
from aistandards.placing import RDF_TYPE
from aistandards.readers.rdf import mention_lines, mentioned_as, subject_lines
from aistandards.sources import Row, Source
from aistandards.tables import Table

_TABLE: Final = Table(url="*.ttl", kind="turtle", key="iri", rdf_class="rdfs:Resource", link={}, columns=())
_DATES: Final = {expand(f"ais:{name}") for name in ("issued", "implemented", "withdrawn", "announced", "due")}
_NUMBER: Final = ox.NamedNode(expand("ais:number"))
_DAYS: Final = {expand(f"ais:{name}") for name in ("judgedOn", "stateOf", "from", "until")}


def add_turtle(writer: Writer, source: Source, dropped: set[Place]) -> None:
    """State the triples of a Turtle file; records that a source before it states otherwise become findings."""
    if not source.triples:
        return
    graph = ox.NamedNode(graph_iri(graph_name(source.name)))
    by_subject: dict[ox.NamedNode | ox.BlankNode, list[ox.Triple]] = defaultdict(list)
    for triple in source.triples:
        if isinstance(triple.subject, ox.NamedNode | ox.BlankNode):
            by_subject[triple.subject].append(triple)
    lines = Lines(source)
    known = set[str]()
    for triple in source.triples if source.lines is None else ():
        check_terms(writer, source, lines, triple, known)
    learn_schemes(writer.codes, source.name, source.triples)
    source.read = source.accepted = source.reported = 0
    for subject, mine in by_subject.items():
        quads = [ox.Quad(t.subject, t.predicate, t.object, graph) for t in mine]
        if isinstance(subject, ox.BlankNode):
            if not _refused_blank(writer, source, lines, mine):
                writer.quads += quads
            continue
        line = lines.of_subject(subject.value)
        source.read += 1
        row = Row(_TABLE, source.name, line, {"iri": key_of(subject.value)}, {})
        if (source.name, line) in dropped:
            continue
        source.reported += 1
        if subject.value in writer.codes.model:
            zh, en = (
                "属于随附的模型，记录文件不能更改。",
                "It belongs to the model that ships; records cannot change it.",
            )
            fix = "state it of a thing of your own / 请改为描述自己的条目"
            writer.find(row, "iri", "model-changed", "violation", zh, en, fix)
            continue
        if subject.value in writer.places:
            _find_repeated(writer, row, subject, mine)
            continue
        source.reported -= 1
        source.accepted += 1
        writer.turtle_records += 1
        writer.places[subject.value] = row
        writer.quads += quads
        _complete(writer, row, subject, mine, graph)


def _refused_blank(writer: Writer, source: Source, lines: Lines, mine: list[ox.Triple]) -> bool:
    """Refuse a record without an IRI, which nothing could name, and an axiom without a subject of the user's own.

    Class expressions and lists inside an axiom about a thing of the user's are no subjects of their own and pass.
    """
    for triple in mine:
        value = triple.object.value if isinstance(triple.object, ox.NamedNode) else ""
        is_type = triple.predicate.value == expand("rdf:type")
        if is_type and value.startswith(AIS):
            zh, en = "记录没有 IRI（空白节点），无法指称。", "A record without an IRI (a blank node) cannot be named."
            named, rule, fix = value, "record-without-iri", "<https://example.org/my-record> a …"
        elif triple.predicate.value in GENERAL or (is_type and value in GROUPS):
            zh = "主语为空白节点的公理可能改动随附的模型。"
            en = "An axiom whose subject is a blank node may change the model that ships."
            named = value or triple.predicate.value
            rule, fix = "model-changed", "state it of a class of your own / 请改为描述自己的类"
        else:
            continue
        row = Row(_TABLE, source.name, lines.of_mention(named), {"iri": "[]"}, {})
        source.read += 1
        source.reported += 1
        writer.find(row, "iri", rule, "violation", zh, en, fix)
        return True
    return False


GENERAL = {expand(name) for name in ("rdfs:subClassOf", "owl:equivalentClass", "owl:disjointWith")}
GROUPS = {expand(name) for name in ("owl:AllDisjointClasses", "owl:AllDisjointProperties")}


def check_terms(writer: Writer, source: Source, lines: Lines, triple: ox.Triple, told: set[str]) -> None:
    """A term of our namespace must exist, and nothing is imported: no file is fetched, whoever names it."""
    if triple.predicate.value == expand("owl:imports"):
        iri = triple.object.value if isinstance(triple.object, ox.NamedNode) else ""
        zh, en = f"不导入其他本体，未获取：{iri}", f"Ontologies are not imported; nothing was fetched: {iri}"
        fix = "delete the line; state what you use of it / 删除该行，直接写明所用内容"
        _find_term(writer, source, lines, iri, "owl:imports", ("import-foreign", zh, en, fix), told)
    for term in (triple.subject, triple.predicate, triple.object):
        if isinstance(term, ox.NamedNode) and term.value.startswith(AIS) and term.value not in writer.codes.model:
            name = term.value.removeprefix(AIS)
            near = nearest(name, (iri.removeprefix(AIS) for iri in writer.codes.model if iri.startswith(AIS)))
            zh, en = f"本体没有术语 ais:{name}。", f"The ontology has no term ais:{name}."
            _find_term(
                writer, source, lines, name, name, ("term-unknown", zh, en, f"ais:{near}" if near else None), told
            )


def _find_term(
    writer: Writer,
    source: Source,
    lines: Lines,
    key: str,
    field: str,
    said: tuple[str, str, str, str | None],
    told: set[str],
) -> None:
    """Add a finding where a file first names a term; one a term."""
    rule, zh, en, fix = said
    if (place := f"{rule} {key}") not in told:
        told.add(place)
        row = Row(_TABLE, source.name, lines.of_mention(key), {"iri": key}, {})
        writer.find(row, field, rule, "violation", zh, en, fix)


class Lines:
    """Where a file of RDF names things: subjects first, else where a name first stands; each found in one pass over the text."""

    def __init__(self, source: Source) -> None:
        self.source = source
        known = source.lines
        self.subjects = subject_lines(source.text, source.form) if known is None else known
        self.mentions = known

    def of_subject(self, iri: str) -> int:
        """Return the line of a subject."""
        key = mentioned_as(iri)
        return self.subjects.get(iri) or self.subjects.get(key) or self.of_mention(key)

    def of_mention(self, name: str) -> int:
        """Return the line on which a name first stands, or 1."""
        if self.mentions is None:
            self.mentions = mention_lines(self.source.text)
        return self.mentions.get(name) or self.mentions.get(name.rpartition("#")[2], 1)


def _find_repeated(writer: Writer, row: Row, subject: ox.NamedNode, mine: list[ox.Triple]) -> None:
    said = {(quad.predicate, quad.object) for quad in writer.quads if quad.subject == subject}
    differing = dict.fromkeys(key_of(t.predicate.value) for t in mine if (t.predicate, t.object) not in said)
    writer.find_repeated(row, writer.places[subject.value], [name.rpartition("#")[2] for name in differing])


def _complete(writer: Writer, row: Row, subject: ox.NamedNode, mine: list[ox.Triple], graph: ox.NamedNode) -> None:
    stated = {t.predicate.value for t in mine}
    kinds = {t.object.value for t in mine if t.predicate == RDF_TYPE and isinstance(t.object, ox.NamedNode)}
    is_standard = expand("ais:Standard") in kinds or any(kind in writer.codes.classes.values() for kind in kinds)
    statement = {expand("ais:stateOf"), expand("ais:countedFrom")}
    dates = _DATES | (statement if expand("ais:OfficialStatement") in kinds else set())
    for triple in mine:
        name, term = triple.predicate.value, triple.object
        if not isinstance(term, ox.Literal):
            continue
        if is_standard and triple.predicate == _NUMBER:
            _complete_number(writer, row, subject, term.value, graph)
        elif name in dates and not ((spanned := f"{name}Earliest" in stated) and term.datatype == DATE):
            _complete_date(writer, row, triple, graph, spanned)
        elif name in _DAYS or name.removesuffix("Latest").removesuffix("Earliest") in dates or term.datatype == DATE:
            _check_day(writer, row, name, term)
        elif name == expand("dcterms:title") and term.language == "zh":
            numbers = [t.object.value for t in mine if t.predicate == _NUMBER and isinstance(t.object, ox.Literal)]
            number = numbers[0] if is_standard and len(numbers) == 1 else ""
            writer.state_title(row, subject, term.value, number, graph)


def _complete_number(writer: Writer, row: Row, subject: ox.NamedNode, text: str, graph: ox.NamedNode) -> None:
    number = identifiers.try_parse(text)
    if number is not None and item("standard", number.slug) == subject.value:
        quads = number_quads(subject, number, graph)
        writer.quads += [q for q in quads if q.subject != subject or q.predicate != _NUMBER]
        return
    zh, en = f"号码“{text}”与 IRI 不符。", f"The number “{text}” does not agree with the IRI."
    fix = f"<{item('standard', number.slug)}>" if number else None
    writer.find(row, "number", "number-form", "violation", zh, en, fix)


def _complete_date(writer: Writer, row: Row, triple: ox.Triple, graph: ox.NamedNode, spanned: bool) -> None:
    """State the first and last day that a printed date means, unless the file states them itself."""
    name, printed = triple.predicate.value, triple.object.value if isinstance(triple.object, ox.Literal) else ""
    try:
        span = span_of(printed)
    except ValueError:
        field = name.removeprefix(AIS)
        writer.find(row, field, "date-form", "violation", *date_message(printed), date_fix(printed))
        return
    for end, day in () if spanned else zip(("Earliest", "Latest"), span, strict=True):
        literal = ox.Literal(str(day), datatype=DATE)
        writer.quads.append(ox.Quad(triple.subject, ox.NamedNode(name + end), literal, graph))


def _check_day(writer: Writer, row: Row, name: str, term: ox.Literal) -> None:
    """A day is written YYYY-MM-DD, without a time zone, and typed ``xsd:date``: all that reads it relies on this."""
    try:
        fine = str(date.fromisoformat(term.value)) == term.value and term.datatype == DATE
    except ValueError:
        fine = False
    if not fine:
        zh, en = (
            f"“{term.value}”须为 xsd:date 类型的真实日期，不带时区。",
            f"“{term.value}” must be a day that exists, typed xsd:date, without a time zone.",
        )
        fix = f'"{date_fix(term.value[:10]) or "YYYY-MM-DD"}"^^xsd:date'
        writer.find(row, key_of(name).rpartition("#")[2], "date-form", "violation", zh, en, fix)
