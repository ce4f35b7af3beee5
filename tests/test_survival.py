"""The curve of Kaplan and Meier against a worked example, and the sum of chances against counting by hand."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aistandards.survival import curve, number_of, quantile

# weeks in remission under 6-MP (Freireich and others 1963), the example of most textbooks: relapses, and those still in remission
RELAPSED = [6, 6, 6, 7, 10, 13, 16, 22, 23]
STILL = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
# worked by hand: time, at risk, relapsed, and the share that lasts longer
BY_HAND = [
    (6, 21, 3, Fraction(18, 21)),
    (7, 17, 1, Fraction(18, 21) * Fraction(16, 17)),
    (10, 15, 1, Fraction(18, 21) * Fraction(16, 17) * Fraction(14, 15)),
    (13, 12, 1, Fraction(18, 21) * Fraction(16, 17) * Fraction(14, 15) * Fraction(11, 12)),
    (16, 11, 1, Fraction(18, 21) * Fraction(16, 17) * Fraction(14, 15) * Fraction(11, 12) * Fraction(10, 11)),
    (22, 7, 1, Fraction(18, 21) * Fraction(16, 17) * Fraction(14, 15) * Fraction(10, 12) * Fraction(6, 7)),
    (23, 6, 1, Fraction(18, 21) * Fraction(16, 17) * Fraction(14, 15) * Fraction(10, 12) * Fraction(5, 7)),
]
TIMES = st.lists(st.integers(0, 60), max_size=25)
CHANCES = st.lists(st.floats(0, 1), max_size=12)


def test_the_curve_of_the_textbook() -> None:
    found = curve(RELAPSED, STILL)
    assert [(step.time, step.at_risk, step.ended) for step in found.steps] == [row[:3] for row in BY_HAND]
    for time, _, _, share in BY_HAND:
        assert found.survival(time) == pytest.approx(float(share))
    printed = {6: 0.857, 7: 0.807, 10: 0.753, 13: 0.690, 16: 0.627, 22: 0.538, 23: 0.448}  # as the textbooks print it
    assert {time: round(found.survival(time), 3) for time in printed} == printed
    assert found.survival(5) == 1.0 and found.survival(21) == found.survival(16)
    assert found.survival(999) == found.survival(23)


def test_what_has_lasted_is_asked_of_those_still_at_risk() -> None:
    found = curve(RELAPSED, STILL)
    assert found.chance(10, 16) == pytest.approx(1 - 11 / 12 * 10 / 11)
    assert found.chance(16, 21) == 0 and found.chance(23, 999) == 0
    assert found.chance(7, 7) == 0


def test_limits_are_greenwoods_on_the_log_minus_log_scale() -> None:
    found = curve(RELAPSED, STILL)
    variance = 3 / (21 * 18) + 1 / (17 * 16) + 1 / (15 * 14)  # three steps up to 10, by hand
    assert found.survival(10) * math.sqrt(variance) == pytest.approx(0.0963, abs=5e-5)  # the printed standard error
    kept = found.survival(10)
    spread = math.exp(1.6448536 * math.sqrt(variance) / math.log(kept))
    low, high = found.limits(-1, 10)
    assert [low, high] == pytest.approx([1 - kept**spread, 1 - kept ** (1 / spread)])


def test_limits_without_an_exception() -> None:
    """Nothing ended among seven that lasted on: 1 - 0.05 ** (1/7); all three ended: at least 0.05 ** (1/3)."""
    found = curve(RELAPSED, STILL)
    assert sum(time >= 21 for time in RELAPSED + STILL) == 7
    assert list(found.limits(16, 21)) == pytest.approx([0, 1 - 0.05 ** (1 / 7)])
    assert found.limits(35, 40) == (0, 1), "nothing was seen to last so long"
    assert list(curve([3, 3, 3], []).limits(0, 3)) == pytest.approx([0.05 ** (1 / 3), 1])


def test_an_empty_curve_says_nothing() -> None:
    nothing = curve([], [])
    assert nothing.chance(3, 9) == 0 and nothing.limits(3, 9) == (0, 1)


@given(ended=TIMES, under_way=TIMES, age=st.integers(0, 70), ahead=st.lists(st.integers(0, 70), min_size=2, max_size=2))
def test_chances_are_chances_and_grow_with_time(
    ended: list[int], under_way: list[int], age: int, ahead: list[int]
) -> None:
    found = curve(ended, under_way)
    sooner, later = (age + days for days in sorted(ahead))
    assert 0 <= found.chance(age, sooner) <= found.chance(age, later) <= 1
    low, high = found.limits(age, later)
    assert 0 <= low <= found.chance(age, later) + 1e-12 and found.chance(age, later) - 1e-12 <= high <= 1


@given(ended=TIMES)
def test_without_anything_under_way_the_curve_is_the_share_itself(ended: list[int]) -> None:
    found = curve(ended, [])
    for time in range(0, 61, 7):
        share = sum(one > time for one in ended) / len(ended) if ended else 1
        assert found.survival(time) == pytest.approx(share)


def test_a_number_of_chances_by_hand() -> None:
    assert list(number_of([0.5, 0.25])) == pytest.approx([0.375, 0.5, 0.125])
    assert list(number_of([])) == [1]
    same = number_of([0.3] * 10)
    assert list(same) == pytest.approx([math.comb(10, k) * 0.3**k * 0.7 ** (10 - k) for k in range(11)])


@given(chances=CHANCES)
def test_a_number_of_chances_is_counted_out(chances: list[float]) -> None:
    spread = number_of(chances)
    if len(chances) <= 8:
        counted = [0.0] * (len(chances) + 1)
        for came in product((0, 1), repeat=len(chances)):
            counted[sum(came)] += math.prod(p if one else 1 - p for p, one in zip(chances, came, strict=True))
        assert list(spread) == pytest.approx(counted)
    assert sum(spread) == pytest.approx(1)
    assert sum(k * share for k, share in enumerate(spread)) == pytest.approx(sum(chances))
    assert 0 <= quantile(spread, 0.05) <= quantile(spread, 0.95) <= len(chances)


def test_a_quantile_is_the_smallest_number_reached() -> None:
    spread = number_of([0.5, 0.25])  # 0.375, 0.875, 1
    assert [quantile(spread, share) for share in (0.05, 0.375, 0.4, 0.875, 0.95, 1)] == [0, 0, 1, 1, 2, 2]
