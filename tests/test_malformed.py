"""What no client should send: every malformed request gets 4xx and a problem document in the language asked for, never 5xx."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlparse

import httpx
import pytest

import aistandards
from aistandards.api.problems import TYPE, kinds
from serving import serving

HAN = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture(scope="module")
def address(store_folder: Path) -> Iterator[str]:
    with serving(store_folder) as found:
        yield found


@pytest.fixture(scope="module")
def client(address: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=address, timeout=60) as found:
        yield found


def raw(address: str, head: bytes, body: bytes = b"") -> tuple[int, bytes]:
    """Send bytes as they are and return the status and the body of the answer."""
    place = urlparse(address)
    with socket.create_connection((place.hostname, place.port), timeout=30) as connection:
        connection.sendall(
            head
            + b"\r\nHost: x\r\nConnection: close\r\n"
            + (b"Content-Length: %d\r\n" % len(body) if body else b"")
            + b"\r\n"
            + body
        )
        got = b""
        while piece := connection.recv(65536):
            got += piece
    line, _, rest = got.partition(b"\r\n")
    return int(line.split()[1]), rest.partition(b"\r\n\r\n")[2]


PATHS = [
    b"/api/v1/standards/%ff%fe",
    b"/api/v1/standards/%C0%80",
    b"/api/v1/standards/%ED%A0%80",
    b"/api/v1/standards/gbt%00",
    b"/api/v1/systems/guide-2024/%00",
    b"/api/v1/systems/%e2%28%a1",
    b"/api/v1/queries/%00",
    b"/api/v1/policies/..%2f..%2fetc",
    b"/id/standard/%00",
    b"/id/%ff/x",
    b"/data/standard/%ff.ttl",
    b"/data/standard/x.%00",
    b"/graph/%00",
    b"/ontology.%ff",
    b"/ontology/%00",
    b"/zh/standards/%ff",
    b"/zh/system/%00",
    b"/context/%00.jsonld",
    b"/problem/%ff",
]
QUERIES = [
    b"/api/v1/standards?q=%ff",
    b"/api/v1/standards?q=%00",
    b"/api/v1/standards?q=%ED%B0%80",
    b"/api/v1/standards?limit=%ff",
    b"/api/v1/standards?%ff=1",
    b"/api/v1/standards?limit=" + b"9" * 5000,
    b"/api/v1/standards?limit=-1",
    b"/api/v1/standards?limit=1e3",
    b"/api/v1/standards?limit=",
    b"/api/v1/standards?limit=5&limit=6",
    b"/api/v1/standards?year=%EF%BC%92%EF%BC%90%EF%BC%92%EF%BC%95",
    b"/api/v1/coverage?as_of=9999-99-99",
    b"/api/v1/coverage?as_of=2025-1-1",
    b"/api/v1/coverage?as_of=" + b"1" * 4500,
    b"/api/v1/coverage?rule=%00",
    b"/api/v1/coverage?rule=",
    b"/api/v1/changes?from=%ff&to=2025-01-01",
    b"/api/v1/forecast?by_day=99999-01-01",
    b"/api/v1/status?number=%00",
    b"/api/v1/status",
    b"/api/v1/queries/status-on-day?day=%ff",
    b"/api/v1/queries/status-on-day?day=2025-01-01&day=2025-01-02",
    b"/api/v1/queries/records-of-year?year=" + b"9" * 4500,
    b"/api/v1/coverage/matrix?by=part,part",
    b"/api/v1/coverage/matrix?by=,",
    b"/zh/standards?q=%ff",
    b"/zh/id/standard/gbt-45288.1-2025?start=" + b"9" * 400,
    b"/sparql?query=%ff",
]


@pytest.mark.parametrize("target", PATHS + QUERIES, ids=lambda target: target[:60].decode())
def test_what_is_no_text_or_no_value_is_4xx(address: str, target: bytes) -> None:
    status, body = raw(address, b"GET " + target + b" HTTP/1.1")
    assert 400 <= status < 500, (status, body[:300])
    assert b"Traceback" not in body and b"Internal Server Error" not in body
    if target.startswith(b"/api/"):
        told = json.loads(body)
        assert (
            told["status"] == status
            and HAN.search(told["detail_zh"])
            and not HAN.search(re.sub("“[^”]*”", "", told["detail_en"]))
        )


@pytest.mark.parametrize(
    "head",
    [
        b"GET /api/v1/coverage\xff HTTP/1.1",
        b"GET /api/v1/coverage?x=\xc3\xa9 HTTP/1.1",
        b"G@T /api/v1/coverage HTTP/1.1",
        b"GET  HTTP/1.1",
        b"GET api HTTP/9.9",
        b"GET /api/v1/coverage HTTP/1.1\r\nContent-Length: x",
    ],
)
def test_what_is_no_http_is_4xx(address: str, head: bytes) -> None:
    status, _ = raw(address, head)
    assert 400 <= status < 500


BODIES = [
    ("/api/v1/status", "application/json", b"{", "JSON"),
    ("/api/v1/status", "application/json", b"\xff\xfe", "JSON"),
    ("/api/v1/status", "application/json", b"[" * 200_000, "JSON"),
    ("/api/v1/status", "application/json", b'"x"', "array"),
    ("/api/v1/status", "application/json", b"[]", "array"),
    ("/api/v1/status", "application/json", b"[1]", "array"),
    ("/api/v1/status", "application/json", b"1" * 5000, "JSON"),
    ("/api/v1/status", "application/json", b'["\\ud800"]', None),
    ("/api/v1/status", "application/xml", b"<a/>", "Content-Type"),
    ("/api/v1/status", "", b"x", "Content-Type"),
    ("/api/v1/eligibility", "application/json", b"{", "JSON"),
    ("/api/v1/eligibility", "application/json", b"[]", "records"),
    ("/api/v1/eligibility", "application/json", b'{"records": [1]}', "records"),
    ("/api/v1/eligibility", "application/json", b'{"records": [{"x": ' + b"9" * 5000 + b"}]}", None),
    ("/api/v1/eligibility", "application/json", b'{"records": [{"\\ud800": "\\udfff"}]}', None),
    ("/api/v1/eligibility", "text/plain", b"x", "Post"),
    ("/api/v1/eligibility", "text/csv", b"\xff\x00\xff", None),
    ("/sparql", "application/sparql-query", b"\xff", "UTF-8"),
    ("/sparql", "text/plain", b"x", "Content-Type"),
    ("/sparql", "application/x-www-form-urlencoded", b"query=%ff%ff", None),
]


@pytest.mark.parametrize(("path", "kind", "body", "says"), BODIES, ids=[f"{p} {k} {b[:20]!r}" for p, k, b, _ in BODIES])
def test_a_body_that_is_not_what_it_says_is_4xx(
    client: httpx.Client, path: str, kind: str, body: bytes, says: str | None
) -> None:
    answer = client.post(path, content=body, headers={"Content-Type": kind} if kind else {})
    if says is None and answer.status_code == 200:
        return  # read with replacement characters, or with findings in the answer
    assert 400 <= answer.status_code < 500, answer.text[:300]
    told = answer.json()
    assert says is None or says in told["detail_en"]
    assert told["detail_zh"] and told["type"].startswith(TYPE)


def test_a_problem_speaks_the_language_asked_for_and_leads_to_its_page(client: httpx.Client) -> None:
    for language, is_chinese in (
        ("zh-CN,zh;q=0.9,en;q=0.5", True),
        ("en-US,en;q=0.9,zh;q=0.2", False),
        ("", False),
        ("fr", False),
    ):
        answer = client.get("/api/v1/coverage", params={"rule": "guid"}, headers={"Accept-Language": language})
        told = answer.json()
        assert (
            answer.headers["content-type"] == "application/problem+json" and "Accept-Language" in answer.headers["vary"]
        )
        assert answer.headers["content-language"] == ("zh-CN" if is_chinese else "en")
        assert told["detail"] == told["detail_zh" if is_chinese else "detail_en"]
        assert bool(HAN.search(told["title"])) is is_chinese
        page = client.get("/problem/" + told["type"].removeprefix(TYPE), headers={"Accept-Language": language or "en"})
        assert page.status_code == 200 and page.headers["content-type"].startswith("text/html")


def test_wrong_parameters_are_listed_one_by_one(client: httpx.Client) -> None:
    told = client.get("/api/v1/standards", params={"limt": "5", "limit": "x"}).json()
    assert {one["parameter"] for one in told["errors"]} == {"limt", "limit"}
    for one in told["errors"]:
        assert HAN.search(one["message_zh"]) and one["message_en"]
    told = client.get("/api/v1/queries/coverage-by-part", params={"rule": "guid", "day": "2026-01-01"}).json()
    assert told["errors"][0]["parameter"] == "rule" and "guide" in told["detail_en"] and "可选" in told["detail_zh"]
    told = client.get("/api/v1/queries/coverage-by-part?day=2026-01-01&day=2026-01-02").json()
    assert told["errors"][0]["parameter"] == "day" and "more than once" in told["detail_en"]


def test_every_kind_of_problem_that_the_source_names_has_a_page(client: httpx.Client) -> None:
    source = Path(aistandards.__file__).parent
    named = set()
    for file in source.rglob("*.py"):
        text = file.read_text(encoding="utf-8")
        named |= set(re.findall(r'problem\(\s*request,\s*\d+,\s*"([a-z-]+)"', text))
        named |= set(re.findall(r'body_of\(request, \w+, "([a-z-]+)"', text))
        if re.search(r"class \w+\(\w*Error\)", text):
            named |= set(re.findall(r'^    name(?:: ClassVar\[str\])? = "([a-z-]+)"', text, re.M))
        named |= set(re.findall(r'Refusal\(\s*[^,]+,\s*\d+,\s*"([a-z-]+)"', text))
        named |= set(re.findall(r'_refuse\(\d+, "[a-z]*", "([a-z-]+)"', text))
    assert len(named) > 10 and named <= set(kinds()), named - set(kinds())
    for name, kind in kinds().items():
        assert 400 <= kind["status"] < 600 and HAN.search(kind["zh"]) and HAN.search(kind["fix_zh"])
        assert client.get(f"/problem/{name}").status_code == 200
    assert client.get("/problem/usage-eror").status_code == 404


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/api/v1/coverage", "GET, HEAD, OPTIONS"),
        ("/api/v1/status", "GET, HEAD, OPTIONS, POST"),
        ("/api/v1/queries/coverage-by-part", "GET, HEAD, OPTIONS"),
        ("/ontology", "GET, HEAD, OPTIONS"),
        ("/api/v1/standards/gbt-45288.1-2025/explain", "GET, HEAD, OPTIONS"),
    ],
)
def test_other_methods_are_refused_with_those_there_are(client: httpx.Client, path: str, methods: str) -> None:
    for method in ("PUT", "DELETE", "PATCH", "TRACE", "QUERY", *([] if "POST" in methods else ["POST"])):
        answer = client.request(method, path)
        assert answer.status_code == 405 and answer.headers["allow"] == methods, (method, answer.headers)
        assert answer.json()["type"] == TYPE + "method-not-allowed"
    options = client.options(path)
    assert options.status_code == 204 and options.headers["allow"] == methods


def test_an_empty_parameter_is_no_answer_of_the_api(client: httpx.Client) -> None:
    for path in ("/feeds/all.atom", "/api/v1/chain", "/api/v1/coverage", "/api/v1/rules/guide"):
        assert client.get(path, params={"as_of": "null"}).status_code == 400, path
    for name in ("as_of", "level", "q", "part", "limit"):
        answer = client.get("/api/v1/standards", params={name: ""})
        assert answer.status_code == 400 and name in answer.json()["detail_en"], name
    assert client.get("/zh/standards", params={"level": "", "part": "", "q": "大模型"}).status_code == 200
    assert client.get("/api/v1/coverage/records", params={"row": ""}).status_code == 200
