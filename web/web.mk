##@ Dashboard

NPM ?= npm
NODE ?= node
# WEB=no builds without the dashboard, where Node.js is there and nothing can be fetched.
WEB ?= yes

comma := ,
WEB_MODULES := web/node_modules/.package-lock.json
WEB_PAGE := web/dist/index.html
WEB_SOURCES = $(shell find web/src web/public web/scripts -type f ! -name '*.gen.ts' ! -name '*.test.ts' ! -name '*.test.tsx') \
	web/index.html web/package.json web/vite.config.ts web/tsconfig.json rest/openapi.yaml

# Whether the dashboard can be built, in a word; what is said where it cannot.
WEB_CAN := $(if $(filter no,$(WEB)),no,$(shell [ "$$($(NODE) -p 'process.versions.node.split(".")[0]' 2>/dev/null || echo 0)" -ge 20 ] && command -v $(NPM) >/dev/null && echo yes || echo no))

.PHONY: web
ifeq ($(WEB_CAN),yes)
web: $(WEB_PAGE) ## Build the dashboard that goes into the binary (needs Node.js 20 or later)
else
web:
	@echo 'The dashboard is not built: $(if $(filter no,$(WEB)),WEB=no,there is no Node.js 20 or later with npm). $(if $(wildcard $(WEB_PAGE)),What web/dist holds from before goes into the binary.,The binary says so on its page$(comma) and serves the API all the same.)' >&2
endif

$(WEB_MODULES): web/package.json web/package-lock.json web/.npmrc
	cd web && $(NPM) ci --no-audit --no-fund --loglevel=error
	@touch $@

$(WEB_PAGE): $(WEB_MODULES) $(WEB_SOURCES)
	cd web && $(NPM) run --silent build -- --logLevel warn
	@touch $@

.PHONY: test-web
test-web: $(WEB_PAGE) ## Test the dashboard's parts, types, style, and the size of its first page
	cd web && $(NPM) run --silent typecheck
	cd web && $(NPM) run --silent lint
	cd web && $(NPM) test --silent
