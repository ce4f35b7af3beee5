"""What every reader gives: rows with their place, the findings made while reading, and how many rows came in and went on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final

import pyoxigraph as ox

from aistandards.errors import SourceError
from aistandards.findings import Finding, Severity
from aistandards.tables import Table

EXPORT: Final = "请重新导出为 CSV UTF-8", "Export it again as CSV UTF-8"
FILL: Final = "请至少写入表头和一行记录", "Give it a header line and at least one row"


class UnreadableError(SourceError):
    """A file that cannot be read or parsed at all; ``finding`` says where, by which rule, and what to do."""

    def __init__(self, rule: str, zh: str, en: str, fix: tuple[str, str], file: str, line: int | None = None) -> None:
        self.finding = Finding(rule, "violation", f"{zh}。", f"{en}.", file, line, suggestion=" / ".join(fix[::-1]))
        place = file if line is None else f"{file}:{line}"
        super().__init__(f"{place}: rule {rule}: {en}. {fix[1]}.", f"{place}：规则 {rule}：{zh}。{fix[0]}。")


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table: its cells by column name, and where it stands (``line`` counts from 1)."""

    table: Table
    file: str
    line: int
    cells: dict[str, str]
    positions: dict[str, int]

    def get(self, name: str) -> str:
        """Return a cell, or the empty text where the file has no such column."""
        return self.cells.get(name, "")


@dataclass(slots=True)
class Source:
    """One file (or sheet) as read: rows of a table, or the text and triples of RDF; with the findings made while reading.

    ``read`` rows came in; each was ``accepted`` or ``reported`` in a finding. ``lost`` counts, by field, the values that no
    column of ours holds; ``columns`` are those of its header. ``lines`` holds the line of each subject where the triples are
    some of a file whose text is not at hand and whose terms were looked at; ``opened`` opens the file anew.
    """

    path: Path
    name: str
    form: str = "csv"
    sheet: str | None = None
    columns: list[str] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    triples: list[ox.Triple] = field(default_factory=list)
    text: str = ""
    findings: list[Finding] = field(default_factory=list)
    read: int = 0
    accepted: int = 0
    reported: int = 0
    lost: Counter[str] = field(default_factory=Counter)
    statements: Callable[[], Iterator[ox.Quad]] = lambda: iter(())
    lines: dict[str, int] | None = None
    opened: Callable[[], IO[bytes]] | None = None

    def say(
        self,
        rule: str,
        severity: Severity,
        zh: str,
        en: str,
        fix: str | None = None,
        line: int | None = None,
        column: int | None = None,
        field: str | None = None,
        value: str | None = None,
    ) -> None:
        """Add a finding on this file."""
        self.findings.append(Finding(rule, severity, zh, en, self.name, line, column, field, value, fix))

    def refuse(self, *finding: object, **place: object) -> None:
        """Report a row that is not read: the arguments of ``say``."""
        self.read += 1
        self.reported += 1
        self.say(*finding, **place)  # type: ignore[arg-type]
