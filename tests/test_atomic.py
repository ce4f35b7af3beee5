"""A build that is killed at any moment leaves the old store answering, and what it leaves does not pile up."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import pytest

from aistandards.counts import Counts
from aistandards.pipeline import build
from aistandards.rules import pick
from aistandards.store import POINTER, current, open_current
from badfiles import CLASSIFIED, row, table
from conftest import SECONDS, Outcome, environment, run_cli
from madeup import standard, write

KILLS = 25
BUILDS = 2  # the current one, and the one before it or the one being written
FILES = 3  # the pointer, the pointer being written, the lock
DAY = date(2026, 9, 16)


def counted(folder: Path) -> int:
    counts = Counts(open_current(folder).open())
    return len(counts.tally(counts.request(pick(counts.rules, "guide"), DAY)).counted)


def data_of(folder: Path, *serials: int) -> Path:
    """A folder of standards that count, so that the build is another one and its count is known."""
    folder.mkdir(exist_ok=True)
    rows = [row(serial, part="CC") for serial in serials]
    (folder / "standards-mine.csv").write_bytes(table(*rows, header=CLASSIFIED))
    return folder


def builds(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("aistandards-build-*"))


def start(folder: Path, data: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "aistandards", "build", "--store", str(folder), "--data", str(data)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment())


def finish(folder: Path, data: Path) -> Outcome:
    return run_cli("build", "--store", folder, "--data", data)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return data_of(tmp_path / "data", 91001)


SMALL = """
import sys
from pathlib import Path
from aistandards import pipeline
from aistandards.settings import resource
records, folder, data = map(Path, sys.argv[1:])
pipeline.resource = lambda name: records if name == "data" else resource(name)
pipeline.build(folder, [data])
"""


def start_small(records: Path, folder: Path, data: Path) -> subprocess.Popen[bytes]:
    """Start a build of few records in place of the shipped ones: all steps of a build, in a fifth of the time."""
    command = [sys.executable, "-c", SMALL, str(records), str(folder), str(data)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment())


def test_a_build_killed_at_any_moment_leaves_the_old_store_answering(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    numbers = [f"GB/T {serial}-2025" for serial in range(92000, 92100)]
    made = [standard(number, issued="2025-05-05", implemented="2025-06-06", reason="made up") for number in numbers]
    bodies = [{"id": "sac-tc28-sc42", "code": "SAC/TC28/SC42", "source": "made up"}]
    records = write(tmp_path / "records", {"standards-made-up.csv": made, "committees.csv": bodies})
    inputs = [data_of(tmp_path / "one", 91005), data_of(tmp_path / "two", 91006, 91007)]
    assert start_small(records, folder, inputs[0]).wait(SECONDS) == 0
    count = len(numbers) + 1
    assert counted(folder) == count
    began = time.monotonic()
    assert start_small(records, tmp_path / "scratch", inputs[1]).wait(SECONDS) == 0
    duration = time.monotonic() - began
    chance = random.Random(2026)
    killed = 0
    for at in range(KILLS):
        old = (folder / POINTER).read_bytes()
        process = start_small(records, folder, inputs[at % 2])
        try:
            process.wait(duration * (at + chance.random()) / KILLS)  # one moment in each of 25 equal stretches
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            killed += process.wait(SECONDS) == -signal.SIGKILL
        if (folder / POINTER).read_bytes() != old:  # the new store took its place before the end came
            count = len(numbers) + 1 + at % 2
        assert counted(folder) == count
        entries = [path.name for path in folder.iterdir()]
        assert len(builds(folder)) <= BUILDS and len(entries) <= BUILDS + FILES, entries
    assert killed >= KILLS // 2
    assert start_small(records, folder, inputs[1]).wait(SECONDS) == 0
    assert counted(folder) == len(numbers) + 2
    assert len(builds(folder)) <= BUILDS
    assert sorted(path.name for path in folder.iterdir()) == sorted([*builds(folder), POINTER, "LOCK"])


def test_a_build_killed_while_it_writes_leaves_the_old_store_and_the_next_build_removes_the_rest(
    own_store: Path, data: Path
) -> None:
    before, old = counted(own_store), builds(own_store)
    process = start(own_store, data)
    deadline = time.monotonic() + SECONDS
    while builds(own_store) == old and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.001)
    process.send_signal(signal.SIGKILL)
    assert process.wait(SECONDS) == -signal.SIGKILL
    assert len(builds(own_store)) == 2, "the new build had begun to be written"
    assert counted(own_store) == before
    half = next(name for name in builds(own_store) if name not in old)
    assert finish(own_store, data_of(data, 91002)).code == 0
    assert half not in builds(own_store) and len(builds(own_store)) == BUILDS


def test_a_killed_build_leaves_no_lock_behind(own_store: Path, data: Path) -> None:
    process = start(own_store, data)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(1.5)
    process.kill()
    process.wait(SECONDS)
    assert finish(own_store, data).code == 0


def test_readers_keep_the_store_they_opened_through_the_next_build(own_store: Path, data: Path) -> None:
    opened = Counts(open_current(own_store).open())
    request = opened.request(pick(opened.rules, "guide"), DAY)
    assert finish(own_store, data).code == 0
    assert len(opened.tally(request).counted) + 1 == counted(own_store)


def test_builds_one_after_another_keep_the_current_and_the_one_before(own_store: Path, data: Path) -> None:
    seen = builds(own_store)
    for serial in (91003, 91004, 91004):  # the last one has the very same inputs
        build(own_store, [data_of(data, serial)])
        now = current(own_store)
        assert now is not None and now.path.name not in seen and len(builds(own_store)) == BUILDS
        seen.append(now.path.name)
    assert (own_store / POINTER).read_text(encoding="utf-8").strip() == seen[-1]
