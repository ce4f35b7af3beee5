"""The matrix: parts against layers, levels or years; each cell with its counts, its state, and the records behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from aistandards.columns import Axis, Coded, Ints
from aistandards.counts import BY, Counts, Request, known
from aistandards.coverage import Table, heading, names, sort_by_number
from aistandards.derive import Facts
from aistandards.errors import UsageError
from aistandards.namespaces import ID, item, key_of
from aistandards.rules import Clause, Label, label_of
from aistandards.settings import today

NOTHING: Final = "nothing"
MAKING: Final = "in-the-making"
SHARED: Final = ("ais:scope", "ais:basis", "ais:verification")  # what a rule asks of every record, of whatever level
MARKS: Final = "●◐○◇△☆?·"
CONFIRMED: Final = ("confirmed", "official")


@dataclass(frozen=True, slots=True)
class State:
    """A state of coverage: the smaller its order, the stronger."""

    token: str
    label: Label
    order: int

    @property
    def mark(self) -> str:
        """The sign that stands for the state in a table, with a legend."""
        return MARKS[self.order - 1] if self.order <= len(MARKS) else "*"


class States:
    """How strong each record is on a day: its place in ``list`` (0 is no coverage at all), as the graph's code lists say.

    A record is as strong as the weakest of what its status, level and nature say. Projects count as in the making where
    neither level nature say something weaker.
    """

    def __init__(self, counts: Counts, request: Request) -> None:
        self.counts = counts
        self.request = request
        self.list = load_states(counts.facts)

    @cached_property
    def of_record(self) -> Ints:
        """The order of every record's state on the day; 0 where it covers nothing or is left out by the switches."""
        columns, day = self.counts.columns, self.request.as_of
        status = self._orders([*columns.status_values])[self.counts.status_on(day)]
        weaker = np.zeros(len(columns), dtype=np.int32)
        for name in ("level", "nature"):
            coded = columns.facts[name]
            weaker = np.maximum(weaker, self._orders(coded.values)[coded.codes])
        found = np.where(status > 0, np.maximum(status, weaker), 0)
        if day >= today():  # of the past it is not known which projects there were
            making = self.counts.in_the_making[weaker[self.counts.in_the_making] == 0]
            found[making] = self._order_of(MAKING)
        found[~(columns.of_kind("standard") | columns.of_kind("project"))] = 0
        return np.where(self.admitted, found, 0).astype(np.int32)

    @cached_property
    def admitted(self) -> npt.NDArray[np.bool_]:
        """Which records pass what the rule and its switches ask of records of every level: scope, basis, evidence."""
        return self._pass(SHARED)

    @cached_property
    def unclassified(self) -> npt.NDArray[np.bool_]:
        """Which records are classified by nobody, or by a suggestion only, which covers nothing."""
        return ~self._pass(("ais:basis",))

    @cached_property
    def unverified(self) -> npt.NDArray[np.bool_]:
        """Which records are neither confirmed by a second source nor official."""
        coded = self.counts.columns.facts["verification"]
        firm = {item("verification", token): 1 for token in CONFIRMED}
        found: npt.NDArray[np.bool_] = coded.table(firm)[coded.codes] != 1
        return found

    def _pass(self, properties: Sequence[str]) -> npt.NDArray[np.bool_]:
        found = np.ones(len(self.counts.columns), dtype=bool)
        for clause in self.request.clauses():
            if clause.on_property in properties:
                coded = self.counts.columns.facts[clause.on_property.removeprefix("ais:")]
                found &= holds(clause, coded)
        return found

    def _orders(self, values: Sequence[str]) -> Ints:
        """Return, for each code of a list and at the end for "no value", the order of the state it gives at best, or 0."""
        tokens = [self.counts.facts.token(value, "ais:coverageState") for value in values]
        return np.array([*(self._order_of(token) if token else 0 for token in tokens), 0], dtype=np.int32)

    def _order_of(self, token: str) -> int:
        return next(state.order for state in self.list if state.token == token)

    def tokens(self, numbers: Sequence[int]) -> dict[str, int]:
        """Return numbers by order as numbers by token, those that are not 0."""
        return {state.token: numbers[state.order] for state in self.list if numbers[state.order]}

    def strongest(self, numbers: Sequence[int]) -> str:
        """Return the strongest state among numbers by order; ``nothing`` where all are 0."""
        return next((state.token for state in self.list if numbers[state.order]), NOTHING)


def load_states(facts: Facts) -> list[State]:
    """Return the states of coverage, the strongest first."""
    concepts = facts.subjects("skos:inScheme", f"{ID}coverage-state")
    ordered = sorted(concepts, key=lambda iri: int(facts.text(iri, "ais:order") or 0))
    return [State(key_of(iri), label_of(facts, iri, "skos:prefLabel"), at) for at, iri in enumerate(ordered, 1)]


def holds(clause: Clause, coded: Coded) -> npt.NDArray[np.bool_]:
    """Return for which records a clause holds whose property has one coded value."""
    table = [clause.judge_values(values) is True for values in (*([value] for value in coded.values), [])]
    found: npt.NDArray[np.bool_] = np.array(table)[coded.codes]
    return found


def two_axes(by: str) -> tuple[str, str]:
    """Return the two axes of ``part,layer``; raises UsageError for anything else than two different known ones."""
    pieces = [piece.strip() for piece in by.split(",")]
    for piece in pieces:
        known("value of by", "by 的取值", piece, BY)
    if len(pieces) != 2 or pieces[0] == pieces[1]:
        raise UsageError(
            f"by={by}: a matrix has two different axes, for example part,layer. Choose from: {', '.join(BY)}.",
            f"by={by}：矩阵需要两个不同的维度，例如 part,layer。可选：{'、'.join(BY)}。",
        )
    return pieces[0], pieces[1]


class Grid:
    """All records of a day sorted by two axes and by state."""

    def __init__(self, counts: Counts, request: Request, by: str) -> None:
        counts.check_day(request.as_of)
        self.counts = counts
        self.request = request
        self.by = two_axes(by)
        self.states = States(counts, request)
        self.rows, self.columns = (counts.axis(request.system, name) for name in self.by)

    def answer(self) -> dict[str, Any]:
        """Return the matrix with its stable keys; the last row and the last column have notation null: what has no key.

        A cell has ``state``, the number of ``records`` by state, and ``counted`` under the rule. A row has besides the
        cells ``unclassified`` and ``unverified``. A project is known as of today only.
        """
        shape = (len(self.rows.keys) + 1, len(self.columns.keys) + 1, len(self.states.list) + 1)
        by_state = self._cube(np.flatnonzero(self.states.of_record > 0), shape)
        tally = self.counts.tally(self.request)
        counted = self._cube(tally.counted.at, shape).sum(axis=2)
        covering = self.states.of_record > 0
        standards = self.counts.columns.of_kind("standard")
        beside = {
            "unclassified": self.rows.count(np.flatnonzero(standards & self.states.unclassified)),
            "unverified": self.rows.count(np.flatnonzero(covering & self.states.unverified)),
        }
        rows = [
            {**self._row(key, by_state[at], counted[at]), **{name: numbers[at] for name, numbers in beside.items()}}
            for at, key in enumerate([*self.rows.keys, None])
        ]
        if self.by[0] in ("level", "year", "committee"):
            rows = [row for row in rows if row["records"] or row["notation"] is None]
        used = [at for at in range(shape[1]) if self._keeps(self.by[1]) or by_state[:, at].any() or at == shape[1] - 1]
        heads = [names(self.counts, self.request.system, self.by[1], key) for key in [*self.columns.keys, None]]
        for row in rows:
            row["cells"] = [row["cells"][at] for at in used]
        return {
            **heading(self.counts, self.request),
            "counted": len(tally.counted),
            "by": ",".join(self.by),
            "columns": [heads[at] for at in used],
            "states": [
                {"state": s.token, "mark": s.mark, "label_zh": s.label.zh, "label_en": s.label.en}
                for s in self.states.list
            ],
            "rows": rows,
        }

    def _keeps(self, by: str) -> bool:
        """Whether an axis shows keys without records: a part or layer that is empty is a finding, a year is not."""
        return by in ("part", "subpart", "layer", "element")

    def _cube(self, at: Ints | npt.NDArray[np.intp], shape: tuple[int, int, int]) -> npt.NDArray[np.int64]:
        """Return how many of some records stand in each row, column and state."""
        row, column = (axis.codes[at] % (len(axis.keys) + 1) for axis in (self.rows, self.columns))
        place = np.ravel_multi_index((row, column, self.states.of_record[at]), shape)
        found: npt.NDArray[np.int64] = np.bincount(place, minlength=int(np.prod(shape))).reshape(shape)
        return found

    def _row(self, key: str | None, by_state: npt.NDArray[np.int64], counted: npt.NDArray[np.int64]) -> dict[str, Any]:
        total = by_state.sum(axis=0).tolist()
        states = self.states
        return {
            "system": self.request.system,
            **names(self.counts, self.request.system, self.by[0], key),
            "state": states.strongest(total),
            "records": int(sum(total)),
            "by_state": states.tokens(total),
            "counted": int(counted.sum()),
            "cells": [
                {
                    "state": states.strongest(numbers),
                    "records": sum(numbers),
                    "by_state": states.tokens(numbers),
                    "counted": int(inside),
                }
                for numbers, inside in zip(by_state.tolist(), counted.tolist(), strict=True)
            ],
        }

    def records(
        self, row: str | None = None, column: str | None = None, state: str | None = None
    ) -> list[dict[str, Any]]:
        """Return the records of a cell, of a row or column, or of all: each with its row, column and state.

        ``row`` and ``column`` are notations, "" for what has none; raises UsageError for an unknown one.
        """
        chosen = self.states.of_record > 0
        for axis, by, asked in ((self.rows, self.by[0], row), (self.columns, self.by[1], column)):
            if asked is not None:
                chosen &= axis.codes == self._place(axis, by, asked)
        if state is not None:
            known("state", "状态", state, [s.token for s in self.states.list])
            chosen &= self.states.of_record == next(s.order for s in self.states.list if s.token == state)
        table = Table(self.counts, self.request, self.counts.tally(self.request))
        counted = set(table.tally.counted.at.tolist())
        return sort_by_number(
            {
                **table.entry(at),
                "row": self._notation(self.rows, self.by[0], at),
                "column": self._notation(self.columns, self.by[1], at),
                "state": self.states.list[int(self.states.of_record[at]) - 1].token,
                "verdict": "counts" if at in counted else None,
            }
            for at in np.flatnonzero(chosen).tolist()
        )

    def _place(self, axis: Axis, by: str, asked: str) -> int:
        """Return the place of a notation on an axis, -1 for what has none."""
        places = {self._name(by, key): at for at, key in enumerate(axis.keys)}
        return places[known(by, by, asked, places)] if asked else -1

    def _notation(self, axis: Axis, by: str, at: int) -> str | None:
        place = int(axis.codes[at])
        return self._name(by, axis.keys[place]) if place >= 0 else None

    def _name(self, by: str, key: str) -> str:
        return names(self.counts, self.request.system, by, key)["notation"] or key


def flat_cells(answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the rows of a matrix as a table: one column a key of the second axis, with its state, the records in it and all records."""
    found = []
    for row in answer["rows"]:
        line = {
            name: row[name] for name in ("system", "notation", "label_zh", "label_en", "state", "counted", "records")
        }
        for head, cell in zip(answer["columns"], row["cells"], strict=True):
            best = cell["by_state"].get(cell["state"], 0)
            line[head["notation"] or "-"] = f"{cell['state']}: {best} of {cell['records']}" if best else cell["state"]
        found.append({**line, "unclassified": row["unclassified"], "unverified": row["unverified"]})
    return found
