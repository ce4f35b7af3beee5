"""What the service says of itself: the OpenAPI description, the page of the API, a page for each kind of problem."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Depends, Request
from starlette.responses import JSONResponse, Response

from aistandards.api import Service, service_of
from aistandards.api.contract import described
from aistandards.api.negotiation import has, tag
from aistandards.api.pages import Language, preferred, render
from aistandards.api.problems import kinds
from aistandards.errors import NotFoundError
from aistandards.findings import nearest

router = APIRouter(tags=["operations"])
ServiceOf = Annotated[Service, Depends(service_of)]


def description_of(request: Request, service: Service) -> dict[str, Any]:
    """Return the OpenAPI description, made once a build."""
    return service.once("openapi", lambda: described(request.app, service))


@router.get("/api/v1/openapi.json")
def openapi(request: Request, service: ServiceOf) -> Response:
    """Return this description; the address of the service is the one under which it was asked."""
    root = service.settings.root_path
    etag = tag(service.build.id, "openapi", root)
    headers = {"ETag": etag, "Cache-Control": "no-cache", "X-Build": service.build.id[:16]}
    if has(request, etag):
        return Response(status_code=304, headers=headers)
    return JSONResponse({**description_of(request, service), "servers": [{"url": root or "/"}]}, headers=headers)


@router.get("/docs", include_in_schema=False)
def documentation(request: Request, service: ServiceOf) -> Response:
    """The page of the API in the reader's language."""
    response = _page(request, service, preferred(request))
    response.headers["Vary"] = "Accept-Language"
    return response


@router.get("/{language:language}/docs", include_in_schema=False)
def documentation_page(request: Request, language: Language, service: ServiceOf) -> Response:
    """The page of the API: every operation with parameters, an example to try and its answer; nothing from other hosts."""
    return _page(request, service, language)


def _page(request: Request, service: Service, language: Language) -> Response:
    made = description_of(request, service)
    groups: dict[str, list[dict[str, Any]]] = {tag["name"]: [] for tag in made["tags"]}
    for path, methods in made["paths"].items():
        for method, operation in methods.items():
            groups[operation["tags"][0]].append(_shown(method.upper(), path, operation, language))
    about = {one["name"]: one["description"].split("\n\n")[language == "en"] for one in made["tags"]}
    base = str(request.base_url).rstrip("/") + service.settings.root_path
    return render(request, "docs.html", language, groups=groups, about=about, problems=kinds(), base=base)


def _shown(method: str, path: str, operation: dict[str, Any], language: Language) -> dict[str, Any]:
    """Return an operation as the page shows it, with the address of its example."""
    at = language == "en"
    zh, _, en = operation["summary"].partition(" · ")
    given = {p["name"]: p["example"] for p in operation["parameters"] if "example" in p}
    address = path
    for parameter in operation["parameters"]:
        if parameter["in"] == "path":
            name = parameter["name"]
            address = address.replace(f"{{{name}}}", quote(str(given.pop(name, "")), safe="/:"))
    asked = urlencode(given, doseq=True)
    body = operation.get("requestBody", {}).get("content", {})
    kind = next(iter(body), None)
    return {
        **operation,
        "method": method,
        "path": path,
        "title": en if at else zh,
        "text": operation["description"].split("\n\n", 1)[at],
        "address": address + (f"?{asked}" if asked else ""),
        "forms": operation["responses"].get("200", {}).get("content", {}),
        "kind": kind,
        "body": body[kind].get("example") if kind else None,
        "about": {p["name"]: p["description"].split("\n\n")[at] for p in operation["parameters"]},
    }


@router.get("/problem/{name}", include_in_schema=False)
def problem_page(request: Request, name: str, service: ServiceOf) -> Response:
    """What a kind of problem is and what to do: the page to which the ``type`` of a problem document leads."""
    if name not in kinds():
        near = nearest(name, kinds())
        listed = ", ".join(kinds())
        raise NotFoundError(
            f"There is no kind of problem “{name}”." + (f" Did you mean {near}?" if near else f" There are: {listed}."),
            f"没有名为“{name}”的问题。" + (f"是否指 {near}？" if near else f"可用：{listed}。"),
        )
    response = render(request, "problem.html", preferred(request), problem=name, kind=kinds()[name])
    response.headers["Vary"] = "Accept-Language"
    return response
