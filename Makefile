# Two commands a newcomer needs: `make demo` and `make test`. The rest is for work on jobmon itself.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test dev check crash soak bench bench-idle bench-report bench-screen pictures clean

demo: $(VENV)/.installed
	$(BIN)/jobmon demo demo

test: $(VENV)/.dev
	$(BIN)/pytest -q -n 3 --dist loadfile

dev: $(VENV)/.dev

check: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/pyright

crash: $(VENV)/.dev
	$(BIN)/python -m tests.crash.campaign

soak: $(VENV)/.dev
	$(BIN)/python -m tests.crash.campaign --kills 10000 --jobs 30000
	WHOLE_YEAR=1 $(BIN)/pytest -q tests/unit/test_crontab.py

bench: $(VENV)/.dev
	$(BIN)/python -m bench

bench-idle: $(VENV)/.dev
	$(BIN)/python -m bench.idle

bench-report: $(VENV)/.dev $(VENV)/pandas
	$(BIN)/python -m bench.report

bench-screen: $(VENV)/.dev
	$(BIN)/python -m bench.screen

pictures: $(VENV)/.dev
	$(BIN)/python -m tests.docs.pictures

clean:
	rm -rf $(VENV) .dev build dist *.egg-info demo

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml | $(VENV)/bin/python
	$(BIN)/pip install --quiet --disable-pip-version-check -e .
	@touch $@

# Checkers cannot see the editable install's import hook: they read these links instead.
$(VENV)/.dev: pyproject.toml | $(VENV)/bin/python
	$(BIN)/pip install --quiet --disable-pip-version-check -e '.[dev]'
	@mkdir -p .dev/jobmon
	@for room in tui runtime jobs; do ln -sfn ../../$$room .dev/jobmon/$$room; done
	@touch $(VENV)/.installed $@

# What the report is measured against, apart: jobmon does not need it.
$(VENV)/pandas: | $(VENV)/bin/python
	$(PYTHON) -m venv $@
	$@/bin/pip install --quiet --disable-pip-version-check pandas xlsxwriter
