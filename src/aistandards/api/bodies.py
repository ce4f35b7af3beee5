"""Bodies of requests: read whole, bounded in size and time."""

from __future__ import annotations

import anyio
from fastapi import Request
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from aistandards.api.problems import problem

SECONDS = 10.0


async def body_of(request: Request, limit: int, name: str) -> bytes | Response:
    """Return the body, or what to answer where it is over ``limit`` bytes (413), too slow (408) or breaks off.

    ``name`` is the kind of problem that is told.
    """
    body = b""
    try:
        with anyio.fail_after(SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > limit:
                    en, zh = f"The request is over {limit} bytes.", f"请求超过 {limit} 字节。"
                    return problem(request, 413, name, en, zh)
    except TimeoutError:
        return problem(request, 408, name, "The request did not arrive in time.", "请求未在时限内到达。")
    except ClientDisconnect:
        return Response(status_code=400)
    return body


def kind_of(request: Request) -> str:
    """Return the media type of a body, without parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()
