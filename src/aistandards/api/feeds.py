"""Atom feeds (RFC 4287) of what happened: to a part, a committee, a number, a saved search, or all records."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Final, Literal
from urllib.parse import quote, urlencode
from xml.etree import ElementTree

from fastapi import APIRouter, Query, Request
from pydantic import Field
from starlette.responses import RedirectResponse, Response

from aistandards import feeds
from aistandards.api import Service
from aistandards.api.answers import Kept
from aistandards.api.lists import Filters, KeptService, cursors
from aistandards.api.negotiation import has, tag
from aistandards.api.paging import address_with, place_of
from aistandards.api.prefix import in_page
from aistandards.errors import UsageError
from aistandards.feeds import KINDS, Happening
from aistandards.listing import Asked, Listing, label_of_filter, names
from aistandards.namespaces import key_of
from aistandards.rules import Label
from aistandards.search import KINDS as OF_RECORDS
from aistandards.settings import today

router = APIRouter(prefix="/feeds", tags=["feeds"])
ATOM: Final = "http://www.w3.org/2005/Atom"
XML_LANG: Final = "{http://www.w3.org/XML/1998/namespace}lang"
MEDIA: Final = "application/atom+xml"
MAX_ENTRIES: Final = 500
TAG: Final = "tag:w3id.org,2026:aistandards/feed/"
AUTHOR: Final = "aistandards"
ElementTree.register_namespace("", ATOM)


class Feed(Kept):
    """A page of a feed; ``limit`` is 1 to 500, ``cursor`` is of the page before."""

    lang: Literal["zh", "en"] = "zh"
    limit: int = Field(50, ge=1, le=MAX_ENTRIES, description=f"1 to {MAX_ENTRIES}")
    cursor: str | None = None


class FoundFeed(Filters):
    """A saved search as a feed: the words and filters of ``/api/v1/search``, without a page of its own."""

    lang: Literal["zh", "en"] = "zh"
    limit: int = Field(50, ge=1, le=MAX_ENTRIES, description=f"1 to {MAX_ENTRIES}")


@dataclass(frozen=True, slots=True)
class About:
    """What a feed is about: a stable name, its title, the page that shows the same."""

    name: str
    title: Label
    page: str


@router.get("/all.atom")
def everything(request: Request, asked: Annotated[Feed, Query()], service: KeptService) -> Response:
    """Return what happened to all standards and projects on record."""
    return _feed(request, service, asked, About("all", Label("全部变化", "All changes"), "changes"), None)


@router.get("/part/{edition}/{notation}.atom")
def part(
    request: Request, edition: str, notation: str, asked: Annotated[Feed, Query()], service: KeptService
) -> Response:
    """Return what happened in a part of a system and below it."""
    _, name, label = feeds.part_named(service.counts, edition, notation)
    title = Label(f"{edition} {name} {label.zh}", f"{edition} {name} {label.en}")
    page = f"system/{edition}/{quote(name.lower().replace(':', '-'), safe='')}"
    records = _records(service, asked.day(), {"part": [f"{edition}/{name}"]})
    return _feed(request, service, asked, About(f"part/{edition}/{name}", title, page), records)


@router.get("/committee/{name:path}.atom")
def committee(request: Request, name: str, asked: Annotated[Feed, Query()], service: KeptService) -> Response:
    """Return what happened to the records of a committee and of those under it."""
    key, label = feeds.committee_named(service.counts, name)
    about = About(f"committee/{key}", label, f"standards?{urlencode({'committee': key})}")
    return _feed(request, service, asked, about, _records(service, asked.day(), {"committee": [key]}))


@router.get("/number/{number:path}.atom")
def number(request: Request, number: str, asked: Annotated[Feed, Query()], service: KeptService) -> Response:
    """Return what happened to all editions of a number and the projects behind them; other spellings are led to the slug."""
    work = feeds.work_of(service.counts, number, asked.day())
    if number != work.slug:
        query = f"?{request.url.query}" if request.url.query else ""
        return RedirectResponse(f"/feeds/number/{quote(work.slug, safe='')}.atom{query}", 308)
    about = About(f"number/{work.slug}", Label(work.number, work.number), f"search?{urlencode({'q': work.number})}")
    return _feed(request, service, asked, about, work.records)


@router.get("/search.atom")
def search(request: Request, asked: Annotated[FoundFeed, Query()], service: KeptService) -> Response:
    """Return what happened to the records that a search finds now."""
    chosen = {name: [v for v in getattr(asked, name) if v] for name in names()}
    query = [("q", asked.q)] if asked.q else []
    query += [(name, value) for name, values in chosen.items() for value in values]
    if not query:
        raise UsageError(
            "A feed of a search needs q or a filter; /feeds/all.atom has everything.",
            "检索订阅须有 q 或筛选项；全部变化见 /feeds/all.atom。",
        )
    said = [f"{label_of_filter(name)['label_zh']}={value}" for name, values in chosen.items() for value in values]
    said_en = [f"{name}={value}" for name, values in chosen.items() for value in values]
    title = Label(
        "检索 " + " ".join([asked.q or "", *said]).strip(), "search " + " ".join([asked.q or "", *said_en]).strip()
    )
    records = _records(service, asked.day(), chosen, (asked.q or "").strip(), asked.rule, asked.system)
    about = About(f"search?{urlencode(query)}", title, f"search?{urlencode(query)}")
    return _feed(request, service, asked, about, records)


def _records(
    service: Service,
    day: date,
    wanted: dict[str, list[str]],
    q: str = "",
    rule: str = "guide",
    system: str = "guide-2024",
) -> frozenset[str]:
    """Return the records of a list."""
    found = Listing(service.counts, Asked(OF_RECORDS, day, q, wanted, rule, system)).found
    iris = service.counts.columns.iris
    return frozenset(iris[at] for at in found.tolist())


def _feed(
    request: Request, service: Service, asked: Feed | FoundFeed, about: About, records: Iterable[str] | None
) -> Response:
    """Return a page of a feed; 304 to a client that has it."""
    day = feeds.check_day(asked.day(), today())
    if asked.format:
        raise UsageError("A feed has one form, Atom; leave format out.", "订阅只有 Atom 一种形式；请去掉 format。")
    question = {"feed": about.name, "as_of": asked.as_of, "lang": asked.lang}
    place = place_of(service.build.id, question, asked.cursor, day)
    headers = {
        "ETag": tag(service.build.id, request.url.path, request.url.query, today()),
        "Cache-Control": "no-cache",
        "X-Build": service.build.id[:16],
    }
    if has(request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    found = feeds.of_records(service.counts, records, place.day)
    around = cursors(service, question, place, asked.limit, len(found))
    root = _head(service, asked.lang, about, found)
    links = {"self": request.url.path + (f"?{request.url.query}" if request.url.query else "")}
    links["alternate"] = f"/{asked.lang}/{about.page}"
    if around["next"]:
        links["next"] = address_with(request, around["next"])
    if asked.cursor:
        links |= {"first": address_with(request, None), "previous": address_with(request, around["previous"])}
    for rel, address in links.items():
        media = "text/html" if rel == "alternate" else MEDIA
        ElementTree.SubElement(root, f"{{{ATOM}}}link", rel=rel, href=address, type=media)
    for one in found[place.start : place.start + asked.limit]:
        root.append(_entry(service, one, asked.lang))
    text = ElementTree.tostring(root, encoding="unicode", xml_declaration=False)
    page = in_page('<?xml version="1.0" encoding="utf-8"?>\n' + text, service.settings.root_path)
    return Response(page, media_type=f"{MEDIA}; charset=utf-8", headers=headers)


def _head(service: Service, language: str, about: About, found: list[Happening]) -> ElementTree.Element:
    """Return a feed without entries; without any, it is as new as the build."""
    root = ElementTree.Element(f"{{{ATOM}}}feed", {XML_LANG: "zh-CN" if language == "zh" else "en"})
    title = about.title.zh if language == "zh" else about.title.en
    section = "人工智能标准图谱" if language == "zh" else "AI standards graph"
    _add(root, "id", f"{TAG}{about.name}" + ("" if language == "zh" else f"{'&' if '?' in about.name else '?'}lang=en"))
    _add(root, "title", f"{title} · {section}")
    _add(root, "updated", instant(found[0].day) if found else str(service.build.manifest["built"]))
    _add(ElementTree.SubElement(root, f"{{{ATOM}}}author"), "name", AUTHOR)
    _add(root, "generator", f"aistandards {service.build.id[:16]}")
    _add(root, "rights", "CC BY 4.0")
    return root


def _entry(service: Service, one: Happening, language: str) -> ElementTree.Element:
    """Return one happening as an entry, updated on the day it happened, or by which it surely had."""
    said = feeds.told(service.counts, one)
    entry = ElementTree.Element(f"{{{ATOM}}}entry")
    _add(entry, "id", one.id)
    _add(entry, "title", said[f"title_{language}"])
    _add(entry, "updated", instant(one.day))
    kind = "projects" if one.kind == "registered" else "standards"
    address = f"/{language}/{kind}/{quote(key_of(one.record), safe='')}"
    ElementTree.SubElement(entry, f"{{{ATOM}}}link", rel="alternate", href=address, type="text/html")
    word = KINDS[one.kind]
    label = word.zh if language == "zh" else word.en
    ElementTree.SubElement(entry, f"{{{ATOM}}}category", term=one.kind, label=label)
    ElementTree.SubElement(entry, f"{{{ATOM}}}content", type="text").text = said[f"text_{language}"]
    return entry


def _add(parent: ElementTree.Element, name: str, text: Any) -> None:
    shown = "".join(letter if letter.isprintable() else " " for letter in str(text))  # XML has no control characters
    ElementTree.SubElement(parent, f"{{{ATOM}}}{name}").text = shown


def instant(day: date) -> str:
    """Return the beginning of a day in Shanghai as RFC 3339 writes it."""
    return f"{day}T00:00:00+08:00"
