"""The threat model is true: every row names walls that exist and tests that exist; no line of the log can be forged."""

from __future__ import annotations

import ast
import json
import logging
import re
from pathlib import Path

import pytest

from aistandards import logs
from aistandards.configuration import known

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
ROWS = [line for line in TEXT.splitlines() if line.startswith("| ") and not line.startswith("| 威胁")]


def functions(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


def test_there_are_rows_of_every_kind() -> None:
    assert len(ROWS) >= 35
    assert TEXT.count("\n|---|---|---|\n") == 5


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[2:40])
def test_a_row_has_both_languages_a_wall_and_tests_that_exist(row: str) -> None:
    threat, wall, tests = (cell.strip() for cell in row.strip("|").split("|"))
    assert wall and re.search("[a-z]{3}", threat) and re.search("[一-鿿]|SERVICE", threat)
    named = re.findall(r"`(tests/\w+\.py)::(\w+)`", tests)
    assert named, "no test is named"
    for file, name in named:
        assert name in functions(ROOT / file), f"{file} has no {name}"
    for setting in re.findall(r"`([a-z]+_[a-z]+)`", wall):
        assert setting in known(), f"there is no setting {setting}"


@pytest.mark.parametrize("formatter", [logs.JsonLines(), logs.TextLines()])
def test_no_line_of_the_log_can_be_forged(formatter: logging.Formatter) -> None:
    hostile = 'x\n2026-11-25T00:00:00.000+00:00 info access id=forged\r\u2028\x1b[31m" = \x00'
    record = logging.LogRecord("aistandards.access", logging.INFO, "", 1, "access", None, None)
    setattr(record, logs.FIELDS, {"id": "a", "path": hostile, "query": hostile})
    line = formatter.format(record)
    assert len(line.splitlines()) == 1 and "\x1b" not in line and "\x00" not in line
    if isinstance(formatter, logs.JsonLines):
        assert json.loads(line)["path"] == hostile
