"""Errors over HTTP: every one is a problem document (RFC 9457) in both languages, or a page where a browser asks."""

from __future__ import annotations

from typing import Any, Final, get_origin

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from aistandards.errors import AistandardsError, UsageError, cut
from aistandards.findings import nearest

TYPE = "https://w3id.org/aistandards/problem/"
DAYS: Final = ("as_of", "on")  # empty, they would be read as today
RETRY_AFTER: Final = "5"  # seconds
SAID_ZH: Final = {
    "missing": "缺少此参数",
    "literal_error": "不是可选的值",
    "int_parsing": "须为整数",
    "too_short": "至少给出一个值",
    "too_long": "值太多",
    "string_too_long": "文字太长",
}


def install(app: FastAPI) -> None:
    """Answer our errors, wrong parameters and unknown addresses as problem documents."""
    app.add_exception_handler(AistandardsError, _ours)
    app.add_exception_handler(RequestValidationError, _parameters)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, unexpected)


def problem(request: Request, status: int, name: str, en: str, zh: str, **more: Any) -> Response:
    """Return a problem document, or a plain page under ``/zh/`` and ``/en/``."""
    if request.url.path.startswith(("/zh/", "/en/")):
        from aistandards.api.pages import error_page

        return error_page(request, status, en, zh)
    body = {
        "type": TYPE + name,
        "title": name.replace("-", " "),
        "status": status,
        "detail": en,
        "detail_zh": zh,
        **more,
    }
    return JSONResponse(body, status, media_type="application/problem+json")


async def _ours(request: Request, error: Exception) -> Response:
    assert isinstance(error, AistandardsError)
    name = type(error).__name__.removesuffix("Error").lower() + "-error"
    response = problem(request, error.http_status, name, error.en, error.zh)
    if error.http_status == 503:
        response.headers["Retry-After"] = RETRY_AFTER
    return response


async def unexpected(request: Request, _error: Exception) -> Response:
    """Say that the fault is ours; the error itself goes to the log only."""
    en = "Something went wrong on our side; the error was logged."
    response = problem(request, 500, "server-error", en, "服务器内部出错，错误已记录。")
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


async def _parameters(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    wrong = [_wrong(request, e) for e in error.errors()]
    en, zh = ("; ".join(f"“{w['parameter']}”: {w[key]}" for w in wrong) for key in ("message", "message_zh"))
    said = cut(f"Wrong parameter. {en}."), cut(f"参数有误：{zh}。")
    return problem(request, 400, "parameter-error", *said, errors=wrong)


def _wrong(request: Request, error: dict[str, Any]) -> dict[str, str]:
    """Return one wrong parameter in both languages; an unknown one with those that exist and the nearest."""
    name = (".".join(str(piece) for piece in error["loc"][1:]) or str(error["loc"][0]))[:80]
    en, zh = error["msg"], SAID_ZH.get(error["type"], "值有误")
    if error["type"] == "literal_error":
        zh += f"，可选：{error['ctx']['expected'].replace(' or ', '、').replace(', ', '、')}"
    if error["type"] == "extra_forbidden":
        known = list(parameters_of(request))
        near = nearest(name, known)
        en = "no such parameter" + (f", did you mean {near}?" if near else "") + f" Choose from: {', '.join(known)}"
        zh = "没有此参数" + (f"，是否指 {near}？" if near else "，") + f"可用参数：{'、'.join(known)}"
    return {"parameter": name, "message": en, "message_zh": zh}


def parameters_of(request: Request) -> dict[str, bool]:
    """Return the query parameters that an address takes, and whether each may repeat; empty where it takes any."""
    dependant = getattr(request.scope.get("route"), "dependant", None)
    found: dict[str, bool] = {}
    for parameter in dependant.query_params if dependant else ():
        model = parameter.field_info.annotation
        if isinstance(model, type) and issubclass(model, BaseModel):
            for name, field in model.model_fields.items():
                found[field.alias or name] = get_origin(field.annotation) is list
    return found


def check_parameters(request: Request) -> None:
    """Raise UsageError for a parameter that is given twice but has one value, and for an empty day outside the pages' forms."""
    given = request.query_params
    for name, repeats in parameters_of(request).items():
        if not repeats and len(given.getlist(name)) > 1:
            raise UsageError(
                f"{name} is given more than once; it has one value.", f"{name} 重复给出；该参数只能有一个值。"
            )
        if name in DAYS and given.get(name) == "" and request.url.path.startswith("/api/"):
            raise UsageError(
                f"{name} is empty. Write YYYY-MM-DD, or leave it out for today.",
                f"{name} 为空。请写作 YYYY-MM-DD，或略去以表示今天。",
            )


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 404:
        en, zh = (
            "There is nothing at this address. See /docs for the addresses there are.",
            "此地址没有内容。可用地址见 /docs。",
        )
    else:
        en, zh = str(error.detail), f"请求无法处理：{error.detail}"
    response = problem(request, error.status_code, "http-error", en, zh)
    for name, value in (error.headers or {}).items():
        response.headers[name] = value
    return response
