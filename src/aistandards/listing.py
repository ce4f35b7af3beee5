"""Lists of standards and projects: filtered, sorted, counted by facet and paged; search is such a list by relevance.

Several values of a filter are alternatives, several filters narrow. A facet counts under all *other* filters, so that each
count is the total the list would have with that value alone chosen.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from aistandards import lookup
from aistandards.columns import Ints
from aistandards.counts import VERDICTS, Counts, known
from aistandards.errors import NotFoundError, NumberError, UsageError
from aistandards.namespaces import key_of
from aistandards.rules import Label, label_of, pick
from aistandards.search import DIGITS, FEW, KINDS, MATCHES, Entry, Hits, Pairs, filters
from aistandards.spelling import better
from aistandards.systems import part_in
from aistandards.words import asked as words_of
from aistandards.words import places

MAX_LIMIT: Final = 1000
MAX_WORDS: Final = 200
MAX_VALUES: Final = 50
ORDERS: Final = ("number", "title_zh", "title_en", "issued", "implemented", "relevance")
BY_DAY: Final = {
    "status": Label("状态", "status on the day"),
    "year": Label("年份", "year of issue, of a project of its plan"),
    "kind": Label("类别", "standard or project"),
    "verdict": Label("判定", "verdict under the rule on the day"),
    "reason": Label("不计原因", "reason under the rule on the day"),
}
VERDICT_WORDS: Final = {
    "counts": Label("计入", "counts"),
    "excluded": Label("不计", "excluded"),
    "undecided": Label("未定", "undecided"),
}
SHOWN: Final = ("number", "title_zh", "title_en")
Mask = npt.NDArray[np.bool_]


def label_of_filter(name: str) -> dict[str, str]:
    """Return the label of a filter in both languages."""
    one = BY_DAY.get(name) or filters()[name]
    return {"label_zh": one.zh, "label_en": one.en}


def names() -> list[str]:
    """Return the names of all filters, which are also the facets."""
    return [*filters(), *BY_DAY]


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of a list; ``wanted`` has the values chosen of each filter, ``start`` how many records come before."""

    kinds: tuple[str, ...]
    day: date
    q: str = ""
    wanted: Mapping[str, Sequence[str]] = field(default_factory=dict)
    rule: str = "guide"
    system: str = "guide-2024"
    sort: tuple[str, ...] = ()
    facets: tuple[str, ...] = ()
    start: int = 0
    limit: int = 100


@dataclass(frozen=True, slots=True)
class Axis:
    """The values of one filter, as they are written in a request, with their labels and the records that have them."""

    tokens: Sequence[str]
    labels: Sequence[Label]
    record: Ints
    code: Ints


class Listing:
    """One list: checks what is asked on the way, so that nothing unknown is passed over."""

    def __init__(self, counts: Counts, asked: Asked) -> None:
        self.counts = counts
        self.asked = asked
        self._axes: dict[str, Axis] = {}
        _check(asked)
        self.hits = counts.index.search(asked.q) if asked.q else None
        self._masks = {
            name: self._mask(name, [v for v in values if v]) for name, values in asked.wanted.items() if any(values)
        }
        self._base = self._of_kinds()
        self._facets = [known("facet", "分面", name, names()) for name in dict.fromkeys(asked.facets)]
        keys = [
            self._key(name) for name in reversed(asked.sort or (("relevance",) if self._by_hits() else ("number",)))
        ]
        found = np.flatnonzero(self._under())
        ranks: list[npt.NDArray[Any]] = [counts.index.order("number"), *keys]
        self.found: Ints = found[np.lexsort([rank[found] for rank in ranks])].astype(np.int32)

    def answer(self) -> dict[str, Any]:
        """Return the page asked for, with the total and the facets."""
        asked = self.asked
        page = self.entries(self.found[asked.start : asked.start + asked.limit])
        body: dict[str, Any] = {"total": len(self.found), "items": page, "next": None, "as_of": str(asked.day)}
        if asked.q:
            body |= {"q": asked.q, **self._spelling()}
        if self._facets:
            body["facets"] = {name: self._facet(name) for name in self._facets}
        return body

    def entries(self, at: Ints) -> list[Entry]:
        """Return some records as the list shows them: status on the day, and where the words of the query stand."""
        status, values = self.counts.status_on(self.asked.day), self.counts.columns.status_values
        found = self.counts.index.entries_at(at)
        for place, entry in zip(at.tolist(), found, strict=True):
            if "status" in entry:
                entry["status"] = key_of(values[status[place]]) if status[place] >= 0 else "unknown"
            if self.hits is not None:
                entry |= _matched(self.asked.q, entry, self.hits, place)
        return found

    # ------------------------------------------------------------ filters

    def _by_hits(self) -> bool:
        return self.hits is not None and len(self.asked.kinds) > 1

    def _of_kinds(self) -> Mask:
        base = np.zeros(len(self.counts.columns), dtype=bool)
        for kind in self.asked.kinds:
            base |= self.counts.columns.of_kind(kind)
        if self.hits is not None:
            hit = np.zeros(len(base), dtype=bool)
            hit[self.hits.at] = True
            base &= hit
        return base

    def _under(self, without: str | None = None) -> Mask:
        """Return which records pass every filter, or every other filter."""
        found = self._base.copy()
        for name, mask in self._masks.items():
            if name != without:
                found &= mask
        return found

    def _mask(self, name: str, values: Sequence[str]) -> Mask:
        if len(values) > MAX_VALUES:
            raise UsageError(
                f"{name} has {len(values)} values; give at most {MAX_VALUES}.",
                f"{name} 给出了 {len(values)} 个值；至多 {MAX_VALUES} 个。",
            )
        axis = self.axis(name)
        tokens = {self.token(name, value) for value in values}
        wanted = np.array([token in tokens for token in axis.tokens] or [False])
        mask = np.zeros(len(self.counts.columns), dtype=bool)
        mask[axis.record[wanted[axis.code]]] = True
        return mask

    def token(self, name: str, value: str) -> str:
        """Return a value of a filter as its axis has it; raises UsageError with the nearest for one that does not exist."""
        facts, one = self.counts.facts, filters().get(name)
        if one and one.system:
            system, _, notation = value.rpartition("/")
            return part_in(self.counts.view(system or self.asked.system), notation)
        if name == "committee":
            return key_of(lookup.committee_of(facts, value))
        if name == "year":
            if not re.fullmatch(r"[0-9]{4}", value):
                raise UsageError(f"year={value} is not a year.", f"year={value} 不是年份。")
            return value
        choices = {"kind": KINDS, "verdict": VERDICTS}.get(name)
        scheme = one.scheme if one else name
        if choices is None:
            choices = tuple(sorted(self.counts.words[scheme])) if scheme else tuple(self.axis(name).tokens)
        return known(f"value of {name}", f"{name} 的取值", value, choices)

    def axis(self, name: str) -> Axis:
        """Return the values of a filter with the records that have them; raises UsageError for an unknown filter."""
        if name not in self._axes:
            known("filter", "筛选项", name, names())
            made: dict[str, Callable[[], Axis]] = {
                "status": self._status,
                "verdict": lambda: self._judged(0),
                "reason": lambda: self._judged(1),
            }
            self._axes[name] = made[name]() if name in made else self._stored(name)
        return self._axes[name]

    def _stored(self, name: str) -> Axis:
        facts, one = self.counts.facts, filters().get(name)
        pairs: Pairs = self.counts.index.pairs(name)
        if one and one.scheme:
            tokens = [facts.text(iri, "skos:notation") or key_of(iri) for iri in pairs.values]
        else:
            tokens = [key_of(value) if name == "committee" else value for value in pairs.values]
        labels = [self._label(iri, token) for iri, token in zip(pairs.values, tokens, strict=True)]
        return Axis(tokens, labels, pairs.record, pairs.code)

    def _label(self, value: str, token: str) -> Label:
        if "://" not in value:
            return Label(value, value)
        label = label_of(self.counts.facts, value, "skos:prefLabel")
        return label if label.zh else Label(*[lookup.name_of(self.counts.facts, value) or token] * 2)

    def _status(self) -> Axis:
        code = self.counts.status_on(self.asked.day)
        at = np.flatnonzero(code >= 0).astype(np.int32)
        tokens = [key_of(value) for value in self.counts.columns.status_values]
        return Axis(tokens, [self.counts.words["status"][token] for token in tokens], at, code[at])

    def _judged(self, which: int) -> Axis:
        """Return verdicts, or the reasons of those that do not count, under the rule on the day."""
        tally = self.counts.tally(self.counts.request(pick(self.counts.rules, self.asked.rule), self.asked.day))
        said = [outcome[which] for outcome in tally.outcomes]
        tokens = sorted({word for word in said if word})
        code = np.array([tokens.index(word) if word else -1 for word in said] or [-1], dtype=np.int32)[tally.code]
        words = self.counts.words["reason"] if which else VERDICT_WORDS
        labels = [words.get(token, Label(token, token)) for token in tokens]
        return Axis(tokens, labels, tally.live[code >= 0], code[code >= 0])

    # ------------------------------------------------------------ order, facets, spelling

    def _key(self, name: str) -> npt.NDArray[Any]:
        """Return the rank of every place in an order; what is not known comes last in both directions."""
        field_name, down = name.removeprefix("-"), name.startswith("-")
        coded = [one.name for one in filters().values() if one.scheme and not one.above] + ["status"]
        known("order", "排序", field_name, [*ORDERS, *coded])
        if field_name == "relevance":
            return self._relevance(down)
        rank = self.counts.index.order(field_name).astype(np.int64) if field_name in ORDERS else self._coded(field_name)
        last = int(rank.max(initial=0)) + 1
        return np.where(rank < 0, last, last - 1 - rank if down else rank)

    def _coded(self, name: str) -> npt.NDArray[np.int64]:
        axis = self.axis(name)
        place = np.argsort(np.argsort(np.array(axis.tokens))) if axis.tokens else np.zeros(1)
        rank = np.full(len(self.counts.columns), -1, dtype=np.int64)
        rank[axis.record] = place[axis.code]
        return rank

    def _relevance(self, down: bool) -> npt.NDArray[Any]:
        if self.hits is None or down:
            raise UsageError(
                "sort=relevance goes with q, and always the best first.",
                "sort=relevance 须与 q 同用，且总是最相关者在前。",
            )
        score, tier = np.round(self.hits.score, 9), self.hits.tier
        keys: list[npt.NDArray[Any]] = [score, tier]
        order = np.lexsort(keys)
        steps = np.cumsum((np.diff(score[order]) != 0) | (np.diff(tier[order]) != 0))
        rank = np.zeros(len(self.counts.columns), dtype=np.int64)
        rank[self.hits.at[order]] = np.append(0, steps)[: len(order)]  # equals share a rank: the number decides
        return rank

    def _facet(self, name: str) -> dict[str, Any]:
        axis, under = self.axis(name), self._under(without=name)
        record, code = axis.record, axis.code
        if (one := filters().get(name)) and one.system:  # the parts of one system
            own = self.counts.view(self.asked.system).own
            inside = np.array([token in own for token in axis.tokens] or [False])[code]
            record, code = record[inside], code[inside]
        live = under[record]
        counted = np.bincount(code[live], minlength=len(axis.tokens))
        having = np.zeros(len(under), dtype=bool)
        having[record[live]] = True
        chosen = {self.token(name, value) for value in self.asked.wanted.get(name, ()) if value}
        view = self.counts.view(self.asked.system) if one and one.system else None
        rows = [
            {
                "value": view.notation(token) if view else token,
                "label_zh": label.zh,
                "label_en": label.en,
                "count": count,
                "chosen": token in chosen,
            }
            for token, label, count in zip(axis.tokens, axis.labels, counted.tolist(), strict=True)
            if (count or token in chosen) and (view is None or token in view.own)
        ]
        return {
            **label_of_filter(name),
            "values": sorted(rows, key=lambda row: (-row["count"], row["value"])),
            "without": int(under.sum() - having.sum()),
        }

    def _spelling(self) -> dict[str, Any]:
        """Return what else may be meant where there are few hits, and why a number is not on record; nothing is replaced."""
        if self.hits is None or len(self.hits.at) >= FEW or (self.hits.tier < DIGITS).any():
            return {"did_you_mean": [], "not_on_record": None}
        meant = []
        for text in better(self.counts.index, self.asked.q):
            total = len(self.counts.index.search(text).at)
            if total:
                meant.append({"q": text, "total": total})
        return {"did_you_mean": meant, "not_on_record": self._not_on_record()}

    def _not_on_record(self) -> dict[str, str] | None:
        try:
            lookup.find(self.counts.facts, self.asked.q, self.asked.day)
        except NotFoundError as error:
            return {"zh": error.zh, "en": error.en}
        except NumberError:
            pass
        return None


def _matched(q: str, entry: Entry, hits: Hits, place: int) -> dict[str, Any]:
    """Return how a record answers the query, how well, and where its words stand in number and titles."""
    at = int(np.searchsorted(hits.at, place))
    tier = int(hits.tier[at])
    marks = {name: places(words_of(q), entry[name]) for name in SHOWN if entry[name]}
    if tier < DIGITS:
        marks = {"number": [[0, len(entry["number"])]]}
    return {
        "match": MATCHES[tier],
        "score": round(abs(float(hits.score[at])), 4),
        "marks": {name: found for name, found in marks.items() if found},
    }


def _check(asked: Asked) -> None:
    """Raise UsageError for a limit or a query text outside the range; nothing is clamped."""
    if not 1 <= asked.limit <= MAX_LIMIT:
        raise UsageError(
            f"limit is {asked.limit}; give 1 to {MAX_LIMIT}.", f"limit 为 {asked.limit}；应为 1 至 {MAX_LIMIT}。"
        )
    if len(asked.q) > MAX_WORDS:
        raise UsageError(
            f"q has {len(asked.q)} characters; give 1 to {MAX_WORDS}.",
            f"q 有 {len(asked.q)} 个字符；应为 1 至 {MAX_WORDS} 个。",
        )
    if asked.q and not words_of(asked.q):
        raise UsageError(
            "q has no letter and no digit; write words of a title, or a number.",
            "q 中没有文字或数字；请写题名中的词或编号。",
        )
    if len(set(asked.sort)) != len(asked.sort):
        raise UsageError("sort names an order twice.", "sort 重复列出了同一排序。")
