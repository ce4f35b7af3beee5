"""SPARQL from outside: guarded, run in a worker process that is killed at its limits; a cut answer says so."""

from __future__ import annotations

import contextlib
import itertools
import json
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, NamedTuple, NoReturn

from aistandards import worker
from aistandards.errors import QueryError, StoreError
from aistandards.guard import Checked, QueryKind, check, guard, unknown_graph
from aistandards.pool import Busy, Caller, Ended, Load, Pool, Worker, closed, gone, unreadable
from aistandards.settings import Place, ServerSettings
from aistandards.spool import Room, Spool
from aistandards.worker import Job

TABLE_TYPES: Final = tuple(worker.TABLES)  # the first of each is the default
GRAPH_TYPES: Final = tuple(worker.GRAPH_FORMATS)


class QueryTimeout(QueryError):  # noqa: N818
    """A query that ran longer than it may and was killed."""

    http_status = 408
    name = "query-timeout"


class QueryMemory(QueryError):  # noqa: N818
    """A query that needed more memory than it may have."""


class NotAcceptable(QueryError):  # noqa: N818
    """A media type in which this kind of query cannot be answered."""

    http_status = 406
    name = "not-acceptable"

    def __init__(self, en: str, zh: str, offered: tuple[str, ...] = ()) -> None:
        super().__init__(en, zh)
        self.offered = offered


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole document; ``cut`` says why it does not hold all there is, ``rows`` counts its rows or triples."""

    spool: Spool
    media_type: str
    rows: int | None
    cut: str | None
    store: Place | None = None  # where it was asked

    @classmethod
    def of(cls, body: bytes, media_type: str, rows: int | None = None, cut: str | None = None) -> Answer:
        """Return an answer whose document is at hand already."""
        spool = Spool()
        spool.write(body)
        return cls(spool, media_type, rows, cut)

    @property
    def length(self) -> int:
        """The bytes of the document."""
        return self.spool.length

    @property
    def body(self) -> bytes:
        """The whole document."""
        return self.spool.read()

    def blocks(self) -> Iterator[bytes]:
        """Yield the document a block at a time; memory and disk are given back after the last one."""
        try:
            yield from self.spool.blocks()
        finally:
            self.spool.close()


class Table(NamedTuple):
    """A query's answer as text cells; unbound cells are left out; ``cut`` as in ``Answer``."""

    columns: list[str]
    rows: list[dict[str, str]]
    cut: str | None


def media_types(kind: QueryKind) -> tuple[str, ...]:
    """Return the media types in which a kind of query can be answered, the default first."""
    return TABLE_TYPES if kind in (QueryKind.SELECT, QueryKind.ASK) else GRAPH_TYPES


def accepted_type(kind: QueryKind, media_type: str | Sequence[str] | None) -> str:
    """Return the media type for a kind of query: the first of those wanted that fits; raises NotAcceptable."""
    offered = media_types(kind)
    listed = [media_type] if isinstance(media_type, str) else media_type or [""]
    wanted = [name.partition(";")[0].strip().lower() for name in listed]
    for name in wanted:
        if not name or name in offered:
            return name or offered[0]
    raise NotAcceptable(
        f"{kind.upper()} cannot be answered as {' or '.join(wanted)}. Ask for {', '.join(offered)}.",
        f"{kind.upper()} 查询不能以 {' 或 '.join(wanted)} 作答。可选：{'、'.join(offered)}。",
        offered,
    )


class _KilledError(Exception):
    """The worker was killed from outside."""


class Engine:
    """Answers queries over one store in worker processes that may be killed; safe to share by threads.

    ``path`` is the folder pyoxigraph opens, or the address of a server that holds a build. A query may take ``seconds``,
    ``rows`` rows or triples, ``nbytes`` bytes of answer and ``memory`` bytes. ``workers`` queries run at a time; up to
    ``waiting`` callers wait for their turn for ``wait`` seconds (as long as a query may take, unless told otherwise).
    """

    def __init__(
        self,
        path: Place,
        seconds: float,
        rows: int,
        nbytes: int,
        memory: int,
        *,
        wait: float | None = None,
        workers: int = 1,
        waiting: int = 16,
    ) -> None:
        self._remote = isinstance(path, str)
        self.seconds = seconds
        self.rows = rows
        self.nbytes = nbytes
        self.memory = memory
        self.wait = seconds if wait is None else wait
        self.room = Room()
        self._numbers = itertools.count(1)
        self._pool = Pool(path, memory, workers, waiting)

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
        return self._pool.graphs

    @property
    def load(self) -> Load:
        """What the workers are doing now, and how some have ended."""
        return self._pool.load()

    def answer(
        self,
        text: str,
        media_type: str | Sequence[str] | None = None,
        default_graphs: Sequence[str] = (),
        named_graphs: Sequence[str] = (),
        union: bool = True,
        *,
        rows: int | None = None,
        caller: Caller | None = None,
    ) -> Answer:
        """Run a query text and return its answer.

        ``media_type`` may be several, the most wanted first: the first that fits the form of the query is given.
        ``default_graphs`` and ``named_graphs`` are those of the SPARQL protocol: where given, they stand for what the
        query says. Without any, ``union`` makes the default graph the union of all graphs. ``rows`` may lower the limit
        of rows; ``caller`` may leave. Raises QueryError for a text that may not run or fails, QueryTimeout,
        NotAcceptable, Busy, Gone, and StoreError where no worker is to be had.
        """
        protocol = bool(default_graphs or named_graphs)
        checked = check(text, None if protocol and not self._remote else self.graphs)  # a server might fetch them
        accepted = accepted_type(checked.kind, media_type)
        for iri in (*default_graphs, *named_graphs):
            if iri not in self.graphs:
                raise unknown_graph(iri)
        if self.room.full:
            raise Busy(
                "Too many answers are still being read. Try again in a few seconds.",
                "尚有过多查询结果未被读完。请稍后再试。",
            )
        given = (tuple(default_graphs), tuple(named_graphs)) if protocol else checked.dataset
        job = Job(
            number=next(self._numbers),
            text=checked.sparql,
            media_type=accepted,
            rows=min(rows or self.rows, self.rows),
            nbytes=self.nbytes,
            seconds=self.seconds,
            union=union,
            default_graphs=given[0] if given else None,
            named_graphs=given[1] if given else None,
        )
        caller = caller or Caller()
        with contextlib.suppress(_KilledError):
            return self._run(job, checked, caller)
        try:  # a worker was killed from outside: its query is run once more
            return self._run(job, checked, caller)
        except _KilledError:
            raise StoreError(
                "The process of the query was killed from outside, twice. Try again.",
                "查询进程两次被外部终止。请重试。",
            ) from None

    def replace(self, path: Place) -> None:
        """Answer from another store from now on; raises StoreError and keeps the old one where it cannot be read."""
        self._pool.replace(path)

    def close(self) -> None:
        """End the workers, even within a query; the callers of those queries are told."""
        self._pool.close()

    def _run(self, job: Job, checked: Checked, caller: Caller) -> Answer:
        """Run one job; whatever goes wrong, the worker that ran it is replaced or clean afterwards."""
        worker, deadline = self._hand_over(job, caller)
        spool = Spool(self.room)
        try:
            with contextlib.ExitStack() as undo:
                undo.callback(spool.close)
                with caller.during(worker.end):
                    answer = self._collect(worker, job, checked, spool, deadline)
                undo.pop_all()
                return answer
        except TimeoutError:
            self._pool.count("limit")
            raise QueryTimeout(
                f"The query was stopped after {self.seconds:g} s. Narrow it, or add a LIMIT and fewer joins.",
                f"查询运行 {self.seconds:g} 秒后被终止。请缩小范围，或减少连接并加上 LIMIT。",
            ) from None
        finally:
            self._pool.give(worker)

    def _hand_over(self, job: Job, caller: Caller) -> tuple[Worker, float]:
        """Return a worker that has the job, and its deadline; workers that died while they were idle are replaced."""
        for _ in range(self._pool.size + 1):
            worker = self._pool.take(self.wait, caller)
            try:
                worker.send(job)
                return worker, time.monotonic() + self.seconds
            except Ended:
                self._pool.give(worker)
        raise unreadable(self._pool.path, "the worker process ended")

    def _collect(self, worker: Worker, job: Job, checked: Checked, spool: Spool, deadline: float) -> Answer:
        begun = False
        while True:
            try:
                letter, body = worker.receive(job.number, deadline)
            except Ended:
                self._crashed(worker, begun)
            if letter == b"S":
                begun = True
            elif letter == b"B":
                spool.write(body)
            elif letter == b"E":
                end = json.loads(body)
                cut = self._cut(end["cut"], end["rows"], job.rows)
                return Answer(spool, job.media_type, end["rows"], cut, worker.path)
            else:
                self._failed(json.loads(body), checked, worker)

    def _cut(self, reason: str | None, rows: int | None, most: int) -> str | None:
        if reason is None:
            return None
        limit = f"{most:,} rows" if reason == "rows" else f"{self.nbytes:,} bytes"
        return f"Cut after {rows:,} rows: the limit is {limit}. Page through the rest with ORDER BY, LIMIT and OFFSET."

    def _crashed(self, worker: Worker, begun: bool) -> NoReturn:
        """The worker ended: killed here or from outside, or in native code for want of memory or on a text too deep."""
        if self._pool.closed:
            raise closed()
        if worker.ended_here:
            self._pool.count("left")
            raise gone()
        if worker.killed_from_outside():
            self._pool.count("killed")
            raise _KilledError
        self._pool.count("crashed")
        limit = f"{self.memory / (1 << 20):,.0f} MB"
        if begun:
            raise _out_of_memory(limit)
        raise QueryMemory(
            f"The query ended its process: the memory limit of {limit} was reached or the parser crashed. Simplify it.",
            f"查询使其进程中止：达到 {limit} 内存上限，或解析器崩溃。请简化查询。",
        )

    def _failed(self, failure: dict[str, str], checked: Checked, worker: Worker) -> NoReturn:
        if failure["kind"] == "memory":
            worker.free = False
            raise _out_of_memory(f"{self.memory / (1 << 20):,.0f} MB")
        if failure["kind"] in ("refused", "remote"):
            raise (QueryError if failure["kind"] == "refused" else StoreError)(failure["message"], failure["zh"])
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


def _out_of_memory(limit: str) -> QueryMemory:
    return QueryMemory(
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


def run_text(path: Place, text: str, seconds: float = 60.0, rows: int | None = None) -> Table:
    """Run a query text over the store at ``path`` in a worker of its own and return columns and rows as texts.

    ASK gives one column ``answer``, CONSTRUCT and DESCRIBE give ``subject``, ``predicate`` and ``object``.
    """
    limits = ServerSettings()
    guard(text)
    with Engine(path, seconds, rows or limits.query_rows, limits.query_bytes, limits.query_memory) as engine:
        return table_of(engine, text)


def table_of(engine: Engine, text: str, rows: int | None = None) -> Table:
    """Run a query text on an engine and return columns and rows as ``run_text`` does, at most so many rows."""
    kind = guard(text)
    form = media_types(kind)[0] if kind in (QueryKind.SELECT, QueryKind.ASK) else "application/n-triples"
    answer = engine.answer(text, form, rows=rows)
    body = b"".join(answer.blocks())
    if kind is QueryKind.ASK:
        return Table(["answer"], [{"answer": "true" if json.loads(body)["boolean"] else "false"}], None)
    if kind is QueryKind.SELECT:
        document: dict[str, Any] = json.loads(body)
        found = [{name: _cell(term) for name, term in row.items()} for row in document["results"]["bindings"]]
        return Table(document["head"]["vars"], found, answer.cut)
    return Table(["subject", "predicate", "object"], list(_triples(body)), answer.cut)


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
