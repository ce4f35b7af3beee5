# What is in a part is under every part that the crosswalk of the editions makes equal to it or wider, at any distance.
# A path stays within one graph, and parts, mappings and systems of one's own stand in several: four turns from one
# graph to another are more than a crosswalk around one edition has; the reasoner agrees (tests/test_reasoning.py).
# The paths are found once for all parts (SELECT DISTINCT), not once a record.
INSERT { GRAPH <https://w3id.org/aistandards/graph/inferred> { ?thing ais:underPart ?part } }
WHERE { GRAPH ?file { ?thing ais:inPart ?part } } ;
INSERT { GRAPH <https://w3id.org/aistandards/graph/inferred> { ?thing ais:underPart ?other } }
WHERE {
  { SELECT DISTINCT ?part ?other WHERE {
    GRAPH ?system { ?part (skos:broader|skos:exactMatch|^skos:exactMatch|skos:broadMatch|^skos:narrowMatch)+ ?other }
  } }
  GRAPH ?file { ?thing ais:underPart ?part }
} ;
INSERT { GRAPH <https://w3id.org/aistandards/graph/inferred> { ?thing ais:underPart ?other } }
WHERE {
  { SELECT DISTINCT ?part ?other WHERE {
    GRAPH ?system { ?part (skos:broader|skos:exactMatch|^skos:exactMatch|skos:broadMatch|^skos:narrowMatch)+ ?other }
  } }
  GRAPH ?file { ?thing ais:underPart ?part }
} ;
INSERT { GRAPH <https://w3id.org/aistandards/graph/inferred> { ?thing ais:underPart ?other } }
WHERE {
  { SELECT DISTINCT ?part ?other WHERE {
    GRAPH ?system { ?part (skos:broader|skos:exactMatch|^skos:exactMatch|skos:broadMatch|^skos:narrowMatch)+ ?other }
  } }
  GRAPH ?file { ?thing ais:underPart ?part }
} ;
INSERT { GRAPH <https://w3id.org/aistandards/graph/inferred> { ?thing ais:underPart ?other } }
WHERE {
  { SELECT DISTINCT ?part ?other WHERE {
    GRAPH ?system { ?part (skos:broader|skos:exactMatch|^skos:exactMatch|skos:broadMatch|^skos:narrowMatch)+ ?other }
  } }
  GRAPH ?file { ?thing ais:underPart ?part }
}
