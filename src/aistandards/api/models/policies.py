"""Models of policy documents and of eligibility."""

from __future__ import annotations

from pydantic import Field

from aistandards.api.models.base import Answer, Labelled, Listed


class Document(Answer):
    """A policy document, bulletin or report, with its status and validity."""

    slug: str
    iri: str
    title_zh: str | None
    title_en: str | None
    number: str | None
    issuers: list[str]
    issuers_en: list[str]
    kind: str
    status: str
    announced: str | None
    issued: str | None
    state_of: str | None
    valid_until: str | None
    valid_years: int | None
    validity_zh: str | None
    validity_en: str | None
    source: str
    note_zh: str | None
    note_en: str | None


class DocumentEntry(Document):
    """A document in the list, with how much of it is modelled; null where its clauses are not listed."""

    clauses: int | None
    not_modelled: int | None
    rules: int | None
    figures: int | None


class DocumentList(Listed):
    """The policy documents."""

    items: list[DocumentEntry]


class PolicyClause(Answer):
    """A clause of a document by its number and lines, and what is modelled of it."""

    id: str
    number: str
    line: int | None
    last_line: int | None
    first_words: str
    kinds: list[str]
    text_zh: str
    text_en: str
    reason_zh: str | None
    reason_en: str | None
    rules: list[str]
    figures: list[str]


class PolicyRule(Answer):
    """A rule, role, target or step of a document, with the place in the text."""

    id: str
    clause: str | None
    clause_number: str | None
    kind: str
    subject_zh: str
    subject_en: str
    comparison: str | None
    value: str | None
    unit: str | None
    condition_zh: str | None
    condition_en: str | None
    location: str | None
    source: str
    note_zh: str | None
    note_en: str | None


class Figure(Answer):
    """A figure as printed, with its area, period and unit."""

    id: str
    clause: str
    indicator_zh: str
    indicator_en: str
    area: str
    period: str
    value: str
    unit: str
    base_value: str | None


class Link(Answer):
    """Which parts and layers a document touches, and why."""

    about: str
    parts: list[str]
    layers: list[str]
    basis: str
    reason_zh: str
    reason_en: str
    judged_by: str
    judged_on: str


class DocumentDetail(Document):
    """A document with its clauses, rules, figures and links."""

    clauses: list[PolicyClause]
    not_modelled: int | None
    rules: list[PolicyRule]
    figures: list[Figure]
    edition: str | None
    follows: list[str]
    followed_by: list[str]
    based_on: list[str]
    basis_of: list[str]
    links: list[Link]
    measures: list[PolicyClause]
    findings: list[PolicyClause]
    targets: list[PolicyRule]
    roles: list[PolicyRule]
    procedure: list[PolicyRule]


class Condition(Answer):
    """A condition of a measure with its clause and the columns it asks for."""

    condition: str
    clause: str | None
    columns: list[str]
    message_zh: str
    message_en: str


class Support(Labelled):
    """A support that a measure gives: of what, how much, at most how much."""

    reading: str | None
    clause: str
    base: str | None
    rate_percent: str | None
    cap: str | None
    is_maximum: bool
    amount_in: str | None


class Limit(Labelled):
    """A limit of a measure."""

    clause: str
    limit: str
    unit: str
    per: str


class MeasureNote(Answer):
    """What a clause says that is no condition of the project."""

    clause: str | None
    text_zh: str
    text_en: str


class Measure(Labelled):
    """A measure with its conditions, formulas, limits and notes."""

    measure: str
    policy: str
    status: str
    kind: str
    clause: str
    conditions: list[Condition]
    supports: list[Support]
    limits: list[Limit]
    notes: list[MeasureNote]


class MeasureList(Listed):
    """The measures."""

    items: list[Measure]


class Step(Labelled):
    """A step of a procedure and the earliest days on which it can be taken."""

    step: str
    clause: str
    following: str | None = Field(alias="next")
    working_days: int | None
    within_months: int | None
    earliest: str | None
    latest: str | None


class Procedure(Answer):
    """The steps of a policy."""

    policy: str
    title_zh: str
    title_en: str
    status: str
    valid_until: str | None
    expired: bool
    step: str | None
    on: str
    calendar_from: str
    calendar_until: str
    steps: list[Step]
    notes: list[MeasureNote]


class Judged(Answer):
    """What a measure says of a project: eligible, not, or cannot tell, and because of what."""

    application_id: str
    applicant: str | None
    line: int
    policy: str
    measure: str | None
    verdict: str
    would_be: str
    reason: str | None
    missing: list[str]
    amount: str | None
    because: list[Condition]


class CellFinding(Answer):
    """A cell that could not be read or breaks a rule, with its place."""

    rule: str
    severity: str
    message_zh: str
    message_en: str
    line: int | None
    field: str | None
    value: str | None


class Eligibility(Answer):
    """Which support the projects of a table may ask for."""

    as_of: str
    projects: int
    conforms: bool
    items: list[Judged]
    findings: list[CellFinding]
