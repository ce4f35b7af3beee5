"""`aistandards status`: is each number of a list still valid, and what took the place of the others."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aistandards.commands.common import command, day_of, day_option, open_counts, print_answer, store_option
from aistandards.errors import SourceError
from aistandards.output import table
from aistandards.reports import say

if TYPE_CHECKING:
    from aistandards.numberlists import NumberList

SUFFIXES = (".csv", ".tsv", ".txt", ".xlsx", ".xls", ".xlsm")


def add(commands: Any) -> None:
    """Add the command and its options."""
    parser = command(
        commands,
        "status",
        run,
        "is each number of a list still valid: in force, coming, replaced by what, withdrawn",
        'aistandards status "GB/T 45288.1-2025" "GB/T 1.1" · aistandards status our-list.xlsx --format xlsx --output checked.xlsx',
    )
    parser.add_argument(
        "numbers",
        nargs="+",
        metavar="NUMBER|FILE",
        help="numbers in any usual spelling; or one file: CSV, XLSX, plain lines, - for standard input",
    )
    parser.add_argument(
        "--column",
        metavar="NAME|N",
        help="the column of a file that has the numbers (default: found by header or content)",
    )
    day_option(parser)
    store_option(parser)


def run(arguments: argparse.Namespace) -> int:
    """Check the numbers; raises SourceError for a file that cannot be read."""
    from aistandards.validity import check, flat_rows

    asked = _asked(arguments)
    answer = check(open_counts(arguments), asked, day_of(arguments))
    rows = flat_rows(answer)
    return print_answer(arguments, answer, rows, lambda lang: _text(answer, lang), list(rows[0]) if rows else None)


def _asked(arguments: argparse.Namespace) -> NumberList:
    """Return the list that was named: one file, standard input, or the numbers themselves."""
    from aistandards.numberlists import of_texts, read_list

    first = arguments.numbers[0]
    if first == "-":
        return read_list(sys.stdin.buffer.read(), "-", arguments.column)
    path = Path(first)
    if len(arguments.numbers) > 1 or not (path.suffix.lower() in SUFFIXES or path.is_file()):
        return of_texts(arguments.numbers, "arguments")
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SourceError(
            f"{path}: cannot be read ({error.strerror}). Check the path and its permissions.",
            f"{path}：无法读取（{error.strerror}）。请检查路径和权限。",
        ) from None
    return read_list(data, path.name, arguments.column)


def _text(answer: dict[str, Any], language: str) -> str:
    """Return a line a number, and how many there are of each kind."""
    from aistandards.validity import span_text

    header = say(
        language, "行 编号 状态 自 代替 现行 说明", "line number status since replaced_by in_force_now note"
    ).split()
    rows = []
    words: dict[str, str] = {}
    for entry in answer["items"]:
        for r in entry["results"]:
            words[r["status"]] = r[f"status_{language}"]
            rows.append(
                [
                    entry["line"],
                    r["number"] or r["input"][:40],
                    r[f"status_{language}"],
                    span_text(r, "since"),
                    "; ".join(one["number"] for one in r["replaced_by"]),
                    "; ".join(r["in_force_now"]),
                    "; ".join(_remarks(r, language)),
                ]
            )
    totals = "，".join(f"{words[name]} {count}" for name, count in answer["totals"].items())
    english = ", ".join(f"{count} {words[name]}" for name, count in answer["totals"].items())
    rows_of = say(
        language,
        f"截至 {answer['as_of']}，{answer['total']} 行：{totals}",
        f"as of {answer['as_of']}, {answer['total']} rows: {english}",
    )
    return "\n".join([table(header, rows, right=[0]), rows_of, *(note[language] for note in answer["notes"])])


def _remarks(result: dict[str, Any], language: str) -> list[str]:
    """Return what else is to be said of a number: what will replace it, its plan, the nearest on record, notes."""
    coming = ", ".join(f"{one['number']} {one['since'] or ''}".strip() for one in result["to_be_replaced_by"])
    said = (
        (coming, "将被代替为 ", "to be replaced by "),
        (result["plan_number"], "计划号 ", "plan "),
        (result["nearest"], "是否指 ", "nearest on record: "),
        (result["duplicate_of"], "重复，见行 ", "again, see line "),
    )
    return [say(language, zh, en) + str(value) for value, zh, en in said if value] + [
        n for n in [result[f"note_{language}"]] if n
    ]
