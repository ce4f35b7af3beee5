"""A SHACL validation report as RDF: what shapes found in their own terms, and findings of other rules beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pyoxigraph as ox

from aistandards.findings import Finding, Report
from aistandards.namespaces import PREFIXES, expand
from aistandards.shacl.terms import RDF, SH

_STEP = re.compile(r"<[^>]*>|[()^/|*+?]")
_REPEATED = {"*": "zeroOrMorePath", "+": "oneOrMorePath", "?": "zeroOrOnePath"}


def turtle(report: Report, rules: str) -> str:
    """Return the report as Turtle; ``rules`` is the namespace of the rules that are no result of a shape."""
    lines = [f"_:report <{RDF}type> <{SH}ValidationReport> .", f"_:report <{SH}conforms> {_literal(report.conforms)} ."]
    for number, finding in enumerate(report.findings):
        node = f"_:result{number}"
        lines.append(f"_:report <{SH}result> {node} .")
        lines += (f"{node} {predicate} {term} ." for predicate, term in _said(finding, rules))
        if path := _path_text(finding):
            head, steps = _Path(path, f"{node}p").read()
            lines += [f"{node} <{SH}resultPath> {head} .", *steps]
    quads = ox.parse("\n".join(lines), format=ox.RdfFormat.N_TRIPLES, lenient=True)
    return (
        ox.serialize((quad.triple for quad in quads), format=ox.RdfFormat.TURTLE, prefixes=PREFIXES) or b""
    ).decode()


def _said(finding: Finding, rules: str) -> Iterator[tuple[str, str]]:
    """Yield predicates and terms of one result. What no shape found has its rule for shape and component."""
    result = finding.result
    rule = f"<{rules}{finding.rule}>"
    yield f"<{RDF}type>", f"<{SH}ValidationResult>"
    focus = f"<{finding.focus}>" if finding.focus else _literal(finding.place or "-")
    yield f"<{SH}focusNode>", result.focus if result else focus
    yield f"<{SH}sourceShape>", result.shape if result else rule
    yield f"<{SH}sourceConstraintComponent>", result.component if result else rule
    yield f"<{SH}resultSeverity>", result.severity if result else f"<{SH}{finding.severity.capitalize()}>"
    value = result.value if result else finding.value and _literal(finding.value)
    if value:
        yield f"<{SH}value>", value
    said = result.messages if result else ()
    for message in said or (_literal(finding.message_zh, "zh"), _literal(finding.message_en, "en")):
        yield f"<{SH}resultMessage>", message
    for name, text in (
        ("dcterms:identifier", finding.rule),
        ("dcterms:source", finding.place),
        ("rdfs:label", finding.field),
    ):
        if text:
            yield f"<{expand(name)}>", _literal(text)


def _literal(value: str | bool, language: str | None = None) -> str:
    return str(ox.Literal(value, language=language))


def _path_text(finding: Finding) -> str | None:
    return finding.result.path if finding.result else finding.path and f"<{finding.path}>"


class _Path:
    """Reads a path as SPARQL writes it and says it as SHACL does, in triples about blank nodes."""

    def __init__(self, text: str, label: str) -> None:
        self.tokens = _STEP.findall(text)
        self.label = label
        self.lines: list[str] = []
        self.nodes = 0

    def read(self) -> tuple[str, list[str]]:
        """Return the term that is the path, and the triples that describe it."""
        return self._step(), self.lines

    def _step(self) -> str:
        token = self.tokens.pop(0)
        if token == "^":
            head = self._about("inversePath", self._step())
        elif token == "(":
            head = self._members()
        else:
            head = token
        while self.tokens and self.tokens[0] in _REPEATED:
            head = self._about(_REPEATED[self.tokens.pop(0)], head)
        return head

    def _members(self) -> str:
        members, between = [self._step()], ")"
        while (token := self.tokens.pop(0)) != ")":
            between = token
            members.append(self._step())
        head = f"<{RDF}nil>"
        for member in reversed(members):
            node = self._node()
            self.lines += [f"{node} <{RDF}first> {member} .", f"{node} <{RDF}rest> {head} ."]
            head = node
        return self._about("alternativePath", head) if between == "|" else head

    def _about(self, name: str, value: str) -> str:
        node = self._node()
        self.lines.append(f"{node} <{SH}{name}> {value} .")
        return node

    def _node(self) -> str:
        self.nodes += 1
        return f"{self.label}{self.nodes}"
