"""Policy documents over HTTP and as pages: the list by status, one document with its clauses, figures and links."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, ConfigDict
from starlette.responses import Response

from aistandards import policies as documents
from aistandards.api import Service, service_of
from aistandards.api.lookup import answer
from aistandards.api.pages import Language, render

router = APIRouter(prefix="/api/v1", tags=["policies"])
pages = APIRouter(include_in_schema=False)
ServiceOf = Annotated[Service, Depends(service_of)]


class Asked(BaseModel):
    """Which documents, and the format of the answer."""

    model_config = ConfigDict(extra="forbid")
    status: str | None = None
    format: Literal["json", "csv"] | None = None


class Form(BaseModel):
    """The format of the answer."""

    model_config = ConfigDict(extra="forbid")
    format: Literal["json", "csv"] | None = None


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


@pages.get("/{language:language}/policies")
def policies_page(
    request: Request, language: Language, asked: Annotated[Asked, Query()], service: ServiceOf
) -> Response:
    """The policy documents by status."""
    found = documents.documents(service.counts, asked.status)["items"]
    return render(request, "policies.html", language, found=found, status=asked.status or "")


@pages.get("/{language:language}/policies/{slug}")
def policy_page(request: Request, language: Language, slug: str, service: ServiceOf) -> Response:
    """One document, clause by clause, with what came before and after."""
    return render(request, "policy.html", language, a=documents.document(service.counts, slug))
