# One command each; everything else is in `.venv/bin/agno-ha --help`.
STACK ?= dev
VENV := .venv
AGNO_HA := $(VENV)/bin/agno-ha

.PHONY: up down down-data setup test lint kubernetes-binaries clean

up: $(VENV)/.ready ## Set up what is needed and run the stack
	@scripts/engine
	@$(AGNO_HA) up --stack $(STACK)

setup: $(VENV)/.ready ## Only prepare: environment, engine, images
	@scripts/engine
	@$(AGNO_HA) setup --stack $(STACK)

down: $(VENV)/.ready ## Take the stack down; data and the secrets that open it stay
	@$(AGNO_HA) down --stack $(STACK)

down-data: $(VENV)/.ready ## Delete the data and its secrets too, after asking
	@$(AGNO_HA) down --stack $(STACK) --data

test: ## Run every tier that this machine can run
	@scripts/test

kubernetes-binaries: ## Build a one-node cluster's programs from Go modules, for tests/kubernetes/cluster
	@scripts/kubernetes-binaries

lint: $(VENV)/.ready-dev
	$(VENV)/bin/ruff check . && $(VENV)/bin/ruff format --check . && $(VENV)/bin/mypy && $(VENV)/bin/lint-imports

$(VENV)/.ready: pyproject.toml uv.lock scripts/environment
	@scripts/environment --extra docker
	@touch $@

$(VENV)/.ready-dev: pyproject.toml uv.lock scripts/environment
	@scripts/environment --all-extras --group dev
	@touch $@ $(VENV)/.ready
