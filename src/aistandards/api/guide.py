"""The guide that agents read first: the words, the rules, switches, systems and parts of the current build."""

from __future__ import annotations

from collections.abc import Iterator

from aistandards.api import Service
from aistandards.api.asking import LANGUAGES, both, words
from aistandards.api.tools import TOOLS
from aistandards.namespaces import PREFIXES
from aistandards.rules import Label
from aistandards.settings import today

CODES = ("level", "nature", "scope", "status", "stage", "chain")
HEADS = {
    "tools": ("工具", "tools"),
    "rules": ("统计口径", "counting rules"),
    "switches": ("开关（默认值在前）", "switches (the default first)"),
    "codes": ("代码", "codes"),
    "parts": ("体系与部分", "systems and parts"),
    "prefixes": ("SPARQL 前缀", "SPARQL prefixes"),
}


def guide(service: Service, language: str) -> str:
    """Return the guide as Markdown in both languages, the reader's first."""
    return "\n".join(_lines(service, language)) + "\n"


def _lines(service: Service, language: str) -> Iterator[str]:
    counts = service.counts
    yield from ("# aistandards", "", *(words()["instructions"][one] for one in _order(language)))
    yield from ("", f"build {service.build.id[:16]} · {today()}", "", _head("tools", language))
    yield from (f"- `{name}`: {both(words()['tools'][name], language)}" for name in TOOLS)
    yield from ("", _head("rules", language))
    yield from (f"- `{rule.name}` ({rule.target.id}): {_label(rule.label, language)}" for rule in counts.rules)
    yield from ("", _head("switches", language))
    for name, values in counts.switches.items():
        labels = counts.words[f"{name}-switch"]
        yield f"- `{name}`: " + "; ".join(f"`{value}` {_label(labels[value], language)}" for value in values)
    yield from ("", _head("codes", language))
    for name in CODES:
        codes = counts.words[name].items()
        yield f"- {name}: " + "; ".join(f"`{code}` {_label(label, language)}" for code, label in codes)
    yield from ("", _head("parts", language))
    for edition in counts.editions:
        view = counts.view(edition)
        parts = sorted(view.parts, key=view.notation)
        yield f"- `{edition}`: " + "; ".join(f"`{view.notation(p)}` {_label(view.label(p), language)}" for p in parts)
    yield from ("", _head("prefixes", language), "```sparql")
    yield from (f"PREFIX {name}: <{iri}>" for name, iri in PREFIXES.items())
    yield "```"


def _order(language: str) -> list[str]:
    return sorted(LANGUAGES, key=lambda one: one != language)


def _label(label: Label, language: str) -> str:
    return both({"zh": label.zh, "en": label.en}, language)


def _head(name: str, language: str) -> str:
    return "## " + both(dict(zip(LANGUAGES, HEADS[name], strict=True)), language)
