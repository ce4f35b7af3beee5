"""What all results of one shape have in common, and the results it gives."""

from __future__ import annotations

from typing import NamedTuple

from aistandards.findings import Result

__all__ = ["Result", "Source"]


class Source(NamedTuple):
    """What all results of a shape have in common."""

    shape: str
    severity: str
    messages: tuple[str, ...]
    path: str | None

    def result(self, focus: str, component: str, value: str | None = None) -> Result:
        """Return a result of this shape."""
        return Result(focus, self.path, value, component, self.shape, self.severity, self.messages)
