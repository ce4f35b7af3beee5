"""Where things are, and what can be set: the shipped model and data, the store on this machine, the server's settings."""

from __future__ import annotations

import ipaddress
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Final

from aistandards.errors import UsageError

SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")  # no daylight saving since 1991: a fixed offset is exact


def resource(name: str) -> Path:
    """Return the folder ``ontology``, ``shapes``, ``queries`` or ``data``: inside the wheel, or at the root of a checkout."""
    here = Path(__file__).resolve().parent
    packaged = here / "_data" / name
    return packaged if packaged.is_dir() else here.parents[1] / name


def today() -> date:
    """Return the present day in Asia/Shanghai, the default of every ``as_of``."""
    return datetime.now(SHANGHAI).date()


def parse_day(text: str) -> date:
    """Return the day a user wrote; raises UsageError for anything but an existing day written YYYY-MM-DD."""
    try:
        day = date.fromisoformat(text)
        if str(day) == text:
            return day
    except ValueError:
        pass
    raise UsageError(
        f"“{text}” is not a day. Write YYYY-MM-DD, for example 2025-12-31.",
        f"“{text}”不是日期。请写作 YYYY-MM-DD，例如 2025-12-31。",
        value=text,
        rule="day",
    )


REMOTE_USER, REMOTE_PASSWORD = "AISTANDARDS_REMOTE_USER", "AISTANDARDS_REMOTE_PASSWORD"  # at a SPARQL server
CACHE = "AISTANDARDS_CACHE"  # folder of what is worked out from a server's build
Place = Path | str  # where a store is: a folder, or the address of a SPARQL server


def place_of(text: str) -> Place:
    """Return where a store is, from what a user wrote."""
    return text if text.lower().startswith(("http://", "https://")) else Path(text)


def default_store() -> Place:
    """Return where the default store is: ``AISTANDARDS_STORE``, else the platform's folder for user data."""
    if given := os.environ.get("AISTANDARDS_STORE"):
        return place_of(given)
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        base = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return base / "aistandards" / "store"


ABOUT: Final = "about"


@dataclass(frozen=True, slots=True)
class About:
    """What a setting means in both languages, its unit, and which values it may have; a secret is never printed.

    ``low`` and ``high`` bound a number, ``choices``, ``pattern`` and ``check`` a text or each text of a list; ``written``
    says in English and Chinese what the latter two allow.
    """

    en: str
    zh: str
    unit: str = ""
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    pattern: str = ""
    written: tuple[str, str] = ("", "")
    check: Callable[[str], bool] | None = None
    secret: bool = False


def setting(default: Any, en: str, zh: str, **more: Any) -> Any:
    """Return a field of settings with its default and, as metadata, what ``About`` says of it."""
    about = {ABOUT: About(en, zh, **more)}
    return (
        field(default_factory=default, metadata=about) if callable(default) else field(default=default, metadata=about)
    )


def _is_network(text: str) -> bool:
    """Whether a text is an IP address or a network like ``10.0.0.0/8``."""
    try:
        ipaddress.ip_network(text)
    except ValueError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """Address and limits of the service: the one list from which flags, variables and keys of the file are made."""

    host: str = setting("127.0.0.1", "address to listen at", "监听地址")
    port: int = setting(
        8000, "port to listen at; 0 takes a free one", "监听端口；0 表示任取空闲端口", low=0, high=65535
    )
    store: Place = setting(default_store, "folder of the store, or a SPARQL server", "存储目录，或 SPARQL 服务器")
    workers: int = setting(1, "server processes over the one store", "服务进程数（共用一个存储）", low=1, high=64)
    root_path: str = setting(
        "",
        "prefix under which a reverse proxy shows the service",
        "反向代理对外提供服务时的路径前缀",
        pattern=r"(/[A-Za-z0-9._~-]+)*",
        written=("empty, or like /ai", "留空，或如 /ai"),
    )
    allowed_hosts: tuple[str, ...] = setting(
        (),
        "names the Host header may have, *.example.org for all below; none: any",
        "允许的 Host，*.example.org 表示其全部子域；不填则不限",
        pattern=r"(\*\.)?[A-Za-z0-9._-]+|\[?[0-9A-Fa-f:.]+\]?",
        written=("names separated by commas", "以逗号分隔的主机名"),
    )
    mcp_hosts: tuple[str, ...] = setting(
        (),
        "names the Host header may have at /mcp besides localhost, the host and the allowed hosts",
        "除本机名、监听地址和允许的 Host 外，/mcp 还接受的 Host",
        pattern=r"[A-Za-z0-9._-]+(:\d{1,5})?",
        written=(
            "names separated by commas, with a port where it is not 80 or 443",
            "以逗号分隔的主机名，非 80、443 端口须写明",
        ),
    )
    trusted_proxies: tuple[str, ...] = setting(
        (),
        "addresses or networks whose X-Forwarded-For is believed",
        "其 X-Forwarded-For 可信的地址或网段",
        check=_is_network,
        written=(
            "addresses or networks separated by commas, like 127.0.0.1, 10.0.0.0/8",
            "以逗号分隔的地址或网段，如 127.0.0.1、10.0.0.0/8",
        ),
    )
    query_seconds: float = setting(
        10.0, "time limit of one SPARQL query", "单个 SPARQL 查询的时限", unit="s", low=0.01, high=86400
    )
    query_rows: int = setting(
        100_000, "row limit of one SPARQL answer", "单个 SPARQL 结果的行数上限", low=1, high=1_000_000_000
    )
    query_bytes: int = setting(
        32 << 20, "size limit of one SPARQL answer", "单个 SPARQL 结果的大小上限", unit="bytes", low=1024, high=1 << 40
    )
    query_memory: int = setting(
        2 << 30,
        "memory limit of the process of SPARQL queries",
        "SPARQL 查询进程的内存上限",
        unit="bytes",
        low=128 << 20,
        high=1 << 44,
    )
    query_workers: int = setting(
        2,
        "processes that run SPARQL queries, in one server process",
        "一个服务进程内运行 SPARQL 查询的进程数",
        low=1,
        high=64,
    )
    query_waiting: int = setting(
        16,
        "queries that may wait for a turn; more are answered 503",
        "可排队等待的查询数；超出者以 503 拒绝",
        low=0,
        high=10_000,
    )
    default_graph: str = setting(
        "union",
        "default graph of queries: the union of all graphs, or the unnamed one",
        "查询的默认图：所有图之并，或无名图",
        choices=("union", "unnamed"),
    )
    api_keys: Path | None = setting(
        None, "file of API keys; with it every request needs a key", "API 密钥文件；设置后每个请求都须带密钥"
    )
    metrics_key: str = setting(
        "", "key that /metrics asks for; none: open", "/metrics 要求的密钥；不填则公开", secret=True
    )
    rate: str = setting(
        "",
        "requests a client or key may send on average; none: no limit",
        "每个客户端或密钥平均可发的请求数；不填则不限",
        pattern=r"([1-9]\d{0,5}/(s|min|h))?",
        written=("empty, or like 10/s, 300/min, 5000/h", "留空，或如 10/s、300/min、5000/h"),
    )
    burst: int = setting(
        20, "requests in a row that the rate lets pass", "限速允许连续通过的请求数", low=1, high=100_000
    )
    client_requests: int = setting(
        64,
        "requests of one client at work at once, in one process",
        "单个客户端在一个进程内同时处理的请求数",
        low=1,
        high=100_000,
    )
    total_requests: int = setting(
        256,
        "requests of all clients at work at once, in one process",
        "一个进程内同时处理的请求总数",
        low=1,
        high=100_000,
    )
    client_connections: int = setting(
        128, "open connections of one client, in one process", "单个客户端在一个进程内的连接数", low=1, high=100_000
    )
    total_connections: int = setting(
        512, "open connections of all clients, in one process", "一个进程内的连接总数", low=1, high=100_000
    )
    url_bytes: int = setting(
        16 << 10, "length limit of an address", "请求地址的长度上限", unit="bytes", low=256, high=1 << 20
    )
    head_bytes: int = setting(
        32 << 10,
        "size limit of request line and headers",
        "请求行与请求头的大小上限",
        unit="bytes",
        low=1024,
        high=4 << 20,
    )
    body_bytes: int = setting(
        12 << 20, "size limit of a request body", "请求体的大小上限", unit="bytes", low=1024, high=1 << 34
    )
    ready_bytes: int = setting(
        64 << 20,
        "memory for answers kept ready, in one process; 0: none are kept",
        "每个进程为备好的回答保留的内存；0 表示不保留",
        unit="bytes",
        low=0,
        high=1 << 36,
    )
    head_seconds: float = setting(
        10.0,
        "time within which request line and headers arrive",
        "请求行与请求头须到达的时限",
        unit="s",
        low=0.1,
        high=3600,
    )
    body_seconds: float = setting(
        30.0, "time within which a body arrives", "请求体须到达的时限", unit="s", low=0.1, high=86400
    )
    write_seconds: float = setting(
        30.0,
        "time within which a client takes what is ready for it",
        "客户端须读走已备好数据的时限",
        unit="s",
        low=0.1,
        high=86400,
    )
    idle_seconds: int = setting(
        15, "time a connection is kept open between requests", "两次请求之间保持连接的时间", unit="s", low=1, high=3600
    )
    stop_seconds: int = setting(
        10,
        "time running requests have to end when the service stops",
        "停止服务时留给在途请求的时间",
        unit="s",
        low=1,
        high=3600,
    )
    hsts_seconds: int = setting(
        0,
        "Strict-Transport-Security, max-age; 0: not sent",
        "Strict-Transport-Security 的 max-age；0 表示不发送",
        unit="s",
        low=0,
        high=63_072_000,
    )
    log_format: str = setting("text", "form of the log", "日志格式", choices=("text", "json"))
    log_level: str = setting(
        "warning",
        "what is logged; access and audit lines are info",
        "日志级别；访问与审计日志属于 info",
        choices=("debug", "info", "warning", "error"),
    )
    audit_characters: int = setting(
        200,
        "characters of a SPARQL text in the audit log; 0: its hash only",
        "审计日志中保留的 SPARQL 字符数；0 表示仅留散列",
        low=0,
        high=100_000,
    )
