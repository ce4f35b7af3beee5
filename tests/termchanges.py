"""The page of changes of the ontology: its rows as they stand and as they should be; run as a program it writes the page anew."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from aistandards.vocabulary import KINDS, Entry, Vocabulary

PAGE = Path(__file__).resolve().parents[1] / "docs" / "ontology-changes.md"
NAMES = {
    "owl:Class": "class",
    "owl:ObjectProperty": "object property",
    "owl:DatatypeProperty": "datatype property",
    "owl:AnnotationProperty": "annotation property",
    "rdf:Property": "property",
}
HEAD = re.compile(r"## (\S+) \((\d{4}-\d\d-\d\d)\)")


def row(entry: Entry) -> str:
    """The row of a term."""
    return f"| `ais:{entry.name}` | {NAMES[entry.kind]} | {entry.label.zh} | {entry.label.en} |"


def terms(vocabulary: Vocabulary) -> dict[str, Entry]:
    """Every own term by name, classes first."""
    return {entry.name: entry for kind in KINDS for entry in vocabulary.terms[kind]}


def listed(text: str) -> dict[str, tuple[str, str, str]]:
    """What the page lists: version, day and row by term; a term that stands twice fails."""
    found: dict[str, tuple[str, str, str]] = {}
    version = day = ""
    for line in text.splitlines():
        if head := HEAD.fullmatch(line):
            version, day = head[1], head[2]
        elif name := re.match(r"\| `ais:(\w+)` \|", line):
            assert name[1] not in found, f"{name[1]} appears twice"
            found[name[1]] = version, day, line
    return found


def rewritten(text: str, wanted: dict[str, Entry]) -> str:
    """The page with every row as it should be and each new term in the newest version; versions are kept."""
    versions = {name: version for name, (version, _, _) in listed(text).items()}
    newest = next(head[1] for line in text.splitlines() if (head := HEAD.fullmatch(line)))
    lines: list[str] = []
    version = ""
    for line in text.splitlines():
        if head := HEAD.fullmatch(line):
            version = head[1]
        if not line.startswith("| `ais:"):
            lines.append(line)
        if line == "|---|---|---|---|":
            lines += [row(entry) for name, entry in wanted.items() if versions.get(name, newest) == version]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    from aistandards.pipeline import load_ontology

    known = terms(Vocabulary(load_ontology()))
    before = PAGE.read_text(encoding="utf-8")
    gone = set(listed(before)) - set(known)
    if gone:
        sys.exit(f"terms were deleted: {', '.join(sorted(gone))}; deprecate them instead")
    PAGE.write_text(rewritten(before, known), encoding="utf-8")
