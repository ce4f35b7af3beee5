"""How agents are let in: the server for them at ``/mcp``, or a plain sentence where the package ``mcp`` is not installed."""

from __future__ import annotations

import contextlib
from types import ModuleType
from typing import Final

from fastapi import FastAPI, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aistandards.api import Holder
from aistandards.api.problems import problem
from aistandards.errors import UsageError

REFUSED: Final = {
    400: ("Content-Type: send application/json.", "Content-Type：请使用 application/json。"),
    403: (
        "This Origin is not let in at /mcp. Name its host in the setting mcp_hosts.",
        "/mcp 不接受此 Origin。请在设置 mcp_hosts 中写明其主机名。",
    ),
    413: ("The message is too long for /mcp: at most 1 MiB.", "发往 /mcp 的消息过长：至多 1 MiB。"),
    421: (
        "This host name is not let in at /mcp. Name it in the setting mcp_hosts, with its port where it has one.",
        "/mcp 不接受此主机名。请在设置 mcp_hosts 中写明（带端口的须含端口）。",
    ),
}


def agents() -> ModuleType:
    """Return the module that speaks the protocol; raises UsageError where the package ``mcp`` is not installed."""
    try:
        from aistandards.api import agents as found
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("mcp", "mcp_types"):
            raise
        raise UsageError(
            'The tools for AI agents need the package mcp, which is not installed: pip install "aistandards[mcp]".',
            '供智能体使用的工具需要 mcp 包，尚未安装：pip install "aistandards[mcp]"。',
        ) from None
    return found


def mount(app: FastAPI, holder: Holder) -> contextlib.AbstractAsyncContextManager[None]:
    """Add ``POST /mcp``; returns what must run as long as the application does.

    A route and no mount: a mounted application answers only ``/mcp/``, and ``/mcp`` would cost a redirect at each call.
    """
    try:
        manager = agents().session_manager(holder.take, holder.service.settings)
    except UsageError as error:
        en, zh = error.en, error.zh

        async def lacking(request: Request) -> Response:
            return problem(request, 501, "mcp-error", en, zh)

        app.add_route("/mcp", lacking, methods=["GET", "POST"], include_in_schema=False)
        return contextlib.nullcontext()
    for path in ("/mcp", "/mcp/"):
        app.router.routes.append(Route(path, endpoint=_Endpoint(manager.handle_request), methods=["POST"]))
    running: contextlib.AbstractAsyncContextManager[None] = manager.run()
    return running


class _Endpoint:
    """The server for agents as an object, which is how a route knows an application from a function of a request.

    What the SDK refuses before it reads a message, it refuses in a few English words; here it becomes a problem document.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and say in both languages why it was refused."""
        refused: list[int] = []

        async def said(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] in REFUSED:
                in_json = any(v.startswith(b"application/json") for n, v in message["headers"] if n == b"content-type")
                refused.extend([] if in_json else [message["status"]])
            if not refused:
                await send(message)

        await self.app(scope, receive, said)
        if refused:
            response = problem(Request(scope), refused[0], "mcp-error", *REFUSED[refused[0]])
            await response(scope, receive, send)
