"""Changes between two days: beside an independent recount, and how they add up whatever the days are."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import madeup
import recount
from aistandards.changes import Reading, changes, filter_of, flat_rows
from aistandards.counts import Counts
from aistandards.errors import UsageError
from aistandards.rules import pick
from conftest import Cli
from madeup import standard
from serving import serving

KINDS = ("issued", "in-force", "superseded", "withdrawn")
LISTS = ("issued", "in_force", "superseded", "withdrawn")
PAIRS = [
    (date(2024, 7, 1), date(2024, 12, 31)),
    (date(2024, 12, 31), date(2025, 12, 31)),
    (date(2025, 8, 30), date(2025, 9, 15)),
    (date(2025, 12, 31), date(2026, 11, 24)),
    (date(2023, 1, 1), date(2027, 6, 1)),
]
Event = tuple[str, str, date | None, date | None]


@pytest.fixture(scope="module", params=[4, 5])
def drawn(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Counts]]:
    """A folder of records drawn by chance, and counts over it."""
    folder = madeup.write(tmp_path_factory.mktemp("drawn"), madeup.by_chance(request.param))
    yield folder, Counts(madeup.compile_folder(folder).quads)


def days_of(record: recount.Record) -> list[date]:
    """Every day on which the status of a record can change, and the day after."""
    spans = [record.issued, record.implemented, record.withdrawn, *record.succeeded]
    days = {day for span in spans if span for day in span} | ({record.fact_day} if record.fact_day else set())
    inside = {day for day in days if date.min < day < date.max}
    return [date.min, *sorted(inside | {day + timedelta(days=1) for day in inside})]


def recounted_events(folder: Path) -> Iterator[Event]:
    """Every event as the recount's statuses show it: where the word changes, over stretches where none is known."""
    for number, record in recount.load(folder).records.items():
        if record.issued != (date.min, date.max):
            first, last = record.issued
            yield "issued", number, first if first > date.min else None, last if last < date.max else None
        said = [(day, recount._status(record, day)) for day in days_of(record)]
        word, unsure = said[0][1], None
        for day, status in said[1:]:
            if status == "unknown":
                unsure = unsure or day
            elif status != word and status in KINDS:
                yield status, number, None if word == "unknown" else unsure or day, day
            word, unsure = (word, unsure) if status == "unknown" else (status, None)
        if unsure and word not in ("superseded", "withdrawn", "unknown"):
            ends = "superseded" if record.has_successor else "withdrawn"
            yield ends if word == "in-force" else "in-force", number, unsure, None


def expected(folder: Path, first: date, last: date) -> tuple[set[Event], set[Event]]:
    """The events between two days, and those of which that cannot be told."""
    sure, unsure = set(), set()
    for event in recounted_events(folder):
        earliest, latest = event[2] or date.min, event[3] or date.max
        if first < earliest and latest <= last:
            sure.add(event)
        elif latest > first and earliest <= last:
            unsure.add(event)
    return sure, unsure


def event_of(entry: dict[str, Any]) -> Event:
    ends = (date.fromisoformat(entry[name]) if entry[name] else None for name in ("earliest", "latest"))
    return (entry["event"], entry["number"], *ends)


Read = dict[str, str]
PLAIN: Read = {"scope": "core", "guidance": "no", "series": "each", "evidence": "any"}


def compare_with_recount(folder: Path, counts: Counts, first: date, last: date, read: Read = PLAIN) -> None:
    reading = Reading({name: value for name, value in read.items() if name != "series"}, read["series"])
    answer = changes(counts, first, last, [pick(counts.rules, name) for name in recount.RULES], reading=reading)
    assert {name: answer[name] for name in read} == read
    sure, unsure = expected(folder, first, last)
    listed = [entry for name in LISTS for entry in answer[name]]
    assert Counter(map(event_of, listed)) == Counter(sure)
    assert Counter(map(event_of, answer["undecided"])) == Counter(unsure)
    data = recount.load(folder)
    for moved in answer["counts"]:
        ask = recount.Ask(recount.RULES[moved["rule"]], read["scope"], read["guidance"], "each", read["evidence"])
        if read["series"] == "once":
            whole = [recount._once(recount._counted(data, ask, day), "once") for day in (first, last)]
            first_ones = [{record.number for record in found} for found in whole]
            assert (moved["before"], moved["after"]) == tuple(map(len, first_ones))
            assert {entry["number"] for entry in moved["gained"]} == first_ones[1] - first_ones[0]
            assert {entry["number"] for entry in moved["lost"]} == first_ones[0] - first_ones[1]
            for entry in moved["gained"] + moved["lost"]:
                assert (entry["verdict_after"] == "counts") == (entry in moved["gained"])
            continue
        for prefix, verdict in (("", "counts"), ("undecided_", "undecided")):
            was, now = (
                {
                    number
                    for number, record in data.records.items()
                    if record.level in recount.CHINESE
                    and record.issued[0] <= day
                    and recount._verdict(record, ask, day).split(":")[0] == verdict
                }
                for day in (first, last)
            )
            assert (moved[f"{prefix}before"], moved[f"{prefix}after"]) == (len(was), len(now))
            assert {entry["number"] for entry in moved[f"{prefix}gained"]} == now - was
            assert {entry["number"] for entry in moved[f"{prefix}lost"]} == was - now
            for entry in moved[f"{prefix}gained"] + moved[f"{prefix}lost"]:
                record = data.records[entry["number"]]
                for side, day in (("before", first), ("after", last)):
                    said = recount._verdict(record, ask, day) if record.issued[0] <= day else "excluded:not-issued"
                    assert said.split(":") == [v for v in (entry[f"verdict_{side}"], entry[f"reason_{side}"]) if v]


@pytest.mark.parametrize(("first", "last"), PAIRS, ids=str)
def test_changes_equal_the_recount(first: date, last: date, shipped: Path, counts: Counts) -> None:
    compare_with_recount(shipped, counts, first, last)


@pytest.mark.parametrize("read", [
    {**PLAIN, "scope": "all"}, {**PLAIN, "guidance": "yes"}, {**PLAIN, "evidence": "confirmed"},
    {**PLAIN, "series": "once"}, {"scope": "all", "guidance": "yes", "series": "once", "evidence": "any"},
], ids=str)  # fmt: skip
def test_changes_under_other_switches_equal_the_recount(
    read: Read, shipped: Path, counts: Counts, drawn: tuple[Path, Counts]
) -> None:
    compare_with_recount(shipped, counts, *PAIRS[1], read)
    compare_with_recount(*drawn, *PAIRS[1], read)


@pytest.mark.parametrize(("first", "last"), PAIRS[1:], ids=str)
def test_changes_of_records_drawn_by_chance_equal_the_recount(
    first: date, last: date, drawn: tuple[Path, Counts]
) -> None:
    compare_with_recount(*drawn, first, last)


def test_records_drawn_by_chance_have_events_of_every_kind(drawn: tuple[Path, Counts]) -> None:
    """Else the comparison above would say little."""
    answer = changes(drawn[1], *PAIRS[-1], drawn[1].rules)
    assert all(answer[name] for name in (*LISTS, "undecided"))
    assert {entry["event"] for entry in answer["undecided"]} == set(KINDS)
    moved = [one for pair in PAIRS for one in changes(drawn[1], *pair, drawn[1].rules)["counts"]]
    assert all(any(one[name] for one in moved) for name in ("gained", "undecided_gained", "undecided_lost"))


DAYS = st.dates(date(2022, 1, 1), date(2027, 12, 31))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(days=st.tuples(DAYS, DAYS, DAYS).map(sorted))
def test_changes_over_two_stretches_compose(days: list[date], counts: Counts) -> None:
    first, middle, last = days
    whole, one, two = (
        changes(counts, *pair, counts.rules) for pair in ((first, last), (first, middle), (middle, last))
    )
    for name in LISTS:
        pieces = Counter(map(event_of, one[name] + two[name]))
        exact = Counter(event_of(entry) for entry in whole[name] if entry["day"])
        assert exact == Counter(event_of(entry) for entry in one[name] + two[name] if entry["day"])
        assert pieces <= Counter(map(event_of, whole[name]))  # a span may lie across the middle
    for all_of, early, late in zip(whole["counts"], one["counts"], two["counts"], strict=True):
        for prefix in ("", "undecided_"):
            assert early[f"{prefix}after"] == late[f"{prefix}before"]
            assert (
                all_of[f"{prefix}before"] + len(all_of[f"{prefix}gained"]) - len(all_of[f"{prefix}lost"])
                == (all_of[f"{prefix}after"])
            )
            net = Counter(dict.fromkeys((e["slug"] for e in early[f"{prefix}gained"]), 1))
            net.update(e["slug"] for e in late[f"{prefix}gained"])
            net.subtract(e["slug"] for e in early[f"{prefix}lost"] + late[f"{prefix}lost"])
            assert {slug for slug, times in net.items() if times > 0} == {e["slug"] for e in all_of[f"{prefix}gained"]}
            assert {slug for slug, times in net.items() if times < 0} == {e["slug"] for e in all_of[f"{prefix}lost"]}


# ---------------------------------------------------------------- one small case, by hand


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Counts:
    rows = [
        standard("GB/T 91001-2024", issued="2024-08-01", implemented="2025-02-01", withdrawn="2025-06-01"),
        standard("GB/T 91002-2020", issued="2020-03-01", implemented="2020-10-01"),
        standard("GB/T 91003-2025", issued="2025-03-01", implemented="2025-10-01", replaces="GB/T 91002-2020"),
        standard("GB/T 91004-2025", issued="2025-04", implemented="2025-11-01", part="GA;CA"),
        standard("GB/T 91005-2025", issued="2025-05-05", implemented="2025", replaces_partly="GB/T 91001-2024"),
    ]
    return Counts(madeup.store_of(tmp_path_factory.mktemp("small"), {"standards-made-up.csv": rows}))


def test_a_small_case_is_told_record_by_record(small: Counts) -> None:
    answer = changes(small, date(2025, 1, 1), date(2025, 10, 1), [pick(small.rules, "guide")])
    told = {name: [(entry["number"], entry["day"]) for entry in answer[name]] for name in LISTS}
    assert told == {
        "issued": [("GB/T 91003-2025", "2025-03-01"), ("GB/T 91004-2025", None), ("GB/T 91005-2025", "2025-05-05")],
        "in_force": [("GB/T 91001-2024", "2025-02-01"), ("GB/T 91003-2025", "2025-10-01")],
        "superseded": [("GB/T 91002-2020", "2025-10-01")],
        "withdrawn": [("GB/T 91001-2024", "2025-06-01")],
    }
    assert answer["superseded"][0]["replaced_by"] == ["GB/T 91003-2025"]
    assert answer["issued"][0]["replaces"] == ["GB/T 91002-2020"]
    assert answer["issued"][2]["replaces_partly"] == ["GB/T 91001-2024"]
    assert (answer["issued"][1]["earliest"], answer["issued"][1]["latest"]) == ("2025-04-01", "2025-04-30")
    assert answer["issued"][1]["parts"] == ["GA", "CA"] and answer["issued"][1]["source"] == "made up"
    (open_event,) = answer["undecided"]
    assert (open_event["number"], open_event["event"]) == ("GB/T 91005-2025", "in-force")
    (guide,) = answer["counts"]
    moves = {name: [entry["number"] for entry in guide[name]] for name in ("gained", "lost")}
    assert moves == {"gained": ["GB/T 91004-2025", "GB/T 91005-2025"], "lost": ["GB/T 91001-2024"]}
    assert (guide["before"], guide["after"]) == (1, 2)
    assert guide["lost"][0]["reason_after"] == "withdrawn" and guide["lost"][0]["day"] == "2025-06-01"
    assert guide["gained"][0]["reason_before"] == "not-issued"


def test_a_part_lists_all_and_counts_by_the_primary_part(small: Counts) -> None:
    asked = date(2025, 1, 1), date(2025, 10, 1), [pick(small.rules, "guide")]
    secondary = changes(small, *asked, filter_of(small, "CA"))
    assert "GB/T 91004-2025" in [entry["number"] for entry in secondary["issued"]]
    assert "GB/T 91004-2025" not in [entry["number"] for entry in secondary["counts"][0]["gained"]]
    primary = changes(small, *asked, filter_of(small, "G"))
    assert [entry["number"] for entry in primary["issued"]] == ["GB/T 91004-2025"]
    assert [entry["number"] for entry in primary["counts"][0]["gained"]] == ["GB/T 91004-2025"]


def test_the_counts_of_a_part_are_those_of_the_coverage_row(counts: Counts) -> None:
    from aistandards.coverage import coverage

    first, last = date(2024, 12, 31), date(2025, 12, 31)
    rule = pick(counts.rules, "guide")
    rows = [
        {row["notation"]: row["counted"] for row in coverage(counts, request)["rows"]}
        for request in (counts.request(rule, day, system="guide-2024") for day in (first, last))
    ]
    for part in ("A", "B", "C", "D", "E", "F", "G"):
        (moved,) = changes(counts, first, last, [rule], filter_of(counts, part))["counts"]
        assert (moved["before"], moved["after"]) == (rows[0][part], rows[1][part]), part


def test_a_committee_takes_in_those_under_it(counts: Counts, shipped: Path) -> None:
    first, last = date(2024, 12, 31), date(2025, 12, 31)
    answer = changes(counts, first, last, counts.rules, filter_of(counts, committee="SAC/TC28/SC42"))
    rows = recount._read(shipped / "standards-national.csv")
    own = {row["number"] for row in rows if "SAC/TC28/SC42" in row["committee"].split(";")}
    days = {row["number"]: row["issued"] for row in rows}
    wanted = {number for number in own if len(days[number]) == 10 and str(first) < days[number] <= str(last)}
    assert {entry["number"] for entry in answer["issued"]} == wanted != set()
    above = changes(counts, first, last, counts.rules, filter_of(counts, committee="SAC/TC28"))
    assert wanted <= {entry["number"] for entry in above["issued"]}


# ---------------------------------------------------------------- days that need words


def test_reversed_days_are_refused_with_the_right_order(cli: Cli) -> None:
    done = cli("changes", "2025-12-31", "2025-01-01")
    assert done.code == 2
    assert "2025-01-01 2025-12-31" in done.stderr and "较早" in done.stderr


def test_the_same_day_says_that_nothing_lies_between(cli: Cli) -> None:
    done = cli("changes", "2025-12-31", "2025-12-31", "--format", "json")
    answer = json.loads(done.stdout)
    assert answer["totals"] == dict.fromkeys((*LISTS, "undecided"), 0)
    assert [note["note"] for note in answer["notes"]] == ["same-day"]
    assert all(one["gained"] == one["lost"] == [] and one["before"] == one["after"] for one in answer["counts"])


def test_a_day_before_the_first_record_is_refused_with_the_first_day(cli: Cli, counts: Counts) -> None:
    done = cli("changes", "1990-01-01", "2025-01-01")
    assert done.code == 2 and str(counts.first_day) in done.stderr


def test_a_future_day_and_one_after_the_register_copies_say_so(cli: Cli, counts: Counts) -> None:
    done = cli("changes", "2025-12-31", "2031-01-01", "--format", "json", "--rule", "guide")
    answer = json.loads(done.stdout)
    assert answer["future"] and answer["lower_bound"] and answer["counts"][0]["lower_bound"]
    assert [note["note"] for note in answer["notes"]] == ["future", "lower-bound"]
    text = cli("changes", "2025-12-31", "2031-01-01", "--lang", "zh").stdout
    assert "在未来" in text and "下限" in text
    until = counts.data_until(pick(counts.rules, "guide"))
    assert until is not None
    early = changes(counts, date(2025, 1, 1), until, [pick(counts.rules, "guide")])
    assert not early["lower_bound"] and early["notes"] == []


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("2025-02-30", "2025-12-31"), "2025-02-30"),
        (("20250101", "2025-12-31"), "20250101"),
        (("2025-01-01", "v1.0"), "two days or two releases"),
        (("2025-01-01", "2025-12-31", "--rule", "guid"), "Did you mean guide?"),
        (("2025-01-01", "2025-12-31", "--part", "ZZ"), "no part"),
        (("2025-01-01", "2025-12-31", "--committee", "SAC/TC28/SC43"), "Did you mean SAC/TC28/SC42?"),
        (("2025-01-01", "2025-12-31", "--as-of", "2025-03-01"), "releases only"),
        (("v1.0", "v1.1"), "no release"),
    ],
)
def test_wrong_questions_are_refused_with_what_is_right(arguments: tuple[str, ...], says: str, cli: Cli) -> None:
    done = cli("changes", *arguments)
    assert done.code == 2 and says in done.stderr, done.text


def test_a_reversed_pair_raises_in_the_library_too(counts: Counts) -> None:
    with pytest.raises(UsageError):
        changes(counts, date(2025, 2, 1), date(2025, 1, 1), counts.rules)


# ---------------------------------------------------------------- all forms say the same


def test_text_csv_workbook_and_service_say_the_same(cli: Cli, store_folder: Path, tmp_path: Path) -> None:
    asked = ("changes", "2024-12-31", "2025-12-31", "--rule", "guide", "--rule", "national")
    answer = json.loads(cli(*asked, "--format", "json").stdout)
    assert {one["rule"] for one in answer["counts"]} == {"guide", "national"}
    rows = list(csv.DictReader(io.StringIO(cli(*asked, "--format", "csv").stdout)))
    told = Counter(row["what"] for row in rows)
    assert told["issued"] == answer["totals"]["issued"] > 100
    assert told["gained"] == sum(len(one["gained"]) for one in answer["counts"])
    assert len(rows) == len(flat_rows(answer))
    text = cli(*asked, "--lang", "en").stdout
    assert all(row["number"] in text for row in rows if row["what"] == "gained")
    book = tmp_path / "changes.xlsx"
    assert cli(*asked, "--format", "xlsx", "--output", book).code == 0
    from aistandards.readers.book import read_sheets

    sheets = list(read_sheets(book.read_bytes(), "changes.xlsx").values())
    assert len(sheets[-1]) == len(rows) + 1
    with serving(store_folder) as address, httpx.Client(base_url=address) as client:
        query = {"from": "2024-12-31", "to": "2025-12-31", "rule": ["guide", "national"]}
        served = client.get("/api/v1/changes", params=query)
        assert served.json() == answer
        again = client.get("/api/v1/changes", params=query, headers={"If-None-Match": served.headers["etag"]})
        assert again.status_code == 304
        table = client.get("/api/v1/changes", params={**query, "format": "csv"}).text
        assert len(list(csv.DictReader(io.StringIO(table.lstrip("\ufeff"))))) == len(rows)
        made = client.get("/api/v1/changes", params={**query, "format": "xlsx"}).content
        assert len([*read_sheets(made, "changes.xlsx").values()][-1]) == len(rows) + 1
        for wrong in ({"from": "2025-12-31", "to": "2025-01-01"}, {"from": "2025-01-01"}, {**query, "to": "v1.0"}):
            refused = client.get("/api/v1/changes", params=wrong)
            assert refused.status_code == 400 and refused.headers["content-type"] == "application/problem+json"


def test_an_unknown_part_or_committee_gets_the_list(counts: Counts) -> None:
    parts = [part["notation"] for part in counts.view("guide-2024").as_dict()["parts"]]
    for asked, known in (({"part": "ZZ"}, parts), ({"committee": "TC999"}, ["SAC/TC28/SC42"])):
        with pytest.raises(UsageError) as caught:
            filter_of(counts, **asked)
        assert all(name in caught.value.en and name in caught.value.zh for name in known)
