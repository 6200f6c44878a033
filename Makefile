# Every target sets up what it needs. `make help` lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PYTEST := $(BIN)/python -m pytest -q -n 2 --dist loadgroup
# Without byte code each test process would compile every module anew, for seconds.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup demo play test long fast check lint types contracts generated bench lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY) ## make the virtual environment from the lock file

$(READY): locks/dev.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r locks/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: setup ## a compromised instance, Slack and AWS in a box, at http://127.0.0.1:8765
	$(BIN)/ec2ir demo

play: setup ## play the demo's incident in the terminal; fails unless every step is proved
	$(BIN)/ec2ir demo --play

test: setup ## the tests: SQLite and Postgres, AWS emulator, real processes
	$(PYTEST) -n 3 --hypothesis-profile=full -m "not long"

long: setup ## what takes minutes: played demos, and crashes of several replicas
	$(PYTEST) -m long

fast: setup ## the fast suite: no process, no socket, no emulator
	$(PYTEST) -m "not emulator and not postgres and not process and not slow"

check: lint types contracts test generated ## what CI runs

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup
	$(BIN)/basedpyright

contracts: setup
	$(BIN)/lint-imports

generated: setup ## the generated docs are what the code says
	$(BIN)/python -m cli.docs --check

bench: setup ## measure: containment against its physical limit, clicks against an empty app
	$(BIN)/python -m bench

lock: setup ## renew the lock files
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
	  --no-annotate --no-header --upgrade --extra demo --group dev pyproject.toml -o locks/dev.txt
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
	  --no-annotate --no-header -c locks/dev.txt pyproject.toml -o locks/runtime.txt
	echo hatchling | $(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-emit-find-links --no-annotate --no-header -c locks/dev.txt - -o locks/build.txt

clean: ## remove what was set up
	rm -rf $(VENV) .pytest_cache .ruff_cache .import_linter_cache
