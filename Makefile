# `make serve` brings the service up on the shipped data; `make test` passes all that pip can install.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export AISTANDARDS_STORE ?= $(CURDIR)/.make/store

.PHONY: serve test test-all lint clean bench

$(VENV)/.installed: pyproject.toml src/aistandards/__init__.py
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable ".[dl]"
	touch $@

$(VENV)/.tested: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --editable ".[dl,test]"
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
	$(BIN)/python -m pytest -q -m "not ui"
	@echo "not run: the browser tests (they need the system package chromium: make test-all)"

test-all: lint $(VENV)/.browser
	$(BIN)/python -m pytest -q

bench: $(VENV)/.tested
	$(BIN)/python benchmarks/run.py

clean:
	rm -rf $(VENV) .make .pytest_cache .mypy_cache .ruff_cache .hypothesis
