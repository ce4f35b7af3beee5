"""Adoption: which deliverables of an international committee are adopted or planned, by what, how fast, and of which edition."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from statistics import median
from typing import Any, Final

from aistandards.counts import Counts, known
from aistandards.dates import Span, span_of
from aistandards.lookup import is_on_file, natural_key, status
from aistandards.namespaces import key_of
from aistandards.plans import Plan, load_plans
from aistandards.timeline import has_come

STATES: Final = ("adopted", "planned", "not-on-record")
FOR_SUMMARY: Final = 5  # cases; fewer are listed and not summed up
Cells = dict[str, str]


def adoption(counts: Counts, as_of: date, committee: str | None = None, state: str | None = None) -> dict[str, Any]:
    """Return the deliverables of a committee with what adopts them; all states, or one of them.

    The default committee is that of the saved query ``adoption-state``. Raises UsageError for an unknown committee or state, or
    a day before the first record.
    """
    counts.check_day(as_of)
    if state is not None:
        known("state", "状态", state, STATES)
    return _Adoption(counts, as_of, pick_committee(counts, committee)).answer(state)


def committees(counts: Counts) -> list[str]:
    """Return the codes of the committees with international deliverables on record."""
    return [row["code"].value for row in counts.library.get("international-committees").run(counts.store)]


def pick_committee(counts: Counts, asked: str | None) -> str:
    """Return the code of a committee with international deliverables on record; raises UsageError with the nearest."""
    codes = committees(counts)
    if asked is None:
        asked = next(p.default for p in counts.library.get("adoption-state").parameters if p.name == "committee") or ""
    folded = {_fold(code): code for code in codes}
    return folded.get(_fold(asked)) or known("international committee", "国际委员会", asked, codes)


def _fold(code: str) -> str:
    return "".join(code.casefold().split())


class _Adoption:
    """One answer: the rows of the saved queries, read for one committee and one day."""

    def __init__(self, counts: Counts, as_of: date, committee: str) -> None:
        self.counts, self.as_of, self.committee = counts, as_of, committee
        self.plans = {plan.iri: plan for plan in load_plans(counts)}
        self.unlisted: list[dict[str, Any]] = []

    def rows(self, name: str, given: Mapping[str, str] | None = None) -> Iterator[Cells]:
        """Yield the rows of a saved query as text."""
        for row in self.counts.library.get(name).run(self.counts.store, given or {}):
            yield {column: term.value for column, term in row.items()}

    def answer(self, state: str | None) -> dict[str, Any]:
        """Return the whole answer with the stable keys of the JSON answer."""
        items = self.deliverables()
        found = Counter(item["state"] for item in items)
        delays = list(self.delays())
        return {
            "committee": self.committee,
            "as_of": str(self.as_of),
            "state": state,
            "total": len(items),
            **{name.replace("-", "_"): found[name] for name in STATES},
            "items": [item for item in items if state in (None, item["state"])],
            "delays": summary([case for case in delays if case["committee"] == self.committee]),
            "delays_of_all_committees": summary(delays),
            "superseded": self.superseded({item["number"] for item in items}),
            "unlisted": sorted(self.unlisted, key=lambda row: natural_key(row["by"])),
            "projects": self.projects(),
        }

    def deliverables(self) -> list[dict[str, Any]]:
        """Return what the committee had published by the day, each with its state and what stands behind it."""
        first: dict[str, Cells] = {}
        others: dict[str, list[Cells]] = defaultdict(list)
        for row in self.rows("adoption-state", {"committee": self.committee}):
            if has_come(_span(row, "issued"), self.as_of) is False:
                continue
            first.setdefault(row["standard"], row)
            if "other" in row:
                others[row["standard"]].append(row)
        self._settle_undated(first, others)
        items = []
        for iri, row in first.items():
            sides = self.sides(others[iri])
            adopted = [side for side in sides if side["relation"] == "adopts"]
            items.append(
                {
                    "number": row["number"],
                    "slug": key_of(iri),
                    "title_en": row.get("title_en"),
                    "issued": row.get("issued"),
                    "status": status(self.counts.facts, iri, self.as_of),
                    "state": _state(adopted),
                    "by": adopted,
                    "corresponding": [side for side in sides if side["relation"] != "adopts"],
                }
            )
        return sorted(items, key=lambda item: natural_key(item["number"]))

    def _settle_undated(self, first: Mapping[str, Cells], others: dict[str, list[Cells]]) -> None:
        """Give an adoption that names no edition to the latest one there was when the adopter was issued."""
        groups: dict[tuple[str, str], list[Cells]] = defaultdict(list)
        for iri, rows in others.items():
            work = self.counts.facts.text(iri, "ais:ofUndated") or ""
            for row in [row for row in rows if row["undated"] == "true"]:
                groups[row["other"], work].append(row)
                rows.remove(row)
        for (_, work), rows in groups.items():
            day = _other_span(rows[0])[1] or self.as_of
            by_then = [row for row in rows if has_come(_span(first[row["standard"]], "issued"), day)]
            if by_then:
                newest = max(by_then, key=lambda row: row.get("issued_earliest", ""))
                others[newest["standard"]].append(newest)
            else:
                self.unlisted.append(self._unlisted(rows[0], self.counts.facts.text(work, "ais:number")))

    def _unlisted(self, row: Cells, number: str | None) -> dict[str, Any]:
        issued = row.get("by_issued")
        return {
            "by": row["by"],
            "by_slug": key_of(row["other"]),
            "adopted": number,
            "degree": row.get("degree"),
            "issued": issued,
        }

    def sides(self, rows: Iterable[Cells]) -> list[dict[str, Any]]:
        """Return the standards issued by the day and the projects under way on it, each once with its degrees."""
        found: dict[str, dict[str, Any]] = {}
        for row in rows:
            plan = self.plans.get(row["other"])
            if not (plan.is_under_way(self.as_of) if plan else has_come(_other_span(row), self.as_of)):
                continue
            side = found.setdefault(row["other"], self._side(row, plan))
            if (degree := row.get("degree")) and degree not in side["degrees"]:
                side["degrees"].append(degree)
        return sorted(found.values(), key=lambda side: natural_key(side["number"]))

    def _side(self, row: Cells, plan: Plan | None) -> dict[str, Any]:
        iri = row["other"]
        on_file = plan is not None or is_on_file(self.counts.facts, iri)
        return {
            "number": row["by"],
            "slug": key_of(iri) if on_file else None,
            "kind": "project" if plan else "standard",
            "relation": row["relation"],
            "degrees": [],
            "undated": row["undated"] == "true",
            "level": row.get("level"),
            "issued": row.get("by_issued"),
            "status": status(self.counts.facts, iri, self.as_of) if on_file and not plan else None,
            "stage": plan.stage_on(self.as_of) if plan else None,
        }

    def delays(self) -> Iterator[dict[str, Any]]:
        """Yield each adoption by a standard on file with the days between the two publications, as far as known."""
        for row in self.rows("adoption-delays"):
            ours, theirs = _span(row, "by"), _span(row, "issued")
            if not has_come(ours, self.as_of):
                continue
            if theirs == (None, None):
                if not self.counts.facts.subjects("ais:ofUndated", row["standard"]):  # an undated number has editions
                    self.unlisted.append(self._unlisted(row, row["number"]))
                continue
            (first, last), (early, late) = ([day.toordinal() for day in span if day] for span in (ours, theirs))
            yield {
                "number": row["number"],
                "committee": row.get("committee"),
                "by": row["by"],
                "by_slug": key_of(row["other"]),
                "degree": row.get("degree"),
                "issued": row.get("issued"),
                "by_issued": row.get("by_issued"),
                "days_min": first - late,
                "days_max": last - early,
            }

    def superseded(self, numbers: set[str]) -> list[dict[str, Any]]:
        """Return the adoptions, of any committee, of editions that a later one had replaced by the day."""
        found: dict[tuple[str, str], dict[str, Any]] = {}
        for row in self.rows("adoptions-of-superseded"):
            later = row.get("later_earliest") or f"{row.get('later_year', '9999')}-01-01"
            plan = self.plans.get(row["other"])
            if later > str(self.as_of) or (plan and not plan.is_under_way(self.as_of)):
                continue
            on_file = plan is not None or is_on_file(self.counts.facts, row["other"])
            entry: dict[str, Any] = {
                "by": row["by"],
                "by_slug": key_of(row["other"]) if on_file else None,
                "by_kind": "project" if plan else "standard",
                "status": status(self.counts.facts, row["other"], self.as_of) if on_file and not plan else None,
                "relation": row["relation"],
                "adopted": row["adopted"],
                "of_committee": row["adopted"] in numbers,
                "later": [],
            }
            found.setdefault((row["by"], row["adopted"]), entry)["later"].append(row["later"])
        return [found[key] for key in sorted(found, key=lambda key: natural_key(key[0]))]

    def projects(self) -> dict[str, Any]:
        """Return the committee's own projects on record by stage, as known today."""
        facts = self.counts.facts
        listed = []
        for entry in self.counts.index.entries("project"):
            bodies = {facts.text(body.value, "skos:notation") for body in facts.of(entry["iri"], "ais:committee")}
            if self.committee in bodies:
                listed.append({name: entry[name] for name in ("number", "slug", "title_en", "stage")})
        stages = Counter(entry["stage"] for entry in listed)
        return {"total": len(listed), "by_stage": dict(stages.most_common()), "items": listed}


def _state(sides: list[dict[str, Any]]) -> str:
    kinds = {side["kind"] for side in sides}
    return "adopted" if "standard" in kinds else "planned" if kinds else "not-on-record"


def _span(row: Cells, name: str) -> Span:
    ends = (row.get(f"{name}_{end}") for end in ("earliest", "latest"))
    earliest, latest = (date.fromisoformat(end) if end else None for end in ends)
    return earliest, latest


def _other_span(row: Cells) -> Span:
    """Return when the adopter was issued; one that is only cited, some day of the year in its number."""
    span = _span(row, "by")
    year = row.get("by_year", "")
    return span_of(year) if span == (None, None) and len(year) == 4 else span


def summary(cases: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the cases with their number, and the shortest, middle and longest only where there are enough."""
    short, long = (sorted(case[name] for case in cases) for name in ("days_min", "days_max"))
    enough = len(cases) >= FOR_SUMMARY
    return {
        "count": len(cases),
        "days_min": short[0] if enough else None,
        "days_median_earliest": median(short) if enough else None,
        "days_median_latest": median(long) if enough else None,
        "days_max": long[-1] if enough else None,
        "cases": cases,
    }


def flat_rows(answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return one row a deliverable, without nesting."""
    return [
        {
            "committee": answer["committee"],
            "as_of": answer["as_of"],
            **{name: item[name] for name in ("number", "title_en", "issued", "status", "state")},
            "by": [side["number"] for side in item["by"]],
            "degree": [degree for side in item["by"] for degree in side["degrees"]],
            "by_issued": [side["issued"] for side in item["by"] if side["issued"]],
            "corresponding": [side["number"] for side in item["corresponding"]],
        }
        for item in answer["items"]
    ]
