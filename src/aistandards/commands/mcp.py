"""`aistandards mcp`: the tools for AI agents, over standard input and output."""

from __future__ import annotations

import argparse
import logging
import sys
from typing import Any

from aistandards import output
from aistandards.commands.common import command, store_option
from aistandards.configuration import configure


def add(commands: Any) -> None:
    """Add the command and its options."""
    parser = command(
        commands, "mcp", run, "the tools for AI agents (Model Context Protocol) over stdio", "aistandards mcp", ()
    )
    store_option(parser, releases=False)


def run(arguments: argparse.Namespace) -> int:
    """Serve until the client hangs up; raises UsageError where the package ``mcp`` is not installed."""
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    import anyio

    from aistandards.api.connecting import agents

    run_stdio = agents().run_stdio
    flags = {"store": str(arguments.store)} if arguments.store else {}
    anyio.run(run_stdio, configure(flags).settings, output.language(arguments.lang))
    return 0
