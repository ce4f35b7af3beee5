"""The targets of the guide: our counts under each rule beside what bodies stated, and "not known" where that is the answer."""

from __future__ import annotations

from datetime import date
from typing import Any

from aistandards import neighbours
from aistandards.codes import CLASSIFICATION_SYSTEM
from aistandards.counts import Counts
from aistandards.namespaces import key_of
from aistandards.rules import Rule, Target, load_targets

NOT_KNOWN = {
    "zh": "不详：公开资料中没有可据以统计的记录；下列为已见表述，不作推算。",
    "en": "Not known: no public records allow a count; what was stated is listed, nothing is inferred.",
}
WHY_DIFFERENT = {
    "zh": "官方未公布统计口径；本系统范围更宽（含语音、生物特征识别、知识图谱），且登记簿副本之后的发布只有零星记录。",
    "en": "Its counting words were not published; our scope is wider (speech, biometrics, knowledge graphs), and after the register copy only single notices are on record.",
}


def targets(counts: Counts, as_of: date) -> dict[str, Any]:
    """Return every target with our counts under its rules, the official statements beside them, and why they differ.

    ``context`` are the targets of neighbouring documents: no count stands beside them.
    """
    counts.check_day(as_of)
    readings = _readings(counts)
    return {
        "as_of": str(as_of),
        "items": [_target(counts, target, as_of, readings) for target in load_targets(counts.store)],
        "context": neighbours.targets(counts),
    }


def _target(counts: Counts, target: Target, as_of: date, readings: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    current = target.edition in (CLASSIFICATION_SYSTEM, "draft-2024")
    # the draft sets the same figures for the same things, so our counts stand beside either edition
    rules = [rule for rule in counts.rules if current and rule.target.indicator == target.indicator]
    return {
        "id": target.id,
        "iri": target.iri,
        "edition": target.edition,
        "label_zh": target.label.zh,
        "label_en": target.label.en,
        "comparison": target.comparison,
        "value": int(target.value) if target.value is not None else None,
        "unit": target.unit,
        "deadline": target.deadline,
        "counting_words": target.words,
        "source": target.source,
        "note": target.note,
        "ours": [_ours(counts, rule, as_of) for rule in rules],
        "not_known": None if rules or not current or target.value is None else NOT_KNOWN,
        "statements": _statements(counts, target, readings) if current else [],
        "listed": _unnumbered(counts) if target.indicator == "T4" and rules else [],
    }


def _ours(counts: Counts, rule: Rule, as_of: date) -> dict[str, Any]:
    request = counts.request(rule, as_of)
    tally, reached = counts.tally(request), counts.reached_on(request)
    return {
        "rule": rule.name,
        "label_zh": rule.label.zh,
        "label_en": rule.label.en,
        "counted": len(tally.counted),
        "undecided": len(tally.undecided),
        "candidates": tally.candidates,
        "met": rule.target.is_met_by(len(tally.counted)),
        "reached_on": str(reached) if reached else None,
    }


def _readings(counts: Counts) -> dict[str, list[dict[str, Any]]]:
    """Return, by statement, our counts under the readings that match its levels and dates."""
    found: dict[str, list[dict[str, Any]]] = {}
    for row in counts.library.get("statements-against-readings").run(counts.store):
        reading = {"rule": key_of(row["rule"].value), "counted": int(row["ours"].value), "day": row["day"].value}
        found.setdefault(row["statement"].value, []).append(reading)
    return found


def _statements(counts: Counts, target: Target, readings: dict[str, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    found = []
    for row in counts.library.get("statements").run(counts.store, {"indicator": target.indicator}):
        cells = {name: term.value for name, term in row.items()}
        if cells.get("context") == "true":
            continue
        comparable = cells.get("comparable") == "true"
        found.append(
            {
                "measure": cells["measure"],
                "comparison": cells.get("comparison"),
                "value": float(cells["value"]) if "value" in cells else None,
                "unit": cells.get("unit"),
                "as_of": cells.get("day"),
                "who": cells.get("who"),
                "kind": cells.get("kind"),
                "comparable": comparable,
                "readings": readings.get(cells["statement"], []),
                "why_different": WHY_DIFFERENT if comparable else None,
                "why_not_comparable": None if comparable else cells.get("note"),
                "source": cells.get("source"),
            }
        )
    return found


def _unnumbered(counts: Counts) -> list[dict[str, Any]]:
    """Return the participations without a number: listed, never counted."""
    rows = counts.library.get("participations").run(counts.store)
    return [
        {name: row[name].value if name in row else None for name in ("title", "roles", "parties", "source")}
        for row in rows
        if "number" not in row
    ]
