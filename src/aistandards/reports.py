"""Answers as text for people, in Chinese or English: tables, explanations, findings, summaries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from aistandards.findings import Finding, Report
from aistandards.lookup import Found
from aistandards.namespaces import PREFIXES, expand
from aistandards.output import table
from aistandards.rules import Label, Rule

MARKS = {True: "✓", False: "✗", None: "?"}
WORDS = {
    "counts": ("计入", "counts"),
    "excluded": ("不计", "excluded"),
    "undecided": ("无法判定", "undecided"),
}


READINGS = {
    "with_guidance": "计入指导性文件",
    "with_related": "核心和相关",
    "series_once": "系列只计一次",
    "confirmed_only": "仅已确认",
}
BY = {"part": "部分", "layer": "产业链层", "level": "级别", "year": "年份", "committee": "归口单位"}
MATCHES = {"exact": "完全对应", "part-of": "为其一部分", "none": "无对应"}
Words = Mapping[str, Mapping[str, Label]]


def word(words: Words, scheme: str, token: str | None, language: str) -> str:
    """Return the Chinese word for a code; in English the code itself, as in JSON."""
    label = words.get(scheme, {}).get(token or "")
    return label.zh if label and language == "zh" else token or "-"


def say(language: str, zh: str, en: str) -> str:
    """Return the text of the reader's language."""
    return zh if language == "zh" else en


def build_summary(summary: dict[str, Any], folder: Path, report: Report, language: str) -> str:
    """Return what a build read, left out and stored."""
    counts = summary["findings"]
    lines = [
        say(language, f"已读记录 {summary['records']} 条：", f"{summary['records']} records read:"),
        table(["file", "rows"], summary["files"].items(), right=[1]),
        say(
            language,
            f"问题：违规 {counts['violation']}，警告 {counts['warning']}，提示 {counts['info']}",
            f"findings: {counts['violation']} violations, {counts['warning']} warnings, {counts['info']} infos",
        ),
        *(f"  {rule}: {count}" for rule, count in summary["rules_with_findings"].items()),
        say(language, f"略去 {len(summary['left_out'])} 条记录", f"{len(summary['left_out'])} records left out"),
        *(f"  {text}" for text in summary["left_out"]),
        say(
            language,
            f"推导三元组 {summary['inferred']}，判定 {summary['verdicts']}，共 {summary['triples']} 个三元组",
            f"{summary['inferred']} triples inferred, {summary['verdicts']} verdicts, {summary['triples']} triples in all",
        ),
        say(
            language,
            f"存储 {folder} 已更新（{summary['build_id'][:16]}，{summary['seconds']} 秒）",
            f"store {folder} replaced ({summary['build_id'][:16]}, {summary['seconds']} s)",
        ),
    ]
    return "\n".join(lines)


def findings_text(report: Report, language: str) -> str:
    """Return one line a finding and a last one that counts them."""
    counts = report.counts()
    total = say(
        language,
        f"{'合格' if report.conforms else '不合格'}：{counts['violation']} 处违规，{counts['warning']} 处警告，{counts['info']} 处提示，已读 {report.records} 条记录",
        f"{'conforms' if report.conforms else 'does not conform'}: {counts['violation']} violations, "
        f"{counts['warning']} warnings, {counts['info']} infos in {report.records} records",
    )
    return "\n".join([*(finding.text(language) for finding in report.findings), total])


def findings_turtle(report: Report) -> str:
    """Return the findings as a SHACL validation report in Turtle."""
    node = ox.BlankNode("report")
    triples = [
        ox.Triple(node, _name("rdf:type"), _name("sh:ValidationReport")),
        ox.Triple(node, _name("sh:conforms"), ox.Literal(report.conforms)),
    ]
    for index, finding in enumerate(report.findings):
        triples += _result(node, ox.BlankNode(f"r{index}"), finding)
    return (ox.serialize(triples, format=ox.RdfFormat.TURTLE, prefixes=PREFIXES) or b"").decode()


def _result(report: ox.BlankNode, node: ox.BlankNode, finding: Finding) -> Iterator[ox.Triple]:
    yield ox.Triple(report, _name("sh:result"), node)
    yield ox.Triple(node, _name("rdf:type"), _name("sh:ValidationResult"))
    yield ox.Triple(node, _name("sh:resultSeverity"), _name(f"sh:{finding.severity.capitalize()}"))
    yield ox.Triple(node, _name("sh:resultMessage"), ox.Literal(finding.message_zh, language="zh"))
    yield ox.Triple(node, _name("sh:resultMessage"), ox.Literal(finding.message_en, language="en"))
    yield ox.Triple(node, _name("dcterms:identifier"), ox.Literal(finding.rule))
    place = ":".join(str(piece) for piece in (finding.file, finding.line, finding.column) if piece is not None)
    for name, value in (("dcterms:source", place), ("sh:value", finding.value), ("rdfs:label", finding.field)):
        if value:
            yield ox.Triple(node, _name(name), ox.Literal(value))


def _name(name: str) -> ox.NamedNode:
    return ox.NamedNode(expand(name))


def flat_rows(answer: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the rows of a coverage answer and under each its halves, without nesting."""
    for row in answer["rows"]:
        yield {name: value for name, value in row.items() if name != "halves"}
        yield from row["halves"]


def coverage_text(answers: list[dict[str, Any]], differing: list[dict[str, Any]], language: str, words: Words) -> str:
    """Return the table of one rule, or several rules side by side with the records on which they differ."""
    blocks = [_coverage_block(answer, language, words) for answer in answers]
    if len(answers) > 1:
        header = [say(language, "标准", "standard"), *(answer["rule"] for answer in answers)]
        rows = [[d["number"], *(d["verdicts"].get(a["rule"], "-") for a in answers)] for d in differing]
        blocks.append(
            say(language, f"口径之间有差异的记录：{len(rows)}", f"records on which the rules differ: {len(rows)}")
        )
        blocks.append(table(header, rows))
    return "\n\n".join(blocks)


def _coverage_block(a: dict[str, Any], language: str, words: Words) -> str:
    target = a["target"]
    sign = {">=": "≥", ">": ">"}.get(target["comparison"], target["comparison"])
    contested = a["contested"]
    day = a["reached_on"]
    reached = say(language, f"{day} 达到" if day else "未达到", f"reached on {day}" if day else "not reached")
    surplus = a["counted"] - (target["value"] or 0)
    lines = [
        say(
            language,
            f"口径 {a['rule']}，截至 {a['as_of']}：计入 {a['counted']}（目标 {sign} {target['value']}，"
            f"{'超出' if surplus >= 0 else '尚缺'} {abs(surplus)}；{reached}）",
            f"rule {a['rule']} as of {a['as_of']}: {a['counted']} count (target {sign} {target['value']}, "
            f"{'surplus' if surplus >= 0 else 'short by'} {abs(surplus)}; {reached})",
        ),
        say(
            language,
            f"计入 {a['counted']} + 合并 {a['folded']} + 不计 {a['excluded']} + 无法判定 {a['undecided']} = 候选 {a['candidates']}；"
            f"有争议：已计入 {contested['counted']}，仅因范围未计 {contested['excluded']}",
            f"{a['counted']} counted + {a['folded']} folded + {a['excluded']} excluded + {a['undecided']} undecided = "
            f"{a['candidates']} candidates; contested: {contested['counted']} counted, {contested['excluded']} left out by scope alone",
        ),
        say(language, "其他读法：", "other readings: ")
        + ", ".join(f"{say(language, zh, name)} {a[name]}" for name, zh in READINGS.items() if a[name] is not None),
        say(language, "核实状态：", "verification: ")
        + ", ".join(f"{word(words, 'verification', n, language)} {count}" for n, count in a["by_verification"].items()),
        say(language, "不计和无法判定的原因：", "reasons: ")
        + ", ".join(f"{word(words, 'reason', n, language)} {count}" for n, count in a["reasons"].items()),
    ]
    if a["lower_bound"]:
        lines.append(
            say(
                language,
                f"登记簿副本截至 {a['data_until']}；其后只有零星公告，本数为下限。",
                f"The register copies reach to {a['data_until']}; later records are single notices, so this is a lower bound.",
            )
        )
    if a["future"]:
        lines.append(
            say(
                language,
                "查询日在未来：按今日所知回答。",
                "The day lies in the future: the answer is by today's knowledge.",
            )
        )
    return "\n".join([*lines, "", _coverage_table(a, language)])


def _coverage_table(a: dict[str, Any], language: str) -> str:
    """Return the rows of an answer with their halves and a line of totals."""
    header = [
        say(language, BY[a["by"]], a["by"]),
        "",
        *say(language, "计入 另涉 现行 在研", "counted also in-force projects").split(),
    ]
    rows = []
    for row in flat_rows(a):
        indent = "  " if row["system"] != a["system"] else ""
        name = f"{indent}{row['notation'] or '-'}"
        rows.append(
            [
                name,
                row[f"label_{language}"],
                row["counted"],
                row["also"],
                row["in_force"],
                "-" if row["projects"] is None else row["projects"],
            ]
        )
    total = [sum(row[name] for row in a["rows"]) for name in ("counted", "in_force")]
    rows.append([say(language, "合计", "total"), "", total[0], "", total[1], ""])
    return table(header, rows, right=[2, 3, 4, 5])


def targets_text(answer: dict[str, Any], language: str) -> str:
    """Return each target with our counts and the official statements beside them."""
    blocks = []
    for t in answer["items"]:
        value = "" if t["value"] is None else f" {t['comparison']} {t['value']} {t['unit']}"
        lines = [f"{t['id']} ({t['edition']}) {t[f'label_{language}']}{value}, {t['deadline']}"]
        for ours in t["ours"]:
            day = ours["reached_on"]
            reached = say(language, f"{day} 达到" if day else "未达到", f"reached on {day}" if day else "not reached")
            lines.append(f"  {ours['rule']:<18} {ours['counted']:>5}  {ours[f'label_{language}']}; {reached}")
        if t["not_known"]:
            lines.append("  " + t["not_known"][language])
        for s in t["statements"]:
            figure = f"{s['comparison'] or ''}{s['value'] if s['value'] is None else int(s['value'])}"
            readings = ", ".join(f"{r['rule']} {r['counted']}" for r in s["readings"])
            beside = f"  [{say(language, '同日本系统', 'ours that day')}: {readings}]" if readings else ""
            lines.append(f"  · {s['as_of']} {s['who']}: {figure} {s['measure']}{beside}")
        for entry in t["listed"]:
            lines.append(
                f"  {say(language, '无编号，仅列出', 'no number, listed only')}: {entry['title']} ({entry['roles']}; {entry['parties']})"
            )
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks)


def rules_answer(rules: list[Rule]) -> dict[str, Any]:
    """Return the counting rules with their clauses as the JSON answer."""
    return {
        "total": len(rules),
        "items": [
            {
                "rule": rule.name,
                "iri": rule.iri,
                "label_zh": rule.label.zh,
                "label_en": rule.label.en,
                "note_zh": rule.note.zh,
                "note_en": rule.note.en,
                "version": rule.version,
                "target": rule.target.id,
                "source": rule.source,
                "clauses": [
                    {
                        "clause": clause.name,
                        "label_zh": clause.label.zh,
                        "label_en": clause.label.en,
                        "reason": clause.reason,
                        "waived_by": None if clause.waived_by is None else "=".join(clause.waived_by),
                        "source": clause.source,
                    }
                    for clause in rule.clauses
                ],
            }
            for rule in rules
        ],
    }


def rules_text(answer: dict[str, Any], language: str) -> str:
    """Return each rule with its clauses."""
    blocks = []
    for rule in answer["items"]:
        lines = [
            f"{rule['rule']} v{rule['version']} → {rule['target']}: {rule[f'label_{language}']}. {rule[f'note_{language}']}"
        ]
        for clause in rule["clauses"]:
            waiver = f" [{say(language, '可免除', 'waived by')} {clause['waived_by']}]" if clause["waived_by"] else ""
            lines.append(f"  {clause['clause']:<13} {clause[f'label_{language}']}{waiver}")
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks)


def undated_note(found: Found, record: dict[str, Any], language: str) -> list[str]:
    """Return a line that says so where an undated number was taken as its latest edition in force, and which follows."""
    if not found.undated:
        return []
    number = record.get("number") or record["slug"]
    later = [e for e in record.get("editions", ()) if e["status"] in ("not-yet-in-force", "not-issued")]
    if not later:
        return [
            say(language, f"（未注日期，取最新版本 {number}）", f"(undated: the latest edition, {number}, is shown)")
        ]
    coming = "; ".join(f"{e['number']} {e['implemented'] or ''}".strip() for e in later)
    return [
        say(
            language,
            f"（未注日期，取最新现行版本 {number}；即将实施：{coming}）",
            f"(undated: the latest edition in force, {number}, is shown; coming: {coming})",
        )
    ]


def explain_text(a: dict[str, Any], found: Found, language: str, words: Words) -> str:
    """Return an explanation: the record, its verdict and clauses under each rule, relations, sources."""
    because, label = say(language, "because_zh", "because"), f"label_{language}"
    judged = a["classification"]
    reason = judged["reason"] if language == "zh" else judged["reason_en"] or judged["reason"]
    state = word(words, "status" if a["status"] else "stage", a["status"] or a["stage"], language)
    lines = [
        f"{a['number'] or a['slug']}  {a['title_zh'] or ''}  {a['title_en'] or ''}".rstrip(),
        *undated_note(found, a["record"], language),
        f"{say(language, '状态', 'status')}: {state}  {say(language, '范围', 'scope')}: {word(words, 'scope', a['scope'], language)}"
        + (f"（{say(language, '有争议', 'contested')}）" if a["contested"] else "")
        + f"  {say(language, '核实', 'verification')}: {word(words, 'verification', a['verification'], language)}",
        f"{say(language, '分类', 'classified')}: {word(words, 'basis', judged['basis'], language)}; {reason or '-'}; {judged['judged_by'] or '-'}, {judged['judged_on'] or '-'}",
    ]
    for p in a["parts"]:
        if p["primary"]:
            lines.append(
                f"  {p['system']}: {' > '.join(p['path']) or '-'} {p[label]} ({say(language, MATCHES[p['match']], p['match'])})"
            )
    lines.append(f"{say(language, '产业链层', 'layer')}: {', '.join(a['layers']) or '-'}")
    if a["novelty"]:
        n = a["novelty"]
        witnesses = f" ({', '.join(n['witnesses'])})" if n["witnesses"] else ""
        lines.append(
            f"{say(language, '新颖性', 'novelty')}: {word(words, 'novelty', n['novelty'], language)}; {n[f'ground_{language}']}{witnesses}"
        )
    if a["not_a_candidate"]:
        lines.append(a["not_a_candidate"][language])
    for verdict in a["verdicts"]:
        lines += _verdict_lines(verdict, because, label, language)
    lines += [f"{r['relation']} → {r['number']}" + (f" ({r['degree']})" if r["degree"] else "") for r in a["relations"]]
    for e in a["record"].get("editions", ()):
        lines.append(
            f"{say(language, '其他版本', 'other edition')}: {e['number']} ({word(words, 'status', e['status'], language)}, {e['implemented'] or e['issued'] or '-'})"
        )
    for c in a["conflicts"]:
        lines.append(
            f"{say(language, '来源不一', 'sources differ')}: {c['field']} = {c['value']} [{c['rank']}; {c['rule']}]"
        )
    lines.append(f"{say(language, '来源', 'sources')}:")
    for s in a["sources"]:
        read = say(language, "已读" if s["read"] else "仅地址", "read" if s["read"] else "address only")
        lines.append(f"  - {s['source']} [{s['kind']}; {s['state_of'] or '-'}; {s['origin'] or '-'}; {read}]")
    return "\n".join(lines)


def _verdict_lines(verdict: dict[str, Any], because: str, label: str, language: str) -> Iterator[str]:
    zh, en = WORDS[verdict["verdict"]]
    reason = f" ({verdict['reason']})" if verdict["reason"] else ""
    span = f"{verdict['from'] or '…'} – {verdict['until'] or '…'}"
    yield f"{verdict['rule']}: {say(language, zh, en)}{reason}  [{span}]"
    for clause in verdict["clauses"]:
        waived = say(language, "（不要求）", " (not asked)") if clause["waived"] else ""
        yield f"    {MARKS[clause['holds']]} {clause[label]}{waived} — {clause[because]}"


def record_text(answer: dict[str, Any], found: Found, language: str) -> str:
    """Return one record, a line a column, empty ones left out."""
    lines = undated_note(found, answer, language)
    for name, value in answer.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            value = [str(entry["number"]) for entry in value]
        if value not in (None, [], "") and not name.endswith(("_earliest", "_latest")):
            shown = ";".join(map(str, value)) if isinstance(value, list) else value
            lines.append(f"{name:<18} {shown}")
    return "\n".join(lines)
