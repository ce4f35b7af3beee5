"""`validate --shapes`: a user's own shapes over any RDF, compiled or left to pySHACL, and what is refused in words."""

from __future__ import annotations

import io
import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aistandards import ownshapes
from aistandards.cli import main
from aistandards.errors import SourceError
from aistandards.shacl.engine import ENGINES
from conftest import Cli

PROLOGUE = """@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix ex: <http://example.org/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> . @prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
SHAPES = """<http://example.org/s> a owl:Ontology ; owl:imports <http://127.0.0.1:9/never> .
ex:PersonShape a sh:NodeShape ; sh:targetClass ex:Person ;
  sh:property [ sh:path ex:name ; sh:minCount 1 ; sh:message "要有姓名"@zh, "a name is needed"@en ] ,
    [ sh:path ex:age ; sh:maxInclusive 150 ; sh:severity sh:Warning ] .
"""
FALLS = """ex:Dated a sh:NodeShape ; sh:targetClass ex:Person ; sh:sparql [ sh:message "born later" ;
  sh:select "SELECT $this WHERE { $this <http://example.org/born> ?born . FILTER(?born > NOW()) }" ] .
"""
DATA = """ex:a a ex:Person ; ex:name "A" ; ex:age 7 .
ex:b a ex:Person ; ex:age 200 ; ex:born "9998-01-01T00:00:00Z"^^xsd:dateTime .
"""


def write(path: Path, *texts: str) -> Path:
    path.write_text(PROLOGUE + "".join(texts), encoding="utf-8")
    return path


def checked(capsys: pytest.CaptureFixture[str], *options: str) -> tuple[int, dict[str, Any]]:
    code = main(["validate", *options, "--format", "json"])
    return code, json.loads(capsys.readouterr().out)


def test_a_shape_of_ones_own_is_checked_with_its_name_its_place_and_both_languages(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shapes, data = write(tmp_path / "s.ttl", SHAPES), write(tmp_path / "d.ttl", DATA)
    code, said = checked(capsys, "--shapes", str(shapes), str(data))
    assert code == 1 and said["records"] == 2 and said["engine"] == {"name": "compiled", "fell_back": {}}
    got = [(f["rule"], f["severity"], f["line"], f["field"], f["value"], f["record"]) for f in said["findings"]]
    assert got == [
        ("PersonShape", "warning", 4, "http://example.org/age", "200", "http://example.org/b"),
        ("PersonShape", "violation", 4, "http://example.org/name", None, "http://example.org/b"),
    ]
    assert (said["findings"][1]["message_zh"], said["findings"][1]["message_en"]) == ("要有姓名", "a name is needed")
    assert "sh:maxInclusive" in said["findings"][0]["message_zh"] != said["findings"][0]["message_en"]


def test_what_is_not_compiled_falls_back_and_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shapes, data = write(tmp_path / "s.ttl", SHAPES, FALLS), write(tmp_path / "d.ttl", DATA)
    code, said = checked(capsys, "--shapes", str(shapes), str(data))
    assert code == 1 and list(said["engine"]["fell_back"]) == ["Dated"]
    assert [f["record"] for f in said["findings"] if f["rule"] == "Dated"] == ["http://example.org/b"]
    assert main(["validate", "--shapes", str(shapes), str(data), "--lang", "en"]) == 1
    assert "shape Dated is not compiled, pySHACL runs it" in capsys.readouterr().out


def test_both_engines_find_the_same(tmp_path: Path) -> None:
    shapes, data = write(tmp_path / "s.ttl", SHAPES, FALLS), write(tmp_path / "d.ttl", DATA)
    found = [
        {(f.rule, f.record, f.field, f.value, f.line) for f in report.findings}
        for report in (ownshapes.validate(shapes, [str(data)], io.BytesIO(), None, engine)[0] for engine in ENGINES)
    ]
    assert found[0] == found[1] and len(found[0]) == 3


@pytest.mark.parametrize("name", ["turtle", "junit", "github", "sarif", "html", "csv", "text"])
def test_every_format_has_the_names_of_the_shapes(name: str, tmp_path: Path, cli: Cli) -> None:
    shapes, data = write(tmp_path / "s.ttl", SHAPES), write(tmp_path / "d.ttl", DATA)
    done = cli("validate", "--shapes", str(shapes), str(data), "--format", name)
    assert done.code == 1 and "PersonShape" in done.stdout


def test_several_files_are_one_graph_and_standard_input_may_be_one(tmp_path: Path, cli: Cli) -> None:
    shapes = write(tmp_path / "s.ttl", SHAPES)
    first = write(tmp_path / "a.ttl", "ex:a a ex:Person .\n")
    second = '<http://example.org/a> <http://example.org/name> "A" .\n'
    alone = cli("validate", "--shapes", str(shapes), str(first))
    both = cli("validate", "--shapes", str(shapes), str(first), "-", "--as", "ntriples", stdin=second.encode())
    assert (alone.code, both.code) == (1, 0)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 300)), min_size=1, max_size=30))
def test_a_large_file_is_read_as_it_comes_and_gives_the_same(people: list[tuple[bool, int]]) -> None:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        shapes = write(Path(folder) / "s.ttl", SHAPES)
        said = (
            f"ex:p{at} a ex:Person ; ex:age {age} {'; ex:name 1' if named else ''} .\n"
            for at, (named, age) in enumerate(people)
        )
        data = write(Path(folder) / "d.ttl", *said)
        whole = ownshapes.validate(shapes, [str(data)], io.BytesIO())[0]
        patch.setattr(ownshapes, "LARGE", 0)
        streamed = ownshapes.validate(shapes, [str(data)], io.BytesIO())[0]
    assert streamed.records == whole.records == len(people)
    assert {(f.rule, f.record, f.field, f.value) for f in streamed.findings} == {
        (f.rule, f.record, f.field, f.value) for f in whole.findings
    }
    assert len(whole.findings) == sum((not named) + (age > 150) for named, age in people)


BROKEN = {
    "no Turtle": ("@@@", "syntax error"),
    "no shape": ("ex:a ex:b ex:c .", "sh:targetClass"),
    "no shape that is well formed": (
        "ex:S a sh:NodeShape ; sh:targetClass ex:Person ; sh:property [ sh:minCount 1 ] .",
        "not well formed",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_shapes_file_is_said_in_words(case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text, says = BROKEN[case]
    shapes, data = write(tmp_path / "s.ttl", text), write(tmp_path / "d.ttl", DATA)
    assert main(["validate", "--shapes", str(shapes), str(data), "--lang", "en"]) == 2
    assert says in capsys.readouterr().err


def test_files_that_are_missing_or_no_rdf_are_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shapes, data = write(tmp_path / "s.ttl", SHAPES), write(tmp_path / "d.ttl", DATA)
    assert main(["validate", "--shapes", str(tmp_path / "none.ttl"), str(data)]) == 2
    assert "none.ttl" in capsys.readouterr().err
    assert main(["validate", "--shapes", str(shapes), str(tmp_path / "none.ttl"), str(data)]) == 2
    shown = capsys.readouterr()
    assert "none.ttl" in shown.err and "PersonShape" in shown.out  # what can be read is checked
    (tmp_path / "standards-x.csv").write_text("number\nGB/T 1-2020\n", encoding="utf-8")
    assert main(["validate", "--shapes", str(shapes), str(tmp_path / "standards-x.csv")]) == 2
    assert "aistandards convert" in capsys.readouterr().err
    with pytest.raises(SourceError):
        ownshapes.load(Path("http://example.org/shapes.ttl"))


def test_options_of_our_rules_do_not_go_with_other_shapes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shapes, data = write(tmp_path / "s.ttl", SHAPES), write(tmp_path / "d.ttl", DATA)
    assert main(["validate", "--shapes", str(shapes), str(data), "--select", "standard-*"]) == 2
    assert "--shapes" in capsys.readouterr().err


def test_our_own_shapes_give_what_they_give_without_being_named(tmp_path: Path) -> None:
    """The records of a table as RDF, by ``shapes/standard.ttl`` given by name and by the shipped rules."""
    from aistandards import pipeline
    from aistandards.settings import resource

    path = tmp_path / "standards-x.csv"
    path.write_text(
        "number,level,nature,title_zh,issued,source\nGB/T 71001-2025,national,recommended,,2025-01-02,\n",
        encoding="utf-8",
    )
    main(["convert", str(path), str(tmp_path / "x.ttl")])
    ours = pipeline.validate_paths([str(tmp_path / "x.ttl")], io.BytesIO()).report
    other = ownshapes.validate(resource("shapes") / "standard.ttl", [str(tmp_path / "x.ttl")], io.BytesIO())[0]
    rules = {f.rule for f in ours.findings if f.rule.startswith("standard-")}
    assert "standard-source" in rules and {f.rule for f in other.findings if f.rule.startswith("standard-")} == rules


PATHS = """ex:S a sh:NodeShape ; sh:targetClass ex:Person ;
  sh:property [ sh:path ex:age ; sh:maxInclusive 150 ; sh:severity sh:Warning ; sh:message "too old"@en ] ,
    [ sh:path ( ex:knows ex:age ) ; sh:maxInclusive 150 ] , [ sh:path [ sh:inversePath ex:knows ] ; sh:minCount 1 ] ,
    [ sh:path [ sh:alternativePath ( ex:name [ sh:zeroOrMorePath ex:knows ] [ sh:inversePath ex:of ] ) ] ; sh:nodeKind sh:IRI ] ,
    [ sh:path ( ex:knows [ sh:oneOrMorePath ex:knows ] ) ; sh:maxCount 0 ] ,
    [ sh:path [ sh:zeroOrOnePath ex:knows ] ; sh:maxCount 1 ] .
"""
PEOPLE = """ex:a a ex:Person ; ex:name "A" , "阿"@zh ; ex:age 151 ; ex:knows ex:b .
ex:b a ex:Person ; ex:age 200 ; ex:knows _:c . _:c a ex:Person ; ex:knows ex:a ; ex:age "x"^^xsd:integer .
"""


def test_the_report_in_turtle_says_what_that_of_pyshacl_says(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """All but messages, which pySHACL makes up, and the names of blank nodes: paths of several steps, terms as they are."""
    import pyshacl
    from rdflib import RDF, SH, BNode, Graph, Literal, URIRef
    from rdflib.collection import Collection

    shapes, data = write(tmp_path / "s.ttl", PATHS), write(tmp_path / "d.ttl", PEOPLE)
    assert main(["validate", "--shapes", str(shapes), str(data), "--format", "turtle"]) == 1
    ours = Graph().parse(data=capsys.readouterr().out, format="turtle")
    theirs = pyshacl.validate(str(data), shacl_graph=str(shapes))[1]

    def shown(graph: Graph, node: Any) -> Any:
        if isinstance(node, URIRef | Literal) or node is None:
            return node and node.n3()
        if (node, RDF.first, None) in graph:
            return [shown(graph, member) for member in Collection(graph, node)]
        steps = {
            p.n3(): shown(graph, o)
            for p, o in graph.predicate_objects(node)
            if str(p).startswith(str(SH)) and "Path" in str(p)
        }
        return steps or "_:"

    def results(graph: Graph) -> list[str]:
        wanted = (SH.focusNode, SH.resultPath, SH.value, SH.sourceConstraintComponent, SH.resultSeverity)
        found = [
            [shown(graph, graph.value(r, p)) for p in wanted] for r in graph.subjects(RDF.type, SH.ValidationResult)
        ]
        return sorted(map(repr, found))

    assert isinstance(theirs, Graph) and results(ours) == results(theirs) and len(results(ours)) > 9
    assert {str(m) for m in ours.objects(None, SH.resultMessage)} >= {"too old"}
    assert all(isinstance(s, BNode) for s in ours.objects(None, SH.sourceShape))
    assert (None, SH.conforms, Literal(False)) in ours


def test_the_report_on_records_says_for_every_finding_what_shacl_asks_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from rdflib import RDF, SH, Graph, URIRef

    path = tmp_path / "standards-x.csv"
    path.write_text(
        "number,title_zh,issued,implemented,source\nGB/T 71001-2025,题名,2025-13-02,,a\nGB/T,题,2025-01-02,2024-01-01,b\n"
        "GB/T 71002-2025,题名二,2025-03-02,2025-01-02,a\n",
        encoding="utf-8",
    )
    main(["validate", str(path), "--format", "turtle"])
    graph = Graph().parse(data=capsys.readouterr().out, format="turtle")
    main(["validate", str(path), "--format", "json"])
    findings = json.loads(capsys.readouterr().out)["findings"]
    results = list(graph.subjects(RDF.type, SH.ValidationResult))
    assert len(results) == len(findings) >= 3
    for needed in (SH.focusNode, SH.sourceConstraintComponent, SH.sourceShape, SH.resultSeverity):
        assert all(len(list(graph.objects(result, needed))) == 1 for result in results), needed
    assert {str(path_) for path_ in graph.objects(None, SH.resultPath)} == {f["path"] for f in findings if f["path"]}
    assert (
        {str(f) for f in graph.objects(None, SH.focusNode) if isinstance(f, URIRef)}
        == {f["focus"] for f in findings if f["focus"]}
        != set()
    )
