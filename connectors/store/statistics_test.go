package main

import (
	"fmt"
	"testing"

	"github.com/wasql/wasql/abi/pb"
	wasql "github.com/wasql/wasql/sdk/go"
)

func TestStatisticsOfKeys(t *testing.T) {
	s := start(t)
	s.create(items("items"))
	var rows [][]wasql.Value
	for i := range int64(300) {
		row := item(i, fmt.Sprint("n", i), i%10)
		if i%10 == 9 {
			row[2] = wasql.NullValue()
		}
		rows = append(rows, row)
	}
	if _, err := s.insert("items", 0, rows...); err != nil {
		t.Fatal(err)
	}
	var told pb.StatisticsResponse
	s.ask(pb.Op_OP_STATISTICS, &pb.StatisticsRequest{Table: &pb.TableRef{Name: "items"}, Columns: []uint32{0, 2}}, &told)
	if told.GetRows() != 300 || len(told.GetColumns()) != 2 {
		t.Fatalf("statistics are %v", &told)
	}
	for i, want := range []struct {
		column          uint32
		distinct, nulls uint64
	}{{0, 300, 0}, {2, 10, 30}} {
		c := told.GetColumns()[i]
		counted, distinct, nulls := uint64(0), uint64(0), uint64(0)
		for _, b := range c.GetHistogram() {
			counted, distinct, nulls = counted+b.GetRows(), distinct+b.GetDistinct(), nulls+b.GetNulls()
		}
		if c.GetColumns()[0] != want.column || c.GetDistinct() != want.distinct || c.GetNulls() != want.nulls || counted != 300 || distinct != want.distinct || nulls != want.nulls {
			t.Errorf("column %d has %d values and %d NULL in %d buckets, want %+v", c.GetColumns()[0], c.GetDistinct(), c.GetNulls(), len(c.GetHistogram()), want)
		}
	}
	// by_n is descending, and bounds ascend all the same: NULL, 0, 1 and so on.
	buckets := told.GetColumns()[1].GetHistogram()
	if low, high := wasql.ValueFrom(buckets[0].GetUpperBound()[0]), wasql.ValueFrom(buckets[9].GetUpperBound()[0]); !low.IsNull() || high != wasql.IntValue(8) || len(buckets) != 10 {
		t.Errorf("%d buckets end with %v to %v", len(buckets), low, high)
	}
	told.Reset()
	s.ask(pb.Op_OP_STATISTICS, &pb.StatisticsRequest{Table: &pb.TableRef{Name: "items"}}, &told)
	if told.GetRows() != 300 || len(told.GetColumns()) != 0 {
		t.Errorf("nothing asked gives %v", &told)
	}
}
