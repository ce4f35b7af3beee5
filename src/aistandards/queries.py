"""Saved queries: one question a file, with front matter and typed parameters; values are bound as terms, never as text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from aistandards import identifiers
from aistandards.errors import NumberError, QueryError, UsageError
from aistandards.findings import Severity, nearest
from aistandards.namespaces import PREFIXES, expand, item, key_of, layer_iri, part_iri
from aistandards.settings import resource
from aistandards.solutions import Solutions

Term = ox.NamedNode | ox.Literal
_NEEDED = {"summary", "summary_zh", "columns"}
_KEYS = {*_NEEDED, "description", "description_zh", "parameters", "tags", "severity", "source"}
_CODES = {
    "part": "部分",
    "rule": "统计口径",
    "level": "标准级别",
    "layer": "产业链层",
    "edition": "体系版本",
    "scope": "范围",
}
_TYPES = ("iri", "number", "date", "text", *_CODES, "integer", "token")
LISTED = 40  # values that a message names
_COLUMN_TYPES = ("iri", "text", "date", "integer", "decimal", "boolean")
_PREFIX = re.compile(r"^\s*PREFIX\s+([\w-]+):", re.IGNORECASE | re.MULTILINE)
_JOINED = re.compile(  # what GROUP_CONCAT joins in an order of the engine's own: its name and what stands between
    r"GROUP_CONCAT\([^\n]*?SEPARATOR\s*=\s*\"([^\"]+)\"\s*\)\s+AS\s+\?(\w+)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a saved query: its type, whether it must be given, its default and an example."""

    name: str
    type: str
    required: bool = False
    default: str | None = None
    example: str | None = None
    label_zh: str = ""
    label_en: str = ""

    def term(self, text: str) -> Term:
        """Turn what a user wrote into an RDF term; raises UsageError that says what is expected."""
        try:
            return self._term(text)
        except (NumberError, ValueError) as error:
            raise UsageError(
                f"Parameter {self.name}={text!r} is not a {self.type} ({error}). Example: {self.name}={self.example}.",
                f"参数 {self.name}={text!r} 不是 {self.type}。示例：{self.name}={self.example}。",
                self.name,
            ) from None

    def _term(self, text: str) -> Term:
        match self.type:
            case "iri":
                return ox.NamedNode(text)
            case "number":
                return ox.NamedNode(item("standard", identifiers.parse(text).slug))
            case "date":
                if str(date.fromisoformat(text)) != text:
                    raise ValueError("write YYYY-MM-DD")
                return ox.Literal(text, datatype=ox.NamedNode(expand("xsd:date")))
            case "part":
                system, _, notation = text.rpartition("/")
                return ox.NamedNode(part_iri(system or "guide-2024", notation))
            case "layer":
                return ox.NamedNode(layer_iri(text))
            case "rule" | "level" | "edition" | "scope":
                return ox.NamedNode(item("system" if self.type == "edition" else self.type, text))
            case "integer":
                return ox.Literal(int(text))
        return ox.Literal(text)


@dataclass(frozen=True, slots=True)
class Column:
    """One column of an answer: what type its cells have and what it holds; a cell is empty where nothing is on record."""

    name: str
    type: str
    label_zh: str
    label_en: str

    def value(self, term: Term | None) -> str | int | bool | None:
        """Return a cell as JSON has it: whole numbers and truth values as such, a decimal with the digits it was written with."""
        if term is None or self.type not in ("integer", "boolean"):
            return term.value if term else None
        return int(term.value) if self.type == "integer" else term.value in ("true", "1")


@dataclass(frozen=True, slots=True)
class Query:
    """A saved query: name (the file's), question and explanation in both languages, parameters, columns, SPARQL text.

    A check has a severity too, and a ``source``: who demands it, by its name in ``shapes/sources.ttl`` or as a text.
    """

    name: str
    summary_zh: str
    summary: str
    description_zh: str
    description: str
    parameters: tuple[Parameter, ...]
    columns: Mapping[str, Column]
    tags: tuple[str, ...]
    severity: Severity
    source: str
    text: str

    def bind(self, given: Mapping[str, str]) -> str:
        """Return the query with the parameters in their ``VALUES ?name { UNDEF }`` places; raises UsageError."""
        known = {parameter.name: parameter for parameter in self.parameters}
        for name in given:
            if name not in known:
                near = nearest(name, known)
                raise UsageError(
                    f"Query {self.name} has no parameter {name}. It takes: {', '.join(known) or 'none'}."
                    + (f" Did you mean {near}?" if near else ""),
                    f"查询 {self.name} 没有参数 {name}。可用参数：{'、'.join(known) or '无'}。",
                    name,
                    near=near,
                    rule="unknown-parameter",
                )
        terms: dict[str, Term] = {}
        for parameter in self.parameters:
            value = given.get(parameter.name) or parameter.default
            if value is None and parameter.required:
                raise UsageError(
                    f"Query {self.name} needs the parameter {parameter.name}, for example {parameter.name}={parameter.example}.",
                    f"查询 {self.name} 需要参数 {parameter.name}，例如 {parameter.name}={parameter.example}。",
                    parameter.name,
                )
            if value is not None:
                terms[parameter.name] = parameter.term(value)
        return self.bind_terms(terms)

    def bind_terms(self, terms: Mapping[str, Term]) -> str:
        """Return the query with RDF terms in the places of its parameters and with every prefix declared."""
        text = self.text
        for name, term in terms.items():
            text = _fill(text, name, term)
        return with_prefixes(text)

    def run(self, store: ox.Store, given: Mapping[str, str] | None = None) -> Iterator[dict[str, Term]]:
        """Run the query over the union of all graphs; rows by variable name, unbound variables left out.

        Raises UsageError for a parameter that is missing, unknown, malformed or names a rule, part, … that does not exist.
        """
        text = self.bind(given or {})
        for parameter in self.parameters:
            value = (given or {}).get(parameter.name)
            if value and parameter.type in _CODES:
                _check_exists(store, parameter, value)
            elif value and parameter.type == "number":
                _check_on_record(store, parameter, value)
        if check := getattr(store, "check_query", None):  # a server may be known to answer this one wrongly
            check(self.name)
        return self.rows(store, text)

    def rows(self, store: ox.Store, text: str) -> Iterator[dict[str, Term]]:
        """Yield the rows of the query with its parameters in place."""
        solutions = store.query(text, use_default_graph_as_union=True)
        if not isinstance(solutions, ox.QuerySolutions | Solutions):
            raise QueryError(f"{self.name} is not a SELECT query.", f"{self.name} 不是 SELECT 查询。")
        names = [variable.value for variable in solutions.variables]
        joined = {name: separator for separator, name in _JOINED.findall(text)}
        for solution in solutions:
            row = {name: term for name in names if isinstance(term := solution[name], Term)}
            for name, separator in joined.items():
                if name in row:
                    row[name] = ox.Literal(separator.join(sorted(row[name].value.split(separator))))
            yield row

    def answer(self, store: ox.Store, given: Mapping[str, str] | None = None) -> list[dict[str, Any]]:
        """Run the query and return its rows with a typed cell for each column; raises as ``run`` does."""
        return [
            {name: column.value(row.get(name)) for name, column in self.columns.items()}
            for row in self.run(store, given)
        ]

    def as_dict(self) -> dict[str, Any]:
        """Return what lists and documentation show of the query."""
        return {
            "name": self.name,
            "summary_zh": self.summary_zh,
            "summary_en": self.summary,
            "description_zh": self.description_zh,
            "description_en": self.description,
            "parameters": [asdict(parameter) for parameter in self.parameters],
            "columns": [asdict(column) for column in self.columns.values()],
            "tags": list(self.tags),
            "sparql": self.text,
        }


def _check_exists(store: ox.Store, parameter: Parameter, value: str) -> None:
    """Raise UsageError where nothing has that name: an unknown rule is a mistake, not an empty answer."""
    notation, iri = ox.NamedNode(expand("skos:notation")), parameter.term(value).value
    if any(True for _ in store.quads_for_pattern(ox.NamedNode(iri), notation, None)):
        return
    above = iri[: len(iri) - len(key_of(iri))]
    names = {
        quad.object.value
        for quad in store.quads_for_pattern(None, notation, None)
        if isinstance(quad.subject, ox.NamedNode)
        and quad.subject.value.startswith(above)
        and isinstance(quad.object, ox.Literal)
    }
    near, listed = nearest(value, sorted(names)), sorted(names)[:LISTED]
    if len(names) > LISTED:
        listed.append("…")
    raise UsageError(
        f"Parameter {parameter.name}: there is no {parameter.type} “{value}”."
        + (f" Did you mean {near}?" if near else "")
        + f" Choose from: {', '.join(listed)}.",
        f"参数 {parameter.name}：没有名为“{value}”的{_CODES[parameter.type]}。"
        + (f"是否指 {near}？" if near else "")
        + f"可选：{'、'.join(listed)}。",
        parameter.name,
        value,
        near,
    )


def _check_on_record(store: ox.Store, parameter: Parameter, value: str) -> None:
    """Raise UsageError for a number that neither a record nor a citation has."""
    if not any(True for _ in store.quads_for_pattern(parameter.term(value), None, None)):  # type: ignore[arg-type]
        raise UsageError(
            f"Parameter {parameter.name}: {value} is not on record. Write the dated number, for example {parameter.example}.",
            f"参数 {parameter.name}：没有 {value} 的记录。请写注日期的编号，例如 {parameter.example}。",
            parameter.name,
        )


def with_prefixes(text: str) -> str:
    """Return a SPARQL text with the product's prefixes before it, but for those that it declares itself."""
    declared = set(_PREFIX.findall(text))
    return "".join(f"PREFIX {name}: <{iri}>\n" for name, iri in PREFIXES.items() if name not in declared) + text


def _fill(text: str, name: str, term: Term) -> str:
    place = re.compile(r"VALUES\s+\?" + re.escape(name) + r"\s*\{\s*UNDEF\s*\}")
    filled, count = place.subn(lambda _: f"VALUES ?{name} {{ {term} }}", text)
    if not count:
        raise QueryError(
            f"No place for ?{name}: write VALUES ?{name} {{ UNDEF }}.", f"查询中缺少 VALUES ?{name} {{ UNDEF }}。"
        )
    return filled


def read_query(path: Path) -> Query:
    """Read a query file; raises QueryError for missing or unknown front matter, naming the key."""
    import yaml

    lines = path.read_text(encoding="utf-8").splitlines()
    front = "\n".join(line[2:].removeprefix(" ") for line in lines if line.startswith("#+"))
    body = "\n".join(line for line in lines if not line.startswith("#+"))
    try:
        data = yaml.safe_load(front) or {}
    except yaml.YAMLError as error:
        raise QueryError(
            f"{path.name}: front matter is not YAML: {error}", f"{path.name}：前置信息不是 YAML：{error}"
        ) from None
    for key in _NEEDED - set(data) | (set(data) - _KEYS):
        raise QueryError(
            f"{path.name}: front matter key {key} is missing or unknown.", f"{path.name}：前置信息 {key} 缺失或未知。"
        )
    return Query(
        name=path.stem,
        summary=data["summary"],
        summary_zh=data["summary_zh"],
        description=data.get("description", "").strip(),
        description_zh=data.get("description_zh", "").strip(),
        parameters=_parameters(path.name, data.get("parameters", ())),
        columns=_columns(path.name, data["columns"]),
        tags=tuple(data.get("tags", ())),
        severity=data.get("severity", "violation"),
        source=data.get("source", ""),
        text=body.strip() + "\n",
    )


def _parameters(file: str, entries: Any) -> tuple[Parameter, ...]:
    """Return the parameters that front matter declares; raises QueryError for an unknown key or type."""
    try:
        parameters = tuple(Parameter(**entry) for entry in entries)
    except TypeError:
        allowed = ", ".join(Parameter.__dataclass_fields__)
        raise QueryError(
            f"{file}: parameters: each is a mapping with name and type (keys: {allowed}).",
            f"{file}：parameters：每个参数须写明 name 和 type（可用的键：{allowed}）。",
        ) from None
    for parameter in parameters:
        if parameter.type not in _TYPES:
            raise QueryError(
                f"{file}: parameter type {parameter.type} is unknown ({', '.join(_TYPES)}).",
                f"{file}：参数类型 {parameter.type} 未知（{', '.join(_TYPES)}）。",
            )
    return parameters


def _columns(file: str, entries: Any) -> dict[str, Column]:
    """Return the columns that front matter declares, by name; raises QueryError for an unknown key or type."""
    try:
        columns = {name: Column(name, **entry) for name, entry in entries.items()}
    except (AttributeError, TypeError):
        raise QueryError(
            f"{file}: columns: write each as NAME: {{type: …, label_zh: …, label_en: …}}.",
            f"{file}：columns：每列写作 NAME: {{type: …, label_zh: …, label_en: …}}。",
        ) from None
    for column in columns.values():
        if column.type not in _COLUMN_TYPES:
            near = nearest(str(column.type), _COLUMN_TYPES)
            raise QueryError(
                f"{file}: column {column.name}: type {column.type} is unknown ({', '.join(_COLUMN_TYPES)})."
                + (f" Did you mean {near}?" if near else ""),
                f"{file}：列 {column.name} 的类型 {column.type} 未知（{', '.join(_COLUMN_TYPES)}）。"
                + (f"是否指 {near}？" if near else ""),
            )
    return columns


class Library:
    """All saved queries of a folder, by name."""

    def __init__(self, folder: Path) -> None:
        self._queries = {path.stem: read_query(path) for path in sorted(folder.glob("*.rq"))}

    def __iter__(self) -> Iterator[Query]:
        return iter(self._queries.values())

    def get(self, name: str) -> Query:
        """Return the query of that name; raises UsageError with the nearest name."""
        if name in self._queries:
            return self._queries[name]
        near = nearest(name, self._queries)
        raise UsageError(
            f"No saved query “{name}”."
            + (f" Did you mean {near}?" if near else "")
            + " `aistandards queries` lists them.",
            f"没有名为“{name}”的查询。" + (f"是否指 {near}？" if near else "") + "`aistandards queries` 列出全部查询。",
            value=name,
            near=near,
        )


@cache
def checks() -> Library:
    """Return the queries of ``queries/checks``, read once."""
    return Library(resource("queries") / "checks")
