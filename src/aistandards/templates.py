"""Templates of pages and reports: complete HTML, made on the server, nothing undefined passes."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from aistandards.namespaces import compress

WEB: Final = Path(__file__).resolve().parent / "web"


@cache
def environment() -> Environment:
    """Return the environment of all templates, with the filters ``compress`` (an IRI), ``json`` and ``query`` (of an address)."""
    made = Environment(
        loader=FileSystemLoader(str(WEB / "templates")),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["compress"] = compress
    made.filters["json"] = lambda value: json.dumps(value, ensure_ascii=False, indent=1)
    made.filters["query"] = lambda pairs: urlencode({k: v for k, v in pairs.items() if v not in (None, "")}, doseq=True)
    return made
