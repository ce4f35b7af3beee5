"""`aistandards search`: standards and projects by words of their titles or by number."""

from __future__ import annotations

import argparse
from typing import Any

from aistandards.commands.common import (
    command,
    day_of,
    day_option,
    open_counts,
    pair,
    print_answer,
    store_option,
    whole,
)
from aistandards.output import table
from aistandards.reports import Words, say

LIMIT = 20


def add(commands: Any) -> None:
    """Add the command and its options."""
    parser = command(
        commands,
        "search",
        run,
        "standards and projects by words of their titles, Chinese or English, or by number",
        "aistandards search 大模型 --level national --facets part,status · aistandards search 45288.2",
    )
    parser.add_argument("text", nargs="+", help="words; all have to be there; or a number in any usual spelling")
    for name, other in (
        ("--level", "national"),
        ("--status", "in-force"),
        ("--part", "CC"),
        ("--kind", "standard|project"),
    ):
        parser.add_argument(name, action="append", default=[], metavar=other, help="may repeat: one of them")
    parser.add_argument(
        "--filter",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="any other filter of /api/v1/search, for example committee=SAC/TC28 or verification=confirmed",
    )
    parser.add_argument(
        "--facets", default="", metavar="NAME,…", help="count the hits by filters, for example level,year"
    )
    parser.add_argument("--sort", default="", metavar="FIELD,…", help="default: the best first; -issued for the newest")
    parser.add_argument("--limit", type=whole, default=LIMIT, metavar="N", help=f"default {LIMIT}, at most 1000")
    day_option(parser)
    store_option(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print what is found; raises UsageError for an unknown filter, value, facet or order."""
    from aistandards.listing import Asked, Listing
    from aistandards.search import KINDS

    wanted = {name: getattr(arguments, name) for name in ("level", "status", "part", "kind")}
    for text in arguments.filter:
        name, value = pair(text, "--filter")
        wanted[name] = [*wanted.get(name, []), value]
    counts = open_counts(arguments)
    answer = Listing(
        counts,
        Asked(
            kinds=KINDS,
            day=day_of(arguments),
            q=" ".join(arguments.text).strip(),
            wanted=wanted,
            sort=tuple(arguments.sort.split(",")) if arguments.sort else (),
            facets=tuple(arguments.facets.split(",")) if arguments.facets else (),
            limit=arguments.limit,
        ),
    ).answer()
    columns = [name for name in dict.fromkeys(name for entry in answer["items"] for name in entry) if name != "marks"]
    rows = [{name: entry.get(name) for name in columns} for entry in answer["items"]]
    return print_answer(arguments, answer, rows, lambda lang: _text(answer, lang, counts.words), columns)


def _text(answer: dict[str, Any], language: str, words: Words) -> str:
    """Return a line a hit, what else may be meant, and the facets."""
    lines = []
    if answer["items"]:
        header = say(language, "编号 状态 部分 题名", "number status part title").split()
        lines.append(table(header, [hit_line(entry, language, words) for entry in answer["items"]]))
    shown = f"（列出 {len(answer['items'])} 条）" if len(answer["items"]) < answer["total"] else ""
    first = f" (the first {len(answer['items'])} are shown)" if shown else ""
    lines.append(say(language, f"共 {answer['total']} 条{shown}", f"{answer['total']} found{first}"))
    for meant in answer["did_you_mean"]:
        zh, en = f"是否指 {meant['q']}？（{meant['total']} 条）", f"Did you mean {meant['q']}? ({meant['total']} found)"
        lines.append(say(language, zh, en))
    if answer["not_on_record"]:
        lines.append(answer["not_on_record"][language])
    for facet in answer.get("facets", {}).values():
        counted = [f"{value['label_' + language]} ({value['value']}) {value['count']}" for value in facet["values"]]
        lines.append(f"{facet['label_' + language]}: " + "; ".join(counted))
    return "\n".join(lines)


def hit_line(entry: dict[str, Any], language: str, words: Words) -> list[str]:
    """Return number, status or stage, part and title of a record."""
    scheme = "status" if entry["kind"] == "standard" else "stage"
    label = words[scheme].get(entry[scheme] or "")
    said = (label.zh if language == "zh" else label.en) if label else ""
    titles = (entry["title_zh"], entry["title_en"]) if language == "zh" else (entry["title_en"], entry["title_zh"])
    return [entry["number"], said, entry["part"] or "", titles[0] or titles[1] or ""]
