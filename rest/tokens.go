package rest

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/ollystack/control-plane/fleet"
)

// token is a credential as the API shows it. Text is there once: in the answer that makes it.
type token struct {
	ID        string     `json:"id"`
	Name      string     `json:"name"`
	Role      fleet.Role `json:"role"`
	CreatedAt time.Time  `json:"created_at"`
	Text      string     `json:"token,omitempty"`
}

type tokenList struct {
	Tokens []token `json:"tokens"`
	Total  int     `json:"total_size"`
	Next   string  `json:"next_page_token,omitempty"`
}

func newToken(t *fleet.Token) token {
	return token{ID: t.ID, Name: t.Name, Role: t.Role, CreatedAt: t.CreatedAt.UTC()}
}

// listTokens pages here: there are as many as an operator has made by hand, and
// the fleet gives them all at once. The page token is the last id of the page before.
func (a *api) listTokens(r *http.Request) (reply, error) {
	q := queryOf(r)
	page := q.page()
	descending := page.OrderBy == "id desc"
	if page.OrderBy != "" && page.OrderBy != "id" && !descending {
		q.wrong("order_by", "id or id desc")
	}
	if err := q.err(); err != nil {
		return reply{}, err
	}
	if page.Size == 0 {
		page.Size = defaultPageSize
	}
	all := a.fleet.Tokens()
	slices.SortFunc(all, func(x, y fleet.Token) int {
		if descending {
			x, y = y, x
		}
		return strings.Compare(x.ID, y.ID)
	})
	list := tokenList{Tokens: []token{}, Total: len(all)}
	for _, t := range all {
		if page.Token != "" && (t.ID == page.Token || t.ID < page.Token != descending) {
			continue
		}
		if len(list.Tokens) == page.Size {
			list.Next = list.Tokens[page.Size-1].ID
			break
		}
		list.Tokens = append(list.Tokens, newToken(&t))
	}
	return reply{body: list}, nil
}

func (a *api) findToken(r *http.Request) (fleet.Token, error) {
	id := pathVar(r, "id")
	for _, t := range a.fleet.Tokens() {
		if t.ID == id {
			return t, nil
		}
	}
	return fleet.Token{}, fleet.Errorf(fleet.NotFound, "there is no token %q", id)
}

func (a *api) getToken(r *http.Request) (reply, error) {
	t, err := a.findToken(r)
	if err != nil {
		return reply{}, err
	}
	return reply{etag: t.ID, body: newToken(&t)}, nil // it never changes
}

func (a *api) createToken(r *http.Request) (reply, error) {
	body, err := a.jsonBody(r, jsonTypes...)
	if err != nil {
		return reply{}, err
	}
	var name, role string
	body.text("name", &name)
	body.text("role", &role)
	body.ignore("id", "created_at")
	if err := body.done(); err != nil {
		return reply{}, err
	}
	if err := checkMatch(r, noTag); err != nil {
		return reply{}, err
	}
	t, text, err := a.fleet.CreateToken(r.Context(), name, fleet.Role(role))
	if err != nil {
		return reply{}, err
	}
	out := newToken(&t)
	out.Text = text
	return reply{
		status: http.StatusCreated, location: Base + "/tokens/" + url.PathEscape(t.ID), etag: t.ID, body: out,
	}, nil
}

func (a *api) deleteToken(r *http.Request) (reply, error) {
	t, err := a.findToken(r)
	if err != nil {
		return reply{}, err
	}
	if err := checkMatch(r, t.ID); err != nil {
		return reply{}, err
	}
	if err := a.fleet.RevokeToken(r.Context(), t.ID); err != nil {
		return reply{}, err
	}
	a.access.sessions.endOf(t.ID) // their streams of events too, at once
	return reply{status: http.StatusNoContent}, nil
}
