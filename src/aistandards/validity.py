"""Is a number still valid: what stands behind each number of a list on a day, and what took the place of the others."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any, Final

from aistandards import identifiers
from aistandards.changes import days_of, identity, number_of
from aistandards.counts import Counts
from aistandards.dates import Span
from aistandards.errors import NumberError
from aistandards.findings import nearest
from aistandards.identifiers import PlanNumber, StandardNumber
from aistandards.lookup import is_on_file, look_up, natural_key
from aistandards.namespaces import item
from aistandards.numberlists import NumberList, may_be_number
from aistandards.settings import today
from aistandards.timeline import UNKNOWN, has_come

BETWEEN: Final = re.compile(r"[;；、,，\r\n]+")
JOINING_WORD: Final = re.compile(r"\s*(?:以及|及|和|与|或)\s*")
JOINING_STROKE: Final = re.compile(r"\s+[/／]\s+")  # only between numbers with a year: GB / T is one number
NOT_OF_A_NUMBER: Final = re.compile(r"[^\x00-\x7f‐-―−－／（）．：０-９Ａ-Ｚａ-ｚ　ГОСТРПНгострпн]+")
PARTS_SHOWN: Final = 12
ENDED: Final = ("published", "stopped")
Note = tuple[str, str]


@dataclass
class Checker:
    """Says of numbers what they are on a day; one checker serves a whole list."""

    counts: Counts
    day: date

    def cell(self, text: str) -> list[dict[str, Any]]:
        """Return what each number in a cell is; a cell without any number gives one result that says so."""
        pieces = [part for piece in BETWEEN.split(text) if piece.strip() for part in _joined(piece.strip())]
        read = [_read(piece) for piece in pieces]
        if len(pieces) < 2 or not any(wanted for wanted, _ in read):
            pieces, read = [text.strip()], [_read(text.strip())]
        return [self._result(piece, wanted, note) for piece, (wanted, note) in zip(pieces, read, strict=True)]

    def _result(self, text: str, wanted: StandardNumber | PlanNumber | None, note: Note | None) -> dict[str, Any]:
        """Return one result with all its keys, the words of its status and its notes."""
        notes = [note] if note else []
        if wanted is None:
            said = {"status": "not-a-number" if text else "empty"}
        else:
            said = {"number": wanted.render(), **self._known(wanted, notes)}
        label = {**self.counts.words["status"], **self.counts.words["validity"]}[said["status"]]
        return {
            **dict.fromkeys(("number", "slug", "kind", "title_zh", "title_en")),
            "input": text,
            **days_of("since", UNKNOWN),
            **{name: [] for name in ("replaced_by", "in_force_now", "to_be_replaced_by")},
            **dict.fromkeys(("plan_number", "stage", "nearest")),
            **said,
            "status_zh": label.zh,
            "status_en": label.en,
            "note_zh": "；".join(zh for zh, _ in notes) or None,
            "note_en": "; ".join(en for _, en in notes) or None,
        }

    def _known(self, wanted: StandardNumber | PlanNumber, notes: list[Note]) -> dict[str, Any]:
        found = look_up(self.counts.facts, wanted, self.day)
        if found is None:
            return self._planned(wanted) or self._cited(wanted, notes) or self._missing(wanted, notes)
        if found.kind == "project":
            return self._project(found.iri, notes)
        said = self._standard(found.iri, notes)
        if found.undated:
            notes.append((f"未注日期，取 {said['number']}", f"undated: {said['number']} was taken"))
        elif isinstance(wanted, StandardNumber) and said["slug"] != wanted.slug:
            notes.append((f"按 {said['number']} 查得", f"found as {said['number']}"))
        return said

    def _standard(self, iri: str, notes: list[Note]) -> dict[str, Any]:
        """Return the status of a standard on file, since when, what took its place and what will."""
        history, day = self.counts.history, self.day
        status, since = history.status(iri, day)
        followers = history.successors.get(iri, [])
        taken = history.taken_over(iri, day) if status in ("superseded", "unknown") else []
        said = {**identity(self.counts, iri), "kind": "standard", "status": status}
        if status == "superseded":
            current = history.in_its_place(iri, day)
            said["in_force_now"] = [number_of(self.counts, new) for new in current]
            if not current:
                notes.append(("其后没有现行版本的记录", "no edition in force after it is on record"))
        elif status == "not-yet-in-force":
            since = history.comes(iri, "in-force", day)
        elif status == "not-issued":
            since = self.counts.facts.span(iri, "ais:issued") or UNKNOWN
            notes.append(("日期为发布日期", "the day is that of issue"))
        elif status == "unknown":
            since = UNKNOWN
            notes.append(("记录中的日期不足以判定状态", "the dates on record do not decide the status"))
        coming = [] if taken else [one for one in followers if has_come(one[1], day) is False]
        said |= {"replaced_by": self._named(taken), "to_be_replaced_by": self._named(coming)}
        return said | days_of("since", since)

    def _named(self, followers: Iterable[tuple[str, Span]]) -> list[dict[str, Any]]:
        """Return successors by number, with the day each takes over and whether it is on file."""
        return [
            {"number": number_of(self.counts, new), **days_of("since", span), "on_record": self.counts.history.has(new)}
            for new, span in followers
        ]

    def _project(self, iri: str, notes: list[Note]) -> dict[str, Any]:
        """Return a plan project: in the making with its stage, or the standard it led to."""
        facts = self.counts.facts
        plan = facts.text(iri, "ais:planNumber") or facts.text(iri, "dcterms:identifier")
        stage = facts.token(iri, "ais:stage")
        results = [term.value for term in facts.of(iri, "ais:result") if is_on_file(facts, term.value)]
        if results:
            said = self._standard(results[0], notes)
            notes.append((f"计划 {plan} 的成果为 {said['number']}", f"the plan {plan} led to {said['number']}"))
            return {**said, "plan_number": plan, "stage": stage}
        if stage in ENDED:
            word = self.counts.words["stage"][stage]
            zh, en = f"计划状态为{word.zh}，未见成果标准", f"stage {stage}, and no standard of it is on record"
            notes.append((zh, en))
        if self.day < today():
            notes.append(("计划阶段按今日所知", "the stage is what is known today"))
        status = "unknown" if stage in ENDED else "in-the-making"
        return {**identity(self.counts, iri), "kind": "project", "status": status, "plan_number": plan, "stage": stage}

    def _planned(self, wanted: StandardNumber | PlanNumber) -> dict[str, Any] | None:
        """Return the project whose result is to have a number, or None."""
        projects = self.counts.facts.subjects("ais:result", item("standard", wanted.slug))
        return {**self._project(projects[0], []), "number": wanted.render()} if projects else None

    def _cited(self, wanted: StandardNumber | PlanNumber, notes: list[Note]) -> dict[str, Any] | None:
        """Return what took the place of a number that is no record of its own but that a record replaces, or None."""
        if not isinstance(wanted, StandardNumber):
            return None
        iri, day, history = item("standard", wanted.slug), self.day, self.counts.history
        followers = history.successors.get(iri, [])
        if not followers:
            return None
        taken = history.taken_over(iri, day)
        over = [span for _, span in taken if has_come(span, day)]
        said: dict[str, Any] = {"status": "superseded" if over else "unknown", "replaced_by": self._named(taken)}
        said["to_be_replaced_by"] = [] if taken else self._named(followers)
        said["in_force_now"] = [number_of(self.counts, new) for new in history.in_its_place(iri, day)] if over else []
        notes.append(("未单独收录，仅知其替代关系", "no record of its own; that it is replaced is on record"))
        return said | days_of("since", over[0] if over else UNKNOWN)

    def _missing(self, wanted: StandardNumber | PlanNumber, notes: list[Note]) -> dict[str, Any]:
        """Return that a number is not on record, with the nearest that is; it is only suggested."""
        facts = self.counts.facts
        if isinstance(wanted, StandardNumber) and (parts := self._parts(wanted)):
            shown = ", ".join(parts[:PARTS_SHOWN]) + (", …" if len(parts) > PARTS_SHOWN else "")
            notes.append(
                (
                    f"系列编号，收录其 {len(parts)} 个部分：{shown}",
                    f"a series; {len(parts)} of its parts on record: {shown}",
                )
            )
            return {"status": "not-on-record"}
        for doubtful in facts.subjects_with_text("rdfs:label", wanted.render()):
            if is_on_file(facts, doubtful, "ais:DoubtfulRecord"):
                reason = facts.text(doubtful, "ais:reason") or ""
                notes.append((f"列在存疑表中：{reason}", f"listed as doubtful: {reason}"))
        return {"status": "not-on-record", "nearest": self._nearest(wanted)}

    def _parts(self, wanted: StandardNumber) -> list[str]:
        """Return the numbers on file of the parts of a series, in order."""
        facts = self.counts.facts
        parts = [iri for iri in facts.subjects("ais:ofSeries", item("series", wanted.slug)) if is_on_file(facts, iri)]
        return sorted((number_of(self.counts, iri) for iri in parts), key=natural_key)

    def _nearest(self, wanted: StandardNumber | PlanNumber) -> str | None:
        """Return the number on file that is most like a number: the same digits, or digits with one slip.

        Found by the digits, so that an unknown number costs the same however many records there are.
        """
        facts = self.counts.facts
        if isinstance(wanted, PlanNumber):
            if not wanted.year:
                return None
            slips = (
                identifiers.PlanNumber(s, wanted.owner, wanted.year, wanted.nature) for s in slips_of(wanted.serial)
            )
            near = (slip.render() for slip in slips)
            return next((n for n in near if is_on_file(facts, item("project", n.lower()), "ais:Project")), None)
        alike = self._with_digits(wanted.digits)
        if not alike:
            alike = [number for slip in slips_of(wanted.digits) for number in self._with_digits(slip)]
            alike = [number for number in alike if number.split(" ")[0] == wanted.render().split(" ")[0]]
        return nearest(wanted.render(), alike)

    def _with_digits(self, digits: str) -> list[str]:
        facts = self.counts.facts
        return [
            number_of(self.counts, iri)
            for iri in facts.subjects_with_text("ais:digits", digits)
            if is_on_file(facts, iri)
        ]


def slips_of(digits: str) -> Iterator[str]:
    """Yield what digits become by one slip: one wrong, two neighbours swapped, one missing, one too many."""
    for at in range(len(digits)):
        yield digits[:at] + digits[at + 1 :]
        yield digits[:at] + digits[at + 1 : at + 2] + digits[at] + digits[at + 2 :]
        yield from (digits[:at] + digit + digits[at + 1 :] for digit in "0123456789")
    yield from (digits[:at] + digit + digits[at:] for at in range(len(digits) + 1) for digit in "0123456789")


def _joined(text: str) -> list[str]:
    """Return the numbers that a word or a stroke joins, ``GB/T 1-2020及GB/T 2-2020``; the text as it is where they are not."""
    if len(text) > identifiers.MAX_LENGTH * 10:
        return [text]
    for mark in (JOINING_WORD, JOINING_STROKE):
        pieces = mark.split(text)
        read = [identifiers.try_parse(piece) if may_be_number(piece) else None for piece in pieces]
        if len(pieces) > 1 and all(number and (mark is JOINING_WORD or number.is_dated) for number in read):
            return pieces
    return [text]


def _read(text: str) -> tuple[StandardNumber | PlanNumber | None, Note | None]:
    """Return the number a text is, or the only number in it beside a title; None where there is none."""
    try:
        return identifiers.try_parse_plan(text) or identifiers.parse(text), None
    except NumberError as error:
        note = (error.zh, error.en) if text else None
    pieces = [piece.strip(" :：()（）") for piece in NOT_OF_A_NUMBER.split(text[: identifiers.MAX_LENGTH])]
    after = dict(pairwise(pieces))
    read = {piece: identifiers.try_parse(piece) for piece in pieces if len(pieces) > 1 and may_be_number(piece)}
    inside = list({number.slug: number for number in read.values() if number}.values())
    if any(number and not number.is_dated and after.get(piece, "")[:1].isdecimal() for piece, number in read.items()):
        return (
            None,
            note,
        )  # digits follow what no number holds: the part or the year of another number than the one read
    if len(inside) == 1:
        return inside[0], (f"“{text}”中的编号", f"the number in “{text}”")
    return None, note


def check(counts: Counts, asked: NumberList, day: date) -> dict[str, Any]:
    """Return what each row of a list is on a day: as many rows as came in, in their order, with their other cells.

    Raises UsageError for a day before the first record.
    """
    counts.check_day(day)
    checker = Checker(counts, day)
    items: list[dict[str, Any]] = []
    first: dict[str, int] = {}
    totals: dict[str, int] = {}
    for line, cells in asked.rows:
        text = cells[asked.column] if asked.column < len(cells) else ""
        is_formula = text.lstrip().startswith("=")  # one that was saved without its value: no number is known
        results = checker.cell(text)
        if is_formula and results[0]["status"] == "not-a-number":
            results[0]["note_zh"], results[0]["note_en"] = UNSAVED
        for result in results:
            key = result["slug"] or result["number"]
            totals[result["status"]] = totals.get(result["status"], 0) + 1
            result["duplicate_of"] = None if not key or first.setdefault(key, line) == line else first[key]
        items.append({"line": line, "cells": cells, "results": results})
    return {
        "as_of": str(day),
        "future": day > today(),
        "notes": [*_notes(totals, day), *_unread(asked)],
        "name": asked.name,
        "column": asked.columns[asked.column],
        "columns": asked.columns,
        "total": len(items),
        "totals": totals,
        "items": items,
    }


def _unread(asked: NumberList) -> Iterator[dict[str, str]]:
    """Yield that other sheets of a workbook with numbers were not read."""
    if asked.unread:
        yield {
            "note": "sheets-not-read",
            "zh": f"另有工作表含编号列，未读取：{'、'.join(asked.unread)}。请分别另存为文件后查询。",
            "en": f"Other sheets with a column of numbers were not read: {', '.join(asked.unread)}. Save each as a file of its own.",
        }


def _notes(totals: Mapping[str, int], day: date) -> Iterator[dict[str, str]]:
    """Yield what is to be said of a whole list."""
    if "not-on-record" in totals:
        yield {
            "note": "not-on-record",
            "zh": "“未收录”只说明本数据没有这条记录，不说明该标准不存在或无效；本数据收录人工智能及相关标准。",
            "en": "“not on record” says that these data lack the number, not that the standard does not exist or is not valid; "
            "the data hold standards on artificial intelligence and near it.",
        }
    if day > today():
        yield {
            "note": "future",
            "zh": f"{day} 在未来：按今日（{today()}）所知回答。",
            "en": f"{day} lies in the future: the answer is by what is known today ({today()}).",
        }


UNSAVED: Final = (
    "公式没有保存结果：请用 Excel 或 LibreOffice 打开并保存后再查",
    "a formula without its saved value: open and save the file in Excel or LibreOffice",
)
ADDED: Final = ("line", "number", "status", "status_zh", "since", "replaced_by", "in_force_now", "to_be_replaced_by")
ADDED_AFTER: Final = ("plan_number", "nearest", "duplicate_of", "title_zh", "title_en", "note_zh", "note_en")


def flat_rows(answer: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the list as it came in with what was found beside it; several numbers in a cell share the row, in their order."""
    rows = []
    added = (*ADDED, *ADDED_AFTER)
    names = {name: f"{name} (aistandards)" if name in answer["columns"] else name for name in added}
    for entry in answer["items"]:
        row = dict.fromkeys(answer["columns"], "") | dict(zip(answer["columns"], entry["cells"], strict=False))
        row |= {names["line"]: entry["line"]}
        for name in added[1:]:
            cells = [_cell(result, name) for result in entry["results"]]
            row[names[name]] = " | ".join(cells) if any(cells) else ""
        rows.append(row)
    return rows


def _cell(result: dict[str, Any], name: str) -> str:
    value = result[name]
    if name == "since":
        return span_text(result, "since")
    if name in ("replaced_by", "to_be_replaced_by"):
        return "; ".join(f"{one['number']} ({span_text(one, 'since') or '?'})" for one in value)
    return "; ".join(value) if isinstance(value, list) else "" if value is None else str(value)


def span_text(entry: dict[str, Any], name: str) -> str:
    """Return a day, or the span it lies in as ``earliest/latest``; empty where nothing is known."""
    earliest, latest = entry[f"{name}_earliest"], entry[f"{name}_latest"]
    return entry[name] or (f"{earliest or '..'}/{latest or '..'}" if earliest or latest else "")
