package exec

import (
	"bytes"
	"math/rand/v2"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
)

// readLines cuts a whole file; NULL is shown as \N.
func readLines(t *testing.T, r *fieldReader, perLine int) [][]string {
	t.Helper()
	var lines [][]string
	for {
		more, err := r.begin()
		if err != nil {
			t.Fatal(err)
		}
		if !more {
			return lines
		}
		var line []string
		for last := false; !last; {
			if perLine > 0 && len(line) == perLine {
				if err := r.skip(); err != nil {
					t.Fatal(err)
				}
				break
			}
			f, err := r.next()
			if err != nil {
				t.Fatal(err)
			}
			text := string(f.bytes)
			if f.null {
				text = `\N`
			}
			line, last = append(line, text), f.last
		}
		lines = append(lines, line)
	}
}

func TestFieldReader(t *testing.T) {
	plain := loadFormat{fieldEnd: []byte("\t"), lineEnd: []byte("\n"), enclosed: notSet, escape: '\\'}
	quoted := loadFormat{fieldEnd: []byte(","), lineEnd: []byte("\n"), enclosed: '"', escape: '\\'}
	doubled := loadFormat{fieldEnd: []byte(","), lineEnd: []byte("\n"), enclosed: '"', escape: '"'}
	for _, c := range []struct {
		name    string
		format  loadFormat
		perLine int
		text    string
		want    [][]string
	}{
		{"plain", plain, 0, "a\tb\nc\t\n", [][]string{{"a", "b"}, {"c", ""}}},
		{"no end of line at the end", plain, 0, "a\nb", [][]string{{"a"}, {"b"}}},
		{"empty line", plain, 0, "a\n\nb\n", [][]string{{"a"}, {""}, {"b"}}},
		{"empty file", plain, 0, "", nil},
		{"escapes", plain, 0, `a\tb\nc\\d\0\Z\x` + "\t" + `\N` + "\t" + `x\N` + "\n", [][]string{{"a\tb\nc\\d\x00\x1ax", `\N`, "xN"}}},
		{"escaped ends", plain, 0, "a\\\tb\\\nc\td\n", [][]string{{"a\tb\nc", "d"}}},
		{"escape at the end", plain, 0, `a\`, [][]string{{`a\`}}},
		{"NULL is a text without quotes in the format", plain, 0, "NULL\n", [][]string{{"NULL"}}},
		{"NULL", quoted, 0, `NULL,"NULL",null,"\N"` + "\n", [][]string{{`\N`, "NULL", "null", `\N`}}},
		{"quotes", quoted, 0, `"a,b","c""d","e\"f",g"h` + "\n", [][]string{{"a,b", `c"d`, `e"f`, `g"h`}}},
		{"a quote inside is a quote", quoted, 0, `"a"b",c` + "\n", [][]string{{`a"b`, "c"}}},
		{"a quoted field over two lines", quoted, 0, "\"a\nb\",c\nd,e\n", [][]string{{"a\nb", "c"}, {"d", "e"}}},
		{"never closed", quoted, 0, `"a,b`, [][]string{{`"a,b`}}},
		{"closed by the end", quoted, 0, `1,"b"`, [][]string{{"1", "b"}}},
		{"doubled", doubled, 0, `"1","{""a"":""b""}"` + "\n" + `"\n","""` + "\n\"\n", [][]string{{"1", `{"a":"b"}`}, {`\n`, "\"\n"}}},
		{"doubled at the end of the file", loadFormat{fieldEnd: []byte(","), lineEnd: []byte("\n"), enclosed: '$', escape: '$'}, 0,
			"$1$,$foo $0 $b$\n$2$,$foo $$ bar$", [][]string{{"1", "foo $0 $b"}, {"2", "$foo $ bar$"}}},
		{"long ends", loadFormat{fieldEnd: []byte("||"), lineEnd: []byte("\r\n"), enclosed: notSet, escape: notSet}, 0,
			"a|b||c\rd\r\n\\N||\r\n", [][]string{{"a|b", "c\rd"}, {`\N`, ""}}},
		{"beginnings", loadFormat{fieldEnd: []byte(","), lineEnd: []byte("\n"), lineStart: []byte("xxx"), enclosed: notSet, escape: '\\'}, 0,
			"pk,c\nxxxa,1\nsomething xxxb,2\nc,3\nxxxd", [][]string{{"a", "1"}, {"b", "2"}, {"d"}}},
		{"no end of lines", loadFormat{fieldEnd: []byte(","), enclosed: notSet, escape: notSet}, 2, "a,b,c,d,e", [][]string{{"a", "b"}, {"c", "d"}, {"e"}}},
		{"the rest of a line", quoted, 1, "a,b\\\nc\nd\n", [][]string{{"a"}, {"d"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			whole := newFieldReader(strings.NewReader(c.text), c.format)
			if got := readLines(t, whole, c.perLine); !reflect.DeepEqual(c.want, got) {
				t.Errorf("%q, want %q", got, c.want)
			}
			dripping := newFieldReader(iotest.OneByteReader(strings.NewReader(c.text)), c.format)
			if got := readLines(t, dripping, c.perLine); !reflect.DeepEqual(c.want, got) {
				t.Errorf("byte by byte: %q, want %q", got, c.want)
			}
		})
	}
}

// TestFieldReaderReadsWhatWasWritten cuts files made by SELECT ... INTO OUTFILE's rules.
func TestFieldReaderReadsWhatWasWritten(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	const alphabet = "ab,\"\\\n\tN0\x00é"
	for range 300 {
		quote := random.IntN(2) == 0
		format := loadFormat{fieldEnd: []byte(","), lineEnd: []byte("\n"), enclosed: notSet, escape: '\\'}
		if quote {
			format.enclosed = '"'
		}
		var file bytes.Buffer
		var want [][]string
		for range random.IntN(20) {
			var line []string
			for f := range 3 {
				var value strings.Builder
				for range random.IntN(6) {
					runes := []rune(alphabet)
					value.WriteRune(runes[random.IntN(len(runes))])
				}
				if f > 0 {
					file.WriteByte(',')
				}
				null := random.IntN(5) == 0
				text := writeField(value.String(), null, quote)
				if value.String() == "NULL" || value.String() == `\N` {
					null = false
				}
				file.WriteString(text)
				if null {
					line = append(line, `\N`)
				} else {
					line = append(line, value.String())
				}
			}
			file.WriteByte('\n')
			want = append(want, line)
		}
		text := file.String()
		got := readLines(t, newFieldReader(iotest.HalfReader(strings.NewReader(text)), format), 0)
		if !reflect.DeepEqual(want, got) {
			t.Fatalf("%s: %q, want %q", strconv.Quote(text), got, want)
		}
	}
}

func writeField(value string, null, quote bool) string {
	if null {
		return `\N`
	}
	escape := strings.NewReplacer(`\`, `\\`, "\n", "\\\n", ",", `\,`, `"`, `\"`, "\x00", `\0`)
	if quote {
		return `"` + escape.Replace(value) + `"`
	}
	return escape.Replace(value)
}

func FuzzFieldReader(f *testing.F) {
	f.Add("a,b\n", byte('"'), byte('\\'))
	f.Add("\"a\"\"b\",\\N\n\"", byte('"'), byte('"'))
	f.Fuzz(func(t *testing.T, text string, enclosed, escape byte) {
		format := loadFormat{fieldEnd: []byte(","), lineEnd: []byte("\r\n"), enclosed: int(enclosed), escape: int(escape)}
		whole := readLines(t, newFieldReader(strings.NewReader(text), format), 0)
		dripping := readLines(t, newFieldReader(iotest.OneByteReader(strings.NewReader(text)), format), 0)
		if !reflect.DeepEqual(whole, dripping) {
			t.Errorf("byte by byte: %q, at once %q", dripping, whole)
		}
	})
}
