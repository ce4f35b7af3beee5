"""Hostile requests over a real socket: each is refused in a sentence or cut off, and the service goes on answering others."""

from __future__ import annotations

import contextlib
import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from aistandards.api.problems import kinds
from serving import serving
from sockets import HANGS, Answer, connect, exchange, parse, read_all, request

SHORT = (
    *("--head-seconds", "1", "--body-seconds", "1", "--write-seconds", "1", "--idle-seconds", "2"),
    *("--head-bytes", "4096", "--url-bytes", "2048", "--body-bytes", "20000", "--client-connections", "20"),
    *("--allowed-hosts", "127.0.0.1,good.example,*.under.example", "--log-level", "info", "--log-format", "json"),
)


@pytest.fixture(scope="module", params=["httptools", "h11"])
def address(
    request: pytest.FixtureRequest, store_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """A service with short limits, on the parser that the extra ``fast`` brings and on the one that is always there."""
    folder = tmp_path_factory.mktemp("log")
    env = {}
    if request.param == "h11":
        for name in ("httptools", "uvloop"):
            (folder / f"{name}.py").write_text("raise ImportError\n")
        env["PYTHONPATH"] = f"{folder}:{Path(__file__).parents[1] / 'src'}"
    else:
        pytest.importorskip("httptools")
    with serving(store_folder, *SHORT, log=folder / "log", env=env) as found:
        yield found


@pytest.fixture(autouse=True)
def goes_on(address: str) -> Iterator[None]:
    """After every test, others are answered."""
    yield
    assert httpx.get(f"{address}/api/v1/targets", timeout=HANGS).status_code == 200


def refused(answer: Answer, status: int) -> dict[str, object]:
    """The problem document of an answer that refuses; it has both languages and the headers every answer has."""
    assert answer.status == status, answer
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    body: dict[str, object] = json.loads(answer.body)
    assert body["status"] == status and body["detail"] and body["detail_zh"]
    kind = kinds()[str(body["type"]).rpartition("/")[2]]
    assert kind["status"] == status and body["title"] == kind["en"]
    return body


def walls(address: str) -> dict[str, float]:
    """How often each wall has refused so far."""
    lines = httpx.get(f"{address}/metrics", timeout=HANGS).text.splitlines()
    found = [line for line in lines if line.startswith("aistandards_refused_total")]
    return {line.split('"')[1]: float(line.split()[-1]) for line in found}


def test_a_slow_head_is_cut_off_while_others_are_answered(address: str) -> None:
    slow = [connect(address, "127.0.0.2") for _ in range(10)]
    for made in slow:
        made.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Drop")
    assert httpx.get(f"{address}/healthz", timeout=HANGS).status_code == 200
    for made in slow:
        assert "1 s" in str(refused(parse(read_all(made)), 408)["detail"])
        made.close()


def test_a_head_that_drips_is_cut_off_all_the_same(address: str) -> None:
    with connect(address) as made, contextlib.suppress(ConnectionError):
        made.sendall(b"GET / HTTP/1.1\r\n")
        made.settimeout(0.2)
        for number in range(HANGS * 5):
            made.sendall(f"X-{number}: y\r\n".encode())
            with contextlib.suppress(TimeoutError):
                assert parse(made.recv(65536)).status == 408
                return
    pytest.fail("the server took the dripping head for ever")


def test_a_connection_that_says_nothing_is_closed(address: str) -> None:
    with connect(address) as made:
        assert read_all(made) == b""


@pytest.mark.parametrize("how", ["Content-Length: 1000", "Transfer-Encoding: chunked"])
def test_a_slow_body_is_cut_off(address: str, how: str) -> None:
    head = request("/sparql", how, "Content-Type: application/sparql-query", method="POST")
    refused(exchange(address, head, b"5\r\nASK"), 408)


def test_a_body_nobody_reads_and_that_does_not_come_is_cut_off(address: str) -> None:
    before = walls(address).get("slow-body", 0)
    with connect(address) as made:
        made.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n\r\n")
        assert parse(read_all(made)).status in (200, 408)
    assert walls(address)["slow-body"] == before + 1


def test_a_client_that_does_not_read_is_cut_off(address: str) -> None:
    before = walls(address).get("slow-write", 0)
    with connect(address, receive=4096) as made:
        query = "SELECT%20*%20%7B%3Fs%20%3Fp%20%3Fo%7D"
        made.sendall(f"GET /sparql?query={query} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        deadline = time.monotonic() + 3 * HANGS  # all triples are to be read first, by a niced worker
        while walls(address).get("slow-write", 0) == before:
            assert time.monotonic() < deadline, "the server still waits for the reader"
            time.sleep(0.2)
        answer = parse(read_all(made))
    assert answer.status == 200
    assert len(answer.body) < int(answer.headers["content-length"])


def test_a_large_head_is_refused(address: str) -> None:
    refused(exchange(address, request("/", *(f"X-{n}: {'a' * 100}" for n in range(60)))), 431)
    refused(exchange(address, b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + b"a" * 100_000), 431)


def test_a_long_address_is_refused(address: str) -> None:
    said = str(refused(exchange(address, request("/api/v1/standards?q=" + "a" * 2100)), 414)["detail"])
    assert "2048" in said and "POST" in said
    refused(exchange(address, b"GET /" + b"a" * 100_000), 414)


def test_a_head_that_ends_between_two_reads_is_no_large_head(address: str) -> None:
    head = request("/sparql", "Content-Length: 15000", "Content-Type: application/sparql-query", method="POST")
    with connect(address) as made:
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        made.sendall(head[:-1])
        time.sleep(0.2)
        made.sendall(head[-1:] + b"ASK {}".ljust(15_000))
        assert parse(read_all(made)).status == 200


def test_a_large_body_is_refused_announced_or_not(address: str) -> None:
    form = "Content-Type: application/sparql-query"
    refused(exchange(address, request("/sparql", "Content-Length: 20001", form, method="POST")), 413)
    chunk = b"1000\r\n" + b" " * 4096 + b"\r\n"
    head = request("/sparql", "Transfer-Encoding: chunked", form, method="POST")
    assert "20000" in str(refused(exchange(address, head, *[chunk] * 5, b"0\r\n\r\n"), 413)["detail"])


@pytest.mark.parametrize(
    "body",
    [
        b"zz\r\nASK{}\r\n0\r\n\r\n",
        b"-5\r\nASK{}\r\n0\r\n\r\n",
        b"ffffffffffffffffff\r\nASK{}",
        b"5\r\nASK{}XX0\r\n\r\n",
    ],
)
def test_broken_chunks_are_refused(address: str, body: bytes) -> None:
    head = request("/sparql", "Transfer-Encoding: chunked", "Content-Type: application/sparql-query", method="POST")
    assert exchange(address, head, body).status in (400, 408)


@pytest.mark.parametrize(
    "headers",
    [
        ("Content-Length: 5", "Transfer-Encoding: chunked"),
        ("Content-Length: 5", "Content-Length: 6"),
        ("Content-Length: -1",),
        ("Content-Length: 5x",),
        ("Transfer-Encoding: chunked, identity",),
        ("Transfer-Encoding: gzip",),
        ("Bad Name: x",),
        (" folded: x",),
    ],
)
def test_doubtful_framing_is_refused(address: str, headers: tuple[str, ...]) -> None:
    head = request("/sparql", *headers, "Content-Type: application/sparql-query", method="POST")
    answer = exchange(address, head, b"0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    assert 400 <= answer.status < 500 or answer.status == 501, answer
    assert b"HTTP/1.1 200" not in answer.body


STEPS = (
    *("../", "%2e%2e/", "..%2f", "%2e%2e%2f", "..%5c", "%252e%252e%252f", "%c0%ae%c0%ae/", "..;/", "....//", "..\\"),
    *("%u002e%u002e/", "．．/", ".%00./", "%2e%2e%5c"),
)


@pytest.mark.parametrize("start", ["/", "/static/", "/data/", "/id/", "/en/", "/api/v1/standards/", "/api/v1/queries/"])
def test_no_path_leads_to_a_file(address: str, start: str) -> None:
    for step in STEPS:
        target = (start + step * 8 + "etc/passwd").encode().decode("latin-1")
        answer = exchange(address, request(target))
        assert 300 <= answer.status < 500 and b"root:" not in answer.body, (target, answer)


@pytest.mark.parametrize(
    "target", ["/static/%2e%2e/templates/base.html", "/static/../settings.py", "/static//etc/passwd"]
)
def test_static_files_are_those_of_their_folder(address: str, target: str) -> None:
    assert exchange(address, request(target)).status in (400, 404)


@pytest.mark.parametrize(
    "target", ["/en/%00", "/static/%00", "/static/style.css%00.html", "/api/v1/standards/a%00b", "/en/\x00"]
)
def test_a_null_character_is_refused(address: str, target: str) -> None:
    assert 400 <= exchange(address, request(target)).status < 500


@pytest.mark.parametrize(
    "target", ["http://evil.example/healthz", "http://127.0.0.1/healthz", "*", "healthz", "//evil.example/"]
)
def test_a_target_that_is_no_path_of_ours_is_refused(address: str, target: str) -> None:
    answer = exchange(address, request(target))
    assert 400 <= answer.status < 500
    assert "evil" not in answer.headers.get("location", "")


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "", "good.example@evil.example", "under.example"]
)
def test_a_wrong_host_is_refused(address: str, host: str) -> None:
    assert exchange(address, request("/", host=host)).status in (400, 421)


def test_two_hosts_are_refused_and_an_allowed_one_is_not(address: str) -> None:
    refused(exchange(address, request("/healthz", "Host: good.example")), 400)
    for host in ("good.example", "GOOD.example:8000", "a.b.under.example"):
        assert exchange(address, request("/static/style.css", host=host)).status == 200
    assert exchange(address, request("/healthz", host="10.1.2.3")).status == 200  # a probe


@pytest.mark.parametrize(
    "method", ["PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "PROPFIND", "get", "A" * 3000, "G\tT"]
)
def test_methods_that_do_nothing_here_are_refused(address: str, method: str) -> None:
    for target in ("/", "/sparql", "/api/v1/targets", "/static/style.css"):
        assert 400 <= exchange(address, request(target, "Content-Length: 0", method=method)).status < 500


def test_an_upgrade_is_not_made(address: str) -> None:
    headers = ("Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==")
    lines = b"\r\n".join(
        [b"GET /healthz HTTP/1.1", b"Host: 127.0.0.1", b"Connection: Upgrade", *(h.encode() for h in headers)]
    )
    with connect(address) as made:
        made.sendall(lines + b"\r\n\r\n")
        assert parse(read_all(made)).status in (200, 400)


@pytest.mark.parametrize(
    "noise",
    [
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"\x00" * 100,
        b"GET\r\n\r\n",
        b"\xff\xfe\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ],
)
def test_what_is_no_http_is_refused(address: str, noise: bytes) -> None:
    refused(exchange(address, noise), 400)


def test_many_connections_of_one_client_leave_room_for_others(address: str) -> None:
    held = [connect(address, "127.0.0.3") for _ in range(60)]
    assert httpx.get(f"{address}/healthz", timeout=HANGS).status_code == 200
    answers = [read_all(made) for made in held]
    for made in held:
        made.close()
    told = [parse(raw) for raw in answers if raw]
    assert len(told) >= 40
    for answer in told:
        assert answer.headers["retry-after"] == "1"
        assert "20" in str(refused(answer, 503)["detail"])


def test_pipelined_requests_are_answered_in_order(address: str) -> None:
    ids = [f"n{number}" for number in range(50)]
    with connect(address) as made:
        made.sendall(
            b"".join(f"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Request-Id: {n}\r\n\r\n".encode() for n in ids)
        )
        raw = read_all(made).decode()
    assert [line.split()[1] for line in raw.split("\r\n") if line.lower().startswith("x-request-id")] == ids


@pytest.mark.parametrize(
    "target",
    ["/en/standards/a%0d%0aSet-Cookie:%20x=1", "/api/v1/standards/%0d%0aX-Evil:1?number=%0aX", "/%0d%0aX-Evil:%201"],
)
def test_no_header_is_smuggled_into_an_answer(address: str, target: str) -> None:
    answer = exchange(address, request(target, "X-Request-Id: a%0d%0ab"))
    assert not {"set-cookie", "x-evil"} & answer.headers.keys()
    assert "%" not in answer.headers["x-request-id"]


@pytest.mark.parametrize(
    ("target", "headers"),
    [
        ("/", ()),
        ("/en/", ()),
        ("/en/nowhere", ()),
        ("/static/style.css", ()),
        ("/static/nowhere", ()),
        ("/api/v1/coverage", ()),
        ("/api/v1/coverage?rul=x", ()),
        ("/sparql?query=ASK%7B%7D", ()),
        ("/sparql?query=NO", ()),
        ("/metrics", ()),
        ("/docs", ()),
        ("/en/report", ()),
        ("/" + "a" * 3000, ()),
        ("/", ("X: " + "a" * 5000,)),
        ("/healthz", ("Host: two.example",)),
    ],
)
def test_every_answer_has_the_security_headers(address: str, target: str, headers: tuple[str, ...]) -> None:
    answer = exchange(address, request(target, *headers))
    assert "server" not in answer.headers
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert "unsafe" not in answer.headers["content-security-policy"]
    for name in ("permissions-policy", "cross-origin-opener-policy", "cross-origin-resource-policy"):
        assert answer.headers[name]
    assert "strict-transport-security" not in answer.headers


def test_a_304_and_a_preflight_have_the_security_headers_too(address: str) -> None:
    for path in ("/api/v1/rules", "/static/style.css"):
        etag = httpx.get(f"{address}{path}", timeout=HANGS).headers["etag"]
        again = httpx.get(f"{address}{path}", headers={"If-None-Match": etag}, timeout=HANGS)
        assert again.status_code == 304 and again.headers["x-frame-options"] == "DENY"
    asked = {"Origin": "https://a.example", "Access-Control-Request-Method": "GET"}
    answer = httpx.options(f"{address}/api/v1/rules", headers=asked, timeout=HANGS)
    assert answer.status_code == 200 and answer.headers["x-frame-options"] == "DENY"
    assert "access-control-allow-credentials" not in answer.headers
