"""What the wall around foreign queries costs, and what its events take. Prints a Markdown report.

The engine in process is the yardstick of the pool, the pool that of HTTP; all on the shipped records, in one run. Look-ups
beside hostile queries are in ``serving.py``.
Usage: ``python benchmarks/endpoint.py [FOLDER]``, the folder of a store (else the default one).
"""

from __future__ import annotations

import contextlib
import os
import platform
import signal
import statistics
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pyoxigraph as ox

from aistandards.errors import AistandardsError
from aistandards.namespaces import SPARQL_PROLOGUE
from aistandards.pool import Caller
from aistandards.settings import ServerSettings, default_store
from aistandards.sparql import Engine
from aistandards.store import open_current

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
from serving import serving

JSON = "application/sparql-results+json"
QUERIES = {
    "`ASK {}`": "ASK {}",
    "key look-up": 'SELECT ?p ?o { ?s ais:number "GB/T 45288.1-2025" ; ?p ?o }',
    "group by": "SELECT ?level (COUNT(*) AS ?n) { ?s a ais:Standard ; ais:level ?level } GROUP BY ?level",
    "20,000 rows": "SELECT ?s ?p ?o { ?s ?p ?o } LIMIT 20000",
}
RUNAWAY = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
HUNGRY = "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } ORDER BY ?i ?f ?c"
ABOUT_A_SECOND = "SELECT (COUNT(*) AS ?n) { ?a a ais:Standard . ?b a ais:Project FILTER(?a != ?b) }"


def timed(act: Callable[[], object], seconds: float = 2.0) -> list[float]:
    """Return sorted milliseconds of as many runs as fit (three at least)."""
    taken: list[float] = []
    act()
    end = time.monotonic() + seconds
    while time.monotonic() < end or len(taken) < 3:
        start = time.perf_counter()
        act()
        taken.append((time.perf_counter() - start) * 1000)
    return sorted(taken)


def shown(taken: list[float]) -> str:
    """Return minimum, median and 99th percentile."""
    return f"{taken[0]:.2f} / {statistics.median(taken):.2f} / {taken[int(len(taken) * 0.99)]:.2f}"


def overhead(quads: Path, address: str) -> None:
    """The same query in process, through the pool, over HTTP."""
    store = ox.Store.read_only(str(quads))
    print("\n## Cost of the wall, ms (minimum / median / 99th percentile)\n")
    print("| query | in process | pool | over HTTP |\n|---|---|---|---|")

    def inside(text: str) -> None:
        found = store.query(SPARQL_PROLOGUE + text, use_default_graph_as_union=True)
        if isinstance(found, ox.QuerySolutions):
            found.serialize(format=ox.QueryResultsFormat.JSON)

    with Engine(quads, 30, 100_000, 32 << 20, 2 << 30, workers=2) as engine, httpx.Client(base_url=address) as client:
        for name, text in QUERIES.items():
            cells = [
                timed(lambda t=text: inside(t)),  # type: ignore[misc]
                timed(lambda t=text: engine.answer(t, JSON).body),  # type: ignore[misc]
                timed(lambda t=text: client.get("/sparql", params={"query": t})),  # type: ignore[misc]
            ]
            print(f"| {name} | {' | '.join(map(shown, cells))} |")


def fails(engine: Engine, text: str, caller: Caller | None = None) -> None:
    """Run a query that ends in an error, and one after it."""
    with contextlib.suppress(AistandardsError):
        engine.answer(text, caller=caller)
    engine.answer("ASK {}")


def events(quads: Path) -> None:
    """What goes wrong with a worker: until its caller is told and the next query on the same pool is answered."""
    print("\n## Events, s (minimum / median of 5; one worker, so the next query needs its successor)\n")
    print("| event | s |\n|---|---|")

    def several(name: str, act: Callable[[], object]) -> None:
        taken = []
        for _ in range(5):
            start = time.perf_counter()
            act()
            taken.append(time.perf_counter() - start)
        print(f"| {name} | {min(taken):.3f} / {statistics.median(taken):.3f} |", flush=True)

    with Engine(quads, 0.3, 1_000, 1 << 20, 2 << 30) as engine:
        several("over the limit of 0.3 s", lambda: fails(engine, RUNAWAY))
    with Engine(quads, 60, 1_000, 1 << 20, 256 << 20) as engine:
        several("out of memory (256 MB)", lambda: fails(engine, HUNGRY))

        def left() -> None:
            caller = Caller()
            threading.Timer(0.1, caller.leave).start()
            fails(engine, RUNAWAY, caller)

        several("the client hangs up after 0.1 s", left)

        def killed() -> None:
            os.kill(engine._pool.pids()[0], signal.SIGKILL)
            engine.answer("ASK {}")

        several("kill -9 of an idle worker", killed)
        several("the query of about a second, undisturbed", lambda: engine.answer(ABOUT_A_SECOND))

        def killed_within() -> None:
            with ThreadPoolExecutor(1) as threads:
                run = threads.submit(engine.answer, ABOUT_A_SECOND)
                time.sleep(0.2)
                os.kill(engine._pool.pids()[0], signal.SIGKILL)
                run.result()

        several("the same with kill -9 after 0.2 s (run once more)", killed_within)
        several("a new build is taken up (`replace`)", lambda: engine.replace(quads))


def main(folder: Path) -> None:
    """Print all of it."""
    quads = open_current(folder).path / "quads"
    print(
        f"# The endpoint\n\n{platform.platform()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; Python {platform.python_version()}, pyoxigraph {ox.__version__}."
    )
    settings = ServerSettings()
    print(f"Limits: {settings.query_seconds:g} s, {settings.query_workers} workers, {settings.query_waiting} waiting.")
    with serving(folder, "--query-seconds", "30") as address:
        overhead(quads, address)
    events(quads)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else default_store())
