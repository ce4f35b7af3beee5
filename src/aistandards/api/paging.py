"""Paging of lists over HTTP: cursors that hold for one question over one build, and links to the pages around."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import Request

from aistandards.errors import UsageError

LENGTH: Final = 24  # characters of the signature
MAX_CURSOR: Final = 200


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page begins, and the day that the list is asked for: a list that is paged past midnight stays the same."""

    start: int
    day: date


def cursor_of(build: str, question: dict[str, Any], place: Place) -> str:
    """Return the cursor of a page: it holds for this question over this build only."""
    text = json.dumps([place.start, str(place.day), _sign(build, question, place)])
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def place_of(build: str, question: dict[str, Any], cursor: str | None, day: date) -> Place:
    """Return where a page begins; raises UsageError for a cursor that was changed, or made for another question or build."""
    if not cursor:
        return Place(0, day)
    try:
        if len(cursor) > MAX_CURSOR:
            raise ValueError("too long")
        start, on, signature = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True))
        place = Place(int(start), date.fromisoformat(on))
        if place.start < 0 or not hmac.compare_digest(str(signature), _sign(build, question, place)):
            raise ValueError("another question or build")
    except (ValueError, TypeError):
        raise UsageError(
            "This cursor does not belong to this list: it was changed, or made for other filters or for another build of the data. "
            "Begin again without cursor.",
            "该 cursor 不属于此列表：它被改动过，或是为其他筛选条件、另一数据版本生成的。请去掉 cursor 重新开始。",
        ) from None
    return place


def _sign(build: str, question: dict[str, Any], place: Place) -> str:
    text = json.dumps([question, place.start, str(place.day)], sort_keys=True, ensure_ascii=False)
    return hmac.new(build.encode(), text.encode(), hashlib.sha256).hexdigest()[:LENGTH]


def address_with(request: Request, cursor: str | None) -> str:
    """Return the address of the same list at another cursor."""
    kept = [(name, value) for name, value in request.query_params.multi_items() if name != "cursor" and value]
    return f"{request.url.path}?{urlencode([*kept, *([('cursor', cursor)] if cursor else [])])}"


def links(request: Request, body: dict[str, Any]) -> str:
    """Return the links of a page for its ``Link`` header: the next page where there is one, the one before, the first."""
    found = []
    if body["next"]:
        found.append(f'<{address_with(request, body["next"])}>; rel="next"')
    if request.query_params.get("cursor"):
        found.append(f'<{address_with(request, body["previous"])}>; rel="prev"')
        found.append(f'<{address_with(request, None)}>; rel="first"')
    return ", ".join(found)
