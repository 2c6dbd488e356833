# What can be done here. All but conformance, simulate and names install what they lack (tests/bed/setup.sh).
export PATH := $(HOME)/.cargo/bin:$(PATH)
.DEFAULT_GOAL := help
.PHONY: help demo test check bench conformance simulate names rights crash soak mutants servers

help: ## show this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST)

test: ## every tier of tests, on a fresh Debian 12 machine too
	@tests/run

check: ## formatters, linters, licences and sources of the crates
	@tests/run lint-rust lint-addon deny

demo: ## Odoo, a sidecar and a store in step until Ctrl-C: make demo ARGS=--once (--tour, --fresh), STORE=webdav
	@tests/run --demo $(ARGS)

bench: ## first sync and no-change cycle beside a loop in Odoo and rclone: make bench ARGS=small (large, rules)
	@tests/run --bench $(ARGS)

conformance: ## one suite over every store: in memory, a folder, a real Apache
	@cargo test --test suite conformance

simulate: ## seeded histories of people and trouble against the engine: make simulate SEEDS=20000
	@cargo run -q -- simulate --seeds $(or $(SEEDS),1000000)

names: ## hostile names through the engine and a strict store: make names NAMES=20000
	@ATTACHE_NAMES=$(or $(NAMES),1000000) cargo test -q --test suite names:: -- --nocapture

rights: ## random trees, groups and people: what each may do, beside a model: make rights CASES=500 SEED=7
	@tests/run --rights $(if $(CASES),--cases $(CASES)) $(if $(SEED),--seed $(SEED))

crash: ## kill -9 in each round of people at both ends, then what must hold: make crash ROUNDS=50 SEED=7 STORE=webdav
	@tests/run --trial crash $(TRIAL)

soak: ## many rounds of people at both ends, with outages; memory must not grow: make soak ROUNDS=200 SEED=7 STORE=webdav
	@tests/run --trial soak $(TRIAL)

mutants: ## faults put into the pure parts one by one, which the tests must notice: make mutants SHARD=1/20
	@tests/run --mutants $(if $(SHARD),--shard $(SHARD))

TRIAL = $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(SEED),--seed $(SEED)) $(if $(FIRST),--first $(FIRST)) $(if $(STORE),--store $(STORE))

servers: ## start a real server until Ctrl-C: make servers NAME=odoo, NAME=apache or NAME=postgres
	@tests/run --serve $(NAME)
