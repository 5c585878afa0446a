##@ Offline bundle

# The profiles of the stack whose images go into the bundle; STACK=no leaves all images out.
BUNDLE_PROFILES ?= ebpf longterm
STACK ?= yes

.PHONY: bundle
bundle: packages $(if $(filter yes,$(STACK)),images stack-files) ## One file with packages, images and install.sh, for machines without internet
	GPG_KEY='$(GPG_KEY)' STACK='$(STACK)' BUNDLE_PROFILES='$(BUNDLE_PROFILES)' SOURCE_DATE_EPOCH='$(SOURCE_DATE_EPOCH)' \
		packaging/bundle/make-bundle '$(PACKAGE_VERSION)' '$(ARCH)'
