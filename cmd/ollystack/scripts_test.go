//go:build unix

package main

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/gorilla/websocket"
	"github.com/open-telemetry/opamp-go/protobufs"
	"github.com/rogpeppe/go-internal/testscript"
	"google.golang.org/protobuf/proto"
)

// TestScripts runs testdata/scripts, each with a server of its own, whose flags are on
// the script's first line: "# serve --guard-max-agents 1". Beside the usual commands there are
//
//	code N ollystack ...      the exit code is N
//	agent NAME KEY=VALUE...   an agent that accepts configurations connects and stays
func TestScripts(t *testing.T) {
	t.Parallel()
	scripts, err := filepath.Glob("testdata/scripts/*.txtar")
	if err != nil || len(scripts) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, script := range scripts {
		t.Run(filepath.Base(script), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(script)
			if err != nil {
				t.Fatal(err)
			}
			first, _, _ := strings.Cut(string(text), "\n")
			flags, ok := strings.CutPrefix(first, "# serve")
			if !ok {
				t.Fatalf("%s begins %q, want # serve and the server's flags", script, first)
			}
			p := startProcess(t, strings.Fields(flags)...)
			testscript.Run(t, testscript.Params{
				Files: []string{script}, UpdateScripts: *update, RequireExplicitExec: true,
				Setup: func(env *testscript.Env) error {
					env.Setenv("OLLYSTACK_SERVER", p.url)
					env.Setenv("OLLYSTACK_CONFIG", os.DevNull)
					env.Setenv("TOKENS", p.dir) // where the first tokens are
					return nil
				},
				Cmds: map[string]func(*testscript.TestScript, bool, []string){
					"code": exitsWith,
					"agent": func(ts *testscript.TestScript, _ bool, args []string) {
						ts.Check(connectAgent(t, p, args[0], args[1:]))
					},
				},
			})
		})
	}
}

// exitsWith runs a command that has to end with the given code.
func exitsWith(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	err = ts.Exec(args[1], args[2:]...)
	if failed, ok := errors.AsType[*exec.ExitError](err); ok {
		got, err = failed.ExitCode(), nil
	}
	ts.Check(err)
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// connectAgent connects an agent that accepts configurations and does nothing with them,
// and waits until the server shows it.
func connectAgent(t *testing.T, p *process, name string, attributes []string) error {
	ws, res, err := websocket.DefaultDialer.DialContext(t.Context(), "ws"+strings.TrimPrefix(p.url, "http")+"/v1/opamp", nil)
	if err != nil {
		return err
	}
	res.Body.Close()
	t.Cleanup(func() { ws.Close() })
	uid, err := uuid.NewV7()
	if err != nil {
		return err
	}
	attribute := func(key, value string) *protobufs.KeyValue {
		return &protobufs.KeyValue{Key: key, Value: &protobufs.AnyValue{Value: &protobufs.AnyValue_StringValue{StringValue: value}}}
	}
	description := &protobufs.AgentDescription{IdentifyingAttributes: []*protobufs.KeyValue{attribute("service.name", "otelcol"), attribute("service.instance.id", name)}}
	for _, a := range attributes {
		key, value, _ := strings.Cut(a, "=")
		description.NonIdentifyingAttributes = append(description.NonIdentifyingAttributes, attribute(key, value))
	}
	message, err := proto.Marshal(&protobufs.AgentToServer{
		InstanceUid: uid[:], AgentDescription: description,
		Capabilities: uint64(protobufs.AgentCapabilities_AgentCapabilities_ReportsStatus | protobufs.AgentCapabilities_AgentCapabilities_AcceptsRemoteConfig),
	})
	if err != nil {
		return err
	}
	if err := ws.WriteMessage(websocket.BinaryMessage, append([]byte{0}, message...)); err != nil {
		return err
	}
	if _, _, err := ws.ReadMessage(); err != nil { // it is answered, so it is known
		return err
	}
	go func() { // ends when the connection does
		for err := error(nil); err == nil; {
			_, _, err = ws.ReadMessage()
		}
	}()
	return known(t, p.url+"/api/v1/agents/"+uid.String())
}

func known(t *testing.T, url string) error {
	var last string
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
		if err != nil {
			return err
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			return err
		}
		var body bytes.Buffer
		_, err = body.ReadFrom(res.Body)
		res.Body.Close()
		if err == nil && res.StatusCode == http.StatusOK {
			return nil
		}
		last = fmt.Sprint(res.Status, body.String(), err)
	}
	return fmt.Errorf("GET %s = %s", url, last)
}
