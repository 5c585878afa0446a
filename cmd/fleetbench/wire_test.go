package main

import (
	"bytes"
	"errors"
	"testing"

	"github.com/open-telemetry/opamp-go/protobufs"
	"google.golang.org/protobuf/proto"
)

func TestFramesReadBackAsAgentToServer(t *testing.T) {
	uid := [16]byte{1, 2, 3, 15: 16}
	hash := bytes.Repeat([]byte{0xab}, 32)
	body := bytes.Repeat([]byte("x: 1\n"), 900)
	want := &protobufs.AgentToServer{
		InstanceUid:  uid[:],
		SequenceNum:  300,
		Capabilities: 0x7807,
		EffectiveConfig: &protobufs.EffectiveConfig{ConfigMap: &protobufs.AgentConfigMap{ConfigMap: map[string]*protobufs.AgentConfigFile{
			"": {Body: body, ContentType: "text/yaml"},
		}}},
		RemoteConfigStatus: &protobufs.RemoteConfigStatus{
			LastRemoteConfigHash: hash,
			Status:               protobufs.RemoteConfigStatuses_RemoteConfigStatuses_APPLIED,
		},
	}

	frame := appendHead(nil, &uid, 300, 0x7807)
	frame = appendRemoteStatus(frame, hash, uint64(protobufs.RemoteConfigStatuses_RemoteConfigStatuses_APPLIED))
	frame = appendEffective(frame, body)

	if frame[0] != 0 {
		t.Fatalf("frame[0] = %d, want the zero header", frame[0])
	}
	var got protobufs.AgentToServer
	if err := proto.Unmarshal(frame[1:], &got); err != nil {
		t.Fatalf("Unmarshal(frame) = %v, want no error", err)
	}
	if !proto.Equal(&got, want) {
		t.Errorf("Unmarshal(frame) = %v, want %v", &got, want)
	}
}

func TestReadAnswer(t *testing.T) {
	full := &protobufs.ServerToAgent{
		InstanceUid:  []byte("0123456789abcdef"),
		Capabilities: 7,
		Flags:        uint64(protobufs.ServerToAgentFlags_ServerToAgentFlags_ReportFullState),
		RemoteConfig: &protobufs.AgentRemoteConfig{
			Config:     &protobufs.AgentConfigMap{ConfigMap: map[string]*protobufs.AgentConfigFile{"": {Body: []byte("a: 1")}}},
			ConfigHash: []byte("hash"),
		},
		AgentIdentification: &protobufs.AgentIdentification{NewInstanceUid: []byte("fedcba9876543210")},
		Command:             &protobufs.ServerToAgentCommand{},
		ErrorResponse:       &protobufs.ServerErrorResponse{ErrorMessage: "no such thing"},
	}
	data, err := proto.Marshal(full)
	if err != nil {
		t.Fatal(err)
	}
	got, err := readAnswer(append([]byte{0}, data...))
	if err != nil {
		t.Fatalf("readAnswer(full) = %v, want no error", err)
	}
	if string(got.uid) != "0123456789abcdef" || got.flags != flagReportFullState || !got.offered || string(got.offerHash) != "hash" ||
		string(got.newUID) != "fedcba9876543210" || !got.command || !got.failed || got.failedText != "no such thing" {
		t.Errorf("readAnswer(full) = %+v, want every field of %v", got, full)
	}

	bare, err := proto.Marshal(&protobufs.ServerToAgent{InstanceUid: []byte("0123456789abcdef"), Capabilities: 7})
	if err != nil {
		t.Fatal(err)
	}
	got, err = readAnswer(append([]byte{0}, bare...))
	if err != nil {
		t.Fatalf("readAnswer(bare) = %v, want no error", err)
	}
	if got.offered || got.failed || got.command || got.flags != 0 || got.newUID != nil {
		t.Errorf("readAnswer(bare) = %+v, want only a uid", got)
	}
}

func TestReadAnswerRefuses(t *testing.T) {
	for name, frame := range map[string][]byte{
		"nothing":           {},
		"non-zero header":   {1, 0x0a, 0},
		"unfinished header": {0x80},
		"cut off":           {0, 0x0a, 16, 1, 2},
		"no tag":            {0, 0x00},
		"cut off inside":    {0, 0x1a, 2, 0x12, 9},
	} {
		if got, err := readAnswer(frame); !errors.Is(err, errFrame) {
			t.Errorf("readAnswer(%s) = %+v, %v, want errFrame", name, got, err)
		}
	}
}
