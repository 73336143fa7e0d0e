# SPDX-License-Identifier: MIT
# How far the suites reach: docs/reach.md.

N ?= 200
SEED ?= 1
KIND ?= xvfb
KINDS ?=
ROOM ?=
AGAIN ?=
OPERATORS ?=
SOURCE ?=
RELEASE ?=
reach = .venv/bin/python -m tools.reach
reach_source = $(if $(SOURCE),--source $(SOURCE)) $(if $(RELEASE),--release $(RELEASE))

.PHONY: server-coverage mutants

server-coverage: ## which lines of Xvfb, Xephyr, Xorg and xorg-flip the suites run (KINDS="xvfb ..." SOURCE=DIR)
	@tools/setup reach
	$(reach) coverage $(reach_source) $(foreach kind,$(KINDS),--kind $(kind))

mutants: ## which of N faults in the server's lines the suites notice (N=200 SEED=1 KIND=xvfb ROOM=randr SOURCE=DIR)
	@tools/setup reach
	$(reach) mutants $(N) --seed $(SEED) --kind $(KIND) $(reach_source) \
		$(foreach room,$(ROOM),--room $(room)) $(if $(AGAIN),--again) $(if $(QUICK),--quick) \
		$(if $(OPERATORS),--operators $(OPERATORS))
