"""`aistandards queries`: list the saved queries, or show one in full."""

from __future__ import annotations

import argparse
from typing import Any

from aistandards.commands.common import command, print_answer
from aistandards.output import table


def add(commands: Any) -> None:
    """Add the command and its options."""
    parser = command(
        commands, "queries", run, "list the saved queries, or show one in full", "aistandards queries what-applies"
    )
    parser.add_argument(
        "name", nargs="?", metavar="NAME", help="show this query: explanation, parameters, columns, SPARQL"
    )


def run(arguments: argparse.Namespace) -> int:
    """Print every saved query with its question and parameters, or one with all that it says of itself."""
    from aistandards.queries import Library
    from aistandards.settings import resource

    library = Library(resource("queries"))
    if arguments.name:
        one = library.get(arguments.name).as_dict()
        return print_answer(arguments, one, one["columns"], lambda language: _in_full(one, language))
    items = [query.as_dict() for query in library]
    rows = [{name: q[name] for name in ("name", "summary_zh", "summary_en")} for q in items]

    def text(language: str) -> str:
        cells = [[q["name"], q[f"summary_{language}"], ", ".join(p["name"] for p in q["parameters"])] for q in items]
        return table(["name", "question", "parameters"], cells)

    return print_answer(arguments, {"total": len(items), "items": items}, rows, text)


def _in_full(query: dict[str, Any], language: str) -> str:
    """Return one query for people: question, explanation, parameters, columns, SPARQL."""
    label = f"label_{language}"
    parameters = [
        [p["name"], p["type"], p[label], p["required"], p["default"], p["example"]] for p in query["parameters"]
    ]
    columns = [[column["name"], column["type"], column[label]] for column in query["columns"]]
    parts = [query[f"summary_{language}"], query[f"description_{language}"]]
    if parameters:
        parts.append(table(["parameter", "type", "meaning", "required", "default", "example"], parameters))
    return "\n\n".join([*parts, table(["column", "type", "meaning"], columns), query["sparql"].rstrip()])
