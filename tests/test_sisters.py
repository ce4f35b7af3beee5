"""Systems beside the guide, how exact a converted count is, and a system of one's own: recomputed here from the files alone."""

from __future__ import annotations

import csv
import io
import re
from collections import defaultdict
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from aistandards import neighbours, pipeline
from aistandards.counts import Counts
from aistandards.coverage import coverage, records
from aistandards.rules import pick
from aistandards.settings import resource
from aistandards.store import open_current
from aistandards.systems import editions
from aistandards.targets import targets
from conftest import Cli

SYSTEMS = (resource("ontology") / "systems.ttl").read_text(encoding="utf-8")
IRI = r"<https://w3id\.org/aistandards/id/system/([^/>]+)/([^>]+)>"
EDITIONS = ("draft-2024", "guide-2020", "guide-2024")
DAY = date(2026, 9, 16)
DOCS = Path(__file__).resolve().parents[1] / "docs" / "systems.md"


def table(name: str) -> list[dict[str, str]]:
    with (resource("data") / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def links() -> list[tuple[str, str, str, str]]:
    """Every mapping of the editions as (edition, part, relation, part of guide-2024), read off the Turtle by pattern."""
    found = re.findall(
        rf"^{IRI} skos:(\w+)Match <https://w3id\.org/aistandards/id/system/guide-2024/([^>]+)> \.", SYSTEMS, re.M
    )
    return [(edition, part, relation, other) for edition, part, relation, other in found]


def above() -> dict[tuple[str, str], str]:
    """The parent of every part of the editions, by edition and key."""
    found: dict[tuple[str, str], str] = {}
    for block in SYSTEMS.split("\n\n"):
        head = re.match(rf"{IRI} a ais:Part", block)
        wider = re.search(rf"skos:broader {IRI}", block)
        if head and wider:
            found[head[1], head[2]] = wider[2]
    return found


ABOVE = above()
KEYS = {(m[1], m[2]) for m in re.finditer(rf"{IRI} a ais:Part", SYSTEMS)}


def line(edition: str, key: str) -> list[str]:
    return [key] if (edition, key) not in ABOVE else [key, *line(edition, ABOVE[edition, key])]


def landing(edition: str) -> dict[str, str | None]:
    """In which part of an edition every part of guide-2024 lands: the first on its way up that an exact or narrow link names."""
    guide = [key for system, key in KEYS if system == "guide-2024"]
    if edition == "guide-2024":
        return {key: key for key in guide}
    carries = {o: p for e, p, relation, o in links() if e == edition and relation in ("exact", "narrow")}
    return {key: next((carries[step] for step in line("guide-2024", key) if step in carries), None) for key in guide}


def exactness(edition: str, top: str) -> str:
    """exact, split, merged or none, from what lands in a top part."""
    if edition == "guide-2024":
        return "exact"
    lands = {key for key, part in landing(edition).items() if part and line(edition, part)[-1] == top}
    own = {(relation, other) for e, part, relation, other in links() if e == edition and part == top}
    same = [other for relation, other in own if relation == "exact"]
    whole = {key for key, _ in landing("guide-2024").items() if same and same[0] in line("guide-2024", key)}
    if not lands:
        return "none"
    if same and lands == whole:
        return "exact"
    return "split" if any(relation == "narrow" for relation, _ in own) else "merged"


def own_parts() -> dict[str, str]:
    """The primary part of every Chinese standard and project, as a key."""
    names = sorted([*resource("data").glob("standards-*.csv"), *resource("data").glob("projects-*.csv")])
    rows = [row for path in names for row in table(path.name) if row["part"]]
    return {row.get("number") or row["id"]: row["part"].split(";")[0].strip().lower().replace(":", "-") for row in rows}


def request(counts: Counts, system: str, **switches: str) -> Any:
    return counts.request(pick(counts.rules, "guide"), DAY, switches, system=system)


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("scope", ["core", "all"])
def test_a_count_in_an_edition_and_how_exact_it_is_follow_from_the_crosswalk(
    edition: str, scope: str, counts: Counts
) -> None:
    asked = request(counts, edition, scope=scope, guidance="yes")
    answer, lands, parts = coverage(counts, asked), landing(edition), own_parts()
    expected: dict[str | None, int] = defaultdict(int)
    for record in records(counts, asked):
        if record["verdict"] == "counts":
            part = lands[parts[record["number"]]]
            expected[line(edition, part)[-1] if part else None] += 1
    for row in answer["rows"]:
        key = row["notation"].lower() if row["notation"] else None
        assert row["counted"] == expected[key], row
        assert row["exactness"] == (exactness(edition, key) if key else "none"), row
        for half in row["halves"]:
            assert half["exactness"] == "exact"
    assert sum(row["counted"] for row in answer["rows"]) == answer["counted"] > 100


def test_all_four_words_of_exactness_are_seen(counts: Counts) -> None:
    said = {row["notation"]: row["exactness"] for row in coverage(counts, request(counts, "guide-2020"))["rows"]}
    assert said == {"A": "merged", "B": "merged", "C": "merged", "D": "merged", "E": "merged", "F": "merged", "G": "split", "H": "none", None: "none"}  # fmt: skip
    assert {p["exactness"] for p in counts.view("guide-2020").as_dict()["parts"]} == {
        "exact",
        "split",
        "merged",
        "none",
    }


def test_what_is_no_part_has_no_exactness(counts: Counts) -> None:
    asked = counts.request(pick(counts.rules, "guide"), DAY, by="level")
    assert {(row["exactness"], row["related"]) for row in coverage(counts, asked)["rows"]} == {(None, None)}


def test_every_link_says_why_who_and_when_in_both_languages(counts: Counts) -> None:
    told = [
        (edition, part["notation"], n["relation"], n["system"], n["notation"])
        for edition in editions(counts.facts)
        for part in neighbours.system(counts, edition)["parts"]
        for n in part["neighbours"]
        if n["direction"] == "out"
        and n["reason_zh"] and n["reason_en"] and n["reason_zh"] != n["reason_en"]
        and n["judged_by"] and date.fromisoformat(n["judged_on"]) and n["source"]
        and n["carries"] is (n["relation"] in ("exact", "narrow"))
    ]  # fmt: skip
    expected = {(e, p, r, "guide-2024", o) for e, p, r, o in links()}
    expected |= {
        (r["from_system"], r["from_notation"].lower(), r["relation"], r["to_system"], r["to_notation"].lower())
        for r in table("crosswalk.csv")
    }
    assert {(e, p.lower(), r, s, o.lower().replace(":", "-")) for e, p, r, s, o in told} == expected
    assert len(told) == len(expected) == len(links()) + len(table("crosswalk.csv"))


SISTERS = sorted({row["system"] for row in table("sister_systems.csv")})


def test_four_systems_stand_beside_the_guide() -> None:
    assert SISTERS == ["heis-2026", "pilot-test-2025", "smart-society-2025", "tc260-ai-security-v1"]


@pytest.mark.parametrize("system", SISTERS)
def test_a_sister_system_shows_its_parts_and_what_is_direct_and_only_related(system: str, counts: Counts) -> None:
    answer = neighbours.system(counts, system)
    rows = [row for row in table("sister_systems.csv") if row["system"] == system]
    assert [(p["notation"], p["label_zh"], p["label_en"]) for p in answer["parts"]] == [
        (row["notation"], row["label_zh"], row["label_en"]) for row in rows
    ]
    assert (answer["label_zh"], answer["issued"]) == (rows[0]["document_zh"], rows[0]["date"])
    placed = {r["record"]: r["part"] for r in table("classifications.csv") if r["system"] == system}
    touched = {
        r["from_notation"]: r["to_notation"].lower() for r in table("crosswalk.csv") if r["from_system"] == system
    }
    parts = own_parts()
    for part in answer["parts"]:
        direct = [number for number, own in placed.items() if own == part["notation"]]
        near = [n for n, own in parts.items() if touched[part["notation"]] in line("guide-2024", own)]
        expected = {"direct": len(direct), "exact": 0, "part_of": 0, "related": len(set(near) - set(direct))}
        assert {name: part[name] for name in expected} == expected
        assert part["exactness"] == ("exact" if direct else "none")


@pytest.mark.parametrize("system", SISTERS)
def test_what_is_only_related_never_counts(system: str, counts: Counts) -> None:
    asked = request(counts, system, scope="all", guidance="yes")
    counted = {r["number"] for r in records(counts, asked) if r["verdict"] == "counts"}
    placed = {r["record"]: r["part"] for r in table("classifications.csv") if r["system"] == system}
    answer = coverage(counts, asked)
    for row in answer["rows"][:-1]:
        assert row["counted"] == sum(part == row["notation"] for n, part in placed.items() if n in counted)
    assert answer["rows"][-1]["counted"] == len(counted - set(placed))
    parts = own_parts()
    for link in (r for r in table("crosswalk.csv") if r["from_system"] == system):
        row = next(r for r in answer["rows"] if r["notation"] == link["from_notation"])
        near = {n for n in counted if link["to_notation"].lower() in line("guide-2024", parts[n])}
        assert row["related"] == len(near - {n for n, part in placed.items() if part == row["notation"]})


def test_a_direct_classification_is_explained_with_its_reason(cli: Cli) -> None:
    import json

    answer = json.loads(cli("explain", "SJ/T 12118-2026", "--rule", "guide", "--format", "json").stdout)
    row = next(r for r in table("classifications.csv") if r["record"] == "SJ/T 12118-2026")
    [part] = [p for p in answer["parts"] if p["system"] == row["system"]]
    assert (part["notation"], part["direct"], part["basis"]) == (row["part"], True, row["basis"])
    assert (part["reason"], part["judged_by"], part["judged_on"]) == (row["reason"], row["judged_by"], row["judged_on"])
    assert answer["record"]["parts"] == ["CL"], "its part in the guide stays what it was"
    assert not [p for p in answer["parts"] if p["system"] == "smart-society-2025"]


def test_targets_of_other_documents_are_context_and_never_among_the_indicators(counts: Counts) -> None:
    answer, rows = targets(counts, DAY), table("targets_related.csv")
    assert {c["id"] for c in answer["context"]} == {row["id"] for row in rows} and len(rows) == 17
    assert not {c["id"] for c in answer["context"]} & {t["id"] for t in answer["items"]}
    assert all(c["source"] and c["document"] and "ours" not in c and "counted" not in c for c in answer["context"])
    for system in SISTERS:
        shown = {target["id"] for target in neighbours.system(counts, system)["targets"]}
        assert shown == {row["id"] for row in rows if row["system"] == system}


# ---------------------------------------------------------------- a system of one's own


def examples() -> dict[str, str]:
    """The files of docs/systems.md."""
    found = re.findall(r"^```(?:turtle|csv) (\S+)\n(.*?)^```", DOCS.read_text(encoding="utf-8"), re.M | re.S)
    return dict(found)


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Counts:
    """Counts over a build with the systems that the documentation shows."""
    folder = tmp_path_factory.mktemp("own")
    for name, text in examples().items():
        (folder / name).write_text(text, encoding="utf-8")
    store = tmp_path_factory.mktemp("own-store")
    _, compiled, _ = pipeline.build(store, [folder])
    assert not [f.text() for f in compiled.report.findings if "own" in (f.file or "") and f.severity == "violation"]
    return Counts(open_current(store).open())


def test_the_documentation_shows_every_form() -> None:
    assert set(examples()) == {"lab.ttl", "shop-parts.csv", "shop-crosswalk.csv", "shop-classifications.csv"}


def test_a_skos_scheme_of_ones_own_is_counted_by_its_crosswalk(own: Counts) -> None:
    assert {"lab-2026", "shop-2026", *EDITIONS, *SISTERS} == set(editions(own.facts))
    asked = request(own, "lab-2026", guidance="yes")
    parts = own_parts()
    counted = [parts[r["number"]] for r in records(own, asked) if r["verdict"] == "counts"]
    rows = {row["notation"]: row for row in coverage(own, asked)["rows"]}
    assert rows["M"]["counted"] == counted.count("cc") > 0 and rows["M"]["exactness"] == "exact"
    assert rows["H"]["counted"] == counted.count("f-health") + counted.count("f-education") > 0
    assert rows["H"]["exactness"] == "split" and rows["M"]["label_zh"] == "大模型"
    assert sum(row["counted"] for row in rows.values()) == len(counted)


def test_a_system_in_csv_has_its_levels_its_links_and_its_direct_records(own: Counts) -> None:
    answer = neighbours.system(own, "shop-2026")
    by = {part["notation"]: part for part in answer["parts"]}
    assert by["1.1"]["parent"] == "1" and by["1"]["neighbours"][0]["reason_en"] == "same name"
    rows = {row["notation"]: row for row in coverage(own, request(own, "shop-2026"))["rows"]}
    assert (rows["2"]["counted"], rows["2"]["exactness"]) == (1, "exact") and rows["1"]["exactness"] == "exact"
    assert rows["2"]["related"] > 0


def test_adding_systems_changes_no_count_of_the_guide(own: Counts, counts: Counts) -> None:
    assert coverage(own, request(own, "draft-2024")) == coverage(counts, request(counts, "draft-2024"))


# ---------------------------------------------------------------- what is refused

PARTS = "system,notation,parent,label_zh,label_en,source\n"
LINKS = "from_system,from_notation,relation,to_system,to_notation,reason,judged_by,judged_on,source\n"
PLACED = "record,system,part,basis,reason,judged_by,judged_on,source\n"
TURTLE = examples()["lab.ttl"]
REFUSED: dict[str, tuple[dict[str, str], str, str, int]] = {
    "a circle": ({"p.csv": PARTS + "s-1,A,B,甲,a,s\ns-1,B,A,乙,b,s\n"}, "relation-cycle", "p.csv", 2),
    "a circle in Turtle": (
        {"s.ttl": TURTLE + ":m skos:broader :h .\n:h skos:broader :m .\n"},
        "relation-cycle",
        "s.ttl",
        14,
    ),
    "an unknown parent": ({"p.csv": PARTS + "s-1,A,,甲,a,s\ns-1,AB,X,乙,b,s\n"}, "part-unknown", "p.csv", 3),
    "a link to an unknown part": (
        {"p.csv": PARTS + "s-1,A,,甲,a,s\n", "x.csv": LINKS + "s-1,A,exact,guide-2024,CX,r,me,2026-11-24,s\n"},
        "part-unknown",
        "x.csv",
        2,
    ),
    "a link to an unknown system": (
        {"p.csv": PARTS + "s-1,A,,甲,a,s\n", "x.csv": LINKS + "s-1,A,exact,guide-2023,CC,r,me,2026-11-24,s\n"},
        "system-unknown",
        "x.csv",
        2,
    ),
    "an unknown relation": (
        {"p.csv": PARTS + "s-1,A,,甲,a,s\n", "x.csv": LINKS + "s-1,A,exakt,guide-2024,CC,r,me,2026-11-24,s\n"},
        "code-unknown",
        "x.csv",
        2,
    ),
    "a link in Turtle to an unknown part": (
        {"s.ttl": TURTLE.replace("skos:exactMatch guide:cc", "skos:exactMatch guide:cx")},
        "mapping-unknown-part",
        "s.ttl",
        13,
    ),
    "a scheme without notation": (
        {"s.ttl": TURTLE.replace('skos:notation "lab-2026" ;', "")},
        "system-notation",
        "s.ttl",
        10,
    ),
    "the notation of a shipped system": (
        {"s.ttl": TURTLE.replace('"lab-2026"', '"guide-2024"')},
        "system-notation",
        "s.ttl",
        10,
    ),
    "two parts with one notation": ({"p.csv": PARTS + "s-1,A,,甲,a,s\ns-1,a,,乙,b,s\n"}, "record-duplicate", "p.csv", 3),
    "two parts with one notation in Turtle": (
        {"s.ttl": TURTLE.replace('skos:notation "H"', 'skos:notation "m"')},
        "part-notation-twice",
        "s.ttl",
        13,
    ),
    "the slug of an edition": ({"p.csv": PARTS + "guide-2024,ZZ,,甲,a,s\n"}, "system-taken", "p.csv", 2),
    "the slug of a sister": ({"p.csv": PARTS + "heis-2026,7,,甲,a,s\n"}, "system-taken", "p.csv", 2),
    "a slug with blanks": ({"p.csv": PARTS + "My System,A,,甲,a,s\n"}, "system-slug", "p.csv", 2),
    "no notation": ({"p.csv": PARTS + "s-1,,,甲,a,s\n"}, "record-key", "p.csv", 2),
    "a part added to the guide": (
        {"s.ttl": TURTLE + "guide:zz a ais:Part ; skos:inScheme <https://w3id.org/aistandards/id/system/guide-2024> .\n"},
        "part-of-another-file",
        "s.ttl",
        21,
    ),
    "a change to the model": (
        {"s.ttl": TURTLE + "guide:cc skos:notation \"XX\" .\n"},
        "model-changed",
        "s.ttl",
        21,
    ),
    "one part of the guide in two": (
        {
            "p.csv": PARTS + "s-1,A,,甲,a,s\ns-1,B,,乙,b,s\n",
            "x.csv": LINKS
            + "s-1,A,exact,guide-2024,CC,r,me,2026-11-24,s\ns-1,B,narrow,guide-2024,CC,r,me,2026-11-24,s\n",
        },
        "mapping-carried-twice",
        "p.csv",
        3,
    ),
    "a record classified in no part": (
        {
            "p.csv": PARTS + "s-1,A,,甲,a,s\n",
            "k.csv": PLACED + "GB/T 45654-2025,s-1,B,curated,r,me,2026-11-24,s\n",
        },
        "part-unknown",
        "k.csv",
        2,
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_wrong_with_a_system_is_found_at_its_line_with_the_fix(case: str, tmp_path: Path) -> None:
    files, rule, file, at = REFUSED[case]
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    found = pipeline.validate_paths([str(tmp_path)], stdin=io.BytesIO()).report.findings
    mine = [f for f in found if f.rule == rule]
    assert mine, [f.text() for f in found]
    assert (Path(mine[0].file or "").name, mine[0].line, mine[0].severity) == (file, at, "violation"), mine[0].text()
    assert mine[0].message_zh and mine[0].message_en != mine[0].message_zh


def test_a_system_that_is_refused_is_not_stored(own_store: Path, cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "parts.csv").write_text(PARTS + "heis-2026,7,,甲,a,s\n", encoding="utf-8")
    before = open_current(own_store).id
    done = cli("build", "--data", tmp_path, store=own_store)
    assert done.code == 1 and "system-taken" in done.text and "parts.csv:2" in done.text
    assert open_current(own_store).id == before
