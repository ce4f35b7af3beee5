"""References as a graph, recounted from the table of references alone."""

from __future__ import annotations

import csv
import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from xml.etree import ElementTree as ET

import httpx
import pytest

from aistandards import identifiers
from aistandards.counts import Counts
from aistandards.errors import UsageError
from aistandards.references import network
from conftest import Cli
from madeup import standard, store_of
from serving import serving

DAY = date(2026, 9, 16)


@pytest.fixture(scope="module")
def cited(shipped: Path) -> dict[str, set[str]]:
    """Who cites what, by slug, from ``references.csv`` and the relations that are references."""
    found: dict[str, set[str]] = defaultdict(set)
    with (shipped / "references.csv").open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            found[identifiers.parse(row["to_number"]).slug].add(identifiers.parse(row["from_number"]).slug)
    return found


def test_the_most_cited_are_those_of_the_table(counts: Counts, cited: dict[str, set[str]]) -> None:
    answer = network(counts, "rank", DAY)
    ranked = {identifiers.parse(item["number"]).slug: item["cited_by"] for item in answer["items"]}
    for slug, who in cited.items():
        assert ranked[slug] >= len(who), slug
    counted = [item["cited_by"] for item in answer["items"]]
    assert counted == sorted(counted, reverse=True) and sum(counted) == answer["references"]
    assert all(item["dependents"] >= item["cited_by"] for item in answer["items"])


def made(tmp_path: Path) -> Counts:
    files = {
        "standards-made-up.csv": [standard(f"GB/T {number}-2025") for number in (71001, 71002, 71003, 71004)],
        "references.csv": [
            {"from_number": f"GB/T {a}-2025", "to_number": b, "kind": "normative", "source": "s", "confidence": "high"}
            for a, b in (
                (71001, "GB/T 71002"),
                (71002, "GB/T 71003-2025"),
                (71003, "GB/T 71002-2025"),
                (71004, "GB/T 71001-2025"),
            )
        ],
    }
    return Counts(store_of(tmp_path, files))


def test_what_rests_on_a_standard_is_found_through_others(tmp_path: Path) -> None:
    counts = made(tmp_path)
    items = network(counts, "impact", DAY, "gbt71003")["items"]
    assert [(item["number"], item["distance"], item["through"]) for item in items] == [
        ("GB/T 71002-2025", 1, "GB/T 71003-2025"),
        ("GB/T 71001-2025", 2, "GB/T 71002-2025"),
        ("GB/T 71004-2025", 3, "GB/T 71001-2025"),
    ]
    reached = network(counts, "impact", DAY, "GB/T 71002-2025")["items"]
    assert {(item["number"], item["distance"]) for item in reached} == {
        ("GB/T 71001-2025", 1),
        ("GB/T 71003-2025", 1),
        ("GB/T 71004-2025", 2),
    }
    circles = network(counts, "cycles", DAY)["items"]
    assert circles == [{"members": ["GB/T 71002-2025", "GB/T 71003-2025"], "size": 2}]


def test_stale_references_are_those_of_the_saved_query(counts: Counts) -> None:
    rows = counts.library.get("replaced-references").run(counts.store, {"day": str(DAY)})
    assert Counter(r["number"] for r in network(counts, "stale", DAY)["items"]) == Counter(
        r["number"].value for r in rows
    )


@pytest.mark.parametrize(("view", "number"), [("ranks", None), ("impact", None), ("rank", "GB/T 5271.1")])
def test_what_makes_no_sense_is_refused(counts: Counts, view: str, number: str | None) -> None:
    with pytest.raises(UsageError):
        network(counts, view, DAY, number)


def test_the_command_prints_each_view(cli: Cli) -> None:
    answer = json.loads(cli("network", "rank", "--as-of", "2026-09-16", "--format", "json").stdout)
    assert answer["items"][0]["cited_by"] >= 2
    for lang in ("zh", "en"):
        assert answer["items"][0]["number"] in cli("network", "--lang", lang).stdout
    assert cli("network", "impact", answer["items"][0]["number"]).code in (0, 1)
    assert cli("network", "impcat").code == 2
    assert ET.fromstring(cli("network", "export").stdout).tag.endswith("graphml")


@pytest.fixture(scope="module")
def address(store_folder: Path) -> Iterator[str]:
    with serving(store_folder) as at:
        yield at + "/api/v1/network"


def test_the_api_answers_as_the_command_does(address: str, cli: Cli) -> None:
    said = json.loads(cli("network", "rank", "--as-of", "2026-09-16", "--format", "json").stdout)
    assert httpx.get(f"{address}?as_of=2026-09-16", timeout=60).json() == said
    assert httpx.get(f"{address}?view=cycle", timeout=60).status_code == 400
    assert httpx.get(f"{address}?format=csv", timeout=60).text.startswith("\ufeffnumber,")
