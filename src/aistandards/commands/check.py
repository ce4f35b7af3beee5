"""`aistandards check`: ontology, shapes, queries and records together, with a DL reasoner."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from aistandards import output
from aistandards.commands.common import command, data_option, positive
from aistandards.reports import say


def add(commands: Any) -> None:
    """Add the command and its options."""
    parser = command(
        commands,
        "check",
        run,
        "check ontology, shapes, queries and records together, with a DL reasoner",
        "aistandards check --data my-records",
        ("text", "json"),
    )
    data_option(parser)
    parser.add_argument(
        "--seconds", type=positive, default=120.0, metavar="N", help="time for the reasoner (default 120)"
    )
    parser.add_argument(
        "--reasoner",
        choices=("hermit", "pellet", "owlrl"),
        help="default hermit; without Java owlrl, which knows less and says so",
    )


def run(arguments: argparse.Namespace) -> int:
    """Check; 1 where something is inconsistent, fails or did not finish, 2 where a file cannot be read."""
    from aistandards import checking

    answer, broken = checking.check(arguments.data, arguments.reasoner, arguments.seconds)
    if arguments.format == "json":
        print(output.as_json(answer))
    else:
        print(_text(answer, output.language(arguments.lang)))
    for error in broken:
        print(f"aistandards: {error.en}\naistandards：{error.zh}", file=sys.stderr)
    if broken:
        return 2
    return 0 if answer["ok"] else 1


def _text(answer: dict[str, Any], language: str) -> str:
    """Return one line a finding, the contradictions statement by statement, and what was checked by what."""
    from aistandards.findings import Finding

    lines = [Finding(**finding).text(language) for finding in answer["findings"]]
    for said in answer["contradictions"]:
        lines.append(say(language, "矛盾：", "Contradiction:"))
        for item in said:
            place = f"  ({item['file']}:{item['line']})" if item["file"] else ""
            lines.append(f"  {'∵' if item['axiom'] else '·'} {item[language]}{place}")
    counts = answer["counts"]
    state = {
        True: say(language, "一致", "consistent"),
        False: say(language, "自相矛盾", "inconsistent"),
        None: say(language, "未判定", "not decided"),
    }[answer["consistent"]]
    seen = f"{answer['individuals']} individuals, {answer['assertions']} statements"
    lines.append(
        say(
            language,
            f"推理（{answer['reasoner']}）：{state}；{answer['individuals']} 个个体，{answer['assertions']} 条陈述，"
            f"{answer['reasoning_seconds']} 秒；不可能有成员的类：{'、'.join(answer['unsatisfiable']) or ('无' if answer['classified'] else '未检查')}",
            f"reasoning ({answer['reasoner']}): {state}; {seen}, {answer['reasoning_seconds']} s; "
            f"classes without possible members: {', '.join(answer['unsatisfiable']) or ('none' if answer['classified'] else 'not checked')}",
        )
    )
    if answer["not_checked"]:
        lines.append(
            say(
                language,
                "未检查：完整的 OWL 2 DL 一致性与分类（owlrl 只知 OWL 2 RL，且只看模型和自有记录）。",
                "not checked: full OWL 2 DL consistency and classification (owlrl knows OWL 2 RL only, and saw the model and your records).",
            )
        )
    if answer["install"]:
        lines.append(say(language, f"安装其余部分：{answer['install']}", f"to install the rest: {answer['install']}"))
    lines.append(
        say(
            language,
            f"{'通过' if answer['ok'] else '未通过'}：{counts['violation']} 处违规，{counts['warning']} 处警告，{counts['info']} 处提示，"
            f"{answer['records']} 条记录，共 {answer['seconds']} 秒",
            f"{'passed' if answer['ok'] else 'failed'}: {counts['violation']} violations, {counts['warning']} warnings, "
            f"{counts['info']} infos, {answer['records']} records, {answer['seconds']} s in all",
        )
    )
    return "\n".join(lines)
