"""A user's own shapes over any RDF: the compiled engine as a general validator, with pySHACL for what it does not compile."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache, partial
from pathlib import Path
from typing import IO, Any, Final

import pyoxigraph as ox

from aistandards import sources
from aistandards.errors import SourceError
from aistandards.findings import FileCount, Finding, Report
from aistandards.namespaces import compress
from aistandards.pipeline import own_context
from aistandards.readers.base import UnreadableError
from aistandards.readers.rdf import CALLED, subject_lines
from aistandards.shacl import terms
from aistandards.shacl.engine import Engine, Shapes, shapes_of
from aistandards.shacl.files import validate_file
from aistandards.shacl.graph import Graph, of_triples
from aistandards.shacl.results import Result
from aistandards.validation import SEVERITIES

LARGE: Final = 16 << 20  # bytes from which on a file is checked as it is read, by two processes
STREAMED: Final = {".ttl": "turtle", ".nt": "ntriples"}
Place = tuple[str, int | None]


def validate(
    shapes: Path, paths: list[str], stdin: IO[bytes], form: str | None = None, engine: Engine = "compiled"
) -> tuple[Report, list[UnreadableError]]:
    """Return the report on RDF files by the shapes of a local file, and the files that cannot be read.

    All files are one graph; ``owl:imports`` are not followed and nothing is fetched. Raises SourceError for a shapes file
    that cannot be read, is not well formed or states no shape.
    """
    stated = load(shapes)
    report = Report([], engine=engine)
    if engine == "compiled":
        report.fell_back = {
            name_of(stated.graph, fallen.shape): (fallen.en, fallen.zh) for fallen in stated.plan.fallen
        }
    files, broken = _files(paths)
    if engine == "compiled" and len(files) == 1 and "-" not in paths and _is_large(files[0]):
        counted: list[int] = []
        results = _run(shapes, lambda: validate_file(files[0], stated, told=counted.append))
        report.records = sum(counted)
        report.files = [FileCount(str(files[0]), report.records, report.records, 0)]
        places: dict[str, Place] = {}
        report.findings = _findings(results, stated.graph, places, str(files[0]))
        return report, broken
    given: list[tuple[Path, str, bytes | None]] = [(path, str(path), None) for path in files]
    given += [(Path("stdin"), "-", stdin.read())] if "-" in paths else []
    graph, places = _graph(given, form, report, broken)
    results = _run(shapes, lambda: stated.validate(graph, engine))
    report.findings += _findings(results, stated.graph, places, None)
    return report, broken


def load(path: Path) -> Shapes:
    """Return the shapes of a local RDF file, compiled; raises SourceError where there are none to be had."""
    triples = [
        triple for source in sources.read_each(path, str(path), context=own_context) for triple in source.triples
    ]
    shapes = shapes_of(triples)
    if not shapes.plan.rules and not shapes.plan.fallen:
        raise SourceError(
            f"{path} states no SHACL shape with a target. Give a node or property shape sh:targetClass, sh:targetNode, "
            "sh:targetSubjectsOf or sh:targetObjectsOf.",
            f"{path} 中没有带目标的 SHACL 形状。请给形状写上 sh:targetClass、sh:targetNode、sh:targetSubjectsOf 或 sh:targetObjectsOf。",
        )
    return shapes


def _run(path: Path, check: Callable[[], list[Result]]) -> list[Result]:
    """Return the results of a check; raises SourceError for shapes or data that the engine refuses."""
    from pyshacl.errors import ReportableRuntimeError

    try:
        return check()
    except ReportableRuntimeError as error:
        why = " ".join(str(error.message).split())[:300]
        raise SourceError(
            f"{path}: a shape is not well formed ({why}). Correct it; sh:… terms are listed at https://www.w3.org/TR/shacl/.",
            f"{path}：形状不符合 SHACL（{why}）。请更正；术语见 https://www.w3.org/TR/shacl/。",
        ) from None
    except (SyntaxError, OSError) as error:
        raise SourceError(f"The data cannot be read ({error}).", f"数据无法读取（{error}）。") from None


def _files(paths: Iterable[str]) -> tuple[list[Path], list[UnreadableError]]:
    """Return the files that paths name, each once, and what cannot be found."""
    found: dict[Path, Path] = {}
    broken: list[UnreadableError] = []
    for path in paths:
        if path != "-":
            try:
                found |= {file.resolve(): file for file in sources.find(Path(path))}
            except UnreadableError as error:
                broken.append(error)
    return list(found.values()), broken


def _is_large(path: Path) -> bool:
    return path.suffix.lower() in STREAMED and path.stat().st_size > LARGE


def _graph(
    given: Iterable[tuple[Path, str, bytes | None]], form: str | None, report: Report, broken: list[UnreadableError]
) -> tuple[Graph, dict[str, Place]]:
    """Return the graph of all files and where each subject first stands."""
    triples: list[ox.Triple] = []
    places: dict[str, Place] = {}
    for path, name, data in given:
        try:
            for source in sources.read_each(
                path, name, data, form=form if data is not None else None, context=own_context
            ):
                if source.form not in CALLED:
                    zh, en = "这是表格，不是 RDF", "this is a table, no RDF"
                    fix = "请先用 aistandards convert 转为 Turtle", "Convert it to Turtle first: aistandards convert"
                    raise UnreadableError("read-kind", zh, en, fix, name)
                report.findings += source.findings
                subjects = dict.fromkeys(str(triple.subject) for triple in source.triples)
                lines = subject_lines(source.text, source.form)
                for subject in subjects:
                    places.setdefault(subject, (name, _line(lines, subject)))
                triples += source.triples
                report.files.append(FileCount(name, len(subjects), len(subjects), 0))
        except UnreadableError as error:
            broken.append(error)
    report.records = len(places)
    return of_triples(triples), places


def _line(lines: dict[str, int], subject: str) -> int | None:
    iri = subject.strip("<>")
    return lines.get(iri) or lines.get(iri.replace("#", "/").rpartition("/")[2])


def _findings(results: list[Result], shapes: Graph, places: dict[str, Place], file: str | None) -> list[Finding]:
    named = cache(partial(name_of, shapes))
    found = [_finding(result, named(result.shape), places.get(result.focus, (file, None))) for result in results]
    return sorted(
        found, key=lambda f: (f.file or "", f.line or 0, f.rule, f.record or "", f.field or "", f.value or "")
    )


def _finding(result: Result, rule: str, place: tuple[str | None, int | None]) -> Finding:
    messages = {terms.language(message) or "": terms.lexical(message) for message in result.messages}
    component = terms.lexical(result.component).rpartition("#")[2].removesuffix("ConstraintComponent")
    rest = next(iter(messages.values()), None)
    focus = terms.lexical(result.focus)
    value = None if result.value is None else terms.lexical(result.value)
    return Finding(
        rule=rule,
        severity=SEVERITIES.get(terms.lexical(result.severity), "violation"),
        message_zh=messages.get("zh") or rest or f"不满足 sh:{component[:1].lower()}{component[1:]}。",
        message_en=messages.get("en") or rest or f"Does not meet sh:{component[:1].lower()}{component[1:]}.",
        file=place[0],
        line=place[1],
        field=compress(terms.lexical(result.path)) if result.path and terms.is_iri(result.path) else result.path,
        value=None if value == focus else value,
        record=focus,
        focus=focus if terms.is_iri(result.focus) else None,
        path=terms.lexical(result.path) if result.path and terms.is_iri(result.path) else None,
        result=result,
    )


def name_of(shapes: Graph, shape: str) -> str:
    """Return the name of a shape: the last piece of its IRI, or of the nearest named shape that holds it; else ``shape``."""
    named = next((term for term in _holders(shapes, shape) if terms.is_iri(term)), None)
    if named is None:
        return "shape"
    iri = terms.lexical(named)
    return iri.rstrip("/#").replace("#", "/").rpartition("/")[2] or iri


def _holders(shapes: Graph, shape: str) -> Iterator[str]:
    """Yield a shape and what holds it, nearest first."""
    level: dict[str, Any] = {shape: None}
    seen: set[str] = set()
    while level:
        yield from level
        seen |= level.keys()
        above = (
            subject
            for subject, record in shapes.records.items()
            for values in record.values()
            if subject not in seen and any(value in level for value in values)
        )
        level = dict.fromkeys([*above])
