package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"
)

var prices = map[string]int{"tea": 3, "coffee": 4, "cake": 5}

// shop takes orders and asks another service for the price.
type shop struct {
	priceURL string
	client   *http.Client
	tracer   trace.Tracer
	orders   metric.Int64Counter
}

func newShop(priceURL string) (*shop, error) {
	orders, err := otel.Meter(name).Int64Counter("shop.orders",
		metric.WithDescription("Orders taken, by item."), metric.WithUnit("{order}"))
	if err != nil {
		return nil, err
	}
	return &shop{
		priceURL: priceURL,
		// The transport makes a span of each call and puts the trace into its headers.
		client: &http.Client{Transport: otelhttp.NewTransport(http.DefaultTransport)},
		tracer: otel.Tracer(name),
		orders: orders,
	}, nil
}

// handler makes a span of each request, named by its pattern.
func (s *shop) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /order", s.order)
	mux.HandleFunc("GET /price", s.price)
	return otelhttp.NewHandler(mux, "shop")
}

func (s *shop) order(w http.ResponseWriter, r *http.Request) {
	item := r.FormValue("item")
	price, err := s.ask(r.Context(), item)
	if err != nil {
		slog.ErrorContext(r.Context(), "no price", "item", item, "error", err)
		http.Error(w, "no price for it", http.StatusBadGateway)
		return
	}
	s.orders.Add(r.Context(), 1, metric.WithAttributes(attribute.String("item", item)))
	// With the request's context the line has the trace that it belongs to.
	slog.InfoContext(r.Context(), "order taken", "item", item, "price", price)
	reply(w, map[string]any{"item": item, "price": price})
}

// ask wraps the call in a span of its own: what a library does not see is told by hand.
func (s *shop) ask(ctx context.Context, item string) (price int, err error) {
	ctx, span := s.tracer.Start(ctx, "ask for the price", trace.WithAttributes(attribute.String("shop.item", item)))
	defer span.End()
	defer func() {
		if err != nil {
			span.RecordError(err)
			span.SetStatus(codes.Error, err.Error())
		}
	}()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.priceURL+"?item="+url.QueryEscape(item), nil)
	if err != nil {
		return 0, err
	}
	response, err := s.client.Do(request)
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

func (s *shop) price(w http.ResponseWriter, r *http.Request) {
	item := r.FormValue("item")
	price, ok := prices[item]
	if !ok {
		http.Error(w, "no such item", http.StatusNotFound)
		return
	}
	slog.InfoContext(r.Context(), "price asked", "item", item)
	reply(w, map[string]any{"item": item, "price": price})
}

func reply(w http.ResponseWriter, body any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(body); err != nil {
		slog.Warn("answer not sent", "error", err)
	}
}
