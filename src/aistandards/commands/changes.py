"""`aistandards changes`: what changed between two days or two releases, and which counts moved because of which records."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from typing import Any

from aistandards.commands.common import (
    command,
    day_option,
    open_counts,
    print_answer,
    store_of,
    store_option,
    switch_options,
    switches_of,
)
from aistandards.output import table
from aistandards.reports import Words, say, word
from aistandards.settings import parse_day

HEADS = {
    "issued": ("发布", "issued"),
    "in_force": ("实施", "came into force"),
    "superseded": ("被代替", "replaced"),
    "withdrawn": ("废止", "withdrawn"),
    "undecided": ("是否在此期间，日期不足以判定", "may lie between: the day is not known exactly"),
    "added": ("新增记录", "records added"),
    "removed": ("删除记录", "records removed"),
    "changed": ("改动记录", "records changed"),
}
SIGNS = {"gained": "+", "lost": "-", "undecided_gained": "?+", "undecided_lost": "?-"}


def add(commands: Any) -> None:
    """Add the command and its options."""
    parser = command(
        commands,
        "changes",
        run,
        "what was issued, replaced, withdrawn between two days (or releases), and which counts moved",
        "aistandards changes 2025-06-30 2025-12-31 --rule guide",
    )
    parser.add_argument("first", metavar="FROM", help="a day, YYYY-MM-DD, or the name of a release")
    parser.add_argument("last", metavar="TO", help="a later day, or another release")
    parser.add_argument("--rule", action="append", default=[], help="counting rule; repeatable (default: all)")
    parser.add_argument("--part", metavar="P", help="only records in this part of guide-2024 or below it")
    parser.add_argument("--committee", metavar="C", help="only records of this committee and those under it")
    switch_options(parser)
    day_option(parser)
    store_option(parser)


def run(arguments: argparse.Namespace) -> int:
    """Compare two days, or two releases where names are given; raises UsageError for one of each."""
    from aistandards.changes import are_days

    return _run_days(arguments) if are_days(arguments.first, arguments.last) else _run_releases(arguments)


def _run_days(arguments: argparse.Namespace) -> int:
    from aistandards.changes import COLUMNS, Reading, changes, filter_of, flat_rows, no_option
    from aistandards.rules import pick

    no_option(arguments.as_of, "as_of")
    first, last = parse_day(arguments.first), parse_day(arguments.last)
    counts = open_counts(arguments)
    rules = [pick(counts.rules, name) for name in dict.fromkeys(arguments.rule)] or counts.rules
    wanted = filter_of(counts, arguments.part, arguments.committee)
    answer = changes(counts, first, last, rules, wanted, Reading(switches_of(arguments), arguments.series))
    return print_answer(
        arguments, answer, flat_rows(answer), lambda lang: _days_text(answer, lang, counts.words), COLUMNS
    )


def _run_releases(arguments: argparse.Namespace) -> int:
    from aistandards.changes import Reading, no_option
    from aistandards.releases import COLUMNS, Release, compare, flat_rows
    from aistandards.store import open_release

    for name in ("part", "committee", "release"):
        no_option(getattr(arguments, name), name)
    day = parse_day(arguments.as_of) if arguments.as_of else None
    folder = store_of(arguments)
    old, new = (Release(name, open_release(folder, name)) for name in (arguments.first, arguments.last))
    reading = Reading(switches_of(arguments), arguments.series)
    answer = compare(old, new, list(dict.fromkeys(arguments.rule)), day, reading)
    arguments.build, words = new.build, new.counts.words
    return print_answer(arguments, answer, flat_rows(answer), lambda lang: _releases_text(answer, lang, words), COLUMNS)


def _days_text(a: dict[str, Any], language: str, words: Words) -> str:
    """Return the lists of what happened and the counts before and after."""
    totals = "，".join(f"{HEADS[name][0]} {a['totals'][name]}" for name in list(HEADS)[:4])
    english = ", ".join(f"{a['totals'][name]} {HEADS[name][1]}" for name in list(HEADS)[:4])
    blocks = [
        say(
            language,
            f"{a['from']} 之后至 {a['to']}：{totals}；{a['totals']['undecided']} 项无法判定",
            f"after {a['from']} and by {a['to']}: {english}; {a['totals']['undecided']} cannot be decided",
        ),
        _reading(a, language),
        *(note[language] for note in a["notes"]),
    ]
    open_ended = [entry for entry in a["undecided"] if entry["latest"] is None]
    for name in list(HEADS)[:5]:
        entries = [entry for entry in a[name] if name != "undecided" or entry["latest"]]
        header = say(language, "日期 标准号 标题 部分 代替关系", "day number title part replacement").split()
        rows = [[_days(e), e["number"], _title(e, language), e["parts"], _replacement(e, language)] for e in entries]
        if name == "undecided":
            header.insert(0, say(language, "事项", "what"))
            what = [HEADS[entry["event"].replace("-", "_")][language == "en"] for entry in entries]
            rows = [[word, *row] for word, row in zip(what, rows, strict=True)]
        blocks += _block(name, header, rows, language)
    if open_ended:
        blocks += [
            "",
            say(
                language,
                f"另有 {len(open_ended)} 项没有任何截止日期（见 --format csv），例如 {open_ended[0]['number']} 何时实施。",
                f"{len(open_ended)} more have no latest day at all (see --format csv), for example when {open_ended[0]['number']} came into force.",
            ),
        ]
    return "\n".join([*blocks, *_counts(a["counts"], language, words)])


def _reading(a: dict[str, Any], language: str) -> str:
    """Return the switches under which the rules were read on both sides."""
    said = ", ".join(f"{name} {a[name]}" for name in ("scope", "guidance", "series", "evidence"))
    part = f"; guide-2024 {a['part']}" if a.get("part") else ""
    return say(language, "开关：", "switches: ") + said + part


def _block(name: str, header: list[str], rows: list[list[Any]], language: str) -> list[str]:
    return ["", f"{HEADS[name][language == 'en']} ({len(rows)})", table(header, rows)] if rows else []


def _days(entry: dict[str, Any]) -> str:
    return entry["day"] or f"{entry['earliest'] or '…'} – {entry['latest'] or '…'}"


def _title(entry: dict[str, Any], language: str) -> str:
    titles = entry["title_zh"], entry["title_en"]
    text: str = (titles[0] or titles[1] if language == "zh" else titles[1] or titles[0]) or ""
    return text if len(text) <= 60 else text[:59] + "…"


def _replacement(entry: dict[str, Any], language: str) -> str:
    said = (
        ("replaced_by", "被代替为", "by"),
        ("replaces", "代替", "replaces"),
        ("replaces_partly", "部分代替", "partly replaces"),
    )
    return "; ".join(f"{say(language, zh, en)} {', '.join(entry[key])}" for key, zh, en in said if entry[key])


def _counts(moved: list[dict[str, Any]], language: str, words: Words) -> Iterable[str]:
    """Yield the table of counts and, in one table for all rules, the records that came and went."""
    header = say(
        language,
        "口径 之前 增 减 之后 无法判定(前) 无法判定(后)",
        "rule before gained lost after undecided_before undecided_after",
    ).split()
    rows = [
        [
            m["rule"],
            m["before"],
            len(m["gained"]),
            len(m["lost"]),
            m["after"],
            m["undecided_before"],
            m["undecided_after"],
        ]
        for m in moved
    ]
    yield from ("", say(language, "数量的变化", "counts that moved"), table(header, rows, right=range(1, 7)))
    signs: dict[str, dict[str, str]] = {}
    entries: dict[str, dict[str, Any]] = {}
    for m in moved:
        for name, sign in SIGNS.items():
            for entry in m[name]:
                own = signs.setdefault(entry["slug"], {})
                own[m["rule"]] = own.get(m["rule"], "") + sign
                entries.setdefault(entry["slug"], entry)
    shown = [m["rule"] for m in moved if any(m["rule"] in own for own in signs.values())]
    if not entries:
        yield say(language, "没有记录使数量变化。", "No record moved a count.")
        return
    header = [*say(language, "日期 标准号 原因", "day number reason").split(), *shown]
    rows = [
        [e["day"] or "-", e["number"], _reason(e, language, words), *(signs[slug].get(rule, "") for rule in shown)]
        for slug, e in entries.items()
    ]
    yield from (
        "",
        say(language, "＋计入 －不再计入 ?无法判定", "+ came to count, - ceased to count, ? undecided"),
        table(header, rows),
    )


def _reason(entry: dict[str, Any], language: str, words: Words) -> str:
    """Return the verdict before and after, each by its reason where it has one."""

    def said(verdict: str, reason: str | None) -> str:
        for scheme in ("reason", "status", "validity") if reason else ():
            if reason in words.get(scheme, {}):
                return word(words, scheme, reason, language)
        return reason or say(language, {"counts": "计入", "folded": "合并"}.get(verdict, verdict), verdict)

    before, after = ((entry[f"verdict_{side}"], entry[f"reason_{side}"]) for side in ("before", "after"))
    fields = f" [{', '.join(entry['fields'])}]" if entry.get("fields") else ""
    return f"{said(*before)} → {said(*after)}{fields}"


def _releases_text(a: dict[str, Any], language: str, words: Words) -> str:
    """Return what was added, removed and changed, field by field, and the counts that moved."""
    totals = a["totals"]
    blocks = [
        say(
            language,
            f"{a['from']['release']}（{a['from']['day']}）→ {a['to']['release']}（{a['to']['day']}）：新增 {totals['added']}，"
            f"删除 {totals['removed']}，改动 {totals['changed']} 条记录；数量截至 {a['as_of']}",
            f"{a['from']['release']} ({a['from']['day']}) → {a['to']['release']} ({a['to']['day']}): {totals['added']} added, "
            f"{totals['removed']} removed, {totals['changed']} changed; counts as of {a['as_of']}",
        ),
        _reading(a, language),
        *(note[language] for note in a["notes"]),
    ]
    for name in ("added", "removed"):
        header = say(language, "编号 标题", "number title").split()
        blocks += _block(name, header, [[e["number"], _title(e, language)] for e in a[name]], language)
    header = say(language, "编号 字段 原值 现值", "number field before after").split()
    fields = [[e["number"], f["field"], f["before"], f["after"]] for e in a["changed"] for f in e["fields"]]
    blocks += _block("changed", header, fields, language)
    for key, zh, en in (
        ("only_before", "只在前者中的口径", "rules of the first only"),
        ("only_after", "只在后者中的口径", "rules of the second only"),
    ):
        blocks += [f"{say(language, zh, en)}: {', '.join(a[key])}"] if a[key] else []
    return "\n".join([*blocks, *_counts(a["counts"], language, words)])
