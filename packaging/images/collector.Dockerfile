# The collector under its supervisor, built from this checkout: docker build -f packaging/images/collector.Dockerfile .
# The last stage is also what `make images` reads: it makes the same image without a Docker Engine.
ARG GO_IMAGE=golang:1.26-bookworm
FROM ${GO_IMAGE} AS build
ARG VERSION=devel
ENV CGO_ENABLED=0 GOFLAGS=-buildvcs=false
WORKDIR /src
# The long part, which a change of our own code does not repeat.
COPY tools/collector tools/collector
RUN go -C tools/collector build -trimpath -ldflags '-s -w' -o /programs/opampsupervisor \
	github.com/open-telemetry/opentelemetry-collector-contrib/cmd/opampsupervisor
COPY packaging/collector packaging/collector
RUN go -C tools/collector build -trimpath -o /usr/local/bin/builder go.opentelemetry.io/collector/cmd/builder
RUN mkdir -p .cache && builder --config packaging/collector/builder.yaml --skip-compilation && cp packaging/collector/_otelcol/validate.go .cache/otelcol-ollystack/
RUN go -C .cache/otelcol-ollystack build -trimpath -ldflags '-s -w' -o /programs/otelcol-ollystack .
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN go build -trimpath -ldflags "-s -w -X main.version=${VERSION}" -o /programs/ollystack-collector ./cmd/ollystack-collector
RUN packaging/images/root collector /programs /image

FROM scratch
COPY --from=build /image/root/ /
COPY --from=build --chown=65532:65532 /image/state/ /var/lib/
LABEL org.opencontainers.image.title="OllyStack collector"
LABEL org.opencontainers.image.description="An OpenTelemetry Collector under the OpAMP supervisor, managed by OllyStack Control Plane"
LABEL org.opencontainers.image.source="https://github.com/ollystack/control-plane"
LABEL org.opencontainers.image.licenses="Apache-2.0"
ENV PATH=/usr/bin
# gRPC would ask the name server for settings of each endpoint (TXT _grpc_config.NAME): a
# question that leaves the machine, and whose answer nobody here means to obey.
ENV GRPC_ENABLE_TXT_SERVICE_CONFIG=false
USER 65532:65532
WORKDIR /var/lib/ollystack-collector
VOLUME ["/var/lib/ollystack-collector"]
EXPOSE 4317 4318 13133
# The supervisor stops its collector on SIGINT, and only on SIGINT.
STOPSIGNAL SIGINT
ENTRYPOINT ["/usr/bin/ollystack-collector"]
CMD ["run"]
