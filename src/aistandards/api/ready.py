"""Answers kept ready: what was answered once is sent again as the same bytes while build and day are the same."""

from __future__ import annotations

from collections import OrderedDict
from datetime import date
from pathlib import Path
from typing import Any, Final, NamedTuple

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aistandards.settings import today

PREFIXES: Final = ("/api/", "/zh/", "/en/", "/id/", "/feeds/", "/ontology", "/docs", "/context")
NAMED: Final = ("accept", "accept-language", "host")  # the headers that an answer may depend on
CONDITIONS: Final = ("if-none-match", "if-modified-since", "range")
LARGEST: Final = 1 << 20  # bytes of one answer

Key = tuple[Path, date, bytes, bytes, str, tuple[str | None, ...]]


class Entry(NamedTuple):
    """An answer: the messages that begin it, its body, and the route it came from, which metrics name."""

    start: Message
    body: bytes
    route: Any


class Ready:
    """Sends what is kept, and keeps what may be: whole answers of 200 to plain GETs; the least used go first."""

    def __init__(self, app: ASGIApp, holder: Any, room: int) -> None:
        self.app = app
        self.holder = holder
        self.room = room
        self.used = 0
        self.entries: OrderedDict[Key, Entry] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer from what is kept, else run the request and keep its answer."""
        key = self._key(scope)
        if key is None:
            await self.app(scope, receive, send)
        elif entry := self.entries.get(key):
            self.entries.move_to_end(key)
            scope["route"] = entry.route
            await send(_copied(entry.start))
            await send({"type": "http.response.body", "body": entry.body})
        else:
            await self._run(key, scope, receive, send)

    def _key(self, scope: Scope) -> Key | None:
        """Return what the answer to a request depends on, None where it is not to be kept."""
        if scope["type"] != "http" or scope["method"] != "GET" or not scope["path"].startswith(PREFIXES):
            return None
        headers = Headers(scope=scope)
        if any(name in headers for name in CONDITIONS):
            return None
        given = (*(headers.get(name) for name in NAMED), scope.get("scheme"))
        path = scope.get("raw_path") or scope["path"].encode()
        build = self.holder.take().build.path
        return build, today(), path, scope["query_string"], scope.get("root_path", ""), given

    async def _run(self, key: Key, scope: Scope, receive: Receive, send: Send) -> None:
        begun: list[Message] = []
        blocks: list[bytes] = []
        size = 0

        async def kept(message: Message) -> None:
            nonlocal size
            if message["type"] == "http.response.start":
                begun.append(_copied(message))
            elif message["type"] == "http.response.body" and size <= LARGEST:
                blocks.append(message.get("body", b""))
                size += len(blocks[-1])
                if not message.get("more_body") and begun[0]["status"] == 200 and size <= LARGEST:
                    self._keep(key, Entry(begun[0], b"".join(blocks), scope.get("route")))
            await send(message)

        await self.app(scope, receive, kept)

    def _keep(self, key: Key, entry: Entry) -> None:
        if key in self.entries or self.holder.service.build.path != key[0]:
            return
        self.entries[key] = entry
        self.used += len(entry.body)
        while self.used > self.room:
            _, oldest = self.entries.popitem(last=False)
            self.used -= len(oldest.body)


def _copied(start: Message) -> Message:
    """Return the message with headers of its own: what stands around the service adds to them."""
    return {**start, "headers": list(start.get("headers", ()))}
