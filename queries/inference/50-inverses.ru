# Every relation can be followed both ways.
INSERT { GRAPH <https://w3id.org/aistandards/graph/inferred> { ?object ?inverse ?subject } }
WHERE {
  GRAPH <https://w3id.org/aistandards/graph/ontology> { ?property (owl:inverseOf|^owl:inverseOf) ?inverse }
  GRAPH ?file { ?subject ?property ?object FILTER(ISIRI(?object)) }
  FILTER NOT EXISTS { GRAPH ?any { ?object ?inverse ?subject } }
}
