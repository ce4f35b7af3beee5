"""A real server over a real socket, for tests: the command a user types, in a process of its own."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
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
def serving(store: Path, *options: str, wait: float = 60) -> Iterator[str]:
    """Start `aistandards serve` on a store and yield its address; the process is stopped and waited for at the end."""
    port = free_port()
    command = [sys.executable, "-m", "aistandards", "serve", "--store", str(store), "--port", str(port), *options]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=dict(os.environ))
    address = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + wait
        while True:
            if process.poll() is not None:
                raise AssertionError((process.stderr.read() if process.stderr else b"").decode())
            with contextlib.suppress(httpx.TransportError):
                if httpx.get(f"{address}/healthz").status_code == 200:
                    break
            if time.monotonic() > deadline:
                raise AssertionError("the server did not come up")
            time.sleep(0.1)
        yield address
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
