"""Triples in memory by subject and predicate; what points to a node is indexed for the predicates that are asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

import pyoxigraph as ox

from aistandards.shacl.terms import SUBCLASS, TYPE, normal

Record = dict[str, list[str]]
NIL: Final = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#nil>"
_FIRST: Final = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#first>"
_REST: Final = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#rest>"
_NONE: Final[Record] = {}


class Graph:
    """Triples; terms are texts in N-Triples form. Literals are kept as rdflib writes them (``terms.normal``)."""

    __slots__ = ("_pointing", "_superclasses", "records")

    def __init__(self, records: dict[str, Record] | None = None) -> None:
        self.records: dict[str, Record] = {} if records is None else records
        self._pointing: dict[str, dict[str, list[str]]] = {}
        self._superclasses: dict[str, frozenset[str]] = {}

    def add(self, subject: str, predicate: str, value: str) -> None:
        """Add a triple; one that is there already is not seen twice."""
        record = self.records.get(subject)
        if record is None:
            record = self.records[subject] = {}
        values = record.get(predicate)
        if values is None:
            record[predicate] = [value]
        else:
            values.append(value)

    def record(self, subject: str) -> Record:
        """Return what is stated of a subject."""
        return self.records.get(subject, _NONE)

    def objects(self, subject: str, predicate: str) -> Sequence[str]:
        """Return the values of a predicate at a subject, each once."""
        record = self.records.get(subject)
        if record is None:
            return ()
        values = record.get(predicate)
        if values is None:
            return ()
        return values if len(values) == 1 else distinct(values)

    def one(self, subject: str, predicate: str) -> str | None:
        """Return the first value of a predicate at a subject, or None."""
        return next(iter(self.objects(subject, predicate)), None)

    def pointing(self, predicate: str) -> dict[str, list[str]]:
        """Return the subjects that have a predicate, by value."""
        index = self._pointing.get(predicate)
        if index is None:
            index = {}
            for subject, record in self.records.items():
                for value in record.get(predicate, ()):
                    subjects = index.setdefault(value, [])
                    if not subjects or subjects[-1] is not subject:
                        subjects.append(subject)
            self._pointing[predicate] = index
        return index

    def subjects(self, predicate: str, value: str) -> Sequence[str]:
        """Return the subjects that have a value for a predicate."""
        return self.pointing(predicate).get(value, ())

    def having(self, predicate: str) -> Iterator[str]:
        """Yield the subjects that have a predicate."""
        return (subject for subject, record in self.records.items() if predicate in record)

    def items(self, head: str) -> list[str]:
        """Return the members of an RDF list; raises ValueError where it is none."""
        found: list[str] = []
        seen = set()
        while head != NIL:
            first, rest = self.objects(head, _FIRST), self.objects(head, _REST)
            if head in seen or len(first) != 1 or len(rest) != 1:
                raise ValueError(head)
            seen.add(head)
            found.append(first[0])
            head = rest[0]
        return found

    def superclasses(self, name: str) -> frozenset[str]:
        """Return a class and every class above it."""
        known = self._superclasses.get(name)
        if known is None:
            known = self._superclasses[name] = frozenset(self._closure(name, lambda at: self.objects(at, SUBCLASS)))
        return known

    def subclasses(self, name: str) -> set[str]:
        """Return a class and every class below it."""
        return self._closure(name, lambda at: self.subjects(SUBCLASS, at))

    @staticmethod
    def _closure(start: str, step: Callable[[str], Iterable[str]]) -> set[str]:
        found, left = {start}, [start]
        while left:
            for name in step(left.pop()):
                if name not in found:
                    found.add(name)
                    left.append(name)
        return found

    def is_a(self, node: str, name: str) -> bool:
        """Whether a node is an instance of a class or of one below it."""
        types = self.objects(node, TYPE)
        return name in types or any(name in self.superclasses(kind) for kind in types)


def distinct(values: Sequence[str]) -> Sequence[str]:
    """Return values, each once."""
    return values if len(set(values)) == len(values) else list(dict.fromkeys(values))


def of_triples(triples: Iterable[ox.Triple] | Iterable[ox.Quad], keep_text: bool = False) -> Graph:
    """Return a graph of triples or of the triples of quads; ``keep_text`` leaves literals as they were written."""
    graph = Graph()
    add = graph.add
    for statement in triples:
        value = str(statement.object)
        add(str(statement.subject), str(statement.predicate), value if keep_text else normal(value))
    return graph
