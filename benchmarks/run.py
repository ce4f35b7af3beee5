"""Benchmarks: ratios against named peers in one run, and how cost grows with size. Prints a Markdown report.

Peers: rdflib 7 for the same saved query over the same triples; the bare interpreter for the start of the command line;
the engine in process for the cost of a worker that can be killed. Builds are measured on made-up records added to the shipped ones.
"""

from __future__ import annotations

import csv
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pyoxigraph as ox

from aistandards.counts import Counts
from aistandards.coverage import coverage
from aistandards.namespaces import SPARQL_PROLOGUE
from aistandards.queries import Library
from aistandards.settings import resource
from aistandards.sparql import Engine
from aistandards.store import open_current
from aistandards.validation import to_rdflib

RUNS = 5
CHILD = """
import json, resource, sys, time
from pathlib import Path
from aistandards import pipeline
start = time.monotonic()
pipeline.build(Path(sys.argv[1]), [Path(p) for p in sys.argv[2:]])
print(json.dumps([time.monotonic() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]))
"""


def timed(act: Callable[[], object], runs: int = RUNS) -> tuple[float, float]:
    """Return minimum and median seconds of several runs."""
    taken = []
    for _ in range(runs):
        start = time.perf_counter()
        act()
        taken.append(time.perf_counter() - start)
    return min(taken), statistics.median(taken)


def shown(pair: tuple[float, float]) -> str:
    """Return minimum and median in milliseconds."""
    return f"{pair[0] * 1000:.1f} / {pair[1] * 1000:.1f}"


def made_up(folder: Path, records: int) -> Path:
    """Write a table of made-up industry standards, valid by the rules, and return its folder."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "standards-made-up.csv").open("w", newline="", encoding="utf-8") as handle:
        writer = csv.writer(handle)
        writer.writerow(
            [
                "number",
                "title_zh",
                "level",
                "nature",
                "issued",
                "implemented",
                "scope",
                "part",
                "layer",
                "basis",
                "reason",
                "judged_by",
                "judged_on",
                "source",
            ]
        )
        for index in range(records):
            day = f"2025-{index % 12 + 1:02d}-{index % 28 + 1:02d}"
            title = f"人工智能 测试用虚构标准 {index}"
            writer.writerow(
                [
                    f"YD/T {100000 + index}-2025",
                    title,
                    "industry",
                    "recommended",
                    day,
                    day,
                    "core",
                    "CC",
                    "",
                    "curated",
                    "虚构",
                    "bench",
                    "2026-01-01",
                    "bench",
                ]
            )
    return folder


def build(store: Path, *data: Path) -> tuple[float, float]:
    """Build in a process of its own; returns seconds and peak memory in MB."""
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(store), *map(str, data)], capture_output=True, text=True, check=True
    )
    seconds, memory = json.loads(done.stdout)
    return seconds, memory


def main() -> None:
    """Run everything and print the report."""
    print(
        f"# Benchmarks\n\n{platform.platform()}, Python {platform.python_version()}, {os.cpu_count()} cores; minimum / median of {RUNS} runs.\n"
    )
    with tempfile.TemporaryDirectory() as temporary:
        base = Path(temporary)
        growth(base)
        queries(base / "store-0")
        start()


def growth(base: Path) -> None:
    """How a build and a count grow with the number of records."""
    print("## Build, by number of records added to the shipped ones (one run each)\n")
    print("| added | seconds | peak MB | coverage, cold ms | warm ms |\n|---|---|---|---|---|")
    for added in (0, 1000, 4000):
        store = base / f"store-{added}"
        data = [made_up(base / f"data-{added}", added)] if added else []
        seconds, memory = build(store, *data)
        counts = Counts(open_current(store).open())
        request = counts.request(counts.rules[0], date(2026, 11, 24))
        begun = time.perf_counter()
        coverage(counts, request)
        cold = time.perf_counter() - begun
        warm = timed(lambda c=counts, r=request: coverage(c, r))  # type: ignore[misc]
        print(f"| {added} | {seconds:.1f} | {memory:.0f} | {cold * 1000:.0f} | {warm[1] * 1000:.0f} |")


def queries(folder: Path) -> None:
    """The saved queries in our engine, in rdflib, and through the killable worker."""
    opened = open_current(folder)
    store = opened.open()
    graph = to_rdflib(store)
    library = Library(resource("queries"))
    print(
        "\n## The same saved query, ms (minimum / median)\n\n| query | pyoxigraph, in process | rdflib | ratio |\n|---|---|---|---|"
    )
    for name, given in (
        ("data-until", {}),
        ("status-on-day", {"day": "2026-09-16"}),
        ("verdict-intervals", {"rule": "guide"}),
    ):
        query = library.get(name)
        ours = timed(lambda q=query, g=given: list(q.run(store, g)))  # type: ignore[misc]
        peer = timed(lambda q=query, g=given: list(graph.query(q.bind(g))), 2)  # type: ignore[misc]
        print(f"| {name} | {shown(ours)} | {shown(peer)} | {peer[0] / ours[0]:.0f} |")
    print(
        "\n## A worker that can be killed, against the engine in process, ms\n\n| query | in process | worker | difference |\n|---|---|---|---|"
    )
    with Engine(opened.path / "quads", 30, 100_000, 32 << 20, 2 << 30) as engine:
        for text in ("ASK {}", "SELECT * WHERE { ?s a ais:NationalStandard }"):
            inside = timed(lambda t=text: in_process(store, t), 50)  # type: ignore[misc]
            worker = timed(lambda t=text: engine.answer(t, "application/sparql-results+json"), 50)  # type: ignore[misc]
            print(f"| `{text}` | {shown(inside)} | {shown(worker)} | {(worker[1] - inside[1]) * 1000:.1f} |")


def in_process(store: ox.Store, text: str) -> None:
    """Run a query in this process and read all of its answer."""
    answer = store.query(SPARQL_PROLOGUE + text, use_default_graph_as_union=True)
    if isinstance(answer, ox.QuerySolutions):
        list(answer)


def start() -> None:
    """How long the command line takes to start, against the bare interpreter."""
    print("\n## Start of the command line, ms\n\n| command | ms | against `python -c pass` |\n|---|---|---|")
    bare = timed(lambda: subprocess.run([sys.executable, "-c", "pass"], check=True))
    helped = timed(
        lambda: subprocess.run([sys.executable, "-m", "aistandards", "--help"], check=True, stdout=subprocess.DEVNULL)
    )
    print(f"| `aistandards --help` | {shown(helped)} | {helped[1] / bare[1]:.1f} |")


if __name__ == "__main__":
    main()
