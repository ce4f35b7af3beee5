"""A plan: all shapes with targets of a shapes graph, compiled, and those that are not, with the reason."""

from __future__ import annotations

from dataclasses import dataclass, field

from aistandards.shacl.compiler import Code, Compiler, find_shapes, implicit_class
from aistandards.shacl.graph import Graph
from aistandards.shacl.reach import NotCompiledError
from aistandards.shacl.results import Result
from aistandards.shacl.terms import SUBCLASS, TYPE, normal, sh


@dataclass(frozen=True, slots=True)
class Targets:
    """The targets of a shape: classes, nodes, and predicates whose subjects or objects are meant."""

    classes: tuple[str, ...]
    nodes: tuple[str, ...]
    subjects_of: tuple[str, ...]
    objects_of: tuple[str, ...]

    @property
    def local(self) -> bool:
        """Whether a record alone tells if it is a target, once the classes below those named are known."""
        return not self.nodes and not self.objects_of

    @property
    def read(self) -> set[str]:
        """The predicates that tell what is a target."""
        return {*self.subjects_of, *self.objects_of, *((TYPE, SUBCLASS) if self.classes else ())}


@dataclass(frozen=True, slots=True)
class Rule:
    """A compiled shape with its targets."""

    code: Code
    targets: Targets

    def focus_nodes(self, graph: Graph) -> dict[str, None]:
        """Return the focus nodes in a graph."""
        found = dict.fromkeys(self.targets.nodes)
        for wanted in self.targets.classes:
            for name in graph.subclasses(wanted):
                found |= dict.fromkeys(graph.subjects(TYPE, name))
        for predicate in self.targets.subjects_of:
            found |= dict.fromkeys(graph.having(predicate))
        for predicate in self.targets.objects_of:
            found |= dict.fromkeys(graph.pointing(predicate))
        return found


@dataclass(frozen=True, slots=True)
class Fallen:
    """A shape that is not compiled, and why."""

    shape: str
    en: str
    zh: str


@dataclass(slots=True)
class Plan:
    """Compiled rules, and the shapes that fall back to pySHACL."""

    rules: list[Rule] = field(default_factory=list)
    fallen: list[Fallen] = field(default_factory=list)

    def run(self, graph: Graph) -> list[Result]:
        """Return the results of all compiled rules on a graph."""
        found: list[Result] = []
        for rule in self.rules:
            check = rule.code.run()
            if check:
                for focus in rule.focus_nodes(graph):
                    check(graph, focus, found)
        return found


def compile_plan(shapes: Graph) -> Plan:
    """Compile all shapes of a graph that have targets."""
    compiler, plan = Compiler(shapes), Plan()
    for shape in find_shapes(shapes):
        try:
            if compiler.deactivated(shape):
                continue
            plan.rules.append(Rule(compiler.compile(shape), _targets(shapes, shape)))
        except NotCompiledError as reason:
            plan.fallen.append(Fallen(shape, reason.en, reason.zh))
    return plan


def _targets(shapes: Graph, shape: str) -> Targets:
    def stated(name: str) -> tuple[str, ...]:
        return tuple(shapes.objects(shape, sh(name)))

    classes = stated("targetClass") + ((shape,) if implicit_class(shapes, shape) else ())
    nodes = tuple(normal(node) for node in stated("targetNode"))
    return Targets(classes, nodes, stated("targetSubjectsOf"), stated("targetObjectsOf"))
