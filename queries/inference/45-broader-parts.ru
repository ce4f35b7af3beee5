# The parts above a part at any distance (skos:broader is one step).
INSERT { GRAPH <https://w3id.org/aistandards/graph/inferred> { ?part skos:broaderTransitive ?wider } }
WHERE { GRAPH ?file { ?part skos:broader+ ?wider } }
