"""The service over a real socket: look-ups, counts, redirects, errors, the SPARQL endpoint, the pages."""

from __future__ import annotations

import csv
import io
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urljoin

import httpx
import pytest

from serving import free_port, serving

JSON_RESULTS = "application/sparql-results+json"


@pytest.fixture(scope="module")
def address(store_folder: Path) -> Iterator[str]:
    with serving(store_folder, "--query-seconds", "2") as found:
        yield found


@pytest.fixture(scope="module")
def client(address: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=address, timeout=30) as found:
        yield found


def get(client: httpx.Client, path: str, **parameters: Any) -> Any:
    answer = client.get(path, params=parameters, follow_redirects=True)
    assert answer.status_code == 200, answer.text
    return answer.json()


def refused(answer: httpx.Response, status: int) -> Any:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith("application/problem+json")
    body = answer.json()
    assert body["status"] == status and body["detail"] and body["detail_zh"]
    return body


def test_coverage_has_the_stable_keys_and_adds_up(client: httpx.Client) -> None:
    body = get(client, "/api/v1/coverage", as_of="2026-09-16")
    keys = "system rule scope guidance series evidence as_of data_until target counted excluded undecided candidates shown_new none_on_record folded reached_on with_guidance with_related series_once confirmed_only by_verification rows"
    assert set(keys.split()) <= set(body)
    assert set(body["target"]) == {"id", "comparison", "value"}
    assert body["counted"] + body["folded"] + body["excluded"] + body["undecided"] == body["candidates"]
    assert sum(row["counted"] for row in body["rows"]) == body["counted"]
    row_keys = "system notation label_zh label_en counted also in_force projects halves"
    assert all(set(row_keys.split()) <= set(row) for row in body["rows"])
    assert [row["notation"] for row in body["rows"]] == ["A", "B", "C", "D", "E", "F", None]


def test_records_behind_every_number_of_the_table(client: httpx.Client) -> None:
    body = get(client, "/api/v1/coverage")
    listed = get(client, "/api/v1/coverage/records")
    verdicts = [record["verdict"] for record in listed["items"]]
    assert len(verdicts) == body["candidates"]
    assert verdicts.count("counts") == body["counted"]
    assert all(record["reason"] for record in listed["items"] if record["verdict"] in ("excluded", "undecided"))
    for row in body["rows"][:-1]:
        for column, of in (("in_force", "in-force"), ("projects", "projects")):
            behind = get(client, "/api/v1/coverage/records", of=of, row=row["notation"])
            assert behind["total"] == row[column]
        assert get(client, "/api/v1/coverage/records", verdict="counts", row=row["notation"])["total"] == row["counted"]


def test_several_rules_side_by_side(client: httpx.Client) -> None:
    body = get(client, "/api/v1/coverage", rule=["guide", "national"])
    assert [answer["rule"] for answer in body["rules"]] == ["guide", "national"]
    assert all(set(entry["verdicts"]) == {"guide", "national"} for entry in body["differing"])
    assert len(body["differing"]) >= body["rules"][0]["counted"] - body["rules"][1]["counted"]


@pytest.mark.parametrize(
    ("written", "status"),
    [
        ("gbt45288.1", 307),
        ("GB/T 45288.1", 307),
        ("GB/T 45288.1-2025", 308),
        ("GB/T 45288.1—2025", 308),
        ("ＧＢ／Ｔ 45288.1-2025", 308),
        ("GB/T45288.1-2025", 308),
        ("GBT45288.1-2025", 308),
    ],
)
def test_another_spelling_is_led_to_the_canonical_address(client: httpx.Client, written: str, status: int) -> None:
    for answer in (
        client.get(f"/api/v1/standards/{quote(written, safe='')}"),
        client.get("/api/v1/standards", params={"number": written}),
    ):
        assert answer.status_code == status
        assert answer.headers["location"] == "/api/v1/standards/gbt-45288.1-2025"
        assert ("link" in answer.headers) == (status == 307)
    explained = client.get(f"/api/v1/standards/{quote(written, safe='')}/explain", params={"as_of": "2025-12-31"})
    assert explained.headers["location"] == "/api/v1/standards/gbt-45288.1-2025/explain?as_of=2025-12-31"


def test_a_standard_and_its_explanation(client: httpx.Client) -> None:
    shown = get(client, "/api/v1/standards/gbt-45288.1-2025")
    assert shown["number"] == "GB/T 45288.1-2025"
    assert shown["slug"] == "gbt-45288.1-2025" and shown["undated"] == "GB/T 45288.1"
    assert isinstance(shown["parts"], list) and isinstance(shown["layers"], list) and shown["withdrawn"] is None
    explained = get(client, "/api/v1/standards/gbt-45288.1-2025/explain", rule="guide")
    (verdict,) = explained["verdicts"]
    assert verdict["verdict"] == "counts"
    assert all({"clause", "holds", "because"} <= set(clause) for clause in verdict["clauses"])
    assert {"source", "url", "kind", "state_of", "fields"} <= set(explained["sources"][0])


def test_lists_filter_page_and_refuse_what_they_do_not_know(client: httpx.Client) -> None:
    everything = get(client, "/api/v1/standards", limit=500)
    assert everything["total"] > 1000 and len(everything["items"]) == 500 and everything["next"]
    seen: list[str] = []
    page = get(client, "/api/v1/standards", level="national", limit=100)
    while True:
        seen += [entry["slug"] for entry in page["items"]]
        if page["next"] is None:
            break
        page = get(client, "/api/v1/standards", level="national", limit=100, cursor=page["next"])
    assert len(seen) == len(set(seen)) == page["total"]
    inside = get(client, "/api/v1/standards", part="C", limit=500)
    below = get(client, "/api/v1/standards", part="CC", limit=500)
    assert {entry["slug"] for entry in below["items"]} <= {entry["slug"] for entry in inside["items"]}
    assert get(client, "/api/v1/standards", q="大模型")["total"] > 10
    refused(client.get("/api/v1/standards", params={"limit": 1001}), 400)
    refused(client.get("/api/v1/standards", params={"limit": 0}), 400)
    refused(client.get("/api/v1/standards", params={"cursor": -1}), 400)
    refused(client.get("/api/v1/standards", params={"levl": "national"}), 400)
    assert "national" in refused(client.get("/api/v1/standards", params={"level": "nationl"}), 400)["detail"]
    assert "CC" in refused(client.get("/api/v1/standards", params={"part": "CCC"}), 400)["detail"]


@pytest.mark.parametrize(
    ("path", "status", "says"),
    [
        ("/api/v1/standards/gbt-45288.99-2025", 404, "not on record"),
        ("/api/v1/standards/hello", 400, "known prefix"),
        ("/api/v1/coverage?rule=guid", 400, "guide"),
        ("/api/v1/coverage?as_of=2025-02-30", 400, "not a day"),
        ("/api/v1/coverage?as_of=1900-01-01", 400, "first day"),
        ("/api/v1/coverage?scope=everything", 400, "core, all"),
        ("/api/v1/coverage?by=colour", 400, "part"),
        ("/api/v1/coverage?system=draft-2023", 400, "draft-2024"),
        ("/api/v1/coverage?switch=ieee", 400, "name=value"),
        ("/api/v1/coverage/records?of=nothing", 400, "in-force"),
        ("/api/v1/coverage/records?verdict=maybe", 400, "undecided"),
        ("/api/v1/systems/guide-2025", 400, "guide-2024"),
        ("/api/v1/systems/guide-2024/ZZ", 400, "no part"),
        ("/api/v1/queries/nothing", 400, "aistandards queries"),
        ("/api/v1/queries/status-on-day", 400, "needs the parameter day"),
        ("/api/v1/queries/status-on-day?day=yesterday", 400, "not a date"),
        ("/api/v1/queries/status-on-day?day=2025-01-01&dya=1", 400, "day"),
        ("/api/v1/rules/nothing", 400, "guide"),
        ("/api/v1/targets?format=xml", 400, "json"),
        ("/api/v1/nowhere", 404, "/docs"),
        ("/id/planet/mars", 404, "kind"),
    ],
)
def test_wrong_requests_are_problem_documents(client: httpx.Client, path: str, status: int, says: str) -> None:
    assert says in refused(client.get(path), status)["detail"]


def test_tables_come_as_csv_by_accept_or_format(client: httpx.Client) -> None:
    asked = client.get("/api/v1/coverage/records", params={"format": "csv", "verdict": "counts"})
    accepted = client.get("/api/v1/coverage/records", params={"verdict": "counts"}, headers={"Accept": "text/csv"})
    assert asked.text == accepted.text and asked.text.startswith("\ufeff")
    rows = list(csv.DictReader(io.StringIO(asked.text.lstrip("\ufeff"))))
    assert len(rows) == get(client, "/api/v1/coverage")["counted"]
    clauses = client.get("/api/v1/standards/gbt-45288.1-2025/explain", params={"format": "csv", "rule": "guide"})
    told = list(csv.DictReader(io.StringIO(clauses.text.lstrip("\ufeff"))))
    assert [row["clause"] for row in told][:3] == ["level", "scope", "classified"] and len(told) == 10


def test_an_unchanged_answer_is_304(client: httpx.Client) -> None:
    first = client.get("/api/v1/coverage")
    again = client.get("/api/v1/coverage", headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304 and not again.content
    other = client.get(
        "/api/v1/coverage", params={"rule": "national"}, headers={"If-None-Match": first.headers["etag"]}
    )
    assert other.status_code == 200


def test_head_and_preflight_are_answered(client: httpx.Client) -> None:
    head, full = client.head("/api/v1/coverage"), client.get("/api/v1/coverage")
    assert head.status_code == 200 and not head.content
    assert head.headers["etag"] == full.headers["etag"]
    asked = {"Origin": "https://example.org", "Access-Control-Request-Method": "POST"}
    preflight = client.options("/sparql", headers=asked)
    assert preflight.status_code == 200 and preflight.headers["access-control-allow-origin"] == "*"


def test_pages_of_a_past_day_and_of_other_editions(client: httpx.Client) -> None:
    assert client.get("/zh/standards/gbt-45288.1-2025", params={"as_of": "2020-01-01"}).status_code == 200
    body = get(client, "/api/v1/coverage")
    draft = client.get("/en/system/draft-2024/E").text
    listed = int(re.findall(r"Standards \((\d+)\)", draft)[0])
    assert listed >= next(row["counted"] for row in body["rows"] if row["notation"] == "E")


def test_links_of_the_start_page_keep_what_was_asked(client: httpx.Client) -> None:
    for asked in (
        {"switch": "scope=all"},
        {"system": "guide-2024"},
        {"guidance": "yes", "series": "once", "as_of": "2025-12-31"},
    ):
        text = client.get("/zh/", params=asked).text
        count, link = re.findall(r'class="figure"><a href="([^"]+)">(\d+)<', text)[0][::-1]
        behind = client.get(link.replace("&amp;", "&")).text
        assert behind.count("<tr>") - 1 == int(count)
        for link, shown in re.findall(r'<td class="n"><a href="(/zh/records[^"]+row=[^"]+)">(\d+)</a>', text):
            rows = client.get(link.replace("&amp;", "&")).text.count("<tr>") - 1
            assert rows == int(shown), link


def test_searching_an_exact_number_leads_to_its_page(client: httpx.Client) -> None:
    found = client.get("/zh/standards", params={"q": "gbt45288.1", "as_of": "2025-12-31"})
    assert (found.status_code, found.headers["location"]) == (303, "/zh/standards/gbt-45288.1-2025?as_of=2025-12-31")
    project = client.get("/en/standards", params={"q": "20241842-q-252"})
    assert project.headers["location"] == "/en/projects/20241842-q-252"
    moved = client.get("/zh/standards/GB%2FT%2045288.1-2025")
    assert (moved.status_code, moved.headers["location"]) == (308, "/zh/standards/gbt-45288.1-2025")


def test_an_unknown_address_is_not_found(client: httpx.Client) -> None:
    for path in ("/foo", "/favicon.ico", "/robots.txt", "/zh/nowhere"):
        assert client.get(path).status_code == 404, path


def test_many_waiting_queries_are_sent_away_and_others_are_not_held_up(client: httpx.Client, address: str) -> None:
    from concurrent.futures import ThreadPoolExecutor

    slow = "SELECT (COUNT(*) AS ?n) WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"

    def ask(_: int) -> int:
        return httpx.get(f"{address}/sparql", params={"query": slow}, timeout=120).status_code

    with ThreadPoolExecutor(16) as pool:
        waiting = [pool.submit(ask, n) for n in range(16)]
        health = [httpx.get(f"{address}/healthz", timeout=10).elapsed.total_seconds() for _ in range(5)]
        codes = [one.result() for one in waiting]
    assert codes.count(503) >= 4 and set(codes) <= {408, 503}
    assert max(health) < 5


def test_a_new_build_is_taken_up_without_a_restart(own_store: Path, tmp_path: Path) -> None:
    from aistandards import pipeline

    mine = tmp_path / "mine"
    mine.mkdir()
    row = "YD/T 99999-2025,人工智能 测试用,industry,recommended,2025-05-05,core,CC,curated,测试,t,2026-01-01,test"
    header = "number,title_zh,level,nature,issued,scope,part,basis,reason,judged_by,judged_on,source"
    (mine / "standards-mine.csv").write_text(f"{header}\n{row}\n", encoding="utf-8")
    with serving(own_store) as address:
        before = httpx.get(f"{address}/api/v1/coverage", timeout=30).json()["counted"]
        pipeline.build(own_store, [mine])
        import time

        time.sleep(2.5)
        assert httpx.get(f"{address}/api/v1/coverage", timeout=30).json()["counted"] == before + 1
        answer = httpx.get(f"{address}/sparql", params={"query": 'ASK { ?s ais:number "YD/T 99999-2025" }'})
        assert answer.json()["boolean"] is True


def test_systems_chain_committees_projects_statements(client: httpx.Client) -> None:
    assert {entry["edition"] for entry in get(client, "/api/v1/systems")["items"]} == {
        "draft-2024",
        "guide-2024",
        "guide-2020",
        "heis-2026",
        "pilot-test-2025",
        "smart-society-2025",
        "tc260-ai-security-v1",
    }
    guide = get(client, "/api/v1/systems/guide-2024")
    assert [p["notation"] for p in guide["parts"] if p["parent"] is None] == list("ABCDEFG")
    assert get(client, "/api/v1/systems/guide-2024/cc")["label_zh"] == "大模型"
    assert get(client, "/api/v1/systems/guide-2024/F:health")["parent"] == "F"
    assert len([e for e in get(client, "/api/v1/chain")["items"] if "/" not in e["layer"]]) == 4
    assert get(client, "/api/v1/committees")["total"] > 50
    assert get(client, "/api/v1/projects", stage="drafting")["total"] > 10
    assert get(client, "/api/v1/projects/x-c0001")["kind"] == "project"
    assert get(client, "/api/v1/statements")["total"] > 30
    assert get(client, "/api/v1/rules")["total"] == 9


def test_a_sister_system_over_http_and_as_a_page(client: httpx.Client) -> None:
    body = get(client, "/api/v1/systems/heis-2026")
    assert [part["notation"] for part in body["parts"]] == list("123456")
    limbs = next(part for part in body["parts"] if part["notation"] == "3")
    assert limbs["direct"] > 0 and limbs["exact"] == limbs["part_of"] == 0 and limbs["exactness"] == "exact"
    [link] = limbs["neighbours"]
    assert (link["relation"], link["carries"], link["system"], link["notation"]) == (
        "related",
        False,
        "guide-2024",
        "DA",
    )
    assert {target["id"] for target in body["targets"]} == {"HEIS-28a", "HEIS-28b"}
    table = client.get("/api/v1/systems/heis-2026", params={"format": "csv"}).text
    assert "related guide-2024 DA" in table and table.count("\n") == 7
    for language, label, why in (
        ("zh", "肢体与部组件", "两者划分角度不同"),
        ("en", "Limbs and components", "cut the field differently"),
    ):
        page = client.get(f"/{language}/system/heis-2026").text
        assert label in page and why in page and "HEIS-28a" in page
        inside = client.get(f"/{language}/system/heis-2026/3").text
        assert "T/BTIAIRI 0001-2025" in inside and "20262884-T-604" in inside and "GB/T 45288.1-2025" not in inside
        assert "/system/heis-2026" in client.get(f"/{language}/system/guide-2024").text
    unknown = client.get("/api/v1/systems/heis-2025")
    assert unknown.status_code in (400, 404, 422) and "heis-2026" in unknown.text


def test_targets_of_other_documents_stand_apart(client: httpx.Client) -> None:
    body = get(client, "/api/v1/targets")
    assert len(body["context"]) == 17 and not {c["id"] for c in body["context"]} & {t["id"] for t in body["items"]}
    page = client.get("/en/targets").text
    assert page.index("AIPLUS-27") > page.index("Targets of neighbouring documents")


def select(client: httpx.Client, text: str) -> list[dict[str, Any]]:
    answer = client.get("/sparql", params={"query": text})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["results"]["bindings"]
    return found


def test_sparql_answers_get_and_both_post_forms_alike(client: httpx.Client) -> None:
    text = "SELECT (COUNT(*) AS ?n) WHERE { ?s a ais:NationalStandard }"
    answers = [
        client.get("/sparql", params={"query": text}),
        client.post("/sparql", data={"query": text}),
        client.post("/sparql", content=text, headers={"Content-Type": "application/sparql-query"}),
    ]
    assert all(answer.status_code == 200 for answer in answers)
    assert len({answer.text for answer in answers}) == 1
    assert int(answers[0].json()["results"]["bindings"][0]["n"]["value"]) >= 289
    assert all(answer.headers["content-type"].startswith(JSON_RESULTS) for answer in answers)


def test_sparql_gives_csv_by_accept_and_format(client: httpx.Client) -> None:
    text = (
        'SELECT ?n ?t WHERE { ?s ais:number ?n ; dcterms:title ?t FILTER(?n = "GB/T 45288.1-2025" && LANG(?t) = "zh") }'
    )
    for answer in (
        client.get("/sparql", params={"query": text}, headers={"Accept": "text/csv"}),
        client.get("/sparql", params={"query": text, "format": "csv"}),
        client.get("/sparql", params={"query": text}, headers={"Accept": "text/html;q=0.2, text/csv;q=0.9"}),
    ):
        assert answer.headers["content-type"].startswith("text/csv")
        assert answer.text.splitlines()[1].startswith("GB/T 45288.1-2025,人工智能")


def test_sparql_keeps_datatypes_and_language_tags(client: httpx.Client) -> None:
    (row,) = select(
        client,
        'SELECT ?d ?t WHERE { ?s ais:number "GB/T 45288.1-2025" ; ais:issuedEarliest ?d ; dcterms:title ?t FILTER(LANG(?t) = "zh") }',
    )
    assert row["d"]["datatype"] == "http://www.w3.org/2001/XMLSchema#date"
    assert row["t"]["xml:lang"] == "zh"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("SELECT * WHERE { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }", "SERVICE"),
        ("select * where { service silent <http://127.0.0.1:9/> { ?s ?p ?o } }", "SERVICE"),
        ("INSERT DATA { <urn:a> <urn:b> <urn:c> }", "read"),
        ("LOAD <http://127.0.0.1:9/>", ""),
        ("SELECT * FROM <file:///etc/passwd> WHERE { ?s ?p ?o }", "graph"),
        ("SELECT * FROM <urn:unknown> WHERE { ?s ?p ?o }", "graph"),
        ("SELECT * WHERE { ?s ?p }", "ine 1"),
        ("SELECT * WHERE { ?s nope:p ?o }", "nope"),
        ("{" * 3000, ""),
        ("", ""),
    ],
)
def test_sparql_refuses_what_is_not_a_query_on_this_store(client: httpx.Client, text: str, says: str) -> None:
    body = refused(client.get("/sparql", params={"query": text}), 400)
    assert says in body["detail"]


def test_sparql_refuses_updates_wrong_types_and_two_queries(client: httpx.Client) -> None:
    refused(client.post("/sparql", data={"update": "CLEAR ALL"}), 400)
    refused(client.post("/sparql", content="CLEAR ALL", headers={"Content-Type": "application/sparql-update"}), 400)
    refused(client.post("/sparql", content="ASK {}", headers={"Content-Type": "text/plain"}), 415)
    refused(client.post("/sparql", content=b"\xff\xfe", headers={"Content-Type": "application/sparql-query"}), 400)
    refused(client.get("/sparql?query=ASK%7B%7D&query=ASK%7B%7D"), 400)
    refused(client.post("/sparql", content=b"x" * 400_000, headers={"Content-Type": "application/sparql-query"}), 413)


def test_a_runaway_query_is_stopped_and_the_next_one_is_answered(client: httpx.Client) -> None:
    runaway = "SELECT (COUNT(*) AS ?n) WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
    stopped = client.get("/sparql", params={"query": runaway})
    assert stopped.status_code in (408, 503)
    assert "2" in stopped.json()["detail"]
    assert client.get("/sparql", params={"query": "ASK {}"}).json() == {"head": {}, "boolean": True}


def test_a_cut_answer_is_announced(store_folder: Path) -> None:
    with serving(store_folder, "--query-rows", "10") as address:
        answer = httpx.get(address + "/sparql", params={"query": "SELECT * WHERE { ?s ?p ?o }"})
        assert answer.status_code == 200
        assert len(answer.json()["results"]["bindings"]) == 10
        assert "10" in answer.headers["x-cut"]


def test_the_saved_query_over_http_equals_the_command_line(client: httpx.Client, store_folder: Path) -> None:
    over_http = get(client, "/api/v1/queries/status-on-day", day="2025-06-30")
    command = [sys.executable, "-m", "aistandards", "query", "status-on-day", "--param", "day=2025-06-30"]
    done = subprocess.run([*command, "--format", "json", "--store", str(store_folder)], capture_output=True, text=True)
    import json

    assert json.loads(done.stdout)["items"] == over_http["items"]


def test_an_iri_leads_to_its_page_or_its_data(client: httpx.Client) -> None:
    page = client.get("/id/standard/gbt-45288.1-2025", headers={"Accept": "text/html", "Accept-Language": "en"})
    assert (page.status_code, page.headers["location"]) == (303, "/en/standards/gbt-45288.1-2025")
    data = client.get("/id/standard/gbt-45288.1-2025", headers={"Accept": "application/json"})
    assert (data.status_code, data.headers["location"]) == (303, "/api/v1/standards/gbt-45288.1-2025")


PAGES = [
    "",
    "standards",
    "standards?q=%E5%A4%A7%E6%A8%A1%E5%9E%8B",
    "standards/gbt-45288.1-2025",
    "standards/isoiec-42001-2023",
    "projects/x-c0001",
]
PAGES += [
    "records?verdict=counts",
    "records?of=projects",
    "rules",
    "targets",
    "forecast",
    "forecast?rule=stock&by_day=2030-01-01",
    "adoption",
    "adoption?committee=ISO/TC 299",
    "queries",
    "system/draft-2024",
    "system/guide-2024/CC",
    "system/guide-2024/f-health",
]


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("page", PAGES)
def test_every_page_answers_in_both_languages_and_loads_nothing_from_elsewhere(
    client: httpx.Client, language: str, page: str
) -> None:
    answer = client.get(f"/{language}/{page}")
    assert answer.status_code == 200
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert f'lang="{"zh-CN" if language == "zh" else "en"}"' in answer.text
    assert not re.search(r'(src|action)="https?:', answer.text)
    assert not re.search(r'<link[^>]+href="https?:', answer.text)
    assert "<script" not in answer.text


def test_the_start_page_says_what_the_count_says(client: httpx.Client) -> None:
    body = get(client, "/api/v1/coverage")
    for language in ("zh", "en"):
        text = client.get(f"/{language}/").text
        assert f">{body['counted']}</a>" in text
        for reading in ("with_guidance", "with_related", "series_once", "confirmed_only"):
            assert f">{body[reading]}</a>" in text
        for row in body["rows"][:-1]:
            assert row[f"label_{language}"] in text
    past = client.get("/zh/", params={"as_of": "2024-12-31"}).text
    assert f">{get(client, '/api/v1/coverage', as_of='2024-12-31')['counted']}</a>" in past


def test_no_link_of_the_pages_is_dead(client: httpx.Client) -> None:
    seen: set[str] = set()
    waiting = ["/zh/", "/en/", "/docs", "/zh/standards/gbt-45288.1-2025", "/zh/targets"]
    while waiting and len(seen) < 250:
        path = waiting.pop(0)
        if path in seen:
            continue
        seen.add(path)
        answer = client.get(path, follow_redirects=True)
        assert answer.status_code == 200, path
        if "text/html" in answer.headers["content-type"]:
            found = re.findall(r'href="([^"#]+)', answer.text)
            waiting += [urljoin(path, link.replace("&amp;", "&")) for link in found if not link.startswith("http")][:40]
    assert len(seen) >= 100


def test_the_service_does_not_start_on_a_port_in_use(store_folder: Path) -> None:
    import socket

    port = free_port()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        command = [sys.executable, "-m", "aistandards", "serve", "--store", str(store_folder), "--port", str(port)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 3
    assert "--port" in done.stderr and "端口" in done.stderr and "Traceback" not in done.stderr


def test_serve_builds_the_store_first_where_there_is_none(tmp_path: Path) -> None:
    with serving(tmp_path / "fresh", wait=120) as address:
        assert httpx.get(f"{address}/api/v1/coverage", timeout=30).json()["counted"] > 0
    assert (tmp_path / "fresh" / "CURRENT").is_file()


@pytest.mark.parametrize("path", ["coverage", "targets", "status?number=x", "forecast", "gaps", "standards"])
def test_a_day_is_given_once_and_is_not_empty(client: httpx.Client, path: str) -> None:
    start = f"/api/v1/{path}" + ("&" if "?" in path else "?")
    twice = refused(client.get(f"{start}as_of=2025-01-01&as_of=2026-01-01"), 400)
    assert "as_of is given more than once" in twice["detail"] and "重复" in twice["detail_zh"]
    assert "as_of is empty" in refused(client.get(f"{start}as_of="), 400)["detail"]


def test_what_may_repeat_still_does_and_forms_may_be_empty(client: httpx.Client) -> None:
    assert client.get("/api/v1/coverage?rule=guide&rule=national").status_code == 200
    assert client.get("/en/targets?as_of=").status_code == 200


def test_an_unknown_parameter_lists_those_there_are_in_both_languages(client: httpx.Client) -> None:
    body = refused(client.get("/api/v1/coverage?rul=guide"), 400)
    for text in (body["detail"], body["detail_zh"]):
        assert all(name in text for name in ("rul", "as_of", "rule", "switch", "release"))
    assert "没有此参数" in body["detail_zh"] and "permitted" not in body["detail_zh"]
    wrong = refused(client.get("/api/v1/coverage?scope=everything"), 400)
    assert "scope 的取值“everything”不存在" in wrong["detail_zh"]


def test_a_long_value_is_not_echoed_whole(client: httpx.Client) -> None:
    body = refused(client.get("/api/v1/coverage", params={"rule": "x" * 6000}), 400)
    assert "x" * 80 in body["detail"] and "x" * 81 not in str(body)
    assert "x" * 81 not in str(refused(client.get("/api/v1/coverage", params={"x" * 6000: "1"}), 400))
