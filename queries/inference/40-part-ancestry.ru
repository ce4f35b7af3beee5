# What is in a part is in every part above it (inPart o broader implies inPart).
INSERT { GRAPH <https://w3id.org/aistandards/graph/inferred> { ?thing ais:inPart ?wider } }
WHERE {
  GRAPH ?file { ?thing ais:inPart ?part }
  GRAPH ?system { ?part skos:broader+ ?wider }
}
