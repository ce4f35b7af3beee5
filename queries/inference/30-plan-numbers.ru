# Rule, no axiom: A standard that names the plan number of a project is the result of that project.
INSERT { GRAPH <https://w3id.org/aistandards/graph/inferred> { ?project ais:result ?standard } }
WHERE {
  GRAPH ?a { ?standard a ais:Standard ; ais:planNumber ?plan }
  GRAPH ?b { ?project a ais:Project ; ais:planNumber ?plan }
}
