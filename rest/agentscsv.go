package rest

import (
	"compress/gzip"
	"encoding/csv"
	"io"
	"iter"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/ollystack/control-plane/fleet"
)

const csvType = "text/csv"

// csvRows is how many rows a client must accept within writePatience.
const csvRows = 250

// agentColumns are the columns of the agents as CSV, and what is in each.
var agentColumns = []struct {
	name string
	cell func(*fleet.AgentView) string
}{
	{"id", func(v *fleet.AgentView) string { return v.Agent.UID.String() }},
	{"name", func(v *fleet.AgentView) string { return v.Agent.Name() }},
	{"type", func(v *fleet.AgentView) string { return v.Agent.Type() }},
	{"version", func(v *fleet.AgentView) string { return v.Agent.Version() }},
	{"status", func(v *fleet.AgentView) string { return string(v.Status) }},
	{"connected", func(v *fleet.AgentView) string { return strconv.FormatBool(v.Connected) }},
	{"config", func(v *fleet.AgentView) string { return v.Config.Name }},
	{"config_version", func(v *fleet.AgentView) string { return numberCell(v.Config.Version) }},
	{"config_status", func(v *fleet.AgentView) string { return string(v.Config.State) }},
	{"config_error", func(v *fleet.AgentView) string { return v.Config.Error }},
	{"labels", func(v *fleet.AgentView) string { return pairsCell(v.Agent.Labels) }},
	{"host", func(v *fleet.AgentView) string { host, _ := v.Agent.Description.Get("host.name"); return host }},
	{"remote_address", func(v *fleet.AgentView) string { return v.Agent.RemoteAddress }},
	{"first_seen_at", func(v *fleet.AgentView) string { return timeCell(v.Agent.FirstSeenAt) }},
	{"last_seen_at", func(v *fleet.AgentView) string { return timeCell(v.Agent.LastSeenAt) }},
}

// agentsCSV streams every agent that the filters take (RFC 4180). However many
// there are, and however slowly the client takes them, agents are not kept waiting.
func (a *api) agentsCSV(x *exchange, r *http.Request) error {
	q := queryOf(r)
	want := agentQuery(q)
	if q.has("page_size") || q.has("page_token") {
		return fleet.Errorf(fleet.Invalid, "parameters \"page_size\" and \"page_token\" are for JSON: as CSV every agent that matches is in one answer")
	}
	if err := q.err(); err != nil {
		return err
	}
	agents, err := a.fleet.AllAgents(want)
	if err != nil {
		return err
	}
	h := x.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Type", "text/csv; charset=utf-8; header=present")
	h.Set("Content-Disposition", `attachment; filename="agents.csv"`)
	h.Add("Vary", "Accept, Accept-Encoding")
	z := io.WriteCloser(plain{x})
	if wantsGzip(r) {
		h.Set("Content-Encoding", "gzip")
		z, _ = gzip.NewWriterLevel(x, gzip.BestSpeed) // the level is a valid one
	}
	x.WriteHeader(http.StatusOK)
	if r.Method == http.MethodHead {
		return nil
	}
	rc := http.NewResponseController(x)
	patient := func() { _ = rc.SetWriteDeadline(time.Now().Add(writePatience)) } // fails only where there is no connection
	// Where it cannot be written, the client has gone or does not read. What could
	// be is without a deadline again: a proxy may use the connection for somebody else next.
	if writeAgents(z, agents, patient) == nil && z.Close() == nil && rc.Flush() == nil {
		_ = rc.SetWriteDeadline(time.Time{})
	}
	return nil
}

// writeAgents writes a header and a row for each agent; more is called before each of some rows.
func writeAgents(out io.Writer, agents iter.Seq[fleet.AgentView], more func()) error {
	table := csv.NewWriter(out)
	table.UseCRLF = true
	record := make([]string, len(agentColumns))
	for i, column := range agentColumns {
		record[i] = column.name
	}
	more()
	_ = table.Write(record) // an error stays, for Error
	n := 0
	for v := range agents {
		if n++; n%csvRows == 0 {
			more()
		}
		for i, column := range agentColumns {
			record[i] = harmless(column.cell(&v))
		}
		if err := table.Write(record); err != nil {
			return err
		}
	}
	table.Flush()
	return table.Error()
}

// plain is a writer that needs no closing.
type plain struct{ io.Writer }

func (plain) Close() error { return nil }

// formulaStarts are what a cell must not begin with: what begins a formula, as ASCII and in the full width that some
// spreadsheets take for the same, and the characters that they skip before it (OWASP, CSV Injection).
const formulaStarts = "=+-@\t\r\n＝＋－＠"

// harmless keeps a spreadsheet from taking what an agent says of itself for a formula.
func harmless(cell string) string {
	if first, _ := utf8.DecodeRuneInString(cell); cell != "" && strings.ContainsRune(formulaStarts, first) {
		return "'" + cell
	}
	return cell
}

func numberCell(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func timeCell(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// pairsCell is a set of labels as key=value, by key, joined by commas. A pair
// that has a comma or a quote of its own is quoted, as a cell would be.
func pairsCell(labels map[string]string) string {
	var b strings.Builder
	for i, key := range slices.Sorted(maps.Keys(labels)) {
		if i > 0 {
			b.WriteByte(',')
		}
		pair := key + "=" + labels[key]
		if strings.ContainsAny(pair, `,"`) {
			pair = `"` + strings.ReplaceAll(pair, `"`, `""`) + `"`
		}
		b.WriteString(pair)
	}
	return b.String()
}

// wantsCSV reports whether the request asks for CSV by name, and rather than for JSON (RFC 9110, section 12.5.1).
func wantsCSV(r *http.Request) bool {
	var asCSV, asJSON float64
	for _, header := range r.Header.Values("Accept") {
		for item := range strings.SplitSeq(header, ",") {
			mediaType, params, _ := strings.Cut(item, ";")
			switch strings.ToLower(strings.TrimSpace(mediaType)) {
			case csvType:
				asCSV = quality(params)
			case "application/json":
				asJSON = quality(params)
			}
		}
	}
	return asCSV > asJSON
}
