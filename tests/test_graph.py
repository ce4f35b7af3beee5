"""Whatever stands in a file, reading it and making quads of it gives findings or one of our errors, never anything else."""

from __future__ import annotations

import csv
import io
from functools import cache
from pathlib import Path

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aistandards import pipeline, sources
from aistandards.codes import Codes, codes_of, learn_committees
from aistandards.dates import span_of
from aistandards.errors import AistandardsError
from aistandards.findings import Finding
from aistandards.graph import Writer, full_year
from aistandards.namespaces import expand
from aistandards.settings import resource
from aistandards.tables import Column, Table, tables
from aistandards.turtle import add_turtle
from badfiles import TURTLE, row, table, turtle

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
NUMBERS = st.sampled_from(
    [
        "GB/T 45288.1-2025",
        "gbt45288.1—2025",
        "GB 1234-89",
        "GB/T 1",
        "ISO/IEC 42001:2023",
        "ISO/IEC 22989:2022/Amd 1",
        "ITU-T Y.3172 (06/2019)",
        "ITU-T Y Suppl. 55",
        "IEEE Std 2801-2022",
        "IEEE P3109",
        "ETSI TS 104 223 V1.1.1",
        "prEN 18286",
        "ГОСТ Р 59277-2020",
        "T/CESA 1169-2021",
        "Q/ABC 1-2020",
        "DB11/T 2329.1-2024",
        "AIIA/PG 0113",
        "20241767-T-469",
        "2026-1076T-YD",
        "x-c0001",
        "GB/T 20000/XG1-2020",
        "ＧＢ／Ｔ１",
    ]
)
DATES = st.sampled_from(
    [
        "2025-02-30",
        "2025/2/3",
        "2025年2月",
        "0000",
        "9999-12",
        "9999",
        "2025-13",
        "2025-02",
        "２０２５-01-01",
        "2025-1-1",
        "today",
        "-1",
    ]
)
MARKS = st.text(st.sampled_from(" ;,\"'<>{}|\\^`%\n\r\t\x00\x1f\u2028\ufeff￾甲a1-/:."), max_size=12)


@cache
def codes() -> Codes:
    known = codes_of(pipeline.load_ontology())
    learn_committees(known, sources.read(resource("data") / "committees.csv").rows)
    return known


def tokens(column: Column) -> list[str]:
    """Words that a cell of a column may hold, and what almost is one."""
    known = codes()
    words = {
        "code": known.lists.get(column.scheme or "", {}),
        "part": known.parts,
        "layer": known.layers,
        "committee": known.committees,
        "boolean": ["true", "no", "是", "maybe"],
        "decimal": ["1", "-1.5", "1e3", "NaN", "１"],
    }.get(column.kind, ["x"])
    return [word + end for word in list(words)[:20] for end in ("", "x")]


def cell(column: Column) -> st.SearchStrategy[str]:
    value = st.one_of(st.just(""), TEXT, MARKS, NUMBERS, DATES, st.sampled_from(tokens(column)))
    return st.lists(value, min_size=1, max_size=3).map(";".join)


@st.composite
def files(draw: st.DrawFn) -> tuple[str, bytes]:
    """A file of some table: its columns or some of them, at times another, and rows of anything."""
    described: Table = draw(st.sampled_from(tables()))
    columns = draw(
        st.one_of(st.just(list(described.columns)), st.lists(st.sampled_from(described.columns), max_size=9))
    )
    header = [draw(st.sampled_from([column.name, *column.titles])) for column in columns]
    header += draw(st.lists(TEXT, max_size=1))
    out = io.StringIO()
    writer = csv.writer(out, quoting=draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])))
    writer.writerow(header)
    for _ in range(draw(st.integers(0, 4))):
        writer.writerow([draw(cell(column)) for column in columns] + draw(st.lists(TEXT, max_size=2)))
    encoding = draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "gb18030"]))
    return described.url.replace("*", "any"), out.getvalue().encode(encoding, "replace")


def state(name: str, data: bytes) -> tuple[Writer, list[Finding]] | None:
    """Read a file and make quads of it, as a build does; None where it cannot be read at all."""
    try:
        source = sources.read(Path(name), data=data)
    except AistandardsError as error:
        assert error.en and error.zh and name in error.en and name in error.zh
        return None
    writer = Writer(codes())
    writer.add(source.rows)
    add_turtle(writer, source, set())
    writer.add_cited()
    ox.Store().extend(writer.quads)
    return writer, source.findings + writer.findings


def whole(found: tuple[Writer, list[Finding]] | None, name: str) -> None:
    """Findings name their file and line, speak both languages, and every row is stated or found wrong."""
    if found is None:
        return
    _, findings = found
    for finding in findings:
        assert finding.file == name and finding.rule and finding.message_zh and finding.message_en
        assert finding.line is not None or finding.rule in ("read-encoding", "read-empty")
        assert finding.text("zh") and finding.text("en") and finding.as_dict()


@settings(deadline=None, max_examples=300)
@given(files())
def test_any_row_of_any_table_gives_quads_or_findings(file: tuple[str, bytes]) -> None:
    name, data = file
    whole(state(name, data), name)


@settings(deadline=None, max_examples=300)
@given(st.sampled_from(["standards-any.csv", "any.csv", "any.ttl", "evidence.csv"]), st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(name: str, data: bytes) -> None:
    whole(state(name, data), name)


@settings(deadline=None, max_examples=300)
@given(st.integers(0, 400), st.integers(0, 30), st.binary(max_size=6))
def test_a_damaged_file_is_read_or_refused(at: int, gone: int, new: bytes) -> None:
    for name, good in (("standards-any.csv", table(row(95001), row(95002, part="CC"))), ("any.ttl", turtle(95003))):
        whole(state(name, good[:at] + new + good[at + gone :]), name)


OBJECTS = st.sampled_from(
    [
        '"2025-02-30"',
        '"2025-01-01"^^xsd:date',
        '"2025-02-30"^^xsd:date',
        '"x"^^xsd:integer',
        '"GB/T 1-2025"',
        '"题"@zh',
        '"题"@zh-Hans',
        "1",
        "1.5e9",
        "true",
        "[]",
        "( 1 [] )",
        "ais:Standard",
        "ais:NationalStandard",
        "ais:Project",
        "ais:Evidence",
        "<x>",
        "<https://w3id.org/aistandards/id/level/national>",
        "<https://w3id.org/aistandards/id/system/guide-2024/c>",
        '"""a\nb"""',
        '"\\u0000"',
        '""',
    ]
)
PREDICATES = st.sampled_from(
    [
        *sorted({column.property for described in tables() for column in described.columns if ":" in column.property}),
        "a",
    ]
    + [f"ais:{name}{end}" for name in ("issued", "due", "from") for end in ("", "Earliest", "Latest")]
)
SUBJECTS = st.sampled_from(
    ["<https://w3id.org/aistandards/id/standard/gbt-1-2025>", "<https://w3id.org/aistandards/id/x>", "<x>", "[]", "_:b"]
)
STATEMENTS = st.lists(st.tuples(SUBJECTS, PREDICATES, OBJECTS), min_size=1, max_size=8)


def document(statements: list[tuple[str, str, str]]) -> bytes:
    prefixes = TURTLE + "".join(
        f"@prefix {name}: <{expand(name + ':')}> .\n" for name in ("skos", "org", "rdfs", "prov", "schema", "dcat")
    )
    return (prefixes + "".join(f"{s} {p} {o} .\n" for s, p, o in statements)).encode()


@settings(deadline=None, max_examples=300)
@given(STATEMENTS)
def test_any_turtle_gives_quads_or_findings(statements: list[tuple[str, str, str]]) -> None:
    found = state("any.ttl", document(statements))
    assert found is None or found[0].quads or found[1]
    whole(found, "any.ttl")


@settings(deadline=None, max_examples=25)
@given(st.lists(files(), min_size=1, max_size=3), STATEMENTS)
def test_validation_of_anything_ends_with_a_report(
    some: list[tuple[str, bytes]], statements: list[tuple[str, str, str]]
) -> None:
    read = []
    for name, data in [*some, ("any.ttl", document(statements))]:
        try:
            read.append(sources.read(Path(name), data=data))
        except sources.UnreadableError:
            continue
    report = pipeline.validate(read, []).report
    assert set(report.as_dict()) == {"conforms", "records", "files", "counts", "engine", "findings"}


@pytest.mark.parametrize("level", ["national", "国家标准"])
def test_a_year_of_two_digits_is_of_the_last_century(level: str) -> None:
    found = state(
        "standards-any.csv", table(row(95004, number="GB/T 95004-89", level=level, issued="", implemented=""))
    )
    assert found is not None and found[1] == []
    said = {(quad.predicate.value, quad.object.value) for quad in found[0].quads if isinstance(quad.object, ox.Literal)}
    assert {(expand("ais:numberYear"), "1989"), (expand("ais:issuedEarliest"), "1989-01-01")} <= said
    assert full_year("2025") == "2025"


def test_a_group_number_may_have_no_year_whatever_its_level_is_called() -> None:
    for level in ("group", "团体标准"):
        found = state("standards-any.csv", table(row(95005, number="AIIA/PG 0113", level=level, nature="")))
        assert found is not None and found[1] == []


@pytest.mark.parametrize("said", ["true", "yes", "是", "YES"])
def test_an_intended_relation_is_not_in_effect(said: str) -> None:
    rows = "from_number,relation,to_number,intended\nGB/T 1-2025,replaces,GB/T 1-2015,"
    predicate = expand("ais:replaces")
    for intended, stated in ((said, False), ("", True), ("no", True)):
        found = state("relations-any.csv", f"{rows}{intended}\n".encode())
        assert found is not None and found[1] == []
        assert any(quad.predicate.value == predicate for quad in found[0].quads) is stated


@settings(deadline=None)
@given(st.dates())
def test_a_date_known_to_the_day_month_or_year_is_the_span_of_its_days(day: object) -> None:
    text = str(day)
    assert span_of(text) == (day, day)
    for known in (text[:7], text[:4]):
        if known[:7] != "9999-12":
            first, last = span_of(known)
            assert (
                first is not None and last is not None and str(first).startswith(known) and str(last).startswith(known)
            )
            assert str(first) <= text <= str(last)
