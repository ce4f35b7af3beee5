"""Whole registers through `aistandards validate`: `python benchmarks/bulk.py [rows …]` prints a table in Markdown.

Made-up registers, as CSV and as the Turtle that `aistandards convert` makes of it (33 triples a row), 11 filled cells a row, a tenth of the rows replace another, 2 % of the rows faulty. Each run is a
process of its own, from file to report: all rows together (to 10,000 rows), and in chunks. The peak is the proportional set
size of all processes of a run together; the index is what stays in memory a row until the last chunk, findings apart.
"""

from __future__ import annotations

import csv
import io
import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
sys.path.insert(0, str(Path(__file__).parent))
from watching import Watch

import madeup

WHOLE: Final = 10_000  # rows that are also validated all together: more takes gigabytes


def write(path: Path, rows: int) -> None:
    """Write a register."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, madeup.HEADERS["standards-made-up.csv"], restval="")
        writer.writeheader()
        for at in range(rows):
            year = 2010 + at % 15
            cells = {"issued": f"{year}-03-{1 + at % 28:02d}", "implemented": f"{year}-10-01", "ics": "35.240"}
            cells |= {"ccs": "L77", "title_en": f"Standard {at}", "committee": "SAC/TC28", "reason": "by its title"}
            if at % 10 == 3:
                cells["replaces"] = f"GB/T {100_000 + at - 1}-{2010 + (at - 1) % 15}"
            if at % 50 == 7:
                cells["implemented"] = f"{year - 1}-10-01"
            writer.writerow(madeup.standard(f"GB/T {100_000 + at}-{year}", **cells))


def one(path: Path, way: str) -> None:
    """Validate a register here and print what it took."""
    from aistandards import bulk, pipeline

    if way == "chunks":
        bulk.LARGE = 0  # type: ignore[misc]  # however small the register is
    kept: list[int] = []
    groups = bulk.groups

    def counted(spool: bulk.Spool) -> list[bulk.Rows]:
        chunks = groups(spool)
        arrays = (spool.starts, spool.weights, spool.named, spool.naming, spool.hinted, spool.hinting)
        kept.append(sum(len(a) * a.itemsize for a in arrays) + sum(rows.nbytes for rows in chunks))
        return chunks

    bulk.groups = counted
    start = time.perf_counter()
    with Watch(os.getpid()) as watch:
        report = (pipeline if way == "whole" else bulk).validate_paths([str(path)], io.BytesIO()).report
    wall = time.perf_counter() - start
    print(json.dumps({"wall": wall, "cpu": watch.cpu, "peak": watch.peak, "found": len(report.findings), "kept": kept}))


def main() -> None:
    """Measure and print."""
    print("| rows | file | way | s | CPU s | rows/CPU s | peak MB | findings | index, bytes a row |")
    print("|---|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for rows in [int(word) for word in sys.argv[1:]] or [10_000, 100_000]:
            path = Path(folder) / f"standards-{rows}.csv"
            write(path, rows)
            turtle = path.with_suffix(".ttl")
            run = [sys.executable, "-m", "aistandards", "convert", str(path), str(turtle)]
            subprocess.run(run, check=True, capture_output=True)
            ways = ["whole", "chunks"] if rows <= WHOLE else ["chunks"]
            for file, way in itertools.product((path, turtle), ways):
                run = [sys.executable, __file__, "--one", str(file), way]
                taken: dict[str, Any] = json.loads(subprocess.run(run, check=True, capture_output=True).stdout)
                index = f"{sum(taken['kept']) / rows:.0f}" if taken["kept"] else "—"
                print(
                    f"| {rows:,} | {file.suffix[1:]} | {way} | {taken['wall']:.1f} | {taken['cpu']:.1f} | {rows / taken['cpu']:,.0f} "
                    f"| {taken['peak']} | {taken['found']:,} | {index} |",
                    flush=True,
                )
            path.unlink()
            turtle.unlink()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        one(Path(sys.argv[2]), sys.argv[3])
    else:
        main()
