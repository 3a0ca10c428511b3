# Everything a newcomer types. `make help` lists it.
SHELL := /bin/bash
export PYTHONPATH := site:.
PYTHON := .venv/bin/python
# Two processes on two cores: the suite is bound by the processor.
WORKERS ?= auto

.PHONY: help run test test-services check lint format types contracts migrations requirements bench install-dev

help: ## List the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-15s %s\n", $$1, $$2}'

run: ## Install what is missing and serve a seeded site at http://localhost:8000
	@scripts/run.sh

test: install-dev ## Install what is missing and run every test (SQLite, browser included)
	@echo "==> Running the tests"
	@env -u DATABASE_URL -u REDIS_URL $(PYTHON) -m pytest -n $(WORKERS) --dist loadgroup $(ARGS)

test-services: install-dev ## Run the same tests on PostgreSQL and Redis (DATABASE_URL, REDIS_URL)
	@test -n "$$DATABASE_URL" -a -n "$$REDIS_URL" || { echo "Set DATABASE_URL and REDIS_URL, for example DATABASE_URL=postgres://postgres@127.0.0.1/fledge REDIS_URL=redis://127.0.0.1:6379/1"; exit 1; }
	@echo "==> Running the tests on PostgreSQL and Redis"
	@$(PYTHON) -m pytest -n $(WORKERS) --dist loadgroup $(ARGS)

check: install-dev lint types contracts migrations ## Lint, types, layers, migrations

lint: ## Style and common mistakes
	@echo "==> ruff"
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .

format: ## Put the code in order
	@.venv/bin/ruff check --fix .
	@.venv/bin/ruff format .

types: ## Static types
	@echo "==> mypy"
	@.venv/bin/mypy

contracts: ## Which app may import which
	@echo "==> import-linter"
	@.venv/bin/lint-imports

migrations: ## Models without a migration, system checks
	@echo "==> migrations and system checks"
	@env -u DATABASE_URL -u REDIS_URL $(PYTHON) manage.py makemigrations --check --dry-run
	@env -u DATABASE_URL -u REDIS_URL $(PYTHON) manage.py check

bench: install-dev ## Measure against floors and peers (needs PostgreSQL in DATABASE_URL)
	@$(PYTHON) -m bench

requirements: ## Compile requirements.in into the pinned lists
	@.venv/bin/uv pip compile --quiet --python-version 3.11 --no-header --no-emit-index-url requirements.in -o requirements.txt
	@.venv/bin/uv pip compile --quiet --python-version 3.11 --no-header --no-emit-index-url requirements-dev.in -o requirements-dev.txt

install-dev:
	@scripts/install.sh --dev
