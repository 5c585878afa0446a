##@ Appliance

# The packages of end-to-end tests that need root, a booted Debian or a Docker Engine,
# and the targets that build what they install. One package after another: two of them
# would each take the machine's two cores for granted.
APPLIANCE_TESTS := ./e2e/boot ./e2e/packages ./e2e/stack ./e2e/engine ./e2e/beside ./e2e/bundle ./e2e/examples
COMPOSE := .cache/tools/docker-compose
APPLIANCE_NEEDS := shellcheck build collector packages images stack-files lint-packages test-images stand-ins $(COMPOSE)

TIDY_MODULES += tools/versitygw tools/compose

# docker compose 2, which Debian 12 does not have: the stack is started by it and by docker-compose 1.29.
$(COMPOSE): tools/compose/go.mod tools/compose/go.sum
	CGO_ENABLED=0 $(GO) -C tools/compose build -trimpath -ldflags '-s -w' -o '$(abspath $@)' github.com/docker/compose/v2/cmd

.PHONY: e2e-appliance
e2e-appliance: appliance-deps ## Prove the appliance: booted, installed, upgraded (root, Debian; RUN=TestInstall for one story)
	$(MAKE) $(APPLIANCE_NEEDS)
	$(GO) test -count=1 -p 1 -timeout 50m -tags appliance $(if $(RUN),-run '$(RUN)' -v) $(APPLIANCE_TESTS)

# Made before the tests, since some of them run where there is no network.
.PHONY: stand-ins
stand-ins: ## Make the images that stand in for the stack's in tests, where they are not in the cache
	$(GO) run ./e2e/images/build

.PHONY: appliance-deps
appliance-deps: ## Install what the appliance's tests need beside Go
	@hack/appliance-deps

# A script is what git knows, or would add, and starts with a shell's name.
.PHONY: shellcheck
shellcheck: ## Check every shell script of the repository
	@scripts="$$(git ls-files -z --cached --others --exclude-standard | xargs -0 grep -lE -m1 '^#!.*[/ ](ba|da)?sh\b' --)"; \
	[ -n "$$scripts" ] || { echo "no scripts found: is this a git checkout?" >&2; exit 1; }; \
	shellcheck --external-sources $$scripts
