"""The options of every command: what the command line accepts, with its help and examples."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from aistandards import __version__
from aistandards.errors import UsageError
from aistandards.settings import ServerSettings

Command = Callable[[argparse.Namespace], int]


class Parser(argparse.ArgumentParser):
    """An argument parser that says what is wrong in one bilingual sentence and exits with 2."""

    def error(self, message: str) -> Any:
        """Raise the usage error instead of printing argparse's own text."""
        raise UsageError(f"{message}. See `{self.prog} --help`.", f"参数有误：{message}。参见 `{self.prog} --help`。")


def port(text: str) -> int:
    """Return a port number; argparse names the option where it is none."""
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text} is not a port (0 to 65535) / 不是端口号")
    return int(text)


def positive(text: str) -> float:
    """Return a number over zero."""
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < 1e6:
        raise argparse.ArgumentTypeError(f"{text} is not a number over 0 / 不是正数")
    return number


def whole(text: str) -> int:
    """Return a whole number over zero."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a whole number over 0 / 不是正整数")
    return int(text)


def build_parser(runs: Mapping[str, Command]) -> Parser:
    """Return the parser of all commands; ``runs`` has the function of each by name."""
    parser = Parser(
        prog="aistandards",
        description="AI standards as a graph: 人工智能标准知识图谱。",
        epilog="Example: aistandards coverage",
    )
    parser.add_argument("--version", action="version", version=f"aistandards {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=Parser)
    _add_building(commands, runs)
    _add_counting(commands, runs)
    _add_looking(commands, runs)
    return parser


def _command(
    commands: Any,
    name: str,
    runs: Mapping[str, Command],
    summary: str,
    example: str,
    formats: Sequence[str] = ("text", "json", "csv"),
) -> Any:
    command = commands.add_parser(
        name,
        allow_abbrev=False,
        help=summary,
        description=summary,
        epilog=f"Example: {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.set_defaults(run=runs[name])
    command.add_argument("--lang", choices=("zh", "en"), help="language of text answers (default: by locale)")
    if formats:
        command.add_argument("--format", choices=formats, default=formats[0], help=f"default {formats[0]}")
    return command


def _store_option(command: Any) -> None:
    command.add_argument(
        "--store",
        type=Path,
        default=None,
        metavar="DIR",
        help="folder of the store (default: AISTANDARDS_STORE or user data)",
    )


def _day_option(command: Any) -> None:
    command.add_argument(
        "--as-of", default=None, metavar="D", help="the day asked, YYYY-MM-DD (default: today in Asia/Shanghai)"
    )


def _add_building(commands: Any, runs: Mapping[str, Command]) -> None:
    build = _command(
        commands,
        "build",
        runs,
        "compile the records into a store",
        "aistandards build --data my-records/",
        ("text", "json"),
    )
    build.add_argument(
        "--data",
        type=Path,
        action="append",
        default=[],
        metavar="DIR",
        help="a folder of your own records, added to the shipped ones",
    )
    build.add_argument(
        "--skip-invalid",
        action="store_true",
        help="leave out records that break a rule, list them, mark the store incomplete",
    )
    _store_option(build)
    defaults = ServerSettings()
    serve = _command(
        commands,
        "serve",
        runs,
        "start the API, the SPARQL endpoint and the pages",
        "aistandards serve --port 8000",
        (),
    )
    serve.add_argument("--host", default=defaults.host)
    serve.add_argument("--port", type=port, default=defaults.port)
    serve.add_argument(
        "--query-seconds", type=positive, default=defaults.query_seconds, help="time limit of one SPARQL query"
    )
    serve.add_argument("--query-rows", type=whole, default=defaults.query_rows, help="row limit of one SPARQL answer")
    _store_option(serve)
    validate = _command(
        commands,
        "validate",
        runs,
        "check records against the rules",
        "aistandards validate my-records/*.csv",
        ("text", "json", "turtle", "csv"),
    )
    validate.add_argument(
        "paths", nargs="+", metavar="PATH", help="CSV or Turtle files, folders, or - for CSV on standard input"
    )
    validate.add_argument("--fail-on", choices=("violation", "warning", "info"), default="violation")


def _add_counting(commands: Any, runs: Mapping[str, Command]) -> None:
    coverage = _command(
        commands,
        "coverage",
        runs,
        "how many standards count toward the target, by part of the system",
        "aistandards coverage --rule guide --rule national --as-of 2025-12-31",
    )
    coverage.add_argument("--system", default="draft-2024")
    coverage.add_argument(
        "--rule", action="append", default=[], help="counting rule; repeat it to set several side by side"
    )
    coverage.add_argument("--rules", type=Path, metavar="FILE", help="a Turtle file with counting rules of your own")
    coverage.add_argument("--scope", default="core", metavar="core|all")
    coverage.add_argument("--guidance", default="no", metavar="no|yes")
    coverage.add_argument("--series", default="each", metavar="each|once")
    coverage.add_argument("--evidence", default="any", metavar="any|confirmed")
    coverage.add_argument(
        "--switch",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a further switch of a rule, for example ieee=yes",
    )
    coverage.add_argument(
        "--list", action="store_true", help="list every candidate with its verdict, reason and failed clauses"
    )
    coverage.add_argument("--by", default="part", metavar="part|layer|level|year|committee")
    _day_option(coverage)
    _store_option(coverage)
    targets = _command(
        commands, "targets", runs, "the indicators, ours beside the official statements", "aistandards targets"
    )
    _day_option(targets)
    _store_option(targets)
    rules = _command(commands, "rules", runs, "the counting rules, clause by clause", "aistandards rules")
    _store_option(rules)


def _add_looking(commands: Any, runs: Mapping[str, Command]) -> None:
    explain = _command(
        commands,
        "explain",
        runs,
        "why a standard counts or not, where it sits, every source",
        'aistandards explain "GB/T 45288.1"',
        ("text", "json"),
    )
    explain.add_argument("number", help="a standard or plan number in any usual spelling")
    explain.add_argument("--rule", action="append", default=[])
    show = _command(
        commands, "show", runs, "one record", "aistandards show gbt45288.1", ("text", "json", "csv", "turtle")
    )
    show.add_argument("number")
    for command in (explain, show):
        _day_option(command)
        _store_option(command)
    query = _command(
        commands,
        "query",
        runs,
        "run a saved query, a query file, or - for standard input",
        "aistandards query verdict-intervals --param rule=guide",
    )
    query.add_argument("name", metavar="NAME|FILE|-")
    query.add_argument("--param", action="append", default=[], metavar="K=V")
    _store_option(query)
    _command(commands, "queries", runs, "list the saved queries", "aistandards queries")
