##@ Offline bundle
