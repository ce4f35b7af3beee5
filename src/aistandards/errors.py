"""Everything that can go wrong, as one tree with one exit code and one HTTP status for each kind.

::

    AistandardsError
    ├── NumberError        a text that is not a standard or plan number      exit 1  HTTP 400
    ├── NotFoundError      nothing on record under that number or name       exit 1  HTTP 404
    ├── ConformanceError   records break a rule, nothing was stored          exit 1  HTTP 422
    ├── MalformedRequestError  a request that is not UTF-8 text          exit 2  HTTP 400
    ├── UsageError         unknown rule, day, part, option value             exit 2  HTTP 400
    ├── QueryError         a query that cannot be run                        exit 2  HTTP 400
    ├── SourceError        a file that cannot be read or parsed at all       exit 2  HTTP 400
    └── StoreError         store or server out of reach, locked, port taken  exit 3  HTTP 503
"""

from __future__ import annotations

import re
from typing import ClassVar, Final

ECHOED: Final = 80  # characters of a value that a message repeats
_QUOTED: Final = re.compile(f"“([^”]{{{ECHOED}}})[^”]+”")


def cut(message: str) -> str:
    """Return a message with what it quotes cut to a length that people read."""
    return _QUOTED.sub(r"“\1…”", message)


class AistandardsError(Exception):
    """Base of all errors meant for people: one sentence in Chinese and one in English, each naming the fix.

    ``parameter`` is the option it is about, ``value`` what was given there, ``near`` what was perhaps meant,
    ``rule`` what the value broke: that it is none of the choices, where nothing else is said of a value.
    """

    exit_code: ClassVar[int] = 1
    http_status: ClassVar[int] = 500
    name: ClassVar[str] = "server-error"  # the kind of problem over HTTP

    def __init__(
        self,
        en: str,
        zh: str,
        parameter: str | None = None,
        value: str | None = None,
        near: str | None = None,
        rule: str | None = None,
    ) -> None:
        self.en, self.zh, self.parameter, self.value, self.near = cut(en), cut(zh), parameter, value, near
        self.rule = rule or (
            "choice" if value is not None and self.exit_code == 2 else self.name.removesuffix("-error")
        )
        super().__init__(self.en)


class NumberError(AistandardsError):
    """A text that cannot be read as a standard number or plan number."""

    http_status = 400
    name = "number-error"

    def __init__(self, text: str, en: str, zh: str) -> None:
        super().__init__(en, zh, value=text)
        self.text = text


class NotFoundError(AistandardsError):
    """Nothing on record under that number or name."""

    http_status = 404
    name = "not-found-error"


class ConformanceError(AistandardsError):
    """Records break a rule that must hold; nothing was stored."""

    http_status = 422
    name = "conformance-error"


class UsageError(AistandardsError):
    """An option, rule, day, part or other value that does not exist."""

    exit_code = 2
    http_status = 400
    name = "usage-error"


class MalformedRequestError(AistandardsError):
    """A request whose address or parameters are no text: not UTF-8, or with control characters."""

    exit_code = 2
    http_status = 400
    name = "malformed-request"


class QueryError(AistandardsError):
    """A saved query or a SPARQL text that cannot be run."""

    exit_code = 2
    http_status = 400
    name = "query-error"


class SourceError(AistandardsError):
    """A file that cannot be read or parsed at all."""

    exit_code = 2
    http_status = 400
    name = "source-error"


class StoreError(AistandardsError):
    """The store or a server cannot be reached, is locked, or a port is taken."""

    exit_code = 3
    http_status = 503
    name = "store-error"
