"""Contested facts: statements with rank, references and qualifiers, and the flat fact that the preferred one decides."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter, defaultdict
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from aistandards import identifiers, pipeline
from aistandards.counts import Counts
from aistandards.derive import Facts
from aistandards.lookup import conflicts, status
from aistandards.namespaces import item, key_of
from aistandards.settings import resource
from conftest import Cli
from madeup import compile_folder, standard, write


def table(name: str) -> list[dict[str, str]]:
    with (resource("data") / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


ROWS = table("conflicts.csv")
FACTS: dict[tuple[str, str], list[dict[str, str]]] = defaultdict(list)
for _row in ROWS:
    FACTS[_row["record"], _row["field"]].append(_row)
RECORDS = {
    row.get("number") or row["id"]: (path.name.partition("-")[0].removesuffix("s"), row)
    for path in sorted([*resource("data").glob("standards-*.csv"), *resource("data").glob("projects-*.csv")])
    for row in table(path.name)
}
# the property behind each column on which sources differ, written down here and not read from the table description
FLAT = {"issued": "ais:issued", "implemented": "ais:implemented", "announced": "ais:announced", "number": "ais:number", "plan_number": "ais:planNumber", "ics": "ais:ics", "title_zh": "dcterms:title", "stage": "ais:stage"}  # fmt: skip


def iri_of(record: str) -> str:
    kind, _ = RECORDS[record]
    number = identifiers.try_parse_plan(record) or identifiers.parse(record)
    return item(kind, number.slug)


def shown(row: dict[str, str]) -> tuple[Any, ...]:
    return (
        row["field"], row["value"] or None, row["value_kind"], row["rank"], row["rule"],
        tuple(sorted(filter(None, row["source"].split(";")))), row["state_of"] or None, row["note"] or None,
    )  # fmt: skip


def test_the_table_is_as_large_as_it_was() -> None:
    assert (len(ROWS), len(FACTS)) == (143, 70)
    assert Counter(row["value_kind"] for row in ROWS) == {"value": 137, "unknown": 6}


@pytest.mark.parametrize("record", sorted({record for record, _ in FACTS}))
def test_every_row_is_a_statement_with_its_rank_references_and_qualifiers(record: str, counts: Counts) -> None:
    facts = counts.facts
    evidence = {(row["record"], row["source"]): row for row in table("evidence.csv")}
    told = []
    for said in conflicts(facts, iri_of(record)):
        sources = tuple(sorted(filter(None, (said["source"] or "").split(";"))))
        told.append((said["field"], said["value"], said["value_kind"], said["rank"], said["rule"], sources, said["state_of"], said["note"]))  # fmt: skip
        assert said["chosen"] is (said["rank"] == "preferred")
        assert said["rule_zh"].strip("：") and said["rule_en"].strip(": ") and said["rule_zh"] != said["rule_en"]
        assert len(said["references"]) == len(sources)
        for reference in said["references"]:
            name = facts.text(reference, "dcterms:source") or facts.text(reference, "rdfs:label")
            assert name in sources
            known = evidence.get((record, name or ""))
            assert (facts.text(reference, "ais:evidenceOf") == iri_of(record)) is (known is not None)
    assert Counter(told) == Counter(shown(row) for row in ROWS if row["record"] == record)


def test_a_day_seen_is_the_day_that_the_evidence_shows() -> None:
    evidence = {(row["record"], row["source"]): row["state_of"] for row in table("evidence.csv")}
    for row in ROWS:
        days = {evidence.get((row["record"], source), "") for source in row["source"].split(";")} - {""}
        assert row["state_of"] in (days or {""}), row


@pytest.mark.parametrize("fact", sorted(FACTS))
def test_the_flat_fact_is_that_of_the_preferred_statement(fact: tuple[str, str], counts: Counts) -> None:
    record, field = fact
    [preferred] = [row for row in FACTS[fact] if row["rank"] == "preferred"]
    assert len(FACTS[fact]) > 1, "a fact on which sources differ has another statement"
    iri, facts = iri_of(record), counts.facts
    if field == "status":  # no cell: the status of a day follows from dates and successors
        assert status(facts, iri, date(2026, 11, 24)) == preferred["value"] and RECORDS[record][1]["status"] == ""
        return
    assert RECORDS[record][1][field] == preferred["value"]
    flat = [term.value for term in facts.of(iri, FLAT[field])]
    if preferred["value_kind"] == "value":
        assert preferred["value"] in [key_of(value) if field == "stage" else value for value in flat]
        others = {row["value"] for row in FACTS[fact] if row["value"] and row is not preferred}
        assert not others & {key_of(value) if field == "stage" else value for value in flat}
    else:
        assert preferred["value"] == "" and flat == []


# ---------------------------------------------------------------- how the preferred statement decides

NUMBER = "GB/T 74001-2025"
SAID = {"record": NUMBER, "field": "issued", "value": "2025-03-01", "value_kind": "value", "rank": "preferred", "rule": "misprint", "source": "a"}  # fmt: skip


def compiled(folder: Path, said: list[dict[str, str]], **cells: str) -> pipeline.Compiled:
    files = {"standards-made-up.csv": [standard(NUMBER, reason="made up", **cells)], "conflicts.csv": said}
    return compile_folder(write(folder, files), shapes=True)


def test_an_empty_cell_is_filled_from_the_preferred_statement(tmp_path: Path) -> None:
    other = SAID | {"value": "2025-02-01", "rank": "normal"}
    done = compiled(tmp_path, [SAID, other])
    facts, iri = Facts(done.quads), item("standard", "gbt-74001-2025")
    assert [f.rule for f in done.report.findings if f.severity == "violation"] == []
    assert facts.text(iri, "ais:issued") == facts.text(iri, "ais:issuedEarliest") == "2025-03-01"
    properties = {facts.text(s, "ais:statesProperty") for s in facts.subjects("ais:about", iri)}
    assert len(properties) == 1 and (properties.pop() or "").endswith("#issued")


@pytest.mark.parametrize(
    ("said", "cells", "rule"),
    [
        ([SAID], {"issued": "2025-02-01"}, "conflict-differs"),
        ([SAID | {"value": "", "value_kind": "unknown"}], {"issued": "2025-02-01"}, "conflict-differs"),
        ([SAID | {"value": "", "value_kind": "none"}], {"issued": "2025-02-01"}, "conflict-differs"),
        ([SAID, SAID | {"value": "2025-04-01"}], {}, "conflict-preferred"),
        ([SAID | {"rank": "normal"}], {}, "conflict-preferred"),
        ([SAID | {"value": ""}], {}, "statement-value"),
        ([SAID | {"value_kind": "none"}], {}, "statement-value"),
        ([SAID | {"rank": "best"}], {}, "code-unknown"),
        ([SAID | {"value_kind": "maybe"}], {}, "code-unknown"),
        ([SAID | {"rule": "guesswork"}], {}, "code-unknown"),
        ([SAID | {"rule": ""}], {}, "cell-required"),
        ([SAID | {"field": "isued"}], {}, "field-unknown"),
        ([SAID | {"record": "GB/T 74002-2025"}], {}, "record-unknown"),
        ([SAID | {"state_of": "2026-13-01"}], {}, "date-form"),
    ],
)
def test_a_table_of_conflicts_that_contradicts_itself_is_found(
    said: list[dict[str, str]], cells: dict[str, str], rule: str, tmp_path: Path
) -> None:
    found = [f for f in compiled(tmp_path, said, **cells).report.findings if f.rule == rule]
    assert found and found[0].severity == "violation" and Path(found[0].file or "").name == "conflicts.csv"
    assert found[0].line in (2, 3) and found[0].message_zh != found[0].message_en


def test_no_value_and_not_known_are_two_things(tmp_path: Path) -> None:
    said = [
        SAID | {"field": "withdrawn", "value": "", "value_kind": "none"},
        SAID | {"field": "implemented", "value": "", "value_kind": "unknown"},
    ]
    done = compiled(tmp_path, said)
    assert [f.text() for f in done.report.findings if f.severity == "violation"] == []
    told = {c["field"]: c["value_kind"] for c in conflicts(Facts(done.quads), item("standard", "gbt-74001-2025"))}
    assert told == {"withdrawn": "none", "implemented": "unknown"}


def test_explain_and_show_set_conflicting_values_side_by_side(cli: Cli) -> None:
    for verb in ("show", "explain"):
        answer = json.loads(cli(verb, "YD/T 7168-2026", "--format", "json").stdout)
        values = [(c["value"], c["rank"], c["chosen"]) for c in answer["conflicts"]]
        assert values == [("2026-07-15", "preferred", True), ("2026-07-24", "normal", False), ("2026-08-03", "normal", False)]  # fmt: skip
        text = cli(verb, "YD/T 7168-2026").stdout
        place = [text.index(value) for value in ("→ 2026-07-15", "  2026-07-24", "  2026-08-03")]
        assert place == sorted(place)
    text = cli("show", "IEEE Std 1232-1995").stdout
    assert "→ unknown [preferred]" in text and "→ 值不详" not in text


def test_a_user_may_not_prefer_another_value_than_the_shipped_record(tmp_path: Path) -> None:
    path = tmp_path / "conflicts.csv"
    path.write_text(
        "record,field,value,value_kind,rank,rule,source\nGB/T 45288.1-2025,issued,2025-01-01,value,preferred,misprint,x\n",
        encoding="utf-8",
    )
    done = pipeline.compile_records([path])
    [finding] = [f for f in done.report.findings if f.rule == "conflict-differs"]
    assert (finding.file, finding.line) == (str(path), 2) and "2025-02-28" in finding.text("zh")
    assert io.StringIO(finding.text("en")).read().endswith("→ 2025-02-28")
