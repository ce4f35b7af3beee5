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
import time
from collections import Counter
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
sys.path.insert(0, str(Path(__file__).parent))
from watching import Watch

import register

PATIENCE: Final = 150  # seconds an engine is given
SIZES: Final = {
    "ours, two processes": 1_000_000,
    "ours, one process": 100_000,
    "ours, whole graph": 10_000,
    "shacl": 100_000,
    "pyshifty": 100_000,
    "pyshacl-turbo": 100_000,
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


def measure(engine: str, data: Path, shapes: Path) -> dict[str, Any] | str:
    """Run one engine in a process of its own; returns what it took, or the last line of its complaint."""
    command = [sys.executable, "-W", "ignore", __file__, "--one", engine, str(data), str(shapes)]
    env = {**os.environ, "PYTHONWARNINGS": "ignore"}
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(command, stdout=out, stderr=errors, env=env)
        with Watch(process.pid) as watch:
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                return f"not done after {PATIENCE} s, {watch.peak} MB"
        for stream in (out, errors):
            stream.seek(0)
        if process.returncode:
            return (errors.read().strip().splitlines() or ["?"])[-1]
        taken: dict[str, Any] = json.loads(out.read())
    return taken | {"cpu": max(watch.cpu, taken["cpu"]), "peak": max(watch.peak, taken["peak"])}


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


def compare(folder: Path, shapes: Path, sizes: list[int]) -> None:
    """Measure all engines with these shapes and print."""
    print("| records | engine | s | CPU s | records/s | records/CPU s | peak MB | findings |")
    print("|---|---|---|---|---|---|---|---|")
    rates: dict[str, float] = {}
    for size in sizes:
        data = folder / f"{size}.ttl"
        register.write(data, size)
        results = {name: measure(name, data, shapes) for name, most in SIZES.items() if size <= most}
        reference = next(
            result
            for name in ("pySHACL", "ours, one process", "ours, two processes")
            if isinstance(result := results.get(name), dict)
        )
        for name, taken in results.items():
            if isinstance(taken, str):
                print(f"| {size:,} | {name} | {taken} |", flush=True)
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


def main() -> None:
    """Measure all engines with both sets of shapes and print."""
    sizes = [int(word) for word in sys.argv[1:]] or [1_000, 10_000, 100_000]
    with tempfile.TemporaryDirectory() as folder:
        shapes = Path(folder) / "shapes.ttl"
        for title, text in (
            ("a constraint looks at another record", register.SHAPES),
            ("all constraints within the record", register.WITHIN),
        ):
            print(f"\n{title}:\n")
            shapes.write_text(text, encoding="utf-8")
            compare(Path(folder), shapes, sizes)
        print(f"\none record, parsed and validated: {single(shapes)}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        one(sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4]))
    else:
        main()
