# Rule, no axiom: A mapping with its reason states the flat SKOS relation between the two parts.
INSERT { GRAPH <https://w3id.org/aistandards/graph/inferred> { ?source ?property ?target } }
WHERE {
  GRAPH ?file { ?mapping a ais:Mapping ; xkos:sourceConcept ?source ; xkos:targetConcept ?target ; ais:mappingRelation ?relation }
  GRAPH <https://w3id.org/aistandards/graph/ontology> { ?relation ais:asProperty ?property }
}
