"""Counting rules: intervals over time, every clause both ways on made-up records, switches, and rules of one's own."""

from __future__ import annotations

import re
from datetime import date, timedelta
from itertools import pairwise, product
from pathlib import Path

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

import smallset
from aistandards.counts import Candidate, Counts
from aistandards.coverage import coverage, differing, records
from aistandards.dates import Span
from aistandards.errors import SourceError, UsageError
from aistandards.explain import fact_behind
from aistandards.namespaces import ID, expand, item, key_of
from aistandards.ownrules import load_rule_file
from aistandards.rulebook import passages
from aistandards.rules import Clause, intervals, is_candidate, load_rules, pick, verdict_of
from conftest import Cli, run_cli

DAY = date(2026, 11, 24)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Counts:
    return Counts(smallset.small_store(tmp_path_factory.mktemp("small")))


def verdict(counts: Counts, number: str, rule: str = "guide", day: date = DAY, **switches: str) -> str:
    """``counts``, or the verdict and its reason, of one record."""
    request = counts.request(pick(counts.rules, rule), day, switches)
    (found,) = [record for record in records(counts, request) if record["number"] == number]
    return ":".join(filter(None, [found["verdict"], found["reason"]]))


# ---------------------------------------------------------------- intervals


def tiles(candidate: Candidate) -> bool:
    """Whether the intervals follow each other without gap or overlap, to the open end, and neighbours differ."""
    held = candidate.intervals
    return held[-1].stretch.end is None and all(
        earlier.stretch.end == later.stretch.start is not None
        and (earlier.failed, earlier.undecided) != (later.failed, later.undecided)
        for earlier, later in pairwise(held)
    )


def test_stored_intervals_tile_the_time_of_every_standard_under_every_rule(counts: Counts) -> None:
    for rule in counts.rules:
        candidates = counts.candidates(rule)
        assert len({candidate.iri for candidate in candidates}) == len(candidates) > 0
        for candidate in candidates:
            issued = counts.facts.span(candidate.iri, "ais:issued")
            assert tiles(candidate), (rule.name, candidate.iri)
            assert candidate.intervals[0].stretch.start == (issued[0] if issued else None), candidate.iri


def test_stored_intervals_equal_a_fresh_judgement(counts: Counts, small: Counts) -> None:
    for over in (counts, small):
        for rule in over.rules:
            stored = {candidate.iri: list(candidate.intervals) for candidate in over.candidates(rule)}
            judged = [iri for iri in over.facts.members(rule.candidates) if is_candidate(rule, over.facts, iri)]
            assert sorted(stored) == judged
            for iri in judged:
                fresh = [
                    (i.stretch, tuple(sorted(i.failed)), tuple(sorted(i.undecided)))
                    for i in intervals(rule, over.facts, iri)
                ]
                assert [(i.stretch, i.failed, i.undecided) for i in stored[iri]] == fresh, (rule.name, iri)


def test_one_record_is_read_as_in_the_whole_list(small: Counts) -> None:
    for rule in small.rules:
        for candidate in small.candidates(rule):
            alone = small.candidate(rule, candidate.iri)
            assert alone is not None and alone.intervals == candidate.intervals


def test_the_stored_verdict_is_the_one_of_the_default_switches(small: Counts) -> None:
    facts = small.facts
    for rule in small.rules:
        request = small.request(rule, DAY)
        for candidate in small.candidates(rule):
            nodes = [
                n for n in facts.subjects("ais:verdictFor", candidate.iri) if facts.text(n, "ais:underRule") == rule.iri
            ]
            stored = {
                (facts.text(n, "ais:from"), facts.text(n, "ais:verdict"), facts.token(n, "ais:reason")) for n in nodes
            }
            asked = {
                (str(i.stretch.start) if i.stretch.start else None, *request.verdict(i)) for i in candidate.intervals
            }
            assert stored == asked


def test_a_day_falls_in_one_interval_and_is_judged_as_the_interval_says(small: Counts) -> None:
    for rule, offset in product(small.rules, range(0, 4000, 97)):
        day = date(2018, 1, 1) + timedelta(days=offset)
        for candidate in small.candidates(rule):
            interval = candidate.on(day)
            if interval is None:
                issued = small.facts.span(candidate.iri, "ais:issued")
                assert issued and issued[0] and day < issued[0]
                continue
            for clause in rule.clauses:
                holds = clause.judge(small.facts, candidate.iri, day)
                assert (holds is False) == (clause.name in interval.failed), (candidate.iri, clause.name, day)
                assert (holds is None) == (clause.name in interval.undecided), (candidate.iri, clause.name, day)


def test_the_curve_is_the_count_of_each_day(small: Counts) -> None:
    for rule, series in product(small.rules, ("each", "once")):
        points = small.curve(small.request(rule, DAY, series=series))
        assert points == sorted(points)
        for day, count in points:
            if day > date.min:
                assert len(small.tally(small.request(rule, day, series=series)).counted) == count, (rule.name, day)


# ---------------------------------------------------------------- one clause

days = st.dates(date(2020, 1, 1), date(2030, 12, 31))


def clause(**test: object) -> Clause:
    made = {
        "iri": "urn:c",
        "name": "c",
        "label": None,
        "on_property": "ais:issued",
        "reason": "r",
        "reason_undecided": "u",
    }
    return Clause(**{**made, **test})  # type: ignore[arg-type]


@given(days, st.integers(0, 400), days)
def test_a_window_decides_only_where_every_possible_day_agrees(first: date, length: int, bound: date) -> None:
    span: Span = (first, first + timedelta(days=length))
    possible = {first + timedelta(days=at) for at in range(length + 1)}
    for made, holds in (
        (clause(not_before=bound), {day >= bound for day in possible}),
        (clause(not_after=bound), {day <= bound for day in possible}),
    ):
        assert made.judge_span(span, DAY) is (holds.pop() if len(holds) == 1 else None)


@given(days, st.integers(0, 400), days, st.booleans())
def test_by_the_day_decides_only_where_every_possible_day_agrees(
    first: date, length: int, day: date, wanted: bool
) -> None:
    holds = {(first + timedelta(days=at) <= day) is wanted for at in range(length + 1)}
    span = first, first + timedelta(days=length)
    assert clause(by_the_day=wanted).judge_span(span, day) is (holds.pop() if len(holds) == 1 else None)


names = ["a", "b", "c", "d"]


@given(st.sets(st.sampled_from(names)), st.sets(st.sampled_from(names)))
def test_the_first_failed_clause_is_the_reason_and_undecided_comes_last(failed: set[str], undecided: set[str]) -> None:
    undecided -= failed
    ordered = [clause(name=name, reason=f"{name}-failed", reason_undecided=f"{name}-open") for name in names]
    expected: tuple[str, str | None] = ("counts", None)
    if undecided:
        expected = "undecided", f"{min(undecided)}-open"
    if failed:
        expected = "excluded", f"{min(failed)}-failed"
    assert verdict_of(ordered, failed, undecided) == expected


# ---------------------------------------------------------------- the made-up records


def test_every_shipped_rule_gives_another_count(small: Counts) -> None:
    found = {r.name: len(small.tally(small.request(r, date(2025, 12, 31))).counted) for r in small.rules}
    assert len(set(found.values())) == len(found) == 9, found


# what a clause can give at all: candidates have a level, and a participation on file has a body and a state
CANNOT_BE_OPEN = {"level", "classified", "guidance", "evidence", "body", "published"}


def outcomes(counts: Counts) -> dict[tuple[str, str, bool | None], int]:
    """How many times each clause of each rule held, failed or stayed open, over records and days."""
    asked = [date(2017, 1, 1), date(2024, 7, 15), date(2025, 12, 31), date(2026, 4, 1), DAY, date(2027, 6, 1)]
    found: dict[tuple[str, str, bool | None], int] = {}
    for rule in counts.rules:
        for made in rule.clauses:
            can = [True, False] if made.name in CANNOT_BE_OPEN or made.exists else [True, False, None]
            found |= {(rule.name, made.name, holds): 0 for holds in can}
            for candidate, day in product(counts.candidates(rule), asked):
                found[rule.name, made.name, made.judge(counts.facts, candidate.iri, day)] += 1
    return found


def test_every_clause_of_every_rule_holds_fails_and_stays_open(small: Counts) -> None:
    found = outcomes(small)
    seen = sum(count > 0 for count in found.values())
    assert seen / len(found) == 1.0, [key for key, count in found.items() if not count]


def test_every_clause_says_on_which_fact_it_rests(small: Counts) -> None:
    for rule in small.rules:
        for candidate, made in product(small.candidates(rule), rule.clauses):
            because = fact_behind(small.facts, made, candidate.iri)
            assert because.zh and because.en and "None" not in because.zh + because.en, (candidate.iri, made.name)


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("GB/T 90001-2025", "counts"),
        ("GB/T 90002-2025", "excluded:revision"),  # an earlier edition
        ("GB/T 90003-2025", "excluded:revision"),  # replaces an external number
        ("GB/T 90004-2025", "excluded:revision"),  # its project says so
        ("GB/T 90034-2025", "excluded:revision"),  # its project says new, the number says otherwise
        ("GB/T 90005-2025", "counts"),  # replaces only in part
        ("GB/T 90006.1-2025", "counts"),  # split
        ("GB 90007-2026", "undecided:novelty-undecided"),  # same digits
        ("GB/T 90008-2026", "undecided:novelty-undecided"),  # same title
        ("GB/T 90044-2025", "undecided:novelty-undecided"),  # the year in the number says which is earlier
        ("GB 90045-2025", "undecided:novelty-undecided"),  # of the same year: the day of issue does
        ("GB/Z 90009-2025", "excluded:guidance"),
        ("GB/T 90010-2025", "excluded:out-of-scope"),
        ("GB/T 90027-2025", "undecided:scope-undecided"),
        ("GB/T 90011-2025", "excluded:unclassified"),  # suggested never counts
        ("GB/T 90012-2025", "excluded:unclassified"),
        ("GB/T 90013-2023", "excluded:too-early"),
        ("GB/T 90015-2024", "excluded:too-early"),
        ("GB/T 90016-2024", "excluded:too-early"),
        ("GB/T 90035-2024", "counts"),  # on the first day; the other day is deprecated
        ("GB/T 90017-2024", "undecided:date-undecided"),
        ("GB/T 90036-2024", "undecided:date-undecided"),
        ("GB/T 90018-2024", "undecided:date-undecided"),
        ("GB/T 90037-2026", "undecided:date-undecided"),  # by its number some day of the year that has not ended
        ("DB11/T 9999", "excluded:wrong-level"),  # no date, no year: a candidate on every day
        ("GB/T 90019-2025", "excluded:withdrawn"),
        ("GB/T 90020-2024", "counts"),  # withdrawn, but with a successor: superseding does not undo it
        ("GB/T 90020-2026", "excluded:revision"),
        ("GB/T 90031-2025", "undecided:date-undecided"),  # withdrawn on some day of this year
        ("GB/T 90023-2025", "excluded:withdrawn"),  # the word of a register copy
        ("GB/T 90021-2025", "counts"),
        ("GB/T 90022-2024", "counts"),
        ("GB/T 90024.1-2025", "counts"),
        ("GB/Z 90024.2-2025", "excluded:guidance"),
        ("YD/T 9025-2025", "counts"),
        ("DB11/T 9028-2025", "excluded:wrong-level"),
        ("T/MADE 9029-2025", "excluded:wrong-level"),
        ("GB/T 90026-2025", "counts"),
    ],
)
def test_the_default_rule_on_made_up_records(number: str, expected: str, small: Counts) -> None:
    assert verdict(small, number) == expected


@pytest.mark.parametrize(
    ("number", "rule", "day", "switches", "expected"),
    [
        ("GB/T 90015-2024", "guide-from-draft", "2026-11-24", {}, "counts"),
        ("GB/T 90016-2024", "guide-from-draft", "2026-11-24", {}, "excluded:too-early"),
        ("GB/T 90016-2024", "calendar-2024", "2026-11-24", {}, "counts"),
        ("GB/T 90018-2024", "calendar-2024", "2026-11-24", {}, "counts"),
        ("GB/T 90013-2023", "stock", "2026-11-24", {}, "counts"),
        ("GB/T 90002-2025", "stock", "2026-11-24", {}, "counts"),
        ("GB/T 90019-2025", "stock", "2026-11-24", {}, "excluded:withdrawn"),
        ("YD/T 9025-2025", "national", "2026-11-24", {}, "excluded:wrong-level"),
        ("GB/T 90005-2025", "narrow", "2026-11-24", {}, "excluded:title"),
        ("GB/T 90026-2025", "narrow", "2026-11-24", {}, "undecided:title-undecided"),
        ("GB/T 90001-2025", "narrow", "2026-11-24", {}, "counts"),
        ("GB/T 90014-2027", "guide", "2027-02-01", {}, "excluded:too-late"),
        ("GB/T 90014-2027", "stock", "2027-02-01", {}, "counts"),
        # the day asked
        ("GB/T 90019-2025", "guide", "2026-02-28", {}, "counts"),
        ("GB/T 90019-2025", "guide", "2026-03-01", {}, "excluded:withdrawn"),
        ("GB/T 90023-2025", "guide", "2026-09-15", {}, "counts"),
        ("GB/T 90023-2025", "guide", "2026-09-16", {}, "excluded:withdrawn"),
        ("GB/T 90031-2025", "guide", "2025-12-31", {}, "counts"),
        ("GB/T 90031-2025", "guide", "2026-12-31", {}, "excluded:withdrawn"),
        ("GB/T 90021-2025", "guide", "2025-06-14", {}, "undecided:date-undecided"),
        ("GB/T 90021-2025", "guide", "2025-06-15", {}, "counts"),
        ("GB/T 90037-2026", "guide", "2026-12-31", {}, "counts"),
        # switches waive a clause and show the next reason
        ("GB/Z 90009-2025", "guide", "2026-11-24", {"guidance": "yes"}, "counts"),
        ("GB/T 90010-2025", "guide", "2026-11-24", {"scope": "all"}, "counts"),
        ("GB/T 90027-2025", "guide", "2026-11-24", {"scope": "all"}, "counts"),
        ("GB/T 90005-2025", "guide", "2026-11-24", {"evidence": "confirmed"}, "excluded:unverified"),
        ("GB/T 90006.1-2025", "guide", "2026-11-24", {"evidence": "confirmed"}, "counts"),
        ("GB/T 90001-2025", "guide", "2026-11-24", {"evidence": "confirmed"}, "counts"),
    ],
)
def test_other_rules_days_and_switches(
    number: str, rule: str, day: str, switches: dict[str, str], expected: str, small: Counts
) -> None:
    assert verdict(small, number, rule, date.fromisoformat(day), **switches) == expected


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("GB/T 90022-2024", "conflicting"),  # one of its dates lies before the window, one in it
        ("GB/T 90001-2025", "confirmed"),  # two origins; the other date changes nothing
        ("GB/T 90035-2024", "one-source"),  # the differing date is deprecated; the official address was not read
        ("GB/T 90002-2025", "register-copy"),  # two copies of one register are one origin
        ("GB/T 90033-2025", "official"),
        ("YD/T 9025-2025", "register-copy"),
        ("GB/T 90005-2025", "one-source"),
    ],
)
def test_what_stands_behind_a_record(number: str, expected: str, small: Counts) -> None:
    (iri,) = small.facts.subjects_with_text("ais:number", number)
    assert small.facts.token(iri, "ais:verification") == expected


@pytest.mark.parametrize(
    ("number", "ground", "witness"),
    [
        ("GB/T 90001-2025", "none-on-record", None),  # that a draft means to replace another is not in effect
        ("GB/T 90002-2025", "earlier-edition", "gbt-90002-2020"),
        ("GB/T 90003-2025", "replaces", "gbt-80003-2010"),
        ("GB/T 90004-2025", "project-revision", "20250004-t-469"),
        ("GB/T 90005-2025", "replaces-partly", "gbt-80005-2012"),
        ("GB/T 90006.1-2025", "split", "gbt-90006-2018"),
        ("GB 90007-2026", "same-digits", "gbt-90007-2024"),
        ("GB/T 90008-2026", "same-title", "yyt-1808-2022"),
        ("GB/T 90044-2025", "same-title", "yyt-1810-2024"),
        ("GB 90045-2025", "same-digits", "gbt-90045-2025"),
        ("YY/T 1808-2022", "none-on-record", None),  # the later number is no witness
        ("GB/T 90024.10-2026", "none-on-record", None),  # other parts of a series are none
    ],
)
def test_the_ground_of_novelty_and_what_it_points_to(
    number: str, ground: str, witness: str | None, small: Counts
) -> None:
    (iri,) = small.facts.subjects_with_text("ais:number", number)
    assert small.facts.token(iri, "ais:noveltyGround") == ground
    assert [key_of(term.value) for term in small.facts.of(iri, "ais:noveltyWitness")] == ([witness] if witness else [])


def test_a_bounded_date_says_by_what(small: Counts) -> None:
    by_name = {made.name: made for made in pick(small.rules, "guide").clauses}
    shown = {
        number: fact_behind(small.facts, by_name["issued"], item("standard", slug)).en
        for number, slug in (("shown", "gbt-90021-2025"), ("number", "gbt-90018-2024"), ("day", "gbt-90001-2025"))
    }
    assert shown["shown"] == (
        "date of issue: 2025 (2025-01-01 … 2025-06-15) (issued at the latest on the day a source shows it)"
    )
    assert shown["number"].endswith("2024-01-01 … 2024-12-31 (no issue date seen; bounded by the year in the number)")
    assert shown["day"] == "date of issue: 2025-03-01"


def test_a_series_counted_once_stands_in_the_part_of_its_lowest_counted_number(small: Counts) -> None:
    rule = pick(small.rules, "guide")
    once = small.tally(small.request(rule, DAY, series="once"))
    assert [c.get("number") for c in once.folded] == ["GB/T 90024.10-2026"]
    assert "GB/T 90024.1-2025" in [c.get("number") for c in once.counted]
    # GB, GB/T and GB/Z of the same digits are one series; part 10 comes after part 2
    wide = small.tally(small.request(rule, DAY, {"guidance": "yes"}, series="once"))
    assert [c.get("number") for c in wide.folded] == ["GB/Z 90024.2-2025", "GB/T 90024.10-2026"]
    # on the day the guidance document alone counts, the series counts through it, in its part
    early = small.request(rule, date(2025, 5, 15), {"guidance": "yes"}, series="once")
    assert verdict(small, "GB/Z 90024.2-2025", day=date(2025, 5, 15), guidance="yes") == "counts"
    assert list(small.tally(early).folded) == []
    rows = {row["notation"]: row["counted"] for row in coverage(small, early)["rows"]}
    later = coverage(small, small.request(rule, date(2025, 6, 1), {"guidance": "yes"}, series="once"))["rows"]
    moved = {row["notation"]: row["counted"] - rows[row["notation"]] for row in later}
    assert moved["A"] == 1 and moved["B"] == -1


def test_switches_of_participations(small: Counts) -> None:
    def numbers(rule: str, **switches: str) -> set[str | None]:
        request = small.request(pick(small.rules, rule), DAY, switches)
        return {candidate.get("number") for candidate in small.tally(request).counted}

    led, took_part = numbers("led"), numbers("took-part")
    assert led == {"ISO/IEC 90030:2024"}
    assert took_part == led | {f"ITU-T F.900.{at} (05/2025)" for at in (6, 7, 8)}
    assert numbers("led", ieee="yes") - led == {"IEEE Std 9002-2025"}
    assert numbers("led", window="none") - led == {"ISO/IEC 90031:2024", "ITU-T F.900.3 (2024)"}
    everything = {"work-items": "yes", "window": "none"}
    assert "ITU-T F.900.5" in numbers("led", **everything)
    request = small.request(pick(small.rules, "took-part"), DAY)
    assert small.tally(request).candidates == 10  # not the one of 2027; the one without a number is only listed


def test_an_unknown_switch_value_rule_or_table_names_the_nearest(small: Counts) -> None:
    guide = pick(small.rules, "guide")
    for act, says in (
        (lambda: small.request(guide, DAY, {"scop": "all"}), "Did you mean scope"),
        (lambda: small.request(guide, DAY, {"scope": "al"}), "Did you mean all"),
        (lambda: small.request(guide, DAY, series="twice"), "each, once"),
        (lambda: small.request(guide, DAY, by="parts"), "Did you mean part"),
        (lambda: small.request(guide, DAY, system="draft-2023"), "Did you mean draft-2024"),
        (lambda: pick(small.rules, "guid"), "Did you mean guide"),
    ):
        with pytest.raises(UsageError, match=says):
            act()


def test_the_records_on_which_rules_differ(small: Counts) -> None:
    asked = [small.request(pick(small.rules, name), DAY) for name in ("guide", "national")]
    assert differing(small, asked[:1]) == []
    assert {entry["number"]: entry["verdicts"] for entry in differing(small, asked)} == {
        number: {"guide": "counts", "national": "excluded (wrong-level)"}
        for number in ("YD/T 9025-2025", "YD/T 9038-2025")
    }


# ---------------------------------------------------------------- rules of one's own

PREFIXES = f"""@prefix ais: <{expand("ais:")}> . @prefix skos: <{expand("skos:")}> . @prefix rdfs: <{expand("rdfs:")}> .
@prefix xsd: <{expand("xsd:")}> . @prefix dcterms: <{expand("dcterms:")}> . @prefix clause: <{ID}clause/> .
@prefix target: <{ID}target/> . @prefix my: <https://example.org/> .
"""
OWN = """
my:rule a ais:CountingRule ; skos:notation "medical" ; rdfs:label "医疗"@zh, "medical"@en ;
  ais:forTarget target:g24-t2 ; ais:candidates ais:Standard ; ais:clauses ( clause:level_national-industry clause:scope my:title ) .
my:title a ais:Clause ; skos:notation "medical-title" ; rdfs:label "题名含医疗"@zh, "the title names 医疗"@en ;
  ais:onProperty dcterms:title ; ais:contains "医疗" ; ais:reason <https://w3id.org/aistandards/id/reason/title> .
"""


def own(folder: Path, text: str) -> Path:
    path = folder / "own.ttl"
    path.write_text(PREFIXES + text, encoding="utf-8")
    return path


def test_a_rule_of_ones_own_counts(small: Counts, tmp_path: Path) -> None:
    (rule,) = load_rule_file(own(tmp_path, OWN), small.store)
    assert (rule.name, [c.name for c in rule.clauses]) == ("medical", ["level", "scope", "medical-title"])
    answer = coverage(small, small.request(rule, DAY))
    assert answer["counted"] == 2  # YY/T 1808-2022, GB/T 90008-2026
    assert answer["reasons"]["title"] > 0 and answer["reasons"]["medical-title-undecided"] == 1
    assert sum(answer[name] for name in ("counted", "folded", "excluded", "undecided")) == answer["candidates"]


def test_a_rule_of_ones_own_on_the_command_line(cli: Cli, tmp_path: Path) -> None:
    path = own(tmp_path, OWN)
    alone = cli("coverage", "--rules", path, "--lang", "en")
    assert alone.code == 0 and "rule medical, edition draft-2024, as of" in alone.stdout
    both = cli("coverage", "--rules", path, "--rule", "medical", "--rule", "guide", "--lang", "en")
    assert both.code == 0 and "records on which the rules differ" in both.stdout


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("my:rule a ais:CountingRule", "read-turtle"),
        ("my:thing a my:Other .", "no new ais:CountingRule"),
        (OWN.replace('skos:notation "medical" ;', ""), "has no skos:notation"),
        (OWN.replace("ais:forTarget target:g24-t2 ;", ""), "has no ais:forTarget"),
        (OWN.replace("target:g24-t2", "target:none"), "no target <https://w3id.org/aistandards/id/target/none>"),
        (OWN.replace("ais:candidates ais:Standard", "ais:candidates ais:Standards"), "ais:candidates must be one of"),
        (OWN.replace('"medical"', '"guide"'), "a rule of that name exists"),
        (OWN.replace("my:title )", "my:missing )"), "has no skos:notation"),
        (OWN.replace('ais:contains "医疗" ;', ""), "tests nothing"),
        (OWN.replace("( clause:level_national-industry clause:scope my:title )", "()"), "no clause"),
        (OWN.replace('ais:contains "医疗"', 'ais:notBefore "2024"'), "not a day"),
        (OWN.replace("ais:reason ", "ais:waivedBy <https://w3id.org/aistandards/id/switch/moon/full> ; ais:reason "), "no switch"),
    ],
)  # fmt: skip
def test_a_broken_rule_file_is_refused_with_the_reason(text: str, says: str, small: Counts, tmp_path: Path) -> None:
    path = own(tmp_path, text)
    with pytest.raises(SourceError) as refused:
        load_rule_file(path, small.store)
    assert says in refused.value.en and str(path) in refused.value.en and refused.value.zh


PART = """
my:part a ais:Clause ; skos:notation "part" ; rdfs:label "部分"@zh, "part"@en ; ais:onProperty ais:inPart ;
  ais:oneOf <https://w3id.org/aistandards/id/system/guide-2024/WHERE> ; ais:reason <https://w3id.org/aistandards/id/reason/title> .
"""
WINDOW = """
my:part a ais:Clause ; skos:notation "closes" ; rdfs:label "止"@zh, "closes"@en ; ais:onProperty ais:issued ;
  ais:notAfter "2024-06-30"^^xsd:date ; ais:reason <https://w3id.org/aistandards/id/reason/too-late> .
"""
LEVEL = PART.replace("ais:inPart", "ais:level").replace("system/guide-2024/WHERE", "level/group")
NOT_CORE = (
    PART.replace("ais:inPart", "ais:scope")
    .replace("ais:oneOf", "ais:noneOf")
    .replace("system/guide-2024/WHERE", "scope/core")
)


@pytest.mark.parametrize(
    ("clause", "with_", "says", "word"),
    [
        (PART.replace("WHERE", "CCX"), "clause:scope", "does not exist. Did you mean cc", "CCX"),
        (LEVEL, "clause:level_national", "no record can meet level + part", "my:part"),
        (WINDOW, "clause:window_from-guide", "no record can meet issued-from + closes", "my:part"),
        (NOT_CORE, "clause:scope", "no record can meet scope + part", "my:part"),
    ],
)
def test_a_rule_that_contradicts_itself_or_names_what_is_not_there_is_refused_with_the_line(
    clause: str, with_: str, says: str, word: str, small: Counts, tmp_path: Path
) -> None:
    text = OWN.replace("( clause:level_national-industry clause:scope my:title )", f"( {with_} my:part )") + clause
    path = own(tmp_path, text)
    with pytest.raises(SourceError) as refused:
        load_rule_file(path, small.store)
    assert says in refused.value.en and refused.value.zh
    line = int(refused.value.en.removeprefix(f"{path}:").partition(":")[0])
    assert word.removeprefix("my:") in path.read_text(encoding="utf-8").splitlines()[line - 1]


def test_a_rule_with_a_part_of_the_system_counts_what_stands_in_it(small: Counts, tmp_path: Path) -> None:
    text = OWN.replace("clause:scope my:title", "clause:scope my:part") + PART.replace("WHERE", "ca")
    (rule,) = load_rule_file(own(tmp_path, text), small.store)
    assert len(small.tally(small.request(rule, DAY)).counted) > 0


def test_the_text_of_every_rule_names_each_of_its_clauses_once(small: Counts) -> None:
    for rule in small.rules:
        for language in ("zh", "en"):
            named = [clause for _, clause in passages(rule, language) if clause]
            assert sorted(named) == sorted(clause.name for clause in rule.clauses), (rule.name, language)
            text = "".join(words for words, _ in passages(rule, language))
            assert "[" not in text and "|" not in text and text.endswith(("。", "."))


def test_a_rule_without_a_text_of_its_own_is_read_from_its_clauses(small: Counts, tmp_path: Path) -> None:
    (rule,) = load_rule_file(own(tmp_path, OWN), small.store)
    assert [clause for _, clause in passages(rule, "zh") if clause] == ["level", "scope", "medical-title"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (OWN + f"clause:scope ais:oneOf <{ID}scope/related> .", "scope is shipped"),
        (OWN + "target:g24-t2 ais:value 1 .", "g24-t2 is shipped"),
        (OWN.replace("ais:onProperty dcterms:title", "ais:onProperty ais:levle"), "Did you mean ais:level?"),
    ],
)
def test_a_rule_file_neither_changes_what_is_shipped_nor_tests_an_unknown_property(
    text: str, says: str, small: Counts, tmp_path: Path
) -> None:
    with pytest.raises(SourceError, match=re.escape(says)):
        load_rule_file(own(tmp_path, text), small.store)


def test_a_broken_rule_file_on_the_command_line_exits_2(cli: Cli, tmp_path: Path) -> None:
    broken = cli("coverage", "--rules", own(tmp_path, "my:rule a ais:CountingRule"))
    assert broken.code == 2 and "own.ttl" in broken.stderr
    missing = cli("coverage", "--rules", tmp_path / "none.ttl")
    assert missing.code == 2 and "none.ttl" in missing.stderr


def test_a_list_of_clauses_that_leads_back_to_itself_ends(small: Counts, tmp_path: Path) -> None:
    text = OWN.replace(
        "( clause:level_national-industry clause:scope my:title )",
        "my:one . my:one <http://www.w3.org/1999/02/22-rdf-syntax-ns#first> my:title ; <http://www.w3.org/1999/02/22-rdf-syntax-ns#rest> my:one",
    )
    (rule,) = load_rule_file(own(tmp_path, text), small.store)
    assert [c.name for c in rule.clauses] == ["medical-title"]


def test_rules_of_a_store_are_in_their_order_and_each_clause_has_its_source(small: Counts) -> None:
    rules = load_rules(small.store)
    assert [rule.name for rule in rules] == [
        "guide", "guide-from-draft", "national", "calendar-2024", "narrow", "stock", "narrow-stock", "took-part", "led",
    ]  # fmt: skip
    for rule in rules:
        assert rule.source and rule.label.zh and rule.label.en and rule.version
        for made in rule.clauses:
            assert made.source and made.label.zh and made.label.en and made.tests
            reason = small.facts.text(item("reason", made.reason), "skos:prefLabel")
            assert reason, made.reason
            if made.name not in CANNOT_BE_OPEN and not made.exists:
                assert small.facts.text(item("reason", made.reason_undecided), "skos:prefLabel"), made.reason_undecided


def test_the_order_of_the_reasons_is_the_one_of_the_design(small: Counts) -> None:
    order = [
        "wrong-level",
        "out-of-scope",
        "unclassified",
        "guidance",
        "title",
        "revision",
        "too-early",
        "too-late",
        "withdrawn",
        "unverified",
    ]
    for rule in small.rules[:7]:
        reasons = list(dict.fromkeys(made.reason for made in rule.clauses if made.name != "issued"))
        assert reasons == [reason for reason in order if reason in reasons], rule.name


def test_the_store_of_a_user_with_broken_facts_does_not_count_silently(tmp_path: Path) -> None:
    """A record whose dates are missing altogether is judged undecided, never dropped."""
    store = smallset.small_store(tmp_path)
    node = ox.NamedNode(item("standard", "gbt-90001-2025"))
    for end in ("Earliest", "Latest"):
        for quad in list(store.quads_for_pattern(node, ox.NamedNode(expand(f"ais:issued{end}")), None)):
            store.remove(quad)
    counts = Counts(store)
    (interval,) = intervals(pick(counts.rules, "guide"), counts.facts, node.value)
    assert (interval.stretch.start, interval.stretch.end) == (None, None)
    assert set(interval.undecided) == {"issued", "issued-from", "issued-until"}


def test_no_store_no_answer(tmp_path: Path) -> None:
    outcome = run_cli("coverage", store=tmp_path / "nothing")
    assert outcome.code == 3 and "aistandards build" in outcome.stderr
