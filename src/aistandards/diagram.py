"""Diagrams of the vocabulary as boxes and lines with their places: how classes hang together, and the tree of classes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

import networkx as nx
import pyoxigraph as ox

from aistandards.namespaces import AIS, compress
from aistandards.output import width
from aistandards.reports import say
from aistandards.vocabulary import Entry, Vocabulary, name_of

CHARACTER: Final = 6.7  # width of one column of text at 12 px, with room for wider fonts
ROW, HEAD, GAP, LANE, MARGIN, INDENT = 18, 38, 16, 96, 12, 32
LONGEST: Final = 52  # characters of a row
SHARE: Final = 0.15  # a class that has this share of a property's uses is shown with it, beside the most frequent one


@dataclass(slots=True)
class Box:
    """A class with its place; ``rows`` are the properties that begin at it, each with the address of its entry."""

    iri: str
    title: str
    name: str
    rows: list[tuple[str, str]] = field(default_factory=list)
    x: float = 0
    y: float = 0

    @property
    def width(self) -> float:
        """How wide the box must be for its texts."""
        texts = [self.title, self.name, *(text for text, _ in self.rows)]
        return round(max(width(text) for text in texts) * CHARACTER + 20)

    @property
    def height(self) -> float:
        """How high the box is with its rows."""
        return HEAD + ROW * len(self.rows) + (6 if self.rows else 0)

    @property
    def is_own(self) -> bool:
        """Whether the class is ours."""
        return self.iri.startswith(AIS)


@dataclass(slots=True)
class Drawing:
    """Boxes and lines; a line is the ``d`` of an SVG path."""

    width: float
    height: float
    boxes: list[Box]
    lines: list[str]


def model(vocabulary: Vocabulary, language: str) -> Drawing:
    """Return how the classes hang together: each with the relations that begin at it, in layers from left to right.

    Subclasses stand for nothing of their own here; relations to codes of a list name the list.
    """
    boxes: dict[str, Box] = {}
    lines: list[tuple[str, int, str]] = []
    for entry in vocabulary.terms["owl:ObjectProperty"]:
        if any(_rank(vocabulary, other) > _rank(vocabulary, entry) for other in _inverses(vocabulary, entry)):
            continue  # shown from the other side
        on, to = _ends(vocabulary, entry)
        for source in on:
            box = boxes.setdefault(source, _box(vocabulary, source, language))
            box.rows.append((_row(vocabulary, entry, to, language), entry.name))
            for target in to:
                if target.startswith(AIS):
                    boxes.setdefault(target, _box(vocabulary, target, language))
                    lines.append((source, len(box.rows) - 1, target))
    layers = _layers(boxes, [(source, target) for source, _, target in lines])
    _place(layers, boxes, [(source, target) for source, _, target in lines])
    drawn = [_curve(boxes[source], row, boxes[target]) for source, row, target in lines]
    return _drawing(boxes.values(), drawn)


def _inverses(vocabulary: Vocabulary, entry: Entry) -> list[Entry]:
    """Return the properties that a property is the inverse of, whichever of the two says so."""
    values = [*entry.get("owl:inverseOf"), *entry.get("^owl:inverseOf")]
    named = [piece.value for value in values for piece in value if isinstance(piece, ox.NamedNode)]
    return [vocabulary.entry(iri) for iri in named if iri.startswith(AIS)]


def _rank(vocabulary: Vocabulary, entry: Entry) -> tuple[bool, bool, str]:
    """Which of two inverses is shown: one that has ends, then the one that names the other."""
    return bool(_ends(vocabulary, entry)[0]), bool(entry.get("owl:inverseOf")), entry.name


def _ends(vocabulary: Vocabulary, entry: Entry) -> tuple[list[str], list[str]]:
    """Return where a property begins and ends: as its axioms say, else as this build uses it."""
    ends = []
    for name, used in zip(("rdfs:domain", "rdfs:range"), vocabulary.use.get(entry.iri, ([], [])), strict=True):
        said = [p.value for value in entry.get(name) for p in value if isinstance(p, ox.NamedNode)]
        own = [iri for iri in said if iri.startswith(AIS)]
        top = max((count for _, count in used), default=0)
        ends.append(own or [iri for iri, count in used if count >= SHARE * top])
    folded = [list(dict.fromkeys(_top(vocabulary, iri) for iri in end)) for end in ends]
    return [iri for iri in folded[0] if iri.startswith(AIS)], folded[1]


def _top(vocabulary: Vocabulary, iri: str) -> str:
    """Return the topmost class of ours above a class, itself where there is none."""
    seen = {iri}
    while above := [v for v in _above(vocabulary, iri) if v.startswith(AIS) and v not in seen]:
        iri = above[0]
        seen.add(iri)
    return iri


def _above(vocabulary: Vocabulary, iri: str) -> list[str]:
    return [term.value for term in vocabulary.facts.of(iri, "rdfs:subClassOf") if isinstance(term, ox.NamedNode)]


def _box(vocabulary: Vocabulary, iri: str, language: str) -> Box:
    label = name_of(vocabulary.facts, iri)
    own = iri.startswith(AIS)
    return Box(iri, say(language, label.zh, label.en) if own else compress(iri), compress(iri) if own else "")


def _row(vocabulary: Vocabulary, entry: Entry, to: list[str], language: str) -> str:
    names = [name_of(vocabulary.facts, iri) for iri in to]
    ends = ", ".join(say(language, name.zh, name.en) for name in names[:2]) + (" …" if len(names) > 2 else "")
    text = say(language, entry.label.zh, entry.label.en) + (f" → {ends}" if ends else "")
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _layers(boxes: dict[str, Box], edges: Iterable[tuple[str, str]]) -> list[list[str]]:
    """Return the classes in layers: a class stands right of those that point to it; those in a circle share a layer."""
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(sorted(boxes))
    graph.add_edges_from(sorted({edge for edge in edges if edge[0] != edge[1]}))
    whole = nx.condensation(graph)
    return [
        sorted(name for knot in generation for name in whole.nodes[knot]["members"])
        for generation in nx.topological_generations(whole)
    ]


def _place(layers: list[list[str]], boxes: dict[str, Box], edges: list[tuple[str, str]]) -> None:
    """Put layers side by side and the boxes of one below one another, each near the middle of those it is joined to."""
    joined: dict[str, list[str]] = defaultdict(list)
    for source, target in edges:
        joined[source].append(target)
        joined[target].append(source)
    x = float(MARGIN)
    for layer in layers:
        for name in layer:
            boxes[name].x = x
        x += max(boxes[name].width for name in layer) + LANE
    for _ in range(4):
        for layer in layers:
            middle = {name: sum(boxes[other].y for other in joined[name]) / (len(joined[name]) or 1) for name in layer}
            _stack([boxes[name] for name in sorted(layer, key=lambda name: (middle[name], name))])
    highest = max((sum(boxes[name].height + GAP for name in layer) for layer in layers), default=0.0)
    for layer in layers:
        down = (highest - sum(boxes[name].height + GAP for name in layer)) / 2
        for name in layer:
            boxes[name].y += round(down)


def _stack(boxes: list[Box]) -> None:
    y = float(MARGIN)
    for box in boxes:
        box.y = y
        y += box.height + GAP


def _curve(source: Box, row: int, target: Box) -> str:
    """Return a line from a row of one box to the head of another; to the right, or around where both share a layer."""
    x1, y1 = source.x + source.width, source.y + HEAD + ROW * row + ROW / 2
    y2 = target.y + HEAD / 2
    if target.x > source.x:
        middle = (x1 + target.x) / 2
        return f"M{x1:g} {y1:g}C{middle:g} {y1:g} {middle:g} {y2:g} {target.x:g} {y2:g}"
    x2 = target.x + target.width
    out = max(x1, x2) + LANE / 2
    return f"M{x1:g} {y1:g}C{out:g} {y1:g} {out:g} {y2:g} {x2:g} {y2:g}"


def tree(vocabulary: Vocabulary, language: str, columns: int = 3) -> Drawing:
    """Return the tree of all classes, ours below those of other vocabularies that they specialise, in columns.

    A tree that goes on in the next column begins there with the classes above again.
    """
    classes = [entry.iri for entry in vocabulary.terms["owl:Class"]]
    below: dict[str | None, list[str]] = defaultdict(list)
    for iri in classes:
        above = sorted(_above(vocabulary, iri), key=lambda parent: (not parent.startswith(AIS), parent))
        below[above[0] if above else None].append(iri)
    others = sorted(parent for parent in below if parent is not None and parent not in classes)
    roots = [list(_branch(below, root, 0, set())) for root in [*others, *below[None]]]
    longest = sum(map(len, roots)) / columns + 1
    boxes: list[Box] = []
    lines: list[str] = []
    x, row = float(MARGIN), 0
    parents: list[Box] = []

    def put(iri: str, depth: int) -> None:
        nonlocal row
        box = _box(vocabulary, iri, language)
        box.x, box.y = x + INDENT * depth, MARGIN + row * (HEAD + 8)
        parents[depth:] = [box]
        if depth:
            above = parents[depth - 1]
            lines.append(f"M{box.x:g} {box.y + HEAD / 2:g}H{box.x - INDENT / 2:g}V{above.y + HEAD:g}")
        boxes.append(box)
        row += 1

    for iri, depth in [step for root in roots for step in root]:
        if row >= longest:
            x, row = max(box.x + box.width for box in boxes) + GAP, 0
            for above_it, box in enumerate(parents[:depth]):
                put(box.iri, above_it)
        put(iri, depth)
    return _drawing(boxes, lines)


def _branch(below: dict[str | None, list[str]], iri: str, depth: int, seen: set[str]) -> Iterator[tuple[str, int]]:
    """Yield a class and those below it, each with its depth; a circle ends where it closes."""
    if iri not in seen:
        seen.add(iri)
        yield iri, depth
        for child in below.get(iri, []):
            yield from _branch(below, child, depth + 1, seen)


def _drawing(boxes: Iterable[Box], lines: list[str]) -> Drawing:
    placed = list(boxes)
    right = max((box.x + box.width for box in placed), default=0) + LANE / 2 + MARGIN
    return Drawing(right, max((box.y + box.height for box in placed), default=0) + MARGIN, placed, lines)
