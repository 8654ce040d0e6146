# ShopStack. `make run` opens a demonstration shop; `make test` runs every test that needs nothing but Rust and Node.

NODE    := $(shell command -v node 2>/dev/null)
DATA    ?= shopstack-data
PORT    ?= 8080
export CARGO_TERM_PROGRESS_WHEN ?= auto

.PHONY: help run build storefront test services services-stop shop shop-stop test-services test-mysql test-faults storm dist dist-services storm-embedded every-crash compose-check lint deny openapi client env-example \
        bench browser clean

help: ## What there is to make
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

run: build ## Build everything and open a demonstration shop on port 8080
	cargo run --release --quiet -p shopstack -- up --demo --data-dir $(DATA) --port $(PORT)

build: storefront ## Build the storefront and the program
	cargo build --release -p shopstack

# npm's own mark of a finished install is newer than the lock file it was made from.
storefront/node_modules/.package-lock.json: storefront/package-lock.json
	cd storefront && npm ci --no-audit --no-fund
	@touch $@

storefront: ## Build the pages (without Node: nothing, and the shop runs without them)
ifeq ($(NODE),)
	@echo "Node is not installed: the shop is built without its pages. Install Node 20 or newer to have them."
else
	@$(MAKE) --no-print-directory storefront/node_modules/.package-lock.json
	cd storefront && npm run build
endif

test: ## Every test that needs nothing but Rust and Node
	cargo test --workspace
ifeq ($(NODE),)
	@echo "SKIPPED: the storefront's tests, for want of Node."
else
	@$(MAKE) --no-print-directory storefront/node_modules/.package-lock.json
	cd storefront && npm test
endif

services: ## Start private MongoDB, Redis, MariaDB and RabbitMQ (Debian, as root), and print the environment to use
	@python3 deploy/local/services.py start

services-stop: ## End exactly those
	@python3 deploy/local/services.py stop

shop: ## Run the demonstration as eight services behind nginx on those servers
	cargo build -p shopstack
	@python3 deploy/local/shop.py start

shop-stop: ## End exactly those
	@python3 deploy/local/shop.py stop

test-services: ## Every test that needs real servers, which are started and ended
	deploy/local/test-services.sh

test-mysql: ## The same on MySQL itself in place of MariaDB (Debian, as root): the stores, and a shop of eight services
	@python3 deploy/local/mysql.py test

test-faults: ## Kill each backend in turn while customers buy, and look at what became of it all
	cargo build -p shopstack
	@python3 deploy/local/shop.py start --replicas 2 > /dev/null
	@python3 deploy/local/test_faults.py $${CARGO_TARGET_DIR:-target}/debug/shopstack; found=$$?; \
	  python3 deploy/local/shop.py stop; python3 deploy/local/services.py stop; exit $$found

# For how long the storm lasts, in minutes; SEED=… repeats one.
MINUTES ?= 2

storm: ## Kill services and backends while customers of every kind buy and the gateway misbehaves; MINUTES=30 for a long one
	cargo build -p shopstack
	@python3 deploy/local/shop.py start --replicas 2 > /dev/null
	@python3 deploy/local/storm.py $${CARGO_TARGET_DIR:-target}/debug/shopstack --minutes $(MINUTES) $(if $(SEED),--seed $(SEED)); found=$$?; \
	  python3 deploy/local/shop.py stop; python3 deploy/local/services.py stop; exit $$found

storm-embedded: ## The same for a shop in one process, which is killed
	cargo build -p shopstack
	python3 deploy/local/storm.py $${CARGO_TARGET_DIR:-target}/debug/shopstack --embedded --minutes $(MINUTES) $(if $(SEED),--seed $(SEED))

# Each how many-th call of a story the shop ends at.
EVERY ?= 1

every-crash: ## End a shop in one process at each call it makes while orders go through, and audit it every time (half an hour; EVERY=10 for less)
	cargo build -p shopstack
	python3 deploy/local/every_crash.py $${CARGO_TARGET_DIR:-target}/debug/shopstack --every $(EVERY)

compose-check: ## Build the image and run docker-compose.yaml on a Docker engine of its own, without pulling (Debian, as root)
	@python3 deploy/local/compose_check.py

lint: ## Formatting and lints
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	cargo clippy -p shopstack --no-default-features --features cart -- -D warnings
ifneq ($(NODE),)
	@$(MAKE) --no-print-directory storefront/node_modules/.package-lock.json
	cd storefront && npm run lint
endif

deny: ## Licences, bans and sources of all dependencies (needs cargo-deny)
	cargo deny --offline check bans licenses sources

openapi: ## Write docs/openapi.json, and the storefront's client from it
	cargo run --quiet -p shopstack -- openapi > docs/openapi.json.new && mv docs/openapi.json.new docs/openapi.json
ifneq ($(NODE),)
	@$(MAKE) --no-print-directory storefront/node_modules/.package-lock.json
	cd storefront && npm run generate
endif

env-example: ## Write .env.example from the variables the program knows
	cargo run --quiet -p shopstack -- variables > .env.example

browser: build ## Buy something in a real browser (needs Chromium)
	bench/browser.sh

dist: storefront ## Build the program as it is deployed: smaller and faster, in three times the time
	cargo build --profile dist -p shopstack

# A program for each service, without what only the others need.
SERVICES := user catalogue cart payment shipping ratings dispatch web

dist-services: storefront ## The same for each service alone, as its own image has it, and for all
	@folder=$${CARGO_TARGET_DIR:-target}/dist; mkdir -p $$folder/services; \
	for service in $(SERVICES); do \
	  cargo build --profile dist -p shopstack --no-default-features --features $$service && \
	  cp $$folder/shopstack $$folder/services/$$service || exit 1; \
	done
	@$(MAKE) --no-print-directory dist

bench: dist-services ## Measure start, memory and processor time beside the design's budgets
	MALLOC_ARENA_MAX=2 MALLOC_TRIM_THRESHOLD_=131072 MALLOC_MMAP_THRESHOLD_=131072 python3 bench/bench.py \
	  --program $${CARGO_TARGET_DIR:-target}/dist/shopstack --services $${CARGO_TARGET_DIR:-target}/dist/services

clean: ## Remove what was built
	cargo clean
	rm -rf storefront/dist storefront/node_modules
