package main

import (
	"os"
	"strings"
	"testing"

	"github.com/wasql/wasql/sdk/go/wasqltest"
)

func TestHello(t *testing.T) {
	in := wasqltest.Open(t, connector)
	wasqltest.Equal(t, in.Query("hello", wasqltest.Query{}), `1 "hello"`, `2 "world"`)
	wasqltest.Equal(t, in.Query("hello", wasqltest.Query{Where: []string{"id = 2"}, Columns: []string{"greeting"}}), `"world"`)
}

// TestAConnectorHasLessThanThirtyLines keeps the promise of docs/authors-go.md.
// checklist: T2
func TestAConnectorHasLessThanThirtyLines(t *testing.T) {
	source, err := os.ReadFile("main.go")
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(source), "\n"); n >= 30 {
		t.Errorf("hello has %d lines", n)
	}
	guide, err := os.ReadFile("../../../../docs/authors-go.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(guide), string(source)) {
		t.Error("docs/authors-go.md does not show main.go as it is")
	}
}
