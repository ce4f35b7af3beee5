"""The commands of ``aistandards``: one module a verb, each with its options, its run and its text for people."""

from __future__ import annotations

from importlib import import_module

from aistandards import __version__
from aistandards.commands.common import Parser

VERBS = (
    "build",
    "serve",
    "settings",
    "validate",
    "check",
    "coverage",
    "gaps",
    "targets",
    "report",
    "changes",
    "releases",
    "status",
    "forecast",
    "adoption",
    "network",
    "rules",
    "explain",
    "show",
    "search",
    "similar",
    "policies",
    "eligibility",
    "procedure",
    "query",
    "queries",
    "export",
    "mcp",
    "publish",
    "convert",
)


def build_parser() -> Parser:
    """Return the parser of all commands, in the order of ``VERBS``."""
    parser = Parser(
        prog="aistandards",
        description="AI standards as a graph: 人工智能标准知识图谱。",
        epilog="Example: aistandards coverage",
    )
    parser.add_argument("--version", action="version", version=f"aistandards {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=Parser)
    for verb in VERBS:
        import_module(f"aistandards.commands.{verb}").add(commands)
    return parser
