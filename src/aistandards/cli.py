"""The command line: one command a verb, a thin skin over the package; heavy imports stay inside the commands."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aistandards import __version__, output
from aistandards.errors import AistandardsError, UsageError
from aistandards.settings import ServerSettings, default_store, parse_day, today

if TYPE_CHECKING:
    from aistandards.counts import Counts

Command = Callable[[argparse.Namespace], int]
RULE_SWITCHES = ("scope", "guidance", "evidence")


class Parser(argparse.ArgumentParser):
    """An argument parser that says what is wrong in one bilingual sentence and exits with 2."""

    def error(self, message: str) -> Any:
        """Raise the usage error instead of printing argparse's own text."""
        raise UsageError(f"{message}. See `{self.prog} --help`.", f"参数有误：{message}。参见 `{self.prog} --help`。")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code (0 done, 1 findings or not found, 2 wrong use, 3 store or server)."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    try:
        arguments = _parser().parse_args(argv)
        run: Command = arguments.run
        return run(arguments)
    except AistandardsError as error:
        print(f"aistandards: {error.en}\naistandards：{error.zh}", file=sys.stderr)
        return error.exit_code
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    except KeyboardInterrupt:
        return 130


def _parser() -> Parser:
    parser = Parser(
        prog="aistandards",
        description="AI standards as a graph: 人工智能标准知识图谱。",
        epilog="Example: aistandards coverage",
    )
    parser.add_argument("--version", action="version", version=f"aistandards {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=Parser)
    _add_building(commands)
    _add_counting(commands)
    _add_looking(commands)
    return parser


def _command(
    commands: Any, name: str, run: Command, summary: str, example: str, formats: Sequence[str] = ("text", "json", "csv")
) -> Any:
    command = commands.add_parser(
        name,
        help=summary,
        description=summary,
        epilog=f"Example: {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.set_defaults(run=run)
    command.add_argument("--lang", choices=("zh", "en"), help="language of text answers (default: by locale)")
    if formats:
        command.add_argument("--format", choices=formats, default=formats[0], help=f"default {formats[0]}")
    return command


def _store_option(command: Any) -> None:
    command.add_argument(
        "--store",
        type=Path,
        default=None,
        metavar="DIR",
        help="folder of the store (default: AISTANDARDS_STORE or user data)",
    )


def _day_option(command: Any) -> None:
    command.add_argument(
        "--as-of", default=None, metavar="D", help="the day asked, YYYY-MM-DD (default: today in Asia/Shanghai)"
    )


def _add_building(commands: Any) -> None:
    build = _command(
        commands,
        "build",
        _build,
        "compile the records into a store",
        "aistandards build --data my-records/",
        ("text", "json"),
    )
    build.add_argument(
        "--data",
        type=Path,
        action="append",
        default=[],
        metavar="DIR",
        help="a folder of your own records, added to the shipped ones",
    )
    build.add_argument(
        "--skip-invalid",
        action="store_true",
        help="leave out records that break a rule, list them, mark the store incomplete",
    )
    _store_option(build)
    defaults = ServerSettings()
    serve = _command(
        commands,
        "serve",
        _serve,
        "start the API, the SPARQL endpoint and the pages",
        "aistandards serve --port 8000",
        (),
    )
    serve.add_argument("--host", default=defaults.host)
    serve.add_argument("--port", type=int, default=defaults.port)
    serve.add_argument(
        "--query-seconds", type=float, default=defaults.query_seconds, help="time limit of one SPARQL query"
    )
    serve.add_argument("--query-rows", type=int, default=defaults.query_rows, help="row limit of one SPARQL answer")
    _store_option(serve)
    validate = _command(
        commands,
        "validate",
        _validate,
        "check records against the rules",
        "aistandards validate my-records/*.csv",
        ("text", "json", "turtle", "csv"),
    )
    validate.add_argument(
        "paths", nargs="+", metavar="PATH", help="CSV or Turtle files, folders, or - for CSV on standard input"
    )
    validate.add_argument("--fail-on", choices=("violation", "warning", "info"), default="violation")


def _add_counting(commands: Any) -> None:
    coverage = _command(
        commands,
        "coverage",
        _coverage,
        "how many standards count toward the target, by part of the system",
        "aistandards coverage --rule guide --rule national --as-of 2025-12-31",
    )
    coverage.add_argument("--system", default="draft-2024")
    coverage.add_argument(
        "--rule", action="append", default=[], help="counting rule; repeat it to set several side by side"
    )
    coverage.add_argument("--rules", type=Path, metavar="FILE", help="a Turtle file with counting rules of your own")
    coverage.add_argument("--scope", default="core", metavar="core|all")
    coverage.add_argument("--guidance", default="no", metavar="no|yes")
    coverage.add_argument("--series", default="each", metavar="each|once")
    coverage.add_argument("--evidence", default="any", metavar="any|confirmed")
    coverage.add_argument(
        "--switch",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a further switch of a rule, for example ieee=yes",
    )
    coverage.add_argument(
        "--list", action="store_true", help="list every candidate with its verdict, reason and failed clauses"
    )
    coverage.add_argument("--by", default="part", metavar="part|layer|level|year|committee")
    _day_option(coverage)
    _store_option(coverage)
    targets = _command(
        commands, "targets", _targets, "the indicators, ours beside the official statements", "aistandards targets"
    )
    _day_option(targets)
    _store_option(targets)
    rules = _command(commands, "rules", _rules, "the counting rules, clause by clause", "aistandards rules")
    _store_option(rules)


def _add_looking(commands: Any) -> None:
    explain = _command(
        commands,
        "explain",
        _explain,
        "why a standard counts or not, where it sits, every source",
        'aistandards explain "GB/T 45288.1"',
        ("text", "json"),
    )
    explain.add_argument("number", help="a standard or plan number in any usual spelling")
    explain.add_argument("--rule", action="append", default=[])
    show = _command(
        commands, "show", _show, "one record", "aistandards show gbt45288.1", ("text", "json", "csv", "turtle")
    )
    show.add_argument("number")
    for command in (explain, show):
        _day_option(command)
        _store_option(command)
    query = _command(
        commands,
        "query",
        _query,
        "run a saved query, a query file, or - for standard input",
        "aistandards query verdict-intervals --param rule=guide",
    )
    query.add_argument("name", metavar="NAME|FILE|-")
    query.add_argument("--param", action="append", default=[], metavar="K=V")
    _store_option(query)
    _command(commands, "queries", _queries, "list the saved queries", "aistandards queries")


def _counts(arguments: argparse.Namespace) -> Counts:
    from aistandards.counts import Counts
    from aistandards.store import open_current

    build = open_current(arguments.store or default_store())
    if build.manifest.get("incomplete"):
        print(
            f"aistandards: this store is incomplete: {len(build.manifest['left_out'])} records were left out by --skip-invalid.\n"
            f"aistandards：本存储不完整：--skip-invalid 略去了 {len(build.manifest['left_out'])} 条记录。",
            file=sys.stderr,
        )
    return Counts(build.open())


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
    from aistandards.rules import load_rule_file, pick

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
    if arguments.format == "json":
        print(output.as_json(answers[0] if len(answers) == 1 else {"rules": answers, "differing": differ}))
    elif arguments.format == "csv":
        print(output.as_csv([{"rule": a["rule"], **row} for a in answers for row in reports.flat_rows(a)]), end="")
    else:
        print(reports.coverage_text(answers, differ, output.language(arguments.lang)))
    return 0


def _targets(arguments: argparse.Namespace) -> int:
    from aistandards import reports
    from aistandards.targets import targets

    answer = targets(_counts(arguments), _day(arguments))
    if arguments.format == "json":
        print(output.as_json(answer))
    elif arguments.format == "csv":
        print(output.as_csv([{"target": t["id"], **ours} for t in answer["items"] for ours in t["ours"]]), end="")
    else:
        print(reports.targets_text(answer, output.language(arguments.lang)))
    return 0


def _rules(arguments: argparse.Namespace) -> int:
    from aistandards import reports

    answer = reports.rules_answer(_counts(arguments).rules)
    if arguments.format == "json":
        print(output.as_json(answer))
    elif arguments.format == "csv":
        print(output.as_csv([{"rule": r["rule"], **c} for r in answer["items"] for c in r["clauses"]]), end="")
    else:
        print(reports.rules_text(answer, output.language(arguments.lang)))
    return 0


def _explain(arguments: argparse.Namespace) -> int:
    from aistandards import lookup, reports
    from aistandards.explain import explain
    from aistandards.rules import pick

    counts, day = _counts(arguments), _day(arguments)
    rules = [pick(counts.rules, name) for name in arguments.rule] or None
    found = lookup.find(counts.facts, arguments.number, day)
    answer = explain(counts, found, day, rules)
    print(
        output.as_json(answer)
        if arguments.format == "json"
        else reports.explain_text(answer, found, output.language(arguments.lang))
    )
    return 0


def _show(arguments: argparse.Namespace) -> int:
    from aistandards import lookup, reports

    counts, day = _counts(arguments), _day(arguments)
    found = lookup.find(counts.facts, arguments.number, day)
    answer = lookup.record(counts.facts, found, day)
    if arguments.format == "turtle":
        print(lookup.turtle(counts.store, found.iri))
    elif arguments.format == "json":
        print(output.as_json(answer))
    elif arguments.format == "csv":
        print(output.as_csv([answer]), end="")
    else:
        print(reports.record_text(answer, found, output.language(arguments.lang)))
    return 0


def _query(arguments: argparse.Namespace) -> int:
    from aistandards.queries import Library, read_query
    from aistandards.settings import resource

    given = dict(_pair(text, "--param") for text in arguments.param)
    path = Path(arguments.name)
    if arguments.name == "-" or path.suffix == ".rq" or path.is_file():
        query = read_query(path) if arguments.name != "-" and path.is_file() else None
        return _run_text(arguments, given, query, path)
    query = Library(resource("queries")).get(arguments.name)
    rows = [{name: term.value for name, term in row.items()} for row in query.run(_counts(arguments).store, given)]
    _print_rows(arguments, rows, list(query.columns))
    return 0


def _run_text(arguments: argparse.Namespace, given: dict[str, str], query: Any, path: Path) -> int:
    """Run a query file or standard input: guarded like any text from outside."""
    from aistandards.errors import QueryError, SourceError
    from aistandards.sparql import guard, run_text

    if query is None and arguments.name != "-":
        raise SourceError(f"{path}: no such file. Check the path.", f"{path}：没有这个文件。请检查路径。")
    text = query.bind(given) if query is not None else sys.stdin.read()
    if query is None and given:
        raise QueryError("--param needs a query file with front matter.", "--param 只能用于带前置信息的查询文件。")
    guard(text)
    rows = run_text(_counts(arguments).store, text)
    _print_rows(arguments, rows, list(rows[0]) if rows else [])
    return 0


def _print_rows(arguments: argparse.Namespace, rows: list[dict[str, Any]], columns: list[str]) -> None:
    shown = [name for name in columns if any(name in row for row in rows)] or columns
    if arguments.format == "json":
        print(output.as_json({"total": len(rows), "items": rows}))
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
