"""The redirects for w3id.org: read by a small interpreter of mod_rewrite, each target followed into a real service."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from aistandards.namespaces import BASE
from serving import serving

FOLDER = Path(__file__).resolve().parents[1] / "w3id"
HOST = "https://aistandards.example"


@dataclass
class Rule:
    """One RewriteRule with the conditions before it: groups joined by and, each group by or."""

    pattern: str
    target: str
    code: int
    groups: list[list[str]] = field(default_factory=list)


def read() -> list[Rule]:
    """Read the rules; a line that is none of the directives we use fails."""
    rules: list[Rule] = []
    groups: list[list[str]] = []
    joined = False
    for line in (FOLDER / ".htaccess").read_text(encoding="utf-8").splitlines():
        words = line.split()
        if not words or words[0].startswith("#") or words[0] == "Options":
            continue
        if words[0] == "RewriteEngine":
            assert words[1] == "on"
        elif words[0] == "RewriteCond":
            assert words[1] == "%{HTTP_ACCEPT}"
            if joined:
                groups[-1].append(words[2])
            else:
                groups.append([words[2]])
            joined = words[3:] == ["[OR]"]
        else:
            assert words[0] == "RewriteRule" and words[3].startswith("[R=") and words[3].endswith(",L]"), line
            rules.append(Rule(words[1], words[2], int(words[3][3:6]), groups))
            groups = []
    assert not groups, "conditions without a rule"
    return rules


def follow(path: str, accept: str) -> tuple[int, str] | None:
    """Return status and target that Apache would answer for a path below ``/aistandards/``."""
    for rule in read():
        match = re.search(rule.pattern, path)
        if match and all(any(re.search(pattern, accept) for pattern in group) for group in rule.groups):
            return rule.code, match.expand(re.sub(r"\$(\d)", r"\\\1", rule.target))
    return None


BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
CASES = [
    ("ontology", BROWSER, "/ontology", "text/html"),
    ("ontology/", BROWSER, "/ontology", "text/html"),
    ("ontology", "", "/ontology", "text/html"),
    ("ontology", "text/turtle", "/ontology.ttl", "text/turtle"),
    ("ontology", "text/turtle, text/html;q=0.5", "/ontology", "text/turtle"),
    ("ontology", "application/ld+json", "/ontology.jsonld", "application/ld+json"),
    ("ontology", "application/rdf+xml, */*;q=0.1", "/ontology.rdf", "application/rdf+xml"),
    ("ontology", "application/n-triples", "/ontology.nt", "application/n-triples"),
    ("ontology.ttl", "", "/ontology.ttl", "text/turtle"),
    ("ontology/0.2.0", "text/turtle", "/ontology/0.2.0", "text/turtle"),
    ("ontology/Standard", BROWSER, "/ontology/Standard", "text/html"),
    ("context.jsonld", "application/ld+json", "/context.jsonld", "application/ld+json"),
    ("id/standard/gbt-45288.1-2025", BROWSER, "/id/standard/gbt-45288.1-2025", "text/html"),
    ("id/standard/gbt-45288.1-2025", "text/turtle", "/id/standard/gbt-45288.1-2025", "text/turtle"),
    ("id/system/guide-2024/cc", "application/rdf+xml", "/id/system/guide-2024/cc", "application/rdf+xml"),
    ("id/level", "application/n-triples", "/id/level", "application/n-triples"),
    ("graph/standards-national.csv", "text/turtle", "/graph/standards-national.csv", "text/turtle"),
    ("", BROWSER, "/", "text/html"),
]


@pytest.fixture(scope="module")
def client(store_folder: Path) -> Iterator[httpx.Client]:
    with serving(store_folder) as address, httpx.Client(base_url=address, follow_redirects=True, timeout=60) as found:
        yield found


@pytest.mark.parametrize(("path", "accept", "target", "given"), CASES)
def test_each_identifier_leads_to_the_form_asked_for(
    client: httpx.Client, path: str, accept: str, target: str, given: str
) -> None:
    found = follow(path, accept)
    assert found is not None
    assert found == (302 if path == "" else 303, HOST + target)
    answer = client.get(target, headers={"Accept": accept})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].partition(";")[0] == given


@pytest.mark.parametrize("path", ["ontology/0.2.0/x", "ids/standard/x", "graph", "id/", "etc/passwd", "ontology.exe"])
def test_other_paths_are_not_ours(path: str) -> None:
    assert follow(path, BROWSER) is None


def test_the_placeholder_host_is_marked_and_the_only_one() -> None:
    text = (FOLDER / ".htaccess").read_text(encoding="utf-8")
    assert "PLACEHOLDER HOST" in text and "aistandards.example" in (FOLDER / "README.md").read_text(encoding="utf-8")
    hosts = set(re.findall(r"https?://([^/\s]+)", text)) - {"w3id.org"}
    assert hosts == {"aistandards.example"}
    assert BASE == "https://w3id.org/aistandards/"


def test_every_iri_of_the_build_has_a_rule(store_folder: Path) -> None:
    import pyoxigraph as ox

    from aistandards.store import open_current

    store = open_current(store_folder).open()
    ours = {t.value for q in store for t in (q.subject, q.object) if isinstance(t, ox.NamedNode)}
    paths = {iri.removeprefix(BASE).partition("#")[0] for iri in ours if iri.startswith(BASE)}
    shapes = {re.sub(r"/[^/]+", "/…", path) for path in paths}
    assert len(shapes) >= 5
    assert [path for path in sorted(paths) if follow(path, "text/turtle") is None] == []
