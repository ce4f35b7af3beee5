"""`aistandards query`: run a saved query, a query file, or standard input."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from aistandards.commands.common import (
    command,
    open_build,
    open_counts,
    pair,
    positive,
    print_rows,
    read_text,
    store_option,
)
from aistandards.errors import UsageError


def add(commands: Any) -> None:
    """Add the command and its options."""
    parser = command(
        commands,
        "query",
        run,
        "run a saved query, a query file, or - for standard input",
        "aistandards query verdict-intervals --param rule=guide",
    )
    parser.add_argument("name", metavar="NAME|FILE|-")
    parser.add_argument("--param", action="append", default=[], metavar="K=V")
    parser.add_argument(
        "--seconds",
        type=positive,
        default=60.0,
        metavar="N",
        help="end a query file or standard input after (default 60)",
    )
    store_option(parser)


def run(arguments: argparse.Namespace) -> int:
    """Run a saved query, or a text from outside under the guard."""
    from aistandards.queries import Library
    from aistandards.settings import resource

    given = dict(pair(text, "--param") for text in arguments.param)
    path = Path(arguments.name)
    if arguments.name == "-" or path.suffix == ".rq" or path.is_file():
        return _run_text(arguments, given, path)
    query = Library(resource("queries")).get(arguments.name)
    return print_rows(arguments, query.answer(open_counts(arguments).store, given), list(query.columns))


def _run_text(arguments: argparse.Namespace, given: dict[str, str], path: Path) -> int:
    """Run a query file or standard input: guarded like any text from outside, in a process that can be killed."""
    from aistandards.queries import read_query
    from aistandards.sparql import run_text

    text = sys.stdin.read() if arguments.name == "-" else read_text(path)
    if any(line.startswith("#+") for line in text.splitlines()) and arguments.name != "-":
        text = read_query(path).bind(given)
    elif given:
        raise UsageError("--param needs a query file with front matter.", "--param 只能用于带前置信息的查询文件。")
    table = run_text(open_build(arguments).quads, text, arguments.seconds)
    print_rows(arguments, table.rows, table.columns)
    if table.cut:
        print(f"aistandards: {table.cut}", file=sys.stderr)
    return 0
