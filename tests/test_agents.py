"""The tools for AI agents with the SDK's own client: over standard input and output, and over HTTP on a real socket."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import anyio.from_thread
import httpx
import pytest
from mcp import Client, StdioServerParameters
from mcp.shared.exceptions import MCPError
from mcp_types import CallToolResult, TextContent, TextResourceContents, Tool

from aistandards.api import create_app
from aistandards.api.asking import words
from aistandards.api.tools import TOOLS
from aistandards.counts import Counts
from aistandards.settings import ServerSettings
from conftest import SOURCE, Cli, environment
from serving import serving

NUMBER = "gbt45288.1"
MANY = {"limit": 500}
# one good question a tool; with the limit, so that little is cut
GOOD: dict[str, dict[str, Any]] = {
    "find_standard": {"number": "ＧＢ／Ｔ 45288.1—2025"},
    "show": {"number": NUMBER, "as_of": "2026-03-01"},
    "search": {"q": "大模型", "level": "national", **MANY},
    "similar": {"title": "人工智能 大模型 评测指标"},
    "explain": {"number": NUMBER, "rule": ["guide", "national"]},
    "coverage": {"rule": "national", "guidance": "yes", "by": "year", **MANY},
    "compare_rules": {"rule": ["guide", "calendar-2024"], **MANY},
    "counted_records": {"verdict": "counts", **MANY},
    "matrix": {"by": "part,level", **MANY},
    "matrix_records": {"row": "C", "state": "in-force", **MANY},
    "targets": {"as_of": "2026-09-16", **MANY},
    "rules": {"rule": ["guide"]},
    "systems": {"edition": "guide-2024", **MANY},
    "gaps": {**MANY},
    "forecast": {"by_day": "2027-06-30", **MANY},
    "status": {"number": ["GB/T 45288.1", "GB/T 1.1-2009", "nonsense"]},
    "changes": {"from": "2026-01-01", "to": "2026-06-30", "rule": ["guide"], **MANY},
    "adoption": {"state": "adopted", **MANY},
    "saved_queries": {**MANY},
    "run_query": {"name": "standards-of-part", "parameters": {"part": "CC"}, **MANY},
    "sparql": {"query": "SELECT (COUNT(*) AS ?n) { ?s a <https://w3id.org/aistandards/ontology#NationalStandard> }"},
}
# what is wrong, and what the sentence must name
BAD: list[tuple[str, dict[str, Any], str]] = [
    ("find_standard", {"number": "GB/T 45288.9-2025"}, "GB/T 45288"),
    ("find_standard", {}, "number"),
    ("find_standard", {"number": ""}, "empty"),
    ("find_standard", {"number": 45288}, "number"),
    ("show", {"number": "hello"}, "prefix"),
    ("show", {"number": NUMBER, "as_of": "tomorrow"}, "YYYY-MM-DD"),
    ("show", {"number": NUMBER, "release": "v0"}, "v0"),
    ("search", {"level": "nationl"}, "national"),
    ("search", {"q": "x", "format": "csv"}, "format"),
    ("search", {"kind": "book"}, "kind"),
    ("search", {"limit": 501}, "500"),
    ("search", {"limit": "many"}, "limit"),
    ("search", {"limit": True}, "limit"),
    ("similar", {"title": ""}, "title"),
    ("similar", {}, "title"),
    ("explain", {"number": NUMBER, "rule": ["guid"]}, "guide"),
    ("explain", {"number": NUMBER, "as_of": "1901-01-01"}, "1901"),
    ("coverage", {"rule": "guid"}, "guide"),
    ("coverage", {"rule": ["guide", "national"]}, "rule"),
    ("coverage", {"rul": "guide"}, "rule"),
    ("coverage", {"scope": "everything"}, "core"),
    ("coverage", {"system": "guide-2042"}, "guide-2024"),
    ("coverage", {"switch": ["ieee"]}, "name=value"),
    ("compare_rules", {"rule": ["guide"]}, "two"),
    ("counted_records", {"verdict": "count"}, "counts"),
    ("matrix", {"by": "part"}, "part"),
    ("matrix", {"row": "C"}, "row"),
    ("matrix_records", {"row": "ZZ"}, "ZZ"),
    ("targets", {"as_of": ""}, "as_of"),
    ("rules", {"rule": ["x"]}, "x"),
    ("systems", {"edition": "guide"}, "guide-20"),
    ("gaps", {"guidance": "maybe"}, "yes"),
    ("forecast", {"by_day": "2020-01-01"}, "2020-01-01"),
    ("forecast", {"rule": "led"}, "led"),
    ("status", {"number": []}, "number"),
    ("status", {"number": ["GB/T 1"] * 501}, "number"),
    ("changes", {"from": "2026-06-30", "to": "2026-01-01"}, "2026-01-01"),
    ("changes", {"from": "2026-06-30"}, "to"),
    ("adoption", {"committee": "ISO/IEC JTC 1/SC 99"}, "SC 42"),
    ("saved_queries", {"name": "target"}, "targets"),
    ("run_query", {"name": "standards-of-part"}, "part"),
    ("run_query", {"name": "targets", "parameters": {"part": 5}}, "parameters"),
    ("sparql", {"query": "SELECT * WHERE { ?s ?p }"}, "line 1"),
    ("sparql", {"query": "SELECT * { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }"}, "SERVICE"),
    ("sparql", {"query": "SELECT * FROM <file:///etc/passwd> { ?s ?p ?o }"}, "file:///etc/passwd"),
    ("sparql", {"query": "INSERT DATA { <urn:a> <urn:b> <urn:c> }"}, "INSERT"),
    ("sparql", {"query": "LOAD <http://127.0.0.1:1/>"}, "LOAD"),
    ("sparql", {"query": "ASK {}", "limit": 0}, "limit"),
    ("status", {"number": ["x" * 200_000]}, "100,000"),
    ("run_query", {"name": "targets", "parameters": {"x" * 120_000: "y"}}, "100,000"),
]


@dataclass(frozen=True, slots=True)
class Agent:
    """A client that is connected, for tests that are no coroutines."""

    portal: anyio.from_thread.BlockingPortal
    client: Client

    def do(self, name: str, *arguments: Any) -> Any:
        return self.portal.call(getattr(self.client, name), *arguments)

    def call(self, name: str, arguments: dict[str, Any]) -> CallToolResult:
        result: CallToolResult = self.do("call_tool", name, arguments)
        return result

    def answer(self, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """The structured answer, which the client has held against the tool's schema."""
        result = self.call(name, arguments)
        assert not result.is_error, result.content
        body: dict[str, Any] = result.structured_content
        (text,) = result.content
        assert isinstance(text, TextContent) and json.loads(text.text) == body
        return body

    def refusal(self, name: str, arguments: dict[str, Any]) -> str:
        result = self.call(name, arguments)
        assert result.is_error and result.structured_content is None
        (text,) = result.content
        assert isinstance(text, TextContent)
        return text.text

    def tools(self) -> list[Tool]:
        found: list[Tool] = self.do("list_tools").tools
        return found


def stdio(store: Path, language: str = "en") -> StdioServerParameters:
    arguments = ["-m", "aistandards", "mcp", "--store", str(store), "--lang", language]
    return StdioServerParameters(command=sys.executable, args=arguments, env=environment())


@pytest.fixture(scope="module")
def address(store_folder: Path) -> Iterator[str]:
    with serving(store_folder) as found:
        yield found


@pytest.fixture(scope="module")
def api(address: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=address, timeout=30) as found:
        yield found


@pytest.fixture(scope="module", params=["stdio", "http"])
def agent(request: pytest.FixtureRequest, store_folder: Path, address: str) -> Iterator[Agent]:
    target = stdio(store_folder) if request.param == "stdio" else f"{address}/mcp"
    with (
        anyio.from_thread.start_blocking_portal() as portal,
        portal.wrap_async_context_manager(Client(target)) as client,
    ):
        yield Agent(portal, client)


def test_every_tool_has_a_question_here() -> None:
    assert set(GOOD) == set(TOOLS) == {name for name, _, _ in BAD}


def test_the_tools_are_described_in_both_languages_and_only_read(agent: Agent, counts: Counts) -> None:
    tools = {tool.name: tool for tool in agent.tools()}
    assert set(tools) == set(GOOD)
    for tool in tools.values():
        hints = tool.annotations
        assert hints is not None
        assert (hints.read_only_hint, hints.destructive_hint, hints.open_world_hint) == (True, False, False)
        for text in (
            tool.title,
            tool.description,
            *(p["description"] for p in tool.input_schema["properties"].values()),
        ):
            assert text and any("一" <= letter <= "鿿" for letter in text) and any("a" <= x <= "z" for x in text), text
        assert tool.output_schema and tool.input_schema["additionalProperties"] is False
    coverage = tools["coverage"].input_schema["properties"]
    assert coverage["rule"]["enum"] == [rule.name for rule in counts.rules] and coverage["rule"]["default"] == "guide"
    assert coverage["evidence"]["enum"] == ["any", "confirmed"]
    assert tools["search"].input_schema["properties"]["status"]["items"]["enum"] == sorted(counts.words["status"])
    assert tools["explain"].input_schema["required"] == ["number"]


def compare(whole: Any, shown: Any, path: str, cut: dict[str, Any]) -> None:
    """Hold an answer against the API's: equal, but for lists of which the first entries are shown and which say so."""
    if isinstance(whole, dict):
        assert set(whole) == set(shown), path
        for key, value in whole.items():
            compare(value, shown[key], f"{path}.{key}".lstrip("."), cut)
    elif isinstance(whole, list):
        if len(shown) < len(whole):
            assert cut[path]["shown"] == len(shown) and cut[path]["of"] >= len(whole), path
        else:
            assert len(shown) == len(whole), path
        for one, other in zip(whole, shown, strict=False):
            compare(one, other, f"{path}[]", cut)
    else:
        assert whole == shown, path


@pytest.mark.parametrize("name", [name for name in GOOD if name != "sparql"])
def test_a_tool_answers_what_the_api_answers(agent: Agent, api: httpx.Client, name: str) -> None:
    body = agent.answer(name, GOOD[name])
    about = body.pop("about")
    answer = api.get(about["address"])
    assert answer.status_code == 200, answer.text
    assert about["build"] == answer.headers["X-Build"]
    assert about["source"]["zh"]["statement_of_sources"] and about["source"]["en"]["statement_of_sources"]
    whole = answer.json()
    if name == "find_standard":  # some of the columns
        whole = {key: whole.get(key) for key in body}
    if name == "rules":  # one of them
        whole = {**whole, "total": 1, "items": [one for one in whole["items"] if one["rule"] == "guide"]}
    if name == "saved_queries":  # in brief
        whole["items"] = [{key: one[key] for key in body["items"][0]} for one in whole["items"]]
    assert about["as_of"] == GOOD[name].get("as_of", GOOD[name].get("to", whole.get("as_of", about["as_of"])))
    compare(whole, body, "", {one["list"]: one for one in about["cut"]})


def test_a_query_text_answers_what_the_endpoint_answers(agent: Agent, api: httpx.Client) -> None:
    body = agent.answer("sparql", GOOD["sparql"])
    answer = api.get(body["about"]["address"], headers={"Accept": "application/sparql-results+json"})
    assert [{"n": row["n"]["value"]} for row in answer.json()["results"]["bindings"]] == body["items"]
    assert int(body["items"][0]["n"]) > 100
    assert body["about"]["cut"] == []


@pytest.mark.parametrize(("name", "arguments", "named"), BAD, ids=[f"{n}-{i}" for i, (n, _, _) in enumerate(BAD)])
def test_a_wrong_question_gets_a_sentence_in_both_languages(
    agent: Agent, name: str, arguments: dict[str, Any], named: str
) -> None:
    text = agent.refusal(name, arguments)
    assert named in text
    assert len(text.splitlines()) == 2 and len(text) < 3000
    assert "Traceback" not in text and "our side" not in text


def test_an_unknown_tool_is_an_error_of_the_protocol(agent: Agent) -> None:
    with pytest.raises(MCPError, match="Did you mean coverage") as caught:
        agent.call("coverag", {})
    assert caught.value.code == -32602


def test_what_is_cut_is_said(agent: Agent) -> None:
    body = agent.answer("counted_records", {"limit": 3})
    assert len(body["items"]) == 3 < body["total"]
    (cut,) = [one for one in body["about"]["cut"] if one["list"] == "items"]
    assert (cut["shown"], cut["of"]) == (3, body["total"]) and cut["zh"] and cut["en"]
    flood = agent.answer("sparql", {"query": "SELECT * { ?s ?p ?o }", "limit": 7})
    assert len(flood["items"]) == 7 and flood["about"]["cut"][0]["shown"] == 7


def test_an_answer_is_never_larger_than_an_agent_can_read(agent: Agent) -> None:
    body = agent.answer("changes", {"from": "2015-01-01", "to": "2026-06-30"})
    assert len(json.dumps(body, ensure_ascii=False).encode()) <= 64 << 10
    assert {one["list"] for one in body["about"]["cut"]} >= {"issued", "counts[].gained"}


def test_pages_of_a_search_follow_each_other(agent: Agent) -> None:
    first = agent.answer("search", {"q": "人工智能", "limit": 10})
    second = agent.answer("search", {"q": "人工智能", "limit": 10, "cursor": first["next"]})
    both = agent.answer("search", {"q": "人工智能", "limit": 20})
    assert first["items"] + second["items"] == both["items"] and first["total"] > 20


def test_twenty_calls_at_once_are_answered_as_one_by_one(agent: Agent) -> None:
    names = [name for name in GOOD if name not in ("sparql", "changes")][:10] * 2
    alone = {name: agent.answer(name, GOOD[name]) for name in set(names)}

    async def at_once() -> dict[int, CallToolResult]:
        found: dict[int, CallToolResult] = {}

        async def one(at: int, name: str) -> None:
            found[at] = await agent.client.call_tool(name, GOOD[name])

        async with anyio.create_task_group() as group:
            for at, name in enumerate(names):
                group.start_soon(one, at, name)
        return found

    found = agent.portal.call(at_once)
    assert [found[at].structured_content for at in range(20)] == [alone[name] for name in names]


def test_resources_are_read(agent: Agent, counts: Counts) -> None:
    def read(uri: str) -> str:
        (content,) = agent.do("read_resource", uri).contents
        assert isinstance(content, TextResourceContents) and content.uri == uri
        return content.text

    listed = [resource.uri for resource in agent.do("list_resources").resources]
    assert listed == ["ais://guide", *(f"ais://rule/{rule.name}" for rule in counts.rules)]
    guide = read("ais://guide")
    assert all(f"`{name}`" in guide for name in (*GOOD, *counts.editions, "CC", "not-yet-in-force"))
    assert json.loads(read("ais://rule/guide"))["items"][0]["rule"] == "guide"
    for spelled in ("gbt45288.1-2025", "GB%2FT%2045288.1-2025"):
        assert json.loads(read(f"ais://standard/{spelled}"))["number"] == "GB/T 45288.1-2025"
    templates = agent.do("list_resource_templates").resource_templates
    assert {one.uri_template for one in templates} == {"ais://standard/{number}", "ais://rule/{name}"}


@pytest.mark.parametrize(
    ("uri", "named"),
    [
        ("ais://standard/GBT-1-1900", "GB/T"),
        ("ais://rule/guid", "guide"),
        ("ais://nothing", "ais://guide"),
        ("ais://standard/", "ais://guide"),
        ("file:///etc/passwd", "ais://guide"),
        ("http://127.0.0.1:1/", "ais://guide"),
    ],
)
def test_an_unknown_resource_is_refused_with_what_there_is(agent: Agent, uri: str, named: str) -> None:
    with pytest.raises(MCPError, match=named):
        agent.do("read_resource", uri)


def test_prompts_are_filled_in(agent: Agent) -> None:
    assert [prompt.name for prompt in agent.do("list_prompts").prompts] == ["defend_a_number", "check_references"]
    (message,) = agent.do("get_prompt", "defend_a_number", {"rule": "national", "as_of": "2026-09-16"}).messages
    assert "national" in message.content.text and "2026-09-16" in message.content.text
    for name, arguments, named in (
        ("check_references", {}, "numbers"),
        ("defend_a_number", {"rul": "guide"}, "rule"),
        ("defend_number", {}, "defend_a_number"),
    ):
        with pytest.raises(MCPError, match=named):
            agent.do("get_prompt", name, arguments)


def test_no_call_changes_the_store(store_folder: Path, agent: Agent) -> None:
    def state() -> dict[str, tuple[int, int]]:
        files = (path for path in store_folder.rglob("*") if path.is_file())
        return {str(path): (path.stat().st_mtime_ns, path.stat().st_size) for path in files}

    before = state()
    for name, arguments in GOOD.items():
        agent.answer(name, arguments)
    assert state() == before


def test_standard_output_carries_the_protocol_and_nothing_else(store_folder: Path) -> None:
    def message(method: str, **more: Any) -> bytes:
        return json.dumps({"jsonrpc": "2.0", "method": method, **more}).encode() + b"\n"

    hello = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
    sent = [
        message("initialize", id=1, params=hello),
        message("notifications/initialized"),
        b"this is no message\n",
        message("tools/call", id=2, params={"name": "coverage", "arguments": {}}),
        message("tools/call", id=3, params={"name": "sparql", "arguments": {"query": "ASK {}"}}),
    ]
    process = subprocess.Popen(
        [sys.executable, "-m", "aistandards", "mcp", "--store", str(store_folder), "--lang", "zh"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
    )
    assert process.stdin and process.stdout and process.stderr
    process.stdin.write(b"".join(sent))
    process.stdin.flush()
    answers: dict[int, Any] = {}
    while len(answers) < 3:
        line = json.loads(process.stdout.readline())
        assert line["jsonrpc"] == "2.0"
        if line.get("id"):
            answers[line["id"]] = line["result"]
    rest, errors = process.communicate(timeout=60)
    assert process.returncode == 0 and rest == b"" and b"Traceback" not in errors
    assert answers[1]["instructions"].startswith("aistandards：")  # Chinese first, as asked
    assert answers[2]["structuredContent"]["rule"] == "guide"
    assert answers[3]["structuredContent"]["items"] == [{"answer": "true"}]


def test_a_fault_of_ours_is_logged_and_not_sent(
    store_folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from aistandards.api import Holder, agents

    def fails(*_arguments: Any) -> Any:
        raise RuntimeError("a secret of the machine")

    async def call() -> CallToolResult:
        settings = ServerSettings(store=store_folder)
        holder = Holder(settings)
        with holder.service.engine:
            async with Client(agents.Agents(holder.take, settings, "en").server()) as client:
                return await client.call_tool("coverage", {})

    monkeypatch.setattr(agents, "ask", fails)
    result = anyio.run(call)
    said = result.model_dump_json()
    assert result.is_error and "our side" in said and "secret" not in said
    assert "a secret of the machine" in caplog.text


def test_a_missing_store_is_said_before_the_protocol_begins(cli: Cli, tmp_path: Path) -> None:
    done = cli("mcp", store=tmp_path / "none")
    assert done.code == 3 and done.stdout == "" and "aistandards build" in done.stderr


WITHOUT = "import sys; sys.modules['mcp'] = None; from aistandards.cli import main; sys.exit(main(sys.argv[1:]))"


def test_without_the_package_the_command_says_how_to_get_it(store_folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT, "mcp"], env=environment(store_folder), capture_output=True, text=True
    )
    assert done.returncode == 2 and done.stdout == "" and "Traceback" not in done.stderr
    assert done.stderr.count('pip install "aistandards[mcp]"') == 2  # in both languages


def test_without_the_package_the_service_runs_and_says_so(store_folder: Path) -> None:
    check = (
        "import sys; sys.modules['mcp'] = None\n"
        "import anyio, httpx\n"
        "from aistandards.api import create_app\n"
        "from aistandards.settings import ServerSettings\n"
        "app = create_app(ServerSettings())\n"
        "async def main():\n"
        "    async with app.router.lifespan_context(app):\n"
        "        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url='http://localhost') as client:\n"
        "            print((await client.get('/healthz')).status_code)\n"
        "            answer = await client.post('/mcp', json={})\n"
        "            print(answer.status_code, answer.headers['content-type'], answer.json()['detail'])\n"
        "if __name__ == '__main__':\n"
        "    anyio.run(main)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", check], env=environment(store_folder), capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    ok, said = done.stdout.splitlines()
    assert ok == "200" and said.startswith("501 application/problem+json") and "aistandards[mcp]" in said


CALL = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "coverage", "arguments": {}}}
ACCEPT = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}


@pytest.mark.parametrize("path", ["/mcp", "/mcp/"])
def test_a_single_post_is_answered_without_a_redirect_or_a_session(api: httpx.Client, path: str) -> None:
    answer = api.post(path, json=CALL, headers=ACCEPT)
    assert answer.status_code == 200 and answer.headers["content-type"] == "application/json"
    assert "mcp-session-id" not in answer.headers
    assert answer.json()["result"]["structuredContent"]["rule"] == "guide"


@pytest.mark.parametrize(
    ("headers", "content", "status"),
    [
        ({"Host": "evil.example"}, b"{}", 421),
        ({"Origin": "http://evil.example"}, b"{}", 403),
        ({"Content-Type": "text/plain"}, b"{}", 400),
        ({}, b"x" * 2_000_000, 413),
    ],
)
def test_what_is_not_let_in_gets_a_problem_document(
    api: httpx.Client, headers: dict[str, str], content: bytes, status: int
) -> None:
    answer = api.post("/mcp", content=content, headers={**ACCEPT, **headers})
    assert answer.status_code == status and answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"] and answer.json()["detail_zh"]


@pytest.mark.parametrize("content", [b"{", b"[]", b"null", b'{"jsonrpc": "1.0"}', b"\xff", b"[" * 100_000])
def test_what_is_no_message_gets_an_error_of_the_protocol(api: httpx.Client, content: bytes) -> None:
    answer = api.post("/mcp", content=content, headers=ACCEPT)
    assert answer.status_code == 400 and answer.json()["error"]["code"] in (-32700, -32600, -32602)


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT", "HEAD"])
def test_other_methods_are_refused(api: httpx.Client, method: str) -> None:
    answer = api.request(method, "/mcp", headers=ACCEPT)
    assert answer.status_code == 405 and "POST" in answer.headers["allow"]


def test_a_host_of_the_settings_is_let_in(store_folder: Path) -> None:
    app = create_app(ServerSettings(store=store_folder, mcp_hosts=("ai.example.org",)))

    async def status(host: str) -> int:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=f"http://{host}") as client:
            return (await client.post("/mcp", json=CALL, headers=ACCEPT)).status_code

    async def both() -> list[int]:
        async with app.router.lifespan_context(app):
            return [await status("ai.example.org"), await status("other.example.org")]

    assert anyio.run(both) == [200, 421]


def test_where_the_service_asks_for_a_key_agents_need_one(store_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "keys").write_text(f"agent {hashlib.sha256(b'a key').hexdigest()}\n", encoding="utf-8")
    with serving(store_folder, "--api-keys", str(tmp_path / "keys")) as address:
        assert httpx.post(f"{address}/mcp", json=CALL, headers=ACCEPT).status_code == 401
        answer = httpx.post(f"{address}/mcp", json=CALL, headers={**ACCEPT, "X-API-Key": "a key"})
        assert answer.json()["result"]["structuredContent"]["rule"] == "guide"


def test_the_page_lists_every_tool_as_it_describes_itself() -> None:
    page = (SOURCE.parent / "docs" / "agents.md").read_text(encoding="utf-8")
    tools = words()["tools"]
    rows = [f"| `{name}` | {tools[name]['zh']} | {tools[name]['en']} |" for name in TOOLS]
    assert rows == [line for line in page.splitlines() if line.startswith("| `") and line.count("|") == 4]


def test_the_environment_variable_names_the_store(store_folder: Path) -> None:
    parameters = StdioServerParameters(
        command=sys.executable, args=["-m", "aistandards", "mcp"], env=environment(store_folder)
    )
    assert os.environ.get("AISTANDARDS_STORE") != str(store_folder)

    async def number() -> Any:
        async with Client(parameters) as client:
            return (await client.call_tool("find_standard", {"number": NUMBER})).structured_content

    assert anyio.run(number)["number"] == "GB/T 45288.1-2025"
