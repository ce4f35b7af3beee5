# Rule, no axiom: A project that says revision will not be newly made. (A project that says new proves nothing.)
INSERT { GRAPH <https://w3id.org/aistandards/graph/inferred> { ?project ais:novelty <https://w3id.org/aistandards/id/novelty/revision> } }
WHERE {
  GRAPH ?file { ?project a ais:Project ; ais:action <https://w3id.org/aistandards/id/action/revision> }
}
