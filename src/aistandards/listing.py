"""Lists of standards and projects: read once a build, filtered and paged for each request."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from aistandards import identifiers
from aistandards.derive import Facts
from aistandards.lookup import natural_key, status
from aistandards.namespaces import ID, item, key_of
from aistandards.queries import Library

CODES = ("level", "scope", "nature", "stage")
Entry = dict[str, Any]


class Listing:
    """The records of a build with their main columns, by number."""

    def __init__(self, facts: Facts, library: Library) -> None:
        self._facts = facts
        self._library = library
        self._entries: dict[str, list[Entry]] = {}

    def entries(self, kind: str) -> list[Entry]:
        """Return all records of a kind (``standard`` or ``project``), sorted as people sort numbers."""
        if kind not in self._entries:
            found: dict[str, Entry] = {}
            for row in self._library.get(f"{kind}s").run(self._facts.store):
                cells = {name: term.value for name, term in row.items()}
                found.setdefault(cells["record"], _entry(kind, cells))
            self._entries[kind] = sorted(found.values(), key=lambda entry: natural_key(entry["number"]))
        return self._entries[kind]

    def filter(self, kind: str, filters: Mapping[str, str], day: date) -> list[Entry]:
        """Return the records that pass all filters.

        ``level``, ``scope``, ``nature``, ``stage``, ``year``: equal · ``part``: in it or below it · ``layer``: the layer or
        an element · ``status``: on the day · ``q``: every word in number or titles, or a number in any spelling.
        """
        wanted = {name: value for name, value in filters.items() if value}
        found = self.entries(kind)
        if "part" in wanted:
            part = item("system", "guide-2024", wanted["part"].lower().replace(":", "-"))
            inside = set(self._facts.subjects("ais:inPart", part))
            found = [entry for entry in found if entry["iri"] in inside]
        found = [entry for entry in found if _passes(entry, wanted)]
        if "status" in wanted:
            found = [entry for entry in found if status(self._facts, entry["iri"], day) == wanted["status"]]
        return found

    def page(self, found: list[Entry], start: int, limit: int, day: date) -> list[Entry]:
        """Return some of the entries, standards with their status on the day."""
        shown = found[start : start + limit]
        return [{**e, "status": status(self._facts, e["iri"], day)} if "status" in e else e for e in shown]


def _entry(kind: str, cells: Mapping[str, str]) -> Entry:
    codes = {name: key_of(cells[name]) if name in cells else None for name in CODES}
    return {
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
        "issued": cells.get("issued"),
        "year": cells.get("earliest", "")[:4] or None,
        **({"status": None} if kind == "standard" else {"stage": codes["stage"]}),
    }


def _passes(entry: Entry, wanted: Mapping[str, str]) -> bool:
    for name in ("level", "scope", "nature", "stage", "year"):
        if name in wanted and entry.get(name) != wanted[name]:
            return False
    if "layer" in wanted and wanted["layer"] not in (entry["layer"] or "", (entry["layer"] or "").split("/")[0]):
        return False
    return _mentions(entry, wanted["q"]) if "q" in wanted else True


def _mentions(entry: dict[str, Any], words: str) -> bool:
    haystack = " ".join(str(entry[name] or "") for name in ("number", "title_zh", "title_en")).casefold()
    number = identifiers.try_parse(words)
    if number and (entry["number"] == number.render() or entry["slug"].startswith(number.slug)):
        return True
    return all(word in haystack for word in words.casefold().split())
