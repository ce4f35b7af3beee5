"""An independent recount of target T2, written from the design and the CSV files alone.

It shares no code with the package: the standard library only, its own reading of numbers, dates, novelty,
status and rows. Where the two differ, one of them is wrong, or the design is not clear.

    python tests/recount.py [FOLDER] > recount.txt
"""

from __future__ import annotations

import csv
import datetime as dt
import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

Day = dt.date
Span = tuple[Day, Day]  # earliest and latest possible day, both inclusive

CHINESE = ("national", "industry", "local", "group")
TARGET = 50
WINDOW_END = Day(2026, 12, 31)
BOTH, NATIONAL = ("national", "industry"), ("national",)
FINAL, DRAFT = Day(2024, 7, 2), Day(2024, 1, 17)

# draft-2024 row -> top parts of guide-2024 with an exact or narrow match (crosswalk); sub-parts climb to their letter
DRAFT_ROWS: dict[str, tuple[str, ...]] = {
    "A": ("A",),
    "B": ("B",),
    "C": ("C",),
    "D": ("D",),
    "E": ("E", "F"),
    "F": ("G",),
}
HALVES: dict[str, tuple[str, ...]] = {"E": ("E", "F")}


@dataclass(frozen=True)
class Rule:
    """One counting rule of T2: its levels, the day its window opens (None: no window), the clauses it asks."""

    levels: tuple[str, ...]
    opens: Day | None
    title: bool = False
    novelty: bool = True


RULES: dict[str, Rule] = {
    "guide": Rule(BOTH, FINAL),
    "guide-from-draft": Rule(BOTH, DRAFT),
    "national": Rule(NATIONAL, FINAL),
    "calendar-2024": Rule(BOTH, Day(2024, 1, 1)),
    "narrow": Rule(NATIONAL, FINAL, title=True),
    "stock": Rule(NATIONAL, None, novelty=False),
    "narrow-stock": Rule(NATIONAL, None, title=True, novelty=False),
}


# ---------------------------------------------------------------- numbers and days


@dataclass(frozen=True)
class Number:
    """A Chinese number in its normal form: publisher code, main digits, part, nature, year."""

    code: str
    digits: str
    part: str
    nature: str
    year: int | None


_NUMBER = re.compile(r"(?P<prefix>.+?) (?P<digits>\d+)(?P<part>(?:\.\d+)*)(?:-(?P<year>(?:19|20)\d\d))?")
_FOREIGN = re.compile(r"(ISO|IEC|IEEE|ITU|ETSI|EN|CEN|CLC|CWA|NIST|ANSI)\b")


def parse_number(text: str) -> Number | None:
    """The parts of a Chinese number, None for anything else."""
    match = _NUMBER.fullmatch(text.strip())
    if match is None or _FOREIGN.match(text.strip()):
        return None
    code, nature = match["prefix"], ""
    if not code.startswith("T/"):
        suffix = re.fullmatch(r"(.+)/([TZ])", code)
        if suffix:
            code, nature = suffix[1], suffix[2]
    return Number(code, match["digits"], match["part"], nature, int(match["year"]) if match["year"] else None)


def _undated(number: str) -> str:
    """A non-Chinese number without version, month and year: what its editions have in common."""
    text = re.sub(r" \((?:\d\d/\d{4}|\d{4}-\d\d)\)$", "", number)
    text = re.sub(r" (?:V\d[\d.]*|\(V\d+\))$", "", text)
    if number.startswith("IEEE"):
        return re.sub(r"-(?:19|20)\d\d$", "", text)
    return re.sub(r":(?:19|20)\d\d$", "", text)


def span(text: str) -> Span | None:
    """Earliest and latest day of a printed date: a day, a month or a year."""
    match = re.fullmatch(r"(\d{4})(?:-(\d\d))?(?:-(\d\d))?", text.strip())
    if match is None:
        return None
    year, month, day = (int(part) if part else 0 for part in match.groups())
    if day:
        return Day(year, month, day), Day(year, month, day)
    if month:
        after = Day(year + month // 12, month % 12 + 1, 1)
        return Day(year, month, 1), after - dt.timedelta(days=1)
    return Day(year, 1, 1), Day(year, 12, 31)


def fold(title: str) -> str:
    """A title without case, width, spaces and punctuation."""
    plain = unicodedata.normalize("NFKC", title).casefold()
    return "".join(char for char in plain if unicodedata.category(char)[0] in "LMN")


def _values(cell: str) -> list[str]:
    return [value.strip() for value in cell.split(";") if value.strip()]


# ---------------------------------------------------------------- the records


@dataclass
class Record:
    """One dated standard with what the other files say about it."""

    number: str
    level: str
    row: dict[str, str]
    parsed: Number | None
    issued: Span  # (date.min, date.max) where nothing bounds it
    implemented: Span | None
    withdrawn: Span | None
    fact_day: Day | None = None  # the day from which the word in `status` is a fact
    verification: str = "one-source"
    succeeded: list[Span] = field(default_factory=list)  # when its successors take effect
    has_successor: bool = False
    new: bool | None = True
    ground: str = "none-on-record"

    @property
    def parts(self) -> list[str]:
        """Notations in guide-2024, the primary part first."""
        return _values(self.row["part"])


@dataclass
class Data:
    """The folder, read."""

    records: dict[str, Record]
    projects: list[dict[str, str]]
    project_verification: dict[str, str]
    until: dict[str, Day]  # level -> newest day of a register copy


def _read(path: Path) -> list[dict[str, str]]:
    if not path.exists():
        return []
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return [{key: (value or "").strip() for key, value in row.items() if key} for row in csv.DictReader(stream)]


def _read_all(folder: Path, pattern: str) -> Iterator[dict[str, str]]:
    for path in sorted(folder.glob(pattern)):
        yield from _read(path)


def load(folder: Path) -> Data:
    """Read a folder; read again only when a file has changed."""
    stamp = tuple((path.name, path.stat().st_mtime_ns, path.stat().st_size) for path in sorted(folder.glob("*.csv")))
    return _load(folder, stamp)


@cache
def _load(folder: Path, stamp: tuple[tuple[str, int, int], ...]) -> Data:
    evidence: dict[str, list[dict[str, str]]] = {}
    for row in _read(folder / "evidence.csv"):
        evidence.setdefault(row["record"], []).append(row)
    conflicts: dict[str, list[dict[str, str]]] = {}
    for row in _read(folder / "conflicts.csv"):
        if row["field"] == "issued" and row["rank"] != "deprecated":
            conflicts.setdefault(row["record"], []).append(row)
    records: dict[str, Record] = {}
    until: dict[str, Day] = {}
    for row in _read_all(folder, "standards-*.csv"):
        record = _record(row, evidence.get(row["number"], []), conflicts.get(row["number"], []))
        records.setdefault(record.number, record)
        for source in evidence.get(record.number, []):
            shown = span(source["state_of"])
            if shown and "register-copy" in source["kind"]:
                until[record.level] = max(until.get(record.level, Day.min), shown[1])
    projects = list(_read_all(folder, "projects-*.csv"))
    relations = _read(folder / "relations-international.csv")
    _succession(records, relations)
    _novelty(records, projects, relations, _cited(folder, records, relations))
    verified = {row["id"]: _verification(evidence.get(row["id"], []), []) for row in projects}
    return Data(records, projects, verified, until)


def _record(row: dict[str, str], evidence: list[dict[str, str]], conflicts: list[dict[str, str]]) -> Record:
    number, level = row["number"], row["level"]
    parsed = parse_number(number) if level in CHINESE else None
    issued = span(row["issued"])
    if issued is None and parsed and parsed.year:
        issued = Day(parsed.year, 1, 1), Day(parsed.year, 12, 31)
    first, last = issued or (Day.min, Day.max)
    shown = [day for source in evidence if (day := span(source["state_of"]))]
    if shown:
        last = max(first, min(last, min(day[1] for day in shown)))  # issued at the latest when a source shows it
    facts = [
        day[0]
        for source in evidence
        if ("official" in source["kind"] or "register-copy" in source["kind"]) and (day := span(source["state_of"]))
    ]
    return Record(
        number=number,
        level=level,
        row=row,
        parsed=parsed,
        issued=(first, last),
        implemented=span(row["implemented"]),
        withdrawn=span(row["withdrawn"]),
        fact_day=max(facts) if facts and row["status"] else None,
        verification=_verification(evidence, conflicts),
    )


def _window(issued: Span, opens: Day) -> str:
    """Where an issue date lies: before, in, after the window, or not decided."""
    if issued[1] < opens:
        return "too-early"
    if issued[0] > WINDOW_END:
        return "too-late"
    return "in" if issued[0] >= opens and issued[1] <= WINDOW_END else "undecided"


def _verification(evidence: list[dict[str, str]], conflicts: list[dict[str, str]]) -> str:
    given = [value for row in conflicts if (value := span(row["value"]))]
    for rule in RULES.values():
        if rule.opens and len({_window(value, rule.opens) for value in given}) > 1:
            return "conflicting"
    read = [row for row in evidence if row["read"] == "yes"]
    if len({row["origin"] for row in read if row["origin"]}) >= 2:
        return "confirmed"
    kinds = {kind for row in read for kind in _values(row["kind"])}
    return next((kind for kind in ("official", "register-copy") if kind in kinds), "one-source")


def _cited(folder: Path, records: dict[str, Record], relations: list[dict[str, str]]) -> set[str]:
    """Every number that is only cited: external numbers. Doubtful rows are not read, so they prove nothing."""
    cited: set[str] = set()
    for row in _read(folder / "references.csv"):
        cited.update((row["from_number"], row["to_number"]))
    for row in _read(folder / "adoptions.csv"):
        cited.update((row["national_number"], row["international_number"]))
    for row in relations:
        cited.update((row["from_number"], row["to_number"]))
    for record in records.values():
        for column in ("replaces", "replaces_partly", "adopts"):
            cited.update(_values(record.row[column]))
    return cited - set(records)


def _whole(records: dict[str, Record], relations: list[dict[str, str]]) -> dict[str, set[str]]:
    """number -> the numbers it replaces as a whole; a draft's intention is not in effect."""
    whole = {record.number: set(_values(record.row["replaces"])) for record in records.values()}
    for row in relations:
        if row["relation"] == "replaces" and not row["intended"]:
            whole.setdefault(row["from_number"], set()).add(row["to_number"])
    return whole


# ---------------------------------------------------------------- status


def _succession(records: dict[str, Record], relations: list[dict[str, str]]) -> None:
    successors: dict[str, set[str]] = {}
    for number, replaced in _whole(records, relations).items():
        for gone in replaced:
            successors.setdefault(gone, set()).add(number)
    editions: dict[tuple[str, ...], list[Record]] = {}
    for record in records.values():
        editions.setdefault(_edition_key(record), []).append(record)
    for same in editions.values():
        for old in same:
            if "releases stand side by side" in old.row["note"]:
                continue  # a source says that a later version does not succeed it (3GPP)
            successors.setdefault(old.number, set()).update(new.number for new in same if _earlier(old, new))
    for record in records.values():
        # a source that shows it superseded says that something took its place, on record or not
        record.has_successor = record.row["status"] == "superseded" and record.fact_day is not None
        for successor in successors.get(record.number, set()) - {record.number}:
            record.has_successor = True
            if successor in records:  # when an external successor takes effect is not known
                record.succeeded.append(_effective(records[successor]))


def _edition_key(record: Record) -> tuple[str, ...]:
    parsed = record.parsed
    if parsed is None:
        return (_undated(record.number),)
    return (parsed.code, parsed.digits, parsed.part, parsed.nature)


def _effective(record: Record) -> Span:
    """When a standard takes effect: implemented; international and regional ones when issued."""
    if record.level not in CHINESE:
        return record.issued
    return record.implemented or (record.issued[0], Day.max)


def _earlier(one: Record, other: Record) -> bool:
    """Whether one stands under an earlier number: an earlier year in it, or issued before the other can have been."""
    mine, its = _printed(one), _printed(other)
    return bool(mine and its and mine < its) or one.issued[1] < other.issued[0]


def _printed(record: Record) -> tuple[int, ...] | None:
    """Year, or year and month, in a number: it orders editions, even where it does not bound the issue date."""
    if record.parsed:
        return (record.parsed.year,) if record.parsed.year else None
    ending = re.search(r"\((?:(\d\d)/(\d{4})|(\d{4})-(\d\d))\)$", record.number)
    if ending:
        month, year = (ending[1], ending[2]) if ending[1] else (ending[4], ending[3])
        return int(year), int(month)
    ending = re.search(r"[:-]((?:19|20)\d\d)$", record.number)
    return (int(ending[1]),) if ending else None


def _status(record: Record, day: Day) -> str:
    events: list[tuple[str, Span]] = [("superseded", when) for when in record.succeeded]
    if record.withdrawn:
        events.append(("withdrawn", record.withdrawn))
    if record.fact_day and day >= record.fact_day:
        if record.implemented and record.row["status"] in ("not-issued", "not-yet-in-force"):
            events.append(("in-force", record.implemented))
        later = [event for token, when in events if (event := _after(record, token, when))]
        return _last_event(later, day) or record.row["status"]
    if day < record.issued[0]:
        return "not-issued"
    ended = _last_event(events, day)
    if ended:
        return ended
    effective = record.issued if record.level not in CHINESE else record.implemented
    if effective is not None and day >= effective[1]:
        return "in-force"
    if day < record.issued[1] or effective is None or day >= effective[0]:
        return "unknown"
    return "not-yet-in-force"


def _after(record: Record, token: str, when: Span) -> tuple[str, Span] | None:
    """What a dated event can still do to the word a source showed: an event known by its year may have come already."""
    word, shown = record.row["status"], record.fact_day
    if shown is None or when[1] <= shown:
        return None
    if when[0] > shown:
        return token, when
    if word == token:
        return None  # the word says that it had come
    return token, (shown + dt.timedelta(days=1), when[1])


def _last_event(events: list[tuple[str, Span]], day: Day) -> str | None:
    """What dated events make of a standard by a day: superseded before withdrawn; unknown if one may have happened."""
    done = {token for token, when in events if when[1] <= day}
    for token in ("superseded", "withdrawn"):
        if token in done:
            return token
    if any(when[0] <= day < when[1] for _, when in events):
        return "unknown"
    return "in-force" if "in-force" in done else None


def status_on(folder: Path, day: Day) -> dict[str, str]:
    """The status of every standard in the folder on a day."""
    return {number: _status(record, day) for number, record in sorted(load(folder).records.items())}


# ---------------------------------------------------------------- novelty


def _novelty(
    records: dict[str, Record],
    projects: list[dict[str, str]],
    relations: list[dict[str, str]],
    cited: Iterable[str],
) -> None:
    whole = _whole(records, relations)
    external = [parsed for number in sorted(cited) if (parsed := parse_number(number)) and parsed.year]
    by_digits: dict[tuple[str, str], list[Record | Number]] = {}
    by_title: dict[str, list[Record]] = {}
    for record in records.values():
        if record.parsed:
            by_digits.setdefault((record.parsed.code, record.parsed.digits), []).append(record)
        if fold(record.row["title_zh"]):
            by_title.setdefault(fold(record.row["title_zh"]), []).append(record)
    for outside in external:
        by_digits.setdefault((outside.code, outside.digits), []).append(outside)
    revised = {
        key
        for row in projects
        if row["action"] == "revision"
        for key in (*_values(row["result_number"]), row["id"], row["plan_number"])
        if key
    }
    for record in records.values():
        if record.level not in CHINESE:
            continue
        earlier = _earlier_numbers(record, by_digits)
        mine = record.parsed
        same_part = [other for other in earlier if mine and other.part == mine.part]
        plans = {record.number, *_values(record.row["plan_number"])}
        same_title = by_title.get(fold(record.row["title_zh"]), [])
        if whole.get(record.number):
            record.new, record.ground = False, "replaces"
        elif any(mine and other.nature == mine.nature for other in same_part):
            record.new, record.ground = False, "earlier-edition"
        elif plans & revised:
            record.new, record.ground = False, "project-revision"
        elif record.row["replaces_partly"] or (mine and mine.part and any(not other.part for other in earlier)):
            record.new, record.ground = True, "shown"
        elif same_part:
            record.new, record.ground = None, "same-digits"
        elif any(other is not record and _earlier(other, record) for other in same_title):
            record.new, record.ground = None, "same-title"


def _earlier_numbers(record: Record, by_digits: dict[tuple[str, str], list[Record | Number]]) -> list[Number]:
    """Earlier numbers of the same publisher code and main digits, filed or external."""
    mine = record.parsed
    if mine is None:
        return []
    found: list[Number] = []
    for other in by_digits.get((mine.code, mine.digits), []):
        if isinstance(other, Record):
            if other is not record and other.parsed and _earlier(other, record):
                found.append(other.parsed)
        elif mine.year and other.year and other.year < mine.year:
            found.append(other)
    return found


# ---------------------------------------------------------------- verdicts


@dataclass(frozen=True)
class Ask:
    """A rule with its switches."""

    rule: Rule
    scope: str
    guidance: str
    series: str
    evidence: str

    def belongs(self, row: dict[str, str], verification: str) -> bool:
        """What rows of standards in force and of projects share with the count: levels, switches, classification."""
        return (
            row["level"] in self.rule.levels
            and (row["scope"] == "core" or self.scope == "all")
            and row["basis"] in ("official", "curated")
            and (self.guidance == "yes" or row["nature"] != "guidance")
            and (self.evidence == "any" or verification in ("confirmed", "official"))
        )


def _abolished(record: Record) -> Span | None:
    """When a standard was withdrawn, by today's knowledge: a date, narrowed by the word a source shows on a day."""
    gone, shown = record.withdrawn, record.fact_day
    if shown is None:
        return gone
    if record.row["status"] == "withdrawn":
        return (min(gone[0], shown), min(gone[1], shown)) if gone else (shown, shown)
    if gone is None or gone[1] <= shown:
        return None  # shown alive after the date on record: the word stands, the date is a finding
    return max(gone[0], shown + dt.timedelta(days=1)), gone[1]


def _verdict(record: Record, ask: Ask, day: Day) -> str:
    """`counts`, `excluded:<reason>` or `undecided:<reason>` for a candidate on a day."""
    row, rule = record.row, ask.rule
    window = _window(record.issued, rule.opens) if rule.opens else "in"
    gone = None if record.has_successor else _abolished(record)  # abolished only without a successor
    kept = None if gone and gone[0] <= day < gone[1] else not (gone and gone[1] <= day)
    in_scope: bool | None = True  # a scope that nobody judged leaves the verdict open
    if ask.scope != "all":
        in_scope = row["scope"] == "core" if row["scope"] else None
    clauses: list[tuple[str, str, bool | None]] = [
        ("wrong-level", "", row["level"] in rule.levels),
        ("out-of-scope", "scope-undecided", in_scope),
        ("unclassified", "", row["basis"] in ("official", "curated")),
        ("guidance", "", ask.guidance == "yes" or row["nature"] != "guidance"),
    ]
    if rule.title:
        title = row["title_zh"]
        clauses.append(("title", "title-undecided", "人工智能" in title if title else None))
    if rule.novelty:
        clauses.append(("revision", "novelty-undecided", record.new))
    issued = window != "undecided" and record.issued[1] <= day
    clauses += [
        ("too-early", "date-undecided", False if window == "too-early" else True if issued else None),
        ("too-late", "date-undecided", False if window == "too-late" else True if issued else None),
        ("withdrawn", "date-undecided", kept),
        ("unverified", "", ask.evidence == "any" or record.verification in ("confirmed", "official")),
    ]
    for reason, _, holds in clauses:
        if holds is False:
            return f"excluded:{reason}"
    for _, reason, holds in clauses:
        if holds is None:
            return f"undecided:{reason}"
    return "counts"


def _once(records: Iterable[Record], series: str) -> list[Record]:
    """The records that stand in the count: each one, or the lowest number of each series."""
    if series == "each":
        return list(records)
    lowest: dict[tuple[str, ...], Record] = {}
    for record in records:
        parsed = record.parsed
        key = (parsed.code, parsed.digits) if parsed and parsed.part else (record.number,)
        if key not in lowest or _order(record) < _order(lowest[key]):
            lowest[key] = record
    return list(lowest.values())


def _order(record: Record) -> tuple[list[int], int, str]:
    parsed = record.parsed
    if parsed is None:
        return [], 0, record.number
    return [int(part) for part in parsed.part.split(".") if part], parsed.year or 0, record.number


def _counted(data: Data, ask: Ask, day: Day) -> list[Record]:
    """The records that count on a day, before any folding."""
    return [
        record
        for record in data.records.values()
        if record.level in CHINESE and record.issued[0] <= day and _verdict(record, ask, day) == "counts"
    ]


def _reached_on(data: Data, ask: Ask, as_of: Day) -> str | None:
    """First day of the unbroken stretch up to as_of on which the count meets the target."""
    sub = Data(
        {
            number: record
            for number, record in data.records.items()
            if ask.belongs(record.row, record.verification)  # nothing else can count on any day
        },
        [],
        {},
        {},
    )
    events = {as_of}
    for record in sub.records.values():
        for when in (record.issued, record.implemented, record.withdrawn, *record.succeeded):
            events.update(when or ())
        events.update({record.fact_day} if record.fact_day else ())
    reached: Day | None = None
    for day in sorted((event for event in events if event <= as_of), reverse=True):
        if len(_once(_counted(sub, ask, day), ask.series)) < TARGET:
            break
        reached = day
    return reached.isoformat() if reached else None


# ---------------------------------------------------------------- rows


def _rows(counted: list[Record], in_force: list[Record], projects: list[dict[str, str]] | None) -> list[dict[str, Any]]:
    def row(notation: str | None, letters: tuple[str, ...]) -> dict[str, Any]:
        def inside(parts: list[str]) -> bool:
            if notation is None:
                return not parts or all(parts[0][:1] not in mapped for mapped in DRAFT_ROWS.values())
            return bool(parts) and parts[0][:1] in letters

        also = 0
        if notation is not None:
            also = sum(
                1
                for record in counted
                if not inside(record.parts) and any(part[:1] in letters for part in record.parts[1:])
            )
        return {
            "notation": notation,
            "counted": sum(1 for record in counted if inside(record.parts)),
            "also": also,
            "in_force": sum(1 for record in in_force if inside(record.parts)),
            "projects": None if projects is None else sum(1 for item in projects if inside(_values(item["part"]))),
        }

    rows: list[dict[str, Any]] = []
    for notation, letters in DRAFT_ROWS.items():
        rows.append({**row(notation, letters), "halves": [row(half, (half,)) for half in HALVES.get(notation, ())]})
    return [*rows, {**row(None, ()), "halves": []}]


# ---------------------------------------------------------------- the answer


def recount(
    folder: Path,
    rule: str,
    as_of: Day,
    scope: str = "core",
    guidance: str = "no",
    series: str = "each",
    evidence: str = "any",
    today: Day | None = None,
) -> dict[str, Any]:
    """Count one rule on one day with the switches given."""
    today = today or dt.datetime.now(dt.timezone(dt.timedelta(hours=8))).date()
    data, ask = load(folder), Ask(RULES[rule], scope, guidance, series, evidence)
    candidates = [record for record in data.records.values() if record.level in CHINESE and record.issued[0] <= as_of]
    verdicts = {record.number: _verdict(record, ask, as_of) for record in candidates}
    counting = [record for record in candidates if verdicts[record.number] == "counts"]
    counted = _once(counting, series)
    in_force = _once(
        (
            record
            for record in candidates
            if ask.belongs(record.row, record.verification) and _status(record, as_of) == "in-force"
        ),
        series,
    )
    projects: list[dict[str, str]] | None = None
    resulted = {plan for record in data.records.values() for plan in _values(record.row["plan_number"])}
    if as_of >= today:
        projects = [
            row
            for row in data.projects
            if row["stage"] not in ("published", "stopped")
            and not row["result_number"]
            and row["plan_number"] not in resulted
            and ask.belongs(row, data.project_verification[row["id"]])
        ]
    split = [verdict.split(":") for verdict in verdicts.values() if verdict != "counts"]
    known = [data.until[level] for level in ask.rule.levels if level in data.until]
    grounds = Counter(record.ground for record in counted) if ask.rule.novelty else Counter[str]()
    return {
        "counted": len(counted),
        "folded": len(counting) - len(counted),
        "excluded": sum(1 for kind, _ in split if kind == "excluded"),
        "undecided": sum(1 for kind, _ in split if kind == "undecided"),
        "candidates": len(candidates),
        "shown_new": grounds["shown"],
        "none_on_record": grounds["none-on-record"],
        "by_verification": dict(sorted(Counter(record.verification for record in counted).items())),
        "reasons": dict(sorted(Counter(reason for _, reason in split).items())),
        "numbers": sorted(record.number for record in counted),
        "data_until": min(known).isoformat() if len(known) == len(ask.rule.levels) else None,
        "reached_on": _reached_on(data, ask, as_of),
        "rows": _rows(counted, in_force, projects),
    }


# ---------------------------------------------------------------- the table

DAYS = ("2026-11-24", "2026-09-16", "2025-12-31", "2025-06-30", "2024-12-31", "2024-07-01")
SWITCHES: tuple[dict[str, str], ...] = (
    {"scope": "all"},
    {"guidance": "yes"},
    {"series": "once"},
    {"evidence": "confirmed"},
)


def _lines(folder: Path, today: Day) -> Iterator[str]:
    asked: list[tuple[str, dict[str, str]]] = [(rule, {}) for rule in RULES]
    asked += [("guide", switch) for switch in SWITCHES]
    for text in DAYS:
        day = Day.fromisoformat(text)
        yield f"== as of {text}"
        yield (
            f"{'rule':<28}{'counted':>8}{'folded':>7}{'excl':>6}{'undec':>6}{'cand':>6}{'shown':>6}{'none':>6}"
            "  data_until  reached_on  by_verification"
        )
        details: list[str] = []
        for rule, switches in asked:
            got = recount(folder, rule, day, today=today, **switches)
            total = got["counted"] + got["folded"] + got["excluded"] + got["undecided"]
            assert total == got["candidates"], (rule, switches, text)
            assert sum(row["counted"] for row in got["rows"]) == got["counted"], (rule, switches, text)
            assert sum(got["reasons"].values()) == got["excluded"] + got["undecided"], (rule, switches, text)
            name = " ".join([rule, *(f"{key}={value}" for key, value in switches.items())])
            columns = (got["folded"], got["excluded"], got["undecided"], got["candidates"], got["shown_new"])
            widths = (7, 6, 6, 6, 6)
            yield (
                f"{name:<28}{got['counted']:>8}"
                + "".join(f"{value:>{width}}" for value, width in zip(columns, widths, strict=True))
                + f"{got['none_on_record']:>6}  {got['data_until'] or '-':<11} {got['reached_on'] or '-':<11} "
                + " ".join(f"{key}={value}" for key, value in got["by_verification"].items())
            )
            details.append(f"  {name}: " + " ".join(f"{key}={value}" for key, value in got["reasons"].items()))
            shown = [*got["rows"], *(half for row in got["rows"] for half in row["halves"])]
            labels = [*("-" if row["notation"] is None else row["notation"] for row in got["rows"]), "E/E", "E/F"]
            details.append(
                "    counted+also/in_force/projects: "
                + "  ".join(
                    f"{label} {row['counted']}+{row['also']}/{row['in_force']}/"
                    f"{'null' if row['projects'] is None else row['projects']}"
                    for label, row in zip(labels, shown, strict=True)
                )
            )
        yield from details
        yield "  status of all standards: " + " ".join(
            f"{token}={count}" for token, count in sorted(Counter(status_on(folder, day).values()).items())
        )
        yield ""


def main() -> None:
    """Print the table for the days, rules and switches above."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parents[1] / "data"
    for line in _lines(folder, Day(2026, 11, 24)):
        print(line)


if __name__ == "__main__":
    main()
