"""What agents may ask: tools as schemas with the words of the graph, arguments read and checked, answers kept small."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any, Final, NamedTuple
from urllib.parse import quote, urlencode

from pydantic import BaseModel, ValidationError

from aistandards.adoption import STATES, committees
from aistandards.api import Service
from aistandards.api.problems import DAYS, SAID_ZH
from aistandards.api.tools import TOOLS, Body, Tool
from aistandards.counts import BY, SERIES, VERDICTS, known
from aistandards.coverage import SETS
from aistandards.errors import UsageError
from aistandards.listing import names
from aistandards.matrix import load_states
from aistandards.rulebook import origin
from aistandards.search import filters
from aistandards.settings import resource, today
from aistandards.store import releases

LANGUAGES: Final = ("zh", "en")
LIMIT: Final = 50  # entries of a list unless told otherwise
MAX_LIMIT: Final = 500
BYTES: Final = 64 << 10  # of an answer as JSON unless a limit is asked for: what agents can read at once
MAX_BYTES: Final = 1 << 20
MAX_ARGUMENT: Final = 100_000  # characters of all arguments together as JSON
_KINDS: Final = {str: "string", int: "integer", float: "number", bool: "boolean", list: "array", dict: "object"}
Schema = dict[str, Any]


class Ready(NamedTuple):
    """A tool's question as read from arguments, how long its lists may be, and what of it stands in an address."""

    question: BaseModel
    limit: int
    given: dict[str, Any]


@cache
def words() -> dict[str, Any]:
    """Return names and descriptions of tools, arguments and prompts in both languages (``ontology/agents.json``)."""
    found: dict[str, Any] = json.loads((resource("ontology") / "agents.json").read_text(encoding="utf-8"))
    return found


def both(entry: Mapping[str, Any], first: str, prefix: str = "") -> str:
    """Return a text in both languages, the reader's first."""
    other = next(language for language in LANGUAGES if language != first)
    return f"{entry[prefix + first]} · {entry[prefix + other]}"


def tool_of(name: str) -> Tool:
    """Return the tool of that name; raises UsageError with the nearest and the list of them."""
    return TOOLS[known("tool", "工具", name, TOOLS)]


def fields_of(tool: Tool) -> dict[str, str]:
    """Return the arguments of a tool, each with the name its question has for it."""
    hidden = {"format", *tool.hidden}
    found = {field.alias or name: name for name, field in tool.asked.model_fields.items() if name not in hidden}
    return {**found, "limit": "limit"}


def input_schema(name: str, service: Service, language: str) -> Schema:
    """Return the JSON schema of a tool's arguments, with the codes of this build as enumerations."""
    tool, described = TOOLS[name], words()["arguments"]
    schema = tool.asked.model_json_schema()
    choices = _choices(name, service)
    properties: Schema = {}
    for argument in fields_of(tool):
        stated = dict(schema["properties"].get(argument, {"type": "integer"}))
        stated |= next((option for option in stated.pop("anyOf", ()) if option["type"] != "null"), {})
        stated = {key: value for key, value in stated.items() if key != "title" and value is not None}
        stated["description"] = both(described[argument], language)
        if argument in tool.single:
            stated |= {"type": "string", "default": stated["default"][0]}
            stated.pop("items")
        if argument in choices:
            (stated["items"] if stated["type"] == "array" else stated)["enum"] = choices[argument]
        properties[argument] = stated
    properties["limit"] |= {"minimum": 1, "maximum": MAX_LIMIT, "default": LIMIT}
    needed = [argument for argument in schema.get("required", ()) if argument in properties]
    return {"type": "object", "properties": properties, "required": needed, "additionalProperties": False}


def _choices(tool: str, service: Service) -> dict[str, list[str]]:
    """Return the values that arguments can have in this build."""
    counts = service.counts
    found: dict[str, list[str]] = {
        **counts.switches,
        "rule": [rule.name for rule in counts.rules],
        "system": counts.editions,
        "edition": counts.editions,
        "series": list(SERIES),
        "of": list(SETS),
        "verdict": [*VERDICTS, "folded"],
        **{name: sorted(counts.words[name]) for name in ("level", "nature", "status", "stage")},
        "layer": sorted(counts.words["chain"]),
        "name": [query.name for query in counts.library],
    }
    if tool not in ("matrix", "matrix_records"):
        found["by"] = list(BY)
    if tool == "search":
        coded = {one.name: sorted(counts.words[one.scheme]) for one in filters().values() if one.scheme}
        found |= {**coded, "verdict": list(VERDICTS), "facets": names()}
    if tool == "matrix_records":
        found["state"] = [state.token for state in load_states(counts.facts)]
    if tool == "adoption":
        found |= {"state": list(STATES), "committee": committees(counts)}
    if kept := releases(service.settings.store):
        found["release"] = list(kept)
    return found


def output_schema(name: str) -> Schema:
    """Return the JSON schema of a tool's answer: the stable keys with their kinds; further keys may stand beside them."""
    stated = _schema(words()["tools"][name]["answer"])
    stated["properties"]["about"] = {"type": "object", "required": ["build", "as_of", "source"]}
    return {**stated, "required": [*stated["required"], "about"]}


def _schema(stated: Any) -> Schema:
    if isinstance(stated, str):
        kind = stated.removesuffix("?")
        return {"type": [kind, "null"] if stated.endswith("?") else kind}
    if isinstance(stated, list):
        return {"type": "array", "items": _schema(stated[0])}
    needed = [key for key in stated if not key.endswith("?")]
    properties = {key.removesuffix("?"): _schema(value) for key, value in stated.items()}
    return {"type": "object", "properties": properties, "required": needed}


def read(name: str, arguments: Mapping[str, Any]) -> Ready:
    """Return the question that arguments ask; raises UsageError that names the argument, its range and the nearest name."""
    tool = tool_of(name)
    fields = fields_of(tool)
    if len(json.dumps(arguments, ensure_ascii=False)) > MAX_ARGUMENT:
        raise UsageError(
            f"The arguments have more than {MAX_ARGUMENT:,} characters together. Ask in several calls.",
            f"参数合计超过 {MAX_ARGUMENT:,} 个字符。请分多次调用。",
        )
    for argument, value in arguments.items():
        known("argument", "参数", argument, fields)
        if argument in DAYS and value == "":
            raise UsageError(
                f"{argument} is empty. Write YYYY-MM-DD, or leave it out for today.",
                f"{argument} 为空。请写作 YYYY-MM-DD，或略去以表示今天。",
            )
    given = {argument: _once(tool, argument, value) for argument, value in arguments.items() if value is not None}
    limit = given.get("limit", LIMIT)
    if type(limit) is not int or not 1 <= limit <= MAX_LIMIT:
        raise UsageError(f"limit is “{limit}”; give 1 to {MAX_LIMIT}.", f"limit 为“{limit}”；应为 1 至 {MAX_LIMIT}。")
    asked = {argument: value for argument, value in given.items() if argument != "limit"}
    if "limit" in tool.asked.model_fields:
        asked["limit"] = limit
    try:
        return Ready(tool.asked.model_validate(asked), limit, asked)
    except ValidationError as error:
        raise _wrong(error) from None


def _once(tool: Tool, argument: str, value: Any) -> Any:
    """Return the value of an argument as its question has it: one text where several may stand is a list of one."""
    field = tool.asked.model_fields.get(fields_of(tool)[argument])
    if argument in tool.single and not isinstance(value, str):
        raise UsageError(f"{argument}: give one text.", f"{argument}：请给出一个文本值。")
    return [value] if isinstance(value, str) and field and field.annotation == list[str] else value


def _wrong(error: ValidationError) -> UsageError:
    """Return what is wrong with the arguments in both languages."""
    places = [(".".join(map(str, e["loc"])) or "arguments", e["msg"], e["type"]) for e in error.errors()[:5]]
    en = "; ".join(f"“{place}”: {message}" for place, message, _ in places)
    zh = "；".join(f"“{place}”：{SAID_ZH.get(kind, '值有误')}" for place, _, kind in places)
    return UsageError(f"Wrong argument. {en}.", f"参数有误：{zh}。")


def ask(service: Service, name: str, arguments: Mapping[str, Any]) -> Body:
    """Answer one call of a tool: the API's answer to the same question, and in ``about`` where it comes from and what is cut."""
    ready = read(name, arguments)
    service = service.over(getattr(ready.question, "release", None))
    body = TOOLS[name].answer(service, ready.question)
    about = _about(service, name, ready, body)
    limit, room = ready.limit, MAX_BYTES if "limit" in arguments else BYTES
    while True:
        cut: dict[str, dict[str, Any]] = {}
        shown: Body = _bounded(body, limit, "", cut)
        shown["about"] = {**about, "cut": [*about["cut"], *cut.values()]}
        if len(json.dumps(shown, ensure_ascii=False).encode(errors="replace")) <= room:
            return shown
        if limit == 1 or "limit" in TOOLS[name].asked.model_fields:  # a page that is cut would not fit its ``next``
            raise UsageError(
                f"The answer is larger than {room >> 10} KiB. Give a lower limit or narrow the question.",
                f"答复超过 {room >> 10} KiB。请降低 limit 或缩小问题。",
            )
        limit //= 2


def _bounded(value: Any, limit: int, path: str, cut: dict[str, dict[str, Any]]) -> Any:
    """Return an answer with every list at most so long; what is cut is noted by the place of the list."""
    if isinstance(value, Mapping):
        return {key: _bounded(item, limit, f"{path}.{key}".lstrip("."), cut) for key, item in value.items()}
    if not isinstance(value, list):
        return value
    if len(value) > limit:
        of = max(len(value), cut.get(path, {}).get("of", 0))
        cut[path] = {"list": path, "shown": limit, "of": of, **_said(path, limit, of)}
    return [_bounded(item, limit, f"{path}[]", cut) for item in value[:limit]]


def _said(path: str, limit: int, of: int) -> dict[str, str]:
    return {
        "en": f"{path}: the first {limit} of {of} are shown; give a higher limit (at most {MAX_LIMIT}), narrow the question, or read all at about.address.",
        "zh": f"{path}：共 {of} 项，仅示前 {limit} 项；请提高 limit（至多 {MAX_LIMIT}）、缩小问题，或在 about.address 取全部。",
    }


def _about(service: Service, name: str, ready: Ready, body: Body) -> dict[str, Any]:
    """Return where an answer comes from: build, day, how far the data reach, sources, the address that gives the same."""
    counts, left_out = service.counts, service.build.manifest.get("left_out", [])
    sources = {}
    for language in LANGUAGES:
        said = origin(counts.rules, body, [], service.build.id, language)
        sources[language] = {key: value for key, value in said.items() if key != "data_version"}
    cut = body.pop("engine_cut", None)
    return {
        "build": service.build.id[:16],
        "release": service.release,
        "as_of": body.get("as_of") or body.get("to") or str(today()),
        "source": sources,
        "address": address(name, ready.question, ready.given, body),
        "incomplete": len(left_out),
        "cut": [{"list": "items", "shown": len(body["items"]), "of": None, "en": cut, "zh": CUT_ZH}] if cut else [],
    }


CUT_ZH: Final = "查询结果在行数或字节上限处截断；请用 ORDER BY、LIMIT 和 OFFSET 分页。"


def address(name: str, question: BaseModel, given: Mapping[str, Any], body: Body) -> str | None:
    """Return the address of the API at which the same question is answered, without its host; None where there is none."""
    own, template = TOOLS[name].own, words()["tools"][name]["address"]
    pieces = {key: body.get(key, getattr(question, key, None)) for key in ("kind", "slug", "edition", "name")}
    if isinstance(template, dict):  # by the kind of the record
        template = template.get(pieces["kind"])
        if template is None:
            return None
    path: str = template.format_map({key: quote(str(piece), safe="") for key, piece in pieces.items()})
    spelled = {**given, **given.get("parameters", {})}
    query = urlencode({k: v for k, v in spelled.items() if k not in own and k != "parameters"}, doseq=True)
    return f"{path}?{query}" if query else path
