"""Models of look-ups: lists of records, explanations, systems, the chain, committees.

The models of a standard and of a project are made from the description of their tables, in ``contract``.
"""

from __future__ import annotations

from pydantic import Field

from aistandards.api.models.base import Answer, Entitled, Labelled, Listed, Text


class Entry(Entitled):
    """A record in a list."""

    kind: str
    slug: str
    iri: str
    level: str | None
    scope: str | None
    nature: str | None
    part: str | None
    layer: str | None
    committee: str | None
    issued: str | None
    year: str | None


class StandardEntry(Entry):
    """A standard in a list, with its status on the day asked."""

    implemented: str | None
    status: str


class ProjectEntry(Entry):
    """A plan project in a list, with its stage."""

    stage: str | None


class FacetValue(Labelled):
    """One value of a filter: how many records the list would have with it alone chosen."""

    value: str
    count: int = Field(ge=0)
    chosen: bool


class Facet(Labelled):
    """The values of a filter under all other filters, and how many records have none."""

    values: list[FacetValue]
    without: int = Field(ge=0)


class Meant(Answer):
    """What a query with few hits may have meant."""

    q: str
    total: int = Field(ge=1)


class FilteredList(Listed):
    """A page of a list; what was searched for and the facets stand beside it where they were asked."""

    as_of: str
    previous: str | None
    q: str | None = None
    facets: dict[str, Facet] | None = None
    did_you_mean: list[Meant] | None = None
    not_on_record: Text | None = None


class StandardList(FilteredList):
    """Standards that pass the filters."""

    items: list[StandardEntry]


class ProjectList(FilteredList):
    """Plan projects that pass the filters."""

    items: list[ProjectEntry]


class Hit(Entry):
    """A record that was found: how, how well (the higher the better), and where the words stand, by characters."""

    match: str
    score: float = Field(ge=0)
    marks: dict[str, list[list[int]]]


class SearchList(FilteredList):
    """What a search found, the best first."""

    items: list[Hit]


class Term(Answer):
    """A term of a proposed title: how many titles have it, and how much it weighs."""

    term: str
    titles: int = Field(ge=0)
    weight: float = Field(ge=0)


class SimilarEntry(Entry):
    """A record whose title is close to the proposed one, and what both share."""

    score: float = Field(ge=0, le=1)
    near_duplicate: bool
    same_title: bool
    compared_with: str
    shared: list[str]
    phrases: list[str]


class SimilarList(Listed):
    """The records whose titles are close to a proposed one, the closest first."""

    title: str
    as_of: str
    near_duplicates: int = Field(ge=0)
    terms: list[Term]
    items: list[SimilarEntry]


class Novelty(Answer):
    """Whether a standard is newly made, and what says so."""

    novelty: str | None
    ground: str | None
    ground_zh: str | None
    ground_en: str | None
    witnesses: list[str]


class Classification(Answer):
    """Who classified a record, when and why."""

    basis: str | None
    reason: str | None
    reason_en: str | None
    judged_by: str | None
    judged_on: str | None


class Passage(Answer):
    """A piece of the text of a rule; where it is a clause, whether the record meets it."""

    words: str
    clause: str | None
    holds: bool | None
    waived: bool


class ClauseHeld(Labelled):
    """One clause of a rule, whether it holds (null: undecided) and because of which fact."""

    clause: str
    holds: bool | None
    waived: bool
    because: str
    because_zh: str
    source: str | None


class Stretch(Answer):
    """What a rule says of a record from one day until another; null is without end."""

    rule: str
    verdict: str
    reason: str | None
    start: str | None = Field(alias="from")
    until: str | None


class VerdictOf(Stretch, Labelled):
    """What a rule says on the day asked, clause by clause."""

    text_zh: list[Passage]
    text_en: list[Passage]
    clauses: list[ClauseHeld]


class Place(Labelled):
    """Where a record sits in one edition of the guide; no notation where that edition has no counterpart."""

    system: str
    notation: str | None
    path: list[str]
    primary: bool
    basis: str | None
    match: str


class RelatedRecord(Answer):
    """A relation to another record, in or out."""

    relation: str
    direction: str
    number: str
    iri: str
    on_file: bool
    degree: str | None


class Conflict(Answer):
    """What one source says of a fact on which sources differ, and by which rule one was chosen."""

    field: str
    value: str | None
    value_kind: str
    rank: str
    chosen: bool
    rule: str
    rule_zh: str
    rule_en: str
    source: str | None
    references: list[str]
    state_of: str | None
    note: str | None


class SourceOf(Answer):
    """A source of a record; ``fields`` is null where the data do not say what came from it."""

    source: str
    url: str | None
    kind: str
    state_of: str | None
    origin: str
    read: bool
    fields: list[str] | None


class Edition(Answer):
    """Another edition of the same standard."""

    number: str
    slug: str
    issued: str | None
    implemented: str | None
    status: str


class Explanation(Entitled):
    """Why a standard counts or not, where it sits in each edition, its relations and every source."""

    slug: str
    status: str
    stage: str | None
    iri: str
    kind: str
    as_of: str
    undated: str | None
    scope: str | None
    contested: bool
    verification: str | None
    novelty: Novelty
    classification: Classification
    verdicts: list[VerdictOf]
    not_a_candidate: Text | None
    history: list[Stretch]
    parts: list[Place]
    layers: list[str]
    relations: list[RelatedRecord]
    conflicts: list[Conflict]
    sources: list[SourceOf]


class SystemEntry(Labelled):
    """A system of standards: an edition of the guide, or one beside it."""

    edition: str
    iri: str
    issued: str | None
    issuer: str | None
    source: str


class SystemList(Listed):
    """The systems."""

    items: list[SystemEntry]


class PartOf(Labelled):
    """A part of a system; ``exactness`` says how well its records can be counted."""

    system: str
    notation: str
    iri: str
    parent: str | None
    covers: str | None
    layer: str | None
    assigned_by_us: bool
    exactness: str
    no_counterpart: Text | None
    source: str | None
    note: str | None


class Neighbour(Labelled):
    """A mapping to a part of another system, and whether it carries a count."""

    relation: str
    direction: str
    carries: bool
    system: str
    notation: str
    reason_zh: str
    reason_en: str
    judged_by: str
    judged_on: str
    source: str


class PartWithNeighbours(PartOf):
    """A part with what is classified in it directly, exactly, as a part of another, or only as related."""

    direct: int
    exact: int
    part_of: int
    related: int
    neighbours: list[Neighbour]


class OtherTarget(Answer):
    """A target of a document beside the guide."""

    id: str
    iri: str
    document: str
    document_number: str | None
    date: str | None
    label: str
    comparison: str
    value: str | None
    unit: str | None
    deadline: str | None
    source: str
    confidence: str | None
    note: str | None
    system: str | None


class SystemDetail(SystemEntry):
    """A system with its parts and targets."""

    parts: list[PartWithNeighbours]
    targets: list[OtherTarget]


class PartDetail(PartOf):
    """A part with the parts below it."""

    parts: list[PartOf]


class LayerEntry(Labelled):
    """A layer of the industry chain, or an element of one."""

    layer: str
    iri: str


class LayerList(Listed):
    """The layers and elements of the industry chain."""

    items: list[LayerEntry]


class CommitteeEntry(Answer):
    """A committee or body, with the one above it."""

    id: str
    iri: str
    name: str
    parent: str | None


class CommitteeList(Listed):
    """The committees and bodies on record."""

    items: list[CommitteeEntry]
