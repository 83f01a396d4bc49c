package abitest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/host"
)

// TestCases runs cases/*.txtar. A case cites the clauses it shows, changes the model guest by the
// directives of its file `guest` (see caseguest_test.go), takes the steps of `do`, and compares the
// transcript with `want`. A case with a file `module` runs connectors of connectors/build instead, by the
// lines of changes_test.go; all of them must say the same. One with a file `sql` asks an engine over the model guest instead. WASQL_UPDATE=1 writes the transcripts anew.
func TestCases(t *testing.T) {
	files, err := filepath.Glob("cases/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) { runCase(t, file) })
	}
}

func runCase(t *testing.T, file string) {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	archive := txtar.Parse(text)
	part := func(name string) *txtar.File {
		for i := range archive.Files {
			if archive.Files[i].Name == name {
				return &archive.Files[i]
			}
		}
		t.Fatalf("%s has no part %s", file, name)
		return nil
	}
	if !bytes.Contains(archive.Comment, []byte("# clause: ")) {
		t.Fatalf("%s cites no clause", file)
	}
	want := part("want")
	if archive.Files[0].Name == "module" { // real connectors that take changes: see changes_test.go
		for module := range strings.Lines(string(part("module").Data)) {
			t.Run(strings.Fields(module)[0], func(t *testing.T) {
				compareTranscript(t, file, archive, want, runChanges(t, module, archive, string(part("do").Data)))
			})
		}
		return
	}
	wasm, err := caseGuest(string(part("guest").Data))
	if err != nil {
		t.Fatal(err)
	}
	if archive.Files[1].Name == "sql" {
		trusted := slices.Contains(strings.Fields(string(part("guest").Data)), "trusted")
		compareTranscript(t, file, archive, want, asked(t, wasm, trusted, string(part("sql").Data)))
		return
	}
	compareTranscript(t, file, archive, want, transcript(t, wasm, strings.Fields(string(part("do").Data))))
}

// compareTranscript holds a transcript against the one wanted, or writes it anew.
func compareTranscript(t *testing.T, file string, archive *txtar.Archive, want *txtar.File, got string) {
	t.Helper()
	if os.Getenv("WASQL_UPDATE") != "" {
		want.Data = []byte(got)
		if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got != string(want.Data) {
		t.Errorf("got:\n%s\nwant:\n%s", got, want.Data)
	}
}

// caseRun is one guest taken through steps.
type caseRun struct {
	ctx       context.Context
	runtime   *host.Runtime
	wasm      []byte
	module    *host.Module
	connector *host.Connector
	scan      *host.Scan
	sink      *host.Sink
	lookup    *host.Lookup
	instance  *host.Instance
	caseFunction
}

// caseLimits are tight, so that a case that must hit one is quick.
var caseLimits = host.Limits{CallTime: 300 * time.Millisecond, MemoryBytes: 16 << 20}

// transcript takes the steps; what one says is one line.
func transcript(t *testing.T, wasm []byte, steps []string) string {
	t.Helper()
	ctx := t.Context()
	runtime, err := host.New(ctx, host.Config{Limits: caseLimits})
	if err != nil {
		t.Fatal(err)
	}
	r := &caseRun{ctx: ctx, runtime: runtime, wasm: wasm}
	var out strings.Builder
	for _, step := range steps {
		said, err := r.step(step)
		if err != nil {
			said = describe(err)
		}
		fmt.Fprintf(&out, "%s: %s\n", step, said)
	}
	if r.scan != nil {
		if err := r.scan.Close(); err != nil {
			t.Error(err)
		}
	}
	if r.lookup != nil {
		_ = r.lookup.Close() // of an instance that may be lost
		r.instance.Release()
	}
	r.endFunction()
	if r.sink != nil {
		_ = r.sink.Close() // of an instance that may be lost
	}
	if r.connector != nil {
		if err := r.connector.Close(context.WithoutCancel(ctx)); err != nil {
			t.Error(err)
		}
	}
	if err := runtime.Close(context.WithoutCancel(ctx)); err != nil {
		t.Error(err)
	}
	return out.String()
}

func (r *caseRun) step(step string) (string, error) {
	var err error
	switch step {
	case "load":
		if r.module, err = r.runtime.Compile(r.ctx, "case", r.wasm); err != nil {
			return "", err
		}
		return "ok", nil
	case "hello":
		m, err := r.module.Manifest(r.ctx)
		if err != nil {
			return "", err
		}
		return fmt.Sprintf("%s minor %d", m.GetName(), m.GetMinor()), nil
	case "open":
		r.connector, err = r.module.Open(r.ctx, host.Options{Server: "case"})
		return "ok", err
	case "describe", "plan", "unknown":
		return r.ask(step)
	case "scan":
		r.scan, err = r.connector.OpenScan(r.ctx, 1, &pb.OpenScanRequest{Table: &pb.TableRef{Name: "t"}, Columns: []uint32{0, 1}})
		return "ok", err
	case "next":
		return r.next()
	case "rescan":
		return "ok", r.scan.Rescan(r.ctx, &pb.RescanRequest{})
	case "close":
		err := r.scan.Close()
		r.scan = nil
		return "ok", err
	case "sink", "write", "flush", "discard", "lookup", "keys", "found":
		return r.change(step)
	case "function", "aggregate", "call", "finish", "results":
		return r.call(step)
	case "keep", "once", "start", "calls":
		return r.once(step)
	}
	return "", fmt.Errorf("no step is called %q", step)
}

func (r *caseRun) ask(step string) (string, error) {
	i, err := r.connector.Acquire(r.ctx, 1)
	if err != nil {
		return "", err
	}
	defer i.Release()
	ref := &pb.TableRef{Name: "t"}
	switch step {
	case "describe":
		answer, err := i.Describe(r.ctx, &pb.DescribeRequest{Table: ref})
		return fmt.Sprintf("%d columns", len(answer.GetTable().GetColumns())), err
	case "plan":
		_, err := i.Plan(r.ctx, &pb.PlanRequest{Table: ref, Columns: []uint32{0, 1}})
		return "ok", err
	}
	return "ok", i.Call(r.ctx, pb.Op(4242), &pb.ListRequest{}, &pb.ListResponse{})
}

// caseSchema is that of the table t.
var caseSchema = col.Schema{{Name: "n", Type: col.Int64}, {Name: "s", Type: col.UTF8, Nullable: true}}

// change takes the steps of writes and lookups: the rows are (1, a) and (2, b), the keys 1 and 2.
func (r *caseRun) change(step string) (_ string, err error) {
	ref := &pb.TableRef{Name: "t"}
	schema := caseSchema
	switch step {
	case "sink":
		r.sink, err = r.connector.OpenSink(r.ctx, 1, &pb.OpenSinkRequest{Table: ref, Kind: pb.WriteKind_WRITE_KIND_INSERT,
			ValueColumns: []uint32{0, 1}, Returning: []uint32{0, 1}})
		return "ok", err
	case "write":
		answer, err := r.sink.Write(r.ctx, batch(schema, []string{"1,a", "2,b"}))
		if err != nil || answer == nil {
			return "no answer", err
		}
		return show(answer), nil
	case "flush", "discard":
		answer, err := r.sink.Flush(r.ctx, step == "discard")
		if err != nil {
			return "", err
		}
		return summary(answer), nil
	case "lookup":
		if r.instance, err = r.connector.Acquire(r.ctx, 1); err != nil {
			return "", err
		}
		if r.lookup, err = r.instance.OpenLookup(r.ctx, &pb.OpenLookupRequest{Table: ref, KeyColumns: []uint32{0}, Columns: []uint32{0}}); err != nil {
			r.instance.Release()
		}
		return "ok", err
	case "keys":
		return "ok", r.lookup.Write(r.ctx, batch(schema[:1], []string{"1", "2"}))
	}
	return drainAll(r.ctx, r.lookup)
}

// next reads one batch and shows its rows.
func (r *caseRun) next() (string, error) {
	batch, err := r.scan.Next(r.ctx)
	if errors.Is(err, io.EOF) {
		return "end", nil
	}
	if err != nil {
		return "", err
	}
	return show(batch), nil
}

// describe puts an error into one line: kind, code, clause, text.
func describe(err error) string {
	var wall *host.Error
	if !errors.As(err, &wall) {
		return "not an error of the wall: " + err.Error()
	}
	line := fmt.Sprintf("%s, %s", wall.Kind, wall.Code)
	if wall.Clause != "" {
		line += ", clause " + wall.Clause
	}
	if wall.Setting != "" {
		line += ", limit " + wall.Setting
	}
	return line + ": " + wall.Message
}
