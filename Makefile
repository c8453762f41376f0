# Everything starts here. A bare machine needs make and Python 3.11 or newer, nothing else.

PYTHON ?= python3
VENV := .venv
ifeq ($(OS),Windows_NT)
BIN := $(VENV)/Scripts
else
BIN := $(VENV)/bin
endif
PY := $(BIN)/python
PIP_INSTALL := $(PY) -m pip install --quiet --no-input --disable-pip-version-check
LOCKED := $(VENV)/.locked
INSTALLED := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help session test env up down doctor lock lint format bench clean

help: ## show the targets
	@sed -n 's/^\([a-z]*\):.*## /make \1 - /p' Makefile

session: env ## trade one minute on the embedded exchange, then prove the journal by replay
	$(PY) -m flows.paper_session --source embedded --minutes 1 --account demo --strategy pulse
	$(PY) -m trading.journal verify var/demo/latest/journal.db

# Files are shared out to as many processes as there are cores, four at most: sessions are timed.
test: env ## run all tests: behaviour, style, types, packaging and imports
	$(PY) -m pytest --numprocesses=logical --maxprocesses=4 --dist=loadfile

up: env ## start Prefect, a worker and the reports here, deploy all, and say where
	$(PY) -m deployments.local up

down: env ## stop every session cleanly, then what `make up` started
	$(PY) -m deployments.local down

doctor: env ## ask whether everything is there, and what to do if not
	$(PY) -m deployments.doctor

env: $(INSTALLED) ## create or renew .venv from requirements.lock

lint: env ## show what ruff, mypy and import-linter object to
	$(PY) -m ruff check
	$(PY) -m ruff format --check
	$(PY) -m mypy
	$(BIN)/lint-imports --no-logo

format: env ## format the code and mend what can be mended safely
	$(PY) -m ruff format
	$(PY) -m ruff check --fix

bench: env ## measure what has a budget (tests/benchmarks)
	$(PY) -m pytest -s -o python_files='bench_*.py' tests/benchmarks

# Keeps the versions it finds in the lock; `make lock LOCK_FLAGS=--upgrade` takes the newest.
lock: ## resolve pyproject.toml's ranges into requirements.lock (needs the network)
	tool=$$(mktemp -d) && trap 'rm -rf "$$tool"' EXIT && \
	$(PYTHON) -m venv "$$tool" && \
	"$$tool"/bin/python -m pip install --quiet --disable-pip-version-check 'uv>=0.9' && \
	"$$tool"/bin/uv pip compile --no-config --quiet $(LOCK_FLAGS) \
		--universal --python-version 3.11 --only-binary :all: --generate-hashes \
		--no-annotate --no-header --no-emit-index-url \
		--group dev pyproject.toml --output-file requirements.lock

clean: ## remove the environment and every cache; sessions in var/ stay
	rm -rf $(VENV) build dist .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Two stamps: the first names what the lock brings, the second adds the checkout itself. The lock
# names everything, so nothing is left to resolve: older versions of pip trip over an extra there.
$(LOCKED): requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "paper-session needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1)." \
			"Name another one: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' || { \
		echo "$(PYTHON) cannot create environments: its venv module is a package of its own here" \
			"(python3-venv on Debian and Ubuntu). Install that first." >&2; exit 1; }
	$(PYTHON) -m venv --clear $(VENV)
	$(PIP_INSTALL) --no-deps --only-binary :all: --require-hashes -r requirements.lock
	@touch $@

$(INSTALLED): $(LOCKED) pyproject.toml
	$(PIP_INSTALL) --no-deps --no-build-isolation -e .
	@touch $@
