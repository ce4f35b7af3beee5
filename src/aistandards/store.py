"""The store on disk: a folder of builds and a pointer to the current one, replaced in one step."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import pyoxigraph as ox

from aistandards.errors import StoreError

POINTER = "CURRENT"
LOCK = "LOCK"
MANIFEST = "build.json"


@dataclass(frozen=True, slots=True)
class Build:
    """One build of the store: its folder and what ``build.json`` says of it."""

    path: Path
    manifest: dict[str, Any]

    @property
    def id(self) -> str:
        """The build id: a digest of everything that went in."""
        return str(self.manifest["build_id"])

    def open(self) -> ox.Store:
        """Open the build read-only; raises StoreError where it cannot be read."""
        try:
            return ox.Store.read_only(str(self.path / "quads"))
        except (OSError, RuntimeError, ValueError) as error:  # RuntimeError: what RocksDB says of damaged files
            raise _unreadable(self.path, error) from None


def _unreadable(path: Path, error: object) -> StoreError:
    return StoreError(
        f"The store at {path} cannot be read ({error}). Run `aistandards build`.",
        f"无法读取 {path} 处的存储（{error}）。请运行 `aistandards build`。",
    )


def current(folder: Path) -> Build | None:
    """Return the current build of a store folder, or None where there is none yet; raises StoreError if it is damaged."""
    pointer = folder / POINTER
    try:
        name = pointer.read_text(encoding="utf-8").strip()
        manifest = json.loads((folder / name / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError:
        if pointer.exists():
            raise _unreadable(folder, "its current build is missing") from None
        return None
    except (OSError, ValueError) as error:
        raise _unreadable(folder, error) from None
    if not isinstance(manifest, dict) or "build_id" not in manifest:
        raise _unreadable(folder, f"{MANIFEST} is damaged")
    return Build(folder / name, manifest)


def open_current(folder: Path) -> Build:
    """Return the current build; raises StoreError that names the fix where there is none."""
    build = current(folder)
    if build is None:
        raise StoreError(
            f"There is no store at {folder}. Run `aistandards build` (or `aistandards serve`, which builds it).",
            f"{folder} 处没有存储。请运行 `aistandards build`（或会自动构建的 `aistandards serve`）。",
        )
    return build


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the folder's build lock; raises StoreError where another build holds it or the folder cannot be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = (folder / LOCK).open("w")
    except OSError as error:
        raise StoreError(
            f"The folder {folder} cannot be written ({error.strerror}). Choose another with --store.",
            f"无法写入文件夹 {folder}（{error.strerror}）。请用 --store 另选一处。",
        ) from None
    with handle:
        if not _try_lock(handle):
            raise StoreError(
                f"Another build is writing to {folder}. Wait until it ends, or choose another folder with --store.",
                f"另一个构建正在写入 {folder}。请等待其结束，或用 --store 另选文件夹。",
            )
        yield


def _try_lock(handle: IO[str]) -> bool:
    """Take an exclusive lock that the system gives back when the process ends, however it ends."""
    try:
        import fcntl
    except ImportError:  # Windows
        import msvcrt

        try:
            msvcrt.locking(handle.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        except OSError:
            return False
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def replace(folder: Path, quads: ox.Store, manifest: dict[str, Any], index: Callable[[Path], None]) -> Build:
    """Write a build beside the current one and point to it in one step; the caller holds the lock.

    ``index`` writes what is worked out from the quads into the folder of the build.

    Raises StoreError where that fails (disk full, no right to write). Failed or killed at any moment, the old build stays
    current; what a killed build left is removed by the next one. The build before the current one is kept for readers that have it open.
    """
    old = _current_or_none(folder)
    _sweep(folder, keep={old} if old else set())
    name = f"aistandards-build-{manifest['build_id'][:16]}"
    if name == old:
        name += "-again" if not name.endswith("-again") else ""
    target = folder / name
    try:
        _write(target, quads, manifest, index)
        _point_to(folder, name)
    except (OSError, RuntimeError) as error:
        shutil.rmtree(target, ignore_errors=True)
        raise StoreError(
            f"The build could not be written to {folder} ({error}). Make room or choose another folder with --store.",
            f"无法把构建写入 {folder}（{error}）。请腾出空间，或用 --store 另选文件夹。",
        ) from None
    _sweep(folder, keep={name, *([old] if old else [])})
    return Build(target, manifest)


def _write(target: Path, quads: ox.Store, manifest: dict[str, Any], index: Callable[[Path], None]) -> None:
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    disk = ox.Store(str(target / "quads"))
    disk.bulk_extend(quads)
    disk.optimize()
    disk.flush()
    del disk
    index(target)
    (target / MANIFEST).write_text(json.dumps(manifest, ensure_ascii=False, indent=1), encoding="utf-8")


def _point_to(folder: Path, name: str) -> None:
    temporary = folder / (POINTER + ".new")
    with temporary.open("w", encoding="utf-8") as handle:
        handle.write(name + "\n")
        handle.flush()
        os.fsync(handle.fileno())
    temporary.replace(folder / POINTER)


def _current_or_none(folder: Path) -> str | None:
    try:
        return (folder / POINTER).read_text(encoding="utf-8").strip() or None
    except (OSError, ValueError):
        return None


def _sweep(folder: Path, keep: set[str]) -> None:
    for entry in folder.glob("aistandards-build-*"):
        if entry.name not in keep:
            shutil.rmtree(entry, ignore_errors=True)
    with contextlib.suppress(OSError):
        (folder / (POINTER + ".new")).unlink(missing_ok=True)
