##@ Packages
