# A member of a class is a member of its superclasses in our namespace.
INSERT { GRAPH <https://w3id.org/aistandards/graph/inferred> { ?thing a ?super } }
WHERE {
  GRAPH ?file { ?thing a ?class }
  GRAPH <https://w3id.org/aistandards/graph/ontology> { ?class rdfs:subClassOf+ ?super }
  FILTER(STRSTARTS(STR(?super), STR(ais:)) && ?file != <https://w3id.org/aistandards/graph/ontology>)
}
