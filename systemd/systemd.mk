##@ Pages and completion
