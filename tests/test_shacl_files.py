"""Files validated as they are read: the same results as over the whole graph, in one process or two, whatever the order."""

from __future__ import annotations

import random
from pathlib import Path

import pyoxigraph as ox
import pytest

import register
from aistandards.shacl import files
from aistandards.shacl.engine import Shapes, shapes_of
from aistandards.shacl.stream import NotStreamedError, Streamed
from shaclpeers import by_pyshacl, compiled, data_of, multiset
from shapecases import PROLOGUE

RECORDS = 120


@pytest.fixture(scope="module")
def shapes() -> Shapes:
    """The shapes of the benchmark."""
    return shapes_of(ox.parse(register.SHAPES.encode(), format=ox.RdfFormat.TURTLE))


@pytest.fixture(scope="module")
def filed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A register in which two records of five are faulty."""
    path = tmp_path_factory.mktemp("register") / "register.ttl"
    register.write(path, RECORDS, 40, register.FAULTS + register.NO_DAYS)
    return path


def streamed(path: Path, shapes: Shapes) -> bool:
    """Whether a file is validated record by record."""
    try:
        plan = Streamed(shapes.plan, data_of(""))
        plan.finish([plan.read(files.parse(path))])
    except NotStreamedError:
        return False
    return True


def test_a_register_has_pyshacls_results_and_is_read_record_by_record(shapes: Shapes, filed: Path) -> None:
    text = filed.read_text(encoding="utf-8")
    theirs = multiset(by_pyshacl(register.SHAPES, text))
    assert sum(theirs.values()) > RECORDS // 3 and len({result[3] for result in theirs}) > 10
    assert multiset(files.validate_whole([filed], shapes)) == theirs
    assert streamed(filed, shapes)
    assert multiset(files.validate_file(filed, shapes, workers=1)) == theirs


@pytest.mark.parametrize("form", ["ttl", "nt"])
@pytest.mark.parametrize("workers", [1, 2])
def test_pieces_of_a_file_have_the_results_of_the_whole(
    form: str, workers: int, shapes: Shapes, filed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "PIECE", 4096)
    path = tmp_path / f"register.{form}"
    if form == "nt":
        ox.serialize((quad.triple for quad in files.parse(filed)), path, format=ox.RdfFormat.N_TRIPLES)
    else:
        path.write_bytes(filed.read_bytes())
    job = files.split(path, files.PIECE)
    assert len(job.pieces) > 8 and job.pieces[-1][1] == path.stat().st_size
    found = files.validate_file(path, shapes, workers=workers)
    assert multiset(found) == multiset(files.validate_whole([filed], shapes))


def test_triples_of_a_subject_that_stand_apart_are_put_together(shapes: Shapes, filed: Path, tmp_path: Path) -> None:
    triples = [quad.triple for quad in files.parse(filed)]
    random.Random(5).shuffle(triples)
    path = tmp_path / "shuffled.nt"
    ox.serialize(triples, path, format=ox.RdfFormat.N_TRIPLES)
    assert not streamed(path, shapes)
    assert multiset(files.validate_file(path, shapes)) == multiset(files.validate_whole([filed], shapes))


ORDERS = {
    "a class below the target comes last": "ex:a a ex:B . ex:B rdfs:subClassOf ex:C .",
    "prefixes change": "@prefix p: <https://example.org/a> .\np:1 a ex:C .\n@prefix p: <https://example.org/b> .\np:2 a ex:C ; ex:p 1 .\np:3 a ex:C .\n",
    "a text that looks like the end of a statement": 'ex:a a ex:C ; ex:q """one .\nex:b a ex:C .\nex:c a ex:C .\n""" .\nex:d a ex:C .\n',
    "blank nodes with names": "_:x a ex:C .\nex:a a ex:C ; ex:p _:x .\n_:x ex:p 5 .\nex:b a ex:C .\n",
    "lists and nested nodes": "ex:a a ex:C ; ex:p ( 1 [ a ex:C ] ex:b ) ; ex:q [ ex:p [ a ex:C ; ex:p 1 ] ] .\nex:b a ex:C .\n",
    "comments": "# one .\nex:a a ex:C . # two .\n# three\nex:b a ex:C ;\n # four .\n ex:p 1 .\n",
    "one subject in two statements": "ex:a a ex:C .\nex:a ex:p 1 .\nex:b a ex:C .\nex:b ex:q 2 .\n",
}


@pytest.mark.parametrize("order", ORDERS)
def test_no_order_of_statements_changes_the_results(
    order: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stated = "ex:S a sh:NodeShape ; sh:targetClass ex:C ; sh:property [ sh:path ex:p ; sh:minCount 1 ] ."
    own = compiled(PROLOGUE + stated)
    path = tmp_path / "data.ttl"
    path.write_text(PROLOGUE + ORDERS[order], encoding="utf-8")
    expected = multiset(by_pyshacl(PROLOGUE + stated, PROLOGUE + ORDERS[order]))
    assert expected
    for size in (8, 32, 1 << 20):
        monkeypatch.setattr(files, "PIECE", size)
        assert multiset(files.validate_file(path, own, workers=1)) == expected


def test_a_shape_that_falls_back_is_run_by_pyshacl_over_a_file(tmp_path: Path) -> None:
    stated = (
        "ex:S a sh:NodeShape ; sh:targetClass ex:C ; sh:property [ sh:path ex:p ; sh:minCount 1 ] ."
        "ex:T a sh:NodeShape ; sh:targetClass ex:C ; sh:property [ sh:path [ sh:inversePath ( ex:q ex:p ) ] ; sh:minCount 1 ] ."
    )
    own = compiled(PROLOGUE + stated)
    assert [fallen.shape for fallen in own.plan.fallen] == ["<https://example.org/T>"]
    assert own.plan.fallen[0].en and own.plan.fallen[0].zh
    path = tmp_path / "data.ttl"
    path.write_text(PROLOGUE + "ex:a a ex:C .", encoding="utf-8")
    theirs = multiset(by_pyshacl(PROLOGUE + stated, PROLOGUE + "ex:a a ex:C ."))
    assert multiset(files.validate_file(path, own)) == theirs and sum(theirs.values()) == 2


def test_a_file_that_cannot_be_parsed_names_the_line_of_the_file(
    shapes: Shapes, filed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "PIECE", 4096)
    path = tmp_path / "broken.ttl"
    text = filed.read_text(encoding="utf-8")
    path.write_text(text + "r:x ex:p «\n", encoding="utf-8")
    with pytest.raises(SyntaxError) as caught:
        files.validate_file(path, shapes, workers=1)
    assert caught.value.lineno == text.count("\n") + 1
