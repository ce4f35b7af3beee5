"""What an audit of the interfaces found, so that it stays mended."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import openpyxl
import pytest
from fastapi.testclient import TestClient

from aistandards.api import create_app
from aistandards.settings import ServerSettings
from aistandards.workbook import label
from conftest import Cli


@pytest.fixture(scope="module")
def client(store_folder: Path) -> Iterator[TestClient]:
    settings = ServerSettings(store=store_folder, trusted_proxies=("127.0.0.1",))
    with TestClient(create_app(settings), follow_redirects=False, client=("127.0.0.1", 5000)) as found:
        yield found


def test_an_undated_number_by_another_publisher_names_a_work_that_exists(client: TestClient) -> None:
    led = client.get("/api/v1/standards", params={"number": "ISO 42001"})
    assert led.status_code == 307
    work = led.headers["link"].partition("<")[2].partition(">")[0]
    assert client.get(
        httpx.URL(work).path.removeprefix("/aistandards"), headers={"Accept": "text/turtle"}
    ).status_code in (200, 303)


@pytest.mark.parametrize("path", ["standards", "projects", "search"])
@pytest.mark.parametrize(("name", "value", "near"), [("rule", "guid", "guide"), ("system", "guide-2042", "guide-2024")])
def test_a_rule_or_system_that_does_not_exist_is_refused_everywhere(
    client: TestClient, path: str, name: str, value: str, near: str
) -> None:
    wrong = client.get(f"/api/v1/{path}", params={"q": "大模型", name: value})
    assert wrong.status_code == 400 and near in wrong.json()["detail"]


def test_an_unknown_row_of_a_count_is_refused_and_an_empty_one_is_not(client: TestClient) -> None:
    assert client.get("/api/v1/coverage/records", params={"row": "foo"}).status_code == 400
    assert client.get("/api/v1/coverage/records", params={"row": "A"}).json()["total"] > 0
    assert client.get("/api/v1/coverage/records", params={"row": ""}).status_code == 200


def test_a_table_that_is_one_page_says_so(client: TestClient) -> None:
    cut = client.get("/api/v1/standards?format=csv&limit=2")
    assert cut.headers["x-cut"].startswith("2 of ") and len(cut.text.splitlines()) == 3
    whole = client.get("/api/v1/standards?format=csv&part=CC&level=industry&limit=1000")
    assert "x-cut" not in whole.headers
    assert "x-cut" not in client.get("/api/v1/standards?limit=2").headers


@pytest.mark.parametrize(("language", "said"), [("zh", "2 条，共 {} 条"), ("en", "2 of {}: one page, not all")])
def test_a_workbook_that_is_one_page_says_so_on_its_sheet_of_notes(
    client: TestClient, language: str, said: str
) -> None:
    def notes(path: str) -> dict[object, object]:
        content = client.get(path, headers={"Accept-Language": language}).content
        sheet = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
        return {row[0]: row[1] for row in sheet.iter_rows(values_only=True)}

    listed = client.get("/api/v1/standards?limit=2").json()
    cut = notes("/api/v1/standards?format=xlsx&limit=2")
    assert str(cut[label("shown", language)]).startswith(said.format(listed["total"]))
    assert cut[label("query", language)] == "/api/v1/standards?format=xlsx&limit=2"
    assert cut[label("data_version", language)] and cut[label("statement_of_sources", language)]
    following = notes(str(cut[label("next_page", language)]))  # it leads to the next page
    assert following[label("shown", language)] and "cursor=" in str(following[label("query", language)])
    whole = notes("/api/v1/standards?format=xlsx&part=CC&level=industry&limit=1000")
    assert label("shown", language) not in whole and label("next_page", language) not in whole


def test_the_scheme_is_what_a_trusted_proxy_says(client: TestClient, store_folder: Path) -> None:
    asked = {"X-Forwarded-Proto": "https", "Accept": "text/turtle"}
    assert "<https://testserver/sparql>" in client.get("/sparql", headers=asked).text
    with TestClient(create_app(ServerSettings(store=store_folder)), client=("127.0.0.1", 5000)) as open_to_all:
        assert "<https://testserver/sparql>" not in open_to_all.get("/sparql", headers=asked).text


def test_the_vocabulary_is_the_same_bytes_from_every_process(store_folder: Path) -> None:
    given = []
    for _ in range(2):
        with TestClient(create_app(ServerSettings(store=store_folder))) as one:
            given.append([one.get(f"/ontology.{suffix}").content for suffix in ("nt", "ttl", "jsonld")])
    assert given[0] == given[1]


@pytest.mark.parametrize("text", ["[]", "[1, 2]", "{}", '[{"a": 1}]'])
def test_a_document_that_states_nothing_does_not_conform(cli: Cli, tmp_path: Path, text: str) -> None:
    path = tmp_path / "nothing.jsonld"
    path.write_text(text, encoding="utf-8")
    done = cli("validate", path, "--format", "json")
    assert done.code in (1, 2) and not json.loads(done.stdout)["conforms"]
