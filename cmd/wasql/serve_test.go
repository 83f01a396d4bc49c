package main

import (
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"sync"
	"syscall"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/rogpeppe/go-internal/testscript"
)

// serving has the server that a script runs.
var serving sync.Map

// serveStart runs `wasql serve` with a socket s.sock, until finish or the end of the script, and waits until it answers.
func serveStart(ts *testscript.TestScript, neg bool, args []string) {
	if neg {
		ts.Fatalf("usage: serve [flag...]")
	}
	path, err := exec.LookPath("wasql")
	ts.Check(err)
	command := exec.Command(path, append([]string{"serve"}, args...)...)
	command.Dir = ts.MkAbs(".")
	command.Env = append(os.Environ(), "XDG_CACHE_HOME="+ts.Getenv("XDG_CACHE_HOME"))
	command.Stderr = os.Stderr
	ts.Check(command.Start())
	serving.Store(ts, command)
	ts.Defer(func() { _ = serveEnd(ts) }) // the script has failed if it is still there
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if _, err := reply(ts, "SELECT 1"); err == nil {
			return
		} else if time.Now().After(end) {
			ts.Fatalf("the server does not answer: %v", err)
		}
	}
}

// serveFinish ends the server by SIGTERM, and wants it to end well.
func serveFinish(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: finish, after serve")
	}
	ts.Check(serveEnd(ts))
}

func serveEnd(ts *testscript.TestScript) error {
	found, ok := serving.LoadAndDelete(ts)
	if !ok {
		return errors.New("no server runs")
	}
	command := found.(*exec.Cmd)
	return errors.Join(command.Process.Signal(syscall.SIGTERM), command.Wait())
}

// serveAsk sends a statement, and compares the first value of the answer, or "error N", with a pattern.
func serveAsk(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 || len(args) > 2 {
		ts.Fatalf("usage: ask statement [pattern]")
	}
	got, err := reply(ts, args[0])
	var told *mysql.MySQLError
	if errors.As(err, &told) {
		got, err = fmt.Sprintf("error %d: %s", told.Number, told.Message), nil
	}
	ts.Check(err)
	pattern := "^$"
	if len(args) == 2 {
		pattern = "^(" + args[1] + ")"
	}
	if !regexp.MustCompile(pattern).MatchString(got) {
		ts.Fatalf("%s: got %q, not %s", args[0], got, pattern)
	}
}

func reply(ts *testscript.TestScript, statement string) (first string, err error) {
	db, err := sql.Open("mysql", "me@unix("+ts.MkAbs("s.sock")+")/")
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	_ = mysql.SetLogger(quietLogger{}) // it is told by its errors
	rows, err := db.Query(statement)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	columns, err := rows.Columns()
	if err != nil || len(columns) == 0 {
		return "", err
	}
	values := make([]any, len(columns))
	for i := range values {
		values[i] = new(sql.NullString)
	}
	if !rows.Next() {
		return "", errors.Join(rows.Err(), io.EOF)
	}
	if err := rows.Scan(values...); err != nil {
		return "", err
	}
	return values[0].(*sql.NullString).String, nil
}

type quietLogger struct{}

func (quietLogger) Print(...any) {}
