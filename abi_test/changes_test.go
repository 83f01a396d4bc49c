package abitest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine"
	"github.com/wasql/wasql/host"
)

// changeRun takes a connector that writes through the lines of a case:
//
//	create TABLE COLUMN…          a column is name:int64, name:utf8, name:utf8@collation; ! is NOT NULL, * the primary key, + unique
//	destroy|connect|disconnect TABLE
//	rename TABLE TO
//	sink NAME KIND TABLE [MODE] [back]   insert, update or delete; ignore, replace or report; all columns asked back
//	once NAME KIND TABLE [MODE] [back] [begin] [commit] : ROW…   a sink with its only batch, in as few calls as the connector allows
//	write NAME ROW…               a row is 1,ann or 2,NULL; an update has the key first
//	flush|discard|close NAME
//	rows TABLE                    in the order they come
//	ordered TABLE COLUMN          by a column, when the connector has the order
//	lookup TABLE COLUMN KEY…
//	begin|sync|commit|rollback N
//	savepoint|release|back N DEPTH
//	again                         another instance over the same folder
//	snapshot NAME [AS OF]         pins the present state, or the one of a name
//	keep|forget NAME              keeps the present state under a name
//	unpin NAME
//
// Behind a table, /N is the transaction of the request and /N.S also its statement; @NAME the snapshot.
type changeRun struct {
	t         *testing.T
	ctx       context.Context
	module    *host.Module
	options   host.Options
	connector *host.Connector
	tables    map[string]*pb.Table
	sinks     map[string]*openSink
	snapshots map[string][]byte
	casePieces
}

type openSink struct {
	*host.Sink
	schema col.Schema
}

// runChanges gives the transcript of a case over a connector of connectors/build.
func runChanges(t *testing.T, module string, archive *txtar.Archive, do string) string {
	t.Helper()
	name, folder, _ := strings.Cut(strings.TrimSpace(module), " ")
	wasm, err := os.ReadFile(filepath.Join("..", "connectors", "build", name+".wasm"))
	if err != nil {
		if os.Getenv("WASQL_NEED_GUESTS") != "" {
			t.Fatalf("connector %s is not built: %v (tools/guests.sh builds it)", name, err)
		}
		t.Skipf("connector %s is not built: %v (tools/guests.sh builds it)", name, err)
	}
	ctx := context.Background()
	base, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	runtime, err := host.New(ctx, host.Config{CacheDir: filepath.Join(base, "wasql", "modules"), Collation: engine.Collation})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := runtime.Close(ctx); err != nil {
			t.Error(err)
		}
	}()
	r := &changeRun{t: t, ctx: ctx, tables: map[string]*pb.Table{}, sinks: map[string]*openSink{}, snapshots: map[string][]byte{}, options: host.Options{Server: "case"},
		casePieces: casePieces{parts: map[string]*caseParts{}, scans: map[string]*caseScan{}}}
	if r.options.Grant.Files, err = r.grantCaseFiles(name, archive, t.TempDir()); err != nil {
		t.Fatal(err)
	}
	if folder != "" {
		r.options.Options = map[string]string{folder: "kept"}
		r.options.Grant.Files = []host.FileGrant{{Path: "kept", Host: t.TempDir(), Write: true}}
	}
	if r.module, err = runtime.Compile(ctx, name, wasm); err != nil {
		t.Fatal(err)
	}
	if _, err := r.again(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.connector.Close(ctx) }() // what it does wrong is in the transcript
	var out strings.Builder
	for line := range strings.Lines(do) {
		words := strings.Fields(line)
		if len(words) == 0 || strings.HasPrefix(words[0], "#") {
			continue
		}
		said, err := r.step(words[0], words[1:])
		if err != nil {
			said = describe(err)
		}
		fmt.Fprintf(&out, "%s: %s\n", strings.Join(words, " "), said)
	}
	for _, s := range r.sinks {
		_ = s.Close()
	}
	for _, s := range r.scans {
		_ = s.end() // of an instance that may be lost
	}
	return out.String()
}

func (r *changeRun) step(verb string, args []string) (string, error) {
	switch verb {
	case "again":
		return r.again()
	case "create":
		return r.create(args[0], args[1:])
	case "destroy":
		return "ok", r.call(pb.Op_OP_DESTROY, &pb.DestroyRequest{Table: r.ref(args[0])}, &pb.DestroyResponse{})
	case "disconnect":
		return "ok", r.call(pb.Op_OP_DISCONNECT, &pb.DisconnectRequest{Table: r.ref(args[0])}, &pb.DisconnectResponse{})
	case "connect":
		answer := &pb.ConnectResponse{}
		err := r.call(pb.Op_OP_CONNECT, &pb.ConnectRequest{Database: "main", Table: &pb.Table{Name: args[0]}}, answer)
		return strconv.Itoa(len(answer.GetTable().GetColumns())) + " columns", err
	case "rename":
		return "ok", r.call(pb.Op_OP_RENAME, &pb.RenameRequest{Table: r.ref(args[0]), Database: "main", Name: args[1]}, &pb.RenameResponse{})
	case "sink":
		return r.sink(args[0], args[1], args[2], args[3:])
	case "once":
		return r.once(args[0], args[1], args[2], args[3:])
	case "write":
		return r.write(args[0], args[1:])
	case "flush", "discard":
		answer, err := r.sinks[args[0]].Flush(r.ctx, verb == "discard")
		if err != nil {
			return "", err
		}
		return summary(answer), nil
	case "close":
		return "ok", r.sinks[args[0]].Close()
	case "rows", "ordered":
		return r.rows(args)
	case "lookup":
		return r.lookup(args[0], args[1], args[2:])
	case "snapshot", "keep", "forget", "unpin":
		return r.snapshot(verb, args)
	case "describe", "partitions", "piece", "stray", "age", "batches", "open", "next", "suspend", "resume":
		return r.inParts(verb, args)
	}
	return r.transaction(verb, args)
}

func summary(answer *pb.FlushSinkResponse) string {
	said := "ok"
	if answer.LastInsertId != 0 {
		said += fmt.Sprintf(", first key %d", answer.LastInsertId)
	}
	for _, e := range answer.Errors {
		said += fmt.Sprintf(", row %d: %s", e.Row, e.Status.GetMessage())
	}
	return said
}

// again opens a new instance; the one before is gone without a word.
func (r *changeRun) again() (_ string, err error) {
	if r.connector != nil {
		for _, s := range r.scans {
			_ = s.end() // what was not suspended is forgotten
		}
		for name, s := range r.sinks {
			_ = s.Close() // what was not flushed is forgotten
			delete(r.sinks, name)
		}
		if err := r.connector.Close(r.ctx); err != nil {
			return "", err
		}
	}
	r.connector, err = r.module.Open(r.ctx, r.options)
	return "ok", err
}

func (r *changeRun) call(op pb.Op, request, response host.Message) error {
	i, err := r.connector.Acquire(r.ctx, 1)
	if err != nil {
		return err
	}
	defer i.Release()
	return i.Call(r.ctx, op, request, response)
}

// ref reads t, t/N, t/N.S or t@NAME.
func (r *changeRun) ref(text string) *pb.TableRef {
	text, snapshot, _ := strings.Cut(text, "@")
	name, rest, _ := strings.Cut(text, "/")
	transaction, statement, _ := strings.Cut(rest, ".")
	ref := &pb.TableRef{Name: name, Database: "main", Snapshot: r.snapshots[snapshot]}
	ref.Transaction, _ = strconv.ParseUint(transaction, 10, 64)
	ref.Statement, _ = strconv.ParseUint(statement, 10, 64)
	return ref
}

func (r *changeRun) create(name string, columns []string) (string, error) {
	table := &pb.Table{Name: name}
	for n, text := range columns {
		bare := strings.TrimRight(text, "!*+")
		column, typ, _ := strings.Cut(bare, ":")
		typ, collation, _ := strings.Cut(typ, "@")
		c := &pb.Column{Name: column, Type: pb.Type_TYPE_INT64, SqlType: "bigint", Collation: collation}
		if typ == "utf8" {
			c.Type, c.SqlType, c.Length = pb.Type_TYPE_UTF8, "varchar(100)", 100
		}
		marks := text[len(bare):]
		c.NotNull = strings.ContainsAny(marks, "!*")
		if strings.Contains(marks, "*") {
			table.PrimaryKey = append(table.PrimaryKey, uint32(n))
		}
		if strings.Contains(marks, "+") {
			table.Indexes = append(table.Indexes, &pb.Index{Name: "by_" + column, Unique: true, Ordered: true, Kind: pb.IndexKind_INDEX_KIND_BTREE,
				Columns: []*pb.IndexColumn{{Column: uint32(n)}}})
		}
		table.Columns = append(table.Columns, c)
	}
	answer := &pb.CreateResponse{}
	if err := r.call(pb.Op_OP_CREATE, &pb.CreateRequest{Database: "main", Table: table}, answer); err != nil {
		return "", err
	}
	r.tables[name] = table
	return "ok", nil
}

func (r *changeRun) schema(name string) col.Schema {
	var schema col.Schema
	for _, c := range r.tables[name].GetColumns() {
		schema = append(schema, col.Field{Name: c.Name, Type: col.Type(c.Type), Nullable: true})
	}
	return schema
}

func (r *changeRun) sink(name, kind, table string, how []string) (string, error) {
	request, sent := r.sinkRequest(kind, table, how)
	opened, err := r.connector.OpenSink(r.ctx, 1, request)
	if err != nil {
		return "", err
	}
	r.sinks[name] = &openSink{opened, sent}
	return "ok", nil
}

// sinkRequest asks for a sink of a kind; its batches have the schema sent.
func (r *changeRun) sinkRequest(kind, table string, how []string) (_ *pb.OpenSinkRequest, sent col.Schema) {
	ref := r.ref(table)
	schema := r.schema(ref.Name)
	request := &pb.OpenSinkRequest{Table: ref, Transaction: ref.Transaction, Statement: ref.Statement,
		Kind: pb.WriteKind(pb.WriteKind_value["WRITE_KIND_"+strings.ToUpper(kind)])}
	var all []uint32
	for n := range schema {
		all = append(all, uint32(n))
	}
	request.KeyColumns = r.tables[ref.Name].PrimaryKey
	switch kind {
	case "insert":
		request.KeyColumns, request.ValueColumns = nil, all
	case "update":
		request.ValueColumns = slices.DeleteFunc(slices.Clone(all), func(c uint32) bool { return slices.Contains(request.KeyColumns, c) })
	}
	for _, word := range how {
		if word == "back" {
			request.Returning = all
			continue
		}
		request.Conflict = pb.Conflict(pb.Conflict_value["CONFLICT_"+strings.ToUpper(word)])
	}
	for _, c := range append(slices.Clone(request.KeyColumns), request.ValueColumns...) {
		sent = append(sent, schema[c])
	}
	return request, sent
}

// batch makes rows of texts.
func batch(schema col.Schema, rows []string) *col.Batch {
	b := col.NewBuilder(schema, len(rows)+1, 0)
	for _, row := range rows {
		for c, text := range strings.Split(row, ",") {
			switch {
			case text == "NULL":
			case schema[c].Type == col.UTF8:
				b.String(c, text)
			case schema[c].Type == col.Uint32 || schema[c].Type == col.Uint8:
				n, _ := strconv.ParseUint(text, 10, 32)
				b.Uint64(c, n)
			default:
				n, _ := strconv.ParseInt(text, 10, 64)
				b.Int64(c, n)
			}
		}
		b.EndRow()
	}
	return b.Batch()
}

func (r *changeRun) write(name string, rows []string) (string, error) {
	s := r.sinks[name]
	answer, err := s.Write(r.ctx, batch(s.schema, rows))
	if err != nil || answer == nil {
		return "ok", err
	}
	return show(answer), nil
}

// show writes the rows of a batch.
func show(b *col.Batch) string {
	rows := make([]string, b.Len())
	for i := range rows {
		var row []string
		for c := range b.Cols {
			v := value(&b.Cols[c], b.Row(i))
			if v == nil {
				v = "NULL"
			}
			row = append(row, fmt.Sprint(v))
		}
		rows[i] = "(" + strings.Join(row, ", ") + ")"
	}
	return strings.Join(rows, " ")
}
