"""The command line: one command a verb, a thin skin over the package; heavy imports stay inside the commands."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aistandards import output
from aistandards.arguments import Command, build_parser
from aistandards.errors import AistandardsError, UsageError
from aistandards.settings import ServerSettings, default_store, parse_day, today

if TYPE_CHECKING:
    from aistandards.counts import Counts
    from aistandards.store import Build

RULE_SWITCHES = ("scope", "guidance", "evidence")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code (0 done, 1 findings or not found, 2 wrong use, 3 store or server)."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    try:
        arguments = build_parser(RUNS).parse_args(argv)
        run: Command = arguments.run
        code = run(arguments)
        sys.stdout.flush()
        return code
    except AistandardsError as error:
        print(f"aistandards: {error.en}\naistandards：{error.zh}", file=sys.stderr)
        return error.exit_code
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    except OSError as error:
        print(
            f"aistandards: {error}. Check the disk and the output.\naistandards：{error}。请检查磁盘和输出位置。",
            file=sys.stderr,
        )
        return 3
    except KeyboardInterrupt:
        return 130


def _open_build(arguments: argparse.Namespace) -> Build:
    """Return the current build of the store asked for; an incomplete one is announced."""
    from aistandards.store import open_current

    build = open_current(arguments.store or default_store())
    arguments.left_out = build.manifest.get("left_out", [])
    if build.manifest.get("incomplete"):
        print(
            f"aistandards: this store is incomplete: {len(build.manifest['left_out'])} records were left out by --skip-invalid.\n"
            f"aistandards：本存储不完整：--skip-invalid 略去了 {len(build.manifest['left_out'])} 条记录。",
            file=sys.stderr,
        )
    return build


def _json(arguments: argparse.Namespace, answer: dict[str, Any]) -> str:
    """Return an answer as JSON; an incomplete store says so in every answer."""
    left_out = getattr(arguments, "left_out", [])
    return output.as_json({**answer, "incomplete": left_out} if left_out else answer)


def _print(arguments: argparse.Namespace, answer: dict[str, Any], rows: output.Rows, text: Callable[[str], str]) -> int:
    """Print an answer as JSON, its rows as CSV, or its text in the reader's language; returns the exit code 0."""
    if arguments.format == "json":
        print(_json(arguments, answer))
    elif arguments.format == "csv":
        print(output.as_csv(rows), end="")
    else:
        print(text(output.language(arguments.lang)))
    return 0


def _counts(arguments: argparse.Namespace) -> Counts:
    from aistandards.counts import Counts

    return Counts(_open_build(arguments).open())


def _day(arguments: argparse.Namespace) -> date:
    if arguments.as_of is None:
        return today()
    return parse_day(arguments.as_of)


def _build(arguments: argparse.Namespace) -> int:
    from aistandards import pipeline
    from aistandards.reports import build_summary

    folder = arguments.store or default_store()
    built, compiled, summary = pipeline.build(folder, arguments.data, arguments.skip_invalid, _progress())
    if arguments.format == "json":
        print(output.as_json({**summary, "store": str(folder), "path": str(built.path)}))
    else:
        print(build_summary(summary, folder, compiled.report, output.language(arguments.lang)))
    return 0


def _progress() -> Any:
    from aistandards.pipeline import silent

    if not sys.stderr.isatty():
        return silent

    def show(step: str, at: int, of: int) -> None:
        bar = "█" * (at * 24 // of)
        end = "\n" if at == of else ""
        print(f"\r{bar:<24} {at}/{of} {step:<10}", end=end, file=sys.stderr, flush=True)

    return show


def _serve(arguments: argparse.Namespace) -> int:
    from aistandards.server import serve

    settings = ServerSettings(
        host=arguments.host,
        port=arguments.port,
        query_seconds=arguments.query_seconds,
        query_rows=arguments.query_rows,
        store=arguments.store or default_store(),
    )
    serve(settings, _progress())
    return 0


def _validate(arguments: argparse.Namespace) -> int:
    from aistandards import pipeline, reports

    compiled = pipeline.validate_paths(arguments.paths, sys.stdin.buffer)
    report = compiled.report
    if arguments.format == "json":
        print(output.as_json(report.as_dict()))
    elif arguments.format == "csv":
        print(output.as_csv([finding.as_dict() for finding in report.findings]), end="")
    elif arguments.format == "turtle":
        print(reports.findings_turtle(report))
    else:
        print(reports.findings_text(report, output.language(arguments.lang)))
    for error in compiled.broken:
        print(f"aistandards: {error.en}\naistandards：{error.zh}", file=sys.stderr)
    if compiled.broken:
        return 2
    return 1 if report.worst_at_least(arguments.fail_on) else 0


def _coverage(arguments: argparse.Namespace) -> int:
    from aistandards import reports
    from aistandards.coverage import coverage, differing, records
    from aistandards.ownrules import load_rule_file
    from aistandards.rules import pick

    counts = _counts(arguments)
    known = list(counts.rules)
    if arguments.rules:
        known += load_rule_file(arguments.rules, counts.store)
    added = [rule.name for rule in known[len(counts.rules) :]]
    names = arguments.rule or added or ["guide"]
    switches = {name: getattr(arguments, name) for name in RULE_SWITCHES}
    switches |= dict(_pair(text, "--switch") for text in arguments.switch)
    day = _day(arguments)
    requests = [
        counts.request(
            pick(known, name), day, switches, series=arguments.series, system=arguments.system, by=arguments.by
        )
        for name in names
    ]
    if arguments.list:
        listed = [{"rule": request.rule.name, **record} for request in requests for record in records(counts, request)]
        columns = ["rule", "number", "verdict", "reason", "failed", "undecided", "row", "title_zh"]
        _print_rows(arguments, listed, columns)
        return 0
    answers = [coverage(counts, request) for request in requests]
    differ = differing(counts, requests)
    answer = answers[0] if len(answers) == 1 else {"rules": answers, "differing": differ}
    rows = [{"rule": a["rule"], **row} for a in answers for row in reports.flat_rows(a)]
    return _print(arguments, answer, rows, lambda lang: reports.coverage_text(answers, differ, lang, counts.words))


def _targets(arguments: argparse.Namespace) -> int:
    from aistandards import reports
    from aistandards.targets import targets

    answer = targets(_counts(arguments), _day(arguments))
    rows = [{"target": t["id"], **ours} for t in answer["items"] for ours in t["ours"]]
    return _print(arguments, answer, rows, lambda lang: reports.targets_text(answer, lang))


def _rules(arguments: argparse.Namespace) -> int:
    from aistandards import reports

    answer = reports.rules_answer(_counts(arguments).rules)
    rows = [{"rule": r["rule"], **c} for r in answer["items"] for c in r["clauses"]]
    return _print(arguments, answer, rows, lambda lang: reports.rules_text(answer, lang))


def _explain(arguments: argparse.Namespace) -> int:
    from aistandards import lookup, reports
    from aistandards.explain import explain
    from aistandards.rules import pick

    counts, day = _counts(arguments), _day(arguments)
    rules = [pick(counts.rules, name) for name in arguments.rule] or None
    found = lookup.find(counts.facts, arguments.number, day)
    answer = explain(counts, found, day, rules)
    return _print(arguments, answer, [], lambda lang: reports.explain_text(answer, found, lang, counts.words))


def _show(arguments: argparse.Namespace) -> int:
    from aistandards import lookup, reports

    counts, day = _counts(arguments), _day(arguments)
    counts.check_day(day)
    found = lookup.find(counts.facts, arguments.number, day)
    answer = lookup.record(counts.facts, found, day)
    if arguments.format == "turtle":
        print(lookup.turtle(counts.store, found.iri))
        return 0
    return _print(arguments, answer, [answer], lambda lang: reports.record_text(answer, found, lang))


def _query(arguments: argparse.Namespace) -> int:
    from aistandards.queries import Library
    from aistandards.settings import resource

    given = dict(_pair(text, "--param") for text in arguments.param)
    path = Path(arguments.name)
    if arguments.name == "-" or path.suffix == ".rq" or path.is_file():
        return _run_text(arguments, given, path)
    query = Library(resource("queries")).get(arguments.name)
    rows = [{name: term.value for name, term in row.items()} for row in query.run(_counts(arguments).store, given)]
    _print_rows(arguments, rows, list(query.columns))
    return 0


def _run_text(arguments: argparse.Namespace, given: dict[str, str], path: Path) -> int:
    """Run a query file or standard input: guarded like any text from outside, in a process that can be killed."""
    from aistandards.queries import read_query
    from aistandards.sparql import run_text

    text = sys.stdin.read() if arguments.name == "-" else _read_text(path)
    if any(line.startswith("#+") for line in text.splitlines()) and arguments.name != "-":
        text = read_query(path).bind(given)
    elif given:
        raise UsageError("--param needs a query file with front matter.", "--param 只能用于带前置信息的查询文件。")
    table = run_text(_open_build(arguments).path / "quads", text)
    _print_rows(arguments, table.rows, table.columns)
    if table.cut:
        print(f"aistandards: {table.cut}", file=sys.stderr)
    return 0


def _read_text(path: Path) -> str:
    """Return the text of a query file; raises SourceError that names the file."""
    from aistandards.errors import SourceError

    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(
            f"{path}: cannot be read as UTF-8 text ({error}). Check the path and the encoding.",
            f"{path}：无法按 UTF-8 文本读取（{error}）。请检查路径和编码。",
        ) from None


def _print_rows(arguments: argparse.Namespace, rows: list[dict[str, Any]], columns: list[str]) -> None:
    shown = [name for name in columns if any(name in row for row in rows)] or columns
    if arguments.format == "json":
        print(_json(arguments, {"total": len(rows), "items": rows}))
    elif arguments.format == "csv":
        print(output.as_csv(rows, columns), end="")
    else:
        print(output.table(shown, [[row.get(name) for name in shown] for row in rows]))
        print(f"{len(rows)} rows")


def _queries(arguments: argparse.Namespace) -> int:
    from aistandards.queries import Library
    from aistandards.settings import resource

    items = [query.as_dict() for query in Library(resource("queries"))]
    if arguments.format == "json":
        print(output.as_json({"total": len(items), "items": items}))
    elif arguments.format == "csv":
        print(output.as_csv(items, ["name", "summary_zh", "summary_en"]), end="")
    else:
        summary = f"summary_{output.language(arguments.lang)}"
        rows = [[q["name"], q[summary], ", ".join(p["name"] for p in q["parameters"])] for q in items]
        print(output.table(["name", "question", "parameters"], rows))
    return 0


def _pair(text: str, option: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise UsageError(f"{option} {text}: write NAME=VALUE.", f"{option} {text}：请写作 名称=值。")
    return name, value


RUNS: dict[str, Command] = {
    "build": _build,
    "serve": _serve,
    "validate": _validate,
    "coverage": _coverage,
    "targets": _targets,
    "rules": _rules,
    "explain": _explain,
    "show": _show,
    "query": _query,
    "queries": _queries,
}
