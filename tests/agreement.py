"""Two questions to a reasoner that say whether it and a materialised graph agree on all individuals.

*Nothing is missing*: state of every individual that it is in no class, and has no value, but those the graph has. If
that is consistent, nothing more follows. *Nothing is too much*: state of a new individual that it is one of those the
graph puts in a class, yet not in that class (or lacks a value). If that is inconsistent, all that the graph has follows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

import pyoxigraph as ox

from aistandards.derive import INFERRED
from aistandards.dlview import FIRST, OWL, REST, TYPE, VIEW, View
from aistandards.namespaces import AIS, expand

Class = ox.NamedNode | ox.BlankNode
SOMETHING = ox.NamedNode(VIEW.value + "#something")


class _Nameless(View):
    """A view in which the new individual may be any other: it has no name of its own."""

    def individuals(self) -> list[str]:
        return [name for name in View.individuals(self) if name != SOMETHING.value]


class Question:
    """Axioms and assertions to add to a view."""

    def __init__(self) -> None:
        self.axioms: list[ox.Triple] = []
        self.assertions: list[ox.Triple] = []

    def state(self, subject: Class, name: str, value: Class) -> None:
        self.axioms.append(ox.Triple(subject, ox.NamedNode(OWL + name), value))

    def new(self, kind: str = "Class") -> ox.BlankNode:
        node = ox.BlankNode()
        self.axioms.append(ox.Triple(node, TYPE, ox.NamedNode(OWL + kind)))
        return node

    def of(self, name: str, items: Sequence[Class]) -> Class:
        """A class by a list: ``unionOf``, ``intersectionOf`` or ``oneOf``."""
        node, head = self.new(), ox.BlankNode()
        self.state(node, name, head)
        for at, item in enumerate(items, 1):
            after: Class = ox.BlankNode() if at < len(items) else ox.NamedNode(expand("rdf:nil"))
            assert isinstance(head, ox.BlankNode)
            self.axioms += [ox.Triple(head, FIRST, item), ox.Triple(head, REST, after)]
            head = after if isinstance(after, ox.BlankNode) else head
        return node

    def without(self, other: Class) -> Class:
        node = self.new()
        self.state(node, "complementOf", other)
        return node

    def only(self, name: str, filler: Class) -> Class:
        node = self.new("Restriction")
        self.state(node, "onProperty", ox.NamedNode(name))
        self.state(node, "allValuesFrom", filler)
        return node

    def asked(self, view: View) -> View:
        return _Nameless(view.axioms + self.axioms, view.assertions + self.assertions, view.kinds)


def nodes(names: Iterable[str]) -> list[Class]:
    return [ox.NamedNode(name) for name in sorted(names)]


def own_classes(view: View) -> list[str]:
    return sorted(name for name, kinds in view.kinds.items() if "class" in kinds and name.startswith(AIS))


def nothing_missing(view: View, store: ox.Store, properties: Sequence[str]) -> View:
    """The view in which individuals have only what the graph has; consistent where nothing more follows."""
    question, individuals = Question(), set(view.individuals())
    classes = own_classes(view)
    has: dict[str, set[str]] = defaultdict(set)
    for quad in store.quads_for_pattern(None, TYPE, None):
        if isinstance(quad.subject, ox.NamedNode) and isinstance(quad.object, ox.NamedNode):
            has[quad.subject.value].add(quad.object.value)
    alike: dict[frozenset[str], list[str]] = defaultdict(list)
    for name in individuals:
        alike[frozenset(has[name])].append(name)
    for at, (mine, members) in enumerate(alike.items()):
        lacks = question.of("unionOf", nodes(name for name in classes if name not in mine))
        _put(question, members, question.without(lacks), f"lacks{at}")
    for name in properties:
        values: dict[str, set[str]] = defaultdict(set)
        for quad in store.quads_for_pattern(None, ox.NamedNode(name), None):
            if isinstance(quad.subject, ox.NamedNode) and isinstance(quad.object, ox.NamedNode):
                values[quad.subject.value].add(quad.object.value)
        same: dict[frozenset[str], list[str]] = defaultdict(list)
        for subject in individuals:
            same[frozenset(values[subject])].append(subject)
        for at, (given, subjects) in enumerate(same.items()):
            filler = question.of("oneOf", nodes(given)) if given else ox.NamedNode(OWL + "Nothing")
            _put(question, subjects, question.only(name, filler), f"{name.rpartition('#')[2]}{at}")
    return question.asked(view)


def _put(question: Question, members: list[str], within: Class, name: str) -> None:
    """State that members are in a class expression, by a name for it."""
    named = ox.NamedNode(f"{VIEW.value}#{name}")
    question.axioms += [
        ox.Triple(named, TYPE, ox.NamedNode(OWL + "Class")),
        ox.Triple(named, ox.NamedNode(expand("rdfs:subClassOf")), within),
    ]
    question.assertions += [ox.Triple(ox.NamedNode(member), TYPE, named) for member in members]


def nothing_too_much(view: View, store: ox.Store, properties: Sequence[str]) -> View:
    """The view in which something inferred does not hold; inconsistent where all that is inferred follows."""
    question, individuals, cases = Question(), set(view.individuals()), list[Class]()
    members: dict[str, set[str]] = defaultdict(set)
    pairs: dict[tuple[str, str], set[str]] = defaultdict(set)
    for quad in store.quads_for_pattern(None, None, None, INFERRED):
        subject, value = quad.subject, quad.object
        if not isinstance(subject, ox.NamedNode) or not isinstance(value, ox.NamedNode):
            continue
        if subject.value in individuals and quad.predicate == TYPE and value.value.startswith(AIS):
            members[value.value].add(subject.value)
        elif subject.value in individuals and quad.predicate.value in properties:
            pairs[quad.predicate.value, value.value].add(subject.value)
    for kind, inside in members.items():
        cases.append(
            question.of("intersectionOf", [question.of("oneOf", nodes(inside)), question.without(ox.NamedNode(kind))])
        )
    for (name, filler), subjects in pairs.items():
        lacking = question.only(name, question.without(question.of("oneOf", nodes([filler]))))
        cases.append(question.of("intersectionOf", [question.of("oneOf", nodes(subjects)), lacking]))
    _put(question, [SOMETHING.value], question.of("unionOf", cases), "somewhere")
    return question.asked(view)
