# Rule, no axiom: What a statement rests on: the evidence of its record that has the same source, else the source as it is named.
INSERT { GRAPH <https://w3id.org/aistandards/graph/inferred> { ?statement prov:wasDerivedFrom ?evidence } }
WHERE {
  GRAPH ?a { ?statement a ais:Statement ; ais:about ?record ; dcterms:source ?source }
  GRAPH ?b { ?evidence ais:evidenceOf ?record ; dcterms:source ?source }
} ;
INSERT { GRAPH <https://w3id.org/aistandards/graph/inferred> {
  ?statement prov:wasDerivedFrom ?named . ?named a prov:Entity ; rdfs:label ?source
} }
WHERE {
  GRAPH ?a { ?statement a ais:Statement ; ais:about ?record ; dcterms:source ?source }
  FILTER NOT EXISTS { GRAPH ?b { ?evidence ais:evidenceOf ?record ; dcterms:source ?source } }
  BIND(IRI(CONCAT("https://w3id.org/aistandards/id/source/", SUBSTR(SHA256(?source), 1, 16))) AS ?named)
}
