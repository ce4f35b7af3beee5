"""Dates known to the day, the month or the year: read as the earliest and latest day they can be."""

from __future__ import annotations

import re
import unicodedata
from calendar import monthrange
from datetime import date

Span = tuple[date | None, date | None]
_DAY = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")
_LOOSE_DAY = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*(?:[-/.月]\s*(\d{1,2})\s*日?|月)?")
# a day as a spreadsheet counts it, from 1954 to 2119, with the time as its fraction
_SERIAL_DAY = re.compile(r"([2-7]\d{4})(?:\.\d+)?")
_SERIAL_START = date(1899, 12, 30)
_TIME = re.compile(r"(?<=\d)[ T]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?$")  # without a zone: the day is the printed one
_SOLID_DAY = re.compile(r"(\d{4})(\d{2})(\d{2})")


def span_of(printed: str) -> Span:
    """Return the earliest and latest day that a date known to the day, month or year can be.

    Raises ValueError for any other text and for a day that does not exist.
    """
    match = _DAY.fullmatch(printed)
    if not match:
        raise ValueError(printed)
    year, month, day = match.groups()
    if day:
        exact = date(int(year), int(month), int(day))
        return exact, exact
    if month:
        first = date(int(year), int(month), 1)
        following = date(first.year + first.month // 12, first.month % 12 + 1, 1)
        return first, date.fromordinal(following.toordinal() - 1)
    return date(int(year), 1, 1), date(int(year), 12, 31)


def span_or_none(printed: str) -> Span | None:
    """Return the span of a date, or None for any other text."""
    try:
        return span_of(printed)
    except ValueError:
        return None


def months_after(day: date, months: int) -> date:
    """Return the day some months later (or earlier): the same day of the month, or its last where it has no such day.

    So periods of months and years end in Chinese law (Civil Code, articles 200 to 202).
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if not date.min.year <= year <= date.max.year:
        return date.max if months > 0 else date.min
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def date_message(value: str) -> tuple[str, str]:
    """Return what is said of a text that is no date, in Chinese and English."""
    return (
        f"“{value}”不是日期：写作 YYYY-MM-DD、YYYY-MM 或 YYYY，且须为真实日期。",
        f"“{value}” is not a date: write YYYY-MM-DD, YYYY-MM or YYYY, and a day that exists.",
    )


def date_fix(value: str) -> str | None:
    """Return the date that a text such as 2025/2/3, 2025年2月3日 or 45691 (of a spreadsheet) means, as it should be written, or None."""
    text = _TIME.sub("", unicodedata.normalize("NFKC", value).strip())
    if serial := _SERIAL_DAY.fullmatch(text):
        return str(date.fromordinal(_SERIAL_START.toordinal() + int(serial[1])))
    match = _LOOSE_DAY.fullmatch(text) or _SOLID_DAY.fullmatch(text)
    if not match:
        return None
    fixed = "-".join(piece.zfill(2) for piece in match.groups() if piece)
    try:
        span_of(fixed)
    except ValueError:
        return None
    return fixed
