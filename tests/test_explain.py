"""Explanations: why a record counts or not, clause by clause and source by source, as data and as text in both languages."""

from __future__ import annotations

import itertools
import json
from datetime import date
from typing import Any

import pytest

from aistandards.counts import Counts
from aistandards.coverage import coverage
from aistandards.errors import NotFoundError, NumberError
from aistandards.explain import explain
from aistandards.lookup import find, record
from aistandards.rules import pick
from aistandards.targets import targets
from conftest import Cli

DAY = date(2026, 11, 24)
NATIONAL_RULES = ["guide", "guide-from-draft", "national", "calendar-2024", "narrow", "stock", "narrow-stock"]


def told(counts: Counts, number: str, day: date = DAY) -> dict[str, Any]:
    return explain(counts, find(counts.facts, number, day), day)


def verdicts(answer: dict[str, Any]) -> dict[str, str]:
    return {v["rule"]: ":".join(filter(None, [v["verdict"], v["reason"]])) for v in answer["verdicts"]}


def clauses(answer: dict[str, Any], rule: str = "guide") -> dict[str, Any]:
    (verdict,) = [v for v in answer["verdicts"] if v["rule"] == rule]
    return {clause["clause"]: clause for clause in verdict["clauses"]}


# ---------------------------------------------------------------- the records that people ask about


def test_an_undated_number_means_the_latest_edition_and_says_so(counts: Counts, cli: Cli) -> None:
    answer = told(counts, "GB/T 45288.1")
    assert (answer["number"], answer["undated"]) == ("GB/T 45288.1-2025", "GB/T 45288.1")
    assert find(counts.facts, "GB/T 45288.1", DAY).undated is not None
    assert find(counts.facts, "GB/T 45288.1-2025", DAY).undated is None
    english = cli("explain", "GB/T 45288.1", "--lang", "en").stdout
    assert "(undated: the latest edition, GB/T 45288.1-2025, is shown)" in english
    assert "未注日期，取最新版本 GB/T 45288.1-2025" in cli("explain", "GB/T 45288.1", "--lang", "zh").stdout
    assert "undated" not in cli("explain", "GB/T 45288.1-2025", "--lang", "en").stdout


def test_a_large_model_standard_under_every_rule(counts: Counts) -> None:
    answer = told(counts, "GB/T 45288.1")
    assert answer["status"] == "in-force" and answer["title_zh"] == "人工智能 大模型 第1部分：通用要求"
    assert verdicts(answer) == dict.fromkeys(NATIONAL_RULES, "counts")
    assert [(p["system"], p["notation"], p["match"]) for p in answer["parts"] if p["primary"]] == [
        ("draft-2024", "CC", "exact"),
        ("guide-2020", None, "none"),
        ("guide-2024", "CC", "exact"),
    ]
    assert answer["layers"] == ["model/large-model-technology"]
    assert {(r["relation"], r["direction"], r["number"]) for r in answer["relations"]} >= {
        ("references", "out", "GB/T 42018-2022")
    }
    assert [(c["field"], c["value"], c["rank"]) for c in answer["conflicts"]][:2] == [
        ("issued", "2025-02-28", "preferred"),
        ("issued", "2025-01-24", "normal"),
    ]
    sources = answer["sources"]
    assert len(sources) >= 3 and {"official", "register-copy"} <= {s["kind"] for s in sources}
    assert all(s["source"] for s in sources)
    assert [s["state_of"] for s in sources if s["origin"] == "samr-register" and s["state_of"]] == ["2026-09-16"]


def test_every_clause_of_a_counting_record_holds_on_a_fact_in_words(counts: Counts) -> None:
    found = clauses(told(counts, "GB/T 45288.1"), "narrow")
    assert list(found) == [c.name for c in pick(counts.rules, "narrow").clauses]
    assert {c["holds"] for c in found.values()} == {True}
    assert found["issued-from"]["because"] == "date of issue: 2025-02-28"
    assert found["title"]["because_zh"].endswith("人工智能 大模型 第1部分：通用要求")
    assert found["evidence"]["waived"] is True and found["scope"]["waived"] is False
    assert "Large models" in found["scope"]["because"] and "2026-11-24" in found["scope"]["because"]
    assert all(c["source"] for c in found.values())


def test_a_revision_names_the_earlier_edition(counts: Counts, cli: Cli) -> None:
    answer = told(counts, "GB/T 36464.2-2026")
    assert verdicts(answer) == {
        **dict.fromkeys(NATIONAL_RULES, "excluded:revision"),
        "narrow": "excluded:title",
        "stock": "counts",
        "narrow-stock": "excluded:title",
    }
    assert answer["novelty"]["ground"] == "earlier-edition"
    assert answer["novelty"]["witnesses"] == ["GB/T 36464.2-2018"]
    assert clauses(answer)["new"]["holds"] is False
    assert "GB/T 36464.2-2018" in clauses(answer)["new"]["because"]
    assert "guide: 不计 (revision)" in cli("explain", "GB/T 36464.2-2026", "--lang", "zh").stdout
    english = cli("explain", "GB/T 36464.2-2026", "--lang", "en", "--rule", "guide").stdout
    assert "guide: excluded (revision)" in english and "✗ newly made" in english
    assert "national:" not in english


def test_a_guidance_document_counts_once_guidance_is_asked_for(counts: Counts) -> None:
    answer = told(counts, "GB/Z 185.1-2026")
    assert verdicts(answer)["guide"] == "excluded:guidance"
    assert clauses(answer)["guidance"]["holds"] is False
    assert clauses(answer)["guidance"]["because"] == "nature: guidance document"
    wide = counts.request(pick(counts.rules, "guide"), DAY, {"guidance": "yes"})
    assert "GB/Z 185.1-2026" in {c.get("number") for c in counts.tally(wide).counted}


def test_a_related_record_says_who_judged_and_why(counts: Counts) -> None:
    answer = told(counts, "GB/T 43969-2024")
    assert answer["scope"] == "related" and answer["contested"] is True
    assert verdicts(answer)["guide"] == "excluded:out-of-scope"
    scope = clauses(answer)["scope"]
    assert scope["holds"] is False and "Device safety of voice controllers" in scope["because"]
    assert answer["classification"]["judged_on"] == "2026-11-24"
    assert [p["notation"] for p in answer["parts"] if p["system"] == "guide-2024"] == ["DC", "CE", "GA"]
    # every clause is listed, not only the first that fails
    assert clauses(answer)["issued-from"]["holds"] is False


def test_a_record_issued_too_early_counts_in_the_stock(counts: Counts) -> None:
    answer = told(counts, "GB/T 5271.34-2006")
    assert verdicts(answer)["guide"] == "excluded:too-early"
    assert verdicts(answer)["stock"] == verdicts(answer)["narrow-stock"] == "counts"
    assert clauses(answer)["issued-from"]["because_zh"] == "发布日期：2006-03-14"


def test_an_undecidable_date_is_shown_with_its_bounds_and_their_reason(counts: Counts, cli: Cli) -> None:
    answer = told(counts, "YD/T 4994-2024")
    assert verdicts(answer)["guide"] == verdicts(answer)["guide-from-draft"] == "undecided:date-undecided"
    assert verdicts(answer)["calendar-2024"] == "counts"  # whichever day it was, it lies in 2024
    clause = clauses(answer)["issued-from"]
    assert clause["holds"] is None
    assert "2024-01-01 … 2024-12-31" in clause["because"] and "year in the number" in clause["because"]
    assert answer["record"]["issued"] is None
    assert (answer["record"]["issued_earliest"], answer["record"]["issued_latest"]) == ("2024-01-01", "2024-12-31")
    english = cli("explain", "YD/T 4994-2024", "--lang", "en", "--rule", "guide").stdout
    assert "guide: undecided (date-undecided)" in english and "? issued on or after 2024-07-02" in english
    chinese = cli("explain", "YD/T 4994-2024", "--lang", "zh", "--rule", "guide").stdout
    assert "guide: 无法判定 (date-undecided)" in chinese and "据编号年份" in chinese


def test_a_project_is_no_candidate(counts: Counts, cli: Cli) -> None:
    answer = told(counts, "20256913-T-907")
    assert (answer["kind"], answer["number"]) == ("project", "20256913-T-907")
    assert answer["verdicts"] == [] and answer["history"] == [] and answer["status"] is None
    assert "no candidate" in answer["not_a_candidate"]["en"]
    assert "计划项目不是候选" in cli("explain", "20256913-T-907", "--lang", "zh").stdout
    english = cli("explain", "20256913-T-907", "--lang", "en").stdout
    assert english.startswith("20256913-T-907  ") and "None" not in english


def test_an_international_standard_is_no_candidate_and_names_who_adopted_it(counts: Counts, cli: Cli) -> None:
    answer = told(counts, "ISO/IEC 42001:2023")
    assert answer["verdicts"] == [] and "International" in answer["not_a_candidate"]["en"]
    adopted = {r["number"]: r["degree"] for r in answer["relations"] if r["relation"] == "adoptedAs"}
    assert adopted["GB/T 45081-2024"] == "IDT"
    back = told(counts, "GB/T 45081-2024")
    assert ("adopts", "out", "ISO/IEC 42001:2023", "IDT") in {
        (r["relation"], r["direction"], r["number"], r["degree"]) for r in back["relations"]
    }
    assert "adopts → ISO/IEC 42001:2023 (IDT)" in cli("explain", "gbt45081-2024", "--lang", "en").stdout


def test_a_cited_number_is_refused_naming_who_cites_it(counts: Counts, cli: Cli) -> None:
    with pytest.raises(NotFoundError, match=r"only cited, by GB/T 35273-2020"):
        told(counts, "GB/T 25069-2010")
    with pytest.raises(NotFoundError, match=r"only cited, by GB/T 41807-2022"):
        told(counts, "GB/T 25069")
    outcome = cli("explain", "GB/T 25069-2010")
    assert outcome.code == 1 and "仅被 GB/T 35273-2020 提及" in outcome.stderr and outcome.stdout == ""


@pytest.mark.parametrize("written", ["T/CESA 1169-2021", "CEN/CLC TR 18115:2024"])
def test_a_doubtful_number_is_refused_with_the_reason(written: str, counts: Counts, cli: Cli) -> None:
    with pytest.raises(NotFoundError, match="listed as doubtful: no title seen"):
        told(counts, written)
    outcome = cli("explain", written)
    assert outcome.code == 1 and "存疑表" in outcome.stderr


def test_an_unknown_number_names_the_nearest_and_no_number_what_one_looks_like(counts: Counts, cli: Cli) -> None:
    with pytest.raises(NotFoundError, match=r"Nearest: GB/T 45288\.\d"):
        told(counts, "GB/T 45288.9-2025")
    with pytest.raises(NotFoundError, match="Nearest: 2025691"):
        told(counts, "20256919-T-907")
    with pytest.raises(NumberError, match="looks like"):
        told(counts, "hello")
    assert cli("explain", "hello").code == 1


@pytest.mark.parametrize(
    "written",
    [
        "gbt45288.1",
        "GB/T45288.1",
        "GB/T 45288.1—2025",
        "ＧＢ／Ｔ 45288.1-2025",
        " gb/t  45288.1 - 2025 ",
        "GBT 45288.1-2025",
        "gbt-45288.1-2025",
    ],
)
def test_odd_spellings_lead_to_the_record(written: str, counts: Counts) -> None:
    assert told(counts, written)["number"] == "GB/T 45288.1-2025"


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("ISO 42001", "ISO/IEC 42001:2023"),
        ("iso/iec 42001", "ISO/IEC 42001:2023"),
        ("ISO/IEC 22989", "ISO/IEC 22989:2022"),
        ("itu-t f.748.43", "ITU-T F.748.43 (03/2025)"),
        ("20256913-t-907", "20256913-T-907"),
    ],
)
def test_other_bodies_and_plans_in_odd_spellings(written: str, number: str, counts: Counts) -> None:
    assert told(counts, written)["number"] == number


# ---------------------------------------------------------------- days


def test_the_verdict_is_the_one_of_the_day(counts: Counts) -> None:
    late = told(counts, "GB/T 36464.2-2026")
    assert late["status"] == "not-yet-in-force"
    before = told(counts, "GB/T 36464.2-2026", date(2026, 8, 27))
    assert before["status"] == "not-issued"
    assert {v["reason"] for v in before["verdicts"]} == {"not-issued"}
    assert told(counts, "GB/T 36464.2-2026", date(2026, 8, 28))["status"] != "not-issued"


def test_history_tiles_time_and_holds_the_verdict_of_the_day(counts: Counts) -> None:
    answer = told(counts, "YD/T 4994-2024")
    for verdict in answer["verdicts"]:
        held = [entry for entry in answer["history"] if entry["rule"] == verdict["rule"]]
        assert held[0]["from"] == "2024-01-01" and held[-1]["until"] is None
        assert all(one["until"] == other["from"] for one, other in itertools.pairwise(held))
        assert (verdict["verdict"], verdict["reason"], verdict["from"]) in [
            (entry["verdict"], entry["reason"], entry["from"]) for entry in held
        ]


def test_an_explanation_and_the_count_say_the_same_of_every_candidate(counts: Counts) -> None:
    rule = pick(counts.rules, "guide")
    tally = counts.tally(counts.request(rule, DAY))
    said = {c.get("number"): "counts" for c in tally.counted}
    said |= {
        c.get("number"): f"excluded:{tally.reason(int(at))}"
        for c, at in zip(tally.excluded, tally.excluded.at, strict=True)
    }
    said |= {
        c.get("number"): f"undecided:{tally.reason(int(at))}"
        for c, at in zip(tally.undecided, tally.undecided.at, strict=True)
    }
    for number in sorted(str(name) for name in said)[::7]:
        answer = explain(counts, find(counts.facts, number, DAY), DAY, [rule])
        assert verdicts(answer) == {"guide": said[number]}


# ---------------------------------------------------------------- stable keys

COVERAGE = """system rule scope guidance series evidence as_of data_until target counted excluded undecided candidates
shown_new none_on_record folded reached_on with_guidance with_related series_once confirmed_only by_verification rows"""
ROW = "system notation label_zh label_en counted also in_force projects halves"
EXPLAIN = "number title_zh title_en status verdicts history parts layers relations sources"
SHOW = """number title_zh title_en level nature status issued issued_earliest issued_latest implemented implemented_earliest
implemented_latest withdrawn withdrawn_earliest withdrawn_latest committee ics ccs plan_number adopts adoption_degree replaces
replaces_partly announcement record_number ministry last_review scope parts layers basis reason reason_en judged_by judged_on
contested source evidence confidence note iri slug undated verification register_url"""


def keys(text: str) -> set[str]:
    return set(text.split())


def test_stable_keys_of_coverage(counts: Counts) -> None:
    for name in ("guide", "took-part"):
        answer = coverage(counts, counts.request(pick(counts.rules, name), DAY))
        assert keys(COVERAGE) <= set(answer)
        assert set(answer["target"]) == {"id", "comparison", "value"}
        for row in answer["rows"]:
            assert keys(ROW) <= set(row)
            assert all(keys(ROW) - {"halves"} <= set(half) for half in row["halves"])


@pytest.mark.parametrize("number", ["GB/T 45288.1", "ISO/IEC 42001:2023", "20256913-T-907"])
def test_stable_keys_of_explain(number: str, counts: Counts) -> None:
    answer = told(counts, number)
    assert keys(EXPLAIN) <= set(answer)
    for verdict in answer["verdicts"]:
        assert {"rule", "verdict", "reason", "from", "until", "clauses"} <= set(verdict)
        assert verdict["verdict"] in ("counts", "excluded", "undecided")
        assert all({"clause", "holds", "because"} <= set(clause) for clause in verdict["clauses"])
    for part in answer["parts"]:
        assert {"system", "notation", "label_zh", "label_en", "basis", "match"} <= set(part)
    assert all({"relation", "direction", "number"} <= set(relation) for relation in answer["relations"])
    assert answer["sources"]
    for source in answer["sources"]:
        assert {"source", "url", "kind", "state_of", "fields"} <= set(source)
        assert source["fields"] is None or source["fields"]


def test_stable_keys_of_show(counts: Counts, cli: Cli) -> None:
    answer = record(counts.facts, find(counts.facts, "GB/T 45288.1", DAY), DAY)
    assert keys(SHOW) <= set(answer)
    assert isinstance(answer["parts"], list) and isinstance(answer["replaces"], list)
    assert answer["withdrawn"] is None and answer["contested"] is False
    assert answer["register_url"].startswith("https://std.samr.gov.cn/gb/search/gbDetailed")
    assert json.loads(cli("show", "gbt45288.1", "--as-of", str(DAY), "--format", "json").stdout) == answer


def test_stable_keys_of_targets(counts: Counts) -> None:
    for item in targets(counts, DAY)["items"]:
        assert {"id", "comparison", "value", "ours", "statements", "not_known"} <= set(item)
        assert all({"rule", "counted", "reached_on", "met"} <= set(ours) for ours in item["ours"])


@pytest.mark.parametrize("number", ["GB/T 45288.1", "20256913-T-907", "ISO/IEC 42001:2023", "YD/T 4994-2024"])
def test_json_on_the_command_line_is_the_answer_of_the_function(number: str, counts: Counts, cli: Cli) -> None:
    outcome = cli("explain", number, "--as-of", str(DAY), "--format", "json")
    assert outcome.code == 0 and json.loads(outcome.stdout) == told(counts, number)


def test_an_unknown_rule_or_day_exits_2(cli: Cli) -> None:
    for options in (("--rule", "gide"), ("--as-of", "2026-13-01"), ("--lang", "fr"), ("--format", "pdf")):
        outcome = cli("explain", "GB/T 45288.1", *options)
        assert outcome.code == 2 and outcome.stderr and not outcome.stdout, options


def test_the_text_of_the_rule_is_marked_with_what_held_and_what_failed(counts: Counts, cli: Cli) -> None:
    answer = explain(counts, find(counts.facts, "GB/T 5271.31-2006", DAY), DAY, [pick(counts.rules, "guide")])
    (verdict,) = answer["verdicts"]
    held = {clause["clause"]: (clause["holds"], clause["waived"]) for clause in verdict["clauses"]}
    for language in ("zh", "en"):
        marked = {p["clause"]: (p["holds"], p["waived"]) for p in verdict[f"text_{language}"] if p["clause"]}
        assert marked == held
    assert held["issued-from"] == (False, False) and held["evidence"] == (False, True)
    shown = cli("explain", "GB/T 5271.31-2006", "--rule", "guide", "--lang", "zh").stdout
    assert "新制定✓国家标准和行业标准✓ 50 项以上" in shown and "自 2024 版指南发布之日起✗已发布✓" in shown
