"""A validation report for other programs: SARIF for code hosts, JUnit for CI, annotations for GitHub, a page for people."""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from collections.abc import Iterable
from pathlib import PurePath
from typing import Any, Final
from urllib.parse import quote
from xml.etree import ElementTree as ET

from aistandards import __version__, catalogue, output
from aistandards.findings import ORDER, Finding, Report, Severity
from aistandards.templates import environment

LEVELS: Final[dict[Severity, str]] = {"violation": "error", "warning": "warning", "info": "note"}
COMMANDS: Final[dict[Severity, str]] = {"violation": "error", "warning": "warning", "info": "notice"}
SARIF_SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
MANY: Final = 200  # findings from which on text and page group them by rule
_SHEET: Final = re.compile(r"(.*\.xls[xm])#(.*)", re.IGNORECASE | re.DOTALL)
FIRST: Final = 5  # findings of a rule that are shown where they are grouped


def by_rule(findings: Iterable[Finding]) -> dict[str, list[Finding]]:
    """Return the findings by rule, the rule with most findings first."""
    found: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        found[finding.rule].append(finding)
    return dict(sorted(found.items(), key=lambda pair: (-len(pair[1]), pair[0])))


def text(report: Report, language: str, grouped: bool) -> str:
    """Return one line a finding, or the first few of each rule with their number, and a last line that counts."""
    lines = []
    if grouped:
        for rule, findings in by_rule(report.findings).items():
            known = catalogue.rules().get(rule)
            said = (known.zh if language == "zh" else known.en) if known else ""
            lines.append(f"== {rule} × {len(findings)}  {said}")
            lines += [f"  {finding.text(language)}" for finding in findings[:FIRST]]
            if rest := len(findings[FIRST:]):
                lines.append(f"  …… 另有 {rest} 处" if language == "zh" else f"  … and {rest} more")
    else:
        lines = [finding.text(language) for finding in report.findings]
    return "\n".join([*lines, *_engine(report, language), _total(report, language)])


def _engine(report: Report, language: str) -> list[str]:
    """Return a line for what ran the shapes, where it was not the compiler alone."""
    if report.engine != "compiled":
        return [f"{'引擎：' if language == 'zh' else 'engine: '}{report.engine}"]
    if language == "zh":
        return [f"形状 {name} 未编译，由 pySHACL 执行：{zh}" for name, (_, zh) in report.fell_back.items()]
    return [f"shape {name} is not compiled, pySHACL runs it: {en}" for name, (en, _) in report.fell_back.items()]


def _total(report: Report, language: str) -> str:
    counts = report.counts()
    if language == "zh":
        known = f"（另有 {report.known} 处在基线中）" if report.known else ""
        return (
            f"{'合格' if report.conforms else '不合格'}：{counts['violation']} 处违规，{counts['warning']} 处警告，"
            f"{counts['info']} 处提示，已读 {report.records} 条记录{known}"
        )
    known = f" ({report.known} more are in the baseline)" if report.known else ""
    return (
        f"{'conforms' if report.conforms else 'does not conform'}: {counts['violation']} violations, "
        f"{counts['warning']} warnings, {counts['info']} infos in {report.records} records{known}"
    )


def _address(file: str) -> str:
    """Return a file's name as the relative or absolute URI that SARIF wants."""
    path = PurePath(file)
    return path.as_uri() if path.is_absolute() else quote(path.as_posix())


def _file_and_sheet(name: str) -> tuple[str, str]:
    """Return the file that a finding names and the sheet of a workbook after ``#``, which is no file to anybody else."""
    found = _SHEET.fullmatch(name)
    return (found[1], found[2]) if found else (name, "")


def sarif(report: Report, language: str) -> str:
    """Return SARIF 2.1.0; the column of a table is a logical location, since ``startColumn`` counts characters."""
    ids = sorted({finding.rule for finding in report.findings})
    driver = {
        "name": "aistandards",
        "version": __version__,
        "informationUri": "https://w3id.org/aistandards/",
        "rules": [_sarif_rule(rule) for rule in ids],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_sarif_result(finding, ids, language) for finding in report.findings],
    }
    return output.as_json({"$schema": SARIF_SCHEMA, "version": "2.1.0", "runs": [run]})


def _sarif_rule(name: str) -> dict[str, Any]:
    rule = catalogue.rules().get(name)
    if rule is None:
        return {"id": name}
    return {
        "id": name,
        "shortDescription": {"text": rule.en or name},
        "fullDescription": {"text": f"{rule.zh} {rule.en}"},
        "helpUri": rule.iri,
        "defaultConfiguration": {"level": LEVELS[rule.severity]},
        "properties": {"source": rule.source, "source_zh": rule.source_zh, "kind": rule.kind},
    }


def _sarif_result(finding: Finding, ids: list[str], language: str) -> dict[str, Any]:
    where: dict[str, Any] = {}
    file, sheet = _file_and_sheet(finding.file or "")
    if file:
        where["physicalLocation"] = {"artifactLocation": {"uri": _address(file)}}
        if finding.line:
            where["physicalLocation"]["region"] = {"startLine": finding.line}
    if finding.field or finding.record:
        name = finding.field or finding.record
        full = "/".join(piece for piece in (sheet, finding.record, finding.field) if piece)
        where["logicalLocations"] = [{"name": name, "fullyQualifiedName": full, "kind": "member"}]
    return {
        "ruleId": finding.rule,
        "ruleIndex": ids.index(finding.rule),
        "level": LEVELS[finding.severity],
        "message": {"text": finding.message(language)},
        "locations": [where] if where else [],
        "partialFingerprints": {"aistandards/v1": finding.fingerprint},
        "properties": {
            "column": finding.column,
            "value": finding.value,
            "suggestion": finding.suggestion,
            "message_zh": finding.message_zh,
            "message_en": finding.message_en,
        },
    }


def junit(report: Report, language: str, fail_on: Severity = "violation") -> str:
    """Return JUnit XML: a suite a file, a case a finding; findings below ``fail_on`` pass and say so in their output."""
    failing = [severity for severity in ORDER if ORDER[severity] >= ORDER[fail_on]]
    root = ET.Element("testsuites", name="aistandards validate")
    findings = sorted(report.findings, key=lambda finding: finding.file or "")
    for file, group in itertools.groupby(findings, key=lambda finding: finding.file or "-"):
        mine = list(group)
        failures = sum(finding.severity in failing for finding in mine)
        suite = ET.SubElement(root, "testsuite", name=_xml(file), tests=str(len(mine)), failures=str(failures))
        for finding in mine:
            name = " ".join(str(piece) for piece in (finding.rule, finding.line, finding.field) if piece)
            case = ET.SubElement(suite, "testcase", classname=_xml(file), name=_xml(name))
            line = _xml(finding.text(language))
            if finding.severity in failing:
                ET.SubElement(case, "failure", type=finding.rule, message=_xml(finding.message(language))).text = line
            else:
                ET.SubElement(case, "system-out").text = line
    if not findings:
        suite = ET.SubElement(root, "testsuite", name="aistandards", tests="1", failures="0")
        ET.SubElement(suite, "testcase", classname="aistandards", name="conforms")
    tests, failed = len(findings) or 1, sum(count for severity, count in report.counts().items() if severity in failing)
    root.set("tests", str(tests))
    root.set("failures", str(failed))
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode")


def _xml(said: str) -> str:
    """Return a text without the characters that XML 1.0 cannot hold."""
    return "".join(
        ch if ch in "\t\n\r" or " " <= ch <= "\ud7ff" or "\ue000" <= ch <= "\ufffd" or ch > "\uffff" else "�"
        for ch in said
    )


def github(report: Report, language: str) -> str:
    """Return workflow commands, one a finding, which GitHub shows beside the line."""
    lines = []
    for finding in report.findings:
        file, sheet = _file_and_sheet(finding.file or "")
        place = {"file": file, "line": finding.line, "title": finding.rule}
        where = ",".join(f"{name}={_property(str(value))}" for name, value in place.items() if value)
        named = "/".join(piece for piece in (sheet, finding.field) if piece)
        field = f"[{named}] " if named else ""
        lines.append(f"::{COMMANDS[finding.severity]} {where}::{_data(field + finding.message(language))}")
    return "\n".join([*lines, *_engine(report, language), _total(report, language)])


def _data(said: str) -> str:
    return said.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(said: str) -> str:
    return _data(said).replace(":", "%3A").replace(",", "%2C")


def html(report: Report, language: str) -> str:
    """Return a page that stands for itself: counts, then the findings by rule, at most 1,000 of a rule."""
    page = environment().get_template("findings.html")
    groups = [
        {"rule": catalogue.rules().get(rule), "id": rule, "findings": found, "shown": found[:1000]}
        for rule, found in by_rule(report.findings).items()
    ]
    return page.render(lang=language, total=_total(report, language), groups=groups, zh=language == "zh")
