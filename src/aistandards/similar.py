"""Similar titles: which standards and projects are close to a proposed title, and by which words (查重).

A term is a pair of Chinese characters or an English word without its plural. A term weighs the more the fewer titles have it;
one that a fifth of the titles have (人工, 智能, 要求) is boilerplate and weighs nothing. The score is twice the weight of what both
titles share by the weight of both: 1 for equal terms, 0 for none in common.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from difflib import SequenceMatcher
from itertools import pairwise
from typing import Any, Final

from aistandards.counts import Counts
from aistandards.errors import UsageError
from aistandards.lookup import natural_key
from aistandards.namespaces import key_of
from aistandards.search import Entry, Index
from aistandards.words import fold, is_han, runs, stem

MAX_TITLE: Final = 300
MAX_SIMILAR: Final = 100
BOILERPLATE: Final = 0.2  # of all titles of the language: what as many or more have weighs nothing
UNKNOWN: Final = 0.5  # a term of no title weighs a little more than one of a single title
LOOKED_AT: Final = 400  # titles that share the rarest terms
RAREST: Final = 24
NEAR: Final = 0.8
LANGUAGES: Final = ("zh", "en")


def terms(title: str) -> set[str]:
    """Return the terms of a title: pairs of Chinese characters, English words without their plural."""
    found: set[str] = set()
    for word in runs(title):
        if is_han(word):
            found.update([word[at : at + 2] for at in range(len(word) - 1)] or [word])
        else:
            found.update(stem(piece) for piece in word.replace(".", "-").split("-"))
    return found


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each term weighs among the titles of a build."""

    titles: dict[str, int]
    size: dict[str, int]

    @staticmethod
    def of(index: Index) -> Weights:
        """Return the weights of the terms of a build."""
        found: dict[str, int] = {}
        for term, count in index.terms.items():
            name = term if is_han(term) else stem(term)
            found[name] = found.get(name, 0) + count
        [(zh, en)] = index.rows(
            "SELECT count(json_extract(entry, '$.title_zh')), count(json_extract(entry, '$.title_en')) FROM record"
        )
        return Weights(found, {"zh": max(zh, 1), "en": max(en, 1)})

    def of_term(self, term: str) -> float:
        """Return the weight of a term, 0 for boilerplate."""
        share = max(self.titles.get(term, 0), UNKNOWN) / self.size["zh" if is_han(term) else "en"]
        return max(0.0, math.log(BOILERPLATE / share))

    def sum(self, found: Iterable[str]) -> float:
        """Return the weight of several terms."""
        return math.fsum(self.of_term(term) for term in sorted(found))


def similar(counts: Counts, title: str, day: date, limit: int = 10) -> dict[str, Any]:
    """Return the records whose titles are close to a proposed one, the closest first, with what they share.

    Raises UsageError for a title without words, one that is too long, and a limit outside the range.
    """
    own = _checked(title, limit)
    index = counts.index
    weights: Weights = counts.remembered(("similar",), lambda: Weights.of(index))
    telling = {term for term in own if weights.of_term(term)} or own
    plain = not weights.sum(own)  # a title of boilerplate alone is compared by that
    rarest = sorted(telling, key=lambda term: (-weights.of_term(term), term))[:RAREST]
    found = []
    places = index.candidates(rarest, LOOKED_AT)
    status, values = counts.status_on(day), counts.columns.status_values
    for at, entry in zip(places, index.entries_at(places), strict=True):
        best = max(
            (_compared(weights, own, title, entry, name, plain) for name in LANGUAGES), key=lambda one: one["score"]
        )
        if best["score"] > 0:
            if "status" in entry:
                entry["status"] = key_of(values[status[at]]) if status[at] >= 0 else "unknown"
            found.append({**entry, **best})
    found.sort(key=lambda one: (not one["same_title"], -one["score"], natural_key(one["number"])))
    return {
        "title": title,
        "as_of": str(day),
        "terms": [
            {"term": term, "titles": weights.titles.get(term, 0), "weight": round(weights.of_term(term), 3)}
            for term in sorted(own, key=lambda term: (-weights.of_term(term), term))
        ],
        "total": len(found),
        "near_duplicates": sum(one["near_duplicate"] for one in found),
        "items": found[:limit],
        "next": None,
    }


def _checked(title: str, limit: int) -> set[str]:
    if not 1 <= limit <= MAX_SIMILAR:
        raise UsageError(f"limit is {limit}; give 1 to {MAX_SIMILAR}.", f"limit 为 {limit}；应为 1 至 {MAX_SIMILAR}。")
    if len(title) > MAX_TITLE:
        raise UsageError(
            f"The title has {len(title)} characters; give at most {MAX_TITLE}.",
            f"题名有 {len(title)} 个字符；至多 {MAX_TITLE} 个。",
        )
    own = terms(title)
    if not own:
        raise UsageError(
            "The title has no letter and no digit; write a title in Chinese or English.",
            "题名中没有文字或数字；请写中文或英文题名。",
        )
    return own


def _compared(weights: Weights, own: set[str], title: str, entry: Entry, language: str, plain: bool) -> dict[str, Any]:
    """Return how close one title of a record is: the score, the terms and the stretches of text that both have."""
    text = entry[f"title_{language}"] or ""
    other = terms(text)
    shared = own & other
    weigh = len if plain else weights.sum
    whole = weigh(own) + weigh(other)
    score = round(2 * weigh(shared) / whole, 4) if whole else 0.0
    same = bool(text) and _bare(text) == _bare(title)
    return {
        "score": 1.0 if same else score,
        "near_duplicate": same or (score >= NEAR and not plain),
        "same_title": same,
        "compared_with": language,
        "shared": sorted(
            (term for term in shared if plain or weights.of_term(term)), key=lambda term: (-weights.of_term(term), term)
        ),
        "phrases": _phrases(title, text) if shared else [],
    }


def _bare(title: str) -> str:
    return "".join(letter for letter in fold(title) if letter.isalnum())


def _phrases(one: str, other: str) -> list[str]:
    """Return the stretches of text that both titles have, in order: two Chinese characters or a whole word at least."""
    left, right = (
        [piece for word in runs(text) for piece in (word if is_han(word) else [word])] for text in (one, other)
    )
    found = []
    for block in SequenceMatcher(None, left, right, autojunk=False).get_matching_blocks():
        pieces = left[block.a : block.a + block.size]
        if block.size > 1 or (pieces and not is_han(pieces[0])):
            text = pieces[0] if pieces else ""
            for before, piece in pairwise(pieces):
                text += piece if is_han(before) and is_han(piece) else f" {piece}"
            found.append(text)
    return found


def flat_rows(answer: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the answer as a table, a row a record."""
    return answer["items"]  # type: ignore[no-any-return]
