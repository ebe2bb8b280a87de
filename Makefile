# The commands of this checkout. `make help` lists them; each does its own set-up first.

PYTHON ?= python3
SHELL := /bin/sh
BIN := .venv/bin
PYTEST_ARGS ?=
SEEDS ?= 100
FROM ?= 1
TIMES ?= 1

# Python keeps what it compiles, whatever the machine's setting: tests start it some hundred times.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup browser run simulator test check bench soak soak-laws soak-workers screenshots lock format simulate-scale sbom audit drill

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## everything a fresh machine needs; leaves .venv/bin/klientbro
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 or newer is needed (on Debian: apt-get install python3 python3-pip)."; exit 1; }
	@$(PYTHON) scripts/setup.py

browser: # set-up with Chromium, for what drives a browser
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 or newer is needed (on Debian: apt-get install python3 python3-pip)."; exit 1; }
	@$(PYTHON) scripts/setup.py --browser

run: setup ## set-up, then the portal, worker, database and simulator; Ctrl-C stops all
	@exec $(BIN)/klientbro run

simulator: setup ## only the PowerOffice Go stand-in
	@exec $(BIN)/klientbro simulator $(SIMULATOR_ARGS)

test: browser ## set-up, then every test, the browser tests included
	@$(BIN)/python -m pytest -n 3 --dist loadgroup -m "not soak" $(PYTEST_ARGS)

check: setup ## format, lint, security rules, types, import layers, translations, missing migrations
	@$(BIN)/python scripts/check.py

format: setup ## put the code in the house's format
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix-only .

bench: setup ## the benchmarks, as a table of ratios (SCALE=full for more)
	@exec $(BIN)/python -m bench

simulate-scale: setup ## freshness and database size for 100,000 clients, simulated
	@exec $(BIN)/python -m bench.scale --write $(SCALE_ARGS)

soak: setup ## random faults and deaths, SEEDS=n FROM=k; the ledgers must equal their source
	@exec $(BIN)/python -m tests.soak --seeds $(SEEDS) --from $(FROM) $(SOAK_ARGS)

soak-workers: browser # real workers killed for 25 seeds, minutes long
	@$(BIN)/python -m pytest -m soak --timeout 0 $(PYTEST_ARGS)

soak-laws: setup ## the property tests with examples nobody has tried, TIMES=n over
	@for time in $$(seq $(TIMES)); do $(BIN)/python -m pytest -q -n 2 --hypothesis-profile new-examples -m "not soak and not browser" $(PYTEST_ARGS) $$(git grep -l "hypothesis import" -- '*test_*.py') || exit 1; done

screenshots: browser ## the README's pictures, from the running product
	@exec $(BIN)/python scripts/screenshots.py

sbom: setup ## the list of parts with their hashes (CycloneDX), in build/
	@$(BIN)/python scripts/parts.py

audit: setup ## ask an index whether a part has a known weakness; docs/security/dependencies.md
	@$(BIN)/python scripts/parts.py audit

drill: setup ## take each wall and check away in turn; the suite must notice (docs/security/mutation-drill.md)
	@exec $(BIN)/python scripts/mutation_drill.py $(DRILL_ARGS)

lock: setup ## write the lock files anew from requirements/*.in and package.json
	@$(BIN)/python scripts/lock.py
