"""What a wrong parameter is answered: every operation names each one, with its value, what it broke and the nearest there is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from openapi import Operation, operations
from serving import serving

WRONG = ("zz-nonsense", "0", "", "-1", "2024-01-01")
HAN = re.compile(r"[\u4e00-\u9fff]")
FREE = re.compile(r"queries/(?!coverage)")  # one family of the saved queries stands for all


@pytest.fixture(scope="module")
def client(store_folder: Path) -> Iterator[httpx.Client]:
    with serving(store_folder) as address, httpx.Client(base_url=address, timeout=60) as found:
        yield found


@pytest.fixture(scope="module")
def looked_up(client: httpx.Client) -> list[Operation]:
    document = client.get("/api/v1/openapi.json").json()
    return [one for one in operations(document) if one.name.startswith("GET /api/") and not FREE.search(one.path)]


def asked(client: httpx.Client, one: Operation, name: str, *values: str) -> httpx.Response:
    """The example of an operation with one parameter given these values instead."""
    request = one.request()
    return client.get(request["url"], params={**request["params"], name: list(values)})


def entries(answer: httpx.Response, name: str) -> list[dict[str, Any]]:
    """The entries of a refusal that are about a parameter, each said in both languages."""
    found = [entry for entry in answer.json().get("errors", []) if entry["parameter"] == name]
    for entry in found:
        assert set(entry) == {"parameter", "value", "rule", "suggestion", "message", "message_zh", "message_en"}
        assert entry["message_en"] and HAN.search(entry["message_zh"]), entry
        assert re.fullmatch(r"[a-z-]+", entry["rule"]), entry
    return found


def test_every_refusal_names_the_parameter_and_its_value(client: httpx.Client, looked_up: list[Operation]) -> None:
    refused = 0
    for one in looked_up:
        for name in [said["name"] for said in one.said["parameters"] if said["in"] == "query"]:
            for value in WRONG:
                answer = asked(client, one, name, value)
                if answer.status_code in (200, 307, 308):
                    continue  # a free text, or a value that there is
                assert answer.status_code in (400, 404), (one.name, name, value)
                refused += 1
                assert any(entry["value"] == value for entry in entries(answer, name)), (one.name, name, value)
    assert refused > 500


def test_what_has_one_value_is_refused_where_it_repeats(client: httpx.Client, looked_up: list[Operation]) -> None:
    for one in looked_up:
        for said in one.said["parameters"]:
            if said["in"] == "query" and said["schema"].get("type") != "array":
                answer = asked(client, one, said["name"], "2024-01-01", "2024-01-02")
                assert answer.status_code == 400, (one.name, said["name"])
                assert [e["rule"] for e in entries(answer, said["name"])] == ["repeated"], (one.name, said["name"])


def test_an_unknown_parameter_is_refused_everywhere_with_the_nearest(
    client: httpx.Client, looked_up: list[Operation]
) -> None:
    for one in looked_up:
        for said in one.said["parameters"]:
            if said["in"] != "query" or len(said["name"]) < 4 or ("/queries/" in one.path and said["name"] == "format"):
                continue  # a saved query knows its own parameters only
            mistyped = said["name"][:-2] + said["name"][-1]
            answer = asked(client, one, mistyped, "x")
            assert answer.status_code == 400, (one.name, mistyped)
            (entry,) = entries(answer, mistyped)
            assert entry["rule"] == "unknown-parameter", (one.name, entry)
            assert entry["suggestion"] in {said["name"] for said in one.said["parameters"]}, (one.name, entry)


@pytest.mark.parametrize("path", ["/api/v1/standards", "/api/v1/committees", "/api/v1/search?q=x", "/feeds/all.atom"])
@pytest.mark.parametrize("value", ["abc", "0", "1.5", "1001"])
def test_a_limit_that_cannot_be_names_its_range(client: httpx.Client, path: str, value: str) -> None:
    answer = client.get(path + ("&" if "?" in path else "?") + f"limit={value}")
    (entry,) = entries(answer, "limit")
    most = 500 if "feeds" in path else 1000
    assert answer.status_code == 400 and entry["rule"] == "range" and entry["value"] == value
    assert f"1 to {most}" in entry["message_en"] and f"1 至 {most}" in entry["message_zh"]


@pytest.mark.parametrize(
    ("path", "parameter", "value", "rule", "near"),
    [
        ("/api/v1/standards?level=natonal", "level", "natonal", "choice", "national"),
        ("/api/v1/coverage?rule=giude", "rule", "giude", "choice", "guide"),
        ("/api/v1/coverage?switch=iee%3Dyes", "switch", "iee=yes", "choice", "ieee"),
        ("/api/v1/coverage?as_of=2025-02-30", "as_of", "2025-02-30", "day", None),
        ("/api/v1/coverage?format=xslx", "format", "xslx", "choice", "xlsx"),
        ("/api/v1/standards?sort=-isued", "sort", "-isued", "choice", "issued"),
        ("/api/v1/systems/guide-2042", "edition", "guide-2042", "choice", "guide-2024"),
        ("/api/v1/standards/gbt-45288.1-2099", "key", "gbt-45288.1-2099", "not-found", "GB/T 45288.1-2025"),
        ("/api/v1/search", "q", None, "usage", None),
        ("/api/v1/similar", "title", None, "missing", None),
    ],
)
def test_a_refusal_says_what_the_value_broke_and_what_is_nearest(
    client: httpx.Client, path: str, parameter: str, value: str | None, rule: str, near: str | None
) -> None:
    (entry,) = entries(client.get(path), parameter)
    assert (entry["value"], entry["rule"], entry["suggestion"]) == (value, rule, near)


def test_a_list_that_cannot_be_read_names_the_body(client: httpx.Client) -> None:
    answer = client.post("/api/v1/status", json={"a": 1})
    assert answer.status_code == 422 and len(entries(answer, "body")) == 1
