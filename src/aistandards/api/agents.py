"""The tools for AI agents over the Model Context Protocol: over standard input and output, and mounted at ``/mcp``."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from types import TracebackType
from typing import Any, Final
from urllib.parse import unquote

import anyio
import anyio.to_thread
import mcp_types as types
from mcp.server import Server, ServerRequestContext
from mcp.server.stdio import stdio_server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.server.transport_security import TransportSecuritySettings
from mcp.shared.exceptions import MCPError

from aistandards import __version__
from aistandards.api import Holder, Service
from aistandards.api.asking import LANGUAGES, ask, both, input_schema, output_schema, words
from aistandards.api.guide import guide
from aistandards.api.tools import TOOLS
from aistandards.counts import known
from aistandards.errors import AistandardsError, StoreError, UsageError
from aistandards.settings import ServerSettings, today
from aistandards.store import open_current

AT_ONCE: Final = 8  # tool calls that are worked on; others wait
MAX_BODY: Final = 1 << 20
LOCAL: Final = ("localhost", "127.0.0.1", "[::1]")
RESOURCES: Final = {
    "standard": ("ais://standard/{number}", "show", "number"),
    "rule": ("ais://rule/{name}", "rules", "rule"),
}
READ_ONLY: Final = types.ToolAnnotations(
    read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False
)
log = logging.getLogger(__name__)
Context = ServerRequestContext[Any]


class _Ours:
    """A fault of ours goes to the log, and only a sentence to the client, who would else be sent its text by the SDK."""

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Replace an error that is none of those meant for people; raises StoreError for it."""
        if isinstance(error, Exception) and not isinstance(error, AistandardsError):
            log.error("a call failed", exc_info=error)
            en = "Something went wrong on our side; the error was logged."
            raise StoreError(en, "服务器内部出错，错误已记录。") from None


class Agents:
    """The handlers of one MCP server; ``take`` gives the service of the current build at every request."""

    def __init__(self, take: Callable[[], Service], settings: ServerSettings, language: str = "zh") -> None:
        self._take = take
        self._language = language
        self._calls = anyio.CapacityLimiter(AT_ONCE)
        self._queries = anyio.CapacityLimiter(settings.query_workers)
        self._waiting = settings.query_waiting

    def server(self) -> Server[Any]:
        """Return the server with its handlers; it can list and read, and nothing else."""
        return Server(
            "aistandards",
            version=__version__,
            title="aistandards",
            instructions=both(words()["instructions"], self._language),
            get_tool_input_schema=lambda name: None,
            on_list_tools=self.list_tools,
            on_call_tool=self.call_tool,
            on_list_resources=self.list_resources,
            on_list_resource_templates=self.list_templates,
            on_read_resource=self.read_resource,
            on_list_prompts=self.list_prompts,
            on_get_prompt=self.get_prompt,
        )

    async def list_tools(self, _context: Context, _asked: types.PaginatedRequestParams | None) -> types.ListToolsResult:
        """List the tools, their arguments with the codes of the current build."""
        service = self._take()
        made = service.once(f"tools-{self._language}", lambda: [self._tool(name, service) for name in TOOLS])
        return types.ListToolsResult(tools=made)

    def _tool(self, name: str, service: Service) -> types.Tool:
        described = words()["tools"][name]
        return types.Tool(
            name=name,
            title=both(described, self._language, "title_"),
            description=both(described, self._language),
            input_schema=input_schema(name, service, self._language),
            output_schema=output_schema(name),
            annotations=READ_ONLY,
        )

    async def call_tool(self, _context: Context, asked: types.CallToolRequestParams) -> types.CallToolResult:
        """Call a tool: what goes wrong is a sentence in both languages; an unknown tool is an error of the protocol."""
        if asked.name not in TOOLS:
            raise self._refused(asked.name)
        try:
            body = await self._ask(asked.name, asked.arguments or {})
        except AistandardsError as error:
            said = types.TextContent(text=self._both(error.en, error.zh))
            return types.CallToolResult(content=[said], is_error=True)
        text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
        return types.CallToolResult(content=[types.TextContent(text=text)], structured_content=body)

    async def _ask(self, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """Answer a call in a thread; SPARQL as many at a time as there are workers, and sent away where many wait."""
        limiter = self._queries if name == "sparql" else self._calls
        if name == "sparql" and limiter.statistics().tasks_waiting >= self._waiting:
            raise StoreError(
                "Too many queries are waiting; try again in a few seconds.", "等待中的查询过多，请稍后再试。"
            )
        with _Ours():
            return await anyio.to_thread.run_sync(ask, self._take(), name, arguments, limiter=limiter)

    def _both(self, en: str, zh: str) -> str:
        return f"{zh}\n{en}" if self._language == "zh" else f"{en}\n{zh}"

    def _refused(self, name: str) -> MCPError:
        try:
            known("tool", "工具", name, TOOLS)
        except UsageError as error:
            return MCPError(types.INVALID_PARAMS, self._both(error.en, error.zh))
        raise AssertionError(name)

    async def list_resources(
        self, _context: Context, _asked: types.PaginatedRequestParams | None
    ) -> types.ListResourcesResult:
        """List the guide and the counting rules; standards are read by their template."""
        service = self._take()
        rules = [
            types.Resource(
                uri=f"ais://rule/{rule.name}",
                name=rule.name,
                title=both({"zh": rule.label.zh, "en": rule.label.en}, self._language),
                mime_type="application/json",
            )
            for rule in service.counts.rules
        ]
        title = both({"zh": "使用说明", "en": "guide"}, self._language)
        return types.ListResourcesResult(
            resources=[types.Resource(uri="ais://guide", name="guide", title=title, mime_type="text/markdown"), *rules]
        )

    async def list_templates(
        self, _context: Context, _asked: types.PaginatedRequestParams | None
    ) -> types.ListResourceTemplatesResult:
        """List the addresses of standards and rules."""
        made = [
            types.ResourceTemplate(
                uri_template=template,
                name=name,
                description=both(words()["tools"][tool], self._language),
                mime_type="application/json",
            )
            for name, (template, tool, _) in RESOURCES.items()
        ]
        return types.ListResourceTemplatesResult(resource_templates=made)

    async def read_resource(
        self, _context: Context, asked: types.ReadResourceRequestParams
    ) -> types.ReadResourceResult:
        """Read the guide, a standard by its number in any spelling, or a rule."""
        uri = str(asked.uri)
        kind, _, key = uri.removeprefix("ais://").partition("/")
        try:
            if uri == "ais://guide":
                text = await anyio.to_thread.run_sync(guide, self._take(), self._language, limiter=self._calls)
                media_type = "text/markdown"
            elif uri.startswith("ais://") and kind in RESOURCES and key:
                _, tool, argument = RESOURCES[kind]
                body = await self._ask(tool, {argument: unquote(key)})
                text, media_type = json.dumps(body, ensure_ascii=False), "application/json"
            else:
                addresses = ", ".join(["ais://guide", *(template for template, _, _ in RESOURCES.values())])
                raise UsageError(
                    f"There is no resource “{uri}”. There are: {addresses}.",
                    f"没有资源“{uri}”。可用：{addresses}。",
                )
        except AistandardsError as error:
            raise MCPError(types.INVALID_PARAMS, self._both(error.en, error.zh)) from None
        contents = types.TextResourceContents(uri=uri, mime_type=media_type, text=text)
        return types.ReadResourceResult(contents=[contents])

    async def list_prompts(
        self, _context: Context, _asked: types.PaginatedRequestParams | None
    ) -> types.ListPromptsResult:
        """List the prompts."""
        described = words()["prompt_arguments"]
        made = [
            types.Prompt(
                name=name,
                title=both(entry, self._language, "title_"),
                description=both(entry, self._language),
                arguments=[
                    types.PromptArgument(
                        name=argument, description=both(described[argument], self._language), required=needed
                    )
                    for argument, needed in entry["arguments"].items()
                ],
            )
            for name, entry in words()["prompts"].items()
        ]
        return types.ListPromptsResult(prompts=made)

    async def get_prompt(self, _context: Context, asked: types.GetPromptRequestParams) -> types.GetPromptResult:
        """Return a prompt with its arguments filled in."""
        prompts, given = words()["prompts"], asked.arguments or {}
        try:
            entry = prompts[known("prompt", "提示", asked.name, prompts)]
            for argument in given:
                known("argument", "参数", argument, entry["arguments"])
            missing = [name for name, needed in entry["arguments"].items() if needed and not given.get(name)]
            if missing:
                raise UsageError(f"{missing[0]} is missing.", f"缺少参数 {missing[0]}。")
        except UsageError as error:
            raise MCPError(types.INVALID_PARAMS, self._both(error.en, error.zh)) from None
        defaults = {name: one.get("default", "") for name, one in words()["prompt_arguments"].items()}
        filled = {**defaults, "as_of": str(today()), **{name: value for name, value in given.items() if value}}
        text = entry[f"text_{self._language}"].format_map(filled)
        message = types.PromptMessage(role="user", content=types.TextContent(text=text))
        return types.GetPromptResult(description=both(entry, self._language), messages=[message])


async def run_stdio(settings: ServerSettings, language: str) -> None:
    """Serve over standard input and output until the client hangs up; raises StoreError where there is no build."""
    open_current(settings.store)  # whatever is wrong with it is said before the streams belong to the protocol
    async with stdio_server() as (reading, writing):
        holder = Holder(settings)
        with holder.service.engine:
            server = Agents(holder.take, settings, language).server()
            await server.run(reading, writing, server.create_initialization_options())


def session_manager(take: Callable[[], Service], settings: ServerSettings) -> StreamableHTTPSessionManager:
    """Return what answers ``POST /mcp``: without sessions, one JSON document a request, for the hosts of the settings only."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    names = dict.fromkeys([*LOCAL, host, *(name for name in settings.allowed_hosts if "*" not in name)])
    hosts = [*names, *(f"{name}:*" for name in names), *settings.mcp_hosts]
    security = TransportSecuritySettings(
        allowed_hosts=hosts, allowed_origins=[f"{scheme}://{name}" for name in hosts for scheme in ("http", "https")]
    )
    return StreamableHTTPSessionManager(
        Agents(take, settings, LANGUAGES[0]).server(),
        json_response=True,
        stateless=True,
        security_settings=security,
        max_request_body_size=MAX_BODY,
    )
