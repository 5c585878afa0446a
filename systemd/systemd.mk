##@ Pages and completion

MAN_DIR ?= dist/man
COMPLETION_DIR ?= dist/completion

.PHONY: man
man: build ## Write the manual pages into dist/man, with the date in SOURCE_DATE_EPOCH
	rm -rf '$(MAN_DIR)'
	SOURCE_DATE_EPOCH='$(SOURCE_DATE_EPOCH)' bin/ollystack man '$(MAN_DIR)'

.PHONY: completion
completion: build ## Write the completion of bash, zsh and fish into dist/completion
	rm -rf '$(COMPLETION_DIR)'
	mkdir -p '$(COMPLETION_DIR)'/bash '$(COMPLETION_DIR)'/zsh '$(COMPLETION_DIR)'/fish
	bin/ollystack completion bash >'$(COMPLETION_DIR)/bash/ollystack'
	bin/ollystack completion zsh >'$(COMPLETION_DIR)/zsh/_ollystack'
	bin/ollystack completion fish >'$(COMPLETION_DIR)/fish/ollystack.fish'
