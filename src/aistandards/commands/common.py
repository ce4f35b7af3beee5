"""What the commands share: the parser, the options, opening the store, printing an answer."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from aistandards import output
from aistandards.errors import SourceError, UsageError
from aistandards.settings import Place, default_store, parse_day, place_of, today

if TYPE_CHECKING:
    from aistandards.counts import Counts
    from aistandards.pipeline import Progress
    from aistandards.store import Build

Run = Callable[[argparse.Namespace], int]
FORMATS = ("text", "json", "csv", "xlsx")


class Parser(argparse.ArgumentParser):
    """An argument parser that says what is wrong in one bilingual sentence and exits with 2."""

    def error(self, message: str) -> Any:
        """Raise the usage error instead of printing argparse's own text."""
        raise UsageError(f"{message}. See `{self.prog} --help`.", f"参数有误：{message}。参见 `{self.prog} --help`。")


def command(
    commands: Any, name: str, run: Run, summary: str, example: str, formats: Sequence[str] = FORMATS
) -> argparse.ArgumentParser:
    """Add a command with its help, an example, and the options of language, format and output; return its parser."""
    parser: argparse.ArgumentParser = commands.add_parser(
        name,
        allow_abbrev=False,
        help=summary,
        description=summary,
        epilog=f"Example: {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    parser.add_argument("--lang", choices=("zh", "en"), help="language of text answers (default: by locale)")
    if formats:
        parser.add_argument("--format", choices=formats, default=formats[0], help=f"default {formats[0]}")
    if "xlsx" in formats:
        parser.add_argument("--output", type=Path, metavar="FILE", help="write to a file instead of standard output")
    return parser


def store_option(parser: argparse.ArgumentParser, releases: bool = True) -> None:
    """Add ``--store`` and, for a command that reads one build, ``--release``."""
    if releases:
        parser.add_argument(
            "--release", metavar="NAME", help="answer from a release kept in the store (default: its current build)"
        )
    parser.add_argument(
        "--store",
        type=place_of,
        default=None,
        metavar="DIR|URL",
        help="folder of the store, or a SPARQL server that holds a build (default: AISTANDARDS_STORE or user data)",
    )


def switch_options(parser: argparse.ArgumentParser) -> None:
    """Add the switches of a count: ``--scope``, ``--guidance``, ``--series``, ``--evidence``, ``--switch``."""
    parser.add_argument("--scope", default="core", metavar="core|all")
    parser.add_argument("--guidance", default="no", metavar="no|yes")
    parser.add_argument("--series", default="each", metavar="each|once")
    parser.add_argument("--evidence", default="any", metavar="any|confirmed")
    parser.add_argument(
        "--switch",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a further switch of a rule, for example ieee=yes",
    )


def switches_of(arguments: argparse.Namespace) -> dict[str, str]:
    """Return the switches asked for by name; raises UsageError for one that is not ``NAME=VALUE``."""
    given = {name: getattr(arguments, name) for name in ("scope", "guidance", "evidence")}
    return given | dict(pair(text, "--switch") for text in arguments.switch)


def data_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--data``, which may repeat."""
    parser.add_argument(
        "--data",
        type=Path,
        action="append",
        default=[],
        metavar="DIR",
        help="a folder of your own records, added to the shipped ones; may repeat",
    )


def day_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--as-of``."""
    parser.add_argument(
        "--as-of", default=None, metavar="D", help="the day asked, YYYY-MM-DD (default: today in Asia/Shanghai)"
    )


def whole(text: str) -> int:
    """Return a whole number over zero; argparse names the option where it is none."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a whole number over 0 / 不是正整数")
    return int(text)


def positive(text: str) -> float:
    """Return a number over zero; argparse names the option where it is none."""
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < 1e6:
        raise argparse.ArgumentTypeError(f"{text} is not a number over 0 / 不是正数")
    return number


def pair(text: str, option: str) -> tuple[str, str]:
    """Return the two halves of ``NAME=VALUE``; raises UsageError that names the option."""
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise UsageError(f"{option} {text}: write NAME=VALUE.", f"{option} {text}：请写作 名称=值。")
    return name, value


def day_of(arguments: argparse.Namespace) -> date:
    """Return the day asked, by default today."""
    return today() if arguments.as_of is None else parse_day(arguments.as_of)


def store_of(arguments: argparse.Namespace) -> Place:
    """Return where the store asked for is: a folder, or the address of a SPARQL server."""
    place: Place | None = arguments.store
    return place or default_store()


def open_build(arguments: argparse.Namespace) -> Build:
    """Return the current build of the store asked for, or the release asked for; an incomplete one is announced."""
    from aistandards.store import open_current, open_release

    release = getattr(arguments, "release", None)
    build = open_release(store_of(arguments), release) if release else open_current(store_of(arguments))
    arguments.build = build
    arguments.left_out = build.manifest.get("left_out", [])
    if build.manifest.get("incomplete"):
        print(
            f"aistandards: this store is incomplete: {len(build.manifest['left_out'])} records were left out by --skip-invalid.\n"
            f"aistandards：本存储不完整：--skip-invalid 略去了 {len(build.manifest['left_out'])} 条记录。",
            file=sys.stderr,
        )
    return build


def open_counts(arguments: argparse.Namespace) -> Counts:
    """Return the counts over the current build of the store asked for."""
    from aistandards.counts import Counts

    return Counts.of(open_build(arguments))


def read_text(path: Path) -> str:
    """Return the text of a file; raises SourceError that names the file."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(
            f"{path}: cannot be read as UTF-8 text ({error}). Check the path and the encoding.",
            f"{path}：无法按 UTF-8 文本读取（{error}）。请检查路径和编码。",
        ) from None


def progress() -> Progress:
    """Return what shows the steps of a build: a bar on a terminal, else nothing."""
    from aistandards.pipeline import silent

    if not sys.stderr.isatty():
        return silent

    def show(step: str, at: int, of: int) -> None:
        bar = "█" * (at * 24 // of)
        end = "\n" if at == of else ""
        print(f"\r{bar:<24} {at}/{of} {step:<10}", end=end, file=sys.stderr, flush=True)

    return show


def print_answer(
    arguments: argparse.Namespace,
    answer: dict[str, Any],
    rows: Iterable[dict[str, Any]],
    text: Callable[[str], str],
    columns: Sequence[str] | None = None,
) -> int:
    """Print an answer as JSON, its rows as CSV or a workbook, or its text in the reader's language; returns 0."""
    language = output.language(arguments.lang)
    left_out = getattr(arguments, "left_out", [])
    match arguments.format:
        case "json":  # an incomplete store says so in every answer
            emit(arguments, output.as_json({**answer, "incomplete": left_out} if left_out else answer) + "\n")
        case "csv":
            emit(arguments, output.as_csv(list(rows), columns))
        case "xlsx":
            emit(arguments, _workbook(arguments, answer, list(rows), language))
        case _:
            emit(arguments, text(language) + "\n")
    return 0


def _workbook(
    arguments: argparse.Namespace, answer: dict[str, Any], rows: list[dict[str, Any]], language: str
) -> bytes:
    """Return an answer as a workbook, with the rules it names and the build it was made from in its notes."""
    from aistandards.rulebook import origin
    from aistandards.rules import load_rules
    from aistandards.workbook import answer_workbook

    build: Build | None = getattr(arguments, "build", None)
    about = origin(load_rules(build.open()), answer, rows, build.id, language) if build else {}
    return answer_workbook(arguments.run.__module__.rpartition(".")[2], answer, rows, language, about)


def print_rows(arguments: argparse.Namespace, rows: list[dict[str, Any]], columns: Sequence[str]) -> int:
    """Print rows of named columns in the format asked; in text, columns without any value are left out; returns 0."""
    shown = [name for name in columns if any(name in row for row in rows)] or list(columns)

    def text(_language: str) -> str:
        return output.table(shown, [[row.get(name) for name in shown] for row in rows]) + f"\n{len(rows)} rows"

    return print_answer(arguments, {"total": len(rows), "items": rows}, rows, text, columns)


def emit(arguments: argparse.Namespace, content: str | bytes) -> None:
    """Write to ``--output`` or to standard output; a workbook is not written to a terminal."""
    path: Path | None = getattr(arguments, "output", None)
    if path is not None:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    elif isinstance(content, str):
        sys.stdout.write(content)
    elif sys.stdout.isatty():
        raise UsageError(
            "A workbook is not shown on a terminal; name a file with --output FILE.xlsx.",
            "工作簿不能显示在终端上；请用 --output 文件名.xlsx 指定文件。",
        )
    else:
        sys.stdout.buffer.write(content)


@contextlib.contextmanager
def writing(place: str) -> Iterator[IO[bytes]]:
    """Open a place to write to; a file appears only when it is whole. Raises UsageError for a folder."""
    if place == "-":
        yield sys.stdout.buffer
        return
    path = Path(place)
    if path.is_dir():
        raise UsageError(
            f"{path} is a folder and is not overwritten; name a file with --output.",
            f"{path} 是文件夹，不会被覆盖；请用 --output 指定文件。",
        )
    partial = path.with_name(f".{path.name}.part")
    try:
        with partial.open("wb") as out:
            yield out
        partial.replace(path)
    except OSError as error:
        raise unwritable(path, error) from None
    finally:
        partial.unlink(missing_ok=True)


def unwritable(path: Path, error: OSError) -> SourceError:
    """Return the error of a place that cannot be written to."""
    reason = error.strerror or error
    return SourceError(
        f"{path} cannot be written ({reason}). Choose another place with --output.",
        f"无法写入 {path}（{reason}）。请用 --output 另选一处。",
    )
