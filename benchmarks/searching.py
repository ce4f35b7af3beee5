"""How search, lists, facets and similar titles grow, beside SQLite LIKE and rapidfuzz. Prints a Markdown report.

The records are those of the shipped build, repeated: every copy has its own place, number and title (a rare word of its own is
added, so that titles are not equal), the other facts are the shipped ones. All figures are of one run; peers answer the same
question over the same records: `LIKE` over one folded column of SQLite, `rapidfuzz.process.extract` over a list of titles.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

from counting import repeated
from rapidfuzz import fuzz, process

from aistandards import pipeline
from aistandards.columns import FOLDER, Columns
from aistandards.counts import Counts
from aistandards.listing import Asked, Listing
from aistandards.search import FILE, KINDS, Document, Index, documents, filters, store, values_of
from aistandards.similar import similar
from aistandards.spelling import better
from aistandards.store import Build
from aistandards.words import fold

DAY = date(2026, 9, 16)
QUERIES = ("芯", "算力", "大模型", "知识图谱", "大模型 评测", "knowledge graph", "gbt45288.1-2025")
FACETS = ("level", "status", "part", "year", "committee", "verdict")


def opened(build: Build, copies: int, folder: Path) -> tuple[Counts, float, float]:
    """Return counts over repeated records with an index of their own, the seconds to write it and its size in MB."""
    shipped = Counts.of(build)
    folder.mkdir()
    repeated(shipped.columns, copies).save(folder / FOLDER)
    counts = Counts.of(build)
    counts.columns = Columns.load(folder / FOLDER)
    size = len(shipped.columns)
    found, pairs = list(documents(shipped.facts, shipped.columns)), {}
    for one in filters().values():
        own = [(doc.at, value) for doc in found for value in sorted(values_of(shipped.facts, one, doc.entry["iri"]))]
        pairs[one.name] = [(at + copy * size, value) for copy in range(copies) for at, value in own]
    every = [moved(doc, copy, size) for copy in range(copies) for doc in found]
    start = time.perf_counter()
    store(str(folder / FILE), every, pairs, size * copies).close()
    seconds = time.perf_counter() - start
    counts.index = Index.open(folder)
    return counts, seconds, (folder / FILE).stat().st_size / 1e6


def moved(doc: Document, copy: int, size: int) -> Document:
    """Return a copy of a record at a place of its own."""
    if copy == 0:
        return doc
    entry = {**doc.entry, "number": f"{doc.entry['number']} copy{copy}", "slug": f"{doc.entry['slug']}-copy{copy}"}
    for name in ("title_zh", "title_en"):
        entry[name] = f"{entry[name]} x{copy}" if entry[name] else entry[name]
    return Document(doc.at + copy * size, entry, doc.rest, doc.days)


def measured(act: Callable[[], object], runs: int) -> tuple[float, float]:
    """Return median and 99th percentile in milliseconds of processor time of warm runs, which a busy machine leaves alone."""
    act()
    taken = []
    for _ in range(runs):
        start = time.thread_time()
        act()
        taken.append((time.thread_time() - start) * 1000)
    return statistics.median(taken), statistics.quantiles(taken, n=100)[98]


def shown(pair: tuple[float, float]) -> str:
    """Return median and 99th percentile as a cell."""
    return f"{pair[0]:.1f} / {pair[1]:.1f}"


def ask(counts: Counts, q: str = "", **options: object) -> dict[str, object]:
    """Return a page of a list as the service makes it."""
    return Listing(counts, Asked(KINDS, DAY, q, **options)).answer()  # type: ignore[arg-type]


def by_like(counts: Counts, q: str) -> tuple[int, list[object]]:
    """The same question by LIKE: how many records contain every word, and the first hundred."""
    words = fold(q).split()
    where = " AND ".join("plain LIKE ?" for _ in words)
    given = [f"%{word}%" for word in words]
    [(total,)] = counts.index.rows(f"SELECT count(*) FROM record WHERE {where}", *given)
    return total, counts.index.rows(f"SELECT entry FROM record WHERE {where} LIMIT 100", *given)


def report(counts: Counts, runs: int) -> None:
    """Print the tables of one size."""
    print("| query | hits | search | LIKE | LIKE / search |\n|---|---|---|---|---|")
    for q in QUERIES:
        ours = measured(lambda q=q: ask(counts, q), runs)  # type: ignore[misc]
        peer = measured(lambda q=q: by_like(counts, q), runs)  # type: ignore[misc]
        hits = len(counts.index.search(q).at)
        print(f"| {q} | {hits} | {shown(ours)} | {shown(peer)} | {peer[0] / ours[0]:.1f} |")
    print("\n| list | ms |\n|---|---|")
    acts: dict[str, Callable[[], object]] = {
        "first page of 100": lambda: ask(counts),
        "level=national, part=C, -issued": lambda: ask(
            counts, wanted={"level": ["national"], "part": ["C"]}, sort=("-issued",)
        ),
        "the same at record 200": lambda: ask(counts, wanted={"level": ["national"], "part": ["C"]}, start=200),
        "status, verdict and committee": lambda: ask(
            counts, wanted={"status": ["in-force"], "verdict": ["counts"], "committee": ["SAC/TC28"]}
        ),
        "大模型 with six facets": lambda: ask(counts, "大模型", facets=FACETS),
        "six facets over everything": lambda: ask(counts, facets=FACETS),
        "similar: a Chinese title": lambda: similar(counts, "人工智能 大模型 评测指标和方法", DAY),
        "similar: an English title": lambda: similar(
            counts, "Artificial intelligence — Risk management guidelines", DAY
        ),
    }
    for name, act in acts.items():
        print(f"| {name} | {shown(measured(act, max(runs // 2, 10)))} |")
    titles = [e["title_zh"] for kind in KINDS for e in counts.index.entries(kind) if e["title_zh"]]
    fuzzy = measured(
        lambda: process.extract("人工智能 大模型 评测指标和方法", titles, scorer=fuzz.token_set_ratio, limit=10), 10
    )
    print(f"| peer: rapidfuzz token_set_ratio over all Chinese titles | {shown(fuzzy)} |")
    print(f"| did you mean 知识图普 | {shown(measured(lambda: better(counts.index, '知识图普'), 10))} |")
    print(f"| did you mean knowledge grpah | {shown(measured(lambda: better(counts.index, 'knowledge grpah'), 10))} |")


def main() -> None:
    """Build the shipped records once, then measure at each size."""
    print("# Searching: median / p99 in ms of processor time, warm")
    with tempfile.TemporaryDirectory() as temporary:
        built, _, _ = pipeline.build(Path(temporary) / "store")
        for copies in (1, 8, 78):
            counts, seconds, disk = opened(built, copies, Path(temporary) / f"copies-{copies}")
            records = sum(len(counts.index.entries(kind)) for kind in KINDS)
            print(f"\n## {records} records: index written in {seconds:.1f} s, {disk:.1f} MB\n")
            report(counts, 100 if copies < 50 else 20)


if __name__ == "__main__":
    main()
