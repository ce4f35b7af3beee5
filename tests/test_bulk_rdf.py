"""Large files of RDF in chunks: the same findings, places, words and counts, in the same order, as all statements together."""

from __future__ import annotations

import io
import random
from functools import partial
from pathlib import Path
from typing import IO

import pytest

from aistandards import blocks, bulk, identifiers, pipeline
from aistandards.convert import Conversion
from aistandards.namespaces import PREFIXES, item
from madeup import standard, write
from test_bulk import both, chunked, made_up

__all__ = ["chunked"]
FORMS = {"ttl": "turtle", "nt": "ntriples", "nq": "nquads", "trig": "trig"}
HERE = Path(__file__).parent
MORE = """
<https://w3id.org/aistandards/id/standard/gbt-80001-2020> ais:reason "said again, far below"@en ; ais:wrongTerm "x" .
@prefix a: <https://w3id.org/aistandards/ontology#> .
@prefix ais: <https://example.org/other#> .
<https://w3id.org/aistandards/id/standard/gbt-80002-2020> a:issued "2020-13-01" ; a:replaces id:standard\\/gbt-80003-2020 ;
  ais:note "no property of ours" ; a:wrongTerm [ ais:note "below" ] .
<https://w3id.org/aistandards/id/standard/gbt-80003-2020> a:replaces id:standard\\/gbt-80002-2020 . id:standard\\/gbt-80004-2020 a:ics "wrong" .
<https://example.org/mine> a a:Standard ; a:number "GB/T 80005-2020" ; a:committee <https://example.org/body> .
<https://example.org/yours> a a:Standard ; a:alsoWrong 1 ; a:committee <https://example.org/body> .
<https://w3id.org/aistandards/id/level/national> a a:Standard .
"""


def _open(target: Path, _name: str) -> IO[bytes]:
    return target.open("wb")


def converted(folder: Path, seed: int, form: str) -> list[Path]:
    """The made-up registers as RDF, one file each."""
    found = []
    for at, path in enumerate(made_up(folder, seed)):
        target = folder / f"{path.stem}-{at}.{form}"
        Conversion([(path, path.name, None)], None).run(FORMS[form], partial(_open, target))
        found.append(target)
    return found


@pytest.mark.usefixtures("chunked")
def test_the_rdf_of_the_test_corpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = [path for path in sorted(HERE.rglob("*.*")) if path.suffix in (".ttl", ".nt", ".nq", ".trig")]
    taken = []
    for path in paths:
        try:
            bulk._in_chunks([str(path)], None, None)
        except blocks.NotGroupedError:
            continue
        taken.append(path)
    assert len(taken) > 20
    whole, parts = both(taken, monkeypatch)
    assert len(whole.findings) > 20
    assert parts == whole


@pytest.mark.usefixtures("chunked")
@pytest.mark.parametrize("form", ["ttl", "nt", "nq", "trig"])
def test_made_up_registers_as_rdf(form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, parts = both(converted(tmp_path, 1, form), monkeypatch)
    rules = {finding.rule for finding in whole.findings}
    assert rules >= {"replaces-later", "relation-cycle", "record-repeated", "excluding-relations"}
    assert parts == whole


@pytest.mark.usefixtures("chunked")
def test_far_apart_and_beside_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = converted(tmp_path, 2, "ttl")
    (main,) = [path for path in paths if path.stat().st_size == max(p.stat().st_size for p in paths)]
    text = main.read_text(encoding="utf-8").replace("ais:scope ", "ais:farWrong ", 1)
    main.write_text(text + "".join(f"{line}\n" for line in MORE.split("\n")), encoding="utf-8")
    assert "ais:farWrong" in text
    tables = [path for path in tmp_path.rglob("*.csv") if "relations" in path.name or path.parent.name == "again"]
    whole, parts = both([main, *tables], monkeypatch)
    terms = [finding for finding in whole.findings if finding.rule == "term-unknown"]
    assert {finding.field for finding in terms} == {"farWrong", "wrongTerm", "alsoWrong"}
    rules = {finding.rule for finding in whole.findings}
    assert rules >= {
        "date-form",
        "model-changed",
        "relation-cycle",
        "number-form",
        "record-repeated",
        "record-duplicate",
    }
    assert parts == whole


@pytest.mark.usefixtures("chunked")
def test_shuffled_statements(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (path,) = [p for p in converted(tmp_path, 3, "nt") if p.name.startswith("standards") and p.stat().st_size > 50_000]
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    random.Random(7).shuffle(lines)
    path.write_text("".join(lines), encoding="utf-8")
    whole, parts = both([path], monkeypatch)
    assert len(whole.findings) > 10
    assert parts == whole


@pytest.mark.usefixtures("chunked")
@pytest.mark.parametrize(
    "end", [b"id:x a .\n", b'id:x ais:number "', b"\xff\n", b"\n\0", b"id:y id:z <<( id:a id:b id:c )>> .\n"]
)
def test_what_is_wrong_at_the_end(end: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = converted(tmp_path, 1, "ttl")
    content = b"\xef\xbb\xbf" + max((path.read_bytes() for path in paths), key=len)
    for path in paths:
        path.write_bytes(content + end)
    whole, parts = both(paths[:2], monkeypatch)
    assert [finding.line is not None for finding in whole.findings] == [True, True]
    assert parts == whole


@pytest.mark.parametrize(
    "said",
    [
        "<urn:a> a ais:Committee .",
        "<urn:a> skos:notation 1 .",
        "[] a ais:Standard .",
        "<urn:a> owl:imports <urn:b> .",
        "<urn:a> ais:consortium 1 .",
        "id:committee\\/sac-tc28 ais:note 1 .",
    ],
)
@pytest.mark.usefixtures("chunked")
def test_what_is_not_taken_apart(said: str, tmp_path: Path) -> None:
    path = tmp_path / "own.ttl"
    heads = "".join(f"@prefix {name}: <{iri}> .\n" for name, iri in PREFIXES.items())
    path.write_text(heads + said, encoding="utf-8")
    with pytest.raises(blocks.NotGroupedError):
        bulk._in_chunks([str(path)], None, None)


@pytest.mark.parametrize(
    "text", ["GB/T 45288.1-2025", "ISO/IEC TR 24028:2020", "ITU-T Y.3172 (2019)", "T/CESA 1040-2019"]
)
def test_a_number_and_its_iri_join_the_same(text: str) -> None:
    number = identifiers.parse(text)
    assert blocks.names_of_iri(item("standard", number.slug)) == blocks.names_in(text)
    assert blocks.names_of_iri(item("project", "20190001-t-469")) == blocks.names_in("20190001-T-469")


def test_what_convert_writes_is_not_found_fault_with(tmp_path: Path) -> None:
    """A day as printed beside its first and last day, as the files of ``convert`` state it, is no other form of a date."""
    rows = [standard("GB/T 90100-2020", issued="2020-05", implemented="2020-10-01", reason="by its title")]
    write(tmp_path, {"standards-made-up.csv": rows})
    target = tmp_path / "made-up.ttl"
    Conversion([(tmp_path / "standards-made-up.csv", "standards-made-up.csv", None)], None).run(
        "turtle", partial(_open, target)
    )
    assert not pipeline.validate_paths([str(target)], io.BytesIO()).report.findings
    wrong = target.read_text(encoding="utf-8").replace('ais:issued "2020-05"', 'ais:issued "2020-13"')
    target.write_text(wrong, encoding="utf-8")
    found = pipeline.validate_paths([str(target)], io.BytesIO()).report.findings
    assert [(finding.rule, finding.field) for finding in found] == [("date-form", "issued")]
