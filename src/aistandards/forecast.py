"""What the pipeline will add by a day: projects by stage, how long projects took, and an estimate where the cases allow one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from functools import cached_property
from statistics import median
from typing import Any, Final

import numpy as np

from aistandards.counts import Counts, Request
from aistandards.dates import months_after
from aistandards.errors import UsageError
from aistandards.namespaces import expand, item
from aistandards.plans import ALL, FEWEST, MIDDLE, READINGS, Chance, Judge, Plan, Stand, Stratum, entry, load_plans
from aistandards.rules import Rule
from aistandards.survival import LEVEL, number_of, quantile

FOR_MEDIAN: Final = 5
HORIZON: Final = 12  # months a backtest looks ahead


def window(rule: Rule) -> tuple[date | None, date | None]:
    """Return the first and last day of issue that a rule counts; None where it sets none."""
    issue = [clause for clause in rule.clauses if clause.on_property == "ais:issued"]
    opens = [clause.not_before for clause in issue if clause.not_before]
    closes = [clause.not_after for clause in issue if clause.not_after]
    return max(opens, default=None), min(closes, default=None)


def horizon(rule: Rule, as_of: date, by_day: date | None) -> date:
    """Return the day asked, or the end of the rule's window, or of the year; raises UsageError for a day before ``as_of``."""
    if by_day is None:
        closes = window(rule)[1]
        return closes if closes and closes >= as_of else date(as_of.year, 12, 31)
    if by_day < as_of:
        raise UsageError(
            f"by-day {by_day} lies before as-of {as_of}; ask for a day from {as_of} on.",
            f"by-day {by_day} 早于 as-of {as_of}；请给出 {as_of} 或以后的日期。",
            "by_day",
        )
    return by_day


def forecast(counts: Counts, request: Request, by_day: date | None = None) -> dict[str, Any]:
    """Return the pipeline under a rule and what it is likely to add by a day.

    Raises UsageError for a rule that does not count standards, a day too early, or a ``by_day`` before ``as_of``.
    """
    rule, as_of = request.rule, request.as_of
    if rule.candidates != expand("ais:Standard"):
        names = [r.name for r in counts.rules if r.candidates == expand("ais:Standard")]
        raise UsageError(
            f"The rule {rule.name} does not count standards, so plan projects say nothing about it. Choose from: {', '.join(names)}.",
            f"口径 {rule.name} 不统计标准，计划项目与之无关。可选：{'、'.join(names)}。",
        )
    counts.check_day(as_of)
    return _Forecast(counts, request, horizon(rule, as_of, by_day)).answer()


class _Forecast:
    """One forecast: the plans on record, what was known on the day, the judge of the rule."""

    def __init__(self, counts: Counts, request: Request, by_day: date) -> None:
        self.counts, self.request, self.by_day = counts, request, by_day
        self.judge = Judge(counts, request)
        self.plans = load_plans(counts)
        self.now = Stand(self.plans, request.as_of)
        self.until = counts.data_until(request.rule)

    @cached_property
    def verdicts(self) -> dict[str, tuple[str, str | None]]:
        """What the rule says of every project."""
        return {plan.iri: self.judge.verdict(plan) for plan in self.plans}

    def counting(self, stand: Stand) -> list[Plan]:
        """Return the projects under way on a day whose standards would count."""
        return [plan for plan in stand.under_way if self.verdicts[plan.iri][0] == "would-count"]

    def asked(self, plans: Iterable[Plan]) -> list[Plan]:
        """Return the projects of the rule's levels, and those whose level is not known."""
        levels = {*self.request.rule.levels, None}
        return [plan for plan in plans if len(levels) == 1 or plan.get("level") in levels]

    def answer(self) -> dict[str, Any]:
        """Return the whole answer with the stable keys of the JSON answer."""
        rule, as_of = self.request.rule, self.request.as_of
        closes = window(rule)[1]
        chances = self.now.chances(self.counting(self.now), self.by_day)
        return {
            "rule": rule.name,
            "edition": rule.target.edition,
            **self.request.switches,
            "as_of": str(as_of),
            "by_day": str(self.by_day),
            "data_until": str(self.until) if self.until else None,
            "window_until": str(closes) if closes else None,
            "after_window": closes is not None and self.by_day > closes,
            "target": {"id": rule.target.id, "comparison": rule.target.comparison, "value": rule.target.value},
            "counted": len(self.counts.tally(self.request).counted),
            "estimate": self.estimate(self.now, chances),
            "stages": self.stages(),
            "clauses": list(self.judge.summary(self.now.under_way)),
            "durations": self.durations(),
            "backtest": list(self.backtest()),
            "overdue": self.overdue(),
            "plans_without_result": self.plans_without_result(),
            "results_without_plan": self.results_without_plan(),
            "projects": self.projects(chances),
            "notes": list(self.notes(chances)),
        }

    def estimate(self, stand: Stand, chances: list[Chance]) -> dict[str, Any]:
        """Return how many projects are likely to end by the day, or why there is no estimate."""
        counting = self.counting(stand)
        allowed = stand.pool_of(None, None) is not None
        found: dict[str, Any] = {
            "under_way": len(counting),
            "in_estimate": len(chances),
            "without_start": sum(not stand.is_aged(plan) for plan in counting),
            "cases": len(stand.cases),
            "expected": None,
            "expected_low": None,
            "expected_high": None,
            "interval": None,
            "why_none_zh": None if allowed else f"仅有 {len(stand.cases)} 个案例，少于 {FEWEST} 个，不作估计",
            "why_none_en": None if allowed else f"{len(stand.cases)} cases, fewer than {FEWEST}: no estimate",
        }
        if not allowed:
            return found
        sums = {reading: sum(chance.by_reading[reading][0] for chance in chances) for reading in READINGS}
        ends = {
            reading: [number_of([chance.by_reading[reading][at] for chance in chances]) for at in (1, 2)]
            for reading in READINGS
        }
        found |= {
            "expected": round(sums[MIDDLE], 2),
            "expected_low": round(min(sums.values()), 2),
            "expected_high": round(max(sums.values()), 2),
            "interval": {
                "level": LEVEL,
                "low": min(quantile(low, (1 - LEVEL) / 2) for low, _ in ends.values()),
                "high": max(quantile(high, (1 + LEVEL) / 2) for _, high in ends.values()),
            },
        }
        return found

    def stages(self) -> list[dict[str, Any]]:
        """Return the projects under way at the rule's levels by stage, and how many of them would count."""
        words = self.counts.words.get("stage", {})
        order = sorted(words, key=lambda token: int(self.counts.facts.text(item("stage", token), "ais:order") or 99))
        rows: Counter[tuple[str | None, str]] = Counter()
        for plan in self.asked(self.now.under_way):
            rows[plan.stage_on(self.request.as_of), self.verdicts[plan.iri][0]] += 1
        present = {stage for stage, _ in rows}
        return [
            {
                "stage": stage,
                "label_zh": words[stage].zh if stage in words else "不详",
                "label_en": words[stage].en if stage in words else "not known",
                "projects": sum(count for (name, _), count in rows.items() if name == stage),
                "would_count": rows[stage, "would-count"],
                "excluded": rows[stage, "excluded"],
                "undecided": rows[stage, "undecided"],
            }
            for stage in [*order, None]
            if stage in present
        ]

    def durations(self) -> dict[str, Any]:
        """Return the linked pairs as cases, and what they give by level and committee."""
        pairs = [{"level": plan.get("level"), "committee": plan.get("committee")} for plan in self.now.cases]
        levels = sorted({pair["level"] or "" for pair in pairs})
        strata: list[Stratum] = [ALL]
        for level in levels:
            bodies = {pair["committee"] for pair in pairs if pair["level"] == level and pair["committee"]}
            strata += [(level, None), *((level, body) for body in sorted(bodies, key=str))]
        return {
            "total": len(self.now.cases),
            "strata": [self._stratum(stratum) for stratum in strata],
            "cases": [_case(plan) for plan in self.now.cases],
            "without_days": [entry(p) for p in self.plans if "number" in p.facts and not (p.start and p.issued)],
        }

    def _stratum(self, stratum: Stratum) -> dict[str, Any]:
        cases = self.now.within(self.now.cases, stratum)
        short, long = (sorted(plan.days(reading) for plan in cases) for reading in ("short", "long"))
        pool = self.now.pool_of(*stratum)
        enough = len(cases) >= FOR_MEDIAN
        return {
            "level": stratum[0],
            "committee": stratum[1],
            "cases": len(cases),
            "under_way": len(self.now.within(self.now.under_way, stratum)),
            "days_min": short[0] if short else None,
            "days_median_earliest": median(short) if enough else None,
            "days_median_latest": median(long) if enough else None,
            "days_max": long[-1] if long else None,
            "pool": _pool(pool),
        }

    def backtest(self) -> Iterator[dict[str, Any]]:
        """Stand at earlier days, use what was known by then, and compare with what came; say so where that cannot be done."""
        for day in self._earlier_days():
            stand = Stand(self.plans, day)
            by_day = min(months_after(day, HORIZON), self.request.as_of)
            counting = self.counting(stand)
            chances = stand.chances(counting, by_day)
            made = self.estimate(stand, chances)
            asked = {chance.plan.iri for chance in chances}
            came = [plan for plan in counting if plan.has_ended(by_day)]
            observed = [plan for plan in came if plan.iri in asked]
            interval = made["interval"]
            came_in_all, with_project = self._newly_counted(day, by_day)
            yield {
                "as_of": str(day),
                "by_day": str(by_day),
                **made,
                "observed": len(observed) if interval else len(came),
                "inside": interval["low"] <= len(observed) <= interval["high"] if interval else None,
                "came": [plan.get("number") for plan in came],
                "newly_counted": came_in_all,
                "newly_counted_with_project": with_project,
                "lower_bound": self.until is not None and by_day > self.until,
            }

    def _earlier_days(self) -> list[date]:
        """Return the last four beginnings of half-years before the day asked, and the day on which there were enough cases."""
        as_of = self.request.as_of
        halves = [date(year, month, 1) for year in range(as_of.year - 3, as_of.year + 1) for month in (1, 7)]
        known = sorted(plan.issued[1] for plan in self.now.cases if plan.issued)
        enough = known[FEWEST - 1 : FEWEST]
        return sorted({day for day in [*[half for half in halves if half < as_of][-4:], *enough] if day < as_of})

    def _newly_counted(self, since: date, until: date) -> tuple[int, int]:
        """Return how many standards count on a day and did not on an earlier one, and how many of them have a project."""
        before, after = (self.counts.tally(replace(self.request, as_of=day)).counted.at for day in (since, until))
        new = np.setdiff1d(after, before)
        places = (self.counts.columns.index(plan.facts["standard"]) for plan in self.plans if "standard" in plan.facts)
        return len(new), len(np.intersect1d(new, [at for at in places if at is not None]))

    def overdue(self) -> dict[str, Any]:
        """Return which projects under way at the rule's levels are past a due date on record; without one it is not known."""
        day = self.request.as_of
        said = [(plan, plan.is_overdue(day)) for plan in self.asked(self.now.under_way)]
        return {
            "overdue": sum(late is True for _, late in said),
            "not_overdue": sum(late is False for _, late in said),
            "not_known": sum(late is None for _, late in said),
            "items": [{**entry(plan), **_due(plan, day), "source": plan.get("source")} for plan, late in said if late],
        }

    def plans_without_result(self) -> dict[str, Any]:
        """Return how many plans of the rule's levels have no standard on record, and those not in the making any more."""
        none = [plan for plan in self.asked(self.plans) if "number" not in plan.facts]
        over = [plan for plan in none if plan.is_over]
        return {
            "total": len(none),
            "in_the_making": len(none) - len(over),
            "items": [{**entry(plan), "stage": plan.get("stage")} for plan in over],
        }

    def results_without_plan(self) -> dict[str, Any]:
        """Return the core standards of the rule's levels, issued in its window so far, that have no project on record."""
        opens, closes = window(self.request.rule)
        first = opens or self.counts.first_day
        last = min(day for day in (closes, self.request.as_of) if day)
        query = self.counts.library.get("results-without-plan")
        found: dict[str, dict[str, Any]] = {}
        for level in sorted(self.request.rule.levels):
            given = {"level": level, "from": str(first), "until": str(last)}
            for row in query.run(self.counts.store, given):
                cells: dict[str, Any] = {name: row[name].value if name in row else None for name in query.columns}
                cells["slug"] = cells.pop("standard").rsplit("/", 1)[-1]
                found.setdefault(cells["number"], {"level": level, **cells})
        return {"from": str(first), "until": str(last), "total": len(found), "items": list(found.values())}

    def projects(self, chances: list[Chance]) -> list[dict[str, Any]]:
        """Return every project under way, with what the rule says of it and its chance to end by the day."""
        by_iri = {chance.plan.iri: chance for chance in chances}
        day = self.request.as_of
        rows = []
        for plan in self.now.under_way:
            verdict, reason = self.verdicts[plan.iri]
            chance = by_iri.get(plan.iri)
            rows.append(
                {
                    **entry(plan),
                    "stage": plan.stage_on(day),
                    "verdict": verdict,
                    "reason": reason,
                    **_due(plan, day),
                    "pool": _pool(chance.pool) if chance else None,
                    "chance": round(chance.likely, 4) if chance else None,
                    "chance_low": round(chance.limits[0], 4) if chance else None,
                    "chance_high": round(chance.limits[1], 4) if chance else None,
                }
            )
        return rows

    def notes(self, chances: list[Chance]) -> Iterator[dict[str, str]]:
        """Yield what a reader must know of the method and of its bias."""
        as_of = self.request.as_of
        came, with_project = self._newly_counted(as_of - timedelta(days=365), as_of)
        ahead = (self.by_day - as_of).days
        beyond = sum(
            c.plan.days("middle", as_of) + ahead > (self.now.curve(c.pool, MIDDLE).lasted or (0,))[-1] for c in chances
        )
        yield from _METHOD
        yield {
            "zh": f"只有计划项目在录的标准才是案例：近一年新计入的 {came} 项标准中，仅 {with_project} 项有项目在录。估计只说在录项目，不说全部将发布的标准，因而偏低。",
            "en": f"Only standards whose project is on record are cases: of {came} standards newly counted in the last year, {with_project} have one. The estimate speaks of the projects on record, not of all that will be issued, and is low for that reason.",
        }
        if self.until:
            yield {
                "zh": f"登记簿副本截至 {self.until}；其后的发布和项目只有零星记录。",
                "en": f"The register copies reach to {self.until}; what was issued or planned later is on record in single notices only.",
            }
        if beyond:
            yield {
                "zh": f"{beyond} 个项目到该日的历时将超过最长观测值；其后按不再完成计，因而偏低。",
                "en": f"By the day {beyond} projects will have lasted longer than anything observed; beyond that nothing is taken to end, so the estimate is low.",
            }


_METHOD: Final = (
    {
        "zh": "方法：以已形成标准的项目为案例、在研项目为右删失，按 Kaplan-Meier 曲线取每个项目在已历时条件下到该日完成的概率；期望为概率之和。",
        "en": "Method: projects that became standards are the cases, projects under way are censored on the right; the Kaplan-Meier curve gives each project's chance to end by the day, given how long it has lasted; the expected number is their sum.",
    },
    {
        "zh": "只知年份的日期作五种读法：居中；案例历时取最短或最长，与在研历时取最短或最长两两组合。估计取居中，并列出五者的范围。",
        "en": "Days known only to the year are read in five ways: all in the middle, and the durations of the cases shortest or longest crossed with the ages of the projects shortest or longest; the estimate is the middle one, beside the range of the five.",
    },
    {
        "zh": "区间：各概率的 Greenwood 界限（双对数尺度，90%）下泊松二项分布的 5% 和 95% 分位数，取五种读法的外包，故不窄于 90%；假定项目相互独立，而标准常成批发布，实际波动更大。",
        "en": "Interval: the 5 % and 95 % quantiles of the Poisson binomial at the Greenwood limits of the chances (log-minus-log, 90 %), the hull over the five readings, so meant to be wider than 90 %; it takes projects as independent, while standards are often issued in batches, so the real spread is larger.",
    },
    {
        "zh": "偏差：近年下达而已发布的项目多为快者；阶段不参与估计；早年下达而在研的项目大多不在录。",
        "en": "Bias: of the projects planned lately only the quick ones have ended; the stage is not used; most projects planned earlier and still under way are not on record.",
    },
)


def _case(plan: Plan) -> dict[str, Any]:
    return {**entry(plan), "days_min": plan.days("short"), "days_max": plan.days("long")}


def _due(plan: Plan, day: date) -> dict[str, Any]:
    earliest, latest = (str(end) for end in plan.due) if plan.due else (None, None)
    basis = {"due": plan.get("due"), "period": plan.get("period"), "due_basis": plan.get("due_basis")}
    return {**basis, "due_earliest": earliest, "due_latest": latest, "overdue": plan.is_overdue(day)}


def _pool(pool: Stratum | None) -> str:
    """Name what a stratum is pooled with."""
    if pool is None:
        return "none"
    return "committee" if pool[1] else "level" if pool[0] else "all"
