"""Time of a call by an agent: `python benchmarks/agents.py` prints a table in Markdown.

The SDK's own client over standard input and output and over HTTP, beside a plain GET of the same question at the API; each
thirty times after a first one, in milliseconds, minimum and median. The service runs in a process of its own over one build.
"""

from __future__ import annotations

import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import httpx
from mcp import Client, StdioServerParameters

from aistandards import pipeline

RUNS = 30
AT_ONCE = 20
CALLS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("find_standard", {"number": "gbt45288.1"}),
    ("show", {"number": "gbt45288.1"}),
    ("search", {"q": "大模型", "limit": 20}),
    ("explain", {"number": "gbt45288.1", "rule": ["guide"]}),
    ("coverage", {"rule": "guide"}),
    ("matrix", {}),
    ("gaps", {}),
    ("status", {"number": ["GB/T 1.1", "gbt45288.1"]}),
    ("run_query", {"name": "standards-of-part", "parameters": {"part": "CC"}}),
    ("sparql", {"query": "SELECT ?s { ?s a <https://w3id.org/aistandards/ontology#NationalStandard> }", "limit": 20}),
)


async def timed(act: Callable[[], Awaitable[Any]]) -> str:
    """Return minimum and median milliseconds of several runs after a first one."""
    await act()
    taken = []
    for _ in range(RUNS):
        start = time.perf_counter()
        await act()
        taken.append((time.perf_counter() - start) * 1000)
    return f"{min(taken):.1f} / {statistics.median(taken):.1f}"


async def measured(target: Any, name: str, arguments: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return the time of a call and its answer."""
    async with Client(target) as client:
        answer = (await client.call_tool(name, arguments)).structured_content
        return await timed(lambda: client.call_tool(name, arguments)), answer


async def together(target: Any) -> float:
    """Return the milliseconds of twenty calls at once, every one of which must be answered."""
    async with Client(target) as client:
        await client.list_tools()
        start = time.perf_counter()
        async with anyio.create_task_group() as group:
            for at in range(AT_ONCE):
                group.start_soon(client.call_tool, *CALLS[at % len(CALLS)])
        return (time.perf_counter() - start) * 1000


async def measure(store: Path, address: str) -> None:
    """Print the table."""
    command = ["-m", "aistandards", "mcp", "--store", str(store)]
    stdio = StdioServerParameters(command=sys.executable, args=command, env=dict(os.environ))
    print("| call | stdio | HTTP | GET of the API |\n|---|---|---|---|")
    async with httpx.AsyncClient(base_url=address) as plain:
        for name, arguments in CALLS:
            by_pipe, _ = await measured(stdio, name, arguments)
            by_http, answer = await measured(f"{address}/mcp", name, arguments)
            path = answer["about"]["address"]
            print(f"| `{name}` | {by_pipe} | {by_http} | {await timed(partial(plain.get, path))} |", flush=True)
    start = time.perf_counter()
    async with Client(stdio) as client:
        await client.list_tools()
        begun = (time.perf_counter() - start) * 1000
    at_once = [await together(target) for target in (stdio, f"{address}/mcp")]
    print(f"| start, connect, list the tools | {begun:.0f} | | |")
    print(f"| {AT_ONCE} calls at once | {at_once[0]:.0f} | {at_once[1]:.0f} | |")


def main() -> None:
    """Build a store, start the service and measure."""
    with tempfile.TemporaryDirectory() as folder, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        store = Path(folder)
        pipeline.build(store)
        service = [sys.executable, "-m", "aistandards", "serve", "--store", folder, "--port", str(port)]
        with subprocess.Popen(service, stderr=subprocess.DEVNULL) as process:
            address = f"http://127.0.0.1:{port}"
            for _ in range(300):
                try:
                    httpx.get(f"{address}/healthz")
                    break
                except httpx.TransportError:
                    time.sleep(0.1)
            anyio.run(measure, store, address)
            process.terminate()


if __name__ == "__main__":
    main()
