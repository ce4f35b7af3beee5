"""The service under a prefix behind a reverse proxy: one place adds it to what goes out and takes it off what comes in."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADERS: Final = frozenset({b"location", b"content-location"})
_ATTRIBUTE: Final = re.compile(r'(\s(?:href|action|formaction|src)=")/(?!/)')
_LINK: Final = re.compile(rb"<(/(?!/)[^>]*)>")


def in_page(page: str, root: str) -> str:
    """Return a page whose links to this service stand under the prefix; templates write them as if there were none."""
    return _ATTRIBUTE.sub(rf"\g<1>{root}/", page) if root else page


class Prefixed:
    """Takes the prefix off the path, where the proxy left it on, and puts it before the addresses that headers name."""

    def __init__(self, app: ASGIApp, root: str) -> None:
        self.app = app
        self.root = root

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run a request as if it had been made without the prefix."""
        if not self.root or scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def prefixed(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*self._headers(message.get("headers", ()))]}
            await send(message)

        await self.app(self._bare(scope), receive, prefixed)

    def _bare(self, scope: Scope) -> Scope:
        """Return the scope without the prefix; a proxy that takes it off itself is as good."""
        path, raw, root = scope["path"], scope.get("raw_path") or b"", self.root
        if path != root and not path.startswith(root + "/"):
            return scope
        return {**scope, "path": path[len(root) :] or "/", "raw_path": raw.removeprefix(root.encode()) or b"/"}

    def _headers(self, headers: Iterable[tuple[bytes, bytes]]) -> Iterable[tuple[bytes, bytes]]:
        root = self.root.encode()
        for name, value in headers:
            if name.lower() in HEADERS and value.startswith(b"/") and not value.startswith(b"//"):
                yield name, root + value
            elif name.lower() == b"link":
                yield name, _LINK.sub(rb"<" + root + rb"\1>", value)
            else:
                yield name, value
