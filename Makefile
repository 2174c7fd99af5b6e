# Every target sets itself up: a fresh clone and Python 3.11 are enough.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: demo test coverage lint types imports check format bench bench-quick clean

demo: $(VENV)/.app  ## a made-up country with known truth, all the way to the estimates
	$(BIN)/nightpanel demo --out demo-out

test: $(VENV)/.dev  ## every test but the slow ones; those marked real need NIGHTPANEL_DATA
	$(BIN)/python -m pytest -m "not slow" --numprocesses auto --dist worksteal

coverage: $(VENV)/.dev  ## the same, counting the lines that ran, which takes nearly twice as long
	$(BIN)/python -m pytest -m "not slow" --numprocesses auto --dist worksteal --cov --cov-report=term

check: lint types imports

lint: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(VENV)/.dev
	$(BIN)/mypy

imports: $(VENV)/.dev
	$(BIN)/lint-imports

format: $(VENV)/.dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

BENCH_WORK ?= build/bench

bench: $(VENV)/.bench  ## against the peers in one run, and the curves; more than an hour, 5 GB in BENCH_WORK
	$(BIN)/python -m benchmarks.bench --work $(BENCH_WORK)
	$(BIN)/python -m benchmarks.scaling --work $(BENCH_WORK)
	$(BIN)/python -m benchmarks.document

bench-quick: $(VENV)/.bench  ## only to see that the benchmark works
	$(BIN)/python -m benchmarks.bench --quick --work $(BENCH_WORK)/quick --out $(BENCH_WORK)/quick
	$(BIN)/python -m benchmarks.scaling --quick --work $(BENCH_WORK)/quick --out $(BENCH_WORK)/quick

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.app: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) --editable .
	touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) --editable ".[dev]"
	touch $@ $(VENV)/.app

$(VENV)/.bench: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) --editable ".[bench]"
	touch $@ $(VENV)/.app

clean:
	rm -rf $(VENV) demo-out .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
