"""Which support a project may ask for: each project against each measure, in three values, with the clauses that decide."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache
from typing import Any

import pyoxigraph as ox

from aistandards import derive, pipeline, sources
from aistandards.codes import codes_of
from aistandards.conditions import Condition, Given, Judgement, Value
from aistandards.dates import months_after
from aistandards.errors import SourceError, UsageError
from aistandards.graph import Writer
from aistandards.measures import Measure, Measures, Policy, python_value
from aistandards.namespaces import compress, expand, key_of
from aistandards.settings import parse_day, resource
from aistandards.sources import Row, Source
from aistandards.supports import BOOLEANS, totals, validity, work_out
from aistandards.tables import Column, Table, tables

FALSE_CLAIM, FALSE_CLAIM_ON = "ais:falseClaim", "ais:falseClaimOn"


def application_table() -> Table:
    """Return the description of the table in which projects ask for support."""
    return next(table for table in tables() if table.kind == "application")


@cache
def column_of(path: str) -> Column:
    """Return the column that states a property of a project."""
    return next(column for column in application_table().columns if column.property == path)


class Engine:
    """The rules, loaded once: the ontology, the shapes of conditions and the policy documents; it judges any number of files."""

    def __init__(self) -> None:
        self.model = pipeline.load_ontology()
        self.codes = codes_of(self.model)
        writer = Writer(self.codes)
        writer.add(sources.read(resource("data") / "policies.csv").rows)
        self.model.extend(writer.quads)
        self.model.load(path=str(resource("shapes") / "eligibility.ttl"), format=ox.RdfFormat.TURTLE)
        self.measures = Measures(self.model)
        documents = derive.Facts(self.model)
        self.titles = {iri: _title(documents, iri) for iri in documents.members("ais:PolicyDocument")}

    def answer(
        self, source: Source, policies: list[str], day: date, assumed: Mapping[str, date] | None = None
    ) -> dict[str, Any]:
        """Judge every project of a file against the measures of the policies asked for (all where none is named).

        Raises UsageError for an unknown policy, SourceError where the file is no table of projects.
        """
        assumed = assumed or {}
        for slug in assumed:
            self.measures.policy(slug)
        measures = self.measures.pick(policies)
        documents = list({measure.policy.slug: measure.policy for measure in measures}.values())
        records = Records(self, source)
        valid = {policy.slug: validity(policy, day, assumed.get(policy.slug)) for policy in documents}
        items = [
            item
            for row, iri in records.rows
            for policy in documents
            for item in self._items(row, iri, policy, measures, records, valid[policy.slug], day)
        ]
        by_number = {row.get("application_id"): records.facts(iri) for row, iri in records.rows}
        return {
            "as_of": str(day),
            "projects": len(records.rows),
            "conforms": not any(finding.severity == "violation" for finding in records.findings),
            "policies": [self.policy_of(policy, valid[policy.slug]) for policy in documents],
            "items": items,
            "totals": totals(measures, items, by_number),
            "findings": [finding.as_dict() for finding in records.findings],
        }

    def _items(
        self,
        row: Row,
        iri: str,
        policy: Policy,
        measures: list[Measure],
        records: Records,
        valid: dict[str, Any],
        day: date,
    ) -> Iterable[dict[str, Any]]:
        facts = records.facts(iri)
        kinds = facts.get("ais:projectKind", ())
        mine = [m for m in measures if m.policy is policy and (not kinds or m.kind in kinds)]
        for measure in mine:
            yield self._item(row, measure, facts, records.unreadable(row), valid, day)
        if not mine:
            zh, en = "该政策不支持此类项目。", "The policy supports no project of this kind."
            because = [
                {
                    "condition": "kind",
                    "clause": None,
                    "holds": False,
                    "columns": ["kind"],
                    "message_zh": zh,
                    "message_en": en,
                }
            ]
            no = {"verdict": "not-eligible", "would_be": "not-eligible", "reason": "kind-not-supported"}
            yield {**_head(row, policy), **_EMPTY, **no, "because": because, "validity": valid}

    def _item(
        self, row: Row, measure: Measure, facts: Given, unreadable: set[str], valid: dict[str, Any], day: date
    ) -> dict[str, Any]:
        judged = self.measures.judge.judge(measure.conditions, facts, day)
        in_force = valid["in_force"]
        both = (judged.verdict, in_force)
        verdict = False if False in both else None if None in both else True
        supports = (
            [] if judged.verdict is False else [work_out(measure, s, facts, self.titles) for s in measure.supports]
        )
        return {
            **_head(row, measure.policy),
            "measure": measure.name,
            "measure_zh": measure.label.zh,
            "measure_en": measure.label.en,
            "kind": key_of(measure.kind),
            "clause": measure.clause,
            "verdict": BOOLEANS[verdict],
            "would_be": BOOLEANS[judged.verdict],
            "reason": _reason(judged, valid),
            "because": _because(measure, judged, facts, unreadable, valid),
            "missing": [column_of(path).name for path in judged.missing],
            "validity": valid,
            "supports": [_named(support) for support in supports],
            "amount": supports[0]["amount"] if supports else None,
            "voucher_until": _lapses(measure, facts),
            "bars": _bars(measure.policy, facts, day),
            "notes": _notes(measure),
            "conditions": [
                _clause(condition, holds, facts)
                for condition, holds in zip(measure.conditions, judged.holds, strict=True)
            ],
        }

    def policy_of(self, policy: Policy, valid: dict[str, Any]) -> dict[str, Any]:
        """Return what a policy document is, and whether it holds."""
        return {
            "policy": policy.slug,
            "title_zh": policy.title.zh,
            "title_en": policy.title.en,
            "status": policy.status,
            "validity": valid,
            "successors": list(policy.successors),
        }

    def rules(self, policies: list[str]) -> list[dict[str, Any]]:
        """Return the measures with their conditions, formulas and limits, as data."""
        return [_rule(measure, self.titles) for measure in self.measures.pick(policies)]


def assumed_days(texts: Iterable[str]) -> dict[str, date]:
    """Return the days of issue to assume, written ``policy=YYYY-MM-DD``; raises UsageError for another text."""
    days = {}
    for text in texts:
        slug, equals, day = text.partition("=")
        if not equals or not slug:
            raise UsageError(f"issued {text}: write POLICY=YYYY-MM-DD.", f"issued {text}：请写作 政策=YYYY-MM-DD。")
        days[slug] = parse_day(day)
    return days


@cache
def engine() -> Engine:
    """Return the engine of this process."""
    return Engine()


class Records:
    """The projects of one file, as facts by property; what could not be read is a finding and counts as missing."""

    def __init__(self, engine: Engine, source: Source) -> None:
        writer = Writer(engine.codes)
        kind = source.rows[0].table.kind if source.rows else "application"
        if kind != "application" or source.triples:
            raise SourceError(
                f"{source.name}: rule read-table: not a table of projects that ask for support. See `aistandards eligibility --template csv`.",
                f"{source.name}：规则 read-table：不是申报项目表。参见 `aistandards eligibility --template csv`。",
            )
        writer.add(source.rows)
        self.findings = [*source.findings, *writer.findings]
        wrong = [f for f in self.findings if f.severity == "violation" and f.line]
        self._wrong: dict[int, set[str]] = defaultdict(set)
        for finding in wrong:
            self._wrong[finding.line or 0].add(finding.field or "")
        self._lines = {finding.line for finding in wrong if finding.field in ("application_id", "kind")}
        store = ox.Store()
        store.extend(writer.quads)
        self._store = store
        self.rows = [(row, iri) for iri, row in writer.places.items() if row.line not in self._lines]
        self._facts: dict[str, Given] = {}

    def facts(self, iri: str) -> Given:
        """Return the values of every property of a project."""
        if iri not in self._facts:
            found: dict[str, list[Value]] = defaultdict(list)
            for quad in self._store.quads_for_pattern(ox.NamedNode(iri), None, None):
                if isinstance(quad.object, ox.NamedNode | ox.Literal):
                    found[compress(quad.predicate.value)].append(python_value(quad.object))
            self._facts[iri] = {path: tuple(values) for path, values in found.items()}
        return self._facts[iri]

    def unreadable(self, row: Row) -> set[str]:
        """Return the columns of a row whose cell could not be read."""
        return self._wrong.get(row.line, set())


_EMPTY: dict[str, Any] = {
    "measure": None,
    "measure_zh": None,
    "measure_en": None,
    "kind": None,
    "clause": None,
    "missing": [],
    "supports": [],
    "amount": None,
    "voucher_until": None,
    "bars": [],
    "notes": [],
    "conditions": [],
}


def _title(documents: derive.Facts, iri: str) -> tuple[str, str]:
    titles = {t.language: t.value for t in documents.of(iri, "dcterms:title") if isinstance(t, ox.Literal)}
    number = documents.text(iri, "schema:legislationIdentifier")
    zh, en = titles.get("zh", key_of(iri)), titles.get("en", key_of(iri))
    return (f"{zh}（{number}）", f"{en} ({number})") if number else (zh, en)


def _head(row: Row, policy: Policy) -> dict[str, Any]:
    return {
        "application_id": row.get("application_id"),
        "applicant": row.get("applicant"),
        "title": row.get("title") or None,
        "line": row.line,
        "policy": policy.slug,
        "policy_zh": policy.title.zh,
        "policy_en": policy.title.en,
        "status": policy.status,
    }


def _reason(judged: Judgement, valid: dict[str, Any]) -> str:
    """Return the first thing that decides: a condition that fails, validity, what is missing."""
    if judged.verdict is False:
        return "conditions"
    if valid["in_force"] is False:
        return str(valid["reason"])
    if judged.verdict is None:
        return "missing"
    return str(valid["reason"]) if valid["in_force"] is None else "conditions-hold"


def _shown(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    return key_of(text) if text.startswith(expand("id:")) else text


def _clause(condition: Condition, holds: bool | None, facts: Given) -> dict[str, Any]:
    """Return one condition with its clause, its value and what the record says."""
    return {
        "condition": condition.name,
        "clause": condition.clause,
        "holds": holds,
        "columns": [column_of(path).name for path in condition.paths],
        "value": ";".join(_shown(value) for value in facts.get(condition.path, ())) or None,
        "message_zh": condition.message_zh,
        "message_en": condition.message_en,
    }


def _because(
    measure: Measure, judged: Judgement, facts: Given, unreadable: set[str], valid: dict[str, Any]
) -> list[dict[str, Any]]:
    """Return what decides: the conditions that fail, or those that cannot be told, each with its clause; then validity."""
    told = zip(measure.conditions, judged.holds, strict=True)
    wanted = False if False in judged.holds else None
    found = [
        _clause(c, holds, facts) for c, holds in told if holds is wanted and (wanted is False or _matters(c, judged))
    ]
    for clause in found:
        if unread := [name for name in clause["columns"] if name in unreadable]:
            clause["message_zh"] += f"（{'、'.join(unread)} 的单元格无法读取，见 findings。）"
            clause["message_en"] += f" (The cell of {', '.join(unread)} could not be read; see findings.)"
    if valid["in_force"] is not True:
        said = {"message_zh": valid["message_zh"], "message_en": valid["message_en"]}
        found.append(
            {"condition": "validity", "clause": None, "holds": valid["in_force"], "columns": [], "value": None, **said}
        )
    return found


def _matters(condition: Condition, judged: Judgement) -> bool:
    """Whether an open condition needs something that would decide; one that can only hold does not."""
    return judged.verdict is False or any(path in judged.missing for path in condition.paths)


def _named(support: dict[str, Any]) -> dict[str, Any]:
    return {**support, "missing": [column_of(path).name for path in support["missing"]]}


def _lapses(measure: Measure, facts: Given) -> str | None:
    """Return the last day of a voucher whose day of issue is known."""
    for condition in measure.conditions:
        for test in condition.branches:
            since = facts.get(test.since or "", ())
            if test.within_months and since and isinstance(since[0], date):
                return str(months_after(since[0], test.within_months))
    return None


def _bars(policy: Policy, facts: Given, day: date) -> list[dict[str, Any]]:
    """Return what a found false claim bars from, and until when."""
    if True not in facts.get(FALSE_CLAIM, ()):
        return []
    found = facts.get(FALSE_CLAIM_ON, (None,))[0]
    until = [months_after(found, 12 * years) if isinstance(found, date) else None for years, _, _ in policy.bars]
    begun = isinstance(found, date) and found <= day
    return [
        {
            "clause": clause,
            "label_zh": label.zh,
            "label_en": label.en,
            "until": str(last) if last else None,
            "barred": begun and day <= last if last else None,
        }
        for (_, label, clause), last in zip(policy.bars, until, strict=True)
    ]


def _notes(measure: Measure) -> list[dict[str, Any]]:
    return [
        {"kind": note.kind, "clause": note.clause, "text_zh": note.label.zh, "text_en": note.label.en}
        for note in measure.policy.notes
        if not note.measures or measure.name in note.measures
    ]


def _rule(measure: Measure, titles: Mapping[str, tuple[str, str]]) -> dict[str, Any]:
    def number(value: object) -> str | None:
        return None if value is None else str(value)

    return {
        "measure": measure.name,
        "label_zh": measure.label.zh,
        "label_en": measure.label.en,
        "policy": measure.policy.slug,
        "status": measure.policy.status,
        "kind": key_of(measure.kind),
        "clause": measure.clause,
        "conditions": [
            {
                "condition": c.name,
                "clause": c.clause,
                "columns": [column_of(path).name for path in c.paths],
                "message_zh": c.message_zh,
                "message_en": c.message_en,
            }
            for c in measure.conditions
        ],
        "supports": [
            {
                "reading": s.reading,
                "label_zh": s.label.zh,
                "label_en": s.label.en,
                "clause": s.clause,
                "base": column_of(s.base).name if s.base else None,
                "rate_percent": number(s.rate),
                "cap": number(s.cap),
                "is_maximum": s.is_maximum,
                "amount_in": key_of(s.amount_in) if s.amount_in else None,
                "document_zh": titles.get(s.amount_in or "", (None, None))[0],
                "document_en": titles.get(s.amount_in or "", (None, None))[1],
            }
            for s in measure.supports
        ],
        "limits": [
            {
                "label_zh": x.label.zh,
                "label_en": x.label.en,
                "clause": x.clause,
                "limit": str(x.value),
                "unit": x.unit,
                "per": x.per,
            }
            for x in measure.limits
        ],
        "notes": _notes(measure),
    }


def flat_rows(answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return an answer as rows, one a project and measure, with an amount for each reading."""
    rows = []
    for item in answer["items"]:
        because = item["because"]
        other = {f"amount_{s['reading']}": s["amount"] for s in item["supports"][1:]}
        rows.append(
            {
                **{name: item[name] for name in ("application_id", "applicant", "policy", "status", "measure", "kind")},
                **{name: item[name] for name in ("verdict", "would_be", "reason")},
                "clauses": [clause["clause"] for clause in because if clause["clause"]],
                "because_zh": " ".join(clause["message_zh"] for clause in because),
                "because_en": " ".join(clause["message_en"] for clause in because),
                "missing": item["missing"],
                "support": item["supports"][0]["state"] if item["supports"] else None,
                "amount": item["amount"],
                **other,
                "shares": [f"{s['payer_zh']} {s['amount']}" for x in item["supports"][:1] for s in x["shares"]],
                "voucher_until": item["voucher_until"],
            }
        )
    return rows
