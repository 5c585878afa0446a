package main

import (
	"os"
	"testing"
	"time"
)

func TestUsageOfThisProcess(t *testing.T) {
	before, err := readUsage(os.Getpid())
	if err != nil {
		t.Fatalf("readUsage(self) = %v, want no error", err)
	}
	for end := time.Now().Add(30 * time.Millisecond); time.Now().Before(end); {
	}
	after, err := readUsage(os.Getpid())
	if err != nil {
		t.Fatalf("readUsage(self) = %v, want no error", err)
	}
	if before.rss <= 0 || before.rssAnon <= 0 || before.peak < before.rss || before.threads < 1 {
		t.Errorf("readUsage(self) = %+v, want memory and threads", before)
	}
	if spent := after.cpu - before.cpu; spent < 5*time.Millisecond {
		t.Errorf("CPU time of a busy 30ms = %v, want more", spent)
	}
}
