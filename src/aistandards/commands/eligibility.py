"""`aistandards eligibility`: which support each project of a file may ask for, and how much it would be."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aistandards import output
from aistandards.commands.common import command, day_of, day_option, emit, print_answer
from aistandards.errors import UsageError
from aistandards.reports import say

if TYPE_CHECKING:
    from aistandards.sources import Source

VERDICTS = {
    "eligible": ("符合条件", "eligible"),
    "not-eligible": ("不符合条件", "not eligible"),
    "cannot-tell": ("不能判定", "cannot tell"),
}
STATUS = {"draft": ("征求意见稿", "draft"), "final": ("正式稿", "final"), "successor": ("后续文件", "successor")}


def add(commands: Any) -> None:
    """Add the command and its options."""
    summary = "which support a project may ask for: eligible, not eligible or cannot tell, with clauses and amounts"
    parser = command(
        commands, "eligibility", run, summary, "aistandards eligibility projects.xlsx --policy fujian-2024"
    )
    parser.add_argument(
        "file", nargs="?", metavar="FILE", help="CSV or XLSX table of projects, or - for CSV on standard input"
    )
    parser.add_argument(
        "--policy", action="append", default=[], metavar="P", help="only this policy; may repeat (default: all)"
    )
    parser.add_argument(
        "--issued",
        action="append",
        default=[],
        metavar="P=D",
        help="assume that policy P was issued on day D; may repeat",
    )
    parser.add_argument(
        "--template", choices=("csv", "xlsx"), help="write an empty table to fill in, instead of judging"
    )
    parser.add_argument("--rules", action="store_true", help="print the measures with their conditions and formulas")
    day_option(parser)


def run(arguments: argparse.Namespace) -> int:
    """Judge a file, or write a template or the rules; 1 where cells of the file could not be read."""
    from aistandards import eligibility

    engine = eligibility.engine()
    if arguments.template:
        emit(arguments, _template(arguments, engine))
        return 0
    if arguments.rules:
        rules = engine.rules(arguments.policy)
        rows = [{"measure": r["measure"], "policy": r["policy"], **c} for r in rules for c in r["conditions"]]
        return print_answer(arguments, {"total": len(rules), "items": rules}, rows, lambda lang: _rules(rules, lang))
    if not arguments.file:
        raise UsageError(
            "Name a FILE of projects, or write an empty one with --template csv.",
            "请指定申报项目文件，或用 --template csv 生成空表。",
        )
    assumed = eligibility.assumed_days(arguments.issued)
    answer = engine.answer(_read(arguments.file), arguments.policy, day_of(arguments), assumed)
    print_answer(arguments, answer, eligibility.flat_rows(answer), lambda lang: _text(answer, lang))
    if arguments.format in ("csv", "xlsx"):
        for finding in _findings(answer, output.language(arguments.lang)):
            print(finding, file=sys.stderr)
    return 0 if answer["conforms"] else 1


def _read(file: str) -> Source:
    from aistandards import sources

    if file == "-":
        return sources.read(Path("stdin.csv"), "-", sys.stdin.buffer.read(), "application")
    return sources.read(Path(file), file, kind="application")


def _template(arguments: argparse.Namespace, engine: Any) -> bytes:
    from aistandards import eligibility, forms

    table, language = eligibility.application_table(), output.language(arguments.lang)
    columns = forms.columns_for(table, engine.measures.pick(arguments.policy)) if arguments.policy else table.columns
    if arguments.template == "csv":
        return forms.as_csv(table, columns, language)
    return forms.as_xlsx(table, columns, language, engine.codes)


def _findings(answer: dict[str, Any], language: str) -> list[str]:
    from aistandards.findings import Finding

    return [Finding(**finding).text(language) for finding in answer["findings"]]


def _text(answer: dict[str, Any], language: str) -> str:
    """Return the findings, each project with its measures, and the limits of the year."""
    blocks = ["\n".join(_findings(answer, language))] if answer["findings"] else []
    shown: dict[str, list[str]] = {}
    for item in answer["items"]:
        head = f"{item['application_id']}  {item['applicant']}" + (f"  {item['title']}" if item["title"] else "")
        shown.setdefault(head, []).append(_item(item, language))
    blocks += ["\n".join([head, *items]) for head, items in shown.items()]
    if answer["totals"]:
        title = say(language, f"{answer['as_of'][:4]} 年限额", f"Limits of {answer['as_of'][:4]}")
        blocks.append("\n".join([title, *(_total(total, language) for total in answer["totals"])]))
    blocks.append(
        say(
            language,
            f"截至 {answer['as_of']}；项目 {answer['projects']} 个",
            f"As of {answer['as_of']}; projects: {answer['projects']}",
        )
    )
    return "\n\n".join(blocks)


def _word(words: dict[str, tuple[str, str]], token: str, language: str) -> str:
    return words[token][0 if language == "zh" else 1] if token in words else token


def _item(item: dict[str, Any], language: str) -> str:
    status = _word(STATUS, item["status"], language)
    name = item[f"measure_{language}"] or "–"
    verdict = _word(VERDICTS, item["verdict"], language)
    if item["reason"] == "expired":
        verdict += say(language, "（已过期）", " (expired)")
    lines = [f"  {item['policy']} [{status}] {name}: {verdict}"]
    if item["would_be"] != item["verdict"]:
        lines[0] += say(language, "；仅就条件而言：", "; by its conditions alone: ") + _word(
            VERDICTS, item["would_be"], language
        )
    for clause in item["because"]:
        cited = f" [{clause['clause']}]" if clause["clause"] else ""
        lines.append(f"    {'✗' if clause['holds'] is False else '?'} {clause[f'message_{language}']}{cited}")
    if item["validity"]["assumed"] and item["validity"]["in_force"]:
        lines.append(f"    · {item['validity'][f'message_{language}']}")
    if item["missing"]:
        lines.append(say(language, "    缺少：", "    missing: ") + ", ".join(item["missing"]))
    for support in item["supports"]:
        lines += _support(support, language)
    if item["voucher_until"]:
        lines.append(say(language, "    智算券有效至 ", "    voucher valid until ") + item["voucher_until"])
    lines += [f"    ! {bar[f'label_{language}']} [{bar['clause']}] → {bar['until'] or '?'}" for bar in item["bars"]]
    if item["supports"]:
        lines += [f"    · {note[f'text_{language}']} [{note['clause']}]" for note in item["notes"]]
    return "\n".join(lines)


def _support(support: dict[str, Any], language: str) -> list[str]:
    """Return one formula: the amount with its steps and shares, or why there is none."""
    head = f"    {support[f'label_{language}']} [{support['clause']}]: "
    match support["state"]:
        case "not-in-this-text":
            document = support[f"document_{language}"] or support[f"note_{language}"]
            return [
                head
                + say(language, f"金额不在本文中，见 {document}", f"the amount is not in this text; see {document}")
            ]
        case "cannot-tell":
            names = ", ".join(support["missing"])
            return [head + say(language, f"金额不能计算，缺少 {names}", f"the amount cannot be told; missing {names}")]
        case "rate-above-maximum":
            return [head + support["steps"][-1][f"text_{language}"]]
    most = say(language, "最高 ", "at most ") if support["state"] == "at-most" else ""
    lines = [f"{head}{most}{support['amount']} " + say(language, "元", "CNY")]
    lines += [f"      {step[f'text_{language}']}" for step in support["steps"]]
    lines += [f"      {s[f'payer_{language}']} {s['weight']}: {s['amount']} [{s['clause']}]" for s in support["shares"]]
    return lines + ([f"      {support[f'note_{language}']}"] if support[f"note_{language}"] else [])


def _total(total: dict[str, Any], language: str) -> str:
    within = {True: ("未超过", "within"), False: ("超过", "exceeded"), None: ("不能判定", "cannot tell")}[
        total["within"]
    ]
    who = f" {total['applicant']}" if total["applicant"] else ""
    mark = say(language, *within)
    return (
        f"  {total['measure']} ({total['reading']}){who}: {total['sum']} / {total['limit']} {total['unit']}, {mark}"
        f" – {total[f'label_{language}']} [{total['clause']}]"
    )


def _rules(rules: list[dict[str, Any]], language: str) -> str:
    """Return each measure with its conditions and formulas."""
    blocks = []
    for rule in rules:
        lines = [f"{rule['measure']} [{rule['clause']}] {rule[f'label_{language}']}"]
        lines += [f"  {c['condition']:<26} {c[f'message_{language}']}" for c in rule["conditions"]]
        for s in rule["supports"]:
            formula = (
                f"{s['base']} × {s['rate_percent']} % ≤ {s['cap']}" if s["base"] else s[f"document_{language}"] or "–"
            )
            lines.append(f"  = {s['reading']}: {formula} [{s['clause']}]")
        lines += [f"  ≤ {x[f'label_{language}']} [{x['clause']}]" for x in rule["limits"]]
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks)
