"""`aistandards coverage`: how many standards count toward the target, by part of the system."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aistandards.commands.common import (
    command,
    day_of,
    day_option,
    open_counts,
    print_answer,
    print_rows,
    store_option,
    switch_options,
    switches_of,
)
from aistandards.output import table
from aistandards.reports import Words, say, word

if TYPE_CHECKING:
    from aistandards.counts import Counts, Request

READINGS = {
    "with_guidance": "计入指导性文件",
    "with_related": "核心和相关",
    "series_once": "系列只计一次",
    "confirmed_only": "仅已确认",
}
BY = {"part": "部分", "layer": "产业链层", "level": "级别", "year": "年份", "committee": "归口单位"}


def add(commands: Any) -> None:
    """Add the command and its options."""
    parser = command(
        commands,
        "coverage",
        run,
        "how many standards count toward the target, by part of the system",
        "aistandards coverage --rule guide --rule national --as-of 2025-12-31",
    )
    parser.add_argument("--system", default="draft-2024")
    parser.add_argument(
        "--rule", action="append", default=[], help="counting rule; repeat it to set several side by side"
    )
    parser.add_argument("--rules", type=Path, metavar="FILE", help="a Turtle file with counting rules of your own")
    switch_options(parser)
    parser.add_argument(
        "--list", action="store_true", help="list every candidate with its verdict, reason and failed clauses"
    )
    parser.add_argument(
        "--by",
        default="part",
        metavar="part|subpart|layer|element|level|year|committee[,second]",
        help="rows of the table; two of them make a matrix of states",
    )
    day_option(parser)
    store_option(parser)


def run(arguments: argparse.Namespace) -> int:
    """Count, side by side where several rules are asked; with ``--list`` print the records behind the count."""
    from aistandards.coverage import coverage, differing, flat_rows, records
    from aistandards.ownrules import load_rule_file
    from aistandards.rules import pick

    counts = open_counts(arguments)
    known = list(counts.rules)
    if arguments.rules:
        known += load_rule_file(arguments.rules, counts.store)
    added = [rule.name for rule in known[len(counts.rules) :]]
    names = arguments.rule or added or ["guide"]
    switches, day = switches_of(arguments), day_of(arguments)
    one = arguments.by if "," not in arguments.by else "part"
    requests = [
        counts.request(pick(known, name), day, switches, series=arguments.series, system=arguments.system, by=one)
        for name in names
    ]
    if "," in arguments.by:
        return _matrix(arguments, counts, requests[0])
    if arguments.list:
        listed = [{"rule": request.rule.name, **record} for request in requests for record in records(counts, request)]
        columns = ["rule", "number", "verdict", "reason", "failed", "undecided", "row", "title_zh"]
        return print_rows(arguments, listed, columns)
    answers = [coverage(counts, request) for request in requests]
    differ = differing(counts, requests)
    answer = answers[0] if len(answers) == 1 else {"rules": answers, "differing": differ}
    rows = [{"rule": a["rule"], **row} for a in answers for row in flat_rows(a)]
    return print_answer(arguments, answer, rows, lambda lang: _text(answers, differ, lang, counts.words))


def _matrix(arguments: argparse.Namespace, counts: Counts, request: Request) -> int:
    """Print the matrix of two axes; with ``--list`` every record with its row, column and state."""
    from aistandards.matrix import Grid, flat_cells

    grid = Grid(counts, request, arguments.by)
    if arguments.list:
        return print_rows(arguments, grid.records(), ["number", "state", "row", "column", "verdict", "title_zh"])
    answer = grid.answer()
    return print_answer(arguments, answer, flat_cells(answer), lambda lang: _matrix_text(answer, lang))


def _matrix_text(a: dict[str, Any], language: str) -> str:
    """Return the matrix as a table of marks with the number of records, and the legend."""
    label = f"label_{language}"
    marks = {state["state"]: state["mark"] for state in a["states"]}
    beside = {"counted": "计入", "unclassified": "未分类", "unverified": "未核实"}
    heads = [c["notation"] or "-" for c in a["columns"]]
    rows = [
        [
            row["notation"] or "-",
            row[label],
            *(f"{cell['records'] or ''}{marks[cell['state']]}" for cell in row["cells"]),
        ]
        + [row[name] for name in beside]
        for row in a["rows"]
    ]
    first = say(
        language,
        f"口径 {a['rule']}，版本 {a['system']}，截至 {a['as_of']}：各格为记录数和最好的状态；计入 {a['counted']}",
        f"rule {a['rule']}, edition {a['system']}, as of {a['as_of']}: records and the best state of each cell; {a['counted']} count",
    )
    legend = "  ".join(f"{state['mark']} {state[label]}" for state in a["states"])
    header = [a["by"].split(",")[0], "", *heads, *(say(language, zh, name) for name, zh in beside.items())]
    return "\n".join([first, legend, "", table(header, rows, right=range(2, len(header)))])


def _text(answers: list[dict[str, Any]], differing: list[dict[str, Any]], language: str, words: Words) -> str:
    """Return the table of one rule, or several rules side by side with the records on which they differ."""
    blocks = [_block(answer, language, words) for answer in answers]
    if len(answers) > 1:
        header = [say(language, "标准", "standard"), *(answer["rule"] for answer in answers)]
        rows = [[d["number"], *(d["verdicts"].get(a["rule"], "-") for a in answers)] for d in differing]
        blocks.append(
            say(language, f"口径之间有差异的记录：{len(rows)}", f"records on which the rules differ: {len(rows)}")
        )
        blocks.append(table(header, rows))
    return "\n\n".join(blocks)


def _block(a: dict[str, Any], language: str, words: Words) -> str:
    target = a["target"]
    sign = {">=": "≥", ">": ">"}.get(target["comparison"], target["comparison"])
    contested = a["contested"]
    day = a["reached_on"]
    reached = say(language, f"{day} 达到" if day else "未达到", f"reached on {day}" if day else "not reached")
    surplus = a["counted"] - (target["value"] or 0)
    lines = [
        say(
            language,
            f"口径 {a['rule']}，版本 {a['system']}，截至 {a['as_of']}：计入 {a['counted']}（目标 {sign} {target['value']}，"
            f"{'超出' if surplus >= 0 else '尚缺'} {abs(surplus)}；{reached}）",
            f"rule {a['rule']}, edition {a['system']}, as of {a['as_of']}: {a['counted']} count (target {sign} {target['value']}, "
            f"{'surplus' if surplus >= 0 else 'short by'} {abs(surplus)}; {reached})",
        ),
        say(
            language,
            f"计入 {a['counted']} + 合并 {a['folded']} + 不计 {a['excluded']} + 无法判定 {a['undecided']} = 候选 {a['candidates']}；"
            f"有争议：已计入 {contested['counted']}，仅因范围未计 {contested['excluded']}",
            f"{a['counted']} counted + {a['folded']} folded + {a['excluded']} excluded + {a['undecided']} undecided = "
            f"{a['candidates']} candidates; contested: {contested['counted']} counted, {contested['excluded']} left out by scope alone",
        ),
        say(language, "其他读法：", "other readings: ")
        + ", ".join(f"{say(language, zh, name)} {a[name]}" for name, zh in READINGS.items() if a[name] is not None),
        say(language, "核实状态：", "verification: ")
        + ", ".join(f"{word(words, 'verification', n, language)} {count}" for n, count in a["by_verification"].items()),
        say(language, "不计和无法判定的原因：", "reasons: ")
        + ", ".join(f"{word(words, 'reason', n, language)} {count}" for n, count in a["reasons"].items()),
    ]
    if a["lower_bound"]:
        lines.append(
            say(
                language,
                f"登记簿副本截至 {a['data_until']}；其后只有零星公告，本数为下限。",
                f"The register copies reach to {a['data_until']}; later records are single notices, so this is a lower bound.",
            )
        )
    if a["future"]:
        lines.append(
            say(
                language,
                "查询日在未来：按今日所知回答。",
                "The day lies in the future: the answer is by today's knowledge.",
            )
        )
    return "\n".join([*lines, "", _table(a, language, words)])


def _table(a: dict[str, Any], language: str, words: Words) -> str:
    """Return the rows of an answer with their halves and a line of totals."""
    header = [
        say(language, BY[a["by"]], a["by"]),
        "",
        *say(language, "计入 另涉 现行 在研", "counted also in-force projects").split(),
    ]
    converted = any(row["exactness"] not in (None, "exact") for row in a["rows"] if row["notation"])
    if converted:  # some row is not the plain count of one part
        header += [say(language, "换算", "carried"), say(language, "仅相关", "only related")]
    rows = []
    from aistandards.coverage import flat_rows

    for row in flat_rows(a):
        indent = "  " if row["system"] != a["system"] else ""
        name = f"{indent}{row['notation'] or '-'}"
        rows.append(
            [
                name,
                row[f"label_{language}"],
                row["counted"],
                row["also"],
                row["in_force"],
                "-" if row["projects"] is None else row["projects"],
                *(
                    [
                        word(words, "exactness", row["exactness"], language),
                        "-" if row["related"] is None else row["related"],
                    ]
                    if converted
                    else []
                ),
            ]
        )
    total = [sum(row[name] for row in a["rows"]) for name in ("counted", "in_force")]
    rows.append([say(language, "合计", "total"), "", total[0], "", total[1], "", *(["", ""] if converted else [])])
    return table(header, rows, right=[2, 3, 4, 5, 7])
