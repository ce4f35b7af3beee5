"""Models of days: changes, releases, validity, forecast and adoption."""

from __future__ import annotations

from pydantic import Field

from aistandards.api.models.base import Answer, Entitled, Labelled, Note, Text
from aistandards.api.models.counts import TargetAsked


class Event(Entitled):
    """Something that happened to a standard on a day, or within a span."""

    event: str
    level: str | None
    parts: list[str]
    replaces: list[str]
    replaces_partly: list[str]
    replaced_by: list[str]
    source: str | None
    day: str | None
    earliest: str | None
    latest: str | None


class Moved(Entitled):
    """A record because of which a count moved."""

    verdict_before: str | None
    reason_before: str | None
    verdict_after: str | None
    reason_after: str | None
    day: str | None = None


class CountMoved(Labelled):
    """How the count by a rule moved."""

    rule: str
    before: int | None
    after: int | None
    gained: list[Moved]
    lost: list[Moved]
    undecided_before: int | None
    undecided_after: int | None
    undecided_gained: list[Moved]
    undecided_lost: list[Moved]
    lower_bound: bool


class Changes(Answer):
    """What changed between two days and which counts moved because of which records."""

    first: str = Field(alias="from")
    last: str = Field(alias="to")
    series: str
    totals: dict[str, int]
    issued: list[Event]
    in_force: list[Event]
    superseded: list[Event]
    withdrawn: list[Event]
    undecided: list[Event]
    counts: list[CountMoved]


class Release(Answer):
    """A release that is kept: a build under a name."""

    release: str
    day: str
    records: int | dict[str, int]
    build_id: str
    version: str
    incomplete: bool


class ReleaseChanges(Answer):
    """How two releases differ: records added, removed and changed, and the counts that moved."""

    first: Release = Field(alias="from")
    last: Release = Field(alias="to")
    as_of: str
    totals: dict[str, int]
    added: list[Answer]
    removed: list[Answer]
    changed: list[Answer]
    counts: list[CountMoved]


class ReleaseList(Answer):
    """The releases kept, each with what it counts and says."""

    total: int
    as_of: str
    rules: list[str]
    items: list[Release]


class Replacing(Answer):
    """What took the place of a standard, and since when."""

    number: str
    since: str | None
    since_earliest: str | None
    since_latest: str | None
    on_record: bool


class Validity(Answer):
    """Whether one number is still valid, and what took its place."""

    input: str
    number: str | None
    slug: str | None
    kind: str | None
    title_zh: str | None
    title_en: str | None
    status: str
    status_zh: str
    status_en: str
    since: str | None
    since_earliest: str | None
    since_latest: str | None
    replaced_by: list[Replacing]
    in_force_now: list[str]
    to_be_replaced_by: list[Replacing]
    plan_number: str | None
    stage: str | None
    nearest: str | None
    note_zh: str | None
    note_en: str | None
    duplicate_of: int | None


class ListRow(Answer):
    """A row of the list with the results of the numbers in it."""

    line: int
    cells: list[str]
    results: list[Validity]


class StatusList(Answer):
    """Whether each number of a list is still valid on the day asked."""

    as_of: str
    future: bool
    notes: list[Note]
    name: str
    column: str | None
    columns: list[str]
    total: int
    totals: dict[str, int]
    items: list[ListRow]


class Interval(Answer):
    """An interval at a level of confidence."""

    level: float
    low: int
    high: int


class Estimate(Answer):
    """How many projects will have become standards; no figures where too few cases are on record, and why."""

    under_way: int
    in_estimate: int
    without_start: int
    cases: int
    expected: float | None
    expected_low: float | None
    expected_high: float | None
    interval: Interval | None
    why_none_zh: str | None
    why_none_en: str | None


class Backtest(Estimate):
    """The same estimate made for a past day, beside what came."""

    as_of: str
    by_day: str
    observed: int
    inside: bool | None
    came: list[str]
    newly_counted: int
    newly_counted_with_project: int
    lower_bound: bool


class Stage(Labelled):
    """Projects of a stage and what the rule would say of them."""

    stage: str | None
    projects: int
    would_count: int
    excluded: int
    undecided: int


class ProjectClause(Labelled):
    """A clause of the rule, judged on projects."""

    clause: str
    judged_on_project: bool
    holds: int
    fails: int
    undecided: int


class Stratum(Answer):
    """Durations of the cases of a level and committee."""

    level: str | None
    committee: str | None
    cases: int
    under_way: int
    days_min: int | None
    days_median_earliest: float | None
    days_median_latest: float | None
    days_max: int | None
    pool: str | None


class Started(Entitled):
    """A plan project with its start and, where there is one, its result."""

    level: str | None
    scope: str | None
    nature: str | None
    committee: str | None
    start_earliest: str | None
    start_latest: str | None
    start_basis: str | None
    result: str | None
    result_slug: str | None
    issued_earliest: str | None
    issued_latest: str | None


class Ahead(Started):
    """A plan project under way, what the rule would say of it, and its chance to become a standard by the day."""

    stage: str | None
    verdict: str
    reason: str | None
    overdue: bool | None
    pool: str | None
    chance: float | None
    chance_low: float | None
    chance_high: float | None


class Durations(Answer):
    """The cases that the estimate rests on."""

    total: int
    strata: list[Stratum]
    cases: list[Started]
    without_days: list[Started]


class Forecast(Answer):
    """What the plan projects on record will add by a day, with the cases it rests on."""

    rule: str
    edition: str
    scope: str | None
    guidance: str | None
    evidence: str | None
    as_of: str
    by_day: str
    data_until: str | None
    window_until: str | None
    after_window: bool
    target: TargetAsked
    counted: int
    estimate: Estimate
    stages: list[Stage]
    clauses: list[ProjectClause]
    durations: Durations
    backtest: list[Backtest]
    projects: list[Ahead]
    notes: list[Text]


class Adopter(Answer):
    """A standard or project that adopts a deliverable, or only corresponds to it."""

    number: str
    slug: str | None
    kind: str
    relation: str
    degrees: list[str]
    undated: bool
    level: str | None
    issued: str | None
    status: str | None
    stage: str | None


class Deliverable(Answer):
    """A deliverable of an international committee and what adopts it."""

    number: str
    slug: str
    title_en: str | None
    issued: str | None
    status: str
    state: str
    by: list[Adopter]
    corresponding: list[Adopter]


class Delays(Answer):
    """Days between an international standard and its adoption."""

    count: int
    days_min: int | None
    days_median_earliest: float | None
    days_median_latest: float | None
    days_max: int | None


class Adoption(Answer):
    """Which deliverables of a committee are adopted, planned, or on no record."""

    committee: str
    as_of: str
    state: str | None
    total: int
    adopted: int
    planned: int
    not_on_record: int
    items: list[Deliverable]
    delays: Delays
    delays_of_all_committees: Delays


class Network(Answer):
    """One view of the references between standards; the keys of an item depend on the view."""

    view: str
    number: str | None
    as_of: str
    standards: int
    references: int
    total: int
    items: list[dict[str, object]]
    notes: list[Note]
