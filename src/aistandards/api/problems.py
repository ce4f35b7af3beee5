"""Errors over HTTP: every one is a problem document (RFC 9457) in both languages, or a page where a browser asks."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from aistandards.errors import AistandardsError

TYPE = "https://w3id.org/aistandards/problem/"


def install(app: FastAPI) -> None:
    """Answer our errors, wrong parameters and unknown addresses as problem documents."""
    app.add_exception_handler(AistandardsError, _ours)
    app.add_exception_handler(RequestValidationError, _parameters)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unexpected)


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
    return problem(request, error.http_status, name, error.en, error.zh)


async def _unexpected(request: Request, _error: Exception) -> Response:
    """Say that the fault is ours; the error itself goes to the log only."""
    en = "Something went wrong on our side; the error was logged."
    response = problem(request, 500, "server-error", en, "服务器内部出错，错误已记录。")
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


async def _parameters(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    wrong = [
        {"parameter": ".".join(str(piece) for piece in e["loc"][1:]) or str(e["loc"][0]), "message": e["msg"]}
        for e in error.errors()
    ]
    en = "; ".join(f"{w['parameter']}: {w['message']}" for w in wrong)
    return problem(request, 400, "parameter-error", f"Wrong parameter. {en}.", f"参数有误：{en}。", errors=wrong)


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
