"""Words of titles and queries: folded, Han runs as pairs of characters, and where a query's words stand in a text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

HAN: Final = "\u3400-\u9fff"
# a run of Han, or a word with its points and hyphens: 45288.1-2025, large-scale
RUN: Final = re.compile(rf"[{HAN}]+|[^\W_{HAN}]+(?:[.\-][^\W_{HAN}]+)*")
_PIECES: Final = re.compile(r"[.\-]")
_SHORT: Final = 4  # letters; a shorter word keeps its s: its, bus, 5gs
MAX_TOKEN: Final = 100


def fold(text: str) -> str:
    """Return a text as it is compared: full-width forms as plain ones, no capital letters."""
    return text.lower() if text.isascii() else unicodedata.normalize("NFKC", text).lower()


def is_han(word: str) -> bool:
    """Whether a run is one of Chinese characters."""
    return "\u3400" <= word[0] <= "\u9fff"


def runs(text: str) -> list[str]:
    """Return the runs of a text, folded: Han without a break, and words."""
    return [found[0] for found in RUN.finditer(fold(text))]


def grams(text: str) -> Iterator[str]:
    """Yield what an index holds of a text: of a Han run every pair and its last character, of a word itself and its pieces.

    The last character stands alone so that it is found by itself, and so that no phrase runs on into the next run.
    """
    for word in runs(text):
        if is_han(word):
            yield from (word[at : at + 2] for at in range(len(word) - 1))
            yield word[-1]
        else:
            yield word
            yield from (piece for piece in _PIECES.split(word) if piece != word)


def stem(word: str) -> str:
    """Return an English word without its plural, so that it begins both forms: standards, technologies, processes."""
    if not word.isalpha() or len(word) <= _SHORT or word.endswith(("ss", "us", "is")):
        return word
    return word[:-3] if word.endswith("ies") else word.removesuffix("s")


def asked(text: str) -> list[str]:
    """Return what a query asks for: Han runs, numbers with their points, English words taken apart and stemmed."""
    found = []
    for word in runs(text):
        if is_han(word) or any(letter.isdigit() for letter in word):
            found.append(word)
        else:
            found += [stem(piece) for piece in _PIECES.split(word)]
    return [word[:MAX_TOKEN] for word in dict.fromkeys(found)]


def matching(word: str) -> str:
    """Return the full-text expression of one word of ``asked``, quoted: a phrase of pairs, or what begins with the word."""
    if is_han(word) and len(word) > 1:
        return '"' + " ".join(word[at : at + 2] for at in range(len(word) - 1)) + '"'
    return f'"{word}"*'


def places(words: list[str], text: str) -> list[list[int]]:
    """Return where the words of a query stand in a text as [start, end) of characters, in order and without overlap.

    A Han run is found anywhere, another word where a word begins; its whole word is shown.
    """
    folded, origin = _folded(text)
    found = []
    for word in words:
        pattern = re.escape(word) if is_han(word) else rf"(?<![^\W_{HAN}]){re.escape(word)}[^\W_{HAN}]*"
        found += [(origin[m.start()], origin[m.end() - 1] + 1) for m in re.finditer(pattern, folded)]
    joined: list[list[int]] = []
    for start, end in sorted(found):
        if joined and start <= joined[-1][1]:
            joined[-1][1] = max(joined[-1][1], end)
        else:
            joined.append([start, end])
    return joined


def _folded(text: str) -> tuple[str, list[int]]:
    """Return a text folded character by character, and for every character of it where it came from."""
    pieces, origin = [], []
    for at, letter in enumerate(text):
        piece = fold(letter)
        pieces.append(piece)
        origin += [at] * len(piece)
    return "".join(pieces), origin
