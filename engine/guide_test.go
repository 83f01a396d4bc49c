package engine

import (
	"fmt"
	"strings"
	"testing"

	"github.com/wasql/wasql/host"
)

// The examples that the founding documents print, their connectors written anew, their SQL as it stands there. The table of constants
// of Multicorn's guide is in testdata/foreign/tables.slt, its conditions in testdata/lifecycle/multicorn.slt.
//
// checklist: T2 T4 T6 T8 T14 T17
func TestExamplesOfTheVirtualTableGuide(t *testing.T) {
	for _, example := range []struct{ connector, data, query, format, want string }{
		{"guide_minimal", "", "SELECT a_column FROM my_table_module", "%s\n", ""},
		{"guide_vector", "74 42 50", "SELECT value FROM my_table_module", "%s\n", "74\n42\n50\n"},
		{"guide_map", "74=a 42=b 50=c 80=d", "SELECT key, value FROM my_table_module WHERE key > 70 AND key < 80", "%s: %s\n", "74: a\n"},
	} {
		t.Run(example.connector, func(t *testing.T) {
			for _, home := range []string{"", "store"} {
				config := Config{Home: home, Connectors: []ConnectorSource{{Name: example.connector, Trusted: true, Wasm: buildOwn(example.connector)}}}
				if home != "" {
					config.Connectors = append(config.Connectors, sources(t, home)...)
				}
				e, s := newEngine(t, config)
				if err := e.Mount(t.Context(), "my_table_module", example.connector, host.Options{ConstructionData: []byte(example.data)}); err != nil {
					t.Fatal(err)
				}
				_, rows, _, err := ask(t.Context(), s, example.query)
				if err != nil {
					t.Fatal(err)
				}
				var got strings.Builder
				for _, row := range rows {
					values := make([]any, len(row))
					for i, v := range row {
						values[i] = v
					}
					fmt.Fprintf(&got, example.format, values...)
				}
				if got.String() != example.want {
					t.Errorf("%s\nprints %q\nwant   %q", example.query, got.String(), example.want)
				}
				if example.connector != "guide_map" {
					continue
				}
				// The map finds the range itself, in the order of its keys: nothing is left to check or to sort.
				_, plan, _, err := ask(t.Context(), s, "EXPLAIN "+example.query+" ORDER BY key")
				if text := fmt.Sprint(plan, err); strings.Contains(text, "Sort") || strings.Contains(text, "residual") || !strings.Contains(text, "> 70) exact") && !strings.Contains(text, "> 70 exact") {
					t.Errorf("the plan is %s", text)
				}
			}
		})
	}
}

func TestColumnKeyNeedsNoBackticksInAQuery(t *testing.T) {
	for text, want := range map[string]string{
		"SELECT key FROM t": "SELECT `key` FROM t", "select a.KEY, 'key', `key` from t where Key > 1": "select a.`KEY`, 'key', `key` from t where `Key` > 1",
		"SELECT a FROM t USE KEY (x) WHERE key = 1 -- key": "SELECT a FROM t USE KEY (x) WHERE `key` = 1 -- key", "SELECT keys, key1, /* key */ 1": "",
		"CREATE TABLE t (key INT)": "", "INSERT INTO t VALUES (1) ON DUPLICATE KEY UPDATE a = 1": "",
	} {
		got, is := withColumnKey(text)
		if is != (want != "") || is && got != want {
			t.Errorf("%s becomes %s (%v), want %s", text, got, is, want)
		}
	}
}
