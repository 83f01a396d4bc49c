package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"testing"

	"github.com/wasql/wasql/abi/pb"
	wasql "github.com/wasql/wasql/sdk/go"
	"github.com/wasql/wasql/sdk/go/wasqltest"
)

// TestSamples: each way to the rows gives those of the sample that it has, and none else.
//
// checklist: P1
func TestSamples(t *testing.T) {
	const count = 20_000
	s := start(t)
	s.create(items("items"))
	var rows [][]wasql.Value
	for i := range int64(count) {
		rows = append(rows, item(i, fmt.Sprint("n", i), i%50))
	}
	if _, err := s.insert("items", 0, rows...); err != nil {
		t.Fatal(err)
	}
	read := func(sample *pb.Sample, q wasqltest.Query) []int64 {
		t.Helper()
		q.Sample, q.BatchRows = sample, 777
		if q.Columns == nil {
			q.Columns = []string{"id"}
		}
		got := s.Query("items", q)
		if !got.Plan.GetSample().GetTaken() {
			t.Fatal("the sample is not taken")
		}
		var ids []int64
		for _, row := range got.Rows {
			id, _ := row[0].Int64()
			ids = append(ids, id)
		}
		return ids
	}
	among := func(ids []int64, keep func(int64) bool) []int64 {
		return slices.DeleteFunc(slices.Clone(ids), func(id int64) bool { return !keep(id) })
	}
	for _, blocks := range []bool{false, true} {
		t.Run(fmt.Sprintf("blocks %v", blocks), func(t *testing.T) {
			sample := &pb.Sample{Fraction: 0.3, Seed: 11, Repeatable: true, Blocks: blocks}
			all := read(sample, wasqltest.Query{})
			if n, most := len(all), map[bool]int{false: 300, true: 3000}[blocks]; n < 6000-most || n > 6000+most {
				t.Errorf("%d rows are 0.3 of %d", n, count)
			}
			if !slices.IsSorted(all) || len(slices.Compact(slices.Clone(all))) != len(all) {
				t.Error("rows come twice")
			}
			sorted := func(ids []int64) []int64 { slices.Sort(ids); return ids }
			for name, c := range map[string]struct {
				query wasqltest.Query
				keep  func(int64) bool
			}{
				"again":          {wasqltest.Query{}, func(int64) bool { return true }},
				"other columns":  {wasqltest.Query{Columns: []string{"id", "n", "name"}}, func(int64) bool { return true }},
				"a range":        {wasqltest.Query{Where: []string{"id >= 100", "id < 9000"}}, func(id int64) bool { return id >= 100 && id < 9000 }},
				"one row":        {wasqltest.Query{Where: []string{"id = 5000"}}, func(id int64) bool { return id == 5000 }},
				"rows of a list": {wasqltest.Query{Where: []string{"id in 1 2 3 4 5 6 7 8 9 600 601 602 19999"}}, func(id int64) bool { return id > 0 && id < 10 || id > 599 && id < 603 || id == 19999 }},
				"an index":       {wasqltest.Query{Where: []string{"n = 7"}}, func(id int64) bool { return id%50 == 7 }},
				"an index and rows": {wasqltest.Query{Columns: []string{"id", "name"}, Where: []string{"n in 7 9"}},
					func(id int64) bool { return id%50 == 7 || id%50 == 9 }},
				"backwards": {wasqltest.Query{Order: []string{"id desc"}, Where: []string{"id < 9000"}}, func(id int64) bool { return id < 9000 }},
			} {
				if got, want := sorted(read(sample, c.query)), among(all, c.keep); !slices.Equal(got, want) {
					t.Errorf("%s: %d rows, want %d", name, len(got), len(want))
				}
			}
			if got, want := read(sample, wasqltest.Query{Where: []string{"id >= 50"}, Limit: 40, Offset: 30}), among(all, func(id int64) bool { return id >= 50 })[30:70]; !slices.Equal(got, want) {
				t.Errorf("with limit and offset come %v, want %v", got, want)
			}
			more := read(&pb.Sample{Fraction: 0.6, Seed: 11, Repeatable: true, Blocks: blocks}, wasqltest.Query{})
			if len(among(all, func(id int64) bool { _, in := slices.BinarySearch(more, id); return !in })) > 0 || len(more) <= len(all) {
				t.Error("a larger sample lacks rows of the smaller one")
			}
			if other := read(&pb.Sample{Fraction: 0.3, Seed: 12, Repeatable: true, Blocks: blocks}, wasqltest.Query{}); slices.Equal(other, all) {
				t.Error("another seed gives the same rows")
			}
			for fraction, want := range map[float64]int{0: 0, 1: count} {
				if got := read(&pb.Sample{Fraction: fraction, Seed: 3, Blocks: blocks}, wasqltest.Query{}); len(got) != want {
					t.Errorf("of fraction %v there are %d rows", fraction, len(got))
				}
			}
		})
	}
}

// TestSampledLookups: a key finds its row when it is in the sample.
func TestSampledLookups(t *testing.T) {
	s := start(t)
	s.create(items("items"))
	var rows [][]wasql.Value
	for i := range int64(1000) {
		rows = append(rows, item(i, fmt.Sprint("n", i), i%50))
	}
	if _, err := s.insert("items", 0, rows...); err != nil {
		t.Fatal(err)
	}
	for _, blocks := range []bool{false, true} {
		sample := &pb.Sample{Fraction: 0.5, Seed: 5, Repeatable: true, Blocks: blocks}
		drawn := map[int64]bool{}
		for _, row := range s.Query("items", wasqltest.Query{Columns: []string{"id"}, Sample: sample, BatchRows: 1000}).Rows {
			id, _ := row[0].Int64()
			drawn[id] = true
		}
		if len(drawn) == 0 || len(drawn) == 1000 {
			t.Errorf("blocks %v: %d rows of 1000 are half", blocks, len(drawn))
		}
		ref := &pb.TableRef{Name: "items"}
		var plan pb.PlanResponse
		s.ask(pb.Op_OP_PLAN, &pb.PlanRequest{Table: ref, Columns: []uint32{0}, Sample: sample}, &plan)
		for column, key := range []func(int64) wasql.Value{wasql.IntValue, func(id int64) wasql.Value { return wasql.TextValue(fmt.Sprint("n", id)) }} {
			var keys [][]wasql.Value
			for id := range int64(1000) {
				keys = append(keys, []wasql.Value{key(id)})
			}
			found := 0
			for _, id := range s.found(&pb.OpenLookupRequest{Table: ref, Plan: plan.GetPlan(), KeyColumns: []uint32{uint32(column)}, Columns: []uint32{0}}, keys) {
				if found++; !drawn[id] {
					t.Errorf("blocks %v, column %d: row %d is not in the sample", blocks, column, id)
				}
			}
			if found != len(drawn) {
				t.Errorf("blocks %v, column %d: %d rows are found, the sample has %d", blocks, column, found, len(drawn))
			}
		}
	}
}

// found gives the ids of the rows that keys have.
func (t tester) found(request *pb.OpenLookupRequest, keys [][]wasql.Value) []int64 {
	t.Helper()
	var lookup pb.OpenLookupResponse
	t.ask(pb.Op_OP_OPEN_LOOKUP, request, &lookup)
	if _, err := t.Write(lookup.GetScan(), wasqltest.Rows(lookup.GetKeys(), keys)); err != nil {
		t.Fatal(err)
	}
	var ids []int64
	for {
		batch, err := t.Next(lookup.GetScan(), 100, 1<<20)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range wasqltest.Values(batch, lookup.GetColumns()) {
			id, _ := row[1].Int64()
			ids = append(ids, id)
		}
	}
	if err := t.Instance.Close(lookup.GetScan()); err != nil {
		t.Fatal(err)
	}
	return ids
}
