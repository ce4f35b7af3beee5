"""`aistandards settings`: every setting of the server, its value and where that came from."""

from __future__ import annotations

import argparse
from typing import Any

from aistandards.commands.common import command, print_answer
from aistandards.commands.serve import configuration_of, setting_options
from aistandards.output import plain, table
from aistandards.reports import say


def add(commands: Any) -> None:
    """Add the command and its options: those of ``serve``, to see what they would do."""
    parser = command(
        commands,
        "settings",
        run,
        "every setting of the server: value, where it came from, meaning, allowed values",
        "aistandards settings --config aistandards.toml",
        ("text", "json", "csv"),
    )
    setting_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print the settings in effect; a secret is shown as given or not."""
    found = configuration_of(arguments)
    rows = list(found.rows())
    answer = {"file": str(found.file) if found.file else None, "total": len(rows), "items": rows}
    return print_answer(arguments, answer, rows, lambda language: _text(answer, rows, language))


def _text(answer: dict[str, Any], rows: list[dict[str, Any]], language: str) -> str:
    """Return a line a setting."""
    zh = language == "zh"
    header = say(language, "设置 值 来源 含义 允许", "setting value source means allowed").split()
    lines = [
        [
            r["setting"],
            plain(r["value"]),
            _source(r["source"], language),
            r["means_zh" if zh else "means_en"],
            r["allowed_zh" if zh else "allowed"],
        ]
        for r in rows
    ]
    file = answer["file"] or say(language, "（无）", "(none)")
    return f"{say(language, '设置文件', 'settings file')}: {file}\n{table(header, lines)}"


def _source(source: str, language: str) -> str:
    words = {"default": "默认", "file": "文件", "environment": "环境变量", "flag": "命令行"}
    return words[source] if language == "zh" else source
