"""Spelling: what a query with few hits may have meant, from the words and numbers of the records themselves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from rapidfuzz import fuzz, process

from aistandards import identifiers
from aistandards.search import Index
from aistandards.words import asked, fold, is_han, runs

ALIKE: Final = 74.0  # of 100: one wrong character of four Chinese ones, or of four letters
ALIKE_NUMBER: Final = 88.0
MIN_LENGTH: Final = 3
MOST: Final = 3


def better(index: Index, text: str) -> list[str]:
    """Return texts that may have been meant, the likeliest first; each word that is in no record is put right by itself."""
    number = identifiers.try_parse(text) or identifiers.try_parse_plan(text)
    if number is not None and any(letter.isdigit() for letter in text) and any(letter.isalpha() for letter in text):
        numbers = [entry["number"] for kind in ("standard", "project") for entry in index.entries(kind)]
        near = process.extract(number.render(), numbers, scorer=fuzz.ratio, limit=MOST, score_cutoff=ALIKE_NUMBER)
        return [name for name, _, _ in near if name != number.render()]
    words = runs(text)
    right = [_right(index, word) for word in words]
    if None in right or [word for word in right if word] == words:
        return []
    return [" ".join(word for word in right if word)]


def _right(index: Index, word: str) -> str | None:
    """Return a word itself where a title has it, else the nearest that one has, else None."""
    column = "zh" if is_han(word) else "en"
    if len(word) < MIN_LENGTH or all(index.titled(piece, column) for piece in asked(word)):
        return word
    return _nearest_phrase(index, word) if is_han(word) else _nearest_word(index, word)


def _nearest_word(index: Index, word: str) -> str | None:
    known = [term for term in index.terms if not is_han(term)]
    near = process.extract(word, known, scorer=fuzz.ratio, limit=20, score_cutoff=ALIKE)
    return max(near, key=lambda found: (found[1], index.terms[found[0]]), default=(None, 0, 0))[0]


def _nearest_phrase(index: Index, word: str) -> str | None:
    """Return the stretch of a Chinese title of the same length that is most like a phrase; of equals the most frequent."""
    titles: Sequence[str] = [
        fold(e["title_zh"]) for kind in ("standard", "project") for e in index.entries(kind) if e["title_zh"]
    ]
    near = process.extract(word, titles, scorer=fuzz.partial_ratio, limit=50, score_cutoff=ALIKE)
    best = max((score for _, score, _ in near), default=0.0)
    found: Counter[str] = Counter()
    for title, score, _ in near:
        if score == best and (place := fuzz.partial_ratio_alignment(word, title)):
            phrase = title[place.dest_start : place.dest_end].strip()
            found[phrase] += len(phrase) == len(word)
    common = [phrase for phrase, times in found.most_common(1) if times]
    return common[0] if common else None
