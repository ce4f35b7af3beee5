"""The counting rules as people read them: their text with its clauses, and the list of all."""

from __future__ import annotations

import re
from typing import Any, Final

from aistandards.rules import Rule


def passages(rule: Rule, language: str) -> list[tuple[str, str | None]]:
    """Return the text of a rule in a language as pieces, each with the clause that it stands for, or None.

    Clauses that the text does not name follow with their labels, so that none is left out.
    """
    text = getattr(rule.text, language)
    pieces: list[tuple[str, str | None]] = []
    at = 0
    for found in _PASSAGE.finditer(text):
        pieces += [(text[at : found.start()], None), (found[2], found[1])]
        at = found.end()
    pieces.append((text[at:], None))
    named = {clause for _, clause in pieces}
    for clause in rule.clauses:
        if clause.name not in named:
            pieces += [("；" if language == "zh" else "; ", None), (getattr(clause.label, language), clause.name)]
    return [(words, clause) for words, clause in pieces if words]


_PASSAGE: Final = re.compile(r"\[([^|\]]+)\|([^\]]+)\]")


def rules_answer(rules: list[Rule]) -> dict[str, Any]:
    """Return the counting rules with their clauses as the JSON answer."""
    return {
        "total": len(rules),
        "items": [
            {
                "rule": rule.name,
                "iri": rule.iri,
                "label_zh": rule.label.zh,
                "label_en": rule.label.en,
                "note_zh": rule.note.zh,
                "note_en": rule.note.en,
                "text_zh": "".join(words for words, _ in passages(rule, "zh")),
                "text_en": "".join(words for words, _ in passages(rule, "en")),
                "version": rule.version,
                "target": rule.target.id,
                "source": rule.source,
                "clauses": [
                    {
                        "clause": clause.name,
                        "label_zh": clause.label.zh,
                        "label_en": clause.label.en,
                        "reason": clause.reason,
                        "waived_by": None if clause.waived_by is None else "=".join(clause.waived_by),
                        "source": clause.source,
                    }
                    for clause in rule.clauses
                ],
            }
            for rule in rules
        ],
    }
