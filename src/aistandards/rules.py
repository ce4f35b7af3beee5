"""Counting rules: read from data, judged clause by clause on the facts of a record, stored as intervals."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import pyoxigraph as ox

from aistandards.dates import Span, span_or_none
from aistandards.derive import Facts, state_stretch
from aistandards.errors import SourceError, UsageError
from aistandards.findings import nearest
from aistandards.namespaces import compress, expand, graph_iri, item, key_of
from aistandards.timeline import Stretch, breaks, has_come, stretches

VERDICTS: Final = ox.NamedNode(graph_iri("verdicts"))


@dataclass(frozen=True, slots=True)
class Label:
    """A text in Chinese and English."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Clause:
    """One condition of a rule: a test of one property. ``waived_by`` is the (switch, value) that sets it aside."""

    iri: str
    name: str
    label: Label
    on_property: str
    reason: str
    reason_undecided: str
    one_of: frozenset[str] = frozenset()
    none_of: frozenset[str] = frozenset()
    contains: str | None = None
    exists: bool = False
    not_before: date | None = None
    not_after: date | None = None
    by_the_day: bool | None = None
    if_unknown: bool | None = None
    waived_by: tuple[str, str] | None = None
    source: str | None = None

    @property
    def tests(self) -> bool:
        """Whether the clause tests anything at all."""
        return bool(self.one_of or self.none_of or self.contains or self.exists or self.is_dated)

    @property
    def is_dated(self) -> bool:
        """Whether the clause tests a date."""
        return self.not_before is not None or self.not_after is not None or self.by_the_day is not None

    def judge(self, facts: Facts, record: str, day: date) -> bool | None:
        """Say whether the clause holds for a record on a day: True, False, or None where that cannot be decided."""
        if self.is_dated:
            span = facts.span(record, self.on_property)
            return (
                self.if_unknown
                if span is None and self.if_unknown is not None
                else self.judge_span(span or (None, None), day)
            )
        if self.contains is not None:
            return self._judge_text(facts, record)
        return self.judge_values([term.value for term in facts.of(record, self.on_property)])

    def judge_values(self, values: Sequence[str]) -> bool | None:
        """Say whether the clause holds for the values of its property: codes, or that there are any."""
        if self.exists:
            return bool(values)
        if not values:
            return self.if_unknown
        return bool(self.one_of & set(values)) if self.one_of else not self.none_of & set(values)

    def judge_span(self, span: Span, day: date) -> bool | None:
        """Say whether the clause holds for a date known as an earliest and latest day."""
        earliest, latest = span
        if self.not_before is not None:
            if earliest is not None and earliest >= self.not_before:
                return True
            return False if latest is not None and latest < self.not_before else None
        if self.not_after is not None:
            if latest is not None and latest <= self.not_after:
                return True
            return False if earliest is not None and earliest > self.not_after else None
        come = has_come(span, day)
        return None if come is None else come == self.by_the_day

    def _judge_text(self, facts: Facts, record: str) -> bool | None:
        titles = [
            t
            for t in facts.of(record, self.on_property)
            if isinstance(t, ox.Literal) and (t.language or "zh").startswith("zh")
        ]
        if not titles:
            return self.if_unknown
        return any(self.contains in unicodedata.normalize("NFKC", title.value) for title in titles if self.contains)


@dataclass(frozen=True, slots=True)
class Target:
    """A number an edition of the guide sets: ``comparison`` is ``>=`` or ``>``; ``value`` None where it is a quality."""

    iri: str
    id: str
    edition: str
    indicator: str
    label: Label
    comparison: str
    value: float | None
    unit: str | None
    deadline: str | None
    words: str | None
    source: str | None
    note: str | None

    def is_met_by(self, count: int) -> bool:
        """Whether a count meets the target."""
        if self.value is None:
            return False
        return count > self.value if self.comparison == ">" else count >= self.value


@dataclass(frozen=True, slots=True)
class Rule:
    """A counting rule: its target, the class of its candidates, its clauses in order."""

    iri: str
    name: str
    label: Label
    note: Label
    target: Target
    candidates: str
    clauses: tuple[Clause, ...]
    version: str
    source: str | None
    order: int
    text: Label

    @property
    def switches(self) -> frozenset[str]:
        """The switches that clauses of the rule name."""
        return frozenset(clause.waived_by[0] for clause in self.clauses if clause.waived_by)

    @property
    def levels(self) -> frozenset[str]:
        """The level tokens the rule counts; empty where it does not ask for a level."""
        return frozenset(key_of(iri) for c in self.clauses if c.on_property == "ais:level" for iri in c.one_of)


@dataclass(frozen=True, slots=True)
class Interval:
    """What a rule says of a record over a stretch of days: the clauses that fail and those that cannot be decided."""

    stretch: Stretch
    failed: tuple[str, ...]
    undecided: tuple[str, ...]


def verdict_of(clauses: Iterable[Clause], failed: Iterable[str], undecided: Iterable[str]) -> tuple[str, str | None]:
    """Return verdict and reason from the clauses that fail and are undecided; the first clause in order decides."""
    failing, open_ = set(failed), set(undecided)
    ordered = list(clauses)
    for clause in ordered:
        if clause.name in failing:
            return "excluded", clause.reason
    for clause in ordered:
        if clause.name in open_:
            return "undecided", clause.reason_undecided
    return "counts", None


def intervals(rule: Rule, facts: Facts, record: str) -> list[Interval]:
    """Judge a record over time, from the first day it can have been issued; neighbouring stretches differ."""
    issued = facts.span(record, "ais:issued") or (None, None)
    moving = [issued] + [
        span
        for c in rule.clauses
        if c.by_the_day is not None and (span := facts.span(record, c.on_property)) is not None
    ]
    found: list[Interval] = []
    for stretch in stretches(breaks(moving)):
        day = stretch.start or (date.fromordinal(stretch.end.toordinal() - 1) if stretch.end else date.max)
        if issued[0] is not None and day < issued[0]:
            continue
        judged = [(clause.name, clause.judge(facts, record, day)) for clause in rule.clauses]
        failed = tuple(name for name, holds in judged if holds is False)
        undecided = tuple(name for name, holds in judged if holds is None)
        if found and (found[-1].failed, found[-1].undecided) == (failed, undecided):
            found[-1] = Interval(Stretch(found[-1].stretch.start, stretch.end), failed, undecided)
        else:
            found.append(Interval(stretch, failed, undecided))
    return found


def is_candidate(rule: Rule, facts: Facts, record: str) -> bool:
    """Whether a rule judges a record at all: standards of a Chinese level; participations with a number."""
    if rule.candidates == expand("ais:Participation"):
        return bool(facts.of(record, "ais:ofStandard"))
    level = key_of(facts.text(record, "ais:level") or "")
    return level in ("national", "industry", "local", "group")


def store_verdicts(store: ox.Store, rules: Iterable[Rule]) -> int:
    """State every interval of every candidate under every rule in the graph ``verdicts``; return how many."""
    facts = Facts(store)
    rules = list(rules)
    _preload(facts, rules)
    quads: list[ox.Quad] = []
    count = 0
    for rule in rules:
        for record in facts.members(rule.candidates):
            if not is_candidate(rule, facts, record):
                continue
            for index, interval in enumerate(intervals(rule, facts, record), 1):
                node = item("verdict", key_of(record), rule.name, str(index))
                quads += _verdict_quads(node, record, rule, interval)
                state_stretch(store, node, interval.stretch, VERDICTS)
                count += 1
    store.extend(quads)
    return count


def _preload(facts: Facts, rules: Iterable[Rule]) -> None:
    """Read the properties that clauses test once for all records."""
    for rule in rules:
        for clause in rule.clauses:
            for end in ("Earliest", "Latest") if clause.is_dated else ("",):
                facts.values(clause.on_property + end)


def _verdict_quads(node: str, record: str, rule: Rule, interval: Interval) -> Iterator[ox.Quad]:
    clauses = {clause.name: clause for clause in rule.clauses}
    default = [c for c in rule.clauses if c.waived_by is None or c.waived_by != ("evidence", "any")]
    verdict, reason = verdict_of(default, interval.failed, interval.undecided)
    facts: list[tuple[str, ox.NamedNode | ox.Literal]] = [
        ("rdf:type", ox.NamedNode(expand("ais:Verdict"))),
        ("ais:verdictFor", ox.NamedNode(record)),
        ("ais:underRule", ox.NamedNode(rule.iri)),
        ("ais:verdict", ox.Literal(verdict)),
    ]
    if reason:
        facts.append(("ais:reason", ox.NamedNode(item("reason", reason))))
    facts += [("ais:failed", ox.NamedNode(clauses[name].iri)) for name in interval.failed]
    facts += [("ais:undecided", ox.NamedNode(clauses[name].iri)) for name in interval.undecided]
    for name, term in facts:
        yield ox.Quad(ox.NamedNode(node), ox.NamedNode(expand(name)), term, VERDICTS)


def find_conflicting(store: ox.Store, rules: Iterable[Rule]) -> set[str]:
    """Return the records whose sources differ on a fact so that some clause has another outcome."""
    facts = Facts(store)
    found: set[str] = set()
    dated = [clause for rule in rules for clause in rule.clauses if clause.not_before or clause.not_after]
    for statement, records in facts.values("ais:about").items():
        name = facts.text(statement, "ais:field")
        if facts.text(statement, "ais:rank") == item("rank", "deprecated") or name != "issued":
            continue
        other = span_or_none(facts.text(statement, "ais:statedValue") or "")
        for record in records if other else []:
            span = facts.span(record.value, "ais:issued") or (None, None)
            for clause in dated:
                if other and clause.judge_span(span, date.max) != clause.judge_span(other, date.max):
                    found.add(record.value)
    return found


def load_rules(store: ox.Store) -> list[Rule]:
    """Read the counting rules out of a store that holds the ontology, in their order."""
    facts = Facts(store)
    rules = [_rule(facts, iri) for iri in facts.members("ais:CountingRule")]
    return sorted(rules, key=lambda rule: (rule.order, rule.name))


def pick(rules: list[Rule], name: str) -> Rule:
    """Return the rule of that name; raises UsageError with the nearest name."""
    for rule in rules:
        if rule.name == name:
            return rule
    names = [rule.name for rule in rules]
    near = nearest(name, names)
    hint = f" Did you mean {near}?" if near else ""
    raise UsageError(
        f"Unknown rule “{name}”.{hint} Rules: {', '.join(names)}.",
        f"没有名为“{name}”的统计口径。{'是否指 ' + near + '？' if near else ''}可用口径：{'、'.join(names)}。",
        value=name,
        near=near,
    )


def label_of(facts: Facts, iri: str, name: str = "rdfs:label") -> Label:
    """Return the Chinese and English text of a label property; the one fills in for the other where missing."""
    texts = {t.language or "en": t.value for t in facts.of(iri, name) if isinstance(t, ox.Literal)}
    fallback = next(iter(texts.values()), "")
    return Label(texts.get("zh", fallback), texts.get("en", fallback))


def load_targets(store: ox.Store) -> list[Target]:
    """Read the targets of every edition, by id."""
    facts = Facts(store)
    return sorted((_target(facts, iri) for iri in facts.members("ais:Target")), key=lambda target: target.id)


def _target(facts: Facts, iri: str) -> Target:
    value = facts.text(iri, "ais:value")
    return Target(
        iri=iri,
        id=facts.text(iri, "skos:notation") or key_of(iri),
        edition=key_of(facts.text(iri, "ais:edition") or ""),
        indicator=facts.text(iri, "ais:indicator") or "",
        label=label_of(facts, iri),
        comparison=facts.text(iri, "ais:comparison") or "",
        value=float(value) if value else None,
        unit=facts.text(iri, "ais:unit"),
        deadline=facts.text(iri, "ais:deadline"),
        words=facts.text(iri, "ais:countingWords"),
        source=facts.text(iri, "dcterms:source"),
        note=facts.text(iri, "skos:note"),
    )


def _need(facts: Facts, iri: str, name: str) -> str:
    value = facts.text(iri, name)
    if value is None:
        raise SourceError(f"<{iri}> has no {name}. State it.", f"<{iri}> 缺少 {name}，请补充。")
    return value


def _rule(facts: Facts, iri: str) -> Rule:
    target = _need(facts, iri, "ais:forTarget")
    clauses = [_clause(facts, node) for node in _list(facts, iri, "ais:clauses")]
    return Rule(
        iri=iri,
        name=_need(facts, iri, "skos:notation"),
        label=label_of(facts, iri),
        note=label_of(facts, iri, "skos:note"),
        target=_target(facts, target),
        candidates=_need(facts, iri, "ais:candidates"),
        clauses=tuple(clauses),
        version=facts.text(iri, "dcat:version") or "1",
        source=facts.text(iri, "dcterms:source"),
        order=int(order) if (order := facts.text(iri, "ais:order") or "").isdecimal() else 99,
        text=label_of(facts, iri, "ais:ruleText"),
    )


def _list(facts: Facts, iri: str, name: str) -> Iterator[str]:
    """Yield the members of an RDF list; blank nodes are walked in the store itself."""
    rest = next(
        (q.object for q in facts.store.quads_for_pattern(ox.NamedNode(iri), ox.NamedNode(expand(name)), None)), None
    )
    nil = ox.NamedNode(expand("rdf:nil"))
    first_property, rest_property = (ox.NamedNode(expand(p)) for p in ("rdf:first", "rdf:rest"))
    walked: set[ox.NamedNode | ox.BlankNode] = set()
    while isinstance(rest, ox.NamedNode | ox.BlankNode) and rest != nil and rest not in walked:
        walked.add(rest)
        first = next((q.object for q in facts.store.quads_for_pattern(rest, first_property, None)), None)
        if isinstance(first, ox.NamedNode):
            yield first.value
        rest = next((q.object for q in facts.store.quads_for_pattern(rest, rest_property, None)), None)


def _clause(facts: Facts, iri: str) -> Clause:
    def day(name: str) -> date | None:
        text = facts.text(iri, name)
        try:
            return date.fromisoformat(text) if text else None
        except ValueError:
            raise SourceError(
                f"<{iri}> has the {name} “{text}”, which is not a day. Write YYYY-MM-DD.",
                f"<{iri}> 的 {name} “{text}” 不是日期。请写作 YYYY-MM-DD。",
            ) from None

    def truth(name: str) -> bool | None:
        text = facts.text(iri, name)
        return None if text is None else text == "true"

    name = _need(facts, iri, "skos:notation")
    waiver = facts.text(iri, "ais:waivedBy")
    undecided = facts.text(iri, "ais:reasonUndecided")
    clause_property = _need(facts, iri, "ais:onProperty")
    return Clause(
        iri=iri,
        name=name,
        label=label_of(facts, iri),
        on_property=compress(clause_property),
        reason=key_of(_need(facts, iri, "ais:reason")),
        reason_undecided=key_of(undecided) if undecided else f"{name}-undecided",
        one_of=frozenset(term.value for term in facts.of(iri, "ais:oneOf")),
        none_of=frozenset(term.value for term in facts.of(iri, "ais:noneOf")),
        contains=facts.text(iri, "ais:contains"),
        exists=truth("ais:exists") or False,
        not_before=day("ais:notBefore"),
        not_after=day("ais:notAfter"),
        by_the_day=truth("ais:byTheDay"),
        if_unknown=truth("ais:ifUnknown"),
        waived_by=(waiver.rsplit("/", 2)[1], key_of(waiver)) if waiver else None,
        source=facts.text(iri, "dcterms:source"),
    )
