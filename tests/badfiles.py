"""Bad files: what each holds, how the commands must end on it, and what the finding must name."""

from __future__ import annotations

import random
from dataclasses import dataclass

HEADER = "number,title_zh,level,nature,issued,implemented,source"
CLASSIFIED = f"{HEADER},scope,part,layer,committee,basis,reason,judged_by,judged_on"
TURTLE = """@prefix ais: <https://w3id.org/aistandards/ontology#> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix id: <https://w3id.org/aistandards/id/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""


@dataclass(frozen=True, slots=True)
class Bad:
    """One file: ``rule`` is found at ``line`` in ``field``, and the fix holds ``fix``; unreadable ones end with 2."""

    label: str
    file: str
    content: bytes
    rule: str
    line: int | None
    field: str | None = None
    fix: str | None = None
    unreadable: bool = False
    severity: str = "violation"


def row(serial: int, **cells: str) -> str:
    """A standards row that has nothing wrong but what the cells say."""
    facts = {
        "number": f"GB/T {serial}-2025",
        "title_zh": f"人工智能 测试 {serial}",
        "level": "national",
        "nature": "recommended",
        "issued": "2025-03-01",
        "implemented": "2025-10-01",
        "source": "a register",
    }
    classified = {
        "scope": "core",
        "part": "CC",
        "layer": "model",
        "committee": "SAC/TC28/SC42",
        "basis": "curated",
        "reason": "测试",
        "judged_by": "a test",
        "judged_on": "2026-01-01",
    }
    wide = classified if cells.keys() & classified.keys() else {}
    return ",".join({**facts, **wide, **cells}.values())


def table(*rows: str, header: str = HEADER) -> bytes:
    """A CSV file."""
    return "".join(line + "\n" for line in (header, *rows)).encode()


def turtle(serial: int, said: str = "", number: str | None = None) -> bytes:
    """A standard in Turtle that has nothing wrong but what is said; its subject stands on line 5."""
    return f"""{TURTLE}<https://w3id.org/aistandards/id/standard/gbt-{serial}-2025> a ais:NationalStandard ;
  ais:number "{number or f"GB/T {serial}-2025"}" ; dcterms:title "测试 {serial}"@zh ; dcterms:source "a register" ;
  ais:level <https://w3id.org/aistandards/id/level/national> ; {said}
  ais:nature <https://w3id.org/aistandards/id/nature/recommended> .
""".encode()


def _cell(
    label: str, serial: int, field: str, value: str, rule: str, fix: str | None, severity: str = "violation"
) -> Bad:
    wide = field in CLASSIFIED.removeprefix(HEADER)
    content = table(row(serial, **{field: value}), header=CLASSIFIED if wide else HEADER)
    return Bad(label, f"standards-{serial}.csv", content, rule, 2, field, fix, severity=severity)


_NOISE = random.Random(7).randbytes(4000)
BAD = [
    Bad(
        "wrong column",
        "standards-88001.csv",
        table(row(88001), header=HEADER.replace("implemented", "implementd")),
        "read-column",
        1,
        "implementd",
        "implemented",
    ),
    Bad(
        "column twice",
        "standards-88002.csv",
        table(row(88002), header=HEADER.replace("implemented", "发布日期")),
        "read-column",
        1,
        "issued",
        "keep one",
    ),
    Bad(
        "missing required column",
        "standards-88003.csv",
        table("测试 88003,national,recommended,a register", header="title_zh,level,nature,source"),
        "read-column",
        1,
        "number",
        "number",
    ),
    _cell("a day that does not exist", 88004, "issued", "2025-02-30", "date-form", None),
    _cell("a date with slashes", 88005, "issued", "2025/2/3", "date-form", "2025-02-03"),
    _cell("a date in Chinese", 88006, "issued", "2025年2月28日", "date-form", "2025-02-28"),
    _cell("a date as a spreadsheet counts it", 88036, "issued", "45717", "date-form", "2025-03-01"),
    _cell("a date as a number with a point", 88037, "issued", "45717.0", "date-form", "2025-03-01"),
    _cell("a date in full width", 88038, "issued", "２０２５－０３－０１", "date-form", "2025-03-01"),
    _cell("year zero", 88007, "issued", "0000", "date-form", None),
    _cell("the last month of time", 88008, "issued", "9999-12", "date-form", None),
    _cell("an unknown level", 88009, "level", "natonal", "code-unknown", "national"),
    _cell("an unknown part", 88010, "part", "CCX", "part-unknown", "CC"),
    _cell("an unknown layer", 88011, "layer", "foundaton/data", "layer-unknown", "foundation/data"),
    _cell("an unknown committee", 88012, "committee", "SAC/TC28/SC43", "committee-unknown", "SAC/TC28/SC42", "warning"),
    _cell("a committee like no other", 88013, "committee", "☃☃☃", "committee-unknown", "committees.csv", "warning"),
    _cell("a control character", 88014, "title_zh", "测\x07试", "text-control", "remove"),
    _cell("no number", 88015, "number", "", "record-key", "number"),
    Bad(
        "a required cell left empty",
        "proofs.csv",
        b"record,source,kind\nGB/T 45288.1-2025,,official\n",
        "cell-required",
        2,
        "source",
    ),
    _cell("a number that is none", 88017, "number", "hello", "number-form", None),
    _cell("a number without a year", 88018, "number", "GB/T 88018", "number-undated", "GB/T 88018-YYYY"),
    Bad(
        "the same number twice",
        "standards-88020.csv",
        table(row(88020), row(88020, title_zh="别的题名")),
        "record-duplicate",
        3,
        "number",
        "keep one",
    ),
    Bad(
        "the same number in two spellings",
        "standards-88021.csv",
        table(row(88021), row(88021, number="gbt88021—2025", title_zh="别的题名")),
        "record-duplicate",
        3,
        "number",
        "keep one",
    ),
    Bad(
        "the same facts in two spellings",
        "standards-88022.csv",
        table(row(88022), row(88022, number="ＧＢ／Ｔ 88022-2025", level="国家标准")),
        "record-duplicate",
        3,
        "number",
        "delete this row",
    ),
    Bad(
        "a short row",
        "standards-88023.csv",
        table(row(88023), "GB/T 88123-2025,人工智能 测试,national"),
        "read-row",
        3,
        None,
        "keep empty cells",
    ),
    Bad("a long row", "standards-88024.csv", table(row(88024), row(88124) + ",x,y"), "read-row", 3, None, "quote"),
    Bad(
        "evidence of nothing",
        "evidence.csv",
        b"record,source,kind\nGB/T 99999-1999,x,official\n",
        "record-unknown",
        2,
        "record",
    ),
    Bad(
        "Turtle with an unknown part",
        "unknown-part.ttl",
        turtle(88030, "ais:inPart <https://w3id.org/aistandards/id/system/guide-2024/zz> ;"),
        "standard-part",
        5,
        "in_part",
    ),
    Bad(
        "Turtle whose number is another",
        "number.ttl",
        turtle(88031, number="GB/T 88131-2025"),
        "number-form",
        5,
        "number",
        "id/standard/gbt-88131-2025",
    ),
    Bad("Turtle with a broken date", "date.ttl", turtle(88032, 'ais:issued "2025/2/3" ;'), "date-form", 5, "issued"),
    Bad(
        "Turtle with a day that does not exist",
        "day.ttl",
        turtle(88033, 'ais:issuedEarliest "2025-02-30"^^xsd:date ;'),
        "date-form",
        5,
        "issuedEarliest",
        "xsd:date",
    ),
    Bad(
        "Turtle with a day in a time zone",
        "zone.ttl",
        turtle(88034, 'ais:withdrawnLatest "2025-12-01Z"^^xsd:date ;'),
        "date-form",
        5,
        "withdrawnLatest",
        '"2025-12-01"^^xsd:date',
    ),
    Bad(
        "Turtle that changes the model",
        "model.ttl",
        f"{TURTLE}<https://w3id.org/aistandards/id/rule/guide> ais:order 99 .\n".encode(),
        "model-changed",
        5,
        "iri",
        "of your own",
    ),
]
UNREADABLE = [
    Bad(
        "an unclosed quote",
        "standards-89001.csv",
        table(row(89001), row(89002, title_zh='"人工智能'), row(89003), row(89004)),
        "read-csv",
        3,
        None,
        "quotation mark",
        unreadable=True,
    ),
    Bad(
        "an unclosed quote in the header",
        "standards-89002.csv",
        b'"number,level\n',
        "read-csv",
        1,
        None,
        "quotation mark",
        unreadable=True,
    ),
    Bad(
        "a NUL byte",
        "standards-89003.csv",
        table(row(89005)) + b"GB/T 8\x009\n",
        "read-nul",
        3,
        None,
        "UTF-8",
        unreadable=True,
    ),
    Bad("an empty file", "standards-89004.csv", b"", "read-empty", None, None, "header", unreadable=True),
    Bad("blank lines", "standards-89005.csv", b"\n\n  \n", "read-empty", None, None, "header", unreadable=True),
    Bad("empty cells", "standards-89006.csv", b",,\n,,\n", "read-empty", None, None, "header", unreadable=True),
    Bad("random bytes", "standards-89007.csv", _NOISE, "read-nul", None, None, "UTF-8", unreadable=True),
    Bad(
        "random bytes without NUL",
        "standards-89008.csv",
        _NOISE.replace(b"\0", b"\1"),
        "read-encoding",
        None,
        None,
        "UTF-8",
        unreadable=True,
    ),
    Bad(
        "half a UTF-16 file",
        "standards-89009.csv",
        table(row(89009)).decode().encode("utf-16")[:-1],
        "read-encoding",
        None,
        None,
        "UTF-8",
        unreadable=True,
    ),
    Bad("a header of no table", "things.csv", b"a,b\n1,2\n", "read-table", 1, None, "column number", unreadable=True),
    Bad(
        "a cell of 5 MB",
        "standards-89010.csv",
        table(row(89010), row(89011, title_zh="x" * 5_000_000)),
        "read-csv",
        3,
        None,
        "Shorten",
        unreadable=True,
    ),
    Bad(
        "a Turtle syntax error",
        "syntax.ttl",
        TURTLE.encode() + b'<x> a ais:Standard ;\n  ais:number "GB/T 1-2025" ais:level .\n',
        "read-turtle",
        6,
        None,
        "Correct",
        unreadable=True,
    ),
    Bad(
        "binary Turtle",
        "binary.ttl",
        b"\x01" + bytes(range(1, 256)) * 9,
        "read-turtle",
        2,
        None,
        "UTF-8",
        unreadable=True,
    ),
    Bad("Turtle with a NUL byte", "nul.ttl", turtle(89012) + b"\0", "read-nul", 9, None, "again", unreadable=True),
    Bad("an empty Turtle file", "empty.ttl", b"", "read-empty", None, None, "row", unreadable=True),
    Bad(
        "statements about statements",
        "rdf12.ttl",
        turtle(89013, "dcterms:language <https://w3id.org/x> {| ais:x 1 |} ;"),
        "read-turtle",
        7,
        None,
        "RDF 1.1",
        unreadable=True,
    ),
    Bad(
        "text with a direction",
        "direction.ttl",
        turtle(89014, 'ais:ministry "x"@ar--rtl ;'),
        "read-turtle",
        7,
        None,
        "RDF 1.1",
        unreadable=True,
    ),
]
READ = [
    ("UTF-8", table(row(90001)), None),
    ("a BOM", b"\xef\xbb\xbf" + table(row(90001)), None),
    ("GB18030", table(row(90001)).decode().encode("gb18030"), "GB18030"),
    ("UTF-16", table(row(90001)).decode().encode("utf-16"), "UTF-16"),
    ("Windows line ends", table(row(90001)).replace(b"\n", b"\r\n"), None),
    ("old Mac line ends", table(row(90001)).replace(b"\n", b"\r"), None),
    ("blank lines above the header", b"\n\n" + table(row(90001)), None),
    ("no line end", table(row(90001)).rstrip(), None),
    ("Chinese headers", table(row(90001), header="标准号,中文标准名称,标准级别,标准性质,发布日期,实施日期,来源"), None),
]
