.DEFAULT_GOAL := help
.PHONY: help demo studio test lint types build lowest core docs bench fuzz soak survive clean

PYTHON ?= $(shell command -v python3 || command -v python3.11 || echo python3)
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check install --quiet
# All tests, on all cores. Many wait for servers, databases and clocks, so that each core has two processes.
PYTEST  = python -m pytest --numprocesses=$(shell $(PYTHON) -c 'import os; print(2 * os.cpu_count())') --dist=worksteal

# Without what is hidden, as environments are, and what was built.
FILES  := $(shell find * -type f -not -path 'build/*' -not -path 'dist/*' -not -path '*.egg-info/*' -not -path '*/__pycache__/*')

# The folders, of the package and of the tests, that can be deleted.
PARTS  := background call_log cli simulator store studio

# What a program imports is compiled once, and not in each of the programs that tests start.
unexport PYTHONDONTWRITEBYTECODE

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(VENV)/demo ## Start the example on this machine, make one call to it, and hand you the keypad
	@$(BIN)/python -m examples.switchboard.demo
	@echo; echo "To call it in the browser: make studio"

studio: export FLASK_BANDWIDTH_CALLBACKS_CREDENTIALS := bandwidth:on-this-machine
studio: export FLASK_SWITCHBOARD_BANDWIDTH := {"client_id": "any", "client_secret": "any"}
studio: export FLASK_SWITCHBOARD_OPENS := 0
studio: export FLASK_SWITCHBOARD_CLOSES := 24
studio: $(VENV)/demo ## Open a telephone in the browser, to call the example
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && \
	    FLASK_SQLALCHEMY_DATABASE_URI="sqlite:///$$folder/calls.db" \
	    $(BIN)/flask --app examples.switchboard bandwidth studio

test: $(VENV)/tests $(VENV)/compiled ## Run all tests on all cores, with the branch coverage of the package and the example
	$(BIN)/$(PYTEST) --cov --cov-report=term

lint: $(VENV)/lint ## Check the style of the code
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/lint $(VENV)/tests ## Check the types of all code
	$(BIN)/mypy
	$(BIN)/mypy flask_bandwidth_callbacks/bxml/verbs.py

build: $(VENV)/wheel ## Build the wheel and import it in an empty environment
	$(BIN)/python .ci/try_wheel.py dist/*.whl

# Without the tests that read all of the sources and documents.
core: $(VENV)-lowest/made ## Test the library as if its stores, background, call log, simulator and terminal had been deleted
	rm -rf $(VENV)-lowest/core
	mkdir $(VENV)-lowest/core
	tar -cf - $(PARTS:%=--exclude=%) --exclude=./tests/examples --exclude=./tests/survive --exclude=./tests/hostile \
	    --exclude=./tests/test_documents.py --exclude=./tests/test_english.py --exclude=./tests/test_readme.py \
	    --exclude='./.[!.]*' . | tar -xf - -C $(VENV)-lowest/core
	cd $(VENV)-lowest/core && ../bin/$(PYTEST) --hypothesis-profile=few

docs: $(VENV)/tests ## Write the files that are generated from tables of the package
	@$(BIN)/python -m generators

bench: $(VENV)/bench ## Measure the library beside its peers, in one run
	@$(BIN)/python -m benchmarks

fuzz: $(VENV)/tests ## Send 100,000 unusual requests, payloads and texts, or EXAMPLES=...
	@$(BIN)/python -m tests.hostile.fuzz --examples $(or $(EXAMPLES),100000)

soak: $(VENV)/tests ## Call a server under attack for 120 seconds, or SECONDS=...
	@$(BIN)/python -m tests.hostile.soak --seconds $(or $(SECONDS),120)

survive: export BANDWIDTH_CALLBACKS_TESTS_LONG := 1
survive: export BANDWIDTH_CALLBACKS_TESTS_REQUIRE_SERVERS := 1
survive: $(VENV)/tests ## Kill workers, servers and databases in the middle of calls, for some 10 minutes
	@$(BIN)/python -m pytest -v -s tests/survive \
	    tests/background/test_celery.py::test_work_whose_child_process_is_killed \
	    tests/background/test_celery.py::test_work_whose_worker_is_killed

# Without the tests of the core, which `make core` runs with the same versions.
lowest: $(VENV)-lowest/made ## Test the wheel with the lowest versions of the dependencies that setup.cfg allows
	cd $(VENV)-lowest/tree && ../bin/$(PYTEST) --hypothesis-profile=few $(PARTS:%=tests/%) tests/examples tests/test_readme.py

clean: ## Remove everything that was made
	rm -rf $(VENV) $(VENV)-lowest build dist *.egg-info .coverage .pytest_cache .mypy_cache .ruff_cache .hypothesis

# A file for each extra marks it as installed until the requirements change.
# The mode puts this folder into the path. By default the package would be looked up by a table before that.
$(VENV)/%: setup.cfg pyproject.toml Makefile | $(VENV)/made
	@echo "Installing what '$*' needs"
	@$(PIP) -e '.[$*]' --config-settings editable_mode=compat
	@touch $@

# The tests once, and not in each of the processes that run them.
$(VENV)/compiled: | $(VENV)/tests
	@echo "Compiling the tests"
	@$(BIN)/python -m pytest --collect-only -q > $@.log || { cat $@.log; exit 1; }
	@touch $@

$(VENV)/wheel: $(FILES) | $(VENV)/lint
	@echo "Building the wheel"
	@rm -rf dist
	@$(BIN)/python -m build --outdir dist . > $(VENV)/build.log 2>&1 || { cat $(VENV)/build.log; exit 1; }
	@touch $@

# It holds the wheel and what that requires. What the tests need besides is looked up in the first environment.
# The tests run in a copy of everything but the package, so that they test the wheel. Those that use neither Flask nor
# marshmallow much are left out: stores and processes, exploring and replaying, Bandwidth's SDK, the demo, the browser.
$(VENV)-lowest/made: $(VENV)/wheel $(VENV)/compiled .ci/lowest_versions.py
	@echo "Creating an environment with the lowest versions"
	@$(PYTHON) -m venv --clear --without-pip $(VENV)-lowest
	@realpath $(VENV)/lib/python*/site-packages > "$$(echo $(VENV)-lowest/lib/python*/site-packages)/tests.pth"
	@$(BIN)/python -m pip --python $(VENV)-lowest --disable-pip-version-check install --quiet --ignore-installed \
	    dist/*.whl $$($(PYTHON) .ci/lowest_versions.py)
	@mkdir $(VENV)-lowest/tree
	@tar -cf - --exclude=./flask_bandwidth_callbacks --exclude=./flask_bandwidth_callbacks_commands.py \
	    --exclude=./pytest_flask_bandwidth_callbacks.py --exclude=./tests/background/test_celery.py \
	    --exclude=./tests/background/test_processes.py --exclude=./tests/cli/test_explore.py \
	    --exclude=./tests/cli/test_map.py --exclude=./tests/cli/test_nothing_leaves.py \
	    --exclude=./tests/cli/test_replay.py --exclude=./tests/cli/test_serve.py --exclude=./tests/examples/test_demo.py \
	    --exclude=./tests/examples/test_every_way.py --exclude=./tests/examples/test_under_attack.py \
	    --exclude=./tests/simulator/explore --exclude=./tests/simulator/replay --exclude=./tests/simulator/rest/leaky.py \
	    --exclude=./tests/simulator/rest/samples --exclude=./tests/simulator/rest/sdk \
	    --exclude=./tests/simulator/rest/test_background.py --exclude=./tests/simulator/rest/test_mock_rest.py \
	    --exclude=./tests/simulator/rest/test_nothing_leaves.py --exclude=./tests/simulator/rest/test_samples.py \
	    --exclude=./tests/simulator/test_documentation.py --exclude=./tests/simulator/test_endless_calls.py \
	    --exclude=./tests/simulator/test_written_tests.py \
	    --exclude=./tests/store/test_deadlines.py --exclude=./tests/store/test_every_store.py \
	    --exclude=./tests/store/test_redis.py --exclude=./tests/store/test_renewal.py --exclude=./tests/store/test_sql.py \
	    --exclude=./tests/studio/test_page.py --exclude='./.[!.]*' . | tar -xf - -C $(VENV)-lowest/tree
	@touch $@

# Not bin/python, which also exists after a `venv` that failed to install pip.
$(VENV)/made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	    echo "$(PYTHON) must be Python 3.11 or later. Choose another: make PYTHON=/path/to/python3.11 ..." >&2; exit 1; }
	@echo "Creating a virtual environment in $(VENV)"
	@$(PYTHON) -m venv --clear $(VENV)
	@touch $@
