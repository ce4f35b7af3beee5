"""Targets: our counts under each rule beside what bodies stated; "not known" where nothing allows a count."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from aistandards.counts import Counts
from aistandards.errors import UsageError
from aistandards.rules import Target, load_targets, pick
from aistandards.targets import targets
from conftest import Cli

DAY = date(2026, 11, 24)
T2_RULES = ["guide", "guide-from-draft", "national", "calendar-2024", "narrow", "stock", "narrow-stock"]


@pytest.fixture(scope="module")
def items(counts: Counts) -> dict[str, Any]:
    return {item["id"]: item for item in targets(counts, DAY)["items"]}


def test_the_targets_are_those_of_the_guides(items: dict[str, Any]) -> None:
    figures = {name: (i["comparison"], i["value"], i["unit"], i["deadline"]) for name, i in items.items() if i["value"]}
    assert figures["G24-T2"] == (">=", 50, "standards", "2026")
    assert figures["G24-T4"] == (">=", 20, "standards", "2026")
    assert figures["G24-T3"] == (">", 1000, "enterprises", "2026")
    assert figures["D24-T1"] == (">=", 60, "percent", "2026")
    assert "G24-T1" not in items, "the final edition dropped the share of projects"
    assert all(item["source"] and item["label_zh"] and item["label_en"] for item in items.values())


def test_national_and_industry_standards_under_every_rule(items: dict[str, Any], counts: Counts) -> None:
    ours = {entry["rule"]: entry for entry in items["G24-T2"]["ours"]}
    assert list(ours) == T2_RULES
    for name, entry in ours.items():
        request = counts.request(pick(counts.rules, name), DAY)
        assert entry["counted"] == len(counts.tally(request).counted)
        reached = counts.reached_on(request)
        assert entry["reached_on"] == (str(reached) if reached else None)
        assert entry["met"] == (entry["counted"] >= 50) == (reached is not None)
    assert items["G24-T2"]["not_known"] is None


def test_the_draft_shows_the_same_counts_beside_its_figures(items: dict[str, Any]) -> None:
    for draft, final in (("D24-T2", "G24-T2"), ("D24-T4", "G24-T4")):
        assert items[draft]["value"] == items[final]["value"]
        assert items[draft]["ours"] == items[final]["ours"] != []
        assert items[draft]["not_known"] is None


def test_reached_on_is_the_first_day_of_the_unbroken_stretch(counts: Counts) -> None:
    for name in T2_RULES:
        request = counts.request(pick(counts.rules, name), DAY)
        reached = counts.reached_on(request)
        points = [(day, count) for day, count in counts.curve(request) if day <= DAY]
        if reached is None:
            assert points[-1][1] < 50
            continue
        assert all(count >= 50 for day, count in points if day >= reached)
        before = [count for day, count in points if day < reached]
        assert before and before[-1] < 50


def test_international_standards_taken_part_in(items: dict[str, Any], counts: Counts) -> None:
    ours = {entry["rule"]: entry for entry in items["G24-T4"]["ours"]}
    assert list(ours) == ["took-part", "led"]
    assert 0 < ours["led"]["counted"] <= ours["took-part"]["counted"] < 20
    assert ours["took-part"]["met"] is False and ours["took-part"]["reached_on"] is None
    request = counts.request(pick(counts.rules, "took-part"), DAY)
    wide = counts.request(pick(counts.rules, "took-part"), DAY, {"ieee": "yes", "window": "none"})
    assert len(counts.tally(wide).counted) > len(counts.tally(request).counted)
    bodies = {str(c.get("number")).split(" ")[0] for c in counts.tally(request).counted}
    assert bodies <= {"ISO", "ISO/IEC", "IEC", "ITU-T"}


def test_a_participation_without_a_number_is_listed_and_not_counted(items: dict[str, Any], counts: Counts) -> None:
    listed = items["G24-T4"]["listed"]
    assert "面向真实场景的具身智能遥操作数据采集系统技术要求" in {entry["title"] for entry in listed}
    assert all(entry["roles"] and entry["source"] for entry in listed)
    everyone = len(counts.facts.members("ais:Participation"))
    judged = counts.tally(counts.request(pick(counts.rules, "took-part"), date(2030, 1, 1))).candidates
    assert judged + len(listed) == everyone and listed
    assert items["G24-T2"]["listed"] == []


@pytest.mark.parametrize("name", ["G24-T3", "D24-T3", "D24-T1"])
def test_enterprises_and_the_share_of_projects_are_not_known(name: str, items: dict[str, Any]) -> None:
    item = items[name]
    assert item["ours"] == []
    assert item["not_known"]["en"].startswith("Not known") and item["not_known"]["zh"].startswith("不详")
    assert item["statements"] and all(s["source"] for s in item["statements"])


def test_a_goal_without_a_figure_is_neither_counted_nor_unknown(items: dict[str, Any]) -> None:
    item = items["G24-T0"]
    assert (item["value"], item["ours"], item["not_known"]) == (None, [], None)


def test_an_official_total_stands_beside_the_reading_with_its_levels_on_its_day(
    items: dict[str, Any], counts: Counts
) -> None:
    """SAMR said 30 on 2025-09-09; the query gives the readings of that day, whatever day is asked."""
    (total,) = [
        s for s in items["G24-T2"]["statements"] if s["measure"] == "AI national standards published, cumulative"
    ]
    assert (total["value"], total["as_of"], total["who"], total["comparable"]) == (30, "2025-09-09", "SAMR", True)
    readings = {reading["rule"]: reading["counted"] for reading in total["readings"]}
    day = date(2025, 9, 9)
    assert readings == {
        name: len(counts.tally(counts.request(pick(counts.rules, name), day)).counted)
        for name in ("narrow-stock", "stock")
    }
    assert readings["narrow-stock"] == 30
    assert total["why_different"]["zh"] and total["why_different"]["en"] and total["why_not_comparable"] is None


def test_a_statement_of_a_part_of_a_year_is_held_against_that_part(items: dict[str, Any], counts: Counts) -> None:
    (partial,) = [
        s for s in items["G24-T2"]["statements"] if s["measure"] == "AI national standards published in 2025 to date"
    ]
    readings = {reading["rule"]: reading["counted"] for reading in partial["readings"]}
    tally = counts.tally(counts.request(pick(counts.rules, "narrow-stock"), date(2025, 9, 9)))
    in_2025 = [c for c in tally.counted if (counts.facts.text(c.iri, "ais:issuedEarliest") or "") >= "2025-01-01"]
    assert readings["narrow-stock"] == len(in_2025) < readings["stock"]


def test_what_is_not_comparable_says_why_and_context_never_stands_beside_a_count(
    items: dict[str, Any], counts: Counts
) -> None:
    rows = list(counts.library.get("statements").run(counts.store))
    context = {row["measure"].value for row in rows if "context" in row and row["context"].value == "true"}
    shown = [statement for item in items.values() for statement in item["statements"]]
    assert context and not context & {statement["measure"] for statement in shown}
    others = [statement for statement in shown if not statement["comparable"]]
    assert others
    for statement in others:
        assert statement["readings"] == [] and statement["why_different"] is None
    assert sum(bool(statement["why_not_comparable"]) for statement in others) > len(others) // 2


def test_the_counts_of_an_earlier_day(counts: Counts) -> None:
    early = {item["id"]: item for item in targets(counts, date(2025, 8, 18))["items"]}
    ours = {entry["rule"]: entry for entry in early["G24-T2"]["ours"]}
    assert ours["guide"]["met"] is False and ours["guide"]["reached_on"] is None
    assert ours["calendar-2024"]["met"] is True
    with pytest.raises(UsageError, match="before the first record"):
        targets(counts, date(1980, 1, 1))


@pytest.mark.parametrize(
    ("comparison", "value", "below", "at", "above"),
    [(">=", 50, False, True, True), (">", 50, False, False, True), (">=", None, False, False, False)],
)
def test_a_target_below_at_and_above(
    counts: Counts, comparison: str, value: float | None, below: bool, at: bool, above: bool
) -> None:
    known = load_targets(counts.store)[0]
    fields = {name: getattr(known, name) for name in Target.__dataclass_fields__}
    target = Target(**{**fields, "comparison": comparison, "value": value})
    assert [target.is_met_by(count) for count in (49, 50, 51)] == [below, at, above]


def test_on_the_command_line(cli: Cli, counts: Counts) -> None:
    answer = json.loads(cli("targets", "--as-of", str(DAY), "--format", "json").stdout)
    assert answer == json.loads(json.dumps(targets(counts, DAY)))
    english, chinese = (cli("targets", "--lang", language).stdout for language in ("en", "zh"))
    assert "Not known" in english and "不详" in chinese
    assert "[ours that day: narrow-stock 30" in english
    assert "no number, listed only" in english
    table = cli("targets", "--format", "csv").stdout.splitlines()
    assert table[0].startswith("target,rule") and any(line.startswith("G24-T2,guide,") for line in table)
