# Rule, no axiom: A record that is classified directly in a part of another system is in that part.
INSERT { GRAPH <https://w3id.org/aistandards/graph/inferred> { ?record ais:inPart ?part } }
WHERE { GRAPH ?file { ?classification a ais:Classification ; ais:classifies ?record ; ais:primaryPart ?part } }
