"""Routes of the web pages: what each page shows, in Chinese and English, complete on the server and without scripts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Annotated, Any, Literal
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Depends, Query, Request
from starlette.convertors import Convertor, register_url_convertor
from starlette.responses import HTMLResponse, RedirectResponse, Response

from aistandards import charts, lookup, neighbours
from aistandards.api import Service, service_of
from aistandards.api.answers import Day
from aistandards.api.counting import Asked, KeptService, Listed
from aistandards.api.lookup import Explanation
from aistandards.api.negotiation import wanted
from aistandards.api.prefix import in_page
from aistandards.counts import Counts
from aistandards.counts import Request as Asking
from aistandards.coverage import coverage
from aistandards.coverage import records as records_behind
from aistandards.explain import explain
from aistandards.namespaces import part_iri
from aistandards.report import word as in_words
from aistandards.rulebook import rules_answer
from aistandards.systems import View, editions, part_of
from aistandards.targets import targets
from aistandards.templates import environment

Language = Literal["zh", "en"]
ServiceOf = Annotated[Service, Depends(service_of)]
router = APIRouter(include_in_schema=False)


class LanguageConvertor(Convertor[str]):
    """Matches ``zh`` and ``en`` only, so that an unknown address is not taken for a language."""

    regex = "zh|en"

    def convert(self, value: str) -> str:
        """Return the language as it stands in the address."""
        return value

    def to_string(self, value: str) -> str:
        """Return the language as it is written into an address."""
        return value


register_url_convertor("language", LanguageConvertor())
READINGS = (
    (
        "with_guidance",
        {"guidance": "yes"},
        "计入指导性技术文件（GB/Z 等）",
        "with guidance documents (GB/Z and others)",
    ),
    ("with_related", {"scope": "all"}, "核心和相关", "core and related"),
    ("series_once", {"series": "once"}, "系列只计一次", "series counted once"),
    ("confirmed_only", {"evidence": "confirmed"}, "仅已确认或官方来源", "confirmed or official only"),
)


def render(request: Request, name: str, language: Language, http_status: int = 200, **values: Any) -> HTMLResponse:
    """Return a page; every page shows the day asked and the build."""
    service = service_of(request)
    other = "en" if language == "zh" else "zh"
    path = request.url.path
    query = f"?{request.url.query}" if request.url.query else ""
    page = (
        environment()
        .get_template(name)
        .render(
            lang=language,
            t=lambda zh, en: zh if language == "zh" else en,
            other=f"/{other}{path[3:]}{query}" if path[:4] in ("/zh/", "/en/") else f"/{other}/",
            other_language=other,
            build=service.build,
            release=service.release,
            path=path,
            word=lambda scheme, token: in_words(service.counts, scheme, token, language),
            **values,
        )
    )
    return HTMLResponse(
        in_page(page, service.settings.root_path),
        http_status,
        headers={"Cache-Control": "no-cache", "Content-Language": "zh-CN" if language == "zh" else "en"},
    )


def error_page(request: Request, status: int, en: str, zh: str) -> Response:
    """Return an error as a page, in the language of the address."""
    language: Language = "en" if request.url.path.startswith("/en/") else "zh"
    return render(request, "error.html", language, status, status=status, message=zh if language == "zh" else en)


def preferred(request: Request) -> Language:
    """Return the reader's language: English only where it is preferred to Chinese, and Chinese is the default."""
    names = [name[:2] for name in wanted(request.headers.get("accept-language", ""))]
    return "en" if "en" in names and ("zh" not in names or names.index("en") < names.index("zh")) else "zh"


@router.get("/")
def home(request: Request) -> Response:
    """Lead to the start page in the reader's language."""
    return RedirectResponse(f"/{preferred(request)}/", 303, headers={"Vary": "Accept-Language"})


@router.get("/{language:language}/")
def start(request: Request, language: Language, asked: Annotated[Asked, Query()], service: KeptService) -> Response:
    """The count under its rule, the other readings beside it, the parts, and links to what stands behind each number."""
    counts = service.counts
    chosen = replace(asked.requests(counts)[0], by="part")
    counted = coverage(counts, chosen)
    options: dict[str, Any] = {
        name: getattr(asked, name) for name in ("scope", "guidance", "series", "evidence", "system", "release")
    }
    options |= {"rule": chosen.rule.name, "as_of": asked.as_of or "", "switch": asked.switch}
    others = []
    for rule in counts.rules:
        if rule.target.id == chosen.rule.target.id:
            request_for = counts.request(rule, asked.day(), chosen.switches, series=asked.series)
            reached = counts.reached_on(request_for)
            others.append((rule, len(counts.tally(request_for).counted), reached))
    return render(
        request,
        "start.html",
        language,
        a=counted,
        rule=chosen.rule,
        options=options,
        others=others,
        readings=[(key, extra, zh, en, _reached(counts, chosen, extra)) for key, extra, zh, en in READINGS],
        curve=charts.growth(counts.curve(chosen), asked.day(), chosen.rule.target.value or 0),
        targets=[t for t in targets(counts, asked.day())["items"] if t["edition"] == "guide-2024"],
        switches=counts.switches,
    )


def _reached(counts: Counts, request: Asking, extra: dict[str, str]) -> date | None:
    """Return the day on which one other reading of the same rule reached the target."""
    series = extra.get("series", request.series)
    switches = {**request.switches, **{name: value for name, value in extra.items() if name != "series"}}
    return counts.reached_on(replace(request, switches=switches, series=series))


@router.get("/{language:language}/records")
def records(request: Request, language: Language, asked: Annotated[Listed, Query()], service: KeptService) -> Response:
    """The records behind a count, each with its verdict and reason."""
    one = asked.requests(service.counts)[0]
    found = records_behind(service.counts, one, asked.of)
    shown = [r for r in found if asked.verdict in (None, r["verdict"]) and asked.row in (None, r["row"] or "")]
    return render(
        request,
        "records.html",
        language,
        asked=asked,
        rule=one.rule,
        found=shown,
        total=len(found),
    )


@router.get("/{language:language}/standards/{slug:path}")
def standard(
    request: Request, language: Language, slug: str, asked: Annotated[Explanation, Query()], service: KeptService
) -> Response:
    """One standard: what it is, where it sits, why it counts or not, every source."""
    return _record_page(request, language, slug, asked, service)


@router.get("/{language:language}/projects/{slug:path}")
def project(
    request: Request, language: Language, slug: str, asked: Annotated[Explanation, Query()], service: KeptService
) -> Response:
    """One plan project."""
    return _record_page(request, language, slug, asked, service)


def day_of(asked: Day) -> str:
    """Return the query of an address that keeps the day and the release asked for."""
    kept = {name: getattr(asked, name, None) for name in ("as_of", "release")}
    query = urlencode({name: value for name, value in kept.items() if value})
    return f"?{query}" if query else ""


def _record_page(request: Request, language: Language, slug: str, asked: Explanation, service: Service) -> Response:
    found = lookup.find(service.counts.facts, slug, asked.day())
    if slug != found.slug or f"/{found.kind}s/" not in request.url.path:
        target = f"/{language}/{found.kind}s/{quote(found.slug, safe='')}" + day_of(asked)
        return RedirectResponse(target, 307 if found.undated else 308)
    return render(request, "standard.html", language, a=explain(service.counts, found, asked.day()))


@router.get("/{language:language}/system/{edition}")
@router.get("/{language:language}/system/{edition}/{notation}")
def system(
    request: Request,
    language: Language,
    edition: str,
    asked: Annotated[Day, Query()],
    service: ServiceOf,
    notation: str = "",
) -> Response:
    """An edition of the guide with its parts, or one part with its standards and projects."""
    answer = neighbours.system(service.counts, edition)
    view = service.counts.view(edition)
    part = view.part_dict(part_of(service.counts.facts, edition, notation)) if notation else None
    shown: list[dict[str, Any]] = []
    projects: list[dict[str, Any]] = []
    if part:
        index, inside = service.counts.index, _inside(view, part["iri"])
        facts, day = service.counts.facts, asked.day()
        found = [entry for entry in index.entries("standard") if inside(entry)]
        shown = [{**entry, "status": lookup.status(facts, entry["iri"], day)} for entry in found]
        projects = [entry for entry in index.entries("project") if inside(entry)]
    return render(
        request,
        "system.html",
        language,
        system=answer,
        systems=list(editions(service.counts.facts)),
        part=part,
        found=shown,
        projects=projects,
        day=asked.day(),
    )


def _inside(view: View, part: str) -> Callable[[dict[str, Any]], bool]:
    """Return whether an edition sees a record in a part or below it, by the record's primary part."""

    def test(entry: dict[str, Any]) -> bool:
        own = part_iri("guide-2024", entry["part"]) if entry["part"] else None
        return part in view.line(view.stands(entry["iri"], own).part)

    return test


@router.get("/{language:language}/rules")
def rules(request: Request, language: Language, service: ServiceOf) -> Response:
    """The counting rules, clause by clause."""
    return render(
        request,
        "rules.html",
        language,
        rules=rules_answer(service.counts.rules)["items"],
        switches=service.counts.switches,
    )


@router.get("/{language:language}/targets")
def targets_page(request: Request, language: Language, asked: Annotated[Day, Query()], service: ServiceOf) -> Response:
    """The targets, our counts beside the official statements."""
    return render(request, "targets.html", language, a=targets(service.counts, asked.day()))


@router.get("/{language:language}/queries")
def queries(request: Request, language: Language, service: ServiceOf) -> Response:
    """The saved queries, with a form for their parameters."""
    return render(request, "queries.html", language, queries=[query.as_dict() for query in service.counts.library])
