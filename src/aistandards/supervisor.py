"""The process that watches over several server processes: a dead one is replaced, all stop together and in time."""

from __future__ import annotations

import contextlib
import logging
import socket
import time

import uvicorn
from prometheus_client import multiprocess
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors.multiprocess import Multiprocess

from aistandards import logs

GRACE = 5.0  # seconds for closing what is open after the time to end requests is over


class Supervisor(Multiprocess):
    """uvicorn's supervisor, with an end to waiting for a process that does not stop, and with dead processes told."""

    def __init__(self, config: uvicorn.Config, sockets: list[socket.socket], stop_seconds: float) -> None:
        super().__init__(config, sockets)
        self.stop_seconds = stop_seconds
        self.failed = False
        self._seen: dict[int, None] = {}

    def keep_subprocess_alive(self) -> None:
        """Replace processes that died or hang; forget what the dead ones counted of the moment."""
        before = {process.pid: process for process in self.processes}
        super().keep_subprocess_alive()
        self.failed = any(process.exitcode == STARTUP_FAILURE for process in before.values())
        for pid, process in before.items():
            if pid is not None and process not in self.processes:
                logs.server.error(
                    "worker-died", extra={logs.FIELDS: {"process": pid, "exitcode": process.process.exitcode}}
                )
        self._forget()

    def _forget(self) -> None:
        """Take processes that are gone out of the gauges."""
        living = {process.pid for process in self.processes if process.pid is not None}
        for pid in self._seen.keys() - living:
            multiprocess.mark_process_dead(pid)
        self._seen = dict.fromkeys(living)

    def terminate_all(self) -> None:
        """Have all processes stop; with the socket closed here too, no connection is taken that nobody will answer."""
        for listening in self.sockets:
            listening.close()
        super().terminate_all()

    def join_all(self) -> None:
        """Wait for all processes to stop; what does not is killed."""
        deadline = time.monotonic() + self.stop_seconds + GRACE
        for process in self.processes:
            process.process.join(max(0.0, deadline - time.monotonic()))
            if process.process.is_alive():
                logging.getLogger("aistandards.server").error(
                    "worker-killed", extra={logs.FIELDS: {"process": process.pid}}
                )
                with contextlib.suppress(OSError):
                    process.process.kill()
                process.process.join()
