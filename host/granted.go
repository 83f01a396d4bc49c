package host

import (
	"fmt"
	"slices"
)

// Words lists in words what a grant opens, for EXPLAIN and inspection; the zero Grant gives none.
// Values of environment variables are not shown.
func (g *Grant) Words() []string {
	var words []string
	for _, f := range g.Files {
		word := "files.read " + f.Path
		if f.Write {
			word = "files.write " + f.Path
		}
		if f.Match != "" {
			word += fmt.Sprintf(" (%s)", f.Match)
		}
		words = append(words, word)
	}
	var names []string
	for name := range g.Env {
		names = append(names, "env "+name)
	}
	slices.Sort(names)
	words = append(words, names...)
	if g.Clock != nil {
		words = append(words, "clock")
	}
	if g.Random != nil {
		words = append(words, "random")
	}
	if g.Log {
		words = append(words, "log")
	}
	return words
}

// Granted lists in words what the connector may reach.
func (c *Connector) Granted() []string { return c.grant.Words() }
