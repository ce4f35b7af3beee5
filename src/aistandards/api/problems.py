"""Errors over HTTP: every one is a problem document (RFC 9457) in both languages, or a page where a browser asks."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any, Final, get_origin
from urllib.parse import unquote_to_bytes

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.routing import Match

from aistandards.api.negotiation import prefers
from aistandards.errors import ECHOED, AistandardsError, MalformedRequestError, UsageError, cut
from aistandards.findings import nearest
from aistandards.settings import parse_day
from aistandards.templates import WEB

TYPE = "https://w3id.org/aistandards/problem/"
DAYS: Final = ("as_of", "on", "by_day")
PAGES: Final = ("/zh/", "/en/")
MAY_BE_EMPTY: Final = ("row", "column")  # of a count: "" asks for the records that have none
CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
RETRY_AFTER: Final = "5"  # seconds
SAID_ZH: Final = {
    "missing": "缺少此参数",
    "literal_error": "不是可选的值",
    "int_parsing": "须为整数",
    "too_short": "至少给出一个值",
    "too_long": "值太多",
    "string_too_short": "文字太短",
    "greater_than_equal": "数值太小",
    "less_than_equal": "数值太大",
    "string_too_long": "文字太长",
}
RANGE: Final = ("int_parsing", "int_from_float", "greater_than_equal", "less_than_equal")
RULES: Final = {  # of a parameter, as `errors` names them
    "literal_error": "choice",
    "extra_forbidden": "unknown-parameter",
    **dict.fromkeys(RANGE, "range"),
    **dict.fromkeys(("too_short", "too_long", "string_too_short", "string_too_long"), "length"),
}


def install(app: FastAPI) -> None:
    """Answer our errors, wrong parameters and unknown addresses as problem documents."""
    app.add_exception_handler(AistandardsError, _ours)
    app.add_exception_handler(RequestValidationError, _parameters)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, unexpected)


@cache
def kinds() -> dict[str, dict[str, Any]]:
    """Return the kinds of problems by name: status, title and what to do, in both languages."""
    found: dict[str, dict[str, Any]] = json.loads((WEB / "problems.json").read_text(encoding="utf-8"))
    return found


def problem(request: Request, status: int, name: str, en: str, zh: str, **more: Any) -> Response:
    """Return a problem document, or a plain page under ``/zh/`` and ``/en/``.

    ``title`` and ``detail`` are in the language the client prefers, English where it says nothing; both are always there.
    """
    if request.url.path.startswith(PAGES):
        from aistandards.api.pages import error_page

        return error_page(request, status, en, zh)
    chinese = prefers(request.headers.get("accept-language", ""), "zh", "en")
    kind = kinds().get(name, kinds()["http-error"])
    body = {
        "type": TYPE + name,
        "title": kind["zh" if chinese else "en"],
        "status": status,
        "detail": zh if chinese else en,
        "detail_zh": zh,
        "detail_en": en,
        **more,
    }
    headers = {"Content-Language": "zh-CN" if chinese else "en", "Vary": "Accept-Language", "Cache-Control": "no-store"}
    return JSONResponse(body, status, media_type="application/problem+json", headers=headers)


async def _ours(request: Request, error: Exception) -> Response:
    assert isinstance(error, AistandardsError)
    response = problem(request, error.http_status, error.name, error.en, error.zh, **listed(request, error))
    if error.http_status == 503:
        response.headers["Retry-After"] = RETRY_AFTER
    return response


def listed(request: Request, error: AistandardsError, place: str | None = None) -> dict[str, Any]:
    """Return ``errors`` of a problem document: the one parameter that was wrong, as far as there is one; ``place`` names it."""
    given = [*request.query_params.multi_items(), *((n, str(v)) for n, v in request.path_params.items())]
    name = error.parameter or place or (_told(request, error, given) if error.http_status < 500 else None)
    if name is None:
        return {}
    values = [value for one, value in given if one == name]
    value = next((v for v in values if error.value in _pieces(v)), values[0] if values else error.value)
    return {"errors": [_entry(name, value, error.rule, error.en, error.zh, error.near)]}


def _told(request: Request, error: AistandardsError, given: list[tuple[str, str]]) -> str | None:
    """Return the parameter that an error speaks of: it holds the refused value, or the sentence names it or its value."""

    def holds(value: str) -> bool:
        return error.value is not None and _folded(error.value) in map(_folded, _pieces(value))

    def signs(pair: tuple[str, str]) -> tuple[bool, bool, bool]:
        name, value = pair
        named = re.search(rf"\b{re.escape(name).replace('_', '[-_ ]')}\b", error.en)
        return holds(value), bool(named), len(value) > 1 and value in error.en

    left_out = [(name, "") for name in parameters_of(request) if name not in dict(given)]
    found = max([*given, *left_out], key=signs, default=("", ""))
    return found[0] if any(signs(found)) else None


def _pieces(value: str) -> list[str]:
    """Return the texts that a value may stand for: itself, each of several with commas, both halves of ``name=value``."""
    several = [piece.strip().removeprefix("-") for piece in value.split(",")]
    return [value, *several, *value.partition("=")[::2]]


def _folded(text: str) -> str:
    """Return the letters and digits of a text: a number is told in its usual spelling."""
    return re.sub(r"[\W_]", "", text).casefold()


def _entry(name: str, value: object, rule: str, en: str, zh: str, near: str | None = None) -> dict[str, str | None]:
    shown = value if value is None else str(value)[:ECHOED]
    return {
        **{"parameter": name[:ECHOED], "value": shown, "rule": rule, "suggestion": near},
        **{"message": en, "message_zh": zh, "message_en": en},
    }


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


def _wrong(request: Request, error: dict[str, Any]) -> dict[str, str | None]:
    """Return one wrong parameter in both languages; an unknown one with those that exist and the nearest."""
    name = (".".join(str(piece) for piece in error["loc"][1:]) or str(error["loc"][0]))[:ECHOED]
    kind, given = error["type"], None if error["type"] == "missing" else error["input"]
    en, zh, near = error["msg"], SAID_ZH.get(kind, "值有误"), None
    if kind == "literal_error":
        choices = re.findall("'([^']*)'", error["ctx"]["expected"])
        near = nearest(str(given), choices)
        zh += f"，可选：{'、'.join(choices)}"
    if kind in RANGE and (bounds := _bounds(request, str(error["loc"][-1]))):
        en, zh = f"write a whole number, {bounds[0]} to {bounds[1]}", f"须为 {bounds[0]} 至 {bounds[1]} 的整数"
    if kind == "extra_forbidden":
        known = list(parameters_of(request))
        near = nearest(name, known)
        en = "no such parameter" + (f", did you mean {near}?" if near else "") + f" Choose from: {', '.join(known)}"
        zh = "没有此参数" + (f"，是否指 {near}？" if near else "，") + f"可用参数：{'、'.join(known)}"
    return _entry(name, given, RULES.get(kind, kind.replace("_", "-")), en, zh, near)


def _fields(request: Request) -> Iterator[tuple[str, FieldInfo]]:
    """Yield the query parameters that an address takes, by the names under which they are given."""
    dependant = getattr(request.scope.get("route"), "dependant", None)
    for parameter in dependant.query_params if dependant else ():
        model = parameter.field_info.annotation
        if isinstance(model, type) and issubclass(model, BaseModel):
            for name, field in model.model_fields.items():
                yield field.alias or name, field


def _bounds(request: Request, name: str) -> tuple[int, int] | None:
    """Return the least and the greatest number that a parameter may be."""
    found = next((field.metadata for one, field in _fields(request) if one == name), [])
    low, high = ([getattr(said, end) for said in found if hasattr(said, end)] for end in ("ge", "le"))
    return (low[0], high[0]) if low and high else None


def parameters_of(request: Request) -> dict[str, bool]:
    """Return the query parameters that an address takes, and whether each may repeat; empty where it takes any."""
    return {name: get_origin(field.annotation) is list for name, field in _fields(request)}


def check_parameters(request: Request) -> None:
    """Raise UsageError for what is no text, a parameter given twice that has one value, and an empty one or no day in the API.

    The forms of the pages send empty fields, so there, and for the saved queries, empty means left out.
    """
    check_text(request)
    given = request.query_params
    for name, repeats in parameters_of(request).items():
        values = given.getlist(name)
        if not repeats and len(values) > 1:
            raise UsageError(
                f"{name} is given more than once; it has one value.",
                f"{name} 重复给出；该参数只能有一个值。",
                name,
                rule="repeated",
            )
        if request.url.path.startswith(PAGES):
            continue
        if name in DAYS and values and values[0]:
            parse_day(values[0])
        if "" in values and not (name in MAY_BE_EMPTY and request.url.path.startswith("/api/v1/coverage/")):
            like = " Write YYYY-MM-DD, or leave it out for today." if name in DAYS else " Give a value or leave it out."
            like_zh = "请写作 YYYY-MM-DD，或略去以表示今天。" if name in DAYS else "请给出值或略去。"
            raise UsageError(f"{name} is empty.{like}", f"{name} 为空。{like_zh}", name, rule="empty")


def check_text(request: Request) -> None:
    """Raise MalformedRequestError where the address or the query are not UTF-8 or hold control characters."""
    for place, place_zh, raw in (
        ("The address", "地址", request.scope.get("raw_path", b"").partition(b"?")[0]),
        ("The query", "查询参数", request.scope["query_string"]),
    ):
        try:
            text = unquote_to_bytes(raw).decode("utf-8")
        except UnicodeDecodeError as error:
            raise MalformedRequestError(
                f"{place} is not UTF-8 text (byte {error.start + 1}).",
                f"{place_zh}不是 UTF-8 文本（第 {error.start + 1} 字节）。",
            ) from None
        if found := CONTROL.search(text):
            code = f"U+{ord(found[0]):04X}"
            raise MalformedRequestError(
                f"{place} holds the control character {code}.", f"{place_zh}含控制字符 {code}。"
            )


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    headers = dict(error.headers or {})
    if error.status_code == 405:
        headers["Allow"] = ", ".join(allowed(request))
        if request.method == "OPTIONS":
            return Response(status_code=204, headers=headers)
    name, en, zh = _said(request, error, headers.get("Allow", ""))
    response = problem(request, error.status_code, name, en, zh)
    response.headers.update(headers)
    return response


def _said(request: Request, error: HTTPException, methods: str) -> tuple[str, str, str]:
    if error.status_code == 404:
        en = "There is nothing at this address. See /docs for the addresses there are."
        return "no-such-address", en, "此地址没有内容。可用地址见 /docs。"
    if error.status_code == 405:
        en = f"{request.method[:ECHOED]} is not to be had at this address; there is {methods}."
        return "method-not-allowed", en, f"此地址不接受 {request.method[:ECHOED]}；可用：{methods}。"
    return "http-error", str(error.detail), f"请求无法处理：{error.detail}"


def allowed(request: Request) -> list[str]:
    """Return the methods that the routes at an address take together."""
    found = {"OPTIONS"}
    for method in ("DELETE", "GET", "PATCH", "POST", "PUT"):
        scope = {**request.scope, "method": method}
        if any(route.matches(scope)[0] is Match.FULL for route in request.app.routes):
            found.add(method)
    return sorted({*found, *(("HEAD",) if "GET" in found else ())})
