"""Running the service: probes, metrics, logs, several processes, a new build under load, keys, rates, a prefix."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import os
import re
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from aistandards import pipeline
from aistandards.api import create_app
from aistandards.api.clients import Addresses, Rates, bucket_of, lay_out
from aistandards.settings import ServerSettings
from serving import free_port, serving, started
from sockets import HANGS, connect, exchange, parse, proxy, request

NEEDS_SIGNALS = pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")


def until(true: Callable[[], bool], what: str) -> None:
    """Wait until something is true; a test that waits too long hangs."""
    deadline = time.monotonic() + 2 * HANGS
    while not true():
        assert time.monotonic() < deadline, what
        time.sleep(0.1)


def samples(address: str, **headers: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """All samples of /metrics, read by Prometheus' own parser."""
    answer = httpx.get(f"{address}/metrics", headers=headers, timeout=HANGS)
    assert answer.status_code == 200 and answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def total(found: dict[tuple[str, frozenset[tuple[str, str]]], float], name: str, **labels: str) -> float:
    return sum(value for (n, have), value in found.items() if n == name and labels.items() <= dict(have).items())


def lines(log: Path) -> list[dict[str, object]]:
    """The events of a log in JSON lines; what is printed before it is for people."""
    return [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines() if line.startswith("{")]


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("keys") / "keys"
    file.write_text(f"# who may ask\nreader {hashlib.sha256(b'k-of-reader').hexdigest()}\n")
    return file


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("log") / "log"


@pytest.fixture(scope="module")
def address(store_folder: Path, keys: Path, log: Path) -> Iterator[str]:
    """A service with keys, a rate, proxies it trusts, and a log in JSON."""
    options = ("--api-keys", str(keys), "--rate", "1/h", "--burst", "30", "--trusted-proxies", "127.0.0.1")
    more = ("--log-format", "json", "--log-level", "info", "--audit-characters", "20", "--hsts-seconds", "60")
    env = {"AISTANDARDS_METRICS_KEY": "k-of-prometheus"}
    with serving(store_folder, *options, *more, log=log, env=env) as found:
        yield found


def test_probes_need_no_key_and_name_the_build(address: str) -> None:
    alive, ready = (httpx.get(f"{address}/{probe}", timeout=HANGS) for probe in ("healthz", "readyz"))
    assert (alive.status_code, ready.status_code) == (200, 200)
    assert alive.json()["build"] == ready.json()["build"] and ready.json()["sparql"] == "ready"
    assert alive.headers["strict-transport-security"].startswith("max-age=60")


def test_a_key_is_asked_for_and_known_by_its_hash(address: str) -> None:
    none = httpx.get(f"{address}/api/v1/rules", timeout=HANGS)
    assert none.status_code == 401 and none.headers["www-authenticate"].startswith("Bearer ")
    assert "X-API-Key" in none.json()["detail"] and "密钥" in none.json()["detail_zh"]
    wrong = httpx.get(f"{address}/api/v1/rules", headers={"X-API-Key": "guess"}, timeout=HANGS)
    assert wrong.status_code == 401 and "invalid_token" in wrong.headers["www-authenticate"]
    for headers in ({"Authorization": "Bearer k-of-reader"}, {"X-API-Key": "k-of-reader"}):
        assert httpx.get(f"{address}/api/v1/rules", headers=headers, timeout=HANGS).status_code == 200
    for odd in ("Basic k-of-reader", "Bearer", "Token x y", "Bearer é"):
        assert httpx.get(f"{address}/zh/", headers={b"Authorization": odd.encode()}, timeout=HANGS).status_code == 401


def test_a_changed_file_of_keys_is_taken_up(address: str, keys: Path) -> None:
    late = {"X-API-Key": "k-of-latecomer"}
    assert httpx.get(f"{address}/api/v1/rules", headers=late, timeout=HANGS).status_code == 401
    keys.write_text(keys.read_text() + f"late {hashlib.sha256(b'k-of-latecomer').hexdigest()}\n")
    until(
        lambda: httpx.get(f"{address}/zh/nowhere", headers=late, timeout=HANGS).status_code != 401,
        "the key is not known",
    )


def test_metrics_have_a_key_of_their_own(address: str) -> None:
    assert httpx.get(f"{address}/metrics", timeout=HANGS).status_code == 401
    assert httpx.get(f"{address}/metrics", headers={"X-API-Key": "k-of-reader"}, timeout=HANGS).status_code == 401
    assert samples(address, Authorization="Bearer k-of-prometheus")


def test_a_client_that_asks_too_often_is_told_when_to_come_back(address: str) -> None:
    headers = {"X-API-Key": "k-of-reader"}
    answers = [httpx.get(f"{address}/api/v1/rules", headers=headers, timeout=HANGS) for _ in range(32)]
    assert answers[-1].status_code == 429
    left = [int(re.findall(r"r=(\d+)", a.headers["ratelimit"])[0]) for a in answers if a.status_code == 200]
    assert left == sorted(left, reverse=True) and (not left or left[-1] == 0)
    assert int(answers[-1].headers["retry-after"]) > 0
    assert "1/h" in answers[-1].json()["detail"] and "过于频繁" in answers[-1].json()["detail_zh"]
    assert httpx.get(f"{address}/healthz", timeout=HANGS).status_code == 200


def test_the_log_has_a_line_a_request_and_no_secret(address: str, log: Path) -> None:
    secret = {
        "X-API-Key": "k-of-latecomer",
        "X-Forwarded-For": "198.51.100.7, 203.0.113.9",
        "X-Request-Id": "asked-here",
    }
    query = 'SELECT ?s { ?s ?p "a\nb" } LIMIT 1'
    url = f"{address}/sparql?query={query}&token=t-secret".replace("\n", "%0A")
    answer = httpx.get(url, headers=secret, timeout=HANGS)
    assert answer.headers["x-request-id"] == "asked-here"
    until(lambda: len([e for e in lines(log) if e.get("id") == "asked-here"]) >= 2, "no audit line")
    access, audit = (
        next(e for e in lines(log) if e.get("id") == "asked-here" and e["event"] == name)
        for name in ("access", "sparql")
    )
    assert access["client"] == audit["client"] == "203.0.113.9"
    assert (access["method"], access["path"], access["route"], access["status"]) == (
        "GET",
        "/sparql",
        "/sparql",
        answer.status_code,
    )
    assert access["bytes"] == len(answer.content) and float(str(access["ms"])) > 0 and access["build"]
    assert audit["sha256"] == hashlib.sha256(query.encode()).hexdigest()
    assert audit["query"] == query[:20] and audit["characters"] == len(query) and audit["key"] == access["key"]
    text = log.read_text(encoding="utf-8")
    for word in ("k-of-", "t-secret", "Bearer ", hashlib.sha256(b"k-of-reader").hexdigest()):
        assert word not in text


def test_a_request_id_that_is_none_is_replaced(address: str) -> None:
    for odd in ("", "a b", 'x"y', "a" * 65, "中".encode().decode("latin-1")):
        answer = httpx.get(f"{address}/healthz", headers={b"X-Request-Id": odd.encode("latin-1")}, timeout=HANGS)
        assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["x-request-id"])


def test_only_a_trusted_proxy_is_believed() -> None:
    def client(peer: str, forwarded: str, *trusted: str) -> str:
        scope = {"type": "http", "client": (peer, 1), "headers": [(b"x-forwarded-for", forwarded.encode())]}
        return Addresses(trusted).client(scope)

    assert client("192.0.2.1", "198.51.100.7") == "192.0.2.1"
    assert client("192.0.2.1", "198.51.100.7", "10.0.0.0/8") == "192.0.2.1"
    assert client("10.0.0.1", "198.51.100.7", "10.0.0.0/8") == "198.51.100.7"
    assert client("10.0.0.1", "6.6.6.6, 198.51.100.7, 10.0.0.2", "10.0.0.0/8") == "198.51.100.7"
    assert client("10.0.0.1", "6.6.6.6, nonsense", "10.0.0.0/8") == "10.0.0.1"
    assert client("10.0.0.1", "", "10.0.0.0/8") == "10.0.0.1"
    assert bucket_of("2001:db8:0:1::1") == bucket_of("2001:db8:0:1:ffff::9") != bucket_of("2001:db8:0:2::1")


def test_rates_are_shared_by_all_processes_and_refill(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lay_out(str(tmp_path))
    one, other = (Rates("60/min", 5, str(tmp_path)) for _ in range(2))
    now = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    turns = [(one, other)[number % 2].take("a") for number in range(6)]
    assert [turn.passes for turn in turns] == [True] * 5 + [False]
    assert [turn.remaining for turn in turns] == [4, 3, 2, 1, 0, 0]
    assert turns[-1].seconds == 1 and other.take("b").passes
    now += 2
    assert [one.take("a").passes for _ in range(3)] == [True, True, False]
    now += 3600
    assert [one.take("a").passes for _ in range(6)] == [True] * 5 + [False]


def test_a_client_with_all_its_requests_at_work_waits_and_others_do_not(store_folder: Path) -> None:
    with serving(store_folder, "--client-requests", "1") as address, connect(address, "127.0.0.2") as made:
        head = request("/sparql", "Content-Length: 6", "Content-Type: application/sparql-query", method="POST")
        made.sendall(head + b"ASK")
        until(lambda: total(samples(address), "aistandards_requests_in_flight") == 2, "the first is not at work")
        second = exchange(address, request("/"), source="127.0.0.2")
        assert second.status == 503 and second.headers["retry-after"] == "1"
        assert exchange(address, request("/healthz"), source="127.0.0.2").status == 200
        assert exchange(address, request("/"), source="127.0.0.3").status == 303
        made.sendall(b" {}")
        assert b'"boolean":true' in parse(made.recv(65536) + made.recv(65536)).body.replace(b" ", b"")


def test_an_error_of_ours_is_told_without_its_traceback(store_folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    app = create_app(ServerSettings(store=store_folder))

    @app.get("/broken")
    def broken() -> None:
        raise ZeroDivisionError("a secret of ours")

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://a.example") as client:
            return await client.get("/broken")

    with app.state.holder.service.engine:
        answer = asyncio.run(ask())
    assert answer.status_code == 500 and answer.headers["content-type"] == "application/problem+json"
    assert "secret" not in answer.text and "Traceback" not in answer.text
    assert answer.headers["x-frame-options"] == "DENY" and answer.headers["x-request-id"]


def test_sparql_is_counted_by_how_it_ended(store_folder: Path) -> None:
    with serving(store_folder, "--query-seconds", "1", "--query-rows", "3") as address:
        forever = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
        for query in (
            "ASK {}",
            "SELECT * { ?s ?p ?o }",
            "SELECT",
            "SELECT * { SERVICE <http://127.0.0.1/> {} }",
            forever,
        ):
            httpx.get(f"{address}/sparql", params={"query": query}, timeout=HANGS)
        found = samples(address)
        ended = {
            o: total(found, "aistandards_sparql_queries_total", outcome=o) for o in ("ok", "cut", "refused", "timeout")
        }
        assert ended == {"ok": 1, "cut": 1, "refused": 2, "timeout": 1}
        assert total(found, "aistandards_sparql_seconds_count") == 5
        assert total(found, "aistandards_sparql_pool", what="workers") >= 1
        assert total(found, "aistandards_sparql_pool", what="waiting") == 0
        assert total(found, "aistandards_process_resident_bytes") > 1 << 20
        assert total(found, "aistandards_build_info") == 1


@NEEDS_SIGNALS
def test_several_processes_count_together_and_a_dead_one_is_replaced(store_folder: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with serving(store_folder, "--workers", "2", "--log-level", "info", "--log-format", "json", log=log) as address:
        until(lambda: total(samples(address), "aistandards_workers_started_total") == 2, "not all have started")
        for _ in range(40):
            assert httpx.get(f"{address}/api/v1/rules", timeout=HANGS).status_code == 200
        found = samples(address)
        assert total(found, "aistandards_requests_total", route="/api/v1/rules", status="200") == 40
        assert total(found, "aistandards_request_seconds_count", route="/api/v1/rules") == 40
        processes = {dict(have)["process"] for (name, have) in found if name == "aistandards_process_resident_bytes"}
        assert len(processes) == 2
        victim = int(min(processes))
        os.kill(victim, signal.SIGKILL)
        until(
            lambda: total(samples_or_none(address), "aistandards_workers_started_total") == 3,
            "the dead one is not replaced",
        )
        again = samples(address)
        assert total(again, "aistandards_requests_total", route="/api/v1/rules") == 40
        assert not [have for (_name, have) in again if ("process", str(victim)) in have]
        assert total(again, "aistandards_requests_in_flight") == 1
        assert any(e["event"] == "worker-died" and e["process"] == victim for e in lines(log))


def samples_or_none(address: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """The samples, or none where the process asked has just died."""
    with contextlib.suppress(httpx.TransportError):
        return samples(address)
    return {}


@NEEDS_SIGNALS
@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_new_build_is_taken_up_without_dropping_a_request(own_store: Path, workers: str) -> None:
    builds: set[str] = set()
    wrong: list[str] = []
    ended = threading.Event()

    def load(address: str) -> None:
        with httpx.Client(base_url=address, timeout=HANGS) as client:
            while not ended.is_set():
                try:
                    answer = client.get("/api/v1/coverage")
                    builds.add(answer.headers["x-build"])
                    if answer.status_code != 200:
                        wrong.append(answer.text)
                except httpx.TransportError as error:
                    wrong.append(repr(error))

    with started(own_store, "--workers", workers) as (address, process):
        threads = [threading.Thread(target=load, args=(address,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        try:
            until(lambda: len(builds) == 1, "no answer")
            new = pipeline.build(own_store, skip_invalid=True)[0]
            until(lambda: new.id[:16] in builds, "the new build is not taken up")
            process.send_signal(signal.SIGHUP)
            if workers == "2":
                until(lambda: total(samples(address), "aistandards_workers_started_total") == 4, "not restarted")
            time.sleep(2)
        finally:
            ended.set()
            for thread in threads:
                thread.join()
    assert not wrong
    assert len(builds) == 2


@NEEDS_SIGNALS
@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_running_request_ends_before_the_service_does(store_folder: Path, workers: str) -> None:
    with started(store_folder, "--workers", workers) as (address, process), connect(address) as made:
        head = request("/sparql", "Content-Length: 6", "Content-Type: application/sparql-query", method="POST")
        made.sendall(head + b"ASK")
        until(lambda: total(samples(address), "aistandards_requests_in_flight") >= 2, "it is not at work")
        process.send_signal(signal.SIGTERM)
        until(lambda: _refuses(address), "it still takes connections")
        made.sendall(b" {}")
        raw = b""
        while block := made.recv(65536):
            raw += block
        assert parse(raw).status == 200 and b"true" in parse(raw).body
        assert process.wait(HANGS) is not None


def _refuses(address: str) -> bool:
    try:
        connect(address).close()
    except ConnectionError:
        return True
    return False


@NEEDS_SIGNALS
def test_a_stopping_service_says_so_on_open_connections(store_folder: Path) -> None:
    with started(store_folder) as (address, process), connect(address) as made:
        made.sendall(b"GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n")
        assert parse(made.recv(65536)).status == 200
        process.send_signal(signal.SIGTERM)
        until(lambda: _refuses(address), "it still takes connections")
        made.sendall(b"GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n")
        raw = b""
        while block := made.recv(65536):
            raw += block
        answer = parse(raw)
        assert answer.status == 503 and b"stopping" in answer.body
        assert answer.headers["connection"] == "close"


def test_it_is_not_ready_without_its_build(own_store: Path, tmp_path: Path) -> None:
    with serving(own_store) as address:
        assert httpx.get(f"{address}/readyz", timeout=HANGS).status_code == 200
        own_store.rename(tmp_path / "gone")
        answer = httpx.get(f"{address}/readyz", timeout=HANGS)
        assert answer.status_code == 503 and answer.json()["detail_zh"] and answer.headers["retry-after"]
        assert httpx.get(f"{address}/healthz", timeout=HANGS).status_code == 200


@pytest.mark.parametrize("strips", [True, False])
def test_every_link_works_under_a_prefix(store_folder: Path, strips: bool) -> None:
    with serving(store_folder, "--root-path", "/deep/ai") as service, proxy(service, "/deep/ai", strips) as outside:
        client = httpx.Client(base_url=outside, timeout=HANGS)
        waiting, seen = ["/deep/ai/en/", "/deep/ai/docs", "/deep/ai/zh/standards", "/deep/ai/en/ontology"], set[str]()
        while waiting and len(seen) < 120:
            path = waiting.pop(0)
            if path in seen:
                continue
            seen.add(path)
            answer = client.get(path)
            assert answer.status_code in (200, 303, 307, 308), (path, answer.status_code, answer.text[:300])
            if "location" in answer.headers:
                waiting.insert(0, answer.headers["location"])
            if answer.headers.get("content-type", "").startswith("text/html"):
                links = re.findall(r'(?:href|action|src)="([^"#]+)', answer.text)
                local = [link.replace("&amp;", "&") for link in links if link.startswith("/")]
                assert all(link.startswith("/deep/ai/") for link in local), (path, local)
                waiting += local[:: max(1, len(local) // 12)]
        assert {"/deep/ai/static/style.css"} <= seen
        described = client.get("/deep/ai/api/v1/openapi.json").json()
        assert described["servers"] == [{"url": "/deep/ai"}]
        lead = client.get("/deep/ai/id/standard/gbt-45288.1-2025", headers={"Accept": "text/turtle"})
        assert lead.status_code == 303 and lead.headers["location"].startswith("/deep/ai/data/")
        assert "</deep/ai/" in lead.headers["link"]
        record = client.get("/deep/ai/api/v1/standards/gbt-45288.1-2025", headers={"Accept": "application/ld+json"})
        assert record.json()["@context"] == "/deep/ai/context.jsonld"
        assert client.get(record.json()["@context"]).status_code == 200
        again = client.get(
            "/deep/ai/api/v1/rules", headers={"If-None-Match": client.get("/deep/ai/api/v1/rules").headers["etag"]}
        )
        assert again.status_code == 304
        report = client.get("/deep/ai/en/report").text
        assert 'href="/deep/ai/en/"' in report


def test_keys_that_cannot_be_read_stop_the_service(store_folder: Path, tmp_path: Path) -> None:
    from conftest import run_cli

    for content, said in (("reader abc\n", "line 1"), ("# none\n", "names no key"), (None, "cannot be read")):
        file = tmp_path / "keys"
        file.unlink(missing_ok=True)
        if content is not None:
            file.write_text(content)
        for workers in ("1", "2"):
            done = run_cli(
                "serve", "--port", str(free_port()), "--api-keys", file, "--workers", workers, store=store_folder
            )
            assert done.code == 2 and said in done.stderr and str(file) in done.stderr
