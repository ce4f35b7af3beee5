"""A finding: one thing wrong with one cell, row or file, with the rule it breaks and what to write instead."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Severity = Literal["violation", "warning", "info"]
ORDER: dict[str, int] = {"info": 0, "warning": 1, "violation": 2}


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding. ``line`` and ``column`` count from 1 and are None where the file has no such place."""

    rule: str
    severity: Severity
    message_zh: str
    message_en: str
    file: str | None = None
    line: int | None = None
    column: int | None = None
    field: str | None = None
    value: str | None = None
    suggestion: str | None = None
    record: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the finding with the stable keys of the JSON answer."""
        return asdict(self)

    def text(self, language: str = "en") -> str:
        """Return one line for people: place, severity, rule, message, fix."""
        place = ":".join(str(piece) for piece in (self.file, self.line, self.column) if piece is not None)
        message = self.message_zh if language == "zh" else self.message_en
        fix = f" → {self.suggestion}" if self.suggestion else ""
        field = f" [{self.field}]" if self.field else ""
        return f"{place or '-'}: {self.severity} {self.rule}{field} {message}{fix}"


@dataclass(frozen=True, slots=True)
class FileCount:
    """How many rows or subjects of a file came in, became records, or were reported in a finding instead."""

    file: str
    read: int
    accepted: int
    reported: int


@dataclass(slots=True)
class Report:
    """All findings on a set of records; ``records`` is how many were read, ``files`` how many of each file."""

    findings: list[Finding]
    records: int = 0
    files: list[FileCount] = field(default_factory=list)

    @property
    def conforms(self) -> bool:
        """Whether no finding is a violation."""
        return not any(finding.severity == "violation" for finding in self.findings)

    def counts(self) -> dict[str, int]:
        """Return how many findings there are of each severity."""
        found = Counter(finding.severity for finding in self.findings)
        return {severity: found.get(severity, 0) for severity in ("violation", "warning", "info")}

    def worst_at_least(self, threshold: str) -> bool:
        """Whether a finding is at or above a severity (``violation``, ``warning`` or ``info``)."""
        return any(ORDER[finding.severity] >= ORDER[threshold] for finding in self.findings)

    def as_dict(self) -> dict[str, Any]:
        """Return the report with the stable keys of the JSON answer."""
        return {
            "conforms": self.conforms,
            "records": self.records,
            "files": [asdict(count) for count in self.files],
            "counts": self.counts(),
            "findings": [finding.as_dict() for finding in self.findings],
        }


def nearest(word: str, known: Iterable[str], likeness: float = 0.6) -> str | None:
    """Return the known word closest to a mistyped one, or None where nothing is near."""
    folded = {name.casefold(): name for name in known}
    close = difflib.get_close_matches(word.casefold(), folded, n=1, cutoff=likeness)
    return folded[close[0]] if close else None
