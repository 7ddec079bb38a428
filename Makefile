# make solve    solve the example (20 users, 3 servers) and draw its plan
# make test     lint, types and tests            make nightly  the long tests
# make coverage tests, and what they run         make mutation faults in our source, and whether tests notice
# make figures  the figures, from results/runs   make bench    the benchmarks
# make docs     the site, into out/site          make pages    lists of pages and commands, anew
# make install  only set up .venv                make clean    remove all that was made
# make library  solve what the library has no record of, and write its page
#
# Another interpreter: make PYTHON=/path/to/python3.12 …   Another environment: make VENV=somewhere …

VENV ?= .venv
OUT ?= out
BIN := $(VENV)/bin
RUN := $(BIN)/python
PIP := $(RUN) -m pip --disable-pip-version-check install --quiet -c constraints.txt

PYTHON ?=
USERS ?= 20
SERVERS ?= 3
SEED ?= 7

.DEFAULT_GOAL := help
.PHONY: help install solve test lint types nightly coverage mutation figures library bench docs pages clean
.DELETE_ON_ERROR:

help:
	@sed -n '1,/^$$/s/^# \{0,1\}//p' Makefile

# The first interpreter that is new enough and can make environments; $PYTHON, where set, is the only candidate.
$(RUN):
	@usable='import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))'; \
	chosen=''; \
	for candidate in $(if $(PYTHON),'$(PYTHON)',python3 python3.11 python3.12 python3.13 python3.14 python); do \
	    if "$$candidate" -c "$$usable" >/dev/null 2>&1; then chosen="$$candidate"; break; fi; \
	done; \
	if [ -z "$$chosen" ]; then \
	    echo "edgecut needs Python 3.11 or newer with its venv module, and $(if $(PYTHON),PYTHON=$(PYTHON) is not one,none was found on PATH)." >&2; \
	    echo "Install one (Debian, Ubuntu: apt install python3 python3-venv), or name it: make PYTHON=/path/to/python3.12 …" >&2; \
	    exit 1; \
	fi; \
	echo "Making $(VENV) with $$("$$chosen" --version)"; \
	"$$chosen" -m venv --clear $(VENV)

# setuptools goes in first, so that the build needs no download of its own.
$(VENV)/.installed-base: pyproject.toml constraints.txt | $(RUN)
	@echo "Installing edgecut into $(VENV)"
	@$(PIP) setuptools wheel
	@$(PIP) --no-build-isolation -e .
	@touch $@

$(VENV)/.installed-test: pyproject.toml constraints.txt | $(RUN)
	@echo "Installing edgecut and its test tools into $(VENV)"
	@$(PIP) setuptools wheel
	@$(PIP) --no-build-isolation -e '.[test]'
	@touch $@ $(VENV)/.installed-base

install: $(VENV)/.installed-test

solve: $(VENV)/.installed-base
	@mkdir -p $(OUT)
	$(RUN) -m edgecut generate campus --users $(USERS) --servers $(SERVERS) --seed $(SEED) -o $(OUT)/campus.json
	$(RUN) -m edgecut solve $(OUT)/campus.json --method branch --time-limit 60 --gap 1e-4 -o $(OUT)/result.json
	$(RUN) -m edgecut verify $(OUT)/campus.json $(OUT)/result.json
	$(RUN) -m edgecut plot $(OUT)/campus.json $(OUT)/result.json -o $(OUT)/plan.png
	@echo "The plan is drawn in $(OUT)/plan.png"

lint: $(VENV)/.installed-test
	$(BIN)/ruff check .

types: $(VENV)/.installed-test
	$(BIN)/mypy

# One process a core, of one thread each: more would only wait for each other. What is left at the end is shared out.
test: lint types
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(RUN) -m pytest -n logical --dist worksteal

nightly: $(VENV)/.installed-test
	$(RUN) -m pytest -m nightly

# What only runs with an extra counts too, so all of them are installed.
$(VENV)/.installed-extras: pyproject.toml constraints.txt | $(VENV)/.installed-test
	@echo "Installing the extras profile and bench into $(VENV)"
	@$(PIP) --no-build-isolation -e '.[test,profile,bench]'
	@touch $@

# The report is in $(OUT)/coverage/index.html; fails below the bars in scripts/coverage.py.
coverage: $(VENV)/.installed-extras
	@mkdir -p $(OUT)
	$(RUN) -m pytest -n logical --dist worksteal --cov --cov-branch \
	    --cov-report=html:$(OUT)/coverage --cov-report=json:$(OUT)/coverage.json
	$(RUN) -m scripts.coverage $(OUT)/coverage.json

# Faults that have a row in results/runs/mutation.jsonl are not tried again.
mutation: $(VENV)/.installed-test
	$(RUN) -m scripts.mutation

figures: $(VENV)/.installed-base
	$(RUN) paper_figures.py

# Strictly: a warning or a dead link is an error. The variable turns off an advertisement.
docs: $(VENV)/.installed-test
	NO_MKDOCS_2_WARNING=1 MPLBACKEND=Agg $(RUN) -m mkdocs build --strict --site-dir $(OUT)/site
	@echo "The site is in $(OUT)/site/index.html"

pages: $(VENV)/.installed-test
	$(RUN) -m scripts.pages

library: $(VENV)/.installed-base
	$(RUN) -m results.library

bench: $(VENV)/.installed-test
	$(RUN) -m benchmarks

clean:
	rm -rf $(VENV) $(OUT) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage htmlcov
	find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +
