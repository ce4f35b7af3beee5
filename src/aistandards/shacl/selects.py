"""SPARQL-based constraints: basic patterns, OPTIONAL, UNION, BIND and FILTER are run here; any other form is refused.

Filters are rdflib's own functions, so that a comparison of dates means what it means to pySHACL; two plain days are
compared as texts. ``$this`` is bound before the query is run, as the standard says.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, cast

from aistandards.shacl import terms
from aistandards.shacl.constraints import REMEMBERED, Part
from aistandards.shacl.graph import Graph
from aistandards.shacl.paths import Path
from aistandards.shacl.reach import EVERY, NOTHING, NotCompiledError, Reach, here, there
from aistandards.shacl.results import Result, Source
from aistandards.shacl.terms import TYPE, is_literal, sh
from aistandards.shacl.values import component, malformed, single, truth

Row = dict[str, str]  # variable to term
Rows = Callable[[Graph, Row], Iterable[Row]]
Filter = Callable[[Graph, Row], bool]
ONTOLOGY: Final = "<http://www.w3.org/2002/07/owl#Ontology>"
IMPORTS: Final = "<http://www.w3.org/2002/07/owl#imports>"
_COMPONENT: Final = component("SPARQL")
_FORBIDDEN: Final = re.compile(r"\b(MINUS|VALUES|SERVICE|GRAPH)\b|[$?](shapesGraph|currentShape)\b", re.IGNORECASE)
_OF_CONTEXT: Final = {f"Builtin_{name}" for name in ("NOW", "RAND", "UUID", "STRUUID", "BNODE", "IRI", "URI")}
_STEPS: Final = frozenset(
    {"BGP", "Filter", "Join", "LeftJoin", "Union", "Extend", "Project", "Distinct", "SelectQuery"}
)


def compile_constraints(shapes: Graph, shape: str, source: Source, path: Path | None) -> Iterator[Part]:
    """Compile the SPARQL-based constraints of a shape."""
    for constraint in shapes.objects(shape, sh("sparql")):
        if shapes.objects(constraint, sh("deactivated")) and truth(shapes, constraint, "deactivated"):
            continue
        messages = shapes.objects(constraint, sh("message"))
        if any(not is_literal(message) for message in messages):
            raise malformed("message")
        said = source._replace(messages=tuple(dict.fromkeys((*messages, *source.messages))))
        yield _part(_algebra(shapes, constraint, path), said)


def _algebra(shapes: Graph, constraint: str, path: Path | None) -> Any:
    """Return the algebra of a query, as rdflib reads it, prefixes declared and ``$PATH`` put in."""
    from pyparsing.exceptions import ParseBaseException
    from rdflib.plugins.sparql import prepareQuery

    text = terms.lexical(single(shapes, constraint, "select"))
    forbidden = _FORBIDDEN.search(text)
    if forbidden:
        raise _unknown(forbidden[0])
    if re.search(r"[$?]PATH\b", text):
        if path is None or path.predicate is None:
            raise _unknown("$PATH")
        predicate = path.predicate
        text = re.sub(r"[$?]PATH\b", lambda _: predicate, text)
    try:
        return prepareQuery(_prefixes(shapes, constraint) + text).algebra
    except (ParseBaseException, Exception) as error:  # rdflib raises plain Exception for an unknown prefix
        raise _unknown(type(error).__name__) from None


def _unknown(name: str) -> NotCompiledError:
    return NotCompiledError(
        f"the compiler does not run {name} in a SPARQL constraint", f"编译器不执行 SPARQL 约束中的 {name}"
    )


def _prefixes(shapes: Graph, constraint: str) -> str:
    """Return the declarations a constraint uses: those of the nodes it names, of what these import, and of ontologies."""
    named = shapes.objects(constraint, sh("prefixes"))
    declared: dict[str, str] = {}
    owners = dict.fromkeys((*named, *(shapes.subjects(TYPE, ONTOLOGY) if named else ())))
    left = list(named)
    while left:
        imported = [node for node in shapes.objects(left.pop(), IMPORTS) if node not in owners]
        owners |= dict.fromkeys(imported)
        left += imported
    for owner in reversed(owners):  # the nodes named have the last word
        for declaration in shapes.objects(owner, sh("declare")):
            prefix, space = single(shapes, declaration, "prefix"), single(shapes, declaration, "namespace")
            declared[terms.lexical(prefix)] = terms.lexical(space)
    return "".join(f"PREFIX {prefix}: <{space}>\n" for prefix, space in declared.items())


def _part(algebra: Any, source: Source) -> Part:
    """Return a part that runs a query for a focus node; every solution is a result."""
    reads: list[Reach] = []
    rows = _compile(algebra.p, {"this"}, reads)
    projected = [str(name) for name in algebra.PV]
    if "failure" in projected:
        raise _unknown("?failure")

    def run(graph: Graph, focus: str, _values: Sequence[str], found: list[Result]) -> None:
        seen: list[Row] = []
        for solution in rows(graph, {"this": focus}):
            row = {name: solution[name] for name in projected if name in solution}
            if row in seen or not row.keys() & {"this", "path", "value"}:
                continue
            seen.append(row)
            found.append(_result(source, focus, row))

    reach = NOTHING
    for read in reads:
        reach |= read
    return Part(run, reach)


def _result(source: Source, focus: str, row: Row) -> Result:
    value = focus if source.path is None else None
    messages = tuple(_filled(message, row) for message in source.messages)
    result = source.result(row.get("this", focus), _COMPONENT, row.get("value", value))
    return result._replace(messages=messages, path=row.get("path", result.path))


def _filled(message: str, row: Row) -> str:
    """Return a message with the values of the solution in place of ``{?variable}``."""
    if "{" not in message:
        return message
    text = re.sub(
        r"\{[?$](\w+)\}",
        lambda match: terms.lexical(row[match[1]]) if match[1] in row else match[0],
        terms.lexical(message),
    )
    import pyoxigraph as ox

    return str(ox.Literal(text, language=terms.language(message) or None))


def _compile(part: Any, bound: set[str], reads: list[Reach]) -> Rows:
    """Return what yields the solutions of a part; ``bound`` grows by the variables it may bind."""
    if part.name not in _STEPS:
        raise _unknown(part.name)
    if part.name == "BGP":
        return _patterns(part.triples, bound, reads)
    if part.name == "Join":
        return _chained(_compile(part.p1, bound, reads), _compile(part.p2, bound, reads))
    if part.name == "Union":
        one, other = _compile(part.p1, bound, reads), _compile(part.p2, bound, reads)
        return lambda graph, row: (*one(graph, row), *other(graph, row))
    if part.name == "LeftJoin":
        return _optional(part, bound, reads)
    below = _compile(part.p, bound, reads)
    if part.name == "Filter":
        keeps = _filter(part.expr, bound, reads)
        return lambda graph, row: (found for found in below(graph, row) if keeps(graph, found))
    if part.name == "Extend":
        return _extended(part, below, bound)
    return below  # Project and Distinct: solutions are projected and told apart at the end


def _chained(first: Rows, then: Rows) -> Rows:
    return lambda graph, row: (found for start in first(graph, row) for found in then(graph, start))


def _optional(part: Any, bound: set[str], reads: list[Reach]) -> Rows:
    left = _compile(part.p1, bound, reads)
    right = _compile(part.p2, bound, reads)
    keeps = _filter(part.expr, bound, reads)

    def rows(graph: Graph, row: Row) -> Iterator[Row]:
        for start in left(graph, row):
            matches = [found for found in right(graph, start) if keeps(graph, found)]
            yield from matches or [start]

    return rows


def _extended(part: Any, below: Rows, bound: set[str]) -> Rows:
    name, value = str(part.var), _expression(part.expr)
    if name in bound:
        raise _unknown(f"AS ?{name}")
    bound.add(name)

    def rows(graph: Graph, row: Row) -> Iterator[Row]:
        from rdflib.plugins.sparql.sparql import SPARQLError

        for found in below(graph, row):
            try:
                yield {**found, name: terms.normal(terms.of_node(value(found)))}
            except SPARQLError:
                yield found

    return rows


def _patterns(triples: list[Any], bound: set[str], reads: list[Reach]) -> Rows:
    """Return what yields the solutions of a basic pattern: those with a known subject first, then with a known value."""
    left = [tuple(_slot(term) for term in triple) for triple in triples]
    steps = []
    while left:
        left.sort(key=lambda slots: _cost(slots, bound))
        subject, predicate, value = left.pop(0)
        read = EVERY if predicate[0] == "?" else predicate
        reads.append(here(read) if subject == "?this" else there(read))
        steps.append((_any_pattern if read is EVERY else _pattern)(subject, predicate, value))
        bound |= {slot[1:] for slot in (subject, predicate, value) if slot[0] == "?"}

    def rows(graph: Graph, row: Row) -> Iterable[Row]:
        found: Iterable[Row] = (row,)
        for step in steps:
            found = [solution for start in found for solution in step(graph, start)]
            if not found:
                return ()
        return found

    return rows


def _slot(term: Any) -> str:
    """Return a term, or a variable with a question mark; a blank node of a query is a variable that is not given out."""
    from rdflib import BNode, Variable
    from rdflib.paths import Path as PropertyPath

    if isinstance(term, PropertyPath):
        raise _unknown("a property path")
    if isinstance(term, Variable):
        return f"?{term}"
    return f"?_:{term}" if isinstance(term, BNode) else terms.normal(terms.of_node(term))


def _cost(slots: tuple[str, ...], bound: set[str]) -> int:
    known = [slot[0] != "?" or slot[1:] in bound for slot in slots]
    return (0 if known[0] else 1) if known[0] or known[2] else 2


def _resolved(slot: str, row: Row) -> str | None:
    return row.get(slot[1:]) if slot[0] == "?" else slot


def _any_pattern(subject: str, predicate: str, value: str) -> Rows:
    """Return what extends a solution by one triple pattern whose predicate is a variable."""
    slots = (subject, predicate, value)

    def rows(graph: Graph, row: Row) -> Iterator[Row]:
        start = _resolved(subject, row)
        for found in graph.records if start is None else (start,):
            for stated in graph.record(found):
                for reached in graph.objects(found, stated):
                    solution = dict(row)
                    if all(
                        (solution.setdefault(slot[1:], term) if slot[0] == "?" else slot) == term
                        for slot, term in zip(slots, (found, stated, reached), strict=True)
                    ):
                        yield solution

    return rows


def _pattern(subject: str, predicate: str, value: str) -> Rows:
    """Return what extends a solution by one triple pattern."""

    def rows(graph: Graph, row: Row) -> Iterator[Row]:
        start, end = _resolved(subject, row), _resolved(value, row)
        if start is not None:
            for reached in graph.objects(start, predicate):
                if end is None:
                    yield {**row, value[1:]: reached}
                elif reached == end:
                    yield row
        elif end is not None:
            for found in graph.subjects(predicate, end):
                yield {**row, subject[1:]: found}
        else:
            for found in graph.having(predicate):
                for reached in graph.objects(found, predicate):
                    if subject != value or found == reached:
                        yield {**row, subject[1:]: found, value[1:]: reached}

    return rows


def _filter(expression: Any, bound: set[str], reads: list[Reach]) -> Filter:
    """Return a filter: and, or, not and EXISTS are put together here, the rest is rdflib's."""
    name = getattr(expression, "name", "")
    if name == "TrueFilter":
        return lambda _graph, _row: True
    if name in ("ConditionalAndExpression", "ConditionalOrExpression") and _has_exists(expression):
        parts = [_filter(part, bound, reads) for part in (expression.expr, *(expression.other or ()))]
        rule = all if name == "ConditionalAndExpression" else any
        return lambda graph, row: rule(part(graph, row) for part in parts)
    if name in ("Builtin_EXISTS", "Builtin_NOTEXISTS"):
        rows, wanted = _compile(expression.graph, set(bound), reads), name == "Builtin_EXISTS"
        return lambda graph, row: any(True for _ in rows(graph, row)) is wanted
    if _has_exists(expression):
        raise _unknown("EXISTS inside another expression")
    return _compared(expression) or _evaluated(expression)


def _has_exists(expression: Any) -> bool:
    if isinstance(expression, list):
        return any(_has_exists(part) for part in expression)
    if getattr(expression, "name", "") in ("Builtin_EXISTS", "Builtin_NOTEXISTS"):
        return True
    return hasattr(expression, "values") and any(_has_exists(part) for part in expression.values())


def _expression(expression: Any) -> Callable[[Row], Any]:
    from rdflib.plugins.sparql.evalutils import _eval

    names, evaluate = _variables(expression), cast(Callable[[Any, Any], Any], _eval)
    return lambda row: evaluate(expression, {var: terms.node(row[name]) for name, var in names.items() if name in row})


def _evaluated(expression: Any) -> Filter:
    from rdflib.plugins.sparql.evalutils import _ebv

    names = _variables(expression)
    verdicts: dict[tuple[str | None, ...], bool] = {}

    def holds(_graph: Graph, row: Row) -> bool:
        key = tuple(row.get(name) for name in names)
        verdict = verdicts.get(key)
        if verdict is None:
            if len(verdicts) >= REMEMBERED:
                verdicts.clear()
            values: Any = {var: terms.node(row[name]) for name, var in names.items() if name in row}
            verdict = verdicts[key] = bool(_ebv(expression, values))
        return verdict

    return holds


def _variables(expression: Any) -> dict[str, Any]:
    """Return the variables of an expression by name; refuse what needs more of rdflib than their values."""
    from rdflib import Variable

    if isinstance(expression, Variable):
        return {str(expression): expression}
    if getattr(expression, "name", "") in _OF_CONTEXT:
        raise _unknown(expression.name.removeprefix("Builtin_"))
    parts = expression if isinstance(expression, list) else expression.values() if hasattr(expression, "values") else ()
    found: dict[str, Any] = {}
    for part in parts:
        found |= _variables(part)
    return found


_ORDERS: Final[dict[str, Callable[[str, str], bool]]] = {
    "<": lambda one, other: one < other,
    "<=": lambda one, other: one <= other,
    ">": lambda one, other: one > other,
    ">=": lambda one, other: one >= other,
}


def _compared(expression: Any) -> Filter | None:
    """Return a fast comparison of two variables, where that is what an expression is: two plain days are compared as texts."""
    from rdflib import Variable

    if getattr(expression, "name", "") != "RelationalExpression" or expression.op not in _ORDERS:
        return None
    if not (isinstance(expression.expr, Variable) and isinstance(expression.other, Variable)):
        return None
    one, other, order, slow = (
        str(expression.expr),
        str(expression.other),
        _ORDERS[expression.op],
        _evaluated(expression),
    )

    def holds(graph: Graph, row: Row) -> bool:
        left, right = row.get(one), row.get(other)
        if left is not None and right is not None and terms.plain_date(left) and terms.plain_date(right):
            return order(left, right)
        return slow(graph, row)

    return holds
