"""Reading files: ``validate`` as a process on good, odd and really bad files."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from aistandards import sources
from aistandards.sources import UnreadableError
from badfiles import BAD, READ, UNREADABLE, Bad, row, table, turtle
from conftest import Cli, Outcome


def written(folder: Path, bad: Bad) -> Path:
    path = folder / bad.file
    path.write_bytes(bad.content)
    return path


def findings(outcome: Outcome) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(outcome.stdout)["findings"]
    return found


def the_finding(outcome: Outcome, bad: Bad, path: Path) -> dict[str, Any]:
    wanted = [f for f in findings(outcome) if f["rule"] == bad.rule and (bad.line is None or f["line"] == bad.line)]
    wanted = [f for f in wanted if bad.field is None or f["field"] == bad.field]
    assert wanted, outcome.stdout
    assert wanted[0]["file"] == str(path)
    return wanted[0]


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: bad.label)
def test_a_broken_record_ends_with_1_and_names_place_rule_and_fix(bad: Bad, tmp_path: Path, cli: Cli) -> None:
    path = written(tmp_path, bad)
    outcome = cli("validate", path, "--format", "json")
    finding = the_finding(outcome, bad, path)
    assert finding["severity"] == bad.severity and outcome.code == (bad.severity == "violation")
    assert finding["message_zh"] and finding["message_en"] and finding["message_zh"] != finding["message_en"]
    if bad.fix:
        assert bad.fix in finding["suggestion"]
    assert json.loads(outcome.stdout)["conforms"] is (bad.severity != "violation")


@pytest.mark.parametrize("bad", UNREADABLE, ids=lambda bad: bad.label)
def test_an_unreadable_file_ends_with_2_and_says_so_in_both_languages(bad: Bad, tmp_path: Path, cli: Cli) -> None:
    path = written(tmp_path, bad)
    outcome = cli("validate", path, "--format", "json")
    assert outcome.code == 2
    english, chinese = outcome.stderr.strip().splitlines()
    place = str(path) if bad.line is None else f"{path}:{bad.line}"
    assert f"{place}" in english and f"rule {bad.rule}:" in english
    assert f"{place}" in chinese and f"规则 {bad.rule}：" in chinese
    assert bad.fix is None or bad.fix in english
    assert len(outcome.text) < 4000
    finding = the_finding(outcome, bad, path)
    assert finding["severity"] == "violation" and json.loads(outcome.stdout)["conforms"] is False


@pytest.mark.parametrize(("content", "said"), [case[1:] for case in READ], ids=[case[0] for case in READ])
def test_usual_encodings_and_line_ends_are_read(content: bytes, said: str | None, tmp_path: Path, cli: Cli) -> None:
    path = tmp_path / "standards-mine.csv"
    path.write_bytes(content)
    outcome = cli("validate", path, "--format", "json")
    answer = json.loads(outcome.stdout)
    assert outcome.code == 0 and answer["conforms"] is True and answer["records"] == 1
    assert [f["rule"] for f in answer["findings"]] == (["read-encoding"] if said else [])
    assert all(said in f["message_en"] and said in f["message_zh"] for f in answer["findings"] if said)


def test_each_language_is_spoken_on_its_own(tmp_path: Path, cli: Cli) -> None:
    path = tmp_path / "standards-mine.csv"
    path.write_bytes(table(row(90002, issued="2025/2/3")))
    chinese = cli("validate", path, "--lang", "zh").stdout
    english = cli("validate", path, "--lang", "en").stdout
    for word, text in (("违规", chinese), ("violation", english)):
        assert f"{path}:2:5: {word} date-form [issued]" in text and "→ 2025-02-03" in text
    assert "不是日期" in chinese and "is not a date" not in chinese
    assert "is not a date" in english and "不是日期" not in english


def test_a_header_without_records_is_a_warning(tmp_path: Path, cli: Cli) -> None:
    path = tmp_path / "standards-mine.csv"
    path.write_bytes(table())
    outcome = cli("validate", path, "--format", "json")
    assert outcome.code == 0
    assert [(f["rule"], f["severity"], f["line"]) for f in findings(outcome)] == [("read-empty", "warning", 1)]
    assert cli("validate", path, "--fail-on", "warning").code == 1


def test_findings_of_readable_files_are_printed_beside_unreadable_ones(tmp_path: Path, cli: Cli) -> None:
    syntax = next(bad for bad in UNREADABLE if bad.label == "a Turtle syntax error")
    for bad in (BAD[3], UNREADABLE[0], syntax):  # a broken date, an open quote, a Turtle syntax error
        written(tmp_path, bad)
    outcome = cli("validate", tmp_path, "--format", "json")
    assert outcome.code == 2
    assert {"date-form", "read-csv", "read-turtle"} <= {f["rule"] for f in findings(outcome)}
    assert outcome.stderr.count("rule read-") == 2 and outcome.stderr.count("规则 read-") == 2


def test_a_turtle_syntax_error_names_line_and_column(tmp_path: Path, cli: Cli) -> None:
    path = written(tmp_path, next(bad for bad in UNREADABLE if bad.label == "a Turtle syntax error"))
    outcome = cli("validate", path)
    assert f"{path}:6: rule read-turtle: Turtle syntax error at column 28" in outcome.stderr
    assert "第 28 列" in outcome.stderr


def test_a_good_turtle_file_conforms(tmp_path: Path, cli: Cli) -> None:
    path = tmp_path / "mine.ttl"
    path.write_bytes(turtle(90003, 'ais:issued "2025-03" ; ais:implementedEarliest "2025-10-01"^^xsd:date ;'))
    outcome = cli("validate", path, "--format", "json")
    assert (outcome.code, findings(outcome), json.loads(outcome.stdout)["records"]) == (0, [], 1)


def test_a_missing_file_is_named(tmp_path: Path, cli: Cli) -> None:
    outcome = cli("validate", tmp_path / "nowhere.csv")
    assert outcome.code == 2
    assert "nowhere.csv: rule read-missing" in outcome.stderr and "没有这个文件" in outcome.stderr


def test_a_path_too_long_for_the_system_is_named(cli: Cli) -> None:
    outcome = cli("validate", "x" * 300 + ".csv")
    assert outcome.code == 2 and "rule read-missing" in outcome.stderr and "规则 read-missing" in outcome.stderr


def test_a_folder_without_records_is_named(tmp_path: Path, cli: Cli) -> None:
    (tmp_path / "notes.txt").write_text("not a table", encoding="utf-8")
    outcome = cli("validate", tmp_path)
    assert outcome.code == 2
    assert f"{tmp_path}: rule read-empty" in outcome.stderr and "该文件夹中没有" in outcome.stderr


@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_the_right_to_read_is_named(tmp_path: Path, cli: Cli) -> None:
    path = tmp_path / "standards-mine.csv"
    path.write_bytes(table(row(90004)))
    path.chmod(0)
    outcome = cli("validate", path)
    assert outcome.code == 2 and f"{path}: rule read-missing" in outcome.stderr


def test_standard_input_is_read_as_a_table(cli: Cli) -> None:
    good = cli("validate", "-", "--format", "json", stdin=table(row(90005)))
    assert (good.code, json.loads(good.stdout)["records"]) == (0, 1)
    bad = cli("validate", "-", "--format", "json", stdin=table(row(90005, issued="2025-02-30")))
    assert bad.code == 1 and findings(bad)[0]["file"] == "-"
    broken = cli("validate", "-", stdin=b'"number')
    assert broken.code == 2 and "-:1: rule read-csv" in broken.stderr


def test_a_file_named_twice_is_read_once(tmp_path: Path, cli: Cli) -> None:
    path = tmp_path / "standards-mine.csv"
    path.write_bytes(table(row(90006)))
    outcome = cli("validate", path, tmp_path, "--format", "json")
    assert (outcome.code, json.loads(outcome.stdout)["records"]) == (0, 1)


def test_several_lines_in_a_quoted_cell_do_not_shift_the_line_of_later_findings(tmp_path: Path) -> None:
    path = tmp_path / "standards-mine.csv"
    path.write_bytes(table(row(90007, title_zh='"两\n行"'), row(90008)))
    assert [found.line for found in sources.read(path).rows] == [2, 4]


def test_an_unreadable_file_carries_its_finding(tmp_path: Path) -> None:
    path = written(tmp_path, UNREADABLE[0])
    with pytest.raises(UnreadableError) as caught:
        sources.read(path)
    assert (caught.value.finding.rule, caught.value.finding.line, caught.value.exit_code) == ("read-csv", 3, 2)
