"""SPARQL from outside: guarded, run in a worker process that is killed at its limits; a cut answer says so."""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import re
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any, Final, NamedTuple, NoReturn

from aistandards import worker
from aistandards.errors import QueryError, StoreError
from aistandards.guard import Checked, QueryKind, check, guard, unknown_graph
from aistandards.settings import ServerSettings
from aistandards.worker import HEADER, Job

TABLE_TYPES: Final = tuple(worker.TABLES)  # the first of each is the default
GRAPH_TYPES: Final = tuple(worker.GRAPH_FORMATS)
START_SECONDS: Final = 60.0
if sys.platform == "win32":
    _CONTEXT = multiprocessing.get_context("spawn")
else:
    _CONTEXT = multiprocessing.get_context("forkserver")
_starting = threading.Lock()


class QueryTimeout(QueryError):  # noqa: N818
    """A query that ran longer than it may and was killed."""

    http_status = 408


class NotAcceptable(QueryError):  # noqa: N818
    """A media type in which this kind of query cannot be answered."""

    http_status = 406


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole document; ``cut`` says why it does not hold all there is, ``rows`` counts its rows or triples."""

    body: bytes
    media_type: str
    rows: int | None
    cut: str | None


class Table(NamedTuple):
    """A query's answer as text cells; unbound cells are left out; ``cut`` as in ``Answer``."""

    columns: list[str]
    rows: list[dict[str, str]]
    cut: str | None


def media_types(kind: QueryKind) -> tuple[str, ...]:
    """Return the media types in which a kind of query can be answered, the default first."""
    return TABLE_TYPES if kind in (QueryKind.SELECT, QueryKind.ASK) else GRAPH_TYPES


def _accepted(kind: QueryKind, media_type: str | None) -> str:
    wanted = (media_type or "").partition(";")[0].strip().lower()
    offered = media_types(kind)
    if not wanted:
        return offered[0]
    if wanted not in offered:
        raise NotAcceptable(
            f"{kind.upper()} cannot be answered as {wanted}. Ask for {', '.join(offered)}.",
            f"{kind.upper()} 查询不能以 {wanted} 作答。可选：{'、'.join(offered)}。",
        )
    return wanted


class _EndedError(Exception):
    """The worker ended before its answer did."""


class _Worker:
    """One worker process and the parent's end of its pipe."""

    def __init__(self, path: Path, memory: int) -> None:
        self.conn, other = _CONTEXT.Pipe()
        self.process: BaseProcess = _CONTEXT.Process(
            target=worker.serve, args=(other, str(path), memory), name="aistandards-sparql", daemon=True
        )
        with _starting, _without_main():
            _CONTEXT.set_forkserver_preload(["aistandards.worker"])  # without effect where there is none
            self.process.start()
        other.close()
        try:
            letter, body = self.receive(0, time.monotonic() + START_SECONDS)
        except (_EndedError, TimeoutError):
            self.kill()
            raise _unreadable(path, "the worker process did not start") from None
        if letter != b"R":
            self.kill()
            raise _unreadable(path, json.loads(body)["message"])
        self.graphs = frozenset[str](json.loads(body))

    def send(self, job: Job) -> None:
        try:
            self.conn.send(job)
        except OSError:
            raise _EndedError from None

    def receive(self, number: int, deadline: float) -> tuple[bytes, bytes]:
        """Return letter and body of the next message on a job; raises TimeoutError at the deadline, else _EndedError."""
        while True:
            if not self.conn.poll(max(0.0, deadline - time.monotonic())):
                raise TimeoutError
            try:
                message = self.conn.recv_bytes()
            except (EOFError, OSError):
                raise _EndedError from None
            letter, of = HEADER.unpack_from(message)
            if of == number:
                return letter, message[HEADER.size :]

    def kill(self) -> None:
        """End the process at once."""
        if self.process.is_alive():
            self.process.kill()
        self.process.join()
        self.conn.close()


@contextlib.contextmanager
def _without_main() -> Iterator[None]:
    """Hide the main module: a child would import it again, which fails in a script without a main guard."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


def _unreadable(path: Path, reason: str) -> StoreError:
    return StoreError(
        f"The store at {path} cannot be read ({reason}). Run `aistandards build`.",
        f"无法读取 {path} 处的存储（{reason}）。请运行 `aistandards build`。",
    )


class Engine:
    """Answers queries over one store, one at a time, in a worker process that may be killed; safe to share by threads.

    ``path`` is the folder pyoxigraph opens. A query may take ``seconds``, ``rows`` rows or triples, ``nbytes`` bytes of
    answer and ``memory`` bytes; a caller waits for its turn for ``wait`` seconds (as long as a query may take, unless
    told otherwise).
    """

    def __init__(
        self, path: Path, seconds: float, rows: int, nbytes: int, memory: int, *, wait: float | None = None
    ) -> None:
        self.path = path
        self.seconds = seconds
        self.rows = rows
        self.nbytes = nbytes
        self.memory = memory
        self.wait = seconds if wait is None else wait
        self._lock = threading.Lock()
        self._number = 0
        self._closed = False
        self._worker: _Worker | None = _Worker(path, memory)
        self._graphs = self._worker.graphs

    def __enter__(self) -> Engine:
        """Return the engine itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the engine."""
        self.close()

    @property
    def graphs(self) -> frozenset[str]:
        """The IRIs of the named graphs of the store."""
        return self._graphs

    def answer(
        self,
        text: str,
        media_type: str | None = None,
        default_graphs: Sequence[str] = (),
        named_graphs: Sequence[str] = (),
        union: bool = True,
    ) -> Answer:
        """Run a query text and return its answer.

        ``default_graphs`` and ``named_graphs`` are those of the SPARQL protocol: where given, they stand for what the
        query says. Without any, ``union`` makes the default graph the union of all graphs. Raises QueryError for a
        text that may not run or fails, QueryTimeout, NotAcceptable, and StoreError where no worker is to be had.
        """
        checked = check(text, self._graphs)
        accepted = _accepted(checked.kind, media_type)
        for iri in (*default_graphs, *named_graphs):
            if iri not in self._graphs:
                raise unknown_graph(iri)
        protocol = bool(default_graphs or named_graphs)
        with self._turn(self.wait):
            self._number += 1
            job = Job(
                number=self._number,
                text=checked.sparql,
                media_type=accepted,
                rows=self.rows,
                nbytes=self.nbytes,
                seconds=self.seconds,
                union=union and not checked.has_dataset,
                default_graphs=tuple(default_graphs) if protocol else None,
                named_graphs=tuple(named_graphs) if protocol else None,
            )
            return self._run(job, checked)

    def replace(self, path: Path) -> None:
        """Answer from another store from now on; raises StoreError and keeps the old one where it cannot be read."""
        with self._turn(self.seconds + self.wait):
            new = _Worker(path, self.memory)
            old, self._worker = self._worker, new
            self.path, self._graphs = path, new.graphs
            if old:
                old.kill()

    def close(self) -> None:
        """End the worker, even within a query; the caller of that query is told."""
        self._closed = True
        if running := self._worker:
            running.process.kill()
        with self._lock:
            self._stop()

    @contextlib.contextmanager
    def _turn(self, wait: float) -> Iterator[None]:
        if not self._lock.acquire(timeout=wait):
            raise StoreError(
                f"The query engine is busy: no turn within {wait:g} s. Try again shortly.",
                f"查询引擎繁忙：{wait:g} 秒内未轮到。请稍后再试。",
            )
        try:
            if self._closed:
                raise _closed()
            yield
        finally:
            self._lock.release()

    def _run(self, job: Job, checked: Checked) -> Answer:
        """Run one job; whatever goes wrong, the worker that ran it is gone or clean afterwards."""
        clean = False
        try:
            answer = self._collect(job, checked, self._hand_over(job))
            clean = True
            return answer
        except QueryError:
            clean = True
            raise
        except TimeoutError:
            self._renew()
            clean = True
            raise QueryTimeout(
                f"The query was stopped after {self.seconds:g} s. Narrow it, or add a LIMIT and fewer joins.",
                f"查询运行 {self.seconds:g} 秒后被终止。请缩小范围，或减少连接并加上 LIMIT。",
            ) from None
        finally:
            if not clean:  # also Ctrl-C in the caller: a worker in the middle of an answer is of no use
                self._stop()

    def _hand_over(self, job: Job) -> float:
        """Send a job; returns its deadline. A worker that has died since the last job is replaced once."""
        if self._worker is not None:
            with contextlib.suppress(_EndedError):
                self._worker.send(job)
                return time.monotonic() + self.seconds
        self._renew()
        if self._worker is None:
            raise _unreadable(self.path, "the worker process did not start")
        try:
            self._worker.send(job)
        except _EndedError:
            raise _unreadable(self.path, "the worker process ended") from None
        return time.monotonic() + self.seconds

    def _collect(self, job: Job, checked: Checked, deadline: float) -> Answer:
        current, blocks, begun = self._worker, [], False
        assert current is not None
        while True:
            try:
                letter, body = current.receive(job.number, deadline)
            except _EndedError:
                self._crashed(begun)
            if letter == b"S":
                begun = True
            elif letter == b"B":
                blocks.append(body)
            elif letter == b"E":
                end = json.loads(body)
                return Answer(b"".join(blocks), job.media_type, end["rows"], self._cut(end["cut"], end["rows"]))
            else:
                self._failed(json.loads(body), checked)

    def _cut(self, reason: str | None, rows: int | None) -> str | None:
        if reason is None:
            return None
        limit = f"{self.rows:,} rows" if reason == "rows" else f"{self.nbytes:,} bytes"
        return f"Cut after {rows:,} rows: the limit is {limit}. Page through the rest with ORDER BY, LIMIT and OFFSET."

    def _crashed(self, begun: bool) -> NoReturn:
        """The worker ended by itself: in native code, for want of memory or on a text that nests too deep."""
        if self._closed:
            raise _closed()
        self._renew()
        limit = f"{self.memory / (1 << 20):,.0f} MB"
        if begun:
            raise _out_of_memory(limit)
        raise QueryError(
            f"The query ended its process: the memory limit of {limit} was reached or the parser crashed. Simplify it.",
            f"查询使其进程中止：达到 {limit} 内存上限，或解析器崩溃。请简化查询。",
        )

    def _failed(self, failure: dict[str, str], checked: Checked) -> NoReturn:
        if failure["kind"] == "memory":
            self._renew()
            raise _out_of_memory(f"{self.memory / (1 << 20):,.0f} MB")
        if failure["kind"] == "syntax":
            raise _syntax_error(failure["message"], checked)
        message = failure["message"]
        if found := re.search(r"The custom function (<.*>) is not supported", message):
            raise QueryError(
                f"Unknown function {found[1]}. Use the functions of SPARQL 1.1.",
                f"未知函数 {found[1]}。请使用 SPARQL 1.1 的函数。",
            )
        raise QueryError(
            f"The query failed: {message}. Check it and try again.", f"查询失败：{message}。请检查后重试。"
        )

    def _renew(self) -> None:
        """Kill the worker and start a fresh one; where none can be had now, the next job tries again."""
        self._stop()
        if not self._closed:
            with contextlib.suppress(StoreError):
                self._worker = _Worker(self.path, self.memory)

    def _stop(self) -> None:
        old, self._worker = self._worker, None
        if old:
            old.kill()


def _closed() -> StoreError:
    return StoreError(
        "The query engine is closed. Start the service again.",
        "查询引擎已关闭。请重新启动服务。",
    )


def _out_of_memory(limit: str) -> QueryError:
    return QueryError(
        f"The query reached the memory limit of {limit}. Sort, group or join less, or add conditions.",
        f"查询达到 {limit} 内存上限。请减少排序、分组或连接，或增加条件。",
    )


_MEANINGS: Final = {
    "The SELECT overrides an existing variable": ("AS names a variable that exists already", "AS 使用了已有的变量名"),
    "BIND is overriding": ("BIND names a variable that exists already", "BIND 使用了已有的变量名"),
    "An existing variable is overridden": ("a variable is bound twice", "变量被重复绑定"),
    "Duplicated variable name": ("SELECT names a variable twice", "SELECT 重复列出变量"),
    "variable that is unbound": (
        "SELECT uses a variable that GROUP BY does not keep; group by it or aggregate it",
        "SELECT 使用了 GROUP BY 未保留的变量，请对其分组或聚合",
    ),
    "SELECT * is not authorized": (
        "SELECT * does not go with GROUP BY; name the variables",
        "GROUP BY 不能与 SELECT * 同用",
    ),
    "VALUES clause rows": ("a row of VALUES has too many or too few values", "VALUES 行的值数与变量数不符"),
    "Repeated variables": ("VALUES names a variable twice", "VALUES 重复列出变量"),
    "Already used blank node": ("a blank node label is used in two groups", "空白节点标签在多个组中使用"),
    "Unexpected aggregate": ("an aggregate such as COUNT is not allowed here", "此处不允许 COUNT 等聚合"),
    "language tag parsing failed": ("this language tag is not valid", "语言标签无效"),
    "IRI parsing failed": ("this IRI is not valid; write it in full", "IRI 无效，请写出完整的 IRI"),
}


def _syntax_error(message: str, checked: Checked) -> QueryError:
    """Return what the parser means, at the place in the text as it was written."""
    found = re.match(r"error at (\d+):\d+", message)
    if found is None:
        return QueryError(f"The query cannot be read: {message}", f"查询无法解析：{message}")
    line, column, token = checked.place(int(found[1]))
    shown = token if len(token) <= 40 else token[:39] + "…"
    en, zh = (f"unexpected “{shown}”", f"意外的“{shown}”") if token else ("the text ends too early", "文本过早结束")
    for sign, (meaning_en, meaning_zh) in _MEANINGS.items():
        if sign in message:
            en, zh = meaning_en, meaning_zh
            break
    return QueryError(
        f"Syntax error at line {line}, column {column}: {en}.", f"第 {line} 行第 {column} 列语法错误：{zh}。"
    )


def run_text(path: Path, text: str, seconds: float = 60.0, rows: int | None = None) -> Table:
    """Run a query text over the store at ``path`` in a worker of its own and return columns and rows as texts.

    ASK gives one column ``answer``, CONSTRUCT and DESCRIBE give ``subject``, ``predicate`` and ``object``.
    """
    limits = ServerSettings()
    kind = guard(text)
    form = media_types(kind)[0] if kind in (QueryKind.SELECT, QueryKind.ASK) else "application/n-triples"
    with Engine(path, seconds, rows or limits.query_rows, limits.query_bytes, limits.query_memory) as engine:
        answer = engine.answer(text, form)
    if kind is QueryKind.ASK:
        return Table(["answer"], [{"answer": "true" if json.loads(answer.body)["boolean"] else "false"}], None)
    if kind is QueryKind.SELECT:
        document: dict[str, Any] = json.loads(answer.body)
        found = [{name: _cell(term) for name, term in row.items()} for row in document["results"]["bindings"]]
        return Table(document["head"]["vars"], found, answer.cut)
    return Table(["subject", "predicate", "object"], list(_triples(answer.body)), answer.cut)


def _cell(term: dict[str, Any]) -> str:
    if term["type"] == "triple":
        return " ".join(_cell(term["value"][part]) for part in ("subject", "predicate", "object"))
    return ("_:" if term["type"] == "bnode" else "") + str(term["value"])


def _triples(ntriples: bytes) -> Iterator[dict[str, str]]:
    import pyoxigraph as ox

    for quad in ox.parse(ntriples, ox.RdfFormat.N_TRIPLES):
        parts = {"subject": quad.subject, "predicate": quad.predicate, "object": quad.object}
        yield {
            name: term.value if isinstance(term, ox.NamedNode | ox.Literal) else str(term)
            for name, term in parts.items()
        }
