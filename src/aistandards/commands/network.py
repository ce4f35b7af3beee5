"""`aistandards network`: references as a graph."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from aistandards.commands.common import command, day_of, day_option, open_counts, print_answer, store_option
from aistandards.output import table
from aistandards.reports import say

VIEWS = ("rank", "impact", "stale", "cycles", "export")
HEADS = {
    "rank": ("编号 被引用 连带 状态 名称", "number cited-by dependents status title"),
    "impact": ("编号 距离 经由 状态 名称", "number distance through status title"),
    "stale": ("引用方 被引用版本 状态 自 代替者", "number cited status since successor"),
    "cycles": ("成员 数目", "members size"),
}


def add(commands: Any) -> None:
    """Add the command and its options."""
    parser = command(
        commands,
        "network",
        run,
        "references as a graph: what is cited most, what rests on a standard, stale references, circles, GraphML",
        "aistandards network impact GB/T 5271.31",
    )
    parser.add_argument("view", nargs="?", default="rank", metavar="|".join(VIEWS))
    parser.add_argument("number", nargs="*", metavar="NUMBER", help="with impact: the standard")
    day_option(parser)
    store_option(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print one view of the references, or write the graph as GraphML to standard output."""
    counts = open_counts(arguments)
    if arguments.view == "export":
        from aistandards.export import write_graphml

        write_graphml(counts.store, sys.stdout.buffer)
        return 0
    from aistandards.references import flat_rows, network

    number = " ".join(arguments.number) or None
    answer = network(counts, arguments.view, day_of(arguments), number)
    return print_answer(arguments, answer, flat_rows(answer), lambda lang: _text(answer, lang))


def _text(a: dict[str, Any], language: str) -> str:
    """Return the items as a table, with what the graph rests on."""
    head = say(
        language,
        f"{a['standards']} 项标准的 {a['references']} 条引用，截至 {a['as_of']}；共 {a['total']} 行",
        f"{a['references']} references of {a['standards']} standards as of {a['as_of']}; {a['total']} rows",
    )
    names = HEADS[a["view"]][language != "zh"].split()
    rows = [_cells(a["view"], item, language) for item in a["items"]]
    return "\n".join([head, a["notes"][0][language], "", table(names, rows)])


def _cells(view: str, item: dict[str, Any], language: str) -> list[Any]:
    title = (item.get("title_zh") if language == "zh" else item.get("title_en")) or item.get("title_zh") or ""
    match view:
        case "rank":
            return [item["number"], item["cited_by"], item["dependents"], item["status"], title]
        case "impact":
            return [item["number"], item["distance"], item["through"], item["status"], title]
        case "stale":
            return [item[name] for name in ("number", "cited", "status", "since", "successor")]
    return [" ↔ ".join(item["members"]), item["size"]]
