"""How agents are let in: the server for them at ``/mcp``, or a plain sentence where the package ``mcp`` is not installed."""

from __future__ import annotations

import contextlib
from types import ModuleType

from fastapi import FastAPI, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from aistandards.api import Holder
from aistandards.api.problems import problem
from aistandards.errors import UsageError


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
    """An ASGI application as an object, which is how a route knows it from a function of a request."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        await self.app(scope, receive, send)
