package main

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	wasql "github.com/wasql/wasql/sdk/go"
	"github.com/wasql/wasql/sdk/go/wasqltest"
)

// file makes an instance over a file of that content, and grants nothing else.
func file(t *testing.T, content string, options map[string]string) (*wasqltest.Instance, *wasqltest.Host) {
	t.Helper()
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "notes.txt"), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	host := &wasqltest.Host{Files: map[string]string{"notes.txt": filepath.Join(folder, "notes.txt")}}
	if options == nil {
		options = map[string]string{}
	}
	options["path"] = "notes.txt"
	return wasqltest.OpenWith(t, connector, wasqltest.Options{Options: options, Host: host}), host
}

func TestLines(t *testing.T) {
	in, host := file(t, "one\r\ntwo\n\n four", nil)
	wasqltest.Equal(t, in.Query("lines", wasqltest.Query{}), `1 "one"`, `2 "two"`, `3 ""`, `4 " four"`)
	wasqltest.Equal(t, in.Query("lines", wasqltest.Query{Where: []string{"number > 1", "line <> ''"}, Columns: []string{"line"}}), `"two"`, `" four"`)
	if host.OpenStreams() != 0 {
		t.Errorf("%d files are left open", host.OpenStreams())
	}
}

func TestRangesAndOrderAreClaimed(t *testing.T) {
	in, _ := file(t, "a\nb\nc\nd\ne\n", nil)
	r := in.Query("lines", wasqltest.Query{Where: []string{"number >= 2", "number < 4", "line <> 'x'"}, Order: []string{"number"}})
	wasqltest.Equal(t, r, `2 "b"`, `3 "c"`)
	if uses := r.Uses(); uses[0] != "exact" || uses[1] != "exact" || uses[2] != "ignored" || !r.Plan.GetOrder().GetTaken() {
		t.Errorf("the plan is %v, order %v", uses, r.Plan.GetOrder())
	}
	if r.Plan.GetRows() != 2 {
		t.Errorf("the estimate is %v rows", r.Plan.GetRows())
	}
}

func TestTrim(t *testing.T) {
	in, _ := file(t, "  a  \n", map[string]string{"trim": "yes"})
	wasqltest.Equal(t, in.Query("lines", wasqltest.Query{}), `1 "a"`)
}

func TestBadInputSaysWhere(t *testing.T) {
	in, _ := file(t, "fine\n\xff\n", nil)
	_, err := in.Try("lines", wasqltest.Query{})
	var e *wasql.Error
	if !errors.As(err, &e) || e.Code != wasql.InvalidData || e.File != "notes.txt" || e.Line != 2 || e.Hint == "" {
		t.Errorf("got %#v", err)
	}
}

func TestWithoutGrantNothingIsRead(t *testing.T) {
	in := wasqltest.OpenWith(t, connector, wasqltest.Options{Options: map[string]string{"path": "/etc/hostname"}})
	if _, err := in.Try("lines", wasqltest.Query{}); !errors.Is(err, wasql.Denied) {
		t.Errorf("got %v", err)
	}
}

func TestOptionsAreChecked(t *testing.T) {
	for name, options := range map[string]map[string]string{
		"missing": {}, "unknown": {"path": "x", "color": "red"}, "no bool": {"path": "x", "trim": "perhaps"},
	} {
		_, err := wasqltest.TryOpen(t, connector, wasqltest.Options{Options: options})
		if !errors.Is(err, wasql.InvalidArgument) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
