"""`aistandards adoption`: which international deliverables are adopted or planned, by what, and how fast."""

from __future__ import annotations

import argparse
from typing import Any

from aistandards.commands.common import command, day_of, day_option, open_counts, print_answer, store_option
from aistandards.output import table
from aistandards.reports import Words, say, word

STATES = {"adopted": "已采用", "planned": "计划采用", "not-on-record": "未见记录"}


def add(commands: Any) -> None:
    """Add the command and its options."""
    parser = command(
        commands,
        "adoption",
        run,
        "which deliverables of ISO/IEC JTC 1/SC 42 or another committee are adopted, planned, or on no record",
        "aistandards adoption --state adopted",
    )
    parser.add_argument("--committee", metavar="CODE", help="another international committee, by its code")
    parser.add_argument("--state", metavar="|".join(STATES), help="only the deliverables of one state")
    day_option(parser)
    store_option(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print the deliverables with what adopts them, the known delays, and adoptions of superseded editions."""
    from aistandards.adoption import adoption, flat_rows

    counts = open_counts(arguments)
    answer = adoption(counts, day_of(arguments), arguments.committee, arguments.state)
    return print_answer(arguments, answer, flat_rows(answer), lambda lang: _text(answer, lang, counts.words))


def _text(a: dict[str, Any], language: str, words: Words) -> str:
    """Return the deliverables, the delays and the adoptions of superseded editions."""
    lines = [
        say(
            language,
            f"{a['committee']}，截至 {a['as_of']}：已发布 {a['total']} 项；已采用 {a['adopted']}，计划采用 {a['planned']}，未见采用记录 {a['not_on_record']}",
            f"{a['committee']} as of {a['as_of']}: {a['total']} published; {a['adopted']} adopted, {a['planned']} planned, {a['not_on_record']} not on record",
        ),
        say(
            language,
            "“未见记录”指已录资料中未见采用，并非未采用。",
            "Not on record: no adoption was seen in the data; it does not say that there is none.",
        ),
        "",
        table(
            say(
                language,
                "成果 发布 状态 采标 采用者 对应而未采用",
                "deliverable issued status state by corresponds-only",
            ).split(),
            [
                [
                    item["number"],
                    item["issued"],
                    word(words, "status", item["status"], language),
                    say(language, STATES[item["state"]], item["state"]),
                    ", ".join(_side(side) for side in item["by"]),
                    ", ".join(_side(side) for side in item["corresponding"]),
                ]
                for item in a["items"]
            ],
        ),
    ]
    for name, zh, en in (
        (
            "delays",
            "本委员会成果自发布至国内发布的天数",
            "days from publication to the adopting standard, this committee",
        ),
        ("delays_of_all_committees", "全部委员会", "all committees"),
    ):
        lines += ["", *_delays(a[name], say(language, zh, en), language)]
    lines += ["", say(language, "采用的版本已被代替：", "adoptions of editions that were replaced:")]
    lines += [f"  {s['by']} ← {s['adopted']} → {', '.join(s['later'])}" for s in a["superseded"]]
    lines += [
        "",
        say(language, "采用的版本不在录：", "the edition adopted is in no file: ")
        + (", ".join(f"{row['by']} ← {row['adopted']}" for row in a["unlisted"]) or "-"),
        say(language, f"在研项目（另计）：{a['projects']['total']}", f"projects (apart): {a['projects']['total']}"),
    ]
    return "\n".join(lines)


def _side(side: dict[str, Any]) -> str:
    return f"{side['number']} ({', '.join(side['degrees']) or '?'})" + (" *" if side["undated"] else "")


def _delays(delays: dict[str, Any], title: str, language: str) -> list[str]:
    """Return the known cases; the shortest, middle and longest only where there are enough."""
    head = say(language, f"{title}（{delays['count']} 例）", f"{title} ({delays['count']} cases)")
    if delays["days_min"] is not None:
        middle = _range(delays["days_median_earliest"], delays["days_median_latest"])
        head += say(
            language,
            f"：最短 {delays['days_min']}，中位 {middle}，最长 {delays['days_max']}",
            f": shortest {delays['days_min']}, median {middle}, longest {delays['days_max']}",
        )
    return [
        head,
        *(
            f"  {_range(case['days_min'], case['days_max']):>11}  {case['number']} → {case['by']} ({case['degree'] or '?'})"
            for case in delays["cases"]
        ),
    ]


def _range(low: float, high: float) -> str:
    return f"{low:g}" if low == high else f"{low:g}-{high:g}"
