"""`aistandards report`: the state of the system as a printable page."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from aistandards import output
from aistandards.commands.common import command, day_of, day_option, open_build, store_option


def add(commands: Any) -> None:
    """Add the command and its options."""
    parser = command(
        commands,
        "report",
        run,
        "the state of the system as a printable page (HTML)",
        "aistandards report --lang zh --output report.html",
        (),
    )
    parser.add_argument("--rule", default="guide", help="the rule that leads the report")
    parser.add_argument("--system", default="draft-2024", help="edition of the system for its tables")
    parser.add_argument("--output", type=Path, metavar="FILE", help="write to a file instead of standard output")
    day_option(parser)
    store_option(parser)


def run(arguments: argparse.Namespace) -> int:
    """Write the report."""
    from aistandards.counts import Counts
    from aistandards.report import report
    from aistandards.rules import pick

    build = open_build(arguments)
    counts = Counts.of(build)
    request = counts.request(pick(counts.rules, arguments.rule), day_of(arguments), system=arguments.system)
    page = report(counts, request, output.language(arguments.lang), build.id)
    if arguments.output is None:
        sys.stdout.write(page)
    else:
        arguments.output.write_text(page, encoding="utf-8")
    return 0
