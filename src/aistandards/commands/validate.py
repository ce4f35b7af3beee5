"""`aistandards validate`: check records against the rules."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aistandards import output
from aistandards.commands.common import command
from aistandards.errors import SourceError, UsageError

if TYPE_CHECKING:
    from aistandards.findings import Report
    from aistandards.sources import UnreadableError

FORMATS = ("text", "json", "csv", "turtle", "sarif", "junit", "github", "html")
FORMS = ("csv", "xlsx", "turtle", "ntriples", "nquads", "trig", "rdfxml", "jsonld", "jsonl", "yaml", "xml")


def add(commands: Any) -> None:
    """Add the command and its options."""
    parser = command(
        commands, "validate", run, "check records against the rules", "aistandards validate my-records/*.csv", FORMATS
    )
    parser.add_argument("paths", nargs="*", metavar="PATH", help="files, folders, patterns, or - for standard input")
    parser.add_argument("--as", dest="form", choices=FORMS, help="what kind of file standard input is (default: seen)")
    parser.add_argument(
        "--engine",
        choices=("compiled", "pyshacl"),
        default="compiled",
        help="what runs the shapes: compiled to Python (default), or pySHACL, the reference",
    )
    parser.add_argument(
        "--shapes",
        type=Path,
        metavar="FILE",
        help="check RDF against the SHACL shapes of your own file instead of ours",
    )
    parser.add_argument("--fail-on", choices=("violation", "warning", "info"), default="violation")
    parser.add_argument(
        "--select", action="append", default=[], metavar="RULE", help="only these rules (id or standard-*)"
    )
    parser.add_argument("--ignore", action="append", default=[], metavar="RULE", help="all but these rules")
    parser.add_argument("--list-rules", action="store_true", help="list the rules instead of checking")
    parser.add_argument(
        "--baseline", type=Path, metavar="FILE", help="an earlier --format json: only new findings count"
    )
    parser.add_argument(
        "--group", choices=("auto", "rule", "none"), default="auto", help="text: the first findings of each rule"
    )
    parser.add_argument("--annotate", type=Path, metavar="OUT.xlsx", help="the one table given, its cells marked")
    parser.add_argument("--fix", action="store_true", help="show what is mechanical: numbers, dates, widths")
    parser.add_argument("--write", action="store_true", help="with --fix: write it, then check again")


def run(arguments: argparse.Namespace) -> int:
    """Validate files; 1 with findings at or above ``--fail-on``, 2 where a file cannot be read."""
    from aistandards import catalogue

    if arguments.list_rules:
        return _list_rules(arguments)
    _check_options(arguments)
    rules = catalogue.chosen(arguments.select, arguments.ignore) if arguments.select or arguments.ignore else None
    report, broken = _checked(arguments, rules)
    language = output.language(arguments.lang)
    if arguments.annotate:
        _annotate(arguments, report, language)
    if arguments.fix and _fix(arguments, report, language):
        report, broken = _checked(arguments, rules)
    if not arguments.fix or arguments.write:
        print(_shown(report, arguments, language).rstrip("\n"))
    for error in broken:
        print(f"aistandards: {error.en}\naistandards：{error.zh}", file=sys.stderr)
    if broken:
        return 2
    return 1 if report.worst_at_least(arguments.fail_on) else 0


def _checked(arguments: argparse.Namespace, rules: set[str] | None) -> tuple[Report, list[UnreadableError]]:
    """Validate what was given, and leave out what the options leave out."""
    from aistandards import bulk, catalogue, ownshapes

    given = (arguments.paths, sys.stdin.buffer, arguments.form, arguments.engine)
    if arguments.shapes:
        report, broken = ownshapes.validate(arguments.shapes, *given)
    else:
        compiled = bulk.validate_paths(*given)
        report, broken = compiled.report, compiled.broken
    if rules is not None:
        report = report.only(lambda finding: finding.rule in rules or finding.rule not in catalogue.rules())
    if arguments.baseline:
        report = report.new_since(_baseline(arguments.baseline))
    return report, broken


def _check_options(arguments: argparse.Namespace) -> None:
    if not arguments.paths:
        raise UsageError(
            "PATH is missing: name a file, a folder, or - for standard input.",
            "缺少 PATH：请给出文件、文件夹，或用 - 表示标准输入。",
        )
    if arguments.shapes and (arguments.fix or arguments.annotate or arguments.select or arguments.ignore):
        raise UsageError(
            "--shapes checks RDF by your own shapes; --select, --ignore, --annotate and --fix are for our rules.",
            "--shapes 按您自己的形状检查 RDF；--select、--ignore、--annotate、--fix 只用于本项目的规则。",
        )
    if arguments.fix and "-" in arguments.paths:
        raise UsageError("--fix works on files, not on standard input.", "--fix 只处理文件，不处理标准输入。")
    if arguments.fix and not arguments.write and arguments.format != "text":
        raise UsageError(
            f"--fix shows the difference as text; --format {arguments.format} goes with --fix --write, whose answer is the report.",
            f"--fix 以文本显示差别；--format {arguments.format} 须与 --fix --write 同用，其答复为报告。",
        )
    if arguments.write and not arguments.fix:
        raise UsageError("--write goes with --fix.", "--write 须与 --fix 同用。")
    if arguments.annotate and (len(arguments.paths) != 1 or not Path(arguments.paths[0]).is_file()):
        raise UsageError(
            "--annotate marks one file; name just that file.", "--annotate 只标注一个文件；请只给出该文件。"
        )
    if arguments.annotate and arguments.annotate.suffix.lower() != ".xlsx":
        raise UsageError("--annotate writes an .xlsx file.", "--annotate 写出 .xlsx 文件。")


def _shown(report: Report, arguments: argparse.Namespace, language: str) -> str:
    """Return the report in the format asked for."""
    from aistandards import catalogue, reportforms
    from aistandards.shacl.report import turtle

    if arguments.format == "json":
        return output.as_json(report.as_dict())
    if arguments.format == "csv":
        return output.as_csv([finding.as_dict() for finding in report.findings])
    if arguments.format == "turtle":
        return turtle(report, catalogue.SHAPES)
    if arguments.format == "text":
        grouped = arguments.group == "rule" or (arguments.group == "auto" and len(report.findings) > reportforms.MANY)
        return reportforms.text(report, language, grouped)
    if arguments.format == "junit":
        return reportforms.junit(report, language, arguments.fail_on)
    written: str = getattr(reportforms, arguments.format)(report, language)
    return written


def _baseline(path: Path) -> list[str]:
    """Return the fingerprints of the findings of an earlier report in JSON."""
    from aistandards.findings import Finding

    try:
        known = json.loads(path.read_text(encoding="utf-8"))["findings"]
        return [Finding(**finding).fingerprint for finding in known]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SourceError(
            f"{path} is no report of `aistandards validate --format json` ({error}).",
            f"{path} 不是 `aistandards validate --format json` 的报告（{error}）。",
        ) from None


def _annotate(arguments: argparse.Namespace, report: Report, language: str) -> None:
    from aistandards import annotate

    source = Path(arguments.paths[0])
    if source.resolve() == arguments.annotate.resolve():
        raise UsageError(
            "--annotate writes another file, not over the one given.", "--annotate 须写到另一个文件，不能覆盖输入。"
        )
    annotate.write(arguments.annotate, annotate.annotate(source, report, language))
    print(f"aistandards: marked in {arguments.annotate}\naistandards：已标注于 {arguments.annotate}", file=sys.stderr)


def _fix(arguments: argparse.Namespace, report: Report, language: str) -> bool:
    """Show the difference, and write it where that is asked for; whether anything was written."""
    from aistandards import annotate, fixes

    done = fixes.apply(report.findings)
    for fixed in done:
        print(fixed.difference, end="", file=sys.stderr if arguments.write else sys.stdout)
        if arguments.write:
            annotate.write(fixed.path, fixed.content)
    cells = sum(len(fixed.fixes) for fixed in done)
    left = len(report.findings) - cells
    aside = sys.stderr if arguments.write else sys.stdout  # what remains is the answer then
    if language == "zh":
        print(f"{'已改' if arguments.write else '可改'} {cells} 个单元格，其余 {left} 处须由人处理。", file=aside)
    else:
        print(
            f"{cells} cells {'changed' if arguments.write else 'can be changed'}; {left} findings are for people to mend.",
            file=aside,
        )
    return arguments.write and bool(done)


def _list_rules(arguments: argparse.Namespace) -> int:
    from dataclasses import asdict

    from aistandards import catalogue

    rules = list(catalogue.rules().values())
    rows = [asdict(rule) for rule in rules]
    if arguments.format == "json":
        print(output.as_json({"total": len(rows), "items": rows}))
    elif arguments.format == "csv":
        print(output.as_csv(rows), end="")
    else:
        zh = output.language(arguments.lang) == "zh"
        print(output.table(["rule", "severity", "says"], [[r.id, r.severity, r.zh if zh else r.en] for r in rules]))
    return 0
