"""Days and releases over HTTP: what changed between two, which releases there are, and whether numbers are still valid."""

from __future__ import annotations

import json
from typing import Annotated, Any, Final, Literal

import anyio.to_thread
from fastapi import APIRouter, Depends, Query, Request
from pydantic import ConfigDict, Field
from starlette.responses import Response

from aistandards import changes as two_days
from aistandards import releases as kept
from aistandards import store
from aistandards.api import Service, release_of, service_of
from aistandards.api.answers import Day, answer
from aistandards.api.bodies import body_of, kind_of
from aistandards.api.counting import Switches
from aistandards.api.problems import listed, problem
from aistandards.errors import SourceError
from aistandards.numberlists import NumberList, of_texts, read_list
from aistandards.rules import pick
from aistandards.settings import parse_day
from aistandards.validity import check, flat_rows

router = APIRouter(prefix="/api/v1", tags=["days and releases"])
ServiceOf = Annotated[Service, Depends(service_of)]
MAX_BODY: Final = 8 << 20
MAX_ROWS: Final = 5_000
FILES: Final = {
    "text/csv": "list.csv",
    "text/plain": "list.txt",
    "text/tab-separated-values": "list.tsv",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "list.xlsx",
}


class Changes(Switches):
    """The options of ``aistandards changes``: two days, or two releases and the day on which counts are compared."""

    model_config = ConfigDict(extra="forbid")
    first: str = Field(alias="from")
    last: str = Field(alias="to")
    rule: list[str] = Field(default=[])
    part: str | None = None
    committee: str | None = None
    as_of: str | None = None
    format: Literal["json", "csv", "xlsx"] | None = None

    def reading(self) -> two_days.Reading:
        """Return how the rules are read on both sides."""
        return two_days.Reading(self.given(), self.series)


class Releases(Day):
    """Rules to count by in each release, and a number to look up in each."""

    rule: list[str] = Field(default=[])
    number: str | None = None


class Numbers(Day):
    """Numbers to check, in any usual spelling; ``number`` may repeat."""

    number: list[str] = Field(min_length=1, max_length=500)


class Column(Day):
    """The column of a list that has the numbers, by header or by place."""

    column: str | None = None


@router.get("/changes")
def changes(request: Request, asked: Annotated[Changes, Query()], service: ServiceOf) -> Response:
    """Return what changed between two days (``from``, ``to``) or two releases, and which counts moved because of which records."""
    body, sides = compared(service, asked)
    rows = kept.flat_rows(body) if sides else two_days.flat_rows(body)
    return answer(request, body, rows, asked.format, rests_on="|".join(str(side.build.path) for side in sides))


def compared(service: Service, asked: Changes) -> tuple[dict[str, Any], list[kept.Release]]:
    """Return what changed, and the two releases it was asked of; none for two days."""
    if two_days.are_days(asked.first, asked.last):
        two_days.no_option(asked.as_of, "as_of")
        counts = service.counts
        rules = [pick(counts.rules, name) for name in dict.fromkeys(asked.rule)] or counts.rules
        wanted = two_days.filter_of(counts, asked.part, asked.committee)
        first, last = parse_day(asked.first), parse_day(asked.last)
        return two_days.changes(counts, first, last, rules, wanted, asked.reading()), []
    for name in ("part", "committee"):
        two_days.no_option(getattr(asked, name), name)
    old, new = (release_of(service.settings, name) for name in (asked.first, asked.last))
    day = parse_day(asked.as_of) if asked.as_of else None
    return kept.compare(old, new, list(dict.fromkeys(asked.rule)), day, asked.reading()), [old, new]


@router.get("/releases")
def releases(request: Request, asked: Annotated[Releases, Query()], service: ServiceOf) -> Response:
    """List the releases kept, with what each counts under ``rule`` and says of ``number`` on the day asked."""
    found = [release_of(service.settings, name) for name in store.releases(service.settings.store)]
    body = kept.releases(found, list(dict.fromkeys(asked.rule)), asked.number, asked.day(), service.counts.rules)
    return answer(
        request, body, body["items"], asked.format, rests_on="|".join(f"{one.name} {one.build.path}" for one in found)
    )


@router.get("/status")
def status(request: Request, asked: Annotated[Numbers, Query()], service: ServiceOf) -> Response:
    """Say of each number whether it is still valid on the day asked, and what took the place of the others."""
    body = check(service.counts, of_texts(asked.number, "number"), asked.day())
    return answer(request, body, flat_rows(body), asked.format)


@router.post("/status")
async def status_of_list(request: Request, asked: Annotated[Column, Query()], service: ServiceOf) -> Response:
    """Check a list: a JSON array of numbers, or a CSV table, plain lines or an XLSX workbook with a column of numbers."""
    body = await body_of(request, MAX_BODY, "list-error")
    if isinstance(body, Response):
        return body
    kind = kind_of(request)
    if kind != "application/json" and kind not in FILES:
        known = ["application/json", *FILES]
        en, zh = f"Content-Type {kind or 'is missing'}: send", f"Content-Type {kind or '缺失'}：请使用"
        return problem(request, 415, "list-error", f"{en} {', '.join(known)}.", f"{zh} {'、'.join(known)}。")

    def work() -> dict[str, Any]:
        numbers = _of_json(body) if kind == "application/json" else read_list(body, FILES[kind], asked.column, MAX_ROWS)
        return check(service.counts, numbers, asked.day())

    try:
        found = await anyio.to_thread.run_sync(work)
    except SourceError as error:  # the request is well formed, what it carries is not
        return problem(request, 422, "list-error", error.en, error.zh, **listed(request, error, "body"))
    return answer(request, found, flat_rows(found), asked.format)


def _of_json(body: bytes) -> NumberList:
    try:
        texts = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise SourceError(f"The body is not JSON ({error}).", f"请求体不是 JSON（{error}）。") from None
    if not isinstance(texts, list) or not texts or not all(isinstance(text, str) for text in texts):
        raise SourceError("Send a JSON array of texts, at least one.", "请发送至少含一项的 JSON 文本数组。")
    if any(not text.isprintable() for text in texts):
        raise SourceError("A text holds a control character or half a character.", "文本中有控制字符或不完整的字符。")
    if len(texts) > MAX_ROWS:
        raise SourceError(f"More than {MAX_ROWS} numbers. Split the list.", f"超过 {MAX_ROWS} 个编号。请拆分。")
    return of_texts(texts, "number")
