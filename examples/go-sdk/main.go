// Command go-sdk is a small service that is instrumented with the OpenTelemetry
// SDK for Go: it makes traces, metrics and logs and sends them by OTLP over HTTP.
//
// It takes orders at /order and asks a second service for the price, which by
// default is its own /price. Both calls are in one trace.
package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	if err := run(); err != nil {
		slog.Error("ended", "error", err)
		os.Exit(1)
	}
}

func run() error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()

	flush, err := startTelemetry(ctx)
	if err != nil {
		return err
	}
	// What was measured last is sent before the program ends; where nobody takes
	// it, the end is not held up for long.
	defer func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := flush(ctx); err != nil {
			slog.Warn("the last telemetry was not sent", "error", err)
		}
	}()

	listener, err := net.Listen("tcp", environment("LISTEN", "127.0.0.1:8081"))
	if err != nil {
		return err
	}
	shop, err := newShop(environment("PRICE_URL", "http://"+listener.Addr().String()+"/price"))
	if err != nil {
		return err
	}
	server := &http.Server{Handler: shop.handler(), ReadHeaderTimeout: 5 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	slog.Info("listening", "address", listener.Addr().String())

	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	drain, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := server.Shutdown(drain); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return nil
}

func environment(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}
