"""Working days in China: weekends, public holidays and the weekends worked in exchange, as far as the calendar reaches."""

from __future__ import annotations

from datetime import date, timedelta

from aistandards.errors import UsageError


class CalendarError(UsageError):
    """A day of which the calendar does not yet know whether it is a working day."""

    def __init__(self, day: date) -> None:
        first, last = reach()
        super().__init__(
            f"The calendar of public holidays reaches from {first} to {last}; whether days in {day.year} are worked is not known."
            " The State Council announces the holidays of a year late in the year before.",
            f"节假日日历的范围为 {first} 至 {last}；{day.year} 年的放假安排尚不可知（国务院办公厅通常于上年末发布）。",
        )


def reach() -> tuple[date, date]:
    """Return the first and the last day the calendar knows."""
    from chinese_calendar import holidays

    return date(min(holidays).year, 1, 1), date(max(holidays).year, 12, 31)


def is_working_day(day: date) -> bool:
    """Whether a day is worked; raises CalendarError for a day the calendar does not reach."""
    from chinese_calendar import is_workday

    first, last = reach()
    if not first <= day <= last:
        raise CalendarError(day)
    return bool(is_workday(day))


def working_day_after(day: date, count: int) -> date:
    """Return the working day that is the ``count``-th after a day, which itself is not counted (Civil Code, article 201)."""
    while count > 0:
        if day == date.max:
            raise CalendarError(day)
        day += timedelta(days=1)
        count -= is_working_day(day)
    return day
