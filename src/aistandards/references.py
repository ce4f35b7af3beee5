"""References as a graph: what is cited most, what rests on a standard, which references have gone stale, which run in circles."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any, Final

import networkx as nx

from aistandards.counts import Counts, known
from aistandards.errors import UsageError
from aistandards.lookup import find, is_on_file, latest, natural_key, status
from aistandards.namespaces import key_of
from aistandards.network import graph_of
from aistandards.rules import label_of

VIEWS: Final = ("rank", "impact", "stale", "cycles")
NOTE: Final = {
    "note": "references-read",
    "zh": "只有已读取其引用文件的标准才有引用记录；未列出不等于没有引用。",
    "en": "Only standards whose references were read have any on record; what is not listed may still be referred to.",
}


def network(counts: Counts, view: str, as_of: date, number: str | None = None) -> dict[str, Any]:
    """Return one view of the references: ``rank``, ``impact`` of a number, ``stale`` or ``cycles``.

    Raises UsageError for an unknown view, a number that is missing or has no use, or a day before the first record.
    """
    counts.check_day(as_of)
    known("view", "视图", view, VIEWS)
    if (view == "impact") != (number is not None):
        raise UsageError(
            "Give a number with the view impact, and with no other.",
            "视图 impact 须给出编号，其他视图不用编号。",
            "number",
        )
    return _References(counts, as_of).answer(view, number)


def flat_rows(answer: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the items of an answer as rows of a table."""
    return [dict(item) for item in answer["items"]]


class _References:
    """One answer: the references of the build as a graph, seen on one day."""

    def __init__(self, counts: Counts, as_of: date) -> None:
        self.counts, self.as_of = counts, as_of
        self.graph = graph_of(counts.store, "ais:references")

    def answer(self, view: str, number: str | None) -> dict[str, Any]:
        about: dict[str, Any] = {"view": view, "number": number, "as_of": str(self.as_of)}
        about |= {
            "standards": sum(d > 0 for _, d in self.graph.out_degree()),
            "references": self.graph.number_of_edges(),
        }
        if view == "impact" and number is not None:
            found = find(self.counts.facts, number, self.as_of)
            about["number"] = self.counts.facts.text(found.iri, "ais:number") or number
            items = list(self._impact(found.iri))
        else:
            items = list({"rank": self._rank, "stale": self._stale, "cycles": self._cycles}[view]())
        return {**about, "total": len(items), "items": items, "next": None, "notes": [NOTE]}

    def _entry(self, iri: str) -> dict[str, Any]:
        """Return number, titles and status of a standard; an undated number or one that is only cited has no status."""
        facts, label = self.counts.facts, label_of(self.counts.facts, iri, "dcterms:title")
        on_file = is_on_file(facts, iri)
        return {
            "number": facts.text(iri, "ais:number") or key_of(iri),
            "slug": key_of(iri) if on_file else None,
            "title_zh": label.zh if on_file else None,
            "title_en": label.en if on_file else None,
            "status": status(facts, iri, self.as_of) if on_file else None,
        }

    def _rank(self) -> Iterator[dict[str, Any]]:
        """Yield what is cited, the most cited first; ``dependents`` counts also those that refer to it through others."""
        cited = [(iri, degree) for iri, degree in self.graph.in_degree() if degree]
        entries = [
            {**self._entry(iri), "cited_by": degree, "dependents": len(nx.ancestors(self.graph, iri))}
            for iri, degree in cited
        ]
        yield from sorted(entries, key=lambda e: (-e["cited_by"], -e["dependents"], natural_key(e["number"])))

    def _impact(self, iri: str) -> Iterator[dict[str, Any]]:
        """Yield what refers to a standard, to its undated number or to another that does, the nearest first."""
        work = [term.value for term in self.counts.facts.of(iri, "ais:ofUndated")]
        back, near = self._meant().reverse(copy=False), dict[str, tuple[int, str]]()
        for start in (iri, *work):
            if start not in back:
                continue
            for other, path in nx.single_source_shortest_path(back, start).items():
                if other not in (iri, *work) and len(path) - 1 < near.get(other, (len(path), ""))[0]:
                    near[other] = len(path) - 1, path[-2]
        entries = [{**self._entry(o), "distance": d, "through": self._number(via)} for o, (d, via) in near.items()]
        yield from sorted(entries, key=lambda e: (e["distance"], natural_key(e["number"])))

    def _meant(self) -> nx.DiGraph[str]:
        """Return the graph in which a reference to an undated number leads to its latest edition on the day as well."""
        graph, facts = self.graph.copy(), self.counts.facts
        for iri in self.graph:
            editions = [one for one in facts.subjects("ais:ofUndated", iri) if is_on_file(facts, one)]
            if editions:
                graph.add_edges_from((one, latest(facts, editions, self.as_of)) for one in self.graph.predecessors(iri))
        return graph

    def _number(self, iri: str) -> str:
        return self.counts.facts.text(iri, "ais:number") or key_of(iri)

    def _stale(self) -> Iterable[dict[str, Any]]:
        """Yield the dated references to editions that are superseded or withdrawn: the saved query answers."""
        query = self.counts.library.get("replaced-references")
        for row in query.run(self.counts.store, {"day": str(self.as_of)}):
            yield {name: row[name].value if name in row else None for name in query.columns}

    def _cycles(self) -> Iterator[dict[str, Any]]:
        """Yield the circles of standards that refer to each other; they are no fault, but hard to revise one by one."""
        for members in nx.strongly_connected_components(self.graph):
            if len(members) > 1:
                numbers = sorted((self._number(iri) for iri in members), key=natural_key)
                yield {"members": numbers, "size": len(numbers)}
