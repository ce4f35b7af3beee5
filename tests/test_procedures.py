"""Procedures over Chinese working days: days counted by hand from the holiday notices of the State Council."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aistandards import eligibility
from aistandards.errors import UsageError
from aistandards.procedures import procedure
from aistandards.workdays import CalendarError, is_working_day, reach, working_day_after
from conftest import Cli

ENGINE = eligibility.engine()
FUJIAN, VOUCHERS, MODELS = "fujian-2024", "guiyang-vouchers-2024", "guiyang-models-2024"


def steps(policy: str, step: str | None, on: date) -> dict[str, dict[str, object]]:
    answer = procedure(ENGINE.measures.facts, ENGINE.measures.policy(policy), step, on)
    return {row["step"]: row for row in answer["steps"]}


@pytest.mark.parametrize(
    ("published", "until", "announced"),
    [
        # an ordinary week
        ("2025-06-09", "2025-06-16", "2025-06-17"),
        # National Day 2025: 1 to 8 October off, Sunday 28 September and Saturday 11 October worked
        ("2025-09-23", "2025-09-29", "2025-09-30"),
        ("2025-09-24", "2025-09-30", "2025-10-09"),
        ("2025-09-25", "2025-10-09", "2025-10-10"),
        ("2025-09-26", "2025-10-10", "2025-10-11"),
        # Spring Festival 2025: 28 January to 4 February off, Sunday 26 January and Saturday 8 February worked
        ("2025-01-24", "2025-02-07", "2025-02-08"),
        ("2025-01-23", "2025-02-06", "2025-02-07"),
        # published on a Saturday
        ("2025-06-07", "2025-06-13", "2025-06-16"),
    ],
)
def test_five_working_days_of_publication_then_the_next_working_day(published: str, until: str, announced: str) -> None:
    found = steps(FUJIAN, "publication", date.fromisoformat(published))  # line 272
    assert found["publication"]["working_days"] == 5
    assert (found["publication"]["period_until"], found["announcement"]["earliest"]) == (until, announced)
    assert found["award"]["earliest"] == announced
    assert found["selection"]["earliest"] is None  # what came before is not asked


def test_a_weekend_worked_in_exchange_is_a_working_day_and_another_is_not() -> None:
    assert is_working_day(date(2025, 9, 28)) and not is_working_day(date(2025, 9, 27))
    assert not is_working_day(date(2025, 10, 8)) and is_working_day(date(2025, 10, 9))
    assert steps(FUJIAN, "publication", date(2025, 6, 7))["publication"]["message_zh"] == "该日不是工作日。"
    assert steps(FUJIAN, "publication", date(2025, 9, 28))["publication"]["message_zh"] is None


def test_the_steps_of_fujian_follow_each_other_on_the_same_day_where_no_time_is_set() -> None:
    found = steps(FUJIAN, "call", date(2025, 6, 9))
    assert list(found) == ["call", "check", "ranking", "selection", "publication", "announcement", "award"]
    assert [row["earliest"] for row in found.values()] == ["2025-06-09"] * 5 + ["2025-06-17"] * 2
    clauses = [str(row["clause"]).split("/")[1] for row in found.values()]
    assert clauses == ["4-1", "4-2", "4-3", "4-4", "4-5", "4-5", "4-6"]


@pytest.mark.parametrize(("announced", "issued"), [("2025-06-09", "2025-06-16"), ("2025-09-26", "2025-10-10")])
def test_vouchers_are_announced_five_working_days_ahead_and_used_within_three_months(
    announced: str, issued: str
) -> None:
    found = steps(VOUCHERS, "announcement", date.fromisoformat(announced))  # lines 370 and 358
    assert found["issue"]["earliest"] == issued
    assert found["use"]["latest"] == {"2025-06-16": "2025-09-16", "2025-10-10": "2026-01-10"}[issued]


def test_beyond_the_calendar_there_is_a_plain_word_and_no_day() -> None:
    _, last = reach()
    found = steps(FUJIAN, "publication", last - timedelta(days=3))
    assert found["publication"]["earliest"] == str(last - timedelta(days=3))
    for name in ("announcement", "award"):
        assert found[name]["earliest"] is None and str(last) in str(found[name]["message_en"])
        assert "尚不可知" in str(found[name]["message_zh"])
    beyond = steps(FUJIAN, "publication", last + timedelta(days=1))
    assert beyond["publication"]["earliest"] and beyond["announcement"]["earliest"] is None
    assert "尚不可知" in str(beyond["publication"]["message_zh"])
    for day in (last + timedelta(days=1), reach()[0] - timedelta(days=1)):
        with pytest.raises(CalendarError):
            is_working_day(day)


def test_a_period_that_ends_with_the_calendar_is_known_and_its_next_day_is_not() -> None:
    _, last = reach()
    working = [day for n in range(20, -1, -1) if is_working_day(day := last - timedelta(days=n))]
    before = working[-6]
    found = steps(VOUCHERS, "announcement", before)
    assert found["issue"]["earliest"] == str(working[-1])
    assert steps(FUJIAN, "publication", before)["announcement"]["earliest"] is None


@given(st.dates(date(2004, 1, 1), date(2026, 10, 31)), st.integers(1, 12))
def test_counting_working_days_is_counting_days_one_by_one(day: date, count: int) -> None:
    last = working_day_after(day, count)
    between = [day + timedelta(days=n) for n in range(1, (last - day).days + 1)]
    assert is_working_day(last) and sum(map(is_working_day, between)) == count


@pytest.mark.parametrize(
    ("on", "disclosure", "settlement", "report"),
    [
        (date(2025, 9, 29), "2025-09-30", "2025-12-31", "2025-09-30"),
        (date(2025, 9, 30), "2025-09-30", "2025-12-31", "2025-09-30"),
        (date(2025, 10, 1), "2026-09-30", "2025-12-31", "2025-12-31"),
        (date(2026, 1, 1), "2026-09-30", "2026-12-31", "2026-03-31"),
    ],
)
def test_deadlines_come_back_every_year_and_quarter(on: date, disclosure: str, settlement: str, report: str) -> None:
    answer = procedure(ENGINE.measures.facts, ENGINE.measures.policy(VOUCHERS), None, on)
    found = {deadline["clause"].split("/")[1]: deadline["next"] for deadline in answer["deadlines"]}
    assert (found["18"], found["20"], found["17"], found["9"]) == (disclosure, settlement, report, report)


def test_a_text_without_steps_says_where_they_are_set() -> None:
    answer = procedure(ENGINE.measures.facts, ENGINE.measures.policy(MODELS), None, date(2025, 6, 9))
    assert answer["steps"] == [] and [note["clause"] for note in answer["notes"]] == [f"{MODELS}/7-6"]


def test_an_unknown_step_or_policy_is_refused_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="publication"):
        steps(FUJIAN, "publicaton", date(2025, 6, 9))
    with pytest.raises(UsageError, match="fujian-2024"):
        steps("fujian-2023", None, date(2025, 6, 9))
    with pytest.raises(UsageError):
        steps(MODELS, "call", date(2025, 6, 9))


def test_the_command_shows_the_days_in_both_languages(cli: Cli) -> None:
    options = ("procedure", FUJIAN, "--step", "publication", "--on", "2025-09-24")
    for language, word in (("zh", "发文公布"), ("en", "announcement")):
        done = cli(*options, "--lang", language)
        [line] = [line for line in done.stdout.splitlines() if line.startswith("announcement")]
        assert done.code == 0 and word in line and "2025-10-09" in line
    answer = json.loads(cli(*options, "--format", "json").stdout)
    assert answer["calendar_until"] == str(reach()[1])
    assert (
        "尚不可知" in cli("procedure", FUJIAN, "--step", "publication", "--on", str(reach()[1]), "--lang", "zh").stdout
    )
    assert "no steps" in cli("procedure", MODELS, "--lang", "en").stdout
    assert cli("procedure", FUJIAN, "--step", "x").code == 2 and cli("procedure", FUJIAN, "--on", "2025-1-1").code == 2


def test_a_step_on_a_holiday_leads_to_the_next_working_day_and_an_expired_text_says_so(cli: Cli) -> None:
    done = cli("procedure", "fujian-2024", "--step", "selection", "--on", "2025-10-04", "--format", "json")
    answer = json.loads(done.stdout)
    days = [row["earliest"] for row in answer["steps"] if row["earliest"]]
    assert days[0] == "2025-10-04" and "2025-10-09" in days[1:] and "2025-10-04" not in days[1:]
    assert not answer["expired"]
    late = cli("procedure", "fujian-2024", "--step", "selection", "--on", "2026-02-11", "--lang", "zh").stdout
    assert "有效期至 2025-12-31" in late
