# Everything runs from .venv, made from the hashed lock on a machine with only Python >= 3.11 and make.
PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/.installed
DIR ?= data/sample
SEED ?= 2570
# An office PC without internet: the folder that `make wheels` filled.
OFFLINE := $(if $(wildcard wheels/*.whl),--no-index --find-links wheels)

.PHONY: run test coverage soak lab dashboard lint pictures bench wheels lock clean

run: $(INSTALLED)
	@test -f data/sample/inputs/roads.osm.pbf || $(BIN)/restructure sample data/sample --seed $(SEED)
	$(BIN)/restructure run $(DIR)

test: $(INSTALLED)
	$(BIN)/python -m pytest -n 2 --dist worksteal

# The same tests, which take a third longer, and what they leave out.
coverage: $(INSTALLED)
	$(BIN)/python -m pytest -n 2 --dist worksteal --cov --cov-report=term

soak: $(INSTALLED)
	$(BIN)/python -m pytest -m soak -n 2 --dist worksteal

lint: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

lab: $(INSTALLED)
	$(BIN)/restructure lab

dashboard: $(INSTALLED)
	$(BIN)/restructure dashboard $(DIR)

# Those of the manual, taken anew from the running product in Chromium.
pictures: $(INSTALLED)
	$(BIN)/python docs/manual/pictures.py

# The peers ask for a newer Python than the package: an environment of their own, with all of them and the package in it.
BENCH_PYTHON ?= $(shell for p in python3.12 python3.13 python3.14 python3; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 12))' 2>/dev/null && echo $$p && break; done)
BENCH_BIN := .venv-bench/bin

bench: .venv-bench/.installed
	$(BENCH_BIN)/python benchmarks/run.py $(BENCH)

.venv-bench/.installed: requirements.lock benchmarks/requirements.txt pyproject.toml
	@test -n "$(BENCH_PYTHON)" || { echo "Python 3.12 or newer is needed: make bench BENCH_PYTHON=..." >&2; exit 1; }
	test -x $(BENCH_BIN)/python || $(BENCH_PYTHON) -m venv .venv-bench
	$(BENCH_BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	$(BENCH_BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -r benchmarks/requirements.txt
	$(BENCH_BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-index --editable .
	touch $@

$(INSTALLED): requirements.lock pyproject.toml
	$(PYTHON) -c "import sys; sys.exit('Python 3.11 or newer is needed' if sys.version_info < (3, 11) else 0)"
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes $(OFFLINE) -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-index --editable .
	touch $@

# Run on a PC with internet, of the same system and Python as the office PC; copy the folder there.
wheels:
	$(PYTHON) -m pip download --quiet --no-deps --require-hashes --dest wheels -r requirements.lock

lock:
	uv pip compile --universal --python-version 3.11 --generate-hashes --all-extras --no-emit-index-url --no-header --no-annotate pyproject.toml -o requirements.lock

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage* build dist
	find . -name __pycache__ -prune -exec rm -rf {} +
