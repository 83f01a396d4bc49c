package abi

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

func readFile(t *testing.T, path string) string {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

var (
	headerNumber = regexp.MustCompile(`\b(WASQL_[A-Z0-9_]+) = (\d+)`)
	headerDefine = regexp.MustCompile(`(?m)^#define (WASQL_[A-Z0-9_]+) (\d+)u?\b`)
	protoLine    = regexp.MustCompile(`(\w+)\s*=\s*(\d+)\s*;`)
	protoBlock   = regexp.MustCompile(`^(enum|message)\s+(\w+)`)
	comment      = regexp.MustCompile(`//[^\n]*`)
	wordEnd      = regexp.MustCompile(`([a-z0-9])([A-Z])`)
)

// protoNumbers gives what the header must name: values of enums, and fields as MESSAGE_FIELD.
func protoNumbers(t *testing.T) map[string]int {
	t.Helper()
	paths, err := filepath.Glob("proto/wasql/v1/*.proto")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no .proto files: %v", err)
	}
	numbers := map[string]int{}
	for _, path := range paths {
		prefix := ""
		for _, line := range strings.Split(comment.ReplaceAllString(readFile(t, path), ""), "\n") {
			if m := protoBlock.FindStringSubmatch(line); m != nil {
				prefix = ""
				if m[1] == "message" {
					prefix = strings.ToUpper(wordEnd.ReplaceAllString(m[2], "${1}_${2}")) + "_"
				}
			}
			if m := protoLine.FindStringSubmatch(line); m != nil && !strings.HasSuffix(m[1], "UNSPECIFIED") && !strings.Contains(line, "syntax") {
				n, err := strconv.Atoi(m[2])
				if err != nil {
					t.Fatal(err)
				}
				numbers["WASQL_"+prefix+strings.ToUpper(m[1])] = n
			}
		}
	}
	return numbers
}

// checklist: T1
func TestHeaderHasEveryNumberOfTheMessages(t *testing.T) {
	got := map[string]int{}
	for _, m := range headerNumber.FindAllStringSubmatch(readFile(t, "wasql.h"), -1) {
		n, err := strconv.Atoi(m[2])
		if err != nil {
			t.Fatal(err)
		}
		if _, twice := got[m[1]]; twice {
			t.Errorf("wasql.h names %s twice", m[1])
		}
		got[m[1]] = n
	}
	want := protoNumbers(t)
	if len(want) < 500 {
		t.Fatalf("only %d numbers found in the .proto files", len(want))
	}
	for name, n := range want {
		if has, ok := got[name]; !ok || has != n {
			t.Errorf("wasql.h: %s is %d (there: %v), the messages say %d", name, has, ok, n)
		}
	}
	for name := range got {
		if _, ok := want[name]; !ok {
			t.Errorf("wasql.h names %s, the messages do not", name)
		}
	}
}

func TestHeaderAgreesWithThisPackage(t *testing.T) {
	header := readFile(t, "wasql.h")
	got := map[string]string{}
	for _, m := range headerDefine.FindAllStringSubmatch(header, -1) {
		got[m[1]] = m[2]
	}
	for name, want := range map[string]int{
		"WASQL_MAJOR": Major, "WASQL_MINOR": Minor, "WASQL_FLAG_LAST": FlagLast, "WASQL_FLAG_SELECTION": FlagSelection, "WASQL_FLAG_IMMUTABLE": FlagImmutable,
	} {
		if got[name] != strconv.Itoa(want) {
			t.Errorf("wasql.h: %s is %q, want %d", name, got[name], want)
		}
	}
	for _, f := range Imports {
		if !strings.Contains(header, "WASQL_IMPORT("+f.Name+") int64_t ") {
			t.Errorf("wasql.h does not import %s", f.Name)
		}
	}
	for _, f := range Exports {
		if !strings.Contains(header, "**   "+f.Name+"(") {
			t.Errorf("wasql.h does not explain %s", f.Name)
		}
	}
	for _, layout := range []struct {
		field  string
		offset int
	}{
		{"wasql_batch, rows", HeaderRows}, {"wasql_batch, lease", HeaderLease}, {"wasql_batch, columns_ptr", HeaderColumnsPtr},
		{"wasql_batch, stride", HeaderStride}, {"wasql_batch, selection_ptr", HeaderSelPtr}, {"wasql_batch, selection_len", HeaderSelLen},
		{"wasql_batch, flags", HeaderFlags}, {"wasql_batch, reserved", HeaderReserved}, {"wasql_column, encoding", ColumnEncoding},
		{"wasql_column, null_count", ColumnNullCount}, {"wasql_column, validity", ColumnValidity}, {"wasql_column, buffer1", ColumnBuffer1},
		{"wasql_column, buffer2", ColumnBuffer2}, {"wasql_column, buffer3", ColumnBuffer3}, {"wasql_column, children", ColumnChildren},
		{"wasql_column, dictionary", ColumnDict}, {"wasql_column, dictionary_rows", ColumnDictRows},
	} {
		if want := "offsetof(" + layout.field + ") == " + strconv.Itoa(layout.offset) + ","; !strings.Contains(header, want) {
			t.Errorf("wasql.h does not assert %s", want)
		}
	}
}

func TestCodesAreThoseOfTheMessages(t *testing.T) {
	numbers := protoNumbers(t)
	known := 0
	for name, n := range numbers {
		word, ok := strings.CutPrefix(name, "WASQL_CODE_")
		if !ok {
			continue
		}
		known++
		code := Code(n)
		if !code.Known() || len(code.SQLState()) != 5 || code != OK && code.Errno() == 0 || code.String() == "" {
			t.Errorf("code %s (%d): known %v, SQLSTATE %q, number %d, name %q", word, n, code.Known(), code.SQLState(), code.Errno(), code)
		}
	}
	if known != int(codeEnd) {
		t.Errorf("the messages have %d codes, this package %d", known, codeEnd)
	}
	if c := Code(99); c.Known() || c.String() != "code(99)" || c.SQLState() != "HY000" || c.Errno() != 1296 {
		t.Errorf("an unknown code is %v, %s, %d", c, c.SQLState(), c.Errno())
	}
}
