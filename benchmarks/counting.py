"""How counts grow: coverage, matrix and gaps over columns of up to a million records. Prints a Markdown report.

The columns are those of the shipped build, repeated: every copy has its own records and series, the dates, parts and
verdicts are the shipped ones. The peer is the saved query `coverage-by-part`, which answers the same table by SPARQL in
pyoxigraph over the shipped records, and `collections.Counter` over Python objects for the same sums.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np

from aistandards import pipeline
from aistandards.adoption import adoption
from aistandards.changes import changes
from aistandards.columns import FOLDER, Coded, Columns, Judged, Spans, Texts
from aistandards.counts import Counts, Request
from aistandards.coverage import coverage
from aistandards.explain import explain
from aistandards.forecast import forecast
from aistandards.gaps import gaps
from aistandards.lookup import find
from aistandards.matrix import Grid
from aistandards.neighbours import system
from aistandards.numberlists import of_texts
from aistandards.rules import pick
from aistandards.store import Build
from aistandards.targets import targets
from aistandards.validity import check

DAY = date(2026, 9, 16)
RUNS = 200


def repeated(columns: Columns, copies: int) -> Columns:
    """Return columns with every record repeated, each copy a record and a series of its own."""
    size, groups = len(columns), int(columns.group.max()) + 1

    def moved(values: np.ndarray, step: int) -> np.ndarray:
        return np.concatenate([values + copy * step for copy in range(copies)]).astype(np.int32)

    def coded(one: Coded) -> Coded:
        return Coded(one.values, np.tile(one.codes, copies))

    def spans(one: Spans) -> Spans:
        return Spans(moved(one.record, size), *(np.tile(part, copies) for part in (one.start, one.end, one.code)))

    return Columns(
        Texts.of(f"{iri}-{copy}" for copy in range(copies) for iri in columns.iris),
        Texts.of(number for _ in range(copies) for number in columns.numbers),
        coded(columns.kinds),
        moved(columns.group, groups),
        coded(columns.years),
        {name: coded(one) for name, one in columns.facts.items()},
        moved(columns.part_record, size),
        coded(columns.parts),
        spans(columns.status),
        columns.status_values,
        {name: Judged(spans(one.spans), one.signatures) for name, one in columns.judged.items()},
    )


def opened(build: Build, copies: int, folder: Path) -> Counts:
    """Return counts over repeated columns, mapped from disk as a server has them."""
    shipped = Counts.of(build)
    repeated(shipped.columns, copies).save(folder)
    counts = Counts.of(build)
    counts.columns = Columns.load(folder)
    size = len(shipped.columns)
    making = shipped.in_the_making
    counts.in_the_making = np.concatenate([making + copy * size for copy in range(copies)]).astype(np.int32)
    return counts


def measured(act: Callable[[], object], runs: int) -> str:
    """Return median and 99th percentile in milliseconds of warm runs."""
    act()
    taken = []
    for _ in range(runs):
        start = time.perf_counter()
        act()
        taken.append((time.perf_counter() - start) * 1000)
    return f"{statistics.median(taken):.1f} / {statistics.quantiles(taken, n=100)[98]:.1f}"


def by_objects(counts: Counts, request: Request) -> Counter[str | None]:
    """The same table from Python objects, one a record, as the program did before it had columns."""
    return Counter(
        candidate.facts.get("part") for candidate in counts.candidates(request.rule) if counts_on(candidate, request)
    )


def counts_on(candidate: object, request: Request) -> bool:
    """Whether a candidate counts on the day."""
    interval = candidate.on(request.as_of)  # type: ignore[attr-defined]
    return interval is not None and request.verdict(interval)[0] == "counts"


def main() -> None:
    """Build the shipped records once, then measure at each size."""
    print("# Counting: median / p99 in ms, warm\n")
    with tempfile.TemporaryDirectory() as temporary:
        built, _, _ = pipeline.build(Path(temporary) / "store")
        counts = Counts.of(built)
        request = counts.request(pick(counts.rules, "guide"), DAY)
        query = counts.library.get("coverage-by-part")
        given = {p.name: str(p.example) for p in query.parameters} | {"rule": "guide"}
        print(
            "| records | coverage by part | matrix part × layer | gaps | columns on disk, MB |\n|---|---|---|---|---|"
        )
        for copies in (1, 78, 780):
            folder = Path(temporary) / f"{FOLDER}-{copies}"
            counts = opened(built, copies, folder)
            request = counts.request(pick(counts.rules, "guide"), DAY)
            runs = RUNS if copies < 100 else 30
            cells = [
                measured(lambda c=counts, r=request: coverage(c, r), runs),  # type: ignore[misc]
                measured(lambda c=counts, r=request: Grid(c, r, "part,layer").answer(), runs),  # type: ignore[misc]
                measured(lambda c=counts, r=request: gaps(c, r), runs),  # type: ignore[misc]
            ]
            disk = sum(path.stat().st_size for path in folder.iterdir()) / 1e6
            print(f"| {len(counts.columns)} | {' | '.join(cells)} | {disk:.1f} |")
        counts = Counts.of(built)
        print("\n| the same table, shipped records | ms |\n|---|---|")
        print(f"| columns | {measured(lambda: counts.tally(request), RUNS)} |")
        print(f"| Python objects | {measured(lambda: by_objects(counts, request), 20)} |")
        print(
            f"| SPARQL in pyoxigraph (`coverage-by-part`) | {measured(lambda: list(query.run(counts.store, given)), 20)} |"
        )
        answers_at_the_shipped_size(counts, request)


def answers_at_the_shipped_size(counts: Counts, request: Request) -> None:
    """Print what each answer costs over the shipped records, in milliseconds of processor time, which a busy machine leaves alone."""
    numbers = of_texts([number for number in counts.columns.numbers if number][:500], "number")
    record = find(counts.facts, "GB/T 45288.1-2025", DAY)
    acts: dict[str, Callable[[], object]] = {
        "coverage": lambda: coverage(counts, request),
        "matrix part × layer": lambda: Grid(counts, request, "part,layer").answer(),
        "gaps": lambda: gaps(counts, request),
        "changes of a year, all rules": lambda: changes(counts, date(2025, 9, 16), DAY, counts.rules),
        "changes since the first record, all rules": lambda: changes(counts, counts.first_day, DAY, counts.rules),
        "status of 500 numbers": lambda: check(counts, numbers, DAY),
        "forecast": lambda: forecast(counts, request),
        "adoption": lambda: adoption(counts, DAY),
        "targets": lambda: targets(counts, DAY),
        "a system with its neighbours": lambda: system(counts, "guide-2024"),
        "explain one standard": lambda: explain(counts, record, DAY),
    }
    print("\n| answers at the shipped size | median, ms of processor time |\n|---|---|")
    for name, act in acts.items():
        act()
        taken = []
        for _ in range(15):
            start = time.process_time()
            act()
            taken.append((time.process_time() - start) * 1000)
        print(f"| {name} | {statistics.median(taken):.1f} |")


if __name__ == "__main__":
    main()
