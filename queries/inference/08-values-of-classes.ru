# A member of a class that is defined by a value has that value (a national standard is of the level national).
INSERT { GRAPH <https://w3id.org/aistandards/graph/inferred> { ?thing ?property ?value } }
WHERE {
  GRAPH <https://w3id.org/aistandards/graph/ontology> {
    ?class owl:equivalentClass/owl:intersectionOf/rdf:rest/rdf:first [ owl:onProperty ?property ; owl:hasValue ?value ]
  }
  GRAPH ?file { ?thing a ?class } FILTER NOT EXISTS { GRAPH ?any { ?thing ?property ?value } }
}
