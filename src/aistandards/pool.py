"""A pool of warm worker processes over one store: each runs one query at a time and may be killed at any moment."""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import sys
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Future
from multiprocessing.process import BaseProcess
from types import ModuleType
from typing import Final, NamedTuple

from aistandards import worker
from aistandards.errors import StoreError
from aistandards.settings import Place
from aistandards.worker import HEADER, Job

START_SECONDS: Final = 60.0
if sys.platform == "win32":
    _CONTEXT = multiprocessing.get_context("spawn")
else:
    _CONTEXT = multiprocessing.get_context("forkserver")
_starting = threading.Lock()


class Busy(StoreError):  # noqa: N818
    """No worker is free and the line before them is full, or did not move in time."""

    name = "busy"


class Gone(StoreError):  # noqa: N818
    """The caller left before the answer was there."""


class Ended(Exception):  # noqa: N818
    """A worker's process ended before its answer did."""


class Load(NamedTuple):
    """What a pool is doing at a moment, and how workers have ended so far."""

    workers: int
    running: int
    waiting: int
    ended: dict[str, int]


class Caller:
    """One who waits for an answer; ``leave`` gives the turn up or ends the query, from any thread."""

    def __init__(self) -> None:
        self.gone = False
        self._lock = threading.Lock()
        self._end: Callable[[], object] | None = None

    def leave(self) -> None:
        """Say that nobody waits any more."""
        with self._lock:
            self.gone = True
            if self._end:
                self._end()

    @contextlib.contextmanager
    def during(self, end: Callable[[], object]) -> Iterator[None]:
        """Have ``end`` called if the caller leaves within the block, or has left before it."""
        with self._lock:
            self._end = end
            if self.gone:
                end()
        try:
            yield
        finally:
            with self._lock:
                self._end = None


class Worker:
    """One worker process and the parent's end of its pipe."""

    def __init__(self, path: Place, memory: int) -> None:
        self.path = path
        self.fleet = 0
        self.free = True  # its last answer is complete
        self.ended_here = False
        self.conn, other = _CONTEXT.Pipe()
        self.process: BaseProcess = _CONTEXT.Process(
            target=worker.serve, args=(other, str(path), memory), name="aistandards-sparql", daemon=True
        )
        with _starting, _without_main():
            _CONTEXT.set_forkserver_preload(["aistandards.worker"])  # without effect where there is none
            self.process.start()
        other.close()
        try:
            letter, body = self.receive(0, time.monotonic() + START_SECONDS)
        except (Ended, TimeoutError):
            self.kill()
            raise unreadable(path, "the worker process did not start") from None
        if letter != b"R":
            self.kill()
            failure = json.loads(body)
            if "zh" in failure:
                raise StoreError(failure["message"], failure["zh"])
            raise unreadable(path, failure["message"])
        self.graphs = frozenset[str](json.loads(body))

    def send(self, job: Job) -> None:
        """Hand a job over; raises Ended where the process is no more."""
        self.free = False
        try:
            self.conn.send(job)
        except OSError:
            raise Ended from None

    def receive(self, number: int, deadline: float) -> tuple[bytes, bytes]:
        """Return letter and body of the next message on a job; raises TimeoutError at the deadline, else Ended."""
        while True:
            if not self.conn.poll(max(0.0, deadline - time.monotonic())):
                raise TimeoutError
            try:
                message = self.conn.recv_bytes()
            except (EOFError, OSError):
                raise Ended from None
            letter, of = HEADER.unpack_from(message)
            if of == number:
                self.free = letter not in (b"S", b"B")
                return letter, message[HEADER.size :]

    def end(self) -> None:
        """Kill the process; whoever waits for its answer is told by the closed pipe."""
        self.ended_here = True
        self.process.kill()

    def kill(self) -> None:
        """Kill the process if it still runs, and take leave of it."""
        with _starting:  # only one thread at a time may ask how a process ended: starting one asks of all
            if self.process.is_alive():
                self.process.kill()
            self.process.join()
        self.conn.close()

    def killed_from_outside(self) -> bool:
        """Whether the process was ended by a signal of someone else's: not by us, itself or its limits."""
        with _starting:
            self.process.join(5)
        return not self.ended_here and self.process.exitcode in (-9, -15)


@contextlib.contextmanager
def _without_main() -> Iterator[None]:
    """Hide the main module: a child would import it again, which fails in a script without a main guard."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


def unreadable(path: Place, reason: str) -> StoreError:
    """Return the error for a store that no worker can open."""
    return StoreError(
        f"The store at {path} cannot be read ({reason}). Run `aistandards build`.",
        f"无法读取 {path} 处的存储（{reason}）。请运行 `aistandards build`。",
    )


def closed() -> StoreError:
    """Return the error for a pool that has been closed."""
    return StoreError(
        "The query engine is closed. Start the service again.",
        "查询引擎已关闭。请重新启动服务。",
    )


class Pool:
    """``size`` workers over one store, and a line of at most ``waiting`` callers before them, first come first served.

    A caller takes a worker and brings it back with ``give``; one that is of no use any more is replaced at once.
    """

    def __init__(self, path: Place, memory: int, size: int, waiting: int) -> None:
        self.path = path
        self.memory = memory
        self.size = size
        self.waiting = waiting
        self.closed = False
        self.ended: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._replacing = threading.Lock()
        self._fleet = 0
        self._line: deque[Future[Worker]] = deque()
        self._busy: set[Worker] = set()
        self._missing = 0
        self._idle = self._start(path, 0)
        self.graphs = self._idle[0].graphs

    def load(self) -> Load:
        """Return what the pool is doing now."""
        with self._lock:
            alive = len(self._idle) + len(self._busy)
            return Load(alive, len(self._busy), len(self._line), dict(self.ended))

    def count(self, how: str) -> None:
        """Count how a worker ended."""
        with self._lock:
            self.ended[how] += 1

    def pids(self) -> list[int]:
        """Return the process ids of the workers."""
        with self._lock:
            return [worker.process.pid or 0 for worker in (*self._idle, *self._busy)]

    def take(self, wait: float, caller: Caller) -> Worker:
        """Return a free worker; raises Busy after ``wait`` seconds or at once where the line is full, Gone, StoreError."""
        with self._lock:
            if self.closed:
                raise closed()
            if self._idle:
                self._busy.add(taken := self._idle.pop())
                return taken
            missing = self._missing > 0
            if missing:
                self._missing -= 1
            elif len(self._line) >= self.waiting:
                raise _busy(f"{self.waiting} queries are waiting", f"已有 {self.waiting} 个查询在等待")
            else:
                self._line.append(turn := Future[Worker]())
        return self._renewed() if missing else self._wait(turn, wait, caller)

    def give(self, returned: Worker) -> None:
        """Take a worker back; one that may not or cannot run another query is replaced first."""
        if not returned.free or returned.ended_here:
            self._lose(returned)
            return
        with self._lock:
            self._busy.discard(returned)
            stale = self.closed or returned.fleet != self._fleet
            if not stale:
                self._offer(returned)
        if stale:
            returned.kill()

    def replace(self, path: Place) -> None:
        """Run queries over another store from now on; those that run end where they began.

        Raises StoreError and goes on with the old store where the new one cannot be read.
        """
        with self._replacing:
            fleet = self._start(path, self._fleet + 1)
            with self._lock:
                left = fleet if self.closed else self._idle
                if not self.closed:
                    self._fleet += 1
                    self._missing = 0
                    self.path, self.graphs = path, fleet[0].graphs
                    self._idle = []
                    for new in fleet:
                        self._offer(new)
            for old in left:
                old.kill()

    def close(self) -> None:
        """End all workers, also within a query; whoever runs one or waits is told."""
        with self._lock:
            self.closed = True
            idle, self._idle = self._idle, []
            for running in self._busy:
                running.end()
            for turn in self._line:
                if turn.set_running_or_notify_cancel():
                    turn.set_exception(closed())
            self._line.clear()
        for old in idle:
            old.kill()

    def _start(self, path: Place, fleet: int) -> list[Worker]:
        """Start all workers of a fleet, or none."""
        with contextlib.ExitStack() as undo:
            started = []
            for _ in range(self.size):
                started.append(Worker(path, self.memory))
                undo.callback(started[-1].kill)
                started[-1].fleet = fleet
            undo.pop_all()
        return started

    def _wait(self, turn: Future[Worker], wait: float, caller: Caller) -> Worker:
        try:
            with caller.during(turn.cancel):
                return turn.result(wait)
        except TimeoutError:
            if not turn.cancel():
                return turn.result()
            raise _busy(f"no turn within {wait:g} s", f"{wait:g} 秒内未轮到") from None
        except CancelledError:
            raise gone() from None
        finally:
            with self._lock, contextlib.suppress(ValueError):
                self._line.remove(turn)

    def _offer(self, free: Worker) -> None:
        """Hand a free worker to the first in line, else keep it; the caller holds the lock."""
        while self._line:
            turn = self._line.popleft()
            if turn.set_running_or_notify_cancel():
                self._busy.add(free)
                turn.set_result(free)
                return
        self._idle.append(free)

    def _lose(self, lost: Worker) -> None:
        """Replace a worker that is of no use; where none can be had now, a later caller tries again."""
        lost.kill()
        with self._lock:
            self._busy.discard(lost)
            if self.closed or lost.fleet != self._fleet:
                return
        with contextlib.suppress(StoreError):
            self.give(self._renewed())

    def _renewed(self) -> Worker:
        """Return a new worker in place of one that was lost."""
        with self._lock:
            path, fleet = self.path, self._fleet
        try:
            new = Worker(path, self.memory)
        except StoreError as error:
            with self._lock:
                if fleet == self._fleet:
                    self._missing += 1
                    self._tell(error)
            raise
        new.fleet = fleet
        with self._lock:
            if not self.closed:
                self._busy.add(new)
                return new
        new.kill()
        raise closed()

    def _tell(self, error: StoreError) -> None:
        """Tell those in line that there is nothing to wait for, where the last worker was lost."""
        if not self._idle and not self._busy:
            for turn in self._line:
                if turn.set_running_or_notify_cancel():
                    turn.set_exception(error)
            self._line.clear()


def _busy(en: str, zh: str) -> Busy:
    return Busy(f"The query engine is busy: {en}. Try again shortly.", f"查询引擎繁忙：{zh}。请稍后再试。")


def gone() -> Gone:
    """Return the error for a caller that left; nobody reads it but the log."""
    return Gone("The client left before the answer was there.", "客户端在得到答复前已离开。")
