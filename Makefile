# What one does here, one line each: `make help`. Needs GNU make and Python 3.11 or newer.

PYTHON ?= python3
ARGS ?=

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check install
SOURCES := src tests tools $(if $(wildcard bench/*.py),bench)

# What is compiled where there is a compiler; without one the server runs on Python alone.
COMPILED := $(wildcard src/hereabouts/native/*.[ch])

# A stamp says that what it is named after was installed from locks no newer than itself.
INSTALLED := $(VENV)/.installed
INSTALLED_DEV := $(VENV)/.installed-dev

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help install run test check cover interop bench soak docs lock clean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' Makefile
	@echo
	@echo '  ARGS="..." is handed on: make run ARGS="--help", make test ARGS="-k digest".'
	@echo '  PYTHON=... chooses the interpreter that $(VENV) is made with.'

install: $(INSTALLED) ## make .venv with what the server needs, and .venv/bin/hereabouts

run: install ## install, then run the server on its embedded store, ready for a phone
	$(BIN)/hereabouts serve --welcome $(ARGS)

test: $(INSTALLED_DEV) ## run every test that this machine allows; name the others, and why
	$(BIN)/python -m pytest $(ARGS)

check: $(INSTALLED_DEV) ## format, lint, types, and the rules of the architecture
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/mypy $(SOURCES)
	$(BIN)/python -m pytest --quiet tests/architecture

cover: $(INSTALLED_DEV) ## branch coverage; and which lines only the tests of other modules run
	$(BIN)/python -m coverage run -m pytest $(ARGS)
	$(BIN)/python -m coverage report
	$(BIN)/python -m tools.own_coverage

interop: $(INSTALLED_DEV) ## only the tests against programs that others wrote
	$(BIN)/python -m pytest -m interop $(ARGS)

bench: install ## measure; against Kamailio too, where it is installed
	$(BIN)/python -m bench $(ARGS)

soak: $(INSTALLED_DEV) ## only the tests that run for long
	$(BIN)/python -m pytest -m soak $(ARGS)

docs: $(INSTALLED_DEV) ## draw the pages that are made from the sources and the tests
	$(BIN)/python -m tests.conformance.page

lock: ## resolve the dependencies anew; ARGS=--upgrade takes newer versions
	PYTHON="$(PYTHON)" tools/lock $(ARGS)

clean: ## remove what these targets made, .venv included
	rm -rf $(VENV) build dist src/*.egg-info .coverage htmlcov
	rm -f src/hereabouts/native/*.so
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find $(SOURCES) -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo 'Hereabouts needs Python 3.11 or newer: make PYTHON=python3.11 ...' >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

# The package itself comes without isolation and without dependencies: all it needs, to build and
# to run, is in the locks and checked by hash.
$(INSTALLED): requirements.txt requirements-build.txt pyproject.toml $(COMPILED) | $(BIN)/python
	$(PIP) --require-hashes -r requirements.txt -r requirements-build.txt
	@rm -f src/hereabouts/native/*.so
	$(PIP) --no-deps --no-build-isolation --editable .
	@$(BIN)/python -c 'from hereabouts.native.choice import documents, messages, trees; documents and messages and trees or print(\
		"Not all is compiled (Debian packages gcc, python3-dev): the server runs, at more CPU a message.")'
	@touch $@

$(INSTALLED_DEV): requirements-dev.txt $(INSTALLED)
	$(PIP) --require-hashes -r requirements-dev.txt
	@touch $@
