module github.com/ollystack/control-plane/examples/go-ebpf

go 1.26.0
