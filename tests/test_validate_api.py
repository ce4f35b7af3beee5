"""Validation over HTTP and in CI: POST /api/v1/validate, the action, the hooks and the examples."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import yaml

from aistandards import catalogue
from aistandards.api.validate import SUFFIXES
from conftest import SOURCE, Cli
from serving import serving

ROOT = Path(__file__).resolve().parents[1]
HEADER = "number,level,nature,title_zh,issued,implemented,source"
BAD = f"{HEADER}\ngbt71001-2025,natonal,recommended,甲,2025-03-01,2025-09-01,s\n".encode()
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@pytest.fixture(scope="module")
def address(store_folder: Path) -> Iterator[str]:
    with serving(store_folder) as at:
        yield at + "/api/v1/validate"


def test_a_posted_table_gives_what_the_command_gives(address: str, cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "body.csv").write_bytes(BAD)
    said = json.loads(cli("validate", "body.csv", "--format", "json", cwd=tmp_path).stdout)
    posted = httpx.post(address, content=BAD, headers={"Content-Type": "text/csv"}, timeout=60)
    assert posted.status_code == 200 and posted.json() == said
    uploaded = httpx.post(address, files={"file": ("body.csv", BAD, "text/csv")}, timeout=60)
    assert uploaded.json() == said
    assert not said["conforms"] and said["counts"]["violation"] > 0


def test_the_report_comes_in_every_format(address: str) -> None:
    for form, kind in (
        ("sarif", "application/sarif+json"),
        ("junit", "application/xml"),
        ("html", "text/html"),
        ("xlsx", XLSX),
    ):
        answer = httpx.post(f"{address}?format={form}", content=BAD, headers={"Content-Type": "text/csv"}, timeout=60)
        assert answer.status_code == 200 and answer.headers["content-type"].startswith(kind), answer.text


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("application/sarif+json", "application/sarif+json"),
        ("text/html, application/json;q=0.5", "text/html"),
        ("*/*", "application/json"),
        ("image/png", "application/problem+json"),
    ],
)
def test_the_format_of_the_report_is_negotiated(address: str, accept: str, kind: str) -> None:
    answer = httpx.post(address, content=BAD, headers={"Content-Type": "text/csv", "Accept": accept}, timeout=60)
    assert answer.headers["content-type"].startswith(kind), answer.text
    assert answer.status_code == (406 if "problem" in kind else 200)


SENT = [
    ("text/tab-separated-values", BAD.replace(b",", b"\t")),
    ("application/n-quads", b"<http://example.org/a> <http://example.org/b> <http://example.org/c"),
    ("application/json", b'{"@context": "https://example.org/context", "@id": "http://example.org/a"}'),
    ("application/xml", b"<bibitem>\n<docidentifier>ISO 1:2000\n</bibitem>\n"),
    ("application/octet-stream", BAD),
]


@pytest.mark.parametrize(("kind", "content"), SENT, ids=[kind for kind, _ in SENT])
def test_every_kind_of_file_is_read_as_the_command_reads_it(
    address: str, cli: Cli, tmp_path: Path, kind: str, content: bytes
) -> None:
    name = f"body{SUFFIXES[kind]}"
    (tmp_path / name).write_bytes(content)
    said = json.loads(cli("validate", name, "--format", "json", cwd=tmp_path).stdout)
    posted = httpx.post(address, content=content, headers={"Content-Type": kind}, timeout=60)
    assert posted.status_code == 200 and posted.json() == said and said["findings"]


def test_rules_are_chosen_and_listed(address: str) -> None:
    listed = httpx.get(f"{address}/rules").json()
    assert [item["id"] for item in listed["items"]] == list(catalogue.rules())
    post = {"content": BAD, "headers": {"Content-Type": "text/csv"}, "timeout": 60}
    only = httpx.post(f"{address}?select=number-*", **post).json()  # type: ignore[arg-type]
    assert {finding["rule"] for finding in only["findings"]} == {"number-normal"} and only["conforms"]
    assert httpx.post(f"{address}?select=nubmer", **post).status_code == 400  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"", "text/csv", 200),
        (b"\0\0", "text/csv", 200),
        (b"a,b\n1,2\n", "text/csv", 200),
        (b"not a zip", XLSX, 200),
        (b"<x> a", "text/turtle", 200),
        (b"{}", "application/pdf", 415),
        (b"{}", "multipart/form-data; boundary=x", 400),
        (b"x" * (10 << 20) + b"x", "text/csv", 413),
    ],
)
def test_bad_uploads_are_findings_or_refused_in_words(address: str, content: bytes, kind: str, status: int) -> None:
    answer = httpx.post(address, content=content, headers={"Content-Type": kind}, timeout=60)
    assert answer.status_code == status, answer.text
    if status == 200:
        assert not answer.json()["conforms"] and answer.json()["findings"][0]["message_zh"]
    else:
        assert answer.headers["content-type"] == "application/problem+json" and answer.json()["detail_zh"]


def test_a_file_name_leads_nowhere(address: str) -> None:
    for name in ("../../etc/passwd.csv", "/etc/passwd.csv", "..\\x.csv", "-x.csv", "…/甲.csv"):
        answer = httpx.post(address, files={"file": (name, BAD, "text/csv")}, timeout=60)
        assert answer.status_code == 200, answer.text
        assert "/" not in answer.json()["findings"][0]["file"]


def test_an_upload_is_never_run(address: str, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    trap = f"open({str(ran)!r}, 'w')".encode()
    for name in ("json.py", "aistandards.py", "sitecustomize.py"):
        answer = httpx.post(address, files={"file": (name, trap, "text/csv")}, timeout=60)
        assert answer.status_code in (200, 400) and not ran.exists()


# ---------------------------------------------------------------- CI


@pytest.fixture
def shell(tmp_path: Path) -> dict[str, str]:
    """An environment in which ``aistandards`` is the command of this checkout."""
    command = tmp_path / "bin" / "aistandards"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m aistandards "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GITHUB_")}
    return {**kept, "PYTHONPATH": str(SOURCE), "PATH": f"{command.parent}:{os.environ['PATH']}"}


def records(folder: Path, fine: bool) -> Path:
    path = folder / "records" / "mine.csv"
    path.parent.mkdir()
    path.write_bytes(BAD.replace(b"gbt71001", b"GB/T 71001").replace(b"natonal", b"national") if fine else BAD)
    return path


@pytest.mark.parametrize("fine", [True, False])
def test_the_action_runs_as_a_workflow_would_run_it(tmp_path: Path, shell: dict[str, str], fine: bool) -> None:
    records(tmp_path, fine)
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    step = action["runs"]["steps"][1]
    given = {name: str(value.get("default", "")) for name, value in action["inputs"].items()}
    given |= {"paths": "records/", "sarif": "out.sarif"}
    env = {name: given[text.split("inputs.")[1].rstrip(" }")] for name, text in step["env"].items()}
    env |= {"GITHUB_ACTION_PATH": str(ROOT), "GITHUB_ACTIONS": "true"}
    done = subprocess.run(
        ["bash", "-c", step["run"]], cwd=tmp_path, env={**shell, **env}, capture_output=True, text=True, check=False
    )
    assert done.returncode == (0 if fine else 1), done.stderr
    assert ("::error file=records/mine.csv,line=2" in done.stdout) is not fine
    results = json.loads((tmp_path / "out.sarif").read_text(encoding="utf-8"))["runs"][0]["results"]
    assert bool(results) is not fine


def test_the_gitlab_job_writes_its_report(tmp_path: Path, shell: dict[str, str]) -> None:
    records(tmp_path, fine=False)
    job = yaml.safe_load((ROOT / "examples" / "ci" / "gitlab-ci.yml").read_text(encoding="utf-8"))["check-records"]
    done = subprocess.run(["bash", "-c", "\n".join(job["script"])], cwd=tmp_path, env=shell, check=False)
    assert done.returncode == 1
    assert "<testsuite " in (tmp_path / job["artifacts"]["reports"]["junit"]).read_text(encoding="utf-8")


def test_the_hook_checks_the_files_it_is_given(tmp_path: Path, shell: dict[str, str]) -> None:
    path = records(tmp_path, fine=False)
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    import re

    assert re.search(hook["files"], str(path))
    done = subprocess.run([*hook["entry"].split(), str(path)], env=shell, capture_output=True, check=False)
    assert done.returncode == 1
    assert shutil.which("aistandards", path=shell["PATH"])


def test_a_second_file_is_refused_not_dropped(address: str) -> None:
    files = [("file", ("a.csv", b"number\n", "text/csv")), ("file", ("b.csv", b"number\n", "text/csv"))]
    answer = httpx.post(address, files=files, timeout=60)
    assert answer.status_code == 400
    assert "2 files" in answer.json()["detail_en"] and "2 个文件" in answer.json()["detail_zh"]
