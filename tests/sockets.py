"""Talking to a server over a bare socket, as hostile clients do, and a small reverse proxy that takes a prefix off."""

from __future__ import annotations

import contextlib
import http.client
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import urlsplit

HANGS = 60  # seconds after which a test is taken to hang


class Answer(NamedTuple):
    """An answer as it came: status, headers by small name, body."""

    status: int
    headers: dict[str, str]
    body: bytes


def connect(address: str, source: str = "127.0.0.1", receive: int | None = None) -> socket.socket:
    """Open a connection; ``source`` is the client's address, ``receive`` the size of its receive buffer."""
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    made.settimeout(HANGS)
    if receive:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
    parts = urlsplit(address)
    try:
        made.bind((source, 0))
        made.connect((parts.hostname, parts.port))
    except OSError:
        made.close()
        raise
    return made


def read_all(made: socket.socket) -> bytes:
    """Read until the server closes the connection or resets it."""
    found = b""
    with contextlib.suppress(ConnectionError):
        while block := made.recv(65536):
            found += block
    return found


def parse(raw: bytes) -> Answer:
    """Read the first answer in what came."""
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    length = headers.get("content-length")
    return Answer(int(first.split()[1]), headers, body[: int(length)] if length else body)


def exchange(address: str, *pieces: bytes, source: str = "127.0.0.1") -> Answer:
    """Send pieces and return the first answer; the server must close the connection in the end."""
    with connect(address, source) as made:
        with contextlib.suppress(ConnectionError):
            for piece in pieces:
                made.sendall(piece)
        return parse(read_all(made))


def request(target: str, *headers: str, method: str = "GET", host: str = "127.0.0.1", version: str = "1.1") -> bytes:
    """Return a request that asks for the connection to be closed."""
    lines = [f"{method} {target} HTTP/{version}", *([f"Host: {host}"] if host else []), "Connection: close", *headers]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


@contextlib.contextmanager
def proxy(address: str, prefix: str, strips: bool) -> Iterator[str]:
    """Run a reverse proxy that shows a service under a prefix only, with or without taking the prefix off."""
    upstream = urlsplit(address)

    class Handler(BaseHTTPRequestHandler):
        def _forward(self) -> None:
            if not self.path.startswith(prefix + "/"):
                self.send_error(404)
                return
            connection = http.client.HTTPConnection(upstream.hostname or "", upstream.port, timeout=HANGS)
            path = self.path.removeprefix(prefix) if strips else self.path
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            connection.request(self.command, path, body, dict(self.headers))
            answer = connection.getresponse()
            content = answer.read()
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in ("connection", "transfer-encoding", "content-length", "date", "server"):
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
            connection.close()

        do_GET = do_POST = do_HEAD = _forward  # noqa: N815

        def log_message(self, *_arguments: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
