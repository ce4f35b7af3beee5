"""A system with what stands beside it: mappings with their reasons, the records in each part, targets of the same document."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from aistandards.counts import Counts
from aistandards.lookup import natural_key
from aistandards.namespaces import expand, key_of, part_iri
from aistandards.rules import label_of
from aistandards.systems import CARRYING, Seen, View, editions

Row = dict[str, Any]


def system(counts: Counts, edition: str) -> dict[str, Any]:
    """Return a system with its parts; each says its neighbours and how many records are in it, and how surely.

    ``direct`` are records classified here directly, ``exact`` those whose part is the same here, ``part_of`` those that lie
    inside; ``related`` lie in parts that are only touched, and never count. Standards and projects on file, of every level.
    """
    view = counts.view(edition)
    placed, beside = _placed(counts, view), _mappings(counts, view)
    answer = view.as_dict()
    for part in answer["parts"]:
        part |= _records(view, part["iri"], placed)
        part["neighbours"] = beside.get(part["iri"], [])
    return {**answer, "targets": targets(counts, view.iri)}


def flat_rows(answer: dict[str, Any]) -> list[Row]:
    """Return the parts of a system as rows without nesting: the neighbours as ``related guide-2024 CL``."""
    rows = []
    for part in answer["parts"]:
        beside = ";".join(f"{n['relation']} {n['system']} {n['notation']}" for n in part["neighbours"])
        missing = part["no_counterpart"]
        rows.append({**part, "no_counterpart": missing["en"] if missing else None, "neighbours": beside})
    return rows


def _placed(counts: Counts, view: View) -> list[tuple[str, str | None, Seen]]:
    """Return every record on file with its primary part in the guide and where the system sees it."""
    found = []
    for entry in counts.index.entries("standard") + counts.index.entries("project"):
        own = part_iri("guide-2024", entry["part"]) if entry["part"] else None
        found.append((entry["iri"], own, view.stands(entry["iri"], own)))
    return found


def _records(view: View, part: str, placed: list[tuple[str, str | None, Seen]]) -> dict[str, int]:
    inside, near = set(view.below(part)), view.neighbours(part)
    said = {"direct": 0, "exact": 0, "part_of": 0, "related": 0}
    for record, own, seen in placed:
        if seen.part in inside:
            said["direct" if record in view.direct else seen.match.replace("-", "_")] += 1
        elif own in near:
            said["related"] += 1
    return said


def _mappings(counts: Counts, view: View) -> dict[str, list[Row]]:
    """Return the mappings from and to each part of a system, with the reason, who judged and when."""
    facts, carrying = counts.facts, set(CARRYING.values())
    found: dict[str, list[Row]] = defaultdict(list)
    slugs = {iri: slug for slug, iri in editions(facts).items()}
    for row in counts.library.get("crosswalk").run(counts.store):
        cells = {name: term.value for name, term in row.items()}
        for own, other, direction in (("part", "other", "out"), ("other", "part", "in")):
            if cells["system" if own == "part" else "other_system"] != view.iri:
                continue
            label = label_of(facts, cells[other], "skos:prefLabel")
            found[cells[own]].append(
                {
                    "relation": cells["relation"],
                    "direction": direction,
                    "carries": cells["relation"] in carrying,
                    "system": slugs[cells["other_system" if own == "part" else "system"]],
                    "notation": facts.text(cells[other], "skos:notation") or key_of(cells[other]),
                    "label_zh": label.zh,
                    "label_en": label.en,
                    **{
                        name: cells.get(name) for name in ("reason_zh", "reason_en", "judged_by", "judged_on", "source")
                    },
                }
            )
    return found


def targets(counts: Counts, system_iri: str | None = None) -> list[Row]:
    """Return the targets of neighbouring documents, of one system or all: context, never mixed with those of the guide."""
    facts = counts.facts
    slugs = {iri: slug for slug, iri in editions(facts).items()}
    found = []
    for iri in facts.members("ais:NeighbouringTarget"):
        of = facts.text(iri, "ais:inSystem")
        if system_iri in (None, of):
            names = {
                "id": "dcterms:identifier",
                "document": "dcterms:title",
                "document_number": "ais:recordNumber",
                "date": "ais:announced",
                "label": "rdfs:label",
                "comparison": "ais:comparison",
                "value": "ais:statedValue",
                "unit": "ais:unit",
                "deadline": "ais:deadline",
                "source": "dcterms:source",
                "confidence": "ais:confidence",
                "note": "skos:note",
            }
            row: Row = {name: facts.text(iri, expand(known)) for name, known in names.items()}
            found.append({**row, "iri": iri, "system": slugs.get(of or "")})
    return sorted(found, key=lambda row: natural_key(row["id"] or ""))
