"""Converting: what goes through unchanged, what a target cannot hold and is said, and what is never touched."""

from __future__ import annotations

import csv
import json
import tempfile
from datetime import date
from pathlib import Path
from xml.etree import ElementTree as ET

import openpyxl
import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aistandards import sources
from aistandards.cli import main
from aistandards.commands.convert import SUFFIXES, TARGETS
from aistandards.export import RDF
from aistandards.readers.foreignforms import targets
from aistandards.tables import tables
from badfiles import row, table
from badformats import workbook
from conftest import Cli

FORMATS = Path(__file__).parent / "formats"
OTHERS = {".jsonl": "iso-jsonl", ".yaml": "relaton-yaml", ".xml": "relaton-xml"}  # formats of others hold less
ALL = [suffix for suffix in SUFFIXES if suffix not in (".csv", ".owl", ".yml", *OTHERS)]


def convert(source: Path, target: Path | str, *options: str) -> int:
    return main(["convert", str(source), str(target), *options])


def cells(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def reported(path: Path) -> dict[str, int]:
    lost: dict[str, int] = json.loads(path.read_bytes())["lost"]
    return lost


@pytest.mark.parametrize("name", ["standards-national", "projects-china", "adoptions", "references", "crosswalk"])
def test_shipped_tables_come_back_from_turtle_as_they_went(name: str, shipped: Path, tmp_path: Path) -> None:
    before = shipped / f"{name}.csv"
    assert convert(before, tmp_path / "x.ttl", "--report", str(tmp_path / "lost.json")) == 0
    assert convert(tmp_path / "x.ttl", tmp_path / "y.csv", "--report", str(tmp_path / "back.json")) == 0
    unordered = {field.removesuffix(" (order)"): n for field, n in reported(tmp_path / "lost.json").items()}
    assert all(field.endswith(" (order)") for field in reported(tmp_path / "lost.json"))
    assert reported(tmp_path / "back.json") == {}
    old, new = cells(before), cells(tmp_path / "y.csv")
    assert len(old) == len(new)
    old, new = (sorted(rows, key=lambda r: [*r.values()][:5]) for rows in (old, new))
    for field in old[0]:
        differing = [(a[field], b[field]) for a, b in zip(old, new, strict=True) if a[field] != b[field]]
        assert len(differing) <= unordered.get(field, 0), differing[:3]
        assert all(sorted(a.split(";")) == sorted(b.split(";")) for a, b in differing)


@pytest.mark.parametrize("suffix", ALL)
def test_every_format_gives_back_what_it_was_given(suffix: str, tmp_path: Path) -> None:
    first, second = tmp_path / "standards-a.csv", tmp_path / "b.csv"
    first.write_bytes(table(row(92001, part="CC"), row(92002, issued="2025-03"), header=HEAD))
    assert convert(first, tmp_path / f"x{suffix}") == 0
    assert convert(tmp_path / f"x{suffix}", second) == 0
    old, new = cells(first), cells(second)
    assert [{k: v for k, v in r.items() if v} for r in new] == [{k: v for k, v in r.items() if v} for r in old]


HEAD = (
    "number,title_zh,level,nature,issued,implemented,source,scope,part,layer,committee,basis,reason,judged_by,judged_on"
)
TEXTS = st.text(
    st.characters(categories=("L", "N", "P", "S", "Zs"), exclude_characters=";'\u3000\u00a0"), max_size=30
).map(lambda text: " ".join(text.split()))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(TEXTS, TEXTS, st.dates(min_value=date(1950, 1, 1)).map(str)), min_size=1, max_size=4))
def test_any_text_comes_back_from_triples(rows: list[tuple[str, str, str]]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with (folder / "standards-a.csv").open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(["number", "title_zh", "level", "nature", "issued", "source"])
            for at, (title, source, issued) in enumerate(rows):
                writer.writerow([f"GB/T {93001 + at}-2025", title, "national", "recommended", issued, source])
        assert convert(folder / "standards-a.csv", folder / "x.nt") == 0
        assert convert(folder / "x.nt", folder / "b.csv") == 0
        first, second = (sources.read(folder / n).rows for n in ("standards-a.csv", "b.csv"))
        assert [{k: v for k, v in r.cells.items() if v} for r in first] == [
            {k: v for k, v in r.cells.items() if v} for r in second
        ]


def test_what_a_target_cannot_hold_is_counted_by_field(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, report = FORMATS / "iso_deliverables_metadata.jsonl", tmp_path / "lost.json"
    assert convert(source, tmp_path / "x.xlsx", "--report", str(report), "--lang", "en") == 1  # two lines were refused
    said = json.loads(report.read_bytes())
    assert (said["read"], said["accepted"], said["reported"], said["written"]) == (6, 4, 2, 4)
    assert said["lost"]["scope.en"] == 1 and said["lost"]["title.fr"] == 1
    assert said["rules"] == {"read-json": 1, "read-format": 1, "read-unknown-id": 1}
    shown = capsys.readouterr().err
    assert "6 read, 4 written, 2 reported" in shown and "scope.en 1" in shown
    book = openpyxl.load_workbook(tmp_path / "x.xlsx")
    assert book.sheetnames == ["standards", "projects"] and book["standards"]["A2"].value == "ISO/IEC 90001:2023"


def test_values_that_state_nothing_are_counted_when_triples_are_written(tmp_path: Path) -> None:
    path, report = tmp_path / "standards-x.csv", tmp_path / "lost.json"
    path.write_bytes(table(row(92003, issued="2025-02-30", level="natonal"), row(92004, number="")))
    assert convert(path, tmp_path / "x.ttl", "--report", str(report)) == 1  # a row was not written
    assert reported(report) == {"issued": 1, "level": 1, "number": 1, "(row)": 1}


def test_a_carriage_return_that_a_workbook_cannot_hold_is_counted(tmp_path: Path) -> None:
    path, report = tmp_path / "standards-x.csv", tmp_path / "lost.json"
    path.write_bytes(table(row(92006, title_zh='"一\r二"'), row(92007, title_zh='"一\n二"')))
    assert convert(path, tmp_path / "x.xlsx", "--report", str(report)) == 0
    assert reported(report) == {"title_zh": 1}


def test_triples_that_no_column_holds_are_counted_by_property(tmp_path: Path) -> None:
    report = tmp_path / "lost.json"
    said = """@prefix ais: <https://w3id.org/aistandards/ontology#> . @prefix dcterms: <http://purl.org/dc/terms/> .
    <https://w3id.org/aistandards/id/standard/gbt-92005-2025> a ais:NationalStandard ; ais:number "GB/T 92005-2025" ;
      dcterms:language "zh" ; dcterms:source "a register" . <http://example.org/x> dcterms:title "x" ."""
    (tmp_path / "x.ttl").write_text(said, encoding="utf-8")
    assert convert(tmp_path / "x.ttl", tmp_path / "x.csv", "--report", str(report)) == 0
    assert reported(report) == {"dcterms:language": 1, "dcterms:title": 1}
    assert cells(tmp_path / "x.csv")[0]["number"] == "GB/T 92005-2025"


def test_names_of_graphs_are_counted(tmp_path: Path) -> None:
    (tmp_path / "x.nq").write_text("<http://e/a> <http://e/b> <http://e/c> <http://e/g> .\n", encoding="utf-8")
    assert convert(tmp_path / "x.nq", tmp_path / "x.nt", "--report", str(tmp_path / "lost.json")) == 0
    assert reported(tmp_path / "lost.json") == {"(graph)": 1}
    assert list(ox.parse((tmp_path / "x.nt").read_bytes(), format=ox.RdfFormat.N_TRIPLES))


def test_cells_too_long_or_not_allowed_in_a_workbook_are_counted(tmp_path: Path) -> None:
    path, report = tmp_path / "standards-x.csv", tmp_path / "lost.json"
    path.write_bytes(table(row(92006, title_zh="x" * 40_000), row(92007, title_zh="a\x07b")))
    assert convert(path, tmp_path / "x.xlsx", "--report", str(report)) == 0
    assert reported(report) == {"title_zh": 2}


def test_a_formula_goes_into_no_spreadsheet(tmp_path: Path) -> None:
    path = tmp_path / "standards-x.csv"
    path.write_bytes(table(row(92008, title_zh="'=1+1")))
    assert convert(path, tmp_path / "x.csv") == 0 and cells(tmp_path / "x.csv")[0]["title_zh"] == "'=1+1"
    assert convert(path, tmp_path / "x.xlsx") == 0
    cell = openpyxl.load_workbook(tmp_path / "x.xlsx").worksheets[0]["B2"]
    assert (cell.value, cell.data_type) == ("=1+1", "s")


def test_several_tables_need_a_folder_and_nothing_is_left_behind(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = FORMATS / "relaton.xml"
    assert convert(source, tmp_path / "x.csv") == 2
    assert "several tables" in capsys.readouterr().err and not list(tmp_path.iterdir())
    assert convert(source, f"{tmp_path}/out/") == 0
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "projects-converted.csv",
        "standards-converted.csv",
    ]


def test_the_input_is_never_overwritten_and_a_failure_leaves_the_output_as_it_was(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "standards-x.csv"
    path.write_bytes(table(row(92009)))
    (tmp_path / "same.csv").symlink_to(path)
    assert convert(path, tmp_path / "same.csv") == 2 and "is not overwritten" in capsys.readouterr().err
    out = tmp_path / "x.ttl"
    out.write_text("kept", encoding="utf-8")
    path.write_bytes(table(row(92009), row(92010, title_zh='"open')))
    assert convert(path, out) == 2 and out.read_text(encoding="utf-8") == "kept"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["same.csv", "standards-x.csv", "x.ttl"]


def test_an_output_that_does_not_say_its_format_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "standards-x.csv"
    path.write_bytes(table(row(92011)))
    assert convert(path, tmp_path / "x.doc") == 2
    assert "--to csv" in capsys.readouterr().err
    assert convert(path, "-") == 2


def test_standard_input_and_output(cli: Cli) -> None:
    done = cli("convert", "-", "-", "--to", "ntriples", stdin=table(row(92012)))
    assert done.code == 0 and "gbt-92012-2025" in done.stdout
    assert "1 read, 1 written" in done.stderr or "读入 1 条" in done.stderr


def test_the_command_names_every_format_it_knows() -> None:
    assert set(TARGETS) == {"csv", "xlsx", *RDF, *targets()} and {*SUFFIXES.values(), "iso-csv"} == set(TARGETS)


def test_every_sheet_of_a_workbook_is_converted(tmp_path: Path) -> None:
    sheets = {"a": [["标准号"], ["GB/T 92013-2025"]], "b": [["标准号"], ["GB/T 92014-2025"]], "c": [["x"], ["y"]]}
    (tmp_path / "x.xlsx").write_bytes(workbook(sheets))
    assert convert(tmp_path / "x.xlsx", tmp_path / "x.csv", "--report", str(tmp_path / "lost.json")) == 0
    assert [r["number"] for r in cells(tmp_path / "x.csv")] == ["GB/T 92013-2025", "GB/T 92014-2025"]
    assert json.loads((tmp_path / "lost.json").read_bytes())["rules"] == {"read-sheet": 1}


# ---------------------------------------------------------------- the formats of others


def write(path: Path, *rows: dict[str, str]) -> Path:
    names = list(dict.fromkeys(name for r in rows for name in r))
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, names, restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path


def filled(path: Path) -> list[dict[str, str]]:
    return [{name: cell for name, cell in r.cells.items() if cell} for r in sources.read(path).rows]


def test_iso_open_data_comes_back_through_our_tables(tmp_path: Path) -> None:
    given = FORMATS / "iso_deliverables_metadata.jsonl"
    assert convert(given, f"{tmp_path}/csv/") == 1  # two lines were refused
    assert convert(tmp_path / "csv", tmp_path / "x.jsonl", "--report", str(tmp_path / "lost.json")) == 0
    assert reported(tmp_path / "lost.json") == {}
    assert filled(tmp_path / "x.jsonl") == sorted(filled(given), key=lambda r: "id" not in r)  # a file for each table
    first, second = (
        {r["reference"]: r for line in path.read_text(encoding="utf-8").splitlines()[:4] if (r := json.loads(line))}
        for path in (given, tmp_path / "x.jsonl")
    )
    for reference in ("ISO/IEC 90001:2023", "ISO/IEC 90001:2015"):
        for key in ("id", "icsCode", "ownerCommittee", "currentStage", "replaces", "replacedBy", "publicationDate"):
            assert second[reference][key] == first[reference][key], key
        assert second[reference]["title"]["en"] == first[reference]["title"]["en"]


@pytest.mark.parametrize("name", ["iso-csv", "relaton-yaml", "relaton-xml"])
def test_iso_open_data_goes_into_the_others(name: str, tmp_path: Path) -> None:
    given, out, report = FORMATS / "iso_deliverables_metadata.jsonl", tmp_path / "x", tmp_path / "lost.json"
    out = out.with_suffix({"iso-csv": ".csv", "relaton-yaml": ".yaml", "relaton-xml": ".xml"}[name])
    assert convert(given, out, "--to", name, "--report", str(report)) == 1
    lost = reported(report)
    both = zip(filled(given), filled(out), strict=True)
    differing = [column for old, new in both for column in old if new.get(column) != old[column]]
    assert {column: differing.count(column) for column in differing} == {
        column: count for column, count in lost.items() if column in differing
    }
    assert set(differing) == (set() if name == "iso-csv" else {"evidence", "note", "status", "level"})


def test_relaton_comes_back_from_each_syntax_with_every_mapped_field(tmp_path: Path) -> None:
    for first in (FORMATS / "relaton-new.yaml", FORMATS / "relaton-old.yaml", FORMATS / "relaton.xml"):
        for place, onwards in (("x.xml", "y.yaml"), ("z.yml", "w.xml")):
            for source, out in ((first, place), (tmp_path / place, onwards)):
                report = tmp_path / "lost.json"
                assert convert(source, tmp_path / out, "--report", str(report)) == 0
                assert not {name for name in reported(report) if name in HEADERS_OF_BOTH}, (source, out)
                assert filled(tmp_path / out) == filled(first)


HEADERS_OF_BOTH = {c.name for t in tables() if t.kind in ("standard", "project") for c in t.columns} - {"edition"}


def test_relaton_xml_is_well_formed_and_in_its_namespace(tmp_path: Path) -> None:
    said = {"number": "GB/T 92020-2025", "title_zh": 'a & <b> \x07 "c"', "ics": "35.020;35.240"}
    source = write(tmp_path / "standards-x.csv", said)
    assert convert(source, tmp_path / "x.xml", "--report", str(tmp_path / "lost.json")) == 0
    root = ET.parse(tmp_path / "x.xml").getroot()
    ns = "{https://www.metanorma.org/ns/xml}"
    assert root.tag == f"{ns}relaton-collection"
    assert [e.text for e in root.iter(f"{ns}code")] == ["35.020", "35.240"]
    assert [e.text for e in root.iter(f"{ns}title")] == ['a & <b> \ufffd "c"'] and reported(tmp_path / "lost.json")[
        "title_zh"
    ]


def test_what_a_format_of_others_has_no_place_for_is_counted(tmp_path: Path) -> None:
    report = tmp_path / "lost.json"
    new = {"number": "GB/T 92022-2025", "issued": "2025-01-02", "replaces": "GB/T 92021-2025"}
    source = write(tmp_path / "standards-x.csv", {"number": "GB/T 92021-2025"}, new)
    assert convert(source, tmp_path / "x.jsonl", "--report", str(report)) == 1  # one says no stage and was not written
    said = json.loads(report.read_bytes())
    assert (said["read"], said["written"], said["lost"]["(row)"], said["lost"]["replaces"]) == (2, 1, 1, 1)
    [record] = [json.loads(line) for line in (tmp_path / "x.jsonl").read_text(encoding="utf-8").splitlines()]
    assert (record["reference"], record["currentStage"], record["id"]) == ("GB/T 92022-2025", 6060, None)


def test_records_of_no_such_kind_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "committees.csv"
    path.write_text("id,code,name_zh,source\nx-a,XA,甲,s\n", encoding="utf-8")
    assert convert(path, tmp_path / "x.yaml", "--report", str(tmp_path / "lost.json")) == 1
    assert reported(tmp_path / "lost.json") == {"(row)": 1}


CELLS = st.fixed_dictionaries(
    {
        "title_en": TEXTS,
        "status": st.sampled_from(["", "in-force", "withdrawn"]),
        "issued": st.dates(min_value=date(1950, 1, 1)).map(str),
        "committee": TEXTS,
        "ics": st.lists(st.sampled_from(["35.020", "35.240.01", "03.100.70"]), unique=True).map(";".join),
    }
)
RELATON = {
    "title_zh": TEXTS,
    "implemented": st.dates(min_value=date(1950, 1, 1)).map(str),
    "source": TEXTS,
    "adopts": st.lists(st.integers(1, 99), unique=True).map(lambda ns: ";".join(f"ISO/IEC {n}:2020" for n in ns)),
    "adoption_degree": st.sampled_from(["", "IDT", "MOD", "NEQ"]),
    "replaces": st.lists(st.integers(1, 99), unique=True).map(lambda ns: ";".join(f"GB/T {n}-2020" for n in ns)),
}


@settings(max_examples=40, deadline=None)
@given(st.data(), st.sampled_from(["x.jsonl", "x.csv", "x.yaml", "x.xml"]))
def test_every_mapped_field_comes_back_from_the_formats_of_others(data: st.DataObject, place: str) -> None:
    cells_of = (
        CELLS
        if place in ("x.jsonl", "x.csv")
        else st.tuples(CELLS, st.fixed_dictionaries(RELATON)).map(lambda pair: pair[0] | pair[1])
    )
    rows = [
        {"number": f"GB/T {94001 + at}-2025", **r}
        for at, r in enumerate(data.draw(st.lists(cells_of, min_size=1, max_size=3)))
    ]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder / "standards-a.csv", *rows)
        options = ("--to", "iso-csv") if place == "x.csv" else ()
        assert convert(folder / "standards-a.csv", folder / place, *options, "--report", str(folder / "lost.json")) == 0
        lost = reported(folder / "lost.json")
        differing = [
            c
            for old, new in zip(filled(folder / "standards-a.csv"), filled(folder / place), strict=True)
            for c in old
            if new.get(c) != old[c]
        ]
        assert {c: differing.count(c) for c in differing} == lost
        assert set(differing) <= {"adoption_degree"}  # without an adopted standard it has no place
