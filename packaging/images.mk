##@ Images

IMAGES_DIR ?= dist/images
IMAGES_TOOL := .cache/tools/images
TIDY_MODULES += tools/images
# The authorities that the images trust. Two machines make the same image where they have the same list.
CA_CERTIFICATES ?= /etc/ssl/certs/ca-certificates.crt

CONTROL_PLANE_IMAGE = $(IMAGES_DIR)/ollystack-control-plane_$(IMAGE_TAG)_$(ARCH).tar
COLLECTOR_IMAGE_TAR = $(IMAGES_DIR)/ollystack-collector_$(IMAGE_TAG)_$(ARCH).tar

.PHONY: images
images: image-control-plane image-collector ## Make the container images for ARCH (amd64) into dist/images, for docker load; no Docker Engine is needed
	cd '$(IMAGES_DIR)' && sha256sum ./*.tar >SHA256SUMS
	$(if $(GPG_KEY),cd '$(IMAGES_DIR)' && gpg --batch --yes --armor --local-user '$(GPG_KEY)' --detach-sign SHA256SUMS)

.PHONY: image-control-plane
image-control-plane: linux-ollystack $(IMAGES_TOOL)
	$(call make-image,control-plane,$(CONTROL_PLANE_IMAGE))

.PHONY: image-collector
image-collector: linux-ollystack-collector $(LINUX_BIN)/opampsupervisor $(LINUX_BIN)/otelcol-ollystack $(IMAGES_TOOL)
	$(call make-image,collector,$(COLLECTOR_IMAGE_TAR))

define make-image
	mkdir -p '$(dir $(2))'
	CA_CERTIFICATES='$(CA_CERTIFICATES)' packaging/images/root $(1) '$(LINUX_BIN)' '.cache/images/$(1)-$(ARCH)'
	SOURCE_DATE_EPOCH='$(SOURCE_DATE_EPOCH)' $(IMAGES_TOOL) -dockerfile packaging/images/$(1).Dockerfile -image '.cache/images/$(1)-$(ARCH)' \
		-arch '$(ARCH)' -version '$(PACKAGE_VERSION)' -revision '$(COMMIT)' -tag 'ollystack/$(1):$(IMAGE_TAG)' -output '$(2)'
	@echo 'ollystack/$(1):$(IMAGE_TAG) for $(ARCH) is in $(2)'
endef

$(IMAGES_TOOL): $(wildcard tools/images/*.go) tools/images/go.mod tools/images/go.sum
	$(GO) -C tools/images build -trimpath -o '$(abspath $@)' .

# The images' tool has tests of its own, in a module that `go test ./...` does not reach.
.PHONY: test-images
test-images: ## Test the tool that makes the images
	$(GO) -C tools/images test ./...


# `enrol` and `run`, which end-to-end tests start.
.PHONY: collector-program
collector-program: ## Build bin/ollystack-collector
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '-s -w -X main.version=$(VERSION)' -o bin/ollystack-collector ./cmd/ollystack-collector

test test-e2e: collector-program
