"""`aistandards export`: the whole graph as RDF, tables, a workbook or a network."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aistandards import output
from aistandards.commands.common import command, open_build, store_option, unwritable, writing
from aistandards.errors import UsageError
from aistandards.reports import say

if TYPE_CHECKING:
    import pyoxigraph as ox

FORMATS = ("turtle", "trig", "nquads", "ntriples", "rdfxml", "jsonld", "csv", "xlsx", "graphml")


def add(commands: Any) -> None:
    """Add the command and its options."""
    example = "aistandards export --format nquads --output graph.nq"
    parser = command(commands, "export", run, "the whole graph as RDF, tables, a workbook or a network", example, ())
    parser.add_argument("--format", choices=FORMATS, default="turtle", help="default turtle")
    parser.add_argument(
        "--output",
        default="-",
        metavar="FILE",
        help="a file, for csv a folder that does not exist yet; - is standard output (the default)",
    )
    parser.add_argument("--ontology", action="store_true", help="only the vocabulary, its code lists and systems")
    store_option(parser)


def run(arguments: argparse.Namespace) -> int:
    """Write the export; raises UsageError for a place that must not be overwritten."""
    from aistandards.export import RDF

    if arguments.ontology and arguments.format not in RDF:
        raise UsageError(
            f"--ontology is RDF; choose --format {', '.join(RDF)}.",
            f"--ontology 为 RDF；请选择 --format {'、'.join(RDF)}。",
        )
    store = open_build(arguments).open()
    match arguments.format:
        case "csv":
            _csv(arguments, store)
        case "xlsx":
            with writing(arguments.output) as out:
                out.write(_workbook(store, output.language(arguments.lang)))
        case "graphml":
            from aistandards.export import write_graphml

            with writing(arguments.output) as out:
                write_graphml(store, out)
        case name:
            from aistandards.export import write_rdf

            with writing(arguments.output) as out:
                write_rdf(store, RDF[name], out, "ontology" if arguments.ontology else None)
    return 0


def _csv(arguments: argparse.Namespace, store: ox.Store) -> None:
    """Write one CSV file for each table into a new folder."""
    from aistandards.export import Records, write_csv

    if arguments.output == "-":
        raise UsageError(
            "CSV is several tables; name a folder that does not exist yet with --output.",
            "CSV 为多个表格；请用 --output 指定一个尚不存在的文件夹。",
        )
    folder = Path(arguments.output)
    try:
        folder.mkdir(parents=True)
    except FileExistsError:
        raise UsageError(
            f"{folder} exists and is not overwritten; name a folder that does not exist yet.",
            f"{folder} 已存在，不会被覆盖；请指定一个尚不存在的文件夹。",
        ) from None
    except OSError as error:
        raise unwritable(folder, error) from None
    records = Records(store)
    language = output.language(arguments.lang)
    for name, table in records.tables():
        with (folder / name).open("w", encoding="utf-8", newline="") as out:
            count = write_csv(records.rows(name, table), table, out)
        print(say(language, f"{name}：{count} 行", f"{name}: {count} rows"))


def _workbook(store: ox.Store, language: str) -> bytes:
    """Return a workbook with a sheet for each table."""
    from aistandards.export import Records
    from aistandards.workbook import Sheet, write_workbook

    records = Records(store)
    sheets = [
        Sheet(name.removesuffix(".csv"), [column.name for column in table.columns], list(records.rows(name, table)))
        for name, table in records.tables()
    ]
    notes = {sheet.name: len(list(sheet.rows)) for sheet in sheets}
    return write_workbook(
        say(language, "人工智能标准图谱：全部记录", "AI standards graph: all records"), notes, sheets, language
    )
