"""Around every request: its id, security headers on whatever is answered, errors to the log only, counts and log lines."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Iterable
from typing import Final
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aistandards import logs
from aistandards.api import metrics
from aistandards.api.clients import NOTES, Addresses, Notes
from aistandards.settings import ServerSettings

POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
SECURE: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": POLICY,
    "X-Frame-Options": "DENY",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
SHOWN: Final = 200  # characters of an address in the log
_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")


def secure_headers(settings: ServerSettings) -> dict[str, str]:
    """Return the headers that every answer has, whatever it is."""
    hsts = settings.hsts_seconds
    return {**SECURE, **({"Strict-Transport-Security": f"max-age={hsts}; includeSubDomains"} if hsts else {})}


class Watched:
    """The outermost wall: nothing leaves the service without passing here."""

    def __init__(self, app: ASGIApp, settings: ServerSettings) -> None:
        self.app = app
        self.settings = settings
        self.addresses = Addresses(settings.trusted_proxies)
        self.headers = secure_headers(settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run a request and note how it ended."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun = time.perf_counter()
        notes = scope[NOTES] = Notes(_id(scope), self.addresses.client(scope))
        scope["scheme"] = self.addresses.scheme(scope)
        answered = _Answered(send, {**self.headers, "X-Request-Id": notes.id})
        logs.request_id.set(notes.id)  # uvicorn logs what a request raises, in the same task
        metrics.in_flight.inc()
        try:
            await self.app(scope, receive, answered)
        finally:
            metrics.in_flight.dec()
            self._note(scope, notes, answered, time.perf_counter() - begun)

    def _note(self, scope: Scope, notes: Notes, answered: _Answered, seconds: float) -> None:
        status = answered.status or 499  # the client left before there was an answer
        route = getattr(scope.get("route"), "path", None) or scope.get("root_path") or "-"  # a mount has a path only
        method = scope["method"] if scope["method"] in metrics.METHODS else "other"
        metrics.requests.labels(route, method, str(status)).inc()
        metrics.durations.labels(route).observe(seconds)
        shown = {"id": notes.id, "client": notes.client, "key": notes.key}
        path = (scope.get("raw_path") or scope["path"].encode()).decode("ascii", "backslashreplace")[:SHOWN]
        logs.event(
            logs.access,
            "access",
            **shown,
            method=scope["method"][:SHOWN],
            path=path,
            route=route,
            status=status,
            bytes=answered.size,
            ms=round(seconds * 1000, 1),
            build=answered.build or scope["app"].state.holder.service.build.id[:16],
        )
        if notes.query is not None:
            self._audit(notes, answered, status, seconds, shown)

    def _audit(
        self, notes: Notes, answered: _Answered, status: int, seconds: float, shown: dict[str, str | None]
    ) -> None:
        """Note a SPARQL query: its hash, its beginning and how it ended."""
        outcome = notes.outcome or (
            "cut" if answered.cut else "ok" if status == 200 else "left" if status == 499 else "refused"
        )
        metrics.queries.labels(outcome).inc()
        metrics.query_seconds.observe(seconds)
        query = notes.query or ""
        logs.event(
            logs.audit,
            "sparql",
            **shown,
            sha256=hashlib.sha256(query.encode("utf-8", "surrogatepass")).hexdigest(),
            query=query[: self.settings.audit_characters] if self.settings.audit_characters else None,
            characters=len(query),
            outcome=outcome,
            status=status,
            ms=round(seconds * 1000, 1),
        )


def _id(scope: Scope) -> str:
    """Return the id that a client or proxy gave the request, if it is one, else a new one."""
    given = Headers(scope=scope).get("x-request-id", "")
    return given if _ID.fullmatch(given) else uuid4().hex


class _Answered:
    """Sends an answer on with the headers every answer has, and keeps what the log says of it."""

    def __init__(self, send: Send, headers: dict[str, str]) -> None:
        self.send = send
        self.headers = headers
        self.status: int | None = None
        self.size = 0
        self.cut = False
        self.build: str | None = None

    async def __call__(self, message: Message) -> None:
        """Send one message of an answer."""
        if message["type"] == "http.response.start":
            message.setdefault("headers", [])
            headers = MutableHeaders(scope=message)
            for name, value in self.headers.items():
                headers.setdefault(name, value)
            self.status, self.cut, self.build = message["status"], "x-cut" in headers, headers.get("x-build")
        elif message["type"] == "http.response.body":
            self.size += len(message.get("body", b""))
        await self.send(message)


def lines(headers: Iterable[tuple[str, str]]) -> bytes:
    """Return headers as they stand in an answer."""
    return b"".join(f"{name.lower()}: {value}\r\n".encode("latin-1") for name, value in headers)
