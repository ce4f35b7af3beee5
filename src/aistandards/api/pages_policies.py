"""Routes of the pages on policy documents: the list by status, and one document clause by clause."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from aistandards import policies as documents
from aistandards.api.pages import Language, render
from aistandards.api.policies import Asked, ServiceOf

router = APIRouter(include_in_schema=False)


@router.get("/{language:language}/policies")
def policies_page(
    request: Request, language: Language, asked: Annotated[Asked, Query()], service: ServiceOf
) -> Response:
    """The policy documents by status."""
    found = documents.documents(service.counts, asked.status)["items"]
    return render(request, "policies.html", language, found=found, status=asked.status or "")


@router.get("/{language:language}/policies/{slug}")
def policy_page(request: Request, language: Language, slug: str, service: ServiceOf) -> Response:
    """One document, clause by clause, with what came before and after."""
    return render(request, "policy.html", language, a=documents.document(service.counts, slug))
