package abitest

import (
	"errors"
	"io/fs"
	"os"
	"testing"

	"github.com/wasql/wasql/abi/pb"
)

// built reads a connector that `make guests` has built.
func built(t *testing.T, name string) []byte {
	t.Helper()
	wasm, err := os.ReadFile("../connectors/build/" + name + ".wasm")
	if errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("%s is not built: run `make guests` first", name)
	}
	if err != nil {
		t.Fatal(err)
	}
	return wasm
}

// TestSeriesConforms runs the suite on the same connector in three languages.
// checklist: P13
func TestSeriesConforms(t *testing.T) {
	for _, name := range []string{"series-go", "series", "series-c"} {
		t.Run(name, func(t *testing.T) {
			Run(t, built(t, name), Options{Endless: true, RowsMax: 500, Tables: []*pb.TableRef{{Name: "series"}}})
		})
	}
}
