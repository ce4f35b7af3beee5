"""Looking things up: a record by its number in any spelling, as the columns of its table; lists with filters."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import quote

import pyoxigraph as ox

from aistandards import identifiers
from aistandards.codes import CLASSIFICATION_SYSTEM
from aistandards.derive import Facts
from aistandards.errors import NotFoundError, UsageError
from aistandards.findings import nearest
from aistandards.namespaces import expand, item, key_of
from aistandards.rules import label_of
from aistandards.tables import Column, tables

NAMES = {"part": "parts", "layer": "layers"}
LINKED = ("standard", "committee", "part")  # kinds of cells that print a thing by its number or name
DERIVED = (
    "slug",
    "as_of",
    "undated",
    "editions",
    "register_url",
    "incomplete",
    "conflicts",
)  # keys that state no property


@dataclass(frozen=True, slots=True)
class Found:
    """A record that a number led to; ``undated`` where the number named no edition and the latest was taken."""

    iri: str
    slug: str
    kind: str
    undated: str | None = None


def status(facts: Facts, standard: str, day: date) -> str:
    """Return the status token of a standard on a day, from the stored status periods."""
    for period in facts.subjects("ais:statusOf", standard):
        start, end = facts.text(period, "ais:from"), facts.text(period, "ais:until")
        if (start is None or start <= str(day)) and (end is None or str(day) < end):
            return facts.token(period, "ais:status") or "unknown"
    return "unknown"


def is_on_file(facts: Facts, iri: str, name: str = "ais:Standard") -> bool:
    """Whether a thing is a record on file, and not only cited."""
    return any(key_of(term.value).partition("#")[2] == name.partition(":")[2] for term in facts.of(iri, "rdf:type"))


def find(facts: Facts, text: str, day: date) -> Found:
    """Find the record of a standard or project number in any usual spelling; an undated number means the latest edition.

    Raises NumberError for a text that is no number, NotFoundError with the nearest number on record.
    """
    wanted = identifiers.try_parse_plan(text) or identifiers.parse(text)
    found = look_up(facts, wanted, day)
    if found is None:
        plan = isinstance(wanted, identifiers.PlanNumber)
        raise _not_found(facts, wanted.render(), "ais:Project" if plan else "ais:Standard")
    return found


def look_up(facts: Facts, wanted: identifiers.StandardNumber | identifiers.PlanNumber, day: date) -> Found | None:
    """Return the record of a number, None where there is none; an undated number means the latest edition."""
    project = item("project", wanted.slug)
    if isinstance(wanted, identifiers.PlanNumber):
        return Found(project, wanted.slug, "project") if is_on_file(facts, project, "ais:Project") else None
    iri = item("standard", wanted.slug)
    if is_on_file(facts, iri):
        return Found(iri, wanted.slug, "standard")
    if is_on_file(facts, project, "ais:Project"):
        return Found(project, wanted.slug, "project")
    editions = [edition for edition in facts.subjects("ais:ofUndated", iri) if is_on_file(facts, edition)]
    editions = editions or _loosely(facts, wanted)
    if not editions:
        return None
    best = latest(facts, editions, day)
    work = next((term.value for term in facts.of(best, "ais:ofUndated")), iri)  # of ISO 42001 it is ISO/IEC 42001
    return Found(best, key_of(best), "standard", undated=None if wanted.is_dated else work)


def latest(facts: Facts, editions: Iterable[str], day: date) -> str:
    """Return the latest edition in force on a day, else the latest issued, else the latest there is."""
    rank = {"in-force": 2, "not-yet-in-force": 1}
    ordered = sorted(
        editions, key=lambda iri: (facts.text(iri, "ais:issuedEarliest") or "", facts.text(iri, "ais:numberYear") or "")
    )
    return max(ordered, key=lambda iri: (rank.get(status(facts, iri, day), 0), ordered.index(iri)))


def _loosely(facts: Facts, number: identifiers.StandardNumber) -> list[str]:
    """Return the records whose number differs only in joint publishers or a slash (ISO 42001, ISO/IEC 42001:2023)."""
    wanted = identifiers.loose_key(number)
    found = []
    for iri in facts.subjects_with_text("ais:digits", number.digits):
        if is_on_file(facts, iri):
            other = identifiers.parse(facts.text(iri, "ais:number") or "")
            if wanted in (identifiers.loose_key(other), identifiers.loose_key(other.undated)):
                found.append(iri)
    return found


def _not_found(facts: Facts, number: str, kind: str) -> NotFoundError:
    name = "ais:number" if kind == "ais:Standard" else "dcterms:identifier"
    known = [text for iri in facts.members(kind) if (text := facts.text(iri, name))]
    doubtful = [d for d in facts.members("ais:DoubtfulRecord") if _normal(facts.text(d, "rdfs:label")) == number]
    citing, near = _citing(facts, number), None
    if doubtful:
        reason = facts.text(doubtful[0], "ais:reason")
        why = f" It is listed as doubtful: {reason}.", f"该号码列在存疑表中：{reason}。"
    elif citing:
        shown = ", ".join(citing[:3]) + (", …" if len(citing) > 3 else "")
        why = f" It is only cited, by {shown}.", f"仅被 {shown} 提及。"
    else:
        near = nearest(number, known)
        why = (f" Nearest: {near}.", f"最接近的是 {near}。") if near else ("", "")
    return NotFoundError(
        f"{number} is not on record.{why[0]}", f"没有 {number} 的记录。{why[1]}", value=number, near=near
    )


def _normal(text: str | None) -> str | None:
    number = identifiers.try_parse(text) if text else None
    return number.render() if number else text


def _citing(facts: Facts, number: str) -> list[str]:
    """Return the numbers of the records that point to a number which is on no file."""
    edition = ox.NamedNode(expand("ais:ofUndated"))
    found: set[str] = set()
    for cited in facts.subjects_with_text("ais:number", number):
        for quad in facts.store.quads_for_pattern(None, None, ox.NamedNode(cited)):
            if isinstance(quad.subject, ox.NamedNode) and quad.predicate != edition:
                names = (facts.text(quad.subject.value, name) for name in ("ais:number", "dcterms:identifier"))
                found.update(name for name in names if name)
    return sorted(found, key=natural_key)


def record(facts: Facts, found: Found, day: date) -> dict[str, Any]:
    """Return a standard or project as its columns: several values as arrays, absent facts as None, dates with their bounds."""
    table = next(table for table in tables() if table.kind == found.kind)
    answer: dict[str, Any] = {}
    for column in table.columns:
        name = NAMES.get(column.name, column.name)
        values = cells(facts, found.iri, column)
        answer[name] = values if column.separator else (values[0] if values else None)
        if column.kind in LINKED:
            iris = _iris(facts, found.iri, column)
            answer[iri_key(column)] = iris if column.separator else (iris[0] if iris else None)
        if column.kind == "date":
            span = facts.span(found.iri, column.property) or (None, None)
            answer[f"{name}_earliest"], answer[f"{name}_latest"] = (str(end) if end else None for end in span)
    if found.kind == "standard":
        answer["status"] = status(facts, found.iri, day)
        answer["undated_iri"] = facts.text(found.iri, "ais:ofUndated")
        answer["undated"] = facts.text(answer["undated_iri"] or "", "ais:number")
        answer["editions"] = editions_of(facts, found.iri, day)
        answer["register_url"] = register_url(facts, found.iri, answer["number"])
    answer["contested"] = answer.get("contested") == "true"
    return {
        **answer,
        "iri": found.iri,
        "slug": found.slug,
        "kind": found.kind,
        "as_of": str(day),
        "verification": facts.token(found.iri, "ais:verification"),
        "novelty_ground": facts.token(found.iri, "ais:noveltyGround"),
        "conflicts": conflicts(facts, found.iri),
    }


def iri_key(column: Column) -> str:
    """Return the key under which the IRIs of a column's values stand, beside the values as printed."""
    return f"{column.name}_iris" if column.separator else f"{column.name}_iri"


def _iris(facts: Facts, iri: str, column: Column) -> list[str]:
    if column.kind == "part":
        return stated_parts(facts, iri)
    return [term.value for term in facts.of(iri, column.property)]


def conflicts(facts: Facts, iri: str) -> list[dict[str, Any]]:
    """Return the statements of sources that differ on a fact of a record, by field, the chosen one first, and why it was.

    ``value_kind`` tells a value from *value not known* and from *known to have no value*; ``references`` is what the
    statement was derived from, empty where the note of the record names no source.
    """
    rank = {"preferred": 0, "normal": 1, "deprecated": 2}
    found = []
    for statement in facts.subjects("ais:about", iri):
        choice = facts.text(statement, "ais:chosenBy") or ""
        names, why = (label_of(facts, choice, name) for name in ("skos:prefLabel", "skos:definition"))
        found.append(
            {
                "field": facts.text(statement, "ais:field"),
                "value": facts.text(statement, "ais:statedValue"),
                "value_kind": facts.token(statement, "ais:valueKind"),
                "rank": facts.token(statement, "ais:rank"),
                "chosen": facts.token(statement, "ais:rank") == "preferred",
                "rule": facts.token(statement, "ais:chosenBy"),
                "rule_zh": f"{names.zh}：{why.zh}",
                "rule_en": f"{names.en}: {why.en}",
                "source": ";".join(term.value for term in facts.of(statement, "dcterms:source")) or None,
                "references": [term.value for term in facts.of(statement, "prov:wasDerivedFrom")],
                "state_of": facts.text(statement, "ais:stateOf"),
                "note": facts.text(statement, "skos:note"),
            }
        )
    return sorted(found, key=lambda s: (str(s["field"]), rank.get(str(s["rank"]), 9), str(s["value"])))


def editions_of(facts: Facts, iri: str, day: date) -> list[dict[str, str | None]]:
    """Return the other editions of the same number that are on file, the latest last, with their status on a day."""
    work = facts.text(iri, "ais:ofUndated")
    others = [e for e in facts.subjects("ais:ofUndated", work) if e != iri and is_on_file(facts, e)] if work else []
    found = [
        {
            "number": facts.text(edition, "ais:number"),
            "slug": key_of(edition),
            "issued": facts.text(edition, "ais:issued"),
            "implemented": facts.text(edition, "ais:implemented"),
            "status": status(facts, edition, day),
        }
        for edition in others
    ]
    return sorted(found, key=lambda edition: natural_key(edition["number"] or ""))


def cells(facts: Facts, iri: str, column: Column) -> list[str]:
    """Return the values of one column of a record as its table prints them."""
    terms = facts.of(iri, column.property)
    if column.lang:
        terms = [t for t in terms if isinstance(t, ox.Literal) and t.language == column.lang]
    if column.kind == "part":
        return [cell_text(facts, column, part) for part in stated_parts(facts, iri)]
    return [cell_text(facts, column, term.value) for term in terms]


def stated_parts(facts: Facts, iri: str) -> list[str]:
    """Return the parts of the guide a record was classified in, the primary first, without the parts above that are inferred."""
    inside = item("system", CLASSIFICATION_SYSTEM) + "/"
    parts = [term.value for term in facts.of(iri, "ais:inPart") if term.value.startswith(inside)]
    above = {wider for part in parts for wider in ancestors(facts, part)}
    primary = facts.text(iri, "ais:primaryPart")
    return sorted(
        (part for part in parts if part not in above or part == primary), key=lambda part: (part != primary, part)
    )


def ancestors(facts: Facts, part: str) -> list[str]:
    """Return the parts above a part, the nearest first."""
    found: list[str] = []
    wider = facts.text(part, "skos:broader")
    while wider and wider not in found:
        found.append(wider)
        wider = facts.text(wider, "skos:broader")
    return found


def cell_text(facts: Facts, column: Column, value: str) -> str:
    """Return a value as a cell of its column shows it: numbers of standards, names of committees, tokens of codes."""
    match column.kind:
        case "standard":
            return facts.text(value, "ais:number") or key_of(value)
        case "record":
            return facts.text(value, "ais:number") or facts.text(value, "dcterms:identifier") or key_of(value)
        case "committee":
            return name_of(facts, value)
        case "code" | "part" | "layer":
            return facts.text(value, "skos:notation") or key_of(value)
        case "system":
            return key_of(value)
        case "thing":
            return value.removeprefix(item(column.scheme or "", ""))
    return value


def name_of(facts: Facts, committee: str) -> str:
    """Return the code of a committee, or its name where it has no code."""
    return facts.text(committee, "skos:notation") or facts.text(committee, "skos:prefLabel") or key_of(committee)


def committee_of(facts: Facts, name: str) -> str:
    """Return the IRI of a committee by id, code or name; raises UsageError with the nearest and all codes."""
    known: dict[str, str] = {}
    for body in facts.members("ais:Committee"):
        terms = (*facts.of(body, "skos:prefLabel"), *facts.of(body, "skos:notation"))
        known |= dict.fromkeys((key_of(body), name_of(facts, body), *(term.value for term in terms)), body)
    folded = {text.casefold(): body for text, body in known.items()}
    if name.casefold() in folded:
        return folded[name.casefold()]
    near = nearest(name, known)
    codes = sorted({facts.text(body, "skos:notation") or key_of(body) for body in known.values()})
    raise UsageError(
        f"Unknown committee “{name}”."
        + (f" Did you mean {near}?" if near else "")
        + f" Choose from: {', '.join(codes)}.",
        f"未知的归口单位“{name}”。" + (f"是否指 {near}？" if near else "") + f"可选：{'、'.join(codes)}。",
        value=name,
        near=near,
    )


def register_url(facts: Facts, iri: str, number: str) -> str | None:
    """Return the official platform's page for a standard where one is among its sources, else its search, else None."""
    for evidence in facts.subjects("ais:evidenceOf", iri):
        url = facts.text(evidence, "schema:url") or ""
        if "std.samr.gov.cn/gb/search/gbDetailed" in url or "www.iso.org/standard/" in url or "www.itu.int/rec/" in url:
            return url
    level = facts.token(iri, "ais:level") or ""
    template = facts.text(item("level", level), "ais:registerSearch")
    return template.replace("{number}", quote(number, safe="")) if template else None


def natural_key(number: str) -> list[tuple[int, str]]:
    """Return a key that sorts numbers as people do: digits by value, the rest by letter."""
    return [(int(piece), "") if piece.isdecimal() else (-1, piece) for piece in re.split(r"(\d+)", number) if piece]
