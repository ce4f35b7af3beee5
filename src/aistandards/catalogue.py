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
from aistandards.queries import Library
from aistandards.settings import resource

SHAPES = "https://w3id.org/aistandards/shapes#"
READING = ox.NamedNode(SHAPES + "reading")
Kind = Literal["shape", "check", "reading"]


@dataclass(frozen=True, slots=True)
class ValidationRule:
    """One rule; ``mechanical`` ones have a suggestion that ``--fix`` may write, ``source`` is the text that demands the rule."""

    id: str
    kind: Kind
    severity: Severity
    zh: str
    en: str
    source: str | None = None
    mechanical: bool = False

    @property
    def iri(self) -> str:
        """The address of the rule, which resolves to its shape."""
        return SHAPES + self.id


@cache
def rules() -> dict[str, ValidationRule]:
    """Return all rules by id, sorted."""
    found = [*_shapes(), *_checks()]
    return {rule.id: rule for rule in sorted(found, key=lambda rule: rule.id)}


def _shapes() -> Iterator[ValidationRule]:
    store = ox.Store()
    for path in sorted(resource("shapes").glob("*.ttl")):
        store.load(path=str(path), format=ox.RdfFormat.TURTLE)
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
                next(iter(_texts(store, subject, "dcterms:source").values()), None),
                "mechanical" in _texts(store, subject, "schema:keywords").values(),
            )


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


def _checks() -> Iterator[ValidationRule]:
    for query in Library(resource("queries") / "checks"):
        yield ValidationRule(query.name, "check", query.severity, query.summary_zh, query.summary)


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
