##@ Images
