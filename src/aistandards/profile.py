"""Whether the reasoner's view is OWL 2 DL: the global restrictions, as far as an ontology of our form can break them.

Checked: every name is declared, as one kind of property only; values agree with the kind of their property and are
values of a data type of OWL 2; properties that a chain or transitivity makes composite are not functional, asymmetric,
irreflexive, disjoint or counted; chains run in an order without circles (W3C OWL 2 Structural Specification, §11).
What it does not check, a full OWL API does: ``make peers`` runs ROBOT over the same view.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Final

import networkx as nx
import pyoxigraph as ox

from aistandards.dlview import FIRST, OWL, RDFS, REST, TYPE, View
from aistandards.findings import Finding
from aistandards.namespaces import compress
from aistandards.sources import Row
from aistandards.validation import placed

CHARACTERS: Final = {
    OWL + f"{name}Property" for name in ("Functional", "InverseFunctional", "Asymmetric", "Irreflexive")
}
COUNTED: Final = {OWL + name for name in ("cardinality", "minCardinality", "maxCardinality", "hasSelf")} | {
    OWL + name for name in ("qualifiedCardinality", "minQualifiedCardinality", "maxQualifiedCardinality")
}


def check(view: View, places: dict[str, Row]) -> list[Finding]:
    """Return what keeps a view out of OWL 2 DL."""
    found = []
    for iri, triple in sorted(view.undeclared.items()):
        zh, en = (
            f"“{compress(iri)}”未声明为类或属性。",
            f"“{compress(iri)}” is declared neither as a class nor as a property.",
        )
        found.append(_finding(places, triple, "dl-undeclared", zh, en))
    for triple in view.mistyped:
        name = compress(triple.predicate.value)
        zh, en = (
            f"{name} 的值类型不符（条目或文本）。",
            f"The value of {name} is a text for a thing, or a thing for a text.",
        )
        found.append(_finding(places, triple, "dl-kind", zh, en))
    for triple in view.unreadable:
        value = str(triple.object)
        zh, en = f"{value} 不是 OWL 2 数据类型的有效值。", f"{value} is no value of a data type of OWL 2."
        found.append(_finding(places, triple, "dl-datatype", zh, en))
    for iri, kinds in sorted(view.kinds.items()):
        if len(kinds - {"class"}) > 1:
            listed = ", ".join(sorted(kinds))
            zh, en = f"{compress(iri)} 同时声明为 {listed}。", f"{compress(iri)} is declared as {listed} at once."
            found.append(Finding("dl-kinds", "violation", zh, en, record=compress(iri)))
    return found + _composite(view) + _circles(view)


def _finding(places: dict[str, Row], triple: ox.Triple, rule: str, zh: str, en: str) -> Finding:
    subject = triple.subject.value if isinstance(triple.subject, ox.NamedNode) else str(triple.subject)
    return placed(places, subject, rule=rule, severity="violation", message_zh=zh, message_en=en)


def _chains(view: View) -> list[tuple[str, list[str]]]:
    """Return the property chains: the property implied, and the links."""
    first = {t.subject: t.object for t in view.axioms if t.predicate == FIRST}
    rest = {t.subject: t.object for t in view.axioms if t.predicate == REST}
    chains = []
    for triple in view.axioms:
        if triple.predicate.value == OWL + "propertyChainAxiom":
            links, node = [], triple.object
            while isinstance(node, ox.BlankNode) and node in first:
                links.append(str(first[node]).strip("<>"))
                node = rest[node]
            chains.append((str(triple.subject).strip("<>"), links))
    return chains


def _composite(view: View) -> list[Finding]:
    """Return the composite properties that must be simple."""
    wider: dict[str, set[str]] = defaultdict(set)
    composite = {name for name, _ in _chains(view)}
    for triple in view.axioms:
        subject, value = str(triple.subject).strip("<>"), str(triple.object).strip("<>")
        if triple.predicate.value == RDFS + "subPropertyOf":
            wider[subject].add(value)
        elif triple.predicate.value == OWL + "inverseOf":
            wider[subject].add(value)
            wider[value].add(subject)
        elif triple.predicate == TYPE and value == OWL + "TransitiveProperty":
            composite.add(subject)
    todo = list(composite)
    while todo:
        new = wider[todo.pop()] - composite
        composite |= new
        todo += new
    counted = {t.subject for t in view.axioms if t.predicate.value in COUNTED}
    bad = set()
    for triple in view.axioms:
        subject, value = str(triple.subject).strip("<>"), str(triple.object).strip("<>")
        if triple.predicate == TYPE and value in CHARACTERS:
            bad |= composite & {subject}
        elif triple.predicate.value == OWL + "propertyDisjointWith":
            bad |= composite & {subject, value}
        elif triple.predicate.value == OWL + "onProperty" and triple.subject in counted:
            bad |= composite & {value}
    return [
        Finding(
            "dl-simple",
            "violation",
            f"{compress(name)} 由链或传递性得出，不能是函数性、非对称、非自反、互斥或受计数约束的。",
            f"{compress(name)} follows from a chain or is transitive: it cannot be functional, asymmetric, irreflexive, disjoint or counted.",
            record=compress(name),
        )
        for name in sorted(bad)
    ]


def _circles(view: View) -> list[Finding]:
    """Return the chains that run in a circle: no order of the properties is then regular."""
    order: nx.DiGraph[str] = nx.DiGraph()
    for triple in view.axioms:
        if triple.predicate.value == RDFS + "subPropertyOf":
            order.add_edge(str(triple.subject).strip("<>"), str(triple.object).strip("<>"))
    chained = set()
    for name, links in _chains(view):
        inner = links[1:] if links[0] == name else links[:-1] if links[-1] == name else links
        for link in inner if links != [name, name] else []:
            order.add_edge(link, name)
            chained.add((link, name))
    rings = [
        ring for ring in nx.strongly_connected_components(order) if any(a in ring and b in ring for a, b in chained)
    ]
    return [
        Finding(
            "dl-regular",
            "violation",
            f"属性链构成循环：{'、'.join(compress(name) for name in sorted(ring))}。",
            f"Property chains run in a circle: {', '.join(compress(name) for name in sorted(ring))}.",
        )
        for ring in rings
    ]
