"""Walls at the socket: how many connections, how long a head, a body or a reader may take, how large a head may be."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from typing import TYPE_CHECKING, Any, ClassVar, Final

from uvicorn.protocols.http.auto import AutoHTTPProtocol
from uvicorn.protocols.http.flow_control import CLOSE_HEADER

from aistandards.api import metrics
from aistandards.api.clients import Addresses
from aistandards.api.problems import TYPE, kinds
from aistandards.api.watching import lines, secure_headers
from aistandards.settings import ServerSettings

if TYPE_CHECKING:
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol as Base
else:
    Base = AutoHTTPProtocol

DRAIN: Final = 1.0  # seconds a stopping process keeps an idle connection, for a request that is on its way
REASONS: Final = {
    400: "Bad Request",
    408: "Request Timeout",
    414: "URI Too Long",
    431: "Request Header Fields Too Large",
    503: "Service Unavailable",
}


class Guarded(Base):
    """uvicorn's protocol with a time limit for each phase of a connection; it is h11's or httptools' by what is installed.

    A connection is always in one phase: ``idle`` before the first byte of a request, ``head`` until its headers are
    complete, ``body`` until its body is, ``work`` while it is being answered, ``write`` while the client does not take
    what is ready for it. Each phase but ``work`` ends in time or the connection does.
    """

    open_by: ClassVar[Counter[str]] = Counter()

    def __init__(self, settings: ServerSettings, **given: Any) -> None:
        super().__init__(**given)
        self.settings = settings
        self._addresses = Addresses(settings.trusted_proxies)
        self._phase = ""
        self._timer: asyncio.TimerHandle | None = None
        self._head = 0
        self._tail = b""
        self._line_ended = False
        self._arriving = False  # a body has begun and not ended
        self._paused = False
        self._refused = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a connection, or refuse it where there are too many."""
        super().connection_made(transport)
        peer = self._peer()
        self.open_by[peer] += 1
        limits = self.settings
        if len(self.connections) > limits.total_connections:
            self._refuse(503, "connections", "busy", "Too many connections are open.", "打开的连接过多。")
        elif self.open_by[peer] > limits.client_connections and not self._addresses.trusted(peer):
            most = limits.client_connections
            self._refuse(503, "connections", "busy", f"You have {most} connections open.", f"您已打开 {most} 个连接。")
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget a connection."""
        self._refused = True
        self._set_phase("")
        peer = self._peer()
        self.open_by[peer] -= 1
        if self.open_by[peer] <= 0:
            del self.open_by[peer]
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes; a head that is too large is refused before it is parsed."""
        if self._refused:
            return
        in_head = not self._arriving and (self.cycle is None or self.cycle.response_complete)
        if in_head:
            if not self._head:
                self._line_ended = False
            end = (self._tail + data).find(b"\r\n\r\n")
            self._head += len(data) if end < 0 else end - len(self._tail)
            self._tail = data[-3:] if end < 0 else b""
            self._line_ended = self._line_ended or b"\n" in data
            if self._head > self.settings.head_bytes:
                self._too_large()
                return
        before = self.cycle
        super().data_received(data)
        if self.cycle is not before:
            self._head = 0
            if self.app_state.get("stopping"):
                self._last(self.cycle)
        self._note_body()
        self._watch()

    def _note_body(self) -> None:
        """See whether a body is on its way: h11 tells by its state, httptools by its calls."""
        if (conn := getattr(self, "conn", None)) is not None:
            self._arriving = str(conn.their_state) == "SEND_BODY"

    def on_headers_complete(self) -> None:
        """Take the end of a head (httptools); only a path names something of this service."""
        if not self.url.startswith(b"/"):
            raise ValueError("the target is no path")
        super().on_headers_complete()
        self._arriving = True

    def on_message_complete(self) -> None:
        """Take the end of a request (httptools)."""
        super().on_message_complete()
        self._arriving = False

    def on_response_complete(self) -> None:
        """Take the end of an answer; the next request may begin."""
        super().on_response_complete()
        self._watch()

    def pause_writing(self) -> None:
        """Stop writing: the client does not read as fast as it is written to."""
        super().pause_writing()
        self._paused = True
        self._watch()

    def resume_writing(self) -> None:
        """Write on."""
        super().resume_writing()
        self._paused = False
        self._watch()

    def shutdown(self) -> None:
        """Stop without losing a request: an idle connection is kept for a moment, every answer from now on is the last."""
        self.app_state["stopping"] = True
        if self.cycle is None or self.cycle.response_complete:
            self.loop.call_later(DRAIN, self._close_idle)
        else:
            self._last(self.cycle)

    def _last(self, cycle: Any) -> None:
        """Make an answer the last of its connection, and have it say so."""
        cycle.keep_alive = False
        if CLOSE_HEADER not in cycle.scope["headers"]:
            cycle.scope["headers"].append(CLOSE_HEADER)

    def _close_idle(self) -> None:
        if self.cycle is None or self.cycle.response_complete:
            self.timeout_keep_alive_handler()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP."""
        self._refuse(400, "malformed", "malformed-request", "This is not an HTTP request.", "这不是合法的 HTTP 请求。")

    def _watch(self) -> None:
        """Start the clock of the phase the connection is in now; within a phase it goes on."""
        answered = self.cycle is None or self.cycle.response_complete
        if self._paused or (answered and self.transport.get_write_buffer_size()):
            phase = "write"
        elif self._arriving:
            phase = "body"
        elif not answered:
            phase = "work"
        else:
            phase = "head" if self._head else "idle"
        if phase != self._phase:
            self._set_phase(phase)

    def _set_phase(self, phase: str) -> None:
        self._phase = phase
        if self._timer:
            self._timer.cancel()
            self._timer = None
        seconds = getattr(self.settings, f"{phase}_seconds", None)
        if seconds:
            self._timer = self.loop.call_later(seconds, self._late)

    def _late(self) -> None:
        """End a connection whose phase took too long; the client is told where it can still be."""
        phase, self._timer = self._phase, None
        if phase == "write" and not self._paused and not self.transport.get_write_buffer_size():
            self._watch()  # the client has taken all in the meantime
            return
        metrics.refused.labels(f"slow-{phase}" if phase != "idle" else "idle").inc()
        if phase == "idle":
            self.timeout_keep_alive_handler()
        elif phase == "head" or (phase == "body" and not self.cycle.response_started):
            seconds = getattr(self.settings, f"{phase}_seconds")
            en, zh = f"The request did not arrive within {seconds:g} s.", f"请求未在 {seconds:g} 秒内到达。"
            self._refuse(408, "", "request-timeout", en, zh)
        else:
            self.transport.abort()

    def _too_large(self) -> None:
        most = self.settings.head_bytes
        status, name = (431, "head-too-large") if self._line_ended else (414, "uri-too-long")
        en, zh = f"Request line and headers are over {most} bytes.", f"请求行与请求头超过 {most} 字节。"
        self._refuse(status, "head", name, en, zh)

    def _refuse(self, status: int, wall: str, name: str, en: str, zh: str) -> None:
        """Answer with a problem document past the application, and close."""
        if wall:
            metrics.refused.labels(wall).inc()
        self._refused = True
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
            if self.cycle.response_started:
                self.transport.abort()
                return
        body = {
            "type": TYPE + name,
            "title": kinds()[name]["en"],
            "status": status,
            "detail": en,
            "detail_zh": zh,
            "detail_en": en,
        }
        content = json.dumps(body, ensure_ascii=False).encode()
        headers = {
            **secure_headers(self.settings),
            "Content-Type": "application/problem+json",
            "Content-Length": str(len(content)),
            "Connection": "close",
            **({"Retry-After": "1"} if status == 503 else {}),
        }
        head = f"HTTP/1.1 {status} {REASONS[status]}\r\n".encode() + lines(headers.items())
        self.transport.write(head + b"\r\n" + content)
        self.transport.close()
        self.loop.call_later(self.settings.write_seconds, self.transport.abort)

    def _peer(self) -> str:
        return self.client[0] if self.client else "-"
