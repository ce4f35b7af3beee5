"""Small shapes and data, one for each kind of constraint: the cases in which compiled shapes once differed from pySHACL, and more."""

from __future__ import annotations

from typing import Final

PROLOGUE: Final = """
@prefix ex: <https://example.org/> . @prefix sh: <http://www.w3.org/ns/shacl#> . @prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> . @prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
"""
_S: Final = "ex:S a sh:NodeShape ; sh:targetClass ex:C ; "


def _property(constraints: str) -> str:
    return f"{_S} sh:property ex:P . ex:P a sh:PropertyShape ; sh:path ex:p ; {constraints} ."


# name: shapes, data, number of results pySHACL has (counted by hand, so that two engines that agree on nothing are found out)
CASES: Final[dict[str, tuple[str, str, int]]] = {
    "minCount above 1": (_property("sh:minCount 2"), "ex:a a ex:C ; ex:p 1 . ex:b a ex:C ; ex:p 1, 2 .", 1),
    "maxCount": (_property("sh:maxCount 1"), "ex:a a ex:C ; ex:p 1 . ex:b a ex:C ; ex:p 1, 2 .", 1),
    "equal values in two spellings": (_property("sh:maxCount 1"), 'ex:a a ex:C ; ex:p 1, "01"^^xsd:integer .', 0),
    "impossible date": (_property("sh:datatype xsd:date"), 'ex:a a ex:C ; ex:p "2024-02-30"^^xsd:date, "2024-02-29"^^xsd:date .', 1),
    "ill-typed integer": (_property("sh:datatype xsd:integer"), 'ex:a a ex:C ; ex:p "many"^^xsd:integer, 7, 7.5, "7" .', 3),
    "lenient year": (_property("sh:datatype xsd:gYear"), 'ex:a a ex:C ; ex:p "24"^^xsd:gYear, "2024"^^xsd:gYear, "2024" .', 1),
    "year with a pattern": (_property('sh:datatype xsd:gYear ; sh:pattern "^[0-9]{4}$"'), 'ex:a a ex:C ; ex:p "24"^^xsd:gYear .', 1),
    "nodeKind IRI": (_property("sh:nodeKind sh:IRI"), 'ex:a a ex:C ; ex:p ex:x, [], "y" .', 2),
    "nodeKind Literal": (_property("sh:nodeKind sh:Literal"), 'ex:a a ex:C ; ex:p ex:x, [], "y" .', 2),
    "nodeKind BlankNode": (_property("sh:nodeKind sh:BlankNode"), 'ex:a a ex:C ; ex:p ex:x, [], "y" .', 2),
    "nodeKind BlankNodeOrIRI": (_property("sh:nodeKind sh:BlankNodeOrIRI"), 'ex:a a ex:C ; ex:p ex:x, [], "y" .', 1),
    "nodeKind BlankNodeOrLiteral": (_property("sh:nodeKind sh:BlankNodeOrLiteral"), 'ex:a a ex:C ; ex:p ex:x, [], "y" .', 1),
    "nodeKind IRIOrLiteral": (_property("sh:nodeKind sh:IRIOrLiteral"), 'ex:a a ex:C ; ex:p ex:x, [], "y" .', 1),
    "pattern": (_property('sh:pattern "^GB"'), 'ex:a a ex:C ; ex:p "GB 1", "gb 1", 5, ex:GB .', 3),
    "pattern with flags": (_property('sh:pattern "^gb" ; sh:flags "i"'), 'ex:a a ex:C ; ex:p "GB 1", "DB 1" .', 1),
    "pattern on a blank node": (_property('sh:pattern "."'), "ex:a a ex:C ; ex:p [] .", 1),
    "minLength on a blank node": (_property("sh:minLength 1"), 'ex:a a ex:C ; ex:p [], "", "x" .', 2),
    "minLength 0 lets blank nodes pass": (_property("sh:minLength 0"), "ex:a a ex:C ; ex:p [] .", 0),
    "maxLength": (_property("sh:maxLength 2"), 'ex:a a ex:C ; ex:p [], "标准化", "标准", ex:x .', 3),
    "in with numbers": (_property("sh:in ( 1 2.0 true )"), 'ex:a a ex:C ; ex:p 1, 2.0, 2, true, "1" .', 2),
    "in with texts": (_property('sh:in ( "A" "B"@en )'), 'ex:a a ex:C ; ex:p "A", "B"@en, "B" .', 1),
    "languageIn": (_property('sh:languageIn ( "zh-Hans" "en" )'), 'ex:a a ex:C ; ex:p "a"@zh-Hans, "b"@zh, "c"@en-GB, "d", ex:e .', 3),
    "languageIn with a wildcard": (_property('sh:languageIn ( "*" )'), 'ex:a a ex:C ; ex:p "a"@zh, "d" .', 1),
    "uniqueLang": (_property("sh:uniqueLang true"), 'ex:a a ex:C ; ex:p "a"@zh, "b"@ZH, "c"@en, "d", "e" .', 1),
    "minInclusive on numbers": (_property("sh:minInclusive 9"), 'ex:a a ex:C ; ex:p 10, 9, 8, 9.5, "x", ex:y .', 3),
    "minExclusive": (_property("sh:minExclusive 9"), "ex:a a ex:C ; ex:p 10, 9, 8.9e0 .", 2),
    "maxInclusive on dates": (_property('sh:maxInclusive "2024-12-31"^^xsd:date'), 'ex:a a ex:C ; ex:p "2025-01-01"^^xsd:date, "2024-01-01"^^xsd:date, "2024-01-01T00:00:00"^^xsd:dateTime, "2024" .', 3),
    "maxExclusive with and without a zone": (_property('sh:maxExclusive "2024-06-01T00:00:00Z"^^xsd:dateTime'), 'ex:a a ex:C ; ex:p "2024-01-01T00:00:00Z"^^xsd:dateTime, "2024-01-01T00:00:00"^^xsd:dateTime, "2024-07-01T00:00:00Z"^^xsd:dateTime .', 2),
    "class through subClassOf": (_property("sh:class ex:D"), "ex:a a ex:C ; ex:p ex:x, ex:y, ex:z, 5 . ex:x a ex:E . ex:E rdfs:subClassOf ex:F . ex:F rdfs:subClassOf ex:D . ex:y a ex:D .", 2),
    "hasValue": (_property("sh:hasValue ex:x"), "ex:a a ex:C ; ex:p ex:x, ex:y . ex:b a ex:C ; ex:p ex:y .", 1),
    "equals": (_property("sh:equals ex:q"), "ex:a a ex:C ; ex:p 1, 2 ; ex:q 2, 3 .", 2),
    "disjoint": (_property("sh:disjoint ex:q"), "ex:a a ex:C ; ex:p 1, 2 ; ex:q 2, 3 .", 1),
    "lessThan": (_property("sh:lessThan ex:q"), 'ex:a a ex:C ; ex:p 1, 3 ; ex:q 2 . ex:b a ex:C ; ex:p "2024-01-02"^^xsd:date ; ex:q "2024-01-02"^^xsd:date .', 2),
    "lessThanOrEquals": (_property("sh:lessThanOrEquals ex:q"), 'ex:a a ex:C ; ex:p "2024-01-02"^^xsd:date ; ex:q "2024-01-02"^^xsd:date, "2024-01-01"^^xsd:date .', 1),
    "lessThan of other kinds": (_property("sh:lessThan ex:q"), 'ex:a a ex:C ; ex:p 1, "a", ex:x ; ex:q "b" .', 2),
    "targetNode": ("ex:S a sh:NodeShape ; sh:targetNode ex:a, ex:b ; sh:property [ sh:path ex:p ; sh:minCount 1 ] .", "ex:a ex:p 1 .", 1),
    "targetSubjectsOf": ("ex:S a sh:NodeShape ; sh:targetSubjectsOf ex:q ; sh:property [ sh:path ex:p ; sh:minCount 1 ] .", "ex:a ex:q 1 . ex:b ex:p 1 .", 1),
    "targetObjectsOf": ("ex:S a sh:NodeShape ; sh:targetObjectsOf ex:q ; sh:nodeKind sh:IRI .", 'ex:a ex:q 1, ex:b, "x" .', 2),
    "implicit class": ("ex:C a rdfs:Class, sh:NodeShape ; sh:property [ sh:path ex:p ; sh:minCount 1 ] .", "ex:a a ex:C .", 1),
    "implicit class, an owl:Class": ("ex:C a owl:Class, sh:NodeShape ; sh:property [ sh:path ex:p ; sh:minCount 1 ] .", "ex:a a ex:C . ex:b a ex:D . ex:D rdfs:subClassOf ex:C .", 2),
    "implicit class beside a target, no sh:NodeShape": ("ex:C a owl:Class ; sh:targetNode ex:x ; sh:property [ sh:path ex:p ; sh:minCount 1 ] .", "ex:a a ex:C .", 2),
    "implicit class that is a property shape": ("ex:C a owl:Class, sh:PropertyShape ; sh:path ex:p ; sh:minCount 1 .", "ex:a a ex:C .", 1),
    "target through a subclass": (_property("sh:minCount 1"), "ex:a a ex:B . ex:B rdfs:subClassOf ex:C .", 1),
    "deactivated": (_property("sh:minCount 1 ; sh:deactivated true"), "ex:a a ex:C .", 0),
    "deactivated shape with a target": (f"{_S} sh:deactivated true ; sh:nodeKind sh:BlankNode .", "ex:a a ex:C .", 0),
    "constraints on the node shape": (f'{_S} sh:nodeKind sh:IRI ; sh:pattern "a$" ; sh:hasValue ex:a ; sh:in ( ex:a ex:c ) .', "ex:a a ex:C . ex:b a ex:C . [] a ex:C .", 7),
    "sequence path": (f"{_S} sh:property [ sh:path ( ex:p ex:q ) ; sh:minCount 1 ; sh:maxCount 1 ] .", "ex:a a ex:C ; ex:p ex:x, ex:y . ex:x ex:q 1 . ex:y ex:q 1, 2 . ex:b a ex:C .", 2),
    "alternative path": (f"{_S} sh:property [ sh:path [ sh:alternativePath ( ex:p ex:q ) ] ; sh:maxCount 1 ] .", "ex:a a ex:C ; ex:p 1 ; ex:q 1 . ex:b a ex:C ; ex:p 1 ; ex:q 2 .", 1),
    "inverse path": (f"{_S} sh:property [ sh:path [ sh:inversePath ex:p ] ; sh:minCount 1 ; sh:class ex:C ] .", "ex:a a ex:C ; ex:p ex:b . ex:b a ex:C . ex:x ex:p ex:b .", 2),
    "zeroOrMore path": (f"{_S} sh:property [ sh:path [ sh:zeroOrMorePath ex:p ] ; sh:class ex:C ] .", "ex:a a ex:C ; ex:p ex:b . ex:b ex:p ex:c, ex:a . ex:c ex:p 5 .", 3),
    "oneOrMore path": (f"{_S} sh:property [ sh:path [ sh:oneOrMorePath ex:p ] ; sh:maxCount 2 ] .", "ex:a a ex:C ; ex:p ex:b . ex:b ex:p ex:c, ex:a .", 1),
    "zeroOrOne path": (f"{_S} sh:property [ sh:path [ sh:zeroOrOnePath ex:p ] ; sh:nodeKind sh:IRI ] .", "ex:a a ex:C ; ex:p 1 .", 1),
    "inverse inside a sequence": (f"{_S} sh:property [ sh:path ( [ sh:inversePath ex:p ] ex:q ) ; sh:minCount 1 ] .", "ex:a a ex:C . ex:x ex:p ex:a ; ex:q 1 . ex:b a ex:C .", 1),
    "node": (f"{_S} sh:property [ sh:path ex:p ; sh:node ex:N ] . ex:N a sh:NodeShape ; sh:property [ sh:path ex:q ; sh:minCount 1 ] .", "ex:a a ex:C ; ex:p ex:x, ex:y, 5 . ex:x ex:q 1 .", 2),
    "not": (f"{_S} sh:not [ sh:path ex:p ; sh:minCount 1 ] .", "ex:a a ex:C ; ex:p 1 . ex:b a ex:C .", 1),
    "and": (f"{_S} sh:and ( [ sh:path ex:p ; sh:minCount 1 ] [ sh:path ex:q ; sh:minCount 1 ] ) .", "ex:a a ex:C ; ex:p 1 . ex:b a ex:C ; ex:p 1 ; ex:q 1 .", 1),
    "or": (_property("sh:or ( [ sh:datatype xsd:date ] [ sh:datatype xsd:gYear ] )"), 'ex:a a ex:C ; ex:p "2024"^^xsd:gYear, "2024-01-01"^^xsd:date, "2024" .', 1),
    "xone": (_property("sh:xone ( [ sh:minLength 2 ] [ sh:maxLength 3 ] )"), 'ex:a a ex:C ; ex:p "a", "ab", "abcd" .', 1),
    "nested property": (_property("sh:property [ sh:path ex:q ; sh:minCount 1 ]"), "ex:a a ex:C ; ex:p ex:x, ex:y . ex:x ex:q 1 .", 1),
    "qualified counts of a language": (_property('sh:qualifiedValueShape [ sh:languageIn ( "zh" ) ] ; sh:qualifiedMinCount 1 ; sh:qualifiedMaxCount 1'), 'ex:a a ex:C ; ex:p "a"@zh-Hans . ex:b a ex:C ; ex:p "a"@en . ex:c a ex:C ; ex:p "a"@zh, "b"@zh-Hant .', 2),
    "qualified shapes that exclude each other": (f"{_S} sh:property [ sh:path ex:p ; sh:qualifiedValueShape ex:T ; sh:qualifiedMinCount 1 ; sh:qualifiedValueShapesDisjoint true ], [ sh:path ex:p ; sh:qualifiedValueShape ex:F ; sh:qualifiedMinCount 2 ; sh:qualifiedValueShapesDisjoint true ] . ex:T a sh:NodeShape ; sh:class ex:Thumb . ex:F a sh:NodeShape ; sh:class ex:Finger .", "ex:a a ex:C ; ex:p ex:x, ex:y, ex:z . ex:x a ex:Thumb . ex:y a ex:Finger . ex:z a ex:Finger, ex:Thumb .", 1),
    "closed": (f"{_S} sh:closed true ; sh:ignoredProperties ( rdf:type ex:i ) ; sh:property [ sh:path ex:p ] .", "ex:a a ex:C ; ex:p 1 ; ex:i 1 ; ex:q 2, 3 .", 2),
    "severity and messages": (_property('sh:minCount 1 ; sh:severity sh:Warning ; sh:message "缺"@zh, "missing"@en'), "ex:a a ex:C .", 1),
    "two classes, two values, two patterns": (_property('sh:class ex:D, ex:E ; sh:hasValue ex:x, ex:y ; sh:pattern "x", "y"'), "ex:a a ex:C ; ex:p ex:x . ex:x a ex:D .", 3),
}  # fmt: skip

SPARQL: Final = {
    "days compared": (
        "SELECT $this ?value WHERE { $this ex:p ?a ; ex:q ?value . FILTER (?value < ?a) }",
        'ex:a a ex:C ; ex:p "2024-05-01"^^xsd:date ; ex:q "2024-04-30"^^xsd:date . '
        'ex:b a ex:C ; ex:p "2024-05-01"^^xsd:date ; ex:q "2024-05-01"^^xsd:date .',
        1,
    ),
    "days of other kinds compared": (
        "SELECT $this ?value WHERE { $this ex:p ?a ; ex:q ?value . FILTER (?value < ?a) }",
        'ex:a a ex:C ; ex:p "2024-05-01"^^xsd:date ; ex:q "2024"^^xsd:gYear, "2024-04-30", "2024-04-30T00:00:00"^^xsd:dateTime .',
        None,
    ),
    "another record": (
        "SELECT $this (?o AS ?value) WHERE { $this ex:r ?o ; ex:p ?a . ?o ex:p ?b . FILTER (?b > ?a) }",
        "ex:a a ex:C ; ex:p 1 ; ex:r ex:b . ex:b a ex:C ; ex:p 2 ; ex:r ex:a .",
        1,
    ),
    "not exists": (
        "SELECT $this WHERE { $this ex:p ?a . FILTER NOT EXISTS { ?other ex:r $this . ?other ex:p ?a } }",
        "ex:a a ex:C ; ex:p 1 . ex:b a ex:C ; ex:p 1 ; ex:r ex:a . ex:c a ex:C ; ex:p 2 ; ex:r ex:b .",
        2,
    ),
    "optional, bound and or": (
        'SELECT $this ?value WHERE { $this ex:p ?value OPTIONAL { $this ex:q ?q } FILTER (!bound(?q) || STRSTARTS(STR(?value), "x")) }',
        'ex:a a ex:C ; ex:p 1 . ex:b a ex:C ; ex:p "y" ; ex:q 1 . ex:c a ex:C ; ex:p "xy" ; ex:q 1 .',
        2,
    ),
    "union and path": (
        "SELECT $this ?path ?value WHERE { { $this ex:p ?value BIND (ex:p AS ?path) } UNION { $this ex:q ?value } FILTER (?value = 1) }",
        "ex:a a ex:C ; ex:p 1 ; ex:q 1, 2 .",
        None,
    ),
    "any predicate": ("SELECT $this ?path ?value WHERE { $this ?path ?value . FILTER (isLiteral(?value)) }", "ex:a a ex:C ; ex:p 1, 2 .", 2),
}  # fmt: skip


def sparql_shape(query: str) -> str:
    """Return a shape with a SPARQL constraint."""
    return (
        f'{_S} sh:sparql [ sh:prefixes ex: ; sh:message "see {{?value}}"@en ; sh:select """{query}""" ] . '
        'ex: sh:declare [ sh:prefix "ex" ; sh:namespace "https://example.org/"^^xsd:anyURI ] .'
    )
