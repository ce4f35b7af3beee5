"""The story of a build: read, graph, validate, infer, judge, store; all of it, or nothing."""

from __future__ import annotations

import hashlib
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Final

import pyoxigraph as ox

from aistandards import __version__, derive, network, rules, search, sources, store, validation
from aistandards.codes import Codes, codes_of, learn_committees, learn_parts
from aistandards.context import context
from aistandards.errors import ConformanceError, SourceError
from aistandards.findings import FileCount, Finding, Report
from aistandards.graph import Place, Writer, graph_name, record_slug, titles_of
from aistandards.namespaces import expand, graph_iri, item
from aistandards.settings import resource
from aistandards.shacl.engine import Engine
from aistandards.turtle import add_turtle
from aistandards.vocabulary import Vocabulary

Progress = Callable[[str, int, int], None]
ONTOLOGY = ox.NamedNode(graph_iri("ontology"))
STEPS = 7
SHOWN = 20
UnreadableError = sources.UnreadableError


@dataclass(slots=True)
class Compiled:
    """What compiling gives: all quads in memory, what was found wrong, and how many records each file had."""

    quads: ox.Store
    report: Report
    read: dict[str, int] = field(default_factory=dict)
    places: dict[str, sources.Row] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)
    broken: list[sources.UnreadableError] = field(default_factory=list)
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
    shipped = [
        p
        for name in ("ontology", "shapes", "queries", "data")
        for p in sorted(resource(name).rglob("*"))
        if p.is_file()
    ]
    return shipped + [path for folder in data for path in sources.find(folder)]


def build_id(data: list[Path], skip_invalid: bool = False) -> str:
    """Return a digest of all inputs and of the program's version: equal inputs give an equal id."""
    digest = hashlib.sha256(f"{__version__} {ox.__version__} {store.LAYOUT} {skip_invalid}".encode())
    for path in inputs(data):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def read_all(
    paths: list[Path], named: Callable[[Path], str] = str
) -> tuple[list[sources.Source], list[UnreadableError]]:
    """Read every file once; what cannot be read is returned beside, so that the findings of the others are not lost."""
    files: dict[Path, Path] = {}
    broken: list[UnreadableError] = []
    for path in paths:
        try:
            files |= {file.resolve(): file for file in sources.find(path)}
        except UnreadableError as error:
            broken.append(error)
    read: list[sources.Source] = []
    for file in files.values():
        try:
            read += sources.read_each(file, named(file), context=own_context)
        except UnreadableError as error:
            broken.append(error)
    return read, broken


def _users_name(path: Path) -> str:
    """Return the name of a user's file: its path, with a folder, so that it never is the name of a shipped file."""
    return str(path) if len(path.parts) > 1 else f"./{path}"


def compile_records(data: list[Path], skip_invalid: bool = False, progress: Progress = silent) -> Compiled:
    """Read, graph, validate and judge the shipped records and the user's; nothing is stored yet.

    With ``skip_invalid`` the user's records that break a rule are left out and listed, and the rest is compiled anew.
    What does not conform is not judged: derived facts rest on what the rules promise.
    """
    progress("read", 1, STEPS)
    shipped, broken = read_all([resource("data")], named=lambda path: path.name)
    users, also_broken = read_all(data, named=_users_name)
    names = {source.name for source in users}
    model = load_ontology()
    titles = titles_of(row for source in shipped for row in source.rows)
    dropped: dict[Place, str] = {}
    while True:
        progress("graph", 2, STEPS)
        codes = codes_of(model)
        codes.titles = titles
        compiled = _write(model, codes, shipped + users, set(dropped), broken + also_broken)
        progress("validate", 3, STEPS)
        compiled.report.findings += validation.run_shapes(compiled.quads, compiled.places)
        progress("infer", 4, STEPS)
        compiled.counts["inferred"] = derive.infer(compiled.quads)
        check(compiled)
        compiled.left_out = list(dropped.values())
        if compiled.report.conforms:
            progress("judge", 5, STEPS)
            judge(compiled)
            return compiled
        wrong: dict[Place, list[str]] = defaultdict(list)
        for finding in compiled.report.findings:
            if finding.severity == "violation" and finding.file in names and finding.line:
                wrong[finding.file, finding.line].append(finding.text())
                if finding.rule == "read-column":  # what the other cells of such a file mean cannot be relied on
                    for row in next(source.rows for source in users if source.name == finding.file):
                        wrong[row.file, row.line].append(f"{row.file}:{row.line}: left out, see the header")
        if not skip_invalid or compiled.broken or not wrong.keys() - dropped.keys():
            return compiled
        dropped |= {place: " | ".join(texts) for place, texts in wrong.items() if place not in dropped}


def _write(
    model: ox.Store, codes: Codes, read: list[sources.Source], dropped: set[Place], broken: list[UnreadableError]
) -> Compiled:
    """Turn sources into one store in memory: the records of a file in the graph of that file."""
    writer = Writer(codes)
    findings = [error.finding for error in broken]
    findings += [
        finding for source in read for finding in source.findings if (finding.file, finding.line) not in dropped
    ]
    kept = {source.name: [row for row in source.rows if (row.file, row.line) not in dropped] for source in read}
    ordered = sorted(read, key=_reading_order)
    for source in ordered:
        kind = source.rows[0].table.kind if source.rows else ""
        learn = {"committee": learn_committees, "part": learn_parts}.get(kind)
        if learn:
            learn(codes, kept[source.name])
        elif kind == "fact":
            writer.prefer(kept[source.name])
    for source in ordered:
        writer.add(kept[source.name])
        add_turtle(writer, source, dropped)
    writer.add_cited()
    quads = ox.Store()
    quads.extend(model)
    quads.extend(writer.quads)
    records = sum(len(rows) for rows in kept.values()) + writer.turtle_records
    counts = {source.name: len(kept[source.name]) for source in read}
    report = Report(findings + writer.findings, records, [_count(source, writer) for source in read])
    return Compiled(quads, report, counts, writer.places, broken=broken)


def _count(source: sources.Source, writer: Writer) -> FileCount:
    """Return how many rows of a file became records; those the writer refused were reported by it."""
    refused = writer.refused[source.name]
    return FileCount(source.name, source.read, source.accepted - refused, source.reported + refused)


def _reading_order(source: sources.Source) -> int:
    """Committees and parts first, then standards, projects and Turtle, then what points to them; in each, shipped before the user's."""
    kind = "turtle" if source.triples else source.rows[0].table.kind if source.rows else ""
    return {"committee": 0, "part": 0, "standard": 1, "project": 2, "turtle": 3}.get(kind, 4)


def judge(compiled: Compiled) -> None:
    """Add what is derived from conforming records: bounds, novelty, verification, status over time, verdicts."""
    quads = compiled.quads
    compiled.counts["issue dates bounded by a source"] = derive.bound_issue_dates(quads)
    derive.judge_novelty(quads)
    derive.derive_timelines(quads)
    counting = rules.load_rules(quads)
    derive.judge_verification(quads, rules.find_conflicting(quads, counting))
    compiled.counts["verdicts"] = rules.store_verdicts(quads, counting)


def check(compiled: Compiled) -> None:
    """Add the findings that need inferred facts: ``queries/checks`` and cycles."""
    compiled.report.findings += validation.run_checks(compiled.quads, compiled.places)
    compiled.report.findings += network.cycles(compiled.quads, compiled.places)


def validate(read: list[sources.Source], broken: list[UnreadableError], engine: Engine = "compiled") -> Compiled:
    """Validate files by themselves, against the shipped model; they may name shipped committees and records. Nothing is stored."""
    model, codes = beside({source.path.resolve() for source in read}, read)
    compiled = validate_rows(model, codes, read, broken, engine)
    compiled.report.engine = engine
    compiled.report.fell_back = validation.fell_back(engine)
    compiled.report.findings.sort(key=findings_order)
    return compiled


def beside(taken: set[Path], read: list[sources.Source]) -> tuple[ox.Store, Codes]:
    """Return what stands beside files that are validated: the model with the shipped tables, and what cells may name."""
    model = load_ontology()
    codes = known_codes(model, taken)
    for _, rows in _shipped_tables(taken):
        model.extend(_shipped_quads(codes, rows, read))
    shipped = list(_shipped_records())
    codes.records = {item(row.table.kind, record_slug(row.get(row.table.key or ""))) for row in shipped}
    codes.titles = titles_of(shipped)
    return model, codes


def validate_rows(
    model: ox.Store, codes: Codes, read: list[sources.Source], broken: list[UnreadableError], engine: Engine
) -> Compiled:
    """Turn sources into quads beside a model, and add what the shapes and the checks find."""
    compiled = _write(model, codes, read, set(), broken)
    compiled.report.findings += validation.run_shapes(compiled.quads, compiled.places, engine)
    derive.infer(compiled.quads)
    check(compiled)
    return compiled


def findings_order(finding: Finding) -> tuple[str | int, ...]:
    """Return what findings are sorted by: their place, then all they say, so that no order depends on how they were found."""
    place = finding.file or "", finding.line or 0, finding.column or 0, finding.rule
    said = finding.field, finding.value, finding.record, finding.suggestion
    return *place, *(text or "" for text in said), finding.message_en, finding.message_zh


def _shipped_quads(codes: Codes, rows: list[sources.Row], read: list[sources.Source]) -> list[ox.Quad]:
    """Return what shipped rows state, so that a user's records may point to them; but not those that the user states too."""

    def named(row: sources.Row) -> tuple[str, str, str]:
        return row.table.kind, row.get("system"), row.get(row.table.key or "")

    own = {named(row) for source in read for row in source.rows}
    writer = Writer(codes)
    writer.add([row for row in rows if named(row) not in own])
    return writer.quads


SHIPPED: Final = {"committees.csv": learn_committees, "sister_systems.csv": learn_parts}


def _shipped_tables(taken: Container[Path]) -> Iterator[tuple[str, list[sources.Row]]]:
    """Yield name and rows of the shipped tables that a user's cells may name, unless they are among the files taken."""
    for name in SHIPPED:
        path = resource("data") / name
        if path.resolve() not in taken:
            yield name, sources.read(path).rows


def known_codes(model: ox.Store, taken: Container[Path] = ()) -> Codes:
    """Return what cells may name: the model's codes, and the shipped committees and systems unless their file is taken."""
    codes = codes_of(model)
    for name, rows in _shipped_tables(taken):
        SHIPPED[name](codes, rows)
    return codes


def _shipped_records() -> Iterator[sources.Row]:
    """Yield the rows of the shipped standards and projects, which a user's sources and conflicts may be about."""
    for path in sorted([*resource("data").glob("standards-*.csv"), *resource("data").glob("projects-*.csv")]):
        yield from sources.read(path).rows


def own_context() -> dict[str, Any]:
    """Return the JSON-LD context of our records, which a user's file may name by its address."""
    return context(Vocabulary(load_ontology()))


def validate_paths(
    paths: list[str], stdin: IO[bytes], form: str | None = None, engine: Engine = "compiled"
) -> Compiled:
    """Validate the files of a command line; ``-`` is standard input, ``form`` the kind of file there is on it.

    Readable files are always reported.
    """
    read, broken = read_all([Path(path) for path in paths if path != "-"])
    if "-" in paths:
        try:
            read += sources.read_each(Path("stdin"), "-", stdin.read(), form=form, context=own_context)
        except UnreadableError as error:
            broken.append(error)
    return validate(read, broken, engine)


def build(
    folder: Path,
    data: list[Path] | None = None,
    skip_invalid: bool = False,
    progress: Progress = silent,
    release: str | None = None,
) -> tuple[store.Build, Compiled, dict[str, Any]]:
    """Compile everything and replace the store in ``folder``; returns the build, what was compiled and a summary.

    With ``release`` the build is kept under that name for good; UsageError where another build has the name.
    Raises SourceError for an unreadable file, ConformanceError where records break a rule, StoreError where the folder
    cannot be written or another build runs; in each case the store is as it was.
    """
    started = time.monotonic()
    data = data or []
    with store.locked(folder):
        if release is not None:
            store.check_release(folder, release, build_id(data, skip_invalid))
        compiled = compile_records(data, skip_invalid=skip_invalid, progress=progress)
        if not compiled.report.conforms:
            raise refusal(compiled)
        manifest = _manifest(compiled, data, skip_invalid)
        _state_provenance(compiled, manifest)
        progress("store", 6, STEPS)
        manifest["triples"] = len(compiled.quads)
        built = store.replace(
            folder, compiled.quads, manifest, lambda target: search.write_index(compiled.quads, target), release
        )
        progress("done", 7, STEPS)
    return built, compiled, {**manifest, "seconds": round(time.monotonic() - started, 2)}


def refusal(compiled: Compiled) -> SourceError | ConformanceError:
    """Return the error of a build that unreadable files or violations stop, with the first of them."""
    wrong = [finding for finding in compiled.report.findings if finding.severity == "violation"]
    unread = len(compiled.broken)
    more = len(wrong) - max(SHOWN, unread)
    shown = wrong if more <= 0 else wrong[:-more]
    head_en = f"{unread} unreadable, {len(wrong) - unread} violations" if unread else f"{len(wrong)} violations"
    head_zh = f"{unread} 处无法读取，{len(wrong) - unread} 处违规" if unread else f"{len(wrong)} 处违规"
    kind = SourceError if unread else ConformanceError
    return kind(
        "\n".join([f"{head_en}; nothing was stored:", *(f.text("en") for f in shown)])
        + (f"\n… and {more} more" if more > 0 else ""),
        "\n".join([f"{head_zh}，未写入存储：", *(f.text("zh") for f in shown)])
        + (f"\n…… 另有 {more} 处" if more > 0 else ""),
    )


def _manifest(compiled: Compiled, data: list[Path], skip_invalid: bool) -> dict[str, Any]:
    return {
        "build_id": build_id(data, skip_invalid),
        "version": __version__,
        "built": datetime.now(UTC).isoformat(timespec="milliseconds"),  # two releases in a second have an order
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
        for name in [*map(graph_name, compiled.read), "ontology", "inferred", "verdicts"]:
            named = ox.NamedNode(graph_iri(name))
            yield ox.Quad(named, ox.NamedNode(expand("rdf:type")), ox.NamedNode(expand("prov:Entity")), graph)
            yield ox.Quad(named, ox.NamedNode(expand("prov:wasGeneratedBy")), activity, graph)
            yield ox.Quad(named, ox.NamedNode(expand("dcterms:source")), ox.Literal(name), graph)

    compiled.quads.extend(quads())
