##@ Browser

BROWSER_MODULES := e2e/browser/node_modules/.package-lock.json

# Debian's Chromium is the browser (make test-deps installs it): none is downloaded.
$(BROWSER_MODULES): e2e/browser/package.json e2e/browser/package-lock.json e2e/browser/.npmrc
	cd e2e/browser && PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 $(NPM) ci --no-audit --no-fund --loglevel=error
	@touch $@

.PHONY: browser-fleet
browser-fleet:
	$(GO) build -o bin/browser-fleet ./e2e/browser/fleet

.PHONY: test-browser
test-browser: test-deps build browser-fleet collector $(BROWSER_MODULES) ## Drive the dashboard in a real browser (RUN='agents' for the tests with that in their names)
	cd e2e/browser && $(NPM) run --silent check
	cd e2e/browser && $(NPM) test --silent -- $(if $(RUN),--grep '$(RUN)')

.PHONY: screenshots
screenshots: test-deps build browser-fleet collector $(BROWSER_MODULES) ## Take the pictures of docs/screenshots anew
	cd e2e/browser && SCREENSHOTS=../../docs/screenshots $(NPM) test --silent -- --config screenshots.config.ts
