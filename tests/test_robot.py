"""ROBOT, an ontology engineer's own tool, reads the ontology and holds the reasoner's view for OWL 2 DL (`make peers`)."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from aistandards.counts import Counts
from aistandards.dlview import view_of
from aistandards.settings import resource

JARS = Path(__file__).parents[1] / ".make" / "robot"  # make peers fills it
pytestmark = pytest.mark.peers


def robot(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    java = shutil.which("java")
    assert java and any(JARS.glob("robot-command-*.jar")), "run `make peers`: it needs Java and Maven"
    command = [
        java,
        "-Xss64m",
        "-cp",
        f"{JARS}{os.sep}*",
        "org.obolibrary.robot.CommandLineInterface",
        *map(str, arguments),
    ]
    return subprocess.run(command, capture_output=True, text=True)


def test_the_view_of_model_and_records_is_in_the_profile(counts: Counts, tmp_path: Path) -> None:
    view = tmp_path / "view.nt"
    view.write_bytes(view_of(counts.store).n_triples())
    done = robot("validate-profile", "--profile", "DL", "--input", view, "--output", tmp_path / "profile.txt")
    said = (tmp_path / "profile.txt").read_text(encoding="utf-8") if (tmp_path / "profile.txt").is_file() else ""
    assert done.returncode == 0, said[:3000] + done.stdout[-2000:] + done.stderr[-2000:]


@pytest.mark.parametrize("reasoner", ["hermit", "ELK"])
def test_the_model_loads_and_is_coherent(reasoner: str, tmp_path: Path) -> None:
    merged = ["merge"]
    for path in sorted(resource("ontology").glob("*.ttl")):
        merged += ["--input", str(path)]
    out = tmp_path / "reasoned.ttl"
    done = robot(*merged, "reason", "--reasoner", reasoner, "--output", out)
    assert done.returncode == 0 and out.stat().st_size > 100_000, done.stdout[-2000:] + done.stderr[-2000:]
