# Every target sets itself up: a fresh clone and Python 3.11 are enough.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: demo test test-slow coverage lint types imports check format bench bench-quick viewer map clean

demo: $(VENV)/.app map  ## a made-up country with known truth, all the way to the estimates
	$(BIN)/nightpanel demo --out demo-out

test: $(VENV)/.dev map  ## every test but the slow ones; those marked real need NIGHTPANEL_DATA
	$(BIN)/python -m pytest -m "not slow" --numprocesses auto --dist loadfile --no-loadscope-reorder

test-slow: $(VENV)/.dev  ## the slow ones, some minutes more
	$(BIN)/python -m pytest -m slow --numprocesses auto --dist loadfile --no-loadscope-reorder

coverage: $(VENV)/.dev map  ## the same, counting the lines that ran, which takes nearly twice as long
	$(BIN)/python -m pytest -m "not slow" --numprocesses auto --dist loadfile --no-loadscope-reorder --cov --cov-report=term

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

# MapLibre GL JS, which draws the map: one archive from npm, checked by its SHA-512 before it is used.
MAPLIBRE := $(shell sed -n 's/^MAPLIBRE = "\(.*\)"/\1/p' nightpanel/viewer/page_files.py)
MAPLIBRE_ARCHIVE := build/npm/maplibre-gl-$(MAPLIBRE).tgz
MAPLIBRE_FILE := nightpanel/viewer/vendor/maplibre-gl-$(MAPLIBRE).txt

viewer: $(MAPLIBRE_FILE)  ## what `nightpanel view` needs besides Python; npm fetches it once

$(MAPLIBRE_FILE): | $(VENV)/.app
	mkdir -p $(dir $(MAPLIBRE_ARCHIVE))
	npm pack maplibre-gl@$(MAPLIBRE) --silent --fetch-retries=1 --pack-destination $(dir $(MAPLIBRE_ARCHIVE))
	$(BIN)/python -m nightpanel.viewer.bundle $(MAPLIBRE_ARCHIVE)

map:  # the same where npm is; without it everything but the map works
	@if [ -e $(MAPLIBRE_FILE) ]; then :; \
	elif command -v npm > /dev/null; then \
	  $(MAKE) viewer || echo "MapLibre could not be fetched: nightpanel view will say so"; \
	else echo "There is no npm: nightpanel view lacks MapLibre until make viewer has run"; fi

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
