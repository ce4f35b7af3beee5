"""Starting the service: build the store where there is none or its inputs changed, then listen."""

from __future__ import annotations

import os
import signal
import socket
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from aistandards import logs, pipeline, store
from aistandards.errors import AistandardsError, StoreError
from aistandards.search import write_index
from aistandards.settings import ServerSettings

if TYPE_CHECKING:
    import uvicorn
    from fastapi import FastAPI

BACKLOG: Final = 2048
HEALTH_SECONDS: Final = 60  # a process that does not answer its parent for so long is replaced


def prepare(settings: ServerSettings, progress: pipeline.Progress = pipeline.silent) -> store.Build:
    """Return the current build; builds where there is none, or where the program or the shipped records changed since."""
    if isinstance(settings.store, str):
        build = store.open_current(settings.store)
        build.index(write_index)  # once, before several processes need it
        return build
    known = store.current(settings.store)
    if known is not None:
        data = [Path(path) for path in known.manifest.get("data", ())]
        missing = [path for path in data if not path.is_dir() and not path.is_file()]
        if missing or known.id == pipeline.build_id(data, bool(known.manifest.get("skip_invalid"))):
            return known
        _say("the records or the program changed since the last build: building anew", "记录或程序有变化，重新构建存储")
        return pipeline.build(settings.store, data, bool(known.manifest.get("skip_invalid")), progress)[0]
    _say(f"no store at {settings.store} yet: building it", f"{settings.store} 处尚无存储，正在构建")
    return pipeline.build(settings.store, progress=progress)[0]


def _say(en: str, zh: str) -> None:
    print(f"aistandards: {en}\naistandards：{zh}", file=sys.stderr)


def listen(host: str, port: int) -> socket.socket:
    """Return a bound socket; raises StoreError where the address cannot be taken, before anything else is done."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    if sys.platform != "win32":
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except (OSError, OverflowError) as error:
        bound.close()
        raise StoreError(
            f"{host}:{port} cannot be taken ({error}). Choose another port with --port.",
            f"无法使用 {host}:{port}（{error}）。请用 --port 另选端口。",
        ) from None
    return bound


def application(settings: ServerSettings) -> FastAPI:
    """Return the application in a process that serves, after its log is set up."""
    from aistandards.api import create_app

    logs.set_up(settings.log_format, settings.log_level)
    return create_app(settings)


def worker(settings: ServerSettings) -> FastAPI:
    """Return the application in one of several processes; what hinders it is logged and stops the whole service."""
    from uvicorn.config import STARTUP_FAILURE

    try:
        return application(settings)
    except AistandardsError as error:
        logs.server.error("not-started", extra={logs.FIELDS: {"reason": error.en, "reason_zh": error.zh}})
        raise SystemExit(STARTUP_FAILURE) from None


def serve(settings: ServerSettings, progress: pipeline.Progress = pipeline.silent) -> None:
    """Serve until stopped; raises StoreError where the port is taken or the store cannot be opened."""
    if settings.api_keys:
        from aistandards.api.clients import Keys

        Keys(settings.api_keys)  # a wrong file is told before anything is done
    bound = listen(settings.host, settings.port)
    with bound:
        build = prepare(settings, progress)
        port = bound.getsockname()[1]
        _say(
            f"serving build {build.id[:16]} at http://{settings.host}:{port}{settings.root_path}/",
            f"正在 http://{settings.host}:{port}{settings.root_path}/ 提供服务（构建 {build.id[:16]}）",
        )
        logs.set_up(settings.log_format, settings.log_level)
        if settings.workers > 1:
            _serve_together(settings, bound)
        else:
            _serve_alone(settings, bound)


def _config(settings: ServerSettings) -> uvicorn.Config:
    """Return the configuration of a server process; each process makes its own application from it."""
    import uvicorn

    from aistandards.api.connections import Guarded

    return uvicorn.Config(
        partial(worker if settings.workers > 1 else application, settings),
        factory=True,
        http=cast(Any, partial(Guarded, settings)),
        ws="none",
        lifespan="on",
        workers=settings.workers,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=settings.idle_seconds,
        timeout_graceful_shutdown=settings.stop_seconds,
        timeout_worker_healthcheck=HEALTH_SECONDS,
        h11_max_incomplete_event_size=settings.head_bytes + (64 << 10),  # our own wall stands before it
    )


def _serve_alone(settings: ServerSettings, bound: socket.socket) -> None:
    """Serve in this process."""
    import uvicorn

    if hasattr(signal, "SIGHUP"):  # builds and keys are taken up by themselves
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    config = _config(settings)
    config.load()  # an application that cannot be made is told before anything listens
    uvicorn.Server(config).run(sockets=[bound])


def _serve_together(settings: ServerSettings, bound: socket.socket) -> None:
    """Serve in several processes over the one socket; this one watches over them."""
    with tempfile.TemporaryDirectory(prefix="aistandards-") as folder:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
        from aistandards.api.clients import lay_out
        from aistandards.supervisor import Supervisor

        lay_out(folder)
        bound.listen(BACKLOG)
        supervisor = Supervisor(_config(settings), [bound], settings.stop_seconds)
        supervisor.run()
    if supervisor.failed:
        raise StoreError(
            "A server process could not start; its log above says why.",
            "服务进程无法启动；原因见上方日志。",
        )
