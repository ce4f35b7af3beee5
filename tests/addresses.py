"""Addresses of the service that any store of the shipped records answers, for comparing one store with another."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote, urlencode

from aistandards.counts import BY, Counts
from aistandards.queries import Library
from aistandards.settings import resource

NUMBER, PLAN = "gbt-45288.1-2025", "20261783-t-604"
DAYS = ("2024-12-31", "2025-06-30", "2026-11-24")
API = (
    "standards?limit=200",
    "standards?q=大模型",
    "standards?part=b&status=in-force&as_of=2026-11-24",
    f"standards/{NUMBER}?as_of=2026-11-24",
    f"standards/{NUMBER}/explain?rule=guide&as_of=2026-11-24",
    "standards/GB/T 45288.1-2025?as_of=2026-11-24",
    "projects?limit=200",
    f"projects/{PLAN}",
    "systems",
    "systems/draft-2024?as_of=2026-11-24",
    "systems/guide-2024/b?as_of=2026-11-24",
    "chain",
    "committees",
    "statements",
    "rules",
    "targets?as_of=2026-11-24",
    "gaps?as_of=2026-11-24",
    "forecast?as_of=2026-11-24",
    "adoption?as_of=2026-11-24",
    "status?as_of=2026-11-24",
    "changes?from=2025-01-01&to=2025-12-31",
    "releases",
    "policies?on=2026-11-24",
    "policies/fujian-2024?on=2026-11-24",
    "procedure/fujian-2024?from=2026-01-05",
    "queries",
    "coverage/matrix?as_of=2026-11-24",
    "standards?status=nonsense",
    "standards/gbt-1-1900",
)
PAGES = (
    f"id/standard/{NUMBER}",
    "id/rule/guide",
    "graph/ontology",
    "ontology",
    "context.jsonld",
    *(f"{language}/{page}" for language in ("zh", "en") for page in ("", "gaps", "matrix", "targets", "forecast")),
    f"zh/standards/{NUMBER}?as_of=2026-11-24",
    f"en/id/standard/{NUMBER}",
    "en/id/rule/guide",
    "en/ontology",
    "en/policies/fujian-2024",
    "en/report?as_of=2026-11-24",
    f"data/standard/{NUMBER}.ttl",
    "data/rule/guide.ttl",
)
SPARQL = (
    "SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o }",
    "SELECT ?g (COUNT(*) AS ?n) WHERE { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g ORDER BY ?g",
    "SELECT ?level (COUNT(DISTINCT ?s) AS ?n) WHERE { ?s a ais:Standard ; ais:level ?level } GROUP BY ?level ORDER BY ?level",
    "SELECT ?s ?n ?t WHERE { ?s ais:number ?n ; dcterms:title ?t } ORDER BY ?n ?t LIMIT 50",
    "SELECT ?o WHERE { ?s ais:order ?o } ORDER BY ?o LIMIT 20",
    "SELECT (COUNT(*) AS ?n) FROM <https://w3id.org/aistandards/graph/verdicts> WHERE { ?s ?p ?o }",
    f"ASK {{ id:standard\\/{NUMBER} ais:contested true }}",
    "SELECT ?s WHERE { ?s ais:number ",
    "SELECT * WHERE { SERVICE <http://127.0.0.1/> { ?s ?p ?o } }",
    "SELECT * FROM <https://w3id.org/aistandards/graph/build> WHERE { ?s ?p ?o }",
)


def addresses(counts: Counts) -> Iterator[str]:
    """Yield every address: look-ups and lists, every rule and way to cut a count, pages, the endpoint."""
    for path in API:
        yield "/api/v1/" + quote(path, safe="/?=&%")
    for rule in counts.rules:
        yield f"/api/v1/rules/{rule.name}"
        for day in DAYS:
            yield f"/api/v1/coverage?rule={rule.name}&as_of={day}"
    for by in BY:
        yield f"/api/v1/coverage?rule=guide&as_of=2026-11-24&by={by}"
    for page in PAGES:
        yield "/" + page
    for text in SPARQL:
        for kind in ("json", "csv"):
            yield "/sparql?" + urlencode({"query": text, "format": kind})


def saved_queries() -> Iterator[str]:
    """Yield the address of every saved query with the examples of its parameters."""
    for query in Library(resource("queries")):
        given = {p.name: p.example for p in query.parameters if p.required and p.example}
        yield f"/api/v1/queries/{query.name}?{urlencode(given)}"
