"""The OpenAPI description as tests use it: its operations, the requests of its examples, and whether an answer fits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx
import jsonschema

JSON = "application/json"


@dataclass(frozen=True)
class Operation:
    """One operation with the request of its example."""

    method: str
    path: str
    said: dict[str, Any]

    @property
    def name(self) -> str:
        return f"{self.method.upper()} {self.path}"

    def request(self) -> dict[str, Any]:
        """The request of the example, as arguments of httpx."""
        path, params = self.path, {}
        for parameter in self.said["parameters"]:
            if parameter["in"] == "path":
                name = parameter["name"]
                path = path.replace(f"{{{name}}}", quote(str(parameter["example"]), safe=""))
            elif "example" in parameter:
                params[parameter["name"]] = parameter["example"]
        return {"method": self.method.upper(), "url": path, "params": params, **self.body()}

    def body(self) -> dict[str, Any]:
        for kind, media in self.said.get("requestBody", {}).get("content", {}).items():
            if "example" in media:
                return (
                    {"json": media["example"]}
                    if kind == JSON
                    else {"content": media["example"], "headers": {"Content-Type": kind}}
                )
        return {}

    @property
    def media_types(self) -> list[str]:
        return list(self.said["responses"].get("200", {}).get("content", {}))


def operations(document: dict[str, Any]) -> Iterator[Operation]:
    for path, methods in document["paths"].items():
        for method, said in methods.items():
            yield Operation(method, path, said)


def fit(document: dict[str, Any], schema: dict[str, Any], body: Any) -> None:
    """Raise where a body does not fit a schema of the document."""
    rooted = {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "components": document["components"]}
    jsonschema.Draft202012Validator(rooted, format_checker=jsonschema.FormatChecker()).validate(body)


def fits(document: dict[str, Any], operation: Operation, answer: httpx.Response) -> None:
    """Raise where an answer is of a media type or shape that its operation does not name."""
    response = operation.said["responses"][str(answer.status_code)]
    if "$ref" in response:
        response = document["components"]["responses"][response["$ref"].rpartition("/")[2]]
    kind = answer.headers["content-type"].partition(";")[0]
    assert kind in response["content"], f"{operation.name}: {kind}"
    if kind.endswith("json"):
        fit(document, response["content"][kind]["schema"], answer.json())
