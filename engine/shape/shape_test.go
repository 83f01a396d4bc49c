package shape

import (
	"strings"
	"testing"
)

func TestLiteralsAreTakenOut(t *testing.T) {
	for _, c := range []struct{ text, shape, literals string }{
		{"SELECT * FROM t WHERE id = 5", "SELECT * FROM t WHERE id = ?", "i5"},
		{"select a1 from t2 where `a 3`='it''s' ;\n", "select a1 from t2 where `a 3`=?", "tit's"},
		{"INSERT INTO t VALUES (-5, 1.50, 2e3, \"x\", NULL)", "INSERT INTO t VALUES (?, ?, ?, ?, NULL)", "i-5|d1.50|f2e3|tx"},
		{"UPDATE t SET a = a -1, b = -1.5 WHERE id IN (1,-2)", "UPDATE t SET a = a -?, b = -? WHERE id IN (?,?)", "i1|d1.5|i1|i-2"},
		{"DELETE FROM t WHERE a>-7 AND b = 1.", "DELETE FROM t WHERE a>? AND b = ?", "i-7|d1."},
		{"REPLACE INTO t VALUES (007)", "REPLACE INTO t VALUES (?)", "i007"},
		{"SELECT 3-5, (3)-5", "SELECT ?-?, (?)-?", "i3|i5|i3|i5"},
		{"SELECT t.a FROM d.t LIMIT 3", "SELECT t.a FROM d.t LIMIT ?", "i3"},
		{"INSERT INTO t VALUES ('grün', 'ẞ')", "INSERT INTO t VALUES (?, ?)", "tgrün|tẞ"},
	} {
		var s Statement
		if !s.Read(c.text, false) {
			t.Errorf("%s is not read", c.text)
			continue
		}
		var literals []string
		for i, l := range s.Literals {
			value := s.Source(i)
			if l.Kind == Text {
				value = s.Unquoted(i)
			}
			literals = append(literals, string(l.Kind)+value)
		}
		if string(s.Shape) != c.shape || strings.Join(literals, "|") != c.literals {
			t.Errorf("%s is read as %s with %q, want %s with %s", c.text, s.Shape, literals, c.shape, c.literals)
		}
	}
}

// TestWhatIsNotSureIsLeft has texts that mean something else than they look like.
func TestWhatIsNotSureIsLeft(t *testing.T) {
	for _, text := range []string{
		"SHOW TABLES", "SELECT", "selectx from t", "SELECT 1 -- x", "SELECT 1 --1", "SELECT /*+ x */ 1", "SELECT 1 # x", "SELECT @a", "SELECT ?", "SELECT :v1",
		"SELECT 'a\\'b'", "SELECT 'a' 'b'", "SELECT 'a' \"b\"", "SELECT _utf8mb4'a'", "SELECT _utf8mb4 'a'", "SELECT x'41'", "SELECT 0x41", "SELECT b'1'", "SELECT N'a'",
		"SELECT 1; SELECT 2", "SELECT 1abc FROM t", "SELECT 1e FROM t", "SELECT .5", "SELECT 1.2.3", "SELECT '", "SELECT `a``b` FROM t", "SELECT ä FROM t", "SELECT `a",
		"SELECT 1234567890123456789", "SELECT a->'$.b' FROM t WHERE {d '2020-01-01'}", "SELECT 'a\x00b'", "SELECT a:=1", "SELECT 1e5e", "SELECT ~1", "SELECT " + strings.Repeat("1,", 200) + "1",
		"SELECT '" + strings.Repeat("a", longestText) + "'",
	} {
		var s Statement
		if s.Read(text, false) {
			t.Errorf("%.60s is read as %.60s", text, s.Shape)
		}
	}
	var s Statement
	if !s.Read(`SELECT "a 1" FROM t WHERE b = 2`, true) || string(s.Shape) != `SELECT "a 1" FROM t WHERE b = ?` {
		t.Errorf("with ANSI_QUOTES: %s", s.Shape)
	}
}

func BenchmarkRead(b *testing.B) {
	var s Statement
	for b.Loop() {
		if !s.Read("SELECT * FROM source WHERE id = 12345", false) {
			b.Fatal("not read")
		}
	}
}
