"""The matrix and the gaps against a count of the CSV files that shares no code with the package."""

from __future__ import annotations

import csv
import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

import recount
from aistandards.counts import Counts
from aistandards.errors import UsageError
from aistandards.gaps import Survey, gaps
from aistandards.matrix import Grid
from aistandards.rules import pick
from aistandards.settings import today
from conftest import Cli
from madeup import store_of
from serving import serving
from smallset import FILES

TODAY = today()
DAYS = (TODAY, date(2026, 9, 16), date(2025, 6, 30), date(2019, 1, 1))
ORDER = [
    "in-force",
    "not-yet-in-force",
    "in-the-making",
    "only-guidance",
    "only-group-or-local",
    "only-international",
    "status-unknown",
]
AT_BEST = {
    "group": "only-group-or-local",
    "local": "only-group-or-local",
    "international": "only-international",
    "regional": "only-international",
}
STANDING = {"in-force": "in-force", "not-yet-in-force": "not-yet-in-force", "unknown": "status-unknown"}
# the draft's parts by the letter of the final edition
DRAFT = {"A": "A", "B": "B", "C": "C", "D": "D", "E": "E", "F": "E", "G": "F"}


def rows_of(folder: Path, pattern: str) -> Iterator[dict[str, str]]:
    for path in sorted(folder.glob(pattern)):
        with path.open(encoding="utf-8-sig", newline="") as stream:
            yield from csv.DictReader(stream)


def weakest(states: list[str]) -> str:
    return max(states, key=ORDER.index)


def covering(folder: Path, day: date, scope: str = "core") -> Iterator[tuple[dict[str, str], str]]:
    """Every record that covers something on a day, with its state."""
    wanted = ("core",) if scope == "core" else ("core", "related")
    status = recount.status_on(folder, day)
    for row in rows_of(folder, "standards-*.csv"):
        held = status[row["number"]]
        if row["scope"] in wanted and row["basis"] in ("official", "curated") and held in STANDING:
            best = [STANDING[held], *([AT_BEST[row["level"]]] if row["level"] in AT_BEST else [])]
            yield row, weakest([*best, *(["only-guidance"] if row["nature"] == "guidance" else [])])
    if day < TODAY:
        return
    resulted = {plan for row in rows_of(folder, "standards-*.csv") for plan in row["plan_number"].split(";") if plan}
    for row in rows_of(folder, "projects-*.csv"):
        open_ = row["stage"] not in ("published", "stopped") and not row["result_number"]
        if open_ and not (row["plan_number"] and row["plan_number"] in resulted):
            known = row["scope"] in wanted and row["basis"] in ("official", "curated")
            if known and row["level"] not in AT_BEST and row["nature"] != "guidance":
                yield row, "in-the-making"


def first(cell: str) -> str | None:
    return cell.split(";")[0] or None


def part(row: dict[str, str]) -> str | None:
    primary = first(row["part"])
    return DRAFT[primary[0]] if primary else None


def layer(row: dict[str, str]) -> str | None:
    return min(row["layer"].split(";")).split("/")[0] or None


@pytest.mark.parametrize("scope", ["core", "all"])
@pytest.mark.parametrize("day", DAYS, ids=str)
def test_every_cell_equals_a_count_of_the_files(counts: Counts, shipped: Path, day: date, scope: str) -> None:
    expected: dict[tuple[str | None, str | None], Counter[str]] = defaultdict(Counter)
    for row, state in covering(shipped, day, scope):
        expected[part(row), layer(row)][state] += 1
    answer = Grid(counts, counts.request(pick(counts.rules, "guide"), day, {"scope": scope}), "part,layer").answer()
    found = {
        (row["notation"], column["notation"]): Counter(cell["by_state"])
        for row in answer["rows"]
        for column, cell in zip(answer["columns"], row["cells"], strict=True)
        if cell["records"]
    }
    assert found == dict(expected)
    for row in answer["rows"]:
        for cell in row["cells"]:
            best = min(cell["by_state"], key=ORDER.index, default="nothing")
            assert (cell["state"], cell["records"]) == (best, sum(cell["by_state"].values()))


@pytest.mark.parametrize("by", ["part,layer", "subpart,level", "level,year", "element,committee", "layer,part"])
def test_a_matrix_adds_up_and_every_cell_leads_to_its_records(counts: Counts, by: str) -> None:
    rule = pick(counts.rules, "guide")
    grid = Grid(counts, counts.request(rule, TODAY), by)
    answer = grid.answer()
    assert sum(row["counted"] for row in answer["rows"]) == answer["counted"] > 0
    listed = Counter((r["row"], r["column"], r["state"]) for r in grid.records())
    cells = {
        (row["notation"], column["notation"], state): n
        for row in answer["rows"]
        for column, cell in zip(answer["columns"], row["cells"], strict=True)
        for state, n in cell["by_state"].items()
    }
    assert dict(listed) == cells
    for row in answer["rows"]:
        assert row["records"] == sum(cell["records"] for cell in row["cells"])
        assert row["counted"] == sum(cell["counted"] for cell in row["cells"])
    some = next(key for key in cells if key[0] and key[1])
    assert len(grid.records(some[0], some[1], some[2])) == cells[some]


def test_unclassified_and_unverified_stand_beside_the_cells(counts: Counts, shipped: Path) -> None:
    answer = Grid(counts, counts.request(pick(counts.rules, "guide"), TODAY), "part,level").answer()
    unclassified = [row for row in rows_of(shipped, "standards-*.csv") if row["basis"] not in ("official", "curated")]
    assert sum(row["unclassified"] for row in answer["rows"]) == len(unclassified) > 400
    confirmed = Grid(
        counts, counts.request(pick(counts.rules, "guide"), TODAY, {"evidence": "confirmed"}), "part,level"
    )
    sure = confirmed.answer()
    assert all(row["unverified"] == 0 for row in sure["rows"])
    for row, less in zip(answer["rows"], sure["rows"], strict=True):
        assert row["records"] - row["unverified"] == less["records"]


# ---------------------------------------------------------------- gaps


def inside(row: dict[str, str], notation: str) -> bool:
    return notation in row["part"].split(";")


@pytest.mark.parametrize("day", DAYS, ids=str)
def test_gaps_of_the_final_edition_equal_a_count_of_the_files(counts: Counts, shipped: Path, day: date) -> None:
    answer = gaps(counts, counts.request(pick(counts.rules, "guide"), day, system="guide-2024"))
    core = list(covering(shipped, day))
    everything = list(covering(shipped, day, "all"))
    leaves = set(counts.view("guide-2024").parts) - set(counts.view("guide-2024").broader.values())
    notations = {counts.view("guide-2024").notation(part) for part in leaves}
    assert answer["parts"] == len(notations)
    found = {line["notation"]: line for line in answer["items"]}
    for notation in notations:
        here = Counter(state for row, state in core if inside(row, notation))
        state = min(here, key=ORDER.index, default="nothing")
        related = sum(inside(row, notation) and s == "in-force" and row["scope"] == "related" for row, s in everything)
        recent = [
            row["number"]
            for row, s in core
            if s == "in-force" and inside(row, notation) and int(row["issued"][:4] or 9999) >= day.year - 5
        ]
        reasons = {"only-related"} if state == "nothing" and related else set() if state == "in-force" else {state}
        if state == "in-force" and not recent:
            reasons.add("only-old")
        if day >= TODAY and not here["in-the-making"]:
            reasons.add("no-project")
        line = found.pop(notation, None)
        assert (set(line["gaps"]) if line else set()) == reasons, notation
        if line:
            assert line["by_state"] == dict(here)
    assert not found


def test_gaps_are_ranked_and_the_lists_are_complete(counts: Counts) -> None:
    answer = gaps(counts, counts.request(pick(counts.rules, "guide"), TODAY, system="guide-2024"))
    rank = {reason["gap"]: at for at, reason in enumerate(answer["reasons"])}
    order = [(min(rank[g] for g in line["gaps"]), line["records"]) for line in answer["items"]]
    assert order == sorted(order) and len({r for r, _ in order}) > 3
    lists = {one["list"]: one["lines"] for one in answer["lists"]}
    assert [line["notation"] for line in lists["key-technologies"]] == [f"C{letter}" for letter in "ABCDEFGHIJKL"]
    elements = {line["notation"]: line["records"] for line in lists["chain"]}
    assert {key for key in elements if "/" not in key} == {"foundation", "framework", "model", "application"}
    for name, number in elements.items():
        if "/" not in name:
            assert number >= sum(n for key, n in elements.items() if key.startswith(f"{name}/"))


def test_the_saved_query_of_empty_parts_and_the_gaps_agree(counts: Counts) -> None:
    day = date(2026, 9, 16)
    answer = gaps(counts, counts.request(pick(counts.rules, "guide"), day, system="guide-2024"))
    query = counts.library.get("empty-parts").run(counts.store, {"day": str(day)})
    empty = {row["notation"].value for row in query}
    by_gap = {line["notation"] for line in answer["items"] if line["state"] != "in-force"}
    guidance = {line["notation"] for line in answer["items"] if line["by_state"].get("only-guidance")}
    assert by_gap - guidance <= empty <= by_gap  # the query takes a guidance document in force for coverage


KINDS = {
    "formal": "in-force",
    "guidance": "only-guidance",
    "group_local": "only-group-or-local",
    "international": "only-international",
}


@pytest.mark.parametrize("day", DAYS, ids=str)
def test_the_saved_queries_of_coverage_and_the_gaps_agree(counts: Counts, day: date) -> None:
    """Standards are the same numbers; of projects the gaps take the core and formal ones, the queries every one."""
    survey = Survey(counts, counts.request(pick(counts.rules, "guide"), day, system="guide-2024"))
    (technologies,) = (one["lines"] for one in survey.collections() if one["list"] == "key-technologies")
    for name, lines in (
        ("state-of-parts", survey.parts()),
        ("key-technologies", technologies),
        ("chain-elements", survey.chain()["lines"]),
    ):
        rows = {row["notation"].value: row for row in counts.library.get(name).run(counts.store, {"day": str(day)})}
        assert lines and {line["notation"] for line in lines} <= set(rows)
        for line in lines:
            row = {column: term.value for column, term in rows[line["notation"]].items()}
            asked = {column: int(row[column]) for column in KINDS}
            assert asked == {column: line["by_state"].get(state, 0) for column, state in KINDS.items()}, row
            assert int(row["projects"]) >= line["by_state"].get("in-the-making", 0), row
    empty = {row["notation"].value for row in counts.library.get("empty-parts").run(counts.store, {"day": str(day)})}
    assert empty == {
        line["notation"] for line in survey.parts() if not {"in-force", "only-guidance"} & set(line["by_state"])
    }


def test_a_part_without_any_project_is_one_without_a_core_project(counts: Counts) -> None:
    survey = Survey(counts, counts.request(pick(counts.rules, "guide"), TODAY, system="guide-2024"))
    gap = {line["notation"] for line in survey.parts() if "no-project" in line["gaps"]}
    none = {row["notation"].value for row in counts.library.get("parts-without-project").run(counts.store)}
    assert none and none < gap  # the query takes projects of every level and scope


def test_a_past_day_does_not_say_what_was_in_the_making(counts: Counts) -> None:
    answer = gaps(counts, counts.request(pick(counts.rules, "guide"), TODAY - timedelta(days=1), system="guide-2024"))
    assert answer["by_gap"]["no-project"] == 0
    assert all("in-the-making" not in line["by_state"] for line in answer["items"])


def test_gaps_named_by_experts_stand_apart(tmp_path: Path, shipped: Path) -> None:
    own = {
        "part": "CC;GB",
        "statement_zh": "缺少大模型评测的统一指标",
        "statement_en": "no common measures for evaluating large models",
        "named_by": "a made-up institute",
        "named_on": "2026-05-01",
        "source": "https://example.org/report",
    }
    counts = Counts(store_of(tmp_path / "data", {**FILES, "expert-gapsmade-up.csv": [own]}))
    with_expert = gaps(counts, counts.request(pick(counts.rules, "guide"), TODAY, system="guide-2024"))
    plain = Counts(store_of(tmp_path / "plain", FILES))
    without = gaps(plain, plain.request(pick(plain.rules, "guide"), TODAY, system="guide-2024"))
    assert without["expert"] == []
    (named,) = with_expert["expert"]
    assert named == {**{k: v for k, v in own.items() if k != "part"}, "parts": ["CC", "GB"], "note": None}
    assert with_expert["items"] == without["items"]


# ---------------------------------------------------------------- command line and service


def test_command_line(cli: Cli) -> None:
    done = cli("coverage", "--by", "part,layer", "--lang", "zh")
    assert done.code == 0 and "● 现行" in done.stdout and "未分类" in done.stdout
    table = list(csv.DictReader(cli("coverage", "--by", "part,layer", "--format", "csv").stdout.splitlines()))
    assert [row["notation"] for row in table] == ["A", "B", "C", "D", "E", "F", ""]
    found = json.loads(cli("gaps", "--format", "json", "--as-of", "2026-09-16").stdout)
    assert found["as_of"] == "2026-09-16" and found["items"]
    assert "缺口" in cli("gaps", "--lang", "zh").stdout


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("coverage", "--by", "part,leyer"), "layer"),
        (("coverage", "--by", "part,part"), "two different axes"),
        (("coverage", "--by", "part,layer,level"), "two different axes"),
        (("coverage", "--by", "part,layer", "--as-of", "1970-01-01"), "first day that can be asked"),
        (("gaps", "--system", "guide-2042"), "guide-2024"),
        (("gaps", "--rule", "gide"), "guide"),
        (("gaps", "--as-of", "yesterday"), "YYYY-MM-DD"),
        (("gaps", "--switch", "scope"), "NAME=VALUE"),
    ],
)
def test_wrong_words_are_named_with_what_there_is(cli: Cli, arguments: tuple[str, ...], named: str) -> None:
    done = cli(*arguments)
    assert done.code == 2 and named in done.stderr and not done.stdout


def test_an_unknown_row_column_or_state_is_refused(counts: Counts) -> None:
    grid = Grid(counts, counts.request(pick(counts.rules, "guide"), TODAY), "part,layer")
    for asked in ({"row": "Q"}, {"column": "basement"}, {"state": "in-farce"}):
        with pytest.raises(UsageError):
            grid.records(**asked)


@pytest.fixture(scope="module")
def address(store_folder: Path) -> Iterator[str]:
    with serving(store_folder) as address:
        yield address


def test_service(address: str, counts: Counts) -> None:
    asked = httpx.get(f"{address}/api/v1/coverage/matrix", params={"by": "part,level", "as_of": "2026-09-16"}).json()
    request = counts.request(pick(counts.rules, "guide"), date(2026, 9, 16))
    assert asked["rows"] == Grid(counts, request, "part,level").answer()["rows"]
    cell = {"by": "part,level", "row": "C", "column": "national", "as_of": "2026-09-16"}
    records: dict[str, Any] = httpx.get(f"{address}/api/v1/coverage/matrix/records", params=cell).json()
    row = next(row for row in asked["rows"] if row["notation"] == "C")
    at = [column["notation"] for column in asked["columns"]].index("national")
    assert records["total"] == row["cells"][at]["records"] > 50
    none = httpx.get(f"{address}/api/v1/coverage/matrix/records", params={"row": "", "by": "part,layer"}).json()
    assert none["total"] == 0
    found = httpx.get(f"{address}/api/v1/gaps").json()
    assert found["system"] == "guide-2024" and found["items"][0]["rank"] == 1
    for path in ("coverage/matrix?by=part", "coverage/matrix/records?row=Q", "gaps?system=x", "gaps?as_of=1960-01-01"):
        answer = httpx.get(f"{address}/api/v1/{path}")
        assert answer.status_code == 400 and answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_pages(address: str, language: str) -> None:
    page = httpx.get(f"{address}/{language}/matrix", params={"by": "subpart,level"}).text
    assert ("覆盖矩阵" if language == "zh" else "Coverage matrix") in page and f"/{language}/matrix/records?" in page
    link = page.split(f'href="/{language}/matrix/records?', 1)[1].split('"')[0].replace("&amp;", "&")
    behind = httpx.get(f"{address}/{language}/matrix/records?{link}")
    assert behind.status_code == 200 and f'href="/{language}/' in behind.text.split("<tbody>")[1]
    missing = httpx.get(f"{address}/{language}/gaps").text
    assert ("还缺什么" if language == "zh" else "What is missing") in missing
    assert httpx.get(f"{address}/{language}/gaps?system=nope").status_code == 400
