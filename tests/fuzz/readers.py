"""Coverage-guided fuzzing of every reader: any bytes give rows, triples and findings, or one of our errors; nothing else.

``python tests/fuzz/readers.py [SECONDS]`` (``make fuzz``) runs atheris where it is installed, each reader in turn; what it
finds is kept in ``.make/fuzz`` and belongs into ``tests/fuzz/found`` once it is mended. The seeds are the bad files of the tests.
"""

from __future__ import annotations

import functools
import io
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(ROOT / "src"), str(HERE.parent)]
SLOWEST = 20  # seconds that one input may take before it counts as a hang
LARGEST = 4096


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
        for source in list(sources.read_each(Path(f"x{suffix}"), data=data)):
            assert source.read == source.accepted + source.reported, "a row was lost"
            assert source.accepted == len(source.rows)
    except AistandardsError as error:
        assert error.en and error.zh


def fuzz(suffix: str) -> None:
    """Run atheris on the readers under one suffix; its options stand in ``sys.argv``."""
    import atheris

    with atheris.instrument_imports(include=["aistandards.readers", "aistandards.sources", "aistandards.tables"]):
        import aistandards.readers.book
        import aistandards.sources  # noqa: F401

    atheris.Setup([sys.argv[0], *sys.argv[3:]], lambda data: read_once(suffix, data))
    atheris.Fuzz()


def run(seconds: int) -> int:
    """Fuzz under each suffix for its share of the time; returns 1 where any input broke a reader."""
    kept = ROOT / ".make" / "fuzz"
    kept.mkdir(parents=True, exist_ok=True)
    every = seeds()
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
        sys.exit(run(int(sys.argv[1]) if len(sys.argv) > 1 else 60))
