"""Feeds of changes: valid Atom, the days of the files, stable ids, nothing from the future."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from xml.etree import ElementTree

import httpx
import pytest

from aistandards import feeds
from aistandards.counts import Counts
from aistandards.settings import today
from serving import serving

ATOM = "{http://www.w3.org/2005/Atom}"
LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"


@pytest.fixture(scope="module")
def client(store_folder: Path) -> Iterator[httpx.Client]:
    with serving(store_folder) as address, httpx.Client(base_url=address, timeout=60) as found:
        yield found


@pytest.fixture(scope="module")
def rows(shipped: Path) -> list[dict[str, str]]:
    found = []
    for path in sorted(shipped.glob("standards-*.csv")):
        with path.open(encoding="utf-8", newline="") as handle:
            found += list(csv.DictReader(handle))
    return found


def read(client: httpx.Client, address: str) -> ElementTree.Element:
    """A feed, checked against what RFC 4287 asks of feeds and entries."""
    answer = client.get(address)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
    feed = ElementTree.fromstring(answer.content)
    assert feed.tag == f"{ATOM}feed"
    for name in ("id", "title", "updated"):
        assert len(feed.findall(ATOM + name)) == 1, name
    assert feed.findtext(f"{ATOM}author/{ATOM}name")
    rels = [link.get("rel") for link in feed.findall(f"{ATOM}link")]
    assert rels.count("self") == rels.count("alternate") == 1
    entries = feed.findall(f"{ATOM}entry")
    for entry in entries:
        for name in ("id", "title", "updated", "content"):
            assert entry.findtext(ATOM + name), name
        assert re.match(r"(https?://|tag:)", entry.findtext(f"{ATOM}id") or "")
        assert entry.find(f"{ATOM}link") is not None
    ids = [entry.findtext(f"{ATOM}id") for entry in entries]
    assert len(ids) == len(set(ids))
    moments = [datetime.fromisoformat(entry.findtext(f"{ATOM}updated") or "") for entry in entries]
    assert moments == sorted(moments, reverse=True)
    assert all(moment.utcoffset() is not None and moment.date() <= today() for moment in moments)
    newest = datetime.fromisoformat(feed.findtext(f"{ATOM}updated") or "")
    assert all(newest >= moment for moment in moments)
    return feed


def entries_of(client: httpx.Client, address: str) -> list[ElementTree.Element]:
    """The entries of all pages of a feed."""
    found: list[ElementTree.Element] = []
    following: str | None = address
    while following:
        feed = read(client, following)
        found += feed.findall(f"{ATOM}entry")
        following = next((link.get("href") for link in feed.findall(f"{ATOM}link") if link.get("rel") == "next"), None)
    return found


def ids_of(entries: list[ElementTree.Element]) -> list[str]:
    return [entry.findtext(f"{ATOM}id") or "" for entry in entries]


def test_all_feed_has_every_dated_issue_of_the_files_once(client: httpx.Client, rows: list[dict[str, str]]) -> None:
    ids = ids_of(entries_of(client, "/feeds/all.atom?limit=500"))
    assert len(ids) == len(set(ids))
    issued = {name.partition("#")[0] for name in ids if name.endswith("#issued")}
    dated = [row for row in rows if re.fullmatch(r"\d{4}-\d\d-\d\d", row["issued"]) and row["issued"] <= str(today())]
    assert len(dated) > 500 and len(issued) >= len(dated)
    registered = [name for name in ids if name.endswith("#registered")]
    assert len(registered) > 20 and all("/id/project/" in name for name in registered)


def test_an_entry_says_day_and_what_is_ahead_in_both_languages(client: httpx.Client) -> None:
    said = {}
    for language in ("zh", "en"):
        feed = read(client, f"/feeds/number/gb-45438.atom?lang={language}")
        assert feed.get(LANGUAGE) == ("zh-CN" if language == "zh" else "en")
        entries = {entry.findtext(f"{ATOM}id"): entry for entry in feed.findall(f"{ATOM}entry")}
        issued = entries["https://w3id.org/aistandards/id/standard/gb-45438-2025#issued"]
        said[language] = (issued.findtext(f"{ATOM}title"), issued.findtext(f"{ATOM}content"))
        assert issued.findtext(f"{ATOM}updated") == "2025-02-28T00:00:00+08:00"
    assert said["zh"] == (
        "发布：GB 45438-2025 网络安全技术 人工智能生成合成内容标识方法",
        "2025-02-28 发布；实施日期 2025-09-01。",
    )
    assert (said["en"][0] or "").startswith("issued: GB 45438-2025 ")
    assert said["en"][1] == "issued 2025-02-28; in force from 2025-09-01."


def test_what_lies_ahead_becomes_an_entry_on_its_day(client: httpx.Client) -> None:
    before = ids_of(entries_of(client, "/feeds/number/gb-45438.atom?as_of=2025-08-31"))
    then = ids_of(entries_of(client, "/feeds/number/gb-45438.atom?as_of=2025-09-01"))
    assert set(then) - set(before) == {"https://w3id.org/aistandards/id/standard/gb-45438-2025#in-force"}


def test_a_number_feed_is_of_all_editions_and_names_what_took_over(client: httpx.Client) -> None:
    led = client.get("/feeds/number/GB%2FT%2036464.3-2026.atom", follow_redirects=False)
    assert (led.status_code, led.headers["location"]) == (308, "/feeds/number/gbt-36464.3.atom")
    entries = entries_of(client, "/feeds/number/gbt-36464.3.atom")
    assert all(any(f"gbt-36464.3-{year}#" in name for name in ids_of(entries)) for year in (2018, 2026))
    superseded = [
        e for e in entries_of(client, "/feeds/all.atom?limit=500") if "#superseded" in (e.findtext(f"{ATOM}id") or "")
    ]
    assert superseded and any("代替者 " in (entry.findtext(f"{ATOM}content") or "") for entry in superseded)


def test_feeds_of_a_part_a_committee_and_a_search_hold_their_records(client: httpx.Client) -> None:
    def records(path: str, **params: str) -> set[str]:
        return {entry["iri"] for entry in client.get(path, params={"limit": "1000", **params}).json()["items"]}

    for address, params in (
        ("/feeds/part/guide-2024/CC.atom", {"part": "CC"}),
        ("/feeds/part/draft-2024/E.atom", {"part": "draft-2024/E"}),
        ("/feeds/committee/sac-tc28.atom", {"committee": "sac-tc28"}),
        ("/feeds/search.atom?level=industry&q=大模型", {"q": "大模型", "level": "industry"}),
    ):
        mine = records("/api/v1/standards", **params) | records("/api/v1/projects", **params)
        ids = ids_of(entries_of(client, address + ("&" if "?" in address else "?") + "limit=100"))
        about = {name.partition("#")[0] for name in ids}
        assert about and about <= mine, address
        assert len(about) > len(mine) // 2


def test_feeds_are_cached_paged_and_refuse_bad_input(client: httpx.Client) -> None:
    first = client.get("/feeds/all.atom?limit=3")
    again = client.get("/feeds/all.atom?limit=3", headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304 and not again.content
    for address, status, says in (
        ("/feeds/all.atom?limit=0", 400, "1 to 500"),
        ("/feeds/all.atom?as_of=2999-01-01", 400, "has happened"),
        ("/feeds/all.atom?format=csv", 400, "one form"),
        ("/feeds/all.atom?lang=fr", 400, "lang"),
        ("/feeds/all.atom?cursor=abc", 400, "Begin again"),
        ("/feeds/part/guide-2024/CCC.atom", 400, "CC"),
        ("/feeds/part/guide-2025/CC.atom", 400, "guide-2024"),
        ("/feeds/committee/sac-tc82.atom", 400, "sac-tc28"),
        ("/feeds/number/gbt-99999.atom", 404, "not on record"),
        ("/feeds/search.atom", 400, "q or a filter"),
        ("/feeds/search.atom?level=nationl", 400, "national"),
    ):
        answer = client.get(address)
        assert answer.status_code == status, address
        assert says in answer.json()["detail"] and answer.json()["detail_zh"], answer.text
    read(client, "/feeds/search.atom?q=大模型%3C%26%22%EE%80%80")  # what has to be written otherwise in XML


def test_the_pages_link_to_their_feeds(client: httpx.Client) -> None:
    found = re.compile(r'<link rel="alternate" type="application/atom\+xml"[^>]* href="([^"]+)"')
    for page in (
        "/zh/standards/gbt-45288.1-2025",
        "/en/system/guide-2024/f-health",
        "/zh/search?q=大模型",
        "/en/changes",
        "/id/committee/sac-tc260",
    ):
        answer = client.get(page, follow_redirects=True, headers={"Accept": "text/html"})
        links = found.findall(answer.text)
        assert len(links) == 1, page
        assert client.get(links[0].replace("&amp;", "&"), follow_redirects=True).status_code == 200


def test_ids_do_not_depend_on_the_day_that_is_asked(counts: Counts) -> None:
    early = {one.id: one for one in feeds.of_records(counts, None, date(2025, 1, 1))}
    late = {one.id: one for one in feeds.of_records(counts, None, date(2026, 9, 16))}
    assert early and all(late[name] == one for name, one in early.items())
