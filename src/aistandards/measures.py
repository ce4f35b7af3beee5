"""Measures of support as data: conditions out of the shapes, formulas, limits, shares and notes out of the ontology."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import pyoxigraph as ox

from aistandards.conditions import Branch, Condition, Judge, Value
from aistandards.derive import Facts
from aistandards.errors import SourceError, UsageError
from aistandards.findings import nearest
from aistandards.namespaces import ID, compress, expand, key_of
from aistandards.rules import Label, label_of
from aistandards.tables import tables

BOUNDS = {
    "sh:minInclusive": "at_least",
    "sh:minExclusive": "more_than",
    "sh:maxInclusive": "at_most",
    "sh:maxExclusive": "less_than",
}
ASIDE = frozenset(
    expand(name)
    for name in (
        "rdf:type",
        "sh:targetClass",
        "sh:severity",
        "sh:order",
        "sh:message",
        "dcterms:source",
        "ais:onProperty",
    )
)


@dataclass(frozen=True, slots=True)
class Support:
    """A formula under one reading: a rate of a base up to a cap, or where the amount stands instead."""

    reading: str
    label: Label
    note: Label | None
    clause: str
    base: str | None
    rate: Decimal | None
    rate_property: str | None
    cap: Decimal | None
    spent: str | None
    is_maximum: bool
    amount_in: str | None


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit on what a measure gives in a year: in total, to some projects, in number, or to one applicant."""

    label: Label
    clause: str
    value: Decimal
    unit: str
    per: str
    where: tuple[str, str] | None


@dataclass(frozen=True, slots=True)
class Share:
    """The part of the money that one budget pays."""

    label: Label
    clause: str
    weight: int


@dataclass(frozen=True, slots=True)
class Note:
    """What is said with a policy or one of its measures: what excludes what, selection, who pays."""

    kind: str
    label: Label
    clause: str
    measures: frozenset[str]


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy document as far as support needs it: what it is, since when and until when it holds."""

    iri: str
    slug: str
    title: Label
    status: str
    issued: date | None
    valid_until: date | None
    valid_years: int | None
    seen_on: date | None
    successors: tuple[str, ...]
    shares: tuple[Share, ...]
    notes: tuple[Note, ...]
    bars: tuple[tuple[int, Label, str], ...]


@dataclass(frozen=True, slots=True)
class Measure:
    """The support that a policy gives to one kind of project, with its conditions and formulas (the first as printed)."""

    iri: str
    name: str
    order: float
    label: Label
    policy: Policy
    kind: str
    clause: str
    conditions: tuple[Condition, ...]
    supports: tuple[Support, ...]
    limits: tuple[Limit, ...]


def clause_of(iri: str) -> str:
    """Return how a clause is cited: ``policy/number``, the end of its IRI."""
    return iri.removeprefix(ID + "policy/")


class Measures:
    """All measures that a store describes, its shapes among them; ``facts`` looks things up in it."""

    def __init__(self, store: ox.Store) -> None:
        self.facts = Facts(store)
        self.conditions = sorted([*self._shapes(), *self._day_conditions()], key=lambda found: found.order)
        self.policies = {slug: self._policy(slug) for slug in self._slugs()}
        every = [self._measure(iri) for iri in self.facts.members("ais:SupportMeasure")]
        self.all = sorted(every, key=lambda measure: measure.order)
        self.judge = Judge(self._domains())

    def policy(self, slug: str) -> Policy:
        """Return the policy of that name; raises UsageError with the nearest name."""
        if slug in self.policies:
            return self.policies[slug]
        near = nearest(slug, self.policies) or next((s for s in self.policies if slug and slug in s), None)
        names = ", ".join(self.policies)
        raise UsageError(
            f"No policy “{slug}” with rules of support.{f' Did you mean {near}?' if near else ''} Policies: {names}.",
            f"没有政策“{slug}”的支持规则。{f'是否指 {near}？' if near else ''}可用政策：{names}。",
            value=slug,
            near=near,
        )

    def pick(self, slugs: Iterable[str]) -> list[Measure]:
        """Return the measures of the policies asked for, or of all; raises UsageError with the nearest name."""
        asked = [self.policy(slug).slug for slug in slugs]
        return [measure for measure in self.all if not asked or measure.policy.slug in asked]

    def _slugs(self) -> list[str]:
        found = {self.facts.text(iri, "ais:ofPolicy") or "" for iri in self.facts.members("ais:SupportMeasure")}
        return sorted(key_of(iri) for iri in found)

    def _domains(self) -> dict[str, list[Value]]:
        """Return the values that a property can have: those of its code list, true and false."""
        domains: dict[str, list[Value]] = {}
        for column in next(table for table in tables() if table.kind == "application").columns:
            if column.kind == "boolean":
                domains[column.property] = [True, False]
            elif column.kind == "code":
                domains[column.property] = list(self.facts.subjects("skos:inScheme", f"{ID}{column.scheme}"))
        return domains

    # ---------------------------------------------------------------- reading

    def _one(self, iri: str, name: str) -> str:
        text = self.facts.text(iri, name)
        if text is None:
            raise SourceError(f"<{iri}> has no {name}. State it.", f"<{iri}> 缺少 {name}，请补充。")
        return text

    def _decimal(self, iri: str, name: str) -> Decimal | None:
        text = self.facts.text(iri, name)
        return Decimal(text) if text else None

    def _path(self, iri: str, name: str) -> str | None:
        text = self.facts.text(iri, name)
        return compress(text) if text else None

    def _day(self, iri: str, name: str) -> date | None:
        text = self.facts.text(iri, name)
        return date.fromisoformat(text) if text else None

    def _policy(self, slug: str) -> Policy:
        iri = f"{ID}policy/{slug}"
        facts, years = self.facts, self.facts.text(iri, "ais:validYears")
        issued = facts.span(iri, "ais:issued") or (None, None)
        return Policy(
            iri=iri,
            slug=slug,
            title=label_of(facts, iri, "dcterms:title"),
            status=key_of(self._one(iri, "adms:status")),
            issued=issued[0] if issued[0] == issued[1] else None,
            valid_until=self._day(iri, "ais:validUntil"),
            valid_years=int(Decimal(years)) if years else None,
            seen_on=self._day(iri, "ais:stateOf"),
            successors=tuple(key_of(later) for later in facts.subjects("ais:follows", iri)),
            shares=tuple(
                Share(label_of(facts, s), clause_of(self._one(s, "dcterms:source")), int(self._one(s, "ais:weight")))
                for s in self._of_policy("ais:SupportShare", iri)
            ),
            notes=tuple(self._note(note) for note in self._of_policy("ais:SupportNote", iri)),
            bars=tuple(
                (int(self._one(b, "ais:barYears")), label_of(facts, b), clause_of(self._one(b, "dcterms:source")))
                for b in self._of_policy("ais:Bar", iri)
            ),
        )

    def _of_policy(self, name: str, policy: str) -> list[str]:
        """Return the members of a class that belong to a policy, in their order."""
        found = [iri for iri in self.facts.members(name) if self.facts.text(iri, "ais:ofPolicy") == policy]
        return sorted(found, key=lambda iri: (float(self.facts.text(iri, "ais:order") or 0), iri))

    def _note(self, iri: str) -> Note:
        measures = frozenset(key_of(term.value) for term in self.facts.of(iri, "ais:ofMeasure"))
        kind, clause = self._one(iri, "skos:notation"), clause_of(self._one(iri, "dcterms:source"))
        return Note(kind, label_of(self.facts, iri), clause, measures)

    def _measure(self, iri: str) -> Measure:
        policy, kind = self._one(iri, "ais:ofPolicy"), self._one(iri, "ais:forKind")
        classes = set(self._above(self._one(kind, "rdfs:seeAlso")))
        conditions = [c for c in self.conditions if c.on_class in classes and c.clause.startswith(key_of(policy) + "/")]
        of = [s for s in self.facts.members("ais:Support") if self.facts.text(s, "ais:ofMeasure") == iri]
        supports = sorted(of, key=lambda s: float(self._one(s, "ais:order")))
        if not supports:
            raise SourceError(f"<{iri}> has no ais:Support.", f"<{iri}> 没有 ais:Support。")
        return Measure(
            iri=iri,
            name=self._one(iri, "skos:notation"),
            order=float(self._one(iri, "ais:order")),
            label=label_of(self.facts, iri),
            policy=self.policies[key_of(policy)],
            kind=kind,
            clause=clause_of(self._one(iri, "dcterms:source")),
            conditions=tuple(conditions),
            supports=tuple(self._support(support) for support in supports),
            limits=tuple(self._limits(iri)),
        )

    def _above(self, name: str) -> Iterator[str]:
        yield name
        for above in self.facts.of(name, "rdfs:subClassOf"):
            yield from self._above(above.value)

    def _support(self, iri: str) -> Support:
        return Support(
            reading=self._one(iri, "skos:notation"),
            label=label_of(self.facts, iri),
            note=label_of(self.facts, iri, "skos:note") if self.facts.of(iri, "skos:note") else None,
            clause=clause_of(self._one(iri, "dcterms:source")),
            base=self._path(iri, "ais:baseProperty"),
            rate=self._decimal(iri, "ais:rate"),
            rate_property=self._path(iri, "ais:rateProperty"),
            cap=self._decimal(iri, "ais:cap"),
            spent=self._path(iri, "ais:spentProperty"),
            is_maximum=self.facts.text(iri, "ais:isMaximum") == "true",
            amount_in=self.facts.text(iri, "ais:amountIn"),
        )

    def _limits(self, measure: str) -> Iterator[Limit]:
        for iri in sorted(self.facts.members("ais:SupportLimit"), key=lambda iri: float(self._one(iri, "ais:order"))):
            if self.facts.text(iri, "ais:ofMeasure") == measure:
                where = self._path(iri, "ais:whereProperty")
                yield Limit(
                    label=label_of(self.facts, iri),
                    clause=clause_of(self._one(iri, "dcterms:source")),
                    value=Decimal(self._one(iri, "ais:limit")),
                    unit=self._one(iri, "ais:unit"),
                    per=self._one(iri, "ais:limitPer"),
                    where=(where, self._one(iri, "ais:whereValue")) if where else None,
                )

    # ---------------------------------------------------------------- conditions

    def _shapes(self) -> Iterator[Condition]:
        """Yield the conditions that shapes state: those that target a class of projects and cite a clause."""
        store = self.facts.store
        for quad in store.quads_for_pattern(None, ox.NamedNode(expand("sh:targetClass")), None):
            shape, on_class = quad.subject, quad.object
            assert isinstance(on_class, ox.NamedNode)
            if isinstance(shape, ox.NamedNode) and expand("ais:IndustryProject") in self._above(on_class.value):
                if not (self.facts.text(shape.value, "dcterms:source") or "").startswith(ID + "policy/"):
                    continue  # a rule on the form of a record, not a condition of a text
                branches = list(_members(store, _object(store, shape, "sh:or")))
                tests = [_test(store, branch) for branch in branches] or [_test(store, shape)]
                yield self._condition(shape.value, on_class.value, "sh:order", "sh:message", tuple(tests))

    def _day_conditions(self) -> Iterator[Condition]:
        """Yield the conditions that depend on days, which no shape can state."""
        for iri in self.facts.members("ais:DayCondition"):
            years, months = (self.facts.text(iri, name) for name in ("ais:yearsPast", "ais:withinMonths"))
            test = Branch(
                path=compress(self._one(iri, "ais:onProperty")),
                years_past=int(years) if years else None,
                within_months=int(months) if months else None,
                since=self._path(iri, "ais:sinceProperty"),
            )
            excuse = self._path(iri, "ais:unlessProperty")
            value = self.facts.text(iri, "ais:unlessValue") == "true"
            tests = (Branch(excuse, one_of=(value,)), test) if excuse else (test,)
            yield self._condition(iri, self._one(iri, "ais:onClass"), "ais:order", "rdfs:label", tests)

    def _condition(self, iri: str, on_class: str, order: str, message: str, tests: tuple[Branch, ...]) -> Condition:
        said = label_of(self.facts, iri, message)
        return Condition(
            iri=iri,
            name=iri.rpartition("#")[2] if "#" in iri else key_of(iri),
            order=float(self._one(iri, order)),
            on_class=on_class,
            clause=clause_of(self._one(iri, "dcterms:source")),
            message_zh=said.zh,
            message_en=said.en,
            branches=tests,
        )


def python_value(term: ox.NamedNode | ox.Literal) -> Value:
    """Return a term as the value that conditions compare: truth, decimal, day, IRI or text."""
    if isinstance(term, ox.NamedNode):
        return term.value
    match key_of(term.datatype.value).partition("#")[2]:
        case "boolean":
            return term.value == "true"
        case "decimal" | "integer":
            return Decimal(term.value)
        case "date":
            return date.fromisoformat(term.value)
    return term.value


def _object(
    store: ox.Store, node: ox.NamedNode | ox.BlankNode, name: str
) -> ox.NamedNode | ox.BlankNode | ox.Literal | None:
    for quad in store.quads_for_pattern(node, ox.NamedNode(expand(name)), None):
        if isinstance(quad.object, ox.NamedNode | ox.BlankNode | ox.Literal):
            return quad.object
    return None


def _members(
    store: ox.Store, node: ox.NamedNode | ox.BlankNode | ox.Literal | None
) -> Iterator[ox.NamedNode | ox.BlankNode | ox.Literal]:
    """Yield the members of an RDF list."""
    while isinstance(node, ox.NamedNode | ox.BlankNode) and node != ox.NamedNode(expand("rdf:nil")):
        first = _object(store, node, "rdf:first")
        if first is None:
            return
        yield first
        node = _object(store, node, "rdf:rest")


def _test(store: ox.Store, node: ox.NamedNode | ox.BlankNode | ox.Literal) -> Branch:
    """Read a property shape as a test; raises SourceError for a constraint that three values do not know."""
    given: dict[str, object] = {}
    path = ""
    assert not isinstance(node, ox.Literal)
    for quad in store.quads_for_pattern(node, None, None):
        name, term = compress(quad.predicate.value), quad.object
        if name == "sh:path" and isinstance(term, ox.NamedNode):
            path = compress(term.value)
        elif name == "sh:in" and isinstance(term, ox.NamedNode | ox.BlankNode):
            members = _members(store, term)
            given["one_of"] = tuple(python_value(m) for m in members if not isinstance(m, ox.BlankNode))
        elif name in BOUNDS and isinstance(term, ox.Literal):
            given[BOUNDS[name]] = Decimal(term.value)
        elif name == "sh:maxCount" and isinstance(term, ox.Literal):
            given["max_count"] = int(term.value)
        elif name == "sh:lessThanOrEquals" and isinstance(term, ox.NamedNode):
            given["not_after"] = compress(term.value)
        elif quad.predicate.value not in ASIDE:
            raise SourceError(
                f"shapes/eligibility.ttl: {node} has {name}, which conditions do not know. Use the constraints named at its head.",
                f"shapes/eligibility.ttl：{node} 含 {name}，条件判断不支持。请使用文件开头列出的约束。",
            )
    return Branch(path, **given)  # type: ignore[arg-type]
