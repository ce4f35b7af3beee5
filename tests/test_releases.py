"""Releases: kept for good, compared record by record, and asked in place of the current build."""

from __future__ import annotations

import csv
import io
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest

from aistandards.counts import Counts
from aistandards.errors import StoreError, UsageError
from aistandards.pipeline import build
from aistandards.store import RELEASES, check_release, current, open_release, releases
from conftest import Cli, Outcome, environment, run_cli
from madeup import project, standard, write
from serving import serving

# the shipped model with a few records in place of the shipped ones: all steps of a build in a fifth of the time
SMALL = """
import sys
from pathlib import Path
from aistandards import cli, pipeline
from aistandards.settings import resource
records = Path(sys.argv.pop(1))
pipeline.resource = lambda name: records if name == "data" else resource(name)
sys.exit(cli.main(sys.argv[1:]))
"""
FIRST = [
    standard("GB/T 91001-2025", issued="2025-01-01", implemented="2025-06-01", reason="made up"),
    standard("GB/T 91002-2025", issued="2025-02-01", implemented="2025-07-01", reason="made up"),
    standard("GB/T 91003-2025", issued="2025-03-01", implemented="2025-08-01", reason="made up"),
    standard("GB/T 91005-2025", issued="2025-03-01", implemented="2025-08-01", reason="made up", scope="related"),
]
SECOND = [
    {**FIRST[0], "title_zh": "改过的题名", "part": "CB"},
    {**FIRST[1], "implemented": "2025-07-02", "scope": "related"},
    {**FIRST[3], "scope": "core"},
    standard("GB/T 91004-2025", issued="2025-04-01", implemented="2025-09-01", reason="made up"),
]
PROJECTS = [project("20250001-T-469", reason="made up"), project("20250002-T-469", reason="made up")]


@dataclass(frozen=True)
class Kept:
    """A store with the releases v1.0 and v1.1 of two made-up folders, and a later build that is no release."""

    store: Path
    folders: tuple[Path, Path]

    def build(self, data: Path, *options: str) -> Outcome:
        command = [sys.executable, "-c", SMALL, str(data), "build", "--store", str(self.store), *options]
        done = subprocess.run(command, capture_output=True, text=True, env=environment(), check=False)
        return Outcome(done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    folder = tmp_path_factory.mktemp("releases")
    committees = [{"id": "made-up", "code": "SAC/TC28/SC42", "name_zh": "人工智能分委会", "source": "made up"}]
    one = {"standards-made-up.csv": FIRST, "projects-made-up.csv": PROJECTS[:1], "committees.csv": committees}
    two = {
        "standards-made-up.csv": SECOND,
        "projects-made-up.csv": [{**PROJECTS[0], "stage": "approval"}, PROJECTS[1]],
        "committees.csv": committees,
    }
    made = Kept(folder / "store", (write(folder / "one", one), write(folder / "two", two)))
    for data, options in ((0, ("--release", "v1.0")), (1, ("--release", "v1.1")), (0, ()), (1, ()), (0, ())):
        done = made.build(made.folders[data], *options)
        assert done.code == 0, done.text
    return made


def answer_of(kept: Kept, *arguments: str) -> dict[str, Any]:
    done = run_cli(*arguments, "--store", kept.store, "--format", "json")
    assert done.code == 0, done.text
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_a_release_outlives_later_builds(kept: Kept) -> None:
    found = releases(kept.store)
    assert list(found) == ["v1.0", "v1.1"]
    ids = [found[name].id for name in found]
    now = current(kept.store)
    assert now is not None and now.id == ids[0] and now.path != found["v1.0"].path  # the same records, another folder
    assert len({build.path for build in found.values()}) == 2
    assert all(len(one.open()) > 1000 for one in found.values())


def test_only_released_and_the_last_two_builds_stay(kept: Kept) -> None:
    on_disk = {path.name for path in kept.store.glob("aistandards-build-*")}
    named = {build.path.name for build in releases(kept.store).values()}
    assert named < on_disk and len(on_disk - named) <= 2


def test_a_release_that_is_not_named_any_more_is_swept(kept: Kept, tmp_path: Path) -> None:
    own = Kept(shutil.copytree(kept.store, tmp_path / "store"), kept.folders)
    (own.store / RELEASES / "v1.1").unlink()
    gone = releases(kept.store)["v1.1"].path.name
    for _ in range(2):
        assert own.build(own.folders[0]).code == 0
    assert not (own.store / gone).exists() and list(releases(own.store)) == ["v1.0"]


def test_a_kept_name_is_not_given_to_other_records(kept: Kept) -> None:
    before = current(kept.store)
    refused = kept.build(kept.folders[1], "--release", "v1.0")
    assert refused.code == 2 and "never changes" in refused.stderr and "v1.0" in refused.stderr
    after = current(kept.store)
    assert before is not None and after is not None and after.path == before.path
    assert kept.build(kept.folders[0], "--release", "v1.0").code == 0  # the same records once more


@pytest.mark.parametrize("name", ["2025-12-31", "", "../v1", "a b", "v1.new", "-v1", "版本", "v" * 65])
def test_a_name_that_cannot_be_one_is_refused(name: str, kept: Kept) -> None:
    with pytest.raises(UsageError, match=r"for example v1\.0"):
        check_release(kept.store, name, "any")


def test_a_refused_build_keeps_no_release(kept: Kept, tmp_path: Path) -> None:
    bad = write(tmp_path / "bad", {"standards-made-up.csv": [{**FIRST[0], "issued": "2025-13-01"}]})
    assert kept.build(bad, "--release", "v9").code == 1
    assert "v9" not in releases(kept.store)


def test_an_unknown_release_lists_what_there_is(kept: Kept) -> None:
    with pytest.raises(UsageError, match=r"Did you mean v1\.1"):
        open_release(kept.store, "v1.11")
    done = run_cli("coverage", "--release", "v2", "--store", kept.store)
    assert done.code == 2 and "v1.0, v1.1" in done.stderr
    none = run_cli("releases", "--store", kept.store.parent / "nothing")
    assert none.code == 0 and "No release" in none.stdout


def test_a_damaged_release_names_the_fix(kept: Kept, tmp_path: Path) -> None:
    own = shutil.copytree(kept.store, tmp_path / "store")
    shutil.rmtree(releases(own)["v1.0"].path)
    with pytest.raises(StoreError, match="missing"):
        releases(own)
    assert run_cli("changes", "v1.0", "v1.1", "--store", own).code == 3
    assert run_cli("coverage", "--store", own).code == 0


def test_commands_answer_from_the_release_asked(kept: Kept) -> None:
    titles = {name: answer_of(kept, "show", "GB/T 91001", "--release", name)["title_zh"] for name in ("v1.0", "v1.1")}
    assert titles == {"v1.0": FIRST[0]["title_zh"], "v1.1": "改过的题名"}
    assert answer_of(kept, "show", "GB/T 91001")["title_zh"] == FIRST[0]["title_zh"]  # the current build
    counted = {
        name: answer_of(kept, "coverage", "--as-of", "2025-12-31", "--release", name)["counted"]
        for name in ("v1.0", "v1.1")
    }
    assert counted == {"v1.0": 3, "v1.1": 3}
    missing = run_cli("explain", "GB/T 91004-2025", "--release", "v1.0", "--store", kept.store)
    assert missing.code == 1
    assert answer_of(kept, "explain", "GB/T 91004-2025", "--release", "v1.1")["number"] == "GB/T 91004-2025"
    status = answer_of(kept, "status", "GB/T 91003-2025", "--release", "v1.1")
    assert status["items"][0]["results"][0]["status"] == "not-on-record"


def test_two_releases_are_compared_record_by_record(kept: Kept) -> None:
    answer = answer_of(kept, "changes", "v1.0", "v1.1", "--as-of", "2025-12-31")
    assert [(e["kind"], e["number"]) for e in answer["added"]] == [
        ("standard", "GB/T 91004-2025"),
        ("project", "20250002-T-469"),
    ]
    assert [(e["kind"], e["number"]) for e in answer["removed"]] == [("standard", "GB/T 91003-2025")]
    changed = {e["number"]: {f["field"]: (f["before"], f["after"]) for f in e["fields"]} for e in answer["changed"]}
    assert changed == {
        "GB/T 91001-2025": {"title_zh": (FIRST[0]["title_zh"], "改过的题名"), "part": ("CA", "CB")},
        "GB/T 91002-2025": {"scope": ("core", "related"), "implemented": ("2025-07-01", "2025-07-02")},
        "GB/T 91005-2025": {"scope": ("related", "core")},
        "20250001-T-469": {"stage": ("drafting", "approval")},
    }
    (guide,) = [one for one in answer["counts"] if one["rule"] == "guide"]
    moves = {name: [e["number"] for e in guide[name]] for name in ("gained", "lost")}
    assert moves == {"gained": ["GB/T 91004-2025", "GB/T 91005-2025"], "lost": ["GB/T 91002-2025", "GB/T 91003-2025"]}
    assert guide["before"] + len(guide["gained"]) - len(guide["lost"]) == guide["after"] == 3
    lost = {e["number"]: (e["reason_after"], e["fields"]) for e in guide["lost"]}
    assert lost == {
        "GB/T 91002-2025": ("out-of-scope", ["implemented", "scope"]),
        "GB/T 91003-2025": ("not-on-record", []),
    }
    assert [e["reason_before"] for e in guide["gained"]] == ["not-on-record", "out-of-scope"]


def test_the_comparison_equals_one_of_the_files(kept: Kept) -> None:
    """Read the two folders by plain CSV: which numbers came, went, and which cells differ."""
    tables = []
    for folder in kept.folders:
        with (folder / "standards-made-up.csv").open(encoding="utf-8", newline="") as stream:
            tables.append({row["number"]: row for row in csv.DictReader(stream)})
    old, new = tables
    done = run_cli("changes", "v1.0", "v1.1", "--as-of", "2025-12-31", "--format", "csv", "--store", kept.store)
    rows = [row for row in csv.DictReader(io.StringIO(done.stdout)) if row["kind"] == "standard"]
    assert {row["number"] for row in rows if row["what"] == "added"} == new.keys() - old.keys()
    assert {row["number"] for row in rows if row["what"] == "removed"} == old.keys() - new.keys()
    assert {(r["number"], r["field"], r["before"], r["after"]) for r in rows if r["what"] == "changed"} == {
        (number, name, old[number][name], new[number][name])
        for number in old.keys() & new.keys()
        for name in old[number]
        if old[number][name] != new[number][name]
    }


def test_going_back_and_the_same_release_say_so(kept: Kept) -> None:
    back = answer_of(kept, "changes", "v1.1", "v1.0")
    assert [note["note"] for note in back["notes"]] == ["reversed"]
    assert [e["number"] for e in back["removed"]] == ["GB/T 91004-2025", "20250002-T-469"]
    assert back["as_of"] == str(max(date.fromisoformat(back[end]["day"]) for end in ("from", "to")))
    same = answer_of(kept, "changes", "v1.0", "v1.0")
    assert [note["note"] for note in same["notes"]] == ["same-build"]
    assert same["totals"] == {"added": 0, "removed": 0, "changed": 0}
    refused = run_cli("changes", "v1.0", "v1.1", "--part", "C", "--store", kept.store)
    assert refused.code == 2 and "days only" in refused.stderr


def test_three_questions_have_three_answers(kept: Kept) -> None:
    """First release, one release as of a day, all releases: of a record and of a count."""
    answer = answer_of(
        kept, "releases", "--number", "GB/T 91004", "--rule", "guide", "--rule", "national", "--as-of", "2025-05-01"
    )
    assert answer["first_release"] == "v1.1"
    said = {item["release"]: item for item in answer["items"]}
    assert (said["v1.0"]["on_record"], said["v1.0"]["status"], said["v1.0"]["verdict_guide"]) == (False, None, None)
    assert (said["v1.1"]["status"], said["v1.1"]["verdict_guide"]) == ("not-yet-in-force", "counts")
    assert [item["guide"] for item in answer["items"]] == [3, 3]
    early = answer_of(kept, "releases", "--number", "GB/T 91004", "--rule", "guide", "--as-of", "2025-03-15")
    assert early["items"][1]["verdict_guide"] == "excluded (not-issued)"
    assert [item["guide"] for item in early["items"]] == [3, 2]
    text = run_cli("releases", "--number", "GB/T 91004", "--store", kept.store, "--lang", "zh").stdout
    assert "首次出现于发布版 v1.1" in text
    assert run_cli("releases", "--rule", "guid", "--store", kept.store).code == 2


@pytest.fixture(scope="module")
def client(kept: Kept) -> Iterator[httpx.Client]:
    with serving(kept.store) as address, httpx.Client(base_url=f"{address}/api/v1") as found:
        yield found


def test_the_service_lists_and_compares_releases(kept: Kept, client: httpx.Client) -> None:
    query = {"from": "v1.0", "to": "v1.1", "as_of": "2025-12-31"}
    served = client.get("/changes", params=query)
    assert served.json() == answer_of(kept, "changes", "v1.0", "v1.1", "--as-of", "2025-12-31")
    listed = client.get("/releases", params={"rule": "guide", "number": "GB/T 91004", "as_of": "2025-05-01"})
    assert listed.json() == answer_of(
        kept, "releases", "--rule", "guide", "--number", "GB/T 91004", "--as-of", "2025-05-01"
    )
    assert client.get("/changes", params={"from": "v1.0", "to": "v7"}).status_code == 400
    assert client.get("/changes", params={**query, "part": "C"}).status_code == 400


def test_the_service_takes_up_a_release_kept_while_it_runs(kept: Kept, tmp_path: Path) -> None:
    own = Kept(shutil.copytree(kept.store, tmp_path / "store"), kept.folders)
    with serving(own.store) as address, httpx.Client(base_url=f"{address}/api/v1") as asking:
        before = asking.get("/releases")
        assert own.build(own.folders[1], "--release", "v1.2").code == 0
        after = asking.get("/releases", headers={"If-None-Match": before.headers["etag"]})
        assert after.status_code == 200
        assert [item["release"] for item in after.json()["items"]] == ["v1.0", "v1.1", "v1.2"]


def test_the_library_builds_a_release(tmp_path: Path, kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    from aistandards.settings import resource

    monkeypatch.setattr(
        "aistandards.pipeline.resource", lambda name: kept.folders[0] if name == "data" else resource(name)
    )
    built, _, _ = build(tmp_path / "store", release="v1.0")
    assert open_release(tmp_path / "store", "v1.0").path == built.path
    assert len(Counts.of(built).rules) > 5


def test_releases_of_the_shipped_store(cli: Cli) -> None:
    assert cli("releases").code == 0


def test_unknown_rules_and_numbers_are_refused_without_any_release(cli: Cli) -> None:
    assert "guide" in cli("releases", "--rule", "guid").stderr
    assert cli("releases", "--rule", "guid").code == 2 and cli("releases", "--number", "x").code != 0
    assert cli("releases", "--rule", "guide").code == 0


def test_an_unknown_release_does_not_show_the_folder(kept: Kept, client: httpx.Client) -> None:
    refused = client.get("/coverage", params={"release": "v7"})
    assert refused.status_code == 400 and "v1.0" in refused.json()["detail"] and str(kept.store) not in refused.text
