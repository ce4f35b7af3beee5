"""Answers kept ready are the same bytes as fresh ones, go with the build, and stay within their room."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient

from aistandards import pipeline
from aistandards.api import create_app, ready
from aistandards.settings import ServerSettings
from madeup import standard, write
from serving import serving

PATHS = (
    "/api/v1/coverage",
    "/api/v1/coverage?rule=national",
    "/api/v1/standards/gbt-45288.1-2025",
    "/api/v1/standards/gbt-45288.1-2025?format=csv",
    "/api/v1/coverage/matrix?as_of=2025-01-01",
    "/zh/",
    "/en/",
    "/zh/matrix",
)


def shown(answer: Any) -> tuple[int, dict[str, str], bytes]:
    own = ("x-request-id", "date", "content-length")
    return answer.status_code, {k: v for k, v in answer.headers.items() if k not in own}, answer.content


@pytest.fixture(scope="module")
def kept(store_folder: Path) -> Iterator[TestClient]:
    with TestClient(create_app(ServerSettings(store=store_folder))) as client:
        yield client


@pytest.fixture(scope="module")
def fresh(store_folder: Path) -> Iterator[TestClient]:
    with TestClient(create_app(ServerSettings(store=store_folder, ready_bytes=0))) as client:
        yield client


@pytest.mark.parametrize("path", PATHS)
def test_what_is_kept_is_what_would_be_made(path: str, kept: TestClient, fresh: TestClient) -> None:
    for headers in ({}, {"Accept-Language": "en"}, {"Accept": "text/csv"}, {"Accept": "application/ld+json"}):
        first, again, made = (shown(client.get(path, headers=headers)) for client in (kept, kept, fresh))
        assert first == again == made
    assert shown(kept.head(path))[:2] == shown(fresh.head(path))[:2] and kept.head(path).content == b""
    assert kept.options(path).status_code == fresh.options(path).status_code


def test_an_answer_is_made_once(kept: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    from aistandards.api import counting
    from aistandards.api.answers import answer as real

    made: list[int] = []

    def counted(*given: object, **named: object) -> object:
        made.append(1)
        return real(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(counting, "answer", counted)
    for _ in range(3):
        assert kept.get("/api/v1/coverage?as_of=2025-03-04").status_code == 200
    assert made == [1]
    monkeypatch.setattr(ready, "today", lambda: date(2031, 1, 1))
    kept.get("/api/v1/coverage?as_of=2025-03-04")
    assert made == [1, 1]


def test_errors_conditions_and_other_methods_are_not_kept(kept: TestClient) -> None:
    for path in ("/api/v1/coverage?rule=guid", "/api/v1/standards/gbt-1-1900", "/zh/nothing"):
        assert kept.get(path).status_code == kept.get(path).status_code >= 400
    tag = kept.get("/api/v1/targets").headers["etag"]
    assert kept.get("/api/v1/targets", headers={"If-None-Match": tag}).status_code == 304
    assert kept.get("/api/v1/targets").status_code == 200


def test_what_is_kept_stays_within_its_room(store_folder: Path) -> None:
    app = create_app(ServerSettings(store=store_folder, ready_bytes=60_000))
    found: list[ready.Ready] = []
    real = ready.Ready.__init__

    def noted(self: ready.Ready, *given: object, **named: object) -> None:
        real(self, *given, **named)  # type: ignore[arg-type]
        found.append(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ready.Ready, "__init__", noted)
        with TestClient(app) as client:
            for day in range(1, 27):
                assert client.get(f"/api/v1/coverage?as_of=2025-06-{day:02}").status_code == 200
    (mine,) = found
    assert 0 < mine.used == sum(len(entry.body) for entry in mine.entries.values()) <= 60_000
    assert len(mine.entries) < 26


def test_a_new_build_is_answered_from_at_once(own_store: Path, tmp_path: Path) -> None:
    with serving(own_store) as address:
        before = httpx.get(f"{address}/api/v1/coverage").headers["x-build"]
        data = write(tmp_path / "mine", {"standards-made-up.csv": [standard("GB/T 71999-2025", reason="a test")]})
        build, _, _ = pipeline.build(own_store, [data])
        until = time.monotonic() + 30
        while httpx.get(f"{address}/api/v1/coverage").headers["x-build"] == before and time.monotonic() < until:
            time.sleep(0.25)
        assert httpx.get(f"{address}/api/v1/coverage").headers["x-build"] == build.id[:16] != before
