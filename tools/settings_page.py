"""Writes the table of settings in docs/operations.md from the settings themselves; run by `make docs`."""

from __future__ import annotations

from pathlib import Path

from aistandards.configuration import known
from aistandards.output import plain
from aistandards.settings import default_store

PAGE = Path(__file__).resolve().parents[1] / "docs" / "operations.md"
BEGIN, END = "<!-- settings -->\n", "<!-- /settings -->"


def table() -> str:
    """Return the table: name, default, allowed values, meaning in both languages."""
    lines = ["| 设置 setting | 默认 default | 允许 allowed | 含义 meaning |", "|---|---|---|---|"]
    for one in known().values():
        default = "…/aistandards/store" if one.default == default_store() else plain(one.shown(one.default))
        allowed = one.allowed("en").replace("|", "\\|")
        lines.append(f"| `{one.name}` | {default or '–'} | {allowed} | {one.about.zh} · {one.about.en} |")
    return "\n".join(lines) + "\n"


def page(text: str) -> str:
    """Return the page with the table of today's settings in it."""
    head, _, rest = text.partition(BEGIN)
    return head + BEGIN + table() + END + rest.partition(END)[2]


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
