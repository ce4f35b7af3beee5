"""A SPARQL 1.1 server over HTTP: queries go out, answers come back as a stream, what goes wrong is said in words."""

from __future__ import annotations

import contextlib
import io
import netrc
import os
import re
import time
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import IO, Any, Final, cast
from urllib.parse import urlsplit

import httpx
import pyoxigraph as ox

from aistandards.errors import QueryError, StoreError, UsageError
from aistandards.settings import REMOTE_PASSWORD, REMOTE_USER
from aistandards.solutions import Found, Solutions, Triples

JSON: Final = "application/sparql-results+json"
NTRIPLES: Final = "application/n-triples"
CONNECT_SECONDS: Final = 5.0
READ_SECONDS: Final = 120.0  # between two pieces of an answer: a server may work long before the first
PAUSES: Final = (0.2, 0.8)  # before reading is tried again
BUSY: Final = (429, 502, 503, 504)
SAID: Final = 300  # characters of a server's own words that are repeated


class UnreachableError(StoreError):
    """A server that does not answer, or not now: to be asked again later."""


# Virtuoso writes blank nodes as addresses, which are no labels; within a string a quote is escaped, so this is no text
_NODE_ID: Final = re.compile(rb'("type":\s*"bnode",\s*"value":\s*")nodeID://')


class _Body(io.RawIOBase):
    """The body of an answer as a file; reading on closes it, so that its connection serves the next question."""

    def __init__(self, response: httpx.Response, address: str) -> None:
        self._response = response
        self._address = address
        self._chunks = response.iter_bytes()
        self._virtuoso = "Virtuoso" in response.headers.get("server", "")
        self._buffer = b""

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, target: Any) -> int:
        """Read the next bytes; raises OSError where the server stops in the middle."""
        while not self._buffer:
            try:
                chunk = next(self._chunks, None)
                while self._virtuoso and chunk and not chunk.endswith((b"\n", b"}")):  # whole lines: no name is cut
                    more = next(self._chunks, None)
                    if more is None:
                        break
                    chunk += more
            except httpx.HTTPError as error:
                raise OSError(f"{type(error).__name__}: {error}") from None
            if chunk is None:
                self.close()
                return 0
            self._buffer = _NODE_ID.sub(rb"\1", chunk) if self._virtuoso else chunk
        taken = min(len(target), len(self._buffer))
        target[:taken] = self._buffer[:taken]
        self._buffer = self._buffer[taken:]
        return taken

    def read_through(self, items: Iterable[Any]) -> Iterator[Any]:
        """Yield what a parser makes of the body; raises UnreachableError where it breaks off or is no such document."""
        try:
            yield from items
        except (OSError, SyntaxError, ValueError) as error:
            raise broken(self._address, error) from None
        finally:
            self.close()

    def close(self) -> None:
        """Give the connection back."""
        if not self.closed:
            self._response.close()
        super().close()


def broken(address: str, error: object) -> UnreachableError:
    """Return the error for an answer that cannot be read to its end, or does not answer what was asked."""
    return UnreachableError(
        f"The answer of {address} broke off or cannot be read ({str(error)[:SAID]}). Try again; look at the server's log and time limit.",
        f"{address} 的答复中断或无法读取（{str(error)[:SAID]}）。请重试，并查看该服务器的日志和时限。",
    )


class Credentials(httpx.Auth):
    """Answers a server's first challenge, Basic or Digest, and from then on comes with every request."""

    def __init__(self, user: str, password: str) -> None:
        self._basic = httpx.BasicAuth(user, password)
        self._digest = httpx.DigestAuth(user, password)
        self._chosen: httpx.Auth | None = None

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Send a request, with credentials where they are asked for."""
        if self._chosen is None:
            response = yield request
            if response.status_code != 401:
                return
            digest = response.headers.get("www-authenticate", "").lower().startswith("digest")
            self._chosen = self._digest if digest else self._basic
        yield from self._chosen.auth_flow(request)


def credentials(address: str) -> Credentials | None:
    """Return user and password for a server from the environment, else from the netrc file; None where there are none."""
    if user := os.environ.get(REMOTE_USER):
        return Credentials(user, os.environ.get(REMOTE_PASSWORD, ""))
    with contextlib.suppress(OSError, netrc.NetrcParseError):
        found = netrc.netrc(os.environ.get("NETRC")).authenticators(urlsplit(address).hostname or "")
        if found:
            return Credentials(found[0], found[2] or "")
    return None


def check_address(address: str) -> str:
    """Return the address of a server; raises UsageError for one that cannot be one or that carries a password."""
    with contextlib.suppress(ValueError):
        parts = urlsplit(address)
        _ = parts.port
        if parts.username is not None or parts.password is not None:
            raise UsageError(
                f"User and password do not belong in the address: set {REMOTE_USER} and {REMOTE_PASSWORD}, or write them to ~/.netrc.",
                f"用户名和密码不要写在地址里：请设置 {REMOTE_USER} 和 {REMOTE_PASSWORD}，或写入 ~/.netrc。",
            )
        if parts.scheme in ("http", "https") and parts.hostname and not parts.fragment:
            return address
    raise UsageError(
        f"“{address}” is not the address of a server. Write it like https://example.org/sparql.",
        f"“{address}”不是服务器地址。请写作 https://example.org/sparql 的形式。",
    )


@lru_cache(maxsize=4096)
def _form(text: str) -> type:
    """Return which kind of results a query gives, found by running it over nothing; raises SyntaxError."""
    return type(ox.Store().query(text))


class Endpoint:
    """One SPARQL server; safe to share by threads, connections are kept open between questions."""

    def __init__(self, address: str, read_seconds: float = READ_SECONDS) -> None:
        self.address = check_address(address)
        timeout = httpx.Timeout(read_seconds, connect=CONNECT_SECONDS, pool=read_seconds)
        self.client = httpx.Client(auth=credentials(address), timeout=timeout, trust_env=False)

    def ask(
        self,
        text: str,
        default_graphs: Sequence[str] | None = None,
        named_graphs: Sequence[str] | None = None,
        base_iri: str | None = None,
        prefixes: Mapping[str, str] | None = None,
    ) -> Found:
        """Send a query and return its results as they arrive; without graphs the query's own data set counts.

        Raises SyntaxError for a text that is no query, QueryError for one the server refuses, UnreachableError, StoreError.
        """
        if base_iri is None and prefixes is None:
            form = _form(text)
        else:
            form = type(ox.Store().query(text, base_iri=base_iri, prefixes=dict(prefixes or {})))
        prologue = f"BASE <{base_iri}>\n" if base_iri else ""
        prologue += "".join(f"PREFIX {name}: <{iri}>\n" for name, iri in (prefixes or {}).items())
        fields = {
            "query": prologue + text,
            "default-graph-uri": list(default_graphs or ()),
            "named-graph-uri": list(named_graphs or ()),
        }
        accept = NTRIPLES if form is ox.QueryTriples else JSON
        response = self._read(fields, accept)
        body = _Body(response, self.address)
        if form is ox.QueryTriples:
            return Triples(body.read_through(ox.parse(cast(IO[bytes], body), ox.RdfFormat.N_TRIPLES)))
        try:
            found = ox.parse_query_results(cast(IO[bytes], body), ox.QueryResultsFormat.JSON)
        except (OSError, SyntaxError, ValueError) as error:
            body.close()
            raise broken(self.address, error) from None
        if not isinstance(found, form):
            body.close()
            raise broken(
                self.address, "rows were asked for" if form is ox.QuerySolutions else "yes or no was asked for"
            )
        if isinstance(found, ox.QuerySolutions):
            return Solutions(found.variables, body.read_through(found))
        body.close()
        return found

    @contextlib.contextmanager
    def as_asked(self) -> Iterator[None]:
        """Say of rows without what was asked for, or with another kind of term, that the answer cannot be read."""
        try:
            yield
        except (KeyError, TypeError, ValueError) as error:
            raise broken(self.address, error) from None

    def holds(self, pattern: str) -> bool:
        """Whether a pattern is found over the server's own data set; by SELECT: Virtuoso's ASK says yes of graphs it lacks."""
        found = self.ask(f"SELECT * WHERE {{ {pattern} }} LIMIT 1")
        return isinstance(found, Solutions) and any(True for _ in found)

    def server(self) -> str:
        """Return which program answers, as far as it says so."""
        response = self._read({"query": "ASK {}"}, JSON)
        response.close()
        name: str = response.headers.get("server", "")
        return name or ("Fuseki" if "fuseki-request-id" in response.headers else "")

    def _read(self, fields: Mapping[str, Any], accept: str) -> httpx.Response:
        """Ask until there is an answer to read: what only reads may be sent again."""
        for pause in (*PAUSES, None):
            try:
                request = self.client.build_request("POST", self.address, data=fields, headers={"Accept": accept})
                response = self.client.send(request, stream=True)
            except httpx.HTTPError as error:
                if pause is None or isinstance(error, httpx.ReadTimeout):  # which is the same the next time
                    raise unreachable(self.address, error) from None
            else:
                if response.status_code not in BUSY or pause is None:
                    self._check(response)
                    return response
                response.close()
            time.sleep(pause)
        raise AssertionError("the last round returns or raises")

    def _check(self, response: httpx.Response) -> None:
        """Raise what a response other than an answer means."""
        if response.status_code == 200:
            cut = response.headers.get("x-sparql-maxrows")  # how Virtuoso says that there is more
            kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
            if cut is None and kind in (JSON, NTRIPLES, "application/json", "text/plain", "text/ntriples"):
                return
            response.close()
            if cut is not None:
                raise cut_off(self.address, f"{cut} rows", f"{cut} 行")
            raise StoreError(
                f"{self.address} answers with {kind or 'nothing'}, which is no answer to a SPARQL query. Is it the query address?",
                f"{self.address} 返回 {kind or '空内容'}，不是 SPARQL 查询的答复。这是查询地址吗？",
            )
        said = said_by(response)
        if response.is_redirect:
            raise moved(self.address, response.status_code, response.headers.get("location", "")[:SAID])
        if response.status_code in (400, 413, 414):
            raise QueryError(
                f"The server {self.address} refuses the query: {said}", f"服务器 {self.address} 拒绝该查询：{said}"
            )
        raise refused(self.address, response.status_code, said)


def said_by(response: httpx.Response) -> str:
    """Return the beginning of what a server says, in one line, and close the response."""
    text = b""
    with contextlib.suppress(httpx.HTTPError):
        for chunk in response.iter_bytes(4096):
            text += chunk
            if len(text) >= 4 * SAID:
                break
    response.close()
    return " ".join(text.decode("utf-8", "replace").split())[:SAID]


def unreachable(address: str, error: httpx.HTTPError) -> UnreachableError:
    """Return the error for a server that gave no answer at all."""
    if isinstance(error, httpx.TimeoutException):
        return UnreachableError(
            f"{address} did not answer in time. Ask it again later, or give it more time or less to do.",
            f"{address} 未在时限内答复。请稍后再试，或减轻其负担。",
        )
    return UnreachableError(
        f"{address} cannot be reached ({error}). Check the address, the network and that the server runs.",
        f"无法连接 {address}（{error}）。请检查地址、网络以及该服务器是否在运行。",
    )


def cut_off(address: str, en: str, zh: str) -> StoreError:
    """Return the error for an answer that does not hold all there is: no number may rest on it."""
    return StoreError(
        f"{address} cuts its answers ({en}): raise its limit of rows (Virtuoso: ResultSetMaxRows), no figure may rest on a part.",
        f"{address} 截断了答复（{zh}）：请提高其行数上限（Virtuoso：ResultSetMaxRows），部分数据不能作为计数依据。",
    )


def moved(address: str, status: int, location: str) -> StoreError:
    """Return the error for a redirection: a query, with its password, goes to no place that the user did not name."""
    return StoreError(
        f"{address} sends on to {location or 'nowhere'} (HTTP {status}), which is not followed. Name that address if it is the right one.",
        f"{address} 转到 {location or '未指明的地址'}（HTTP {status}），本程序不跟随转址。如该地址无误，请直接使用它。",
    )


def refused(address: str, status: int, said: str) -> StoreError:
    """Return the error for a status that is no answer, with the way out."""
    if status == 401:
        return StoreError(
            f"{address} asks for user and password: set {REMOTE_USER} and {REMOTE_PASSWORD}, or write them to ~/.netrc.",
            f"{address} 要求用户名和密码：请设置 {REMOTE_USER} 和 {REMOTE_PASSWORD}，或写入 ~/.netrc。",
        )
    if status == 403:
        return StoreError(
            f"{address} does not allow this ({said or 403}). Use a user who may, or a server that is not read-only.",
            f"{address} 不允许此操作（{said or 403}）。请换用有权限的用户，或非只读的服务器。",
        )
    if status == 507:
        return StoreError(
            f"{address} has no room left. Make room on that server and publish again.",
            f"{address} 空间不足。请在该服务器上腾出空间后重新发布。",
        )
    if status in (404, 405):
        return StoreError(
            f"There is no such service at {address} (HTTP {status}). Check the address.",
            f"{address} 处没有该服务（HTTP {status}）。请检查地址。",
        )
    if status in BUSY:
        return UnreachableError(
            f"{address} is busy or down (HTTP {status}). Try again shortly.",
            f"{address} 繁忙或停机（HTTP {status}）。请稍后再试。",
        )
    return StoreError(
        f"{address} failed (HTTP {status}: {said}). Look at its log.",
        f"{address} 出错（HTTP {status}：{said}）。请查看其日志。",
    )
