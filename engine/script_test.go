package engine

import (
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// readScript gives all statements with their lines.
func readScript(s *Script) (statements []string, lines []int, err error) {
	for {
		statement, err := s.Next()
		if errors.Is(err, io.EOF) {
			return statements, lines, nil
		}
		if err != nil {
			return statements, lines, err
		}
		statements, lines = append(statements, statement), append(lines, s.Line())
	}
}

func TestScriptReadsDelimitersAndLines(t *testing.T) {
	const text = "SET x = 1;\n\n-- a trigger\nDELIMITER ;;\nCREATE TRIGGER a BEGIN\n  SET x = 1;\nEND ;;\n" +
		"CREATE TRIGGER b BEGIN SET x = ';;'; END;;\ndelimiter ;\nSELECT 1;SELECT 'delimiter x\n';\n# nothing"
	want := []string{"SET x = 1", "CREATE TRIGGER a BEGIN\n  SET x = 1;\nEND", "CREATE TRIGGER b BEGIN SET x = ';;'; END", "SELECT 1", "SELECT 'delimiter x\n'"}
	wantLines := []int{1, 5, 8, 10, 10}
	for name, source := range map[string]io.Reader{"whole": strings.NewReader(text), "byte by byte": iotest.OneByteReader(strings.NewReader(text))} {
		got, lines, err := readScript(NewScript(source))
		if err != nil || !slices.Equal(got, want) || !slices.Equal(lines, wantLines) {
			t.Errorf("%s: %q at %v (%v), want %q at %v", name, got, lines, err, want, wantLines)
		}
	}
}

func TestScriptReadsStatementsLargerThanItsBuffer(t *testing.T) {
	long := "SELECT '" + strings.Repeat("x;", 5*scriptBuffer) + "'"
	text := strings.Repeat(long+";\n", 3)
	got, _, err := readScript(NewScript(iotest.HalfReader(strings.NewReader(text))))
	if err != nil || len(got) != 3 || got[0] != long || got[2] != long {
		t.Errorf("%d statements (%v), want 3 of %d bytes", len(got), err, len(long))
	}
}

func TestScriptGivesAStatementBeforeTheNextIsThere(t *testing.T) {
	reader, writer := io.Pipe()
	script := NewScript(reader)
	for _, text := range []string{"SELECT 1;", "\nSELECT 'x;' -- ;\n;", "DELIMITER //\nd//", "DELIMITER ;\nSELECT 2;"} {
		written := make(chan error, 1)
		go func() {
			_, err := io.WriteString(writer, text)
			written <- err
		}()
		if got, err := script.Next(); err != nil || got == "" {
			t.Fatalf("%q gives %q, %v", text, got, err)
		}
		if err := <-written; err != nil {
			t.Fatal(err)
		}
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	if got, err := script.Next(); !errors.Is(err, io.EOF) {
		t.Errorf("behind the last: %q, %v", got, err)
	}
}

func TestScriptTellsOfAnEndThatIsMissing(t *testing.T) {
	for _, text := range []string{"SELECT 1; SELECT 'x", "DELIMITER \nSELECT 1", "SELECT 1 /* x"} {
		if got, _, err := readScript(NewScript(strings.NewReader(text))); err == nil {
			t.Errorf("%q gives %q", text, got)
		}
	}
	broken := errors.New("broken")
	if _, _, err := readScript(NewScript(iotest.ErrReader(broken))); !errors.Is(err, broken) {
		t.Errorf("a failing reader gives %v", err)
	}
}

func FuzzScript(f *testing.F) {
	f.Add("SELECT 1; SELECT ';'")
	f.Add("DELIMITER //\n SELECT 1; // SELECT 2 /*x*/ --\n//")
	f.Fuzz(func(t *testing.T, text string) {
		whole, lines, err := readScript(NewScript(strings.NewReader(text)))
		dripping, other, err2 := readScript(NewScript(iotest.OneByteReader(strings.NewReader(text))))
		if (err == nil) != (err2 == nil) || !slices.Equal(whole, dripping) || !slices.Equal(lines, other) {
			t.Errorf("%q %v (%v), byte by byte %q %v (%v)", whole, lines, err, dripping, other, err2)
		}
	})
}
