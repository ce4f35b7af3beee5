"""Models of the answers, one module a topic, by the names that OpenAPI uses."""

from __future__ import annotations

from types import ModuleType

from aistandards.api.models import base, checks, counts, days, policies, records
from aistandards.api.models.base import Answer

TOPICS: tuple[ModuleType, ...] = (base, records, counts, days, policies, checks)


def models() -> dict[str, type[Answer]]:
    """Return every model by its name."""
    found = (value for topic in TOPICS for value in vars(topic).values())
    return {one.__name__: one for one in found if isinstance(one, type) and issubclass(one, Answer)}
