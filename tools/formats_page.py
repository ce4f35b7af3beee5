"""Writes ``docs/formats.md``: what is read, under which words, by which mapping, and what each target loses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from aistandards.readers.foreign import Format, formats
from aistandards.readers.kinds import KINDS
from aistandards.settings import resource
from aistandards.tables import Table, tables

PAGE = Path(__file__).resolve().parents[1] / "docs" / "formats.md"
HEAD = """# Formats: what is read, what is written

`aistandards validate`, `build --data` and `convert` read the formats below. A path may be a file, a folder (with the folders in it; what is hidden is passed over), a pattern (`"records/*.csv"`) or `-` for standard input, whose kind is seen or told (`--as`, in `convert` `--from`).

What kind a file is, is decided by its content first and its name then; where the two disagree, that is said (`read-kind`). Documents, images, packed files and web pages named `.xls` are refused in words. Encodings of tables: UTF-8 with or without BOM, UTF-16, GB18030; two in one file are refused with the line.

| kind | `--as` | names | what is read |
|---|---|---|---|
"""
READ = {
    "csv": "separated by comma, semicolon, tab or bar; our tables, exports of the platforms, ISO Open Data",
    "xlsx": "every visible sheet with the header of a table",
    "turtle": "RDF 1.1, UTF-8",
    "ntriples": "RDF 1.1, read line by line",
    "nquads": "named graphs are read as one",
    "trig": "named graphs are read as one",
    "rdfxml": "without a document type (DOCTYPE)",
    "jsonld": "its context written into it, or ours (`https://w3id.org/aistandards/context.jsonld`); nothing is fetched",
    "jsonl": "ISO Open Data: deliverables, technical committees",
    "yaml": "Relaton, one item or several; aliases within limits, no tags of programs",
    "xml": "Relaton: `bibitem` and `bibdata` anywhere; without a document type",
}
TABLES = """
## Tables
Which table a sheet is, is told by the file's name where it has the name of a table (`standards-mine.csv`), else by its header: the table whose required columns are all there and of which most are named. Where two fit alike, that is said (`read-ambiguous`); where none does, the nearest is named with what it lacks (`read-table`).

- A title and remarks may stand above the header (`read-title`). The header may take two rows, one below the other or in two languages; repeated later it is reported (`read-header`). Totals at the bottom are reported (`read-total`). Header words are compared without width, case, blanks, line ends and marks such as `*`.
- Cells lose invisible spaces and a leading apostrophe; how many, is said by column (`read-invisible`). An error value such as `#REF!` is a finding (`read-error-value`).
- Workbooks: a hidden sheet is named and not read (`read-hidden`), as is a sheet that is no table (`read-sheet`). A cell merged downwards holds in every row it covers (`read-merged`). A formula counts as its saved value; without one it is a finding (`read-formula`). Days are those of the workbook's date system, 1900 or 1904; a day that stands as a bare number is a finding that names the day.
- Level and nature are read from the form of the number where the table has no cell for them. A degree beside the adopted number (`IDT ISO/IEC 42001:2023`, `等同采用 …`) is read as one.
- Every row is accepted or reported: the answer of `validate --format json` has `files[{file, read, accepted, reported}]`, and `read = accepted + reported`.

Limits: a cell of 1 MiB, 16,384 columns, a workbook of 1 GiB unpacked and no part of it more than 200 times its packed size; 64 MiB of JSON-LD, YAML or XML, 100 levels of nesting; a line of JSON Lines of 4 MiB. CSV, JSON Lines, N-Triples, N-Quads, Turtle and TriG are converted as they are read.

Columns and the header words under which each is read (case, blanks and width do not matter):
"""
TARGETS = """
## convert
```sh
aistandards convert 导出.xlsx standards.ttl
aistandards convert iso_deliverables_metadata.jsonl standards/ --report lost.json
aistandards convert - - --from turtle --to csv < records.ttl
aistandards convert standards.csv iso_deliverables_metadata.csv --to iso-csv
aistandards convert iso_deliverables_metadata.jsonl relaton.yaml
```

Written are `csv` (one table; a folder, ending in `/`, takes one file for each table), `xlsx` (a sheet for each table), `turtle`, `ntriples`, `rdfxml`, `jsonld`, `trig`, `nquads`, and of the formats of others `iso-csv`, `iso-jsonl` (ISO Open Data deliverables), `relaton-yaml` and `relaton-xml`. The name of the output tells which (`.jsonl`, `.yaml`, `.xml` are these), `iso-csv` is asked for by `--to`. The output appears when it is whole, and never replaces the input. What the target cannot hold is counted by field on standard error and, with the findings, in `--report FILE`. Exit 0 also where values were lost; 1 where a row could not be read or written; 2 where a file could not be read.

| to | cannot hold |
|---|---|
| CSV, XLSX | triples that no column states (counted by property); names of graphs; of ISO Open Data and Relaton what the mapping below does not name. XLSX besides: more than 32,767 characters in a cell, control characters |
| RDF | cells that state nothing: unknown codes and committees, dates that are none (each with its finding); columns of no table; the order of several values in a cell, but for the first part (`part (order)`) |
| Turtle, N-Triples, RDF/XML | the names of graphs (`(graph)`) |
| ISO Open Data, Relaton | columns that the mapping below does not name; rows of other tables, and rows whose stage or status has no code there (`(row)`). Every record is read again as it was written, and what does not come back is lost |

Into ISO Open Data a standard that was issued, with no status, no day of withdrawal and no successor in the same data, is written as published (60.60). Its `id` comes from the address or note that reading ISO Open Data gave; without ids, relations are lost. Stages are written as the codes of the second table under [Codes](#codes), so `4020` read is `4000` written.

ISO Open Data committees are read and not written: that file ties a committee to its parent, members and liaisons by the numbers of ISO (`id`, `parentId`), which `committees.csv` does not keep, and has no place for Chinese names, sources and bodies outside ISO and IEC. What would be left is a list of references and English titles.

In CSV a cell that begins like a formula gets an apostrophe, which reading takes off again.

## Formats of others
The mappings stand in [`ontology/formats.json`](../ontology/formats.json): a column more is a line there. A path names keys from the root of a record, `[key=value]` picks items, `[key=]` those without it; the first that is filled gives the cell.
"""


def columns_of(table: Table) -> str:
    """Return the section of one table."""
    lines = [f"\n### {table.url}", "", "| column | 表头 header words | |", "|---|---|---|"]
    for column in table.columns:
        titles = ", ".join(column.titles)
        lines.append(f"| `{column.name}` | {titles} | {'required' if column.required else ''} |")
    if table.key_from:
        lines += ["", f"Where `{table.key}` is missing, `{table.key_from}` is the key."]
    return "\n".join(lines)


def mapping_of(one: Format) -> str:
    """Return the section of one format of others."""
    said = one.said
    lines = [
        f"\n### {one.label[1]} · {one.label[0]}",
        "",
        f"Read from {' and '.join(said['syntax'])}. Source: <{said['dcterms:source']}>.",
    ]
    if "dcterms:license" in said:
        lines[-1] += f" Licence: <{said['dcterms:license']}>, attribution required."
    for entry in said["tables"]:
        lines += ["", f"To `{entry['table']}`{condition(entry.get('when'))}:", "", "| column | from |", "|---|---|"]
        lines += [f"| `{c['column']}` | {origin(c)} |" for c in entry["columns"]]
    if "write" in said:
        lines += [
            "",
            f"Written as {' and '.join(f'`{name}`' for name in said['write']['targets'])}, by the same lines.",
        ]
    return "\n".join(lines)


def origin(column: dict[str, Any]) -> str:
    """Return where a cell comes from, in words."""
    paths = "; ".join(f"`{path}`" for path in column.get("from", ()))
    text = f"“{column['text']}”" if "text" in column else ""
    more = [f"by the codes {column['codes']}"] if "codes" in column else []
    more += ["through the ids"] if column.get("join") else []
    more += ["all values"] if column.get("list") else []
    return f"{paths}{text}{condition(column.get('when'))}" + (f" ({', '.join(more)})" if more else "")


def condition(when: dict[str, Any] | None) -> str:
    """Return a condition in words."""
    pieces = [
        f"`{path.lstrip('$')}` "
        + ("is filled" if "filled" in w else f"is {w['is']}" if "is" in w else f"is among {w['in']}")
        for path, w in (when or {}).items()
    ]
    return f" where {' and '.join(pieces)}" if pieces else ""


def codes() -> str:
    """Return the tables of codes."""
    described = json.loads((resource("ontology") / "formats.json").read_text(encoding="utf-8"))
    lines = [
        "\n### Codes",
        "",
        "The longest code that fits counts: four digits (stage and substage), else the first two.",
        "",
        "| list | code | ours |",
        "|---|---|---|",
    ]
    for name, entries in described["codes"].items():
        lines += [f"| {name} | {code} | {ours} |" for code, ours in entries.items() if code != "dcterms:source"]
    lines += ["", "Written:", "", "| list | ours | code |", "|---|---|---|"]
    for name, entries in described["written"].items():
        lines += [f"| {name} | {ours} | {code} |" for ours, code in entries.items()]
    return "\n".join(lines)


def page() -> str:
    """Return the whole page."""
    kinds = "\n".join(
        f"| {k.en} · {k.zh} | `{k.name}` | {', '.join(k.suffixes) or '.xml'} | {READ[k.name]} |" for k in KINDS
    )
    return "".join(
        [
            HEAD,
            kinds,
            "\n",
            TABLES,
            *map(columns_of, (t for t in tables() if not t.comment)),
            "\n",
            TARGETS,
            *map(mapping_of, formats()),
            "\n",
            codes(),
            "\n",
        ]
    )


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
