# Rule, no axiom: A concept scheme of a records file is a standards system where one of its concepts is set against anything; its concepts are parts.
INSERT { GRAPH <https://w3id.org/aistandards/graph/inferred> { ?concept skos:inScheme ?scheme } }
WHERE {
  GRAPH ?file { { ?concept skos:topConceptOf ?scheme } UNION { ?scheme skos:hasTopConcept ?concept } }
  FILTER(?file != <https://w3id.org/aistandards/graph/ontology>)
} ;
INSERT { GRAPH <https://w3id.org/aistandards/graph/inferred> { ?concept skos:broader ?wider } }
WHERE { GRAPH ?file { ?wider skos:narrower ?concept } } ;
INSERT { GRAPH <https://w3id.org/aistandards/graph/inferred> { ?scheme a ais:System . ?concept a ais:Part } }
WHERE {
  { SELECT DISTINCT ?scheme WHERE {
    GRAPH ?file { ?scheme a skos:ConceptScheme }
    FILTER(?file != <https://w3id.org/aistandards/graph/ontology>)
    GRAPH ?a { ?mapped skos:inScheme ?scheme }
    GRAPH ?b { ?mapped skos:exactMatch|skos:narrowMatch|skos:broadMatch|skos:closeMatch|skos:relatedMatch ?other }
  } }
  GRAPH ?c { ?concept skos:inScheme ?scheme }
}
