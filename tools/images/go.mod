// The tool that makes the container images without a Docker Engine. A module of its
// own, so that its requirements never reach the product's go.mod.
module github.com/ollystack/control-plane/tools/images

go 1.26.0

require github.com/google/go-containerregistry v0.22.1

require (
	github.com/klauspost/compress v1.19.2 // indirect
	github.com/opencontainers/go-digest v1.0.0 // indirect
	github.com/opencontainers/image-spec v1.1.1 // indirect
)
