# The front door: `make demo` sets up and shows the main job, `make test` sets up and runs everything CI runs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# Each file stays in one process, for the fixtures its tests share.
PYTEST := $(BIN)/pytest -n auto --dist loadfile --no-loadscope-reorder

.PHONY: demo test torture audit quick check format-check lint types imports docs notebooks wheel system-packages clean

demo: $(READY)
	$(BIN)/aleator demo --output demo-audit --force

test: check system-packages
	$(PYTEST)

# The whole fault campaign, a quarter of an hour on two cores: kills, full disks, damaged files, two at once, attacks; prints a table. Rows
# that survived are in dist/torture.jsonl, so that an interrupted campaign goes on, with the same code only.
torture: $(READY)
	mkdir -p dist
	OMP_NUM_THREADS=1 $(BIN)/python -m tests.torture --again dist/torture.jsonl

# Known vulnerabilities of the versions in constraints.txt; says so where PyPI cannot be asked.
audit: $(READY)
	test -x $(VENV)/pip-audit/bin/pip-audit || $(PYTHON) -m venv $(VENV)/pip-audit
	$(VENV)/pip-audit/bin/python -m pip install --quiet --disable-pip-version-check pip-audit
	$(VENV)/pip-audit/bin/python .github/vulnerabilities.py

# What most changes touch, in two minutes; no test here needs a browser or a database.
quick: check
	$(PYTEST) -m "not slow and not browser and not postgres"

check: format-check lint types imports

format-check: $(READY)
	$(BIN)/ruff format --check .

lint: $(READY)
	$(BIN)/ruff check .

types: $(READY)
	$(BIN)/mypy

imports: $(READY)
	$(BIN)/lint-imports

docs: $(READY)
	$(BIN)/mkdocs build --strict

# Runs the notebooks from top to bottom and keeps their outputs; what they write goes to a folder that is thrown away.
notebooks: $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[notebooks]'
	work=$$(mktemp -d) && cp docs/notebooks/*.ipynb $$work && \
		(cd $$work && $(abspath $(BIN))/jupyter-execute --inplace --NotebookClient.record_timing=False \
			--NotebookClient.timeout=900 *.ipynb) && \
		cp $$work/*.ipynb docs/notebooks/ && rm -r $$work

# The file to install elsewhere: pip install 'dist/aleator-VERSION-py3-none-any.whl[review]'
wheel: $(READY)
	$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-build-isolation --no-deps --wheel-dir dist .

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Aleator needs Python 3.11 or newer: make PYTHON=python3.12 ..."; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $@

# Tests of the pages open them in a real browser, those of the team's database start a real PostgreSQL, and that of the
# reverse proxy a real nginx. They are installed where that is allowed, else those tests skip.
system-packages:
	@missing="chromium fonts-dejavu-core"; \
	for name in chromium chromium-browser google-chrome; do \
		command -v $$name >/dev/null 2>&1 && missing=""; \
	done; \
	ls /usr/lib/postgresql/*/bin/pg_ctl >/dev/null 2>&1 || command -v pg_ctl >/dev/null 2>&1 || \
		missing="$$missing postgresql"; \
	command -v nginx >/dev/null 2>&1 || test -x /usr/sbin/nginx || missing="$$missing nginx-light"; \
	test -n "$$missing" || exit 0; \
	if command -v apt-get >/dev/null 2>&1 && [ "$$(id -u)" = 0 ]; then \
		(apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
			$$missing) >/dev/null || echo "Could not install $$missing: the tests that need them are left out."; \
	else \
		echo "Missing and no right to install: $$missing. The tests that need them are left out."; \
	fi

clean:
	rm -rf $(VENV) demo-audit site dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
