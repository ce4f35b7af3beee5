"""The package's counts beside an independent recount of the same files: every rule, switch and day."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from itertools import product
from pathlib import Path
from typing import Any

import httpx
import pytest

import madeup
import recount
from aistandards.counts import BY, Counts, Request
from aistandards.coverage import coverage, records
from aistandards.errors import UsageError
from aistandards.namespaces import key_of
from aistandards.rules import pick
from conftest import Cli
from serving import serving

TODAY = date(2026, 11, 24)
DAYS = [
    date.fromisoformat(day)
    for day in ["2026-11-24", "2026-09-16", "2025-12-31", "2025-09-09", "2025-06-30", "2024-12-31", "2024-07-01"]
]
SWITCHES = [
    {"scope": scope, "guidance": guidance, "evidence": evidence}
    for scope, guidance, evidence in product(("core", "all"), ("no", "yes"), ("any", "confirmed"))
]
# counted, excluded, undecided, candidates, reached_on: written down by hand from a build of 2026-11-24
GOLDEN = {
    ("guide", "2024-12-31"): (22, 223, 1, 246, None),
    ("guide", "2025-09-09"): (58, 252, 1, 311, "2025-08-19"),
    ("guide", "2025-12-31"): (79, 257, 2, 338, "2025-08-19"),
    ("national", "2025-12-31"): (45, 293, 0, 338, None),
    ("calendar-2024", "2025-12-31"): (84, 253, 1, 338, "2025-07-02"),
    ("narrow", "2025-12-31"): (30, 308, 0, 338, None),
    ("stock", "2024-12-31"): (68, 178, 0, 246, "2023-03-17"),
    ("narrow-stock", "2025-09-09"): (30, 281, 0, 311, None),
    ("took-part", "2025-12-31"): (5, 10, 0, 15, None),
}


@pytest.fixture(autouse=True)
def same_today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aistandards.coverage.today", lambda: TODAY)


@pytest.fixture(scope="module", params=[1, 2, 3])
def drawn(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Counts]]:
    """A folder of records drawn by chance, and counts over it."""
    folder = madeup.write(tmp_path_factory.mktemp("drawn"), madeup.by_chance(request.param))
    yield folder, Counts(madeup.compile_folder(folder).quads)


def slim(row: dict[str, Any]) -> dict[str, Any]:
    """A row of either side with what both give."""
    kept = {name: row[name] for name in ("notation", "counted", "also", "in_force", "projects")}
    return {**kept, "halves": [slim({**half, "halves": []}) for half in row["halves"]]}


def differences(folder: Path, counts: Counts, request: Request) -> dict[str, Any]:
    """What the recount (first) and the package (second) give differently."""
    name, switches = request.rule.name, dict(request.switches)
    asked = {switch: switches[switch] for switch in ("scope", "guidance", "evidence")}
    theirs = recount.recount(folder, name, request.as_of, series=request.series, today=TODAY, **asked)
    ours = coverage(counts, request)
    ours["numbers"] = sorted(c.get("number") or "" for c in counts.tally(request).counted)
    for answer in (theirs, ours):
        answer["rows"] = [slim(row) for row in answer["rows"]]
    if not recount.RULES[name].novelty:  # the package says that novelty was not asked, the recount says 0
        assert ours["shown_new"] is None and ours["none_on_record"] is None
        ours["shown_new"] = ours["none_on_record"] = 0
    return {key: (theirs[key], ours[key]) for key in theirs if theirs[key] != ours[key]}


@pytest.mark.parametrize("rule", recount.RULES)
def test_every_switch_and_day_equals_the_recount(rule: str, shipped: Path, counts: Counts) -> None:
    for day, switches, series in product(DAYS, SWITCHES, ("each", "once")):
        request = counts.request(pick(counts.rules, rule), day, switches, series=series)
        assert differences(shipped, counts, request) == {}, (day, switches, series)


@pytest.mark.parametrize("day", [*DAYS, date(2015, 1, 1), date(2027, 6, 1)], ids=str)
def test_every_status_equals_the_recount(day: date, shipped: Path, counts: Counts) -> None:
    assert statuses(counts, day) == recount.status_on(shipped, day)


def statuses(counts: Counts, day: date) -> dict[str, str]:
    rows = list(counts.library.get("status-on-day").run(counts.store, {"day": str(day)}))
    found = {row["number"].value: key_of(row["status"].value) for row in rows}
    assert len(found) == len(rows)
    return found


@pytest.mark.parametrize("rule", recount.RULES)
def test_records_drawn_by_chance_equal_the_recount(rule: str, drawn: tuple[Path, Counts]) -> None:
    folder, counts = drawn
    asked = [SWITCHES[0], {"scope": "all", "guidance": "yes", "evidence": "any"}, SWITCHES[1]]
    for day, switches, series in product([date(2027, 12, 1), *DAYS], asked, ("each", "once")):
        request = counts.request(pick(counts.rules, rule), day, switches, series=series)
        assert differences(folder, counts, request) == {}, (day, switches, series)


def test_statuses_and_verdicts_drawn_by_chance_equal_the_recount(drawn: tuple[Path, Counts]) -> None:
    folder, counts = drawn
    ask = recount.Ask(recount.RULES["guide"], "core", "no", "each", "any")
    data = recount.load(folder)
    rule = pick(counts.rules, "guide")
    for day in [date(2027, 12, 1), date(2026, 6, 30), *DAYS, date(2023, 6, 1)]:
        assert statuses(counts, day) == recount.status_on(folder, day), day
        ours = {
            record["number"]: ":".join(filter(None, [record["verdict"], record["reason"]]))
            for record in records(counts, counts.request(rule, day))
        }
        theirs = {
            number: recount._verdict(record, ask, day)
            for number, record in data.records.items()
            if record.level in recount.CHINESE and record.issued[0] <= day
        }
        assert ours == theirs, day


def test_records_drawn_by_chance_have_every_verdict_reason_and_status(drawn: tuple[Path, Counts]) -> None:
    """Else the comparison above would say little."""
    _, counts = drawn
    days = [date(2027, 12, 1), date(2026, 6, 30), date(2024, 12, 31)]
    asked = [counts.request(pick(counts.rules, rule), day) for rule, day in product(("narrow", "guide"), days)]
    seen = {(record["verdict"], record["reason"]) for request in asked for record in records(counts, request)}
    excluded = [
        "wrong-level",
        "out-of-scope",
        "unclassified",
        "guidance",
        "title",
        "revision",
        "too-early",
        "too-late",
        "withdrawn",
    ]
    undecided = ["scope-undecided", "title-undecided", "novelty-undecided", "date-undecided"]
    assert {("excluded", reason) for reason in excluded} <= seen
    assert {("undecided", reason) for reason in undecided} <= seen
    found = {status for day in days for status in statuses(counts, day).values()}
    assert found == {"not-issued", "not-yet-in-force", "in-force", "superseded", "withdrawn", "unknown"}


@pytest.mark.parametrize("by", BY)
@pytest.mark.parametrize("system", ["draft-2024", "guide-2024", "guide-2020"])
def test_every_table_adds_up(by: str, system: str, counts: Counts) -> None:
    rules = [pick(counts.rules, name) for name in ("guide", "stock", "took-part")]
    for rule, day, series in product(rules, (DAYS[0], DAYS[2]), ("each", "once")):
        answer = coverage(counts, counts.request(rule, day, series=series, system=system, by=by))
        total = sum(answer[name] for name in ("counted", "folded", "excluded", "undecided"))
        assert total == answer["candidates"] > 0
        assert sum(row["counted"] for row in answer["rows"]) == answer["counted"], (rule.name, day, series)
        assert sum(answer["reasons"].values()) == answer["excluded"] + answer["undecided"]
        assert sum(answer["by_verification"].values()) == answer["counted"] or rule.name in ("took-part", "led")
        assert answer["rows"][-1]["notation"] is None
        for row in answer["rows"]:
            if row["halves"]:
                for name in ("counted", "in_force"):
                    assert sum(half[name] for half in row["halves"]) == row[name]


def test_the_draft_has_six_rows_and_its_applications_two_halves(counts: Counts) -> None:
    rows = coverage(counts, counts.request(pick(counts.rules, "guide"), DAYS[0]))["rows"]
    assert [row["notation"] for row in rows] == ["A", "B", "C", "D", "E", "F", None]
    assert [[half["notation"] for half in row["halves"]] for row in rows] == [[], [], [], [], ["E", "F"], [], []]
    assert {half["system"] for row in rows for half in row["halves"]} == {"guide-2024"}
    final = coverage(counts, counts.request(pick(counts.rules, "guide"), DAYS[0], system="guide-2024"))["rows"]
    halves = rows[4]["halves"]
    assert [half["counted"] for half in halves] == [row["counted"] for row in final if row["notation"] in ("E", "F")]


@pytest.mark.parametrize(("rule", "day"), GOLDEN)
def test_past_counts_stay_as_they_were(rule: str, day: str, counts: Counts) -> None:
    """A change of records or rules that moves a past number is seen here and has to be meant."""
    answer = coverage(counts, counts.request(pick(counts.rules, rule), date.fromisoformat(day)))
    found = tuple(answer[name] for name in ("counted", "excluded", "undecided", "candidates", "reached_on"))
    assert found == GOLDEN[rule, day]


def test_projects_are_what_is_known_today(counts: Counts, monkeypatch: pytest.MonkeyPatch) -> None:
    request = counts.request(pick(counts.rules, "guide"), TODAY)
    assert sum(row["projects"] for row in coverage(counts, request)["rows"]) > 0
    monkeypatch.setattr("aistandards.coverage.today", lambda: date(2026, 11, 25))
    assert {row["projects"] for row in coverage(counts, request)["rows"]} == {None}


def test_a_count_after_the_register_copies_is_a_lower_bound(counts: Counts) -> None:
    rule = pick(counts.rules, "guide")
    until = counts.data_until(rule)
    assert until is not None
    assert coverage(counts, counts.request(rule, until))["lower_bound"] is False
    late = coverage(counts, counts.request(rule, date.fromordinal(until.toordinal() + 1)))
    assert late["lower_bound"] is True and late["data_until"] == str(until)


def test_a_day_before_the_first_record_is_refused_with_the_first_day(counts: Counts) -> None:
    first = counts.first_day
    request = counts.request(pick(counts.rules, "guide"), date.fromordinal(first.toordinal() - 1))
    with pytest.raises(UsageError, match=str(first)):
        coverage(counts, request)
    assert coverage(counts, counts.request(pick(counts.rules, "guide"), first))["candidates"] > 0


@pytest.mark.parametrize("rule", [*recount.RULES, "took-part", "led"])
def test_the_saved_queries_equal_the_count(rule: str, counts: Counts) -> None:
    """Plain SPARQL over the stored verdicts gives what the package gives."""
    for day in DAYS:
        given = {"rule": rule, "day": str(day)}
        answer = coverage(counts, counts.request(pick(counts.rules, rule), day))
        rows = [
            {name: term.value for name, term in row.items()}
            for row in counts.library.get("coverage-by-part").run(counts.store, given)
        ]
        assert {row.get("notation"): int(row["counted"]) for row in rows if int(row["counted"])} == {
            row["notation"]: row["counted"] for row in answer["rows"] if row["counted"]
        }
        view = counts.view("draft-2024")
        labels = {view.notation(part): view.label(part).zh for part in view.tops()}
        assert {row["notation"]: row["label_zh"] for row in rows if "notation" in row} == labels
        assert [row.get("notation") for row in rows] == [None, "A", "B", "C", "D", "E", "F"]
        (total,) = counts.library.get("coverage-total").run(counts.store, given)
        for name in ("counted", "excluded", "undecided", "candidates"):
            assert int(total[name].value) == answer[name], (day, name)


def test_command_line_saved_query_and_service_agree(cli: Cli, counts: Counts, store_folder: Path) -> None:
    day = "2025-12-31"
    parts = json.loads(
        cli("query", "coverage-by-part", "--param", f"day={day}", "--param", "rule=national", "--format", "json").stdout
    )["items"]
    answer = json.loads(cli("coverage", "--rule", "national", "--as-of", day, "--format", "json").stdout)
    by_part = {row["notation"]: row["counted"] for row in answer["rows"]}
    assert sum(by_part.values()) == answer["counted"] == GOLDEN["national", day][0]
    assert {row.get("notation"): int(row["counted"]) for row in parts} == by_part
    with serving(store_folder) as address, httpx.Client(base_url=address, timeout=30) as client:
        served = client.get("/api/v1/queries/coverage-by-part", params={"day": day, "rule": "national"}).json()["items"]
        assert {row["notation"]: int(row["counted"]) for row in served} == by_part
        over_http = client.get("/api/v1/coverage", params={"rule": "national", "as_of": day}).json()
        assert [slim(row) for row in over_http["rows"]] == [slim(row) for row in answer["rows"]]
