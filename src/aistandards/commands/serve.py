"""`aistandards serve`: the API, the SPARQL endpoint and the pages."""

from __future__ import annotations

import argparse
from typing import Any

from aistandards.commands.common import command, positive, progress, store_of, store_option, whole
from aistandards.settings import ServerSettings


def add(commands: Any) -> None:
    """Add the command and its options."""
    defaults = ServerSettings()
    parser = command(
        commands,
        "serve",
        run,
        "start the API, the SPARQL endpoint and the pages",
        "aistandards serve --port 8000",
        (),
    )
    parser.add_argument("--host", default=defaults.host)
    parser.add_argument("--port", type=_port, default=defaults.port)
    parser.add_argument(
        "--query-seconds", type=positive, default=defaults.query_seconds, help="time limit of one SPARQL query"
    )
    parser.add_argument("--query-rows", type=whole, default=defaults.query_rows, help="row limit of one SPARQL answer")
    store_option(parser, releases=False)


def _port(text: str) -> int:
    """Return a port number; argparse names the option where it is none."""
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text} is not a port (0 to 65535) / 不是端口号")
    return int(text)


def run(arguments: argparse.Namespace) -> int:
    """Serve until stopped; builds the store first where there is none or its inputs changed."""
    from aistandards.server import serve

    settings = ServerSettings(
        host=arguments.host,
        port=arguments.port,
        query_seconds=arguments.query_seconds,
        query_rows=arguments.query_rows,
        store=store_of(arguments),
    )
    serve(settings, progress())
    return 0
