"""What is given out is what is in the store: RDF triple by triple, tables row by row against the shipped files, the network."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import networkx as nx
import openpyxl
import pyoxigraph as ox
import pytest

from aistandards.codes import Codes, codes_of
from aistandards.identifiers import parse, try_parse
from aistandards.namespaces import GRAPH, item, key_of
from aistandards.pipeline import load_ontology
from aistandards.store import open_current
from aistandards.tables import Column, table_for
from conftest import Cli

FORMS = {
    "turtle": ox.RdfFormat.TURTLE,
    "ntriples": ox.RdfFormat.N_TRIPLES,
    "rdfxml": ox.RdfFormat.RDF_XML,
    "jsonld": ox.RdfFormat.JSON_LD,
    "trig": ox.RdfFormat.TRIG,
    "nquads": ox.RdfFormat.N_QUADS,
}
TRUTH = {"yes": "true", "no": "false"}


@pytest.fixture(scope="module")
def quads(store_folder: Path) -> list[ox.Quad]:
    return list(open_current(store_folder).open())


def plain(quads: list[ox.Quad]) -> Counter[str]:
    """Statements without the names of blank nodes, with their graphs."""

    def shown(term: object) -> str:
        return "_" if isinstance(term, ox.BlankNode) else str(term)

    return Counter(f"{shown(q.subject)} {q.predicate} {shown(q.object)} {q.graph_name}" for q in quads)


@pytest.mark.parametrize("name", FORMS)
def test_every_triple_is_given_out_once(cli: Cli, quads: list[ox.Quad], tmp_path: Path, name: str) -> None:
    file = tmp_path / "graph"
    done = cli("export", "--format", name, "--output", file)
    assert (done.code, done.stdout) == (0, ""), done.stderr
    read = list(ox.parse(path=str(file), format=FORMS[name]))
    if name in ("turtle", "ntriples", "rdfxml"):
        assert plain(read) == plain([ox.Quad(q.subject, q.predicate, q.object) for q in quads])
    else:
        assert plain(read) == plain(quads)
    assert list(tmp_path.iterdir()) == [file], "something was left beside the file"


def test_the_vocabulary_alone_goes_to_standard_output(cli: Cli, quads: list[ox.Quad]) -> None:
    done = cli("export", "--ontology", "--format", "ntriples")
    own = [q for q in quads if q.graph_name == ox.NamedNode(GRAPH + "ontology")]
    assert done.code == 0 and len(done.stdout.splitlines()) == len(own) > 5000


def normal(column: Column, value: str, codes: Codes, committees: dict[str, str]) -> tuple[str, ...]:
    """A cell as it is meant: several values in any order, codes by token, truth as true or false, committees by code."""
    value = value.removeprefix("'")
    if column.kind == "committee":
        value = committees.get(value, value)
    pieces = [piece.strip() for piece in value.split(";")]
    if column.kind == "boolean":
        pieces = [TRUTH.get(piece, piece) for piece in pieces]
    if column.kind == "code":
        known = codes.lists[column.scheme or ""]
        pieces = [key_of(known[piece.casefold()]) if piece else "" for piece in pieces]
    if column.kind in ("standard", "number", "record"):
        pieces = [number.render() if (number := try_parse(piece)) else piece for piece in pieces]
    return tuple(sorted(pieces))


def test_the_tables_are_those_the_records_came_from(cli: Cli, shipped: Path, tmp_path: Path) -> None:
    folder = tmp_path / "tables"
    done = cli("export", "--format", "csv", "--output", folder)
    assert done.code == 0, done.stderr
    names = {path.name for path in shipped.glob("*.csv")}
    assert {path.name for path in folder.iterdir()} == names
    with (shipped / "committees.csv").open(encoding="utf-8-sig") as handle:
        committees = {row["id"]: row["code"] or row["name_zh"] or row["name_en"] for row in csv.DictReader(handle)}
    codes = codes_of(load_ontology())
    for name in names:
        with (
            (folder / name).open(encoding="utf-8", newline="") as mine,
            (shipped / name).open(encoding="utf-8-sig") as theirs,
        ):
            given, expected = list(csv.DictReader(mine)), list(csv.DictReader(theirs))
        table = table_for(shipped / name, list(expected[0]))
        assert table and set(expected[0]) <= set(given[0])
        columns = [column for column in table.columns if column.name in expected[0]]
        rows = [
            Counter(tuple(normal(c, row[c.name], codes, committees) for c in columns) for row in found)
            for found in (given, expected)
        ]
        assert rows[0] == rows[1], (
            name,
            list((rows[0] - rows[1]).elements())[:1],
            list((rows[1] - rows[0]).elements())[:1],
        )


def test_what_was_exported_is_fit_to_be_read_again(cli: Cli, tmp_path: Path) -> None:
    folder = tmp_path / "tables"
    assert cli("export", "--format", "csv", "--output", folder).code == 0
    for name in (
        "sister_systems.csv",
        "crosswalk.csv",
    ):  # shipped systems are not stated twice, nor mapped without them
        (folder / name).unlink()
    done = cli("validate", folder)
    assert done.code == 0, done.stdout


def test_the_workbook_has_a_sheet_for_each_table(cli: Cli, shipped: Path, tmp_path: Path) -> None:
    file = tmp_path / "all.xlsx"
    assert cli("export", "--format", "xlsx", "--output", file, "--lang", "en").code == 0
    book = openpyxl.load_workbook(file, read_only=True)
    for path in shipped.glob("*.csv"):
        with path.open(encoding="utf-8-sig") as handle:
            expected = len(list(csv.DictReader(handle)))
        sheet = book[path.stem[:31]]
        assert len(list(sheet.iter_rows(min_row=2))) == expected, path.name
    book.close()


def test_the_network_holds_every_reference_and_replacement_of_the_files(
    cli: Cli, shipped: Path, tmp_path: Path
) -> None:
    file = tmp_path / "network.graphml"
    assert cli("export", "--format", "graphml", "--output", file).code == 0
    graph = nx.read_graphml(file)
    assert isinstance(graph, nx.MultiDiGraph)

    def of(relation: str) -> set[tuple[str, str]]:
        return {(a, b) for a, b, data in graph.edges(data=True) if data["relation"] == relation}

    def iri(number: str) -> str:
        return item("standard", parse(number).slug)

    def rows(name: str) -> list[dict[str, str]]:
        with (shipped / name).open(encoding="utf-8-sig") as handle:
            return list(csv.DictReader(handle))

    cited = {(iri(row["from_number"]), iri(row["to_number"])) for row in rows("references.csv")}
    assert len(cited) > 80 and cited <= of("references")
    replaced = {
        (iri(row["number"]), iri(number.strip()))
        for path in shipped.glob("standards-*.csv")
        for row in rows(path.name)
        for number in row["replaces"].split(";")
        if number.strip()
    }
    assert len(replaced) > 10 and replaced <= of("replaces")
    node = graph.nodes[iri("GB/T 45288.1-2025")]
    assert node["number"] == "GB/T 45288.1-2025" and node["level"] == "national" and node["title_zh"]


@pytest.mark.parametrize("name", ["turtle", "xlsx", "graphml", "csv"])
def test_a_folder_is_not_overwritten(cli: Cli, tmp_path: Path, name: str) -> None:
    (tmp_path / "kept").write_text("kept")
    done = cli("export", "--format", name, "--output", tmp_path)
    assert done.code == 2 and str(tmp_path) in done.stderr and "覆盖" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


def test_wrong_use_is_said_plainly(cli: Cli, tmp_path: Path) -> None:
    for options in (["--format", "csv"], ["--ontology", "--format", "csv"], ["--format", "pdf"]):
        done = cli("export", *options)
        assert done.code == 2 and not done.stdout
    done = cli("export", "--output", tmp_path / "no" / "such" / "folder" / "g.ttl")
    assert done.code == 2 and "--output" in done.stderr
    assert cli("export", store=tmp_path / "none").code == 3
