"""How schemathesis sends the media types that it does not know: as the text that they are."""

from __future__ import annotations

from typing import Any

import schemathesis

TEXTS = (
    "application/sparql-query",
    "text/turtle",
    "application/n-triples",
    "application/rdf+xml",
    "application/x-ndjson",
    "text/csv",
    "text/tab-separated-values",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
)


@schemathesis.serializer(*TEXTS)
def as_text(_context: Any, value: Any) -> bytes:
    """Send a text as it is, anything else as its representation."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")
