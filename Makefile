# SPDX-License-Identifier: MIT

PYTEST_ARGS ?= -n auto
MATRIX ?= xvfb@bullseye xvfb@trixie xvfb@sid xephyr@bullseye xephyr@trixie xephyr@sid \
	xorg@bullseye xorg@trixie xorg@sid xorg-flip@bullseye xorg-flip@trixie xorg-flip@sid \
	xwayland@trixie xwayland@sid x2gokdrive@trixie
BENCH_ARGS ?=
QUICK ?=
RUNS ?= 10
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help setup suites matrix replay proxy test lint hooks coverage steady bench clean

help: ## list these targets
	@sed -n 's/^\([a-z-]*\):.*## /make \1\t/p' $(MAKEFILE_LIST) | expand -t 20

setup: ## install what is missing: X servers, libraries, .venv
	@tools/setup

suites: setup ## judge every kind of server: the main job, pytest suites/ (QUICK=1: part of it, in a minute)
	.venv/bin/pytest suites/ $(if $(QUICK),--quick --server xvfb -rfEX) $(PYTEST_ARGS)

matrix: setup ## judge servers of other Debian releases, fetched into a cache; makes the table of verdicts (MATRIX="xvfb@sid ...")
	.venv/bin/xharness servers fetch $(MATRIX)
	.venv/bin/pytest suites/ $(foreach server,$(MATRIX),--server $(server)) $(PYTEST_ARGS); \
		status=$$?; .venv/bin/xharness runs table results/latest -o results/verdicts && exit $$status

replay: setup ## replay the recording FILE on the servers of the matrix, and say where they differ
	.venv/bin/xharness servers fetch $(MATRIX)
	.venv/bin/xharness replay $(FILE) $(foreach server,$(MATRIX),--server $(server))

proxy: setup ## judge Xvfb and Xephyr through a proxy with all drafts: verdicts stay the same
	.venv/bin/pytest suites/present suites/composite suites/randr --proxy \
		--server xvfb --server xephyr $(PYTEST_ARGS)

test: lint ## lint, then run the harness's own tests and the suites
	.venv/bin/pytest tests/ suites/ $(PYTEST_ARGS)

lint: setup ## check style, formatting, types, spelling, generated tables and goldens
	.venv/bin/ruff check --quiet
	.venv/bin/ruff format --check --quiet
	.venv/bin/mypy
	.venv/bin/codespell
	.venv/bin/python -m tools.assertions --check
	.venv/bin/python -m tools.reference --check
	.venv/bin/python -m tools.reports --check
	.venv/bin/python -m tools.report_picture --check
	.venv/bin/python -m tools.scale --check
	.venv/bin/xharness golden lint golden
	.venv/bin/xharness golden stats --check golden

hooks: setup ## run what lint runs before every commit
	.venv/bin/pre-commit install

coverage: setup ## run the harness's own tests and print which lines of harness/ they miss
	.venv/bin/coverage erase
	.venv/bin/coverage run -m pytest tests/ $(PYTEST_ARGS)
	.venv/bin/coverage combine --quiet
	.venv/bin/coverage report

steady: setup ## run the suites RUNS times on a loaded machine: what differs? (RUNS=60 ARGS="--server xvfb")
	.venv/bin/python -m tools.steady $(RUNS) $(ARGS)

bench: ## measure speed against yardsticks of the same run
	@tools/setup bench
	.venv/bin/python -m benchmarks $(BENCH_ARGS)

clean: ## remove .venv, caches and results
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage* results build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

include tools/nightly.mk
include tools/reach.mk
