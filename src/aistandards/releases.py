"""Releases of the data: which are kept, what each says of a day, and how two of them differ record by record."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property, partial
from typing import Any, Final

from aistandards import identifiers, lookup
from aistandards.changes import Reading, Side, flat_moves, identity, movement
from aistandards.counts import Counts, Request
from aistandards.errors import NotFoundError
from aistandards.lookup import natural_key
from aistandards.rules import Rule, pick
from aistandards.settings import SHANGHAI
from aistandards.store import Build
from aistandards.tables import Column, tables

KINDS: Final = {"standard": "ais:Standard", "project": "ais:Project"}
# facts that follow from the records and move counts, compared beside the columns of the tables
DERIVED: Final = (
    Column("novelty", "code", "ais:novelty"),
    Column("novelty_ground", "code", "ais:noveltyGround"),
    Column("verification", "code", "ais:verification"),
)


@dataclass
class Release:
    """A build kept under a name, with counts over it."""

    name: str
    build: Build

    @cached_property
    def counts(self) -> Counts:
        """Counts over the release, opened when first asked for."""
        return Counts.of(self.build)

    @cached_property
    def records(self) -> dict[str, set[str]]:
        """The IRIs of the standards and projects on file, by kind."""
        return {kind: set(self.counts.facts.members(name)) for kind, name in KINDS.items()}

    @property
    def day(self) -> date:
        """The day the release was built, in Asia/Shanghai."""
        return datetime.fromisoformat(self.build.manifest["built"]).astimezone(SHANGHAI).date()

    def as_dict(self) -> dict[str, Any]:
        """Return what the list of releases says of it."""
        return {
            "release": self.name,
            "day": str(self.day),
            "records": self.build.manifest["records"],
            "build_id": self.build.id,
            "version": self.build.manifest["version"],
            "incomplete": self.build.manifest["incomplete"],
        }


def releases(
    kept: list[Release], rules: Sequence[str], number: str | None, day: date, known: Sequence[Rule] = ()
) -> dict[str, Any]:
    """Return all releases; per rule what each counts on a day, and for a number what each says of that record.

    ``known`` are the rules of the current build, by which a rule is checked where no release is kept. Raises UsageError for a
    rule that a release does not have, NumberError for a text that is no number.
    """
    if not kept:
        for name in rules:
            pick(list(known), name)
    if number and not identifiers.try_parse_plan(number):
        identifiers.parse(number)
    items = []
    for release in kept:
        item = release.as_dict()
        for name in rules:
            counts = release.counts
            item[name] = counts.count(counts.request(pick(counts.rules, name), day))
        items.append(item | (_says(release, rules, number, day) if number else {}))
    answer: dict[str, Any] = {"total": len(items), "as_of": str(day), "rules": list(rules), "items": items}
    if number:
        first = next((item["release"] for item in items if item["on_record"]), None)
        answer |= {"number": number, "first_release": first}
    return answer


def _says(release: Release, rules: Sequence[str], number: str, day: date) -> dict[str, Any]:
    """Return what one release says of a record on a day: whether it has it, its status, the verdict under each rule."""
    counts = release.counts
    said: dict[str, Any] = {"on_record": False, "found": None, "status": None}
    said |= {f"verdict_{name}": None for name in rules}
    try:
        found = lookup.find(counts.facts, number, day)
    except NotFoundError:
        return said
    said |= {"on_record": True, "found": identity(counts, found.iri)["number"]}
    if found.kind == "project":
        return said | {"status": counts.facts.token(found.iri, "ais:stage")}
    said["status"] = counts.history.status(found.iri, day)[0]
    for name in rules:
        request = counts.request(pick(counts.rules, name), day)
        candidate = counts.candidate(request.rule, found.iri)
        interval = candidate.on(day) if candidate else None
        verdict, reason = request.verdict(interval) if interval else ("excluded", "not-issued")
        said[f"verdict_{name}"] = f"{verdict} ({reason})" if reason else verdict
    return said


def compare(
    old: Release,
    new: Release,
    rules: Sequence[str],
    day: date | None = None,
    reading: Reading = Reading(),  # noqa: B008 - it is frozen
) -> dict[str, Any]:
    """Return how two releases differ: records added, removed and changed field by field, and the counts that moved.

    Counts are compared on ``day``, by default the day of the later release; a rule that one of them lacks is named apart.
    """
    day = day or max(old.day, new.day)
    new.counts.check_day(day)
    both = [{rule.name: rule for rule in release.counts.rules} for release in (old, new)]
    names = [pick([*both[1].values(), *both[0].values()], name).name for name in rules]
    names = names or [name for name in both[1] if name in both[0]]
    changed = [entry for kind in KINDS for entry in _changed(old, new, kind)]
    fields = {entry["iri"]: [field["field"] for field in entry["fields"]] for entry in changed}
    came = [entry for kind in KINDS for entry in _missing(new, old, kind)]
    gone = [entry for kind in KINDS for entry in _missing(old, new, kind)]
    return {
        "from": old.as_dict(),
        "to": new.as_dict(),
        "as_of": str(day),
        **reading.as_dict(new.counts),
        "notes": list(_notes(old, new)),
        "totals": {"added": len(came), "removed": len(gone), "changed": len(changed)},
        "added": came,
        "removed": gone,
        "changed": changed,
        "only_before": sorted(both[0].keys() - both[1].keys()),
        "only_after": sorted(both[1].keys() - both[0].keys()),
        "counts": [
            _moved((old, new), name, partial(reading.request, day=day), fields)
            for name in names
            if name in both[0] and name in both[1]
        ],
    }


def _notes(old: Release, new: Release) -> Iterator[dict[str, str]]:
    if old.build.id == new.build.id:
        en = f"{old.name} and {new.name} were built from the same files: nothing differs."
        yield {"note": "same-build", "zh": f"{old.name} 与 {new.name} 由相同的文件构建，没有差别。", "en": en}
    if old.build.manifest["built"] > new.build.manifest["built"]:
        en = f"{old.name} was built after {new.name}: read the changes as going back."
        yield {"note": "reversed", "zh": f"{old.name} 的构建晚于 {new.name}：以下变化是倒推的。", "en": en}


def _moved(
    releases: tuple[Release, Release], name: str, ask: Callable[[Counts, Rule], Request], fields: dict[str, list[str]]
) -> dict[str, Any]:
    """Return how the count of a rule differs between two releases, with the fields whose change may be why."""
    old, new = releases
    sides = [Side(one.counts, ask(one.counts, pick(one.counts.rules, name))) for one in releases]

    def entry(iri: str) -> dict[str, Any]:
        counts = new.counts if new.counts.facts.of(iri, "rdf:type") else old.counts
        standard = counts.facts.text(iri, "ais:ofStandard") or iri
        return {**identity(counts, iri), "fields": fields.get(standard, [])}

    return movement(sides[0], sides[1], entry)


def _missing(having: Release, lacking: Release, kind: str) -> list[dict[str, Any]]:
    """Return the records of a kind that one release has and the other lacks, by number."""
    facts = having.counts.facts
    entries = [
        {"kind": kind, **identity(having.counts, iri), "level": facts.token(iri, "ais:level")}
        for iri in having.records[kind] - lacking.records[kind]
    ]
    return sorted(entries, key=lambda entry: natural_key(entry["number"]))


def _changed(old: Release, new: Release, kind: str) -> list[dict[str, Any]]:
    """Return the records of a kind that both have and of which a column differs, by number."""
    table = next(table for table in tables() if table.kind == kind)
    shared = old.records[kind] & new.records[kind]
    fields: dict[str, list[dict[str, Any]]] = {}
    for column in (*table.columns, *DERIVED):
        was, now = (release.counts.facts.values(column.property) for release in (old, new))
        differing = {
            iri for iri in (was.keys() | now.keys()) & shared if set(was.get(iri, ())) != set(now.get(iri, ()))
        }
        for iri in differing:
            before, after = (sorted(lookup.cells(release.counts.facts, iri, column)) for release in (old, new))
            if before != after:
                field = {"field": column.name, "before": ";".join(before) or None, "after": ";".join(after) or None}
                fields.setdefault(iri, []).append(field)
    entries = [
        {"kind": kind, **identity(new.counts, iri), "iri": iri, "fields": found} for iri, found in fields.items()
    ]
    return sorted(entries, key=lambda entry: natural_key(entry["number"]))


COLUMNS: Final = (
    *("what", "rule", "kind", "number", "title_zh", "title_en", "field", "before", "after"),
    *("verdict_before", "reason_before", "verdict_after", "reason_after", "fields"),
)


def flat_rows(answer: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a comparison as one table: a row a record added or removed, a row a changed field, a row a moved record."""
    rows = [{"what": name, **entry} for name in ("added", "removed") for entry in answer[name]]
    rows += [{"what": "changed", **entry, **field} for entry in answer["changed"] for field in entry["fields"]]
    for row in rows:
        row.pop("fields", None)
    rows += flat_moves(answer["counts"])
    return [{column: row.get(column) for column in COLUMNS} for row in rows]
