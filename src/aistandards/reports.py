"""What answers share when they are written for people: the reader's language, words of the code lists, notes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Words = Mapping[str, Mapping[str, Any]]  # labels with zh and en, by list and token


def word(words: Words, scheme: str, token: str | None, language: str) -> str:
    """Return the Chinese word for a code; in English the code itself, as in JSON."""
    label = words.get(scheme, {}).get(token or "")
    return label.zh if label and language == "zh" else token or "-"


def say(language: str, zh: str, en: str) -> str:
    """Return the text of the reader's language."""
    return zh if language == "zh" else en


def conflict_lines(conflicts: list[dict[str, Any]], language: str, words: Words) -> list[str]:
    """Return what sources say differently, side by side under each field, with the chosen value and the rule that chose it."""
    lines: list[str] = []
    for field in dict.fromkeys(c["field"] for c in conflicts):
        stated = [c for c in conflicts if c["field"] == field]
        lines.append(f"{say(language, '来源不一', 'sources differ')}: {field} ({stated[0][f'rule_{language}']})")
        for c in stated:
            value = c["value"] or word(words, "value-kind", c["value_kind"], language)
            place = c["source"] or say(language, "来源未指名", "source not named")
            seen = f", {c['state_of']}" if c["state_of"] else ""
            note = f"; {c['note']}" if c["note"] else ""
            lines.append(
                f"  {'→' if c['chosen'] else ' '} {value} [{word(words, 'rank', c['rank'], language)}] {place}{seen}{note}"
            )
    return lines


def undated_note(undated: str | None, record: dict[str, Any], language: str) -> list[str]:
    """Return a line that says so where an undated number was taken as its latest edition in force, and which follows."""
    if not undated:
        return []
    number = record.get("number") or record["slug"]
    later = [e for e in record.get("editions", ()) if e["status"] in ("not-yet-in-force", "not-issued")]
    if not later:
        return [
            say(language, f"（未注日期，取最新版本 {number}）", f"(undated: the latest edition, {number}, is shown)")
        ]
    coming = "; ".join(f"{e['number']} {e['implemented'] or ''}".strip() for e in later)
    return [
        say(
            language,
            f"（未注日期，取最新现行版本 {number}；即将实施：{coming}）",
            f"(undated: the latest edition in force, {number}, is shown; coming: {coming})",
        )
    ]
