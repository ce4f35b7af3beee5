"""`aistandards procedure`: the steps of a policy, and the earliest next days over Chinese working days."""

from __future__ import annotations

import argparse
from typing import Any

from aistandards.commands.common import command, print_answer
from aistandards.output import table
from aistandards.reports import say
from aistandards.settings import parse_day, today


def add(commands: Any) -> None:
    """Add the command and its options."""
    summary = "the steps of a policy's procedure; given the day of one, the earliest days of the next"
    example = "aistandards procedure fujian-2024 --step publication --on 2025-09-24"
    parser = command(commands, "procedure", run, summary, example)
    parser.add_argument("policy", metavar="POLICY", help="a policy with rules of support, for example fujian-2024")
    parser.add_argument("--step", default=None, metavar="S", help="the step whose day is known")
    parser.add_argument("--on", default=None, metavar="D", help="its day, YYYY-MM-DD (default: today in Asia/Shanghai)")


def run(arguments: argparse.Namespace) -> int:
    """Print the steps, with the earliest days where a step and its day are given."""
    from aistandards.eligibility import engine
    from aistandards.procedures import procedure

    measures = engine().measures
    policy = measures.policy(arguments.policy)
    on = parse_day(arguments.on) if arguments.on else today()
    answer = procedure(measures.facts, policy, arguments.step, on)
    return print_answer(arguments, answer, answer["steps"], lambda lang: _text(answer, lang))


def _text(answer: dict[str, Any], language: str) -> str:
    """Return the steps as a table, then the deadlines that come back."""
    head = say(
        language, "步骤 名称 工作日 期满 最早 最晚 条文", "step name working_days period_until earliest latest clause"
    )
    names = ("step", f"label_{language}", "working_days", "period_until", "earliest", "latest", "clause")
    lines = [f"{answer['policy']}  {answer[f'title_{language}']}"]
    if answer["expired"]:
        until = answer["valid_until"]
        lines.append(
            say(
                language,
                f"该文件有效期至 {until}，所问日期已过期。",
                f"It held until {until}; on the day asked it has expired.",
            )
        )
    if answer["steps"]:
        lines.append(table(head.split(), [[row[name] for name in names] for row in answer["steps"]]))
    else:
        lines.append(say(language, "条文未规定步骤。", "The text sets no steps."))
    lines += list(dict.fromkeys(row[f"message_{language}"] for row in answer["steps"] if row[f"message_{language}"]))
    lines += [f"{d['next']}  {d[f'label_{language}']} [{d['clause']}]" for d in answer["deadlines"]]
    lines += [f"· {note[f'text_{language}']} [{note['clause']}]" for note in answer["notes"]]
    span = f"{answer['calendar_from']} – {answer['calendar_until']}"
    return "\n".join([*lines, say(language, f"节假日日历：{span}", f"calendar of public holidays: {span}")])
