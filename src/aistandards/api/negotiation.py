"""What a client accepts and has: the values of an Accept header, the most wanted first; tags of answers."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Final

from starlette.requests import Request

_WEIGHT: Final = re.compile(r"[0-9]+(?:\.[0-9]*)?|\.[0-9]+")


def weighed(header: str) -> list[tuple[str, float]]:
    """Return (value, weight) in the client's order of preference; what is refused (``q=0``) has weight 0 and comes last.

    A weight that is no number is passed over, as if the client had given none.
    """
    found: list[tuple[float, int, str]] = []
    for index, piece in enumerate(header.split(",")):
        name, *parameters = (part.strip() for part in piece.split(";"))
        pairs = (parameter.partition("=") for parameter in parameters)
        quality = next((value.strip() for key, _, value in pairs if key.strip().lower() == "q"), "1")
        weight = min(float(quality), 1.0) if _WEIGHT.fullmatch(quality) else 1.0
        if name:
            found.append((-weight, index, name.lower()))
    return [(name, -weight) for weight, _, name in sorted(found)]


def wanted(header: str) -> list[str]:
    """Return the values a client accepts, the most wanted first."""
    return [name for name, weight in weighed(header) if weight > 0]


def prefers(header: str, one: str, other: str) -> bool:
    """Whether ``one`` is wanted, and wanted more than ``other``; wildcards do not count."""
    names = wanted(header)
    return one in names and (other not in names or names.index(one) < names.index(other))


def choose(header: str, offers: Sequence[str]) -> str | None:
    """Return the media type of the offers that a client wants most, the first of equals; None where it wants none.

    The most specific range decides about an offer (RFC 9110): ``text/html`` before ``text/*`` before ``*/*``.
    """
    if not header.strip():
        return offers[0]
    ranges = dict(reversed(weighed(header)))  # of a range that is given twice, the more wanted counts

    def weight(offer: str) -> float:
        near = offer, offer.partition("/")[0] + "/*", "*/*"
        return next((ranges[name] for name in near if name in ranges), 0.0)

    best = max(offers, key=weight)
    return best if weight(best) > 0 else None


def ranked(header: str, offers: Sequence[str], also: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the media types of the offers that a client accepts, the most wanted first; without a header all of them.

    Equals stand in the client's order, then in ours. ``also`` says which offers go by a further name. The most specific
    range decides about an offer, as in ``choose``.
    """
    if not header.strip():
        return list(offers)
    found = weighed(header)
    ranges = {name: (-weight, at) for at, (name, weight) in reversed(list(enumerate(found)))}
    further: dict[str, tuple[float, int]] = {}
    for name, offered in also.items():
        for offer in offered if name in ranges else ():
            further[offer] = min(further.get(offer, ranges[name]), ranges[name])
    ranges = further | ranges

    def place(offer: str) -> tuple[float, int]:
        near = offer, offer.partition("/")[0] + "/*", "*/*"
        return next((ranges[name] for name in near if name in ranges), (0.0, 0))

    return sorted((offer for offer in offers if place(offer)[0] < 0), key=place)


def tag(*pieces: object) -> str:
    """Return the ETag of an answer that is made of these and nothing else."""
    return f'"{hashlib.sha256("|".join(map(str, pieces)).encode()).hexdigest()[:32]}"'


def has(request: Request, etag: str, or_any: bool = True) -> bool:
    """Whether the client says that it has the answer with this ETag, compared weakly, or any (``*``), which counts once there is one."""
    named = {value.strip().removeprefix("W/") for value in request.headers.get("if-none-match", "").split(",")}
    return etag in named or (or_any and "*" in named)
