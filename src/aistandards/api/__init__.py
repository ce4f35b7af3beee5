"""The HTTP service: look-ups, counts, saved queries, the SPARQL endpoint and the pages, over one build of the store."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from fastapi import Depends, FastAPI, Request
from fastapi.staticfiles import StaticFiles
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.errors import ServerErrorMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aistandards import __version__
from aistandards.counts import Counts
from aistandards.errors import StoreError
from aistandards.releases import Release
from aistandards.settings import ServerSettings
from aistandards.sparql import Engine
from aistandards.store import Build, build_in, current, open_current, open_release
from aistandards.templates import WEB

T = TypeVar("T")
EXPOSED = [
    "X-Cut",
    "X-Build",
    "X-Incomplete",
    "X-Request-Id",
    "ETag",
    "Link",
    "Retry-After",
    "RateLimit",
    "RateLimit-Policy",
]
LOOK_EVERY = 2.0  # seconds between looks at whether the store has a new build


@dataclass(frozen=True, slots=True)
class Service:
    """What every request works with: the build, counts over it, the engine for foreign queries, the settings."""

    build: Build
    counts: Counts
    engine: Engine
    settings: ServerSettings
    made: dict[str, Any] = field(default_factory=dict)
    release: str | None = None

    def once(self, name: str, make: Callable[[], T]) -> T:
        """Return what ``make`` gives, made once for this build."""
        if name not in self.made:
            self.made[name] = make()
        found: T = self.made[name]
        return found

    def over(self, name: str | None) -> Service:
        """Return the service over a release kept in the store, itself without a name; raises UsageError for an unknown one."""
        if name is None or name == self.release:
            return self
        release = release_of(self.settings, name)
        return replace(self, build=release.build, counts=release.counts, made={}, release=name)


class Holder:
    """Holds the service of the current build; a new build in the store folder is taken up between requests."""

    def __init__(self, settings: ServerSettings) -> None:
        build = open_current(settings.store)
        self._lock = threading.Lock()
        self._looked = time.monotonic()
        self.service = Service(build, Counts.of(build), engine_of(settings, build), settings)

    def take(self) -> Service:
        """Return the service; looks for a new build at most every two seconds and keeps the old one if it cannot be read."""
        now = time.monotonic()
        if now - self._looked > LOOK_EVERY and self._lock.acquire(blocking=False):
            self._looked = now
            if isinstance(self.service.build.quads, str):  # to ask a server takes a while, which no request waits for
                threading.Thread(target=self._look, daemon=True).start()
            else:
                self._look()
        return self.service

    def _look(self) -> None:
        try:
            with contextlib.suppress(StoreError):
                self._renew()
        finally:
            self._lock.release()

    def _renew(self) -> None:
        old = self.service
        build = current(old.settings.store)
        if build is not None and build.path != old.build.path:
            counts = Counts.of(build)
            old.engine.replace(build.quads)
            self.service = Service(build, counts, old.engine, old.settings)


def engine_of(settings: ServerSettings, build: Build) -> Engine:
    """Return the engine for queries from outside over a build, with the limits of the settings."""
    limits = (settings.query_seconds, settings.query_rows, settings.query_bytes, settings.query_memory)
    workers, waiting = settings.query_workers, settings.query_waiting
    return Engine(build.quads, *limits, workers=workers, waiting=waiting)


def release_of(settings: ServerSettings, name: str) -> Release:
    """Return a release kept in the store; raises UsageError with the list of them for an unknown name."""
    return _opened(name, open_release(settings.store, name).path)


@lru_cache(maxsize=4)
def _opened(name: str, path: Path) -> Release:
    """Keep the last releases open: they never change."""
    return Release(name, build_in(path))


def create_app(settings: ServerSettings) -> FastAPI:
    """Return the application over the current build; raises StoreError where there is none."""
    from aistandards.api import answers, connecting, problems, validate
    from aistandards.api.limits import Limits
    from aistandards.api.operations import at_work
    from aistandards.api.prefix import Prefixed
    from aistandards.api.ready import Ready
    from aistandards.api.watching import Watched

    holder = Holder(settings)

    @contextlib.asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        with holder.service.engine:
            async with at_work(holder), serving_agents:
                yield

    app = FastAPI(
        title="aistandards",
        version=__version__,
        summary="AI standards in the national system: look-ups, counts and why each one counts.",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
        dependencies=[Depends(problems.check_parameters), Depends(answers.unchanged)],
    )
    app.state.holder = holder
    app.state.desk = validate.Desk()
    problems.install(app)
    app.add_exception_handler(answers.Unchanged, answers.not_modified)
    _add_routes(app)
    serving_agents = connecting.mount(app, holder)
    app.mount("/static", StaticFiles(directory=str(WEB / "static")), name="static")

    app.add_middleware(Ready, holder=holder, room=settings.ready_bytes)  # the last one added is the outermost
    app.add_middleware(HeadAsGet)
    app.add_middleware(Limits, settings=settings)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=["*"],
        allow_methods=["GET", "HEAD", "POST", "OPTIONS"],
        allow_headers=["Authorization", "X-API-Key", "X-Request-Id"],
        expose_headers=EXPOSED,
    )
    app.add_middleware(ServerErrorMiddleware, handler=problems.unexpected)
    app.add_middleware(Watched, settings=settings)
    app.add_middleware(Prefixed, root=settings.root_path)
    return app


def _add_routes(app: FastAPI) -> None:
    """Add the routes of every topic; where two match an address, the first one answers."""
    from aistandards.api import (
        comparing,
        counting,
        documentation,
        eligibility,
        feeds,
        linked,
        lists,
        lookup,
        matrix,
        operations,
        outlook,
        pages,
        pages_days,
        pages_outlook,
        pages_policies,
        pages_search,
        policies,
        sparql,
        validate,
    )

    data = (
        lookup,
        lists,
        counting,
        comparing,
        matrix,
        outlook,
        policies,
        eligibility,
        validate,
        sparql,
        operations,
        linked,
        feeds,
    )
    for topic in (*data, documentation, pages, pages_days, pages_outlook, pages_policies, pages_search):
        app.include_router(topic.router)


class HeadAsGet:
    """Answers HEAD as GET without the body: FastAPI's routes know GET only."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run a request; for HEAD the body is dropped and the length kept."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return

        async def headless(message: Message) -> None:
            await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

        asked: Scope = {**scope, "method": "GET"}
        await self.app(asked, receive, headless)
        scope.update({name: asked[name] for name in ("route", "root_path") if name in asked})


def service_of(request: Request) -> Service:
    """Return the service of a request's application, the same for the whole request."""
    if not hasattr(request.state, "service"):
        request.state.service = request.app.state.holder.take()
    service: Service = request.state.service
    return service


def asked_service(request: Request) -> Service:
    """Return the service of a request, over the release that ``?release=`` names; raises UsageError for an unknown one."""
    request.state.service = service_of(request).over(request.query_params.get("release"))
    service: Service = request.state.service
    return service
