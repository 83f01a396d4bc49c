// Package bundled holds the default connectors, as WebAssembly modules inside the binary.
//
// `make build` puts the modules into the folder modules before it compiles the command. A
// binary built without that step works and has no connectors; Names tells which there are.
package bundled

import (
	"embed"
	"slices"
	"strings"
)

//go:embed all:modules
var files embed.FS

const suffix = ".wasm"

// Module gives the module of a connector. The bytes are shared and must not be changed.
func Module(name string) ([]byte, bool) {
	wasm, err := files.ReadFile("modules/" + name + suffix)
	return wasm, err == nil
}

// Names lists the connectors in the binary, sorted.
func Names() []string {
	entries, err := files.ReadDir("modules")
	if err != nil {
		return nil
	}
	var names []string
	for _, entry := range entries {
		if name, ok := strings.CutSuffix(entry.Name(), suffix); ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
