"""A user's own counting rules: read from a Turtle file, and refused with a reason where they cannot mean what was meant."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from aistandards.derive import Facts
from aistandards.errors import SourceError
from aistandards.findings import nearest
from aistandards.namespaces import AIS, ID, compress, expand, key_of
from aistandards.rules import Clause, Rule, load_rules

SINGLE = (
    "ais:level",
    "ais:scope",
    "ais:basis",
    "ais:nature",
    "ais:novelty",
    "ais:verification",
)  # have one value at most
MAX_BYTES: Final = 1 << 20
MAX_CLAUSES: Final = 100
CANDIDATES = (expand("ais:Standard"), expand("ais:Participation"))


def load_rule_file(path: Path, ontology: ox.Store) -> list[Rule]:
    """Read the rules of a user's Turtle file, which may name clauses and targets of the shipped rules.

    Raises SourceError where the file cannot be read or a rule in it lacks something, naming what to write.
    """
    store = ox.Store()
    store.extend(ontology)
    shipped = load_rules(store)
    own, text = _read(path)
    for word, en, zh in _foreign(own, store):
        raise _refused(path, text, (word,), en, zh)
    store.extend(own)
    try:
        added = [rule for rule in load_rules(store) if rule.iri not in {known.iri for known in shipped}]
    except SourceError as error:
        raise _refused(path, text, re.findall(r"<([^>]+)>", error.en), error.en, error.zh) from None
    if not added:
        raise SourceError(
            f"{path}: no new ais:CountingRule in this file. Copy a rule of ontology/rules.ttl and give it an IRI and notation of your own.",
            f"{path}：文件中没有新的 ais:CountingRule。请复制 ontology/rules.ttl 中的一条口径，并给它自己的 IRI 和代号。",
        )
    taken = [rule.name for rule in shipped]
    for rule in added:
        for word, en, zh in chain(_problems(rule, taken, Facts(store)), _contradictions(rule)):
            raise _refused(path, text, (word, rule.iri), f"rule {rule.name}: {en}", f"口径 {rule.name}：{zh}")
        taken.append(rule.name)
    return added


def _read(path: Path) -> tuple[ox.Store, str]:
    """Return the triples and the text of a rule file; raises SourceError for one that is too large or cannot be read."""
    store = ox.Store()
    try:
        if path.stat().st_size > MAX_BYTES:
            raise SourceError(
                f"{path}: a rule file has at most {MAX_BYTES} bytes; split it.",
                f"{path}：口径文件最多 {MAX_BYTES} 字节，请拆分。",
            )
        store.load(path=str(path), format=ox.RdfFormat.TURTLE)
        return store, path.read_text(encoding="utf-8-sig", errors="replace")
    except (SyntaxError, OSError, ValueError) as error:
        raise SourceError(f"{path}: rule read-turtle: {error}", f"{path}：规则 read-turtle：{error}") from None


def _refused(path: Path, text: str, words: Iterable[str], en: str, zh: str) -> SourceError:
    """Return the error of a rule file at the line that names the first of some words it has."""
    place = f"{path}:{_line(text, *words)}"
    return SourceError(f"{place}: {en}", f"{place}：{zh}")


def _foreign(own: ox.Store, shipped: ox.Store) -> Iterator[tuple[str, str, str]]:
    """Yield what a rule file may not say: other statements about shipped things, properties our namespace does not have."""
    fixed = {quad.subject for quad in shipped if isinstance(quad.subject, ox.NamedNode)}
    told = {quad.triple for quad in shipped}
    for changed in sorted(str(q.subject.value) for q in own if q.subject in fixed and q.triple not in told):
        name = key_of(changed)
        yield (
            changed,
            f"{name} is shipped and cannot be changed by a file; give yours an IRI of its own.",
            f"{name} 为随附内容，不能由文件更改；请另起 IRI。",
        )
    properties = {node.value for node in fixed if node.value.startswith(AIS)}
    for name in sorted({quad.predicate.value for quad in own} - properties):
        if name.startswith(AIS):
            near = nearest(key_of(compress(name)), sorted(compress(term) for term in properties))
            yield (
                name,
                f"there is no property {compress(name)}." + (f" Did you mean {near}?" if near else ""),
                f"没有属性 {compress(name)}。" + (f"是否指 {near}？" if near else ""),
            )


def _line(text: str, *words: str) -> int:
    """Return the line of a file that names the first of some IRIs or notations it has; the first line where it has none."""
    for word in words:
        at = text.find(key_of(word).rpartition("#")[2])
        if at >= 0:
            return text.count("\n", 0, at) + 1
    return 1


def _problems(rule: Rule, taken: list[str], facts: Facts) -> Iterator[tuple[str, str, str]]:
    """Yield what keeps a rule from being judged as it was meant: the word at fault, then English and Chinese with the fix."""
    if rule.name in taken:
        yield (
            rule.name,
            "a rule of that name exists; give it a skos:notation of its own.",
            "已有同名口径，请改 skos:notation。",
        )
    if facts.text(rule.target.iri, "skos:notation") is None:
        iri = rule.target.iri
        yield (
            iri,
            f"there is no target <{iri}>; see `aistandards targets`.",
            f"没有指标 <{iri}>；参见 `aistandards targets`。",
        )
    if rule.candidates not in CANDIDATES:
        allowed = "ais:Standard, ais:Participation"
        yield rule.candidates, f"ais:candidates must be one of {allowed}.", f"ais:candidates 只能是 {allowed} 之一。"
    if len(rule.clauses) > MAX_CLAUSES:
        count = len(rule.clauses)
        yield "clauses", f"it has {count} clauses; at most {MAX_CLAUSES}.", f"条件 {count} 个，最多 {MAX_CLAUSES} 个。"
        return
    if not rule.clauses:
        yield (
            "clauses",
            "it has no clause; list them in ais:clauses ( … ).",
            "没有条件；请在 ais:clauses ( … ) 中列出。",
        )
    switches = {f"{above[0].value}/" for above in facts.values("skos:broader").values() if above}
    for clause in rule.clauses:
        if not clause.tests:
            yield (
                clause.iri,
                f"the clause {clause.name} tests nothing; give it ais:oneOf, ais:contains, ais:notBefore, …",
                f"条件 {clause.name} 没有判定内容；请写明 ais:oneOf、ais:contains、ais:notBefore 等。",
            )
        if clause.on_property.startswith("ais:") and not facts.of(expand(clause.on_property), "rdf:type"):
            kinds = ("owl:DatatypeProperty", "owl:ObjectProperty")
            near = nearest(clause.on_property, sorted(compress(p) for kind in kinds for p in facts.members(kind)))
            yield (
                clause.iri,
                f"the clause {clause.name} tests {clause.on_property}, which does not exist."
                + (f" Did you mean {near}?" if near else ""),
                f"条件 {clause.name} 所判定的 {clause.on_property} 不存在。" + (f"是否指 {near}？" if near else ""),
            )
        if clause.waived_by and f"{ID}switch/{clause.waived_by[0]}/" not in switches:
            name = "=".join(clause.waived_by)
            yield (
                name,
                f"the clause {clause.name} is waived by {name}, which is no switch.",
                f"条件 {clause.name} 的豁免 {name} 不是开关。",
            )
        yield from _unknown_values(clause, facts)


def _unknown_values(clause: Clause, facts: Facts) -> Iterator[tuple[str, str, str]]:
    """Yield the parts, levels and other codes of ours that a clause names and the graph does not have."""
    for value in sorted(clause.one_of | clause.none_of):
        if value.startswith(ID) and facts.text(value, "skos:notation") is None and not facts.of(value, "skos:inScheme"):
            above = value[: len(value) - len(key_of(value))]
            there = {key_of(iri) for iri in facts.values("skos:notation") if iri.startswith(above)}
            near = nearest(key_of(value), sorted(there))
            yield (
                value,
                f"the clause {clause.name} names <{value}>, which does not exist."
                + (f" Did you mean {near}?" if near else ""),
                f"条件 {clause.name} 所指的 <{value}> 不存在。" + (f"是否指 {near}？" if near else ""),
            )


def _contradictions(rule: Rule) -> Iterator[tuple[str, str, str]]:
    """Yield the clauses of a rule that no record can meet together."""
    for at, one in enumerate(rule.clauses):
        for other in rule.clauses[at:]:
            if one.on_property == other.on_property and _exclude(one, other):
                names = one.name if one is other else f"{one.name} + {other.name}"
                yield (
                    other.iri,
                    f"no record can meet {names} on {one.on_property}; change one of them.",
                    f"没有记录能同时满足 {one.on_property} 上的 {names}；请修改其一。",
                )


def _exclude(one: Clause, other: Clause) -> bool:
    """Whether two clauses on one property cannot both hold."""
    opens = max((day for day in (one.not_before, other.not_before) if day), default=None)
    closes = min((day for day in (one.not_after, other.not_after) if day), default=None)
    if opens and closes and opens > closes:
        return True
    single = one.on_property in SINGLE
    if (one.one_of and one.one_of <= other.none_of) or (other.one_of and other.one_of <= one.none_of):
        return True
    return bool(single and one.one_of and other.one_of and not one.one_of & other.one_of)
