# The control plane, built from this checkout: docker build -f packaging/images/control-plane.Dockerfile .
# The last stage is also what `make images` reads: it makes the same image without a Docker Engine.
ARG GO_IMAGE=golang:1.26-bookworm
FROM ${GO_IMAGE} AS build
ARG VERSION=devel
ENV CGO_ENABLED=0 GOFLAGS=-buildvcs=false
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN go build -trimpath -ldflags "-s -w -X main.version=${VERSION}" -o /programs/ollystack ./cmd/ollystack
RUN packaging/images/root control-plane /programs /image

FROM scratch
COPY --from=build /image/root/ /
COPY --from=build --chown=65532:65532 /image/state/ /var/lib/
LABEL org.opencontainers.image.title="OllyStack Control Plane"
LABEL org.opencontainers.image.description="A self-hosted OpAMP server that manages OpenTelemetry Collectors"
LABEL org.opencontainers.image.source="https://github.com/ollystack/control-plane"
LABEL org.opencontainers.image.licenses="Apache-2.0"
ENV PATH=/usr/bin
ENV OLLYSTACK_LISTEN=0.0.0.0:4320
ENV OLLYSTACK_DATA_DIR=/var/lib/ollystack
USER 65532:65532
WORKDIR /var/lib/ollystack
VOLUME ["/var/lib/ollystack"]
EXPOSE 4320
HEALTHCHECK --interval=10s --timeout=6s --start-period=60s --retries=6 CMD ["/usr/bin/ollystack", "healthcheck"]
ENTRYPOINT ["/usr/bin/ollystack"]
CMD ["serve"]
