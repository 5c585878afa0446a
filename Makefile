# OllyStack Control Plane. `make help` lists what there is to make.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

GO ?= go
# The version is set below; asking git for more fails where the checkout is another user's.
export GOFLAGS := -buildvcs=false $(GOFLAGS)
# What `ollystack version` says: the nearest tag, or the commit.
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo devel)
COMMIT ?= $(shell git rev-parse HEAD 2>/dev/null)

GOLANGCI_LINT := .cache/tools/golangci-lint
GOFUMPT := .cache/tools/gofumpt
BUILDER := .cache/tools/builder
SUPERVISOR := bin/opampsupervisor
COLLECTOR := bin/otelcol-ollystack

# tools/collector is not here: tidying wants what the supervisor's own tests
# import, hundreds of modules that are never built, and some of them cannot be had.
TIDY_MODULES := . tools/lint examples/go-sdk examples/go-ebpf
GO_SOURCES = $(shell find . -name '*.go' -not -path './.cache/*' -not -path '*/node_modules/*')

# Extra arguments for `make run`, e.g. make run ARGS="--listen 127.0.0.1:4321".
ARGS ?=
# Where `make demo` finds the server, and for how long `make fuzz` runs each target.
SERVER ?= 127.0.0.1:4320
FUZZTIME ?= 20s

##@ Use

.PHONY: build
build: web ## Build bin/ollystack, with its dashboard where Node.js 20 or later is there
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '-s -w -X main.version=$(VERSION) -X main.commit=$(COMMIT)' -o bin/ollystack ./cmd/ollystack

# The same with the race detector, which the end-to-end tests put under real traffic.
.PHONY: build-race
build-race: web
	$(GO) build -race -trimpath -ldflags '-X main.version=$(VERSION) -X main.commit=$(COMMIT)' -o bin/ollystack-race ./cmd/ollystack

.PHONY: run
run: build ## Build and start the server on 127.0.0.1:4320, its data under ./data
	exec bin/ollystack serve --data-dir ./data $(ARGS)

.PHONY: demo
demo: collector ## Start two real collectors under the real supervisor, beside a running `make run`
	exec packaging/demo/run '$(SERVER)'

##@ Check

.PHONY: test
test: test-deps build build-race collector ## Set up what the tests need and run them all, race detector on
	$(GO) test -race -tags e2e $$($(GO) list ./... | grep -v '/e2e$$')
	$(GO) test -race -count=1 -timeout 20m -tags e2e ./e2e
	$(MAKE) test-web test-browser

.PHONY: test-unit
test-unit: ## Run the tests that need nothing but Go and gcc
	$(GO) test -race ./...

.PHONY: test-e2e
test-e2e: test-deps build build-race collector ## Run the stories in e2e/ alone (RUN=TestManaged for one of them)
	$(GO) test -race -count=1 -timeout 20m -tags e2e $(if $(RUN),-run '$(RUN)' -v) ./e2e

.PHONY: test-deps
test-deps: ## Install what the tests need beside Go and Node.js (a redis-server, a browser)
	@hack/test-deps

.PHONY: check
check: fmt-check lint tidy-check test ## Format, lint, tidiness of the modules, and all tests

.PHONY: lint
lint: $(GOLANGCI_LINT) ## Run the linters, the import arrows among them
	$(GOLANGCI_LINT) run ./...
	@sleepers="$$(grep -l 'time\.Sleep(' $(filter %_test.go,$(GO_SOURCES)) | xargs -r grep -L testing/synctest || true)"; \
	if [ -n "$$sleepers" ]; then \
		printf 'tests that sleep outside of synctest (wait for what is waited for):\n%s\n' "$$sleepers" >&2; exit 1; \
	fi

.PHONY: fmt
fmt: $(GOFUMPT) ## Format the Go sources
	$(GOFUMPT) -w $(GO_SOURCES)

.PHONY: fmt-check
fmt-check: $(GOFUMPT) ## List what is not formatted with gofumpt
	@unformatted="$$($(GOFUMPT) -l $(GO_SOURCES))"; \
	if [ -n "$$unformatted" ]; then \
		printf 'not formatted (run make fmt):\n%s\n' "$$unformatted" >&2; exit 1; \
	fi

.PHONY: tidy
tidy: ## Tidy the go.mod of every module
	for m in $(TIDY_MODULES); do $(GO) -C "$$m" mod tidy; done

.PHONY: tidy-check
tidy-check: ## Fail when a go.mod is not tidy
	for m in $(TIDY_MODULES); do $(GO) -C "$$m" mod tidy -diff; done

.PHONY: bench
bench: build ## Measure the server with 10,000 agents and hold it to its limits; see docs/performance.md
	$(GO) build -trimpath -o bin/fleetbench ./cmd/fleetbench
	bin/fleetbench --check --exec "bin/ollystack serve --listen {addr} --data-dir {dir}" $(ARGS)

.PHONY: fuzz
fuzz: ## Run every fuzz target for FUZZTIME (20s)
	@hack/fuzz '$(FUZZTIME)'

##@ Parts

.PHONY: collector
collector: $(SUPERVISOR) $(COLLECTOR) ## Build a real collector and its supervisor (minutes, once)

$(SUPERVISOR): tools/collector/go.mod tools/collector/go.sum
	$(GO) -C tools/collector build -trimpath -ldflags '-s -w' -o '$(abspath $@)' \
		github.com/open-telemetry/opentelemetry-collector-contrib/cmd/opampsupervisor

$(BUILDER): tools/collector/go.mod tools/collector/go.sum
	$(GO) -C tools/collector build -trimpath -o '$(abspath $@)' go.opentelemetry.io/collector/cmd/builder

# The builder writes the collector's sources, then compiles them; compiling is ours,
# so that it takes part in Go's build cache with the same flags everywhere.
$(COLLECTOR): packaging/collector/builder.yaml packaging/collector/_otelcol/validate.go $(BUILDER)
	$(BUILDER) --config packaging/collector/builder.yaml --skip-compilation
	cp packaging/collector/_otelcol/validate.go .cache/otelcol-ollystack/
	CGO_ENABLED=0 $(GO) -C .cache/otelcol-ollystack build -trimpath -ldflags '-s -w' -o '$(abspath $@)' .

$(GOLANGCI_LINT): tools/lint/go.mod tools/lint/go.sum
	$(GO) -C tools/lint build -trimpath -ldflags '-s -w' -o '$(abspath $@)' github.com/golangci/golangci-lint/v2/cmd/golangci-lint

$(GOFUMPT): tools/lint/go.mod tools/lint/go.sum
	$(GO) -C tools/lint build -trimpath -o '$(abspath $@)' mvdan.cc/gofumpt

# The dashboard, which is in the binary.
include web/web.mk e2e/browser/browser.mk

# The appliance: what is installed, and how it is proved.
include systemd/systemd.mk packaging/package.mk packaging/images.mk stack/stack.mk packaging/bundle.mk e2e/appliance.mk

##@ The rest

.PHONY: clean
clean: ## Remove what was built (not ./data)
	rm -rf bin dist .cache web/node_modules
	find web/dist -mindepth 1 ! -name .keep -delete

.PHONY: help
help: ## Show this
	@awk 'BEGIN { FS = ":.*## " } \
		/^##@ / { printf "\n%s\n", substr($$0, 5) } \
		/^[a-zA-Z0-9_-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
