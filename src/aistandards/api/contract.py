"""The contract of the API: OpenAPI 3.1, made from the routes, the models, the code lists, the tables and the saved queries.

``web/contract.json`` says in both languages what each operation and parameter is and gives an example of each request;
what a parameter may be comes from the build that answers, so that the description holds for its own data.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from aistandards import __version__, catalogue, eligibility, workbook
from aistandards.api import Service
from aistandards.api.answers import FORMS, LINKED
from aistandards.api.linked import HTML, vocabulary_of
from aistandards.api.models import models
from aistandards.api.sparql import FORMATS, JSON
from aistandards.api.validate import TYPES as TYPES_OF_REPORT
from aistandards.lookup import LINKED as LINKED_KINDS
from aistandards.lookup import NAMES, iri_key
from aistandards.queries import Parameter, Query
from aistandards.serialise import FORMS as RDF
from aistandards.systems import editions
from aistandards.tables import Column, tables
from aistandards.templates import WEB

Schema = dict[str, Any]
PROBLEM: Final = "application/problem+json"
REF: Final = "#/components/schemas/"
QUERY: Final = "/api/v1/queries/{name}"
ALWAYS: Final = (400, 401, 408, 414, 421, 429, 431, 503)  # what any operation may answer instead
REASONS: Final = {
    303: ("另见", "See other"),
    304: ("未变：客户端已有此答案", "Not modified: the client has the answer"),
    307: ("转到最新有效版本", "On to the latest edition"),
    308: ("转到规范地址", "On to the canonical address"),
    400: ("请求有误", "The request is wrong"),
    401: ("密钥缺失或无效", "The key is missing or unknown"),
    404: ("没有该记录", "Nothing under that name"),
    406: ("所要的格式不提供", "None of the media types asked for"),
    408: ("超过时限", "Over the time limit"),
    413: ("请求体过大", "The body is too large"),
    414: ("地址过长", "The address is too long"),
    415: ("请求体的类型不支持", "The type of the body is not supported"),
    421: ("本服务不以该主机名提供", "Not under this host name"),
    422: ("请求体无法读取", "The body cannot be read"),
    429: ("请求过于频繁", "Too many requests"),
    431: ("请求头过大", "The request line and headers are too large"),
    503: ("暂时无法作答", "Cannot answer for the moment"),
}
TYPES: Final = {"integer": "integer", "boolean": "boolean"}  # of columns of saved queries; a decimal stays as printed


@cache
def written() -> dict[str, Any]:
    """Return what ``contract.json`` says of tags, headers, parameters and operations."""
    found: dict[str, Any] = json.loads((WEB / "contract.json").read_text(encoding="utf-8"))
    return found


@cache
def examples() -> dict[str, Any]:
    """Return real answers by operation, cut to their first entries; ``tools/api_examples.py`` writes them."""
    found: dict[str, Any] = json.loads((WEB / "examples.json").read_text(encoding="utf-8"))
    return found


def both(said: Mapping[str, Any]) -> str:
    """Return a text in both languages, Chinese first."""
    return f"{said['zh']}\n\n{said['en']}"


def described(app: FastAPI, service: Service) -> Schema:
    """Return the OpenAPI document of an application over the data of a service."""
    made: Schema = get_openapi(title="aistandards", version=__version__, routes=app.routes)
    choices = choices_of(service)
    paths: dict[str, Any] = {}
    for path, methods in made["paths"].items():
        if path == QUERY:
            paths |= {f"/api/v1/queries/{q.name}": {"get": _query(q, choices)} for q in service.counts.library}
        else:
            paths[path] = {method: _operation(method, path, found, choices) for method, found in methods.items()}
    return {
        "openapi": "3.1.0",
        "info": _info(),
        "tags": [{"name": name, "description": both(said)} for name, said in written()["tags"].items()],
        "paths": paths,
        "components": {"schemas": schemas(service.counts.library), **_shared()},
        "security": [{}, {"bearer": []}, {"key": []}],
    }


def _info() -> Schema:
    return {
        "title": "人工智能标准图谱 aistandards",
        "version": __version__,
        "summary": "AI standards in the national system: look-ups, counts and why each one counts.",
        "description": "人工智能标准在国家体系中的位置：查询、计数，以及每一项为什么计入。只读。\n\n"
        "AI standards in the national system: look-ups, counts and why each one counts. Read-only.",
        "license": {"name": "Apache-2.0 (data: CC BY 4.0)", "identifier": "Apache-2.0"},
    }


def _shared() -> Schema:
    """Return the headers, responses and security schemes that operations share."""
    headers = {
        name: {"description": both(said), "schema": {"type": "string"}} for name, said in written()["headers"].items()
    }
    bearer = {"type": "http", "scheme": "bearer", "description": both(KEYS)}
    return {
        "headers": headers,
        "responses": {str(status): _refusal(status) for status in REASONS if status >= 400},
        "securitySchemes": {
            "bearer": bearer,
            "key": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": both(KEYS)},
        },
    }


KEYS: Final = {
    "zh": "仅在部署者要求密钥时需要。",
    "en": "Needed only where the deployment asks for keys.",
}


def _refusal(status: int, *also: str) -> Schema:
    """Return a refusal: a problem document, or another media type where an operation has one."""
    content = {
        PROBLEM: {"schema": {"$ref": REF + "Problem"}},
        **{kind: {"schema": {"type": "string"}} for kind in also},
    }
    said = {"zh": REASONS[status][0], "en": REASONS[status][1]}
    more = {401: ["WWW-Authenticate"], 429: ["Retry-After"], 503: ["Retry-After"]}
    names = ["Content-Language", *more.get(status, [])]
    return {"description": both(said), "headers": _headers(names), "content": content}


def _headers(names: Iterable[str]) -> Schema:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def choices_of(service: Service) -> dict[str, list[str]]:
    """Return what the parameters with a closed list may be, from the data of this build."""
    counts = service.counts
    found = {f"words {scheme}": sorted(words) for scheme, words in counts.words.items()}
    found |= {f"switch {name}": list(values) for name, values in counts.switches.items()}
    found["switches"] = [f"{name}={value}" for name, values in counts.switches.items() for value in values]
    found["rules"] = [rule.name for rule in counts.rules]
    found["editions"] = list(editions(counts.facts))
    found["checks"] = sorted(catalogue.rules())
    found["versions"] = [vocabulary_of(service).version]
    found["policies"] = list(eligibility.engine().measures.policies)
    return found


def _operation(method: str, path: str, found: Schema, choices: dict[str, list[str]]) -> Schema:
    """Return one operation: what its route declares, with what is written of it."""
    said = written()["operations"].get(f"{method.upper()} {path}") or _unwritten(found)
    declared = {**{p["name"]: p for p in found.get("parameters", ())}, **_asked(said)}
    body = said.get("body")
    return {
        "tags": found.get("tags") or ["operations"],
        "operationId": re.sub(r"\W+", "_", f"{method}{path}").strip("_"),
        "summary": f"{said['zh']} · {said['en']}",
        "description": f"{said['zh']}。\n\n{found.get('description') or said['en']}",
        "parameters": [_parameter(name, one, said, choices) for name, one in declared.items()],
        **({"requestBody": {"required": True, "content": body}} if body else {}),
        "responses": _responses(method, f"{method.upper()} {path}", said),
    }


def _unwritten(found: Schema) -> Schema:
    """Return what can be said of an operation of which nothing is written: what its route says."""
    text = found.get("description") or found.get("summary") or "-"
    return {"zh": text, "en": text, "kind": "json", "example": {}}


def _asked(said: Schema) -> dict[str, Schema]:
    """Return the parameters that a route reads by itself, in the form in which it declares the others."""
    return {name: {"name": name, "in": "query", **more} for name, more in said.get("ask", {}).items()}


def _parameter(name: str, declared: Schema, said: Schema, choices: dict[str, list[str]]) -> Schema:
    about = said.get("own", {}).get(name) or written()["parameters"].get(name) or {"zh": name, "en": name}
    schema = (
        declared.get("schema", {}) if name == "format" else about.get("schema") or _schema(about, declared, choices)
    )
    if schema.get("anyOf"):  # what may be left out: FastAPI says null, an address cannot
        schema = next(one for one in schema["anyOf"] if one.get("type") != "null")
    required = declared["in"] == "path" or declared.get("required", False) or name in said.get("need", ())
    example = said["example"].get(name)
    if name == "name" and example == "{version}":
        (example,) = choices["versions"]
    return {
        "name": name,
        "in": declared["in"],
        "required": required,
        "description": both(about),
        "schema": {key: value for key, value in schema.items() if key != "title"},
        **({"example": [example] if schema.get("type") == "array" else example} if example is not None else {}),
    }


def _schema(about: Schema, declared: Schema, choices: dict[str, list[str]]) -> Schema:
    """Return what a parameter may be: one of a closed list where it has one, else what its route declares."""
    source = next((f"{kind} {about[kind]}" for kind in ("words", "switch") if kind in about), about.get("among"))
    if source is None:
        return dict(declared.get("schema", {}))
    one = {"type": "string", "enum": choices[source]}
    default = declared.get("schema", {}).get("default")
    many = about.get("many") and declared.get("schema", {}).get("type") == "array"
    return {**({"type": "array", "items": one} if many else one), **({"default": default} if default else {})}


def _responses(method: str, name: str, said: Schema) -> Schema:
    """Return what an operation can answer."""
    content, headers = _content(said, examples().get(name))
    also = [status for status in said.get("also", ()) if status < 400]
    found: Schema = {"200": {"description": both(said), "headers": headers, "content": content}}
    if said["kind"] == "lead":
        del found["200"]
    if method == "get" and said["kind"] in ("table", "record", "rdf", "jsonld", "document", "feed"):
        found["304"] = {"description": both({"zh": REASONS[304][0], "en": REASONS[304][1]}), "headers": headers}
    for status in also:
        where = {"zh": REASONS[status][0], "en": REASONS[status][1]}
        found[str(status)] = {"description": both(where), "headers": _headers(["Location"])}
    refused = sorted({*ALWAYS, *(status for status in said.get("also", ()) if status >= 400)})
    if said["kind"] == "sparql":  # a person who asked for a page is told on the page
        return {**found, **{str(status): _refusal(status, HTML) for status in refused}}
    return {**found, **{str(status): {"$ref": f"#/components/responses/{status}"} for status in refused}}


def _content(said: Schema, example: Any) -> tuple[Schema, Schema]:
    """Return the media types of the answer of an operation, and its headers."""
    answer = said.get("answer")
    named = [answer] if isinstance(answer, str) else answer or []
    refs = [{"$ref": REF + _component(one)} for one in named]
    schema: Schema = refs[0] if len(refs) == 1 else {"oneOf": refs} if refs else {"type": "object"}
    shown = {"example": example} if example is not None else {}
    match said["kind"]:
        case "table" | "record":
            return _tabular(schema, shown), _headers(["ETag", "X-Build", "X-Incomplete", "Link"])
        case "rdf":
            kinds = {
                form.media_type: {"schema": {} if form.media_type == LINKED else {"type": "string"}} for form in RDF
            }
            return kinds, _headers(["ETag", "X-Build", "Link"])
        case "jsonld":
            return {LINKED: {"schema": {"type": "object"}}}, _headers(["ETag", "X-Build"])
        case "sparql":
            forms: Schema = {kind: {"schema": {"type": "string"}} for kinds in FORMATS.values() for kind in kinds}
            forms[JSON] = {"schema": {"type": "object", "required": ["head"]}, **shown}
            forms[LINKED] = {"schema": {}}
            return forms, _headers(["X-Build", "X-Cut"])
        case "report":
            kinds = {
                kind: {"schema": {"type": "object" if kind.endswith("+json") else "string"}}
                for kind in (media_type.partition(";")[0] for media_type in TYPES_OF_REPORT.values())
            }
            return {**kinds, FORMS["json"]: {"schema": schema, **shown}}, {}
        case "feed":
            return {"application/atom+xml": {"schema": {"type": "string"}}}, _headers(["ETag", "X-Build"])
        case "text":
            return {"text/plain": {"schema": {"type": "string"}}}, {}
        case "file":
            return {
                kind: media for kind, media in _tabular({}, {}).items() if kind in (FORMS["csv"], FORMS["xlsx"])
            }, {}
        case "document":
            return {FORMS["json"]: {"schema": schema}}, _headers(["ETag", "X-Build"])
    return {FORMS["json"]: {"schema": schema, **shown}}, {}


def _tabular(schema: Schema, shown: Schema) -> Schema:
    linked = {"allOf": [schema, {"type": "object", "required": ["@context"]}]}
    return {
        FORMS["json"]: {"schema": schema, **shown},
        LINKED: {"schema": linked},
        FORMS["csv"]: {"schema": {"type": "string"}},
        FORMS["xlsx"]: {"schema": {"type": "string", "format": "binary"}},
    }


def _component(name: str) -> str:
    """Return the name of a schema; the rows of a saved query have one by its name."""
    return "Rows." + name.removeprefix("query ") if name.startswith("query ") else name


def _query(query: Query, choices: dict[str, list[str]]) -> Schema:
    """Return the operation of a saved query, from the front matter of its file."""
    said = {"zh": query.summary_zh, "en": query.summary, "kind": "table", "answer": f"query {query.name}"}
    form = {"name": "format", "in": "query", "required": False, "schema": {"type": "string", "enum": list(FORMS)}}
    return {
        "tags": ["saved queries"],
        "operationId": "query_" + query.name.replace("-", "_"),
        "summary": f"{query.summary_zh} · {query.summary}",
        "description": both({"zh": query.description_zh, "en": query.description}),
        "parameters": [
            *(_query_parameter(one, choices) for one in query.parameters),
            {**form, "description": both(written()["parameters"]["format"])},
        ],
        "responses": _responses("get", f"GET /api/v1/queries/{query.name}", said),
    }


def _query_parameter(parameter: Parameter, choices: dict[str, list[str]]) -> Schema:
    schema = parameter_schema(parameter, choices)
    return {
        "name": parameter.name,
        "in": "query",
        "required": parameter.required and parameter.default is None,
        "description": both({"zh": parameter.label_zh or parameter.name, "en": parameter.label_en or parameter.name}),
        "schema": {**schema, **({"default": parameter.default} if parameter.default else {})},
        **({"example": parameter.example} if parameter.example else {}),
    }


def parameter_schema(parameter: Parameter, choices: dict[str, list[str]]) -> Schema:
    """Return what a parameter of a saved query may be, by its type; one that may be left out may also be empty."""
    closed = {
        "rule": "rules",
        "edition": "editions",
        "level": "words level",
        "layer": "words chain",
        "scope": "words scope",
    }
    empty = [] if parameter.required and parameter.default is None else [""]
    if parameter.type in closed:
        return {"type": "string", "enum": [*choices[closed[parameter.type]], *empty]}
    if parameter.type == "date":
        return {"type": "string", **({"pattern": r"^(\d{4}-\d{2}-\d{2})?$"} if empty else {"format": "date"})}
    if parameter.type == "integer":
        return {"type": "string", "pattern": r"^-?\d+$" if not empty else r"^(-?\d+)?$"}
    return {"type": "string", **({} if empty else {"minLength": 1})}


def schemas(queries: Iterable[Query]) -> Schema:
    """Return the schemas of all answers, each key with the words that tables and workbooks have for it."""
    every = [(model, "validation") for model in models().values()]
    _, made = models_json_schema(every, ref_template=REF + "{model}")  # type: ignore[arg-type]
    found: Schema = made["$defs"]
    found |= {name: _record(name.lower()) for name in ("Standard", "Project")}
    found |= {f"Rows.{query.name}": _rows(query) for query in queries}
    for schema in found.values():
        schema.pop("title", None)
        for name, about in schema.get("properties", {}).items():
            about.pop("title", None)
            zh, en = workbook.label(name, "zh"), workbook.label(name, "en")
            if "description" not in about and zh != name:
                schema["properties"][name] = {**about, "description": f"{zh} / {en}"}
    return found


def _record(kind: str) -> Schema:
    """Return the schema of a standard or project: a key a column of its table, and what look-ups add."""
    table = next(table for table in tables() if table.kind == kind)
    keys: Schema = {}
    for column in table.columns:
        keys |= _keys(column)
    text = {"type": "string"}
    keys |= dict.fromkeys(("iri", "slug", "kind", "as_of"), text)
    keys |= {name: {"type": ["string", "null"]} for name in ("verification", "novelty_ground")}
    keys["contested"] = {"type": "boolean"}
    keys["conflicts"] = {"type": "array", "items": {"$ref": REF + "Conflict"}}
    if kind == "standard":
        keys["status"] = text
        keys |= {name: {"type": ["string", "null"]} for name in ("undated", "undated_iri", "register_url")}
        keys["editions"] = {"type": "array", "items": {"$ref": REF + "Edition"}}
    return {"type": "object", "properties": keys, "required": list(keys), "additionalProperties": True}


def _keys(column: Column) -> Schema:
    """Return the keys of a column, as ``lookup.record`` gives them."""
    name = NAMES.get(column.name, column.name)
    one: Schema = {"type": ["string", "null"]}
    cell: Schema = {"type": "array", "items": {"type": "string"}} if column.separator else one
    about = {"description": " / ".join(column.description)} if any(column.description) else {}
    found = {name: {**cell, **about}}
    if column.kind in LINKED_KINDS:
        found[iri_key(column)] = cell
    if column.kind == "date":
        day = {"type": ["string", "null"], "format": "date"}
        found |= {f"{name}_earliest": day, f"{name}_latest": day}
    return found


def _rows(query: Query) -> Schema:
    """Return the schema of the rows of a saved query; a cell is null where nothing is on record."""
    cells = {
        column.name: {
            "type": [TYPES.get(column.type, "string"), "null"],
            "description": f"{column.label_zh} / {column.label_en}",
        }
        for column in query.columns.values()
    }
    row = {"type": "object", "properties": cells, "required": list(cells)}
    return {
        "type": "object",
        "properties": {
            "total": {"type": "integer"},
            "items": {"type": "array", "items": row},
            "next": {"type": "null"},
        },
        "required": ["total", "items", "next"],
    }
