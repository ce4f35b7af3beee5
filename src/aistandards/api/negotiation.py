"""What a client accepts and has: the values of an Accept header, the most wanted first; tags of answers."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from starlette.requests import Request


def weighed(header: str) -> list[tuple[str, float]]:
    """Return (value, weight) in the client's order of preference; what is refused (``q=0``) has weight 0 and comes last."""
    found: list[tuple[float, int, str]] = []
    for index, piece in enumerate(header.split(",")):
        name, *parameters = (part.strip() for part in piece.split(";"))
        quality = next((p[2:] for p in parameters if p.startswith("q=")), "1")
        try:
            weight = min(max(float(quality), 0.0), 1.0)
        except ValueError:
            weight = 0.0
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


def tag(*pieces: object) -> str:
    """Return the ETag of an answer that is made of these and nothing else."""
    return f'"{hashlib.sha256("|".join(map(str, pieces)).encode()).hexdigest()[:32]}"'


def has(request: Request, etag: str) -> bool:
    """Whether the client says that it has the answer with this ETag."""
    header = request.headers.get("if-none-match", "")
    return etag in {value.strip().removeprefix("W/") for value in header.split(",")}
