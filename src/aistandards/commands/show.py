"""`aistandards show`: one record."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from aistandards.commands.common import command, day_of, day_option, open_counts, print_answer, store_option
from aistandards.reports import Words, conflict_lines, undated_note

if TYPE_CHECKING:
    from aistandards.lookup import Found


def add(commands: Any) -> None:
    """Add the command and its options."""
    parser = command(
        commands, "show", run, "one record", "aistandards show gbt45288.1", ("text", "json", "csv", "turtle")
    )
    parser.add_argument("number")
    day_option(parser)
    store_option(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print one record; raises NotFoundError with the nearest number."""
    from aistandards import lookup

    counts, day = open_counts(arguments), day_of(arguments)
    counts.check_day(day)
    found = lookup.find(counts.facts, arguments.number, day)
    answer = lookup.record(counts.facts, found, day)
    if arguments.format == "turtle":
        from aistandards import serialise, things

        print(serialise.serialise(things.triples(counts.store, found.iri), serialise.TURTLE).decode())
        return 0
    return print_answer(arguments, answer, [answer], lambda lang: _text(answer, found, lang, counts.words))


def _text(answer: dict[str, Any], found: Found, language: str, words: Words) -> str:
    """Return one record, a line a column, empty ones left out; what sources say differently stands below."""
    lines = undated_note(found.undated, answer, language)
    for name, value in answer.items():
        if name == "conflicts":
            lines += conflict_lines(value, language, words)
            continue
        if isinstance(value, list) and value and isinstance(value[0], dict):
            value = [str(entry["number"]) for entry in value]
        if value not in (None, [], "") and not name.endswith(("_earliest", "_latest", "_iri", "_iris")):
            shown = ";".join(map(str, value)) if isinstance(value, list) else value
            lines.append(f"{name:<18} {shown}")
    return "\n".join(lines)
