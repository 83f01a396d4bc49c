package main

import (
	"testing"

	wasql "github.com/wasql/wasql/sdk/go"
	"github.com/wasql/wasql/sdk/go/wasqltest"
)

func TestQueriesAsTheEngineAsksThem(t *testing.T) {
	in := wasqltest.Open(t, connector)
	numbers := func(n ...int64) (values []wasql.Value) {
		for _, x := range n {
			values = append(values, wasql.IntValue(x))
		}
		return values
	}
	for name, c := range map[string]struct {
		query wasqltest.Query
		want  []string
	}{
		"call":            {wasqltest.Query{Args: numbers(1, 4)}, []string{"1", "2", "3", "4"}},
		"residual":        {wasqltest.Query{Args: numbers(1, 4), Where: []string{"value <> 2", "value < 3.5"}}, []string{"1", "3"}},
		"order and limit": {wasqltest.Query{Args: numbers(1, 9), Order: []string{"value desc"}, Limit: 2, Offset: 1}, []string{"8", "7"}},
		"limit above residual": {
			wasqltest.Query{Args: numbers(1, 9), Where: []string{"value <> 9"}, Order: []string{"value desc"}, Limit: 2}, []string{"8", "7"},
		},
		"params": {wasqltest.Query{Where: []string{"value in ?0 ?1 5"}, Params: numbers(9, 1)}, []string{"1", "5", "9"}},
	} {
		t.Run(name, func(t *testing.T) { wasqltest.Equal(t, in.Query("series", c.query), c.want...) })
	}
}
