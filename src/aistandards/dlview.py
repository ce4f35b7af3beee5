"""What a reasoner sees: model and records as one OWL 2 DL ontology, without what it cannot read and what cannot matter.

Left out, and counted: annotations, keys (every pair of records would be compared), values of data properties that no
axiom speaks of, derived graphs. Days become ``xsd:dateTime``, which OWL 2 knows; texts lose their language tag. All
individuals are different: each has a name of its own under a functional property, which costs a statement each, where
``owl:AllDifferent`` would compare every pair.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

import pyoxigraph as ox

from aistandards.namespaces import PREFIXES, SPARQL_PROLOGUE, expand, graph_iri
from aistandards.settings import resource

OWL: Final = PREFIXES["owl"]
RDFS: Final = PREFIXES["rdfs"]
TYPE, FIRST, REST = (ox.NamedNode(expand(f"rdf:{name}")) for name in ("type", "first", "rest"))
DATE, DATE_TIME = (ox.NamedNode(expand(f"xsd:{name}")) for name in ("date", "dateTime"))
XSD: Final = PREFIXES["xsd"]
_NUMBERS: Final = (
    "decimal integer nonNegativeInteger positiveInteger nonPositiveInteger negativeInteger long int short byte"
)
_OTHERS: Final = (
    "double float boolean anyURI hexBinary base64Binary dateTime dateTimeStamp token normalizedString language"
)
DATATYPES: Final = {XSD + name for name in f"{_NUMBERS} {_OTHERS}".split()}
VIEW: Final = ox.NamedNode("https://w3id.org/aistandards/view")
OWN_NAME: Final = ox.NamedNode(VIEW.value + "#ownName")
KINDS: Final = {
    OWL + "Class": "class",
    OWL + "ObjectProperty": "object",
    OWL + "DatatypeProperty": "data",
    OWL + "AnnotationProperty": "annotation",
}
BUILT_IN: Final = tuple(PREFIXES[name] for name in ("owl", "rdfs", "rdf", "xsd"))
DERIVED: Final = {graph_iri("inferred"), graph_iri("verdicts")}
AXIOMS: Final = {RDFS + name for name in ("subClassOf", "subPropertyOf", "domain", "range")}
RULE: Final = "# Rule"
UNSEEN: Final = {
    OWL + name for name in ("hasKey", "annotatedSource", "annotatedProperty", "annotatedTarget", "imports")
}
INDIVIDUAL_AXIOMS: Final = {OWL + name for name in ("hasValue", "oneOf", "sameAs", "differentFrom", "distinctMembers")}
HEADER: Final = {
    OWL + name
    for name in (
        "versionIRI",
        "versionInfo",
        "priorVersion",
        "backwardCompatibleWith",
        "incompatibleWith",
        "deprecated",
    )
}
NOT_AXIOMS: Final = {OWL + "Axiom", OWL + "Ontology", OWL + "NamedIndividual"}


@dataclass(slots=True)
class View:
    """The ontology a reasoner reads, the kinds of its names, and what did not fit.

    ``undeclared`` has a name used without a declaration and one place where it stands, ``mistyped`` the values of the
    other kind than their property, ``unreadable`` those that are no value of their data type or of one OWL 2 lacks.
    """

    axioms: list[ox.Triple] = field(default_factory=list)
    assertions: list[ox.Triple] = field(default_factory=list)
    kinds: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    left_out: Counter[str] = field(default_factory=Counter)
    undeclared: dict[str, ox.Triple] = field(default_factory=dict)
    mistyped: list[ox.Triple] = field(default_factory=list)
    unreadable: list[ox.Triple] = field(default_factory=list)

    def individuals(self) -> list[str]:
        """Return the IRIs of all individuals, sorted."""
        return sorted({name for triple in self.assertions for name in individuals_of(triple)})

    def only(self, individuals: Iterable[str]) -> View:
        """Return the view of some individuals: the axioms, and what is stated among these."""
        kept = set(individuals)
        return View(self.axioms, [t for t in self.assertions if kept.issuperset(individuals_of(t))], self.kinds)

    def of_model(self) -> View:
        """Return the view without records: the axioms, and the individuals that they name with all above these."""
        values = [t.object for t in self.axioms if t.predicate.value == OWL + "hasValue" or t.predicate == FIRST]
        names = {term.value for term in values if isinstance(term, ox.NamedNode)}
        above: dict[str, set[str]] = defaultdict(set)
        for triple in self.assertions:
            subject, value = triple.subject, triple.object
            if triple.predicate != TYPE and isinstance(subject, ox.NamedNode) and isinstance(value, ox.NamedNode):
                above[subject.value].add(value.value)
        todo = list(names)
        while todo:
            new = above.get(todo.pop(), set()) - names
            names |= new
            todo += new
        return self.only(names)

    def n_triples(self) -> bytes:
        """Return the view as N-Triples."""
        return ox.serialize((*self.axioms, *self.assertions, *self._different()), format=ox.RdfFormat.N_TRIPLES) or b""

    def _different(self) -> Iterator[ox.Triple]:
        yield ox.Triple(VIEW, TYPE, ox.NamedNode(OWL + "Ontology"))
        for kind in ("DatatypeProperty", "FunctionalProperty"):
            yield ox.Triple(OWN_NAME, TYPE, ox.NamedNode(OWL + kind))
        for name in self.individuals():
            yield ox.Triple(ox.NamedNode(name), TYPE, ox.NamedNode(OWL + "NamedIndividual"))
            yield ox.Triple(ox.NamedNode(name), OWN_NAME, ox.Literal(name))


def individuals_of(triple: ox.Triple) -> list[str]:
    """Return the individuals that an assertion names."""
    terms = [triple.subject] if triple.predicate == TYPE else [triple.subject, triple.object]
    return [term.value for term in terms if isinstance(term, ox.NamedNode)]


def view_of(store: ox.Store) -> View:
    """Return the reasoner's view of all that a store states, without the derived graphs."""
    stated = _stated(store)
    view = View()
    for quad in stated:
        if quad.predicate == TYPE and isinstance(quad.object, ox.NamedNode) and quad.object.value in KINDS:
            view.kinds[_name(quad.subject)].add(KINDS[quad.object.value])
    members = _members(stated)
    for said in dict.fromkeys(q.triple for q in stated):
        for triple in _flat(view, said, members):
            _sort(view, triple, members)
    spoken = _spoken_of(view)
    kept = []
    for triple in view.assertions:
        if isinstance(triple.object, ox.Literal) and triple.predicate.value not in spoken:
            view.left_out["values of properties that no axiom speaks of"] += 1
        elif _is_readable(readable := _readable(triple)):
            kept.append(readable)
        else:
            view.unreadable.append(triple)
    view.assertions = list(dict.fromkeys(kept))
    return view


def _stated(store: ox.Store) -> list[ox.Quad]:
    """Return what a store states, with what our rules state in addition: a rule is no axiom, so no reasoner derives it."""
    kept = [q for q in store if not isinstance(q.graph_name, ox.NamedNode) or q.graph_name.value not in DERIVED]
    rules = [path.read_text(encoding="utf-8") for path in sorted((resource("queries") / "inference").glob("*.ru"))]
    scratch = ox.Store()
    scratch.extend(kept)
    for rule in rules:
        if rule.startswith(RULE):
            scratch.update(SPARQL_PROLOGUE + rule)
    return list(scratch)


def _name(term: ox.NamedNode | ox.BlankNode | ox.Triple | ox.Literal) -> str:
    return term.value if isinstance(term, ox.NamedNode) else str(term)


def _members(stated: list[ox.Quad]) -> dict[str, list[ox.NamedNode | ox.BlankNode | ox.Literal]]:
    """Return the members of every RDF list by its first node."""
    first = {_name(q.subject): q.object for q in stated if q.predicate == FIRST}
    rest = {_name(q.subject): _name(q.object) for q in stated if q.predicate == REST}
    lists: dict[str, list[ox.NamedNode | ox.BlankNode | ox.Literal]] = {}
    for head in first:
        node, seen = head, set[str]()
        while node in first and node not in seen:
            seen.add(node)
            member = first[node]
            if not isinstance(member, ox.Triple):
                lists.setdefault(head, []).append(member)
            node = rest.get(node, "")
    return lists


def _flat(
    view: View, triple: ox.Triple, members: dict[str, list[ox.NamedNode | ox.BlankNode | ox.Literal]]
) -> Iterator[ox.Triple]:
    """Yield a triple; of one whose value is a list under a property of ours, one for each member."""
    is_ours = "object" in view.kinds.get(triple.predicate.value, ())
    if is_ours and isinstance(triple.object, ox.BlankNode) and _name(triple.object) in members:
        for member in members[_name(triple.object)]:
            yield ox.Triple(triple.subject, triple.predicate, member)
    else:
        yield triple


def _sort(view: View, triple: ox.Triple, members: dict[str, list[ox.NamedNode | ox.BlankNode | ox.Literal]]) -> None:
    """Put a triple where it belongs: axioms, assertions, or left out."""
    name, value = triple.predicate.value, triple.object
    kinds = view.kinds.get(name, set())
    if view.kinds.get(_name(triple.subject)) and not (name == TYPE.value or name.startswith(OWL) or name in AXIOMS):
        view.left_out["notes on terms"] += 1
        return
    if name in UNSEEN or name in HEADER or name in (FIRST.value, REST.value):
        if name not in (FIRST.value, REST.value):
            view.left_out["keys, notes on axioms, header"] += 1
        return
    if name == TYPE.value:
        _sort_type(view, triple)
    elif name == RDFS + "range" and _name(value).startswith(XSD) and _name(value) not in {*DATATYPES, XSD + "string"}:
        view.left_out["ranges of data types that OWL 2 lacks"] += 1
    elif name.startswith(OWL) or name in AXIOMS:
        view.axioms.append(triple)
        listed = _list_triples(value, members)
        view.axioms += listed
        for term in (triple.subject, value, *(t.object for t in listed if t.predicate == FIRST)):
            foreign = isinstance(term, ox.NamedNode) and not term.value.startswith(BUILT_IN)
            if foreign and not view.kinds.get(_name(term)) and name not in INDIVIDUAL_AXIOMS:
                view.undeclared.setdefault(_name(term), triple)
    elif name.startswith(BUILT_IN) or kinds == {"annotation"}:
        view.left_out["annotations"] += 1
    elif not kinds:
        view.undeclared.setdefault(name, triple)
    elif ("object" in kinds and isinstance(value, ox.Literal)) or (
        kinds == {"data"} and not isinstance(value, ox.Literal)
    ):
        view.mistyped.append(triple)
    else:
        view.assertions.append(triple)


def _sort_type(view: View, triple: ox.Triple) -> None:
    value = triple.object
    name = _name(value)
    if name in NOT_AXIOMS:
        return
    if name.startswith(BUILT_IN):
        view.axioms.append(triple)
    elif isinstance(value, ox.BlankNode) or "class" in view.kinds.get(name, ()):
        view.assertions.append(triple)
    else:
        view.undeclared.setdefault(name, triple)


def _list_triples(head: object, members: dict[str, list[ox.NamedNode | ox.BlankNode | ox.Literal]]) -> list[ox.Triple]:
    """Return the triples of the list that an axiom's value is, written anew from its members."""
    if not isinstance(head, ox.BlankNode) or _name(head) not in members:
        return []
    triples, node = [], head
    for at, member in enumerate(members[_name(head)], 1):
        last = at == len(members[_name(head)])
        after = ox.NamedNode(expand("rdf:nil")) if last else ox.BlankNode()
        triples += [ox.Triple(node, FIRST, member), ox.Triple(node, REST, after)]
        node = after if isinstance(after, ox.BlankNode) else node
    return triples


def _spoken_of(view: View) -> set[str]:
    """Return the properties that an axiom speaks of beyond declaring them."""
    named = {_name(term) for t in view.axioms if t.predicate != TYPE for term in (t.subject, t.object)}
    characters = {_name(t.subject) for t in view.axioms if t.predicate == TYPE and _name(t.object) not in KINDS}
    return named | characters


def _is_readable(triple: ox.Triple) -> bool:
    """Whether a literal is a value of a data type that OWL 2 has."""
    value = triple.object
    if not isinstance(value, ox.Literal) or value.datatype.value in (XSD + "string", PREFIXES["rdf"] + "langString"):
        return True
    if value.datatype.value not in DATATYPES:
        return False
    from rdflib import Literal, URIRef

    return not Literal(value.value, datatype=URIRef(value.datatype.value)).ill_typed


def _readable(triple: ox.Triple) -> ox.Triple:
    """Return a triple with its value as HermiT can read it."""
    value = triple.object
    if not isinstance(value, ox.Literal):
        return triple
    if value.datatype == DATE:
        return ox.Triple(triple.subject, triple.predicate, ox.Literal(f"{value.value}T00:00:00", datatype=DATE_TIME))
    if value.language:
        return ox.Triple(triple.subject, triple.predicate, ox.Literal(value.value))
    return triple
