"""Cost of reasoning against the number of individuals: `python benchmarks/reasoning.py` prints a table in Markdown.

For 250, 500 and 1,000 records and for all that ships, with the model each time: consistency (HermiT), an explanation of
a planted contradiction (Pellet), memory of the Java machine; classification of the model once.
"""

from __future__ import annotations

import resource
import sys
from collections.abc import Iterator

import pyoxigraph as ox

from aistandards import dlview, pipeline, reasoners
from aistandards.dlview import View
from aistandards.namespaces import expand, item

SIZES = (250, 500, 1000)


def views(whole: View) -> Iterator[tuple[str, View]]:
    """Yield the model with the first records and what these name, then everything."""
    model = set(whole.of_model().individuals())
    records = [name for name in whole.individuals() if "/id/standard/" in name or "/id/project/" in name]
    named = {name: {name} for name in records}
    for triple in whole.assertions:
        pair = dlview.individuals_of(triple)
        if pair and pair[0] in named:
            named[pair[0]].update(pair)
    for size in SIZES:
        yield str(size), whole.only(model.union(*(named[name] for name in records[:size])))
    yield "all", whole


def clash(view: View) -> View:
    """Return the view with a standard that is a committee too."""
    victim = next(name for name in view.individuals() if name.startswith(item("standard", "gbt-")))
    wrong = ox.Triple(ox.NamedNode(victim), dlview.TYPE, ox.NamedNode(expand("ais:Committee")))
    return View(view.axioms, [*view.assertions, wrong], view.kinds)


def main() -> None:
    """Measure and print."""
    whole = dlview.view_of(pipeline.compile_records([]).quads)
    print("| records | individuals | statements | HermiT: consistent, s | Pellet: contradiction explained, s |")
    print("|---|---|---|---|---|")
    for label, view in views(whole):
        fine = reasoners.run("consistency", view, 600)
        wrong = reasoners.run("explain", clash(view), 600)
        assert fine.consistent is True and wrong.consistent is False, (fine, wrong)
        counts = f"{len(view.individuals())} | {len(view.assertions)}"
        print(f"| {label} | {counts} | {fine.seconds:.1f} | {wrong.seconds:.1f} |", flush=True)
    classes = reasoners.run("classify", whole.of_model(), 600)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // (1 if sys.platform != "darwin" else 1024) // 1024
    print(f"\nclassification of the model (owlready2 with HermiT): {classes.seconds:.1f} s; largest process: {peak} MB")


if __name__ == "__main__":
    main()
