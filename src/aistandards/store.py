"""The store on disk: a folder of builds and a pointer to the current one, replaced in one step."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

import pyoxigraph as ox

from aistandards.errors import StoreError, UsageError
from aistandards.findings import nearest
from aistandards.settings import Place

if TYPE_CHECKING:
    from aistandards.endpoint import Endpoint
    from aistandards.remote import Published

POINTER = "CURRENT"
RELEASES = "RELEASES"  # a folder with a pointer file a release
LOCK = "LOCK"
MANIFEST = "build.json"
LAYOUT = 3  # of a build's folder: 2 has columns, 3 the search index
NEW = ".new"


@dataclass(frozen=True, slots=True)
class Build:
    """One build of the store: its folder and what ``build.json`` says of it."""

    path: Path
    manifest: dict[str, Any]

    @property
    def id(self) -> str:
        """The build id: a digest of everything that went in."""
        return str(self.manifest["build_id"])

    @property
    def quads(self) -> Place:
        """Where the quads are: a folder of pyoxigraph, or the address of a server."""
        return self.path / "quads"

    def index(self, make: Callable[[ox.Store, Path], None]) -> Path:
        """Return the folder of what is worked out from the quads: a build on this machine was made with it."""
        return self.path

    def check(self) -> None:
        """Raise StoreError where the build is not there any more."""
        if not self.path.is_dir():
            raise StoreError("The folder of the build is gone.", "构建所在的目录已不存在。")

    def open(self) -> ox.Store:
        """Open the build read-only; raises StoreError where it cannot be read."""
        try:
            return ox.Store.read_only(str(self.path / "quads"))
        except (OSError, RuntimeError, ValueError) as error:  # RuntimeError: what RocksDB says of damaged files
            raise _unreadable(self.path, error) from None


@dataclass(frozen=True, slots=True)
class RemoteBuild(Build):
    """A build on a SPARQL server; ``path`` is a cache on this machine for what is worked out from it."""

    address: str
    published: Published

    @property
    def quads(self) -> Place:
        """The address of the server."""
        return self.address

    def open(self) -> ox.Store:
        """Return what answers for the store, with the graphs that are kept here; raises StoreError."""
        from aistandards.remote import MIRROR, RemoteStore, fill, prune

        endpoint, mirror = endpoint_of(self.address), self.path / "mirror"
        fill(mirror, RemoteStore(endpoint, self.published).write_mirror)
        prune(self.path)
        return cast(ox.Store, RemoteStore(endpoint, self.published, mirror / MIRROR))  # what reading uses of it

    def index(self, make: Callable[[ox.Store, Path], None]) -> Path:
        """Return the folder of what is worked out from the quads, once for each build; raises StoreError."""
        from aistandards.remote import fill

        folder = self.path / "index"
        fill(folder, lambda new: make(self.open(), new))
        return folder

    def check(self) -> None:
        """Raise StoreError where the server does not answer or holds another build by now."""
        from aistandards.remote import check_held

        check_held(endpoint_of(self.address), self.id)


@lru_cache(maxsize=8)
def endpoint_of(address: str) -> Endpoint:
    """Return the one endpoint of this process for a server, whose connections all share."""
    from aistandards.endpoint import Endpoint

    return Endpoint(address)


def _remote(address: str) -> RemoteBuild:
    from aistandards.remote import cache_folder, open_published

    published = open_published(endpoint_of(address))
    path = cache_folder(address) / f"{published.id[:16]}-{LAYOUT}"
    return RemoteBuild(path, published.manifest, address, published)


def folder_of(place: Place, verb: str) -> Path:
    """Return the folder of a store; raises UsageError for a server, which only ``publish`` writes to."""
    if isinstance(place, Path):
        return place
    raise UsageError(
        f"{verb} needs the folder of a store, {place} is a server. Use --store DIR; `aistandards publish` loads a build to a server.",
        f"{verb} 需要本机的存储文件夹，而 {place} 是服务器。请用 --store 文件夹；用 `aistandards publish` 把构建载入服务器。",
    )


def _unreadable(path: Path, error: object) -> StoreError:
    return StoreError(
        f"The store at {path} cannot be read ({error}). Run `aistandards build`.",
        f"无法读取 {path} 处的存储（{error}）。请运行 `aistandards build`。",
    )


def current(folder: Place) -> Build | None:
    """Return the current build of a store, or None where its folder has none yet; raises StoreError if it cannot be read."""
    if isinstance(folder, str):
        return _remote(folder)
    return _build_at(folder, folder / POINTER)


def _build_at(folder: Path, pointer: Path) -> Build | None:
    """Return the build that a pointer file names, or None where there is no such file."""
    try:
        name = pointer.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise _unreadable(folder, error) from None
    return build_in(folder / name)


def build_in(path: Path) -> Build:
    """Return the build in a folder of its own; raises StoreError where it is missing or damaged."""
    try:
        manifest = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise _unreadable(path.parent, f"its build {path.name} is missing") from None
    except (OSError, ValueError) as error:
        raise _unreadable(path.parent, error) from None
    if not isinstance(manifest, dict) or "build_id" not in manifest:
        raise _unreadable(path.parent, f"{MANIFEST} is damaged")
    return Build(path, manifest)


def releases(folder: Place) -> dict[str, Build]:
    """Return the builds kept as releases by name, the oldest first: a server keeps none; raises StoreError for damaged ones."""
    if isinstance(folder, str):
        return {}
    found = {}
    for pointer in sorted((folder / RELEASES).glob("*")):
        build = _build_at(folder, pointer) if pointer.suffix != NEW else None
        if build:
            found[pointer.name] = build
    return dict(sorted(found.items(), key=lambda kept: str(kept[1].manifest.get("built"))))


def open_release(folder: Place, name: str) -> Build:
    """Return the build kept under a release name; raises UsageError that lists the names there are."""
    kept = releases(folder_of(folder, "--release"))
    if name in kept:
        return kept[name]
    near = nearest(name, kept)
    listed = ", ".join(kept)
    raise UsageError(
        f"There is no release “{name}”."
        + (f" Did you mean {near}?" if near else "")
        + (f" Releases: {listed}." if kept else " None is kept yet: run `aistandards build --release NAME`."),
        f"没有发布版“{name}”。"
        + (f"是否指 {near}？" if near else "")
        + (f"已有：{listed}。" if kept else "尚未保存任何发布版：请运行 `aistandards build --release 名称`。"),
        value=name,
        near=near,
    )


def check_release(folder: Path, name: str, build_id: str) -> None:
    """Raise UsageError for a name that cannot be one, or under which another build is kept: releases never change."""
    if not _NAME.fullmatch(name) or _DAY.fullmatch(name) or name.endswith(NEW):
        raise UsageError(
            f"“{name}” cannot be the name of a release: use letters, digits, points and hyphens, and no day; for example v1.0.",
            f"“{name}”不能作发布版名称：只用字母、数字、点和连字符，且不能是日期；例如 v1.0。",
        )
    kept = releases(folder).get(name)
    if kept and kept.id != build_id:
        raise UsageError(
            f"The release {name} is kept already ({kept.id[:16]}, {kept.manifest.get('built')}) and never changes. Choose another name.",
            f"发布版 {name} 已保存（{kept.id[:16]}，{kept.manifest.get('built')}），不可更改。请另选名称。",
        )


_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def open_current(folder: Place) -> Build:
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


def replace(
    folder: Path,
    quads: ox.Store,
    manifest: dict[str, Any],
    index: Callable[[Path], None],
    release: str | None = None,
) -> Build:
    """Write a build beside the current one and point to it in one step; the caller holds the lock.

    ``index`` writes what is worked out from the quads into the folder of the build.

    Raises StoreError where that fails (disk full, no right to write). Failed or killed at any moment, the old build stays
    current; what a killed build left is removed by the next one. The build before the current one is kept for readers that
    have it open, and one that has a release name for good; a name that is taken stays with the build it has.
    """
    old = _name_in(folder / POINTER)
    kept = {name for pointer in (folder / RELEASES).glob("*") if (name := _name_in(pointer))}
    _sweep(folder, keep={*kept, *([old] if old else [])})
    name = f"aistandards-build-{manifest['build_id'][:16]}"
    while name == old or name in kept:
        name += "-again"
    target = folder / name
    try:
        _write(target, quads, manifest, index)
        _point(folder / POINTER, name)
        if release and not (folder / RELEASES / release).exists():
            (folder / RELEASES).mkdir(exist_ok=True)
            _point(folder / RELEASES / release, name)
            kept.add(name)
    except (OSError, RuntimeError) as error:
        if _name_in(folder / POINTER) != name:
            shutil.rmtree(target, ignore_errors=True)
        raise StoreError(
            f"The build could not be written to {folder} ({error}). Make room or choose another folder with --store.",
            f"无法把构建写入 {folder}（{error}）。请腾出空间，或用 --store 另选文件夹。",
        ) from None
    _sweep(folder, keep={name, *kept, *([old] if old else [])})
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


def _point(pointer: Path, name: str) -> None:
    """Make a pointer file name a build, in one step."""
    temporary = pointer.with_name(pointer.name + NEW)
    with temporary.open("w", encoding="utf-8") as handle:
        handle.write(name + "\n")
        handle.flush()
        os.fsync(handle.fileno())
    temporary.replace(pointer)


def _name_in(pointer: Path) -> str | None:
    try:
        return pointer.read_text(encoding="utf-8").strip() or None
    except (OSError, ValueError):
        return None


def _sweep(folder: Path, keep: set[str]) -> None:
    for entry in folder.glob("aistandards-build-*"):
        if entry.name not in keep:
            shutil.rmtree(entry, ignore_errors=True)
    for pointer in (folder / POINTER, folder / RELEASES / "*"):
        for left in pointer.parent.glob(pointer.name + NEW):
            with contextlib.suppress(OSError):
                left.unlink(missing_ok=True)
