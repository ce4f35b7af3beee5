"""`aistandards releases`: the releases kept in the store, what each counts on a day, what each says of a record."""

from __future__ import annotations

import argparse
from typing import Any

from aistandards.commands.common import command, day_of, day_option, open_counts, print_answer, store_of, store_option
from aistandards.output import table
from aistandards.reports import say


def add(commands: Any) -> None:
    """Add the command and its options."""
    parser = command(
        commands,
        "releases",
        run,
        "the releases kept, what each counts on a day, what each says of a record",
        "aistandards releases --rule guide --as-of 2025-12-31",
    )
    parser.add_argument("--rule", action="append", default=[], help="show what each release counts; repeatable")
    parser.add_argument("--number", metavar="N", help="show what each release says of this standard or project")
    day_option(parser)
    store_option(parser, releases=False)


def run(arguments: argparse.Namespace) -> int:
    """List the releases of the store, the oldest first."""
    from aistandards.releases import Release, releases
    from aistandards.store import releases as kept_in

    kept = [Release(name, build) for name, build in kept_in(store_of(arguments)).items()]
    rules = list(dict.fromkeys(arguments.rule))
    current = open_counts(arguments).rules if rules and not kept else []
    answer = releases(kept, rules, arguments.number, day_of(arguments), current)
    return print_answer(arguments, answer, answer["items"], lambda lang: _text(answer, lang))


def _text(answer: dict[str, Any], language: str) -> str:
    """Return a line a release."""
    if not answer["items"]:
        return say(
            language,
            "尚未保存任何发布版；`aistandards build --release v1.0` 保存当前构建。",
            "No release is kept yet; `aistandards build --release v1.0` keeps a build.",
        )
    header = say(language, "发布版 日期 记录 构建", "release day records build").split() + answer["rules"]
    shown = ["release", "day", "records", "build_id", *answer["rules"]]
    if "number" in answer:
        header += say(language, "在册 编号 状态", "on_record number status").split()
        shown += ["on_record", "found", "status", *(f"verdict_{rule}" for rule in answer["rules"])]
        header += [say(language, f"{rule} 判定", f"{rule}_verdict") for rule in answer["rules"]]
    rows = [[str(i[name])[:16] if name == "build_id" else i[name] for name in shown] for i in answer["items"]]
    lines = [table(header, rows, right=[2, *range(4, 4 + len(answer["rules"]))])]
    if answer["rules"] or "number" in answer:
        lines.insert(
            0, say(language, f"各发布版对 {answer['as_of']} 的说法：", f"what each release says of {answer['as_of']}:")
        )
    if "number" in answer:
        first = answer["first_release"]
        lines.append(
            say(
                language,
                f"首次出现于发布版 {first}。" if first else "没有发布版收录。",
                f"First appears in release {first}." if first else "No release has it.",
            )
        )
    return "\n".join(lines)
