"""A finding: one thing wrong with one cell, row or file, with the rule it breaks and what to write instead."""

from __future__ import annotations

import dataclasses
import difflib
import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal, NamedTuple

Severity = Literal["violation", "warning", "info"]
CALLED: dict[Severity, str] = {"violation": "违规", "warning": "警告", "info": "提示"}
_BOTH = re.compile(r"([^\u3400-\u9fff]*[a-z]{3}[^\u3400-\u9fff]*) / (.*[\u3400-\u9fff].*)", re.DOTALL)
ORDER: dict[str, int] = {"info": 0, "warning": 1, "violation": 2}
SHOWN = 60  # characters of a value that a line for people shows


class Result(NamedTuple):
    """One result of a shape; terms are texts in N-Triples form, a path of several steps is written as SPARQL writes it."""

    focus: str
    path: str | None
    value: str | None
    component: str
    shape: str
    severity: str
    messages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding. ``line`` and ``column`` count from 1 and are None where the file has no such place.

    ``focus`` is the IRI of the record and ``path`` that of the property; ``field`` is what the file calls it. ``result`` is
    what the shape said, where a shape found it: for reports in SHACL's own terms, in no JSON.
    """

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
    focus: str | None = None
    path: str | None = None
    result: Result | None = dataclasses.field(default=None, repr=False, compare=False)

    def as_dict(self) -> dict[str, Any]:
        """Return the finding with the stable keys of the JSON answer."""
        return {name: getattr(self, name) for name in KEYS}

    @property
    def place(self) -> str:
        """File, line and column as far as they are known, apart by colons."""
        return ":".join(str(piece) for piece in (self.file, self.line, self.column) if piece is not None)

    @property
    def fingerprint(self) -> str:
        """A digest that stays the same while lines above move: file, rule, record, column and value, but no line."""
        pieces = (self.file, self.rule, self.record, self.field, self.value)
        return hashlib.sha256("\x1f".join(piece or "" for piece in pieces).encode("utf-8", "replace")).hexdigest()[:32]

    def called(self, language: str) -> str:
        """Return the severity as people read it."""
        return CALLED[self.severity] if language == "zh" else self.severity

    def message(self, language: str) -> str:
        """Return what was found, in Chinese or English, with what to write instead."""
        said = self.message_zh if language == "zh" else self.message_en
        return said + (f" → {self.advice(language)}" if self.suggestion else "")

    def advice(self, language: str) -> str | None:
        """Return what to write instead; where that is said in both languages, ``English / 中文``, in one of them."""
        both = _BOTH.fullmatch(self.suggestion or "")
        return both[2 if language == "zh" else 1] if both else self.suggestion

    def text(self, language: str = "en") -> str:
        """Return one line for people: place, severity, rule, message, fix."""
        said = self.message(language)
        value = self.value if self.value and self.value not in said else ""
        seen = f": {value[:SHOWN]}{'…' if len(value) > SHOWN else ''}" if value.isprintable() and value else ""
        field = f" [{self.field}{seen}]" if self.field else ""
        return f"{self.place or '-'}: {self.called(language)} {self.rule}{field} {said}"


KEYS = tuple(one.name for one in dataclasses.fields(Finding) if one.name != "result")


@dataclass(frozen=True, slots=True)
class FileCount:
    """How many rows or subjects of a file came in, became records, or were reported in a finding instead."""

    file: str
    read: int
    accepted: int
    reported: int


@dataclass(slots=True)
class Report:
    """All findings on a set of records; ``records`` is how many were read, ``files`` how many of each file, ``known`` how many findings a baseline took away.

    ``engine`` names what ran the shapes; ``fell_back`` the shapes it left to pySHACL, with the reason in English and Chinese.
    """

    findings: list[Finding]
    records: int = 0
    files: list[FileCount] = field(default_factory=list)
    known: int = 0
    engine: str = "compiled"
    fell_back: dict[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def conforms(self) -> bool:
        """Whether no finding is a violation."""
        return not any(finding.severity == "violation" for finding in self.findings)

    def counts(self) -> dict[str, int]:
        """Return how many findings there are of each severity."""
        found = Counter(finding.severity for finding in self.findings)
        return {severity: found.get(severity, 0) for severity in ("violation", "warning", "info")}

    def only(self, keep: Callable[[Finding], bool]) -> Report:
        """Return the report with the findings to keep."""
        return replace(self, findings=[finding for finding in self.findings if keep(finding)])

    def new_since(self, baseline: Iterable[str]) -> Report:
        """Return the report without the findings whose fingerprints a baseline holds, each as often as it holds it."""
        left, new = Counter(baseline), []
        for finding in self.findings:
            if left[finding.fingerprint] > 0:
                left[finding.fingerprint] -= 1
            else:
                new.append(finding)
        return replace(self, findings=new, known=len(self.findings) - len(new))

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
            "engine": {"name": self.engine, "fell_back": {name: en for name, (en, _) in self.fell_back.items()}},
            **({"known": self.known} if self.known else {}),
            "findings": [finding.as_dict() for finding in self.findings],
        }


def nearest(word: str, known: Iterable[str], likeness: float = 0.6) -> str | None:
    """Return the known word closest to a mistyped one, or None where nothing is near."""
    folded = {name.casefold(): name for name in known}
    close = difflib.get_close_matches(word.casefold(), folded, n=1, cutoff=likeness)
    return folded[close[0]] if close else None
