"""`aistandards explain`: why a standard counts or not, where it sits, every source."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from aistandards.commands.common import command, day_of, day_option, open_counts, print_answer, store_option
from aistandards.reports import Words, conflict_lines, say, undated_note, word

if TYPE_CHECKING:
    from aistandards.lookup import Found

MARKS = {True: "✓", False: "✗", None: "?"}
WORDS = {
    "counts": ("计入", "counts"),
    "excluded": ("不计", "excluded"),
    "undecided": ("无法判定", "undecided"),
}
MATCHES = {"exact": "完全对应", "part-of": "为其一部分", "none": "无对应"}


def add(commands: Any) -> None:
    """Add the command and its options."""
    parser = command(
        commands,
        "explain",
        run,
        "why a standard counts or not, where it sits, every source",
        'aistandards explain "GB/T 45288.1"',
    )
    parser.add_argument("number", help="a standard or plan number in any usual spelling")
    parser.add_argument("--rule", action="append", default=[])
    day_option(parser)
    store_option(parser)


def run(arguments: argparse.Namespace) -> int:
    """Explain one record; raises NotFoundError with the nearest number."""
    from aistandards import lookup
    from aistandards.explain import explain, flat_rows
    from aistandards.rules import pick

    counts, day = open_counts(arguments), day_of(arguments)
    rules = [pick(counts.rules, name) for name in arguments.rule] or None
    found = lookup.find(counts.facts, arguments.number, day)
    answer = explain(counts, found, day, rules)
    return print_answer(arguments, answer, flat_rows(answer), lambda lang: _text(answer, found, lang, counts.words))


def _text(a: dict[str, Any], found: Found, language: str, words: Words) -> str:
    """Return an explanation: the record, its verdict and clauses under each rule, relations, sources."""
    because, label = say(language, "because_zh", "because"), f"label_{language}"
    judged = a["classification"]
    reason = judged["reason"] if language == "zh" else judged["reason_en"] or judged["reason"]
    state = word(words, "status" if a["status"] else "stage", a["status"] or a["stage"], language)
    lines = [
        f"{a['number'] or a['slug']}  {a['title_zh'] or ''}  {a['title_en'] or ''}".rstrip(),
        *undated_note(found.undated, a["record"], language),
        f"{say(language, '状态', 'status')}: {state}  {say(language, '范围', 'scope')}: {word(words, 'scope', a['scope'], language)}"
        + (f"（{say(language, '有争议', 'contested')}）" if a["contested"] else "")
        + f"  {say(language, '核实', 'verification')}: {word(words, 'verification', a['verification'], language)}",
        f"{say(language, '分类', 'classified')}: {word(words, 'basis', judged['basis'], language)}; {reason or '-'}; {judged['judged_by'] or '-'}, {judged['judged_on'] or '-'}",
    ]
    for p in a["parts"]:
        if p["primary"]:
            lines.append(
                f"  {p['system']}: {' > '.join(p['path']) or '-'} {p[label]} ({say(language, MATCHES[p['match']], p['match'])})"
                + _directly(p, language)
            )
    lines.append(f"{say(language, '产业链层', 'layer')}: {', '.join(a['layers']) or '-'}")
    if a["novelty"]:
        n = a["novelty"]
        witnesses = f" ({', '.join(n['witnesses'])})" if n["witnesses"] else ""
        lines.append(
            f"{say(language, '新颖性', 'novelty')}: {word(words, 'novelty', n['novelty'], language)}; {n[f'ground_{language}']}{witnesses}"
        )
    if a["not_a_candidate"]:
        lines.append(a["not_a_candidate"][language])
    for verdict in a["verdicts"]:
        lines += _verdict_lines(verdict, because, label, language)
    lines += [f"{r['relation']} → {r['number']}" + (f" ({r['degree']})" if r["degree"] else "") for r in a["relations"]]
    for e in a["record"].get("editions", ()):
        lines.append(
            f"{say(language, '其他版本', 'other edition')}: {e['number']} ({word(words, 'status', e['status'], language)}, {e['implemented'] or e['issued'] or '-'})"
        )
    lines += conflict_lines(a["conflicts"], language, words)
    lines.append(f"{say(language, '来源', 'sources')}:")
    for s in a["sources"]:
        read = say(language, "已读" if s["read"] else "仅地址", "read" if s["read"] else "address only")
        lines.append(f"  - {s['source']} [{s['kind']}; {s['state_of'] or '-'}; {s['origin'] or '-'}; {read}]")
    return "\n".join(lines)


def _marked(piece: dict[str, Any]) -> str:
    """Return a piece of the rule's text, with the mark of its clause where it was asked."""
    return piece["words"] if piece["clause"] is None or piece["waived"] else f"{piece['words']}{MARKS[piece['holds']]}"


def _directly(part: dict[str, Any], language: str) -> str:
    """Return why a record is classified in a system directly; nothing where the crosswalk brought it there."""
    if not part.get("direct"):
        return ""
    reason = part["reason"] if language == "zh" else part["reason_en"]
    return f" {say(language, '直接归类', 'classified directly')}: {reason}; {part['judged_by']}, {part['judged_on']}"


def _verdict_lines(verdict: dict[str, Any], because: str, label: str, language: str) -> Iterator[str]:
    zh, en = WORDS[verdict["verdict"]]
    reason = f" ({verdict['reason']})" if verdict["reason"] else ""
    span = f"{verdict['from'] or '…'} – {verdict['until'] or '…'}"
    yield f"{verdict['rule']}: {say(language, zh, en)}{reason}  [{span}]"
    if verdict["text_zh"]:
        yield "    " + "".join(map(_marked, verdict[f"text_{language}"]))
    for clause in verdict["clauses"]:
        waived = say(language, "（不要求）", " (not asked)") if clause["waived"] else ""
        yield f"    {MARKS[clause['holds']]} {clause[label]}{waived} — {clause[because]}"
