##@ Packages

# What packages and images are built for: amd64 or arm64.
ARCH ?= amd64
PACKAGES_DIR ?= dist/packages
# A key of gpg's keyring (GNUPGHOME) to sign with; without one nothing is signed.
GPG_KEY ?=
ifeq ($(origin PACKAGE_VERSION),undefined)
PACKAGE_VERSION := $(shell hack/package-version)
endif
ifeq ($(origin SOURCE_DATE_EPOCH),undefined)
SOURCE_DATE_EPOCH := $(shell hack/package-version --epoch)
endif
# What an image's tag may not contain.
IMAGE_TAG := $(subst +,-,$(subst ~,-,$(PACKAGE_VERSION)))
PACKAGING = ARCH='$(ARCH)' PACKAGE_VERSION='$(PACKAGE_VERSION)' SOURCE_DATE_EPOCH='$(SOURCE_DATE_EPOCH)' GPG_KEY='$(GPG_KEY)' \
	MAN='$(MAN_DIR)' COMPLETION='$(COMPLETION_DIR)'

NFPM := .cache/tools/nfpm
CYCLONEDX := .cache/tools/cyclonedx-gomod
TIDY_MODULES += tools/package

# The programs as they are packed: without cgo, so that they run on every Linux and in an
# empty container, and the same bytes wherever they are built.
LINUX_BIN := bin/linux-$(ARCH)
GO_LINUX = CGO_ENABLED=0 GOOS=linux GOARCH=$(ARCH) $(GO)

# The manual pages are of the version that is packed.
packages: VERSION = $(PACKAGE_VERSION)
.PHONY: packages
packages: man completion stack-files linux-ollystack linux-ollystack-collector $(LINUX_BIN)/opampsupervisor $(LINUX_BIN)/otelcol-ollystack $(NFPM) $(CYCLONEDX) ## Build .deb, .rpm, tarballs and bills of materials for ARCH (amd64) into dist/packages, signed with GPG_KEY if given
	$(PACKAGING) packaging/package/build '$(PACKAGES_DIR)'
	$(PACKAGING) packaging/package/repository '$(PACKAGES_DIR)'

.PHONY: repository
repository: ## Make dist/packages an apt and a yum repository again, whatever is in it
	$(PACKAGING) packaging/package/repository '$(PACKAGES_DIR)'

# lintian would have a signature at another place than debsig-verify, and version numbers that
# do not name a commit. What packaging/package/lint/cpio is for is said there.
.PHONY: lint-packages
lint-packages: ## Check the packages in dist/packages with lintian and rpmlint, and their scripts
	shellcheck --shell=sh packaging/control-plane/deb/* packaging/control-plane/rpm/* packaging/collector/deb/* packaging/collector/rpm/*
	lintian --allow-root --fail-on error,warning --suppress-tags misplaced-extra-member-in-deb,package-has-long-file-name '$(PACKAGES_DIR)'/*.deb
	PATH='$(CURDIR)/packaging/package/lint':"$$PATH" rpmlint --strict --config packaging/rpmlint.toml '$(PACKAGES_DIR)'/*.rpm

.PHONY: check-release
check-release: ## Build packages and images twice, in two places, for both architectures, and compare them (long)
	@hack/check-release

.PHONY: linux-ollystack
linux-ollystack: web
	$(GO_LINUX) build -trimpath -ldflags '-s -w -X main.version=$(PACKAGE_VERSION) -X main.commit=$(COMMIT)' -o $(LINUX_BIN)/ollystack ./cmd/ollystack

.PHONY: linux-ollystack-collector
linux-ollystack-collector:
	$(GO_LINUX) build -trimpath -ldflags '-s -w -X main.version=$(PACKAGE_VERSION)' -o $(LINUX_BIN)/ollystack-collector ./cmd/ollystack-collector

$(LINUX_BIN)/opampsupervisor: tools/collector/go.mod tools/collector/go.sum
	$(GO_LINUX) -C tools/collector build -trimpath -ldflags '-s -w' -o '$(abspath $@)' \
		github.com/open-telemetry/opentelemetry-collector-contrib/cmd/opampsupervisor

# For this machine's own kind, the one that `make collector` builds is the same.
ifeq ($(ARCH),$(shell $(GO) env GOHOSTARCH))
$(LINUX_BIN)/otelcol-ollystack: $(COLLECTOR)
	mkdir -p $(@D)
	cp -f $< $@
else
$(LINUX_BIN)/otelcol-ollystack: packaging/collector/builder.yaml packaging/collector/_otelcol/validate.go $(BUILDER)
	$(BUILDER) --config packaging/collector/builder.yaml --skip-compilation
	cp packaging/collector/_otelcol/validate.go .cache/otelcol-ollystack/
	$(GO_LINUX) -C .cache/otelcol-ollystack build -trimpath -ldflags '-s -w' -o '$(abspath $@)' .
endif

$(NFPM): tools/package/go.mod tools/package/go.sum
	$(GO) -C tools/package build -trimpath -ldflags '-s -w' -o '$(abspath $@)' github.com/goreleaser/nfpm/v2/cmd/nfpm

# Without cgo, since its own checksum is in what it writes.
$(CYCLONEDX): tools/package/go.mod tools/package/go.sum
	CGO_ENABLED=0 $(GO) -C tools/package build -trimpath -ldflags '-s -w' -o '$(abspath $@)' github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod
