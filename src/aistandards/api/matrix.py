"""The matrix and the gaps over HTTP, for programs and as pages."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from aistandards import gaps as missing
from aistandards.api import Service
from aistandards.api.answers import answer
from aistandards.api.counting import Asked, KeptService
from aistandards.api.pages import Language, render
from aistandards.counts import BY, Counts
from aistandards.counts import Request as Asking
from aistandards.matrix import Grid, flat_cells

router = APIRouter()
FINEST = "guide-2024"


class Axes(Asked):
    """What is asked of a matrix: two axes."""

    by: str = "part,layer"

    def grid(self, counts: Counts) -> Grid:
        """Return the grid; raises UsageError for anything unknown."""
        return Grid(counts, self.one(counts), self.by)

    def one(self, counts: Counts) -> Asking:
        """Return the request of the first rule asked."""
        return self.model_copy(update={"by": "part"}).requests(counts)[0]


class Cells(Axes):
    """What is asked of the records of a matrix: the row, column and state; "" is what has no key."""

    row: str | None = None
    column: str | None = None
    state: str | None = None


class Missing(Asked):
    """What is asked of the gaps: by default of the finest edition."""

    system: str = FINEST


@router.get("/api/v1/coverage/matrix", tags=["counts"])
def matrix(request: Request, asked: Annotated[Axes, Query()], service: KeptService) -> Response:
    """Sort all records by two of part, subpart, layer, element, level, year, committee: numbers and state of each cell."""
    body = asked.grid(service.counts).answer()
    return answer(request, body, flat_cells(body), asked.format)


@router.get("/api/v1/coverage/matrix/records", tags=["counts"])
def matrix_records(request: Request, asked: Annotated[Cells, Query()], service: KeptService) -> Response:
    """List the records of a cell, row or column of the matrix, each with its state."""
    body = cell_records(service.counts, asked)
    return answer(request, body, body["items"], asked.format)


def cell_records(counts: Counts, asked: Cells) -> dict[str, Any]:
    """Return the records of a cell, row or column of the matrix; raises UsageError for an unknown one."""
    found = asked.grid(counts).records(asked.row, asked.column, asked.state)
    about = {"rule": asked.rule[0], "system": asked.system, "as_of": str(asked.day())}
    return {"total": len(found), **about, "items": found, "next": None}


@router.get("/api/v1/gaps", tags=["counts"])
def gaps(request: Request, asked: Annotated[Missing, Query()], service: KeptService) -> Response:
    """Return what is missing: parts with nothing or little, ranked with reasons; key technologies and chain line by line."""
    body = missing.gaps(service.counts, asked.requests(service.counts)[0])
    return answer(request, body, body["items"], asked.format)


@router.get("/{language:language}/matrix", include_in_schema=False)
def matrix_page(
    request: Request, language: Language, asked: Annotated[Cells, Query()], service: KeptService
) -> Response:
    """The matrix as a page: every cell leads to its records."""
    shown = asked.grid(service.counts).answer()
    return render(
        request, "matrix.html", language, a=shown, asked=asked, options=_options(asked), axes=BY, **_choices(service)
    )


@router.get("/{language:language}/matrix/records", include_in_schema=False)
def cell_page(request: Request, language: Language, asked: Annotated[Cells, Query()], service: KeptService) -> Response:
    """The records of a cell as a page."""
    found = asked.grid(service.counts).records(asked.row, asked.column, asked.state)
    return render(request, "cell.html", language, found=found, asked=asked, one=asked.one(service.counts))


@router.get("/{language:language}/gaps", include_in_schema=False)
def gaps_page(
    request: Request, language: Language, asked: Annotated[Missing, Query()], service: KeptService
) -> Response:
    """The gaps as a page: the ranked list, the key technologies and the chain, what experts named."""
    shown = missing.gaps(service.counts, asked.requests(service.counts)[0])
    return render(request, "gaps.html", language, a=shown, asked=asked, options=_options(asked), **_choices(service))


def _options(asked: Asked) -> dict[str, Any]:
    """Return the parameters that links to other tables of the same question carry on."""
    names = ("system", "scope", "guidance", "evidence", "series", "by", "switch", "release")
    return {**{name: getattr(asked, name) for name in names}, "rule": asked.rule[0], "as_of": asked.as_of or ""}


def _choices(service: Service) -> dict[str, Any]:
    """Return what the form of a table offers."""
    counts = service.counts
    return {"rules": counts.rules, "systems": counts.editions, "switches": counts.switches}
