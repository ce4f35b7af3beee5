"""What tests share: one store built from the shipped data for the whole run, and the command line as a process."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

import aistandards
from aistandards import pipeline
from aistandards.counts import Counts
from aistandards.settings import resource
from aistandards.store import open_current

SOURCE = Path(aistandards.__file__).resolve().parents[1]
SECONDS = 300  # a process that takes longer hangs


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a command ended."""

    code: int
    stdout: str
    stderr: str

    @property
    def text(self) -> str:
        """All that was printed."""
        return self.stdout + self.stderr


Cli = Callable[..., Outcome]


def environment(store: Path | None = None) -> dict[str, str]:
    """The environment of a process that runs the package of this checkout over a store."""
    kept = {name: value for name, value in os.environ.items() if name not in ("LANG", "LC_ALL", "LC_MESSAGES")}
    return {**kept, "PYTHONPATH": str(SOURCE), **({"AISTANDARDS_STORE": str(store)} if store else {})}


def run_cli(*arguments: str | Path, store: Path | None = None, stdin: bytes = b"", cwd: Path | None = None) -> Outcome:
    """Run ``aistandards`` as a process of its own; no command may ever show a traceback."""
    done = subprocess.run(
        [sys.executable, "-m", "aistandards", *map(str, arguments)],
        input=stdin,
        capture_output=True,
        cwd=cwd,
        env=environment(store),
        timeout=SECONDS,
        check=False,
    )
    outcome = Outcome(done.returncode, done.stdout.decode(), done.stderr.decode())
    assert "Traceback" not in outcome.text, outcome.text
    return outcome


@pytest.fixture(scope="session")
def shipped() -> Path:
    """The folder of the shipped records."""
    return resource("data")


@pytest.fixture(scope="session")
def store_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of the shipped records, built once; tests only read it."""
    folder = tmp_path_factory.mktemp("store")
    pipeline.build(folder)
    return folder


@pytest.fixture(scope="session")
def counts(store_folder: Path) -> Counts:
    """Counts over the shared store."""
    return Counts.of(open_current(store_folder))


@pytest.fixture
def own_store(store_folder: Path, tmp_path: Path) -> Path:
    """A copy of the shared store that a test may damage or replace."""
    return shutil.copytree(store_folder, tmp_path / "own-store")


@pytest.fixture(scope="session")
def cli(store_folder: Path) -> Cli:
    """Run the command line over the shared store: ``cli("coverage", "--rule", "guide")``."""

    def run(*arguments: str | Path, store: Path = store_folder, stdin: bytes = b"", cwd: Path | None = None) -> Outcome:
        return run_cli(*arguments, store=store, stdin=stdin, cwd=cwd)

    return run
