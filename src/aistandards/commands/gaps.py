"""`aistandards gaps`: parts with nothing or little, ranked, with the reasons."""

from __future__ import annotations

import argparse
from typing import Any

from aistandards.commands.common import command, day_of, day_option, open_counts, pair, print_answer, store_option
from aistandards.output import table
from aistandards.reports import say


def add(commands: Any) -> None:
    """Add the command and its options."""
    parser = command(
        commands,
        "gaps",
        run,
        "what is missing: parts with nothing or little, ranked",
        "aistandards gaps --system draft-2024",
    )
    parser.add_argument("--system", default="guide-2024", help="edition of the system (default guide-2024, the finest)")
    parser.add_argument("--rule", default="guide", help="the rule whose scope, basis and evidence apply")
    parser.add_argument("--switch", action="append", default=[], metavar="NAME=VALUE", help="for example scope=all")
    day_option(parser)
    store_option(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print the gaps; 0 whether there are any or not."""
    from aistandards.gaps import gaps
    from aistandards.rules import pick

    counts = open_counts(arguments)
    switches = dict(pair(text, "--switch") for text in arguments.switch)
    request = counts.request(pick(counts.rules, arguments.rule), day_of(arguments), switches, system=arguments.system)
    answer = gaps(counts, request)
    return print_answer(arguments, answer, answer["items"], lambda lang: _text(answer, lang))


def _text(a: dict[str, Any], language: str) -> str:
    """Return the ranked list, then the named lists line by line, then what experts named."""
    label = f"label_{language}"
    words = {reason["gap"]: reason[label] for reason in a["reasons"]}
    states = {state["state"]: state[label] for state in a["states"]}
    blocks = [
        say(
            language,
            f"口径 {a['rule']}，版本 {a['system']}，截至 {a['as_of']}：{a['parts']} 个部分中 {a['total']} 个有缺口",
            f"rule {a['rule']}, edition {a['system']}, as of {a['as_of']}: {a['total']} of {a['parts']} parts are gaps",
        ),
        _lines(a["items"], words, states, label, language),
    ]
    for one in a["lists"]:
        blocks += [one[label], _lines(one["lines"], words, states, label, language)]
    adopted = a["not_adopted_on_record"]
    numbers = "; ".join(item["number"] for item in adopted["items"])
    if adopted["committee"]:
        blocks.append(
            say(
                language,
                f"{adopted['committee']} 已发布 {adopted['published']} 项成果中 {adopted['total']} 项未见采用记录（并非未采用）：{numbers}",
                f"of {adopted['published']} published deliverables of {adopted['committee']}, {adopted['total']} have no adoption on record (which does not say that there is none): {numbers}",
            )
        )
    blocks.append(say(language, "专家指出的缺口：", "gaps named by experts:") + f" {len(a['expert'])}")
    blocks += [
        f"  {', '.join(e['parts'])}: {e[f'statement_{language}'] or e['statement_zh']} ({e['named_by']})"
        for e in a["expert"]
    ]
    return "\n\n".join(blocks)


def _lines(
    lines: list[dict[str, Any]], words: dict[str, str], states: dict[str, str], label: str, language: str
) -> str:
    header = ["", say(language, "名称", "name"), say(language, "缺口", "gap"), say(language, "记录", "records")]
    rows = [
        [
            line["notation"],
            line[label],
            "; ".join(words[gap] for gap in line["gaps"]) or "-",
            ", ".join(f"{states[state]} {n}" for state, n in line["by_state"].items()) or "0",
        ]
        for line in lines
    ]
    return table(header, rows)
