# The commands of this repository; CI runs the same ones. Works with make 3.81 and later.
.DEFAULT_GOAL := help
.PHONY: help setup demo run rehearse layers sim check contracts test test-wheel test-browser test-localstack docs fuzz bench bench-quick lock clean wheel

SHELL = /bin/sh
BIN = .venv/bin
INSTALLED = .venv/.installed

# Settings: make demo ORDERS=1000 JSON=1 SEED=7, make setup PYTHON=python3.12
ORDERS ?= 200
JSON ?=
SEED ?=
PYTHON ?=
N ?= 20000
SEEDS ?= 50
PYTHONS ?=
STAGE ?=
# Ports of `make run`; none given: the usual ones, or free ones where those are taken.
PORT ?=
AWS_PORT ?=
VENDORS_PORT ?=

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' Makefile
	@echo "Every command first sets up .venv if it is missing or out of date."

setup: $(INSTALLED) ## Make .venv with everything in it (PYTHON=… chooses the interpreter)
	@echo ".venv is ready: $$($(BIN)/python --version)"

$(INSTALLED): requirements-dev.lock pyproject.toml scripts/setup.sh
	@sh scripts/setup.sh .venv '$(PYTHON)'
	@touch $@

demo: $(INSTALLED) ## Play orders through the whole pipeline (ORDERS=200 JSON=1 SEED=…)
	@$(BIN)/python -m simulators.demo --orders $(ORDERS) $(if $(JSON),--json) $(if $(SEED),--seed $(SEED))

run: $(INSTALLED) ## Run app, AWS endpoint and simulators until Ctrl-C (PORT= AWS_PORT= VENDORS_PORT=)
	@$(BIN)/python -m simulators.run $(if $(PORT),--port $(PORT)) $(if $(AWS_PORT),--aws-port $(AWS_PORT)) $(if $(VENDORS_PORT),--vendors-port $(VENDORS_PORT))

rehearse: $(INSTALLED) ## Deploy the app as docs/DEPLOY.md says, take orders, delete it all: offline
	@$(BIN)/python -m simulators.rehearse

layers: $(INSTALLED) ## Publish the layer that reads merchants' forms, name it in config.json (STAGE=dev)
	@$(BIN)/python scripts/layers.py --stage '$(STAGE)'

sim: $(INSTALLED) ## Play seeds of the whole app in virtual time and audit them (SEEDS=50 ORDERS=20 SEED=…)
	@$(BIN)/python -m simulators.sim --seeds $(SEEDS) --orders $(if $(filter command line,$(origin ORDERS)),$(ORDERS),20) $(if $(SEED),--seed $(SEED))

check: $(INSTALLED) ## Lint, format, types, contracts of events, import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m chalicelib.contracts --check
	$(BIN)/pytest -q tests/house

contracts: $(INSTALLED) ## Write docs/events: a JSON Schema per event type and version, AsyncAPI
	@$(BIN)/python -m chalicelib.contracts

test: $(INSTALLED) ## Run the whole test suite
	$(BIN)/pytest -n auto

wheel: $(INSTALLED) ## Build the package into dist/
	@$(BIN)/python -m hatchling build -t wheel

test-wheel: $(INSTALLED) ## Build the wheel and try it with each Python found (PYTHONS="…")
	$(if $(PYTHONS),PYTHONS="$(PYTHONS)" )$(BIN)/pytest tests/wheel -o faulthandler_timeout=900

test-browser: $(INSTALLED) ## Let web pages attack the ports in a real Chromium (CHROMIUM=…)
	$(BIN)/pytest tests/browser

test-localstack: $(INSTALLED) ## Run the pipeline against a real LocalStack 4.14 (no Docker needed)
	$(BIN)/python scripts/engines/engines.py install localstack+dynamodb
	$(BIN)/pytest tests/localstack

docs: $(INSTALLED) ## Build the documentation as a site, into site/, and check every link
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet
	@$(BIN)/python scripts/site/check.py site
	@echo "Read it: $(BIN)/python -m http.server --bind 127.0.0.1 --directory site 8080"

fuzz: $(INSTALLED) ## Send random requests to every service (N=20000 SEED=1)
	$(BIN)/python scripts/fuzz.py --requests $(N) --seed $(if $(SEED),$(SEED),1)

bench: $(INSTALLED) ## Measure speed and memory, also of other engines, into benchmarks/results
	$(BIN)/python scripts/engines/engines.py install localstack+dynamodb+ministack+moto
	$(BIN)/python -m benchmarks

bench-quick: $(INSTALLED) ## The same in a few minutes, more roughly
	$(BIN)/python scripts/engines/engines.py install localstack+dynamodb+ministack+moto
	$(BIN)/python -m benchmarks --quick

lock: $(INSTALLED) ## Pin the newest versions that pyproject.toml and requirements.txt allow
	@sh scripts/lock.sh $(BIN)

clean: ## Remove .venv and every cache
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist site
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
