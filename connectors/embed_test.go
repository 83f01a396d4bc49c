package connectors

import (
	"bytes"
	"slices"
	"testing"
)

// defaults are the connectors that every released binary answers with.
var defaults = []string{"csv", "json", "parquet", "series", "series-c", "series-go"}

func TestEveryDefaultConnectorIsEmbedded(t *testing.T) {
	names := Names()
	if len(names) == 0 {
		t.Skip("no connector is built; make guests builds them")
	}
	if !slices.IsSorted(names) {
		t.Errorf("names are not sorted: %v", names)
	}
	for _, want := range defaults {
		module, ok := Module(want)
		if !ok {
			t.Errorf("connector %s is missing among %v", want, names)
			continue
		}
		if !bytes.HasPrefix(module, []byte("\x00asm\x01\x00\x00\x00")) {
			t.Errorf("connector %s does not start as a core WebAssembly module: % x", want, module[:min(8, len(module))])
		}
	}
}

func TestModuleOfAnUnknownNameIsAbsent(t *testing.T) {
	for _, name := range []string{"", "nothing", "../embed", "README.md", "CSV"} {
		if module, ok := Module(name); ok {
			t.Errorf("Module(%q) gave %d bytes, want none", name, len(module))
		}
	}
}
