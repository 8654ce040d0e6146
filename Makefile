# ShopStack. `make run` opens a demonstration shop; `make test` runs the tests that need only Rust and Node.

NODE    := $(shell command -v node 2>/dev/null)
DATA    ?= shopstack-data
PORT    ?= 8080
export CARGO_TERM_PROGRESS_WHEN ?= auto

.PHONY: help run build search-quality storefront test services services-stop shop shop-stop test-services test-mysql test-matrix test-faults storm dist dist-services storm-embedded every-crash compose-check observability check-observability check-alerts check-openapi check-charts measure-capacity check-platform check-pipeline test-rolling check-deploy check-cluster charts alert-drill alert-storm runbook-drill test-restore lint deny openapi client env-example telemetry-doc \
        bench browser browser-services clean

help: ## List the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

run: build ## Build everything and open a demonstration shop on port 8080
	cargo run --release --quiet -p shopstack -- up --demo --data-dir $(DATA) --port $(PORT)

build: storefront ## Build the storefront and the program
	cargo build --release -p shopstack

# npm writes this file at the end of an install, so it is newer than the lock file it was made from.
storefront/node_modules/.package-lock.json: storefront/package-lock.json
	cd storefront && npm ci --no-audit --no-fund
	@touch $@

storefront: ## Build the storefront (skipped without Node; the shop then runs without pages)
ifeq ($(NODE),)
	@echo "Node is not installed, so the shop is built without its pages. Install Node 20 or newer to include them."
else
	@$(MAKE) --no-print-directory storefront/node_modules/.package-lock.json
	cd storefront && npm run build
endif

test: ## Run the tests that need only Rust and Node
	cargo test --workspace
ifeq ($(NODE),)
	@echo "SKIPPED: the storefront's tests need Node."
else
	@$(MAKE) --no-print-directory storefront/node_modules/.package-lock.json
	cd storefront && npm test
endif

services: ## Start private MongoDB, Redis, MariaDB and RabbitMQ (Debian, as root), and print the environment variables
	@python3 deploy/local/services.py start

services-stop: ## Stop those servers
	@python3 deploy/local/services.py stop

shop: ## Run the demonstration as eight services behind nginx on private servers
	cargo build -p shopstack
	@python3 deploy/local/shop.py start

shop-stop: ## Stop those services
	@python3 deploy/local/shop.py stop

test-services: ## Run the tests that need real servers; starts and stops them
	deploy/local/test-services.sh

test-mysql: ## Run the store tests and eight services on MySQL instead of MariaDB (Debian, as root)
	@python3 deploy/local/matrix.py test --only MySQL

test-matrix: ## Run the store tests, a purchase and an audit on each supported version of the servers (Debian, as root; ONLY=Valkey for a part)
	@python3 deploy/local/matrix.py test $(if $(ONLY),--only "$(ONLY)")

test-faults: ## Kill each backend in turn while customers buy, then audit all stores
	cargo build -p shopstack
	@python3 deploy/local/shop.py start --replicas 2 > /dev/null
	@python3 deploy/local/test_faults.py $${CARGO_TARGET_DIR:-target}/debug/shopstack; found=$$?; \
	  python3 deploy/local/shop.py stop; python3 deploy/local/services.py stop; exit $$found

# The duration of the storm in minutes; SEED=… repeats an earlier one.
MINUTES ?= 2

storm: ## Chaos test: kill services and backends while customers buy and the gateway fails; MINUTES=30 for a long one
	cargo build -p shopstack
	@python3 deploy/local/shop.py start --replicas 2 --carrier manual > /dev/null
	@python3 deploy/local/storm.py $${CARGO_TARGET_DIR:-target}/debug/shopstack --minutes $(MINUTES) $(if $(SEED),--seed $(SEED)); found=$$?; \
	  python3 deploy/local/shop.py stop; python3 deploy/local/services.py stop; exit $$found

storm-embedded: ## Chaos test of a shop in one process, which is killed
	cargo build -p shopstack
	python3 deploy/local/storm.py $${CARGO_TARGET_DIR:-target}/debug/shopstack --embedded --minutes $(MINUTES) $(if $(SEED),--seed $(SEED))

# Kill the shop at every n-th call of each scenario.
EVERY ?= 1

every-crash: ## Crash-point test: kill a shop at each call it makes, and audit it each time (half an hour; EVERY=10 for less)
	cargo build -p shopstack
	python3 deploy/local/every_crash.py $${CARGO_TARGET_DIR:-target}/debug/shopstack --every $(EVERY)

compose-check: ## Build the image and run docker-compose.yaml on a Docker engine of its own, without pulling (Debian, as root)
	@python3 deploy/local/compose_check.py

observability: ## Run eight services with Prometheus, Alertmanager, logs, dashboards and traces on private servers (FETCH=1 fetches what is missing)
	cargo build -p shopstack
	@python3 deploy/local/observability.py $(if $(FETCH),--fetch)

check-observability: ## Check logs, dashboards and traces with the real programs (20 minutes once to fetch them, then 15)
	cargo build -p shopstack
	@python3 deploy/local/check_observability.py --program $${CARGO_TARGET_DIR:-target}/debug/shopstack

check-alerts: ## Check the files of Prometheus, Alertmanager, Elasticsearch and Kibana, most with their own tools (Debian, as root)
	@python3 deploy/local/check_alerts.py
	@python3 deploy/local/test_observability_files.py

check-openapi: ## Validate docs/openapi.json with openapi-spec-validator and redocly
	@python3 deploy/local/check_openapi.py

check-charts: ## Render the Helm charts with Helm 3 and 4, validate them for Kubernetes 1.30 to 1.37, and check what they say to each other
	cargo build -p shopstack
	@python3 deploy/local/check_charts.py --program $${CARGO_TARGET_DIR:-target}/debug/shopstack
	@python3 deploy/capacity/test_capacity.py

measure-capacity: ## Measure what an order costs on real stores, for deploy/capacity (Debian, as root; PROGRAM=target/dist/shopstack, a quiet machine)
	@deploy/capacity/measure.py --program $(PROGRAM) --commit "$$(git rev-parse --short HEAD)" --build dist > target/capacity.toml
	@mv target/capacity.toml deploy/capacity/costs.toml && deploy/capacity/capacity.py --docs

check-platform: ## Check the values of the platform's charts and the cluster of kops
	@python3 deploy/local/check_platform.py
	@python3 deploy/local/test_platform.py

check-pipeline: ## Run the phases of buildspec.yml with a registry and signatures (Debian, as root)
	cargo build -p release
	@python3 deploy/local/check_pipeline.py --program $${CARGO_TARGET_DIR:-target}/debug/release

test-rolling: ## Restart every replica of a shop of sixteen processes while customers buy; not one request may fail
	cargo build -p shopstack
	@python3 deploy/local/shop.py start --replicas 2 > /dev/null
	@python3 deploy/local/test_rolling.py $${CARGO_TARGET_DIR:-target}/debug/shopstack --rounds 2 --migrate; found=$$?; \
	  python3 deploy/local/shop.py stop; python3 deploy/local/services.py stop; exit $$found

check-deploy: ## Install, upgrade and roll back the charts on an API server of Kubernetes (a quarter of an hour once to build it)
	cargo build -p shopstack
	@python3 deploy/local/check_deploy.py --program $${CARGO_TARGET_DIR:-target}/debug/shopstack

check-cluster: ## Run the shop on a Kubernetes cluster of this machine: install, upgrade, roll back, drain a node (Debian, as root; half an hour once, then 15 minutes)
	cargo build -p shopstack
	@python3 deploy/local/check_cluster.py --program $${CARGO_TARGET_DIR:-target}/debug/shopstack

charts: ## Package the Helm charts with their dependencies (CHARTS=FOLDER)
	@deploy/charts/package.sh $(CHARTS)

alert-drill: ## Break eight services and their backends one by one, and check which alert reports it (20 minutes)
	cargo build -p shopstack
	@python3 deploy/local/shop.py start > /dev/null
	@python3 deploy/local/alert_drill.py $${CARGO_TARGET_DIR:-target}/debug/shopstack; found=$$?; \
	  python3 deploy/local/shop.py stop; python3 deploy/local/services.py stop; exit $$found

alert-storm: ## Kill services and backends for five minutes with alerts on, and check that each alert has a cause and clears (up to 45 minutes)
	cargo build -p shopstack
	@python3 deploy/local/shop.py start > /dev/null
	@python3 deploy/local/alert_storm.py $${CARGO_TARGET_DIR:-target}/debug/shopstack; found=$$?; \
	  python3 deploy/local/shop.py stop; python3 deploy/local/services.py stop; exit $$found

runbook-drill: ## Cause the faults of the other runbooks in a shop of sixteen processes, follow each page, and check that its alert clears (90 minutes)
	cargo build -p shopstack
	@python3 deploy/local/shop.py start --replicas 2 > /dev/null
	@python3 deploy/local/runbook_drill.py $${CARGO_TARGET_DIR:-target}/debug/shopstack; found=$$?; \
	  python3 deploy/local/shop.py stop; python3 deploy/local/services.py stop; exit $$found

test-restore: ## Copy the stores of a busy shop at different moments, delete everything, restore it, and audit (5 minutes)
	cargo build -p shopstack
	@python3 deploy/local/shop.py start > /dev/null
	@python3 deploy/local/test_restore.py $${CARGO_TARGET_DIR:-target}/debug/shopstack; found=$$?; \
	  python3 deploy/local/shop.py stop; python3 deploy/local/services.py stop; exit $$found

lint: ## Check formatting and lints
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	cargo clippy -p shopstack --no-default-features --features cart -- -D warnings
ifneq ($(NODE),)
	@$(MAKE) --no-print-directory storefront/node_modules/.package-lock.json
	cd storefront && npm run lint
endif

# cargo-deny reads the packages of every platform, and a build downloads only those of its own.
deny: ## Check licences, bans and sources of all dependencies (needs cargo-deny)
	cargo fetch --locked
	cargo deny --offline check bans licenses sources

openapi: ## Write docs/openapi.json and generate the storefront's client from it
	cargo run --quiet -p shopstack -- openapi > docs/openapi.json.new && mv docs/openapi.json.new docs/openapi.json
ifneq ($(NODE),)
	@$(MAKE) --no-print-directory storefront/node_modules/.package-lock.json
	cd storefront && npm run generate
endif

env-example: ## Write .env.example from the variables that the program reads
	cargo run --quiet -p shopstack -- variables > .env.example

telemetry-doc: ## Write docs/telemetry.md from the telemetry schema
	cargo run --quiet -p shopstack -- telemetry > docs/telemetry.md.new && mv docs/telemetry.md.new docs/telemetry.md

browser: build ## Buy in a real browser (needs Chromium)
	bench/browser.sh

browser-services: storefront ## Do the same in a shop of eight services behind nginx, two of each (Debian, as root)
	cargo build -p shopstack
	bench/browser-services.sh

dist: storefront ## Build the program as it is deployed: smaller and faster, with three times the build time
	cargo build --profile dist -p shopstack

# One program per service, without the code of the others.
SERVICES := user catalogue cart payment shipping ratings dispatch web

dist-services: storefront ## Build one program per service as it is deployed, and the program for all
	@folder=$${CARGO_TARGET_DIR:-target}/dist; mkdir -p $$folder/services; \
	for service in $(SERVICES); do \
	  cargo build --profile dist -p shopstack --no-default-features --features $$service && \
	  cp $$folder/shopstack $$folder/services/$$service || exit 1; \
	done
	@$(MAKE) --no-print-directory dist

search-quality: ## Print precision and recall of the search over the judged queries in twelve languages
	cargo test --workspace --test it judged_queries -- --nocapture | grep -v "^running\|^test result\|^$$"

bench: dist-services ## Measure start, memory and CPU time against the budgets of docs/design.md
	MALLOC_ARENA_MAX=2 MALLOC_TRIM_THRESHOLD_=131072 MALLOC_MMAP_THRESHOLD_=131072 python3 bench/bench.py \
	  --program $${CARGO_TARGET_DIR:-target}/dist/shopstack --services $${CARGO_TARGET_DIR:-target}/dist/services

clean: ## Remove all build output
	cargo clean
	rm -rf storefront/dist storefront/node_modules
