"""Any bytes, under any name: rows and findings or one of our errors, never a traceback, and no row lost."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aistandards.readers.kinds import SUFFIXES
from fuzz.readers import read_once, seeds

SEEDS = seeds()
FOUND = sorted((Path(__file__).parent / "fuzz" / "found").glob("*.*"))
QUIET = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.parametrize("path", FOUND, ids=lambda path: path.name)
def test_what_fuzzing_found_stays_mended(path: Path) -> None:
    read_once(path.suffix, path.read_bytes())


@pytest.mark.parametrize("suffix", [*SUFFIXES, ".txt", ""])
@QUIET
@given(data=st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(suffix: str, data: bytes) -> None:
    read_once(suffix, data)


@pytest.mark.parametrize("suffix", sorted(SEEDS))
@QUIET
@given(data=st.data())
def test_a_damaged_file_is_read_or_refused(suffix: str, data: st.DataObject) -> None:
    content = data.draw(st.sampled_from([seed for seed in SEEDS[suffix] if len(seed) < 1 << 16] or [b""]))
    at = data.draw(st.integers(0, len(content)))
    length = data.draw(st.integers(0, 20))
    read_once(suffix, content[:at] + data.draw(st.binary(max_size=20)) + content[at + length :])


@QUIET
@given(st.lists(st.lists(st.text(max_size=20), max_size=6), max_size=8))
def test_any_cells_are_read_or_refused(rows: list[list[str]]) -> None:
    head = "标准号,标准名称,发布日期\n"
    lines = [",".join('"' + cell.replace('"', '""') + '"' for cell in cells) for cells in rows]
    read_once(".csv", (head + "\n".join(lines)).encode("utf-8", "surrogatepass"))
