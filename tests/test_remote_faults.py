"""A store that is a server which fails: exit code 3 and what is wrong, with its address, in both languages; never a traceback."""

from __future__ import annotations

import contextlib
import re
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from aistandards.endpoint import Endpoint, UnreachableError
from conftest import run_cli

JSON = "application/sparql-results+json"
HEAD = b'{"head":{"vars":["id","status","manifest"]},"results":{"bindings":['
ID = b'"id":{"type":"literal","value":"x"}'
HAN = re.compile(r"[\u4e00-\u9fff]")


@dataclass(frozen=True)
class Fault:
    """What a server answers to every query; ``missing`` bytes of the announced length never come."""

    body: bytes = b""
    status: int = 200
    kind: str = JSON
    missing: int = 0
    wait: float = 0
    headers: dict[str, str] = field(default_factory=dict)


@contextlib.contextmanager
def failing(fault: Fault) -> Iterator[str]:
    """A server on this machine that answers so; yields its address."""
    stopped = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            """Print nothing."""

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            stopped.wait(fault.wait)
            self.close_connection = True
            self.send_response(fault.status)
            length = str(len(fault.body) + fault.missing)
            for name, value in {"Content-Type": fault.kind, "Content-Length": length, **fault.headers}.items():
                self.send_header(name, value)
            with contextlib.suppress(ConnectionError):  # the client went away
                self.end_headers()
                self.wfile.write(fault.body)

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/sparql"
        finally:
            stopped.set()
            server.shutdown()
            thread.join()


@pytest.mark.parametrize(
    ("fault", "said", "said_zh"),
    [
        (Fault(b"disk full", 500, "text/plain"), "HTTP 500: disk full", "HTTP 500：disk full"),
        (Fault(b"", 503, "text/plain"), "busy or down", "繁忙或停机"),
        (Fault(b"", 401, "text/plain"), "asks for user and password", "要求用户名和密码"),
        (Fault(b"", 404, "text/html"), "no such service", "没有该服务"),
        (Fault(HEAD + b"{" + ID, missing=500), "broke off or cannot be read", "中断或无法读取"),
        (Fault(HEAD + b"{" + ID), "broke off or cannot be read", "中断或无法读取"),
        (Fault(b"<html>welcome</html>", kind="text/html"), "answers with text/html", "返回 text/html"),
        (Fault(b"<html>welcome</html>"), "cannot be read", "无法读取"),
        (Fault(b"x", kind="application/octet-stream"), "answers with application/octet-stream", "返回 application"),
        (Fault(b""), "cannot be read", "无法读取"),
        (Fault(b'{"head":{},"boolean":true}'), "rows were asked for", "中断或无法读取"),
        (Fault(HEAD + b"{" + ID + b"}]}}"), "says of its build cannot be read", "关于其构建的说明"),
        (Fault(HEAD + b"]}}"), "holds no build of aistandards", "没有 aistandards 的构建"),
        (
            Fault(b"", 302, "text/plain", headers={"Location": "http://127.0.0.1:9/other"}),
            "sends on to http://127.0.0.1:9/other (HTTP 302), which is not followed",
            "转到 http://127.0.0.1:9/other",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_server_that_fails_is_said_with_its_address(
    fault: Fault, said: str, said_zh: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AISTANDARDS_CACHE", str(tmp_path))
    with failing(fault) as address:
        done = run_cli("coverage", "--store", address)
    assert (done.code, done.stdout) == (3, "") and "Traceback" not in done.stderr, done.stderr
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 2 and all(address in line for line in lines), lines
    assert said in lines[0] and said_zh in lines[1] and HAN.search(lines[1])


def test_an_answer_that_does_not_come_is_waited_for_no_longer_than_the_limit() -> None:
    with failing(Fault(b"{}", wait=60)) as address, pytest.raises(UnreachableError) as raised:
        began = time.monotonic()
        Endpoint(address, 0.2).ask("ASK {}")
    assert time.monotonic() - began < 30
    assert raised.value.exit_code == 3 and f"{address} did not answer in time" in raised.value.en
    assert f"{address} 未在时限内答复" in raised.value.zh


@pytest.mark.parametrize("address", ["https://", "http://user:secret@example.org/sparql", "http://example.org/#x"])
def test_an_address_that_cannot_be_one_is_a_mistake_of_use(address: str) -> None:
    done = run_cli("coverage", "--store", address)
    assert done.code == 2 and "Traceback" not in done.stderr and "secret" not in done.stderr
