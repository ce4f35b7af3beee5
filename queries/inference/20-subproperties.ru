# A value of a property is a value of the wider properties in our namespace (adopts is one way to correspond).
INSERT { GRAPH <https://w3id.org/aistandards/graph/inferred> { ?thing ?wider ?value } }
WHERE {
  GRAPH <https://w3id.org/aistandards/graph/ontology> { ?narrow rdfs:subPropertyOf+ ?wider }
  FILTER(STRSTARTS(STR(?wider), STR(ais:)))
  GRAPH ?file { ?thing ?narrow ?value }
}
