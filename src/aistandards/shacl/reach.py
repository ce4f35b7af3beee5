"""What a check reads of the data: at its focus node, and at other nodes. A check that reads no other node can run record by record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

EVERY: Final = "*"  # stands for all predicates


class NotCompiledError(Exception):
    """A shape uses something the compiler does not know; the reason, in English and Chinese."""

    def __init__(self, en: str, zh: str) -> None:
        super().__init__(en)
        self.en, self.zh = en, zh


@dataclass(frozen=True, slots=True)
class Reach:
    """Predicates read at the focus node (``here``) and at any other node (``there``)."""

    here: frozenset[str] = frozenset()
    there: frozenset[str] = frozenset()

    def __or__(self, other: Reach) -> Reach:
        return Reach(self.here | other.here, self.there | other.there)

    @property
    def local(self) -> bool:
        """Whether nothing but the focus node is read."""
        return not self.there

    @property
    def read(self) -> frozenset[str]:
        """All predicates that are read."""
        return self.here | self.there

    def away(self) -> Reach:
        """Return the reach of the same check at another node."""
        return Reach(there=self.here | self.there)


NOTHING: Final = Reach()


def here(*predicates: str) -> Reach:
    """Return the reach of what reads predicates of the focus node."""
    return Reach(here=frozenset(predicates))


def there(*predicates: str) -> Reach:
    """Return the reach of what reads predicates of other nodes."""
    return Reach(there=frozenset(predicates))
