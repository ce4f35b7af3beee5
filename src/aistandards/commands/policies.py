"""`aistandards policies`: the policy documents beside the guide, or one of them with its clauses, figures and links."""

from __future__ import annotations

import argparse
from typing import Any

from aistandards.commands.common import command, open_counts, print_answer, store_option
from aistandards.output import table
from aistandards.reports import say

TITLES = {
    "measures": ("措施", "Measures"),
    "findings": ("观点", "Findings"),
    "targets": ("目标", "Targets"),
    "rules": ("规则", "Rules"),
    "roles": ("职责", "Roles"),
    "procedure": ("程序", "Procedure"),
}


def add(commands: Any) -> None:
    """Add the command and its options."""
    summary = "the policy documents beside the guide: status, clauses, measures, targets, figures"
    parser = command(commands, "policies", run, summary, "aistandards policies fujian-2024")
    parser.add_argument("slug", nargs="?", help="one document, with its clauses (default: all documents)")
    parser.add_argument("--status", default=None, help="draft, final or successor (default: all)")
    store_option(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print the documents, or one document."""
    from aistandards import policies

    counts = open_counts(arguments)
    if arguments.slug is None:
        answer = policies.documents(counts, arguments.status)
        return print_answer(arguments, answer, answer["items"], lambda lang: _list(answer, lang))
    answer = policies.document(counts, arguments.slug)
    return print_answer(arguments, answer, answer["clauses"], lambda lang: _text(answer, lang))


def _list(answer: dict[str, Any], language: str) -> str:
    """Return the documents as a table."""
    head = say(
        language,
        "文件 状态 发布 条款 未建模 规则 数字 名称",
        "document status issued clauses not_modelled rules figures title",
    )
    numbers = ("clauses", "not_modelled", "rules", "figures")
    rows = [
        [p["slug"], p["status"], p["issued"] or "", *(p[name] or 0 for name in numbers), _title(p, language)]
        for p in answer["items"]
    ]
    return table(head.split(), rows, right=(3, 4, 5, 6))


def _title(document: dict[str, Any], language: str) -> str:
    other = "en" if language == "zh" else "zh"
    return str(document[f"title_{language}"] or document[f"title_{other}"])


def _text(a: dict[str, Any], language: str) -> str:
    """Return one document: what it is, what came before and after, its clauses, what stands in them, its figures and links."""
    issuers = a["issuers"] if language == "zh" else a["issuers_en"]
    lines = [f"{a['slug']}  {_title(a, language)}"]
    facts = [a["number"], ";".join(issuers), a["status"], a["issued"], a[f"validity_{language}"], a[f"note_{language}"]]
    lines += [f"  {fact}" for fact in facts if fact]
    for name, zh, en in (
        ("follows", "接续", "follows"),
        ("followed_by", "后续", "followed by"),
        ("based_on", "依据", "based on"),
        ("basis_of", "被其依据", "basis of"),
    ):
        lines += [f"  {say(language, zh, en)}: {', '.join(a[name])}"] if a[name] else []
    lines += [f"  {say(language, '体系版本', 'edition of the guide')}: {a['edition']}"] if a["edition"] else []
    lines += [f"  {say(language, '来源', 'source')}: {a['source']}"]
    blocks = ["\n".join(lines), _clauses(a["clauses"], language)]
    blocks += [_provisions(a[name], say(language, *title), language) for name, title in TITLES.items()]
    return "\n\n".join(
        block for block in [*blocks, _figures(a["figures"], language), _links(a["links"], language)] if block
    )


def _clauses(clauses: list[dict[str, Any]], language: str) -> str:
    rows = [
        [
            c["number"],
            f"{c['line']}-{c['last_line']}",
            ";".join(c["kinds"]),
            c[f"text_{language}"],
            c[f"reason_{language}"],
        ]
        for c in clauses
    ]
    head = say(language, "条款 行 类型 要点 未建模理由", "clause lines kind text not_modelled_because")
    return table(head.split(), rows) if rows else ""


def _provisions(found: list[dict[str, Any]], title: str, language: str) -> str:
    """Return rules, roles, steps or targets, one a line; measures and findings are clauses, summed up by their text."""
    lines = []
    for one in found:
        if "subject_zh" not in one:
            lines.append(f"  {one['number']}  {one[f'text_{language}']}")
            continue
        figure = " ".join(str(x) for x in (one["comparison"], one["value"], one[f"unit_{language}"]) if x)
        told = [
            one[f"subject_{language}"],
            figure,
            one["deadline"],
            one[f"condition_{language}"],
            one[f"note_{language}"],
        ]
        lines.append(f"  {one['id']:<7} {one['clause_number'] or ''}  " + "; ".join(part for part in told if part))
    return "\n".join([title, *lines]) if lines else ""


def _figures(figures: list[dict[str, Any]], language: str) -> str:
    rows = [
        [
            f["id"],
            f[f"indicator_{language}"],
            f[f"area_{language}"],
            f["period"],
            f["value"],
            f["unit"] if language == "zh" else f["unit_en"],
            f["growth"],
            f"{f['change']} {f['change_unit']}" if f["change"] else "",
        ]
        for f in figures
    ]
    head = say(
        language, "编号 指标 地区 时期 数值 单位 增速% 增减", "id indicator area period value unit growth_% change"
    )
    return table(head.split(), rows, right=(4, 6)) if rows else ""


def _links(links: list[dict[str, Any]], language: str) -> str:
    rows = [
        [k["about"], ";".join(k["parts"]), ";".join(k["layers"]), k["basis"], k[f"reason_{language}"]] for k in links
    ]
    head = say(language, "关于 部分 产业链层 依据 理由", "about parts layers basis reason")
    return table(head.split(), rows) if rows else ""
