# What has the value that defines a class is a member (a standard in CC is a large model standard).
INSERT { GRAPH <https://w3id.org/aistandards/graph/inferred> { ?thing a ?class } }
WHERE {
  GRAPH <https://w3id.org/aistandards/graph/ontology> {
    ?class owl:equivalentClass/owl:intersectionOf ?list .
    ?list rdf:first ?base ; rdf:rest/rdf:first [ owl:onProperty ?property ; owl:hasValue ?value ]
  }
  GRAPH ?file { ?thing ?property ?value }
  GRAPH ?other { ?thing a ?base } FILTER NOT EXISTS { GRAPH ?any { ?thing a ?class } }
}
