"""`aistandards build`: compile the records into a store."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aistandards import output
from aistandards.commands.common import command, data_option, progress, store_of, store_option
from aistandards.reports import say

if TYPE_CHECKING:
    from aistandards.findings import Report


def add(commands: Any) -> None:
    """Add the command and its options."""
    parser = command(
        commands,
        "build",
        run,
        "compile the records into a store",
        "aistandards build --data my-records/",
        ("text", "json"),
    )
    data_option(parser)
    parser.add_argument(
        "--skip-invalid",
        action="store_true",
        help="leave out records that break a rule, list them, mark the store incomplete",
    )
    parser.add_argument("--release", metavar="NAME", help="keep this build for good under a release name such as v1.0")
    store_option(parser, releases=False)


def run(arguments: argparse.Namespace) -> int:
    """Build the store; raises SourceError, ConformanceError or StoreError, the store then is as it was."""
    from aistandards import pipeline
    from aistandards.store import folder_of

    folder = folder_of(store_of(arguments), "build")
    built, compiled, summary = pipeline.build(
        folder, arguments.data, arguments.skip_invalid, progress(), arguments.release
    )
    if arguments.format == "json":
        print(output.as_json({**summary, "store": str(folder), "path": str(built.path), "release": arguments.release}))
    else:
        print(_text(summary, folder, compiled.report, arguments.release, output.language(arguments.lang)))
    return 0


def _text(summary: dict[str, Any], folder: Path, report: Report, release: str | None, language: str) -> str:
    """Return what a build read, left out and stored."""
    counts = summary["findings"]
    lines = [
        say(language, f"已读记录 {summary['records']} 条：", f"{summary['records']} records read:"),
        output.table(["file", "rows"], summary["files"].items(), right=[1]),
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
        *([say(language, f"保存为发布版 {release}", f"kept as release {release}")] if release else []),
    ]
    return "\n".join(lines)
