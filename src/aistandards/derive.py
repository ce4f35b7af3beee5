"""Facts that follow from the records: inferred triples, bounds of dates, novelty, verification, status over time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Final

import pyoxigraph as ox

from aistandards.dates import Span, span_of
from aistandards.graph import DATE
from aistandards.namespaces import SPARQL_PROLOGUE, expand, graph_iri, item, key_of
from aistandards.settings import resource
from aistandards.solutions import Solutions
from aistandards.timeline import Dates, Stretch, status_periods

INFERRED: Final = ox.NamedNode(graph_iri("inferred"))
Term = ox.NamedNode | ox.Literal


class Facts:
    """Look-ups over a store by property; dates come as spans.

    ``values`` reads a property once for all subjects and keeps it; ``of`` uses what was read so, else looks up one subject.
    """

    def __init__(self, store: ox.Store) -> None:
        self.store = store
        self._values: dict[str, dict[str, list[Term]]] = {}

    def values(self, name: str) -> dict[str, list[Term]]:
        """Return every value of a property (``ais:level``) by subject IRI, without repeats."""
        if name not in self._values:
            found: dict[str, list[Term]] = defaultdict(list)
            for quad in self.store.quads_for_pattern(None, ox.NamedNode(expand(name)), None):
                term = quad.object
                if (
                    isinstance(quad.subject, ox.NamedNode)
                    and isinstance(term, Term)
                    and term not in found[quad.subject.value]
                ):
                    found[quad.subject.value].append(term)
            self._values[name] = dict(found)
        return self._values[name]

    def of(self, subject: str, name: str) -> list[Term]:
        """Return the values of one property of one subject, without repeats, in a stable order."""
        if not subject:  # a look-up along a fact that is absent
            return []
        if name in self._values:
            return self._values[name].get(subject, [])
        quads = self.store.quads_for_pattern(ox.NamedNode(subject), ox.NamedNode(expand(name)), None)
        return sorted({quad.object for quad in quads if isinstance(quad.object, Term)}, key=str)

    def subjects(self, name: str, value: str) -> list[str]:
        """Return the IRIs that have a thing as the value of a property, sorted."""
        quads = self.store.quads_for_pattern(None, ox.NamedNode(expand(name)), ox.NamedNode(value))
        return sorted({quad.subject.value for quad in quads if isinstance(quad.subject, ox.NamedNode)})

    def subjects_with_text(self, name: str, value: str) -> list[str]:
        """Return the IRIs that have a text as the value of a property, sorted."""
        quads = self.store.quads_for_pattern(None, ox.NamedNode(expand(name)), ox.Literal(value))
        return sorted({quad.subject.value for quad in quads if isinstance(quad.subject, ox.NamedNode)})

    def text(self, subject: str, name: str) -> str | None:
        """Return the first value of a property as text, or None."""
        return next((term.value for term in self.of(subject, name)), None)

    def token(self, subject: str, name: str) -> str | None:
        """Return the first value of a property as the last piece of its IRI, or None."""
        value = self.text(subject, name)
        return None if value is None else key_of(value)

    def span(self, subject: str, name: str) -> Span | None:
        """Return the earliest and latest day of a date property, or None where no date is on record."""
        ends = [self.text(subject, name + end) for end in ("Earliest", "Latest")]
        if ends == [None, None]:
            return None
        earliest, latest = (date.fromisoformat(end) if end else None for end in ends)
        return earliest, latest

    def members(self, name: str) -> list[str]:
        """Return the IRIs of all members of a class, sorted."""
        return self.subjects("rdf:type", expand(name))


def select(store: ox.Store, text: str) -> Iterator[dict[str, Term]]:
    """Run one of our own SELECT texts over the union of all graphs; rows by variable name."""
    solutions = store.query(SPARQL_PROLOGUE + text, use_default_graph_as_union=True)
    assert isinstance(solutions, ox.QuerySolutions | Solutions)
    names = [variable.value for variable in solutions.variables]
    for solution in solutions:
        yield {name: term for name in names if isinstance(term := solution[name], Term)}


def infer(store: ox.Store) -> int:
    """Run ``queries/inference/*.ru`` in order; return how many triples the graph ``inferred`` then holds."""
    for path in sorted((resource("queries") / "inference").glob("*.ru")):
        store.update(SPARQL_PROLOGUE + path.read_text(encoding="utf-8"))
    _state_once(store)
    return sum(1 for _ in store.quads_for_pattern(None, None, None, INFERRED))


def _state_once(store: ox.Store) -> None:
    """Keep a triple that several graphs hold in one of them: in a union the engine counts it once a graph (oxigraph 1919).

    What a file states goes before what is cited or inferred, the record's own table before tables that point to it.
    """

    def rank(graph: ox.NamedNode) -> tuple[bool, bool, str]:
        name = key_of(graph.value)
        return name in ("inferred", "cited"), not name.startswith(("standards-", "projects-", "ontology")), name

    def size(graph: ox.NamedNode) -> int:
        return sum(1 for _ in store.quads_for_pattern(None, None, None, graph))

    graphs = (graph for graph in store.named_graphs() if isinstance(graph, ox.NamedNode))
    for graph in sorted(graphs, key=size)[:-1]:  # what the largest shares with others is found from theirs
        text = (
            f"SELECT ?s ?p ?o ?b WHERE {{ GRAPH {graph} {{ ?s ?p ?o }} GRAPH ?b {{ ?s ?p ?o }} FILTER(?b != {graph}) }}"
        )
        repeated = store.query(text)
        assert isinstance(repeated, ox.QuerySolutions)
        for row in list(repeated):
            store.remove(ox.Quad(row["s"], row["p"], row["o"], max(graph, row["b"], key=rank)))


def state(store: ox.Store, subject: str, name: str, *terms: Term) -> None:
    """Add derived facts to the graph ``inferred``."""
    node, predicate = ox.NamedNode(subject), ox.NamedNode(expand(name))
    for term in terms:
        store.add(ox.Quad(node, predicate, term, INFERRED))


def bound_issue_dates(store: ox.Store) -> int:
    """A record is issued at the latest on the day a source shows it: lower the latest day where a source is earlier."""
    facts = Facts(store)
    lowered = 0
    shown: dict[str, date] = {}
    for evidence, records in facts.values("ais:evidenceOf").items():
        day = facts.text(evidence, "ais:stateOf")
        for record in records if day else []:
            shown[record.value] = min(shown.get(record.value, date.max), date.fromisoformat(day or ""))
    for standard in facts.members("ais:Standard"):
        first = shown.get(standard)
        earliest, latest = facts.span(standard, "ais:issued") or (None, None)
        if first is None or (latest is not None and latest <= first) or (earliest is not None and first < earliest):
            continue
        latest_property = ox.NamedNode(expand("ais:issuedLatest"))
        for quad in list(store.quads_for_pattern(ox.NamedNode(standard), latest_property, None)):
            store.remove(quad)
        state(store, standard, "ais:issuedLatest", ox.Literal(str(first), datatype=DATE))
        state(store, standard, "ais:issuedBasis", ox.Literal("source"))
        lowered += 1
    return lowered


def judge_novelty(store: ox.Store) -> None:
    """State for every standard whether it is newly made, and on which ground; ``queries/novelty`` has a file a ground.

    The ground of the lowest ``ais:order`` decides. Where the outcome is undecided, no ``ais:novelty`` is stated.
    """
    facts = Facts(store)
    witnesses: dict[tuple[str, str], set[str]] = defaultdict(set)
    for path in sorted((resource("queries") / "novelty").glob("*.rq")):
        for row in select(store, path.read_text(encoding="utf-8")):
            witnesses[row["standard"].value, path.stem].add(row["witness"].value)
    grounds = sorted(facts.members("ais:NoveltyGround"), key=lambda g: int(facts.text(g, "ais:order") or 99))
    for standard in facts.members("ais:Standard"):
        ground = next(g for g in grounds if (standard, key_of(g)) in witnesses or key_of(g) == "none-on-record")
        outcome = facts.of(ground, "ais:outcome")[0]
        state(store, standard, "ais:noveltyGround", ox.NamedNode(ground))
        seen = sorted(witnesses.get((standard, key_of(ground)), ()))
        state(store, standard, "ais:noveltyWitness", *(ox.NamedNode(iri) for iri in seen))
        if key_of(outcome.value) != "undecided":
            state(store, standard, "ais:novelty", outcome)


def judge_verification(store: ox.Store, conflicting: Iterable[str] = ()) -> None:
    """State how well the sources stand behind each standard and project; ``conflicting`` are those the rules found so.

    Copies of one register, and an address that was only read out of a copy, have one origin (column ``origin``).
    """
    facts = Facts(store)
    conflict = set(conflicting)
    sources: dict[str, list[str]] = defaultdict(list)
    for evidence, records in facts.values("ais:evidenceOf").items():
        for supported in records:
            sources[supported.value].append(evidence)
    for record in facts.members("ais:Standard") + facts.members("ais:Project"):
        read = [e for e in sources[record] if facts.text(e, "ais:wasRead") == "true"]
        origins = {facts.text(e, "ais:origin") for e in read} - {None}
        kinds = {key_of(kind.value) for e in read for kind in facts.of(e, "ais:evidenceKind")}
        if record in conflict:
            verdict = "conflicting"
        elif len(origins) > 1:
            verdict = "confirmed"
        else:
            verdict = next((kind for kind in ("official", "register-copy") if kind in kinds), "one-source")
        state(store, record, "ais:verification", ox.NamedNode(item("verification", verdict)))


def _in_force(facts: Facts, standard: str) -> Span:
    level = key_of(facts.text(standard, "ais:level") or "")
    name = "ais:issued" if level in ("international", "regional") else "ais:implemented"
    return facts.span(standard, name) or (None, None)


def successors(store: ox.Store) -> dict[str, set[str]]:
    """Return, by standard, what took its place: what replaces it as a whole, and later editions of its number and nature."""
    text = """SELECT ?old ?new WHERE {
      { ?new ais:replaces ?old } UNION
      { ?old ais:ofUndated ?work ; ais:numberYear ?before . ?new ais:ofUndated ?work ; ais:numberYear ?after .
        ?new a ais:Standard FILTER(?before < ?after)
        # the releases of 3GPP stand side by side: a later one does not take the place of an earlier one
        FILTER NOT EXISTS { ?old ais:committee ?group . ?group skos:notation ?code FILTER(STRSTARTS(?code, "3GPP")) } } }"""
    found: dict[str, set[str]] = defaultdict(set)
    for row in select(store, text):
        found[row["old"].value].add(row["new"].value)
    return found


def takeover(facts: Facts, successor: str) -> Span:
    """Return when a successor takes over; one that is cited only, with a year in its number, some day of that year."""
    span = _in_force(facts, successor)
    if span == (None, None):
        issued = facts.span(successor, "ais:issued")
        if issued:
            return issued[0], None
        year = facts.text(successor, "ais:numberYear")
        if year and len(year) == 4 and facts.text(successor, "ais:publisherCode") != "IEEE":
            return span_of(year)
    return span


def derive_timelines(store: ox.Store) -> None:
    """State the status periods of every standard and the day a standard was abolished without successor."""
    facts = Facts(store)
    after = successors(store)
    seen = _words_seen(facts)
    for standard in facts.members("ais:Standard"):
        withdrawn = facts.span(standard, "ais:withdrawn")
        words = tuple(seen.get(standard, ()))
        followers = tuple(sorted((takeover(facts, new) for new in after.get(standard, ())), key=str))
        dates = Dates(
            facts.span(standard, "ais:issued") or (None, None), _in_force(facts, standard), withdrawn, followers, words
        )
        for index, (stretch, status) in enumerate(status_periods(dates), 1):
            period = item("status-period", key_of(standard), str(index))
            state(store, period, "rdf:type", ox.NamedNode(expand("ais:StatusPeriod")))
            state(store, period, "ais:statusOf", ox.NamedNode(standard))
            state(store, period, "ais:status", ox.NamedNode(item("status", status)))
            state_stretch(store, period, stretch, INFERRED)
        gone = withdrawn
        for seen_on, word in words:
            gone = _gone(gone, seen_on, word)
        if gone and not followers:
            for end, day in zip(("Earliest", "Latest"), gone, strict=True):
                if day:
                    state(store, standard, f"ais:abolished{end}", ox.Literal(str(day), datatype=DATE))


def _gone(withdrawn: Span | None, seen_on: date, word: str) -> Span | None:
    """Return when a standard was abolished, narrowed by what a source shows on a day; None where it was not."""
    earliest, latest = withdrawn or (None, None)
    if word == "withdrawn":
        return (earliest and min(earliest, seen_on)) if withdrawn else seen_on, min(latest or seen_on, seen_on)
    # shown superseded, something took its place, on record or not; shown alive, it had not been abolished by then
    if word == "superseded" or withdrawn is None or (latest is not None and latest <= seen_on):
        return None
    return max(earliest or seen_on, date.fromordinal(seen_on.toordinal() + 1)), latest


def _words_seen(facts: Facts) -> dict[str, list[tuple[date, str]]]:
    """Return the status words with the day a source shows; a word without such a day is no fact."""
    days: dict[str, date] = {}
    for evidence, records in facts.values("ais:evidenceOf").items():
        day = facts.text(evidence, "ais:stateOf")
        kinds = {key_of(kind.value) for kind in facts.of(evidence, "ais:evidenceKind")}
        for record in records if day and kinds & {"official", "register-copy"} else []:
            days[record.value] = max(days.get(record.value, date.min), date.fromisoformat(day or ""))
    return {
        standard: [(days[standard], key_of(words[0].value))]
        for standard, words in facts.values("ais:statusSeen").items()
        if standard in days and key_of(words[0].value) != "unknown"
    }


def state_stretch(store: ox.Store, node: str, stretch: Stretch, graph: ox.NamedNode) -> None:
    """State the first day of a stretch and the first day after it; an open end is left out."""
    for name, day in (("ais:from", stretch.start), ("ais:until", stretch.end)):
        if day is not None:
            literal = ox.Literal(str(day), datatype=DATE)
            store.add(ox.Quad(ox.NamedNode(node), ox.NamedNode(expand(name)), literal, graph))
