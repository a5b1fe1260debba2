# One word per chore. Each makes the private environment first if it is missing or out of date.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
ARGS   ?=

# A blob storage for the tests of jobs; where it is missing they are skipped.
AZURITE := 3.35.0

.PHONY: run demo test check format screens bench tools clean help

run: $(VENV)/.run ## open the console (ARGS="--demo" passes options on)
	@$(BIN)/idconsole $(ARGS)

demo: $(VENV)/.run ## open the console on a throw-away registry with a sample fleet
	@$(BIN)/idconsole --demo $(ARGS)

test: $(VENV)/.dev ## run every test
	@$(BIN)/python -m pytest -n 2 --dist loadgroup $(ARGS)

check: $(VENV)/.dev ## format, lint, types
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@git ls-files 'console/*.py' 'registry_backend/*.py' | xargs -r wc -l | grep -v ' total$$' | sort -rn | head -n 5

format: $(VENV)/.dev ## format and mend what can be mended
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

screens: $(VENV)/.dev ## draw every picture again
	@$(BIN)/python -m screenshots.tour $(ARGS)

bench: $(VENV)/.dev ## print the table of measurements
	@$(BIN)/python -m tests.benchmarks $(ARGS)

tools: .tools/azurite-$(AZURITE) ## fetch the blob storage that tests of jobs use (needs npm)

clean: ## remove the private environment and caches
	@rm -rf $(VENV) .tools .mypy_cache .ruff_cache .pytest_cache .hypothesis

help: ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*##/\t/'

.tools/azurite-$(AZURITE):
	@mkdir -p .tools
	@npm install --prefix .tools --no-save --no-package-lock --no-audit --no-fund --ignore-scripts --loglevel error azurite@$(AZURITE)
	@touch $@

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "idconsole needs Python 3.11 or newer")'
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.run: pyproject.toml constraints.txt | $(VENV)/bin/python
	@$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable .
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(VENV)/bin/python
	@$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[test,check,keyring]'
	@touch $(VENV)/.run $@
