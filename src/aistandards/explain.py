"""Explaining: why one record counts or not, clause by clause, where it sits in each edition, and every source."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from aistandards.codes import CLASSIFICATION_SYSTEM
from aistandards.counts import Candidate, Counts, Request
from aistandards.derive import Facts
from aistandards.lookup import Found, ancestors, conflicts, is_on_file, record, stated_parts
from aistandards.namespaces import ID, expand, key_of
from aistandards.rulebook import passages
from aistandards.rules import Clause, Interval, Label, Rule, label_of
from aistandards.systems import View, editions

RELATIONS = (
    "ais:replaces",
    "ais:replacedBy",
    "ais:replacesPartly",
    "ais:partlyReplacedBy",
    "ais:adopts",
    "ais:adoptedAs",
    "ais:corresponds",
    "ais:references",
    "ais:referencedBy",
    "ais:amends",
    "ais:resultOf",
    "ais:result",
)
TITLE = Label("名称", "title")
_ISSUE_BASIS = {
    "number": Label("发布日期未见；据编号年份", "no issue date seen; bounded by the year in the number"),
    "source": Label("发布日期不晚于来源所示日期", "issued at the latest on the day a source shows it"),
}


def explain(counts: Counts, found: Found, as_of: date, rules: Iterable[Rule] | None = None) -> dict[str, Any]:
    """Return the whole explanation of a standard or project with the stable keys of the JSON answer."""
    facts = counts.facts
    shown = record(facts, found, as_of)
    verdicts, history = [], []
    counts.check_day(as_of)
    for rule in rules or counts.rules:
        request = counts.request(rule, as_of)
        for candidate in _candidates(counts, rule, found):
            verdicts.append(_verdict(facts, request, candidate))
            history += [{"rule": rule.name, **_stretch(request, interval)} for interval in candidate.intervals]
    return {
        "number": shown.get("number") or shown.get("id"),
        **{name: shown.get(name) for name in ("title_zh", "title_en", "status", "stage", "iri", "slug", "kind")},
        "as_of": str(as_of),
        "undated": shown.get("undated"),
        "scope": shown["scope"],
        "contested": shown["contested"],
        "verification": shown["verification"],
        "novelty": novelty(facts, found.iri) if found.kind == "standard" else None,
        "classification": {n: shown.get(n) for n in ("basis", "reason", "reason_en", "judged_by", "judged_on")},
        "verdicts": verdicts,
        "not_a_candidate": None if verdicts else _why_no_candidate(shown, bool(rules)),
        "history": history,
        "parts": list(_parts(counts, found.iri, shown)),
        "layers": shown["layers"],
        "relations": list(relations(facts, found.iri)),
        "conflicts": conflicts(facts, found.iri),
        "sources": list(sources(facts, found.iri)),
        "record": shown,
    }


def _candidates(counts: Counts, rule: Rule, found: Found) -> list[Candidate]:
    """Return the record as a candidate of a rule; under a rule of participations, each part taken in it."""
    taken = rule.candidates == expand("ais:Participation")
    records = counts.facts.subjects("ais:ofStandard", found.iri) if taken else [found.iri]
    judged = [counts.candidate(rule, iri) for iri in records if found.kind == "standard"]
    return [candidate for candidate in judged if candidate is not None]


def _why_no_candidate(shown: dict[str, Any], chosen: bool) -> dict[str, str]:
    if shown["kind"] == "project":
        return {
            "zh": "计划项目不是候选：成为标准并发布后才参与统计。",
            "en": "A plan project is no candidate: it is judged once it is issued as a standard.",
        }
    if chosen:
        return {
            "zh": "所问口径不以该标准为候选；`aistandards rules` 列出各口径的候选。",
            "en": "The rules asked do not judge this standard; `aistandards rules` says what each judges.",
        }
    return {
        "zh": "国际、区域、国外和外部标准不是新制定国家标准和行业标准目标的候选。",
        "en": "International, regional, foreign and external standards are no candidates for the target of new national and industry standards.",
    }


def _verdict(facts: Facts, request: Request, candidate: Candidate) -> dict[str, Any]:
    interval = candidate.on(request.as_of)
    label = {"label_zh": request.rule.label.zh, "label_en": request.rule.label.en}
    if interval is None:
        none: dict[str, Any] = {
            "verdict": "excluded",
            "reason": "not-issued",
            "from": None,
            "until": None,
            "text_zh": [],
            "text_en": [],
            "clauses": [],
        }
        return {"rule": request.rule.name, **label, **none}
    verdict, reason = request.verdict(interval)
    return {
        "rule": request.rule.name,
        **label,
        "verdict": verdict,
        "reason": reason,
        "from": str(interval.stretch.start) if interval.stretch.start else None,
        "until": str(interval.stretch.end) if interval.stretch.end else None,
        "text_zh": _marked(request, interval, "zh"),
        "text_en": _marked(request, interval, "en"),
        "clauses": [_clause(facts, request, clause, interval, candidate.iri) for clause in request.rule.clauses],
    }


def _marked(request: Request, interval: Interval, language: str) -> list[dict[str, Any]]:
    """Return the text of the rule as pieces: the words, the clause they stand for, whether it held, whether it was asked."""
    asked = {clause.name for clause in request.clauses()}
    return [
        {
            "words": words,
            "clause": clause,
            "holds": _holds(interval, clause) if clause else None,
            "waived": bool(clause) and clause not in asked,
        }
        for words, clause in passages(request.rule, language)
    ]


def _holds(interval: Interval, clause: str) -> bool | None:
    return None if clause in interval.undecided else clause not in interval.failed


def _stretch(request: Request, interval: Interval) -> dict[str, Any]:
    verdict, reason = request.verdict(interval)
    start, end = interval.stretch.start, interval.stretch.end
    return {
        "verdict": verdict,
        "reason": reason,
        "from": str(start) if start else None,
        "until": str(end) if end else None,
    }


def _clause(facts: Facts, request: Request, clause: Clause, interval: Interval, iri: str) -> dict[str, Any]:
    because = fact_behind(facts, clause, iri)
    return {
        "clause": clause.name,
        "label_zh": clause.label.zh,
        "label_en": clause.label.en,
        "holds": _holds(interval, clause.name),
        "waived": request.waives(clause.waived_by),
        "because": because.en,
        "because_zh": because.zh,
        "source": clause.source,
    }


def fact_behind(facts: Facts, clause: Clause, iri: str) -> Label:
    """Return the fact a clause rests on, in words: the property and its value, or that none is on record."""
    label = TITLE if clause.on_property == "dcterms:title" else label_of(facts, expand(clause.on_property))
    if clause.is_dated:
        return _date_fact(facts, clause, iri, label)
    if clause.on_property == "ais:novelty":
        return _novelty_fact(facts, iri)
    values = [
        label_of(facts, t.value, "skos:prefLabel") if t.value.startswith(ID) else Label(t.value, t.value)
        for t in facts.of(iri, clause.on_property)
    ]
    if clause.contains:
        values = [
            Label(t.value, t.value) for t in facts.of(iri, clause.on_property) if getattr(t, "language", "") == "zh"
        ]
    if not values:
        return Label(f"{label.zh}：无记录", f"{label.en}: nothing on record")
    zh, en = "、".join(value.zh for value in values), ", ".join(value.en for value in values)
    extra = Label("", "")
    if clause.on_property in ("ais:scope", "ais:basis"):
        why = label_of(facts, iri, "ais:reason")
        by, on = facts.text(iri, "ais:judgedBy"), facts.text(iri, "ais:judgedOn")
        extra = Label(f"（{why.zh}；{by}，{on}）", f" ({why.en}; {by}, {on})")
    return Label(f"{label.zh}：{zh}{extra.zh}", f"{label.en}: {en}{extra.en}")


def _date_fact(facts: Facts, clause: Clause, iri: str, label: Label) -> Label:
    name = clause.on_property
    printed = facts.text(iri, name)
    span = facts.span(iri, name)
    if span is None:
        return Label(f"{label.zh}：无记录", f"{label.en}: nothing on record")
    earliest, latest = span
    words = printed or f"{earliest or '?'} … {latest or '?'}"
    if printed and earliest != latest:
        words = f"{printed} ({earliest} … {latest})"
    stated = {term.value for term in facts.of(iri, "ais:issuedBasis")} if name == "ais:issued" else set()
    why = [basis for token, basis in _ISSUE_BASIS.items() if token in stated]
    if why:
        zh, en = "；".join(basis.zh for basis in why), "; ".join(basis.en for basis in why)
        return Label(f"{label.zh}：{words}（{zh}）", f"{label.en}: {words} ({en})")
    return Label(f"{label.zh}：{words}", f"{label.en}: {words}")


def novelty(facts: Facts, iri: str) -> dict[str, Any]:
    """Return whether a standard is newly made, the ground, and what the ground points to."""
    ground = facts.text(iri, "ais:noveltyGround") or ""
    label = label_of(facts, ground, "skos:prefLabel")
    witnesses = [facts.text(t.value, "ais:number") or key_of(t.value) for t in facts.of(iri, "ais:noveltyWitness")]
    return {
        "novelty": facts.token(iri, "ais:novelty") or "undecided",
        "ground": key_of(ground),
        "ground_zh": label.zh,
        "ground_en": label.en,
        "witnesses": witnesses,
    }


def _novelty_fact(facts: Facts, iri: str) -> Label:
    found = novelty(facts, iri)
    names = "、".join(found["witnesses"])
    tail = Label(f"（{names}）", f" ({', '.join(found['witnesses'])})") if names else Label("", "")
    return Label(f"新颖性：{found['ground_zh']}{tail.zh}", f"novelty: {found['ground_en']}{tail.en}")


def _parts(counts: Counts, iri: str, shown: dict[str, Any]) -> Iterable[dict[str, Any]]:
    for edition in editions(counts.facts):
        view = counts.view(edition)
        if iri in view.direct:
            yield _direct(view, iri)
            continue
        if not view.carried and edition != CLASSIFICATION_SYSTEM:
            continue  # a system that only neighbours the guide sees nothing of it
        for index, part in enumerate(stated_parts(counts.facts, iri)):
            seen = view.see(part)
            if seen.part is None and index:
                continue
            label = view.label(seen.part) if seen.part else Label("本版无对应部分", "no counterpart in this edition")
            yield {
                "system": edition,
                "notation": view.notation(seen.part) if seen.part else None,
                "label_zh": label.zh,
                "label_en": label.en,
                "path": _path(view, seen.part) if seen.part else [],
                "primary": index == 0,
                "basis": shown["basis"],
                "match": seen.match,
            }


def _direct(view: View, iri: str) -> dict[str, Any]:
    """Return the part of a system in which a record is classified directly, with basis, reason, who judged and when."""
    part, facts = view.direct[iri], view.facts
    node = next(n for n in facts.subjects("ais:classifies", iri) if facts.text(n, "ais:primaryPart") == part)
    label, reason = view.label(part), label_of(facts, node, "ais:reason")
    return {
        "system": view.edition,
        "notation": view.notation(part),
        "label_zh": label.zh,
        "label_en": label.en,
        "path": _path(view, part),
        "primary": True,
        "basis": facts.token(node, "ais:basis"),
        "match": "exact",
        "direct": True,
        "reason": reason.zh,
        "reason_en": reason.en,
        "judged_by": facts.text(node, "ais:judgedBy"),
        "judged_on": facts.text(node, "ais:judgedOn"),
    }


def _path(view: View, part: str) -> list[str]:
    return [view.notation(step) for step in [*reversed(ancestors(view.facts, part)), part]]


def relations(facts: Facts, iri: str) -> Iterable[dict[str, Any]]:
    """Yield the relations of a record, each with the number at the other end and whether that is on file."""
    adopted = {term.value for name in ("ais:adopts", "ais:adoptedAs") for term in facts.of(iri, name)}
    for name in RELATIONS:
        for term in facts.of(iri, name):
            if name == "ais:corresponds" and term.value in adopted:
                continue
            number = facts.text(term.value, "ais:number") or facts.text(term.value, "dcterms:identifier")
            yield {
                "relation": name.partition(":")[2],
                "direction": "in" if name.endswith(("By", "As")) else "out",
                "number": number or key_of(term.value),
                "iri": term.value,
                "on_file": is_on_file(facts, term.value) or is_on_file(facts, term.value, "ais:Project"),
                "degree": degree(facts, iri, term.value)
                if name in ("ais:adopts", "ais:adoptedAs", "ais:corresponds")
                else None,
            }


def degree(facts: Facts, one: str, other: str) -> str | None:
    """Return the adoption degree between two standards, from the record itself or from a relation row."""
    for end, opposite in ((one, other), (other, one)):
        rows = set(facts.subjects("ais:fromStandard", end)) & set(facts.subjects("ais:toStandard", opposite))
        for row in sorted(rows):
            if found := facts.token(row, "ais:adoptionDegree"):
                return found
    return facts.token(one, "ais:adoptionDegree") or facts.token(other, "ais:adoptionDegree")


def sources(facts: Facts, iri: str) -> Iterable[dict[str, Any]]:
    """Yield every source of a record; ``fields`` is None where the data do not say what it supports."""
    for evidence in facts.subjects("ais:evidenceOf", iri):
        supported = [term.value for term in facts.of(evidence, "ais:supports")]
        yield {
            "source": facts.text(evidence, "dcterms:source"),
            "url": facts.text(evidence, "schema:url"),
            "kind": ";".join(sorted(key_of(kind.value) for kind in facts.of(evidence, "ais:evidenceKind"))),
            "state_of": facts.text(evidence, "ais:stateOf"),
            "origin": facts.text(evidence, "ais:origin"),
            "read": facts.text(evidence, "ais:wasRead") == "true",
            "fields": supported or None,
        }


def flat_rows(answer: dict[str, Any]) -> list[dict[str, Any]]:
    """Return an explanation as one table: a row a clause of each rule, or one for a rule without any on the day."""
    rows = []
    for verdict in answer["verdicts"]:
        said = {name: verdict[name] for name in ("rule", "verdict", "reason", "from", "until")}
        head = {"number": answer["number"], "as_of": answer["as_of"], **said}
        rows += [{**head, **clause} for clause in verdict["clauses"]] or [head]
    return rows
