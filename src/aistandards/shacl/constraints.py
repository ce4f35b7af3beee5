"""The constraint components of SHACL Core that look at the value nodes of a focus node together, or through other shapes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from aistandards.shacl import terms
from aistandards.shacl.graph import Graph, distinct
from aistandards.shacl.reach import EVERY, NOTHING, NotCompiledError, Reach, here, there
from aistandards.shacl.results import Result, Source
from aistandards.shacl.terms import RDFS, SUBCLASS, TYPE, XSD, is_blank, is_iri, is_literal, sh
from aistandards.shacl.values import TESTS, component, count, malformed, members, single, truth

Check = Callable[[Graph, str, list[Result]], None]
Run = Callable[[Graph, str, Sequence[str], list[Result]], None]
QUALIFIED: Final = ("qualifiedValueShape", "qualifiedMinCount", "qualifiedMaxCount", "qualifiedValueShapesDisjoint")
PARAMETERS: Final = {
    *TESTS, *QUALIFIED, "flags", "minCount", "maxCount", "uniqueLang", "hasValue", "class", "equals", "disjoint", "lessThan",
    "lessThanOrEquals", "closed", "ignoredProperties", "property", "node", "not", "and", "or", "xone",
}  # fmt: skip
REMEMBERED: Final = 1 << 12  # verdicts on terms that a property shape keeps


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a shape: what it does with a focus node and its value nodes, and what that reads besides."""

    run: Run
    reach: Reach = NOTHING


@dataclass(frozen=True, slots=True)
class Nested:
    """A shape that another one names: its check and what it reads at the node it is given."""

    check: Check
    reach: Reach

    def conforms(self, graph: Graph, node: str) -> bool:
        """Whether a node conforms to the shape."""
        found: list[Result] = []
        self.check(graph, node, found)
        return not found


def _of_property(source: Source, name: str) -> None:
    if source.path is None:
        raise NotCompiledError(f"sh:{name} stands on a node shape", f"sh:{name} 写在节点形状上")


def counts(shapes: Graph, shape: str, source: Source) -> Iterable[Part]:
    """Compile ``sh:uniqueLang`` and ``sh:hasValue``."""
    if shapes.objects(shape, sh("uniqueLang")):
        _of_property(source, "uniqueLang")
        # as the standard says, and other than pySHACL: "1" is no `true` here
        if single(shapes, shape, "uniqueLang") == f'"true"^^<{XSD}boolean>':
            yield _unique_language(source)
    for value in shapes.objects(shape, sh("hasValue")):
        if is_blank(value):
            raise malformed("hasValue")
        yield _has_value(terms.normal(value), source)


def _unique_language(source: Source) -> Part:
    name = component("UniqueLang")

    def run(_graph: Graph, focus: str, values: Sequence[str], found: list[Result]) -> None:
        if len(values) > 1:
            tags = [tag for value in values if (tag := terms.language(value))]
            found.extend(source.result(focus, name) for tag in dict.fromkeys(tags) if tags.count(tag) > 1)

    return Part(run)


def _has_value(wanted: str, source: Source) -> Part:
    name = component("HasValue")

    def run(_graph: Graph, focus: str, values: Sequence[str], found: list[Result]) -> None:
        if wanted not in values:
            found.append(source.result(focus, name))

    return Part(run)


def each_value(shapes: Graph, shape: str, source: Source) -> Iterable[Part]:
    """Compile the counts of value nodes and what is asked of each by itself, as one part; and ``sh:class``."""
    if shapes.objects(shape, sh("flags")) and not shapes.objects(shape, sh("pattern")):
        raise malformed("flags")
    tests = [
        (component(name), test)
        for parameter, (name, compiled) in TESTS.items()
        if shapes.objects(shape, sh(parameter))
        for test in compiled(shapes, shape)
    ]
    bounds = {name: count(shapes, shape, name) for name in ("minCount", "maxCount") if shapes.objects(shape, sh(name))}
    for name in bounds:
        _of_property(source, name)
    if tests or bounds:
        yield _tested(tests, bounds.get("minCount", 0), bounds.get("maxCount", sys.maxsize), source)
    for name in shapes.objects(shape, sh("class")):
        if not is_iri(name):
            raise malformed("class")
        yield _instance(name, source)


def _tested(tests: list[tuple[str, Callable[[str], bool]]], least: int, most: int, source: Source) -> Part:
    """Count, and run all tests of a value at once; the verdict is remembered: registers repeat their values."""
    few, many = component("MinCount"), component("MaxCount")
    verdicts: dict[str, tuple[str, ...]] = {}

    def run(_graph: Graph, focus: str, values: Sequence[str], found: list[Result]) -> None:
        number = len(values)
        if not least <= number <= most:
            found.append(source.result(focus, few if number < least else many))
            if most < number < least:
                found.append(source.result(focus, many))
        if not tests:
            return
        for value in values:
            broken = verdicts.get(value)
            if broken is None:
                if len(verdicts) >= REMEMBERED:
                    verdicts.clear()
                broken = verdicts[value] = tuple(name for name, test in tests if not test(value))
            for name in broken:
                found.append(source.result(focus, name, value))

    return Part(run)


def _instance(wanted: str, source: Source) -> Part:
    name = component("Class")

    def run(graph: Graph, focus: str, values: Sequence[str], found: list[Result]) -> None:
        for value in values:
            if is_literal(value) or not graph.is_a(value, wanted):
                found.append(source.result(focus, name, value))

    return Part(run, there(TYPE, SUBCLASS))


def pairs(shapes: Graph, shape: str, source: Source) -> Iterable[Part]:
    """Compile the constraints that compare the value nodes with those of another predicate at the focus node."""
    for name, compiled in _PAIRS.items():
        for predicate in shapes.objects(shape, sh(name)):
            if not is_iri(predicate):
                raise malformed(name)
            if name.startswith("less"):
                _of_property(source, name)
            yield Part(compiled(predicate, source), here(predicate))


def _equals(predicate: str, source: Source) -> Run:
    name = component("Equals")

    def run(graph: Graph, focus: str, values: Sequence[str], found: list[Result]) -> None:
        others = graph.objects(focus, predicate)
        for one, other in ((values, others), (others, values)):
            found.extend(source.result(focus, name, value) for value in one if value not in other)

    return run


def _disjoint(predicate: str, source: Source) -> Run:
    name = component("Disjoint")

    def run(graph: Graph, focus: str, values: Sequence[str], found: list[Result]) -> None:
        others = graph.objects(focus, predicate)
        found.extend(source.result(focus, name, value) for value in values if value in others)

    return run


def _less(name: str, or_equal: bool) -> Callable[[str, Source], Run]:
    def compiled(predicate: str, source: Source) -> Run:
        def run(graph: Graph, focus: str, values: Sequence[str], found: list[Result]) -> None:
            if not values:
                return
            for other in graph.objects(focus, predicate):
                for value in values:
                    if not terms.precedes(value, other, or_equal):
                        found.append(source.result(focus, component(name), value))

        return run

    return compiled


_PAIRS: Final[dict[str, Callable[[str, Source], Run]]] = {
    "equals": _equals,
    "disjoint": _disjoint,
    "lessThan": _less("LessThan", or_equal=False),
    "lessThanOrEquals": _less("LessThanOrEquals", or_equal=True),
}


def closed(shapes: Graph, shape: str, source: Source) -> Iterable[Part]:
    """Compile ``sh:closed``: no predicate but those of the shape's own property shapes and the ignored ones."""
    ignored = shapes.objects(shape, sh("ignoredProperties"))
    if not shapes.objects(shape, sh("closed")):
        if ignored:
            raise malformed("ignoredProperties")
        return
    if not truth(shapes, shape, "closed"):
        return
    allowed = {name for head in ignored for name in members(shapes, head, "ignoredProperties")}
    allowed |= {path for name in shapes.objects(shape, sh("property")) for path in shapes.objects(name, sh("path"))}
    known, name = frozenset(allowed), component("Closed")

    def run(graph: Graph, focus: str, values: Sequence[str], found: list[Result]) -> None:
        for value in values:
            record = graph.record(value)
            if known.issuperset(record):
                continue
            for predicate in record:
                if predicate not in known:
                    found.extend(
                        source.result(focus, name, stated)._replace(path=predicate)
                        for stated in distinct(record[predicate])
                        if predicate != TYPE or stated != f"<{RDFS}Resource>"
                    )

    at_value = Reach(here=frozenset({EVERY}))
    yield Part(run, at_value if source.path is None else at_value.away())


def inside(nested: Nested) -> Part:
    """Return ``sh:property`` on a property shape: each value node is a focus node of the shape named."""

    def run(graph: Graph, _focus: str, values: Sequence[str], found: list[Result]) -> None:
        for value in values:
            nested.check(graph, value, found)

    return Part(run, nested.reach.away())


def conforming(name: str, rule: Callable[[Iterable[bool]], bool], nested: list[Nested], source: Source) -> Part:
    """Return a constraint on whether each value node conforms to shapes: all, any, one or none of them."""
    named = component(name)

    def run(graph: Graph, focus: str, values: Sequence[str], found: list[Result]) -> None:
        for value in values:
            if not rule(shape.conforms(graph, value) for shape in nested):
                found.append(source.result(focus, named, value))

    return Part(run, _at_values(nested, source))


def _at_values(nested: Iterable[Nested], source: Source) -> Reach:
    """What shapes read at the value nodes: of a node shape, the focus node itself."""
    reach = NOTHING
    for shape in nested:
        reach |= shape.reach if source.path is None else shape.reach.away()
    return reach


def qualified(shapes: Graph, shape: str, nested: Nested, siblings: list[Nested], source: Source) -> Part:
    """Return ``sh:qualifiedValueShape``: how many value nodes conform to a shape, and to none of its siblings."""
    bounds = {
        name: count(shapes, shape, name)
        for name in ("qualifiedMinCount", "qualifiedMaxCount")
        if shapes.objects(shape, sh(name))
    }
    if not bounds:
        raise malformed("qualifiedMinCount")
    least, most = bounds.get("qualifiedMinCount", 0), bounds.get("qualifiedMaxCount")
    few, many = component("QualifiedMinCount"), component("QualifiedMaxCount")

    def run(graph: Graph, focus: str, values: Sequence[str], found: list[Result]) -> None:
        number = sum(
            nested.conforms(graph, value) and not any(sibling.conforms(graph, value) for sibling in siblings)
            for value in values
        )
        if most is not None and number > most:
            found.append(source.result(focus, many))
        if number < least:
            found.append(source.result(focus, few))

    return Part(run, _at_values([nested, *siblings], source))
