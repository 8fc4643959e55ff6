# Commands of this checkout. All paths are relative, so it may lie anywhere.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
# The product is a dozen processes: compiling all modules in each costs more than they do.
unexport PYTHONDONTWRITEBYTECODE
# What the installers keep goes below .venv where the home folder can't be written.
CACHES := $(shell test -w "$${XDG_CACHE_HOME:-$${HOME:-/none}}" || echo "$(CURDIR)/.venv/caches")
ifneq ($(CACHES),)
export XDG_CACHE_HOME := $(CACHES)
export npm_config_cache := $(CACHES)/npm
endif
.PHONY: help setup demo test drills check bench messages lock

PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
RUN := .venv/bin/python
TEST_WORKERS ?= $(shell n=$$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2); echo $$((n + 1)))
ARGS ?=
PYTEST = CHROMIUM="$$($(RUN) scripts/find_chromium.py)" && export CHROMIUM && \
	$(RUN) -m pytest -n $(TEST_WORKERS)
SUITE = $(PYTEST) --dist loadfile --no-loadscope-reorder --ignore=tests/chaos
DRILLS = $(PYTEST) --dist worksteal tests/chaos
LOCK := .venv/bin/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 \
	--generate-hashes --no-header --no-emit-index-url --no-emit-find-links

help: ## This list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' Makefile

setup: ## Install everything into .venv and build the front end
	@if [ -z "$(PYTHON)" ]; then \
	  echo "Python 3.11 or later is needed: install it, or name it: make PYTHON=/path/to/python3.11 …" >&2; exit 1; fi
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "$(PYTHON) is older than Python 3.11: name another one, PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) scripts/set_up.py

demo: setup ## Show a whole county: database, data, server; Ctrl-C ends all (ARGS="--port 9000")
	@exec $(RUN) -m fangxian.config.cli demo $(ARGS)

# The drills come last, by themselves: they kill servers, and others would wait for the machine.
test: setup ## Run the whole suite, then the drills (a part: ARGS="path -k name" or '-m "not slow"')
	@$(SUITE) $(ARGS)
	$(if $(strip $(ARGS)),,@$(DRILLS))

drills: setup ## Run the drills alone: kill -9 of server, worker and database (tests/chaos)
	@$(DRILLS) $(ARGS)

check: setup ## Linters, types, import law, missing migrations and translations
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	.venv/bin/lint-imports --no-cache
	$(RUN) -m mypy fangxian fangxian_methods
	FANGXIAN_MODE=test FANGXIAN_LOG=WARNING $(RUN) -m fangxian.config.cli manage makemigrations --check --dry-run
	$(RUN) scripts/messages.py check
	@if [ -f frontend/package.json ]; then \
	  bash scripts/node.sh npm run --silent check && bash scripts/node.sh npm test --silent; fi

bench: setup ## Run one benchmark, one line of JSON: make bench NAME=list ARGS="--residents 20000"
	@if [ ! -f "benchmarks/$(NAME).py" ]; then echo "make bench NAME=…  one of:" >&2; \
	  ls benchmarks | sed -n 's/^\([a-z][-a-z]*\)\.py$$/  \1/p' >&2; exit 2; fi
	@if [ "$(NAME)" = district ]; then $(PYTHON) scripts/set_up.py peers >&2 || \
	  echo "The benchmark goes on without its peer." >&2; fi
	@$(RUN) "benchmarks/$(NAME).py" $(ARGS)

messages: setup ## Add new texts to the translations' files
	@$(RUN) scripts/messages.py update

lock: setup ## Write the lock files anew after a change of pyproject.toml (ARGS="--upgrade")
	@$(LOCK) $(ARGS) --output-file requirements/base.lock >/dev/null
	@$(LOCK) $(ARGS) --extra dev --constraint requirements/base.lock \
	  --output-file requirements/dev.lock >/dev/null
	@$(LOCK) $(ARGS) --extra bench --constraint requirements/dev.lock \
	  --output-file requirements/bench.lock >/dev/null
