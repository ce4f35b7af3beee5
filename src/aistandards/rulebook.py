"""The counting rules as people read them: their text with its clauses, and the list of all."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
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


SOURCES: Final = {
    "zh": "每条记录、每条映射、每项表述各自注明来源（source 列；`aistandards explain 编号` 逐条列出）；分类为本项目判断，注明依据。数据许可 CC BY 4.0。",
    "en": "Each record, mapping and statement names its own source (column source; `aistandards explain NUMBER` lists them); "
    "classification is our judgement and says its basis. Data licence CC BY 4.0.",
}


def origin(
    rules: Iterable[Rule], answer: Mapping[str, Any], rows: Iterable[Mapping[str, Any]], build: str, language: str
) -> dict[str, str]:
    """Return what a table given away says of its origin: the policy behind each rule it names, sources, data version."""
    parts = [answer, *rows]
    for name in ("rules", "counts"):
        parts += answer.get(name) or () if isinstance(answer.get(name), list) else ()
    named = {part.get("rule") for part in parts if isinstance(part, Mapping)}
    policies = [
        f"{rule.name} v{rule.version} ({getattr(rule.label, language)}): {rule.source or '–'}"
        for rule in rules
        if rule.name in named
    ]
    said = {"policy_source": "\n".join(policies)} if policies else {}
    return {**said, "statement_of_sources": SOURCES[language], "data_version": build}
