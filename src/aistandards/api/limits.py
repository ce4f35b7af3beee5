"""Walls before the service: who may ask, how often, how much at once and how large; nothing is cut down in silence."""

from __future__ import annotations

import contextlib
import hmac
import os
from collections import Counter
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from fastapi import Request
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aistandards.api import metrics
from aistandards.api.clients import Keys, Notes, Rates, bucket_of, notes_of
from aistandards.api.problems import problem
from aistandards.settings import ServerSettings

PROBES: Final = frozenset({"/healthz", "/readyz"})  # answered without a key, by any name and under any load
METRICS: Final = "/metrics"


class Refusal(NamedTuple):
    """Why a request is not answered: the wall (a label of the metrics), status, kind of problem, both sentences, headers."""

    wall: str
    status: int
    name: str
    en: str
    zh: str
    headers: Mapping[str, str] = MappingProxyType({})


def bearer(headers: Headers) -> str | None:
    """Return the key of a request: ``Authorization: Bearer`` or ``X-API-Key``."""
    scheme, _, value = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and value.strip():
        return value.strip()
    return headers.get("x-api-key") or None


class Limits:
    """Answers what may pass and refuses the rest with a problem document and what to do."""

    def __init__(self, app: ASGIApp, settings: ServerSettings) -> None:
        self.app = app
        self.settings = settings
        self.keys = Keys(settings.api_keys) if settings.api_keys else None
        self.rates = Rates(settings.rate, settings.burst, os.environ.get(metrics.SHARED)) if settings.rate else None
        self.at_work: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run a request if it may pass."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        notes, extra = notes_of(scope), dict[str, str]()
        refused = (
            self._form(scope) or self._key(scope, notes) or self._rate(scope, notes, extra) or self._room(scope, notes)
        )
        if refused:
            await self._refuse(refused, scope, receive, send, extra)
            return
        client = notes.key or notes.client
        self.at_work[client] += 1
        try:
            await self._bounded(scope, receive, _with(send, extra))
        finally:
            self.at_work[client] -= 1
            if not self.at_work[client]:
                del self.at_work[client]

    async def _refuse(
        self, refused: Refusal, scope: Scope, receive: Receive, send: Send, extra: dict[str, str]
    ) -> None:
        metrics.refused.labels(refused.wall).inc()
        response: Response = problem(Request(scope), refused.status, refused.name, refused.en, refused.zh)
        response.headers.update({**refused.headers, **extra})
        await response(scope, receive, send)

    def _form(self, scope: Scope) -> Refusal | None:
        """Refuse what has not the form of a request to this service."""
        headers, limits = Headers(scope=scope), self.settings
        raw = scope.get("raw_path") or scope["path"].encode()
        if not raw.startswith(b"/"):
            en, zh = "The request line names no path of this service.", "请求行没有指向本服务的路径。"
            return Refusal("target", 400, "malformed-request", en, zh)
        if len(raw) + len(scope["query_string"]) > limits.url_bytes:
            return Refusal(
                "url",
                414,
                "uri-too-long",
                f"The address is longer than {limits.url_bytes} bytes. Send a query or a list by POST.",
                f"请求地址超过 {limits.url_bytes} 字节。查询或列表请用 POST 提交。",
            )
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > limits.body_bytes:
            return self._too_large()
        hosts = headers.getlist("host")
        if len(hosts) > 1 or (not hosts and scope["http_version"] == "1.1"):
            en, zh = "Send exactly one Host header.", "请求须有且只有一个 Host 头。"
            return Refusal("host", 400, "malformed-request", en, zh)
        known = not limits.allowed_hosts or scope["path"] in PROBES  # a probe asks by the machine's address
        if not known and not _matches(hosts[0] if hosts else "", limits.allowed_hosts):
            en, zh = "This service does not answer under that Host.", "本服务不以该 Host 提供。"
            return Refusal("host", 421, "wrong-host", en, zh)
        return None

    def _too_large(self) -> Refusal:
        return Refusal(
            "body",
            413,
            "too-large",
            f"The body is over {self.settings.body_bytes} bytes. Send it in pieces.",
            f"请求体超过 {self.settings.body_bytes} 字节。请分批提交。",
        )

    def _key(self, scope: Scope, notes: Notes) -> Refusal | None:
        """Refuse a request without a key that is known, where one is asked for."""
        path, given = scope["path"], bearer(Headers(scope=scope))
        if path == METRICS and (wanted := self.settings.metrics_key):
            if given is not None and hmac.compare_digest(given.encode(), wanted.encode()):
                return None
            return _unknown_key(given)
        if self.keys is None or path in PROBES or scope["method"] == "OPTIONS":  # a browser asks OPTIONS without a key
            return None
        notes.key = self.keys.name_of(given) if given is not None else None
        return None if notes.key else _unknown_key(given)

    def _rate(self, scope: Scope, notes: Notes, extra: dict[str, str]) -> Refusal | None:
        """Refuse a client or key that asks more often than it may; every answer tells what is left."""
        if self.rates is None or scope["path"] in PROBES or scope["path"] == METRICS:
            return None
        turn = self.rates.take(f"key {notes.key}" if notes.key else bucket_of(notes.client))
        extra["RateLimit-Policy"] = self.rates.policy
        extra["RateLimit"] = f'"default";r={turn.remaining};t={turn.seconds}'
        if turn.passes:
            return None
        return Refusal(
            "rate",
            429,
            "too-many-requests",
            f"More than {self.settings.rate} and {self.settings.burst} in a row. Try again in {turn.seconds} s.",
            f"请求过于频繁：平均 {self.settings.rate}，连续 {self.settings.burst} 个。请 {turn.seconds} 秒后再试。",
            {"Retry-After": str(turn.seconds)},
        )

    def _room(self, scope: Scope, notes: Notes) -> Refusal | None:
        """Refuse where too many requests are at work already."""
        if scope["path"] in PROBES or scope["path"] == METRICS:
            return None
        limits = self.settings
        if self.at_work[notes.key or notes.client] >= limits.client_requests:
            en, zh = (
                f"You have {limits.client_requests} requests at work.",
                f"您有 {limits.client_requests} 个请求在处理中。",
            )
            wall = "client"
        elif self.at_work.total() >= limits.total_requests:
            en, zh = "The service has all the work it can do.", "服务已满负荷。"
            wall = "total"
        else:
            return None
        return Refusal(wall, 503, "busy", f"{en} Try again in a second.", f"{zh}请一秒后再试。", {"Retry-After": "1"})

    async def _bounded(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run a request whose body may not exceed the limit, whatever its headers say."""
        got, over, begun = 0, False, False

        async def counted() -> Message:
            nonlocal got, over
            message = await receive()
            got += len(message.get("body", b""))
            if got > self.settings.body_bytes:
                over = True
                return {"type": "http.disconnect"}
            return message

        async def unless_over(message: Message) -> None:
            nonlocal begun
            if not over or begun:
                begun = True
                await send(message)

        with contextlib.suppress(ClientDisconnect):
            await self.app(scope, counted, unless_over)
        if over and not begun:
            await self._refuse(self._too_large(), scope, receive, send, {})


def _with(send: Send, extra: dict[str, str]) -> Send:
    """Return what sends an answer with further headers."""
    if not extra:
        return send

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).update(extra)
        await send(message)

    return sent


def _matches(host: str, allowed: tuple[str, ...]) -> bool:
    """Whether a Host header, without its port, is one of the names allowed."""
    name = host.lower()
    bare = name.partition("]")[0] + "]" if name.startswith("[") else name.partition(":")[0]
    return any(
        bare.endswith(pattern[1:].lower()) if pattern.startswith("*.") else bare == pattern.lower()
        for pattern in allowed
    )


def _unknown_key(given: str | None) -> Refusal:
    challenge = 'Bearer realm="aistandards"' + (', error="invalid_token"' if given is not None else "")
    en, zh = "This key is not known.", "密钥无效。"
    if given is None:
        en = "A key is needed: send Authorization: Bearer KEY or X-API-Key: KEY."
        zh = "需要密钥：请发送 Authorization: Bearer 密钥 或 X-API-Key: 密钥。"
    return Refusal("key", 401, "key-needed", en, zh, {"WWW-Authenticate": challenge})
