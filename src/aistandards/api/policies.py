"""Policy documents over HTTP: the list by status, one document with its clauses, figures and links."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, ConfigDict
from starlette.responses import Response

from aistandards import policies as documents
from aistandards.api import Service, service_of
from aistandards.api.answers import answer

router = APIRouter(prefix="/api/v1", tags=["policies"])
ServiceOf = Annotated[Service, Depends(service_of)]


class Form(BaseModel):
    """The format of the answer."""

    model_config = ConfigDict(extra="forbid")
    format: Literal["json", "csv", "xlsx"] | None = None


class Asked(Form):
    """Which documents, and the format of the answer."""

    status: str | None = None


@router.get("/policies")
def policies(request: Request, asked: Annotated[Asked, Query()], service: ServiceOf) -> Response:
    """Return the policy documents, bulletins and reports with their status and validity."""
    body = documents.documents(service.counts, asked.status)
    return answer(request, body, body["items"], asked.format)


@router.get("/policies/{slug}")
def policy(request: Request, slug: str, asked: Annotated[Form, Query()], service: ServiceOf) -> Response:
    """Return one document: clauses, measures, targets, roles, procedure, rules, figures, links; as CSV its clauses."""
    body = documents.document(service.counts, slug)
    return answer(request, body, body["clauses"], asked.format)
