"""Property paths of SHACL as functions from a focus node to its value nodes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from aistandards.shacl.graph import Graph
from aistandards.shacl.reach import NotCompiledError, Reach, here, there
from aistandards.shacl.terms import RDF, SH, is_blank, is_iri, sh

Step = Callable[[Graph, str], Sequence[str]]
_FIRST = f"<{RDF}first>"
_DEEPEST = 8


@dataclass(frozen=True, slots=True)
class Path:
    """A path: the value nodes from a focus node, each once; its text; what it reads; and its predicate, where it is but one."""

    values: Step
    text: str
    reach: Reach
    predicate: str | None = None


def compile_path(shapes: Graph, node: str, depth: int = 0) -> Path:
    """Return the path that a node of the shapes graph describes; raises NotCompiledError for what is no known path."""
    if is_iri(node):
        return _forward(node)
    if depth > _DEEPEST or not is_blank(node):
        raise _unknown(node)
    if shapes.objects(node, _FIRST):
        return _sequence([compile_path(shapes, item, depth + 1) for item in _items(shapes, node)])
    stated = shapes.record(node)
    if len(stated) != 1 or len(values := next(iter(stated.values()))) != 1:
        raise _unknown(node)
    kind, [value] = next(iter(stated)), values
    if kind == sh("inversePath"):
        return _inverse(shapes, value, depth)
    if kind == sh("alternativePath"):
        return _alternative([compile_path(shapes, item, depth + 1) for item in _items(shapes, value)])
    repeated = {sh("zeroOrMorePath"): "*", sh("oneOrMorePath"): "+", sh("zeroOrOnePath"): "?"}.get(kind)
    if repeated is None:
        raise _unknown(kind)
    return _repeated(compile_path(shapes, value, depth + 1), repeated)


def _unknown(node: str) -> NotCompiledError:
    name = node.replace(f"<{SH}", "sh:").strip(">")
    return NotCompiledError(f"the path {name} is not one the compiler knows", f"编译器不认识路径 {name}")


def _items(shapes: Graph, head: str) -> list[str]:
    try:
        items = shapes.items(head)
    except ValueError:
        raise _unknown(head) from None
    if len(items) < 2:
        raise _unknown(head)
    return items


def _forward(predicate: str) -> Path:
    return Path(lambda graph, focus: graph.objects(focus, predicate), predicate, here(predicate), predicate)


def _inverse(shapes: Graph, value: str, depth: int) -> Path:
    if not is_iri(value):  # pySHACL turns the members of an inverted sequence but not their order
        raise NotCompiledError("the inverse of a path of several steps", "多步路径的逆路径")
    return Path(lambda graph, focus: graph.subjects(value, focus), f"^{value}", there(value))


def _sequence(steps: list[Path]) -> Path:
    def values(graph: Graph, focus: str) -> Sequence[str]:
        reached: Sequence[str] = (focus,)
        for step in steps:
            reached = list(dict.fromkeys(value for node in reached for value in step.values(graph, node)))
        return reached

    reach = steps[0].reach
    for step in steps[1:]:
        reach |= step.reach.away()
    return Path(values, "(" + "/".join(step.text for step in steps) + ")", reach)


def _alternative(choices: list[Path]) -> Path:
    def values(graph: Graph, focus: str) -> Sequence[str]:
        return list(dict.fromkeys(value for choice in choices for value in choice.values(graph, focus)))

    reach = Reach()
    for choice in choices:
        reach |= choice.reach
    return Path(values, "(" + "|".join(choice.text for choice in choices) + ")", reach)


def _repeated(step: Path, how: str) -> Path:
    def zero_or_one(graph: Graph, focus: str) -> Sequence[str]:
        return list(dict.fromkeys((focus, *step.values(graph, focus))))

    def more(graph: Graph, focus: str) -> Sequence[str]:
        found: dict[str, None] = {focus: None} if how == "*" else {}
        left = [focus]
        while left:
            for value in step.values(graph, left.pop()):
                if value not in found:
                    found[value] = None
                    left.append(value)
        return list(found)

    reach = step.reach if how == "?" else step.reach | step.reach.away()
    return Path(zero_or_one if how == "?" else more, f"{step.text}{how}", reach)
