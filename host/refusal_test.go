package host_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/wasql/wasql/abi"
	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/host"
	"github.com/wasql/wasql/host/hosttest"
	"github.com/wasql/wasql/host/wasmgen"
)

func TestModuleIsRefusedWithOneClearLine(t *testing.T) {
	r := newRuntime(t, host.Config{})
	for _, c := range []struct {
		name   string
		wasm   func() []byte
		clause string
		text   string
	}{
		{"no module", func() []byte { return []byte("id,name\n1,x\n") }, "", "not a WebAssembly module"},
		{"nothing", func() []byte { return nil }, "", "not a WebAssembly module"},
		{"no connector", func() []byte { return wasmgen.New().Bytes() }, "2.1", "no export wasql_abi_v1"},
		{"another major", func() []byte {
			m := wasmgen.New()
			m.ExportFunc("wasql_abi_v2", nil, []byte{wasmgen.I64}, nil, new(wasmgen.Code).I64(0).End())
			return m.Bytes()
		}, "2.1", "speaks ABI 2"},
		{"missing export", func() []byte { g := goodGuest(); g.Omit[abi.ExportWrite] = true; return build(t, g) }, "3.4", "wasql_write is missing"},
		{"wrong signature", func() []byte {
			g := goodGuest()
			g.Omit[abi.ExportClose] = true
			g.Raw = func(m *wasmgen.Module) {
				m.ExportFunc(abi.ExportClose, nil, []byte{wasmgen.I32}, nil, new(wasmgen.Code).I32(0).End())
			}
			return build(t, g)
		}, "3.4", "wasql_close is func[] [i32]"},
		{"unknown import", func() []byte {
			g := goodGuest()
			g.Imports = []hosttest.Import{{Module: "env", Name: "abort", Params: nil, Results: nil}}
			return build(t, g)
		}, "2.6", "env.abort"},
		{"wrong import", func() []byte {
			g := goodGuest()
			g.Imports = []hosttest.Import{{Module: "wasql_v1", Name: "log", Params: i32x(1), Results: []byte{wasmgen.I64}}}
			return build(t, g)
		}, "2.6", "wasql_v1.log"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := r.Compile(context.Background(), "x", c.wasm())
			e := asError(t, err)
			if !errors.Is(err, host.ErrModule) || c.clause != "" && e.Clause != c.clause || !strings.Contains(e.Error(), c.text) {
				t.Errorf("clause %q: %v", e.Clause, e)
			}
		})
	}
}

func TestMemoryAboveTheLimitIsRefused(t *testing.T) {
	g := goodGuest()
	g.Pages = 200
	m := compile(t, newRuntime(t, host.Config{Limits: host.Limits{MemoryBytes: 8 << 20}}), "big", build(t, g))
	_, err := m.Open(context.Background(), host.Options{})
	if e := asError(t, err); e.Kind != host.KindLimit || e.Setting != "MemoryBytes" || e.Clause != "3.6" {
		t.Error(err)
	}
}

func TestOptionsAreCheckedAgainstTheManifest(t *testing.T) {
	manifest := &pb.HelloResponse{Options: []*pb.Option{
		{Name: "path", Type: "path", Required: true, Scope: pb.OptionScope_OPTION_SCOPE_SERVER, Example: "./data"},
		{Name: "delimiter", Type: "string", Choices: []string{",", ";"}},
		{Name: "header", Type: "bool"}, {Name: "skip", Type: "int"}, {Name: "ratio", Type: "float"}, {Name: "chunk", Type: "bytes"},
		{Name: "timeout", Type: "duration"}, {Name: "url", Type: "url"}, {Name: "null", Type: "string", Scope: pb.OptionScope_OPTION_SCOPE_COLUMN},
		{Name: "rows", Type: "int", Scope: pb.OptionScope_OPTION_SCOPE_TABLE},
	}}
	for _, c := range []struct {
		options map[string]string
		text    string
	}{
		{map[string]string{"path": "x", "delimiter": ";", "header": "TRUE", "skip": "-3", "ratio": "0.5", "chunk": "64MiB", "timeout": "1m", "url": "https://x"}, ""},
		{map[string]string{}, "option path is missing [path]; for example path './data'"},
		{map[string]string{"path": "x", "delimeter": ","}, "unknown option delimeter [delimeter]; did you mean delimiter?"},
		{map[string]string{"path": "x", "colour": ","}, "it has path, delimiter, header"},
		{map[string]string{"path": "x", "delimiter": "|"}, "is not one of ,, ;"},
		{map[string]string{"path": "x", "header": "maybe"}, `option header = "maybe" is not true or false`},
		{map[string]string{"path": "x", "skip": "3.5"}, "whole number"},
		{map[string]string{"path": "x", "ratio": "much"}, "not a number"},
		{map[string]string{"path": "x", "chunk": "64 parsecs"}, "size such as"},
		{map[string]string{"path": "x", "timeout": "5"}, "duration"},
		{map[string]string{"path": "x", "url": "nowhere"}, "URL"},
		{map[string]string{"path": "", "header": "1"}, "path"},
		{map[string]string{"path": "x", "null": "NA"}, "not an option of a server"},
		{map[string]string{"path": "x", "rows": "3"}, "not an option of a server"},
	} {
		err := host.CheckOptions(manifest, host.ScopeServer, c.options)
		switch {
		case c.text == "" && err != nil, c.text != "" && (err == nil || !strings.Contains(err.Error(), c.text)):
			t.Errorf("%v: %v, want %q", c.options, err, c.text)
		case err != nil && (!errors.Is(err, host.ErrOption) || err.Code != abi.InvalidArgument):
			t.Errorf("%+v", err)
		}
	}
	if err := host.CheckOptions(manifest, host.ScopeTable, map[string]string{"rows": "3"}); err != nil {
		t.Errorf("a table's option on a table: %v", err)
	}
	if err := host.CheckOptions(manifest, host.ScopeColumn, map[string]string{"header": "1"}); err == nil {
		t.Error("a server's option on a column was taken")
	}
	g := goodGuest()
	g.Answers[pb.Op_OP_HELLO] = manifest
	_, err := compile(t, newRuntime(t, host.Config{}), "csv", build(t, g)).Open(context.Background(), host.Options{Server: "db", Options: map[string]string{"pth": "x"}})
	if err == nil || err.Error() != "connector db: open: wrong option: unknown option pth [pth]; did you mean path?" {
		t.Error(err)
	}
}

func TestGrantOfAFileThatIsNotThereFailsAtOpen(t *testing.T) {
	m := compile(t, newRuntime(t, host.Config{}), "good", build(t, goodGuest()))
	_, err := m.Open(context.Background(), host.Options{Grant: host.Grant{Files: []host.FileGrant{{Path: "./people.csv", Host: t.TempDir() + "/people.csv"}}}})
	if e := asError(t, err); !strings.Contains(e.Error(), "grant file ./people.csv: no such file") {
		t.Error(err)
	}
}

func TestCompiledCodeIsCachedAndNotTrusted(t *testing.T) {
	folder := t.TempDir() + "/cache"
	wasm := build(t, goodGuest())
	run := func() {
		r, err := host.New(context.Background(), host.Config{CacheDir: folder})
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := r.Close(context.Background()); err != nil {
				t.Error(err)
			}
		}()
		m := compile(t, r, "good", wasm)
		c, err := m.Open(context.Background(), host.Options{})
		if err != nil {
			t.Fatal(err)
		}
		checkGood(t, c)
		if err := c.Close(context.Background()); err != nil {
			t.Error(err)
		}
	}
	run()
	entry := onlyEntry(t, folder)
	run()
	changeByte(t, entry)
	run()
	if onlyEntry(t, folder) != entry {
		t.Error("the entry was not made again")
	}
}
