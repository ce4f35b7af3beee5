"""The pool of workers: neighbours, the line, killed workers, new builds, callers that leave, answers that wait."""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyoxigraph as ox
import pytest

from aistandards.errors import AistandardsError, StoreError
from aistandards.pool import Busy, Caller, Gone
from aistandards.sparql import Answer, Engine, QueryTimeout
from aistandards.spool import MEMORY, Room, Spool

E = "http://example.org/"
RUNAWAY = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
ABOUT_A_SECOND = "SELECT (COUNT(*) AS ?n) { VALUES ?a {1 2} ?b ?c ?d . ?e ?f ?g . FILTER(?b != ?e) }"
FLOOD = f"SELECT ?a ?d ?x {{ ?a <{E}value> ?b . ?d <{E}value> ?e . BIND('0123456789012345678901234567890123456789' AS ?x) }}"
posix = pytest.mark.skipif(sys.platform == "win32", reason="signals end a process there in another way")


def make(path: Path, name: str = "one", size: int = 500) -> Path:
    store = ox.Store(str(path))
    value = ox.NamedNode(E + "value")
    graph = ox.NamedNode(E + "g")
    store.extend(ox.Quad(ox.NamedNode(f"{E}n{i}"), value, ox.Literal(i), graph) for i in range(size))
    store.add(ox.Quad(ox.NamedNode(E + "build"), ox.NamedNode(E + "is"), ox.Literal(name), graph))
    store.flush()
    return path


@pytest.fixture(scope="module")
def quads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("store") / "quads")


@pytest.fixture
def engine(quads: Path) -> Iterator[Engine]:
    with Engine(quads, 30.0, 1_000_000, 64 << 20, 512 << 20, workers=2, waiting=2) as engine:
        yield engine


def name_of(engine: Engine) -> str:
    body = engine.answer(f"SELECT ?o {{ <{E}build> <{E}is> ?o }}", "text/csv").body.decode()
    return body.split()[1]


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def kill_the_busy(engine: Engine) -> None:
    [pid] = [worker.process.pid for worker in engine._pool._busy]
    assert pid
    os.kill(pid, signal.SIGKILL)


def outcome(engine: Engine, text: str, caller: Caller | None = None) -> object:
    try:
        return engine.answer(text, "text/csv", caller=caller).body
    except AistandardsError as error:
        return type(error)


def test_a_runaway_holds_one_worker_and_the_other_answers(engine: Engine) -> None:
    caller = Caller()
    with ThreadPoolExecutor(1) as threads:
        running = threads.submit(outcome, engine, RUNAWAY, caller)
        until(lambda: engine.load.running == 1)
        assert [name_of(engine) for _ in range(20)] == ["one"] * 20
        assert not running.done()
        caller.leave()
        assert running.result(30) is Gone
    assert engine.load[:3] == (2, 0, 0)
    assert engine.load.ended == {"left": 1}


def test_the_line_is_bounded_and_served_in_order(engine: Engine) -> None:
    callers = [Caller() for _ in range(4)]
    with ThreadPoolExecutor(5) as threads:
        runs = []
        for at, caller in enumerate(callers):
            runs.append(threads.submit(outcome, engine, RUNAWAY, caller))
            until(lambda at=at: sum(engine.load[1:3]) == at + 1)  # type: ignore[misc]
        assert engine.load[:3] == (2, 2, 2)
        with pytest.raises(Busy, match="2 queries are waiting") as caught:
            engine.answer("ASK {}")
        assert caught.value.http_status == 503
        callers[3].leave()  # the last in line gives its turn up
        assert runs[3].result(30) is Gone
        answered = threads.submit(outcome, engine, "SELECT (1 AS ?n) {}")
        until(lambda: engine.load.waiting == 2)
        callers[0].leave()  # a worker is free: the third in line comes before the one that came later
        assert runs[0].result(30) is Gone
        until(lambda: engine.load[1:3] == (2, 1))
        assert not answered.done()
        callers[1].leave()
        callers[2].leave()
        assert answered.result(30) == b"n\r\n1\r\n"
    assert engine.load[:3] == (2, 0, 0)


def test_a_caller_that_left_before_is_not_served(engine: Engine) -> None:
    caller = Caller()
    caller.leave()
    assert outcome(engine, RUNAWAY, caller) is Gone
    assert name_of(engine) == "one"


@posix
def test_a_killed_worker_loses_no_request(engine: Engine) -> None:
    """Neither its own, which is run once more, nor its neighbour's."""
    with ThreadPoolExecutor(2) as threads:
        runs = [threads.submit(outcome, engine, ABOUT_A_SECOND) for _ in range(2)]
        until(lambda: engine.load.running == 2)
        time.sleep(0.1)
        os.kill(engine._pool.pids()[0], signal.SIGKILL)
        assert {run.result(60) for run in runs} == {outcome(engine, ABOUT_A_SECOND)}
    assert engine.load.ended == {"killed": 1}
    assert engine.load.workers == 2


@posix
def test_a_query_whose_workers_are_killed_twice_is_told(engine: Engine) -> None:
    with ThreadPoolExecutor(1) as threads:
        run = threads.submit(outcome, engine, RUNAWAY)
        while not run.done():
            with contextlib.suppress(ValueError):  # none is busy at the moment
                kill_the_busy(engine)
            time.sleep(0.1)
        assert run.result(60) is StoreError
    assert name_of(engine) == "one"


@posix
def test_killed_idle_workers_are_replaced(engine: Engine) -> None:
    for pid in engine._pool.pids():
        os.kill(pid, signal.SIGKILL)
    time.sleep(0.2)
    assert name_of(engine) == "one"
    assert name_of(engine) == "one"


def test_a_new_build_does_not_disturb_what_runs(engine: Engine, tmp_path: Path) -> None:
    other = make(tmp_path / "quads", "two")
    with ThreadPoolExecutor(2) as threads:
        old = threads.submit(
            outcome, engine, f"SELECT ?o (COUNT(*) AS ?n) {{ ?a ?b ?c . ?d ?e ?f . <{E}build> <{E}is> ?o }} GROUP BY ?o"
        )
        until(lambda: engine.load.running == 1)
        before = set(engine._pool.pids())
        engine.replace(other)
        assert name_of(engine) == "two"
        assert str(old.result(60)).startswith("b'o,n\\r\\none,")
    assert not before & set(engine._pool.pids()), "the old workers are gone once their queries are done"
    assert [name_of(engine) for _ in range(4)] == ["two"] * 4
    with pytest.raises(StoreError, match="aistandards build"):
        engine.replace(tmp_path / "nothing")
    assert name_of(engine) == "two"
    assert engine.load[:3] == (2, 0, 0)


def test_those_in_line_go_on_with_the_new_build(quads: Path, tmp_path: Path) -> None:
    other = make(tmp_path / "quads", "two")
    with Engine(quads, 30.0, 10, 1 << 20, 512 << 20) as engine, ThreadPoolExecutor(2) as threads:
        caller = Caller()
        running = threads.submit(outcome, engine, RUNAWAY, caller)
        until(lambda: engine.load.running == 1)
        waiting = threads.submit(engine.answer, f"SELECT ?o {{ <{E}build> <{E}is> ?o }}", "text/csv")
        until(lambda: engine.load.waiting == 1)
        engine.replace(other)
        answer = waiting.result(30)
        assert (answer.body, answer.store) == (b"o\r\ntwo\r\n", other), "an answer says which store it is from"
        caller.leave()
        assert running.result(30) is Gone


def test_a_store_that_vanishes_is_told_and_one_that_returns_is_served(tmp_path: Path) -> None:
    path = make(tmp_path / "quads")
    with Engine(path, 0.3, 10, 1 << 20, 512 << 20) as engine:
        path.rename(tmp_path / "away")
        with pytest.raises(QueryTimeout):
            engine.answer(RUNAWAY)
        with pytest.raises(StoreError, match="aistandards build"):
            engine.answer("ASK {}")
        (tmp_path / "away").rename(path)
        assert name_of(engine) == "one"


def test_close_tells_those_that_run_and_those_in_line(quads: Path) -> None:
    engine = Engine(quads, 60.0, 10, 1 << 20, 512 << 20)
    with ThreadPoolExecutor(3) as threads:
        runs = [threads.submit(outcome, engine, RUNAWAY) for _ in range(3)]
        until(lambda: engine.load[1:3] == (1, 2))
        engine.close()
        assert [run.result(30) for run in runs] == [StoreError] * 3
    assert engine.load[:3] == (0, 0, 0)


def test_many_threads_and_failures(engine: Engine) -> None:
    """Workers that are lost all the time, and every answer is still its own."""
    wrong: list[object] = []

    def ask(start: int) -> None:
        for number in range(start, start + 15):
            caller = Caller()
            if number % 5 == 0:
                threading.Timer(0.05, caller.leave).start()
                found = outcome(engine, RUNAWAY, caller)
                wrong.extend([found] if found not in (Gone, Busy) else [])
                continue
            found = outcome(engine, f"SELECT ({number} AS ?n) {{}}")
            if found not in (f"n\r\n{number}\r\n".encode(), Busy):
                wrong.append(found)

    threads = [threading.Thread(target=ask, args=(1000 * at,)) for at in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert engine.load[:3] == (2, 0, 0)


# Answers that wait to be read


def test_a_spool_gives_back_what_was_written_and_its_room() -> None:
    room = Room(limit=3 * MEMORY)
    spools = [Spool(room) for _ in range(2)]
    for spool in spools:
        for _ in range(20):
            spool.write(b"x" * 100_000)
    assert [spool.length for spool in spools] == [2_000_000] * 2
    assert room.full and room.used == 4_000_000
    assert spools[0].read() == b"x" * 2_000_000 == b"".join(spools[0].blocks())
    spools[0].close()
    spools[0].close()
    assert room.used == 2_000_000
    del spool
    spools.clear()
    gc.collect()
    assert room.used == 0


def test_answers_that_nobody_reads_stop_new_queries(engine: Engine) -> None:
    engine.room.limit = 1_000
    held = engine.answer(FLOOD)
    assert held.length > MEMORY
    with pytest.raises(Busy, match="still being read"):
        engine.answer("ASK {}")
    assert sum(map(len, held.blocks())) == held.length
    assert engine.room.used == 0, "a document that was read gives its room back"
    assert name_of(engine) == "one"


def test_an_answer_at_hand() -> None:
    answer = Answer.of(b"a,b", "text/csv", rows=0)
    assert (answer.body, answer.body, answer.length, answer.rows, answer.cut) == (b"a,b", b"a,b", 3, 0, None)


def test_the_disk_is_full(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: object, data: bytes) -> None:
        raise StoreError("no space", "无空间")

    with monkeypatch.context() as patch:
        patch.setattr(Spool, "write", full)
        assert outcome(engine, FLOOD) is StoreError
    assert engine.room.used == 0
    assert name_of(engine) == "one"


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs /proc to see the memory of this process")
def test_a_large_answer_does_not_pass_through_the_memory_of_the_server(engine: Engine) -> None:
    def resident() -> int:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    engine.answer(FLOOD).spool.close()
    before = resident()
    held = [engine.answer(FLOOD) for _ in range(2)]
    assert all(answer.length > 30 << 20 for answer in held)
    assert resident() - before < 8 << 20
    for answer in held:
        assert sum(len(block) for block in answer.blocks()) == answer.length
    assert resident() - before < 8 << 20
