"""Forecast and adoption as people ask for them: on the command line, over HTTP, and on the pages."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import openpyxl
import pytest

from conftest import Cli
from serving import serving

DAY = "2026-11-24"
FORECAST = {
    "rule", "edition", "as_of", "by_day", "data_until", "window_until", "after_window", "target", "counted", "estimate", "stages",
    "clauses", "durations", "backtest", "overdue", "plans_without_result", "results_without_plan", "projects", "notes",
}  # fmt: skip
ADOPTION = {
    "committee", "as_of", "total", "adopted", "planned", "not_on_record", "items", "delays", "delays_of_all_committees",
    "superseded", "unlisted", "projects",
}  # fmt: skip


@pytest.fixture(scope="module")
def client(store_folder: Path) -> Iterator[httpx.Client]:
    with serving(store_folder) as address, httpx.Client(base_url=address, timeout=30) as found:
        yield found


def told(cli: Cli, *arguments: str) -> Any:
    outcome = cli(*arguments, "--as-of", DAY, "--format", "json")
    assert outcome.code == 0, outcome.text
    return json.loads(outcome.stdout)


@pytest.mark.parametrize(("verb", "keys"), [("forecast", FORECAST), ("adoption", ADOPTION)])
def test_the_command_line_and_http_say_the_same(verb: str, keys: set[str], cli: Cli, client: httpx.Client) -> None:
    told_here = told(cli, verb)
    answer = client.get(f"/api/v1/{verb}", params={"as_of": DAY})
    assert answer.status_code == 200 and answer.json() == told_here
    assert keys <= set(told_here)
    assert (
        client.get(
            f"/api/v1/{verb}", params={"as_of": DAY}, headers={"If-None-Match": answer.headers["etag"]}
        ).status_code
        == 304
    )


def test_options_are_the_same_on_both(cli: Cli, client: httpx.Client) -> None:
    here = told(cli, "forecast", "--rule", "national", "--by-day", "2027-06-30", "--guidance", "yes")
    asked = {"rule": "national", "by_day": "2027-06-30", "guidance": "yes", "as_of": DAY}
    assert client.get("/api/v1/forecast", params=asked).json() == here
    assert (here["rule"], here["by_day"], here["guidance"], here["edition"]) == (
        "national",
        "2027-06-30",
        "yes",
        "guide-2024",
    )
    here = told(cli, "adoption", "--committee", "ISO/TC 299", "--state", "adopted")
    asked = {"committee": "ISO/TC 299", "state": "adopted", "as_of": DAY}
    assert client.get("/api/v1/adoption", params=asked).json() == here
    assert {item["state"] for item in here["items"]} == {"adopted"}


def test_tables_carry_rule_and_day_in_every_row(cli: Cli, client: httpx.Client, tmp_path: Path) -> None:
    listed = list(csv.DictReader(io.StringIO(cli("forecast", "--as-of", DAY, "--format", "csv").stdout)))
    assert {(row["rule"], row["as_of"], row["by_day"]) for row in listed} == {("guide", DAY, "2026-12-31")}
    assert len(listed) == len(told(cli, "forecast")["projects"])
    over_http = client.get("/api/v1/adoption", params={"as_of": DAY}, headers={"Accept": "text/csv"})
    rows = list(csv.DictReader(io.StringIO(over_http.text.removeprefix("\ufeff"))))
    assert len(rows) == told(cli, "adoption")["total"] and {row["as_of"] for row in rows} == {DAY}
    for verb in ("forecast", "adoption"):
        book = tmp_path / f"{verb}.xlsx"
        assert cli(verb, "--as-of", DAY, "--format", "xlsx", "--output", book).code == 0
        sheets = openpyxl.load_workbook(book).worksheets
        assert sheets[1].max_row > 40
        assert all(len(str(cell.value or "")) < 2000 for row in sheets[0].iter_rows() for cell in row)


def test_text_in_both_languages(cli: Cli) -> None:
    a = told(cli, "forecast")
    expected: list[tuple[str, tuple[str, ...]]] = [
        ("zh", ("案例", "回测", "逾期 1，", "20242301-T-348", "少于 10 个，不作估计")),
        ("en", ("cases", "backtest", "overdue 1,", "20242301-T-348", "fewer than 10: no estimate")),
    ]
    for language, says in expected:
        text = cli("forecast", "--as-of", DAY, "--lang", language).stdout
        assert all(word in text for word in says), text
        assert str(a["counted"]) in text and f"{a['estimate']['expected']}" in text
        for case in a["durations"]["cases"]:
            assert case["number"] in text and case["result"] in text
    b = told(cli, "adoption")
    expected = [
        ("zh", ("未见采用记录", "并非未采用", "346")),
        ("en", ("not on record", "does not say", "346")),
    ]
    for language, says in expected:
        text = cli("adoption", "--as-of", DAY, "--lang", language).stdout
        assert all(word in text for word in says)
        assert all(item["number"] in text for item in b["items"])
        assert "not adopted" not in text and "未被采用" not in text


@pytest.mark.parametrize(("arguments", "says"), [
    (("forecast", "--rule", "gide"), "Did you mean guide"),
    (("forecast", "--rule", "led"), "does not count standards"),
    (("forecast", "--by-day", "2026-13-01"), "not a day"),
    (("forecast", "--by-day", "2020-01-01"), "lies before as-of"),
    (("forecast", "--scope", "cor"), "Did you mean core"),
    (("adoption", "--committee", "ISO/IEC JTC 1/SC 24"), "Did you mean ISO/IEC JTC 1/SC"),
    (("adoption", "--state", "plannd"), "Did you mean planned"),
])  # fmt: skip
def test_wrong_use_is_refused_with_what_there_is(
    arguments: tuple[str, ...], says: str, cli: Cli, client: httpx.Client
) -> None:
    outcome = cli(*arguments, "--as-of", DAY)
    assert outcome.code == 2 and says in outcome.stderr and not outcome.stdout
    asked = {arguments[1].removeprefix("--").replace("-", "_"): arguments[2], "as_of": DAY}
    answer = client.get(f"/api/v1/{arguments[0]}", params=asked)
    assert answer.status_code == 400 and says in answer.json()["detail"] and answer.json()["detail_zh"]
    page = client.get(f"/zh/{arguments[0]}", params=asked)
    assert page.status_code == 400 and "text/html" in page.headers["content-type"]


def test_an_unknown_parameter_is_refused(client: httpx.Client) -> None:
    for verb in ("forecast", "adoption"):
        assert client.get(f"/api/v1/{verb}", params={"byday": DAY}).status_code == 400


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_pages_show_what_the_answer_says(language: str, client: httpx.Client) -> None:
    a = client.get("/api/v1/forecast", params={"as_of": DAY}).json()
    text = client.get(f"/{language}/forecast", params={"as_of": DAY}).text
    assert f"{a['estimate']['interval']['low']}–{a['estimate']['interval']['high']}" in text
    for project in a["projects"]:
        assert f'href="/{language}/projects/{project["slug"]}"' in text
    for case in a["durations"]["cases"]:
        assert f'href="/{language}/standards/{case["result_slug"]}"' in text
    assert all(note[language].replace("'", "&#39;") in text for note in a["notes"])
    b = client.get("/api/v1/adoption", params={"as_of": DAY}).json()
    text_b = client.get(f"/{language}/adoption", params={"as_of": DAY}).text
    assert all(f'href="/{language}/standards/{item["slug"]}"' in text_b for item in b["items"])
    for shown in (text, text_b):
        tables, captions = shown.count("<table"), shown.count("<caption")
        assert tables >= 4 and captions >= tables - 1
        assert "<script" not in shown and not re.search(r'(src|href)="https?:', shown)


def test_a_cell_in_the_other_language_says_so(client: httpx.Client) -> None:
    chinese_only = client.get("/en/forecast", params={"as_of": DAY}).text
    assert '<span lang="zh-CN">' in chinese_only
    assert '<span lang="en">' in client.get("/zh/forecast", params={"as_of": DAY}).text
    assert re.search(r'<td lang="en">Information technology', client.get("/zh/adoption", params={"as_of": DAY}).text)
