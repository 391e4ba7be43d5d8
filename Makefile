# One command each; everything else is in `.venv/bin/agno-ha --help`.
STACK ?= dev
VENV := .venv
AGNO_HA := $(VENV)/bin/agno-ha
# The stack's target: whose packages are installed, and whether there is an engine to set up.
TARGET := $(filter docker kubernetes ecs,$(shell sed -n "s/^[ \"']*agno-ha:target[^a-z]*\([a-z]*\).*/\1/p" Pulumi.$(STACK).yaml 2>/dev/null))
READY := $(VENV)/.ready-$(or $(TARGET),docker)
ENGINE := $(if $(filter docker,$(TARGET)),scripts/engine)

.PHONY: up down down-data setup test lint kubernetes-binaries

up: $(READY) ## Set up what is needed and run the stack
	@$(ENGINE)
	@$(AGNO_HA) up --stack $(STACK)

setup: $(READY) ## Only prepare: environment; on Docker engine and images
	@$(ENGINE)
	@$(AGNO_HA) setup --stack $(STACK)

down: $(READY) ## Take the stack down; data and the secrets that open it stay
	@$(AGNO_HA) down --stack $(STACK)

down-data: $(READY) ## Delete the data and its secrets too, after asking
	@$(AGNO_HA) down --stack $(STACK) --data

test: ## Run every tier that this machine can run
	@scripts/test

kubernetes-binaries: ## Build a one-node cluster's programs from Go modules, for tests/kubernetes/cluster
	@scripts/kubernetes-binaries

lint: $(VENV)/.ready-dev
	$(VENV)/bin/ruff check . && $(VENV)/bin/ruff format --check . && $(VENV)/bin/mypy && $(VENV)/bin/lint-imports

$(VENV)/.ready-%: pyproject.toml uv.lock scripts/environment
	@scripts/environment --extra $*
	@touch $@

$(VENV)/.ready-dev: pyproject.toml uv.lock scripts/environment
	@scripts/environment --all-extras --group dev
	@touch $(addprefix $(VENV)/.ready-,dev docker kubernetes ecs)
