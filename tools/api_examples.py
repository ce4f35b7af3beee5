"""Write ``src/aistandards/web/examples.json``: a real answer to the example request of each operation, cut to its first entries."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient

from aistandards import pipeline
from aistandards.api import create_app
from aistandards.settings import ServerSettings, resource

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))
ENTRIES = 1


def cut(body: Any) -> Any:
    """Return an answer with the first entry of each list: what a reader of the documentation can take in."""
    if isinstance(body, list):
        return [cut(one) for one in body[:ENTRIES]]
    return {name: cut(value) for name, value in body.items()} if isinstance(body, dict) else body


def answers(client: TestClient) -> dict[str, Any]:
    """Return the answers by operation, of those that answer JSON to their example."""
    from openapi import operations

    found = {}
    for one in operations(client.get("/api/v1/openapi.json").json()):
        if one.path == "/api/v1/openapi.json":
            continue
        answer = client.request(**one.request(), follow_redirects=False)
        if answer.status_code == 200 and answer.headers["content-type"] in (
            "application/json",
            "application/sparql-results+json",
        ):
            found[one.name] = cut(answer.json())
    return found


def main() -> int:
    """Write the file from a store of the shipped records."""
    place = resource("queries").parent / "src" / "aistandards" / "web" / "examples.json"
    with tempfile.TemporaryDirectory() as folder:
        pipeline.build(Path(folder))
        with TestClient(create_app(ServerSettings(store=Path(folder)))) as client:
            made = answers(client)
    place.write_text(json.dumps(made, ensure_ascii=False, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    print(f"{len(made)} examples in {place.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
