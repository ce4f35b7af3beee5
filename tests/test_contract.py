"""The contract of the API: the OpenAPI description is whole and true, for every operation and each of its media types."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import openpyxl
import pyoxigraph as ox
import pytest

from aistandards.api.contract import written
from aistandards.counts import Counts
from aistandards.namespaces import ID
from openapi import JSON, Operation, fit, fits, operations
from serving import serving

LINKED = "application/ld+json"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
HAN = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture(scope="module")
def client(store_folder: Path) -> Iterator[httpx.Client]:
    with serving(store_folder) as address, httpx.Client(base_url=address, timeout=60) as found:
        yield found


@pytest.fixture(scope="module")
def document(client: httpx.Client) -> dict[str, Any]:
    body: dict[str, Any] = client.get("/api/v1/openapi.json").json()
    return body


def tabular(document: dict[str, Any]) -> list[Operation]:
    return [one for one in operations(document) if {"text/csv", JSON, LINKED} <= set(one.media_types)]


def test_the_description_is_openapi_3_1_and_each_operation_is_described_in_both_languages(
    document: dict[str, Any],
) -> None:
    assert document["openapi"].startswith("3.1") and document["servers"] == [{"url": "/"}]
    names = {one.name for one in operations(document)}
    assert len(names) > 90 and not any("{name}" in name and "queries" in name for name in names)
    told = set(written()["operations"])
    plain = {name for name in names if not name.startswith("GET /api/v1/queries/")}
    assert plain == told, "an operation that nothing is written of, or something written of none"
    ids = [one.said["operationId"] for one in operations(document)]
    assert len(ids) == len(set(ids))
    tags = {tag["name"] for tag in document["tags"]}
    for one in operations(document):
        assert HAN.search(one.said["summary"].partition(" · ")[0]) and one.said["summary"].partition(" · ")[2], one.name
        assert HAN.search(one.said["description"].partition("\n\n")[0]), one.name
        assert set(one.said["tags"]) <= tags
        for parameter in one.said["parameters"]:
            zh, _, en = parameter["description"].partition("\n\n")
            assert zh and en, (one.name, parameter["name"])
        refused = {status for status in one.said["responses"] if status >= "400"}
        assert {"400", "429", "503"} <= refused, one.name


def test_every_schema_and_example_is_sound(document: dict[str, Any]) -> None:
    for name, schema in document["components"]["schemas"].items():
        jsonschema.Draft202012Validator.check_schema(schema)
        assert not any(
            ref not in document["components"]["schemas"] for ref in re.findall(r'schemas/([^"]+)"', json.dumps(schema))
        ), name
    shown = 0
    for one in operations(document):
        for media in one.said["responses"].get("200", {}).get("content", {}).values():
            if "example" in media:
                shown += 1
                fit(document, media["schema"], media["example"])
    assert shown >= len(tabular(document)), "each table shows a real answer"


def test_the_request_of_every_example_is_answered_as_described(client: httpx.Client, document: dict[str, Any]) -> None:
    wrong = []
    for one in operations(document):
        answer = client.request(**one.request())
        try:
            assert answer.status_code == (303 if "200" not in one.said["responses"] else 200), answer.text[:300]
            if answer.status_code == 200:
                fits(document, one, answer)
                for name in one.said["responses"]["200"]["headers"]:
                    assert (
                        name in ("X-Cut", "X-Incomplete", *(["ETag"] if one.method == "post" else []))
                        or name in answer.headers
                    ), name
            else:
                assert answer.headers["location"]
        except (AssertionError, jsonschema.ValidationError) as error:
            wrong.append(f"{one.name}: {str(error)[:400]}")
    assert not wrong, "\n".join(wrong)


def test_every_standard_and_project_has_the_shape_that_is_described(document: dict[str, Any], counts: Counts) -> None:
    from aistandards import lookup
    from aistandards.namespaces import key_of
    from aistandards.settings import today

    for kind in ("Standard", "Project"):
        rooted = {"$ref": f"#/components/schemas/{kind}", "components": document["components"]}
        judge = jsonschema.Draft202012Validator(rooted)
        for iri in counts.facts.members(f"ais:{kind}")[::7]:
            found = lookup.Found(iri, key_of(iri), kind.lower())
            judge.validate(lookup.record(counts.facts, found, today()))


def test_every_table_comes_as_csv_workbook_and_json_ld(client: httpx.Client, document: dict[str, Any]) -> None:
    for one in tabular(document):
        request = one.request()
        headers = request.pop("headers", {})
        told = client.request(**request, headers={**headers, "Accept": "text/csv"})
        assert told.status_code == 200 and told.headers["content-type"].startswith("text/csv"), one.name
        rows = list(csv.reader(io.StringIO(told.text.lstrip("\ufeff"))))
        assert rows and all(len(row) == len(rows[0]) for row in rows), one.name
        book = client.request(**request, headers={**headers, "Accept": XLSX})
        assert book.headers["content-type"] == XLSX, one.name
        sheet = openpyxl.load_workbook(io.BytesIO(book.content)).worksheets[1]
        assert sheet.max_row == max(len([row for row in rows if row]), 1), one.name
        linked = client.request(**request, headers={**headers, "Accept": LINKED})
        assert linked.headers["content-type"] == LINKED and linked.json()["@context"], one.name


def test_head_and_tags_of_every_answer(client: httpx.Client, document: dict[str, Any]) -> None:
    for one in operations(document):
        if one.method != "get" or "304" not in one.said["responses"]:
            continue
        request = {**one.request(), "method": "GET"}
        first = client.request(**request)
        head = client.request(**{**request, "method": "HEAD"})
        assert head.status_code == 200 and not head.content, one.name
        assert head.headers["etag"] == first.headers["etag"] and head.headers["content-length"] == str(
            len(first.content)
        )
        for named in (first.headers["etag"], "W/" + first.headers["etag"], f'"x", {first.headers["etag"]}', "*"):
            again = client.request(**request, headers={"If-None-Match": named})
            assert again.status_code == 304 and not again.content, (one.name, named)
            assert again.headers["etag"] == first.headers["etag"]
        assert client.request(**request, headers={"If-None-Match": '"x"'}).status_code == 200


def test_a_tag_spares_the_work_but_no_mistake_is_taken_for_an_answer(client: httpx.Client) -> None:
    missing = client.get("/api/v1/standards/gbt-99999-2025", headers={"If-None-Match": "*"})
    assert missing.status_code == 404
    wrong = client.get("/api/v1/coverage", params={"rule": "guid"}, headers={"If-None-Match": "*"})
    assert wrong.status_code == 400


def test_an_unchanged_answer_is_not_made_again(store_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from fastapi.testclient import TestClient

    from aistandards.api import create_app
    from aistandards.coverage import coverage
    from aistandards.settings import ServerSettings

    made: list[str] = []

    def counted(*given: Any) -> dict[str, Any]:
        made.append("one")
        return coverage(*given)

    monkeypatch.setattr("aistandards.api.counting.count", counted)
    with TestClient(create_app(ServerSettings(store=store_folder))) as inside:
        tag = inside.get("/api/v1/coverage").headers["etag"]
        assert made == ["one"]
        assert inside.get("/api/v1/coverage", headers={"If-None-Match": tag}).status_code == 304
        assert made == ["one"], "the count was made again"


def triples(client: httpx.Client, linked: httpx.Response) -> list[ox.Quad]:
    """The triples of an answer, its context taken from the address that it names."""
    context = client.get(linked.json()["@context"]).json()
    body = {**linked.json(), **context}
    return list(ox.parse(json.dumps(body).encode(), format=ox.RdfFormat.JSON_LD, base_iri="http://localhost/answer"))


def test_what_an_answer_says_of_a_thing_the_graph_states(
    client: httpx.Client, document: dict[str, Any], counts: Counts
) -> None:
    stated = {quad.triple for quad in counts.store}
    silent, wrong, about = [], [], 0
    for one in tabular(document):
        request = one.request()
        headers = {**request.pop("headers", {}), "Accept": LINKED}
        found = triples(client, client.request(**request, headers=headers))
        if not found:
            silent.append(one.name)
        for quad in found:
            if isinstance(quad.subject, ox.NamedNode) and quad.subject.value.startswith(ID):
                about += 1
                if quad.triple not in stated and not str(quad.object).startswith('"false"'):
                    wrong.append(f"{one.name}: {quad.triple}")
    assert not wrong, "\n".join(wrong[:20])
    assert not silent, silent
    assert about > 500
