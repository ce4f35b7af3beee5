"""`aistandards targets`: the indicators, ours beside the official statements."""

from __future__ import annotations

import argparse
from typing import Any

from aistandards.commands.common import command, day_of, day_option, open_counts, print_answer, store_option
from aistandards.reports import say


def add(commands: Any) -> None:
    """Add the command and its options."""
    parser = command(
        commands, "targets", run, "the indicators, ours beside the official statements", "aistandards targets"
    )
    day_option(parser)
    store_option(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print the targets of the day asked."""
    from aistandards.targets import targets

    answer = targets(open_counts(arguments), day_of(arguments))
    rows = [{"target": t["id"], **ours} for t in answer["items"] for ours in t["ours"]]
    return print_answer(arguments, answer, rows, lambda lang: _text(answer, lang))


def _text(answer: dict[str, Any], language: str) -> str:
    """Return each target with our counts and the official statements beside them."""
    blocks = [say(language, f"截至 {answer['as_of']}", f"as of {answer['as_of']}")]
    for t in answer["items"]:
        value = "" if t["value"] is None else f" {t['comparison']} {t['value']} {t['unit']}"
        lines = [f"{t['id']} ({t['edition']}) {t[f'label_{language}']}{value}, {t['deadline']}"]
        for ours in t["ours"]:
            day = ours["reached_on"]
            reached = say(language, f"{day} 达到" if day else "未达到", f"reached on {day}" if day else "not reached")
            lines.append(f"  {ours['rule']:<18} {ours['counted']:>5}  {ours[f'label_{language}']}; {reached}")
        if t["not_known"]:
            lines.append("  " + t["not_known"][language])
        for s in t["statements"]:
            figure = f"{s['comparison'] or ''}{s['value'] if s['value'] is None else int(s['value'])}"
            readings = ", ".join(f"{r['rule']} {r['counted']}" for r in s["readings"])
            beside = f"  [{say(language, '同日本系统', 'ours that day')}: {readings}]" if readings else ""
            lines.append(f"  · {s['as_of']} {s['who']}: {figure} {s['measure']}{beside}")
        for entry in t["listed"]:
            lines.append(
                f"  {say(language, '无编号，仅列出', 'no number, listed only')}: {entry['title']} ({entry['roles']}; {entry['parties']})"
            )
        blocks.append("\n".join(lines))
    head = say(
        language, "相邻文件的目标（背景，不计数）：", "targets of neighbouring documents (context, never counted):"
    )
    near = [
        f"  {c['id']} {c['document']}: {c['label']} {c['comparison']} {c['value'] or ''} {c['unit'] or ''}, {c['deadline']}"
        for c in answer["context"]
    ]
    blocks.append("\n".join([head, *near]))
    return "\n\n".join(blocks)
