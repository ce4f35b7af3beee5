"""Columns: what counts need of every record, as arrays made once at build and mapped into memory when asked."""

from __future__ import annotations

import json
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyoxigraph as ox

from aistandards.derive import Facts
from aistandards.queries import Library
from aistandards.rules import Interval, load_rules
from aistandards.settings import resource
from aistandards.timeline import Stretch

Ints = npt.NDArray[np.int32]
ALWAYS: Final = 0  # an open beginning
NEVER: Final = 2**31 - 1  # an open end
FOLDER: Final = "columns"
META: Final = "columns.json"

# what a table or a switch asks of a record: the name and the property; where several values stand, the first by IRI
CODED: Final = {
    "level": "ais:level",
    "scope": "ais:scope",
    "basis": "ais:basis",
    "nature": "ais:nature",
    "part": "ais:primaryPart",
    "layer": "ais:inLayer",
    "committee": "ais:committee",
    "verification": "ais:verification",
    "ground": "ais:noveltyGround",
    "contested": "ais:contested",
    "stage": "ais:stage",
}


@dataclass(frozen=True, slots=True)
class Coded:
    """One fact of every record: a code into a list of values, -1 where there is none."""

    values: Sequence[str]
    codes: Ints

    def value(self, index: int) -> str | None:
        """Return the value of one record, or None."""
        code = int(self.codes[index])
        return self.values[code] if code >= 0 else None

    @staticmethod
    def of(values: Iterable[str | None]) -> Coded:
        """Return the coding of a list of values."""
        codes: dict[str, int] = {}
        found = [-1 if value is None else codes.setdefault(value, len(codes)) for value in values]
        return Coded(list(codes), np.array(found, dtype=np.int32))

    def table(self, of: Mapping[str, int]) -> Ints:
        """Return, for every code and at the end for "no value", what a mapping gives for it, -1 where it gives nothing."""
        return np.array([*(of.get(value, -1) for value in self.values), -1], dtype=np.int32)


@dataclass(frozen=True, slots=True)
class Texts:
    """A text for every record, kept as one run of bytes."""

    run: npt.NDArray[np.uint8]
    ends: npt.NDArray[np.int64]

    def __getitem__(self, index: int) -> str:
        """Return the text of one record; "" where there is none."""
        return bytes(self.run[int(self.ends[index]) : int(self.ends[index + 1])]).decode()

    def __len__(self) -> int:
        return len(self.ends) - 1

    def __iter__(self) -> Iterator[str]:
        return (self[index] for index in range(len(self)))

    @staticmethod
    def of(texts: Iterable[str]) -> Texts:
        """Return the texts as one run."""
        parts = [text.encode() for text in texts]
        ends = np.cumsum([0, *map(len, parts)], dtype=np.int64)
        return Texts(np.frombuffer(b"".join(parts), dtype=np.uint8), ends)


@dataclass(frozen=True, slots=True)
class Spans:
    """Stretches of days of records with a code each: sorted by record, ``start`` inclusive, ``end`` exclusive."""

    record: Ints
    start: Ints
    end: Ints
    code: Ints

    def on(self, day: date) -> tuple[Ints, Ints]:
        """Return the records that have a stretch on a day, and its code."""
        number = day.toordinal()
        live = np.flatnonzero((self.start <= number) & (self.end > number))
        return self.record[live], self.code[live]

    @staticmethod
    def of(rows: Iterable[tuple[int, Stretch, int]]) -> Spans:
        """Return the arrays of stretches."""
        columns = [array("i") for _ in range(4)]
        for record, stretch, code in rows:
            start = stretch.start.toordinal() if stretch.start else ALWAYS
            end = stretch.end.toordinal() if stretch.end else NEVER
            for column, value in zip(columns, (record, start, end, code), strict=True):
                column.append(value)
        arrays = [np.array(column, dtype=np.int32) for column in columns]
        order = np.lexsort((arrays[1], arrays[0]))
        return Spans(*(column[order] for column in arrays))


@dataclass(frozen=True, slots=True)
class Axis:
    """One way to sort records: the keys in order, and for every record the place of its key, -1 where it has none."""

    keys: Sequence[str]
    codes: Ints

    def count(self, at: npt.NDArray[np.signedinteger[Any]]) -> list[int]:
        """Return how many of some records stand at each key, and at the end how many at none."""
        return [int(n) for n in np.bincount(self.codes[at] % (len(self.keys) + 1), minlength=len(self.keys) + 1)]


def axis_of(coded: Coded, keys: Sequence[str], key: Callable[[str], str | None]) -> Axis:
    """Return the axis of one fact: ``key`` gives the key of each value, None where it has none."""
    place = {name: at for at, name in enumerate(keys)}
    found = {value: place[name] for value in coded.values if (name := key(value)) is not None}
    return Axis(keys, coded.table(found)[coded.codes])


def union_of(group: Ints, start: Ints, end: Ints) -> tuple[Ints, Ints]:
    """Return the stretches over which each group has any stretch at all: what overlaps or touches becomes one."""
    order = np.lexsort((start, group))
    group, start, end = group[order].astype(np.int64), start[order], end[order]
    reach = np.maximum.accumulate(group * (NEVER + 1) + end) - group * (NEVER + 1)  # the latest end of the group so far
    opens = np.append(True, (group[1:] != group[:-1]) | (start[1:] > reach[:-1]))[: len(group)]
    last = np.append(np.flatnonzero(opens)[1:] - 1, len(group) - 1)[: opens.sum()]
    return start[opens], reach[last].astype(np.int32)


@dataclass(frozen=True, slots=True)
class Judged:
    """What a rule says of its candidates: stretches whose code is a signature, the clauses that fail and are undecided."""

    spans: Spans
    signatures: Sequence[tuple[tuple[str, ...], tuple[str, ...]]]

    @staticmethod
    def of(rows: Iterable[tuple[int, Interval]]) -> Judged:
        """Return the judgement of a rule as arrays."""
        codes: dict[tuple[tuple[str, ...], tuple[str, ...]], int] = {}
        spans = Spans.of(
            (record, interval.stretch, codes.setdefault((interval.failed, interval.undecided), len(codes)))
            for record, interval in rows
        )
        return Judged(spans, list(codes))

    def intervals(self, index: int) -> tuple[Interval, ...]:
        """Return the intervals of one record."""
        first, last = np.searchsorted(self.spans.record, [index, index + 1])
        return tuple(
            Interval(
                stretch_of(self.spans.start[at], self.spans.end[at]),
                *self.signatures[int(self.spans.code[at])],
            )
            for at in range(int(first), int(last))
        )

    def candidates(self) -> Ints:
        """Return the records that are judged, in order."""
        return np.unique(self.spans.record)


def stretch_of(start: Any, end: Any) -> Stretch:
    """Return the stretch that two numbers of days stand for."""
    return Stretch(_day(start, ALWAYS), _day(end, NEVER))


def _day(number: Any, open_end: int) -> date | None:
    return None if int(number) == open_end else date.fromordinal(int(number))


@dataclass(slots=True)
class Columns:
    """Every standard, then every project, then every participation; standards by series and by place in it.

    ``group`` grows with the index, so that the first of a series among some records is the one of the lowest number.
    ``parts`` are all parts of a record, one line a pair; ``status`` has the status over time.
    """

    iris: Texts
    numbers: Texts
    kinds: Coded
    group: Ints
    years: Coded
    facts: dict[str, Coded]
    part_record: Ints
    parts: Coded
    status: Spans
    status_values: list[str]
    judged: dict[str, Judged]
    _index: dict[str, int] | None = None

    def __len__(self) -> int:
        return len(self.group)

    def of_kind(self, kind: str) -> npt.NDArray[np.bool_]:
        """Return which records are of a kind: ``standard``, ``project`` or ``participation``."""
        wanted: npt.NDArray[np.bool_] = self.kinds.codes == (
            self.kinds.values.index(kind) if kind in self.kinds.values else -2
        )
        return wanted

    def index(self, iri: str) -> int | None:
        """Return the place of a record, or None where there is none of that IRI."""
        if self._index is None:
            self._index = {name: at for at, name in enumerate(self.iris)}
        return self._index.get(iri)

    def coded(self, name: str) -> Coded:
        """Return one fact of all records."""
        return self.years if name == "year" else self.facts[name]

    def facts_of(self, index: int) -> dict[str, str]:
        """Return the facts of one record that are known, by name."""
        found = {name: value for name in (*CODED, "year") if (value := self.coded(name).value(index)) is not None}
        return {"number": self.numbers[index], **found} if self.numbers[index] else found

    def save(self, folder: Path) -> None:
        """Write the columns to a new folder, one array a file."""
        folder.mkdir()
        for name, values in self._arrays().items():
            np.save(folder / f"{name}.npy", values)
        meta = {
            "kinds": self.kinds.values,
            "years": self.years.values,
            "parts": self.parts.values,
            "status": self.status_values,
            "facts": {name: coded.values for name, coded in self.facts.items()},
            "judged": {name: judged.signatures for name, judged in self.judged.items()},
        }
        (folder / META).write_text(json.dumps(meta, ensure_ascii=False), encoding="utf-8")

    def _arrays(self) -> dict[str, npt.NDArray[Any]]:
        found: dict[str, npt.NDArray[Any]] = {
            "iris.run": self.iris.run,
            "iris.ends": self.iris.ends,
            "numbers.run": self.numbers.run,
            "numbers.ends": self.numbers.ends,
            "kinds": self.kinds.codes,
            "group": self.group,
            "years": self.years.codes,
            "part_record": self.part_record,
            "parts": self.parts.codes,
        }
        found |= {f"fact.{name}": coded.codes for name, coded in self.facts.items()}
        spans = {"status": self.status, **{f"rule.{name}": judged.spans for name, judged in self.judged.items()}}
        for name, one in spans.items():
            found |= {f"{name}.{field}": getattr(one, field) for field in Spans.__dataclass_fields__}
        return found

    @staticmethod
    def load(folder: Path) -> Columns:
        """Open the columns of a build; arrays are mapped, not read. Raises OSError or ValueError where they are damaged."""
        meta = json.loads((folder / META).read_text(encoding="utf-8"))

        def of(name: str) -> Any:
            return np.asarray(np.load(folder / f"{name}.npy", mmap_mode="r"))

        def spans(name: str) -> Spans:
            return Spans(*(of(f"{name}.{field}") for field in Spans.__dataclass_fields__))

        return Columns(
            Texts(of("iris.run"), of("iris.ends")),
            Texts(of("numbers.run"), of("numbers.ends")),
            Coded(meta["kinds"], of("kinds")),
            of("group"),
            Coded(meta["years"], of("years")),
            {name: Coded(values, of(f"fact.{name}")) for name, values in meta["facts"].items()},
            of("part_record"),
            Coded(meta["parts"], of("parts")),
            spans("status"),
            meta["status"],
            {
                name: Judged(
                    spans(f"rule.{name}"), [(tuple(failed), tuple(undecided)) for failed, undecided in signatures]
                )
                for name, signatures in meta["judged"].items()
            },
        )


def read_columns(store: ox.Store) -> Columns:
    """Return the columns of a store that holds judged records."""
    facts, library = Facts(store), Library(resource("queries"))
    for name in READ:
        facts.values(name)
    records = _ordered(facts)
    place = {iri: at for at, (iri, _, _) in enumerate(records)}
    about = [facts.text(iri, "ais:ofStandard") or iri for iri in place]  # a participation is in a standard
    pairs = [(at, term.value) for at, iri in enumerate(about) for term in facts.of(iri, "ais:inPart")]
    periods = [(place[of[0].value], node) for node, of in facts.values("ais:statusOf").items()]
    status = Coded.of(facts.text(node, "ais:status") for _, node in periods)
    stretches = ((at, _stretch(facts, node), int(code)) for (at, node), code in zip(periods, status.codes, strict=True))
    return Columns(
        Texts.of(place),
        Texts.of(facts.text(iri, "ais:number") or "" for iri in about),
        Coded.of(kind for _, kind, _ in records),
        Coded.of(group for _, _, group in records).codes,
        Coded.of(_year(facts, iri) for iri in about),
        {
            name: Coded.of(min((term.value for term in facts.of(iri, prop)), default=None) for iri in about)
            for name, prop in CODED.items()
        },
        np.array([at for at, _ in pairs], dtype=np.int32),
        Coded.of(part for _, part in pairs),
        Spans.of(stretches),
        list(status.values),
        {rule.name: Judged.of(_intervals(store, library, rule.name, place)) for rule in load_rules(store)},
    )


READ: Final = (
    *CODED.values(),
    "ais:number",
    "ais:numberPart",
    "ais:stem",
    "ais:inPart",
    "ais:ofStandard",
    "ais:issuedEarliest",
    "ais:issuedLatest",
    "ais:status",
    "ais:from",
    "ais:until",
)


def _ordered(facts: Facts) -> list[tuple[str, str, str]]:
    """Return every record as (IRI, kind, group): standards by series and place in it, then projects, participations."""
    standards = []
    for iri in facts.members("ais:Standard"):
        part, number = facts.text(iri, "ais:numberPart"), facts.text(iri, "ais:number") or ""
        group = (facts.text(iri, "ais:stem") if part else None) or iri
        digits = [int(piece) for piece in (part or "").split(".") if piece.isdecimal()]
        standards.append((group, digits, number.rpartition("-")[2], number, iri))
    found = [(iri, "standard", group) for group, *_, iri in sorted(standards)]
    for kind in ("project", "participation"):
        found += [(iri, kind, iri) for iri in facts.members(f"ais:{kind.capitalize()}")]
    return found


def _year(facts: Facts, iri: str) -> str | None:
    """Return the year of issue, or None where the possible days lie in several years."""
    ends = {(facts.text(iri, f"ais:issued{end}") or "")[:4] for end in ("Earliest", "Latest")}
    return ends.pop() or None if len(ends) == 1 else None


def _stretch(facts: Facts, node: str) -> Stretch:
    days = [facts.text(node, name) for name in ("ais:from", "ais:until")]
    return Stretch(*(date.fromisoformat(day) if day else None for day in days))


def _intervals(
    store: ox.Store, library: Library, rule: str, place: Mapping[str, int]
) -> Iterator[tuple[int, Interval]]:
    """Yield the stored verdicts of a rule by the place of their record."""
    for row in library.get("verdict-intervals").run(store, {"rule": rule}):
        cells = {name: term.value for name, term in row.items()}
        start, end = (date.fromisoformat(cells[name]) if name in cells else None for name in ("from", "until"))
        failed, undecided = (tuple(sorted(cells.get(name, "").split())) for name in ("failed", "undecided"))
        yield place[cells["record"]], Interval(Stretch(start, end), failed, undecided)
