package main

import (
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/wasql/wasql/abi/pb"
	wasql "github.com/wasql/wasql/sdk/go"
	"github.com/wasql/wasql/sdk/go/wasqltest"
)

// tester asks one instance of the driver.
type tester struct {
	t  rapid.TB
	in *wasqltest.Instance
}

func openDriver(t testing.TB, host *wasqltest.Host) tester {
	t.Helper()
	options := map[string]string{}
	if host != nil {
		options["dir"] = "data"
	}
	return tester{t, wasqltest.OpenWith(t, connector, wasqltest.Options{Options: options, Host: host})}
}

func folderHost(folder string) *wasqltest.Host {
	return &wasqltest.Host{Files: map[string]string{"data": folder}, Writable: true}
}

// people is an index by name and age, of rows named by a number.
func people() *pb.DriverIndex {
	return &pb.DriverIndex{Database: "main", Table: "people", Name: "by_name",
		Columns:  []*pb.Column{{Name: "name", Type: pb.Type_TYPE_UTF8, Collation: "utf8mb4_0900_bin"}, {Name: "age", Type: pb.Type_TYPE_INT32}},
		Location: []*pb.Column{{Name: "id", Type: pb.Type_TYPE_INT64}}}
}

var peopleColumns = []*pb.ScanColumn{{Type: pb.Type_TYPE_UTF8}, {Type: pb.Type_TYPE_INT32}, {Type: pb.Type_TYPE_INT64}}

// person is an entry of people.
type person struct {
	name string
	age  int64 // -1: NULL
	id   int64
}

func (p person) values() []wasql.Value {
	age := wasql.IntValue(p.age)
	if p.age < 0 {
		age = wasql.NullValue()
	}
	return []wasql.Value{wasql.TextValue(p.name), age, wasql.IntValue(p.id)}
}

func (p person) String() string {
	age := fmt.Sprint(p.age)
	if p.age < 0 {
		age = "null"
	}
	return fmt.Sprintf("[%s %s %d]", wasql.TextValue(p.name), age, p.id)
}

func (x tester) call(op pb.Op, request, response wasqltest.Message) {
	x.t.Helper()
	if err := x.in.Call(op, request, response); err != nil {
		x.t.Fatalf("%v: %v", op, err)
	}
}

func (x tester) create(index *pb.DriverIndex) {
	x.t.Helper()
	x.call(pb.Op_OP_DRIVER_CREATE, &pb.DriverCreateRequest{Index: index}, &pb.DriverCreateResponse{})
}

func (x tester) feed(index *pb.DriverIndex, remove bool, all ...person) {
	x.t.Helper()
	var sink pb.DriverOpenSinkResponse
	x.call(pb.Op_OP_DRIVER_OPEN_SINK, &pb.DriverOpenSinkRequest{Index: index, Delete: remove}, &sink)
	rows := make([][]wasql.Value, len(all))
	for i, p := range all {
		rows[i] = p.values()
	}
	if len(rows) > 0 {
		if _, err := x.in.Write(sink.GetSink(), wasqltest.Rows(peopleColumns, rows)); err != nil {
			x.t.Fatal(err)
		}
	}
	if err := x.in.Close(sink.GetSink()); err != nil {
		x.t.Fatal(err)
	}
}

func (x tester) save(index *pb.DriverIndex, version string) *pb.DriverIndex {
	x.t.Helper()
	var saved pb.DriverSaveResponse
	x.call(pb.Op_OP_DRIVER_SAVE, &pb.DriverSaveRequest{Index: index, TableVersion: version}, &saved)
	return saved.GetIndex()
}

func (x tester) check(index *pb.DriverIndex, version string) pb.DriverState {
	x.t.Helper()
	var state pb.DriverCheckResponse
	x.call(pb.Op_OP_DRIVER_CHECK, &pb.DriverCheckRequest{Index: index, TableVersion: version}, &state)
	return state.GetState()
}

// probe reads the entries in ranges, as text.
func (x tester) probe(index *pb.DriverIndex, reverse bool, ranges ...*pb.KeyRange) ([]string, error) {
	var opened pb.DriverProbeResponse
	if err := x.in.Call(pb.Op_OP_DRIVER_PROBE, &pb.DriverProbeRequest{Index: index, Ranges: ranges, Reverse: reverse}, &opened); err != nil {
		return nil, err
	}
	rows, err := x.in.ReadAll(&pb.OpenScanResponse{Scan: opened.GetScan(), Columns: opened.GetColumns()}, &pb.OpenScanRequest{Columns: []uint32{0, 1, 2}, BatchRows: 3})
	if err != nil {
		return nil, err
	}
	all := make([]string, len(rows))
	for i, row := range rows {
		all[i] = fmt.Sprint(row)
	}
	return all, nil
}

func at(name string) *pb.Bound {
	return &pb.Bound{Value: wasql.TextValue(name).Message(), Inclusive: true}
}

// drawBound draws a bound of a column, mostly inclusive.
func drawBound(t *rapid.T, column int) *pb.Bound {
	b := &pb.Bound{Inclusive: rapid.Bool().Draw(t, "inclusive"), Open: rapid.IntRange(0, 3).Draw(t, "open") == 0}
	if column == 0 {
		b.Value = wasql.TextValue(drawName(t)).Message()
	} else {
		b.Value = wasql.IntValue(int64(rapid.IntRange(-1, 4).Draw(t, "age"))).Message()
	}
	return b
}

func drawName(t *rapid.T) string {
	return rapid.SampledFrom([]string{"", "a", "a\x00", "a\x01b", "ab", "b", "ba", "é", "z\xff"[:1]}).Draw(t, "name")
}

// inside tells whether a person is in a range, by the words of the contract.
func inside(p person, r *pb.KeyRange) bool {
	for column := range 2 {
		lower, upper := bound(r.GetLower(), column), bound(r.GetUpper(), column)
		cmp := func(b *pb.Bound) int {
			if column == 0 {
				return strings.Compare(p.name, b.GetValue().GetUtf8())
			}
			return int(p.age - b.GetValue().GetInt64())
		}
		null := column == 1 && p.age < 0
		if lower != nil && (null || cmp(lower) < 0 || cmp(lower) == 0 && !lower.GetInclusive()) {
			return false
		}
		if upper != nil && !null && (cmp(upper) > 0 || cmp(upper) == 0 && !upper.GetInclusive()) {
			return false
		}
	}
	return true
}

// checklist: G28 G29
func TestEntriesAreThoseOfAModel(t *testing.T) {
	changesMax = 600
	rapid.Check(t, func(r *rapid.T) {
		folder, err := os.MkdirTemp("", "ixdriver")
		if err != nil {
			r.Fatal(err)
		}
		defer func() { _ = os.RemoveAll(folder) }() // a folder left behind fails no test
		var host *wasqltest.Host
		durable := rapid.Bool().Draw(r, "durable")
		open := func() tester {
			if host != nil {
				host.Kill()
			}
			if durable {
				host = folderHost(folder)
			}
			x := openDriver(t, host)
			x.t = r
			return x
		}
		x := open()
		index := people()
		x.create(index)
		model, saved := map[person]bool{}, map[person]bool{}
		var sum []byte
		draw := func() person {
			return person{drawName(r), int64(rapid.IntRange(-1, 3).Draw(r, "age")), int64(rapid.IntRange(0, 30).Draw(r, "id"))}
		}
		for range rapid.IntRange(1, 40).Draw(r, "steps") {
			switch rapid.IntRange(0, 9).Draw(r, "step") {
			case 0, 1, 2, 3:
				var some []person
				for range rapid.IntRange(1, 12).Draw(r, "n") {
					some = append(some, draw())
				}
				x.feed(index, false, some...)
				for _, p := range some {
					model[p] = true
				}
			case 4:
				p := draw()
				x.feed(index, true, p)
				delete(model, p)
			case 5:
				sum = x.save(index, "v").GetChecksum()
				saved = map[person]bool{}
				for p := range model {
					saved[p] = true
				}
			case 6:
				if durable && sum != nil {
					x = open()
					model = map[person]bool{}
					for p := range saved {
						model[p] = true
					}
					known := people()
					known.Checksum = sum
					if state := x.check(known, "v"); state != pb.DriverState_DRIVER_STATE_SOUND {
						r.Fatalf("after opening again it is %v", state)
					}
				}
			default:
				var ranges []*pb.KeyRange
				for range rapid.IntRange(0, 3).Draw(r, "ranges") {
					one := &pb.KeyRange{}
					for column := range rapid.IntRange(0, 2).Draw(r, "columns") {
						one.Lower = append(one.Lower, drawBound(r, column))
						if rapid.Bool().Draw(r, "point") {
							one.Upper = append(one.Upper, one.Lower[column])
						} else {
							one.Upper = append(one.Upper, drawBound(r, column))
						}
					}
					ranges = append(ranges, one)
				}
				reverse := rapid.Bool().Draw(r, "reverse")
				var want []string
				for p := range model {
					if len(ranges) == 0 || slices.ContainsFunc(ranges, func(one *pb.KeyRange) bool { return inside(p, one) }) {
						want = append(want, p.String())
					}
				}
				got, err := x.probe(index, reverse, ranges...)
				if err != nil {
					r.Fatal(err)
				}
				slices.Sort(want)
				slices.Sort(got)
				if !slices.Equal(got, want) {
					r.Fatalf("ranges %v give %v, want %v", ranges, got, want)
				}
			}
		}
		if host != nil {
			host.Kill()
		}
	})
}

func TestEntriesComeInOrder(t *testing.T) {
	x := openDriver(t, nil)
	index := people()
	x.create(index)
	x.feed(index, false, person{"b", 2, 1}, person{"b", -1, 2}, person{"a", 9, 3}, person{"b", 2, 0})
	got, err := x.probe(index, false)
	if err != nil || fmt.Sprint(got) != `[["a" 9 3] ["b" null 2] ["b" 2 0] ["b" 2 1]]` {
		t.Errorf("they come as %v %v", got, err)
	}
	got, err = x.probe(index, true, &pb.KeyRange{Lower: []*pb.Bound{at("b")}, Upper: []*pb.Bound{at("b")}})
	if err != nil || fmt.Sprint(got) != `[["b" 2 1] ["b" 2 0] ["b" null 2]]` {
		t.Errorf("backwards they come as %v %v", got, err)
	}
}

// filled makes an index with several pages in two runs.
func filled(t testing.TB, folder string) (sum []byte) {
	t.Helper()
	changesMax = 64 << 10
	host := folderHost(folder)
	x := openDriver(t, host)
	index := people()
	x.create(index)
	for batch := range 12 {
		var some []person
		for i := range 200 {
			some = append(some, person{fmt.Sprintf("name %d of many", (batch*200+i)*7919%5000), int64(i), int64(batch*200 + i)})
		}
		x.feed(index, false, some...)
	}
	sum = x.save(index, "v1").GetChecksum()
	host.Kill()
	return sum
}

// files lists those of the one index in a folder.
func files(t testing.TB, folder string) []string {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(folder, "*", "*"))
	if err != nil || len(all) < 2 {
		t.Fatalf("files are %v %v", all, err)
	}
	return all
}

// whole reads all entries and tells whether the index is believed.
func whole(t testing.TB, folder string, sum []byte) (rows []string, sound bool) {
	t.Helper()
	host := folderHost(folder)
	defer host.Kill()
	x := openDriver(t, host)
	index := people()
	index.Checksum = sum
	if x.check(index, "v1") != pb.DriverState_DRIVER_STATE_SOUND {
		return nil, false
	}
	rows, err := x.probe(index, false)
	return rows, err == nil
}

func copyFolder(t testing.TB, from, to string) {
	t.Helper()
	if err := os.RemoveAll(to); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
}

// TestDamageIsDetected flips bytes at random places, cuts files, takes them away: either the index is not believed, or its
// entries are those that were written. WASQL_FLIPS is how often; make durability sets it to 10,000.
//
// checklist: G32
func TestDamageIsDetected(t *testing.T) {
	good, damaged := filepath.Join(t.TempDir(), "good"), filepath.Join(t.TempDir(), "damaged")
	if err := os.MkdirAll(good, 0o750); err != nil {
		t.Fatal(err)
	}
	sum := filled(t, good)
	want, sound := whole(t, good, sum)
	if !sound || len(want) != 2400 {
		t.Fatalf("%d entries were written, sound: %v", len(want), sound)
	}
	flips := 300
	if text := os.Getenv("WASQL_FLIPS"); text != "" {
		if _, err := fmt.Sscan(text, &flips); err != nil {
			t.Fatal(err)
		}
	}
	random := rand.New(rand.NewSource(1))
	copyFolder(t, good, damaged)
	all := files(t, damaged)
	detected, harmless := map[string]int{}, 0
	for i := range flips {
		path := all[random.Intn(len(all))]
		bytes, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if len(bytes) == 0 {
			continue // the lock
		}
		kept := slices.Clone(bytes)
		kind := [...]string{"a bit flipped", "a byte changed", "zeros written", "the end cut off"}[i%4]
		where := random.Intn(len(bytes))
		switch i % 4 {
		case 0:
			bytes[where] ^= 1 << random.Intn(8)
		case 1:
			bytes[where] += byte(1 + random.Intn(255))
		case 2:
			clear(bytes[where:min(len(bytes), where+1+random.Intn(512))])
		case 3:
			bytes = bytes[:where]
		}
		if err := os.WriteFile(path, bytes, 0o600); err != nil {
			t.Fatal(err)
		}
		got, sound := whole(t, damaged, sum)
		switch {
		case !sound:
			detected[kind]++
		case !slices.Equal(got, want):
			t.Errorf("%s at %d of %s: %d entries are believed, and %d were written", kind, where, filepath.Base(path), len(got), len(want))
		default:
			harmless++
		}
		if err := os.WriteFile(path, kept, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("of %d damages detected: %v, without effect: %d", flips, detected, harmless)
	if got, sound := whole(t, damaged, sum); !sound || !slices.Equal(got, want) {
		t.Error("the files that were mended are not believed")
	}
	for _, path := range files(t, good) {
		copyFolder(t, good, damaged)
		gone := filepath.Join(damaged, strings.TrimPrefix(path, good))
		if err := os.Remove(gone); err != nil {
			t.Fatal(err)
		}
		if _, sound := whole(t, damaged, sum); sound {
			t.Errorf("without %s it is believed", filepath.Base(path))
		}
	}
}

// TestOtherFilesAreNotBelieved puts back the files of an earlier save, and those of another index.
//
// checklist: G32
func TestOtherFilesAreNotBelieved(t *testing.T) {
	folder, earlier := filepath.Join(t.TempDir(), "now"), filepath.Join(t.TempDir(), "earlier")
	if err := os.MkdirAll(folder, 0o750); err != nil {
		t.Fatal(err)
	}
	filled(t, folder)
	copyFolder(t, folder, earlier)
	host := folderHost(folder)
	x := openDriver(t, host)
	index := people()
	x.feed(index, false, person{"new", 1, 9999})
	sum := x.save(index, "v1").GetChecksum()
	other := people()
	other.Name = "other"
	x.create(other)
	x.feed(other, false, person{"of the other", 1, 1})
	otherSum := x.save(other, "v1").GetChecksum()
	host.Kill()
	if rows, sound := whole(t, folder, sum); !sound || len(rows) != 2401 {
		t.Fatalf("%d entries, sound: %v", len(rows), sound)
	}
	if _, sound := whole(t, earlier, sum); sound {
		t.Error("files of an earlier save are believed")
	}
	// The other's files in the folder of the index.
	a, b := filepath.Join(folder, folderOf(index)), filepath.Join(folder, folderOf(other))
	copyFolder(t, b, a)
	for _, sum := range [][]byte{sum, otherSum, nil} {
		if _, sound := whole(t, folder, sum); sound {
			t.Error("the files of another index are believed")
		}
	}
}

// TestWhatWasNotSavedIsGone: what was fed since is not there after a crash, and what was saved is.
func TestWhatWasNotSavedIsGone(t *testing.T) {
	folder := t.TempDir()
	sum := filled(t, folder)
	host := folderHost(folder)
	x := openDriver(t, host)
	for i := range int64(3000) { // more than fits in memory
		x.feed(people(), false, person{"late", i, i})
	}
	host.Kill()
	if rows, sound := whole(t, folder, sum); !sound || len(rows) != 2400 {
		t.Errorf("after the crash: %d entries, sound: %v", len(rows), sound)
	}
}
