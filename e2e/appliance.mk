##@ Appliance

# The packages of end-to-end tests that need root, a booted Debian or a Docker Engine.
APPLIANCE_TESTS :=
