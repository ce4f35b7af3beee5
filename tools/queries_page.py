"""Write docs/queries.md from the front matter of the saved queries: ``make docs``; a test fails where the page is stale."""

from __future__ import annotations

import shlex
from pathlib import Path

from aistandards.queries import Library, Parameter, Query
from aistandards.settings import resource

PAGE = Path(__file__).resolve().parents[1] / "docs" / "queries.md"
HEAD = """# 保存的查询 Saved queries

本页由 `queries/*.rq` 的前置信息生成（`make docs`），请勿手改。每个查询都在小图上测试过手工推出的结果（`tests/queries/`），
并在 pyoxigraph、rdflib、Oxigraph 服务器和 Apache Jena Fuseki 上给出相同的行。空单元格表示没有记录。

This page is generated from the front matter of `queries/*.rq` (`make docs`); do not edit it. Every query is tested over a
small graph against rows worked out by hand (`tests/queries/`) and gives the same rows on pyoxigraph, rdflib, an Oxigraph
server and Apache Jena Fuseki. An empty cell means that nothing is on record.
"""


def command_line(query: Query) -> str:
    """Return a command line that runs the query on its examples."""
    given = [f"{p.name}={p.example}" for p in query.parameters if p.required]
    return " ".join(["aistandards query", query.name, *(f"--param {shlex.quote(text)}" for text in given)])


def parameter_row(parameter: Parameter) -> str:
    """Return the line of one parameter in its table."""
    must = (
        "必填 required"
        if parameter.required
        else f"默认 default {parameter.default}"
        if parameter.default
        else "可选 optional"
    )
    return f"| `{parameter.name}` | {parameter.label_zh} {parameter.label_en} | {parameter.type} | {must} | {parameter.example} |"


def section(query: Query) -> str:
    """Return what the page says of one query."""
    lines = [
        f"## {query.name}",
        "",
        f"**{query.summary_zh}** {query.description_zh}",
        "",
        f"**{query.summary}** {query.description}",
        "",
    ]
    if query.parameters:
        lines += ["| 参数 parameter | 含义 meaning | 类型 type | | 例 example |", "|---|---|---|---|---|"]
        lines += [*map(parameter_row, query.parameters), ""]
    lines += ["| 列 column | 类型 type | 含义 | meaning |", "|---|---|---|---|"]
    lines += [f"| `{c.name}` | {c.type} | {c.label_zh} | {c.label_en} |" for c in query.columns.values()]
    return "\n".join([*lines, "", "```sh", command_line(query), "```", ""])


def page(library: Library) -> str:
    """Return the whole page: a table of contents and a section a query."""
    contents = [f"- [{query.name}](#{query.name}): {query.summary_zh} {query.summary}" for query in library]
    return "\n".join([HEAD, *contents, "", *map(section, library)])


if __name__ == "__main__":
    PAGE.write_text(page(Library(resource("queries"))), encoding="utf-8")
