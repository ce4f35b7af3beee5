"""Where things are: the model and data that ship with the package, and the store on this machine."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

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
    )


def default_store() -> Path:
    """Return the folder of the default store: ``AISTANDARDS_STORE``, else the platform's folder for user data."""
    if given := os.environ.get("AISTANDARDS_STORE"):
        return Path(given)
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        base = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return base / "aistandards" / "store"


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """Limits and address of the service; every value can be set by a flag of ``aistandards serve``."""

    host: str = "127.0.0.1"
    port: int = 8000
    query_seconds: float = 10.0
    query_rows: int = 100_000
    query_bytes: int = 32 << 20
    query_memory: int = 2 << 30
    query_workers: int = 2
    query_waiting: int = 16
    default_graph: str = "union"  # or "unnamed"
    store: Path = field(default_factory=default_store)
