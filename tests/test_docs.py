"""The documentation is true: every command and address of the READMEs runs, every command and rule is described."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from aistandards.api.validate import TYPES
from aistandards.commands import validate
from conftest import environment
from serving import serving

ROOT = Path(__file__).resolve().parents[1]
READMES = [ROOT / "README.md", ROOT / "README.zh.md"]


def blocks(path: Path, kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", path.read_text(encoding="utf-8"), re.S)


def commands(path: Path) -> list[str]:
    lines = [line for block in blocks(path, "sh") for line in block.splitlines()]
    return [line.split("  #")[0].strip() for line in lines if line.startswith("aistandards ")]


COMMANDS = sorted({command for path in READMES for command in commands(path)})


def run(command: str, store: Path, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    words = shlex.split(command)[1:]
    return subprocess.run(
        [sys.executable, "-m", "aistandards", *words],
        cwd=folder,
        env=environment(store),
        capture_output=True,
        text=True,
    )


def test_the_readmes_show_the_commands_they_should() -> None:
    assert len(COMMANDS) >= 15


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_of_the_readmes_runs(command: str, store_folder: Path, tmp_path: Path) -> None:
    store = tmp_path / "store" if command == "aistandards build" else store_folder
    done = run(command, store)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


VALIDATION = ROOT / "docs" / "validation.md"
TABLE = (
    "number,level,nature,title_zh,issued,implemented,source\n"
    "gbt 71401—2025,national,recommended,甲,2025/3/1,2025-09-01,s\n"
)
SHAPE = """@prefix sh: <http://www.w3.org/ns/shacl#> .
<s> sh:targetNode <a> ; a sh:NodeShape ; sh:property [ sh:path <name> ; sh:minCount 1 ] ."""
SHELL = """set -eo pipefail
aistandards() { "$PYTHON" -m aistandards "$@" || [ $? = 1 ]; }
"""  # findings are no failure of the example


@pytest.mark.parametrize("block", blocks(VALIDATION, "sh"), ids=lambda block: block.split("\n")[0])
def test_every_command_of_the_page_on_validation_runs(block: str, store_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "records").mkdir()
    for name in ("my-records.csv", "records/other.csv"):
        (tmp_path / name).write_text(TABLE, encoding="utf-8")
    (tmp_path / "my-shapes.ttl").write_text(SHAPE, encoding="utf-8")
    (tmp_path / "my-data.ttl").write_text("<a> a <b> .", encoding="utf-8")
    env = {**environment(store_folder), "PYTHON": sys.executable}
    done = subprocess.run(["bash", "-c", SHELL + block], cwd=tmp_path, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() and "Traceback" not in done.stderr


def test_the_page_on_validation_names_every_format_and_its_links_lead_somewhere() -> None:
    text = VALIDATION.read_text(encoding="utf-8")
    for form in [*validate.FORMATS, *TYPES]:
        assert form in text
    for link in re.findall(r"\]\(([^)#]+)\)", text):
        assert (VALIDATION.parent / link).exists(), link


def test_the_console_example_shows_what_the_command_prints(store_folder: Path) -> None:
    (example,) = blocks(ROOT / "README.md", "console")
    command, *printed = example.splitlines()
    done = run(command.removeprefix("$ ") + " --lang en", store_folder)
    for line in printed:
        if line != "…":
            assert line in done.stdout


@pytest.fixture(scope="module")
def address(store_folder: Path) -> Iterator[str]:
    with serving(store_folder) as found:
        yield found


def test_every_address_of_the_readme_answers(address: str) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    paths = [path for path in re.findall(r"`(/[^` ]*)`", text) if path not in ("/api/v1",)]
    assert len(paths) >= 10
    for path in paths:
        shown = path.replace("?query=…", "?query=ASK%20%7B%7D")
        answer = httpx.get(address + shown, follow_redirects=True, timeout=60)
        assert answer.status_code == 200, (path, answer.text)


def test_the_curl_example_answers(address: str) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (url,) = re.findall(r"curl '([^']+)'", text)
    answer = httpx.get(url.replace("http://127.0.0.1:8000", address))
    assert answer.status_code == 200
    assert int(answer.text.split()[1]) > 200


def test_every_command_rule_and_switch_is_described() -> None:
    from aistandards.commands import VERBS

    text = (ROOT / "README.md").read_text(encoding="utf-8")
    counting = (ROOT / "docs" / "counting-rules.md").read_text(encoding="utf-8")
    for name in VERBS:
        assert f"aistandards {name}" in text or f"`{name}`" in text, name
    rules = (ROOT / "ontology" / "rules.ttl").read_text(encoding="utf-8")
    for name in re.findall(r'a ais:CountingRule ; skos:notation "([^"]+)"', rules):
        assert f"`{name}`" in counting, name


def test_every_link_of_the_documents_leads_somewhere() -> None:
    for path in [*READMES, ROOT / "CONTRIBUTING.md", ROOT / "data" / "README.md", *(ROOT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\(([^)#]+)\)", path.read_text(encoding="utf-8")):
            if "://" not in target:
                assert (path.parent / target).exists(), f"{path.name}: {target}"


def test_the_rule_of_the_counting_page_works(store_folder: Path, tmp_path: Path) -> None:
    (example,) = blocks(ROOT / "docs" / "counting-rules.md", "turtle")
    mine = tmp_path / "mine.ttl"
    mine.write_text(example, encoding="utf-8")
    done = run(f"aistandards coverage --rules {mine} --format json", store_folder)
    assert done.returncode == 0, done.stderr
    assert '"rule": "security"' in done.stdout


def console(path: Path) -> list[tuple[str, list[str]]]:
    """The commands of a page with what it shows of their output."""
    found: list[tuple[str, list[str]]] = []
    for line in "\n".join(blocks(path, "console")).splitlines():
        if line.startswith("$ "):
            found.append((line.removeprefix("$ "), []))
        elif line not in ("…", ""):
            found[-1][1].append(line)
    return found


def test_the_worked_example_of_days_and_releases_is_true(tmp_path: Path) -> None:
    page = ROOT / "docs" / "days-and-releases.md"
    (mine,) = blocks(page, "csv")
    (tmp_path / "my-records").mkdir()
    (tmp_path / "my-records" / "standards-mine.csv").write_text(mine, encoding="utf-8")
    shown = console(page)
    assert len(shown) >= 7
    for command, printed in shown:
        done = run(command + " --lang en", tmp_path / "store", tmp_path)
        assert done.returncode == 0, (command, done.stderr)
        for line in printed:
            assert " ".join(line.split()) in [" ".join(one.split()) for one in done.stdout.splitlines()], command
