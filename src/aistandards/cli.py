"""The command line: runs one command, turns every error into a sentence and an exit code."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from aistandards.commands import build_parser
from aistandards.errors import AistandardsError


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code (0 done, 1 findings or not found, 2 wrong use, 3 store or server)."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    try:
        arguments = build_parser().parse_args(argv)
        code: int = arguments.run(arguments)
        sys.stdout.flush()
        return code
    except AistandardsError as error:
        print(f"aistandards: {error.en}\naistandards：{error.zh}", file=sys.stderr)
        return error.exit_code
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    except OSError as error:
        print(
            f"aistandards: {error}. Check the disk and the output.\naistandards：{error}。请检查磁盘和输出位置。",
            file=sys.stderr,
        )
        return 3
    except KeyboardInterrupt:
        return 130
