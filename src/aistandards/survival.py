"""How long things take when some are still under way: the Kaplan-Meier curve, its limits, and the sum of single chances."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

LEVEL: Final = 0.9  # of every interval
_Z: Final = 1.6448536269514722  # the normal quantile of 0.95, for a two-sided interval of 0.9


@dataclass(frozen=True, slots=True)
class Step:
    """One time at which something ended: how many ended then, of how many that had lasted so long."""

    time: int
    ended: int
    at_risk: int


@dataclass(frozen=True, slots=True)
class Curve:
    """The Kaplan-Meier curve (Kaplan and Meier 1958): the share that lasts longer than a time.

    ``lasted`` are all durations, ended or not, sorted. After the last duration the curve stays where it is.
    """

    steps: tuple[Step, ...]
    lasted: tuple[int, ...]

    def survival(self, time: int) -> float:
        """Return the share that lasts longer than a time."""
        return self._ratio(self._between(-1, time))

    def chance(self, age: int, later: int) -> float:
        """Return the chance that what has lasted to ``age`` has ended by ``later``."""
        return 1.0 - self._ratio(self._between(age, later))

    def limits(self, age: int, later: int) -> tuple[float, float]:
        """Return the limits of that chance: Greenwood's variance on the log-minus-log scale.

        Where nothing ended between, or all did, the limit is that of n cases without an exception, 1 - 0.05 ** (1/n).
        """
        steps = self._between(age, later)
        kept = self._ratio(steps)
        if not 0 < kept < 1:
            lasting = steps[0].at_risk if steps else len(self.lasted) - bisect_left(self.lasted, later)
            wide = 1 - ((1 - LEVEL) / 2) ** (1 / lasting) if lasting else 1.0
            return (1 - wide, 1.0) if steps else (0.0, wide)
        variance = sum(step.ended / (step.at_risk * (step.at_risk - step.ended)) for step in steps)
        spread = math.exp(_Z * math.sqrt(variance) / abs(math.log(kept)))
        return 1 - kept ** (1 / spread), 1 - kept**spread

    def _between(self, after: int, until: int) -> list[Step]:
        return [step for step in self.steps if after < step.time <= until]

    @staticmethod
    def _ratio(steps: Iterable[Step]) -> float:
        return math.prod((1 - step.ended / step.at_risk for step in steps), start=1.0)


def curve(ended: Iterable[int], under_way: Iterable[int]) -> Curve:
    """Return the curve of what ended after some time and what is still under way (censored on the right)."""
    times = Counter(ended)
    lasted = sorted([*times.elements(), *under_way])
    steps = (Step(time, times[time], len(lasted) - bisect_left(lasted, time)) for time in sorted(times))
    return Curve(tuple(steps), tuple(lasted))


def number_of(chances: Sequence[float]) -> NDArray[np.float64]:
    """Return the chance of 0, 1, 2, … of independent things to happen (Poisson binomial), exact by convolution."""
    spread = np.ones(1)
    for chance in chances:
        spread = np.convolve(spread, (1 - chance, chance))
    return spread


def quantile(spread: NDArray[np.float64], share: float) -> int:
    """Return the smallest number that is not exceeded with at least that chance."""
    return min(int(np.searchsorted(np.cumsum(spread), share - 1e-12)), len(spread) - 1)
