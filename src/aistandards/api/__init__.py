"""The HTTP service: look-ups, counts, saved queries, the SPARQL endpoint and the pages, over one build of the store."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

from fastapi import FastAPI, Request
from fastapi.staticfiles import StaticFiles
from starlette.middleware.base import RequestResponseEndpoint
from starlette.responses import Response

from aistandards import __version__
from aistandards.counts import Counts
from aistandards.settings import ServerSettings
from aistandards.sparql import Engine
from aistandards.store import Build, open_current


@dataclass(frozen=True, slots=True)
class Service:
    """What every request works with: the build, counts over it, the engine for foreign queries, the settings."""

    build: Build
    counts: Counts
    engine: Engine
    settings: ServerSettings


def create_app(settings: ServerSettings) -> FastAPI:
    """Return the application over the current build; raises StoreError where there is none."""
    from aistandards.api import counting, lookup, pages, problems, sparql

    build = open_current(settings.store)
    engine = Engine(
        build.path / "quads", settings.query_seconds, settings.query_rows, settings.query_bytes, settings.query_memory
    )

    @contextlib.asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        with engine:
            yield

    app = FastAPI(
        title="aistandards",
        version=__version__,
        summary="AI standards in the national system: look-ups, counts and why each one counts.",
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/v1/openapi.json",
        lifespan=lifespan,
    )
    app.state.service = Service(build, Counts(build.open()), engine, settings)
    problems.install(app)
    for router in (lookup.router, counting.router, sparql.router, pages.router):
        app.include_router(router)
    app.mount("/static", StaticFiles(directory=str(pages.WEB / "static")), name="static")

    @app.middleware("http")
    async def secure(request: Request, call_next: RequestResponseEndpoint) -> Response:
        response = await call_next(request)
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("Referrer-Policy", "no-referrer")
        response.headers.setdefault(
            "Content-Security-Policy",
            "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        )
        return response

    return app


def service_of(request: Request) -> Service:
    """Return the service of a request's application."""
    service: Service = request.app.state.service
    return service
