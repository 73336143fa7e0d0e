# SPDX-License-Identifier: MIT
# A whole night, and its steps as pipelines call them: .gitlab-ci.yml, .github/workflows/nightly.yml.

CONFIG ?= nightly.toml
NIGHT ?= night
NIGHTS ?= nights
BUILD ?=
# The command of an environment that is there already; without it, that of .venv.
XHARNESS ?=
nightly = $(or $(XHARNESS),.venv/bin/xharness) nightly
nightly_setup = $(if $(XHARNESS),,setup)

.PHONY: nightly nightly-jobs nightly-plan nightly-build nightly-judge nightly-merge nightly-report \
	nightly-skips nightly-demo

nightly: $(nightly_setup) ## build and judge what nightly.toml names, explain, report (CONFIG=nightly.toml)
	$(nightly) run --config $(CONFIG)

nightly-jobs: $(nightly_setup) ## write the jobs of nightly.toml into .gitlab/nightly.yml
	$(nightly) jobs --config $(CONFIG) --format gitlab > .gitlab/nightly.yml.new
	mv .gitlab/nightly.yml.new .gitlab/nightly.yml

nightly-plan: $(nightly_setup) ## begin a night in NIGHT=night; the steps of a pipeline follow
	$(nightly) jobs --config $(CONFIG) --format gitlab --check .gitlab/nightly.yml
	$(nightly) plan $(NIGHT) --config $(CONFIG)

nightly-build: $(nightly_setup) ## build the servers of the night (BUILD=main)
	$(nightly) build $(NIGHT) $(BUILD)

nightly-judge: $(nightly_setup) ## judge one server of the night (JOB=xvfb@main)
	$(if $(XHARNESS),,$(if $(filter xorg-kms%,$(JOB)),@tools/setup kms))
	$(nightly) judge $(NIGHT) --job $(JOB)

nightly-merge: $(nightly_setup) ## join the results of the night, explain what is new
	$(nightly) merge $(NIGHT) --nights $(NIGHTS)

nightly-report: $(nightly_setup) ## write its summary and pages; fails where the night is red
	$(nightly) report $(NIGHT) --nights $(NIGHTS)

nightly-skips: $(nightly_setup) ## fail where tests were skipped by all servers of the night
	$(nightly) skips $(NIGHT)

nightly-demo: ## two nights of a small history with two faults, in a pipeline on this machine, offline
	@tools/setup nightly
	.venv/bin/python -m tools.nightly_demo
