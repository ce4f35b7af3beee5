"""`aistandards rules`: the counting rules, clause by clause."""

from __future__ import annotations

import argparse
from typing import Any

from aistandards.commands.common import command, open_counts, print_answer, store_option
from aistandards.reports import say


def add(commands: Any) -> None:
    """Add the command and its options."""
    parser = command(commands, "rules", run, "the counting rules, clause by clause", "aistandards rules")
    store_option(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print every counting rule of the store."""
    from aistandards.rulebook import rules_answer

    answer = rules_answer(open_counts(arguments).rules)
    rows = [{"rule": r["rule"], **c} for r in answer["items"] for c in r["clauses"]]
    return print_answer(arguments, answer, rows, lambda lang: _text(answer, lang))


def _text(answer: dict[str, Any], language: str) -> str:
    """Return each rule with its clauses."""
    blocks = []
    for rule in answer["items"]:
        lines = [
            f"{rule['rule']} v{rule['version']} → {rule['target']}: {rule[f'label_{language}']}. {rule[f'note_{language}']}"
        ]
        for clause in rule["clauses"]:
            waiver = f" [{say(language, '可免除', 'waived by')} {clause['waived_by']}]" if clause["waived_by"] else ""
            lines.append(f"  {clause['clause']:<13} {clause[f'label_{language}']}{waiver}")
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks)
