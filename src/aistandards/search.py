"""The index of a build: full text of standards and projects, the values they are filtered by, and the orders of lists.

One SQLite file, made at build time and opened read-only. Records are named by their place in the columns of the build.
"""

from __future__ import annotations

import json
import re
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyoxigraph as ox

from aistandards import identifiers
from aistandards.columns import FOLDER, Columns, Ints, read_columns
from aistandards.derive import Facts
from aistandards.errors import StoreError
from aistandards.lookup import name_of, natural_key, stated_parts
from aistandards.namespaces import ID, key_of
from aistandards.queries import Library
from aistandards.rules import label_of
from aistandards.settings import resource
from aistandards.words import asked, fold, grams, is_han, matching

FILE: Final = "search.sqlite"
KINDS: Final = ("standard", "project")
CODES: Final = ("level", "scope", "nature", "stage")
WEIGHTS: Final = "10, 5, 5, 1"  # number, Chinese title, English title, the rest
EXACT, EDITION, SERIES, DIGITS, TEXT = range(5)  # how a record answers a query, the best first
MATCHES: Final = ("number", "edition", "series", "digits", "text")
MIN_DIGITS: Final = 3  # fewer digits are part of too many numbers
MOST_LOOSE: Final = 100  # records of the same digits that are looked at for it
BARE: Final = re.compile(r"\d{3,}(?:\.\d+)*(?:-\d{4})?")  # digits without a publisher
FEW: Final = 3  # with fewer hits a spelling is proposed
Entry = dict[str, Any]
Floats = npt.NDArray[np.float64]

SCHEMA: Final = """
CREATE TABLE record(at INTEGER PRIMARY KEY, kind TEXT, slug TEXT, plain TEXT, entry TEXT);
CREATE INDEX record_slug ON record(slug);
CREATE TABLE list(name TEXT PRIMARY KEY, known TEXT, record BLOB, code BLOB);
CREATE TABLE term(term TEXT PRIMARY KEY, titles INTEGER) WITHOUT ROWID;
CREATE VIRTUAL TABLE words USING fts5(number, zh, en, rest, content='', prefix='1', tokenize="unicode61 tokenchars '.-'");
"""


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter of lists: its name, the path of properties to its values, their code list, what stands above a value."""

    name: str
    zh: str
    en: str
    path: tuple[str, ...]
    scheme: str | None = None
    above: str | None = None
    system: bool = False  # the values are parts of a system


@cache
def filters() -> dict[str, Filter]:
    """Return the filters that ``ontology/filters.json`` describes, by name."""
    described = json.loads((resource("ontology") / "filters.json").read_text(encoding="utf-8"))["filters"]
    return {one["name"]: Filter(**{**one, "path": tuple(one["path"])}) for one in described}


@dataclass(frozen=True, slots=True)
class Document:
    """What the index holds of a record: its place, its entry in lists, further words, and its values by filter."""

    at: int
    entry: Entry
    rest: str
    days: Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Pairs:
    """Which records have which values of a filter: one line a pair."""

    values: Sequence[str]
    record: Ints
    code: Ints


@dataclass(frozen=True, slots=True)
class Hits:
    """The records that answer a query: how (``EXACT`` … ``TEXT``) and how well (bm25), the lower the better."""

    at: Ints
    tier: Ints
    score: Floats


# ---------------------------------------------------------------- writing


def documents(facts: Facts, columns: Columns) -> Iterator[Document]:
    """Yield every standard and project as the index holds it."""
    for name in (
        *("ais:committee", "ais:inPart", "ais:primaryPart", "ais:planNumber", "ais:implemented"),
        "skos:broader",
    ):
        facts.values(name)
    library = Library(resource("queries"))
    for kind in KINDS:
        seen = set()
        for row in library.get(f"{kind}s").run(facts.store):
            cells = {name: term.value for name, term in row.items()}
            iri, at = cells["record"], columns.index(cells["record"])
            if at is not None and at not in seen:
                seen.add(at)
                days = {"issued": cells.get("earliest"), "implemented": facts.text(iri, "ais:implementedEarliest")}
                yield Document(at, _entry(facts, kind, cells), " ".join(_further(facts, iri)), days)


def _entry(facts: Facts, kind: str, cells: Mapping[str, str]) -> Entry:
    codes = {name: key_of(cells[name]) if name in cells else None for name in CODES}
    committee = facts.text(cells["record"], "ais:committee")
    return {
        "kind": kind,
        "number": cells["number"],
        "slug": key_of(cells["record"]),
        "iri": cells["record"],
        "title_zh": cells.get("title_zh"),
        "title_en": cells.get("title_en"),
        "level": codes["level"],
        "scope": codes["scope"],
        "nature": codes["nature"],
        "part": cells.get("part"),
        "layer": cells["layer"].removeprefix(ID + "chain/") if "layer" in cells else None,
        "committee": name_of(facts, committee) if committee else None,
        "issued": cells.get("issued"),
        "year": cells.get("earliest", "")[:4] or None,
        **(
            {"implemented": facts.text(cells["record"], "ais:implemented"), "status": None}
            if kind == "standard"
            else {"stage": codes["stage"]}
        ),
    }


def _further(facts: Facts, iri: str) -> Iterator[str]:
    """Yield what else a record is found by: the names of its committees and parts, its plan number."""
    for committee in facts.of(iri, "ais:committee"):
        for name in ("skos:prefLabel", "skos:altLabel", "skos:notation"):
            yield from (term.value for term in facts.of(committee.value, name))
    for part in stated_parts(facts, iri):
        label = label_of(facts, part, "skos:prefLabel")
        yield from (label.zh, label.en)
    yield from (term.value for term in facts.of(iri, "ais:planNumber"))


def values_of(facts: Facts, one: Filter, iri: str) -> set[str]:
    """Return the values of a record for a filter, with what stands above them."""
    found = {iri}
    for name in one.path:
        found = {term.value for each in found for term in facts.of(each, name)}
    waiting = list(found) if one.above else []
    while waiting:
        above = {term.value for term in facts.of(waiting.pop(), one.above or "")} - found
        found |= above
        waiting += above
    return found


def write_index(quads: ox.Store, folder: Path) -> None:
    """Write all that is worked out from the quads of a build into its folder: columns and search index."""
    columns = read_columns(quads)
    columns.save(folder / FOLDER)
    write(str(folder / FILE), Facts(quads), columns).close()


def write(path: str, facts: Facts, columns: Columns) -> sqlite3.Connection:
    """Write the index of a store to a new file, or to ``:memory:``; returns the open database."""
    found = list(documents(facts, columns))
    pairs = {}
    for one in filters().values():
        for name in (*one.path, *([one.above] if one.above else [])):
            facts.values(name)
        pairs[one.name] = [
            (doc.at, value) for doc in found for value in sorted(values_of(facts, one, doc.entry["iri"]))
        ]
    return store(path, found, pairs, len(columns))


def store(
    path: str, found: Sequence[Document], pairs: Mapping[str, Iterable[tuple[int, str]]], size: int
) -> sqlite3.Connection:
    """Write documents, their values and the orders of lists; ``size`` is how many places the columns have."""
    database = sqlite3.connect(path, check_same_thread=False)
    database.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;" + SCHEMA)
    terms: Counter[str] = Counter()
    for doc in found:
        entry = doc.entry
        titles = [entry["title_zh"] or "", entry["title_en"] or ""]
        number = _number_words(entry["number"], entry["slug"])
        plain = fold(" ".join([entry["number"], entry["slug"], *titles]))
        line = (doc.at, entry["kind"], entry["slug"], plain, json.dumps(entry, ensure_ascii=False))
        database.execute("INSERT INTO record VALUES (?, ?, ?, ?, ?)", line)
        cells = [number, *(" ".join(grams(text)) for text in (*titles, doc.rest))]
        database.execute("INSERT INTO words(rowid, number, zh, en, rest) VALUES (?, ?, ?, ?, ?)", (doc.at, *cells))
        terms.update(set(grams(titles[0])) | set(grams(titles[1])))
    database.executemany("INSERT INTO term VALUES (?, ?)", sorted(terms.items()))
    every = {
        **pairs,
        "kind": [(doc.at, doc.entry["kind"]) for doc in found],
        "year": [(doc.at, doc.entry["year"]) for doc in found if doc.entry["year"]],
    }
    for name, lines in every.items():
        _add_pairs(database, name, lines)
    for name, code in orders(found, size).items():
        database.execute("INSERT INTO list VALUES (?, NULL, NULL, ?)", (f"order {name}", code.tobytes()))
    database.execute("INSERT INTO words(words) VALUES ('optimize')")
    database.commit()
    return database


def _number_words(number: str, slug: str) -> str:
    """Return what a number is found by: its pieces, and the number as it is written without blanks and bars."""
    undated = slug.rpartition("-")[0]
    compact = [text.replace("-", "", 1) for text in (slug, undated)]
    return " ".join(dict.fromkeys([*grams(number), *grams(slug), *grams(undated), *compact]))


def _add_pairs(database: sqlite3.Connection, name: str, lines: Iterable[tuple[int, str]]) -> None:
    listed = list(lines)
    known = sorted({value for _, value in listed})
    place = {value: at for at, value in enumerate(known)}
    record, code = (
        np.array(column, dtype=np.int32) for column in ([a for a, _ in listed], [place[v] for _, v in listed])
    )
    row = (name, json.dumps(known, ensure_ascii=False), record.tobytes(), code.tobytes())
    database.execute("INSERT INTO list VALUES (?, ?, ?, ?)", row)


def orders(found: Sequence[Document], size: int) -> dict[str, Ints]:
    """Return the orders of lists: for every place its rank, equal where the fact is, -1 where it is not known."""
    keys: dict[str, Callable[[Document], Any]] = {
        "number": lambda doc: (doc.entry["kind"] != "standard", natural_key(doc.entry["number"]), doc.at),
        "title_zh": lambda doc: fold(doc.entry["title_zh"] or "") or None,
        "title_en": lambda doc: fold(doc.entry["title_en"] or "") or None,
        "issued": lambda doc: doc.days["issued"],
        "implemented": lambda doc: doc.days["implemented"],
    }
    made = {}
    for name, key in keys.items():
        known = [(value, doc.at) for doc in found if (value := key(doc)) is not None]
        rank, before = np.full(size, -1, dtype=np.int32), None
        at_rank = -1
        for value, at in sorted(known):
            at_rank += value != before
            rank[at], before = at_rank, value
        made[name] = rank
    return made


# ---------------------------------------------------------------- reading


class Index:
    """The index of a build, read-only; what it reads whole it reads once."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._kept: dict[str, Any] = {}

    @staticmethod
    def open(folder: Path) -> Index:
        """Open the index in the folder of a build; raises StoreError where it cannot be read."""
        try:
            uri = (folder / FILE).resolve().as_uri()
            database = sqlite3.connect(f"{uri}?mode=ro&immutable=1", uri=True, check_same_thread=False)
            database.execute("SELECT count(*) FROM list").fetchone()
        except sqlite3.Error as error:
            raise _damaged(error, folder) from None
        return Index(database)

    @staticmethod
    def of(facts: Facts, columns: Columns) -> Index:
        """Return the index of a store that has no folder, made in memory."""
        return Index(write(":memory:", facts, columns))

    def rows(self, text: str, *values: object) -> list[Any]:
        """Return the rows of one of our own SQL texts; what a user wrote is bound, never part of it."""
        try:
            with self._lock:
                return self._database.execute(text, values).fetchall()
        except sqlite3.DatabaseError as error:
            raise _damaged(error) from None

    def _once(self, name: str, make: Callable[[], Any]) -> Any:
        if name not in self._kept:
            self._kept[name] = make()
        return self._kept[name]

    def entries(self, kind: str) -> list[Entry]:
        """Return all records of a kind (``standard`` or ``project``), sorted as people sort numbers."""

        def make() -> list[Entry]:
            rank = self.order("number")
            rows = self.rows("SELECT at, entry FROM record WHERE kind = ?", kind)
            return [json.loads(entry) for at, entry in sorted(rows, key=lambda row: rank[row[0]])]

        found: list[Entry] = self._once(f"entries {kind}", make)
        return found

    def entries_at(self, places: Iterable[int]) -> list[Entry]:
        """Return the entries of some records, in the order asked."""
        wanted = [int(at) for at in places]
        marks = ",".join("?" * len(wanted))
        rows = dict(self.rows(f"SELECT at, entry FROM record WHERE at IN ({marks})", *wanted))
        return [json.loads(rows[at]) for at in wanted]

    def order(self, name: str) -> Ints:
        """Return the rank of every place in an order of lists, -1 where it has none."""
        return self.pairs(f"order {name}").code

    def pairs(self, name: str) -> Pairs:
        """Return the values of a filter with the records that have them."""

        def make() -> Pairs:
            [(known, record, code)] = self.rows("SELECT known, record, code FROM list WHERE name = ?", name)
            arrays = (np.frombuffer(blob or b"", dtype=np.int32) for blob in (record, code))
            return Pairs(json.loads(known or "[]"), *arrays)

        found: Pairs = self._once(name, make)
        return found

    @property
    def terms(self) -> dict[str, int]:
        """In how many titles each word and each pair of characters stands."""
        found: dict[str, int] = self._once("terms", lambda: dict(self.rows("SELECT term, titles FROM term")))
        return found

    def all(self) -> Ints:
        """Return the places of all records, in the order of numbers."""

        def make() -> Ints:
            rank = self.order("number")
            places = np.flatnonzero(rank >= 0)
            return places[np.argsort(rank[places])].astype(np.int32)

        found: Ints = self._once("all", make)
        return found

    def search(self, text: str) -> Hits:
        """Return the records that have every word of a text, and those that a number names; none for a text without words.

        Where the words as such are in no record, every piece of the text is looked for as a part of number and titles.
        """
        scores, tiers = self._matched(" AND ".join(map(matching, asked(text)))), self._numbered(text)
        if not scores and not tiers:
            scores = dict.fromkeys(self._containing(text), 0.0)
        at = np.array(sorted(scores.keys() | tiers.keys()), dtype=np.int32)
        tier = [tiers.get(place, TEXT) for place in at.tolist()]
        # among the hits of a number the number decides
        score = [scores.get(place, 0.0) if how == TEXT else 0.0 for place, how in zip(at.tolist(), tier, strict=True)]
        return Hits(at, np.array(tier, dtype=np.int32), np.array(score, dtype=np.float64))

    def titled(self, word: str, column: str) -> list[int]:
        """Return the places of the records that have a word in one column (``zh``, ``en``), in order."""
        expression = " AND ".join(map(matching, asked(word)))
        return sorted(self._matched(f"{{{column}}} : ({expression})" if expression else ""))

    def candidates(self, words: Iterable[str], limit: int) -> list[int]:
        """Return the places of the records that have any of some terms in a title, those with the rarest first.

        A Chinese term is a pair as ``grams`` yields it; an English one is the beginning of a word.
        """
        quoted = " OR ".join(f'"{word}"' if is_han(word) else f'"{word}"*' for word in words)
        sql = f"SELECT rowid FROM words WHERE words MATCH ? ORDER BY bm25(words, {WEIGHTS}), rowid LIMIT ?"
        return [at for (at,) in self.rows(sql, f"{{zh en}} : ({quoted})", limit)] if quoted else []

    def _matched(self, expression: str) -> dict[int, float]:
        if not expression:
            return {}
        return dict(self.rows(f"SELECT rowid, bm25(words, {WEIGHTS}) FROM words WHERE words MATCH ?", expression))

    def _numbered(self, text: str) -> dict[int, int]:
        """Return the records that a number in any spelling leads to: itself, its other editions, the parts of its series."""
        if BARE.fullmatch(bare := fold(text).strip()):
            return dict.fromkeys(self._matched(f'{{number}} : ("{bare}"*)'), DIGITS)
        number = identifiers.try_parse_plan(text) or identifiers.try_parse(text)
        if number is None:
            return {}
        exact = [at for (at,) in self.rows("SELECT at FROM record WHERE slug = ?", number.slug)]
        if isinstance(number, identifiers.PlanNumber):
            return dict.fromkeys(exact, EXACT)
        digits = f"{number.digits}.{number.part}" if number.part else number.digits
        found = (
            dict.fromkeys(self._matched(f'{{number}} : ("{digits.lower()}"*)'), DIGITS)
            if len(digits) >= MIN_DIGITS
            else {}
        )
        undated = number.undated.slug
        found |= dict.fromkeys(self._loosely(number, found), EDITION)
        found |= dict.fromkeys(self._beginning(undated + "."), SERIES)
        found |= dict.fromkeys(self._beginning(undated + "-"), EDITION)
        return found | dict.fromkeys(exact, EXACT)

    def _loosely(self, number: identifiers.StandardNumber, among: Iterable[int]) -> list[int]:
        """Return the records whose number differs only in joint publishers or a slash (ISO 42001, ISO/IEC 42001:2023)."""
        key, places = identifiers.loose_key(number), list(among)[:MOST_LOOSE]
        parsed = (
            (at, identifiers.try_parse(e["number"])) for at, e in zip(places, self.entries_at(places), strict=True)
        )
        return [at for at, n in parsed if n and key in (identifiers.loose_key(n), identifiers.loose_key(n.undated))]

    def _beginning(self, start: str) -> list[int]:
        return [
            at for (at,) in self.rows("SELECT at FROM record WHERE slug >= ? AND slug < ?", start, start + "\uffff")
        ]

    def _containing(self, text: str) -> list[int]:
        pieces = [piece for piece in fold(text).split() if any(letter.isalnum() for letter in piece)]
        tests = " AND ".join("instr(plain, ?)" for _ in pieces)
        return [at for (at,) in self.rows(f"SELECT at FROM record WHERE {tests}", *pieces)] if pieces else []


def _damaged(error: object, folder: Path | None = None) -> StoreError:
    where = f" at {folder}" if folder else ""
    place = f"{folder} 处的" if folder else ""
    return StoreError(
        f"The search index{where} cannot be read ({error}). Run `aistandards build`.",
        f"无法读取{place}检索索引（{error}）。请运行 `aistandards build`。",
    )
