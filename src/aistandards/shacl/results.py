"""Validation results, as SHACL states them."""

from __future__ import annotations

from typing import NamedTuple


class Result(NamedTuple):
    """One validation result; terms are texts in N-Triples form, a path of several steps is written as SPARQL writes it."""

    focus: str
    path: str | None
    value: str | None
    component: str
    shape: str
    severity: str
    messages: tuple[str, ...]


class Source(NamedTuple):
    """What all results of a shape have in common."""

    shape: str
    severity: str
    messages: tuple[str, ...]
    path: str | None

    def result(self, focus: str, component: str, value: str | None = None) -> Result:
        """Return a result of this shape."""
        return Result(focus, self.path, value, component, self.shape, self.severity, self.messages)
