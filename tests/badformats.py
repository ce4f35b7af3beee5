"""Bad files beyond CSV and Turtle: workbooks, RDF, JSON, YAML and XML that are damaged, hostile or odd."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

import openpyxl

from badfiles import Bad, row, table

NS = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:e="http://example.org/"'
HEAD = ["标准号", "标准名称"]
DATA = ["GB/T 91001-2025", "测试"]
SHEET = "xl/worksheets/sheet1.xml"


def workbook(
    sheets: Mapping[str, Sequence[Sequence[Any]]],
    hidden: Sequence[str] = (),
    merged: Sequence[str] = (),
    formulas: bool = False,
) -> bytes:
    """A workbook; text that begins with = is a formula only where that is asked for."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for at, cells in enumerate(rows, start=1):
            for column, value in enumerate(cells, start=1):
                cell = sheet.cell(at, column, value)
                if isinstance(value, str) and not formulas:
                    cell.data_type = "s"
        for area in merged:
            sheet.merge_cells(area)
        sheet.sheet_state = "hidden" if title in hidden else "visible"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def changed(part: str, old: bytes, new: bytes, content: bytes | None = None) -> bytes:
    """A workbook with something replaced in one of its parts."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content or workbook({"a": [HEAD, DATA]}))) as before,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as after,
    ):
        for name in before.namelist():
            text = before.read(name)
            after.writestr(name, text.replace(old, new) if name == part else text)
    return out.getvalue()


def packed(parts: Mapping[str, bytes]) -> bytes:
    """A zip file."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in parts.items():
            package.writestr(name, content)
    return out.getvalue()


def inline(text: str) -> bytes:
    """A workbook whose second row has a text within the sheet."""
    row = f'<row r="2"><c r="A2" t="inlineStr"><is><t>{text}</t></is></c></row>'
    return changed(SHEET, b'<row r="2"', row.encode() + b'<row r="3"')


def docx() -> bytes:
    """What looks like a Word document."""
    return packed({"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<w/>"})


def bomb(entities: int = 9) -> bytes:
    """An XML text whose entities would grow tenfold each."""
    said = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, entities))
    return f'<?xml version="1.0"?>\n<!DOCTYPE rdf:RDF [<!ENTITY e0 "ha">{said}]>\n<rdf:RDF {NS}><rdf:Description rdf:about="http://example.org/a"><e:p>&e{entities - 1};</e:p></rdf:Description></rdf:RDF>'.encode()


def laughs() -> bytes:
    """A YAML text whose aliases would grow tenfold each."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    return "\n".join(["docid: x", *lines]).encode()


def jsonld(context: Any, **said: Any) -> bytes:
    """A JSON-LD document with a context."""
    return json.dumps({"@context": context, "@id": "http://example.org/a", **said}).encode()


def _not(label: str, file: str, content: bytes, rule: str, line: int | None = None, fix: str | None = None) -> Bad:
    return Bad(label, file, content, rule, line, None, fix, unreadable=True)


def _odd(
    label: str,
    content: bytes,
    rule: str,
    line: int | None,
    severity: str = "violation",
    file: str = "standards-x.csv",
    fix: str | None = None,
) -> Bad:
    return Bad(label, file, content, rule, line, fix=fix, severity=severity)


BAD_FORMATS = [
    _odd("a total at the bottom", table(row(91002), "合计,1,,,,,"), "read-total", 3, fix="delete"),
    _odd("a total with its number in the cell", table(row(91002), "总计：1 项,,,,,,"), "read-total", 3, fix="delete"),
    _odd("a total with a colon in the second cell", table(row(91003), ",总计：,,,,,"), "read-total", 3),
    _odd("the header again", table(row(91004), table().decode().strip(), row(91005)), "read-header", 3, "warning"),
    _odd("cells under no header", table(row(91006) + ",x", header=table().decode().strip() + ","), "read-column", 2),
    _odd(
        "an error of the spreadsheet", table(row(91007, title_zh="#REF!")), "read-error-value", 2, fix="write the value"
    ),
    _odd("invisible spaces", table(row(91008, issued="2025-03-01\u00a0\u200b")), "read-invisible", 2, "info"),
    _odd(
        "a column of the platform that we do not keep",
        table(row(91009) + ",甲", header=table().decode().strip() + ",起草单位"),
        "read-column-ignored",
        1,
        "info",
    ),
    _odd(
        "an Excel date as its number",
        workbook({"a": [[*HEAD, "发布日期"], [*DATA, 45717]], "b": [["x"]]}),
        "read-sheet",
        None,
        "info",
        "x.xlsx",
    ),
    _odd(
        "a hidden sheet",
        workbook({"a": [HEAD, DATA], "b": [HEAD, DATA]}, hidden=["b"]),
        "read-hidden",
        None,
        "info",
        "x.xlsx",
    ),
    _odd(
        "a formula without its value",
        workbook({"a": [HEAD, ["GB/T 91001-2025", "=A1"]]}, formulas=True),
        "read-formula",
        2,
        file="x.xlsx",
        fix="save it",
    ),
    _odd(
        "a sheet with a false dimension",
        changed(
            SHEET, b'<dimension ref="A1:B2"', b'<dimension ref="A1:XFD1048576"', workbook({"a": [HEAD, DATA, ["合计"]]})
        ),
        "read-total",
        3,
        file="x.xlsx",
    ),
    _odd(
        "a line of JSON that is none",
        b'{"id":1,"deliverableType":"IS","reference":"ISO 1:2000","currentStage":6060}\n{"id":2,\n',
        "read-json",
        2,
        file="x.jsonl",
    ),
    _odd(
        "a record of no table",
        b'{"id":1,"deliverableType":"IS","reference":"ISO 1:2000","currentStage":null}\n',
        "read-format",
        1,
        file="x.jsonl",
    ),
    _odd("Turtle named CSV", b"@prefix e: <http://example.org/> .\ne:a e:b e:c .\n", "read-kind", None, "warning"),
]


def _said(name: str, count: int) -> str:
    """So many attributes."""
    return " ".join(f'{name.format(n)}="http://e/{n}"' for n in range(count))


UNREADABLE_FORMATS = [
    _not("a Word document named .xlsx", "x.xlsx", docx(), "read-kind", fix="CSV UTF-8"),
    _not("a PDF named .csv", "x.csv", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "read-kind"),
    _not("an HTML page named .xls", "x.xls", b"<html><table><tr><td>1</td></tr></table></html>", "read-kind"),
    _not("an old workbook", "x.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "read-kind"),
    _not("a workbook with a password", "x.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 99 + "EncryptedPackage".encode("utf-16-le"), "read-kind"),
    _not("a gzip file", "x.csv", b"\x1f\x8b\x08\0\0\0\0\0", "read-kind"),
    _not("half a workbook", "x.xlsx", workbook({"a": [HEAD, DATA]})[:900], "read-workbook"),
    _not("a zip file that is no workbook", "x.xlsx", packed({"a.txt": b"x"}), "read-workbook"),
    _not("text named .xlsx", "x.xlsx", b"number,level\n", "read-workbook"),
    _not("a sheet that unpacks a thousandfold", "x.xlsx", changed(SHEET, b"<sheetData>", b" " * (9 << 20) + b"<sheetData>"), "read-workbook"),
    _not("an entity bomb in a sheet", "x.xlsx", changed(SHEET, b"<worksheet", b'<!DOCTYPE x [<!ENTITY a "b">]><worksheet'), "read-workbook"),
    _not("rows of a sheet out of order", "x.xlsx", changed(SHEET, b"</sheetData>", b'<row r="2"><c r="A2"><v>1</v></c></row></sheetData>'), "read-workbook", fix="CSV"),
    _not("a cell of a sheet twice", "x.xlsx", changed(SHEET, b"</sheetData>", b'<row r="3"><c r="A3"><v>1</v></c><c r="A3"><v>2</v></c></row></sheetData>'), "read-workbook", fix="CSV"),
    _not("a sheet that points nowhere", "x.xlsx", changed("xl/_rels/workbook.xml.rels", b"sheet1.xml", b"sheet9.xml"), "read-workbook", fix="CSV"),
    _not("a row number without end", "x.xlsx", changed(SHEET, b'<row r="2"', b'<row r="999999999999"'), "read-workbook"),
    _not("a cell of 2 MB in a sheet", "x.xlsx", inline("x" * (2 << 20)), "read-workbook", fix="CSV"),
    _not("only hidden sheets with text", "x.xlsx", workbook({"a": [["x"]], "b": [HEAD, DATA]}, hidden=["b"]), "read-table"),
    _not("a workbook without a header", "x.xlsx", workbook({"a": [["x", "y"], ["1", "2"]]}), "read-table", 1),
    _not("a BOM and nothing else", "standards-x.csv", b"\xef\xbb\xbf", "read-empty"),
    _not("a UTF-16 BOM and nothing else", "standards-x.csv", b"\xff\xfe", "read-empty"),
    _not("two encodings in one file", "standards-x.csv", table(row(91010)) + row(91011).encode("gb18030") + b"\n", "read-encoding", 3),
    _not("UTF-8 cut off", "standards-x.csv", table(row(91012), row(91013, source="来源")).rstrip()[:-1], "read-encoding", 3),
    _not("a hundred thousand columns", "standards-x.csv", table(",".join(["x"] * 100_000)), "read-csv", 2),
    _not("a JSON-LD context far away", "x.jsonld", jsonld("https://example.org/context"), "read-context", fix="Write the context"),
    _not("a JSON-LD context that imports another", "x.jsonld", jsonld({"@version": 1.1, "@import": "https://example.org/c"}), "read-context"),
    _not("a JSON-LD context far away inside a term", "x.jsonld", jsonld({"p": {"@id": "http://example.org/p", "@context": "https://example.org/c"}}), "read-context"),
    _not("a JSON-LD context that goes in circles", "x.jsonld", jsonld({"a": "b:x", "b": "a:y"}, a="1"), "read-jsonld"),
    _not("JSON nested without end", "x.jsonld", b'{"@id":' * 50_000 + b"1" + b"}" * 50_000, "read-json"),
    _not("JSON cut off", "x.jsonld", jsonld({})[:-1], "read-json", 1),
    _not("a key twice", "x.jsonld", b'{"@context":{},"@id":"http://example.org/a","@id":"http://example.org/b"}', "read-json"),
    _not("an entity bomb", "x.rdf", bomb(), "read-rdfxml", 2, fix="DOCTYPE"),
    _not("an entity from a file", "x.rdf", f'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><rdf:RDF {NS}>&a;</rdf:RDF>'.encode(), "read-rdfxml", 1),
    _not("RDF/XML nested without end", "x.rdf", f"<rdf:RDF {NS}>".encode() + b"<e:a><e:b>" * 5000 + b"</e:b></e:a>" * 5000 + b"</rdf:RDF>", "read-rdfxml"),
    _not("RDF/XML cut off", "x.rdf", f"<rdf:RDF {NS}>\n<e:a>".encode(), "read-rdfxml", 2),
    _not("N-Triples cut off", "x.nt", b"<http://example.org/a> <http://example.org/b> <http://example.org/c", "read-ntriples", 1),
    _not("YAML aliases that grow", "x.yaml", laughs(), "read-yaml"),
    _not("a YAML alias to itself", "x.yaml", b"docid: x\na: &a [*a]\n", "read-yaml", 2),
    _not("a YAML tag of a program", "x.yaml", b"docid: !!python/object/apply:os.system ['true']\n", "read-yaml", 1),
    _not("a YAML tag of one's own", "x.yaml", b"docid: !mine x\n", "read-yaml", 1),
    _not("YAML nested without end", "x.yaml", b"docid: " + b"[" * 5000, "read-yaml"),
    _not("YAML of something else", "x.yaml", b"services:\n  web: 1\n", "read-format", fix="Relaton"),
    _not("an entity bomb in Relaton", "x.xml", b'<!DOCTYPE a [<!ENTITY b "c">]><bibitem><docidentifier>&b;</docidentifier></bibitem>', "read-xml", 1),
    _not("JSON Lines of something else", "x.jsonl", b'{"a":1}\n{"a":2}\n', "read-format", fix="ISO Open Data"),
    _not("half a surrogate pair in JSON-LD", "x.jsonld", b'{"@id":"http://e/a","http://e/p":"\\ud800"}', "read-jsonld"),
    _not("a number without end in JSON-LD", "x.jsonld", b'{"@id":"http://e/a","http://e/p":1e999}', "read-json"),
    _not("contexts without end", "x.jsonld", json.dumps({"@context": {f"t{n}": f"http://e/{n}" for n in range(6000)}, "@graph": [{"@context": {}}] * 4000}).encode(), "read-context", fix="one context"),
    _not("a literal of 17 MB", "x.ttl", b'<http://e/a> <http://e/p> "' + b"x" * (17 << 20) + b'" .', "read-turtle"),
    _not("an element of 2,000 attributes", "x.rdf", f"<rdf:RDF {NS}><rdf:Description {_said('e:p{}', 2000)}/></rdf:RDF>".encode(), "read-rdfxml"),
    _not("an element of 2,000 prefixes", "x.rdf", f"<rdf:RDF {NS} {_said('xmlns:p{}', 2000)}/>".encode(), "read-rdfxml"),
    _not("aliases in many documents", "x.yaml", (b"---\ndocid: &a [" + b"x," * 999 + b"]\nb: [" + b"*a," * 900 + b"]\n") * 2, "read-yaml"),
]  # fmt: skip
