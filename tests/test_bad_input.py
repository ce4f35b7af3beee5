"""Wrong use: builds from bad files, damaged stores, unknown names; each refused in both languages, nothing half done."""

from __future__ import annotations

import csv
import fcntl
import json
import os
import shutil
import socket
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from aistandards import pipeline
from aistandards.namespaces import expand
from aistandards.settings import resource
from aistandards.store import POINTER, open_current
from badfiles import BAD, CLASSIFIED, HEADER, UNREADABLE, Bad, row, table, turtle
from conftest import Cli, Outcome
from madeup import standard, write


def state(folder: Path) -> dict[str, bytes]:
    """The pointer, and the manifest of every build in a store folder."""
    files = [folder / POINTER, *sorted(folder.glob("*/build.json"))]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def both_languages(outcome: Outcome) -> None:
    assert "aistandards: " in outcome.stderr and "aistandards：" in outcome.stderr, outcome.text


def refused(outcome: Outcome, code: int, *said: str) -> None:
    assert outcome.code == code, outcome.text
    both_languages(outcome)
    for words in said:
        assert words in outcome.stderr, outcome.text


# ---------------------------------------------------------------- build --data on bad files

REFUSED = [bad for bad in BAD if bad.severity == "violation"]
CHUNKS = [REFUSED[at : at + 6] for at in range(0, len(REFUSED), 6)]


@pytest.mark.parametrize("chunk", CHUNKS, ids=lambda chunk: chunk[0].label)
def test_a_build_with_broken_records_is_refused_and_leaves_the_store_as_it_was(
    chunk: Sequence[Bad], tmp_path: Path, own_store: Path, cli: Cli
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    for bad in chunk:
        (data / bad.file).write_bytes(bad.content)
    before = state(own_store)
    outcome = cli("build", "--data", data, "--store", own_store)
    refused(outcome, 1, "violations; nothing was stored", "处违规，未写入存储")
    for bad in chunk:
        assert f"{data / bad.file}:{bad.line}" in outcome.stderr, bad.label
        assert all(f"{word} {bad.rule}" in outcome.stderr for word in ("violation", "违规")), bad.label
        assert bad.fix is None or bad.fix in outcome.stderr, bad.label
    assert state(own_store) == before


def test_a_build_with_unreadable_files_names_them_all_beside_the_findings_of_the_others(
    tmp_path: Path, own_store: Path, cli: Cli
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    for bad in [*UNREADABLE, BAD[4]]:
        (data / bad.file).write_bytes(bad.content)
    before = state(own_store)
    outcome = cli("build", "--data", data, "--store", own_store)
    refused(outcome, 2, f"{len(UNREADABLE)} unreadable, 1 violations", f"{len(UNREADABLE)} 处无法读取，1 处违规")
    for bad in [*UNREADABLE, BAD[4]]:
        place = str(data / bad.file) + ("" if bad.line is None else f":{bad.line}")
        assert outcome.stderr.count(f"{place}") >= 2, bad.label
        assert all(f"{word} {bad.rule}" in outcome.stderr for word in ("violation", "违规")), bad.label
    assert "2025-02-03" in outcome.stderr
    assert state(own_store) == before


@pytest.mark.parametrize("case", ["missing", "empty folder"])
def test_a_build_from_no_files_is_refused(case: str, tmp_path: Path, own_store: Path, cli: Cli) -> None:
    data = tmp_path / "data"
    if case == "empty folder":
        data.mkdir()
    before = state(own_store)
    outcome = cli("build", "--data", data, "--store", own_store)
    rule = "read-missing" if case == "missing" else "read-empty"
    refused(outcome, 2, f"{data}: violation {rule}")
    assert state(own_store) == before


# ---------------------------------------------------------------- build --data beside the shipped records


@pytest.fixture(scope="module")
def known(shipped: Path) -> dict[str, str]:
    """A shipped record, as its row says it."""
    with (shipped / "standards-national.csv").open(encoding="utf-8", newline="") as stream:
        return next(cells for cells in csv.DictReader(stream) if cells["number"] == "GB/T 45288.1-2025")


def mine(folder: Path, *rows: dict[str, str]) -> Path:
    folder.mkdir(exist_ok=True)
    with (folder / "standards-mine.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return folder


def built(cli: Cli, data: Path, store: Path, *options: str) -> dict[str, Any]:
    outcome = cli("build", "--data", data, "--store", store, "--format", "json", *options)
    assert outcome.code == 0, outcome.text
    answer: dict[str, Any] = json.loads(outcome.stdout)
    return answer


def test_a_shipped_number_with_other_facts_is_refused(
    known: dict[str, str], tmp_path: Path, own_store: Path, cli: Cli
) -> None:
    data = mine(tmp_path / "data", {**known, "number": "gbt45288.1—2025", "issued": "1999-01-01"})
    before = state(own_store)
    outcome = cli("build", "--data", data, "--store", own_store)
    refused(
        outcome, 1, "standards-mine.csv:2:1: violation record-duplicate [number", "with another issued", "issued 不同"
    )
    assert state(own_store) == before


def test_a_shipped_number_with_other_facts_in_turtle_is_refused(tmp_path: Path, own_store: Path, cli: Cli) -> None:
    data = tmp_path / "data"
    data.mkdir()
    iri = "<https://w3id.org/aistandards/id/standard/gbt-45288.1-2025>"
    prefix = "@prefix ais: <https://w3id.org/aistandards/ontology#> .\n"
    (data / "mine.ttl").write_text(f'{prefix}{iri} ais:number "GB/T 45288.1-2025" ; ais:issued "1999-01-01" .\n')
    outcome = cli("build", "--data", data, "--store", own_store)
    refused(outcome, 1, "mine.ttl:2: violation record-duplicate", "with another issued")


def test_a_row_equal_to_a_shipped_one_is_only_mentioned(
    known: dict[str, str], tmp_path: Path, own_store: Path, cli: Cli
) -> None:
    other_spelling = {"number": "gbt45288.1—2025", "level": "国家标准", "issued": known["issued"], "implemented": ""}
    data = mine(tmp_path / "data", other_spelling)
    summary = built(cli, data, own_store)
    assert summary["rules_with_findings"]["record-repeated"] == 1
    assert summary["findings"]["info"] == 1 and summary["findings"]["violation"] == 0


def test_a_users_file_may_have_the_name_of_a_shipped_one_and_be_given_by_a_bare_path(
    tmp_path: Path, own_store: Path, cli: Cli
) -> None:
    name = "standards-national.csv"
    (tmp_path / name).write_bytes(table(row(90010)))
    outcome = cli("build", "--data", ".", "--store", own_store, "--format", "json", cwd=tmp_path)
    assert outcome.code == 0, outcome.text
    files = json.loads(outcome.stdout)["files"]
    assert files[f"./{name}"] == 1 and files[name] > 1
    assert cli("show", "gbt90010", store=own_store).code == 0
    assert cli("show", "gbt45288.1", store=own_store).code == 0


def test_a_record_that_contradicts_a_shipped_one_can_be_skipped(
    known: dict[str, str], tmp_path: Path, own_store: Path, cli: Cli
) -> None:
    data = mine(tmp_path / "data", {**known, "issued": "1999-01-01"})
    assert len(built(cli, data, own_store, "--skip-invalid")["left_out"]) == 1
    assert known["issued"] in cli("show", known["number"], store=own_store).stdout


def test_evidence_may_point_to_a_record_in_turtle(tmp_path: Path, own_store: Path, cli: Cli) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "evidence.csv").write_bytes(b"record,source,kind\nGB/T 90017-2025,x,official\n")
    (data / "mine.ttl").write_bytes(turtle(90017))
    assert built(cli, data, own_store)["findings"]["violation"] == 0


def test_a_folder_named_twice_is_read_once(tmp_path: Path, own_store: Path, cli: Cli) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "standards-mine.csv").write_bytes(table(row(90011)))
    assert built(cli, data, own_store, "--data", str(data))["files"][str(data / "standards-mine.csv")] == 1


def test_a_users_standard_is_shown_and_counted(tmp_path: Path, own_store: Path, cli: Cli) -> None:
    def coverage() -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(cli("coverage", "--format", "json", store=own_store).stdout)
        return answer

    data = tmp_path / "data"
    data.mkdir()
    (data / "standards-mine.csv").write_bytes(table(row(90012, part="CC"), header=CLASSIFIED))
    (data / "more.ttl").write_bytes(turtle(90013, 'ais:issued "2025-03-01" ; ais:implemented "2025-10-01" ;'))
    before = coverage()
    built(cli, data, own_store)
    after = coverage()
    assert after["counted"] == before["counted"] + 1
    assert after["candidates"] == before["candidates"] + 2  # the one in Turtle is not classified: out of scope
    shown = json.loads(cli("show", "GB/T 90012-2025", "--format", "json", store=own_store).stdout)
    assert shown["parts"] == ["CC"] and shown["source"]
    assert (
        json.loads(cli("show", "gbt90013", "--format", "json", store=own_store).stdout)["number"] == "GB/T 90013-2025"
    )


def test_skip_invalid_leaves_records_out_lists_them_and_marks_every_answer(
    tmp_path: Path, own_store: Path, cli: Cli
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    rows = row(90014), row(90015, issued="2025-02-30", level="natonal"), row(90016)
    (data / "standards-mine.csv").write_bytes(table(*rows))
    (data / "evidence.csv").write_bytes(b"record,source,kind\nGB/T 90015-2025,x,official\nGB/T 90014-2025,x,official\n")
    outcome = cli("build", "--data", data, "--store", own_store, "--skip-invalid")
    assert outcome.code == 0, outcome.text
    manifest = open_current(own_store).manifest
    assert manifest["incomplete"] is True
    left_out = manifest["left_out"]
    assert len(left_out) == 2  # one entry a record, whatever it breaks; the evidence goes with its record
    assert f"{data / 'standards-mine.csv'}:3:5: violation date-form [issued]" in left_out[0]
    assert "code-unknown" in left_out[0]
    assert f"{data / 'evidence.csv'}:2:1: violation record-unknown" in left_out[1]
    assert "2 records left out" in outcome.stdout and all(text in outcome.stdout for text in left_out)
    assert [cli("show", f"gbt9001{last}", store=own_store).code for last in (4, 5, 6)] == [0, 1, 0]
    for command in (["coverage"], ["show", "gbt90014"], ["query", "data-until"]):
        marked = cli(*command, "--format", "json", store=own_store)
        assert "this store is incomplete: 2 records" in marked.stderr and "略去了 2 条记录" in marked.stderr, command


def test_skip_invalid_does_not_excuse_an_unreadable_file(tmp_path: Path, own_store: Path, cli: Cli) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / UNREADABLE[0].file).write_bytes(UNREADABLE[0].content)
    before = state(own_store)
    refused(cli("build", "--data", data, "--store", own_store, "--skip-invalid"), 2, "read-csv")
    assert state(own_store) == before


# ---------------------------------------------------------------- stores


def _point_nowhere(folder: Path) -> None:
    (folder / POINTER).write_text("aistandards-build-gone\n", encoding="utf-8")


def _garble_pointer(folder: Path) -> None:
    (folder / POINTER).write_bytes(b"\xff\xfe\x00")


def _garble_manifest(folder: Path) -> None:
    next(folder.glob("*/build.json")).write_bytes(b"\x00 not json")


def _empty_manifest(folder: Path) -> None:
    next(folder.glob("*/build.json")).write_text("[]", encoding="utf-8")


def _remove_quads(folder: Path) -> None:
    shutil.rmtree(next(folder.glob("*/quads")))


def _damage_quads(folder: Path) -> None:
    for path in folder.glob("*/quads/*.sst"):
        path.write_bytes(b"damaged")


DAMAGES = [_point_nowhere, _garble_pointer, _garble_manifest, _empty_manifest, _remove_quads, _damage_quads]


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__.strip("_"))
def test_a_damaged_store_is_reported_with_the_fix_and_a_build_mends_it(
    damage: Any, own_store: Path, tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    damage(own_store)
    for command in (["coverage"], ["show", "gbt45288.1"]):
        refused(cli(*command, store=own_store), 3, "cannot be read", "无法读取", "aistandards build")
    few = write(tmp_path / "records", {"standards-made-up.csv": [standard("GB/T 93001-2025", reason="made up")]})
    monkeypatch.setattr("aistandards.pipeline.resource", lambda name: few if name == "data" else resource(name))
    pipeline.build(own_store)
    assert cli("show", "gbt93001", store=own_store).code == 0


def test_no_store_is_reported_with_the_fix(tmp_path: Path, cli: Cli) -> None:
    for command in (["coverage"], ["targets"], ["rules"], ["show", "gbt45288.1"], ["query", "data-until"]):
        refused(cli(*command, store=tmp_path / "none"), 3, "There is no store", "没有存储", "aistandards build")


def test_a_store_folder_that_cannot_be_written_is_refused(tmp_path: Path, cli: Cli) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    outcome = cli("build", "--store", tmp_path / "file" / "store")
    refused(outcome, 3, "cannot be written", "无法写入", "--store")


@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may write everywhere")
def test_a_store_folder_without_the_right_to_write_is_refused(tmp_path: Path, cli: Cli) -> None:
    folder = tmp_path / "store"
    folder.mkdir(mode=0o500)
    refused(cli("build", "--store", folder), 3, "cannot be written", "无法写入")


def test_a_pointer_that_cannot_be_replaced_fails_without_debris(tmp_path: Path, cli: Cli) -> None:
    folder = tmp_path / "store"
    (folder / POINTER / "inside").mkdir(parents=True)
    refused(cli("build", "--store", folder), 3, "could not be written", "无法把构建写入")
    assert not list(folder.glob("aistandards-build-*"))


def test_a_build_beside_another_is_refused(own_store: Path, cli: Cli) -> None:
    before = state(own_store)
    with (own_store / "LOCK").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        refused(cli("build", "--store", own_store), 3, "Another build", "另一个构建")
        assert cli("coverage", store=own_store).code == 0  # readers are not held up
    assert state(own_store) == before


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        yield taken.getsockname()[1]


def test_a_port_in_use_is_reported(taken_port: int, cli: Cli) -> None:
    refused(cli("serve", "--port", str(taken_port)), 3, f"127.0.0.1:{taken_port}", "--port", "另选端口")


def test_a_port_out_of_range_is_wrong_use(cli: Cli) -> None:
    refused(cli("serve", "--port", "70000"), 2, "“70000”", "0 to 65535", "--port")


# ---------------------------------------------------------------- names and values

UNKNOWN = [
    (["coverage", "--rule", "gide"], "Did you mean guide?"),
    (["explain", "gbt45288.1", "--rule", "nationl"], "Did you mean national?"),
    (["coverage", "--as-of", "2025-02-30"], "“2025-02-30” is not a day"),
    (["coverage", "--as-of", "2025/2/3"], "Write YYYY-MM-DD"),
    (["targets", "--as-of", "yesterday"], "“yesterday” is not a day"),
    (["show", "gbt45288.1", "--as-of", "20250101"], "Write YYYY-MM-DD"),
    (["coverage", "--as-of", "1900-01-01"], "the first day that can be asked is"),
    (["targets", "--as-of", "1900-01-01"], "the first day that can be asked is"),
    (["coverage", "--system", "draft-2042"], "Did you mean draft-2024?"),
    (["coverage", "--switch", "guidence=yes"], "Did you mean guidance?"),
    (["coverage", "--switch", "guidance"], "write NAME=VALUE"),
    (["coverage", "--guidance", "maybe"], "Choose from: no, yes"),
    (["coverage", "--scope", "cores"], "Did you mean core?"),
    (["coverage", "--evidence", "confirmd"], "Did you mean confirmed?"),
    (["coverage", "--series", "onec"], "Did you mean once?"),
    (["coverage", "--by", "partt"], "Did you mean part?"),
    (["coverage", "--rules", "nowhere.ttl"], "nowhere.ttl"),
    (["query", "verdict-interval"], "Did you mean verdict-intervals?"),
    (["query", "nowhere.rq"], "nowhere.rq"),
    (["query", "verdict-intervals", "--param", "rul=guide"], "Did you mean rule?"),
    (["query", "verdict-intervals", "--param", "rule"], "write NAME=VALUE"),
    (["query", "verdict-intervals"], "needs the parameter rule"),
    (["query", "status-on-day", "--param", "day=2025-02-30"], "is not a date"),
    (["coverge"], "coverage"),
    (["coverage", "--formt", "json"], "--formt"),
    (["coverage", "--format", "yaml"], "yaml"),
    (["validate"], "PATH"),
]


@pytest.mark.parametrize(("command", "said"), UNKNOWN, ids=[" ".join(command) for command, _ in UNKNOWN])
def test_an_unknown_name_or_value_ends_with_2_and_names_the_nearest(command: list[str], said: str, cli: Cli) -> None:
    outcome = cli(*command)
    refused(outcome, 2, said)
    assert outcome.stdout == ""


@pytest.mark.parametrize(
    ("number", "said"),
    [("GB/T 99999-2025", "not on record"), ("hello", "does not begin with a known prefix"), ("GB/X 1", "GB/T")],
)
def test_a_number_that_is_not_on_record_ends_with_1(number: str, said: str, cli: Cli) -> None:
    for command in ("show", "explain"):
        refused(cli(command, number), 1, said)


def test_the_headers_of_made_up_files_are_those_of_the_standards_table() -> None:
    assert CLASSIFIED.startswith(HEADER) and len(row(1, part="CC").split(",")) == len(CLASSIFIED.split(","))


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("[] a ais:Standard, ais:Committee .", "record-without-iri"),
        ("[ owl:unionOf ( ais:NationalStandard ais:GroupStandard ) ] rdfs:subClassOf ais:Project .", "model-changed"),
        ("[] a owl:AllDisjointClasses ; owl:members ( ais:Standard ais:Statement ) .", "model-changed"),
    ],
)
def test_a_blank_node_can_neither_be_a_record_nor_change_the_model(
    cli: Cli, tmp_path: Path, text: str, rule: str
) -> None:
    head = [f"@prefix {p}: <{expand(p + ':')}> ." for p in ("ais", "owl", "rdfs")]
    (tmp_path / "x.ttl").write_text("\n".join([*head, "", text]), encoding="utf-8")
    done = cli("validate", tmp_path / "x.ttl", "--lang", "en")
    assert done.code == 1 and f"x.ttl:5: violation {rule}" in done.stdout, done.text
