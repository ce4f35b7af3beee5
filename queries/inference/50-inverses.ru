# Every relation of ours can be followed both ways.
INSERT { GRAPH <https://w3id.org/aistandards/graph/inferred> { ?object ?inverse ?subject } }
WHERE {
  GRAPH <https://w3id.org/aistandards/graph/ontology> {
    ?property (owl:inverseOf|^owl:inverseOf) ?inverse FILTER(STRSTARTS(STR(?inverse), STR(ais:)))
  }
  GRAPH ?file { ?subject ?property ?object FILTER(ISIRI(?object)) }
  FILTER NOT EXISTS { GRAPH ?any { ?object ?inverse ?subject } }
}
