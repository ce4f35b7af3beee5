"""Addresses for those who run the service: is it alive, is it ready, what has it done."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator

import anyio.to_thread
from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from aistandards import __version__
from aistandards.api import Holder, Service, metrics
from aistandards.api.problems import problem
from aistandards.errors import StoreError
from aistandards.pool import Busy

router = APIRouter(tags=["operations"])
TICK = 5.0  # seconds between looks of a process at itself


@router.get("/healthz")
async def healthz(request: Request) -> Response:
    """Say that the process answers; the build it answers from is named beside."""
    return JSONResponse({"status": "ok", "build": request.app.state.holder.service.build.id})


@router.get("/readyz")
async def readyz(request: Request) -> Response:
    """Say whether requests should come here: 503 with the reason where the store or SPARQL do not answer, or it stops."""
    if getattr(request.state, "stopping", False):
        return _not_ready(request, "The service is stopping.", "服务正在停止。")
    service = await anyio.to_thread.run_sync(request.app.state.holder.take)
    try:
        await anyio.to_thread.run_sync(service.build.check)
        await anyio.to_thread.run_sync(_ask, service)
    except StoreError as error:
        return _not_ready(request, error.en, error.zh)
    return JSONResponse({"status": "ready", "build": service.build.id, "sparql": "ready"})


def _ask(service: Service) -> None:
    """Raise StoreError where SPARQL does not answer; workers that are all at work are well."""
    load = service.engine.load
    if not load.workers or load.running < load.workers:
        with contextlib.suppress(Busy):
            service.engine.answer("ASK {}").spool.close()


def _not_ready(request: Request, en: str, zh: str) -> Response:
    response = problem(request, 503, "store-error", en, zh)
    response.headers["Retry-After"] = "5"
    return response


@router.get("/metrics")
async def read_metrics(request: Request) -> Response:
    """Return the counts of all server processes in Prometheus' text format."""
    metrics.observe_pool(request.app.state.holder.service.engine.load)
    body = await anyio.to_thread.run_sync(metrics.exposition)
    return Response(body, media_type=metrics.MEDIA_TYPE, headers={"Cache-Control": "no-store"})


@contextlib.asynccontextmanager
async def at_work(holder: Holder) -> AsyncIterator[None]:
    """Look at this process every few seconds while it serves: its memory, its build, whether its parent still lives."""
    metrics.started.inc()
    ticking = asyncio.create_task(_tick(holder, os.getppid()))
    try:
        yield
    finally:
        ticking.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await ticking


async def _tick(holder: Holder, parent: int) -> None:
    shown = ""
    while True:
        metrics.observe_memory()
        metrics.observe_pool(holder.service.engine.load)
        if (build := holder.service.build.id) != shown:
            if shown:
                metrics.build_info.labels(shown[:16], __version__).set(0)
            metrics.build_info.labels(build[:16], __version__).set(1)
            shown = build
        if metrics.SHARED in os.environ and os.getppid() != parent:
            signal.raise_signal(signal.SIGTERM)  # the process that watches over the workers is gone
        await asyncio.sleep(TICK)
