"""Why a graph is inconsistent: the statements and axioms that clash, in words, with the file and line of each record.

Pellet names the clashing statements. It is given a copy of the view in which every name is a number, so that what it
prints can be read back without doubt; the axioms it prints are then put into words.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

import pyoxigraph as ox

from aistandards import reasoners
from aistandards.derive import Facts
from aistandards.dlview import BUILT_IN, VIEW, View, individuals_of
from aistandards.findings import Finding
from aistandards.namespaces import key_of
from aistandards.settings import resource
from aistandards.sources import Row

MOST: Final = 5  # contradictions explained in one run
TOKEN: Final = re.compile(r"\bn\d+\b")
WORDS: Final = {
    "equivalentTo": ("即", "is"),
    "subClassOf": ("皆为", "is always"),
    "subPropertyOf": ("蕴含", "implies"),
    "domain": ("的主体是", "is said of"),
    "range": ("的值是", "leads to"),
    "inverseOf": ("的逆为", "is the inverse of"),
    "propertyDisjointWith": ("不能同时成立于", "never holds together with"),
    "disjointWith": ("排斥", "excludes"),
    "Functional": ("至多一个值：", "at most one value:"),
    "InverseFunctional": ("至多一个主体：", "at most one subject:"),
    "Asymmetric": ("不能互相成立：", "never both ways:"),
    "Irreflexive": ("不能指向自身：", "never to itself:"),
    "Symmetric": ("双向成立：", "always both ways:"),
    "Transitive": ("可传递：", "passes on:"),
    "type": ("是", "is"),
    "value": ("的值为", "with the value"),
    "some": ("有", "with some"),
    "only": ("只有", "with only"),
    "and": ("且", "and"),
    "or": ("或", "or"),
    "not": ("非", "not"),
    "o": ("再经", "then"),
}


def is_shipped(file: str | None) -> bool:
    """Whether a file is one of the records that ship: what contradicts them stands elsewhere, if anything does."""
    return (
        file is not None and (resource("data") / file).parent == resource("data") and (resource("data") / file).exists()
    )


@dataclass(frozen=True, slots=True)
class Said:
    """One statement or axiom of a contradiction, in words; a record's has the place where the record stands."""

    zh: str
    en: str
    axiom: bool
    file: str | None = None
    line: int | None = None

    def as_dict(self) -> dict[str, str | int | bool | None]:
        """Return it with the keys of the JSON answer."""
        return {"zh": self.zh, "en": self.en, "axiom": self.axiom, "file": self.file, "line": self.line}


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Statements that cannot all be true; ``individuals`` are the things they are about."""

    said: tuple[Said, ...]
    individuals: tuple[str, ...] = ()

    def finding(self) -> Finding:
        """Return the contradiction as a finding at the first record that has a place."""
        facts = [s for s in self.said if not s.axiom] or list(self.said)
        axioms = [s for s in self.said if s.axiom]
        placed = [s for s in (*facts, *axioms) if s.file]
        place = next((s for s in placed if not is_shipped(s.file)), next(iter(placed), None))
        because_zh = f" 因为：{'；'.join(s.zh for s in axioms)}。" if axioms else ""
        because_en = f" Because: {'; '.join(s.en for s in axioms)}." if axioms else ""
        return Finding(
            rule="contradiction",
            severity="violation",
            file=place.file if place else None,
            line=place.line if place else None,
            message_zh=f"以下各点不能同时成立：{'；'.join(s.zh for s in facts)}。{because_zh}",
            message_en=f"These cannot all be true: {'; '.join(s.en for s in facts)}.{because_en}",
        )


@dataclass(slots=True)
class Numbered:
    """A view in which every name of ours or the user's is a number, and the way back."""

    view: View
    names: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, view: View) -> Numbered:
        """Return the view with numbers for names."""
        numbers: dict[str, ox.NamedNode] = {}

        def swap(
            term: ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple,
        ) -> ox.NamedNode | ox.BlankNode | ox.Literal:
            assert not isinstance(term, ox.Triple)
            if not isinstance(term, ox.NamedNode) or term.value.startswith(BUILT_IN):
                return term
            return numbers.setdefault(term.value, ox.NamedNode(f"{VIEW.value}#n{len(numbers)}"))

        def swapped(triple: ox.Triple) -> ox.Triple:
            subject, predicate = swap(triple.subject), swap(triple.predicate)
            assert isinstance(subject, ox.NamedNode | ox.BlankNode) and isinstance(predicate, ox.NamedNode)
            return ox.Triple(subject, predicate, swap(triple.object))

        copy = View([swapped(t) for t in view.axioms], [swapped(t) for t in view.assertions])
        return cls(copy, {key_of(node.value).rpartition("#")[2]: name for name, node in numbers.items()})


def statements(said: str) -> list[str]:
    """Return the statements of Pellet's first explanation, a line each; ``ownName`` only tells things apart."""
    body = re.split(r"Explanation\(s\):\s*\n|\n\s*\n\s*\n", said + "\n\n\n")[1]
    first = re.split(r"^2\) ", body, maxsplit=1, flags=re.MULTILINE)[0]
    lines: list[str] = []
    for line in first.splitlines():
        text = re.sub(r"^\d+\)", "  ", line)
        if not text.strip():
            continue
        if len(text) - len(text.lstrip()) > 5 and lines:
            lines[-1] += " " + text.strip()
        else:
            lines.append(text.strip())
    return [line for line in lines if "ownName" not in line]


class Words:
    """Puts what a reasoner names into words, with the labels of the model and the places of the records."""

    def __init__(self, facts: Facts, places: dict[str, Row], numbered: Numbered) -> None:
        self.facts = facts
        self.places = places
        self.names = numbered.names
        self.things = set(numbered.view.individuals())

    def label(self, iri: str, language: str) -> str:
        """Return the name of a thing: the number of a record, else its label, else the end of its IRI."""
        for name in ("ais:number", "rdfs:label", "skos:prefLabel"):
            for term in self.facts.of(iri, name):
                if isinstance(term, ox.Literal) and term.language in (language, None):
                    return term.value if name == "ais:number" else f"“{term.value}”"
        row = self.places.get(iri)
        return ((row and row.get(row.table.key or "")) or key_of(iri)).rpartition("#")[2]

    def say(self, line: str, mentioned: set[str]) -> Said:
        """Return one statement in words; of classes that exclude each other, those that the others name."""
        tokens = TOKEN.findall(line)
        if line.startswith("DisjointClasses"):
            named = [t for t in tokens if t in mentioned] or tokens
            labels = [" + ".join(self.label(self.names[t], lang) for t in named) for lang in ("zh", "en")]
            return Said(f"{labels[0]} 互相排斥", f"{labels[1]} exclude each other", axiom=True)
        start = self.names.get(tokens[0], "") if tokens else ""
        axiom = not (tokens and line.startswith(tokens[0]) and f"{VIEW.value}#{tokens[0]}" in self.things)
        zh, en = self._stated(line) or (self._translate(line, at, lang) for at, lang in enumerate(("zh", "en")))
        rows = [self.places[name] for t in tokens if (name := self.names.get(t, "")) in self.places]
        row = next(iter(rows), None) if axiom else self.places.get(start)
        return Said(zh, en, axiom, row.file if row else None, row.line if row else None)

    def _stated(self, line: str) -> tuple[str, str] | None:
        """Return a statement of one property of one thing in words, or None where the line is something else."""
        parts = re.fullmatch(r"(n\d+) (n\d+) (?:(n\d+)|\"(.*)\"(?:\^\^\w+|@\w+)?)", line)
        if parts is None:
            return None
        subject, name, thing, text = parts.groups()
        value = None if thing else text.removesuffix("T00:00:00")
        zh, en = (
            [self.label(self.names[t], lang) for t in (subject, name)] + [value or self.label(self.names[thing], lang)]
            for lang in ("zh", "en")
        )
        return f"{zh[0]} 的{zh[1]}为{zh[2]}", f"the {en[1]} of {en[0]} is {en[2]}"

    def _translate(self, line: str, at: int, language: str) -> str:
        words = re.sub(r"\b[A-Za-z]+\b(?![^\"]*\"[^\"]*$)", lambda m: WORDS[m[0]][at] if m[0] in WORDS else m[0], line)
        words = re.sub(r'"([^"]*)"\^\^\w+', r'"\1"', words)
        return TOKEN.sub(lambda m: self.label(self.names.get(m[0], m[0]), language), words)


def explain(view: View, facts: Facts, places: dict[str, Row], seconds: float) -> list[Contradiction]:
    """Explain why a view that HermiT found inconsistent is so: up to five contradictions, while the time lasts.

    After each, what it says of records is taken out and HermiT is asked again.
    """
    end = time.monotonic() + seconds
    found: list[Contradiction] = []
    while len(found) < MOST and (left := end - time.monotonic()) > 1:
        numbered = Numbered.of(view)
        verdict = reasoners.run("explain", numbered.view, left)
        if verdict.consistent is not False:
            if not found and (named := narrowed(view, end)):
                found.append(_unexplained(named, Words(facts, places, numbered)))
            break
        lines = statements(verdict.said)
        words = Words(facts, places, numbered)
        tokens = [set(TOKEN.findall(line)) for line in lines]
        said = [
            words.say(line, set().union(*(other for at, other in enumerate(tokens) if at != here)))
            for here, line in enumerate(lines)
        ]
        about = {
            words.names[t] for line, s in zip(lines, said, strict=True) if not s.axiom for t in TOKEN.findall(line)[:1]
        }
        found.append(
            Contradiction(
                tuple(sorted(said, key=lambda s: (s.axiom, s.file or "~", s.line or 0, s.en))), tuple(sorted(about))
            )
        )
        kept = [t for t in view.assertions if not about.intersection(individuals_of(t)[:1])]
        view = View(view.axioms, kept, view.kinds)
        if not about or len(found) == MOST:
            break
        if reasoners.run("consistency", view, end - time.monotonic()).consistent is not False:
            break
    return found


def _unexplained(named: list[str], words: Words) -> Contradiction:
    """Return the records between which a contradiction lies, where no axioms could be named."""
    said = []
    for iri in named:
        row = words.places.get(iri)
        label = words.label(iri, "en")
        said.append(
            Said(
                f"{label} 所述",
                f"what is stated of {label}",
                False,
                row.file if row else None,
                row.line if row else None,
            )
        )
    return Contradiction(tuple(said), tuple(named))


def narrowed(view: View, end: float, inconsistent: Callable[[View], bool] | None = None) -> list[str]:
    """Return a smallest set of records that contradict each other or the model, by halving (QuickXplain); else nothing."""
    model = set(view.of_model().individuals())

    def asked(part: View) -> bool:
        return reasoners.run("consistency", part, end - time.monotonic()).consistent is False

    test = inconsistent or asked

    def clash(kept: Iterable[str]) -> bool:
        return time.monotonic() < end and test(view.only({*model, *kept}))

    def search(background: list[str], grown: bool, candidates: list[str]) -> list[str]:
        if grown and clash(background):
            return []
        if len(candidates) == 1:
            return candidates
        half = len(candidates) // 2
        left, right = candidates[:half], candidates[half:]
        of_right = search(background + left, bool(left), right)
        return search(background + of_right, bool(of_right), left) + of_right

    candidates = [name for name in view.individuals() if name not in model]
    found = search([], False, candidates) if candidates and clash(candidates) else []
    return sorted(found) if time.monotonic() < end else []
