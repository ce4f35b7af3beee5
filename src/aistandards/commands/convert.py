"""`aistandards convert`: records from one format to another; what the target cannot hold is said."""

from __future__ import annotations

import argparse
import sys
from contextlib import AbstractContextManager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from aistandards import output
from aistandards.commands.common import command, writing
from aistandards.commands.validate import FORMS
from aistandards.errors import UsageError
from aistandards.reports import say

if TYPE_CHECKING:
    from aistandards.convert import Outcome

TARGETS = (
    *("csv", "xlsx", "turtle", "ntriples", "rdfxml", "jsonld", "trig", "nquads"),
    *("iso-csv", "iso-jsonl", "relaton-yaml", "relaton-xml"),
)
SUFFIXES = {
    ".csv": "csv",
    ".xlsx": "xlsx",
    ".ttl": "turtle",
    ".nt": "ntriples",
    ".rdf": "rdfxml",
    ".owl": "rdfxml",
    ".jsonld": "jsonld",
    ".trig": "trig",
    ".nq": "nquads",
    ".jsonl": "iso-jsonl",
    ".yaml": "relaton-yaml",
    ".yml": "relaton-yaml",
    ".xml": "relaton-xml",
}
SHOWN = 20


def add(commands: Any) -> None:
    """Add the command and its options."""
    parser = command(
        commands,
        "convert",
        run,
        "records from one format to another; what the target cannot hold is said",
        "aistandards convert iso_deliverables_metadata.jsonl standards.xlsx --report lost.json",
        (),
    )
    parser.add_argument("input", metavar="IN", help="a file, folder or pattern, or - for standard input")
    parser.add_argument(
        "output", metavar="OUT", help="a file, a folder (ending in /) for CSV, or - for standard output"
    )
    parser.add_argument("--from", dest="form", choices=FORMS, help="what kind of file IN is (default: seen)")
    parser.add_argument("--to", dest="target", choices=TARGETS, help="what to write (default: by the name of OUT)")
    parser.add_argument("--report", type=Path, metavar="FILE", help="write what was read, written and lost as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Convert; 0 also where the target holds less, which is said, 1 where rows could not be read, 2 where files could not."""
    from aistandards import sources
    from aistandards.convert import Conversion

    target = _target(arguments)
    if arguments.input == "-":
        inputs: list[tuple[Path, str, bytes | None]] = [(Path("stdin"), "-", sys.stdin.buffer.read())]
    else:
        inputs = [(path, str(path), None) for path in sources.find(Path(arguments.input))]
    _refuse_same(arguments.output, inputs)
    outcome = Conversion(inputs, arguments.form).run(target, _Opener(arguments.output))
    _tell(outcome, target, output.language(arguments.lang))
    if arguments.report:
        with writing(str(arguments.report)) as out:
            out.write(output.as_json({"from": arguments.input, "to": target, **outcome.as_dict()}).encode() + b"\n")
    return 1 if outcome.reported or outcome.written < outcome.accepted else 0


def _target(arguments: argparse.Namespace) -> str:
    """Return what to write: as asked, else by the suffix of the output; raises UsageError where neither says it."""
    suffix = Path(arguments.output).suffix.lower()
    folder = arguments.output.endswith("/")
    target = arguments.target or ("csv" if folder else SUFFIXES.get(suffix))
    if target is None:
        raise UsageError(
            f"{arguments.output} does not say the format. Give --to {', '.join(TARGETS)}.",
            f"无法从 {arguments.output} 得知格式。请给出 --to {'、'.join(TARGETS)}。",
        )
    return str(target)


def _refuse_same(place: str, inputs: list[tuple[Path, str, bytes | None]]) -> None:
    if place != "-" and Path(place).resolve() in {path.resolve() for path, _, data in inputs if data is None}:
        raise UsageError(
            f"{place} is what is read; it is not overwritten. Name another output.",
            f"{place} 正是输入文件，不会被覆盖。请另指定输出。",
        )


class _Opener:
    """Opens the one output, or a file of its own for each table where the output is a folder."""

    def __init__(self, place: str) -> None:
        self.place, self.opened = place, 0

    def __call__(self, name: str) -> AbstractContextManager[IO[bytes]]:
        from aistandards.convert import refuse_tables

        self.opened += 1
        if name and (self.place.endswith("/") or (self.place != "-" and Path(self.place).is_dir())):
            Path(self.place).mkdir(parents=True, exist_ok=True)
            return writing(str(Path(self.place) / name))
        if self.opened > 1:
            raise refuse_tables()
        return writing(self.place)


def _tell(outcome: Outcome, target: str, language: str) -> None:
    """Say on standard error what was written, what the target does not hold and what was found in the rows."""
    lines = [
        say(
            language,
            f"读入 {outcome.read} 条，写出 {outcome.written} 条，报告 {outcome.reported} 条",
            f"{outcome.read} read, {outcome.written} written, {outcome.reported} reported",
        )
    ]
    if outcome.lost:
        fields = ", ".join(f"{name} {count}" for name, count in outcome.lost.most_common(SHOWN))
        more = len(outcome.lost) - SHOWN
        lines.append(
            say(
                language,
                f"{outcome.lost.total()} 个值未能写入 {target}：{fields}"
                + (f"，另有 {more} 个字段" if more > 0 else ""),
                f"{outcome.lost.total()} values are not in the {target}: {fields}"
                + (f", and {more} more fields" if more > 0 else ""),
            )
        )
    lines += [finding.text(language) for finding in outcome.findings[:SHOWN]]
    if (more := outcome.rules.total() - SHOWN) > 0:
        lines.append(say(language, f"…… 另有 {more} 处", f"… and {more} more"))
    print("\n".join(lines), file=sys.stderr)
