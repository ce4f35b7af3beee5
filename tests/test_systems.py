"""How one edition of the guide sees the parts of another: what carries a count, what climbs, what has no counterpart."""

from __future__ import annotations

from datetime import date

import pytest

from aistandards.counts import Counts
from aistandards.coverage import coverage
from aistandards.errors import UsageError
from aistandards.gaps import gaps
from aistandards.matrix import Grid
from aistandards.namespaces import part_iri
from aistandards.rules import pick
from aistandards.systems import part_of


def seen(counts: Counts, edition: str, notation: str) -> tuple[str | None, str]:
    view = counts.view(edition)
    found = view.see(part_iri("guide-2024", notation))
    return (view.notation(found.part) if found.part else None), found.match


@pytest.mark.parametrize(
    ("edition", "notation", "expected"),
    [
        ("guide-2024", "CC", ("CC", "exact")),
        ("draft-2024", "CC", ("CC", "exact")),
        ("draft-2024", "G", ("F", "exact")),
        ("draft-2024", "GA", ("F", "part-of")),  # climbs to the part above
        ("draft-2024", "E", ("E", "part-of")),  # a narrow mapping: one of two halves
        ("draft-2024", "F:health", ("E", "part-of")),
        ("guide-2020", "CA", ("DA", "exact")),
        ("guide-2020", "AC", (None, "none")),  # only a close mapping, which never carries a count
        ("guide-2020", "BD", (None, "none")),  # only a related one
        ("guide-2020", "F:agriculture", ("G", "part-of")),  # a close mapping is passed over on the way up
        ("guide-2020", "CC", (None, "none")),
    ],
)
def test_a_part_as_another_edition_sees_it(
    edition: str, notation: str, expected: tuple[str | None, str], counts: Counts
) -> None:
    assert seen(counts, edition, notation) == expected


def test_nothing_is_seen_of_no_part(counts: Counts) -> None:
    assert counts.view("draft-2024").see(None).match == "none"


def test_the_applications_of_the_draft_are_split_in_the_final_edition(counts: Counts) -> None:
    draft, final = counts.view("draft-2024"), counts.view("guide-2024")
    halves = {draft.notation(top): [final.notation(half) for half in draft.halves(top)] for top in draft.tops()}
    assert halves == {"A": [], "B": [], "C": [], "D": [], "E": ["E", "F"], "F": []}
    assert [final.notation(top) for top in final.tops()] == list("ABCDEFG")


def test_what_has_no_counterpart_stands_in_the_last_row(counts: Counts) -> None:
    answer = coverage(counts, counts.request(pick(counts.rules, "guide"), date(2026, 9, 16), system="guide-2020"))
    last = answer["rows"][-1]
    assert last["notation"] is None and 0 < last["counted"] < answer["counted"]
    tally = counts.tally(counts.request(pick(counts.rules, "guide"), date(2026, 9, 16)))
    view = counts.view("guide-2020")
    assert last["counted"] == sum(view.see(candidate.get("part")).part is None for candidate in tally.counted)


def test_every_part_has_both_names_and_every_edition_is_listed(counts: Counts) -> None:
    for edition in ("draft-2024", "guide-2024", "guide-2020"):
        listed = counts.view(edition).as_dict()
        assert listed["edition"] == edition and listed["label_zh"] and listed["label_en"]
        notations = [part["notation"] for part in listed["parts"]]
        assert len(notations) == len(set(notations))
        for part in listed["parts"]:
            assert part["label_zh"] and part["label_en"]
            assert part["parent"] is None or part["parent"] in notations


def test_an_unknown_part_or_edition_names_the_nearest(counts: Counts) -> None:
    assert part_of(counts.facts, "guide-2024", "f:HEALTH") == part_iri("guide-2024", "F:health")
    with pytest.raises(UsageError, match="Did you mean"):
        part_of(counts.facts, "guide-2024", "F:helth")
    with pytest.raises(UsageError, match="Did you mean guide-2024"):
        counts.view("guide-2023")


def test_every_system_has_its_tables_and_they_add_up(counts: Counts) -> None:
    assert len(counts.editions) >= 7
    for system in counts.editions:
        request = counts.request(pick(counts.rules, "guide"), date(2026, 9, 16), system=system)
        answer = coverage(counts, request)
        assert sum(row["counted"] for row in answer["rows"]) == answer["counted"] > 100, system
        table = Grid(counts, request, "subpart,level").answer()
        assert sum(row["counted"] for row in table["rows"]) == answer["counted"], system
        assert gaps(counts, request)["parts"] > 0, system
