# The two commands that matter: `make demo` and `make test`. `make help` lists the rest.
PYTHON ?= python3
BIN := .venv/bin
SETUP := .venv/.installed
PYTEST := $(BIN)/python -m pytest
WORKERS ?= 2
export HF_HUB_OFFLINE := 1

.DEFAULT_GOAL := help
.PHONY: help setup demo lab test quick check notebooks bench campaign sample pictures lock widgets clean

help: ## list what can be made
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 20

setup: $(SETUP) ## install everything into .venv from the lock file

$(SETUP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11 …")'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing into .venv (a few minutes the first time) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(SETUP) ## run the whole loop on the shipped sample; leaves a notebook, a report and a dataset in demo/
	@$(BIN)/python notebooks/demo.py

lab: $(SETUP) ## open JupyterLab on the error-analysis notebook
	@$(BIN)/workbench lab notebooks/error_analysis.ipynb

test: $(SETUP) check ## lint, types and every test, in under ten minutes
	@$(PYTEST) -n $(WORKERS) --dist loadgroup

quick: $(SETUP) ## the tests without the slow simulations and the browser
	@$(PYTEST) -n $(WORKERS) --dist loadgroup -m "not slow and not browser"

check: $(SETUP) ## lint and types
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/pyright

notebooks: $(SETUP) ## run every notebook from top to bottom
	@$(PYTEST) tests/test_notebooks.py

bench: $(SETUP) ## print the benchmarks' figures
	@for script in tests/benchmarks/*.py; do echo "== $$script"; $(BIN)/python $$script || exit 1; done

campaign: $(SETUP) ## many more damaged files, and simulated intervals, verdicts and gates (hours)
	@WORKBENCH_FUZZ=2000 $(PYTEST) -n $(WORKERS) tests/load/test_load_fuzz.py
	@WORKBENCH_KILLS=50 $(PYTEST) -n $(WORKERS) tests/workspace/test_experiments.py -k kill
	@WORKBENCH_SIMULATE=10 $(PYTEST) -n $(WORKERS) -m slow tests/stats tests/experiment
	@$(BIN)/python tests/benchmarks/coverage.py 2000

sample: $(SETUP) ## write the shipped sample again from its generator
	@$(BIN)/python data/generator --out data/sample

pictures: $(SETUP) ## take the README's pictures from the sample, in a real JupyterLab
	@$(BIN)/python tests/lab/pictures.py

lock: $(SETUP) ## resolve the lock file again
	@$(BIN)/pip-compile --quiet --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-annotate --no-header \
	  --strip-extras --allow-unsafe --extra dev --upgrade-package torch==2.13.0 --output-file requirements.lock pyproject.toml
	@sed -i.bak -e 's/^torch==2.13.0.*/torch==2.13.0/' requirements.lock && rm requirements.lock.bak

widgets: ## rebuild the browser half (needs Node)
	@cd widgets && npm ci --no-audit --no-fund && npm run check && npm test && npm run build

clean: ## remove what the commands above made, but for .venv
	@rm -rf demo .pytest_cache .ruff_cache dist build widgets/node_modules
