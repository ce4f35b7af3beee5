"""The repository keeps its own rules: modules, functions, names, no traces of one machine."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCES = sorted((ROOT / "src").rglob("*.py"))
TRACKED = [
    ROOT / name
    for name in subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True).stdout.split("\n")
    if name and (ROOT / name).is_file()
]


def functions(path: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_module_is_short_and_says_in_one_sentence_what_it_is(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    doc = ast.get_docstring(ast.parse(text)) or ""
    assert doc.splitlines()[0].endswith((".", "status.")), f"{path.name}: begin with one sentence"
    decided = (ROOT / "docs" / "decisions.md").read_text(encoding="utf-8")
    if text.count("\n") > 450:
        assert f"`{path.name}`" in decided, f"{path.name} has over 450 lines and no reason in docs/decisions.md"
    for function in functions(path):
        size = (function.end_lineno or 0) - function.lineno + 1
        assert size <= 60, f"{path.name}:{function.lineno} {function.name} has {size} lines"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_no_broad_except_and_nothing_unfinished(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ExceptHandler):
            assert node.type is not None and getattr(node.type, "id", "") not in ("Exception", "BaseException")
    assert not re.search(r"\b(TODO|FIXME|XXX|NotImplementedError)\b", text)


def test_no_tracked_file_names_one_machine_or_a_registry_host() -> None:
    machine = re.compile(r"(?<![\w.:/-])/(work|farm)/")
    hosts = re.compile(
        r"(pypi\.org|files\.pythonhosted|registry\.npmjs|repo1?\.maven|crates\.io|proxy\.golang|deb\.debian)"
    )
    for path in TRACKED:
        if path.suffix in (".png", ".ico") or path == Path(__file__):
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        assert not machine.search(text), f"{path}: a path of one machine"
        assert not hosts.search(text), f"{path}: a registry's host"
        assert "../shared" not in text or path.suffix == ".md", f"{path}: depends on ../shared"


def test_command_line_starts_without_the_heavy_libraries() -> None:
    code = (
        "import sys; from aistandards.cli import main; main(['queries', '--format', 'json'])\n"
        "heavy = {'rdflib', 'pyshacl', 'networkx', 'fastapi', 'uvicorn', 'owlready2'} & set(sys.modules)\n"
        "sys.exit(f'imported {heavy}' if heavy else 0)"
    )
    import sys

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_every_error_kind_has_its_exit_code_and_status_drawn_in_the_tree() -> None:
    from aistandards import errors

    drawn = errors.__doc__ or ""
    kinds = [kind for kind in errors.AistandardsError.__subclasses__() if kind.__module__ == "aistandards.errors"]
    assert len(kinds) >= 7
    for kind in kinds:
        line = next(line for line in drawn.splitlines() if kind.__name__ in line)
        assert f"exit {kind.exit_code}" in line and f"HTTP {kind.http_status}" in line
