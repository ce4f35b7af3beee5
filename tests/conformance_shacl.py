"""The W3C test cases of SHACL as data: shapes, data and the report that is expected; `make conformance` runs them."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from aistandards.shacl import terms
from aistandards.shacl.engine import Engine, shapes_of
from aistandards.shacl.graph import of_triples
from aistandards.shacl.peer import results_in
from aistandards.shacl.results import Result
from aistandards.shacl.terms import TYPE

ROOT: Final = Path(__file__).parents[1]
FOLDER: Final = Path(os.environ.get("AISTANDARDS_CONFORMANCE", ROOT.parent / "shared" / "conformance"))
SUITE: Final = FOLDER if (FOLDER / "core").is_dir() else FOLDER / "shacl"
MF: Final = "<http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#"
SHT: Final = "<http://www.w3.org/ns/shacl-test#"
Report = Counter[tuple[str | None, ...]]


@dataclass(frozen=True, slots=True)
class Case:
    """One test case; ``expected`` is None where validation must fail."""

    name: str
    data: Path
    shapes: Path
    expected: Report | None


def triples(path: Path) -> list[ox.Triple]:
    return [quad.triple for quad in ox.parse(path=str(path), format=ox.RdfFormat.TURTLE, base_iri=path.as_uri())]


def cases(folder: Path = SUITE) -> Iterator[Case]:
    """Yield all cases that the manifests below a folder name."""
    for path in sorted(folder.rglob("*.ttl")):
        manifest = of_triples(triples(path))
        for case in sorted(manifest.subjects(TYPE, SHT + "Validate>")):
            action = manifest.one(case, MF + "action>") or ""
            named = [manifest.one(action, f"{SHT}{graph}Graph>") or "" for graph in ("data", "shapes")]
            data, shapes = (Path(terms.lexical(name).removeprefix("file://")) for name in named)
            wanted = manifest.one(case, MF + "result>") or ""
            expected = None if wanted == SHT + "Failure>" else report(results_in(manifest, wanted))
            yield Case(f"{path.parent.relative_to(folder)}/{path.stem}", data, shapes, expected)


def report(results: list[Result]) -> Report:
    """Return results as a multiset in which blank nodes are all alike, without the messages."""
    return Counter(tuple("_:" if term and term[0] == "_" else term for term in result[:6]) for result in results)


def outcome(case: Case, engine: Engine) -> tuple[bool, bool]:
    """Return whether an engine passes a case, and whether no shape fell back to pySHACL."""
    shapes = shapes_of(triples(case.shapes))
    try:
        found: Report | None = report(shapes.validate(of_triples(triples(case.data)), engine))
    except Exception:  # pySHACL has many kinds of failures, and one of them is what some cases expect
        found = None
    return found == case.expected, not shapes.plan.fallen
