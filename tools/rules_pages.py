"""Write docs/rules/, a page a validation rule, from the shapes, the checks and their examples: ``make docs``; a test compares."""

from __future__ import annotations

import io
import os
from collections import defaultdict
from pathlib import Path

from aistandards import catalogue, pipeline
from aistandards.catalogue import ValidationRule

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "rules"
EXAMPLES = (Path("tests/shapes"), Path("tests/reading"))
SEVERITIES = {
    "violation": "违规 violation（必须 must）",
    "warning": "警告 warning（应当 should）",
    "info": "提示 info（可以 may）",
}
KINDS = {
    "shape": ("形状 shape", "shapes/"),
    "check": ("检查 check", "queries/checks/"),
    "reading": ("读取 reading", "shapes/reading.ttl"),
}
HEAD = """# 校验规则 Validation rules

本目录由形状、检查及其示例生成（`make docs`），请勿手改。每条规则一页：查什么、怎么改、依据、一个反例、一个正例。

Generated from the shapes, the checks and their examples (`make docs`); do not edit. A page a rule: what is found, what to
write, who demands it, a bad example with what is said of it, and a good one.

| 规则 rule | 级别 severity | 查什么 | what is found |
|---|---|---|---|
"""


def examples(rule: str, name: str) -> list[Path]:
    """Return the files of the good (``ok``) or bad example of a rule."""
    found = [path for folder in EXAMPLES for path in sorted((ROOT / folder / rule).glob(f"{name}*"))]
    return [file for path in found for file in (sorted(path.iterdir()) if path.is_dir() else [path])]


def findings() -> dict[str, list[str]]:
    """Return what validation says of all bad examples, in Chinese and English, by file."""
    paths = [str(file.relative_to(ROOT)) for rule in catalogue.rules() for file in examples(rule, "bad")]
    said: dict[str, list[str]] = defaultdict(list)
    for finding in pipeline.validate_paths(paths, io.BytesIO()).report.findings:
        said[finding.file or ""] += [finding.text("zh"), finding.text("en")]
    return said


def _block(file: Path) -> list[str]:
    content = file.read_bytes()
    try:
        text = content.decode()
    except UnicodeDecodeError:
        text = ""
    if not text.isprintable() and any(not ch.isprintable() and ch not in "\n\r\t" for ch in text):
        text = ""
    shown = text.splitlines()[:40] if text else [f"({len(content)} bytes)"]
    return [f"`{file.relative_to(ROOT)}`", "", "```", *shown, "```", ""]


def page(rule: ValidationRule, said: dict[str, list[str]]) -> str:
    """Return the page of one rule."""
    kind, where = KINDS[rule.kind]
    lines = [f"# {rule.id}", "", f"**{rule.zh}**", "", f"**{rule.en}**", ""]
    lines += ["| | |", "|---|---|", f"| 级别 severity | {SEVERITIES[rule.severity]} |"]
    lines += [f"| 种类 kind | {kind}, `{where}` |", f"| IRI | `{rule.iri}` |"]
    source = rule.source if rule.source == rule.source_zh else f"{rule.source_zh} {rule.source}"
    lines.append(f"| 依据 source | {source} |")
    if rule.mechanical:
        lines.append("| `--fix` | 可机械改写 what it suggests can be written by `aistandards validate --fix` |")
    lines += ["", "## 反例 Bad", ""]
    for file in examples(rule.id, "bad"):
        lines += _block(file)
        shown = said.get(str(file.relative_to(ROOT)), [])
        lines += ["```", *(line[:400] for line in shown[:8]), "```", ""] if shown else []
    if good := examples(rule.id, "ok"):
        lines += ["## 正例 Good", "", *(line for file in good for line in _block(file))]
    return "\n".join(lines).rstrip() + "\n"


def pages() -> dict[str, str]:
    """Return all pages by file name, the index as README.md."""
    os.chdir(ROOT)  # findings name the examples as this folder sees them
    said, rules = findings(), catalogue.rules()
    index = [f"| [{r.id}]({r.id}.md) | {r.severity} | {r.zh} | {r.en} |" for r in rules.values()]
    return {"README.md": HEAD + "\n".join(index) + "\n", **{f"{r.id}.md": page(r, said) for r in rules.values()}}


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    made = pages()
    for old in FOLDER.glob("*.md"):
        if old.name not in made:
            old.unlink()
    for name, text in made.items():
        (FOLDER / name).write_text(text, encoding="utf-8")
