"""Made-up records of a standards register and the shapes they are validated with: 24 triples a record, some of them faulty."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

PREFIXES: Final = """@prefix ex: <https://example.org/register#> .
@prefix r: <https://example.org/record/> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""

SHAPES: Final = (
    PREFIXES
    + r"""
ex: sh:declare [ sh:prefix "ex" ; sh:namespace "https://example.org/register#"^^xsd:anyURI ] .

ex:StandardShape a sh:NodeShape ; sh:targetClass ex:Standard ;
  sh:closed true ; sh:ignoredProperties ( rdf:type ex:note ex:remark ex:ofYear ) ;
  sh:property ex:P-number, ex:P-title, ex:P-level, ex:P-nature, ex:P-issued, ex:P-implemented, ex:P-withdrawn, ex:P-committee,
    ex:P-part, ex:P-replaces, ex:P-ics, ex:P-ccs, ex:P-pages, ex:P-source ;
  sh:sparql [ sh:message "implemented before it was issued" ; sh:prefixes ex: ; sh:select
    "SELECT $this ?value WHERE { $this ex:issued ?issued ; ex:implemented ?value . FILTER (?value < ?issued) }" ] ;
  sh:sparql [ sh:message "withdrawn before it was implemented" ; sh:prefixes ex: ; sh:select
    "SELECT $this ?value WHERE { $this ex:implemented ?day ; ex:withdrawn ?value . FILTER (?value < ?day) }" ] ;
  sh:sparql [ sh:message "replaces what was issued later" ; sh:prefixes ex: ; sh:select
    "SELECT $this ?value WHERE { $this ex:replaces ?value ; ex:issued ?day . ?value ex:issued ?other . FILTER (?other > ?day) }" ] .

ex:P-number a sh:PropertyShape ; sh:path ex:number ; sh:minCount 1 ; sh:maxCount 1 ; sh:datatype xsd:string ;
  sh:pattern "^(GB|GB/T|YD/T) [0-9]+(\\.[0-9]+)?-[0-9]{4}$" ; sh:message "number"@en .
ex:P-title a sh:PropertyShape ; sh:path ex:title ; sh:minCount 2 ; sh:uniqueLang true ; sh:minLength 2 ;
  sh:qualifiedValueShape [ sh:languageIn ( "zh" ) ] ; sh:qualifiedMinCount 1 ; sh:qualifiedMaxCount 1 ; sh:message "title"@en .
ex:P-level a sh:PropertyShape ; sh:path ex:level ; sh:minCount 1 ; sh:maxCount 1 ;
  sh:in ( ex:national ex:industry ex:local ex:group ) ; sh:message "level"@en .
ex:P-nature a sh:PropertyShape ; sh:path ex:nature ; sh:maxCount 1 ; sh:in ( ex:mandatory ex:recommended ex:guidance ) ; sh:message "nature"@en .
ex:P-issued a sh:PropertyShape ; sh:path ex:issued ; sh:minCount 1 ; sh:maxCount 1 ; sh:datatype xsd:date ; sh:message "issued"@en .
ex:P-implemented a sh:PropertyShape ; sh:path ex:implemented ; sh:maxCount 1 ; sh:datatype xsd:date ; sh:message "implemented"@en .
ex:P-withdrawn a sh:PropertyShape ; sh:path ex:withdrawn ; sh:maxCount 1 ; sh:datatype xsd:date ;
  sh:minExclusive "1949-10-01"^^xsd:date ; sh:message "withdrawn"@en .
ex:P-committee a sh:PropertyShape ; sh:path ex:committee ; sh:minCount 1 ; sh:class ex:Committee ; sh:message "committee"@en .
ex:P-part a sh:PropertyShape ; sh:path ex:part ; sh:minCount 1 ; sh:nodeKind sh:IRI ; sh:message "part"@en .
ex:P-replaces a sh:PropertyShape ; sh:path ex:replaces ; sh:nodeKind sh:IRI ; sh:message "replaces"@en .
ex:P-ics a sh:PropertyShape ; sh:path ex:ics ; sh:maxCount 2 ; sh:pattern "^[0-9]{2}(\\.[0-9]{3}(\\.[0-9]{2})?)?$" ; sh:message "ics"@en .
ex:P-ccs a sh:PropertyShape ; sh:path ex:ccs ; sh:maxCount 1 ; sh:pattern "^[A-Z][0-9]{2}$" ; sh:message "ccs"@en .
ex:P-pages a sh:PropertyShape ; sh:path ex:pages ; sh:maxCount 1 ; sh:datatype xsd:integer ; sh:minInclusive 1 ; sh:maxInclusive 5000 ; sh:message "pages"@en .
ex:P-source a sh:PropertyShape ; sh:path ex:source ; sh:minCount 1 ; sh:message "source"@en .
"""
)

# as above, with all three comparisons of days inside the record: nothing needs to be known of other records but their class
WITHIN: Final = SHAPES.replace(
    """replaces what was issued later" ; sh:prefixes ex: ; sh:select
    "SELECT $this ?value WHERE { $this ex:replaces ?value ; ex:issued ?day . ?value ex:issued ?other . FILTER (?other > ?day) }""",
    """withdrawn before it was issued" ; sh:prefixes ex: ; sh:select
    "SELECT $this ?value WHERE { $this ex:issued ?day ; ex:withdrawn ?value . FILTER (?value < ?day) }""",
)

# what a faulty record has instead: the predicate, and its values as Turtle
Faults = Sequence[tuple[str, str | None]]
FAULTS: Final[tuple[tuple[str, str | None], ...]] = (
    ("number", '"GB-T 5"'),
    ("number", None),
    ("title", '"一"@zh, "二"@zh-Hans'),
    ("title", '"one"@en, "two"@fr'),
    ("level", "ex:regional"),
    ("nature", '"mandatory"'),
    ("implemented", '"1999-01-01"^^xsd:date'),
    ("withdrawn", '"1949-10-01"^^xsd:date'),
    ("committee", "ex:nobody"),
    ("part", '"a text"'),
    ("replaces", "[]"),
    ("ics", '"35.240.50", "35", "01.040"'),
    ("ccs", '"l67"'),
    ("pages", "0"),
    ("pages", '"many"^^xsd:integer'),
    ("source", None),
    ("extra", "5"),
)
# days that are none: rdflib, and so pySHACL, orders them before or after days; for SPARQL they cannot be compared
NO_DAYS: Final[tuple[tuple[str, str | None], ...]] = (
    ("issued", '"2024-02-30"^^xsd:date'),
    ("issued", '"2024"^^xsd:gYear'),
    ("implemented", '"2001-01-01T00:00:00"^^xsd:dateTime'),
    ("withdrawn", '"2024-05"'),
)


def record(number: int, faults: Faults, random_: random.Random) -> str:
    """Return one record as Turtle."""
    year = 2000 + number % 25
    issued = f"{year}-{number % 12 + 1:02}-{number % 28 + 1:02}"
    implemented = f"{year + 1}-{(number * 5) % 12 + 1:02}-01"
    facts: dict[str, str | None] = {
        "number": f'"GB/T {number + 1}.{number % 9 + 1}-{year}"',
        "title": f'"人工智能 第 {number} 部分"@zh, "Artificial intelligence, part {number}"@en',
        "level": "ex:" + ("national", "industry", "local", "group")[number % 4],
        "nature": "ex:" + ("recommended", "mandatory", "guidance")[number % 3],
        "issued": f'"{issued}"^^xsd:date',
        "implemented": f'"{implemented}"^^xsd:date',
        "committee": f"ex:committee{number % 50}",
        "part": f"ex:part{number % 40}, ex:part{number % 41 + 60}",
        "ics": f'"35.240.{number % 90 + 10}", "35.{number % 900 + 100}"',
        "ccs": f'"L{number % 90 + 10}"',
        "pages": str(number % 300 + 1),
        "source": f'"register copy {number % 100}", "announcement {number % 1000}"',
        "note": f'"note {number}", "see {number % 77}"@en, "参见 {number % 77}"@zh',
        "remark": f'"remark {number % 13}", "{number}"',
        "ofYear": f'"{year}"^^xsd:gYear',
    }
    if number % 25:  # what is replaced was issued in 2000
        facts["replaces"] = f"r:s{number - number % 25}"
    else:
        facts["note"] = f'"note {number}", "more", "see {number % 77}"@en, "参见 {number % 77}"@zh'
    for name, value in random_.sample(faults, min(len(faults), 1 + (number % 3 == 0))):
        facts[name] = value
    stated = " ;\n  ".join(f"ex:{name} {value}" for name, value in facts.items() if value is not None)
    return f"r:s{number} a ex:Standard ;\n  {stated} .\n\n"


def texts(records: int, faulty_percent: int = 2, faults: Faults = FAULTS) -> Iterator[str]:
    """Yield a register as Turtle, piece by piece."""
    random_ = random.Random(records)
    yield PREFIXES + "\n"
    for number in range(50):
        yield f"ex:committee{number} a ex:Committee .\n\n"
    for number in range(records):
        yield record(number, faults if random_.randrange(100) < faulty_percent else (), random_)


def write(path: Path, records: int, faulty_percent: int = 2, faults: Faults = FAULTS) -> None:
    """Write a register of so many records to a file."""
    with path.open("w", encoding="utf-8") as handle:
        handle.writelines(texts(records, faulty_percent, faults))
