"""Validation against other SHACL engines: `python benchmarks/validating.py [records …]` prints a table in Markdown.

Every engine reads the same Turtle file and the same shapes, in a process of its own: 14 property shapes, closed, three SPARQL
constraints that compare days, 24 triples a record, 2 % of the records faulty. Wall clock and CPU time are from file to
report; the peak is of all processes of a run together. Engines that are not installed are left out with a word.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
import register

SIZES: Final = {
    "ours, two processes": 1_000_000,
    "ours, one process": 100_000,
    "ours, whole graph": 10_000,
    "shacl": 100_000,
    "pyshifty": 10_000,
    "pyshacl-turbo": 10_000,
    "pySHACL": 1_000,
}  # the largest register an engine is given: more takes minutes


def ours(data: Path, shapes: Path, workers: int) -> list[tuple[str, ...]]:
    """Run the compiled shapes; ``workers`` 0 reads the whole graph."""
    import pyoxigraph as ox

    from aistandards.shacl import files
    from aistandards.shacl.engine import shapes_of

    plan = shapes_of(ox.parse(path=str(shapes), format=ox.RdfFormat.TURTLE))
    assert not plan.plan.fallen
    found = files.validate_file(data, plan, workers=workers) if workers else files.validate_whole([data], plan)
    return [(result.focus, result.component) for result in found]


def by_report(engine: str, data: Path, shapes: Path) -> list[tuple[str, ...]]:
    """Run an engine that has pySHACL's interface."""
    import importlib

    import rdflib

    from aistandards.shacl import terms

    terms._rdflib()
    module = importlib.import_module(
        {"pySHACL": "pyshacl", "pyshacl-turbo": "pyshacl_turbo", "pyshifty": "shifty"}[engine]
    )
    graphs = (
        (rdflib.Graph().parse(data), rdflib.Graph().parse(shapes)) if engine == "pySHACL" else (str(data), str(shapes))
    )
    _, report, _ = module.validate(graphs[0], shacl_graph=graphs[1])
    sh = rdflib.Namespace(terms.SH)
    return [
        (
            terms.of_node(report.value(node, sh.focusNode)),
            terms.of_node(report.value(node, sh.sourceConstraintComponent)),
        )
        for node in report.subjects(rdflib.RDF.type, sh.ValidationResult)
    ]


def by_shacl(data: Path, shapes: Path) -> list[tuple[str, ...]]:
    """Run the engine of PyPI's ``shacl``."""
    import shacl

    report = shacl.Shapes.from_file(str(shapes)).validate_file(str(data))
    return [(f"<{str(r.focus_node).strip('<>')}>", f"<{str(r.component_iri).strip('<>')}>") for r in report.results]


def one(engine: str, data: Path, shapes: Path) -> None:
    """Run one engine here and print what it took and what it found."""
    wall, cpu = time.perf_counter(), time.process_time()
    if engine.startswith("ours"):
        found = ours(data, shapes, {"two": 2, "one": 1}.get(engine.split()[1], 0))
    elif engine == "shacl":
        found = by_shacl(data, shapes)
    else:
        found = by_report(engine, data, shapes)
    taken = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
    counted = sorted(Counter((focus if focus[0] == "<" else "_:", component) for focus, component in found).items())
    taken["peak"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps({**taken, "found": counted}))


def _pages(pid: int) -> int:
    """Return the proportional set size, in kB, of a process and its children."""
    total = 0
    for process in (pid, *_children(pid)):
        try:
            text = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii")
        except OSError:
            continue
        total += next(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))
    return total


def _children(pid: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            named = [int(name) for name in task.read_text(encoding="ascii").split()]
        except OSError:
            continue
        found += [*named, *(below for child in named for below in _children(child))]
    return found


def measure(engine: str, data: Path, shapes: Path) -> dict[str, Any] | str:
    """Run one engine in a process of its own; returns what it took, or the last line of its complaint."""
    command = [sys.executable, "-W", "ignore", __file__, "--one", engine, str(data), str(shapes)]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(command, stdout=out, stderr=errors, env={**os.environ, "PYTHONWARNINGS": "ignore"})
        peak, done = 0, threading.Event()

        def watch() -> None:
            nonlocal peak
            while not done.wait(0.1):
                peak = max(peak, _pages(process.pid))

        watcher = threading.Thread(target=watch)
        watcher.start()
        process.wait()
        done.set()
        watcher.join()
        out.seek(0)
        errors.seek(0)
        if process.returncode:
            return (errors.read().strip().splitlines() or ["?"])[-1]
        taken: dict[str, Any] = json.loads(out.read())
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    taken["cpu"] = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    taken["peak"] = max(peak // 1024, taken["peak"])
    return taken


def single(shapes: Path) -> str:
    """Return how long one record takes in this process, all shipped shapes and those of the benchmark."""
    import statistics

    import pyoxigraph as ox

    from aistandards import validation
    from aistandards.shacl.engine import shapes_of
    from aistandards.shacl.graph import of_triples

    text = "".join(register.texts(3, faulty_percent=100)).encode()
    lines = []
    own = shapes_of(ox.parse(path=str(shapes), format=ox.RdfFormat.TURTLE))
    for name, plan in (
        ("the shapes of the benchmark", own),
        (f"all {len(validation.compiled_shapes().plan.rules)} shipped shapes", validation.compiled_shapes()),
    ):
        times = []
        for _ in range(300):
            start = time.perf_counter()
            plan.validate(of_triples(ox.parse(text, format=ox.RdfFormat.TURTLE)))
            times.append((time.perf_counter() - start) * 1000 / 3)
        lines.append(f"{name}: {statistics.median(times):.2f} ms")
    return "; ".join(lines)


def main() -> None:
    """Measure all engines and print."""
    sizes = [int(word) for word in sys.argv[1:]] or [1_000, 10_000, 100_000]
    print("| records | engine | s | CPU s | records/s | records/CPU s | peak MB | findings |")
    print("|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        shapes = Path(folder) / "shapes.ttl"
        shapes.write_text(register.SHAPES, encoding="utf-8")
        rates: dict[str, float] = {}
        for size in sizes:
            data = Path(folder) / f"{size}.ttl"
            register.write(data, size)
            results = {name: measure(name, data, shapes) for name, most in SIZES.items() if size <= most}
            reference = next(
                (
                    results[n]
                    for n in ("pySHACL", "ours, one process", "ours, two processes")
                    if isinstance(results.get(n), dict)
                ),
                None,
            )
            assert isinstance(reference, dict)
            for name, taken in results.items():
                if isinstance(taken, str):
                    print(f"| {size:,} | {name} | {taken} |")
                    continue
                same = "as pySHACL's" if size <= SIZES["pySHACL"] else "as ours"
                equal = (
                    same
                    if taken["found"] == reference["found"]
                    else f"{sum(n for _, n in taken['found'])} for {sum(n for _, n in reference['found'])}"
                )
                rates[name] = size / taken["wall"]
                print(
                    f"| {size:,} | {name} | {taken['wall']:.2f} | {taken['cpu']:.2f} | {size / taken['wall']:,.0f} "
                    f"| {size / taken['cpu']:,.0f} | {taken['peak']} | {equal} |",
                    flush=True,
                )
            data.unlink()
        if "pySHACL" in rates:
            print("\n" + "; ".join(f"{name}: {rate / rates['pySHACL']:,.0f} × pySHACL" for name, rate in rates.items()))
        print(f"\none record, parsed and validated: {single(shapes)}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        one(sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4]))
    else:
        main()
