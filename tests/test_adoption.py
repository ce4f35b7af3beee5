"""Adoption: golden answers worked out from the CSV files alone, and made-up adoptions for each way a record can be odd."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from aistandards.adoption import adoption, committees, flat_rows, pick_committee, summary
from aistandards.counts import Counts
from aistandards.errors import UsageError
from madeup import Row, project, standard, store_of

DAY = date(2026, 11, 24)
SC42, SC37 = "ISO/IEC JTC 1/SC 42", "ISO/IEC JTC 1/SC 37"


def rows(shipped: Path, name: str) -> list[dict[str, str]]:
    with (shipped / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture(scope="module")
def adopted(shipped: Path) -> dict[tuple[str, str], str]:
    """Degree by Chinese and international number, from the three places where the files state it."""
    found: dict[tuple[str, str], str] = {}
    for name in ("standards-national", "standards-industry", "projects-china"):
        for row in rows(shipped, f"{name}.csv"):
            for number in filter(None, row["adopts"].split(";")):
                found[row.get("number") or row["id"], number.strip()] = row["adoption_degree"]
    for row in rows(shipped, "adoptions.csv"):
        found[row["national_number"], row["international_number"]] = row["degree"]
    return found


@pytest.mark.parametrize("committee", [SC42, SC37, "ISO/TC 299", "CEN/CLC/JTC 21"])
def test_the_state_of_every_deliverable(
    committee: str, counts: Counts, shipped: Path, adopted: dict[tuple[str, str], str]
) -> None:
    answer = adoption(counts, DAY, committee)
    published = {
        row["number"]: row["title_en"]
        for row in rows(shipped, "standards-international.csv")
        if committee in row["committee"].split(";")
    }
    assert {item["number"]: item["title_en"] for item in answer["items"]} == published
    assert answer["total"] == len(published) == answer["adopted"] + answer["planned"] + answer["not_on_record"]
    by: dict[str, set[str]] = {}
    beside: dict[str, set[str]] = {}
    for (ours, theirs), degree in adopted.items():
        (by if degree in ("IDT", "MOD") else beside).setdefault(theirs, set()).add(ours)
    for item in answer["items"]:
        assert {side["number"] for side in item["by"]} == by.get(item["number"], set())
        assert {side["number"] for side in item["corresponding"]} == beside.get(item["number"], set())
        assert item["state"] == ("adopted" if item["number"] in by else "not-on-record")
        for side in item["by"]:
            assert side["degrees"] == [adopted[side["number"], item["number"]]]
    assert answer["adopted"] == len(set(by) & set(published))


def test_delays_are_the_known_cases(counts: Counts, shipped: Path, adopted: dict[tuple[str, str], str]) -> None:
    answer = adoption(counts, DAY)
    ours = {row["number"]: row["issued"] for row in rows(shipped, "standards-national.csv")}
    theirs = {row["number"]: row["issued"] for row in rows(shipped, "standards-international.csv")}
    pairs = {pair for pair, degree in adopted.items() if degree in ("IDT", "MOD") and pair[0] in ours}
    cases = answer["delays_of_all_committees"]["cases"]
    assert {(case["by"], case["number"]) for case in cases} == {pair for pair in pairs if pair[1] in theirs}
    exact = 0
    for case in cases:
        printed = ours[case["by"]], theirs[case["number"]]
        if len(printed[1]) == 10:
            days = (date.fromisoformat(printed[0]) - date.fromisoformat(printed[1])).days
            assert (case["days_min"], case["days_max"]) == (days, days)
            exact += 1
        else:
            assert 0 < case["days_max"] - case["days_min"] <= 365
    assert exact >= 5
    of_sc42 = answer["delays"]
    assert [(case["by"], case["days_min"]) for case in of_sc42["cases"]] == [("GB/T 45081-2024", 346)]
    assert (
        of_sc42["count"] == 1 and of_sc42["days_min"] is of_sc42["days_median_earliest"] is of_sc42["days_max"] is None
    )
    all_of_them = answer["delays_of_all_committees"]
    assert all_of_them["days_min"] == min(case["days_min"] for case in cases)
    assert all_of_them["days_max"] == max(case["days_max"] for case in cases)
    assert all_of_them["days_median_earliest"] == median(case["days_min"] for case in cases)
    unlisted = {(row["by"], row["adopted"]) for row in answer["unlisted"]}
    assert unlisted == {pair for pair in pairs if pair[1] not in theirs} and unlisted


def test_adoptions_of_replaced_editions(counts: Counts, shipped: Path, adopted: dict[tuple[str, str], str]) -> None:
    replaced: dict[str, set[str]] = {}
    for row in rows(shipped, "relations-international.csv"):
        if row["relation"] == "replaces" and not row["intended"]:
            replaced.setdefault(row["to_number"], set()).add(row["from_number"])
    for row in rows(shipped, "standards-international.csv"):
        for old in filter(None, row["replaces"].split(";")):
            replaced.setdefault(old.strip(), set()).add(row["number"])
    numbers = {row["number"] for row in rows(shipped, "standards-international.csv")} | set(replaced)
    numbers |= {new for news in replaced.values() for new in news} | {pair[1] for pair in adopted}

    def later(edition: str) -> set[str]:
        work, _, year = edition.rpartition(":")
        newer = {n for n in numbers if n.rpartition(":")[0] == work and n.rpartition(":")[2] > year}
        return newer | replaced.get(edition, set())

    expected = {(ours, theirs): later(theirs) for ours, theirs in adopted if later(theirs)}
    found = {(row["by"], row["adopted"]): set(row["later"]) for row in adoption(counts, DAY)["superseded"]}
    assert found == expected and len(found) >= 5


def test_the_committees_own_projects_stand_apart(counts: Counts, shipped: Path) -> None:
    found = adoption(counts, DAY)["projects"]
    own = [row for row in rows(shipped, "projects-international.csv") if row["committee"] == SC42]
    assert found["total"] == len(own)
    assert found["by_stage"] == Counter(row["stage"] or None for row in own)
    assert {item["number"] for item in found["items"]} == {row["id"] for row in own}


def test_an_earlier_day_sees_less(counts: Counts) -> None:
    assert adoption(counts, date(2024, 11, 27))["adopted"] == 0
    assert adoption(counts, date(2024, 11, 28))["adopted"] == 1
    totals = [adoption(counts, date(year, 1, 1))["total"] for year in range(2018, 2027)]
    assert totals == sorted(totals) and totals[0] < totals[-1]


# ---------------------------------------------------------------- made-up adoptions

ABROAD = {"level": "international", "part": "", "layer": "", "basis": "", "committee": "ISO/X"}


def made(folder: Path) -> Counts:
    theirs: list[Row] = [
        standard("ISO 91001:2019", issued="2019-01-01", **ABROAD),
        standard("ISO 91001:2022", issued="2022-01-01", replaces="ISO 91001:2019", **ABROAD),
        standard("ISO 91002:2020", issued="2020", **ABROAD),
        standard("ISO 91003:2021", issued="2021-05-05", **ABROAD),
        standard("ISO 91004:2021", issued="2021-05-05", **ABROAD),
        standard("ISO 91005:2027", issued="2027-05-05", **ABROAD),
        standard("ISO 91006:2021", issued="2021-05-05", **ABROAD),
        standard("ISO 91007:2021", issued="2021-05-05", **{**ABROAD, "committee": "ISO/Y"}),
        standard(
            "EN ISO 91003:2022",
            issued="2022-01-01",
            **{**ABROAD, "level": "regional", "committee": "ISO/Y"},
            adopts="ISO 91003:2021",
            adoption_degree="IDT",
        ),
    ]
    ours: list[Row] = [
        standard("GB/T 92001-2020", issued="2020-06-01", adopts="ISO 91001:2019", adoption_degree="IDT"),
        standard("GB/T 92002-2023", issued="2023-06-01", adopts="ISO 91001", adoption_degree="MOD"),
        standard("GB/T 92003-2022", issued="2022-03-01", adopts="ISO 91002:2020"),
        standard("GB/T 92004-2022", issued="2022-03-01", adopts="ISO 91004:2021", adoption_degree="NEQ"),
        standard("GB/T 92005-2018", issued="2018-03-01", adopts="ISO 91001", adoption_degree="IDT"),
        standard("GB/T 92006-2030", issued="2030-03-01", adopts="ISO 91006:2021", adoption_degree="IDT"),
        standard("GB/T 92008-2022", issued="2022-03-01", adopts="ISO 99999:2020", adoption_degree="IDT"),
    ]  # fmt: skip
    plans: list[Row] = [
        project("20250001-T-469", adopts="ISO 91003:2021", adoption_degree="IDT"),
        project("20250002-T-469", adopts="ISO 91004:2021", adoption_degree="NEQ"),
        project("20250003-T-469", adopts="ISO 91006:2021", adoption_degree="IDT", stage="stopped"),
        project("ISO/AWI 91008", plan_number="", level="international", committee="ISO/X", stage="drafting"),
    ]
    links: list[Row] = [
        {"national_number": "GB/T 92007-2021", "international_number": "ISO 91002:2020", "degree": "MOD", "source": "s"}
    ]
    bodies: list[Row] = [{"id": "isox", "code": "ISO/X", "source": "s"}, {"id": "isoy", "code": "ISO/Y", "source": "s"}]
    files: dict[str, list[Row]] = {
        "standards-made-up.csv": [*theirs, *ours],
        "projects-made-up.csv": plans,
        "adoptions.csv": links,
        "committees.csv": bodies,
    }
    return Counts(store_of(folder, files))


@pytest.fixture(scope="module")
def answer(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return adoption(made(tmp_path_factory.mktemp("made")), date(2026, 1, 1), "iso/x")


def test_each_way_to_be_adopted_or_not(answer: dict[str, Any]) -> None:
    found = {
        item["number"]: (
            item["state"],
            [(side["number"], *side["degrees"]) for side in item["by"]],
            [(side["number"], *side["degrees"]) for side in item["corresponding"]],
        )
        for item in answer["items"]
    }
    assert found == {
        "ISO 91001:2019": ("adopted", [("GB/T 92001-2020", "IDT")], []),
        # undated: the latest edition there was when the adopter was issued
        "ISO 91001:2022": ("adopted", [("GB/T 92002-2023", "MOD")], []),
        # without a degree it is not known whether it adopts; an adopter that is only cited, of the year in its number
        "ISO 91002:2020": ("adopted", [("GB/T 92007-2021", "MOD")], [("GB/T 92003-2022",)]),
        "ISO 91003:2021": ("planned", [("20250001-T-469", "IDT")], []),  # a European adoption is not a Chinese one
        "ISO 91004:2021": ("not-on-record", [], [("GB/T 92004-2022", "NEQ"), ("20250002-T-469", "NEQ")]),
        "ISO 91006:2021": ("not-on-record", [], []),  # a standard to come, a project that was stopped
    }
    assert (answer["adopted"], answer["planned"], answer["not_on_record"]) == (3, 1, 2)
    undated = [side["number"] for item in answer["items"] for side in item["by"] if side["undated"]]
    assert undated == ["GB/T 92002-2023"]
    cited = next(side for item in answer["items"] for side in item["by"] if side["number"] == "GB/T 92007-2021")
    assert cited["slug"] is None and cited["issued"] is None


def test_what_has_no_edition_in_the_list_is_listed_apart(answer: dict[str, Any]) -> None:
    assert {(row["by"], row["adopted"]) for row in answer["unlisted"]} == {
        ("GB/T 92008-2022", "ISO 99999:2020"),  # in no file
        ("GB/T 92005-2018", "ISO 91001"),  # undated, and older than every edition on file
    }


def test_what_was_replaced_and_how_long_it_took(answer: dict[str, Any]) -> None:
    assert [(row["by"], row["adopted"], row["later"]) for row in answer["superseded"]] == [
        ("GB/T 92001-2020", "ISO 91001:2019", ["ISO 91001:2022"])
    ]
    cases = {case["by"]: (case["days_min"], case["days_max"]) for case in answer["delays"]["cases"]}
    assert cases == {"GB/T 92001-2020": (517, 517)}
    assert answer["projects"]["items"][0]["number"] == "ISO/AWI 91008"


def test_before_the_later_edition_nothing_was_replaced(tmp_path: Path) -> None:
    counts = made(tmp_path / "made")
    assert adoption(counts, date(2021, 12, 31), "ISO/X")["superseded"] == []
    assert len(adoption(counts, date(2022, 1, 1), "ISO/X")["superseded"]) == 1
    assert adoption(counts, date(2020, 1, 1), "ISO/Y")["total"] == 0
    assert committees(counts) == ["ISO/X", "ISO/Y"]


def test_a_summary_only_from_five_cases_on() -> None:
    four = summary([{"days_min": at, "days_max": at + 1} for at in range(4)])
    five = summary([{"days_min": at, "days_max": at + 1} for at in range(5)])
    assert (four["count"], four["days_min"], four["days_median_latest"]) == (4, None, None)
    assert (five["count"], five["days_min"], five["days_median_latest"], five["days_max"]) == (5, 0, 3, 5)


# ---------------------------------------------------------------- asking


def test_one_state_only(counts: Counts) -> None:
    whole, some = adoption(counts, DAY), adoption(counts, DAY, state="adopted")
    assert some["total"] == whole["total"] and len(some["items"]) == whole["adopted"] == 1
    assert len(adoption(counts, DAY, state="not-on-record")["items"]) == whole["not_on_record"]
    rows_ = flat_rows(some)
    assert [(row["number"], row["by"], row["degree"]) for row in rows_] == [
        ("ISO/IEC 42001:2023", ["GB/T 45081-2024"], ["IDT"])
    ]


def test_a_committee_in_other_spellings_and_an_unknown_one(counts: Counts) -> None:
    assert pick_committee(counts, None) == SC42 == pick_committee(counts, "iso/iec jtc1/sc42")
    with pytest.raises(UsageError, match="Did you mean ISO/IEC JTC 1/SC 42"):
        adoption(counts, DAY, "ISO/IEC JTC 1 SC 42-")
    with pytest.raises(UsageError, match="Choose from: 3GPP"):
        adoption(counts, DAY, "SAC/TC260")
    with pytest.raises(UsageError, match="Did you mean adopted"):
        adoption(counts, DAY, state="adoped")
    with pytest.raises(UsageError, match="before the first record"):
        adoption(counts, date(1950, 1, 1))
