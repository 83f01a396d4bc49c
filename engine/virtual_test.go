package engine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"github.com/wasql/wasql/engine/sqlerr"
	"github.com/wasql/wasql/host"
)

func TestArgumentsAreKeptAsWritten(t *testing.T) {
	cases := []struct {
		text string
		// want is name|verbatim|value, one an argument; near is where a wrong text is wrong.
		want []string
		near string
	}{
		{text: "()"},
		{text: "( \n )"},
		{text: "(a)", want: []string{"|a|a"}},
		{text: "( a b , c )", want: []string{"|a b|a b", "|c|c"}},
		{text: "(b=c)", want: []string{"b|b=c|c"}},
		{text: "(b\t= c d )", want: []string{"b|b\t= c d|c d"}},
		{text: "(b=)", want: []string{"b|b=|"}},
		{text: "(b = 'x, y)')", want: []string{"b|b = 'x, y)'|x, y)"}},
		{text: `('it''s', "say \"hi\"", ` + "`a``b`)", want: []string{"|'it''s'|it's", `|"say \"hi\""|say "hi"`, "|`a``b`|a`b"}},
		{text: `('\t\n\\\%\q\0')`, want: []string{`|'\t\n\\\%\q\0'|` + "\t\n\\\\%q\x00"}},
		{text: "(`the name` = 1, ``=2)", want: []string{"the name|`the name` = 1|1", "|``=2|``=2"}},
		{text: "(f(1, g(2)), (3, 4))", want: []string{"|f(1, g(2))|f(1, g(2))", "|(3, 4)|(3, 4)"}},
		{text: "(content-type=x, a.b=y, ü=z)", want: []string{"content-type|content-type=x|x", "a.b|a.b=y|y", "ü|ü=z|z"}},
		{text: "(1=1, 'a'='b', a>=b, a b=c)", want: []string{"|1=1|1=1", "|'a'='b'|'a'='b'", "|a>=b|a>=b", "|a b=c|a b=c"}},
		{text: "(a=b=c)", want: []string{"a|a=b=c|b=c"}},
		{text: "('a' 'b', x'00')", want: []string{"|'a' 'b'|'a' 'b'", "|x'00'|x'00'"}},
		{text: "(# a, /* b */)", want: []string{"|# a|# a", "|/* b */|/* b */"}},
		{text: "(a)) b", want: []string{"|a|a"}},
		{text: "(", near: ""},
		{text: "(a", near: ""},
		{text: "(a, (b)", near: ""},
		{text: "(,)", near: ",)"},
		{text: "(a,)", near: ")"},
		{text: "(a, , b)", near: ", b)"},
		{text: "(a, 'b)", near: "'b)"},
		{text: `('b\')`, near: `'b\')`},
		{text: "(a; b)", near: "; b)"},
	}
	for _, c := range cases {
		l := &lexer{text: c.text, at: 1}
		arguments, err := l.arguments()
		if c.want == nil && !strings.HasSuffix(c.text, " )") && c.text != "()" {
			if err == nil || c.text[l.at:] != c.near || sqlerr.From(err).Errno != 1064 {
				t.Errorf("%s: %v at %q, want a syntax error at %q", c.text, err, c.text[l.at:], c.near)
			}
			continue
		}
		var got []string
		for _, a := range arguments {
			got = append(got, a.Name+"|"+a.Verbatim+"|"+a.Value)
		}
		if err != nil || fmt.Sprintf("%q", got) != fmt.Sprintf("%q", c.want) {
			t.Errorf("%s: %q (%v), want %q", c.text, got, err, c.want)
		}
	}
}

// FuzzArguments: whatever is read, put together again with commas, is what was written but for the
// blanks around arguments; and it never panics.
func FuzzArguments(f *testing.F) {
	for _, seed := range []string{"", "a", "a, b=c", "'x'", "`n`= \"v\\\"\"", "(((", "a,,b", "f(1,2), 'it''s'", "\\", "'\\", "=`", "a=;"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, inside string) {
		text := inside + ")"
		l := &lexer{text: text}
		arguments, err := l.arguments()
		if l.at < 0 || l.at > len(text) {
			t.Fatalf("%q: place %d", text, l.at)
		}
		if err != nil {
			return
		}
		rest := text[:l.at]
		for i, a := range arguments {
			found := false
			if rest, found = strings.CutPrefix(strings.TrimLeft(rest, blanks), a.Verbatim); !found || a.Verbatim == "" {
				t.Fatalf("%q: argument %d is %q", text, i, a.Verbatim)
			}
			if rest = strings.TrimLeft(rest, blanks); i < len(arguments)-1 {
				if rest, found = strings.CutPrefix(rest, ","); !found {
					t.Fatalf("%q: no comma after argument %d", text, i)
				}
			}
		}
		if strings.TrimLeft(rest, blanks) != ")" {
			t.Fatalf("%q: %q is left", text, rest)
		}
		again := &lexer{text: "CREATE VIRTUAL TABLE t USING m(" + text[:l.at]}
		read, end, is, err := readOwn(again.text, ';')
		v, _ := read.(virtualTable)
		if strings.ToValidUTF8(text, "") == text && (!is || err != nil || end != len(again.text) || len(v.arguments) != len(arguments)) {
			t.Fatalf("%q as a statement: %d arguments (%v)", again.text, len(v.arguments), err)
		}
	})
}

func TestOnlyCreateVirtualTableIsReadAsOne(t *testing.T) {
	for text, want := range map[string]string{
		"CREATE VIRTUAL TABLE t USING m":                        ".t.m",
		"-- x\ncreate\tvirtual/**/table`a`.`b c`using`m`()":     "a.b c.m",
		"CREATE VIRTUAL TABLE IF NOT EXISTS a.t USING m (x) ; ": "a.t.m",
		"CREATE VIRTUALTABLE t USING m":                         "",
		"CREATE TABLE t USING m":                                "",
		"SELECT 'CREATE VIRTUAL TABLE t USING m'":               "",
		"": "",
	} {
		read, _, is, err := readOwn(text, ';')
		v, _ := read.(virtualTable)
		got := v.database + "." + v.name + "." + v.module
		if is != (want != "") || is && (err != nil || got != want) {
			t.Errorf("%q: %v, %s (%v), want %s", text, is, got, err, want)
		}
	}
	if _, _, is, err := readOwn("CREATE VIRTUAL TABLE t USING m(\xff)", ';'); !is || sqlerr.From(err).Errno != 1300 {
		t.Errorf("a statement that is not UTF-8 gives %v", err)
	}
}

func TestPathsOfVirtualTablesNeedAGrant(t *testing.T) {
	const create = "CREATE VIRTUAL TABLE people USING csv(path='people/people.csv', null=NA)"
	_, denied := newEngine(t, Config{}, "csv")
	if _, _, _, err := ask(t.Context(), denied, create); !errors.Is(err, host.ErrDenied) {
		t.Errorf("without a policy: %v", err)
	}
	var asked []string
	_, s := newEngine(t, Config{GrantPath: func(ctx context.Context, connector, path string) ([]host.FileGrant, error) {
		asked = append(asked, connector+" "+path)
		if path != "people/people.csv" {
			return nil, fs.ErrNotExist
		}
		return grantTestdata(ctx, connector, path)
	}}, "csv")
	if _, _, _, err := ask(t.Context(), s, create); err != nil {
		t.Fatal(err)
	}
	if got := one(t, s, "SELECT name FROM people WHERE age = 29"); got != "eve" || fmt.Sprint(asked) != "[csv people/people.csv]" {
		t.Errorf("the name is %q, the policy was asked for %q", got, asked)
	}
	_, _, _, err := ask(t.Context(), s, "CREATE VIRTUAL TABLE cities USING csv(path='people/cities.csv')")
	wantErrno(t, err, 1017)
}

func TestDroppedAndFailedVirtualTablesKeepNoConnector(t *testing.T) {
	e, s := newEngine(t, Config{GrantPath: grantTestdata}, "csv")
	other := e.NewSession("")
	defer other.Close()
	for range 3 {
		if _, _, _, err := ask(t.Context(), s, "CREATE VIRTUAL TABLE people USING csv(path='people/people.csv')"); err != nil {
			t.Fatal(err)
		}
		if got := one(t, other, "SELECT COUNT(*) FROM people"); got != "3" {
			t.Errorf("another session counts %s", got)
		}
		_, _, _, err := ask(t.Context(), other, "CREATE VIRTUAL TABLE t USING csv(path='people', table=nope)")
		wantErrno(t, err, 1146)
		if open := len(e.Catalog().Connectors()); open != 1 {
			t.Errorf("%d connectors are open for one table", open)
		}
		if rows, _, _ := e.Work(); rows == 0 {
			t.Error("the rows of a virtual table are not counted")
		}
		if _, _, _, err := ask(t.Context(), s, "DROP TABLE people"); err != nil {
			t.Fatal(err)
		}
		if open := len(e.Catalog().Connectors()); open != 0 {
			t.Errorf("%d connectors are open after the drop", open)
		}
	}
}

func TestPreparedStatementsMakeAndDropVirtualTables(t *testing.T) {
	_, s := newEngine(t, Config{}, "zoo")
	for _, text := range []string{
		"PREPARE c FROM 'CREATE VIRTUAL TABLE given USING zoo(table=arguments, x)'", "EXECUTE c",
		"PREPARE d FROM 'DROP TABLE given'", "EXECUTE d", "EXECUTE c",
	} {
		if _, _, _, err := ask(t.Context(), s, text); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
	if got := one(t, s, "SELECT COUNT(*) FROM given"); got != "4" {
		t.Errorf("%s arguments came, want 4", got)
	}
}
