"""The forecast: golden answers worked out from the CSV files alone, made-up pipelines for each branch, and properties."""

from __future__ import annotations

import csv
from calendar import monthrange
from collections import Counter
from datetime import date, timedelta
from fractions import Fraction
from itertools import product
from math import log, sqrt
from pathlib import Path
from statistics import median
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aistandards.counts import Counts
from aistandards.errors import UsageError
from aistandards.forecast import forecast, horizon, window
from aistandards.plans import ALL, READINGS, Plan, Stand, load_plans
from aistandards.rules import pick
from madeup import Row, project, standard, store_of

DAY = date(2026, 11, 24)  # on which the shipped projects were read; nothing here depends on the clock
CHINESE = ("national", "industry", "local", "group")


def ahead(
    counts: Counts, rule: str = "guide", day: date = DAY, by: date | None = None, **switches: str
) -> dict[str, Any]:
    return forecast(counts, counts.request(pick(counts.rules, rule), day, switches), by)


# ---------------------------------------------------------------- the shipped records, by plain csv


def rows(shipped: Path, name: str) -> list[dict[str, str]]:
    with (shipped / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def days_of(printed: str) -> tuple[date, date] | None:
    """Earliest and latest day of a printed date."""
    if not printed:
        return None
    pieces = [int(piece) for piece in printed.split("-")]
    year, month = pieces[0], pieces[1] if len(pieces) > 1 else 0
    if len(pieces) == 3:
        return date(*pieces), date(*pieces)
    first, last = (month or 1), (month or 12)
    return date(year, first, 1), date(year, last, monthrange(year, last)[1])


def start_of(row: dict[str, str], issued: tuple[date, date] | None) -> tuple[date, date] | None:
    """When a project began: as announced, else in the year its plan number begins with; not after it was read or issued."""
    span = days_of(row["announced"]) or (
        days_of(row["plan_number"][:4]) if row["plan_number"][:4].isdecimal() else None
    )
    latest = min(day for day in (span and span[1], date.fromisoformat(row["judged_on"]), issued and issued[1]) if day)
    return (span[0], latest) if span else None


@pytest.fixture(scope="module")
def recorded(shipped: Path) -> list[dict[str, Any]]:
    """Every Chinese project of the file with its days, by plain csv."""
    issued = {
        row["number"]: days_of(row["issued"])
        for name in ("national", "industry", "group-local")
        for row in rows(shipped, f"standards-{name}.csv")
    }
    named = {
        row["plan_number"]: row["number"]
        for name in ("national", "industry", "group-local")
        for row in rows(shipped, f"standards-{name}.csv")
        if row["plan_number"]
    }
    found = []
    for row in rows(shipped, "projects-china.csv"):
        result = row["result_number"] or named.get(row["plan_number"], "")
        ended = issued.get(result)
        found.append({**row, "result": result, "ended": ended, "start": start_of(row, ended)})
    return found


def test_the_cases_are_the_linked_pairs_with_both_days(counts: Counts, recorded: list[dict[str, Any]]) -> None:
    answer = ahead(counts)["durations"]
    expected = {
        row["id"]: (
            row["result"],
            max((row["ended"][0] - row["start"][1]).days, 0),
            (row["ended"][1] - row["start"][0]).days,
        )
        for row in recorded
        if row["ended"] and row["start"] and row["ended"][1] <= DAY
    }
    found = {case["number"]: (case["result"], case["days_min"], case["days_max"]) for case in answer["cases"]}
    assert found == expected and answer["total"] == len(expected) >= 10
    without = {row["id"] for row in recorded if row["result"] and not (row["ended"] and row["start"])}
    assert {case["number"] for case in answer["without_days"]} == without and without


def test_the_strata_sum_up_their_cases(counts: Counts, recorded: list[dict[str, Any]]) -> None:
    answer = ahead(counts)["durations"]
    cases = answer["cases"]
    for stratum in answer["strata"]:
        inside = [
            case
            for case in cases
            if stratum["level"] in (None, case["level"]) and stratum["committee"] in (None, case["committee"])
        ]
        assert stratum["cases"] == len(inside) > 0
        assert stratum["days_min"] == min(case["days_min"] for case in inside)
        assert stratum["days_max"] == max(case["days_max"] for case in inside)
        if len(inside) >= 5:
            assert stratum["days_median_earliest"] == median(case["days_min"] for case in inside)
            assert stratum["days_median_latest"] == median(case["days_max"] for case in inside)
        else:
            assert stratum["days_median_earliest"] is stratum["days_median_latest"] is None
        assert stratum["pool"] == "all"
    by_level = Counter(row["level"] for row in recorded if row["id"] in {case["number"] for case in cases})
    assert {s["level"]: s["cases"] for s in answer["strata"] if s["level"] and not s["committee"]} == by_level


def under_way(recorded: list[dict[str, Any]]) -> list[dict[str, Any]]:
    open_ = [row for row in recorded if not row["result"] and row["stage"] not in ("published", "stopped")]
    return [row for row in open_ if row["level"] in ("", *CHINESE)]


def test_the_pipeline_by_stage(counts: Counts, recorded: list[dict[str, Any]]) -> None:
    answer = ahead(counts)
    asked = [row for row in under_way(recorded) if row["level"] in ("", "national", "industry")]
    assert {row["stage"]: row["projects"] for row in answer["stages"]} == Counter(row["stage"] or None for row in asked)
    would = [row for row in asked if row["level"] and row["scope"] == "core" and row["nature"] != "guidance"]
    assert sum(row["would_count"] for row in answer["stages"]) == len(would) == answer["estimate"]["under_way"]
    assert sum(row["undecided"] for row in answer["stages"]) == sum(not row["level"] for row in asked)
    for row in answer["stages"]:
        assert row["projects"] == row["would_count"] + row["excluded"] + row["undecided"]
    with_guidance = ahead(counts, guidance="yes", scope="all")
    assert with_guidance["estimate"]["under_way"] == sum(bool(row["level"]) for row in asked)
    saved = [{k: v.value for k, v in row.items()} for row in counts.library.get("pipeline-by-stage").run(counts.store)]
    assert sum(int(row["projects"]) for row in saved) == len(under_way(recorded))


def kept(ended: list[int], ages: list[int], age: int, until: int) -> Fraction:
    """The share that lasts longer than ``until`` of what has lasted to ``age``: Kaplan and Meier, as fractions."""
    share = Fraction(1)
    for time in sorted(set(ended)):
        if age < time <= until:
            share *= 1 - Fraction(ended.count(time), sum(one >= time for one in ended + ages))
    return share


def took(reading: str, begin: tuple[date, date], end: tuple[date, date]) -> int:
    if reading == "middle":
        middles = [(span[0].toordinal() + span[1].toordinal()) // 2 for span in (begin, end)]
        return max(middles[1] - middles[0], 0)
    return max((end[0] - begin[1]).days if reading == "short" else (end[1] - begin[0]).days, 0)


@pytest.mark.parametrize("by", [date(2026, 12, 31), date(2027, 12, 31)])
def test_the_estimate_is_worked_out_again(counts: Counts, recorded: list[dict[str, Any]], by: date) -> None:
    answer = ahead(counts, by=by)
    cases = [row for row in recorded if row["ended"] and row["start"]]
    going = [row for row in under_way(recorded) if row["start"]]
    sums = {}
    chances: dict[str, list[float]] = {}
    for reading in [("middle", "middle"), *product(("short", "long"), repeat=2)]:
        ended = [took(reading[0], row["start"], row["ended"]) for row in cases]
        ages = [took(reading[1], row["start"], (DAY, DAY)) for row in going]
        sums[reading] = 0.0
        for row, age in zip(going, ages, strict=True):
            core = row["scope"] == "core" and row["nature"] != "guidance"
            if core and row["level"] in ("national", "industry"):
                chance = float(1 - kept(ended, ages, age, age + (by - DAY).days))
                chances.setdefault(row["id"], []).append(chance)
                sums[reading] += chance
    made = answer["estimate"]
    assert made["cases"] == len(cases) and made["in_estimate"] == len(chances) > 0
    assert made["expected"] == pytest.approx(sums["middle", "middle"], abs=0.006)
    assert (made["expected_low"], made["expected_high"]) == (
        pytest.approx(min(sums.values()), abs=0.006),
        pytest.approx(max(sums.values()), abs=0.006),
    )
    shown = {p["number"]: p for p in answer["projects"] if p["chance"] is not None}
    assert set(shown) == set(chances)
    for number, five in chances.items():
        assert shown[number]["chance"] == pytest.approx(five[0], abs=1e-4)
        assert shown[number]["chance_low"] <= min(five) + 1e-4 and max(five) - 1e-4 <= shown[number]["chance_high"]
    interval = made["interval"]
    assert interval["low"] <= made["expected"] <= interval["high"] <= len(chances)


def test_overdue_is_said_only_where_a_due_date_or_a_period_is_on_record(
    counts: Counts, recorded: list[dict[str, Any]]
) -> None:
    answer = ahead(counts)["overdue"]

    def due(row: dict[str, Any]) -> tuple[date, date] | None:
        if row["due"] or not row["period"] or not row["start"]:
            return days_of(row["due"])
        full = days_of(row["announced"]) or days_of(row["plan_number"][:4])
        assert full
        months = [(day.year * 12 + day.month - 1 + int(row["period"]), day.day) for day in full]
        ends = [(at // 12, at % 12 + 1, day) for at, day in months]
        first, last = (date(y, m, min(day, monthrange(y, m)[1])) for y, m, day in ends)
        return first, last

    asked = [row for row in under_way(recorded) if row["level"] in ("", "national", "industry")]
    late = {row["id"] for row in asked if (span := due(row)) and span[1] < DAY}
    in_time = {row["id"] for row in asked if (span := due(row)) and span[0] >= DAY}
    assert {item["number"] for item in answer["items"]} == late and late
    assert (answer["overdue"], answer["not_overdue"]) == (len(late), len(in_time))
    assert answer["not_known"] == len(asked) - len(late) - len(in_time) > 0


def test_results_without_a_plan_are_core_and_have_no_project(counts: Counts, shipped: Path) -> None:
    answer = ahead(counts)["results_without_plan"]
    linked = {row["result_number"] for row in rows(shipped, "projects-china.csv")}
    plans = {row["plan_number"] for row in rows(shipped, "projects-china.csv")} - {""}
    expected = set()
    for name in ("national", "industry"):
        for row in rows(shipped, f"standards-{name}.csv"):
            span = days_of(row["issued"])
            inside = span is not None and date(2024, 7, 2) <= span[0] and span[1] <= DAY
            if row["scope"] == "core" and inside and row["number"] not in linked and row["plan_number"] not in plans:
                expected.add(row["number"])
    found = {item["number"] for item in answer["items"]}
    assert expected - found == set()
    unprinted = found - expected  # their day of issue is bounded by the number and a source, not printed
    assert all(not item["issued"] for item in answer["items"] if item["number"] in unprinted)
    assert answer["total"] == len(found)


def test_the_backtest_says_why_it_cannot_be_made(counts: Counts, recorded: list[dict[str, Any]]) -> None:
    tests = ahead(counts)["backtest"]
    assert [test["as_of"] for test in tests][:4] == ["2025-01-01", "2025-07-01", "2026-01-01", "2026-07-01"]
    for test in tests:
        day, by = date.fromisoformat(test["as_of"]), date.fromisoformat(test["by_day"])
        known = [row for row in recorded if row["ended"] and row["start"] and row["ended"][1] <= day]
        assert test["cases"] == len(known)
        assert (test["interval"] is None) == (len(known) < 10) == bool(test["why_none_zh"] and test["why_none_en"])
        assert day < by <= min(date(day.year + 1, day.month, day.day), DAY)
        before, after = (
            {c.iri for c in counts.tally(counts.request(pick(counts.rules, "guide"), at)).counted} for at in (day, by)
        )
        assert test["newly_counted"] == len(after - before)
        assert test["newly_counted_with_project"] <= test["newly_counted"]
    assert tests[-1]["cases"] == 10 and tests[-1]["interval"]


def test_notes_name_the_share_that_is_seen(counts: Counts) -> None:
    answer = ahead(counts)
    assert all(note["zh"] and note["en"] and note["zh"] != note["en"] for note in answer["notes"])
    assert "2026-09-16" in " ".join(note["en"] for note in answer["notes"])


# ---------------------------------------------------------------- made-up pipelines


def pairs(
    number: int, level: str = "national", committee: str = "", first: int = 0, step: int = 20
) -> tuple[list[Row], list[Row]]:
    """Projects announced on one day and the standards they became, each some days later than the one before."""
    prefix = {"national": "GB/T", "industry": "YD/T"}[level]
    projects: list[Row] = []
    standards: list[Row] = []
    for at in range(number):
        digits = 50000 + first + at
        result = f"{prefix} {digits}-2021"
        issued = date(2020, 1, 1) + timedelta(days=100 + step * at)
        given = {"level": level, "committee": committee, "announced": "2020-01-01", "stage": "published"}
        plan = f"2020{first + at:04d}-T-469"
        projects.append(project(plan, result_number=result, **given))
        standards.append(standard(result, level=level, issued=str(issued)))
    return projects, standards


def going(number: int, announced: str, first: int = 5000, **cells: str) -> list[Row]:
    return [project(f"2023{first + at:04d}-T-469", announced=announced, **cells) for at in range(number)]


def counted(folder: Path, projects: list[Row], standards: list[Row]) -> Counts:
    committees: list[Row] = [{"id": name.lower(), "code": name, "source": "made up"} for name in ("A", "B")]
    files: dict[str, list[Row]] = {
        "projects-made-up.csv": projects,
        "standards-made-up.csv": standards,
        "committees.csv": committees,
    }
    return Counts(store_of(folder, files))


AS_OF, BY = date(2023, 6, 1), date(2023, 12, 31)


def test_below_ten_cases_are_listed_and_nothing_is_estimated(tmp_path: Path) -> None:
    projects, standards = pairs(9)
    counts = counted(tmp_path / "nine", [*projects, *going(4, "2023-01-01")], standards)
    answer = ahead(counts, "stock", AS_OF, BY)
    made = answer["estimate"]
    assert made["cases"] == 9 == len(answer["durations"]["cases"])
    assert made["expected"] is made["interval"] is made["expected_low"] is made["expected_high"] is None
    assert "9" in made["why_none_en"] and "9" in made["why_none_zh"]
    assert made["in_estimate"] == 0 and made["under_way"] == 4
    assert {p["chance"] for p in answer["projects"]} == {None}
    assert {s["pool"] for s in answer["durations"]["strata"]} == {"none"}


def test_from_ten_cases_on_there_is_an_interval_and_it_is_counted_out(tmp_path: Path) -> None:
    """Ten durations of 100, 120, … 280 days; five projects under way for 151 days; asked for the next 213."""
    projects, standards = pairs(10)
    counts = counted(tmp_path / "ten", [*projects, *going(5, "2023-01-01")], standards)
    made = ahead(counts, "stock", AS_OF, BY)["estimate"]
    ended, ages = [100 + 20 * at for at in range(10)], [151] * 5
    share = float(kept(ended, ages, 151, 364))
    assert made["cases"] == 10 and made["why_none_en"] is None
    assert made["expected"] == made["expected_low"] == made["expected_high"] == round(5 * (1 - share), 2)
    assert share == 0, "all that lasted so long had ended by then"
    assert made["interval"] == {"level": 0.9, "low": binomial_quantile(5, 0.05 ** (1 / 7), 0.05), "high": 5}

    sooner = ahead(counts, "stock", AS_OF, date(2023, 7, 31))["estimate"]  # 60 days on: 160, 180 and 200 have ended
    share = float(kept(ended, ages, 151, 211))
    variance = sum(1 / (n * (n - 1)) for n in (7, 6, 5))
    spread = 2.718281828459045 ** (1.6448536269514722 * sqrt(variance) / abs(log(share)))
    low, high = 1 - share ** (1 / spread), 1 - share**spread
    assert sooner["expected"] == round(5 * (1 - share), 2) == round(5 * 3 / 7, 2)
    assert (sooner["interval"]["low"], sooner["interval"]["high"]) == (
        binomial_quantile(5, low, 0.05),
        binomial_quantile(5, high, 0.95),
    )


def binomial_quantile(number: int, chance: float, share: float) -> int:
    """The quantile of equal chances, by going through all outcomes."""
    spread = [0.0] * (number + 1)
    for came in product((0, 1), repeat=number):
        weight = 1.0
        for one in came:
            weight *= chance if one else 1 - chance
        spread[sum(came)] += weight
    total = 0.0
    for at, weight in enumerate(spread):
        total += weight
        if total >= share - 1e-9:
            return at
    return number


def test_a_stratum_of_fewer_than_thirty_is_pooled_with_the_wider_one(tmp_path: Path) -> None:
    sets = [
        pairs(30, committee="A", step=1),
        pairs(5, committee="B", first=100, step=1),
        pairs(29, level="industry", first=200, step=1),
    ]
    open_ = [
        *going(1, "2023-01-01", 5001, committee="A"),
        *going(1, "2023-01-01", 5002, committee="B"),
        *going(1, "2023-01-01", 5003),
        *going(1, "2023-01-01", 5004, level="industry", committee="A"),
    ]
    counts = counted(tmp_path / "pools", [*open_, *(p for s in sets for p in s[0])], [p for s in sets for p in s[1]])
    answer = ahead(counts, "calendar-2024", AS_OF, BY)
    assert {p["number"]: p["pool"] for p in answer["projects"]} == {
        "20235001-T-469": "committee",
        "20235002-T-469": "level",
        "20235003-T-469": "level",
        "20235004-T-469": "all",
    }
    pools = {(s["level"], s["committee"]): (s["cases"], s["pool"]) for s in answer["durations"]["strata"]}
    assert pools == {
        (None, None): (64, "all"),
        ("industry", None): (29, "all"),
        ("national", None): (35, "level"),
        ("national", "A"): (30, "committee"),
        ("national", "B"): (5, "level"),
    }


def test_a_year_only_is_a_span_and_the_estimate_shows_it(tmp_path: Path) -> None:
    projects, standards = pairs(12, step=30)
    dateless = [{**row, "announced": ""} for row in projects]  # the plan numbers say 2020
    counts = counted(tmp_path / "years", [*dateless, *going(3, "2023")], standards)
    answer = ahead(counts, "stock", date(2024, 1, 15), date(2024, 2, 15))
    case = answer["durations"]["cases"][5]
    assert (case["start_earliest"], case["start_basis"]) == ("2020-01-01", "number")
    assert case["days_min"] < case["days_max"]
    made = answer["estimate"]
    assert made["in_estimate"] == 3
    assert (
        made["expected_low"] <= made["expected"] <= made["expected_high"]
        and made["expected_low"] < made["expected_high"]
    )


def test_what_a_rule_cannot_judge_on_a_project_waits(tmp_path: Path) -> None:
    projects, standards = pairs(10)
    odd = [
        project("20238001-T-469", announced="2023-01-01", action="revision"),
        project("20238002-T-469", announced="2023-01-01", level=""),
        project("20238003-T-469", announced="2023-01-01", nature="guidance"),
        project("20238004-T-469", announced="2023-01-01", stage="stopped"),
        project("20238005-T-469", announced="2023-01-01", level="group"),
        project("20238006-T-469", announced="2023-01-01", stage="published"),
        project("x-c9001", plan_number="", judged_on="2023-02-01"),
        project("20238007-T-469", announced="2024-01-01", judged_on="2024-02-01"),
        project("20238008-T-469", announced="2023-01-01", judged_on="2023-02-01", due="2023-05", period=""),
    ]
    counts = counted(tmp_path / "odd", [*projects, *odd], standards)
    answer = ahead(counts, "calendar-2024", AS_OF, BY)
    said = {p["number"]: (p["verdict"], p["reason"]) for p in answer["projects"]}
    assert said == {
        "20238001-T-469": ("excluded", "revision"),
        "20238002-T-469": ("undecided", "level-undecided"),
        "20238003-T-469": ("excluded", "guidance"),
        "20238005-T-469": ("excluded", "wrong-level"),
        "20238008-T-469": ("would-count", None),
        "x-c9001": ("would-count", None),
    }, "stopped and published are over; one that begins later is not there yet"
    judged = {clause["clause"]: clause for clause in answer["clauses"]}
    assert judged["level"]["judged_on_project"] and not judged["issued-from"]["judged_on_project"]
    assert (judged["new"]["fails"], judged["new"]["undecided"]) == (1, 5)
    assert answer["estimate"]["without_start"] == 1 and answer["estimate"]["in_estimate"] == 1
    assert [item["number"] for item in answer["overdue"]["items"]] == ["20238008-T-469"]
    over = {item["number"]: item["stage"] for item in answer["plans_without_result"]["items"]}
    assert over == {"20238004-T-469": "stopped", "20238006-T-469": "published"}
    stages = {p["number"]: p["stage"] for p in answer["projects"]}
    assert stages["x-c9001"] == "drafting" and stages["20238003-T-469"] is None, (
        "read later: the stage then is not known"
    )


@pytest.mark.parametrize(("due", "day", "late"), [
    ("2023-05-31", "2023-05-31", False), ("2023-05-31", "2023-06-01", True), ("2023", "2023-06-01", None),
    ("2023", "2024-01-01", True), ("", "2024-01-01", None),
])  # fmt: skip
def test_overdue_is_decided_by_the_whole_span(due: str, day: str, late: bool | None) -> None:
    plan = Plan("x", {}, None, None, days_of(due), date(2020, 1, 1))
    assert plan.is_overdue(date.fromisoformat(day)) is late


def test_a_backtest_finds_what_came(tmp_path: Path) -> None:
    """Twelve known cases, then three projects announced in 2022 of which two end in 2023."""
    projects, standards = pairs(12)
    later = [
        project("20220001-T-469", announced="2022-11-01", stage="published", result_number="GB/T 60001-2023"),
        project("20220002-T-469", announced="2022-11-01", stage="published", result_number="GB/T 60002-2023"),
        project("20220003-T-469", announced="2022-11-01"),
    ]
    standards += [standard(f"GB/T 6000{at}-2023", issued="2023-03-01") for at in (1, 2)]
    counts = counted(tmp_path / "back", [*projects, *later], standards)
    answer = ahead(counts, "stock", date(2024, 3, 1), date(2024, 12, 31))
    stood = next(test for test in answer["backtest"] if test["as_of"] == "2023-01-01")
    assert (stood["by_day"], stood["cases"], stood["in_estimate"]) == ("2024-01-01", 12, 3)
    assert (stood["observed"], stood["newly_counted"], stood["newly_counted_with_project"]) == (2, 2, 2)
    assert stood["came"] == ["GB/T 60001-2023", "GB/T 60002-2023"]
    assert stood["inside"] is (stood["interval"]["low"] <= 2 <= stood["interval"]["high"])
    ended, ages = [100 + 20 * at for at in range(12)], [61] * 3
    assert stood["expected"] == round(3 * float(1 - kept(ended, ages, 61, 61 + 365)), 2)


# ---------------------------------------------------------------- properties


@st.composite
def pipelines(draw: st.DrawFn) -> tuple[list[Plan], date]:
    """Projects with days known to the day or a span, ended, under way, or of unknown start; and a day to stand on."""
    origin = date(2020, 1, 1)
    plans = []
    for at in range(draw(st.integers(0, 45))):
        first = origin + timedelta(days=draw(st.integers(0, 1500)))
        start = (
            (first, first + timedelta(days=draw(st.sampled_from([0, 0, 30, 364]))))
            if draw(st.booleans()) or at % 3
            else None
        )
        issued = None
        if draw(st.booleans()):
            begin = (start[1] if start else first) + timedelta(days=draw(st.integers(0, 900)))
            issued = (begin, begin + timedelta(days=draw(st.sampled_from([0, 0, 27]))))
        facts = {"id": str(at), "level": draw(st.sampled_from(["national", "industry"]))}
        facts |= {"number": "result"} if issued else {}
        seen_by = (issued or start or (first, first))[1] + timedelta(days=draw(st.integers(0, 400)))
        plans.append(Plan(str(at), facts, start, issued, None, seen_by))
    return plans, origin + timedelta(days=draw(st.integers(0, 3000)))


@given(pipeline=pipelines(), steps=st.lists(st.integers(0, 1500), min_size=2, max_size=4))
def test_an_estimate_is_between_none_and_all_and_a_later_day_never_expects_less(
    pipeline: tuple[list[Plan], date], steps: list[int]
) -> None:
    plans, day = pipeline
    stand = Stand(plans, day)
    assert not {plan.iri for plan in stand.ended} & {plan.iri for plan in stand.under_way}
    before = [0.0] * len(READINGS)
    for step in sorted(steps):
        chances = stand.chances(stand.under_way, day + timedelta(days=step))
        assert bool(chances) <= (len(stand.cases) >= 10) and len(chances) <= len(stand.under_way)
        for chance in chances:
            for likely, low, high in chance.by_reading.values():
                assert 0 <= low <= likely + 1e-12 and likely - 1e-12 <= high <= 1
        sums = [sum(chance.by_reading[reading][0] for chance in chances) for reading in READINGS]
        assert all(0 <= total <= len(stand.under_way) + 1e-9 for total in sums)
        assert all(earlier <= later + 1e-12 for earlier, later in zip(before, sums, strict=True))
        before = sums
    for plan in stand.cases:
        assert 0 <= plan.days("short") <= plan.days("middle") <= plan.days("long")
    assert stand.pool_of(None, None) == (ALL if len(stand.cases) >= 10 else None)


# ---------------------------------------------------------------- wrong use


def test_what_cannot_be_asked_is_refused_with_what_there_is(counts: Counts) -> None:
    with pytest.raises(UsageError, match="Choose from: guide, guide-from-draft, national"):
        ahead(counts, "took-part")
    with pytest.raises(UsageError, match="2026-11-23 lies before as-of 2026-11-24"):
        ahead(counts, by=date(2026, 11, 23))
    with pytest.raises(UsageError, match="before the first record"):
        ahead(counts, day=date(1990, 1, 1))


def test_the_day_looked_forward_to(counts: Counts) -> None:
    guide, stock = pick(counts.rules, "guide"), pick(counts.rules, "stock")
    assert window(guide) == (date(2024, 7, 2), date(2026, 12, 31)) and window(stock) == (None, None)
    assert horizon(guide, DAY, None) == date(2026, 12, 31)
    assert horizon(guide, date(2027, 5, 1), None) == date(2027, 12, 31), "the window has closed: the end of the year"
    assert horizon(stock, date(2025, 5, 1), None) == date(2025, 12, 31)
    assert ahead(counts, by=date(2027, 1, 1))["after_window"] and not ahead(counts)["after_window"]
    assert load_plans(counts) is load_plans(counts)
