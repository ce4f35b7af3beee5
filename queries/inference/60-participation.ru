# Rule, no axiom: A participation has the issue date of its standard; it is published where the standard is on file.
INSERT { GRAPH <https://w3id.org/aistandards/graph/inferred> {
  ?participation ais:publication ?state ; ais:issuedEarliest ?earliest ; ais:issuedLatest ?latest
} }
WHERE {
  GRAPH ?a { ?participation a ais:Participation ; ais:ofStandard ?standard }
  OPTIONAL { GRAPH ?b { ?standard a ais:Standard ; ais:issuedEarliest ?earliest ; ais:issuedLatest ?latest } }
  BIND(IF(EXISTS { GRAPH ?c { ?standard a ais:Standard } }, <https://w3id.org/aistandards/id/publication/published>,
    <https://w3id.org/aistandards/id/publication/work-item>) AS ?state)
}
