"""What is kept of a file that is read record by record: a few predicates of every subject, one dictionary each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from aistandards.shacl.graph import Graph, Record, distinct

COMMON: Final = 1 << 13
Column = dict[str, str | tuple[str, ...]]


class Columns(Graph):
    """A graph of chosen predicates, by predicate and then by subject: about 50 bytes a value beside the texts."""

    __slots__ = ("_common", "columns")

    def __init__(self, predicates: frozenset[str]) -> None:
        super().__init__()
        self.columns: dict[str, Column] = {predicate: {} for predicate in predicates}
        self._common: dict[str, str] = {}

    def keep(self, subject: str, record: Record) -> None:
        """Keep the chosen predicates of a record."""
        for predicate, column in self.columns.items():
            values = record.get(predicate)
            if values is not None:
                column[subject] = self._shared(values[0]) if len(values) == 1 else tuple(distinct(values))

    def _shared(self, value: str) -> str:
        """Return the one text that is kept of a value that comes often: a class, a committee, a day."""
        common = self._common
        if len(common) >= COMMON:
            common.clear()
        return common.setdefault(value, value)

    def update(self, columns: dict[str, Column]) -> None:
        """Add what another process kept."""
        for predicate, column in columns.items():
            self.columns[predicate] |= column

    def record(self, subject: str) -> Record:
        """Return what is kept of a subject; no check that reads all predicates is run over columns."""
        return {
            predicate: [values] if isinstance(values, str) else list(values)
            for predicate, column in self.columns.items()
            if (values := column.get(subject))
        }

    def objects(self, subject: str, predicate: str) -> Sequence[str]:
        """Return the values of a predicate at a subject."""
        values = self.columns[predicate].get(subject, ())
        return (values,) if isinstance(values, str) else values

    def pointing(self, predicate: str) -> dict[str, list[str]]:
        """Return the subjects that have a predicate, by value."""
        index = self._pointing.get(predicate)
        if index is None:
            index = {}
            for subject, values in self.columns[predicate].items():
                for value in (values,) if isinstance(values, str) else values:
                    index.setdefault(value, []).append(subject)
            self._pointing[predicate] = index
        return index

    def having(self, predicate: str) -> Iterator[str]:
        """Yield the subjects that have a predicate."""
        return iter(self.columns[predicate])
