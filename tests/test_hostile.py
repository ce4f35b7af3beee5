"""Hostile requests against a real server: refused in words or cut and said so, while everybody else is answered."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from hostile import FLOODS, HEAVY, LOOKUPS, REFUSED, REJECTED, WIRE, Asked, bomb, talk
from serving import serving

LIMITS = (
    "--query-seconds",
    "2",
    "--query-memory",
    str(512 << 20),
    "--query-rows",
    "20000",
    "--head-seconds",
    "2",
    "--body-seconds",
    "2",
    "--write-seconds",
    "3",
)


@pytest.fixture(scope="module")
def address(store_folder: Path) -> Iterator[str]:
    with serving(store_folder, *LIMITS) as at:
        yield at


@contextlib.contextmanager
def others(address: str) -> Iterator[list[str]]:
    """Ask like everybody else while the block runs; yields the list of what went wrong, which must stay empty."""
    wrong: list[str] = []
    stop = threading.Event()
    asked = [0]

    def ask() -> None:
        while not stop.is_set():
            for look in LOOKUPS:
                try:
                    answer = look(address)
                except httpx.HTTPError as error:
                    wrong.append(repr(error))
                    continue
                asked[0] += 1
                if answer.status_code not in (200, 308):
                    wrong.append(f"{answer.url}: {answer.status_code} {answer.text[:200]}")

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield wrong
        before = asked[0]
        deadline = time.monotonic() + 60
        while asked[0] == before and time.monotonic() < deadline:  # still answered after the last attack
            time.sleep(0.05)
        assert asked[0] > before
    finally:
        stop.set()
        thread.join()


def check(attack: Asked, answer: httpx.Response) -> None:
    said = f"{attack.label}: {answer.status_code} {answer.text[:300]}"
    if answer.status_code == 200:
        assert attack.fine, said
        return
    assert answer.status_code in REFUSED, said
    if answer.status_code != 431 and answer.headers.get("content-type", "").startswith("application/problem"):
        assert answer.json()["detail"], said
    assert "Traceback" not in answer.text and 'File "' not in answer.text, said


def test_heavy_queries_are_stopped_while_others_are_answered(address: str) -> None:
    with others(address) as wrong, ThreadPoolExecutor(4) as crowd:
        for attack, answer in zip(HEAVY, crowd.map(lambda attack: attack.send(address), HEAVY), strict=True):
            check(attack, answer)
    assert wrong == []


def test_floods_are_cut_and_say_so(address: str) -> None:
    with others(address) as wrong:
        for attack in FLOODS:
            answer = attack.send(address)
            check(attack, answer)
            assert answer.status_code != 200 or answer.headers["x-cut"], attack.label
    assert wrong == []


def test_what_may_not_be_asked_is_refused_at_once(address: str) -> None:
    with others(address) as wrong:
        for attack in REJECTED:
            check(attack, attack.send(address))
    assert wrong == []


@pytest.mark.parametrize(("label", "sent"), WIRE, ids=[label for label, _ in WIRE])
def test_odd_bytes_are_refused_or_dropped(address: str, label: str, sent: bytes) -> None:
    got = talk(address, sent)
    status = re.match(rb"HTTP/1\.1 (\d{3})", got)
    assert not got or (status and int(status[1]) in REFUSED | {200, 303}), got[:300]
    assert b"Traceback" not in got and b"169.254" not in got
    assert httpx.get(f"{address}/healthz", timeout=30).status_code == 200


def test_slow_clients_are_let_go_and_hold_nobody_up(address: str) -> None:
    host, _, port = address.rpartition("://")[2].partition(":")
    heads = [b"GET /healthz HTT", b"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nqu", b""]
    with contextlib.ExitStack() as open_wires, others(address) as wrong:
        wires = [open_wires.enter_context(socket.create_connection((host, int(port)), timeout=30)) for _ in range(60)]
        for at, wire in enumerate(wires):
            wire.sendall(heads[at % 3])
        for at, wire in enumerate(wires):
            if at % 3 != 2:  # a connection that never says anything may stay as long as any idle one
                wire.settimeout(30)
                with contextlib.suppress(ConnectionError):
                    while wire.recv(4096):
                        pass
    assert wrong == []


def test_a_reader_that_does_not_read_is_let_go(address: str) -> None:
    host, _, port = address.rpartition("://")[2].partition(":")
    text = b"SELECT+*+%7B%3Fs+%3Fp+%3Fo%7D"
    with socket.socket() as wire, others(address) as wrong:
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        wire.settimeout(60)
        wire.connect((host, int(port)))
        wire.sendall(b"GET /sparql?format=json&query=" + text + b" HTTP/1.1\r\nHost: x\r\n\r\n")
        time.sleep(8)  # longer than a client may take to read what is ready
        got = 0
        with contextlib.suppress(ConnectionError):
            while more := wire.recv(1 << 20):
                got += len(more)
        assert got < 4 << 20
    assert wrong == []


def test_a_workbook_that_unpacks_without_end_is_a_finding(address: str) -> None:
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    attack = Asked(
        "a zip bomb", "/api/v1/validate", data=bomb(), method="POST", headers={"Content-Type": kind}, fine=True
    )
    with others(address) as wrong:
        answer = attack.send(address)
        check(attack, answer)
        assert not answer.json().get("conforms")
    assert wrong == []


def workers() -> list[int]:
    """The processes of query workers: niced, and begun by the server of processes. Read from /proc: ps may cut a line."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            pid = int(folder.name)
            if b"forkserver" in (folder / "cmdline").read_bytes() and os.getpriority(os.PRIO_PROCESS, pid) > 0:
                found.append(pid)
    return found


def test_killing_a_query_worker_loses_nobody_elses_request(address: str) -> None:
    slow = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f FILTER(?c < ?f) }"
    with others(address) as wrong, ThreadPoolExecutor(4) as crowd:
        running = [crowd.submit(httpx.post, f"{address}/sparql", data={"query": slow}, timeout=60) for _ in range(2)]
        quick = [crowd.submit(httpx.post, f"{address}/sparql", data={"query": "ASK {}"}, timeout=60) for _ in range(2)]
        time.sleep(0.5)
        killed = 0
        for pid in workers():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                killed += 1
        assert killed
        for answer in (one.result() for one in running):
            assert answer.status_code in (200, 400, 408, 503), answer.text
        for answer in (one.result() for one in quick):
            assert answer.status_code == 200, answer.text
    assert wrong == []
    assert httpx.post(f"{address}/sparql", data={"query": "ASK {}"}, timeout=60).status_code == 200
