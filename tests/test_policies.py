"""Policy documents: every clause of the texts is on record, every figure is the text's, answers are those of the files."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from decimal import Decimal
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pyoxigraph as ox
import pytest

from aistandards import policies
from aistandards.counts import Counts
from aistandards.errors import NotFoundError, UsageError
from aistandards.namespaces import SPARQL_PROLOGUE
from aistandards.pipeline import load_ontology
from aistandards.settings import resource
from conftest import Cli
from serving import serving

SHARED = Path(__file__).resolve().parents[2] / "shared"
TEXTS = sorted((SHARED / "seed").glob("*.txt"))
GATHERED = SHARED / "data" / "policies.csv"
needs_text = pytest.mark.skipif(len(TEXTS) != 1, reason="the text itself is not at hand")
needs_gathered = pytest.mark.skipif(not GATHERED.exists(), reason="the gathered rows are not at hand")

TITLE = re.compile(r"^[（(]征求意见稿[)）]$|^[（(]来源：.+[)）]$|^——数字创新高地全球图景与中国位势$")
DIGITS = "一二三四五六七八九十"
# where a clause begins, by its form: chapter, article, 一、 （一） 1. 一是, a chart, a note on a chart
CHAPTER = re.compile(rf"^第([{DIGITS}]+)章 ")
ARTICLE = re.compile(rf"^第([{DIGITS}]+)条 ")
HEADING = re.compile(rf"^([{DIGITS}]+)、")
ITEM = re.compile(rf"^[（(]([{DIGITS}]+)[)）]")
POINT = re.compile(r"^(\d)\. ?(?=\D)")
ORDINAL = re.compile(rf"^([{DIGITS}])是")
CHART = re.compile(r"^图 (\d)-(\d)")
# numbers in a figure's line that are no figures: notes, years, months, names of things
NAMES = re.compile(r"注 ?\d|\d{4} ?年|\d+ ?月|(?<![\d.])(?:1000Mbps|100Mbps|10G PON|5G)")


@cache
def table(name: str) -> list[dict[str, str]]:
    with (resource("data") / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@cache
def text() -> list[str]:
    """The lines of the text; the first is number 1."""
    return ["", *TEXTS[0].read_text(encoding="utf-8").split("\n")]


def number(word: str) -> int:
    """A Chinese number up to 99."""
    tens, ten, ones = word.rpartition("十")
    value = (DIGITS.index(tens) + 1 if tens else 1) * 10 if ten else 0
    return value + (DIGITS.index(ones) + 1 if ones else 0)


def printed(line: int) -> str:
    return text()[line].strip().removeprefix("- ")


def clauses_of(policy: str) -> list[dict[str, str]]:
    return sorted((row for row in table("clauses") if row["policy"] == policy), key=lambda row: int(row["line"]))


IN_TEXT = [row for row in table("policies") if row["line"]]
SLUGS = [row["slug"] for row in IN_TEXT]


# ---------------------------------------------------------------- against the text


@needs_text
def test_the_documents_follow_one_another_in_the_text_without_a_gap() -> None:
    spans = sorted((int(row["line"]), int(row["last_line"])) for row in IN_TEXT)
    for (_, last), (first, _) in pairwise(spans):
        assert last < first and not any(line.strip() for line in text()[last + 1 : first])


@needs_text
@pytest.mark.parametrize("document", IN_TEXT, ids=SLUGS)
def test_every_line_of_a_document_is_in_a_clause(document: dict[str, str]) -> None:
    inside = {
        at for clause in clauses_of(document["slug"]) for at in range(int(clause["line"]), int(clause["last_line"]) + 1)
    }
    first, last = int(document["line"]), int(document["last_line"])
    left = [
        at for at in range(first + 1, last + 1) if printed(at) and not TITLE.search(printed(at)) and at not in inside
    ]
    assert left == [], [f"{at}: {printed(at)[:30]}" for at in left]
    assert inside <= set(range(first, last + 1))


@needs_text
@pytest.mark.parametrize("document", IN_TEXT, ids=SLUGS)
def test_a_clause_begins_with_its_first_words(document: dict[str, str]) -> None:
    for clause in clauses_of(document["slug"]):
        words = clause["first_words"]
        assert words and printed(int(clause["line"])).startswith(words), clause["clause"]
        assert printed(int(clause["last_line"])), f"{clause['clause']} ends in an empty line"


def found_by_form(document: dict[str, str]) -> dict[str, int]:
    """The numbered clauses of a document, rebuilt from the text by their form: slug and line."""
    found: dict[str, int] = {}
    policy, above, contents = document["slug"], "", ""
    item = point = ""
    for at in range(int(document["line"]) + 1, int(document["last_line"]) + 1):
        line = printed(at)
        if line in ("报告目录", "白皮书目录"):
            contents = "contents-"
        if match := CHAPTER.match(line):
            found[f"chapter-{number(match[1])}"] = at
        elif match := ARTICLE.match(line):
            found[str(number(match[1]))] = at
        elif match := HEADING.match(line):
            above, item = str(number(match[1])), ""
            found[contents + above] = at
        elif match := ITEM.match(line):
            item = f"{above}-{number(match[1])}"
            found[contents + item] = at
        elif match := ORDINAL.match(line):
            found[f"{above}-{number(match[1])}"] = at
        elif match := CHART.match(line):
            found[f"chart-{match[1]}-{match[2]}"] = at
        elif match := POINT.match(line):
            point = "finding-" if policy.startswith("caict-") else "note-" if line_is_note(document, at) else f"{item}-"
            found[point + match[1]] = at
    return found


def line_is_note(document: dict[str, str], at: int) -> bool:
    return any(printed(line) == "注释：" for line in range(int(document["line"]), at))


@needs_text
@pytest.mark.parametrize("document", IN_TEXT, ids=SLUGS)
def test_the_numbered_clauses_are_those_of_the_text(document: dict[str, str]) -> None:
    listed = {row["clause"].partition("/")[2]: int(row["line"]) for row in clauses_of(document["slug"])}
    unnumbered = re.compile(r"^(preamble|intro|end|findings|contents|notes|qr|p\d|\d+-p\d|chart-1-1-note)$")
    assert found_by_form(document) == {slug: line for slug, line in listed.items() if not unnumbered.match(slug)}


@needs_text
def test_the_forms_find_clauses_that_a_list_would_lack() -> None:
    """The rebuilt list is worth something: so many clauses of each form are in the text."""
    found = {row["slug"]: found_by_form(row) for row in IN_TEXT}
    assert len([slug for slug in found["guiyang-vouchers-2024"] if slug.isdigit()]) == 24
    assert found["fujian-2024"]["3-3-3"] == 243 and found["guiyang-models-2024"]["7-6"] == 324
    assert {len(found[slug]) for slug in ("fujian-2024", "telecom-2023")} == {35, 45}


@needs_text
def test_every_number_of_the_bulletin_is_a_figure_and_every_figure_is_in_its_line() -> None:
    stated: dict[int, Counter[str]] = {}
    for row in table("figures"):
        if row["dataset"] == "telecom-2023":
            here = stated.setdefault(int(row["line"]), Counter())
            here.update(row[name].lstrip("-") for name in ("value", "growth", "change") if row[name])
    seen = {}
    figures = [row for row in clauses_of("telecom-2023") if row["kind"] == "figure"]
    for clause in figures:
        for at in range(int(clause["line"]) + 1, int(clause["last_line"]) + 1):
            numbers = Counter(re.findall(r"\d+(?:\.\d+)?", NAMES.sub("", printed(at))))
            if numbers and not CHART.match(printed(at)):
                seen[at] = numbers
    assert len(seen) > 15 and stated == seen


VERB = re.compile("增长|提升|提高|净增|高|下降|净减|回落")
FALLS = {"下降", "净减", "回落"}


@needs_text
def test_every_growth_and_change_has_the_sign_of_the_verb_before_it() -> None:
    for row in table("figures"):
        line = printed(int(row["line"]))
        for figure in filter(None, (row["growth"], row["change"])):
            places = re.finditer(rf"(?<![\d.]){re.escape(figure.lstrip('-'))}(?![\d.])", line)
            verbs = [VERB.findall(line[: place.start()]) for place in places]
            assert figure.startswith("-") in {found[-1] in FALLS for found in verbs if found}, row


@needs_text
def test_the_unit_of_a_figure_stands_behind_it_in_the_text() -> None:
    """Between the two only the other figures of the same unit: 114 万、2310 万和 4008 万公里, 0.2 个和 0.1 个百分点."""
    words = {"万户": ("万户", "万"), "万公里": ("万公里", "万"), "万家": ("万家",), "亿GB": ("亿GB",)}
    for row in table("figures"):
        line = printed(int(row["line"])).replace(" ", "")
        if row["figure"] in ("ZS-11", "ZS-16"):  # 近万家, 第二: printed in words
            assert ("近万家" if row["figure"] == "ZS-11" else "全球排名第二") in line
            continue
        for figure, unit in ((row["value"], row["unit"]), (row["change"], row["change_unit"])):
            behind = "|".join(map(re.escape, words.get(unit, (unit,))))
            others = r"(?:个|亿元|%|万)?(?:、[\d.]+(?:个|%)?)*(?:和[\d.]+)?"
            number = rf"(?<![\d.]){re.escape(figure.lstrip('-'))}(?![\d.])"
            assert not figure or re.search(rf"{number}{others}(?:{behind})", line), (row["figure"], figure, unit)


@needs_gathered
def test_nothing_gathered_was_lost() -> None:
    with GATHERED.open(encoding="utf-8", newline="") as stream:
        gathered = {row["rule_id"]: row for row in csv.DictReader(stream)}
    rules = {row["rule_id"]: row for row in table("policy-rules")}
    figures = {row["figure"]: row for row in table("figures")}
    assert sorted(gathered.keys() - rules.keys() - figures.keys()) == []
    titles = {row["slug"]: row["title_zh"] for row in table("policies")}
    for name, was in gathered.items():
        if name in rules:
            now = rules[name]
            assert (now["value"], now["unit"], now["subject_zh"]) == (was["value"], was["unit"], was["subject"])
            assert was["note"].split(";")[0] in now["note_en"] or now["policy"] == "fujian-ten-2023", name
            same = now["kind"] == was["kind"] and now["location"] == was["seed_phrase_location"]
            assert same or "corrected" in now["note_en"], name
        else:
            now = figures[name] | {"policy": figures[name]["dataset"]}
        plain = re.sub(r"[（(].*?[)）]", "", titles[now["policy"]])
        assert re.sub(r"[（(].*?[)）]", "", was["policy"]) == plain, name


SCALES = {"million": 6, "billion": 9, "trillion": 12}


@needs_gathered
def test_figures_agree_with_what_was_gathered(counts: Counts) -> None:
    with GATHERED.open(encoding="utf-8", newline="") as stream:
        gathered = {row["rule_id"]: row for row in csv.DictReader(stream) if row["kind"] == "observation"}
    answers = [policies.document(counts, slug) for slug in ("telecom-2023", "pilot-test-2024")]
    found = {figure["id"]: figure for answer in answers for figure in answer["figures"]}
    assert len(gathered) > 40
    for name, was in gathered.items():
        scale = next((power for word, power in SCALES.items() if was["unit"].startswith(word)), 0)
        assert Decimal(found[name]["base_value"]) == Decimal(was["value"]).scaleb(scale), name
        if growth := re.match(r"(?:2023; )?([+-][\d.]+)%", was["condition"]):
            assert Decimal(found[name]["growth"]) == Decimal(growth[1]), name


# ---------------------------------------------------------------- the records among themselves


def test_every_clause_is_modelled_or_says_why_not() -> None:
    pointed = {row["clause"] for row in table("policy-rules")} | {row["clause"] for row in table("figures")}
    for row in table("clauses"):
        kinds = row["kind"].split(";")
        if "not-modelled" in kinds:
            assert kinds == ["not-modelled"] and row["reason"] and row["reason_en"]
        else:
            assert not row["reason"], row["clause"]
        if {"rule", "procedure", "target", "figure"} & set(kinds) and row["policy"] != "guide-draft-2024":
            below = {clause for clause in pointed if clause == row["clause"] or clause.startswith(row["clause"] + "-")}
            assert below, f"{row['clause']} is {kinds}, and nothing points to it"


def test_rules_figures_and_links_point_to_clauses_on_record() -> None:
    known = {row["clause"] for row in table("clauses")}
    documents = {row["slug"] for row in table("policies")}
    for row in table("policy-rules"):
        assert row["policy"] in documents
        assert row["clause"] in known if row["clause"] else row["policy"] == "fujian-ten-2023"
        assert not row["clause"] or row["clause"].startswith(row["policy"] + "/")
    lines: dict[str, set[int]] = {}
    for row in table("clauses"):
        inside = range(int(row["line"]), int(row["last_line"]) + 1)
        for above in (slug for slug in known if row["clause"] == slug or row["clause"].startswith(slug + "-")):
            lines.setdefault(above, set()).update(inside)
    assert [row["figure"] for row in table("figures") if int(row["line"]) not in lines[row["clause"]]] == []
    for row in table("policy-rules"):  # a few stand in several places and say so in the location or note
        places = {int(at) for at in re.findall(r"\d{3}", row["location"])}
        several = row["rule_id"] in ("FJ-17", "FJ-18", "GYM-20", "GYV-08", "SD-10")
        assert several or places <= lines.get(row["clause"], set()), row["rule_id"]
    assert {row["about"] for row in table("policy-links")} <= known | documents
    linked = {row["about"].partition("/")[0] for row in table("policy-links")}
    assert SLUGS and set(SLUGS) <= linked, "every document of the text is linked to parts"


def test_the_links_the_issue_names_are_there() -> None:
    links = {row["about"]: row for row in table("policy-links")}
    assert links["pilot-test-2024"]["part"] == "EB"
    assert "foundation/computing-power" in links["guiyang-vouchers-2024"]["layer"]
    assert set(links["caict-internet-law-2023"]["part"].split(";")) <= {"G", "GA", "GB"}
    assert all(row["basis"] == "curated" and row["reason"] and row["reason_en"] for row in links.values())


# ---------------------------------------------------------------- answers


def test_the_list_counts_what_the_files_hold(counts: Counts) -> None:
    items = {item["slug"]: item for item in policies.documents(counts)["items"]}
    assert items.keys() == {row["slug"] for row in table("policies")}
    clauses, rules = (Counter(row["policy"] for row in table(name)) for name in ("clauses", "policy-rules"))
    left = Counter(row["policy"] for row in table("clauses") if row["kind"] == "not-modelled")
    figures = Counter(row["dataset"] for row in table("figures"))
    for slug, item in items.items():
        expected = tuple(counter.get(slug) for counter in (clauses, left, rules, figures))
        assert tuple(item[name] for name in ("clauses", "not_modelled", "rules", "figures")) == expected
    drafts = policies.documents(counts, "draft")
    assert {item["slug"] for item in drafts["items"]} == {
        row["slug"] for row in table("policies") if row["status"] == "draft"
    }


@pytest.mark.parametrize("row", table("policies"), ids=lambda row: str(row["slug"]))
def test_a_document_is_answered_as_the_files_state_it(row: dict[str, str], counts: Counts) -> None:
    answer = policies.document(counts, row["slug"])
    for name in ("title_zh", "title_en", "status", "kind", "issued", "announced", "valid_until", "state_of", "source"):
        assert (answer[name] or "") == row[name], name
    assert answer["valid_years"] == (int(row["valid_years"]) if row["valid_years"] else None)
    assert sorted(answer["issuers"]) == sorted(row["issuer"].split(";") if row["issuer"] else [])
    assert (answer["edition"] or "") == row["edition"]
    assert answer["iri"] == f"https://w3id.org/aistandards/id/policy/{row['slug']}"
    assert answer["follows"] == [slug for slug in row["follows"].split(";") if slug]
    assert answer["followed_by"] == sorted(r["slug"] for r in table("policies") if r["follows"] == row["slug"])
    mine = [rule for rule in table("policy-rules") if rule["policy"] == row["slug"]]
    kinds = {"targets": {"target"}, "roles": {"role"}, "procedure": {"procedure"}}
    kinds["rules"] = {rule["kind"] for rule in mine} - {"target", "role", "procedure"}
    for name, wanted in kinds.items():
        assert {rule["id"] for rule in answer[name]} == {rule["rule_id"] for rule in mine if rule["kind"] in wanted}
    assert [clause["id"] for clause in answer["clauses"]] == [
        c["clause"] for c in sorted(clauses_of(row["slug"]), key=lambda c: (int(c["line"]), int(c["last_line"])))
    ]
    for name, kind in (("measures", "measure"), ("findings", "finding")):
        of_kind = {c["clause"] for c in clauses_of(row["slug"]) if kind in c["kind"].split(";")}
        assert {clause["id"] for clause in answer[name]} == of_kind
    assert {figure["id"] for figure in answer["figures"]} == {
        figure["figure"] for figure in table("figures") if figure["dataset"] == row["slug"]
    }
    stated = {rule["id"]: rule["value"] for name in kinds for rule in answer[name]}
    assert stated == {rule["rule_id"]: rule["value"] or None for rule in mine}


def test_the_procedure_of_fujian_is_in_order_with_its_period(counts: Counts) -> None:
    steps = [step for step in policies.document(counts, "fujian-2024")["procedure"] if step["step"]]
    assert [(step["step"], step["clause"]) for step in steps] == [(at, f"fujian-2024/4-{at}") for at in range(1, 7)]
    assert (steps[4]["value"], steps[4]["unit_zh"], steps[4]["unit_en"]) == ("5", "个工作日", "working days")


def test_both_readings_of_the_voucher_rate_are_told(counts: Counts) -> None:
    (rate,) = (rule for rule in policies.document(counts, "guiyang-vouchers-2024")["rules"] if rule["id"] == "GYV-06")
    assert rate["value"] == "3" and "30" in rate["note_zh"] and "30%" in rate["note_en"]


def test_an_unknown_document_or_status_names_the_nearest(counts: Counts) -> None:
    with pytest.raises(NotFoundError, match="Did you mean fujian-2024"):
        policies.document(counts, "fujan-2024")
    with pytest.raises(UsageError, match="Did you mean draft"):
        policies.documents(counts, "drft")


def rows_of(counts: Counts, name: str, **given: str) -> list[dict[str, str]]:
    return [{key: term.value for key, term in row.items()} for row in counts.library.get(name).run(counts.store, given)]


def test_measures_that_support_large_models(counts: Counts) -> None:
    expected = {
        link["about"]
        for link in table("policy-links")
        if "CC" in link["part"].split(";")
        for clause in table("clauses")
        if clause["clause"] == link["about"] and "measure" in clause["kind"].split(";")
    }
    found = {row["clause"].partition("/policy/")[2] for row in rows_of(counts, "policy-measures")}
    assert found == expected
    assert {"guiyang-models-2024/1", "guiyang-models-2024/2", "pilot-test-2024/2"} <= found


def test_what_each_text_asks_of_computing_power(counts: Counts) -> None:
    rows = rows_of(counts, "policy-asks")
    asked = {(row["policy"], row.get("value"), row.get("unit")) for row in rows}
    assert {("fujian-2024", "100", "P"), ("fujian-2024", "300000", "CNY/year")} <= asked
    assert ("guiyang-vouchers-2024", "3", "percent of contract price") in asked
    expected = {
        link["about"]
        for link in table("policy-links")
        if "foundation/computing-power" in link["layer"].split(";") and "/" in link["about"]
    }
    assert {row["clause"].partition("/policy/")[2] for row in rows} == expected


@pytest.mark.parametrize("year", ["2025", "2026", "2027"])
def test_targets_of_a_year(year: str, counts: Counts) -> None:
    rows = rows_of(counts, "policy-targets", year=year)
    found = Counter(row["origin"] for row in rows)
    neighbours = sum(row["deadline"] == year for row in table("targets_related"))
    ours = {row["rule_id"] for row in table("policy-rules") if row["kind"] == "target" and row["deadline"] == year}
    assert found["neighbour"] == neighbours and found["policy"] == len(ours)
    guide = {row["target"].rpartition("/")[2] for row in rows if row["origin"] == "guide"}
    assert (guide >= {"g24-t2", "g24-t4"}) == (year == "2026")
    assert {"2025": {"ZS-01", "ZS-02", "ZS-15"}, "2026": set(), "2027": {"ZS-03"}}[year] == ours


def test_figures_with_growth(counts: Counts) -> None:
    rows = {row["id"]: row for row in rows_of(counts, "policy-figures", policy="telecom-2023")}
    expected = {row["figure"]: row for row in table("figures") if row["dataset"] == "telecom-2023"}
    assert rows.keys() == expected.keys()
    for name, row in expected.items():
        for column in ("value", "growth", "change"):
            assert Decimal(rows[name].get(column, "0")) == Decimal(row[column] or "0"), (name, column)
        assert rows[name]["period"] == row["period"] and rows[name]["area"] == row["area"]


# ---------------------------------------------------------------- the data cube


def test_the_figures_are_a_well_formed_cube(counts: Counts) -> None:
    """The integrity constraints of RDF Data Cube that bear on us, as ASK queries that must be false."""
    prologue, figure = SPARQL_PROLOGUE, "?o a ais:Figure ."
    constraints = {
        "IC-1 one data set": f"{figure} FILTER NOT EXISTS {{ ?o qb:dataSet ?d }}",
        "IC-1 not two": f"{figure} ?o qb:dataSet ?d, ?e FILTER(?d != ?e)",
        "IC-2 a structure": "?d a qb:DataSet FILTER NOT EXISTS { ?d qb:structure ?s }",
        "IC-11 dimensions": f"{figure} ?o qb:dataSet/qb:structure/qb:component/qb:dimension ?p FILTER NOT EXISTS {{ ?o ?p ?v }}",
        "IC-14 measures": f"{figure} ?o qb:dataSet/qb:structure/qb:component/qb:measure ?p FILTER NOT EXISTS {{ ?o ?p ?v }}",
        "IC-6 attributes": f"{figure} ?o qb:dataSet/qb:structure/qb:component ?c . ?c qb:componentRequired true ; qb:attribute ?p FILTER NOT EXISTS {{ ?o ?p ?v }}",
        "observations": f"{figure} FILTER NOT EXISTS {{ ?o a qb:Observation }}",
    }
    for name, pattern in constraints.items():
        assert not ask(counts.store, f"{prologue} ASK {{ {pattern} }}"), name
    keys = Counter((f["dataset"], f["indicator_en"], f["area"], f["period"]) for f in table("figures"))
    assert [key for key, times in keys.items() if times > 1] == [], "IC-12: no two observations of the same dimensions"


def ask(store: ox.Store, query: str) -> bool:
    answer = store.query(query, use_default_graph_as_union=True)
    assert isinstance(answer, ox.QueryBoolean)
    return bool(answer)


def test_every_unit_has_a_factor_or_is_only_a_rule_unit() -> None:
    model = load_ontology()
    prologue = SPARQL_PROLOGUE + "PREFIX unit: <https://w3id.org/aistandards/id/unit/>\n"
    for row in table("figures"):
        for unit in filter(None, (row["unit"], row["change_unit"])):
            pattern = f'{{ ?u skos:notation "{unit}" }} UNION {{ ?u ais:printedAs "{unit}" }} ?u ais:factor ?f ; ais:baseUnit ?b'
            assert ask(model, f"{prologue} ASK {{ {pattern} }}"), unit


def test_the_page_of_the_documents_counts_what_is_on_file() -> None:
    page = (Path(__file__).resolve().parents[1] / "docs" / "policies.md").read_text(encoding="utf-8")
    for slug in SLUGS:
        (line,) = (line for line in page.splitlines() if line.startswith("| `") and f"`{slug}`" in line)
        left = sum(clause["kind"] == "not-modelled" for clause in clauses_of(slug))
        assert f"{len(clauses_of(slug))}, {left}" in line, slug
    given = {match[1] for match in re.finditer(r"`((?:fujian|guiyang)-[a-z]*-?2024/[\d-]+)`", page)}
    assert given <= {row["clause"] for row in table("clauses")} and given
    saved = {path.stem for path in resource("queries").glob("policy-*.rq")}
    assert saved == set(re.findall(r"`(policy-[a-z]+)`", page))


# ---------------------------------------------------------------- command line, API and pages


def test_on_the_command_line(store_folder: Path, cli: Cli) -> None:
    listed = json.loads(cli("policies", "--format", "json").stdout)
    assert listed["total"] == len(table("policies"))
    for lang in ("zh", "en"):
        shown = cli("policies", "guiyang-vouchers-2024", "--lang", lang)
        rate = "最高比例" if lang == "zh" else "highest rate"
        assert shown.code == 0 and "GYV-06" in shown.stdout and rate in shown.stdout
    bulletin = cli("policies", "telecom-2023", "--lang", "zh").stdout
    assert re.search(r"TEL-01 .*1\.68  万亿元 +6\.2", bulletin)
    rows = list(csv.DictReader(cli("policies", "fujian-2024", "--format", "csv").stdout.splitlines()))
    assert [row["id"] for row in rows] == [row["clause"] for row in clauses_of("fujian-2024")]
    wrong = cli("policies", "shandng-2024")
    assert wrong.code == 1 and "shandong-2024" in wrong.stderr and "是否指" in wrong.stderr


@pytest.fixture(scope="module")
def address(store_folder: Path) -> Any:
    with serving(store_folder) as found:
        yield found


def test_over_http(address: str, counts: Counts) -> None:
    listed = httpx.get(f"{address}/api/v1/policies?status=draft").json()
    assert listed == policies.documents(counts, "draft")
    for slug in ("fujian-2024", "telecom-2023"):
        assert httpx.get(f"{address}/api/v1/policies/{slug}").json() == policies.document(counts, slug)
    table_of_clauses = httpx.get(f"{address}/api/v1/policies/fujian-2024?format=csv")
    assert table_of_clauses.text.count("\r\n") == len(clauses_of("fujian-2024")) + 1
    for wrong, status in (("/fujan-2024", 404), ("?status=drft", 400), ("?stat=draft", 400)):
        refused = httpx.get(f"{address}/api/v1/policies{wrong}")
        assert refused.status_code == status and "json" in refused.headers["content-type"], wrong


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_pages(language: str, address: str) -> None:
    page = httpx.get(f"{address}/{language}/policies").text
    for row in table("policies"):
        assert f'href="/{language}/policies/{row["slug"]}"' in page
    for slug in SLUGS:
        shown = httpx.get(f"{address}/{language}/policies/{slug}")
        assert shown.status_code == 200
        for clause in clauses_of(slug):
            assert f'id="{clause["clause"].partition("/")[2]}"' in shown.text
    draft = httpx.get(f"{address}/{language}/policies/guiyang-models-2024").text
    assert "20,000,000" in draft
    assert ("不是生效文件" if language == "zh" else "not in effect") in draft
    assert httpx.get(f"{address}/{language}/policies/nothing").status_code == 404


def test_the_iri_of_a_clause_leads_to_its_place_on_the_page(address: str) -> None:
    led = httpx.get(f"{address}/id/policy/fujian-2024/3-2-1", headers={"Accept": "text/html"})
    assert led.status_code == 303 and led.headers["location"] == "/zh/policies/fujian-2024#3-2-1"
    led = httpx.get(f"{address}/id/policy/fujian-2024", headers={"Accept": "application/json"})
    assert led.headers["location"] == "/api/v1/policies/fujian-2024"
