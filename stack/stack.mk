##@ Stack

.PHONY: stack-files
stack-files: ## Write the stack's files as the package installs them into dist/stack
	$(GO) run ./hack/stackfiles -to dist/stack -tag '$(IMAGE_TAG)'

# DOCKER may be podman, or docker with a context.
DOCKER ?= docker
.PHONY: pin-images
pin-images: ## Pull the stack's images and write their digests into .env (needs docker and a registry)
	DOCKER='$(DOCKER)' hack/pin-images .env.example .env
