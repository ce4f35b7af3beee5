"""Search, lists, facets and pages: the answers equal what plain reading of the files gives."""

from __future__ import annotations

import csv
import json
import sqlite3
import unicodedata
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aistandards.counts import Counts
from aistandards.errors import UsageError
from aistandards.listing import BY_DAY, Asked, Listing, names
from aistandards.namespaces import key_of
from aistandards.search import FILE, KINDS, filters
from aistandards.spelling import better
from aistandards.store import LAYOUT, open_current
from aistandards.words import HAN, asked, fold, places, runs, stem
from conftest import Cli
from serving import serving

DAY = date(2026, 9, 16)


@pytest.fixture(scope="module")
def rows(shipped: Path) -> list[dict[str, str]]:
    """The rows of all files of standards."""
    found = []
    for path in sorted(shipped.glob("standards-*.csv")):
        with path.open(encoding="utf-8", newline="") as handle:
            found += list(csv.DictReader(handle))
    return found


@pytest.fixture(scope="module")
def client(store_folder: Path) -> Iterator[httpx.Client]:
    with serving(store_folder) as address, httpx.Client(base_url=address, timeout=60) as found:
        yield found


def listed(counts: Counts, q: str = "", kinds: tuple[str, ...] = ("standard",), **options: Any) -> dict[str, Any]:
    return Listing(counts, Asked(kinds, DAY, q, **{"limit": 1000, **options})).answer()


def numbers(answer: dict[str, Any]) -> set[str]:
    return {entry["number"] for entry in answer["items"]}


def test_every_stretch_of_a_chinese_title_finds_what_substring_search_finds(counts: Counts) -> None:
    titles: dict[int, str] = {}
    for kind in KINDS:
        for entry in counts.index.entries(kind):
            if entry["title_zh"]:
                at = counts.columns.index(entry["iri"])
                assert at is not None
                titles[at] = fold(entry["title_zh"])
    stretches = {
        run[at : at + size]
        for title in titles.values()
        for run in runs(title)
        if "\u3400" <= run[0] <= "\u9fff"
        for size in range(1, 7)
        for at in range(len(run) - size + 1)
    }
    assert len(stretches) > 15_000
    different = [
        stretch
        for stretch in stretches
        if counts.index.titled(stretch, "zh") != sorted(at for at, title in titles.items() if stretch in title)
    ]
    assert different == []


@pytest.mark.parametrize(
    ("written", "first", "match"),
    [
        ("GB/T 45288.1-2025", "GB/T 45288.1-2025", "number"),
        ("gbt45288.1-2025", "GB/T 45288.1-2025", "number"),
        ("ＧＢ／Ｔ 45288.1—2025", "GB/T 45288.1-2025", "number"),
        ("gbt45288.1", "GB/T 45288.1-2025", "edition"),
        ("GB/T 45288", "GB/T 45288.1-2025", "series"),
        ("45288.2", "GB/T 45288.2-2025", "digits"),
        ("gb45288", "GB/T 45288.1-2025", "digits"),
        ("ISO 42001", "ISO/IEC 42001:2023", "edition"),
        ("iso/iec 42001:2023", "ISO/IEC 42001:2023", "number"),
        ("20241842-q-252", "20241842-Q-252", "number"),
        ("5288", "GB/T 45288.1-2025", "text"),
    ],
)
def test_a_number_in_any_spelling_comes_first(counts: Counts, written: str, first: str, match: str) -> None:
    found = listed(counts, written, KINDS)
    assert (found["items"][0]["number"], found["items"][0]["match"]) == (first, match)


def test_every_number_on_file_finds_itself_first_however_it_is_written(
    counts: Counts, rows: list[dict[str, str]]
) -> None:
    wide = {ord(letter): ord(letter) + 0xFEE0 for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/"}
    for row in rows[::9]:
        number = row["number"]
        for written in (number, number.lower(), number.translate(wide), number.replace("-", "—")):
            assert listed(counts, written, KINDS, limit=1)["items"][0]["number"] == number, written


def test_words_are_found_by_their_beginning_and_in_either_number(counts: Counts, rows: list[dict[str, str]]) -> None:
    def with_word(start: str) -> set[str]:
        return {
            row["number"]
            for row in rows
            if any(word.startswith(start) for run in runs(row["title_en"]) for word in (run, *run.split("-")))
        }

    for written, start in (("graph", "graph"), ("graphs", "graph"), ("manag", "manag"), ("vocabularies", "vocabular")):
        found = listed(counts, written)
        titled = {entry["number"] for entry in found["items"] if "title_en" in entry["marks"]}
        assert titled == with_word(start), written
    assert stem("technologies") == "technolog" and stem("process") == "process" and stem("gas") == "gas"


def test_several_words_all_have_to_be_there_and_more_narrow(counts: Counts) -> None:
    both, one = listed(counts, "大模型 评测"), listed(counts, "评测")
    assert 0 < both["total"] < one["total"] and numbers(both) <= numbers(one)
    assert all(
        "评测" in entry["title_zh"] for entry in both["items"] if "评测" in json.dumps(entry, ensure_ascii=False)
    )


def test_a_record_is_found_by_its_committee_and_its_part(counts: Counts) -> None:
    found = listed(counts, "TC260")
    committees = [key_of(term.value) for e in found["items"] for term in counts.facts.of(e["iri"], "ais:committee")]
    assert found["total"] > 5 and committees.count("sac-tc260") == found["total"]


def test_the_marks_are_where_the_words_stand(counts: Counts) -> None:
    for q in ("大模型", "graph", "45288.2", "大模型 评测"):
        for entry in listed(counts, q, KINDS)["items"]:
            for name, marks in entry["marks"].items():
                for start, end in marks:
                    shown = fold(entry[name][start:end])
                    assert any(word in shown or shown in word for word in asked(q)), (q, entry[name], shown)
    assert places(["知识图谱"], "ＡＢ知识图谱，知识图谱") == [[2, 6], [7, 11]]
    assert places(["graph"], "Graphs of a paragraph") == [[0, 6]]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("知识图普", "知识图谱"),
        ("大模形评测", "大模型评测"),
        ("knowledge grpah", "knowledge graph"),
        ("artifical inteligence", "artificial intelligence"),
        ("GB/T 45288.1-2052", "GB/T 45288.1-2025"),
    ],
)
def test_a_mistyped_word_is_proposed_and_never_replaced(counts: Counts, written: str, meant: str) -> None:
    found = listed(counts, written, KINDS)
    assert meant in better(counts.index, written) or found["total"] > 0
    if found["total"] == 0:
        proposed = {one["q"]: one["total"] for one in found["did_you_mean"]}
        assert proposed[meant] == len(counts.index.search(meant).at) > 0
        assert found["items"] == []


def test_what_is_found_is_not_put_right(counts: Counts) -> None:
    assert listed(counts, "大模型", KINDS)["did_you_mean"] == []
    assert listed(counts, "GB/T 45288.1-2025", KINDS)["did_you_mean"] == []


def test_a_number_that_is_only_doubtful_says_so(counts: Counts) -> None:
    found = listed(counts, "GB/T 46353-2025", KINDS)
    assert found["total"] == 0 and "存疑" in found["not_on_record"]["zh"] and "doubtful" in found["not_on_record"]["en"]


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=40) | st.text(alphabet='"*()^-:NEARandORNOT{}大模型 .+', max_size=30))
def test_no_text_breaks_the_search(counts: Counts, text: str) -> None:
    try:
        found = listed(counts, text.strip(), KINDS, limit=1)
    except UsageError as error:
        assert "letter" in error.en
    else:
        assert found["total"] >= len(found["items"])


# ---------------------------------------------------------------- filters, facets, orders


def test_filters_count_what_the_files_say(counts: Counts, rows: list[dict[str, str]]) -> None:
    def at(**wanted: list[str]) -> set[str]:
        return {row["number"] for row in rows if all(row[name] in values for name, values in wanted.items())}

    assert numbers(listed(counts, wanted={"level": ["industry"]})) == at(level=["industry"])
    both = listed(counts, wanted={"level": ["industry", "group"], "scope": ["core"]})
    assert both["total"] == len(at(level=["industry", "group"], scope=["core"]))
    mandatory = listed(counts, wanted={"nature": ["mandatory"], "level": ["national"]})
    assert numbers(mandatory) == at(nature=["mandatory"], level=["national"])
    inside = listed(counts, wanted={"part": ["CC"]})
    assert numbers(inside) == {row["number"] for row in rows if "CC" in row["part"].split(";")}
    above = listed(counts, wanted={"part": ["F"]})
    assert numbers(above) == {
        row["number"] for row in rows if any(one.split(":")[0] == "F" for one in row["part"].split(";"))
    }
    adopted = listed(counts, wanted={"degree": ["IDT", "MOD"]})
    assert adopted["total"] > 10 and {entry["level"] for entry in adopted["items"]} >= {"national"}


def test_a_part_of_any_edition_may_be_asked_for(counts: Counts) -> None:
    by_path = listed(counts, wanted={"part": ["draft-2024/E"]})
    by_system = listed(counts, wanted={"part": ["E"]}, system="draft-2024")
    assert numbers(by_path) == numbers(by_system) and by_path["total"] > 50
    halves = listed(counts, wanted={"part": ["E", "F"]})  # what the final edition made of it
    assert numbers(by_path) == numbers(halves) != numbers(listed(counts, wanted={"part": ["E"]}))


def test_the_status_filter_is_of_the_day(counts: Counts) -> None:
    for day in (date(2020, 1, 1), DAY):
        found = Listing(counts, Asked(("standard",), day, wanted={"status": ["in-force"]}, limit=1000)).answer()
        assert found["total"] > 10
        for entry in found["items"][::20]:
            assert counts.history.status(entry["iri"], day)[0] == entry["status"] == "in-force"


def test_a_verdict_filter_counts_as_coverage_does(counts: Counts) -> None:
    from aistandards.rules import pick

    for name in ("guide", "stock"):
        counted = counts.count(counts.request(pick(counts.rules, name), DAY))
        assert listed(counts, wanted={"verdict": ["counts"]}, rule=name)["total"] == counted


def test_each_facet_count_is_the_total_with_that_value_alone_chosen(counts: Counts) -> None:
    chosen = {"level": ["national", "industry"], "scope": ["core"], "part": ["C"]}
    for q in ("", "大模型"):
        found = listed(counts, q, wanted=chosen, facets=tuple(names()))
        assert set(found["facets"]) == set(names())
        for name, facet in found["facets"].items():
            for value in facet["values"]:
                alone = listed(counts, q, wanted={**chosen, name: [value["value"]]}, limit=1)
                assert alone["total"] == value["count"], (q, name, value)
                assert value["chosen"] == (value["value"] in chosen.get(name, []))
                assert value["label_zh"] and value["label_en"]
        everything = listed(counts, q, wanted={**chosen, "level": []}, limit=1)["total"]
        assert sum(v["count"] for v in found["facets"]["level"]["values"]) == everything


def test_facets_equal_a_count_over_the_files(counts: Counts, rows: list[dict[str, str]]) -> None:
    found = listed(counts, wanted={"scope": ["core"]}, facets=("level", "nature"))["facets"]
    core = [row for row in rows if row["scope"] == "core"]
    for name in ("level", "nature"):
        expected = Counter(row[name] for row in core)
        assert found[name]["without"] == expected.pop("", 0)
        assert {value["value"]: value["count"] for value in found[name]["values"]} == expected


def test_lists_are_sorted_by_several_fields_and_what_is_unknown_is_last(counts: Counts) -> None:
    for sort in (("issued",), ("-issued",)):
        found = listed(counts, limit=1000, sort=sort)["items"]
        days = [counts.facts.text(entry["iri"], "ais:issuedEarliest") for entry in found]
        known_days = [day for day in days if day]
        assert days[: len(known_days)] == sorted(known_days, reverse=sort == ("-issued",))
    assert listed(counts, sort=("-implemented",), limit=1)["items"][0]["implemented"]
    found = listed(counts, sort=("level", "-number"))["items"]
    levels = [entry["level"] for entry in found]
    assert levels == sorted(levels)
    by_number = [entry["number"] for entry in listed(counts)["items"]]
    nationals = [entry["number"] for entry in found if entry["level"] == "national"]
    assert nationals == [number for number in reversed(by_number) if number in set(nationals)]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"wanted": {"level": ["nationl"]}}, "national"),
        ({"wanted": {"part": ["CCC"]}}, "CC"),
        ({"wanted": {"committee": ["SAC/TC82"]}}, "SAC/TC"),
        ({"wanted": {"year": ["20x5"]}}, "year"),
        ({"wanted": {"degree": ["idt"]}}, "IDT"),
        ({"wanted": {"verdict": ["count"]}}, "counts"),
        ({"wanted": {"colour": ["red"]}}, "Unknown filter"),
        ({"facets": ("levl",)}, "level"),
        ({"sort": ("isued",)}, "issued"),
        ({"sort": ("relevance",)}, "goes with q"),
        ({"sort": ("number", "number")}, "twice"),
        ({"limit": 0}, "1 to 1000"),
        ({"limit": 1001}, "1 to 1000"),
        ({"q": "x" * 201}, "1 to 200"),
        ({"q": "——！"}, "no letter"),
        ({"wanted": {"level": ["national"] * 51}}, "at most 50"),
        ({"system": "guide-2025", "wanted": {"part": ["C"]}}, "guide-2024"),
        ({"rule": "guid", "wanted": {"verdict": ["counts"]}}, "guide"),
    ],
)
def test_what_is_unknown_is_refused_with_what_there_is(counts: Counts, options: dict[str, Any], says: str) -> None:
    with pytest.raises(UsageError) as refused:
        listed(counts, **options)
    assert says in refused.value.en and refused.value.zh


def test_every_filter_that_is_described_leads_to_values(counts: Counts) -> None:
    for name, one in filters().items():
        assert one.zh and one.en and name not in BY_DAY
        assert counts.index.pairs(name).values, name


# ---------------------------------------------------------------- over HTTP


def get(client: httpx.Client, path: str, **params: Any) -> dict[str, Any]:
    answer = client.get(path, params=params)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.mark.parametrize(
    "path", ["/api/v1/search?q=人工智能", "/api/v1/standards?level=national", "/api/v1/committees"]
)
def test_pages_hold_every_record_once(client: httpx.Client, path: str) -> None:
    whole = client.get(path + ("&" if "?" in path else "?") + "limit=1000").json()
    seen: list[str] = []
    address: str | None = path + ("&" if "?" in path else "?") + "limit=37"
    while address:
        answer = client.get(address)
        body = answer.json()
        assert body["total"] == whole["total"]
        seen += [entry["iri"] for entry in body["items"]]
        following = answer.links.get("next", {}).get("url")
        assert bool(following) == (body["next"] is not None)
        address = following
    assert seen == [entry["iri"] for entry in whole["items"]] and len(seen) == len(set(seen)) == whole["total"]


def test_a_cursor_holds_for_its_question_and_build_only(client: httpx.Client) -> None:
    first = get(client, "/api/v1/standards", level="national", limit=10)
    second = get(client, "/api/v1/standards", level="national", limit=10, cursor=first["next"])
    assert second["items"][0] not in first["items"] and second["previous"] is None
    third = get(client, "/api/v1/standards", level="national", limit=10, cursor=second["next"])
    back = get(client, "/api/v1/standards", level="national", limit=10, cursor=third["previous"])
    assert back["items"] == second["items"]
    changed = first["next"][:-2] + ("AA" if first["next"][-2:] != "AA" else "BB")
    for cursor, level in (
        (changed, "national"),
        (first["next"], "industry"),
        ("10", "national"),
        ("Wzk5OV0", "national"),
    ):
        answer = client.get("/api/v1/standards", params={"level": level, "limit": 10, "cursor": cursor})
        assert answer.status_code == 400 and "Begin again" in answer.json()["detail"], cursor
        assert "重新开始" in answer.json()["detail_zh"]


def test_a_cursor_of_another_build_is_refused() -> None:
    from aistandards.api.paging import Place, cursor_of, place_of

    question, place = {"level": ["national"], "path": "/api/v1/standards"}, Place(100, DAY)
    cursor = cursor_of("build-a", question, place)
    assert place_of("build-a", question, cursor, date(2026, 9, 17)) == place  # the day of the first page holds
    with pytest.raises(UsageError):
        place_of("build-b", question, cursor, DAY)


def test_search_over_http_with_facets_csv_and_bad_input(client: httpx.Client) -> None:
    body = get(client, "/api/v1/search", q="大模型", facets="level,kind", limit=5)
    assert {"total", "items", "next", "facets", "did_you_mean"} <= set(body) and len(body["items"]) == 5
    assert sum(value["count"] for value in body["facets"]["kind"]["values"]) == body["total"]
    table = client.get("/api/v1/search", params={"q": "大模型", "format": "csv", "limit": 1000})
    found = list(csv.DictReader(table.text.lstrip("\ufeff").splitlines()))
    assert len(found) == body["total"] and {"status", "stage"} <= set(found[0])
    assert client.get("/api/v1/search", params={"q": "大模型", "format": "xlsx"}).content[:2] == b"PK"
    for q in (None, "", "  ", "！？", "字" * 201):
        answer = client.get("/api/v1/search", params={} if q is None else {"q": q})
        assert answer.status_code == 400 and answer.json()["detail_zh"], q
    etag = client.get("/api/v1/search", params={"q": "芯"}).headers["etag"]
    assert client.get("/api/v1/search", params={"q": "芯"}, headers={"If-None-Match": etag}).status_code == 304


def test_committees_are_filtered(client: httpx.Client) -> None:
    under = get(client, "/api/v1/committees", parent="SAC/TC28")
    assert under["total"] >= 1 and {entry["parent"] for entry in under["items"]} == {"sac-tc28"}
    assert get(client, "/api/v1/committees", q="tc260")["items"][0]["id"] == "sac-tc260"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_search_page_needs_no_script(client: httpx.Client, language: str) -> None:
    page = client.get(f"/{language}/search", params={"q": "大模型"})
    assert page.status_code == 200 and "<script" not in page.text and "<mark>大模型</mark>" in page.text
    total = get(client, "/api/v1/search", q="大模型")["total"]
    assert f" {total}" in page.text and 'type="application/atom+xml"' in page.text
    assert client.get(f"/{language}/search").status_code == 200
    meant = client.get(f"/{language}/search", params={"q": "知识图普"})
    assert "知识图谱" in meant.text
    led = client.get(f"/{language}/search", params={"q": "gbt45288.1"}, follow_redirects=False)
    assert (led.status_code, led.headers["location"]) == (303, f"/{language}/standards/gbt-45288.1-2025")
    assert client.get(f"/{language}/search", params={"q": "；"}).status_code == 400
    assert client.get(f"/{language}/projects", params={"stage": "drafting"}).status_code == 200


# ---------------------------------------------------------------- the file, the command line


def test_a_damaged_index_names_the_fix(own_store: Path) -> None:
    build = open_current(own_store)
    (build.path / FILE).write_bytes(b"no database" * 100)
    from aistandards.errors import StoreError

    with pytest.raises(StoreError, match="aistandards build"):
        _ = Counts.of(build).index
    (build.path / FILE).unlink()
    with pytest.raises(StoreError, match="aistandards build"):
        _ = Counts.of(build).index


def test_the_index_is_read_only_and_part_of_the_layout(store_folder: Path, counts: Counts) -> None:
    assert LAYOUT >= 3
    with pytest.raises(Exception, match="cannot be read"):
        counts.index.rows("DELETE FROM record")
    with sqlite3.connect(open_current(store_folder).path / FILE) as database:
        [(records,)] = database.execute("SELECT count(*) FROM record")
    assert records == sum(len(counts.index.entries(kind)) for kind in KINDS)


def test_an_index_made_in_memory_answers_the_same(counts: Counts) -> None:
    from aistandards.search import Index

    made = Index.of(counts.facts, counts.columns)
    for q in ("大模型", "graph", "gbt45288.1"):
        assert made.search(q).at.tolist() == counts.index.search(q).at.tolist()
    assert made.entries("standard") == counts.index.entries("standard")


def test_han_covers_what_titles_have(rows: list[dict[str, str]]) -> None:
    letters = {letter for row in rows for letter in row["title_zh"] if unicodedata.category(letter) == "Lo"}
    assert all("\u3400" <= letter <= "\u9fff" for letter in letters) and HAN


def test_search_on_the_command_line(cli: Cli) -> None:
    shown = json.loads(cli("search", "大模型", "--level", "national", "--facets", "level", "--format", "json").stdout)
    assert shown["total"] > 5 and {entry["level"] for entry in shown["items"]} == {"national"}
    text = cli("search", "知识图普", "--lang", "zh")
    assert text.code == 0 and "知识图谱" in text.stdout
    assert cli("search", "！！").code == 2 and cli("search", "大模型", "--level", "nationl").code == 2
    table = list(csv.DictReader(cli("search", "芯片", "--format", "csv").stdout.splitlines()))
    assert table and all("number" in row for row in table)
