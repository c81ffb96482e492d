# `make refresh` publishes a release under data/releases; `make test` runs the whole test suite.
# Both install what they need into .venv first, from the hashed lock files and the package index pip is set to.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUNTIME := $(VENV)/.runtime
DEV := $(VENV)/.dev
PROJECT := pyproject.toml

.PHONY: refresh test test-unit test-thorough faults soak audit lint ui bench lock clean

refresh: $(RUNTIME) ## publish a release from the publishers, the archive and the frozen editions
	$(BIN)/digital-maturity refresh $(ARGS)

# Compiled tests are kept, also where the environment says otherwise: to compile them takes longer than to collect them.
test test-unit test-thorough: export PYTHONDONTWRITEBYTECODE =

test: $(DEV) ## run the tests, three at a time: on two cores one of them often waits
	$(BIN)/python -m pytest -n 3 --dist worksteal -m "not thorough" $(ARGS)

test-unit: $(DEV) ## run the tests that need no release and start no program
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "unit and not thorough" $(ARGS)

test-thorough: $(DEV) ## the long tests, and more editions and the publishers' own files (DIGITAL_MATURITY_PUBLISHER_FILES)
	$(BIN)/python -m pytest -n 2 --dist worksteal -m thorough $(ARGS)

faults: $(DEV) ## what becomes of each fault of docs/reliability.md
	$(BIN)/python -m pytest tests/faults $(ARGS)

soak: $(DEV) ## 200 refreshes with random faults from a seed
	SOAK=$(or $(COUNT),200) $(BIN)/python -m pytest -s tests/repository/test_soak.py $(ARGS)

audit: $(DEV) ## ask the advisory database about every pinned package (needs a network)
	$(BIN)/pip-audit -r requirements.txt --require-hashes --disable-pip
	$(BIN)/pip-audit -r requirements-dev.txt --require-hashes --disable-pip

lint: $(DEV) ## style, types, imports between rooms, SQL, and the workflow of GitHub
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/sqlfluff lint sql pipelines/publishing/explorer/queries pipelines/publishing/report
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(BIN)/zizmor --offline --quiet .github

ui: $(RUNTIME) ## the Dagster user interface on http://127.0.0.1:3000, under the same DAGSTER_HOME
	$(BIN)/digital-maturity ui

bench: $(DEV) ## measure, beside the floor and beside what others would write (ARGS="--quick": minutes, not hours)
	$(BIN)/python -m benchmarks $(ARGS)

lock: ## resolve the dependencies anew (names, versions and hashes; no index)
	uv pip compile $(PROJECT) --universal --python-version 3.11 --generate-hashes --no-annotate --no-header -q --upgrade --extra build -o requirements.txt
	uv pip compile $(PROJECT) --universal --python-version 3.11 --generate-hashes --no-annotate --no-header -q --all-extras -c requirements.txt -o requirements-dev.txt

clean: ## the installation only: data/ holds what publishers have since withdrawn
	rm -rf $(VENV)

$(RUNTIME): requirements.txt $(PROJECT)
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	$(BIN)/python -m compileall -q assets pipelines
	touch $@

$(DEV): requirements-dev.txt $(RUNTIME)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-dev.txt
	touch $@
