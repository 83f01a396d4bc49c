package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/connectors/store/journal/journaltest"
	wasql "github.com/wasql/wasql/sdk/go"
	"github.com/wasql/wasql/sdk/go/wasqltest"
)

// TestUpdatesOfManyRows updates columns that are in no key, many rows at a time, and opens the store again now and then.
func TestUpdatesOfManyRows(t *testing.T) {
	smallBlocks(t)
	type row struct {
		k int64
		s string
	}
	rapid.Check(t, func(r *rapid.T) {
		fs := journaltest.New(1)
		s, err := over(t, fs, rapid.SampledFrom([]int64{1, 3000, 1 << 30}).Draw(r, "limit"))
		if err != nil {
			r.Fatal(err)
		}
		table := wide("t", &pb.Index{Name: "v", Columns: []*pb.IndexColumn{{Column: 2}}})
		keyed := rapid.Bool().Draw(r, "keyed")
		if !keyed {
			table.PrimaryKey = nil
		}
		s.create(table)
		want := map[int64]row{}
		var rows [][]wasql.Value
		for id := range int64(rapid.IntRange(1, 40).Draw(r, "rows")) {
			want[id] = row{id, "x"}
			rows = append(rows, []wasql.Value{wasql.IntValue(id), wasql.IntValue(id), wasql.FloatValue(float64(id)), wasql.TextValue("x")})
		}
		if _, err := s.Change("t", wasqltest.Change{Kind: pb.WriteKind_WRITE_KIND_INSERT, Values: []string{"id", "k", "v", "s"}, Rows: rows}); err != nil {
			r.Fatal(err)
		}
		r.Repeat(map[string]func(*rapid.T){
			"": func(r *rapid.T) {
				got, err := s.Scan(&pb.OpenScanRequest{Table: &pb.TableRef{Name: "t"}, Columns: []uint32{0, 1, 3}})
				var lines []string
				for _, id := range slices.Sorted(maps.Keys(want)) {
					lines = append(lines, fmt.Sprintf("%d %d %q", id, want[id].k, want[id].s))
				}
				if err != nil || strings.Join((&wasqltest.Result{Rows: got}).Strings(), "\n") != strings.Join(lines, "\n") {
					r.Fatalf("there is %v, %v, want %q", got, err, lines)
				}
				var found pb.IntegrityResponse
				if err := s.Call(pb.Op_OP_INTEGRITY, &pb.IntegrityRequest{Table: &pb.TableRef{Name: "t"}}, &found); err != nil || len(found.GetFindings()) > 0 {
					r.Fatalf("the table is not sound: %v, %v", found.GetFindings(), err)
				}
			},
			"update": func(r *rapid.T) {
				c := wasqltest.Change{Kind: pb.WriteKind_WRITE_KIND_UPDATE, Keys: []string{"id"}, Values: []string{"k", "s"}}
				first := int64(0)
				if !keyed {
					c.Keys, first = []string{rowNumber}, 1
				}
				ids := rapid.SliceOf(rapid.Int64Range(0, 44)).Draw(r, "ids")
				if rapid.IntRange(0, 3).Draw(r, "sorted") > 0 {
					slices.Sort(ids)
					ids = slices.Compact(ids)
				}
				matched, affected := uint64(0), uint64(0)
				for _, id := range ids {
					now := row{rapid.Int64Range(0, 2).Draw(r, "k"), strings.Repeat("y", rapid.SampledFrom([]int{0, 1, 5, 300}).Draw(r, "s"))}
					c.Rows = append(c.Rows, []wasql.Value{wasql.IntValue(id + first), wasql.IntValue(now.k), wasql.TextValue(now.s)})
					if was, there := want[id]; there {
						if matched++; was != now {
							affected++
						}
						want[id] = now
					}
				}
				if len(ids) == 0 {
					return
				}
				got, err := s.Change("t", c)
				if err != nil || got.GetRowsMatched() != matched || got.GetRowsAffected() != affected {
					r.Fatalf("updating %v gives %v, %v, want %d of %d", ids, got, err, affected, matched)
				}
			},
			"open again": func(r *rapid.T) {
				fs = fs.Killed(1)
				if s, err = over(t, fs, 1<<30); err != nil {
					r.Fatal(err)
				}
			},
		})
	})
}
