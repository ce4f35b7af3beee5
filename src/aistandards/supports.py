"""What a measure is worth: validity of its policy, the amount step by step, who pays which share, and the limits of a year."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from aistandards.cells import text_of, to_fen
from aistandards.conditions import Given
from aistandards.dates import months_after
from aistandards.errors import UsageError
from aistandards.measures import Limit, Measure, Policy, Share, Support

ZERO = Decimal(0)
BOOLEANS = {True: "eligible", False: "not-eligible", None: "cannot-tell"}


def validity(policy: Policy, day: date, assumed: date | None = None) -> dict[str, Any]:
    """Say whether a policy holds on a day: ``in_force`` true, false, or null where its day of issue is not known.

    ``assumed`` is a day of issue that the user supposes; raises UsageError where it cannot be one.
    """
    issued = assumed or policy.issued
    if assumed:
        _check_assumed(policy, assumed)
    until = policy.valid_until
    if until is None and issued and policy.valid_years:
        until = months_after(issued, 12 * policy.valid_years)
    in_force: bool | None
    if until and day > until:
        in_force, reason = False, "expired"
        zh, en = f"有效期至 {until}，已过期。", f"It was valid until {until}; it has expired."
    elif issued and day < issued:
        in_force, reason = False, "not-yet-issued"
        zh, en = f"{issued} 发布，此前未施行。", f"It is issued on {issued} and does not hold before."
    elif issued:
        in_force, reason = True, "in-force"
        zh, en = f"自 {issued} 起施行。", f"It holds from {issued}."
    elif policy.seen_on and day <= policy.seen_on:
        in_force, reason = False, "draft"
        zh, en = f"{policy.seen_on} 仍为征求意见稿。", f"On {policy.seen_on} it was a consultation draft."
    else:
        in_force, reason = None, "issue-day-unknown"
        zh = "征求意见稿，发布日期不详，是否有效不能判定。"
        en = "A consultation draft; its day of issue is not known, so whether it holds cannot be told."
    return {
        "in_force": in_force,
        "reason": reason,
        "issued": str(issued) if issued else None,
        "assumed": assumed is not None,
        "until": str(until) if until else None,
        "message_zh": zh + ("（发布日期为假设。）" if assumed else ""),
        "message_en": en + (" (The day of issue is assumed.)" if assumed else ""),
    }


def _check_assumed(policy: Policy, assumed: date) -> None:
    if policy.seen_on and assumed <= policy.seen_on:
        raise UsageError(
            f"{policy.slug} was still a draft on {policy.seen_on}; assume a later day of issue than {assumed}.",
            f"{policy.slug} 在 {policy.seen_on} 仍为征求意见稿；假设的发布日期须晚于该日，{assumed} 不行。",
        )
    if policy.valid_until and assumed > policy.valid_until:
        raise UsageError(
            f"{policy.slug} is valid until {policy.valid_until}; it cannot be issued on {assumed}.",
            f"{policy.slug} 有效期至 {policy.valid_until}，不可能在 {assumed} 发布。",
        )


def work_out(measure: Measure, support: Support, facts: Given, titles: Mapping[str, tuple[str, str]]) -> dict[str, Any]:
    """Return the amount of one formula step by step; ``titles`` gives the documents by IRI, for amounts that stand elsewhere.

    Decimals throughout; rounded half up to the fen once, at the end. The last share takes the rest, so that shares add up.
    """
    answer: dict[str, Any] = {
        "reading": support.reading,
        "label_zh": support.label.zh,
        "label_en": support.label.en,
        "clause": support.clause,
        "note_zh": support.note.zh if support.note else None,
        "note_en": support.note.en if support.note else None,
        "state": "computed",
        "amount": None,
        "document_zh": None,
        "document_en": None,
        "missing": [],
        "steps": [],
        "shares": [],
    }
    if support.base is None or support.rate is None:
        zh, en = titles.get(support.amount_in or "", (None, None))
        return {**answer, "state": "not-in-this-text", "document_zh": zh, "document_en": en}
    missing = [path for path in (support.base, support.spent) if path and not facts.get(path)]
    if missing:
        return {**answer, "state": "cannot-tell", "missing": missing}
    amount, steps, exceeded = _steps(support, facts)
    if amount is None:
        return {**answer, "state": "rate-above-maximum", "steps": [*steps, exceeded]}
    given = bool(support.rate_property and facts.get(support.rate_property))
    return {
        **answer,
        "state": "at-most" if support.is_maximum and not given else "computed",
        "amount": f"{amount:.2f}",
        "steps": steps,
        "shares": split(amount, measure.policy.shares),
    }


def _number(facts: Given, path: str) -> Decimal:
    value = facts[path][0]
    assert isinstance(value, Decimal)
    return value


def _step(name: str, value: Decimal, clause: str, zh: str, en: str) -> dict[str, Any]:
    return {"step": name, "value": text_of(value), "clause": clause, "text_zh": zh, "text_en": en}


def _steps(support: Support, facts: Given) -> tuple[Decimal | None, list[dict[str, Any]], dict[str, Any]]:
    """Return the rounded amount with the steps to it, or no amount and the step at which it fails."""
    assert support.base and support.rate is not None
    base, most, clause = _number(facts, support.base), support.rate, support.clause
    steps = [_step("base", base, clause, f"基数 {text_of(base)} 元", f"base {text_of(base)} CNY")]
    rate = most
    if support.rate_property and facts.get(support.rate_property):
        rate = _number(facts, support.rate_property)
        if rate > most:
            zh = f"券面比例 {text_of(rate)}% 高于条文最高的 {text_of(most)}%"
            en = f"the voucher's rate of {text_of(rate)} % is above the {text_of(most)} % of the text"
            return None, steps, _step("rate", rate, clause, zh, en)
    amount = base * rate / 100
    shown = text_of(amount)
    steps.append(
        _step("rate", amount, clause, f"× {text_of(rate)}% = {shown} 元", f"× {text_of(rate)} % = {shown} CNY")
    )
    if support.cap is not None:
        left = support.cap
        if support.spent:
            spent = _number(facts, support.spent)
            left = max(left - spent, ZERO)
            zh = f"年度上限 {text_of(support.cap)} 元 − 已兑现 {text_of(spent)} 元 = {text_of(left)} 元"
            en = f"cap of the year {text_of(support.cap)} CNY − redeemed {text_of(spent)} CNY = {text_of(left)} CNY"
            steps.append(_step("left", left, clause, zh, en))
        reached = amount > left
        amount = min(amount, left)
        zh = f"上限 {text_of(left)} 元" + ("，按上限计" if reached else "，未超过")
        en = f"cap {text_of(left)} CNY, " + ("which applies" if reached else "not reached")
        steps.append(_step("cap", amount, clause, zh, en))
    amount = to_fen(amount)
    steps.append(
        _step("rounded", amount, clause, f"四舍五入到分：{amount:.2f} 元", f"half up to the fen: {amount:.2f} CNY")
    )
    return amount, steps, {}


def split(amount: Decimal, shares: Iterable[Share]) -> list[dict[str, Any]]:
    """Return what each budget pays; cut at rounded running sums, so that the shares add up to the amount."""
    shares = list(shares)
    total, so_far, paid = sum(share.weight for share in shares), 0, ZERO
    found = []
    for share in shares:
        so_far += share.weight
        up_to = to_fen(amount * so_far / total)
        found.append(
            {
                "payer_zh": share.label.zh,
                "payer_en": share.label.en,
                "weight": share.weight,
                "clause": share.clause,
                "amount": f"{up_to - paid:.2f}",
            }
        )
        paid = up_to
    return found


def totals(
    measures: Iterable[Measure], items: list[dict[str, Any]], facts: Mapping[str, Given]
) -> list[dict[str, Any]]:
    """Hold what the file asks for in all against the limits of a year: one row a limit, a reading, and an applicant.

    ``within`` is null where an amount is missing and what is known does not yet exceed the limit.
    """
    rows = []
    for measure in measures:
        asking = [item for item in items if item["measure"] == measure.name and item["would_be"] != "not-eligible"]
        for limit in measure.limits:
            counted = [item for item in asking if _falls_under(limit, facts[item["application_id"]])]
            for reading in [support.reading for support in measure.supports]:
                groups: dict[str | None, list[dict[str, Any]]] = defaultdict(list)
                for item in counted:
                    groups[item["applicant"] if limit.per == "applicant" else None].append(item)
                for who, group in groups.items():
                    rows.append(_total(measure, limit, reading, who, group, facts))
                if limit.unit != "CNY":
                    break  # a number of projects is the same under every reading
    return rows


def _falls_under(limit: Limit, facts: Given) -> bool:
    return limit.where is None or limit.where[1] in facts.get(limit.where[0], ())


def _total(
    measure: Measure,
    limit: Limit,
    reading: str,
    who: str | None,
    group: list[dict[str, Any]],
    facts: Mapping[str, Given],
) -> dict[str, Any]:
    amounts = [next(s["amount"] for s in item["supports"] if s["reading"] == reading) for item in group]
    known = [Decimal(amount) for amount in amounts if amount is not None]
    reached = Decimal(len(group)) if limit.unit != "CNY" else sum(known, ZERO)
    if limit.per == "applicant" and (spent := measure.supports[0].spent):
        before = [_number(facts[i["application_id"]], spent) for i in group if facts[i["application_id"]].get(spent)]
        reached += max(before, default=ZERO)
    unknown = limit.unit == "CNY" and len(known) < len(group)
    within = False if reached > limit.value else None if unknown else True
    return {
        "policy": measure.policy.slug,
        "measure": measure.name,
        "label_zh": limit.label.zh,
        "label_en": limit.label.en,
        "clause": limit.clause,
        "per": limit.per,
        "applicant": who,
        "reading": reading,
        "projects": len(group),
        "unit": limit.unit,
        "limit": f"{limit.value:.2f}" if limit.unit == "CNY" else text_of(limit.value),
        "sum": f"{reached:.2f}" if limit.unit == "CNY" else text_of(reached),
        "within": within,
    }
