# What has a property is of the class the property asks for, and so is its value, where that class is one name.
# A value that nothing is said of stays as it is: the checks report it as unknown.
INSERT { GRAPH <https://w3id.org/aistandards/graph/inferred> { ?thing a ?class } }
WHERE {
  GRAPH <https://w3id.org/aistandards/graph/ontology> { ?property rdfs:domain ?class FILTER(STRSTARTS(STR(?class), STR(ais:))) }
  GRAPH ?file { ?thing ?property ?value } FILTER NOT EXISTS { GRAPH ?any { ?thing a ?class } }
} ;
INSERT { GRAPH <https://w3id.org/aistandards/graph/inferred> { ?value a ?class } }
WHERE {
  GRAPH <https://w3id.org/aistandards/graph/ontology> { ?property rdfs:range ?class FILTER(STRSTARTS(STR(?class), STR(ais:))) }
  GRAPH ?file { ?thing ?property ?value FILTER(ISIRI(?value)) } FILTER EXISTS { GRAPH ?its { ?value ?said ?what } }
  FILTER NOT EXISTS { GRAPH ?any { ?value a ?class } }
}
