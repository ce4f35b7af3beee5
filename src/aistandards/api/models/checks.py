"""Models of validation: the rules, and the report of posted records."""

from __future__ import annotations

from aistandards.api.models.base import Answer, Listed


class Check(Answer):
    """A rule of validation: what it finds and how severe that is."""

    id: str
    iri: str
    severity: str


class CheckList(Listed):
    """The rules of validation."""

    items: list[Check]


class Found(Answer):
    """What a rule found, with its place and, where there is one, what to write instead; ``focus`` and ``path`` are IRIs."""

    rule: str
    severity: str
    message_zh: str
    message_en: str
    file: str | None
    line: int | None
    column: int | None
    field: str | None
    value: str | None
    suggestion: str | None
    record: str | None
    focus: str | None
    path: str | None


class Validation(Answer):
    """Whether posted records conform, and every finding."""

    conforms: bool
    records: int
    counts: dict[str, int]
    findings: list[Found]
