.DEFAULT_GOAL := help
.PHONY: help demo test lint types build lowest clean

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check install --quiet

help: ## Tell what can be made
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

demo: $(VENV)/demo ## Start the switchboard on this machine and put one call through it
	@$(BIN)/python -m examples.switchboard.demo

test: $(VENV)/tests ## Run all tests, with the branch coverage of the package
	$(BIN)/python -m pytest --cov --cov-report=term

lint: $(VENV)/lint ## Look at the style of the code
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/lint $(VENV)/tests ## Check the types of the package, the tests and the examples
	$(BIN)/mypy

build: $(VENV)/lint ## Build the wheel, and import it in an empty environment
	rm -rf dist
	$(BIN)/python -m build --outdir dist . > $(VENV)/build.log 2>&1 || { cat $(VENV)/build.log; exit 1; }
	$(PYTHON) .ci/try_wheel.py dist/*.whl

lowest: ## Run the tests with the lowest versions of the dependencies that setup.cfg allows
	@echo "Making an environment with the lowest versions"
	$(PYTHON) -m venv --clear $(VENV)-lowest
	$(VENV)-lowest/bin/python -m pip --disable-pip-version-check install --quiet -e '.[tests]' \
	    $$($(PYTHON) .ci/lowest_versions.py)
	$(VENV)-lowest/bin/python -m pytest

clean: ## Remove what was made
	rm -rf $(VENV) $(VENV)-lowest build dist *.egg-info .coverage .pytest_cache .mypy_cache .ruff_cache .hypothesis

# One file for each extra says that it is installed, until what is required changes.
$(VENV)/%: setup.cfg pyproject.toml | $(VENV)/bin/python
	@echo "Installing what '$*' needs"
	@$(PIP) -e '.[$*]'
	@touch $@

$(VENV)/bin/python:
	@echo "Making a virtual environment in $(VENV)"
	@$(PYTHON) -m venv $(VENV)
