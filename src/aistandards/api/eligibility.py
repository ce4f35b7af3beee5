"""Eligibility over HTTP: the rules, templates to fill in, and which support the projects of a posted table may ask for."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from aistandards import eligibility, forms, output, procedures, sources
from aistandards.api import Service, service_of
from aistandards.api.answers import FORMS, Day, answer
from aistandards.api.bodies import body_of, kind_of
from aistandards.api.problems import problem
from aistandards.errors import SourceError, UsageError
from aistandards.settings import parse_day, today

router = APIRouter(prefix="/api/v1/eligibility", tags=["eligibility"])
ServiceOf = Annotated[Service, Depends(service_of)]
MAX_BYTES = 1 << 20
MAX_RECORDS = 500
XLSX = FORMS["xlsx"]
BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "properties": {"records": {"type": "array", "items": {"type": "object"}, "maxItems": MAX_RECORDS}},
                    "required": ["records"],
                }
            },
            "text/csv": {"schema": {"type": "string"}},
            XLSX: {"schema": {"type": "string", "format": "binary"}},
        },
    }
}


class Asked(Day):
    """Which policies, on which day; ``issued`` is ``policy=day``, a day of issue to assume."""

    policy: list[str] = Field(default=[])
    issued: list[str] = Field(default=[])


class Rules(BaseModel):
    """Which policies, and the format of the answer."""

    model_config = ConfigDict(extra="forbid")
    policy: list[str] = Field(default=[])
    format: Literal["json", "csv", "xlsx"] | None = None


class Template(BaseModel):
    """Which template: CSV or Excel, in Chinese or English, with the columns of some policies or of all."""

    model_config = ConfigDict(extra="forbid")
    policy: list[str] = Field(default=[])
    format: Literal["csv", "xlsx"] = "csv"
    lang: Literal["zh", "en"] = "zh"


class When(BaseModel):
    """The step whose day is known, and the day."""

    model_config = ConfigDict(extra="forbid")
    step: str | None = None
    on: str | None = None
    format: Literal["json", "csv", "xlsx"] | None = None


@router.get("")
def rules(request: Request, asked: Annotated[Rules, Query()], service: ServiceOf) -> Response:
    """Return the measures with their conditions, formulas, limits and notes, each with its clause."""
    items = eligibility.engine().rules(asked.policy)
    rows = [{"measure": item["measure"], "policy": item["policy"], **c} for item in items for c in item["conditions"]]
    return answer(request, {"total": len(items), "items": items, "next": None}, rows, asked.format)


@router.get("/template")
def template(asked: Annotated[Template, Query()]) -> Response:
    """Return an empty table to fill in."""
    engine, table = eligibility.engine(), eligibility.application_table()
    measures = engine.measures.pick(asked.policy)
    columns = forms.columns_for(table, measures) if asked.policy else table.columns
    if asked.format == "csv":
        content, kind = forms.as_csv(table, columns, asked.lang), "text/csv; charset=utf-8"
    else:
        content, kind = forms.as_xlsx(table, columns, asked.lang, engine.codes), XLSX
    name = f"applications-{asked.lang}.{asked.format}"
    return Response(content, media_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})


@router.get("/procedure/{policy}")
def procedure(request: Request, policy: str, asked: Annotated[When, Query()], service: ServiceOf) -> Response:
    """Return the steps of a policy, with the earliest days where a step and its day are given."""
    measures = eligibility.engine().measures
    on = parse_day(asked.on) if asked.on else today()
    body = procedures.procedure(measures.facts, measures.policy(policy), asked.step, on)
    return answer(request, body, body["steps"], asked.format)


@router.post("", openapi_extra=BODY)
async def judge(request: Request, asked: Annotated[Asked, Query()]) -> Response:
    """Judge the projects of a table (JSON records, CSV or Excel); cells that cannot be read are findings, not errors."""
    kind = kind_of(request)
    if kind not in BODY["requestBody"]["content"]:  # type: ignore[operator]
        en, zh = (
            "Post application/json, text/csv or an Excel workbook.",
            "请提交 application/json、text/csv 或 Excel 工作簿。",
        )
        return problem(request, 415, "unsupported-media-type", en, zh)
    body = await body_of(request, MAX_BYTES, "too-large")
    if isinstance(body, Response):
        return body
    found = await run_in_threadpool(_judge, kind, body, asked)
    return answer(request, found, eligibility.flat_rows(found), asked.format)


def _judge(kind: str, body: bytes, asked: Asked) -> dict[str, Any]:
    suffix = ".xlsx" if kind == XLSX else ".csv"
    data = _table(body) if kind == "application/json" else body
    source = sources.read(Path(f"applications{suffix}"), "body", data, "application")
    if len(source.rows) > MAX_RECORDS:
        raise UsageError(
            f"More than {MAX_RECORDS} records; post fewer at a time.", f"超过 {MAX_RECORDS} 条记录；请分批提交。"
        )
    return eligibility.engine().answer(source, asked.policy, asked.day(), eligibility.assumed_days(asked.issued))


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object of the body; raises ValueError for a name that stands in it twice."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise ValueError(f"“{name}” stands twice in one record / 同一记录中“{name}”出现两次")
        found[name] = value
    return found


def _table(body: bytes) -> bytes:
    """Return JSON records as a table; numbers keep the digits they were written with."""
    try:
        given = json.loads(body, parse_float=str, parse_int=str, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise SourceError(
            f"body: rule read-json: not JSON ({error}).", f"body：规则 read-json：不是 JSON（{error}）。"
        ) from None
    records = given.get("records") if isinstance(given, dict) else None
    if not isinstance(records, list) or not records or not all(isinstance(record, dict) for record in records):
        raise SourceError(
            'body: rule read-json: write {"records": [{"application_id": …, "applicant": …}]}.',
            'body：规则 read-json：请写作 {"records": [{"application_id": …, "applicant": …}]}。',
        )
    names = list(dict.fromkeys(name for record in records for name in record))
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(names)
    writer.writerows([_cell(name, record.get(name)) for name in names] for record in records)
    return out.getvalue().encode("utf-8", "replace")


def _cell(name: str, value: object) -> str:
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return ";".join(value)
    if isinstance(value, dict | list):
        raise SourceError(
            f"body: rule read-json: {name} is neither text, number, true, false, null nor a list of texts.",
            f"body：规则 read-json：{name} 不是文本、数字、true、false、null 或文本列表。",
        )
    return output.plain(value)
