"""What a client accepts: the values of an Accept header, the most wanted first."""

from __future__ import annotations


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
