"""`aistandards publish`: load a build into a SPARQL server and read it back, or write it as a file for one."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from aistandards import output
from aistandards.commands.common import command, open_build, progress, store_option
from aistandards.errors import UsageError
from aistandards.reports import say
from aistandards.settings import place_of

METHODS = ("gsp", "bulk", "update")


def add(commands: Any) -> None:
    """Add the command and its options."""
    parser = command(
        commands,
        "publish",
        run,
        "load a build into a SPARQL server and read it back, or write it as a file for one",
        "aistandards publish https://example.org/sparql",
        ("text", "json"),
    )
    parser.add_argument(
        "target", metavar="URL|FILE.nq", type=place_of, help="the query address of the server, or a file"
    )
    parser.add_argument(
        "--graph-store", metavar="URL", help="where the server takes graphs (default: by kind of server)"
    )
    parser.add_argument("--update", metavar="URL", help="load by SPARQL Update at this address instead")
    parser.add_argument(
        "--method",
        choices=METHODS,
        default="gsp",
        help="graph by graph (gsp), as one stream of N-Quads (bulk), by SPARQL Update (update); default gsp",
    )
    parser.add_argument("--replace", action="store_true", help="replace another build that the server holds")
    parser.add_argument("--verify", action="store_true", help="load nothing, only read back and compare")
    store_option(parser)


def run(arguments: argparse.Namespace) -> int:
    """Load and verify; raises UsageError, StoreError, or DifferenceError where the server does not give back all."""
    from aistandards import publish
    from aistandards.endpoint import Endpoint

    build = open_build(arguments)
    published, show = publish.describe(build), progress()
    if isinstance(arguments.target, Path):
        if arguments.target.suffix != ".nq" or arguments.verify:
            raise UsageError(
                f"{arguments.target}: name the query address of a server (https://…), or a file that ends in .nq.",
                f"{arguments.target}：请给出服务器的查询地址（https://…），或以 .nq 结尾的文件。",
            )
        publish.write_file(build, published, arguments.target)
        answer = {
            "file": str(arguments.target),
            "build": build.id,
            "triples": sum(g.triples for g in published.graphs.values()),
        }
    elif arguments.verify:
        answer = publish.verify(build, published, Endpoint(arguments.target), show)
    else:
        target = publish.target_of(arguments.target, arguments.graph_store, arguments.update, arguments.method)
        answer = publish.publish(build, published, target, show, anew=arguments.replace)
    print(output.as_json(answer) if arguments.format == "json" else _text(answer, output.language(arguments.lang)))
    return 0


def _text(answer: dict[str, Any], language: str) -> str:
    """Return what was loaded, that it was read back, and how long both took."""
    build, triples = answer["build"][:16], answer["triples"]
    if "file" in answer:
        return say(
            language,
            f"构建 {build}（{triples} 个三元组）已写入 {answer['file']}",
            f"build {build} ({triples} triples) written to {answer['file']}",
        )
    loaded = answer.get("loaded", False)
    lines = [
        say(
            language,
            f"{answer['server']} 持有构建 {build}：{len(answer['graphs'])} 个图，{triples} 个三元组，已逐图读回核对",
            f"{answer['server']} holds build {build}: {len(answer['graphs'])} graphs, {triples} triples, each graph read back and compared",
        ),
        *(
            [
                say(
                    language,
                    f"载入 {answer['load_seconds']} 秒（{answer['method']}），核对 {answer['verify_seconds']} 秒",
                    f"loaded in {answer['load_seconds']} s ({answer['method']}), verified in {answer['verify_seconds']} s",
                )
            ]
            if loaded
            else [say(language, "未作载入", "nothing was loaded")]
        ),
    ]
    if answer["differing"]:
        names = ", ".join(answer["differing"])
        lines.append(
            say(
                language,
                f"该服务器对以下保存的查询给出不同的行，--store URL 会拒绝它们：{names}",
                f"this server gives other rows to these saved queries, --store URL refuses them: {names}",
            )
        )
    if not answer["union_default"]:
        lines.append(
            say(
                language,
                "该服务器的默认图不是各图之并：aistandards 在每次查询中指明各图，其他客户端也须如此",
                "the default graph of this server is not the union of all graphs: aistandards names the graphs in every query, other clients must too",
            )
        )
    return "\n".join(lines)
