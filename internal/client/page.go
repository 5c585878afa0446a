package client

import (
	"context"
	"encoding/json"
	"iter"
	"maps"
	"net/http"
	"net/url"
	"strconv"
)

// pageSize is what a list is asked for at a time: the most that the API allows.
const pageSize = 1000

// pages goes through a list of the API, whose items are in the field named things, page after
// page. The first error ends it.
func pages[T any](ctx context.Context, c *Client, path []string, query url.Values, things string) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		q := url.Values{}
		maps.Copy(q, query)
		q.Set("page_size", strconv.Itoa(pageSize))
		for {
			items, next, err := page[T](ctx, c, path, q, things)
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, item := range items {
				if !yield(item, nil) {
					return
				}
			}
			if next == "" {
				return
			}
			q.Set("page_token", next)
		}
	}
}

func page[T any](ctx context.Context, c *Client, path []string, query url.Values, things string) (items []T, next string, err error) {
	var answer map[string]json.RawMessage
	if _, err := c.do(ctx, call{method: http.MethodGet, path: path, query: query}, &answer); err != nil {
		return nil, "", err
	}
	if err := json.Unmarshal(answer[things], &items); err != nil {
		return nil, "", notOurs(c, err)
	}
	if token, ok := answer["next_page_token"]; ok {
		err = json.Unmarshal(token, &next)
	}
	return items, next, err
}

// Collect reads a list to its end. What came before an error is returned with it.
func Collect[T any](list iter.Seq2[T, error]) ([]T, error) {
	all := []T{}
	for item, err := range list {
		if err != nil {
			return all, err
		}
		all = append(all, item)
	}
	return all, nil
}
