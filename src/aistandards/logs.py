"""The log of the service: lines for people or JSON lines for machines, one event a line, nothing secret."""

from __future__ import annotations

import json
import logging
import re
import sys
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, Final

FIELDS: Final = "fields"
_BREAKS: Final = re.compile("[\x7f-\x9f\u2028\u2029]")
access: Final = logging.getLogger("aistandards.access")
audit: Final = logging.getLogger("aistandards.audit")
server: Final = logging.getLogger("aistandards.server")
request_id: Final[ContextVar[str | None]] = ContextVar("request_id", default=None)


def event(logger: logging.Logger, name: str, **fields: Any) -> None:
    """Log an event with its fields; those that are None are left out."""
    if logger.isEnabledFor(logging.INFO):
        logger.info(name, extra={FIELDS: {key: value for key, value in fields.items() if value is not None}})


class JsonLines(logging.Formatter):
    """An event as one line of JSON: time in UTC, level, event, its fields, and the traceback of an error."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of a record."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            **_fields(record),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return _one_line(json.dumps(line, ensure_ascii=False, default=str))


class TextLines(logging.Formatter):
    """An event as one line for people; what came from outside stands in quotes with its control characters escaped."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of a record, and below it the traceback of an error."""
        time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        fields = " ".join(f"{key}={_plain(value)}" for key, value in _fields(record).items())
        line = f"{time} {record.levelname.lower()} {record.getMessage()} {fields}".rstrip()
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def _one_line(text: str) -> str:
    """Return JSON with what some readers take for the end of a line escaped too."""
    return _BREAKS.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    """Return the fields of an event; what is logged within a request has its id."""
    within = request_id.get()
    fields: dict[str, Any] = getattr(record, FIELDS, {})
    return fields if within is None or "id" in fields else {"id": within, **fields}


def _plain(value: Any) -> str:
    text = str(value)
    return (
        text
        if text and all("!" <= ch <= "~" and ch not in "\"='" for ch in text)
        else _one_line(json.dumps(text, ensure_ascii=False))
    )


def set_up(form: str, level: str) -> None:
    """Send all logs of this process to standard error in a form (``text`` or ``json``), from a level on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if form == "json" else TextLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("aistandards").setLevel(level.upper())
    # uvicorn warns of every malformed request: those are counted, and a flood of them must not fill the disk
    logging.getLogger("uvicorn").setLevel(level.upper() if level == "debug" else "ERROR")
