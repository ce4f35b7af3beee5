"""`aistandards serve`: the API, the SPARQL endpoint and the pages."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from aistandards.commands.common import command, progress
from aistandards.configuration import FILE_VARIABLE, Configuration, configure, known


def add(commands: Any) -> None:
    """Add the command and its options."""
    parser = command(
        commands,
        "serve",
        run,
        "start the API, the SPARQL endpoint and the pages",
        "aistandards serve --port 8000",
        (),
    )
    setting_options(parser)


def setting_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--config`` and a flag for every setting that is not secret."""
    parser.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help=f"settings as TOML (default: {FILE_VARIABLE}, else ./aistandards.toml if there is one)",
    )
    for one in known().values():
        if not one.about.secret:  # a flag can be seen by every user of the machine
            default = ",".join(one.default) if isinstance(one.default, tuple) else one.default
            shown = (
                "" if default in (None, "") else f" (default {default}{' ' + one.about.unit if one.about.unit else ''})"
            )
            parser.add_argument(
                one.flag,
                dest=f"set_{one.name}",
                metavar=one.name.rpartition("_")[2].upper(),
                help=f"{one.about.en} / {one.about.zh}{shown}".replace("%", "%%"),
            )


def configuration_of(arguments: argparse.Namespace) -> Configuration:
    """Return the settings in effect under the flags given."""
    flags = {name: text for name in known() if (text := getattr(arguments, f"set_{name}", None)) is not None}
    return configure(flags, arguments.config)


def run(arguments: argparse.Namespace) -> int:
    """Serve until stopped; builds the store first where there is none or its inputs changed."""
    from aistandards.server import serve

    serve(configuration_of(arguments).settings, progress())
    return 0
