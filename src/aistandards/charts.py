"""Charts as numbers for SVG: the growth of a count over time."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

WIDTH: Final = 720
HEIGHT: Final = 200
LEFT: Final = 40
STEPS: Final = 400  # of the line at most; older ones are left out


def growth(points: list[tuple[date, int]], as_of: date, target: float) -> dict[str, Any]:
    """Return the growth of a count as a stepped line in an SVG of 720 by 200, with its table of year ends.

    ``points`` are the days on which the count changes, with the count from that day on.
    """
    shown = [(day, count) for day, count in points if day <= as_of][-STEPS:]
    if not shown:
        return {"line": "", "target_y": 0, "top": 0, "years": [], "marks": []}
    top: float = max(max(count for _, count in shown), target) * 1.1 or 1
    first, span = shown[0][0].toordinal(), max((as_of - shown[0][0]).days, 1)

    def x(day: date) -> float:
        return round(LEFT + (WIDTH - 60) * (day.toordinal() - first) / span, 1)

    def y(count: float) -> float:
        return round(HEIGHT - 20 - (HEIGHT - 40) * count / top, 1)

    steps: list[str] = []
    last = 0
    for day, count in shown:
        steps += [f"{x(day)},{y(last)}", f"{x(day)},{y(count)}"]
        last = count
    steps.append(f"{x(as_of)},{y(last)}")
    years = {day.year: count for day, count in shown}
    marks = [(x(date(year, 1, 1)), year) for year in years if date(year, 1, 1) >= shown[0][0]]
    return {"line": " ".join(steps), "target_y": y(target), "top": last, "years": sorted(years.items()), "marks": marks}
