# `make serve` brings the service up on the shipped data; `make test` passes all that pip can install.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export AISTANDARDS_STORE ?= $(CURDIR)/.make/store

.PHONY: serve test test-all lint clean bench docs fuzz peers schemathesis mustrd conformance

$(VENV)/.installed: pyproject.toml src/aistandards/__init__.py
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable ".[dl,mcp]"
	touch $@

$(VENV)/.tested: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --editable ".[dl,fast,mcp,test]"
	touch $@

$(VENV)/.browser: $(VENV)/.tested
	$(BIN)/python -m pip install --quiet --editable ".[ui]"
	command -v chromium >/dev/null || (apt-get update -qq && apt-get install -y -qq chromium fonts-noto-cjk >/dev/null)
	touch $@

serve: $(VENV)/.installed
	$(BIN)/aistandards serve

lint: $(VENV)/.tested
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: lint
	$(BIN)/python -m pytest -q -m "not ui and not peers and not conformance"
	@echo "not run: the browser tests (they need the system package chromium: make test-all), Apache Jena Fuseki (make peers)"

test-all: lint $(VENV)/.browser
	$(BIN)/python -m pytest -q -m "not peers and not conformance"

docs: $(VENV)/.tested
	$(BIN)/python tools/queries_page.py
	$(BIN)/python tools/settings_page.py
	$(BIN)/python tools/api_examples.py
	$(BIN)/python tools/rules_pages.py
	$(BIN)/python tools/formats_page.py

# other requests each time, thousands of them, against a real server over the whole OpenAPI description
schemathesis: $(VENV)/.tested
	SCHEMATHESIS_EXAMPLES=50 $(BIN)/python -m pytest -q tests/test_schemathesis.py

# the saved queries on Apache Jena Fuseki and the ontology in ROBOT, fetched by their Maven coordinates
peers: $(VENV)/.tested
	@command -v java >/dev/null || { echo "make peers needs Java 17 or later (java): not found" >&2; exit 1; }
	@command -v mvn >/dev/null || { echo "make peers needs Apache Maven (mvn): not found" >&2; exit 1; }
	@command -v virtuoso-t >/dev/null || echo "make peers: Virtuoso is not installed, its test is skipped (Debian: apt-get install virtuoso-opensource-7-bin)"
	mvn -q -B -f tests/fuseki.xml dependency:copy-dependencies -DoutputDirectory=$(CURDIR)/.make/fuseki
	mvn -q -B -f tests/robot.xml dependency:copy-dependencies -DoutputDirectory=$(CURDIR)/.make/robot
	$(BIN)/python -m pytest -q -m peers

# the W3C cases: SPARQL through a real server, SHACL through the validator; read where AISTANDARDS_CONFORMANCE says
conformance: $(VENV)/.tested
	$(BIN)/python tests/conformance_sparql.py
	$(BIN)/python -m pytest -q -m conformance

# the questions in tests/queries on MustRD, in an environment of its own: it pins an older pySHACL
mustrd:
	$(PYTHON) -m venv $(VENV)/mustrd
	$(VENV)/mustrd/bin/python -m pip install --quiet "mustrd==0.8.*"
	$(VENV)/mustrd/bin/python -m pytest -q -p no:cacheprovider --noconftest --rootdir tests/queries --mustrd --config=tests/queries/mustrd.ttl tests/queries

bench: $(VENV)/.tested
	for each in run counting reasoning serving searching validating bulk agents; do $(BIN)/python benchmarks/$$each.py || exit 1; done

# coverage-guided fuzzing of the readers for FUZZ seconds
FUZZ ?= 120
fuzz: $(VENV)/.tested
	$(BIN)/python -m pip install --quiet "atheris>=3"
	$(BIN)/python tests/fuzz/readers.py $(FUZZ)

clean:
	rm -rf $(VENV) .make .pytest_cache .mypy_cache .ruff_cache .hypothesis
