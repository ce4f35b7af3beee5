"""The pages on days and releases: changes, validity of a pasted list, releases; and answers from a release over HTTP."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import openpyxl
import pytest

from conftest import Cli
from serving import serving
from test_releases import Kept, kept

__all__ = ["kept"]  # the fixture of two releases
ASKED: dict[str, Any] = {"from": "2024-12-31", "to": "2025-12-31", "rule": ["guide", "national"]}


@pytest.fixture(scope="module")
def client(store_folder: Path) -> Iterator[httpx.Client]:
    with serving(store_folder) as address, httpx.Client(base_url=address, timeout=60) as found:
        yield found


@pytest.fixture(scope="module")
def of_releases(kept: Kept) -> Iterator[httpx.Client]:
    with serving(kept.store) as address, httpx.Client(base_url=address, timeout=60) as found:
        yield found


def text_of(client: httpx.Client, path: str, **asked: Any) -> str:
    answer = client.get(path, params=asked)
    assert answer.status_code == 200, answer.text
    assert answer.text.count("<table") == answer.text.count("<caption"), "a table without a caption"
    return unescape(answer.text)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_changes_page_shows_what_the_answer_says(language: str, client: httpx.Client) -> None:
    body = client.get("/api/v1/changes", params=ASKED).json()
    text = text_of(client, f"/{language}/changes", **ASKED)
    for name in ("issued", "in_force", "superseded", "withdrawn", "undecided"):
        for entry in body[name]:
            assert f'<a href="/{language}/standards/{entry["slug"]}">{entry["number"]}</a>' in text
    for moved in body["counts"]:
        section = text.partition(f'<section id="{moved["rule"]}">')[2].partition("</section>")[0]
        linked = re.findall(r'standards/([^"]+)">', section)
        assert linked == [
            e["slug"] for name in ("gained", "lost", "undecided_gained", "undecided_lost") for e in moved[name]
        ]
        row = text.partition(f'/rules#{moved["rule"]}"')[2].partition("</tr>")[0]
        figures = [re.sub(r"<[^>]*>", "", cell) for cell in re.findall(r'<td class="n">(.*?)</td>', row)]
        shown = [moved["before"], len(moved["gained"]), len(moved["lost"]), moved["after"]]
        assert figures == [*map(str, shown), str(moved["undecided_before"]), str(moved["undecided_after"])]
    assert [f'id="{rule}"' in text for rule in ("guide", "national", "stock")] == [True, True, False]
    assert body["from"] in text and body["to"] in text


def test_the_changes_page_without_days_asks_for_the_last_year(client: httpx.Client) -> None:
    days = re.findall(r'<input type="date" name="(?:from|to)" value="([^"]+)"', text_of(client, "/zh/changes"))
    assert len(days) == 2 and days[0] < days[1]
    body = client.get("/api/v1/changes", params={"from": days[0], "to": days[1]}).json()
    assert all(f'/rules#{moved["rule"]}"' in text_of(client, "/zh/changes") for moved in body["counts"])


def test_empty_fields_of_a_form_are_not_asked(client: httpx.Client) -> None:
    empty = {**ASKED, "part": "", "committee": "", "as_of": ""}
    assert client.get("/zh/changes", params=empty).status_code == 200
    part = text_of(client, "/zh/changes", **{**ASKED, "part": "CC"})
    assert '<option value="CC" selected>' in part


@pytest.mark.parametrize(("path", "asked", "says"), [
    ("changes", {"from": "2025-12-31", "to": "2025-01-01"}, "the earlier day comes first"),
    ("changes", {**ASKED, "rule": "gide"}, "Did you mean guide?"),
    ("changes", {**ASKED, "part": "ZZ9"}, "guide-2024 has no part"),
    ("changes", {**ASKED, "scope": "al"}, "Did you mean all?"),
    ("changes", {"from": "v1.0", "to": "2025-01-01"}, "give two days or two releases"),
    ("changes", {**ASKED, "as_of": "2025-01-01"}, "as_of goes with two releases only"),
    ("changes", {"form": "2025-01-01"}, "form"),
    ("status", {"numbers": "x" * 4001}, "more than 4000 characters"),
    ("status", {"numbers": "GB/T 1-2020", "as_of": "soon"}, "not a day"),
    ("releases", {"rule": "gide"}, "Did you mean guide?"),
])  # fmt: skip
def test_wrong_questions_are_pages_that_say_so(
    path: str, asked: dict[str, Any], says: str, of_releases: httpx.Client
) -> None:
    answer = of_releases.get(f"/en/{path}", params=asked)
    assert answer.status_code == 400 and "text/html" in answer.headers["content-type"]
    assert says in unescape(answer.text)


# ---------------------------------------------------------------- status

LIST = "GB/T 45288.1-2025\r\nGB/T 5271.28-2001\r\nGB/T 99999-2020\r\n20242301-T-348\r\nno number"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_pasted_list_is_checked_as_the_api_does(language: str, client: httpx.Client) -> None:
    body = client.get("/api/v1/status", params={"number": LIST.split("\r\n"), "as_of": "2026-01-01"}).json()
    sent = {"numbers": LIST, "as_of": "2026-01-01"}
    posted = client.post(f"/{language}/status", data=sent)
    assert posted.status_code == 200
    assert (
        posted.text
        == client.get(f"/{language}/status", params=sent).text.replace(
            f"/{'en' if language == 'zh' else 'zh'}/status?", "?", 0
        )
        or posted.text.partition("<main")[2]
        == client.get(f"/{language}/status", params=sent).text.partition("<main")[2]
    )
    rows = re.findall(r"<tr><td class=\"n\">(\d+)</td>(.*?)</tr>", unescape(posted.text))
    assert [int(line) for line, _ in rows] == [item["line"] for item in body["items"]] == [1, 2, 3, 4, 5]
    for (_, row), item in zip(rows, body["items"], strict=True):
        [result] = item["results"]
        assert result[f"status_{language}"] in row and result["input"] in row
        if result["slug"]:
            assert f'href="/{language}/{result["kind"]}s/{result["slug"]}"' in row
    link = unescape(re.findall(r'<a href="(/api/v1/status[^"]+format=csv)">', posted.text)[0])
    table = list(csv.DictReader(io.StringIO(client.get(link).text.removeprefix("\ufeff"))))
    assert [row["input"] for row in table] == LIST.split("\r\n")


def test_the_form_gives_tables_and_takes_long_lists(client: httpx.Client) -> None:
    numbers = "\n".join(["GB/T 45288.1-2025"] * 2000)
    table = client.post("/zh/status", data={"numbers": numbers, "format": "csv"})
    assert table.headers["content-type"].startswith("text/csv") and len(table.text.splitlines()) == 2001
    book = client.post("/zh/status", data={"numbers": LIST, "format": "xlsx"}).content
    assert openpyxl.load_workbook(io.BytesIO(book)).worksheets[1].max_row == 6
    shown = client.post("/zh/status", data={"numbers": numbers})
    assert shown.status_code == 200 and "/api/v1/status?" not in shown.text
    too_many = client.post("/en/status", data={"numbers": "GB/T 1\n" * 5001})
    assert too_many.status_code == 422 and "more than 5000" in too_many.text


def test_a_form_that_is_none_is_refused(client: httpx.Client) -> None:
    for sent in ({"numbers": LIST, "colour": "red"}, {"numbers": LIST, "format": "pdf"}, {"numbers": "x" * 500_001}):
        answer = client.post("/en/status", data=sent)
        assert answer.status_code == 400 and "Send a form with numbers" in answer.text
    assert client.post("/en/status", content=b"x" * (9 << 20)).status_code == 413
    empty = client.post("/zh/status", data={"numbers": "  "})
    assert empty.status_code == 200 and "<table" not in empty.text


def test_what_is_pasted_is_never_markup(client: httpx.Client) -> None:
    text = client.post("/zh/status", data={"numbers": "</textarea><script>alert(1)</script>\n<b>GB/T 1</b>"}).text
    assert "<script" not in text and "<b>" not in text


# ---------------------------------------------------------------- releases


def test_the_releases_page_lists_what_the_answer_lists(of_releases: httpx.Client, client: httpx.Client) -> None:
    asked = {"rule": "guide", "number": "GB/T 91004", "as_of": "2025-12-31"}
    body = of_releases.get("/api/v1/releases", params=asked).json()
    text = text_of(of_releases, "/en/releases", **asked)
    for item in body["items"]:
        row = text.partition(f">{item['release']}</a>")[2].partition("</tr>")[0]
        assert f">{item['guide']}</a>" in row and item["build_id"][:16] in row
        assert ("not on record" in row) == (not item["on_record"])
    assert body["first_release"] == "v1.1" and "The first release that has GB/T 91004: v1.1" in text
    assert "build --release" in text_of(client, "/en/releases")


def test_two_releases_are_compared_on_the_page(of_releases: httpx.Client) -> None:
    asked = {"from": "v1.0", "to": "v1.1", "as_of": "2025-12-31"}
    body = of_releases.get("/api/v1/changes", params=asked).json()
    text = text_of(of_releases, "/zh/changes", **asked)
    assert body["totals"]["added"] and body["totals"]["changed"]
    for entry in (*body["added"], *body["removed"], *body["changed"]):
        assert entry["number"] in text
    for field in (field for entry in body["changed"] for field in entry["fields"]):
        assert f"<td>{field['field']}</td>" in text


@pytest.mark.parametrize("path", [
    "coverage", "coverage/records", "coverage/matrix", "coverage/matrix/records", "gaps",
    "standards/gbt-91001-2025/explain", "standards/gbt-91001-2025",
])  # fmt: skip
def test_answers_come_from_the_release_asked(path: str, of_releases: httpx.Client) -> None:
    day = {"as_of": "2025-12-31"}
    old, new = (of_releases.get(f"/api/v1/{path}", params={**day, "release": name}) for name in ("v1.0", "v1.1"))
    assert {old.status_code, new.status_code} == {200}, old.text
    assert old.headers["x-build"] != new.headers["x-build"] and old.headers["etag"] != new.headers["etag"]
    current = of_releases.get("/api/v1/coverage", params=day)
    assert current.headers["x-build"] not in (old.headers["x-build"], new.headers["x-build"])
    unknown = of_releases.get(f"/api/v1/{path}", params={"release": "v1.2"})
    assert unknown.status_code == 400 and "v1.0, v1.1" in unknown.json()["detail"]


def test_the_counts_of_a_release_are_those_of_the_command_line(kept: Kept, cli: Cli, of_releases: httpx.Client) -> None:
    import json

    for name in ("v1.0", "v1.1"):
        asked = ("coverage", "--release", name, "--as-of", "2025-12-31", "--format", "json")
        here = json.loads(cli(*asked, store=kept.store).stdout)
        over = of_releases.get("/api/v1/coverage", params={"release": name, "as_of": "2025-12-31"}).json()
        assert over == here
    numbers = [
        {r["number"] for r in of_releases.get("/api/v1/coverage/records", params={"release": name}).json()["items"]}
        for name in ("v1.0", "v1.1")
    ]
    assert numbers[0] != numbers[1]


def test_a_page_says_which_release_it_answers_from(of_releases: httpx.Client) -> None:
    for path in ("", "records", "matrix", "gaps", "standards/gbt-91001-2025"):
        text = of_releases.get(f"/en/{path}", params={"release": "v1.1"}).text
        assert "from the data of release v1.1" in text
    assert 'name="release" value="v1.1"' in text_of(of_releases, "/en/", release="v1.1")
    assert of_releases.get("/en/rules", params={"release": "v1.1"}).text.count("from the data of release") == 0
    assert of_releases.get("/api/v1/rules", params={"release": "v1.1"}).status_code == 400


def test_the_entry_of_the_navigation_is_marked(client: httpx.Client) -> None:
    expected = {"": "", "changes": "changes", "status": "status", "releases": "releases", "matrix/records": "matrix",
                "system/draft-2024": "system/guide-2024", "standards/gbt-45288.1-2025": "standards"}  # fmt: skip
    for path, entry in expected.items():
        text = client.get(f"/zh/{path}").text
        assert re.findall(r'<a href="([^"]+)" aria-current="page">', text) == [f"/zh/{entry}"], path
