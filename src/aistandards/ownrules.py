"""A user's own counting rules: read from a Turtle file, and refused with a reason where they cannot mean what was meant."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyoxigraph as ox

from aistandards.derive import Facts
from aistandards.errors import SourceError
from aistandards.namespaces import ID, expand
from aistandards.rules import Rule, load_rules

CANDIDATES = (expand("ais:Standard"), expand("ais:Participation"))


def load_rule_file(path: Path, ontology: ox.Store) -> list[Rule]:
    """Read the rules of a user's Turtle file, which may name clauses and targets of the shipped rules.

    Raises SourceError where the file cannot be read or a rule in it lacks something, naming what to write.
    """
    store = ox.Store()
    store.extend(ontology)
    shipped = load_rules(store)
    try:
        store.load(path=str(path), format=ox.RdfFormat.TURTLE)
    except (SyntaxError, OSError, ValueError) as error:
        raise SourceError(f"{path}: rule read-turtle: {error}", f"{path}：规则 read-turtle：{error}") from None
    try:
        added = [rule for rule in load_rules(store) if rule.iri not in {known.iri for known in shipped}]
    except SourceError as error:
        raise SourceError(f"{path}: {error.en}", f"{path}：{error.zh}") from None
    if not added:
        raise SourceError(
            f"{path}: no new ais:CountingRule in this file. Copy a rule of ontology/rules.ttl and give it an IRI and notation of your own.",
            f"{path}：文件中没有新的 ais:CountingRule。请复制 ontology/rules.ttl 中的一条口径，并给它自己的 IRI 和代号。",
        )
    taken = [rule.name for rule in shipped]
    for rule in added:
        for en, zh in _problems(rule, taken, Facts(store)):
            raise SourceError(f"{path}: rule {rule.name}: {en}", f"{path}：口径 {rule.name}：{zh}")
        taken.append(rule.name)
    return added


def _problems(rule: Rule, taken: list[str], facts: Facts) -> Iterator[tuple[str, str]]:
    """Yield what keeps a rule from being judged as it was meant, in English and Chinese, each with the fix."""
    if rule.name in taken:
        yield "a rule of that name exists; give it a skos:notation of its own.", "已有同名口径，请改 skos:notation。"
    if facts.text(rule.target.iri, "skos:notation") is None:
        yield f"there is no target <{rule.target.iri}>; see `aistandards targets`.", f"没有指标 <{rule.target.iri}>。"
    if rule.candidates not in CANDIDATES:
        allowed = "ais:Standard, ais:Participation"
        yield f"ais:candidates must be one of {allowed}.", f"ais:candidates 只能是 {allowed} 之一。"
    if not rule.clauses:
        yield "it has no clause; list them in ais:clauses ( … ).", "没有条件；请在 ais:clauses ( … ) 中列出。"
    switches = {f"{above[0].value}/" for above in facts.values("skos:broader").values() if above}
    for clause in rule.clauses:
        if not clause.tests:
            yield (
                f"the clause {clause.name} tests nothing; give it ais:oneOf, ais:contains, ais:notBefore, …",
                f"条件 {clause.name} 没有判定内容；请写明 ais:oneOf、ais:contains、ais:notBefore 等。",
            )
        if clause.waived_by and f"{ID}switch/{clause.waived_by[0]}/" not in switches:
            name = "=".join(clause.waived_by)
            yield (
                f"the clause {clause.name} is waived by {name}, which is no switch.",
                f"条件 {clause.name} 的豁免 {name} 不是开关。",
            )
