package engine

import "testing"

func TestOver(t *testing.T) {
	for query, want := range map[string]string{
		"SELECT 1": "", "SELECT sum(x) OVER () FROM t": "", "SELECT f(x), 'over' FROM t": "", "SELECT f(x)) over": "",
		"SELECT (f(x)) OVER ()":                               "<SELECT (>, f(x)) OVER ()", // which is no function
		"SELECT f(x) OVER w FROM t":                           "SELECT <f(>, x) OVER w FROM t",
		"SELECT f() over(ORDER BY g(x) OVER ()) FROM t":       "SELECT <f(>) over(ORDER BY <g(>, x) OVER ()) FROM t",
		"SELECT `a b` . f /* x */ (f(x) OVER (), ')') OVER w": "SELECT <`a b` . f /* x */ (>, <f(>, x) OVER (), ')') OVER w",
		"SELECT f(DISTINCT x) OVER w":                         "SELECT <f(DISTINCT>,  x) OVER w",
	} {
		marked, is := withOver(query)
		if is != (want != "") {
			t.Errorf("%s: %t", query, is)
			continue
		}
		if back := withoutOver(marked); back != query {
			t.Errorf("%s: comes back as %s", query, back)
		}
		shown := overMarked.ReplaceAllStringFunc(marked, func(call string) string {
			shown := "<" + withoutOver(call) + ">"
			if call[len(call)-1] == ' ' {
				shown += ", "
			}
			return shown
		})
		if is && shown != want {
			t.Errorf("%s: %s, want %s", query, shown, want)
		}
	}
}

func TestOverKeepsNamesOfColumns(t *testing.T) {
	_, s := newEngine(t, Config{}, "words", "series-go")
	names, rows, _, err := ask(t.Context(), s, "SELECT longest( value ) OVER (ORDER BY value), 1 FROM series(1, 1)")
	if err != nil || len(rows) != 1 || names[0] != "longest( value ) OVER (ORDER BY value)" {
		t.Errorf("%q %v %v", names, rows, err)
	}
}
