"""The catalogue of rules: who demands each of them, and committees, where a name may be written in many ways."""

from __future__ import annotations

import io
from pathlib import Path

import pyoxigraph as ox
import pytest
from openpyxl import Workbook

from aistandards import catalogue, pipeline
from aistandards.findings import Finding
from aistandards.namespaces import expand, item
from aistandards.queries import Library
from aistandards.settings import resource

HEADER = "number,title_zh,level,nature,issued,implemented,committee,source"


def findings(path: Path) -> list[Finding]:
    return pipeline.validate_paths([str(path)], io.BytesIO()).report.findings


def a_table(folder: Path, committee: str) -> Path:
    path = folder / "standards-bodies.csv"
    path.write_text(f"{HEADER}\nGB/T 97001-2025,甲,national,recommended,2025-03-01,2025-10-01,{committee},s\n", "utf-8")
    return path


# ---------------------------------------------------------------- sources


def test_every_rule_says_who_demands_it_in_both_languages() -> None:
    for rule in catalogue.rules().values():
        assert rule.source and rule.source_zh, rule.id
        assert ("本项目自定规则：" in rule.source_zh) == ("aistandards' own rule: " in rule.source), rule.id


def test_a_source_named_by_shapes_and_checks_is_listed_and_each_listed_one_is_named() -> None:
    store = ox.Store()
    for path in sorted(resource("shapes").glob("*.ttl")):
        store.load(path=str(path), format=ox.RdfFormat.TURTLE)
    listed = {
        quad.subject.value.removeprefix(catalogue.SHAPES + "source-")
        for quad in store.quads_for_pattern(
            None, ox.NamedNode(expand("skos:inScheme")), ox.NamedNode(catalogue.SHAPES + "sources")
        )
        if isinstance(quad.subject, ox.NamedNode)
    }
    by_shapes = {
        quad.object.value.removeprefix(catalogue.SHAPES + "source-")
        for quad in store.quads_for_pattern(None, ox.NamedNode(expand("dcterms:source")), None)
        if isinstance(quad.object, ox.NamedNode) and quad.object.value.startswith(catalogue.SHAPES)
    }
    by_checks = {query.source for query in Library(resource("queries") / "checks")}
    assert by_shapes | by_checks == listed


# ---------------------------------------------------------------- committees


@pytest.mark.parametrize(
    "written",
    [
        "SAC/TC28/SC42",
        "SAC/TC 28/SC 42",
        "sac/tc28/sc42",
        "ＳＡＣ／ＴＣ２８／ＳＣ４２",
        "SAC／TC28／SC42",
        "全国防伪标准化技术委员会",
        "全国防伪 标准化技术委员会",
        "ISO/IEC JTC1/SC42",
    ],
)
def test_a_committee_is_known_in_every_spelling(written: str, tmp_path: Path) -> None:
    compiled = pipeline.validate_paths([str(a_table(tmp_path, written))], io.BytesIO())
    assert [finding.text() for finding in compiled.report.findings] == []


@pytest.mark.parametrize(
    ("written", "nearest"),
    [
        ("SAC/TC620", "SAC/TC260"),
        ("SAC/TC28/SC24", "SAC/TC28/SC42"),
        ("SAC/TC28SC42", "SAC/TC28/SC42"),
        ("SAC/TC 28 SC 42", "SAC/TC28/SC42"),
        ("TC260", "SAC/TC260"),
        ("TC620", "SAC/TC260"),
        ("TC 28/SC 42", "SAC/TC28/SC42"),
        ("全国防伪标准化技木委员会", "全国防伪标准化技术委员会"),
        ("全国防为标准化技术委员会", "全国防伪标准化技术委员会"),
        ("中国电子学汇", "中国电子学会"),
    ],
)
def test_a_slip_in_a_committee_is_a_warning_with_the_nearest(written: str, nearest: str, tmp_path: Path) -> None:
    (finding,) = findings(a_table(tmp_path, written))
    assert (finding.rule, finding.severity, finding.suggestion) == ("committee-unknown", "warning", nearest)
    assert (finding.line, finding.column, finding.field, finding.value) == (2, 7, "committee", written)
    assert finding.file and written in finding.message_zh and written in finding.message_en


@pytest.mark.parametrize(
    "written",
    [
        "全国信息技术标准化技术委员会",
        "全国农业机械标准化技术委员会",
        "ISO/TC 20",
        "SAC/TC 9",
        "ISO/IEC JTC 1/SC 24",
        "国家药品监督管理局",
    ],
)
def test_a_committee_that_is_not_listed_breaks_no_rule_and_is_likened_to_none(written: str, tmp_path: Path) -> None:
    (finding,) = findings(a_table(tmp_path, written))
    assert (finding.rule, finding.severity) == ("committee-unknown", "warning")
    assert finding.suggestion and "committees.csv" in finding.suggestion


def test_a_committee_in_two_spellings_is_one_record_not_two(tmp_path: Path) -> None:
    path = a_table(tmp_path, "SAC/TC28")
    (tmp_path / "standards-other.csv").write_text(path.read_text("utf-8").replace("SAC/TC28", "SAC/TC 28"), "utf-8")
    report = pipeline.validate_paths([str(tmp_path)], io.BytesIO()).report
    assert [(finding.rule, finding.severity) for finding in report.findings] == [("record-repeated", "info")]


def test_a_committee_in_a_workbook_and_in_turtle_is_judged_alike(tmp_path: Path) -> None:
    book = Workbook()
    assert book.active is not None
    for row in a_table(tmp_path, "SAC/TC620").read_text("utf-8").splitlines():
        book.active.append(row.split(","))
    book.save(tmp_path / "standards-bodies.xlsx")
    (finding,) = findings(tmp_path / "standards-bodies.xlsx")
    assert (finding.rule, finding.severity, finding.suggestion) == ("committee-unknown", "warning", "SAC/TC260")
    assert (finding.line, finding.column) == (2, 7)
    turtle = tmp_path / "mine.ttl"
    turtle.write_text(
        "@prefix ais: <https://w3id.org/aistandards/ontology#> . @prefix dcterms: <http://purl.org/dc/terms/> .\n"
        f'<{item("standard", "gbt-97002-2025")}> a ais:NationalStandard ; ais:number "GB/T 97002-2025" ;\n'
        f'  dcterms:title "乙"@zh ; dcterms:source "s" ; ais:level <{item("level", "national")}> ;\n'
        f"  ais:nature <{item('nature', 'recommended')}> ; ais:committee <{item('committee', 'sac-tc620')}> .\n",
        "utf-8",
    )
    (finding,) = findings(turtle)
    assert (finding.rule, finding.severity, finding.field) == ("standard-committee", "warning", "committee")
    assert finding.file and finding.line and finding.value == item("committee", "sac-tc620")


def test_the_nature_that_disagrees_with_the_number_stands_in_its_cell(tmp_path: Path) -> None:
    path = a_table(tmp_path, "SAC/TC28")
    path.write_text(path.read_text("utf-8").replace("GB/T", "GB"), "utf-8")
    (finding,) = findings(path)
    assert (finding.rule, finding.severity) == ("nature-of-national", "violation")
    assert (finding.line, finding.column, finding.field, finding.value) == (2, 4, "nature", "recommended")


# ---------------------------------------------------------------- numbers and lines for people


def test_a_line_for_people_shows_the_value_once_and_not_all_of_a_long_one() -> None:
    said = Finding("r", "warning", "甲", "wrong", "a.csv", 2, 3, "nature", "recommended")
    assert said.text() == "a.csv:2:3: warning r [nature: recommended] wrong"
    assert Finding("r", "warning", "甲", "b is wrong", field="x", value="b").text() == "-: warning r [x] b is wrong"
    long = Finding("r", "warning", "甲", "wrong", field="x", value="长" * 10_000).text()
    assert "长" * 60 + "…" in long and len(long) < 100
    assert "\n" not in Finding("r", "warning", "甲", "wrong", field="x", value="a\nb").text()


@pytest.mark.parametrize("written", ["2025004-T-469", "20250004-T-46", "202500041-T-469"])
def test_a_slip_in_a_plan_number_says_how_plan_numbers_are_written(written: str, tmp_path: Path) -> None:
    path = tmp_path / "projects-mine.csv"
    path.write_text(f"id,title_zh,level,stage,source\n{written},甲,national,drafting,s\n", "utf-8")
    (finding,) = findings(path)
    assert (finding.rule, finding.severity, finding.value, finding.column) == ("number-form", "violation", written, 1)
    assert "20240001-T-469" in finding.message_zh and "20240001-T-469" in finding.message_en


def test_a_year_to_come_is_a_slip_and_the_number_on_record_is_suggested(tmp_path: Path) -> None:
    path = tmp_path / "standards-years.csv"
    path.write_text(
        "number,title_zh,level,nature,issued,implemented,adopts,adoption_degree,replaces,source\n"
        "GB/T 97011-2019,甲,national,recommended,2019-03-01,2019-10-01,,,,s\n"
        "GB/T 97012-2025,乙,national,recommended,2025-03-01,2025-10-01,,,GB/T 97011-2091,s\n"
        "GB/T 97013-2025,丙,national,recommended,2025-03-01,2025-10-01,ISO 97013:2052,IDT,,s\n"
        "GB/T 97014-2052,丁,national,recommended,,,,,,s\n",
        "utf-8",
    )
    said = {(f.line, f.column, f.field, f.value, f.suggestion) for f in findings(path) if f.rule == "number-ahead"}
    assert said == {
        (3, 9, "replaces", "GB/T 97011-2091", "GB/T 97011-2019"),
        (4, 7, "adopts", "ISO 97013:2052", None),
        (5, 1, "number", "GB/T 97014-2052", None),
    }
