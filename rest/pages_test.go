package rest_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/ollystack/control-plane/fleet"
)

// walk follows a list from page to page and returns one field of every item; between is called before each page but the first.
func (w *world) walk(path, list, field string, query url.Values, between func(page int)) []string {
	w.t.Helper()
	var out []string
	for page := 1; page < 100; page++ {
		d := w.do("GET", path+"?"+query.Encode(), nil).want(http.StatusOK)
		out = append(out, d.texts(list, field)...)
		if d.at("next_page_token") == nil {
			return out
		}
		query.Set("page_token", d.text("next_page_token"))
		if between != nil {
			between(page)
		}
	}
	w.t.Fatalf("GET %s?%s has no last page", path, query.Encode())
	return nil
}

func TestPageTokenSurvivesChanges(t *testing.T) {
	for _, order := range []string{"", "id", "id desc", "first_seen_at", "first_seen_at desc"} {
		t.Run(order, func(t *testing.T) {
			w := newWorld(t)
			for n := range 20 {
				a := w.connect(2 * n)
				if n%5 == 4 {
					a.leave()
				}
			}
			forgotten := map[string]bool{}
			query := url.Values{"page_size": {"3"}}
			if order != "" {
				query.Set("order_by", order)
			}
			got := w.walk("/api/v1/agents", "agents", "id", query, func(page int) {
				w.connect(2*page + 1) // comes in between
				switch page {
				case 1, 3: // goes, wherever the list stands
					gone := uidOf(2 * (4 + 5*page)).String()
					w.do("DELETE", "/api/v1/agents/"+gone, nil).want(http.StatusNoContent)
					forgotten[gone] = true
				case 2:
					w.do("PATCH", "/api/v1/agents/host-4", `{"labels":{"name":"zzz"}}`).want(http.StatusOK)
				}
			})
			seen := map[string]int{}
			for _, id := range got {
				seen[id]++
			}
			for id, times := range seen {
				if times != 1 {
					t.Errorf("agent %s is listed %d times, want once", id, times)
				}
			}
			for n := range 20 {
				if id := uidOf(2 * n).String(); !forgotten[id] && seen[id] == 0 {
					t.Errorf("agent %s existed throughout and is left out", id)
				}
			}
		})
	}
}

func TestConfigPages(t *testing.T) {
	w := newWorld(t)
	for n := range 7 {
		w.create(map[string]any{"name": fmt.Sprintf("c%d", n)})
	}
	for _, order := range []string{"id", "created_at desc", "name", "priority", "updated_at"} {
		got := w.walk("/api/v1/configs", "configs", "name", url.Values{"page_size": {"2"}, "order_by": {order}}, nil)
		slices.Sort(got)
		if strings.Join(got, " ") != "c0 c1 c2 c3 c4 c5 c6" {
			t.Errorf("pages of GET /configs?order_by=%s = %q, want each of the seven once", order, got)
		}
	}
	first := w.do("GET", "/api/v1/configs?page_size=2", nil).want(http.StatusOK)
	first.is("total_size", 7)
	// A token belongs to the order that it was given in.
	w.do("GET", "/api/v1/configs?order_by=name&page_token="+first.text("next_page_token"), nil).problem(http.StatusBadRequest, "page_token")
}

func TestPageSizes(t *testing.T) {
	w := newWorld(t)
	for n := range 1003 {
		w.connect(n)
	}
	for query, want := range map[string]int{"": 100, "?page_size=1": 1, "?page_size=1000": 1000} {
		d := w.do("GET", "/api/v1/agents"+query, nil).want(http.StatusOK)
		if got := len(d.list("agents")); got != want {
			t.Errorf("GET /agents%s = %d agents, want %d", query, got, want)
		}
		d.is("total_size", 1003)
	}
	if got := w.walk("/api/v1/agents", "agents", "id", url.Values{"page_size": {"1000"}}, nil); len(got) != 1003 {
		t.Errorf("pages of GET /agents = %d agents, want 1003", len(got))
	}
}

func TestEmptyListsAreLists(t *testing.T) {
	w := newWorld(t)
	for _, name := range []string{"agents", "configs", "tokens"} {
		d := w.do("GET", "/api/v1/"+name, nil).want(http.StatusOK)
		d.is(name, []any{})
		d.is("total_size", 0)
		d.is("next_page_token", nil)
	}
}

func TestTokenPages(t *testing.T) {
	w := newWorld(t)
	for n := range 7 {
		if _, _, err := w.fleet.CreateToken(t.Context(), fmt.Sprintf("t%d", n), fleet.RoleRead); err != nil {
			t.Fatalf("CreateToken() = %v", err)
		}
	}
	up := w.walk("/api/v1/tokens", "tokens", "name", url.Values{"page_size": {"3"}}, nil)
	down := w.walk("/api/v1/tokens", "tokens", "name", url.Values{"page_size": {"3"}, "order_by": {"id desc"}}, nil)
	if strings.Join(up, " ") != "t0 t1 t2 t3 t4 t5 t6" || strings.Join(down, " ") != "t6 t5 t4 t3 t2 t1 t0" {
		t.Errorf("pages of GET /tokens = %q and, descending, %q, want t0 to t6 and t6 to t0", up, down)
	}
}
