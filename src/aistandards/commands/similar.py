"""`aistandards similar`: existing standards and projects close to a proposed title (查重)."""

from __future__ import annotations

import argparse
from typing import Any

from aistandards.commands.common import command, day_of, day_option, open_counts, print_answer, store_option, whole
from aistandards.commands.search import hit_line
from aistandards.output import table
from aistandards.reports import Words, say

LIMIT = 10


def add(commands: Any) -> None:
    """Add the command and its options."""
    parser = command(
        commands,
        "similar",
        run,
        "existing standards and projects close to a proposed title",
        'aistandards similar "人工智能 大模型 评测指标" · aistandards similar "AI risk management"',
    )
    parser.add_argument("title", nargs="+", help="the proposed title, in Chinese or English")
    parser.add_argument("--limit", type=whole, default=LIMIT, metavar="N", help=f"default {LIMIT}, at most 100")
    day_option(parser)
    store_option(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print the closest titles; raises UsageError for a title without words."""
    from aistandards.similar import flat_rows, similar

    counts = open_counts(arguments)
    answer = similar(counts, " ".join(arguments.title), day_of(arguments), arguments.limit)
    rows = flat_rows(answer)
    return print_answer(arguments, answer, rows, lambda lang: _text(answer, lang, counts.words))


def _text(answer: dict[str, Any], language: str, words: Words) -> str:
    """Return a line a record: how close, whether it is a near-duplicate, what both titles share."""
    header = say(
        language, "相近度 重复 编号 状态 部分 题名 相同的文字", "score repeats number status part title shared"
    ).split()
    rows = []
    for entry in answer["items"]:
        repeats = ("同名", "same") if entry["same_title"] else ("相近", "near") if entry["near_duplicate"] else ("", "")
        rows.append(
            [
                f"{entry['score']:.2f}",
                say(language, *repeats),
                *hit_line(entry, language, words),
                " · ".join(entry["phrases"]),
            ]
        )
    zh = f"共 {answer['total']} 条有相同的词，其中 {answer['near_duplicates']} 条同名或相近"
    en = f"{answer['total']} titles share a telling word; {answer['near_duplicates']} are the same or nearly"
    return "\n".join([table(header, rows), say(language, zh, en)] if rows else [say(language, zh, en)])
