# notebench: `make demo` and `make test` do all the set-up they need.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
export PIP_DISABLE_PIP_VERSION_CHECK := 1

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(READY): requirements.lock pyproject.toml
	@echo "Preparing $(VENV) from requirements.lock (a few minutes the first time) ..."
	@$(PYTHON) -c 'import sys; sys.exit(0 if (3, 11) <= sys.version_info < (3, 14) else "Python 3.11 to 3.13 is needed; name one with: make PYTHON=python3.12 ...")'
	@$(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/python -m pip install --quiet --require-hashes --only-binary :all: --no-binary rouge-score -r requirements.lock
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

setup: $(READY) ## prepare .venv
	@$(BIN)/notebench models get

demo: setup ## set up and run the main job on the four demo sessions
	@$(BIN)/notebench run --demo

run: setup ## the main job on all synthetic sessions
	@$(BIN)/notebench run

app: setup ## set up and run the service with a demo practice: web, worker, MLflow
	@$(BIN)/notebench serve --demo

test: setup ## set up and test
	@$(BIN)/python -m pytest -n auto --dist loadfile

lint: $(READY) ## ruff and mypy (strict)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

mlflow: $(READY) ## open the tracked runs at http://127.0.0.1:5000
	@$(BIN)/notebench models > /dev/null
	@$(BIN)/python -m evals.tracking

notebooks: setup ## JupyterLab on notebooks/
	@$(BIN)/jupyter lab notebooks

bench: setup ## measure speed and quality (long); prints ratios and intervals
	@for script in $(filter-out benchmarks/lm.py benchmarks/soak.py,$(wildcard benchmarks/*.py)); do echo "== $$script"; $(BIN)/python $$script || exit 1; done

soak: setup ## 500 calls recording at once for three minutes: lost chunks, how long answers take
	@$(BIN)/python benchmarks/soak.py

bench-lm: setup ## measure with a real language model (up to an hour): repair, compile, attacks, the wand
	@$(BIN)/notebench models get qwen-1.5b
	@NOTEBENCH_LM_TIMEOUT=600 $(BIN)/python -m pipelines.writing.local_lm --run bash -c '\
	  for script in "lm.py" "attacks.py --lm" "wand.py --lm"; do echo "== $$script"; $(BIN)/python benchmarks/$$script || exit 1; done'

lm: setup ## fetch and serve a real language model at http://127.0.0.1:8091/v1
	@$(BIN)/notebench models get qwen-1.5b
	@$(BIN)/python -m pipelines.writing.local_lm

revision: $(READY) ## write a draft of the next revision of the service's tables: make revision what="..."
	@$(BIN)/python -m app.database.revise "$(what)"
	@$(BIN)/ruff format --quiet app/database/migrations

system: ## what needs root, by apt: PostgreSQL for the tests (they skip what needs it otherwise)
	@for program in initdb pg_dump; do \
	  command -v $$program > /dev/null || ls /usr/lib/postgresql/*/bin/$$program > /dev/null 2>&1 || missing=1; done; \
	if [ -z "$$missing" ]; then echo "PostgreSQL is here"; \
	elif ! command -v apt-get > /dev/null; then echo "no apt-get: install PostgreSQL 14 or later by other means"; exit 1; \
	else as_root=; [ "$$(id -u)" = 0 ] || as_root=sudo; \
	  $$as_root apt-get update --quiet=2 && DEBIAN_FRONTEND=noninteractive \
	    $$as_root apt-get install --quiet=2 --yes --no-install-recommends postgresql postgresql-client; fi

lock: ## renew requirements.lock (needs uv)
	uv pip compile pyproject.toml --extra voices --extra lm --group dev --universal --python-version 3.11 \
	  --generate-hashes --no-annotate --no-header --no-emit-index-url --quiet --upgrade --output-file requirements.lock

clean: ## remove .venv (data, models and runs stay)
	rm -rf $(VENV)

.PHONY: help setup demo run app test lint mlflow notebooks bench soak bench-lm lm revision system lock clean
