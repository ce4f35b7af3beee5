"""Validating a file as it is read: a record is checked when its last triple has passed and then forgotten.

What a check reads of other records (the classes of values, the days of what is replaced) is kept in columns and checked
at the end. That is right only where all triples of a subject stand together and no class hierarchy comes late; where a
file is not so, ``NotStreamedError`` is raised and the whole graph is read instead.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from hashlib import blake2b

import pyoxigraph as ox

from aistandards.shacl.columns import Column, Columns
from aistandards.shacl.constraints import Check
from aistandards.shacl.graph import Graph, Record
from aistandards.shacl.plan import Plan
from aistandards.shacl.reach import EVERY, Reach
from aistandards.shacl.results import Result
from aistandards.shacl.terms import SUBCLASS, TYPE, normal


class NotStreamedError(Exception):
    """A file, or a plan, for which records cannot be checked one by one."""


@dataclass(slots=True)
class Passed:
    """What one reader of a file hands on: results, what it kept, the digests of subjects, the prefixes at its end."""

    results: list[Result] = field(default_factory=list)
    columns: dict[str, Column] = field(default_factory=dict)
    seen: array[int] = field(default_factory=lambda: array("Q"))


class Streamed:
    """A plan in two parts: checks of a record alone, and checks that read others, which run at the end."""

    def __init__(self, plan: Plan, base: Graph) -> None:
        """Prepare a plan; ``base`` has the class hierarchy that holds beside the file. Raises NotStreamedError."""
        if plan.fallen:
            raise NotStreamedError("shapes fall back to pySHACL")
        self.by_class: dict[str, list[Check]] = {}
        self.by_predicate: dict[str, list[Check]] = {}
        self.late: list[tuple[Callable[[Graph], Iterable[str]], Check]] = []
        kept: set[str] = set()
        for rule in plan.rules:
            local = rule.code.run(_alone) if rule.targets.local else None
            late = rule.code.run(_with_others if rule.targets.local else _any)
            if local:
                names = {name for wanted in rule.targets.classes for name in base.subclasses(wanted)}
                for name in names:
                    self.by_class.setdefault(name, []).append(local)
                for predicate in rule.targets.subjects_of:
                    self.by_predicate.setdefault(predicate, []).append(local)
            if late:
                self.late.append((rule.focus_nodes, late))
                kept |= {*rule.code.reach_of(_with_others if rule.targets.local else _any).read, *rule.targets.read}
        if EVERY in kept:
            raise NotStreamedError("a shape reads all predicates of other records")
        self.kept = frozenset(kept)
        self.base = base

    def read(self, quads: Iterable[ox.Quad]) -> Passed:
        """Read statements and check every record that passes."""
        passed, columns = Passed(), Columns(self.kept)
        passed.columns = columns.columns
        graph, owner, current = Graph(), "", ""
        record: Record = {}
        for quad in quads:
            subject, predicate, value = str(quad).split(" ", 2)
            if subject != current:
                if subject[0] == "<" and subject != owner:
                    self._close(graph, columns, passed)
                    graph.records.clear()
                    owner = subject
                current = subject
                known = graph.records.get(subject)
                record = graph.records[subject] = {} if known is None else known
            if value[-1] == ">" and value[0] == '"':
                value = normal(value)
            values = record.get(predicate)
            if values is None:
                record[predicate] = [value]
            else:
                values.append(value)
        self._close(graph, columns, passed)
        return passed

    def _close(self, graph: Graph, columns: Columns, passed: Passed) -> None:
        """Check the records of a subject and of the blank nodes among its triples."""
        by_class, by_predicate, results = self.by_class, self.by_predicate, passed.results
        for subject, record in graph.records.items():
            passed.seen.append(int.from_bytes(blake2b(subject.encode(), digest_size=8).digest(), "little"))
            checks = [check for kind in record.get(TYPE, ()) for check in by_class.get(kind, ())]
            if by_predicate:
                checks += [check for predicate in record for check in by_predicate.get(predicate, ())]
            for check in dict.fromkeys(checks):
                check(graph, subject, results)
            columns.keep(subject, record)
            if SUBCLASS in record:
                raise NotStreamedError("a class hierarchy stands among the records")

    def finish(self, parts: Iterable[Passed]) -> list[Result]:
        """Join what readers handed on, check that no subject came twice, and run the checks that read other records."""
        columns, results, seen = Columns(self.kept), [], array("Q")
        for part in parts:
            columns.update(part.columns)
            results += part.results
            seen += part.seen
        if _repeated(seen):
            raise NotStreamedError("the triples of a subject stand apart")
        for subject, record in self.base.records.items():
            columns.keep(subject, record)
        for focus_nodes, check in self.late:
            for focus in focus_nodes(columns):
                check(columns, focus, results)
        return results


def _alone(reach: Reach) -> bool:
    return reach.local


def _with_others(reach: Reach) -> bool:
    return not reach.local


def _any(_reach: Reach) -> bool:
    return True


def _repeated(seen: array[int]) -> bool:
    """Whether a digest is there twice: of two equal subjects, or, once in 10¹⁰ files, of two that differ."""
    import numpy

    digests = numpy.sort(numpy.frombuffer(seen, dtype=numpy.uint64))
    return bool((digests[1:] == digests[:-1]).any())
