##@ Stack
