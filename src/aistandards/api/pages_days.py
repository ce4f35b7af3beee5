"""Routes of the pages on days and releases: changes, validity of a list, releases, and the printable report."""

from __future__ import annotations

import base64
import hashlib
from datetime import timedelta
from typing import Annotated, Any, Final
from urllib.parse import parse_qsl, urlencode

import anyio.to_thread
from fastapi import APIRouter, Query, Request
from pydantic import Field, ValidationError
from starlette.responses import HTMLResponse, Response

from aistandards import changes as two_days
from aistandards import releases as kept
from aistandards import store
from aistandards.api import Service, release_of
from aistandards.api.answers import Day, Kept, answer
from aistandards.api.bodies import body_of
from aistandards.api.comparing import MAX_BODY, MAX_ROWS, Changes, Releases, ServiceOf
from aistandards.api.counting import KeptService
from aistandards.api.pages import Language, render
from aistandards.api.prefix import in_page
from aistandards.api.watching import POLICY
from aistandards.counts import DEFAULT_SYSTEM
from aistandards.errors import SourceError, UsageError
from aistandards.numberlists import read_list
from aistandards.report import report
from aistandards.rules import pick
from aistandards.settings import parse_day, today
from aistandards.validity import check, flat_rows

router = APIRouter(include_in_schema=False)
YEAR: Final = timedelta(days=365)
MAX_ADDRESS: Final = 4_000  # characters of a list in an address; longer ones are posted
MAX_TEXT: Final = 500_000


class Between(Changes):
    """What is asked of the changes; by default of the last year."""

    first: str = Field("", alias="from")
    last: str = Field("", alias="to")


class Pasted(Day):
    """A list of numbers as it was pasted."""

    numbers: str = Field("", max_length=MAX_TEXT)


class Printed(Kept):
    """What is asked of the report: the rule that leads it and the edition of its tables."""

    rule: str = "guide"
    system: str = DEFAULT_SYSTEM


@router.get("/{language:language}/changes")
def changes_page(
    request: Request, language: Language, asked: Annotated[Between, Query()], service: ServiceOf
) -> Response:
    """What changed between two days or two releases, and which counts moved because of which records."""
    last = asked.last or str(today())
    first = asked.first or str((parse_day(last) if two_days.are_days(last, last) else today()) - YEAR)
    options = {**asked.model_dump(exclude={"first", "last", "format"}, exclude_none=True), "from": first, "to": last}
    days = two_days.are_days(first, last)
    body = _days(service, asked, first, last) if days else _releases(service, asked, first, last)
    counts = service.counts
    return render(
        request,
        "changes.html",
        language,
        a=body,
        days=days,
        asked=options,
        rules=counts.rules,
        switches=counts.switches,
        parts=counts.view(two_days.SYSTEM).as_dict()["parts"],
    )


def _days(service: Service, asked: Between, first: str, last: str) -> dict[str, Any]:
    two_days.no_option(asked.as_of or None, "as_of")
    counts = service.counts
    rules = [pick(counts.rules, name) for name in dict.fromkeys(asked.rule)] or counts.rules
    wanted = two_days.filter_of(counts, asked.part, asked.committee)
    return two_days.changes(counts, parse_day(first), parse_day(last), rules, wanted, asked.reading())


def _releases(service: Service, asked: Between, first: str, last: str) -> dict[str, Any]:
    for name in ("part", "committee"):
        two_days.no_option(getattr(asked, name) or None, name)
    old, new = (release_of(service.settings, name) for name in (first, last))
    day = parse_day(asked.as_of) if asked.as_of else None
    return kept.compare(old, new, list(dict.fromkeys(asked.rule)), day, asked.reading())


@router.get("/{language:language}/releases")
def releases_page(
    request: Request, language: Language, asked: Annotated[Releases, Query()], service: ServiceOf
) -> Response:
    """The releases kept, with what each counts and says of a number."""
    found = [release_of(service.settings, name) for name in store.releases(service.settings.store)]
    body = kept.releases(
        found, list(dict.fromkeys(asked.rule)), asked.number or None, asked.day(), service.counts.rules
    )
    return render(request, "releases.html", language, a=body, rules=service.counts.rules)


@router.get("/{language:language}/status")
def status_page(
    request: Request, language: Language, asked: Annotated[Pasted, Query()], service: ServiceOf
) -> Response:
    """Whether the numbers of a short list are still valid; without any, the form."""
    if len(asked.numbers) > MAX_ADDRESS:
        raise UsageError(
            f"numbers has more than {MAX_ADDRESS} characters; send longer lists with the form (POST).",
            f"numbers 超过 {MAX_ADDRESS} 个字符；较长的列表请用表单（POST）提交。",
        )
    return _checked(request, language, asked, service)


@router.post("/{language:language}/status")
async def status_of_pasted(request: Request, language: Language, service: ServiceOf) -> Response:
    """The same for a list of any length that the form sent."""
    body = await body_of(request, MAX_BODY, "list-error")
    if isinstance(body, Response):
        return body
    try:
        asked = Pasted.model_validate(dict(parse_qsl(body.decode("utf-8", "replace"), max_num_fields=10)))
    except (ValidationError, ValueError):
        raise UsageError(
            f"Send a form with numbers (up to {MAX_TEXT} characters), as_of and format (csv, xlsx).",
            f"请提交含 numbers（至多 {MAX_TEXT} 个字符）、as_of 和 format（csv、xlsx）的表单。",
        ) from None
    return await anyio.to_thread.run_sync(_checked, request, language, asked, service)


def _checked(request: Request, language: Language, asked: Pasted, service: Service) -> Response:
    found, refused, link = None, None, ""
    if asked.numbers.strip():
        try:
            listed = read_list(asked.numbers.encode(), "list.txt", None, MAX_ROWS)
            found = check(service.counts, listed, asked.day())
        except SourceError as error:
            refused = error.zh if language == "zh" else error.en
        else:
            if asked.format:
                return answer(request, found, flat_rows(found), asked.format)
            numbers = [r["input"] for item in found["items"] for r in item["results"] if r["input"]][:501]
            link = urlencode({"number": numbers, "as_of": found["as_of"]}, doseq=True)
            link = link if len(numbers) <= 500 and len(link) <= MAX_ADDRESS else ""
    return render(
        request,
        "status.html",
        language,
        422 if refused else 200,
        a=found,
        refused=refused,
        link=link,
        numbers=asked.numbers,
        as_of=str(asked.day()),
        max_rows=MAX_ROWS,
        max_text=MAX_TEXT,
    )


@router.get("/{language:language}/report")
def report_page(
    request: Request, language: Language, asked: Annotated[Printed, Query()], service: KeptService
) -> Response:
    """The printable report; its styles stand in it, and only these are allowed by their hash."""
    counts = service.counts
    one = counts.request(pick(counts.rules, asked.rule), asked.day(), system=asked.system)
    page = report(counts, one, language, service.build.id, f"/{language}/")
    style = page.partition("<style>")[2].partition("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    headers = {
        "Content-Security-Policy": POLICY.replace("style-src 'self'", f"style-src 'sha256-{digest}'"),
        "Cache-Control": "no-cache",
        "Content-Language": "zh-CN" if language == "zh" else "en",
        "X-Build": service.build.id[:16],
    }
    return HTMLResponse(in_page(page, service.settings.root_path), headers=headers)
