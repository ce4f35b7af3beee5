"""A real server over a real socket, for tests: the command a user types, in a process of its own."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import httpx
import uvicorn
from fastapi import FastAPI

from aistandards.api import create_app
from aistandards.server import listen
from aistandards.settings import ServerSettings


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def serving(
    store: Path | str, *options: str, wait: float = 60, log: Path | None = None, env: Mapping[str, str] | None = None
) -> Iterator[str]:
    """Start `aistandards serve` on a store and yield its address; the process is stopped and waited for at the end.

    What it logs goes to ``log``, where one is named; a test that has it log much names one. ``env`` is added to the
    environment.
    """
    with started(store, *options, wait=wait, log=log, env=env) as (address, _process):
        yield address


@contextlib.contextmanager
def started(
    store: Path | str, *options: str, wait: float = 60, log: Path | None = None, env: Mapping[str, str] | None = None
) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Start the service as ``serving`` does and yield its address and its process."""
    port = free_port()
    command = [sys.executable, "-m", "aistandards", "serve", "--store", str(store), "--port", str(port), *options]
    with contextlib.ExitStack() as stack:
        errors = stack.enter_context(log.open("ab")) if log else subprocess.PIPE
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=errors, env={**os.environ, **(env or {})})
    address = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + wait
        while True:
            if process.poll() is not None:
                said = log.read_bytes() if log else process.stderr.read() if process.stderr else b""
                raise AssertionError(said.decode())
            with contextlib.suppress(httpx.TransportError):
                if httpx.get(f"{address}/healthz").status_code == 200:
                    break
            if time.monotonic() > deadline:
                raise AssertionError("the server did not come up")
            time.sleep(0.1)
        yield address, process
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stderr:
            process.stderr.close()


@contextlib.contextmanager
def serving_here(settings: ServerSettings) -> Iterator[tuple[str, FastAPI]]:
    """Serve in a thread of this process, over a real socket; yields the address and the application."""
    app = create_app(settings)
    with listen("127.0.0.1", 0) as bound:
        port = bound.getsockname()[1]
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False, timeout_graceful_shutdown=5))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]})
        thread.start()
        try:
            while not server.started:
                assert thread.is_alive(), "the server did not come up"
                time.sleep(0.01)
            yield f"http://127.0.0.1:{port}", app
        finally:
            server.should_exit = True
            thread.join(30)
