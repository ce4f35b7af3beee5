"""`aistandards queries`: list the saved queries."""

from __future__ import annotations

import argparse
from typing import Any

from aistandards.commands.common import command, print_answer
from aistandards.output import table


def add(commands: Any) -> None:
    """Add the command and its options."""
    command(commands, "queries", run, "list the saved queries", "aistandards queries")


def run(arguments: argparse.Namespace) -> int:
    """Print every saved query with its question and parameters."""
    from aistandards.queries import Library
    from aistandards.settings import resource

    items = [query.as_dict() for query in Library(resource("queries"))]
    rows = [{name: q[name] for name in ("name", "summary_zh", "summary_en")} for q in items]

    def text(language: str) -> str:
        cells = [[q["name"], q[f"summary_{language}"], ", ".join(p["name"] for p in q["parameters"])] for q in items]
        return table(["name", "question", "parameters"], cells)

    return print_answer(arguments, {"total": len(items), "items": items}, rows, text)
