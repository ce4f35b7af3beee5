"""What a process and its children take while it runs, read from /proc: memory they do not share twice, and CPU time."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Final

EVERY: Final = 0.1  # seconds between two looks


def children(pid: int) -> list[int]:
    """Return all processes that a process began, directly or not."""
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in task.read_text(encoding="ascii").split():
                found += [int(child), *children(int(child))]
    return found


class Watch:
    """Looks at a process from time to time: ``with Watch(pid) as watch: …``; then ``watch.peak`` (MB) and ``watch.cpu`` (s)."""

    def __init__(self, pid: int) -> None:
        """Take the process."""
        self.pid = pid
        self._kilobytes = 0
        self._ticks: dict[int, int] = {}
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Watch:
        """Begin."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End."""
        self._done.set()
        self._thread.join()

    @property
    def peak(self) -> int:
        """The most that all processes held together at one look: their proportional set size, MB."""
        return self._kilobytes // 1024

    @property
    def cpu(self) -> float:
        """The CPU time of all processes, as last seen: at most a look's distance too little each."""
        return sum(self._ticks.values()) / os.sysconf("SC_CLK_TCK")

    def _run(self) -> None:
        while not self._done.wait(EVERY):
            self._kilobytes = max(self._kilobytes, sum(self._look()))

    def _look(self) -> Iterator[int]:
        for process in (self.pid, *children(self.pid)):
            with contextlib.suppress(OSError):
                words = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
                self._ticks[process] = int(words[11]) + int(words[12])
                text = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii")
                yield next((int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:")), 0)
