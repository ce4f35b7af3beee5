"""The tools for agents: each is a question of the API, with its query model and the function that answers it there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from aistandards import lookup, neighbours
from aistandards.adoption import adoption as adopted
from aistandards.api import Service
from aistandards.api.answers import Day, Kept
from aistandards.api.comparing import Changes, Numbers, compared
from aistandards.api.counting import Asked, Listed, behind, counted, run_saved, saved_queries
from aistandards.api.lists import Filters, Proposed, page_of
from aistandards.api.lookup import Explanation
from aistandards.api.matrix import Cells, Missing, cell_records
from aistandards.api.outlook import Adopted, Ahead
from aistandards.counts import DEFAULT_SYSTEM
from aistandards.errors import UsageError
from aistandards.explain import explain
from aistandards.forecast import forecast
from aistandards.gaps import gaps
from aistandards.numberlists import of_texts
from aistandards.rulebook import rules_answer
from aistandards.rules import pick
from aistandards.settings import parse_day
from aistandards.similar import similar
from aistandards.sparql import table_of
from aistandards.targets import targets
from aistandards.validity import check

Body = dict[str, Any]
FOUND: Final = (
    *("number", "id", "slug", "iri", "kind", "title_zh", "title_en", "status", "undated", "level", "nature", "scope"),
    *("parts", "layers", "issued", "implemented", "stage", "verification", "register_url", "as_of"),
)

BRIEF: Final = ("name", "summary_zh", "summary_en", "parameters", "tags")


class Limited(BaseModel):
    """A question without a day."""

    model_config = ConfigDict(extra="forbid")


class Numbered(Kept):
    """A number in any usual spelling."""

    number: str


class Explained(Explanation):
    """A number, and the rules to explain it under; all where none is named."""

    number: str


class Searched(Filters):
    """The filters of a list, of standards or of plan projects."""

    kind: Literal["standard", "project"] = "standard"  # type: ignore[assignment]


class Rules(Limited):
    """Which rules; all where none is named."""

    rule: list[str] = Field(default=[])


class Edition(Limited):
    """Which edition of the system."""

    edition: str = DEFAULT_SYSTEM


class Names(Limited):
    """Which saved query; all where none is named."""

    name: str | None = None


class Saved(Limited):
    """A saved query and its parameters, name to text."""

    name: str
    parameters: dict[str, str] = Field(default={})


class Sparql(Limited):
    """A query text and how many rows of its answer."""

    query: str
    limit: int = 50


@dataclass(frozen=True, slots=True)
class Tool:
    """One tool: its question and the function that answers it.

    Of the question's parameters ``hidden`` are left out, ``single`` take one value where the API takes several, and
    ``own`` are those that the API has no parameter for (it has them in the path, or not at all).
    """

    asked: type[BaseModel]
    answer: Callable[[Service, Any], Body]
    hidden: frozenset[str] = frozenset()
    single: frozenset[str] = frozenset()
    own: frozenset[str] = frozenset()


def _record(service: Service, asked: Numbered) -> Body:
    found = lookup.find(service.counts.facts, asked.number, asked.day())
    return lookup.record(service.counts.facts, found, asked.day())


def _search(service: Service, asked: Searched) -> Body:
    return page_of(service, f"/api/v1/{asked.kind}s", (asked.kind,), asked.model_copy(update={"kind": []}))


def _found(service: Service, asked: Numbered) -> Body:
    shown = _record(service, asked)
    return {name: shown.get(name) for name in FOUND}


def _explain(service: Service, asked: Explained) -> Body:
    counts = service.counts
    rules = [pick(counts.rules, name) for name in asked.rule] or None
    return explain(counts, lookup.find(counts.facts, asked.number, asked.day()), asked.day(), rules)


def _side_by_side(service: Service, asked: Asked) -> Body:
    if len(set(asked.rule)) < 2:
        raise UsageError("Name two rules or more.", "请至少给出两个口径。")
    return counted(service.counts, asked)


def _forecast(service: Service, asked: Ahead) -> Body:
    by_day = None if asked.by_day is None else parse_day(asked.by_day)
    return forecast(service.counts, asked.request(service.counts), by_day)


def _rules(service: Service, asked: Rules) -> Body:
    rules = service.counts.rules
    return rules_answer([pick(rules, name) for name in asked.rule] or rules)


def _saved(service: Service, asked: Names) -> Body:
    if asked.name is not None:
        return {"total": 1, "items": [service.counts.library.get(asked.name).as_dict()], "next": None}
    listed = saved_queries(service.counts)
    return {**listed, "items": [{name: query[name] for name in BRIEF} for query in listed["items"]]}


def _sparql(service: Service, asked: Sparql) -> Body:
    columns, rows, cut = table_of(service.engine, asked.query, asked.limit)
    return {"columns": columns, "items": rows, "engine_cut": cut}


def _tool(
    asked: type[BaseModel],
    answer: Callable[[Service, Any], Body],
    *,
    hidden: tuple[str, ...] = (),
    single: tuple[str, ...] = (),
    own: tuple[str, ...] = (),
) -> Tool:
    return Tool(asked, answer, frozenset(hidden), frozenset(single), frozenset(own))


_ONE = ("rule",)
TOOLS: Final[Mapping[str, Tool]] = {
    "find_standard": _tool(Numbered, _found, own=("number",)),
    "show": _tool(Numbered, _record, own=("number",)),
    "search": _tool(Searched, _search, hidden=("ics", "ministry"), own=("kind",)),
    "similar": _tool(Proposed, lambda service, asked: similar(service.counts, asked.title, asked.day(), asked.limit)),
    "explain": _tool(Explained, _explain, own=("number",)),
    "coverage": _tool(Asked, lambda service, asked: counted(service.counts, asked), single=_ONE),
    "compare_rules": _tool(Asked, _side_by_side),
    "counted_records": _tool(Listed, lambda service, asked: behind(service.counts, asked), single=_ONE),
    "matrix": _tool(
        Cells,
        lambda service, asked: asked.grid(service.counts).answer(),
        hidden=("row", "column", "state"),
        single=_ONE,
    ),
    "matrix_records": _tool(Cells, lambda service, asked: cell_records(service.counts, asked), single=_ONE),
    "targets": _tool(Day, lambda service, asked: targets(service.counts, asked.day())),
    "rules": _tool(Rules, _rules, own=("rule",)),
    "systems": _tool(
        Edition, lambda service, asked: neighbours.system(service.counts, asked.edition), own=("edition",)
    ),
    "gaps": _tool(Missing, lambda service, asked: gaps(service.counts, asked.requests(service.counts)[0]), single=_ONE),
    "forecast": _tool(Ahead, _forecast),
    "status": _tool(
        Numbers, lambda service, asked: check(service.counts, of_texts(asked.number, "number"), asked.day())
    ),
    "changes": _tool(Changes, lambda service, asked: compared(service, asked)[0]),
    "adoption": _tool(
        Adopted, lambda service, asked: adopted(service.counts, asked.day(), asked.committee, asked.state)
    ),
    "saved_queries": _tool(Names, _saved, own=("name",)),
    "run_query": _tool(
        Saved, lambda service, asked: run_saved(service.counts, asked.name, asked.parameters), own=("name",)
    ),
    "sparql": _tool(Sparql, _sparql, own=("limit",)),
}
