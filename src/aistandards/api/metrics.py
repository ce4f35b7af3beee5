"""What the service counts of itself, in Prometheus' text format; with several processes, of all of them together."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.multiprocess import MultiProcessCollector

from aistandards.pool import Load

SHARED: Final = "PROMETHEUS_MULTIPROC_DIR"  # the folder in which several processes keep their counts
MEDIA_TYPE: Final = CONTENT_TYPE_PLAIN_0_0_4
METHODS: Final = frozenset({"GET", "HEAD", "POST", "OPTIONS", "PUT", "DELETE", "PATCH"})
_PAGE: Final = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096

disable_created_metrics()
registry: Final = CollectorRegistry()
requests: Final = Counter("aistandards_requests", "Requests answered", ("route", "method", "status"), registry=registry)
durations: Final = Histogram(
    "aistandards_request_seconds",
    "Seconds from the head of a request to the end of its answer",
    ("route",),
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
    registry=registry,
)
in_flight: Final = Gauge(
    "aistandards_requests_in_flight", "Requests at work", registry=registry, multiprocess_mode="livesum"
)
refused: Final = Counter(
    "aistandards_refused", "Requests and connections refused, by wall", ("wall",), registry=registry
)
queries: Final = Counter(
    "aistandards_sparql_queries", "SPARQL queries by how they ended", ("outcome",), registry=registry
)
query_seconds: Final = Histogram(
    "aistandards_sparql_seconds",
    "Seconds of a SPARQL query, its wait included",
    buckets=(0.005, 0.01, 0.05, 0.1, 0.5, 1, 2.5, 5, 10, 30),
    registry=registry,
)
pool: Final = Gauge(
    "aistandards_sparql_pool",
    "SPARQL workers, those that run a query, and queries that wait their turn",
    ("what",),
    registry=registry,
    multiprocess_mode="livesum",
)
ended: Final = Gauge(
    "aistandards_sparql_workers_ended",
    "SPARQL workers that were ended, by why",
    ("why",),
    registry=registry,
    multiprocess_mode="sum",
)
memory: Final = Gauge(
    "aistandards_process_resident_bytes",
    "Resident memory of a server process",
    ("process",),
    registry=registry,
    multiprocess_mode="livemax",
)
started: Final = Counter("aistandards_workers_started", "Server processes started", registry=registry)
build_info: Final = Gauge(
    "aistandards_build_info",
    "1 for the build a process answers from",
    ("build", "version"),
    registry=registry,
    multiprocess_mode="livemax",
)


def observe_memory() -> None:
    """Note how much memory this process holds; where the system does not tell, nothing."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return
    memory.labels(str(os.getpid())).set(pages * _PAGE)


def observe_pool(load: Load) -> None:
    """Note what the SPARQL workers of this process are doing and how some have ended."""
    for what, number in (("workers", load.workers), ("running", load.running), ("waiting", load.waiting)):
        pool.labels(what).set(number)
    for why, number in load.ended.items():
        ended.labels(why).set(number)


def exposition() -> bytes:
    """Return all counts in the text format."""
    observe_memory()
    if SHARED in os.environ:
        together = CollectorRegistry()
        MultiProcessCollector(together)
        return generate_latest(together)
    return generate_latest(registry)
