# A member of a class is a member of its superclasses in our namespace, and an observation of a data cube.
INSERT { GRAPH <https://w3id.org/aistandards/graph/inferred> { ?thing a ?super } }
WHERE {
  GRAPH ?file { ?thing a ?class }
  GRAPH <https://w3id.org/aistandards/graph/ontology> { ?class rdfs:subClassOf+ ?super }
  FILTER((STRSTARTS(STR(?super), STR(ais:)) || ?super = qb:Observation) && ?file != <https://w3id.org/aistandards/graph/ontology>)
}
