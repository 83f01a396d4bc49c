package wazero

import (
	"context"
	"testing"

	"github.com/wasql/wasql/host/internal/backend"
	"github.com/wasql/wasql/host/internal/backend/backendtest"
)

func TestCompiler(t *testing.T) { suite(t, Config{}) }

func TestInterpreter(t *testing.T) { suite(t, Config{Interpret: true}) }

func suite(t *testing.T, config Config) {
	backendtest.Run(t, func(t *testing.T) backend.Engine {
		e, err := New(context.Background(), config)
		if err != nil {
			t.Fatal(err)
		}
		return e
	})
}

func TestFrameNames(t *testing.T) {
	got := frameNames(".main.(*T).f(i32,i64) i64\n\t.$12()\n\t.two(i32) (i32,i64)\n\t... maybe followed by omitted frames")
	want := []string{"main.(*T).f", "$12", "two"}
	if len(got) != len(want) {
		t.Fatalf("%q", got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("%q, want %q", got[i], want[i])
		}
	}
}
