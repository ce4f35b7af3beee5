"""What the models of answers share: they describe the JSON for OpenAPI.

Answers are made as dictionaries and not checked against them when they are sent (a test does that). Further keys may come: a
client ignores what it does not know.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Answer(BaseModel):
    """An object of an answer; absent facts are null, several values are arrays."""

    model_config = ConfigDict(extra="allow")


class Text(Answer):
    """A sentence in both languages."""

    zh: str
    en: str


class Note(Text):
    """A remark on the answer, with its name."""

    note: str


class Labelled(Answer):
    """A thing with its name in both languages."""

    label_zh: str
    label_en: str


class Entitled(Answer):
    """A record with its titles; the slug leads to its address."""

    number: str
    slug: str | None
    title_zh: str | None
    title_en: str | None


class Listed(Answer):
    """A list: how many there are in all, some of them, and where the next ones begin."""

    total: int = Field(ge=0)
    next: int | str | None


class Wrong(Answer):
    """One wrong parameter: what it was, what it broke, what was perhaps meant."""

    parameter: str
    value: str | None
    rule: str
    suggestion: str | None
    message: str
    message_zh: str
    message_en: str


class Problem(Answer):
    """Why a request was refused (RFC 9457): ``type`` leads to a page, ``detail`` is in the language of Accept-Language."""

    type: str
    title: str
    status: int = Field(ge=400, le=599)
    detail: str
    detail_zh: str
    detail_en: str
    errors: list[Wrong] = []
    available: list[str] = []
