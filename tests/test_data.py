"""The shipped records: form of the files, order, keys, evidence, classification, and nothing that does not belong in them."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

from aistandards import identifiers
from aistandards.codes import codes_of
from aistandards.lookup import natural_key
from aistandards.pipeline import load_ontology
from aistandards.settings import resource
from aistandards.tables import Table, table_for
from conftest import Cli

FILES = sorted(path.name for path in resource("data").glob("*.csv"))
# what the rows of each kind of table are sorted by, where it is not the key of the record
ORDER = {
    "adoptions.csv": "national_number",
    "classifications.csv": "record",
    "conflicts.csv": "record",
    "crosswalk.csv": "from_system",
    "doubtful.csv": "number",
    "evidence.csv": "record",
    "participation.csv": "number",
    "policy-links.csv": "about",
    "references.csv": "from_number",
    "relations-international.csv": "from_number",
    "sister_systems.csv": "system",
    "statements.csv": "target",
    "targets_related.csv": "id",
}
ENDS = {
    "adoptions.csv": ("national_number", "international_number"),
    "references.csv": ("from_number", "to_number"),
    "relations-international.csv": ("from_number", "to_number"),
}
PATHS = re.compile(
    r"file:|[A-Za-z]:\\|localhost|127\.0\.0\.1|(?<![\w.:/%-])/(?:work|home|root|tmp|usr|var|mnt|opt|srv|etc)/"
)
HOSTS = ["pypi", "pythonhosted", "npmjs", "crates", "golang", "rubygems"]  # each before .org, .com or .io
REGISTRIES = re.compile(
    rf"(?:{'|'.join(map(re.escape, HOSTS))})\.(?:org|com|io)|\bregistry\.[a-z-]+\.\w+|repo1?\.maven", re.I
)


@cache
def cells(name: str) -> list[list[str]]:
    """All rows of a file, the header first."""
    text = (resource("data") / name).read_bytes().decode("utf-8")
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


@cache
def rows(name: str) -> list[dict[str, str]]:
    """The records of a file by column name."""
    header, *body = cells(name)
    return [dict(zip(header, line, strict=True)) for line in body]


def table_of(name: str) -> Table:
    table = table_for(Path(name), cells(name)[0])
    assert table is not None
    return table


def records(prefix: str) -> list[dict[str, str]]:
    return [row for name in FILES if name.startswith(prefix) for row in rows(name)]


def slug(text: str) -> str:
    number = identifiers.try_parse_plan(text) or identifiers.try_parse(text)
    return number.slug if number else text


def test_all_tables_that_the_description_names_are_shipped_and_no_others() -> None:
    assert {table_of(name).kind for name in FILES} >= {"standard", "project", "committee", "relation", "evidence"}
    assert sum(name.startswith("standards-") for name in FILES) >= 4 and "doubtful.csv" in FILES


@pytest.mark.parametrize("name", FILES)
def test_the_header_is_the_columns_of_the_description_in_its_words_and_order(name: str) -> None:
    assert cells(name)[0] == [column.name for column in table_of(name).columns]


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_utf_8_without_bom_with_one_kind_of_line_end(name: str) -> None:
    data = (resource("data") / name).read_bytes()
    data.decode("utf-8")
    assert not data.startswith(b"\xef\xbb\xbf")
    assert data.count(b"\r\n") in (0, data.count(b"\n")) and data.count(b"\r") == data.count(b"\r\n")
    assert data.endswith(b"\n") and not data.endswith(b"\n\n")


@pytest.mark.parametrize("name", FILES)
def test_cells_hold_neither_outer_blanks_nor_control_characters(name: str) -> None:
    odd = [cell for line in cells(name) for cell in line if cell != cell.strip() or any(ord(ch) < 32 for ch in cell)]
    assert odd == []


@pytest.mark.parametrize("name", FILES)
def test_rows_are_in_natural_order_of_their_key(name: str) -> None:
    key = ORDER.get(name) or table_of(name).key or ""
    keys = [row[key] for row in rows(name)]
    wrong = [at for at, pair in enumerate(pairwise(keys), 3) if natural_key(pair[0]) > natural_key(pair[1])]
    assert wrong == [], f"{name} is not sorted by {key} at lines {wrong[:5]}"


@pytest.mark.parametrize("kind", ["standards-", "projects-", "committees"])
def test_no_record_stands_twice(kind: str) -> None:
    keys = Counter(slug(row.get("number") or row["id"]) for row in records(kind))
    assert [key for key, count in keys.items() if count > 1] == []


@pytest.mark.parametrize("name", FILES)
def test_no_row_stands_twice(name: str) -> None:
    assert [line for line, count in Counter(map(tuple, cells(name))).items() if count > 1] == []


def test_every_standard_and_project_has_evidence_and_a_source() -> None:
    supported = {slug(row["record"]) for row in rows("evidence.csv")}
    filed = {slug(row.get("number") or row["id"]): row for row in records("standards-") + records("projects-")}
    assert sorted(filed.keys() - supported) == []
    assert sorted(supported - filed.keys()) == []
    assert [key for key, row in filed.items() if not row["source"]] == []


@pytest.mark.parametrize("name", sorted(ENDS))
def test_both_ends_of_a_relation_are_numbers(name: str) -> None:
    ends = [row[column] for row in rows(name) for column in ENDS[name]]
    assert [end for end in ends if identifiers.try_parse(end) is None] == []
    assert [row for row in rows(name) if len({slug(row[column]) for column in ENDS[name]}) < 2] == []


@pytest.mark.parametrize("column", ["adopts", "replaces", "replaces_partly", "result_number"])
def test_numbers_named_in_a_record_are_numbers(column: str) -> None:
    named = [row.get(column, "").split(";") for row in records("standards-") + records("projects-")]
    assert [text for texts in named for text in texts if text and identifiers.try_parse(text.strip()) is None] == []


def test_conflicts_are_about_records_on_file_and_one_value_is_preferred() -> None:
    filed = {slug(row.get("number") or row["id"]) for row in records("standards-") + records("projects-")}
    preferred: Counter[tuple[str, str]] = Counter()
    for row in rows("conflicts.csv"):
        assert slug(row["record"]) in filed
        preferred[row["record"], row["field"]] += row["rank"] == "preferred"
    assert [fact for fact, count in preferred.items() if count != 1] == []


def test_a_doubtful_number_is_no_record_and_supports_none() -> None:
    doubtful = {slug(row["number"]) for row in rows("doubtful.csv") if row["number"]}
    kept = records("standards-") + records("projects-") + records("evidence") + records("conflicts")
    on_file = {slug(row.get("number") or row.get("id") or row["record"]) for row in kept}
    assert doubtful and sorted(doubtful & on_file) == []
    assert [row for row in rows("doubtful.csv") if not row["reason"]] == []


def test_a_classified_record_says_why_by_whom_and_when() -> None:
    classified = [row for row in records("standards-") + records("projects-") if row["basis"] or row["part"]]
    assert classified
    for row in classified:
        missing = [name for name in ("basis", "part", "scope", "reason", "judged_by", "judged_on") if not row[name]]
        assert not missing, (row.get("number") or row["id"], missing)


def test_parts_and_layers_are_those_of_the_model() -> None:
    codes = codes_of(load_ontology())
    for row in records("standards-") + records("projects-"):
        parts, layers = ([value for value in row[name].split(";") if value] for name in ("part", "layer"))
        assert set(parts) <= set(codes.parts.values()), row
        assert set(layers) <= codes.layers, row
        assert len(parts) == len(set(parts)), row


@pytest.mark.parametrize("name", FILES)
def test_no_cell_names_a_place_on_a_machine_or_a_package_registry(name: str) -> None:
    odd = [cell for line in cells(name) for cell in line if PATHS.search(cell) or REGISTRIES.search(cell)]
    assert odd == []


@pytest.mark.parametrize(
    "text",
    [
        "see /home/me/x.csv",
        "/tmp/x",
        "C:\\x",
        "file:///x",
        *(f"https://{host}.org/x" for host in HOSTS),
        "https://registry.example.org/x",
        "http://localhost/x",
    ],
)
def test_the_search_for_such_places_finds_them(text: str) -> None:
    assert PATHS.search(text) or REGISTRIES.search(text)


def test_the_shipped_records_conform(shipped: Path, cli: Cli) -> None:
    outcome = cli("validate", shipped, "--format", "json")
    answer = json.loads(outcome.stdout)
    assert outcome.code == 0 and answer["conforms"] is True and answer["counts"]["violation"] == 0
    assert answer["records"] == sum(len(cells(name)) - 1 for name in FILES)
