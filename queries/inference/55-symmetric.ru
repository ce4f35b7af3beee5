# A symmetric relation holds the other way round (SKOS: exact, close and related matches).
INSERT { GRAPH <https://w3id.org/aistandards/graph/inferred> { ?object ?property ?subject } }
WHERE {
  GRAPH <https://w3id.org/aistandards/graph/ontology> { ?property a owl:SymmetricProperty }
  GRAPH ?file { ?subject ?property ?object FILTER(ISIRI(?object)) }
  FILTER NOT EXISTS { GRAPH ?any { ?object ?property ?subject } }
}
