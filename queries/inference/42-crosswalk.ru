# What is in a part is under every part that the crosswalk of the editions makes equal to it or wider, at any distance.
INSERT { GRAPH <https://w3id.org/aistandards/graph/inferred> { ?thing ais:underPart ?other } }
WHERE {
  GRAPH ?file { ?thing ais:inPart ?part }
  GRAPH <https://w3id.org/aistandards/graph/ontology> {
    ?part (skos:broader|skos:exactMatch|^skos:exactMatch|skos:broadMatch|^skos:narrowMatch)+ ?other
  }
}
