"""The policy documents beside the guide: their status, clauses, measures, targets, roles, steps, figures and links."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, Final

from aistandards.counts import Counts, known
from aistandards.errors import NotFoundError
from aistandards.findings import nearest
from aistandards.namespaces import item, key_of

# what a cell of an answer is, where it is not a text
WHOLE: Final = {"line", "last_line", "valid_years", "step", "clauses", "not_modelled", "rules", "figures"}
LISTED: Final = {"kinds", "issuers", "issuers_en"}
GROUPS: Final = {"target": "targets", "role": "roles", "procedure": "procedure"}
Answer = dict[str, Any]


def documents(counts: Counts, status: str | None = None) -> Answer:
    """Return every document with its status, validity and how much of it is on record; raises UsageError for an unknown status."""
    given = {} if status is None else {"status": known("status of a document", "文件状态", status, _statuses(counts))}
    found = _documents(counts, given)
    return {"total": len(found), "items": found, "next": None}


def document(counts: Counts, slug: str) -> Answer:
    """Return one document with its clauses and what stands in them; raises NotFoundError that names the nearest slug."""
    listed = {row["slug"]: row for row in _documents(counts, {})}
    if slug not in listed:
        raise _not_found(slug, listed)
    found = listed[slug]
    given = {"policy": slug}
    rules = [_without(row, "rule") for row in _rows(counts, "policy-rules", given)]
    figures = [_figure(row) for row in _rows(counts, "policy-figures", given)]
    clauses = [_clause(_without(row, "clause"), rules, figures) for row in _rows(counts, "policy-clauses", given)]
    grouped = {
        name: sorted((row for row in rules if row["kind"] == kind), key=lambda row: row["step"] or 0)
        for kind, name in GROUPS.items()
    }
    return {
        **found,
        **_relations(counts, slug),
        "links": _links(counts, given),
        "clauses": clauses,
        "measures": [clause for clause in clauses if "measure" in clause["kinds"]],
        "findings": [clause for clause in clauses if "finding" in clause["kinds"]],
        **grouped,
        "rules": [row for row in rules if row["kind"] not in GROUPS],
        "figures": figures,
    }


def _documents(counts: Counts, given: dict[str, str]) -> list[Answer]:
    found = _rows(counts, "policy-documents", given)
    return [{"slug": row["slug"], "iri": row["document"], **_without(row, "document")} for row in found]


def _not_found(slug: str, known_slugs: Iterable[str]) -> NotFoundError:
    near = nearest(slug, known_slugs)
    return NotFoundError(
        f"There is no policy document “{slug}”."
        + (f" Did you mean {near}?" if near else "")
        + " `aistandards policies` lists them.",
        f"没有政策文件“{slug}”。" + (f"是否指 {near}？" if near else "") + "`aistandards policies` 列出全部文件。",
        value=slug,
        near=near,
    )


def _statuses(counts: Counts) -> list[str]:
    return sorted(counts.words["policy-status"])


def _rows(counts: Counts, name: str, given: dict[str, str]) -> list[Answer]:
    """Return the rows of a saved query with every column, numbers as numbers and lists as lists."""
    query = counts.library.get(name)
    return [
        {column: _cell(column, row[column].value if column in row else None) for column in query.columns}
        for row in query.run(counts.store, given)
    ]


def _cell(column: str, text: str | None) -> Any:
    if column in LISTED:
        return sorted(text.split(";")) if text else []
    if text is not None and column in WHOLE:
        return int(Decimal(text))
    return text


def _without(row: Answer, *names: str) -> Answer:
    return {name: value for name, value in row.items() if name not in names}


def _clause(row: Answer, rules: list[Answer], figures: list[Answer]) -> Answer:
    here = {"rules": rules, "figures": figures}
    stands = {name: [one["id"] for one in found if one["clause"] == row["id"]] for name, found in here.items()}
    return {**row, **stands}


def _figure(row: Answer) -> Answer:
    """Return a figure with its value in the base unit; decimal throughout, written without an exponent."""
    based = Decimal(row["value"]) * Decimal(row["factor"])
    whole = based == based.to_integral_value()
    return {
        **_without(row, "figure", "policy", "factor"),
        "base_value": f"{based.to_integral_value() if whole else based.normalize():f}",
    }


def _relations(counts: Counts, slug: str) -> Answer:
    """Return the slugs of the documents before and after, of those it rests on and that rest on it, and its edition of the guide."""
    iri = item("policy", slug)
    after, rests = "ais:follows", "dcterms:references"
    return {
        "edition": counts.facts.token(iri, "ais:edition"),
        "follows": sorted(key_of(term.value) for term in counts.facts.of(iri, after)),
        "followed_by": [key_of(other) for other in counts.facts.subjects(after, iri)],
        "based_on": sorted(key_of(term.value) for term in counts.facts.of(iri, rests)),
        "basis_of": [key_of(other) for other in counts.facts.subjects(rests, iri)],
    }


def _links(counts: Counts, given: dict[str, str]) -> list[Answer]:
    """Return what the document and its clauses touch: one entry a link, with its parts and layers."""
    found: dict[str, Answer] = {}
    for row in _rows(counts, "policy-links", given):
        link = found.setdefault(
            row["link"],
            {"about": row["about"], "parts": [], "layers": []}
            | {name: row[name] for name in ("basis", "reason_zh", "reason_en", "judged_by", "judged_on")},
        )
        link["layers" if row["scheme"] == "chain" else "parts"].append(row["notation"])
    return list(found.values())
