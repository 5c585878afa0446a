// Command go-ebpf is a small service that measures nothing itself: plain Go, no
// package of OpenTelemetry in it. Beyla watches it from outside of the process.
//
// It takes orders at /order and asks a second service for the price, which by
// default is its own /price.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"syscall"
	"time"
)

var prices = map[string]int{"tea": 3, "coffee": 4, "cake": 5}

func main() {
	if err := run(); err != nil {
		slog.Error("ended", "error", err)
		os.Exit(1)
	}
}

func run() error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	listener, err := net.Listen("tcp", environment("LISTEN", "127.0.0.1:8085"))
	if err != nil {
		return err
	}
	shop := shop{priceURL: environment("PRICE_URL", "http://"+listener.Addr().String()+"/price")}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /order", shop.order)
	mux.HandleFunc("GET /price", shop.price)
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
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

// shop takes orders and asks another service for the price.
type shop struct{ priceURL string }

func (s shop) order(w http.ResponseWriter, r *http.Request) {
	item := r.FormValue("item")
	price, err := s.ask(r.Context(), item)
	if err != nil {
		slog.Error("no price", "item", item, "error", err)
		http.Error(w, "no price for it", http.StatusBadGateway)
		return
	}
	reply(w, map[string]any{"item": item, "price": price})
}

// ask hands the request's context on: it is how Beyla knows which call belongs to
// which request.
func (s shop) ask(ctx context.Context, item string) (int, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.priceURL+"?item="+url.QueryEscape(item), nil)
	if err != nil {
		return 0, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return 0, fmt.Errorf("the price service answered %s", response.Status)
	}
	var answer struct{ Price int }
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return 0, err
	}
	return answer.Price, nil
}

func (s shop) price(w http.ResponseWriter, r *http.Request) {
	item := r.FormValue("item")
	price, ok := prices[item]
	if !ok {
		http.Error(w, "no such item", http.StatusNotFound)
		return
	}
	reply(w, map[string]any{"item": item, "price": price})
}

func reply(w http.ResponseWriter, body any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(body); err != nil {
		slog.Warn("answer not sent", "error", err)
	}
}

func environment(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}
