"""The service under load, beside other servers in one run; and look-ups while hostile queries run. Prints a Markdown report.

Peers: the Oxigraph server from PyPI, and Apache Jena Fuseki where ``make peers`` has fetched it, over the same quads and the
same queries. The clients are processes of their own on the same machine, so every figure is a lower bound of the server's.
Run it on a quiet machine: ``python benchmarks/serving.py [seconds]``.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import quote, urlsplit

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

import pyoxigraph as ox  # noqa: E402

from aistandards import pipeline  # noqa: E402
from aistandards.namespaces import SPARQL_PROLOGUE  # noqa: E402
from aistandards.store import open_current  # noqa: E402
from hostile import HEAVY  # noqa: E402
from peers import JARS, fuseki_server, oxigraph_server  # noqa: E402
from serving import serving  # noqa: E402

CLIENTS = 8
RECORD = "https://w3id.org/aistandards/id/standard/gbt-45288.1-2025"
QUERIES = {
    "ASK": "ASK {}",
    "one record": f"SELECT ?p ?o {{ <{RECORD}> ?p ?o }}",
    "100 titles": "SELECT ?s ?t { ?s a ais:Standard ; dcterms:title ?t } ORDER BY ?s ?t LIMIT 100",
    "records by level": "SELECT ?level (COUNT(?s) AS ?n) { ?s a ais:Standard ; ais:level ?level } GROUP BY ?level",
}
LOOKUPS = {
    "`/healthz`": "/healthz",
    "one standard": "/api/v1/standards/gbt-45288.1-2025",
    "coverage": "/api/v1/coverage",
    "matrix": "/api/v1/coverage/matrix",
    "a page": "/zh/",
}
JSON = "application/sparql-results+json"


# The client: raw HTTP/1.1 over kept connections, in a process of its own


async def _read(reader: asyncio.StreamReader) -> int:
    """Read one answer; returns its status."""
    head = await reader.readuntil(b"\r\n\r\n")
    status, lower = int(head[9:12]), head.lower()
    if b"transfer-encoding: chunked" in lower:
        while size := int((await reader.readline()).split(b";")[0], 16):
            await reader.readexactly(size + 2)
        await reader.readline()
    elif (at := lower.find(b"content-length:")) >= 0:
        await reader.readexactly(int(lower[at + 15 : lower.find(b"\r\n", at)]))
    return status


async def _client(
    host: str, port: int, requests: Sequence[bytes], until: float, taken: list[float], wrong: list[str]
) -> None:
    writer = None
    for request in itertools.cycle(requests):
        if time.perf_counter() > until:
            break
        try:
            if writer is None:
                reader, writer = await asyncio.open_connection(host, port)
            start = time.perf_counter()
            writer.write(request)
            status = await asyncio.wait_for(_read(reader), 60)
            taken.append(time.perf_counter() - start)
            if status != 200:
                wrong.append(str(status))
        except (TimeoutError, OSError, EOFError, ValueError) as error:
            wrong.append(repr(error))
            writer = None
    if writer is not None:
        writer.close()


async def _load(addresses: list[str], seconds: float, clients: int) -> dict[str, object]:
    parts = urlsplit(addresses[0])
    requests = [
        f"GET {urlsplit(a).path}?{urlsplit(a).query} HTTP/1.1\r\nHost: {parts.netloc}\r\nAccept: {JSON}, */*;q=0.5\r\n\r\n".encode()
        for a in addresses
    ]
    taken: list[float] = []
    wrong: list[str] = []
    until = time.perf_counter() + seconds
    start = time.perf_counter()
    assert parts.hostname and parts.port
    await asyncio.gather(
        *(
            _client(
                parts.hostname,
                parts.port,
                requests[at % len(requests) :] + requests[: at % len(requests)],
                until,
                taken,
                wrong,
            )
            for at in range(clients)
        )
    )
    taken.sort()
    return {
        "rate": len(taken) / (time.perf_counter() - start),
        "p50": taken[len(taken) // 2] * 1000 if taken else None,
        "p99": taken[min(len(taken) - 1, len(taken) * 99 // 100)] * 1000 if taken else None,
        "answers": len(taken),
        "wrong": wrong[:5],
        "errors": len(wrong),
    }


def load(addresses: list[str], seconds: float, clients: int = CLIENTS) -> dict[str, float]:
    """Ask for the addresses in turn for some seconds; returns rate, p50 and p99 in ms, answers and errors."""
    command = [sys.executable, __file__, "--client", json.dumps([addresses, seconds, clients])]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def address_of(server: str, text: str) -> str:
    """Return the address of a query on a server."""
    return f"{server}?query={quote(SPARQL_PROLOGUE + text)}"


def line(name: str, found: dict[str, float]) -> str:
    """Return a line of a table of loads."""
    return f"| {name} | {found['rate']:,.0f} | {found['p50']:.1f} | {found['p99']:.1f} | {found['answers']:,} | {found['errors']} |"


HEAD = "| | answers/s | p50 ms | p99 ms | answers | errors |\n|---|---|---|---|---|---|"


def queries(servers: dict[str, str], seconds: float) -> None:
    """Print the same queries on all servers, one server after the other for each query."""
    print(f"\n## The same queries on each server, {CLIENTS} clients, {seconds:g} s each\n\n{HEAD}")
    for label, text in QUERIES.items():
        for name, server in servers.items():
            load([address_of(server, text)], min(1.0, seconds), CLIENTS)  # warm
            print(line(f"{label}: {name}", load([address_of(server, text)], seconds)), flush=True)


@contextlib.contextmanager
def attackers(address: str, count: int) -> Iterator[None]:
    """Send heavy queries over and over from some clients while the block runs."""
    program = (
        "import sys; sys.path.insert(0, sys.argv[1]); import itertools; from hostile import HEAVY\n"
        "for attack in itertools.cycle(HEAVY[int(sys.argv[3]):] + HEAVY[:int(sys.argv[3])]):\n"
        "    try: attack.send(sys.argv[2])\n"
        "    except Exception: pass\n"
    )
    command = [sys.executable, "-c", program, str(ROOT / "tests"), address]
    running = [subprocess.Popen([*command, str(at % len(HEAVY))]) for at in range(count)]
    try:
        yield
    finally:
        for process in running:
            process.kill()
            process.wait()


def lookups(address: str, seconds: float) -> None:
    """Print look-ups in calm, and while hostile queries keep every query worker busy."""
    print(f"\n## Look-ups, {CLIENTS} clients, {seconds:g} s each\n\n{HEAD}")
    for name, path in LOOKUPS.items():
        print(line(name, load([address + path], seconds)), flush=True)
    paths = [address + path for path in LOOKUPS.values()]
    print(f"\n## Look-ups in turn while hostile queries run, 2 clients, {2 * seconds:g} s each\n\n{HEAD}")
    calm = load(paths, 2 * seconds, 2)
    print(line("calm", calm), flush=True)
    for count in (2, 8):
        with attackers(address, count):
            time.sleep(2)
            found = load(paths, 2 * seconds, 2)
        print(line(f"{count} attackers", found) + f" p99 × {found['p99'] / calm['p99']:.1f}", flush=True)


def sustained(address: str, seconds: float) -> None:
    """Print a mix of look-ups, pages and queries over a longer time."""
    mixed = [address + path for path in LOOKUPS.values()] + [
        address_of(address + "/sparql", text) for text in QUERIES.values()
    ]
    print(f"\n## Sustained, look-ups and queries in turn, 2 server processes, {CLIENTS} clients\n\n{HEAD}")
    print(line(f"{seconds:g} s", load(mixed, seconds)), flush=True)


def main(seconds: float) -> None:
    """Build, start the servers, print the report."""
    print(
        f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}, pyoxigraph {ox.__version__}"
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pipeline.build(folder / "store")
        quads = folder / "all.nq"
        store = open_current(folder / "store").open()
        store.dump(output=str(quads), format=ox.RdfFormat.N_QUADS)
        print(f"{len(store):,} quads of the shipped records")
        with contextlib.ExitStack() as running:
            servers = {
                "aistandards, 1 process": running.enter_context(serving(folder / "store")) + "/sparql",
                "aistandards, 2 processes": running.enter_context(serving(folder / "store", "--workers", "2"))
                + "/sparql",
                "Oxigraph server": running.enter_context(oxigraph_server(quads, folder)),
            }
            if shutil.which("java") and any(JARS.glob("jena-fuseki-main-*.jar")):
                servers["Apache Jena Fuseki"] = running.enter_context(fuseki_server(quads, folder))
            else:
                print("Apache Jena Fuseki: not here (make peers fetches it)")
            queries(servers, seconds)
        with serving(folder / "store", "--query-seconds", "5", "--query-memory", str(512 << 20)) as address:
            lookups(address, seconds)
        with serving(folder / "store", "--workers", "2") as address:
            sustained(address, 12 * seconds)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--client"]:
        print(json.dumps(asyncio.run(_load(*json.loads(sys.argv[2])))))
    else:
        main(float(sys.argv[1]) if sys.argv[1:] else 5.0)
