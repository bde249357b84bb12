# The few commands of Entente's house: `make help` lists them.

PORT ?= 8080
DATA ?= ./data
TIME ?= 30s
KILLS ?= 20

.DEFAULT_GOAL := help
.PHONY: build run test e2e chaos lint fuzz bench clean help need-go need-postgres need-cc need-npm

# Go's own place for installations, where a bare PATH has none.
export PATH := $(PATH):/usr/local/go/bin

# Go and staticcheck keep their caches in the home folder. Where there is none (a
# service, a bare container) they are in .cache, which git ignores.
ifeq ($(and $(strip $(HOME)),$(wildcard $(HOME)/.)),)
export GOPATH ?= $(CURDIR)/.cache/go
export GOCACHE ?= $(CURDIR)/.cache/go-build
export XDG_CACHE_HOME ?= $(CURDIR)/.cache
endif

# Messages of other servers that some tests read, where they are at hand.
ifeq ($(strip $(ENTENTE_FIXTURES)),)
ifneq ($(wildcard ../shared/fixtures/.),)
export ENTENTE_FIXTURES := $(abspath ../shared/fixtures)
endif
endif

build: need-go ## make bin/entente
	go build -trimpath -buildvcs=false -o bin/entente ./cmd/entente

run: build need-postgres ## two companies that meet, and a stranger who is refused: PORT=8080 DATA=./data
	exec bin/entente demo --port "$(PORT)" --data "$(DATA)"

test: need-go need-postgres need-cc ## run all tests, with the race detector
	@[ -n "$$ENTENTE_FIXTURES" ] || echo "fixtures NOT TRIED: ENTENTE_FIXTURES names no folder of recorded documents, and there is no ../shared/fixtures"
	CGO_ENABLED=1 go test -race -timeout 20m ./...

e2e: need-go need-postgres e2e/fedify/node_modules/.package-lock.json ## run the program with software of others: a Fedify server, a masto.js client
	FOREIGN_PEERS=yes go test -count=1 -timeout 10m -v -run '^Test(Fedify|MastoJS)' ./e2e

chaos: need-go need-postgres ## kill programs, Postgres and NATS under load, and see that nothing is lost or doubled: KILLS=20 SEED=...
	KILLS="$(KILLS)" SEED="$(SEED)" go test -count=1 -timeout 3h -parallel 1 -v -run '^TestChaos' ./e2e

e2e/fedify/node_modules/.package-lock.json: e2e/fedify/package-lock.json e2e/fedify/package.json
	@$(MAKE) --no-print-directory need-npm
	cd e2e/fedify && npm ci

lint: need-go ## vet, staticcheck, gofmt, and who may import whom
	go vet ./...
	go tool staticcheck ./...
	@bad=$$(find . -name '*.go' -not -path './.*' -not -path '*/node_modules/*' -exec gofmt -l {} +) && \
	if [ -n "$$bad" ]; then echo "gofmt would change:"; echo "$$bad"; exit 1; fi
	go test ./cmd/entente -run TestFloors

fuzz: need-go ## run all fuzz targets, one after another, until one finds something: TIME=30s each
	@.ci/fuzz "$(TIME)"

bench: build need-postgres ## run all benchmarks, and measure the program on this machine: SCALE=full for the large data set
	go test -run '^$$' -bench . -benchtime 0.2s -benchmem -timeout 30m ./...
	bin/entente bench all $(if $(filter full,$(SCALE)),--full)

clean: ## remove what was built and cached; the data folder stays
	@if [ -d .cache ]; then chmod -R u+w .cache; fi
	rm -rf bin .cache e2e/fedify/node_modules

help: ## show this list
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / { printf "  make %-6s %s\n", $$1, $$2 }' Makefile

need-go:
	@command -v go >/dev/null 2>&1 || { echo "Go is not here: install Go 1.26 or newer." >&2; exit 1; }

need-postgres:
	@.ci/need postgres

need-npm:
	@.ci/need npm

need-cc: need-go
	@.ci/need cc
