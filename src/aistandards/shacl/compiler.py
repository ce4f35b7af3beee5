"""The compiler: a shape becomes checks, each with what it reads; a shape it does not know through and through is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from aistandards.shacl import constraints, selects
from aistandards.shacl.constraints import Check, Nested, Part, Run
from aistandards.shacl.graph import Graph, distinct
from aistandards.shacl.paths import Path, compile_path
from aistandards.shacl.reach import NOTHING, NotCompiledError, Reach
from aistandards.shacl.results import Result, Source
from aistandards.shacl.terms import OWL_CLASS, RDFS, SH, SUBCLASS, TYPE, is_blank, is_iri, is_literal, sh
from aistandards.shacl.values import malformed, members, single, truth

TARGETS: Final = ("targetClass", "targetNode", "targetSubjectsOf", "targetObjectsOf")
ADVANCED_TARGETS: Final = ("target", "targetWhere")
_ANNOTATIONS: Final = {
    "name",
    "description",
    "order",
    "group",
    "defaultValue",
    "message",
    "severity",
    "deactivated",
    "path",
    "prefixes",
}
_SEVERITIES: Final = {sh("Violation"), sh("Warning"), sh("Info")}
_LISTS: Final = ("and", "or", "xone")
_KNOWN: Final = {*_ANNOTATIONS, *TARGETS, *constraints.PARAMETERS, "sparql"}


@dataclass(slots=True)
class Code:
    """A compiled shape: its path, its parts and, of a node shape, the property shapes at the same focus node."""

    source: Source
    path: Path | None
    parts: list[Part] = field(default_factory=list)
    children: list[Code] = field(default_factory=list)

    @property
    def reach(self) -> Reach:
        """What the whole shape reads."""
        return self.reach_of(lambda _: True)

    def reach_of(self, keep: Callable[[Reach], bool]) -> Reach:
        """Return what the parts read whose reach is wanted."""
        path = self.path.reach if self.path else NOTHING
        found = NOTHING
        for reach in (*(part.reach | path for part in self.parts), *(child.reach_of(keep) for child in self.children)):
            if keep(reach):
                found |= reach
        return found

    def run(self, keep: Callable[[Reach], bool] = lambda _: True) -> Check | None:
        """Return a check of the parts whose reach is wanted, or None where there is none."""
        parts = self._wanted(keep)
        if self.path is not None:
            return _at_values(self.path, parts) if parts else None
        simple: list[tuple[str, list[Run]]] = []
        others: list[Check] = []
        for child in self.children:
            if child.path is not None and child.path.predicate is not None:
                if wanted := child._wanted(keep):
                    simple.append((child.path.predicate, wanted))
            elif check := child.run(keep):
                others.append(check)
        return _at_focus(parts, simple, others) if parts or simple or others else None

    def _wanted(self, keep: Callable[[Reach], bool]) -> list[Run]:
        path = self.path.reach if self.path else NOTHING
        return [part.run for part in self.parts if keep(part.reach | path)]


def _at_values(path: Path, parts: list[Run]) -> Check:
    """Return one function that works out the value nodes once and runs all parts on them."""
    step = path.values

    def check(graph: Graph, focus: str, found: list[Result]) -> None:
        values = step(graph, focus)
        for run in parts:
            run(graph, focus, values, found)

    return check


def _at_focus(parts: list[Run], simple: list[tuple[str, list[Run]]], others: list[Check]) -> Check:
    """Return one function for a node shape; property shapes of a single predicate are looked up in the record itself."""

    def check(graph: Graph, focus: str, found: list[Result]) -> None:
        values: Sequence[str] = (focus,)
        for run in parts:
            run(graph, focus, values, found)
        record = graph.record(focus)
        for predicate, runs in simple:
            values = record.get(predicate, ())
            if len(values) > 1:
                values = distinct(values)
            for run in runs:
                run(graph, focus, values, found)
        for nested in others:
            nested(graph, focus, found)

    return check


class Compiler:
    """Compiles the shapes of one graph."""

    def __init__(self, shapes: Graph) -> None:
        self.shapes = shapes
        self._open: list[str] = []
        self._done: dict[str, Code] = {}
        kinds = shapes.subclasses(sh("ConstraintComponent"))
        self._custom = {
            path
            for kind in kinds
            for component in shapes.subjects(TYPE, kind)
            if not component.startswith(f"<{SH}")
            for parameter in shapes.objects(component, sh("parameter"))
            for path in shapes.objects(parameter, sh("path"))
        }

    def compile(self, shape: str) -> Code:
        """Return a compiled shape; raises NotCompiledError where it, or a shape it names, uses something unknown."""
        if shape in self._done:
            return self._done[shape]
        if shape in self._open:
            raise NotCompiledError("it is recursive", "该形状是递归的")
        self._open.append(shape)
        try:
            code = self._done[shape] = self._compile(shape)
        finally:
            self._open.pop()
        return code

    def _compile(self, shape: str) -> Code:
        if not (is_iri(shape) or is_blank(shape)):
            raise NotCompiledError("a literal stands where a shape is expected", "应为形状处出现了字面量")
        shapes = self.shapes
        self._refuse_unknown(shape)
        paths = shapes.objects(shape, sh("path"))
        types = shapes.objects(shape, TYPE)
        if len(paths) > 1 or (paths and sh("NodeShape") in types) or (not paths and sh("PropertyShape") in types):
            raise malformed("path")
        path = compile_path(shapes, paths[0]) if paths else None
        if self.deactivated(shape):
            return Code(self._source(shape, path), path)
        code = Code(self._source(shape, path), path)
        code.parts += constraints.counts(shapes, shape, code.source)
        code.parts += constraints.each_value(shapes, shape, code.source)
        code.parts += constraints.pairs(shapes, shape, code.source)
        code.parts += constraints.closed(shapes, shape, code.source)
        code.parts += selects.compile_constraints(shapes, shape, code.source, path)
        self._shapes_named(shape, code)
        return code

    def _refuse_unknown(self, shape: str) -> None:
        for predicate in self.shapes.record(shape):
            if predicate.startswith(f"<{SH}") and predicate[len(SH) + 1 : -1] not in _KNOWN:
                name = predicate[len(SH) + 1 : -1]
                raise NotCompiledError(f"the compiler does not know sh:{name}", f"编译器不认识 sh:{name}")
            if predicate in self._custom:
                raise NotCompiledError(
                    f"{predicate} is a parameter of a constraint component of its own",
                    f"{predicate} 是自定义约束组件的参数",
                )

    def deactivated(self, shape: str) -> bool:
        """Whether a shape is switched off."""
        return bool(self.shapes.objects(shape, sh("deactivated"))) and truth(self.shapes, shape, "deactivated")

    def _source(self, shape: str, path: Path | None) -> Source:
        severity = sh("Violation")
        if self.shapes.objects(shape, sh("severity")):
            severity = single(self.shapes, shape, "severity")
        if not is_iri(severity):
            raise malformed("severity")
        messages = self.shapes.objects(shape, sh("message"))
        if any(not is_literal(message) for message in messages):
            raise malformed("message")
        return Source(shape, severity, tuple(messages), path.text if path else None)

    def _shapes_named(self, shape: str, code: Code) -> None:
        """Compile what a shape says through other shapes."""
        shapes, source = self.shapes, code.source
        for name in shapes.objects(shape, sh("property")):
            child = self.compile(name)
            if child.path is None:
                raise malformed("property")
            if code.path is None:
                code.children.append(child)
            else:
                code.parts.append(constraints.inside(self._nested(name)))
        for name in shapes.objects(shape, sh("node")):
            if self.compile(name).path is not None:
                raise malformed("node")
            code.parts.append(constraints.conforming("Node", all, [self._nested(name)], source))
        for name in shapes.objects(shape, sh("not")):
            code.parts.append(constraints.conforming("Not", _none, [self._nested(name)], source))
        for parameter, rule in (("and", all), ("or", any), ("xone", _exactly_one)):
            for head in shapes.objects(shape, sh(parameter)):
                names = members(shapes, head, parameter)
                if not names:
                    raise malformed(parameter)
                nested = [self._nested(name) for name in names]
                code.parts.append(constraints.conforming(parameter.capitalize(), rule, nested, source))
        code.parts += self._qualified(shape, code)

    def _nested(self, name: str) -> Nested:
        code = self.compile(name)
        return Nested(code.run() or _nothing, code.reach)

    def _qualified(self, shape: str, code: Code) -> Iterable[Part]:
        shapes = self.shapes
        if code.path is not None and any(shapes.objects(shape, sh(name)) for name in constraints.QUALIFIED):
            disjoint = any(shapes.objects(shape, sh("qualifiedValueShapesDisjoint"))) and truth(
                shapes, shape, "qualifiedValueShapesDisjoint"
            )
            for name in shapes.objects(shape, sh("qualifiedValueShape")):
                siblings = self._siblings(shape, name) if disjoint else []
                nested, others = self._nested(name), [self._nested(sibling) for sibling in siblings]
                yield constraints.qualified(shapes, shape, nested, others, code.source)

    def _siblings(self, shape: str, own: str) -> list[str]:
        shapes = self.shapes
        found = {
            sibling: None
            for parent in shapes.subjects(sh("property"), shape)
            for other in shapes.objects(parent, sh("property"))
            for sibling in shapes.objects(other, sh("qualifiedValueShape"))
            if sibling != own
        }
        return list(found)


def _nothing(_graph: Graph, _focus: str, _found: list[Result]) -> None:
    """Check nothing: what a switched-off shape does."""


def _none(verdicts: Iterable[bool]) -> bool:
    return not any(verdicts)


def _exactly_one(verdicts: Iterable[bool]) -> bool:
    return sum(verdicts) == 1


def class_kinds(shapes: Graph) -> set[str]:
    """Return the classes whose instances are classes, as pySHACL takes them: ``owl:Class`` needs no axiom."""
    return {f"<{RDFS}Class>", OWL_CLASS, *shapes.subjects(SUBCLASS, f"<{RDFS}Class>")}


def find_shapes(shapes: Graph) -> list[str]:
    """Return the shapes of a graph that have targets, as pySHACL finds them; targets of SHACL-AF are there to be refused."""
    typed = {*shapes.subjects(TYPE, sh("NodeShape")), *shapes.subjects(TYPE, sh("PropertyShape"))}
    targeted = {name for target in (*TARGETS, *ADVANCED_TARGETS) for name in shapes.having(sh(target))}
    implied = typed | targeted | {name for p in ("property", "node") for name in shapes.having(sh(p))}
    return sorted(targeted | {name for name in implied if implicit_class(shapes, name)})


def implicit_class(shapes: Graph, shape: str) -> bool:
    """Whether a shape is a class, whose instances it targets."""
    return not class_kinds(shapes).isdisjoint(shapes.objects(shape, TYPE))
