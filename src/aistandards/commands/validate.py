"""`aistandards validate`: check records against the rules."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from aistandards import output
from aistandards.commands.common import command
from aistandards.reports import say

if TYPE_CHECKING:
    from aistandards.findings import Report

FORMS = ("csv", "xlsx", "turtle", "ntriples", "nquads", "trig", "rdfxml", "jsonld", "jsonl", "yaml", "xml")


def add(commands: Any) -> None:
    """Add the command and its options."""
    parser = command(
        commands,
        "validate",
        run,
        "check records against the rules",
        "aistandards validate my-records/*.csv",
        ("text", "json", "turtle", "csv"),
    )
    parser.add_argument("paths", nargs="+", metavar="PATH", help="files, folders, patterns, or - for standard input")
    parser.add_argument("--as", dest="form", choices=FORMS, help="what kind of file standard input is (default: seen)")
    parser.add_argument("--fail-on", choices=("violation", "warning", "info"), default="violation")


def run(arguments: argparse.Namespace) -> int:
    """Validate files; 1 with findings at or above ``--fail-on``, 2 where a file cannot be read."""
    from aistandards import pipeline, validation

    compiled = pipeline.validate_paths(arguments.paths, sys.stdin.buffer, arguments.form)
    report = compiled.report
    if arguments.format == "json":
        print(output.as_json(report.as_dict()))
    elif arguments.format == "csv":
        print(output.as_csv([finding.as_dict() for finding in report.findings]), end="")
    elif arguments.format == "turtle":
        print(validation.report_turtle(report))
    else:
        print(_text(report, output.language(arguments.lang)))
    for error in compiled.broken:
        print(f"aistandards: {error.en}\naistandards：{error.zh}", file=sys.stderr)
    if compiled.broken:
        return 2
    return 1 if report.worst_at_least(arguments.fail_on) else 0


def _text(report: Report, language: str) -> str:
    """Return one line a finding and a last one that counts them."""
    counts = report.counts()
    total = say(
        language,
        f"{'合格' if report.conforms else '不合格'}：{counts['violation']} 处违规，{counts['warning']} 处警告，{counts['info']} 处提示，已读 {report.records} 条记录",
        f"{'conforms' if report.conforms else 'does not conform'}: {counts['violation']} violations, "
        f"{counts['warning']} warnings, {counts['info']} infos in {report.records} records",
    )
    return "\n".join([*(finding.text(language) for finding in report.findings), total])
