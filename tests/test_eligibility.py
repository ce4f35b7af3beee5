"""Which support a project may ask for: every bound of the texts, the exact fen, three values, drafts and expiry."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import recount_support as recount
from aistandards import eligibility
from aistandards.errors import SourceError, UsageError
from aistandards.settings import resource
from applying import AMOUNTS, BAD, DAY, GOOD, ISSUED, failing, item, judge, project

ENGINE = eligibility.engine()
DECIDED = {"eligible", "not-eligible"}


# ---------------------------------------------------------------- the rules themselves


def test_every_measure_has_a_project_that_satisfies_it() -> None:
    assert set(GOOD) == {measure.name for measure in ENGINE.measures.all}


@pytest.mark.parametrize("measure", GOOD)
def test_a_project_that_satisfies_every_condition_is_eligible(measure: str) -> None:
    found = item(measure, project(measure))
    assert (found["verdict"], found["would_be"], found["reason"]) == ("eligible", "eligible", "conditions-hold")
    assert found["because"] == [] and found["missing"] == []
    assert all(condition["holds"] for condition in found["conditions"])


@pytest.mark.parametrize(
    ("measure", "column"), [(m, column) for m, (_, good) in GOOD.items() for column in good if column not in AMOUNTS]
)
def test_each_cell_of_a_project_decides_alone(measure: str, column: str) -> None:
    """Broken, it makes the project not eligible by a clause; emptied, it makes it undecided and is named."""
    row = project(measure)
    if column == "redeemed" and measure == "gyv-claim":
        return  # counts for the amount only
    bad = BAD.get(column, "no")
    if column in ("voucher_issued", "voucher_used"):
        bad = {"voucher_issued": "2025-05-07", "voucher_used": "2025-03-02"}[column]
    if column == "applicant_type" and measure in ("gym-data-supply", "gym-data-trade", "gym-scenario-demonstration"):
        bad = ""  # no condition of its own there: it says to whom the conditions on enterprises apply
    if column == "false_claim":
        broken = item(measure, {**row, column: bad, "false_claim_on": "2025-01-01"})
    else:
        broken = item(measure, {**row, column: bad})
    if bad:
        assert broken["would_be"] == "not-eligible" and broken["supports"] == []
        clauses = [clause for clause in broken["because"] if clause["holds"] is False]
        assert clauses and all(clause["clause"] and column in clause["columns"] for clause in clauses)
    empty = item(measure, {**row, column: ""})
    if column == "applicant_type" and measure in ("gym-data-supply", "gym-data-trade", "gym-scenario-demonstration"):
        assert empty["would_be"] == "eligible"  # all that is asked of enterprises holds anyway
    else:
        assert empty["would_be"] == "cannot-tell" and column in empty["missing"], empty["because"]


def test_every_condition_formula_and_limit_cites_a_clause_that_is_on_the_list() -> None:
    with (resource("data") / "clauses.csv").open(encoding="utf-8", newline="") as stream:
        listed = {row["clause"] for row in csv.DictReader(stream)}
    cited = [c.clause for measure in ENGINE.measures.all for c in measure.conditions]
    for measure in ENGINE.measures.all:
        cited += [measure.clause, *(s.clause for s in measure.supports), *(x.clause for x in measure.limits)]
        cited += [*(n.clause for n in measure.policy.notes), *(s.clause for s in measure.policy.shares)]
    cited += [clause for m in ENGINE.measures.all for *_, clause in m.policy.bars]
    assert len(cited) > 200 and set(cited) <= listed


# number in the gathered list of rules → where the same number stands among ours
NUMBERS = {
    "FJ-04": 100, "FJ-07": 300000, "FJ-10": 1, "FJ-13": 3, "FJ-16": 5, "FJ-19": 3,
    "GYM-01": 20000000, "GYM-02": 30, "GYM-03": 5000000, "GYM-04": 5000000, "GYM-05": 20, "GYM-06": 3000000,
    "GYM-07": 5000000, "GYM-08": 1, "GYM-09": 500000, "GYM-10": 10, "GYM-11": 20, "GYM-12": 1000000, "GYM-13": 10,
    "GYM-14": 1000000, "GYV-01": 20000000, "GYV-02": 10000000, "GYV-03": 10000000, "GYV-05": 3, "GYV-06": 3,
    "GYV-07": 2000000, "GYV-11": 5, "GYV-17": 3,
}  # fmt: skip


def _numbers_by_clause() -> dict[str, set[Decimal]]:
    """Every number of our rules by the clause it cites."""
    found: dict[str, set[Decimal]] = {}

    def add(clause: str, *numbers: object) -> None:
        found.setdefault(clause, set()).update(Decimal(str(n)) for n in numbers if n is not None)

    for measure in ENGINE.measures.all:
        for c in measure.conditions:
            for t in c.branches:
                add(c.clause, t.at_least, t.more_than, t.at_most, t.max_count, t.within_months, t.years_past)
        for s in measure.supports:
            add(s.clause, s.rate, s.cap)
        for x in measure.limits:
            add(x.clause, x.value)
        for years, _, clause in measure.policy.bars:
            add(clause, years)
    facts = ENGINE.measures.facts
    for step in facts.members("ais:ProcedureStep"):
        clause = (facts.text(step, "dcterms:source") or "").split("/policy/")[1]
        add(clause, facts.text(step, "ais:workingDays"), facts.text(step, "ais:withinMonths"))
    return found


def test_the_numbers_of_the_gathered_rules_stand_in_our_rules_at_the_same_clause() -> None:
    ours = _numbers_by_clause()
    with (resource("data") / "policy-rules.csv").open(encoding="utf-8", newline="") as stream:
        rows = {row["rule_id"]: row for row in csv.DictReader(stream)}
    for rule, number in NUMBERS.items():
        assert Decimal(rows[rule]["value"]) == number
        clauses = rows[rule]["clause"].split(";")
        assert any(Decimal(number) in ours.get(clause, set()) for clause in clauses), (rule, clauses)


# ---------------------------------------------------------------- bounds

BOUNDS: list[tuple[str, str, str, list[tuple[str, bool]]]] = [
    # line 227: 新建（含扩容升级）算力达到 100P 以上
    ("fj-compute-construction", "fj-construction-compute", "new_compute", [("99.99", False), ("100", True), ("100.01", True)]),
    # line 234: 年度总额达到 30 万元（含）以上
    ("fj-compute-purchase", "fj-purchase-amount", "compute_purchase", [("299999.99", False), ("300000", True), ("300000.01", True)]),
    # line 243: 拥有市级（含）以上研发机构或创新平台
    ("fj-leading-software", "fj-leading-rd-body", "rd_bodies", [("0", False), ("1", True), ("2", True)]),
    # line 256: 联合体成员数量不超过 3 家
    ("fj-application-scenario", "fj-scenario-consortium", "consortium", [("甲;乙", True), ("甲;乙;丙", True), ("甲;乙;丙;丁", False)]),
    # line 302: 综合排名前 20
    ("gym-data-supply", "gym-supply-rank", "supply_rank", [("19", True), ("20", True), ("21", False)]),
    # line 304: 年度交易额超过 500 万元
    ("gym-data-trade", "gym-trade-amount", "data_trade", [("4999999.99", False), ("5000000", False), ("5000000.01", True)]),
    # line 360: 同一需求方年度累计兑现额度不超过200万元
    ("gyv-redemption", "gyv-redeemed", "redeemed", [("1999999.99", True), ("2000000", True), ("2000000.01", False)]),
    # line 358: 智算券的有效期为3个月
    ("gyv-redemption", "gyv-voucher-period", "voucher_used", [("2025-06-02", True), ("2025-06-03", True), ("2025-06-04", False)]),
    ("gyv-redemption", "gyv-used-after-issue", "voucher_used", [("2025-03-02", False), ("2025-03-03", True), ("2025-03-04", True)]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("measure", "condition", "column", "value", "holds"),
    [(m, c, column, value, holds) for m, c, column, cases in BOUNDS for value, holds in cases],
)
def test_a_bound_below_at_and_above(measure: str, condition: str, column: str, value: str, holds: bool) -> None:
    found = item(measure, project(measure, **{column: value}))
    assert found["verdict"] == ("eligible" if holds else "not-eligible")
    assert failing(found) == (set() if holds else {condition})


@pytest.mark.parametrize(
    ("day", "barred"),
    [
        (date(2023, 5, 9), False),
        (date(2023, 5, 10), True),
        (date(2026, 5, 9), True),
        (date(2026, 5, 10), True),
        (date(2026, 5, 11), False),
    ],
)
def test_after_a_false_claim_nobody_applies_for_three_years(day: date, barred: bool) -> None:
    """Line 278; the draft is taken to be valid here by looking at the conditions alone, since it expired before."""
    row = project("fj-compute-construction", false_claim="yes", false_claim_on="2023-05-10")
    found = item("fj-compute-construction", row, day)
    assert (found["would_be"] == "not-eligible") is barred
    assert ("fj-false-claim" in failing(found)) is barred
    assert [(bar["until"], bar["barred"]) for bar in found["bars"]] == [("2026-05-10", barred)]


def test_a_false_claim_under_the_vouchers_bars_from_the_fund_and_says_until_when() -> None:
    row = project("gyv-redemption", false_claim="yes", false_claim_on="2024-02-29")
    [bar] = item("gyv-redemption", row)["bars"]  # article 22, lines 386 to 388
    assert (bar["clause"], bar["until"], bar["barred"]) == ("guiyang-vouchers-2024/22", "2027-02-28", True)
    [unknown] = item("gyv-redemption", {**row, "false_claim_on": ""})["bars"]
    assert unknown["until"] is None and unknown["barred"] is None


@pytest.mark.parametrize("issued", [date(2024, 11, 30), date(2025, 1, 31), date(2024, 2, 29), date(2025, 3, 3)])
def test_a_voucher_lapses_after_three_months_also_at_the_end_of_a_short_month(issued: date) -> None:
    last = recount.months_on(issued, 3)
    for used, good in ((last - timedelta(1), True), (last, True), (last + timedelta(1), False)):
        row = project("gyv-redemption", voucher_issued=str(issued), voucher_used=str(used))
        found = item("gyv-redemption", row, issued=ISSUED)
        assert (found["would_be"] == "eligible") is good and found["voucher_until"] == str(last)


# ---------------------------------------------------------------- who is bound


@pytest.mark.parametrize("role", ["user", "operator"])
def test_only_a_technology_supplier_needs_a_consortium(role: str) -> None:
    row = project("fj-application-scenario", applicant_role=role, consortium="", user_in_consortium="")
    assert item("fj-application-scenario", row)["verdict"] == "eligible"


def test_a_supplier_without_its_user_or_operator_is_not_eligible() -> None:
    row = project("fj-application-scenario", user_in_consortium="no")
    assert failing(item("fj-application-scenario", row)) == {"fj-scenario-user-joined"}


@pytest.mark.parametrize("kind", ["university", "research-institute"])
def test_what_is_asked_of_enterprises_does_not_bind_universities(kind: str) -> None:
    row = project(
        "gym-large-model", applicant_type=kind, registered_in_guiyang="no", sound_accounts="", good_credit="no"
    )
    assert item("gym-large-model", row)["verdict"] == "eligible"


def test_a_project_without_a_kind_is_held_against_every_measure() -> None:
    row = {"application_id": "A-1", "applicant": "甲公司", "compute_purchase": "299999.99"}
    items = judge([row])["items"]
    assert {found["measure"] for found in items} == set(GOOD)
    assert {found["measure"] for found in items if found["would_be"] == "not-eligible"} == {"fj-compute-purchase"}


def test_a_policy_that_supports_no_such_kind_says_so() -> None:
    items = judge([project("fj-compute-purchase")])["items"]
    others = [found for found in items if found["policy"] != "fujian-2024"]
    assert {(found["verdict"], found["reason"]) for found in others} == {("not-eligible", "kind-not-supported")}
    assert len(others) == 2


# ---------------------------------------------------------------- validity


@pytest.mark.parametrize(
    ("day", "verdict", "reason"),
    [
        (date(2025, 12, 30), "eligible", "conditions-hold"),
        (date(2025, 12, 31), "eligible", "conditions-hold"),
        (date(2026, 1, 1), "not-eligible", "expired"),
        (date(2024, 3, 1), "eligible", "conditions-hold"),
        (date(2024, 2, 29), "not-eligible", "not-yet-issued"),
    ],
)
def test_fujian_is_valid_until_the_end_of_2025(day: date, verdict: str, reason: str) -> None:
    found = item("fj-compute-purchase", project("fj-compute-purchase"), day)
    assert (found["verdict"], found["reason"], found["would_be"]) == (verdict, reason, "eligible")
    assert found["status"] == "draft" and found["validity"]["until"] == "2025-12-31"  # line 286


@pytest.mark.parametrize("policy", ["guiyang-models-2024", "guiyang-vouchers-2024"])
@pytest.mark.parametrize(
    ("day", "in_force"),
    [(date(2024, 2, 29), False), (date(2024, 3, 1), True), (date(2027, 3, 1), True), (date(2027, 3, 2), False)],
)
def test_guiyang_is_valid_for_three_years_from_its_issue(policy: str, day: date, in_force: bool) -> None:
    answer = judge([project("gyv-claim")], policy, day=day)  # lines 326 and 394
    assert answer["policies"][0]["validity"]["in_force"] is in_force
    assert answer["policies"][0]["validity"]["assumed"] is True


@pytest.mark.parametrize(
    ("day", "verdict", "reason"),
    [
        (date(2024, 1, 26), "not-eligible", "draft"),
        (date(2024, 1, 27), "cannot-tell", "issue-day-unknown"),
        (date(2025, 12, 31), "cannot-tell", "issue-day-unknown"),
        (date(2026, 1, 1), "not-eligible", "expired"),
    ],
)
def test_a_draft_without_an_issue_day_cannot_be_told_to_hold(day: date, verdict: str, reason: str) -> None:
    found = item("fj-compute-purchase", project("fj-compute-purchase"), day, issued={})
    assert (found["verdict"], found["reason"], found["would_be"]) == (verdict, reason, "eligible")
    assert found["validity"]["issued"] is None and found["validity"]["assumed"] is False
    assert found["because"][-1]["condition"] == "validity" and found["because"][-1]["message_zh"]


def test_an_expired_rule_says_what_it_would_have_been_worth() -> None:
    found = item("gym-large-model", project("gym-large-model"), date(2027, 3, 2))
    assert (found["verdict"], found["reason"], found["would_be"]) == ("not-eligible", "expired", "eligible")
    assert found["amount"] == "300000.00"


@pytest.mark.parametrize("issued", [date(2024, 1, 26), date(2026, 1, 1)])
def test_a_day_of_issue_that_cannot_be_is_refused(issued: date) -> None:
    with pytest.raises(UsageError):
        judge([project("fj-compute-purchase")], issued={"fujian-2024": issued})


# ---------------------------------------------------------------- amounts

BASE = {
    "gym-large-model": "construction_cost",
    "gym-data-trade": "data_trade",
    "gym-scenario-demonstration": "actual_investment",
    "gym-public-platform": "platform_investment",
}


@pytest.mark.parametrize(
    ("measure", "base", "amount"),
    [
        ("gym-large-model", "16666666.66", "5000000.00"),  # 4,999,999.998
        ("gym-large-model", "16666666.65", "5000000.00"),  # 4,999,999.995, half up
        ("gym-large-model", "16666666.64", "4999999.99"),
        ("gym-large-model", "16666666.67", "5000000.00"),  # 5,000,000.001, the cap
        ("gym-large-model", "99999999.99", "5000000.00"),
        ("gym-large-model", "0.01", "0.00"),  # 0.003
        ("gym-large-model", "0.02", "0.01"),  # 0.006
        ("gym-data-trade", "5000000.01", "50000.00"),
        ("gym-data-trade", "5000000.49", "50000.00"),
        ("gym-data-trade", "5000000.50", "50000.01"),  # 50,000.005, half up
        ("gym-data-trade", "49999999.49", "499999.99"),
        ("gym-data-trade", "49999999.50", "500000.00"),
        ("gym-data-trade", "50000000", "500000.00"),
        ("gym-data-trade", "50000001", "500000.00"),
        ("gym-scenario-demonstration", "4999999.97", "999999.99"),  # 999,999.994
        ("gym-scenario-demonstration", "5000000", "1000000.00"),
        ("gym-scenario-demonstration", "5000000.05", "1000000.00"),
        ("gym-public-platform", "9999999.94", "999999.99"),
        ("gym-public-platform", "9999999.95", "1000000.00"),  # 999,999.995, half up
        ("gym-public-platform", "10000000", "1000000.00"),
        ("gym-public-platform", "10000000.10", "1000000.00"),
    ],
)
def test_an_amount_to_the_fen_around_its_cap(measure: str, base: str, amount: str) -> None:
    found = item(measure, project(measure, **{BASE[measure]: base}))
    assert found["amount"] == amount == recount.grant(measure, base)
    assert found["supports"][0]["state"] == "computed"


MONEY = st.integers(0, 10**11).map(recount.yuan)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(BASE)), MONEY)
def test_any_amount_is_the_one_recounted_in_fen(measure: str, base: str) -> None:
    found = item(measure, project(measure, **{BASE[measure]: base}))
    if found["would_be"] == "eligible":
        assert found["amount"] == recount.grant(measure, base)
        assert tuple(share["amount"] for share in found["supports"][0]["shares"]) == recount.halves(found["amount"])
    else:
        assert measure == "gym-data-trade" and recount.fen(base) <= 500_000_000 and found["amount"] is None


@settings(max_examples=60, deadline=None)
@given(MONEY, st.integers(0, 200_000_000).map(recount.yuan), st.sampled_from(["gyv-claim", "gyv-redemption"]))
def test_a_voucher_shows_both_readings_the_printed_one_first(price: str, redeemed: str, measure: str) -> None:
    found = item(measure, project(measure, contract_price=price, redeemed=redeemed))
    amounts = [(support["reading"], support["amount"]) for support in found["supports"]]
    assert amounts == [(r, recount.voucher(r, price, redeemed)) for r in ("printed", "thirty")]
    assert found["amount"] == amounts[0][1]
    assert all(support["state"] == "at-most" and support["note_zh"] for support in found["supports"])
    for support in found["supports"]:
        assert tuple(share["amount"] for share in support["shares"]) == recount.halves(support["amount"])


@pytest.mark.parametrize(
    ("price", "redeemed", "printed", "thirty"),
    [
        ("66666666.66", "0", "2000000.00", "2000000.00"),  # 3 % is 1,999,999.9998
        ("66666666.50", "0", "2000000.00", "2000000.00"),  # 1,999,999.995, half up
        ("66666666.49", "0", "1999999.99", "2000000.00"),
        ("66666667", "0", "2000000.00", "2000000.00"),
        ("6666666.65", "0", "200000.00", "2000000.00"),  # 30 % is 1,999,999.995
        ("6666666.64", "0", "200000.00", "1999999.99"),
        ("1000000", "1970000", "30000.00", "30000.00"),
        ("1000000", "1970000.01", "29999.99", "29999.99"),
        ("1000000", "1999999.99", "0.01", "0.01"),
        ("1000000", "2000000", "0.00", "0.00"),
    ],
)
def test_a_voucher_around_the_ceiling_of_the_year(price: str, redeemed: str, printed: str, thirty: str) -> None:
    found = item("gyv-redemption", project("gyv-redemption", contract_price=price, redeemed=redeemed))
    assert [support["amount"] for support in found["supports"]] == [printed, thirty]


@pytest.mark.parametrize(
    ("rate", "printed", "thirty"),
    [("2.99", "29900.00", "29900.00"), ("3", "30000.00", "30000.00"), ("3.01", None, "30100.00"), ("30", None, "300000.00"), ("30.01", None, None)],
)  # fmt: skip
def test_the_rate_of_a_voucher_is_held_against_the_most_of_each_reading(
    rate: str, printed: str | None, thirty: str | None
) -> None:
    found = item("gyv-redemption", project("gyv-redemption", voucher_rate=rate))
    assert [support["amount"] for support in found["supports"]] == [printed, thirty]
    for support in found["supports"]:
        assert support["state"] == ("computed" if support["amount"] else "rate-above-maximum")


def test_steps_lead_from_the_base_to_the_amount() -> None:
    [support] = item("gym-large-model", project("gym-large-model", construction_cost="20000000.01"))["supports"]
    assert [(step["step"], step["value"]) for step in support["steps"]] == [
        ("base", "20000000.01"),
        ("rate", "6000000.003"),
        ("cap", "5000000"),
        ("rounded", "5000000"),
    ]
    assert all(
        step["clause"] == "guiyang-models-2024/2" and step["text_zh"] and step["text_en"] for step in support["steps"]
    )


def test_without_the_base_the_amount_cannot_be_told_and_the_verdict_stands() -> None:
    found = item("gym-large-model", project("gym-large-model", construction_cost=""))
    [support] = found["supports"]
    assert (found["verdict"], support["state"], support["amount"]) == ("eligible", "cannot-tell", None)
    assert support["missing"] == ["construction_cost"]


@pytest.mark.parametrize("measure", [name for name in GOOD if name.startswith("fj-")])
def test_the_amounts_of_fujian_stand_in_another_text_which_is_named(measure: str) -> None:
    [support] = item(measure, project(measure))["supports"]  # line 274
    assert (support["state"], support["amount"]) == ("not-in-this-text", None)
    assert "闽政办〔2023〕26号" in support["document_zh"] and "闽政办〔2023〕26号" in support["document_en"]


def test_what_excludes_what_is_said_with_the_support() -> None:
    notes = {(n["kind"], n["clause"]) for n in item("gym-public-platform", project("gym-public-platform"))["notes"]}
    assert {("exclusion", "guiyang-models-2024/7-3"), ("case-by-case", "guiyang-models-2024/7-4")} <= notes
    notes = {(n["kind"], n["clause"]) for n in item("gyv-redemption", project("gyv-redemption"))["notes"]}
    assert {("exclusion", "guiyang-vouchers-2024/16"), ("combination", "guiyang-vouchers-2024/3")} <= notes


# ---------------------------------------------------------------- limits of a year


def many(measure: str, cells: list[dict[str, str]]) -> list[dict[str, Any]]:
    rows = [project(measure, application_id=f"A-{n}", applicant=f"单位{n}", **more) for n, more in enumerate(cells)]
    return [total for total in judge(rows)["totals"] if total["measure"] == measure]


@pytest.mark.parametrize(("count", "within"), [(9, True), (10, True), (11, False)])
def test_no_more_than_ten_demonstrations_a_year(count: int, within: bool) -> None:
    [total] = many("gym-scenario-demonstration", [{}] * count)  # line 306
    assert (total["projects"], total["limit"], total["sum"], total["within"]) == (count, "10", str(count), within)


@pytest.mark.parametrize(("last", "within"), [("49999999", True), ("50000000", True)], ids=["below", "at"])
def test_the_subsidies_for_data_trade_share_three_million_a_year(last: str, within: bool) -> None:
    totals = many("gym-data-trade", [{"data_trade": "50000000"}] * 5 + [{"data_trade": last}])  # line 304
    year = next(total for total in totals if total["per"] == "year")
    assert (year["limit"], year["within"]) == ("3000000.00", within)
    assert year["sum"] == {"49999999": "2999999.99", "50000000": "3000000.00"}[last]
    over = many("gym-data-trade", [{"data_trade": "50000000"}] * 6 + [{"data_trade": "5000000.01"}])
    assert next(total for total in over if total["per"] == "year")["within"] is False


VOUCHER_TOTALS = [
    # contract prices (local, cooperation), within the year's 20 million, the local 10 million, the others' 10 million
    (["66666666.49"] + ["66666667"] * 4, ["66666667"] * 5, True, True, True),
    (["66666667"] * 5, ["66666667"] * 5, True, True, True),
    (["66666667"] * 5 + ["0.17"], ["66666667"] * 4, True, False, True),
    (["66666667"] * 4, ["66666667"] * 5 + ["0.17"], True, True, False),
    (["66666667"] * 5 + ["0.17"], ["66666667"] * 5, False, False, True),
]  # fmt: skip


@pytest.mark.parametrize(("local", "cooperation", "year", "first", "second"), VOUCHER_TOTALS)
def test_vouchers_of_a_year_in_all_and_by_group(
    local: list[str], cooperation: list[str], year: bool, first: bool, second: bool
) -> None:
    cells = [{"contract_price": price} for price in local]
    cells += [{"contract_price": price, "voucher_group": "cooperation"} for price in cooperation]
    totals = [total for total in many("gyv-claim", cells) if total["reading"] == "printed"]  # line 356
    expected = {"20000000.00": year, "10000000.00": None}
    assert [t["within"] for t in totals if t["limit"] == "20000000.00"] == [expected["20000000.00"]]
    assert [t["within"] for t in totals if t["limit"] == "10000000.00"] == [first, second]
    money = sum(recount.fen(recount.voucher("printed", price, "0")) for price in local + cooperation)
    assert next(t for t in totals if t["limit"] == "20000000.00")["sum"] == recount.yuan(money)


@pytest.mark.parametrize(("price", "within"), [("33333333", True), ("33333333.49", True), ("33333333.50", False)])
def test_one_buyer_redeems_two_million_a_year_over_all_its_contracts(price: str, within: bool) -> None:
    rows = [
        project("gyv-redemption", application_id="A-1", contract_price="33333333.33"),  # 1,000,000.00
        project("gyv-redemption", application_id="A-2", contract_price=price),
        project("gyv-redemption", application_id="A-3", applicant="乙公司", contract_price="33333333.33"),
    ]
    totals = [t for t in judge(rows)["totals"] if t["per"] == "applicant" and t["reading"] == "printed"]
    assert {t["applicant"]: t["within"] for t in totals} == {"甲公司": within, "乙公司": True}
    one = next(t for t in totals if t["applicant"] == "甲公司")
    assert one["sum"] == recount.yuan(100_000_000 + recount.fen(recount.voucher("printed", price, "0")))


def test_a_limit_cannot_be_told_while_an_amount_is_missing() -> None:
    totals = many("gym-data-supply", [{}])  # line 302: a total for the year, no amount for each
    assert [(t["limit"], t["sum"], t["within"]) for t in totals] == [("5000000.00", "0.00", None)]
    over = many("gyv-claim", [{"contract_price": "66666667"}] * 11 + [{"contract_price": ""}])
    year = next(t for t in over if t["limit"] == "20000000.00" and t["reading"] == "printed")
    assert year["within"] is False  # what is known exceeds it already


# ---------------------------------------------------------------- unknown names


def test_an_unknown_policy_is_refused_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="guiyang-models-2024"):
        judge([project("gym-voucher")], "guiyang-model-2024")
    with pytest.raises(UsageError, match="fujian-2024"):
        judge([project("gym-voucher")], issued={"fujian-2023": DAY})


def test_a_table_of_standards_is_no_table_of_projects(tmp_path: Any) -> None:
    from aistandards import sources

    path = tmp_path / "standards-mine.csv"
    path.write_text("number,level\nGB/T 1-2025,national\n", encoding="utf-8")
    with pytest.raises(SourceError, match="--template"):
        ENGINE.answer(sources.read(path), [], DAY)
