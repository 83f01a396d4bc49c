// Package connectors holds the default connectors as WebAssembly modules, embedded
// into the binary that imports it.
//
// The modules are built by "make guests" into the folder build and are not committed,
// so a plain "go build" from a fresh clone gives a program without connectors:
// Names is then empty. The package knows nothing of what the modules do; a caller hands
// their bytes to the host like any other module's.
package connectors

import (
	"embed"
	"strings"
)

// build always holds a README, so that the pattern matches before the first build.
//
//go:embed build
var build embed.FS

const suffix = ".wasm"

// Module returns the bytes of the embedded connector called name (such as "csv")
// and whether there is one. The caller owns the returned slice. It may be called concurrently.
func Module(name string) ([]byte, bool) {
	data, err := build.ReadFile("build/" + name + suffix)
	return data, err == nil
}

// Names returns the names of the embedded connectors, sorted. It is empty when the
// program was built without "make guests". It may be called concurrently.
func Names() []string {
	entries, err := build.ReadDir("build")
	if err != nil {
		return nil // cannot be: the folder is embedded at compile time
	}
	var names []string
	for _, entry := range entries {
		if name, ok := strings.CutSuffix(entry.Name(), suffix); ok {
			names = append(names, name)
		}
	}
	return names
}
