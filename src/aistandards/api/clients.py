"""Who a request comes from: the address behind trusted proxies, the name of its key, and how much it may still ask."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import logging
import math
import mmap
import os
import struct
import time
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Final, NamedTuple

from starlette.datastructures import Headers
from starlette.types import Scope

from aistandards.errors import SourceError

fcntl: ModuleType | None
try:
    import fcntl
except ImportError:  # Windows: one process only
    fcntl = None

NOTES: Final = "aistandards"  # key of a request's scope
LOOK_EVERY: Final = 2.0  # seconds between looks at whether the file of keys changed
SLOTS: Final = 1 << 16
_SALT: Final = 16
_SECONDS: Final = {"s": 1.0, "min": 60.0, "h": 3600.0}


@dataclass(slots=True)
class Notes:
    """What is noted of a request on its way: its id, its client, the name of its key, its SPARQL query and how that ended."""

    id: str
    client: str = "-"
    key: str | None = None
    query: str | None = None
    outcome: str | None = None


def notes_of(scope: Scope) -> Notes:
    """Return the notes of a request; made here where it did not come through the service's own walls."""
    notes: Notes = scope.setdefault(NOTES, Notes("-"))
    return notes


class Addresses:
    """The proxies whose word on the client's address is believed."""

    def __init__(self, trusted: tuple[str, ...]) -> None:
        self._networks = [ipaddress.ip_network(text) for text in trusted]

    def trusted(self, address: str) -> bool:
        """Whether an address is that of a trusted proxy."""
        try:
            found = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(found in network for network in self._networks)

    def client(self, scope: Scope) -> str:
        """Return the client's address: the last one in X-Forwarded-For that no trusted proxy has, if a proxy asks."""
        peer = scope["client"][0] if scope.get("client") else "-"
        if not self._networks or not self.trusted(peer):
            return str(peer)
        forwarded = ",".join(Headers(scope=scope).getlist("x-forwarded-for"))
        last = peer
        for piece in reversed([piece.strip() for piece in forwarded.split(",") if piece.strip()]):
            try:
                last = str(ipaddress.ip_address(piece))
            except ValueError:
                return str(last)  # what a proxy did not write is not believed
            if not self.trusted(last):
                break
        return str(last)

    def scheme(self, scope: Scope) -> str:
        """Return http or https as the client asked: what X-Forwarded-Proto says, if a trusted proxy says it."""
        peer = scope["client"][0] if scope.get("client") else "-"
        said = Headers(scope=scope).get("x-forwarded-proto", "").strip().lower()
        if said in ("http", "https") and self._networks and self.trusted(peer):
            return said
        return str(scope["scheme"])


def bucket_of(address: str) -> str:
    """Return what shares one allowance: an IPv4 address, or the /64 network of an IPv6 address."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((found, 64), strict=False)) if found.version == 6 else address


class Keys:
    """The API keys of a file, one ``NAME SHA256`` a line; the keys themselves are kept nowhere. A changed file is taken up."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._looked = time.monotonic()
        self._stamp, self._names = self._read()

    def name_of(self, key: str) -> str | None:
        """Return the name of a key, or None; takes equally long for all keys."""
        self._look()
        digest = hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()
        found = None
        for name, known in self._names.items():
            if hmac.compare_digest(known, digest):
                found = name
        return found

    def _look(self) -> None:
        now = time.monotonic()
        if now - self._looked < LOOK_EVERY:
            return
        self._looked = now
        try:
            stat = self.path.stat()
            if (stat.st_mtime_ns, stat.st_size) != self._stamp:
                self._stamp, self._names = self._read()
        except (OSError, SourceError) as error:  # a file being written or lost leaves the keys known
            logging.getLogger(__name__).warning("the keys stay as they were: %s", error)

    def _read(self) -> tuple[tuple[int, int], dict[str, str]]:
        try:
            stat = self.path.stat()
            lines = self.path.read_text(encoding="utf-8-sig").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise SourceError(
                f"{self.path}: the API keys cannot be read ({error}). Check the path.",
                f"{self.path}：无法读取 API 密钥文件（{error}）。请检查路径。",
            ) from None
        names: dict[str, str] = {}
        for number, line in enumerate(lines, 1):
            pieces = line.partition("#")[0].split()
            if not pieces:
                continue
            if (
                len(pieces) != 2
                or len(pieces[1]) != 64
                or set(pieces[1].lower()) - set("0123456789abcdef")
                or pieces[0] in names
            ):
                raise SourceError(
                    f"{self.path}, line {number}: write a name, used once, and the SHA-256 of the key in hexadecimal.",
                    f"{self.path} 第 {number} 行：请写一个不重复的名称和密钥的 SHA-256（十六进制）。",
                )
            names[pieces[0]] = pieces[1].lower()
        if not names:
            raise SourceError(
                f"{self.path} names no key, so no request would be answered. Add a line NAME SHA256.",
                f"{self.path} 中没有密钥，任何请求都得不到回答。请加一行“名称 SHA256”。",
            )
        return (stat.st_mtime_ns, stat.st_size), names


class Turn(NamedTuple):
    """Whether a request may pass, how many more may follow at once, and the seconds until there are more."""

    passes: bool
    remaining: int
    seconds: int


class Rates:
    """Token buckets in a table of fixed size, which all server processes share: no flood of clients can make it grow.

    A bucket is one number, the time at which it will be full again (the generic cell rate algorithm). Two clients may
    meet in one of the 65,536 places; which ones do cannot be foreseen, since places are chosen by a hash with a salt.
    """

    def __init__(self, rate: str, burst: int, folder: str | None = None) -> None:
        count, unit = rate.split("/")
        self.interval = _SECONDS[unit] / int(count)
        self.burst = burst
        self._file = os.open(Path(folder, "rates"), os.O_RDWR) if folder else None
        self._table = mmap.mmap(-1 if self._file is None else self._file, size())
        if self._file is None:
            self._table[:_SALT] = os.urandom(_SALT)
        self._salt = bytes(self._table[:_SALT])

    @property
    def policy(self) -> str:
        """The limit as a header tells it: so many requests in so many seconds."""
        return f'"default";q={self.burst};w={max(1, math.ceil(self.burst * self.interval))}'

    def take(self, client: str) -> Turn:
        """Take one request from a client's bucket."""
        digest = hashlib.blake2b(client.encode("utf-8", "surrogateescape"), key=self._salt, digest_size=4).digest()
        at = _SALT + 8 * (int.from_bytes(digest) % SLOTS)
        if self._file is None or fcntl is None:
            return self._take(at)
        fcntl.lockf(self._file, fcntl.LOCK_EX, 8, at)
        try:
            return self._take(at)
        finally:
            fcntl.lockf(self._file, fcntl.LOCK_UN, 8, at)

    def _take(self, at: int) -> Turn:
        now = time.monotonic()
        full = max(struct.unpack_from("<d", self._table, at)[0], now)
        room = self.burst * self.interval - (full - now)
        if room < self.interval * (1 - 1e-9):
            return Turn(False, 0, max(1, math.ceil(self.interval - room)))
        struct.pack_into("<d", self._table, at, full + self.interval)
        return Turn(True, int((room - self.interval) / self.interval + 1e-9), math.ceil(full + self.interval - now))


def size() -> int:
    """Return the size of the table of rates in bytes."""
    return _SALT + 8 * SLOTS


def lay_out(folder: str) -> None:
    """Make the table of rates that several server processes share."""
    Path(folder, "rates").write_bytes(os.urandom(_SALT) + bytes(8 * SLOTS))
