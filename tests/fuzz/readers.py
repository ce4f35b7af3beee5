"""Coverage-guided fuzzing of every reader: any bytes give rows, triples and findings, or one of our errors; nothing else.

``python tests/fuzz/readers.py [SECONDS] [SUFFIX …]`` (``make fuzz``) runs atheris where it is installed, each reader in turn; what it
finds is kept in ``.make/fuzz`` and belongs into ``tests/fuzz/found`` once it is mended. The seeds are the bad files of the tests;
they are changed byte by byte and, by ``mutators``, in their structure.
"""

from __future__ import annotations

import contextlib
import functools
import io
import json
import random
import subprocess
import sys
import tempfile
import zipfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree

if TYPE_CHECKING:
    from aistandards.codes import Codes
    from aistandards.sources import Source

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(ROOT / "src"), str(HERE.parent)]
SLOWEST = 20  # seconds that one input may take before it counts as a hang
LARGEST = 16384
WHOLE = 97  # one of so many inputs goes through the whole of validation, another one through convert


def seeds() -> dict[str, list[bytes]]:
    """Return the contents of the bad files and of the example files, by the suffix each is read under."""
    from badfiles import BAD, READ, UNREADABLE
    from badformats import BAD_FORMATS, UNREADABLE_FORMATS

    found: dict[str, list[bytes]] = {".csv": [content for _, content, _ in READ]}
    for bad in [*BAD, *UNREADABLE, *BAD_FORMATS, *UNREADABLE_FORMATS]:
        found.setdefault(Path(bad.file).suffix, []).append(bad.content)
    for path in sorted((HERE.parent / "formats").iterdir()):
        found.setdefault(path.suffix, []).append(path.read_bytes())
    from badformats import SHEET

    found[".sheet"] = [_book()[SHEET]]
    for path in sorted((HERE / "found").glob("*.*")):
        found.setdefault(path.suffix, []).append(path.read_bytes())
    return found


def _with_sheet(sheet: bytes) -> bytes:
    from badformats import SHEET, packed

    return packed({**_book(), SHEET: sheet})


@functools.cache
def _book() -> dict[str, bytes]:
    """Return the parts of a workbook."""
    from badformats import DATA, HEAD, workbook

    with zipfile.ZipFile(io.BytesIO(workbook({"a": [HEAD, DATA]}, merged=["B2:B3"]))) as package:
        return {name: package.read(name) for name in package.namelist()}


def read_once(suffix: str, data: bytes) -> None:
    """Read bytes as a file of a suffix; raises what no reader may raise."""
    from aistandards import sources
    from aistandards.errors import AistandardsError

    if suffix == ".sheet":  # the checksums of a workbook would keep every change out: change the sheet inside it
        suffix, data = ".xlsx", _with_sheet(data)
    try:
        found = list(sources.read_each(Path(f"x{suffix}"), data=data, context=dict))
        for source in found:
            assert source.read == source.accepted + source.reported, "a row was lost"
            assert source.accepted == len(source.rows)
        if len(found) == 1:
            _all_there(found[0], data)
    except AistandardsError as error:
        assert error.en and error.zh
        return
    _go_on(found, data)


def _all_there(source: Source, data: bytes) -> None:
    """Every line below the first record is a record, a finding or a remark, as plain csv and json count lines."""
    if source.form not in ("csv", "jsonl") or not source.rows:
        return
    if source.form == "jsonl":
        lines = {at: line for at, line in enumerate(data.split(b"\n"), start=1) if line.strip()}
        there = {at: str(line)[2:] for at, line in lines.items()}
    else:
        from aistandards.readers.text import SNIFFED, decode, records, separator_of

        text, _ = decode(data, "x")
        cut = records(text, "x", separator_of(text[:SNIFFED]))
        there = {at: "".join(cells).strip() for at, cells in cut if any(cell.strip() for cell in cells)}
    known = {row.line for row in source.rows} | {finding.line for finding in source.findings}
    start = min(row.line for row in source.rows)
    lost = [at for at, said in there.items() if at > start and at not in known and not said.startswith("#")]
    assert not lost, f"lines {lost[:9]} were lost"


def _go_on(found: list[Source], data: bytes) -> None:
    """Take what was read through the graph; a small part of it, chosen by its content, through shapes, checks and reports."""
    from aistandards import catalogue, pipeline, reportforms
    from aistandards.graph import Writer
    from aistandards.shacl.report import turtle

    if zlib.crc32(data) % WHOLE == 1 and found[0].rows:
        _convert(found, data)
    writer = Writer(_codes())
    for source in found:
        writer.add(source.rows)
    if zlib.crc32(data) % WHOLE == 0:
        report = pipeline.validate(found, []).report
        assert all(count.read == count.accepted + count.reported and count.accepted >= 0 for count in report.files)
        for language in ("zh", "en"):
            ElementTree.fromstring(reportforms.junit(report, language))
            json.loads(reportforms.sarif(report, language))
            for form in (reportforms.html, reportforms.github):
                form(report, language).encode()
        turtle(report, catalogue.SHAPES)


def _convert(found: list[Source], data: bytes) -> None:
    """What is written as a workbook is read again as the same cells, but for those that it says it cannot hold."""
    from aistandards import sources
    from aistandards.convert import Conversion

    out = io.BytesIO()
    kept = contextlib.nullcontext(out)
    outcome = Conversion([(found[0].path, found[0].name, data)], None).run("xlsx", lambda _: kept)
    again = [row for source in sources.read_each(Path("x.xlsx"), data=out.getvalue()) for row in source.rows]
    if not outcome.lost:
        before = [row for source in found for row in source.rows]
        filled = [sorted(sorted((k, v) for k, v in row.cells.items() if v) for row in rows) for rows in (before, again)]
        assert filled[0] == filled[1], "a cell was changed in writing it"


@functools.cache
def _codes() -> Codes:
    """Return what cells may name."""
    from aistandards import pipeline

    return pipeline.known_codes(pipeline.load_ontology())


def fuzz(suffix: str) -> None:
    """Run atheris on the readers under one suffix; its options stand in ``sys.argv``."""
    import atheris

    with atheris.instrument_imports(
        include=["aistandards.readers", "aistandards.sources", "aistandards.tables", "aistandards.cells"]
    ):
        import aistandards.cells
        import aistandards.readers.book
        import aistandards.sources  # noqa: F401

    from fuzz import mutators

    change = mutators.of(suffix)

    def mutate(data: bytes, most: int, seed: int) -> bytes:
        chance = random.Random(seed)
        if change and chance.random() < 0.7:
            with contextlib.suppress(Exception):  # what is damaged already is damaged further byte by byte
                changed: bytes = change(data, chance)[:most]
                return changed
        found: bytes = atheris.Mutate(data, most)
        return found

    atheris.Setup([sys.argv[0], *sys.argv[3:]], lambda data: read_once(suffix, data), custom_mutator=mutate)
    atheris.Fuzz()


def run(seconds: int, chosen: list[str]) -> int:
    """Fuzz under each suffix, or those chosen, for its share of the time; returns 1 where any input broke a reader."""
    kept = ROOT / ".make" / "fuzz"
    kept.mkdir(parents=True, exist_ok=True)
    every = {suffix: contents for suffix, contents in seeds().items() if not chosen or suffix in chosen}
    failed = []
    for suffix, contents in sorted(every.items()):
        with tempfile.TemporaryDirectory() as folder:
            for at, content in enumerate(contents):
                (Path(folder) / str(at)).write_bytes(content[: 1 << 20])
            options = [
                f"-max_total_time={max(seconds // len(every), 1)}",
                f"-timeout={SLOWEST}",
                f"-max_len={LARGEST}",
                "-rss_limit_mb=2048",
                "-verbosity=0",
                "-print_final_stats=1",
                f"-artifact_prefix={kept}/{suffix[1:]}-",
                folder,
            ]
            done = subprocess.run([sys.executable, __file__, "--one", suffix, *options], check=False)
        print(f"{suffix}: {'ok' if done.returncode == 0 else 'FAILED'}", flush=True)
        failed += [suffix] if done.returncode else []
    return 1 if failed else 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        fuzz(sys.argv[2])
    else:
        sys.exit(run(int(sys.argv[1]) if len(sys.argv) > 1 else 60, sys.argv[2:]))
