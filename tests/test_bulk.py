"""Large tables in chunks: the same findings, places, words and counts, in the same order, as all rows together."""

from __future__ import annotations

import csv
import io
from array import array
from collections.abc import Sequence
from pathlib import Path

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aistandards import blocks, bulk, pipeline, sources
from aistandards.findings import FileCount, Report
from aistandards.readers.rdf import CALLED
from badfiles import BAD, UNREADABLE
from madeup import by_chance, project, standard, write

HERE = Path(__file__).parent


@pytest.fixture
def chunked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every input is large, a chunk has a few rows, one process validates them; nothing may fall back unseen."""
    monkeypatch.setattr(bulk, "LARGE", -1)
    monkeypatch.setattr(bulk, "CHUNK", 25)
    monkeypatch.setattr(bulk, "WORKERS", 1)


def both(paths: Sequence[Path], monkeypatch: pytest.MonkeyPatch) -> tuple[Report, Report]:
    """The report on all rows together and the report in chunks; the second must not go the first way."""
    names = [str(path) for path in paths]
    whole = pipeline.validate_paths(names, io.BytesIO())
    monkeypatch.setattr(pipeline, "validate_paths", lambda *_: pytest.fail("the input was not validated in chunks"))
    parts = bulk.validate_paths(names, io.BytesIO())
    monkeypatch.undo()
    assert parts.counts == whole.counts
    assert [str(error) for error in parts.broken] == [str(error) for error in whole.broken]
    return whole.report, parts.report


def grouped(path: Path) -> bool:
    """Whether every row of a file is of a table that is joined by numbers only."""
    try:
        read = list(sources.read_each(path, context=pipeline.own_context))
    except sources.UnreadableError:
        return path.suffix in (".csv", ".xlsx")
    return all(s.form not in CALLED and {r.table.kind for r in s.rows} <= {*blocks.JOINED_BY_NUMBER} for s in read)


@pytest.mark.usefixtures("chunked")
@pytest.mark.parametrize("folder", ["shapes", "reading", "formats"])
def test_the_test_corpus(folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = [path for path in sorted((HERE / folder).rglob("*.*")) if path.is_file() and grouped(path)]
    whole, parts = both(paths, monkeypatch)
    assert len(whole.findings) > 10
    assert parts == whole


@pytest.mark.usefixtures("chunked")
def test_bad_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = []
    for at, bad in enumerate([*BAD, *UNREADABLE]):
        path = tmp_path / str(at) / bad.file
        path.parent.mkdir()
        path.write_bytes(bad.content)
        paths += [path] if grouped(path) else []
    assert len(paths) > 20
    whole, parts = both(paths, monkeypatch)
    assert parts == whole


def made_up(folder: Path, seed: int) -> list[Path]:
    """Registers in three files with errors of every kind that looks from one row at another, far apart."""
    files = by_chance(seed, 50)
    rows = list(files["standards-made-up.csv"])
    far = [
        standard(f"GB/T {80000 + at}-2020", issued="2020-05-01", plan_number=f"2019{at:04d}-T-469") for at in range(40)
    ]
    rows += far
    rows += [{**far[3], "issued": "2020-06-01"}, far[4], {**far[5], "number": "GB／T 80005—2020"}]  # duplicates
    rows += [
        standard("GB/T 90001-2019", issued="2019-01-01", replaces="GB/T 80007-2020"),  # what it replaces is later
        standard("GB/T 90002-2024", issued="2024-01-01", replaces="GB/T 90003-2025"),
        standard("GB/T 90003-2025", issued="2025-01-01", replaces="GB/T 90004-2026"),
        standard("GB/T 90004-2026", issued="2026-01-01", replaces="GB/T 90002-2024"),  # a circle
        standard("GB/T 90005-2024", issued="2024-01-01", replaces="GB/T 90005-2024"),
        standard(
            "GB/T 90006.1-2024", issued="2023-01-01", replaces="GB/T 80008-2020", replaces_partly="GB/T 80008-2020"
        ),
        standard("GB/T 90007-2024", adopts="ISO/IEC 22989:2022"),
        standard("YD/T 90008-2024", adopts="IDT ISO/IEC 22989:2022", implemented="2023-01-01"),
        standard("GB/T 90009", title_zh=""),
        standard("no number"),
        standard(""),
        standard("GB/T 90010-2024", committee="TC 28", part="no such part", layer="nowhere", issued="2024-02-30"),
    ]
    plans = [*files["projects-made-up.csv"], project("20190001-T-469", stage="drafting"), project("20190009-T-469")]
    plans += [project("20259999-T-469", stage="published"), project("20190001-T-469", stage="review")]
    links = [
        {"from_number": "GB/T 80010-2020", "to_number": "GB/T 90007-2024", "relation": "replaces", "source": "made up"},
        {"from_number": "GB/T 80011-2020", "to_number": "GB/T 80011-2020", "relation": "replaces"},
        {"from_number": "GB/T 80012-2020", "to_number": "", "relation": "no such relation"},
    ] * 2
    again = [far[6], {**far[7], "title_zh": "另一题名"}]
    write(folder, {"standards-made-up.csv": rows, "projects-made-up.csv": plans, "relations-made-up.csv": links})
    write(folder / "again", {"standards-made-up.csv": again})
    return sorted(folder.rglob("*.csv"))


@pytest.mark.usefixtures("chunked")
@pytest.mark.parametrize("seed", [1, 2])
def test_made_up_registers(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, parts = both(made_up(tmp_path, seed), monkeypatch)
    rules = {finding.rule for finding in whole.findings}
    assert rules >= {"replaces-later", "relation-cycle", "record-duplicate", "record-repeated", "excluding-relations"}
    assert rules >= {"published-without-result", "result-not-published", "adoption-without-degree", "number-form"}
    assert parts == whole
    for count in parts.files:
        with Path(count.file).open(encoding="utf-8", newline="") as stream:
            assert count.read == sum(1 for _ in csv.DictReader(stream)) == count.accepted + count.reported


def test_two_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "LARGE", -1)
    monkeypatch.setattr(bulk, "CHUNK", 120)
    whole, parts = both(made_up(tmp_path, 3), monkeypatch)
    assert parts == whole


@pytest.mark.usefixtures("chunked")
def test_standard_input_and_what_is_not_grouped(tmp_path: Path) -> None:
    (path,) = [p for p in made_up(tmp_path, 4) if p.parent.name == "again"]
    data = path.read_bytes()
    assert (
        bulk.validate_paths(["-"], io.BytesIO(data)).report == pipeline.validate_paths(["-"], io.BytesIO(data)).report
    )
    turtle = HERE / "shapes" / "key-shared" / "bad.ttl"
    mixed = [str(path), *(str(p) for p in [turtle] if p.exists()), str(HERE.parent / "data" / "classifications.csv")]
    mixed = [name for name in mixed if Path(name).exists()]
    assert len(mixed) > 1
    with pytest.raises(blocks.NotGroupedError):
        bulk._in_chunks(mixed, None, None)
    assert bulk.validate_paths(mixed, io.BytesIO()).report == pipeline.validate_paths(mixed, io.BytesIO()).report
    gone = bulk.validate_paths([str(tmp_path / "gone.csv"), str(path)], io.BytesIO())
    assert [error.finding.rule for error in gone.broken] == ["read-missing"]
    assert gone.report.files == [FileCount(str(path), 2, 2, 0)]


@given(st.lists(st.sets(st.integers(0, 30), max_size=3), min_size=1, max_size=60), st.integers(1, 9))
def test_chunks_are_whole_groups(named: list[set[int]], size: int) -> None:
    """Against networkx: every row is in one chunk, rows that name the same are in the same, rows stand in their order."""
    spool = bulk.Spool(Path("unused"), {})
    graph: nx.Graph[str] = nx.Graph()
    for row, names in enumerate(named):
        graph.add_node(f"row {row}")
        graph.add_edges_from((f"row {row}", f"name {name}") for name in names)
        spool.named.extend(names)
        spool.naming.extend([row] * len(names))
    spool.starts = array("Q", range(len(named)))
    spool.weights = array("H", [bulk.ROW] * len(named))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bulk, "CHUNK", size)
        chunks = bulk.groups(spool)
    assert sorted(np.concatenate(chunks).tolist()) == list(range(len(named)))
    chunk_of = {f"row {row}": at for at, rows in enumerate(chunks) for row in rows.tolist()}
    for component in nx.connected_components(graph):
        assert len({chunk_of[node] for node in component if node in chunk_of}) == 1
    assert all(rows.tolist() == sorted(rows.tolist()) for rows in chunks)
    largest = max(sum(node.startswith("row") for node in part) for part in nx.connected_components(graph))
    assert max(map(len, chunks)) < size + largest
