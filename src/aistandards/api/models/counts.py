"""Models of counts: coverage and the records behind it, the matrix, gaps, targets, rules, saved queries."""

from __future__ import annotations

from pydantic import Field

from aistandards.api.models.base import Answer, Entitled, Labelled, Listed, Text
from aistandards.api.models.records import OtherTarget


class TargetAsked(Answer):
    """The target of a rule; no value where it is qualitative."""

    id: str
    comparison: str
    value: float | None


class Stamp(Answer):
    """What was asked of a count: the rule, its switches, the day, and until when the data reach."""

    system: str
    rule: str
    scope: str | None
    guidance: str | None
    series: str
    evidence: str | None
    as_of: str
    data_until: str | None
    future: bool
    lower_bound: bool
    target: TargetAsked


class Half(Labelled):
    """A part of another edition that makes up a row."""

    system: str
    notation: str | None
    counted: int
    also: int
    in_force: int
    projects: int | None
    exactness: str | None
    related: int | None


class Row(Half):
    """A row of a count; ``also`` are records whose primary part lies outside the row."""

    halves: list[Half]


class Coverage(Stamp):
    """A count by one rule; ``reached_on`` begins the unbroken stretch on which it meets the target, null while below."""

    counted: int
    excluded: int
    undecided: int
    candidates: int
    shown_new: int | None
    none_on_record: int | None
    folded: int
    reached_on: str | None
    reached_on_is_lower_bound: bool
    with_guidance: int | None
    with_related: int | None
    series_once: int
    confirmed_only: int | None
    by_verification: dict[str, int]
    contested: dict[str, int]
    reasons: dict[str, int]
    by: str
    rows: list[Row]


class Differing(Answer):
    """A record on which rules differ, with the verdict of each."""

    number: str
    verdicts: dict[str, str]


class CoverageOfRules(Answer):
    """Several rules side by side, with the records on which they differ."""

    rules: list[Coverage]
    differing: list[Differing]


class RecordBehind(Entitled):
    """A record behind a count, with its verdict, the reason and the clauses that fail or are undecided."""

    iri: str
    kind: str
    verdict: str | None
    reason: str | None
    failed: list[str]
    undecided: list[str]
    row: str | None
    level: str | None
    verification: str | None
    contested: bool


class CoverageRecord(RecordBehind):
    """A record behind a count by a rule."""

    rule: str


class CoverageRecords(Listed):
    """The records behind a count."""

    system: str
    as_of: str
    items: list[CoverageRecord]


class Cell(Answer):
    """A cell of the matrix: its state, how many records it holds, by state, and how many count."""

    state: str
    records: int
    by_state: dict[str, int]
    counted: int


class MatrixRow(Cell, Labelled):
    """A row of the matrix with its cells, one a column."""

    system: str
    notation: str | None
    cells: list[Cell]


class MatrixColumn(Labelled):
    """A column of the matrix."""

    notation: str | None


class State(Labelled):
    """A state of coverage with its name."""

    state: str


class Matrix(Stamp):
    """Two axes crossed."""

    counted: int
    by: str
    columns: list[MatrixColumn]
    states: list[State]
    rows: list[MatrixRow]


class CellRecord(RecordBehind):
    """A record of a cell, with the state that it gives."""

    column: str | None
    state: str


class MatrixRecords(Listed):
    """The records of a cell, row or column of the matrix."""

    rule: str
    system: str
    as_of: str
    items: list[CellRecord]


class Lacking(Labelled):
    """A part, technology or layer with its state and what it lacks."""

    notation: str | None
    state: str
    gaps: list[str]
    records: int
    by_state: dict[str, int]
    related_in_force: int | None


class Gap(Lacking):
    """A part with nothing or little, by rank."""

    rank: int
    system: str


class LineByLine(Labelled):
    """A list of the guide (key technologies, the chain), line by line."""

    name: str = Field(alias="list")
    lines: list[Lacking]


class NotAdopted(Answer):
    """An international deliverable without an adoption on record."""

    number: str
    slug: str
    title_en: str | None
    issued: str | None
    status: str


class NotAdoptedOnRecord(Answer):
    """What of a committee is on record as adopted by no standard."""

    committee: str
    published: int
    total: int
    items: list[NotAdopted]


class Gaps(Stamp):
    """What is missing, ranked with reasons."""

    total: int
    parts: int
    by_gap: dict[str, int]
    items: list[Gap]
    lists: list[LineByLine]
    reasons: list[Labelled]
    states: list[State]
    not_adopted_on_record: NotAdoptedOnRecord


class Ours(Labelled):
    """Our count toward a target by one rule."""

    rule: str
    counted: int
    undecided: int
    candidates: int
    met: bool | None
    reached_on: str | None


class Reading(Answer):
    """Our count of the day of a statement, by a rule that may be meant."""

    rule: str
    counted: int
    day: str


class Said(Answer):
    """What somebody said of a target, beside our readings where it is comparable."""

    measure: str
    comparison: str
    value: float | None
    unit: str | None
    as_of: str | None
    who: str
    kind: str
    comparable: bool
    readings: list[Reading]
    why_different: Text | None
    why_not_comparable: str | None
    source: str


class Target(Labelled):
    """A target of the guide, our counts and the statements on it."""

    id: str
    iri: str
    edition: str
    comparison: str
    value: float | None
    unit: str | None
    deadline: str | None
    counting_words: str | None
    source: str
    note: str | None
    ours: list[Ours]
    not_known: Text | None
    statements: list[Said]


class TargetList(Answer):
    """The targets; ``context`` holds those of other documents."""

    as_of: str
    items: list[Target]
    context: list[OtherTarget]


class Clause(Labelled):
    """A clause of a rule: the reason it gives where it fails, and the switch that waives it."""

    clause: str
    reason: str
    waived_by: str | None
    source: str | None


class Rule(Labelled):
    """A counting rule with its text and clauses."""

    rule: str
    iri: str
    note_zh: str
    note_en: str
    text_zh: str
    text_en: str
    version: str
    target: str
    source: str | None
    clauses: list[Clause]


class RuleList(Answer):
    """The counting rules."""

    total: int
    items: list[Rule]


class QueryParameter(Labelled):
    """A parameter of a saved query."""

    name: str
    type: str
    required: bool
    default: str | None
    example: str | None


class QueryColumn(Labelled):
    """A column of a saved query."""

    name: str
    type: str


class SavedQuery(Answer):
    """A saved query with its explanation, parameters, columns and text."""

    name: str
    summary_zh: str
    summary_en: str
    description_zh: str
    description_en: str
    parameters: list[QueryParameter]
    columns: list[QueryColumn]
    tags: list[str]
    sparql: str


class QueryList(Listed):
    """The saved queries."""

    items: list[SavedQuery]
