"""A small made-up data set in which every clause of every shipped rule is seen both ways; each row says what it is for."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

import pyoxigraph as ox

from aistandards.namespaces import GRAPH
from madeup import HEADERS, Row, compile_folder, project, standard, write

REGISTER = "a copy of the register, 2026-09-16"


def dated(number: str, issued: str, **cells: str) -> dict[str, str]:
    return standard(number, issued=issued, **cells)


STANDARDS = [
    # newly made, nothing on record against it
    dated("GB/T 90001-2025", "2025-03-01", implemented="2025-09-01", title_zh="人工智能 通用要求", committee="made-up"),
    # revisions: by an earlier edition, by a replacement of an external number, by its project
    dated("GB/T 90002-2020", "2020-05-01", implemented="2020-12-01"),
    dated("GB/T 90002-2025", "2025-05-01", implemented="2025-12-01"),
    dated("GB/T 90003-2025", "2025-03-01", replaces="GB/T 80003-2010"),
    dated("GB/T 90004-2025", "2025-03-01", plan_number="20250004-T-469"),
    # a project that says new proves nothing against an earlier edition
    dated("GB/T 90034-2019", "2019-05-01", implemented="2019-12-01"),
    dated("GB/T 90034-2025", "2025-05-01", plan_number="20250034-T-469"),
    # new, with the ground shown: replaces only in part, split from a larger number
    dated("GB/T 90005-2025", "2025-03-01", replaces_partly="GB/T 80005-2012"),
    dated("GB/T 90006-2018", "2018-03-01", implemented="2018-10-01"),
    dated("GB/T 90006.1-2025", "2025-03-01"),
    # undecided: the same digits with another nature, the same title under an earlier number of another publisher
    dated("GB/T 90007-2024", "2024-08-01"),
    dated("GB 90007-2026", "2026-02-01", nature="mandatory"),
    dated("YY/T 1808-2022", "2022-05-01", level="industry", title_zh="人工智能　医疗器械： 评价"),
    dated("GB/T 90008-2026", "2026-03-01", title_zh="人工智能 医疗器械 评价"),
    # earlier by the year in the number though issued later; of the same year but issued earlier
    dated("YY/T 1810-2024", "2025-02-01", level="industry", title_zh="智能系统 迟发", scope="related"),
    dated("GB/T 90044-2025", "2025-01-20", title_zh="智能系统 迟发"),
    dated("GB/T 90045-2025", "2025-02-01", scope="related"),
    dated("GB 90045-2025", "2025-08-01", nature="mandatory"),
    # out by scope, nature, classification
    dated("GB/Z 90009-2025", "2025-04-01", nature="guidance"),
    dated(
        "GB/T 90010-2025", "2025-04-01", scope="related", contested="true", reason="题名无 AI", reason_en="AI not named"
    ),
    dated("GB/T 90011-2025", "2025-04-01", basis="suggested"),
    dated("GB/T 90012-2025", "2025-04-01", basis="", part="", layer=""),
    dated("GB/T 90027-2025", "2025-04-01", scope=""),
    # windows: before all, in January 2024, between draft and guide, on the first day, after the end
    dated("GB/T 90013-2023", "2023-05-01", implemented="2023-12-01", title_zh="人工智能 早"),
    dated("GB/T 90016-2024", "2024-01-05"),
    dated("GB/T 90015-2024", "2024-03-01"),
    dated("GB/T 90035-2024", "2024-07-02"),
    dated("GB/T 90014-2027", "2027-02-01"),
    # dates known in part: a year or a month across the window, a number's year only, no date and no year at all
    dated("GB/T 90017-2024", "2024"),
    dated("GB/T 90036-2024", "2024-07"),
    dated("GB/T 90018-2024", ""),
    dated("DB11/T 9999", "", level="local"),
    dated("GB/T 90037-2026", "", title_zh="人工智能 年末"),
    # ended: without a successor, with one, at some day of a year, by the word of a register copy
    dated("GB/T 90019-2025", "2025-01-10", implemented="2025-02-01", withdrawn="2026-03-01", title_zh="人工智能 废止"),
    dated("GB/T 90020-2024", "2024-08-01", implemented="2025-01-01", withdrawn="2026-06-01"),
    dated("GB/T 90020-2026", "2026-01-01", implemented="2026-06-01"),
    dated("GB/T 90031-2025", "2025-01-10", implemented="2025-02-01", withdrawn="2026"),
    dated("GB/T 90023-2025", "2025-01-10", implemented="2025-02-01", status="withdrawn"),
    # a source shows it in June, so it was issued by then
    dated("GB/T 90021-2025", "2025"),
    # sources differ about the day, and the window falls between
    dated("GB/T 90022-2024", "2024-07-05"),
    # a series over GB/T and GB/Z: counted once it stands in the part of its lowest counted number
    dated("GB/T 90024.1-2025", "2025-06-01", part="AA"),
    dated("GB/Z 90024.2-2025", "2025-05-01", part="BA", nature="guidance"),
    dated("GB/T 90024.10-2026", "2026-05-01", part="CA;GA", layer="framework"),
    # other levels; no title; a word that the dates contradict
    dated("YD/T 9025-2025", "2025-02-01", level="industry", part="F:health", basis="official"),
    dated("YD/T 9038-2025", "2025-07-01", level="industry", part="D"),
    dated("DB11/T 9028-2025", "2025-03-01", level="local"),
    dated("T/MADE 9029-2025", "2025-03-01", level="group", nature=""),
    dated("GB/T 90026-2025", "2025-03-01", title_zh="", title_en="No Chinese title"),
    dated("GB/T 90032-2025", "2025-03-01", implemented="2030-01-01", status="in-force"),
    dated(
        "GB/T 90033-2025",
        "2025-03-01",
        implemented="2026-10-01",
        status="not-yet-in-force",
        adopts="ISO/IEC 90030:2024",
        adoption_degree="IDT",
    ),
]
ABROAD = {"level": "international", "nature": "", "part": "", "basis": "", "title_zh": "", "layer": ""}
INTERNATIONAL = [
    dated("ISO/IEC 90030:2024", "2024-09", **ABROAD, title_en="Made up", committee="ISO/IEC JTC 1/SC 42"),
    dated("ISO/IEC 90031:2024", "2024-01", **ABROAD, title_en="Nobody's", committee="ISO/IEC JTC 1/SC 42"),
    dated("ITU-T F.900.1 (07/2024)", "2024-07", **ABROAD),
    dated("ITU-T F.900.2 (03/2025)", "2025-03", **ABROAD),
    dated("ITU-T F.900.3 (2024)", "2024", **ABROAD),
    dated("ITU-T F.900.4 (02/2027)", "2027-02", **ABROAD),
    *(dated(f"ITU-T F.900.{at} (05/2025)", "2025-05", **ABROAD) for at in (6, 7, 8)),
    dated("IEEE Std 9002-2025", "2025-04-01", **ABROAD),
    dated("IEEE Std 9003-2026", "", **ABROAD),
]
PARTICIPATION = [
    {"number": "ISO/IEC 90030:2024", "title": "Made up", "role": "led", "party": "A", "source": "made up"},
    {"number": "ISO/IEC 90031:2024", "title": "Early", "role": "led", "party": "A", "source": "made up"},
    {
        "number": "ITU-T F.900.1 (07/2024)",
        "title": "July",
        "role": "proposed;drafted",
        "party": "A;B",
        "source": "made up",
    },
    {"number": "ITU-T F.900.2 (03/2025)", "title": "No role", "role": "", "party": "C", "source": "made up"},
    {"number": "ITU-T F.900.3 (2024)", "title": "Year only", "role": "led", "party": "C", "source": "made up"},
    {"number": "ITU-T F.900.4 (02/2027)", "title": "Late", "role": "led", "party": "C", "source": "made up"},
    *(
        {"number": f"ITU-T F.900.{at} (05/2025)", "title": "May", "role": "proposed", "party": "E", "source": "made up"}
        for at in (6, 7, 8)
    ),
    {"number": "ITU-T F.900.5", "title": "Work item", "role": "led", "party": "C", "source": "made up"},
    {"number": "IEEE Std 9002-2025", "title": "IEEE", "role": "led", "party": "C", "source": "made up"},
    {"number": "", "title": "Without a number", "role": "proposed", "party": "D", "source": "made up"},
]
PROJECTS = [
    project("20250004-T-469", action="revision", stage="published", result_number="GB/T 90004-2025"),
    project("20250034-T-469", action="new", stage="published"),
    project("20260001-T-469", due="2026-06-30", part="CC", contested="true", committee="made-up"),
    project("20260002-T-469", due="2026", stage="review", adopts="ISO/IEC 90031:2024", adoption_degree="MOD"),
    project("20260003-T-469", due="2025-12", stage="stopped"),
    project("20260004-T-469", due="2025-12", level="industry", stage="approval"),
    # published, and still no result named; a result, and still not published; a degree of nothing; a part without a basis
    project("20260005-T-469", stage="published"),
    project("20260006-T-469", stage="review", result_number="GB/T 90001-2025"),
    project("20260007-T-469", adoption_degree="IDT", basis=""),
]
WRONG = [  # what queries/checks look for
    dated("GB/T 90040-2025", "2025-03-01", replaces="GB/T 90040-2025"),
    dated("GB/T 90041-2025", "2025-03-01", replaces="GB/T 90014-2027", part="C;CA"),
    dated("GB/T 90042-2025", "2024-03-01", adoption_degree="IDT", basis=""),
    dated("GB/T 90043-2025", "2025-03-01", adopts="ISO/IEC 90031:2024"),
    dated("GB/T 90047-2025", "2025-03-01", replaces="GB/T 90040-2052"),
]
REFERENCES = [
    {"from_number": "GB/T 90001-2025", "to_number": "GB/T 90020-2024", "kind": "normative", "source": "made up"},
    {"from_number": "GB/T 90001-2025", "to_number": "GB/T 90019-2025", "kind": "normative", "source": "made up"},
    {"from_number": "GB/T 90001-2025", "to_number": "GB/T 90020", "kind": "normative", "source": "made up"},
    {"from_number": "YD/T 9025-2025", "to_number": "GB/T 90023-2025", "kind": "normative", "source": "made up"},
]
ADOPTIONS = [
    {
        "national_number": "GB/T 90001-2025",
        "international_number": "ISO/IEC 90030:2024",
        "degree": "NEQ",
        "source": "made up",
    },
    # the edition taken over has been replaced by ISO/IEC 90031:2024
    {
        "national_number": "GB/T 90005-2025",
        "international_number": "ISO/IEC 90031:2019",
        "degree": "IDT",
        "source": "made up",
    },
]
RELATIONS = [
    {
        "from_number": "ISO/IEC 90031:2024",
        "relation": "replaces",
        "to_number": "ISO/IEC 90031:2019",
        "source": "made up",
    },
    {
        "from_number": "GB/T 90001-2025",
        "relation": "replaces",
        "to_number": "GB/T 90013-2023",
        "intended": "yes",
        "source": "draft",
    },
]
STATEMENTS = [
    {"target": "T2", "comparable": "yes", "measure": "national standards", "comparison": "=", "value": "30", "levels": "national", "as_of": "2025-09-09", "kind": "official", "who": "somebody", "source": "made up"},
    {"target": "T2", "comparable": "yes", "measure": "in 2025", "value": "9", "levels": "national", "counted_from": "2025-01-01", "as_of": "2025-09", "kind": "official", "source": "made up"},
    {"target": "T3", "comparable": "no", "measure": "vendors", "comparison": "≈", "value": "30", "as_of": "2025-12-28", "kind": "official", "source": "made up", "note": "another thing"},
    {"target": "T2", "context": "yes", "comparable": "no", "measure": "wider", "value": "7", "as_of": "2026-05-08", "source": "made up"},
]  # fmt: skip
CONFLICTS = [
    {"record": "GB/T 90022-2024", "field": "issued", "value": "2024-07-05", "rank": "preferred", "value_kind": "value", "rule": "register-before-press", "source": REGISTER},
    {"record": "GB/T 90022-2024", "field": "issued", "value": "2024-06-28", "rank": "normal", "value_kind": "value", "rule": "register-before-press", "source": "another"},
    {"record": "GB/T 90001-2025", "field": "issued", "value": "2025-03-02", "rank": "normal", "value_kind": "value", "rule": "register-before-press", "source": "another"},
    {"record": "GB/T 90035-2024", "field": "issued", "value": "2024-06-30", "rank": "deprecated", "value_kind": "value", "rule": "register-before-press", "source": "another"},
]  # fmt: skip


def seen(number: str, kind: str, day: str = "", origin: str = "", read: str = "yes") -> dict[str, str]:
    source = f"{kind} {origin} {day}"
    return {"record": number, "source": source, "kind": kind, "state_of": day, "origin": origin, "read": read}


EVIDENCE = [
    *(seen(number, "register-copy", "2026-09-16", "std.samr.gov.cn") for number in (
        "GB/T 90001-2025", "GB/T 90002-2025", "GB/T 90023-2025", "GB/T 90032-2025", "GB/T 90024.1-2025", "GB/T 90022-2024",
    )),
    seen("YD/T 9025-2025", "register-copy", "2026-08-01", "hbba.sacinfo.org.cn"),
    seen("GB/T 90033-2025", "official", "2026-08-01", "sac.gov.cn"),
    seen("GB/T 90021-2025", "secondary", "2025-06-15", "news.cn"),
    seen("GB/T 90001-2025", "official", "", "sac.gov.cn"),  # a second origin: confirmed
    seen("GB/T 90002-2025", "secondary", "", "std.samr.gov.cn"),  # the same origin again
    seen("GB/T 90006.1-2025", "official", "", "sac.gov.cn"),
    seen("GB/T 90035-2024", "official", "", "sac.gov.cn", read="no"),  # an address that nobody read
]  # fmt: skip
COMMITTEES = [
    {"id": "made-up", "code": "SAC/TC28/SC42", "name_zh": "人工智能分委会", "source": "made up"},
    {"id": "sc42", "code": "ISO/IEC JTC 1/SC 42", "name_en": "Artificial intelligence", "source": "made up"},
]
# a draft and what followed it, a bulletin; figures only in part, rules without a clause, a clause of two kinds
POLICIES = [
    {"slug": "draft", "title_zh": "办法（征求意见稿）", "title_en": "rules (draft)", "issuer": "甲;乙", "issuer_en": "A;B", "kind": "policy", "status": "draft", "valid_years": "3", "validity": "三年", "line": "1", "last_line": "9", "source": "made up", "note": "备注"},
    {"slug": "later", "title_en": "rules", "kind": "policy", "status": "successor", "issued": "2025-03", "follows": "draft", "based_on": "draft", "source": "made up"},
    {"slug": "telecom-2023", "title_zh": "公报", "kind": "statistics", "status": "final", "source": "made up"},
]  # fmt: skip
CLAUSES = [
    {"clause": "draft/1", "policy": "draft", "number": "一", "line": "2", "last_line": "3", "kind": "measure;rule", "text_zh": "支持", "text_en": "support"},
    {"clause": "draft/2", "policy": "draft", "number": "二", "line": "4", "last_line": "4", "kind": "not-modelled", "text_zh": "标题", "text_en": "a heading", "reason": "标题", "reason_en": "a heading"},
    {"clause": "telecom-2023/1", "policy": "telecom-2023", "number": "一", "line": "11", "last_line": "12", "kind": "figure", "text_zh": "数字", "text_en": "figures"},
]  # fmt: skip
POLICY_RULES = [
    {"rule_id": "R-1", "policy": "draft", "clause": "draft/1", "kind": "cap", "subject_zh": "上限", "subject_en": "cap", "comparison": "<=", "value": "5", "unit": "CNY/year", "source": "made up"},
    {"rule_id": "R-2", "policy": "draft", "kind": "target", "subject_zh": "目标", "subject_en": "target", "value": "7", "deadline": "2027", "source": "made up"},
    {"rule_id": "R-3", "policy": "later", "kind": "procedure", "subject_zh": "程序", "subject_en": "step", "order": "1", "condition_zh": "条件", "condition_en": "condition", "source": "made up"},
]  # fmt: skip
FIGURES = [
    {"figure": "F-1", "dataset": "telecom-2023", "clause": "telecom-2023/1", "line": "11", "indicator_zh": "收入", "indicator_en": "revenue", "area": "nationwide", "period": "2023", "comparison": "=", "value": "1.68", "unit": "万亿元", "growth": "6.2"},
    {"figure": "F-2", "dataset": "telecom-2023", "clause": "telecom-2023/1", "line": "12", "indicator_zh": "占比", "indicator_en": "share", "area": "east", "period": "2023-12", "value": "24", "unit": "%", "change": "-0.1", "change_unit": "个百分点", "note": "备注"},
]  # fmt: skip
JUDGED = {"basis": "curated", "judged_by": "a test", "judged_on": "2026-01-01"}
LINKS = [
    {"about": "draft", "part": "CC", "reason": "整体", "reason_en": "as a whole", **JUDGED},
    {"about": "draft/1", "part": "CC;BE", "layer": "foundation/computing-power", "reason": "算力", "reason_en": "computing power", **JUDGED},
]  # fmt: skip
NEIGHBOURS = [{"id": "N-1", "document": "另一文件", "label": "another", "comparison": ">=", "value": "3", "unit": "standards", "deadline": "2027", "source": "made up"}]  # fmt: skip
WRONG_SYSTEMS = (
    "classified-twice",
    "mapping-carried-twice",
    "mapping-unknown-part",
    "mapping-without-reason",
    "part-notation-twice",
    "part-of-another-file",
    "system-notation",
)
FILES: dict[str, Iterable[Row]] = {
    "policies.csv": POLICIES,
    "clauses.csv": CLAUSES,
    "policy-rules.csv": POLICY_RULES,
    "figures.csv": FIGURES,
    "policy-links.csv": LINKS,
    "targets_related.csv": NEIGHBOURS,
    "standards-made-up.csv": [*STANDARDS, *INTERNATIONAL],
    "projects-made-up.csv": PROJECTS,
    "participation.csv": PARTICIPATION,
    "references.csv": REFERENCES,
    "adoptions.csv": ADOPTIONS,
    "relations-made-up.csv": RELATIONS,
    "statements.csv": STATEMENTS,
    "conflicts.csv": CONFLICTS,
    "evidence.csv": EVIDENCE,
    "committees.csv": COMMITTEES,
    "doubtful.csv": [{"number": "GB/T 90099-2025", "reason": "no title seen", "source": "made up"}],
}
assert set(FILES) <= set(HEADERS)
WRONG_APPLICATIONS = """application_id,applicant,kind,consortium,false_claim,false_claim_on,voucher_issued,voucher_used
P-1,One,application-scenario,One;Two,no,2024-06-01,,
P-2,Two,application-scenario,Two;One,no,,,
P-3,Three,application-scenario,Four;Five,no,,,
P-4,Four,voucher-redemption,,no,,2024-11-30,2025-03-01
P-5,Five,voucher-redemption,,no,,2024-11-30,2025-02-28
P-6,Six,voucher-redemption,,no,,2025-01-31,2025-04-30
P-7,Seven,voucher-redemption,,no,,2025-01-01,2025-04-02
"""


# applications are posted and not compiled: the third has a member less
CONSORTIA = """
@prefix ais: <https://w3id.org/aistandards/ontology#> .
@prefix dcterms: <http://purl.org/dc/terms/> .
<https://example.org/a-1> dcterms:identifier "A-1" ; ais:projectKind <https://example.org/kind> ; ais:consortium "a", "b", "c" .
<https://example.org/a-2> dcterms:identifier "A-2" ; ais:projectKind <https://example.org/kind> ; ais:consortium "c", "b", "a" .
<https://example.org/a-3> dcterms:identifier "A-3" ; ais:projectKind <https://example.org/kind> ; ais:consortium "a", "b" .
"""
# what the model excludes and no table can say: two classes at once, two values of one, a key that two share
EXCLUDED = """
@prefix ais: <https://w3id.org/aistandards/ontology#> .
<https://example.org/s-1> a ais:Standard, ais:Committee ; ais:number "EX 1-2025" ;
  ais:nature <https://w3id.org/aistandards/id/nature/guidance>, <https://w3id.org/aistandards/id/nature/mandatory> .
<https://example.org/s-2> a ais:Standard ; ais:number "EX 1-2025" ; ais:replaces <https://example.org/switch> .
<https://example.org/s-3> a ais:Standard ; ais:number "EX 1.3-2025" ; ais:numberPart "3" ; <http://purl.org/dc/terms/title> "例 第2部分：乙"@zh .
<https://example.org/s-4> a ais:Standard ; ais:number "EX 4-2099" ; ais:level <https://w3id.org/aistandards/id/level/national> ;
  <http://purl.org/dc/terms/title> "例 第2部分：丙"@zh ; ais:issuedEarliest "2099-01-01"^^<http://www.w3.org/2001/XMLSchema#date> .
<https://example.org/s-5> a ais:Standard ; ais:number "EX 5-2001" ; ais:issuedLatest "2001-01-01"^^<http://www.w3.org/2001/XMLSchema#date> .
<https://example.org/p-1> a ais:Project ; ais:stage <https://w3id.org/aistandards/id/stage/published> ; ais:result <https://example.org/s-4> .
<https://example.org/p-2> a ais:Project ; ais:stage <https://w3id.org/aistandards/id/stage/published> ; ais:result <https://example.org/s-5> ;
  ais:announced "2098" ; ais:announcedEarliest "2098-01-01"^^<http://www.w3.org/2001/XMLSchema#date> .
<https://example.org/switch> a ais:Switch .
<https://example.org/statement> a ais:OfficialStatement ; ais:value "many" .
"""


def small_store(folder: Path, *, with_errors: bool = False) -> ox.Store:
    """Compile the data set; with the rows that the checks look for only where asked."""
    files = dict(FILES)
    if with_errors:
        files["standards-made-up.csv"] = [*STANDARDS, *INTERNATIONAL, *WRONG]
    write(folder, files)
    if with_errors:
        (folder / "applications-made-up.csv").write_text(WRONG_APPLICATIONS, encoding="utf-8")
    for rule in WRONG_SYSTEMS if with_errors else ():
        shutil.copy(Path(__file__).parent / "shapes" / rule / "bad.ttl", folder / f"{rule}.ttl")
    quads = compile_folder(folder).quads
    if with_errors:
        for text in (CONSORTIA, EXCLUDED):
            quads.load(text.encode(), format=ox.RdfFormat.TURTLE, to_graph=ox.NamedNode(f"{GRAPH}applications"))
    return quads
