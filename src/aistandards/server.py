"""Starting the service: build the store where there is none or its inputs changed, then listen."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

from aistandards import pipeline, store
from aistandards.errors import StoreError
from aistandards.settings import ServerSettings


def prepare(settings: ServerSettings, progress: pipeline.Progress = pipeline.silent) -> store.Build:
    """Return the current build; builds where there is none, or where the program or the shipped records changed since."""
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


def serve(settings: ServerSettings, progress: pipeline.Progress = pipeline.silent) -> None:
    """Serve until stopped; raises StoreError where the port is taken or the store cannot be opened."""
    import uvicorn

    from aistandards.api import create_app

    bound = listen(settings.host, settings.port)
    with bound:
        build = prepare(settings, progress)
        app = create_app(settings)
        _say(
            f"serving build {build.id[:16]} at http://{settings.host}:{settings.port}/",
            f"正在 http://{settings.host}:{settings.port}/ 提供服务（构建 {build.id[:16]}）",
        )
        config = uvicorn.Config(
            app, log_level="warning", access_log=False, server_header=False, timeout_graceful_shutdown=5
        )
        uvicorn.Server(config).run(sockets=[bound])
