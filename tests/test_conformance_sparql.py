"""The judge of `make conformance`, which itself needs files that are not kept here."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from pathlib import Path

import pyoxigraph as ox
import pytest

from conformance_sparql import REFUSED, Table, cell, plain

ROWS = (("_:a", "1"), ("_:a", "2"), ("_:b", "1"))


@pytest.mark.parametrize(
    ("columns", "rows", "same"),
    [
        (("x", "y"), (("_:q", "1"), ("_:p", "1"), ("_:q", "2")), True),
        (("y", "x"), (("2", "_:p"), ("1", "_:p"), ("1", "_:q")), True),
        (("x", "y"), (("_:q", "1"), ("_:p", "1"), ("_:p", "2"), ("_:p", "2")), False),
        (("x", "y"), (("_:q", "2"), ("_:p", "1"), ("_:p", "3")), False),
        (("x", "y"), (("_:p", "1"), ("_:p", "2"), ("_:p", "1")), False),
        (("x", "z"), ROWS, False),
        (("x", "y"), (("<p>", "1"), ("<p>", "2"), ("<q>", "1")), False),
    ],
)
def test_tables_are_compared_up_to_the_names_of_blank_nodes(
    columns: tuple[str, ...], rows: tuple[tuple[str, ...], ...], same: bool
) -> None:
    assert Table(("x", "y"), ROWS).same(Table(columns, rows)) is same
    ordered = Table(("x",), (("1",), ("2",)), ordered=True)
    assert ordered.same(Table(("x",), (("1",), ("2",)))) and not ordered.same(Table(("x",), (("2",), ("1",))))
    assert Table(("x",), (("1",), ("1",)), lax=True).same(Table(("x",), (("1",),)))


def test_terms() -> None:
    integer = ox.NamedNode("http://www.w3.org/2001/XMLSchema#integer")
    assert (
        cell(ox.Literal("01", datatype=integer))
        == cell(ox.Literal(1))
        != cell(ox.Literal("1"))
        != cell(ox.Literal(1.0))
    )
    assert cell(ox.Literal("a", language="EN")) == cell(ox.Literal("a", language="en")) != cell(ox.Literal("a"))
    assert plain(ox.Store().query("ASK {}")) is True


def test_the_refused_cases_have_reasons_and_the_absence_of_the_suite_is_said(tmp_path: Path) -> None:
    with REFUSED.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len({row["case"] for row in rows}) == len(rows) and all(row["reason"] for row in rows)
    told = {**os.environ, "AISTANDARDS_CONFORMANCE": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, REFUSED.with_name("conformance_sparql.py")],
        env=told,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert (
        done.stdout.startswith(f"make conformance: the W3C cases are not at {tmp_path}")
        and done.stdout.count("\n") == 1
    )
