"""The printable report: its figures are those of the answers, in both languages, on any day; it needs nothing from elsewhere."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx
import pytest

from conftest import Cli
from serving import serving

DAY = "2025-12-31"


class Seen(HTMLParser):
    """The texts of headings, paragraphs and figures, and the tables by their captions, as a reader sees them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tables: dict[str, list[list[str]]] = {}
        self.headings: list[str] = []
        self.text = ""
        self.figures: list[str] = []
        self.addresses: list[str] = []
        self.attributes: set[str] = set()
        self._rows: list[list[str]] = []
        self._open: list[str] = []
        self._caption = ""
        self._in_figure = self._hidden = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes |= {name for name, _ in attrs}
        self.addresses += [value or "" for name, value in attrs if name in ("href", "src", "action", "data", "srcset")]
        self._in_figure = self._in_figure or ("class", "figure") in attrs
        self._hidden = tag in ("style", "script")
        if tag == "table":
            self._rows, self._caption = [], ""
        elif tag == "tr":
            self._rows.append([])
        elif tag in ("td", "th"):
            self._rows[-1].append("")
        elif tag in ("h1", "h2"):
            self.headings.append("")
        if tag in ("caption", "td", "th", "h1", "h2"):
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        self._hidden = False
        if self._open and self._open[-1] == tag:
            self._open.pop()
        if tag == "span":
            self._in_figure = False
        if tag == "table":
            self.tables[self._caption.strip()] = [[cell.strip() for cell in row] for row in self._rows]

    def handle_data(self, data: str) -> None:
        if self._hidden:
            return
        self.text += data
        if self._in_figure and data.strip():
            self.figures.append(data.strip())
        match self._open[-1] if self._open else "":
            case "caption":
                self._caption += data
            case "td" | "th":
                self._rows[-1][-1] += data
            case "h1" | "h2":
                self.headings[-1] += data


@pytest.fixture(scope="module")
def client(store_folder: Path) -> Iterator[httpx.Client]:
    with serving(store_folder) as address, httpx.Client(base_url=address, timeout=60) as found:
        yield found


def page(cli: Cli, *options: str) -> Seen:
    done = cli("report", *options)
    assert done.code == 0, done.text
    return Seen(done.stdout)


def told(cli: Cli, *arguments: str) -> dict[str, Any]:
    done = cli(*arguments, "--format", "json")
    assert done.code == 0, done.text
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


@pytest.mark.parametrize("language", ["zh", "en"])
def test_figures_are_those_of_the_answers(language: str, cli: Cli) -> None:
    day = ("--as-of", DAY)
    seen = page(cli, "--lang", language, *day)
    counted = told(cli, "coverage", *day)
    assert seen.figures == [str(counted["counted"])] and counted["reached_on"] in seen.text
    assert (
        f"{counted['excluded']}" in seen.text
        and f"= {'候选' if language == 'zh' else 'candidates'} {counted['candidates']}" in seen.text
    )
    rows = seen.tables[f"draft-2024, {DAY}"][1:]
    parts = [part for row in counted["rows"] for part in (row, *row["halves"])]
    assert [row[1:4] for row in rows] == [[str(p[n]) for n in ("counted", "also", "in_force")] for p in parts]
    assert all(part[f"label_{language}"] in row[0] for part, row in zip(parts, rows, strict=True))
    readings = next(
        rows for caption, rows in seen.tables.items() if caption.endswith(DAY) and "guide-from-draft" in str(rows)
    )
    for rule in ("guide", "national", "calendar-2024", "narrow"):
        one = told(cli, "coverage", "--rule", rule, *day)
        row = next(row for row in readings if row[0].split()[-1] == rule)
        not_reached = "未达到" if language == "zh" else "not reached"
        assert row[1:] == [str(one["counted"]), one["reached_on"] or not_reached]
    assert str(counted["with_guidance"]) in [row[1] for row in readings if len(row) > 1]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_gaps_forecast_adoption_targets_and_matrix_are_those_of_the_answers(language: str, cli: Cli) -> None:
    day = ("--as-of", DAY)
    seen = page(cli, "--lang", language, *day)
    missing = told(cli, "gaps", *day)
    numbers = (missing["parts"], missing["total"]) if language == "zh" else (missing["total"], missing["parts"])
    said = "%d 个部分中 %d 个有缺口" if language == "zh" else "%d of %d parts are gaps"
    assert said % numbers in seen.text
    bare = next(
        rows for caption, rows in seen.tables.items() if caption.startswith(("没有现行", "Parts without a national"))
    )
    empty = [line for line in missing["items"] if line["state"] != "in-force"]
    assert [row[0] for row in bare[1:]] == [
        f"{line['notation']} {line[f'label_{language}']}" for line in empty
    ] and empty
    ahead = told(cli, "forecast", *day)["estimate"]
    if ahead["interval"] is None:
        assert ahead[f"why_none_{language}"] in seen.text
    else:
        assert f"{ahead['interval']['low']}–{ahead['interval']['high']}" in seen.text
    assert re.search(rf"(在研且会计入 {ahead['under_way']} 项|{ahead['under_way']} projects under way)", seen.text)
    adopted = told(cli, "adoption", *day)
    said = "%s 已发布成果 %d 项：已采用 %d，计划采用 %d" if language == "zh" else "deliverables of %s, %d"
    values = ("committee", "total", "adopted", "planned") if language == "zh" else ("committee", "adopted")
    assert said % tuple(adopted[name] for name in values) in seen.text
    grid = told(cli, "coverage", "--by", "part,layer", *day)
    drawn = next(rows for caption, rows in seen.tables.items() if caption.startswith(("每格", "In each cell")))
    assert [row[-2:] for row in drawn[1:]] == [[str(r["unclassified"]), str(r["unverified"])] for r in grid["rows"]]
    shown = [[re.sub(r"\D", "", cell) for cell in row[1:-2]] for row in drawn[1:]]
    assert shown == [[_figures(cell) for cell in row["cells"]] for row in grid["rows"]]
    for target in (one for one in told(cli, "targets", *day)["items"] if one["edition"] == "guide-2024"):
        rows = seen.tables[f"{target['id']}, guide-2024"][1:]
        assert [row[2] for row in rows[: len(target["ours"])]] == [str(ours["counted"]) for ours in target["ours"]]
        assert len(rows) == len(target["ours"]) + len(target["statements"])


def test_a_clause_that_is_waived_is_said_to_be(cli: Cli) -> None:
    said = page(cli, "--lang", "en", "--as-of", DAY).text
    assert "(not asked: confirmed by several sources or official)" in said


def test_every_record_that_counts_is_listed(cli: Cli) -> None:
    listed = json.loads(cli("coverage", "--list", "--as-of", DAY, "--format", "json").stdout)["items"]
    counting = [record["number"] for record in listed if record["verdict"] == "counts"]
    assert [row[0] for row in page(cli, "--as-of", DAY).tables[f"guide, draft-2024, {DAY}"][1:]] == counting
    assert len(counting) > 50


@pytest.mark.parametrize("language", ["zh", "en"])
def test_rule_edition_and_day_are_said_and_nothing_comes_from_elsewhere(language: str, cli: Cli) -> None:
    done = cli("report", "--lang", language, "--rule", "national", "--system", "guide-2024", "--as-of", DAY)
    seen = Seen(done.stdout)
    head = done.stdout.partition("<h1>")[2][:400]
    assert all(said in head for said in ("national v", "guide-2024", DAY))
    assert f'<html lang="{"zh-CN" if language == "zh" else "en"}">' in done.stdout
    assert len(seen.headings) == 8 and [h[:2] for h in seen.headings[1:]] == [f"{n}." for n in range(1, 8)]
    assert (
        seen.addresses == [] and "style" not in seen.attributes and not any(n.startswith("on") for n in seen.attributes)
    )
    assert not re.search(r"<script|@import|url\(", done.stdout)
    assert "" not in seen.tables, "a table without a caption"


def test_a_past_day_and_one_to_come(cli: Cli) -> None:
    past, future = (
        page(cli, "--as-of", "2024-07-31", "--lang", "en"),
        page(cli, "--as-of", "2030-01-01", "--lang", "en"),
    )
    assert past.figures == [str(told(cli, "coverage", "--as-of", "2024-07-31")["counted"])]
    assert "not reached, short by" in past.text and "lies in the future" not in past.text
    assert future.figures == [str(told(cli, "coverage", "--as-of", "2030-01-01")["counted"])]
    assert "lies in the future" in future.text and "lower bounds" in future.text


@pytest.mark.parametrize(("options", "says"), [
    (("--rule", "gide"), "Did you mean guide?"),
    (("--rule", "led"), "does not count standards"),
    (("--system", "guide-2042"), "Did you mean guide-2024?"),
    (("--as-of", "1900-01-01"), "the first day that can be asked"),
    (("--as-of", "2025-02-30"), "not a day"),
])  # fmt: skip
def test_wrong_use_is_refused_with_what_there_is(
    options: tuple[str, str], says: str, cli: Cli, client: httpx.Client
) -> None:
    done = cli("report", *options)
    assert done.code == 2 and says in done.stderr and not done.stdout
    asked = {options[0].removeprefix("--").replace("-", "_"): options[1]}
    answer = client.get("/en/report", params=asked)
    assert (
        answer.status_code == 400
        and says in answer.text
        and "style-src 'self'" in answer.headers["content-security-policy"]
    )


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_served_report_is_that_of_the_command_line(language: str, cli: Cli, client: httpx.Client) -> None:
    served = client.get(f"/{language}/report", params={"as_of": DAY, "rule": "guide", "system": "draft-2024"})
    assert served.status_code == 200 and served.headers["content-type"].startswith("text/html")
    shown = cli("report", "--lang", language, "--as-of", DAY).stdout
    assert re.sub(r'<p class="options">.*?</p>', "", served.text) == shown
    assert f'href="/{language}/"' in served.text and "Ctrl+P" in served.text
    policy = served.headers["content-security-policy"]
    [style] = re.findall(r"<style>(.*?)</style>", served.text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}';" in policy
    plain = client.get(f"/{language}/").headers["content-security-policy"]
    assert policy.replace(f"'sha256-{digest}'", "'self'") == plain
    assert f'href="/{language}/report?' in client.get(f"/{language}/").text


def _figures(cell: dict[str, Any]) -> str:
    """The digits of a cell: the records in its state, and all of them where there are more."""
    best = cell["by_state"].get(cell["state"], 0)
    return str(best or "") + (str(cell["records"]) if cell["records"] > best else "")
