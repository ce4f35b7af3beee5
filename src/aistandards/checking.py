"""`aistandards check`: model, queries, shapes and records together, down to what a reasoner makes of them."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any, Final

import pyoxigraph as ox

from aistandards import contradictions, lint, pipeline, profile, reasoners
from aistandards.derive import Facts
from aistandards.dlview import TYPE, VIEW, View, individuals_of, view_of
from aistandards.findings import Finding, Report
from aistandards.namespaces import compress
from aistandards.validation import placed

REASONERS: Final = ("hermit", "pellet", "owlrl")
TASKS: Final = {"hermit": "consistency", "pellet": "explain", "owlrl": "owlrl"}


def check(data: list[Path], reasoner: str | None = None, seconds: float = 120.0) -> tuple[dict[str, Any], list[Any]]:
    """Check everything; returns the answer and the errors of files that could not be read.

    ``ok`` is true where nothing is at the severity of a violation and the reasoner finished.
    """
    started = time.monotonic()
    compiled = pipeline.compile_records(data)
    findings = lint.check() + compiled.report.findings
    view = view_of(compiled.quads)
    findings += profile.check(view, compiled.places)
    answer: dict[str, Any] = {"data": [str(path) for path in data], **_reason(view, compiled, reasoner, seconds)}
    findings += [Finding(**finding) for finding in answer.pop("_findings")]
    report = Report(findings, compiled.report.records)
    answer |= report.as_dict()
    answer["ok"] = report.conforms and answer["consistent"] is True
    answer["left_out_of_view"] = dict(view.left_out)
    answer["seconds"] = round(time.monotonic() - started, 2)
    return answer, compiled.broken


def _reason(view: View, compiled: pipeline.Compiled, reasoner: str | None, seconds: float) -> dict[str, Any]:
    """Ask the reasoner: is there a contradiction, and is there a class that can have no member?"""
    end = time.monotonic() + seconds
    has_java = reasoners.java() is not None
    engine = reasoner or ("hermit" if has_java else "owlrl")
    if engine != "owlrl" and not has_java:
        engine = "owlrl"
    asked = view if engine != "owlrl" else _of_users(view, compiled)
    verdict = reasoners.run(TASKS[engine], asked, seconds)
    why: list[contradictions.Contradiction] = []
    classes = reasoners.Verdict("classify", None, 0.0)
    if engine != "owlrl" and verdict.consistent is False:
        why = contradictions.explain(view, Facts(compiled.quads), compiled.places, end - time.monotonic())
    elif engine != "owlrl" and verdict.consistent:
        classes = reasoners.run("classify", view.of_model(), end - time.monotonic())
    findings = [item.finding() for item in why] + _failures(verdict, classes, engine, seconds, bool(why))
    findings += _empty(view, compiled, classes.unsatisfiable, end)
    return {
        "reasoner": engine,
        "consistent": verdict.consistent,
        "classified": classes.consistent is True,
        "unsatisfiable": [compress(iri) for iri in classes.unsatisfiable],
        "individuals": len(asked.individuals()),
        "assertions": len(asked.assertions),
        "reasoning_seconds": round(verdict.seconds + classes.seconds, 2),
        "timed_out": verdict.timed_out or classes.timed_out,
        "contradictions": [[said.as_dict() for said in item.said] for item in why],
        "not_checked": [] if engine != "owlrl" else ["dl-consistency", "dl-classification", "explanation"],
        "install": None if has_java else reasoners.INSTALL,
        "_findings": [finding.as_dict() for finding in findings],
    }


def _of_users(view: View, compiled: pipeline.Compiled) -> View:
    """Return what owlrl can be asked in reasonable time: the model, the user's records and what these name."""
    mine = {iri for iri, row in compiled.places.items() if not contradictions.is_shipped(row.file)}
    names = [individuals_of(triple) for triple in view.assertions]
    near = {name for pair in names if mine.intersection(pair) for name in pair}
    return view.only(near | set(view.of_model().individuals()))


def _failures(
    verdict: reasoners.Verdict, classes: reasoners.Verdict, engine: str, seconds: float, explained: bool
) -> list[Finding]:
    """Return the findings on reasoning itself: no end in time, an error, empty classes, or no explanation found."""
    found = []
    for step, result in (("consistency", verdict), ("classification", classes)):
        if result.timed_out:
            zh = f"{engine} 在 {seconds:g} 秒内未完成（{step}）；请加大 --seconds。"
            en = f"{engine} did not finish {step} within {seconds:g} seconds; raise --seconds."
            found.append(Finding("reasoner-time", "violation", zh, en))
        elif result.consistent is None and result.said:
            said = "\n".join(line for line in result.said.splitlines() if not line.lstrip().startswith("at "))
            zh, en = f"{engine} 运行失败：{said}", f"{engine} failed: {said}"
            found.append(Finding("reasoner-failed", "violation", zh, en))
    if verdict.consistent is False and not explained:
        zh, en = "自相矛盾，但未能在限时内指出原因。", "Inconsistent; no explanation was found within the time."
        if said := re.sub(r"https?://\S+", lambda iri: compress(iri[0]), verdict.said):
            zh, en = f"自相矛盾，{engine} 的原话：{said}", f"Inconsistent; in the words of {engine}: {said}"
        found.append(Finding("contradiction", "violation", zh, en))
    return found


def _empty(view: View, compiled: pipeline.Compiled, classes: tuple[str, ...], end: float) -> list[Finding]:
    """Return a finding for each class without possible members: a made-up member is the contradiction to explain."""
    found = []
    for iri in classes:
        member = view.of_model()
        member.assertions.append(ox.Triple(ox.NamedNode(f"{VIEW.value}#member"), TYPE, ox.NamedNode(iri)))
        left = end - time.monotonic()
        why = contradictions.explain(member, Facts(compiled.quads), compiled.places, left)[:1]
        axioms = [said for item in why for said in item.said if said.axiom]
        zh, en = f"类 {compress(iri)} 不可能有成员。", f"The class {compress(iri)} can have no member."
        if axioms:
            zh += f" 因为：{'；'.join(said.zh for said in axioms)}。"
            en += f" Because: {'; '.join(said.en for said in axioms)}."
        facts = {"rule": "class-empty", "severity": "violation", "message_zh": zh, "message_en": en}
        found.append(placed(compiled.places, iri, **facts))
    return found
