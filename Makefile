# `make` prints what can be made. Recipes run in bash and stop at the first
# command that fails, also inside a pipe.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

VERSION  ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo devel)
FUZZTIME ?= 10s
BENCH    ?= .

# What is tortured, and for how long: DATABASE is one or more of sqlite, postgres,
# standby and async; DURATION is of each, at most (0: until FAULTS were done).
SEED     ?= 1
FAULTS   ?= 1000
DURATION ?= 0
DATABASE ?= sqlite,postgres
TORTURE  ?=

# The race detector needs a C compiler; where there is none, go turns cgo off.
RACE = $(if $(filter 1,$(shell go env CGO_ENABLED)),-race)

.PHONY: help build test torture torture-mutants bench microbench lint fuzz schemas run demo clean

help: ## Show this help
	@awk -F ':.*## ' '/^[a-z][a-z -]*:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## Build bin/dossier
	CGO_ENABLED=0 go build -trimpath -ldflags '-s -w -X main.version=$(VERSION)' -o bin/dossier ./cmd/dossier

# With a PostgreSQL provided, nothing may be skipped for want of one.
test: export DOSSIER_TEST_REQUIRE_POSTGRES = 1
test: ## Run all tests with the race detector, PostgreSQL's included
	$(if $(RACE),,@echo 'make test: no C compiler, so no race detector')
	scripts/with-postgres go test $(RACE) -count=1 -timeout 40m ./...
	@echo 'make test: go test passed, PostgreSQL included$(if $(RACE), and races watched for)'

torture: build ## Break servers on purpose and count what is lost (SEED, FAULTS, DURATION, DATABASE)
	go run ./torture -dossier bin/dossier -database '$(DATABASE)' -seed $(SEED) -faults $(FAULTS) -duration $(DURATION) $(TORTURE)

torture-mutants: ## Break the product itself, and see that torture notices
	go run ./torture mutants -seed $(SEED) $(TORTURE)

# One package at a time: they would measure each other.
bench: export DOSSIER_TEST_REQUIRE_POSTGRES = 1
bench: build ## Measure the ingest beside PostgreSQL itself, in one run (about 3 minutes)
	scripts/with-postgres go run ./benchmarks/ingest -dossier bin/dossier

microbench: export DOSSIER_TEST_REQUIRE_POSTGRES = 1
microbench: ## Run the Go benchmarks (BENCH=regexp)
	scripts/with-postgres go test -p 1 -count=1 -timeout 60m -run '^$$' -bench '$(BENCH)' -benchmem ./...

lint: ## Check the format, go vet and staticcheck
	@unformatted=$$(gofmt -l .); if [[ -n $$unformatted ]]; then printf 'not gofmt:\n%s\n' "$$unformatted"; exit 1; fi
	go vet ./...
	go tool staticcheck ./...

# go test fuzzes one target of one package at a time.
fuzz: ## Fuzz each target for FUZZTIME (10s)
	@grep -rE --include='*_test.go' '^func Fuzz[A-Za-z0-9_]+\(' . | \
	sed -E 's|^(.*)/[^/]*:func (Fuzz[A-Za-z0-9_]+).*|\1 \2|' | while read -r folder target; do \
		echo "$$folder $$target"; \
		go test -run '^$$' -fuzz "^$$target$$" -fuzztime '$(FUZZTIME)' "$$folder" </dev/null || exit 1; \
	done

# Twice: the examples are taken from the golden files.
schemas: ## Write the JSON Schemas, and the tables of docs/events.md, from the Go types
	for _ in 1 2; do go test -p 1 ./adapters/codec ./ports/httpapi ./docs/schemas -update; done

run demo: ## Show simulated sessions on a throw-away database
	go run ./cmd/dossier demo

clean: ## Remove what was built
	rm -rf bin coverage.out
