"""The story of a build: read, graph, validate, infer, judge, store; all of it, or nothing."""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from aistandards import __version__, derive, network, rules, sources, store, validation
from aistandards.errors import AistandardsError, ConformanceError, SourceError
from aistandards.findings import Finding, Report
from aistandards.graph import DATE, Writer, codes_of, learn_committees
from aistandards.namespaces import expand, graph_iri
from aistandards.settings import resource

Progress = Callable[[str, int, int], None]
ONTOLOGY = ox.NamedNode(graph_iri("ontology"))
STEPS = 7


@dataclass(slots=True)
class Compiled:
    """What compiling gives: all quads in memory, what was found wrong, and how many records each file had."""

    quads: ox.Store
    report: Report
    read: dict[str, int] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)
    broken: list[SourceError] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)


def silent(_step: str, _at: int, _of: int) -> None:
    """Report no progress."""


def load_ontology() -> ox.Store:
    """Return a store that holds ``ontology/*.ttl`` in the graph ``ontology``."""
    model = ox.Store()
    for path in sorted(resource("ontology").glob("*.ttl")):
        model.load(path=str(path), format=ox.RdfFormat.TURTLE, to_graph=ONTOLOGY)
    return model


def inputs(data: list[Path]) -> list[Path]:
    """Return every file a build depends on: model, shapes, queries, shipped records and the user's folders."""
    shipped = [p for name in ("ontology", "shapes", "queries", "data") for p in sorted(resource(name).rglob("*")) if p.is_file()]
    return shipped + (sources.find(data) if data else [])


def build_id(data: list[Path], skip_invalid: bool = False) -> str:
    """Return a digest of all inputs and of the program's version: equal inputs give an equal id."""
    digest = hashlib.sha256(f"{__version__} {ox.__version__} {skip_invalid}".encode())
    for path in inputs(data):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def read_all(paths: list[Path], shipped: bool) -> tuple[list[sources.Source], list[SourceError]]:
    """Read every file; what cannot be read at all is returned beside, so that the findings of the others are not lost."""
    read, broken = [], []
    for path in sources.find(paths):
        try:
            read.append(sources.read(path, path.name if shipped else str(path)))
        except SourceError as error:
            broken.append(error)
    return read, broken


def compile_records(
    data: list[Path], with_shipped: bool = True, skip_invalid: bool = False, progress: Progress = silent
) -> Compiled:
    """Read, graph and validate the shipped records and the user's; nothing is judged or stored yet."""
    progress("read", 1, STEPS)
    read, broken = read_all([resource("data")], shipped=True) if with_shipped else ([], [])
    if not with_shipped:  # committees and standards of the shipped data may be named by a user's records
        shipped_committees = sources.read(resource("data") / "committees.csv")
    more, also_broken = read_all(data, shipped=False) if data else ([], [])
    read, broken = read + more, broken + also_broken
    progress("graph", 2, STEPS)
    quads = load_ontology()
    codes = codes_of(quads)
    if not with_shipped:
        learn_committees(codes, shipped_committees.rows)
    left_out: list[str] = []
    dropped: set[tuple[str, int]] = set()
    while True:
        compiled = _write(quads, codes, read, dropped, with_shipped)
        compiled.broken = broken
        progress("validate", 3, STEPS)
        compiled.report.findings += validation.run_shapes(compiled.quads, compiled.places)
        wrong = {(f.file, f.line) for f in compiled.report.findings if f.severity == "violation" and f.file and f.line}
        fresh = {(file, line) for file, line in wrong if file and line} - dropped
        if not skip_invalid or not fresh:
            compiled.left_out = left_out
            return compiled
        dropped |= fresh
        left_out += [f.text() for f in compiled.report.findings if (f.file, f.line) in fresh]


@dataclass(slots=True)
class _Written(Compiled):
    places: dict[str, sources.Row] = field(default_factory=dict)


def _write(
    model: ox.Store, codes: Any, read: list[sources.Source], dropped: set[tuple[str, int]], with_shipped: bool
) -> _Written:
    """Turn sources into one store in memory: the records of a file in the graph of that file."""
    writer = Writer(codes)
    findings = [finding for source in read for finding in source.findings if (finding.file, finding.line) not in dropped]
    kept = {source.name: [row for row in source.rows if (row.file, row.line) not in dropped] for source in read}
    tables = sorted(read, key=_reading_order)
    for source in tables:
        rows = kept[source.name]
        if rows and rows[0].table.kind == "committee":
            learn_committees(codes, rows)
    for source in tables:
        writer.add(kept[source.name])
    writer.add_cited()
    quads = ox.Store()
    quads.extend(model)
    quads.extend(writer.quads)
    records = sum(len(rows) for rows in kept.values())
    for source in read:
        if source.turtle is not None:
            loaded = validation.load_turtle(source.turtle, source.name, ox.NamedNode(graph_iri(Path(source.name).name)))
            quads.extend(loaded)
            records += len({quad.subject for quad in loaded})
    findings += writer.findings
    result = _Written(quads, Report(findings, records), {name: len(rows) for name, rows in kept.items()})
    result.places = writer.places
    return result


def _reading_order(source: sources.Source) -> tuple[int, str]:
    """Committees first, then standards and projects, then what points to them."""
    kind = source.rows[0].table.kind if source.rows else ""
    return ({"committee": 0, "standard": 1, "project": 2}.get(kind, 3), source.name)


def judge(compiled: Compiled, progress: Progress = silent) -> None:
    """Add all derived facts: inferred triples, bounds, novelty, verification, status over time, verdicts."""
    quads = compiled.quads
    progress("infer", 4, STEPS)
    compiled.counts["inferred"] = derive.infer(quads)
    compiled.counts["issue dates bounded by a source"] = derive.bound_issue_dates(quads)
    derive.judge_novelty(quads)
    derive.derive_timelines(quads)
    progress("judge", 5, STEPS)
    counting = rules.load_rules(quads)
    derive.judge_verification(quads, rules.find_conflicting(quads, counting))
    compiled.counts["verdicts"] = rules.store_verdicts(quads, counting)


def check(compiled: Compiled) -> None:
    """Add the findings that need derived facts: ``queries/checks`` and cycles."""
    places = compiled.places if isinstance(compiled, _Written) else {}
    compiled.report.findings += validation.run_checks(compiled.quads, places)
    compiled.report.findings += network.cycles(compiled.quads, places)


def validate(data: list[Path]) -> Compiled:
    """Validate a user's files by themselves, against the shipped model; nothing is stored."""
    compiled = compile_records(data, with_shipped=False)
    derive.infer(compiled.quads)
    check(compiled)
    return compiled


def build(
    folder: Path, data: list[Path] | None = None, skip_invalid: bool = False, progress: Progress = silent
) -> tuple[store.Build, Compiled, dict[str, Any]]:
    """Compile everything and replace the store in ``folder``; returns the build, what was compiled and a summary.

    Raises SourceError for an unreadable file, ConformanceError where records break a rule, StoreError where the folder
    cannot be written or another build runs; in each case the store is as it was.
    """
    started = time.monotonic()
    data = data or []
    with store.locked(folder):
        compiled = compile_records(data, skip_invalid=skip_invalid, progress=progress)
        if compiled.broken:
            raise compiled.broken[0]
        judge(compiled, progress)
        check(compiled)
        if not compiled.report.conforms:
            raise refusal(compiled.report.findings)
        manifest = _manifest(compiled, data, skip_invalid)
        _state_provenance(compiled, manifest)
        progress("store", 6, STEPS)
        manifest["triples"] = len(compiled.quads)
        built = store.replace(folder, compiled.quads, manifest)
        progress("done", 7, STEPS)
    return built, compiled, {**manifest, "seconds": round(time.monotonic() - started, 2)}


def refusal(findings: list[Finding]) -> ConformanceError:
    """Return the error of a build that violations stop, with the first of them."""
    wrong = [finding for finding in findings if finding.severity == "violation"]
    shown = wrong[:20]
    more = f"\n… and {len(wrong) - 20} more" if len(wrong) > 20 else ""
    return ConformanceError(
        f"{len(wrong)} violations; nothing was stored:\n" + "\n".join(f.text("en") for f in shown) + more,
        f"{len(wrong)} 处违规，未写入存储：\n" + "\n".join(f.text("zh") for f in shown) + more,
    )


def _manifest(compiled: Compiled, data: list[Path], skip_invalid: bool) -> dict[str, Any]:
    return {
        "build_id": build_id(data, skip_invalid),
        "version": __version__,
        "built": datetime.now(UTC).isoformat(timespec="seconds"),
        "data": [str(path.resolve()) for path in data],
        "skip_invalid": skip_invalid,
        "files": compiled.read,
        "records": compiled.report.records,
        "findings": compiled.report.counts(),
        "rules_with_findings": dict(Counter(f.rule for f in compiled.report.findings).most_common()),
        "left_out": compiled.left_out,
        "incomplete": bool(compiled.left_out),
        **compiled.counts,
    }


def _state_provenance(compiled: Compiled, manifest: dict[str, Any]) -> None:
    """State, in the graph ``inferred``, which file each named graph came from and which build made it."""
    activity = ox.NamedNode(expand("id:build/") + manifest["build_id"][:16])
    day = ox.Literal(manifest["built"], datatype=ox.NamedNode(expand("xsd:dateTime")))
    graph = derive.INFERRED

    def quads() -> Iterator[ox.Quad]:
        yield ox.Quad(activity, ox.NamedNode(expand("rdf:type")), ox.NamedNode(expand("prov:Activity")), graph)
        yield ox.Quad(activity, ox.NamedNode(expand("prov:endedAtTime")), day, graph)
        for name in [*(Path(name).name for name in compiled.read), "ontology", "inferred", "verdicts"]:
            named = ox.NamedNode(graph_iri(name))
            yield ox.Quad(named, ox.NamedNode(expand("rdf:type")), ox.NamedNode(expand("prov:Entity")), graph)
            yield ox.Quad(named, ox.NamedNode(expand("prov:wasGeneratedBy")), activity, graph)
            yield ox.Quad(named, ox.NamedNode(expand("dcterms:source")), ox.Literal(name), graph)

    compiled.quads.extend(quads())


__all__ = ["DATE", "AistandardsError", "Compiled", "build", "build_id", "compile_records", "judge", "validate"]
