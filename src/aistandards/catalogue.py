"""The catalogue of validation rules: every shape, check and reading rule with what it finds, how severe it is and who demands it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from typing import Literal

import pyoxigraph as ox

from aistandards.errors import UsageError
from aistandards.findings import Severity, nearest
from aistandards.namespaces import PREFIXES, expand
from aistandards.queries import checks
from aistandards.settings import resource

SHAPES = "https://w3id.org/aistandards/shapes#"
READING = ox.NamedNode(SHAPES + "reading")
Kind = Literal["shape", "check", "reading"]


@dataclass(frozen=True, slots=True)
class ValidationRule:
    """One rule; ``mechanical`` ones have a suggestion that ``--fix`` may write.

    ``source`` is the standard, law or guide that demands it, or this project with its reason, in English; ``source_zh`` in Chinese.
    """

    id: str
    kind: Kind
    severity: Severity
    zh: str
    en: str
    source: str
    source_zh: str
    mechanical: bool = False

    @property
    def iri(self) -> str:
        """The address of the rule, which resolves to its shape."""
        return SHAPES + self.id


@cache
def rules() -> dict[str, ValidationRule]:
    """Return all rules by id, sorted."""
    store = ox.Store()
    for path in sorted(resource("shapes").glob("*.ttl")):
        store.load(path=str(path), format=ox.RdfFormat.TURTLE)
    found = [*_shapes(store), *_checks(store)]
    return {rule.id: rule for rule in sorted(found, key=lambda rule: rule.id)}


def _shapes(store: ox.Store) -> Iterator[ValidationRule]:
    for quad in store.quads_for_pattern(None, _node("sh:severity"), None):
        subject = quad.subject
        if isinstance(subject, ox.NamedNode) and subject.value.startswith(SHAPES):
            is_reading = ox.Quad(subject, _node("skos:inScheme"), READING) in store
            said = _texts(store, subject, "skos:definition" if is_reading else "sh:message")
            yield ValidationRule(
                subject.value.removeprefix(SHAPES),
                "reading" if is_reading else "shape",
                _severity(quad.object),
                said.get("zh", ""),
                said.get("en", ""),
                *_source(store, subject),
                "mechanical" in _texts(store, subject, "schema:keywords").values(),
            )


def _source(store: ox.Store, subject: ox.NamedNode) -> tuple[str, str]:
    """Return who demands a rule, in English and Chinese: a text, a clause of a policy, or a source of ``shapes/sources.ttl``."""
    term = next((quad.object for quad in store.quads_for_pattern(subject, _node("dcterms:source"), None)), None)
    said = _texts(store, term, "skos:prefLabel") if isinstance(term, ox.NamedNode) else {}
    plain = term.value if isinstance(term, ox.NamedNode | ox.Literal) else ""
    return said.get("en", plain), said.get("zh", plain)


def _node(name: str) -> ox.NamedNode:
    return ox.NamedNode(expand(name))


def _texts(store: ox.Store, subject: ox.NamedNode, name: str) -> dict[str, str]:
    terms = [quad.object for quad in store.quads_for_pattern(subject, _node(name), None)]
    return {
        (term.language or "") if isinstance(term, ox.Literal) else "": term.value
        for term in terms
        if isinstance(term, ox.Literal | ox.NamedNode)
    }


def _severity(term: object) -> Severity:
    names: dict[str, Severity] = {"Violation": "violation", "Warning": "warning", "Info": "info"}
    return names[str(getattr(term, "value", "")).removeprefix(PREFIXES["sh"])]


def _checks(store: ox.Store) -> Iterator[ValidationRule]:
    for query in checks():
        said = _texts(store, ox.NamedNode(f"{SHAPES}source-{query.source}"), "skos:prefLabel")
        source = said.get("en", query.source), said.get("zh", query.source)
        yield ValidationRule(query.name, "check", query.severity, query.summary_zh, query.summary, *source)


def chosen(select: Iterable[str], ignore: Iterable[str]) -> set[str]:
    """Return the ids of the rules that ``--select`` (all without any) leaves and ``--ignore`` does not take away.

    Both take ids and patterns such as ``standard-*``; raises UsageError with the nearest id where one matches no rule.
    """
    taken = _matching(select) or set(rules())
    return taken - _matching(ignore)


def _matching(patterns: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for pattern in patterns:
        matched = {name for name in rules() if fnmatchcase(name, pattern)}
        if not matched:
            near = nearest(pattern, rules())
            raise UsageError(
                f"No rule is called “{pattern}”."
                + (f" Did you mean {near}?" if near else "")
                + " `aistandards validate --list-rules` lists them.",
                f"没有规则“{pattern}”。"
                + (f"是否指 {near}？" if near else "")
                + "`aistandards validate --list-rules` 列出全部规则。",
            )
        found |= matched
    return found
