"""`aistandards forecast`: what the pipeline will add by a day, honest about how few cases there are."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any

from aistandards.commands.common import command, day_of, day_option, open_counts, print_answer, store_option
from aistandards.output import table
from aistandards.reports import Words, say, word

SWITCHES = ("scope", "guidance", "evidence")
POOLS = {"committee": "本委员会", "level": "本级别", "all": "全部", "none": "不足"}


def add(commands: Any) -> None:
    """Add the command and its options."""
    parser = command(
        commands,
        "forecast",
        run,
        "what the plan projects on record will add by a day, as far as the cases allow",
        "aistandards forecast --rule guide --by-day 2027-12-31",
    )
    parser.add_argument("--rule", default="guide", help="counting rule (default guide)")
    parser.add_argument(
        "--by-day", metavar="D", help="the day looked forward to (default: the end of the rule's window)"
    )
    parser.add_argument("--scope", default="core", metavar="core|all")
    parser.add_argument("--guidance", default="no", metavar="no|yes")
    parser.add_argument("--evidence", default="any", metavar="any|confirmed")
    day_option(parser)
    store_option(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print the pipeline, the cases, the estimate or why there is none, the backtest, and what is overdue."""
    from aistandards.forecast import forecast
    from aistandards.rules import pick
    from aistandards.settings import parse_day

    by_day = parse_day(arguments.by_day) if arguments.by_day is not None else None
    counts = open_counts(arguments)
    switches = {name: getattr(arguments, name) for name in SWITCHES}
    answer = forecast(counts, counts.request(pick(counts.rules, arguments.rule), day_of(arguments), switches), by_day)
    asked = {name: answer[name] for name in ("rule", "as_of", "by_day")}
    rows = [{**asked, **project} for project in answer["projects"]]
    return print_answer(arguments, answer, rows, lambda lang: _text(answer, lang, counts.words))


def _text(a: dict[str, Any], language: str, words: Words) -> str:
    """Return the answer for people, block by block."""
    blocks = [
        _estimate(a, language),
        _stages(a, language),
        _durations(a, language),
        _backtest(a, language),
        _lists(a, language, words),
        "\n".join(f"· {note[language]}" for note in a["notes"]),
    ]
    return "\n\n".join(blocks)


def _estimate(a: dict[str, Any], language: str) -> str:
    e = a["estimate"]
    lines = [
        say(
            language,
            f"口径 {a['rule']}（{a['edition']}），截至 {a['as_of']} 计入 {a['counted']}；至 {a['by_day']} 的在录项目：",
            f"rule {a['rule']} ({a['edition']}): {a['counted']} count as of {a['as_of']}; the projects on record by {a['by_day']}:",
        ),
        say(
            language,
            f"  在研且会计入 {e['under_way']}，其中 {e['without_start']} 项起始日不详、不在估计内；案例 {e['cases']} 个",
            f"  {e['under_way']} under way would count, {e['without_start']} of them of unknown start and in no estimate; {e['cases']} cases",
        ),
    ]
    if e["interval"] is None:
        lines.append("  " + e[f"why_none_{language}"])
    else:
        low, high = e["interval"]["low"], e["interval"]["high"]
        lines.append(
            say(
                language,
                f"  期望 {e['expected']}（不同读法 {e['expected_low']} 至 {e['expected_high']}），区间 {low} 至 {high} 项（{e['interval']['level']:.0%}）",
                f"  expected {e['expected']} ({e['expected_low']} to {e['expected_high']} by reading), interval {low} to {high} ({e['interval']['level']:.0%})",
            )
        )
    if a["after_window"]:
        lines.append(
            say(
                language,
                f"  该日晚于口径窗口（至 {a['window_until']}）；其后发布的不计入。",
                f"  The day lies after the rule's window ({a['window_until']}); what is issued later does not count.",
            )
        )
    return "\n".join(lines)


def _stages(a: dict[str, Any], language: str) -> str:
    header = [
        say(language, "阶段", "stage"),
        *say(language, "项目 会计入 不计 无法判定", "projects would-count excluded undecided").split(),
    ]
    names = ("projects", "would_count", "excluded", "undecided")
    rows = [[row[f"label_{language}"], *(row[name] for name in names)] for row in a["stages"]]
    rows.append([say(language, "合计", "total"), *(sum(row[name] for row in a["stages"]) for name in names)])
    waiting = [clause[f"label_{language}"] for clause in a["clauses"] if not clause["judged_on_project"]]
    note = say(language, "待标准发布方可判定：", "decided only on the standard: ") + "; ".join(waiting)
    return table(header, rows, right=[1, 2, 3, 4]) + "\n" + note


def _durations(a: dict[str, Any], language: str) -> str:
    header = say(
        language,
        "级别 归口单位 案例 在研 最短 中位 最长 合并至",
        "level committee cases under-way shortest median longest pooled-with",
    ).split()
    rows = [
        [
            s["level"] or say(language, "全部", "all"),
            s["committee"] or "",
            s["cases"],
            s["under_way"],
            s["days_min"],
            "" if s["days_median_earliest"] is None else f"{s['days_median_earliest']:g}-{s['days_median_latest']:g}",
            s["days_max"],
            say(language, POOLS[s["pool"]], s["pool"]),
        ]
        for s in a["durations"]["strata"]
    ]
    cases = [
        f"  {case['days_min']}-{case['days_max']}  {case['number']} → {case['result']} ({case['start_earliest']}/{case['start_latest']} → {case['issued_latest']})"
        for case in a["durations"]["cases"]
    ]
    title = say(language, "计划下达至标准发布的天数", "days from plan to publication")
    return "\n".join([title, table(header, rows, right=[2, 3, 4, 5, 6]), *cases])


def _backtest(a: dict[str, Any], language: str) -> str:
    header = say(
        language,
        "站在 至 案例 在研 期望 区间 实到 期内新计入 其中有项目",
        "standing by cases under-way expected interval came newly-counted with-project",
    ).split()
    rows = [
        [
            t["as_of"],
            t["by_day"],
            t["cases"],
            t["under_way"],
            "-" if t["expected"] is None else t["expected"],
            "-" if t["interval"] is None else f"{t['interval']['low']}-{t['interval']['high']}",
            t["observed"],
            t["newly_counted"],
            t["newly_counted_with_project"],
        ]
        for t in a["backtest"]
    ]
    why = [f"  {t['as_of']}: {t[f'why_none_{language}']}" for t in a["backtest"] if t[f"why_none_{language}"]]
    title = say(language, "回测：以当时所知预测，与实际比较", "backtest: by what was known then, against what came")
    return "\n".join([title, table(header, rows, right=range(2, 9)), *why])


def _lists(a: dict[str, Any], language: str, words: Words) -> str:
    def lines() -> Iterator[str]:
        o, plans, results = a["overdue"], a["plans_without_result"], a["results_without_plan"]
        yield say(
            language,
            f"逾期 {o['overdue']}，未逾期 {o['not_overdue']}，不详 {o['not_known']}（仅据在录期限或项目周期）",
            f"overdue {o['overdue']}, not overdue {o['not_overdue']}, not known {o['not_known']} (only by a due date or period on record)",
        )
        for item in o["items"]:
            due = item["due"] or f"{item['due_earliest']}/{item['due_latest']}"
            yield f"  {item['number']} {item['title_zh'] or item['title_en']} ({due}; {item['source']})"
        yield say(
            language,
            f"有计划无成果 {plans['total']}（在研 {plans['in_the_making']}）",
            f"plans without a result {plans['total']} ({plans['in_the_making']} in the making)",
        )
        for item in plans["items"]:
            yield f"  {item['number']} {word(words, 'stage', item['stage'], language)}"
        yield say(
            language,
            f"有成果无计划：{results['from']} 至 {results['until']} 发布的核心标准中 {results['total']} 项未见计划项目记录",
            f"results without a plan: {results['total']} core standards issued {results['from']} to {results['until']} have no project on record",
        )

    return "\n".join(lines())
