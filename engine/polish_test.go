package engine

import "testing"

func TestConstantsAreWarnedOfOnce(t *testing.T) {
	told := map[string]bool{}
	for i, test := range []struct {
		statement, warning string
		repeated           bool
	}{
		{"SELECT * FROM t WHERE a = '11.12asdf'", "Truncated incorrect double value: 11.12asdf", false},
		{"SELECT * FROM t WHERE a = '11.12asdf'", "Truncated incorrect double value: 11.12asdf", true},
		{"SELECT a + 0 FROM t", "Truncated incorrect double value: x", false},
		{"SELECT b + 0 FROM t", "Truncated incorrect double value: x", false},
		{"SELECT 1", "another warning", false},
		{"SELECT 1", "another warning", false},
	} {
		if got := repeated(told, test.statement, test.warning); got != test.repeated {
			t.Errorf("%d: %v", i, got)
		}
	}
}
