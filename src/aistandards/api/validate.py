"""Validation over HTTP: records posted as a body or an upload are checked in a process of its own, bounded in time and memory."""

from __future__ import annotations

import json
import re
import sys
import tempfile
from dataclasses import asdict
from email.parser import BytesParser
from email.policy import HTTP
from pathlib import Path, PurePosixPath
from subprocess import CompletedProcess
from typing import Annotated, Any, Final, Literal

import anyio
from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from aistandards import catalogue
from aistandards.api import Service, service_of
from aistandards.api.answers import FORMS, answer
from aistandards.api.bodies import body_of, kind_of
from aistandards.api.negotiation import choose, prefers
from aistandards.api.problems import problem
from aistandards.errors import SourceError

router = APIRouter(prefix="/api/v1/validate", tags=["validate"])
ServiceOf = Annotated[Service, Depends(service_of)]
MAX_BYTES: Final = 10 << 20
SECONDS: Final = 60
MEMORY: Final = 4 << 30  # address space of the process that checks
MAX_WAITING: Final = 4
SUFFIXES: Final = {
    "text/csv": ".csv",
    "text/tab-separated-values": ".tsv",
    FORMS["xlsx"]: ".xlsx",
    "application/vnd.ms-excel.sheet.macroenabled.12": ".xlsm",
    "text/turtle": ".ttl",
    "application/n-triples": ".nt",
    "application/n-quads": ".nq",
    "application/trig": ".trig",
    "application/ld+json": ".jsonld",
    "application/json": ".json",
    "application/rdf+xml": ".rdf",
    "application/xml": ".xml",
    "text/xml": ".xml",
    "application/x-ndjson": ".jsonl",
    "application/jsonl": ".jsonl",
    "application/yaml": ".yaml",
    "application/octet-stream": "",  # seen from the content, as on the command line
}
TYPES: Final = {
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
    "turtle": "text/turtle; charset=utf-8",
    "sarif": "application/sarif+json",
    "junit": "application/xml",
    "github": "text/plain; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "xlsx": FORMS["xlsx"],
}
CHILD: Final = """
import sys
if sys.platform != "win32":
    import os, resource
    os.nice(10)
    for name, value in (("RLIMIT_AS", int(sys.argv[1])), ("RLIMIT_CPU", int(sys.argv[2])), ("RLIMIT_CORE", 0)):
        resource.setrlimit(getattr(resource, name), (value, value))
from aistandards.cli import main
sys.exit(main(sys.argv[3:]))
"""
BODY: Final = {
    "requestBody": {
        "required": True,
        "content": {
            **{kind: {"schema": {"type": "string"}} for kind in SUFFIXES},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {"file": {"type": "string", "format": "binary"}},
                    "required": ["file"],
                }
            },
        },
    }
}


class Asked(BaseModel):
    """Which rules to check, and the format of the report."""

    model_config = ConfigDict(extra="forbid")
    select: list[str] = Field(default=[])
    ignore: list[str] = Field(default=[])
    format: Literal["json", "csv", "turtle", "sarif", "junit", "github", "html", "xlsx"] | None = None


class Listed(BaseModel):
    """The format of the list of rules."""

    model_config = ConfigDict(extra="forbid")
    format: Literal["json", "csv", "xlsx"] | None = None


class Desk:
    """Where validations wait: one runs, a few wait, the rest are sent away at once."""

    def __init__(self) -> None:
        self.turn = anyio.CapacityLimiter(1)
        self.waiting = 0


@router.get("/rules")
def rules(request: Request, asked: Annotated[Listed, Query()], service: ServiceOf) -> Response:
    """Return every rule of validation with what it finds, its severity and the text that demands it."""
    rows = [{**asdict(rule), "iri": rule.iri} for rule in catalogue.rules().values()]
    return answer(request, {"total": len(rows), "items": rows, "next": None}, rows, asked.format)


@router.post("", openapi_extra=BODY)
async def validate(request: Request, asked: Annotated[Asked, Query()]) -> Response:
    """Check posted records against the rules; findings are the answer (200 with ``conforms``), not an error."""
    catalogue.chosen(asked.select, asked.ignore)
    form = asked.format or _wanted(request.headers.get("accept", ""))
    if form is None:
        en = f"Accept one of {', '.join(TYPES[name].partition(';')[0] for name in TYPES)}, or ask for ?format=."
        zh = f"请接受以下之一：{'、'.join(TYPES[name].partition(';')[0] for name in TYPES)}，或使用 ?format=。"
        return problem(request, 406, "not-acceptable", en, zh)
    body = await body_of(request, MAX_BYTES, "too-large")
    if isinstance(body, Response):
        return body
    upload = _upload(kind_of(request), request.headers.get("content-type", ""), body)
    if upload is None:
        en = f"Post one of {', '.join(SUFFIXES)}, or multipart/form-data with a file."
        zh = f"请提交以下之一：{'、'.join(SUFFIXES)}，或含文件的 multipart/form-data。"
        return problem(request, 415, "unsupported-media-type", en, zh)
    desk: Desk = request.app.state.desk
    if desk.waiting > MAX_WAITING:
        return _later(
            request, "Too many validations are waiting; try again in a minute.", "等待校验的请求过多，请稍后再试。"
        )
    desk.waiting += 1
    try:
        async with desk.turn:
            return await _checked(request, asked, form, *upload)
    finally:
        desk.waiting -= 1


def _wanted(accept: str) -> str | None:
    """Return the format of report that a client accepts, JSON where it does not care."""
    offers = {kind.partition(";")[0]: name for name, kind in TYPES.items()}
    return offers.get(choose(accept, list(offers)) or "")


def _later(request: Request, en: str, zh: str) -> Response:
    response = problem(request, 503, "busy", en, zh)
    response.headers["Retry-After"] = str(SECONDS)
    return response


def _upload(kind: str, header: str, body: bytes) -> tuple[str, bytes] | None:
    """Return the name and content of the file that was posted, None for a kind that cannot be read."""
    if kind in SUFFIXES:
        return f"body{SUFFIXES[kind]}", body
    if kind != "multipart/form-data":
        return None
    message = BytesParser(policy=HTTP).parsebytes(
        b"Content-Type: " + header.encode("latin-1", "replace") + b"\r\n\r\n" + body
    )
    files = [part for part in (message.iter_parts() if message.is_multipart() else ()) if part.get_filename()]
    if len(files) > 1:
        raise SourceError(
            f"The form has {len(files)} files. Send one file a request.",
            f"表单中有 {len(files)} 个文件。每次请求只上传一个文件。",
        )
    if not files:
        raise SourceError(
            "The form has no file. Send one with a filename.",
            "表单中没有文件。请上传带文件名的文件。",
        )
    name, content = str(files[0].get_filename()), files[0].get_payload(decode=True)
    plain = re.sub(r"[^\w.-]", "_", PurePosixPath(name.replace("\\", "/")).name)[-80:].lstrip(".-")
    return plain or "body.csv", content if isinstance(content, bytes) else b""


async def _checked(request: Request, asked: Asked, form: str, name: str, content: bytes) -> Response:
    language = "en" if prefers(request.headers.get("accept-language", ""), "en", "zh") else "zh"
    with tempfile.TemporaryDirectory(prefix="aistandards-") as folder:
        await anyio.Path(folder, name).write_bytes(content)
        options = [f"--{key}={value}" for key in ("select", "ignore") for value in getattr(asked, key)]
        marked = Path(folder, "marked.xlsx")
        options += [f"--annotate={marked}"] if form == "xlsx" else [f"--format={form}"]
        command = ["validate", name, f"--lang={language}", *options]
        try:  # -P: nothing is imported from the folder of the upload
            with anyio.fail_after(SECONDS):
                done = await anyio.run_process(
                    [sys.executable, "-P", "-c", CHILD, str(MEMORY), str(SECONDS), *command], cwd=folder, check=False
                )
        except TimeoutError:
            en, zh = (
                f"The check was stopped after {SECONDS} s; send fewer records.",
                f"校验 {SECONDS} 秒后被终止；请减少记录。",
            )
            return problem(request, 408, "timeout", en, zh)
        return _answer(request, form, done, marked)


def _answer(request: Request, form: str, done: CompletedProcess[bytes], marked: Path) -> Response:
    """Return what the process printed; one that died was over its limits, one that refused says why."""
    if done.returncode not in (0, 1, 2):
        en, zh = (
            "The check ended at its limits of memory or time; send fewer records.",
            "校验达到内存或时间上限而中止；请减少记录。",
        )
        return problem(request, 413, "too-large", en, zh)
    body = marked.read_bytes() if marked.is_file() else done.stdout
    if not body or (form == "xlsx" and not marked.is_file()):
        said = done.stderr.decode("utf-8", "replace").strip().splitlines() or ["", ""]
        return problem(request, 400, "source-error", said[0].partition(": ")[2], said[-1].partition("：")[2])
    headers = {"Cache-Control": "no-store", "Vary": "Accept, Accept-Language"}
    if form == "json":
        report: dict[str, Any] = json.loads(body)
        return Response(json.dumps(report, ensure_ascii=False), media_type=TYPES["json"], headers=headers)
    return Response(body, media_type=TYPES[form], headers=headers)
