package rest_test

import (
	"net/http"
	"testing"
)

func TestAgentIsShownWhole(t *testing.T) {
	w := newWorld(t)
	w.connect(1)
	d := w.do("GET", "/api/v1/agents/host-1", nil).want(http.StatusOK)
	d.is("id", uidOf(1).String())
}
