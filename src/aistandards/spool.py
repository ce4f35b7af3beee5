"""Answers on their way out: in memory while they are small, in a file without a name beyond that, never unbounded."""

from __future__ import annotations

import contextlib
import tempfile
import threading
from collections.abc import Iterator
from typing import Final

from aistandards.errors import StoreError

MEMORY: Final = 1 << 20  # bytes of an answer that stay in memory
BLOCK: Final = 64 << 10
ROOM: Final = 512 << 20  # bytes of answers not yet read, past which no query is begun


class Room:
    """Counts the bytes of answers that have not been read to their end, of all callers together."""

    def __init__(self, limit: int = ROOM) -> None:
        self.limit = limit
        self.used = 0
        self._lock = threading.Lock()

    @property
    def full(self) -> bool:
        """Whether no further answer should be begun."""
        return self.used >= self.limit

    def add(self, nbytes: int) -> None:
        """Count bytes in, or out where negative."""
        with self._lock:
            self.used += nbytes


class Spool:
    """The bytes of one answer; closed when it is read, dropped or collected."""

    def __init__(self, room: Room | None = None) -> None:
        self.length = 0
        self._room = room or Room()
        self._file = tempfile.SpooledTemporaryFile(max_size=MEMORY)  # noqa: SIM115

    def write(self, data: bytes) -> None:
        """Add bytes at the end; raises StoreError where the disk takes no more."""
        try:
            self._file.write(data)
        except OSError as error:
            raise StoreError(
                f"The answer cannot be kept ({error.strerror}). Make room in the folder for temporary files (TMPDIR).",
                f"无法保存查询结果（{error.strerror}）。请在临时文件夹（TMPDIR）腾出空间。",
            ) from None
        self.length += len(data)
        self._room.add(len(data))

    def blocks(self) -> Iterator[bytes]:
        """Yield the whole from the beginning, a block at a time."""
        self._file.seek(0)
        while block := self._file.read(BLOCK):
            yield block

    def read(self) -> bytes:
        """Return the whole at once."""
        return b"".join(self.blocks())

    def close(self) -> None:
        """Give memory and disk back."""
        if not self._file.closed:
            self._file.close()
            self._room.add(-self.length)

    def __del__(self) -> None:
        """Close what nobody closed."""
        with contextlib.suppress(AttributeError, OSError):
            self.close()
