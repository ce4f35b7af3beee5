"""Status over time: periods tile all time, agree with the status of any day, and follow the words of the design."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aistandards.dates import Span
from aistandards.timeline import UNKNOWN, Dates, Stretch, breaks, has_come, status_on, status_periods, stretches

TOKENS = {"not-issued", "not-yet-in-force", "in-force", "superseded", "withdrawn", "unknown"}
ISSUED, BEGUN = date(2025, 1, 10), date(2025, 7, 1)

days = st.dates(date(2019, 1, 1), date(2031, 12, 31))


@st.composite
def spans(draw: st.DrawFn) -> Span:
    """A day, a month, a year, a span open at one end, or nothing known."""
    first = draw(days)
    last = first + timedelta(days=draw(st.sampled_from([0, 0, 0, 1, 30, 364])))
    kind = draw(st.sampled_from(["both", "both", "both", "earliest", "latest", "none"]))
    return (first if kind in ("both", "earliest") else None), (last if kind in ("both", "latest") else None)


@st.composite
def lives(draw: st.DrawFn) -> Dates:
    """The dates of a standard, possible or not: sources say impossible things too."""
    words = st.sampled_from(sorted(TOKENS - {"unknown"}))
    return Dates(
        issued=draw(spans()),
        in_force=draw(spans()),
        withdrawn=draw(st.none() | spans()),
        successors=tuple(draw(st.lists(spans(), max_size=2))),
        seen=tuple(draw(st.lists(st.tuples(days, words), max_size=2))),
    )


def day_before(day: date) -> date:
    return day - timedelta(days=1)


@given(lives())
def test_the_periods_tile_all_time_and_neighbours_differ(dates: Dates) -> None:
    periods = status_periods(dates)
    assert periods[0][0].start is None
    assert periods[-1][0].end is None
    for (earlier, before), (later, after) in pairwise(periods):
        assert earlier.end == later.start is not None
        assert before != after
    for stretch, status in periods:
        assert status in TOKENS
        assert stretch.start is None or stretch.end is None or stretch.start < stretch.end


@given(lives(), days)
def test_a_period_says_what_the_day_says(dates: Dates, day: date) -> None:
    holding = [status for stretch, status in status_periods(dates) if stretch.holds(day)]
    assert holding == [status_on(dates, day)]


@given(lives())
def test_a_status_changes_only_where_a_period_ends(dates: Dates) -> None:
    for stretch, status in status_periods(dates):
        if stretch.start:
            assert status_on(dates, stretch.start) == status
            assert status_on(dates, day_before(stretch.start)) != status
        if stretch.end:
            assert status_on(dates, day_before(stretch.end)) == status


@given(spans(), days)
def test_what_has_come_stays_so_and_what_has_not_was_not_before(span: Span, day: date) -> None:
    later, earlier = day + timedelta(days=400), day - timedelta(days=400)
    if has_come(span, day) is True:
        assert has_come(span, later) is True
    if has_come(span, day) is False:
        assert has_come(span, earlier) is False


@given(st.lists(spans(), max_size=5), days)
def test_stretches_hold_every_day_once(known: list[Span], day: date) -> None:
    assert sum(stretch.holds(day) for stretch in stretches(breaks(known))) == 1


@given(lives(), days)
def test_superseded_goes_before_withdrawn(dates: Dates, day: date) -> None:
    """Without a word that a source showed, a successor that has come decides, whatever was withdrawn."""
    plain = Dates(dates.issued, dates.in_force, dates.withdrawn, dates.successors)
    if has_come(dates.issued, day) is not False and any(has_come(span, day) for span in dates.successors):
        assert status_on(plain, day) == "superseded"


@given(lives(), days)
def test_before_a_word_is_seen_the_dates_alone_decide(dates: Dates, day: date) -> None:
    later = tuple((seen_on, word) for seen_on, word in dates.seen if seen_on > day)
    with_words = Dates(dates.issued, dates.in_force, dates.withdrawn, dates.successors, later)
    assert status_on(with_words, day) == status_on(Dates(*_four(dates)), day)


def _four(dates: Dates) -> tuple[Span, Span, Span | None, tuple[Span, ...]]:
    return dates.issued, dates.in_force, dates.withdrawn, dates.successors


def life(**known: object) -> Dates:
    return Dates(**{"issued": (ISSUED, ISSUED), "in_force": (BEGUN, BEGUN), **known})  # type: ignore[arg-type]


def exactly(day: date) -> Span:
    return day, day


YEAR_2026: Span = (date(2026, 1, 1), date(2026, 12, 31))
SHOWN = date(2026, 3, 1)


@pytest.mark.parametrize(
    ("dates", "day", "expected"),
    [
        # the dates alone, days inclusive
        (life(), date(2025, 1, 9), "not-issued"),
        (life(), ISSUED, "not-yet-in-force"),
        (life(), date(2025, 6, 30), "not-yet-in-force"),
        (life(), BEGUN, "in-force"),
        (life(withdrawn=exactly(SHOWN)), date(2026, 2, 28), "in-force"),
        (life(withdrawn=exactly(SHOWN)), SHOWN, "withdrawn"),
        (life(successors=(exactly(SHOWN),)), SHOWN, "superseded"),
        (life(successors=(exactly(SHOWN),), withdrawn=exactly(date(2025, 12, 1))), SHOWN, "superseded"),
        # known in part: not decided while it can be either
        (life(in_force=UNKNOWN), SHOWN, "unknown"),
        (life(in_force=YEAR_2026), date(2025, 12, 31), "not-yet-in-force"),
        (life(in_force=YEAR_2026), date(2026, 6, 1), "unknown"),
        (life(in_force=YEAR_2026), date(2026, 12, 31), "in-force"),
        (life(withdrawn=YEAR_2026), date(2026, 6, 1), "unknown"),
        (life(withdrawn=YEAR_2026), date(2026, 12, 31), "withdrawn"),
        (life(successors=(UNKNOWN,)), SHOWN, "unknown"),
        (life(issued=(None, ISSUED), in_force=UNKNOWN), date(2024, 1, 1), "unknown"),
        # a word that a source shows holds from its day until a dated event changes it
        (life(in_force=UNKNOWN, seen=((SHOWN, "in-force"),)), date(2026, 2, 28), "unknown"),
        (life(in_force=UNKNOWN, seen=((SHOWN, "in-force"),)), SHOWN, "in-force"),
        (life(seen=((SHOWN, "withdrawn"),)), date(2026, 2, 28), "in-force"),
        (life(seen=((SHOWN, "withdrawn"),)), SHOWN, "withdrawn"),
        (life(seen=((SHOWN, "withdrawn"),), successors=(exactly(date(2026, 9, 1)),)), date(2026, 9, 1), "superseded"),
        (life(seen=((SHOWN, "in-force"),), withdrawn=exactly(date(2026, 9, 1))), date(2026, 8, 31), "in-force"),
        (life(seen=((SHOWN, "in-force"),), withdrawn=exactly(date(2026, 9, 1))), date(2026, 9, 1), "withdrawn"),
        # an event known by its year had not come when a source still showed the standard alive
        (life(seen=((SHOWN, "in-force"),), withdrawn=YEAR_2026), SHOWN, "in-force"),
        (life(seen=((SHOWN, "in-force"),), withdrawn=YEAR_2026), date(2026, 3, 2), "unknown"),
        (life(seen=((SHOWN, "in-force"),), withdrawn=YEAR_2026), date(2026, 12, 31), "withdrawn"),
        (life(seen=((SHOWN, "withdrawn"),), withdrawn=YEAR_2026), date(2026, 4, 1), "withdrawn"),
        (life(seen=((SHOWN, "not-yet-in-force"),), in_force=YEAR_2026), date(2026, 4, 1), "unknown"),
        (life(seen=((SHOWN, "not-yet-in-force"),), in_force=YEAR_2026), date(2026, 12, 31), "in-force"),
        (life(seen=((SHOWN, "not-yet-in-force"),), in_force=UNKNOWN), date(2027, 1, 1), "not-yet-in-force"),
        # an implementation does not bring back what a source shows ended
        (life(seen=((ISSUED, "withdrawn"),)), BEGUN, "withdrawn"),
        # the later of two words
        (life(in_force=UNKNOWN, seen=((SHOWN, "withdrawn"), (ISSUED, "in-force"))), date(2026, 2, 1), "in-force"),
        (life(in_force=UNKNOWN, seen=((SHOWN, "withdrawn"), (ISSUED, "in-force"))), SHOWN, "withdrawn"),
    ],
)
def test_the_status_of_a_day(dates: Dates, day: date, expected: str) -> None:
    assert status_on(dates, day) == expected


def test_a_stretch_is_half_open() -> None:
    stretch = Stretch(ISSUED, BEGUN)
    assert [stretch.holds(day) for day in (day_before(ISSUED), ISSUED, day_before(BEGUN), BEGUN)] == [
        False,
        True,
        True,
        False,
    ]
    assert Stretch(None, None).holds(date.min) and Stretch(None, None).holds(date.max)


def test_nothing_known_is_one_period() -> None:
    assert status_periods(Dates(UNKNOWN, UNKNOWN)) == [(Stretch(None, None), "unknown")]
