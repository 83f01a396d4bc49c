package engine

import "github.com/wasql/wasql/engine/gms"

// Collation gives the weights by which characters compare: host.Config.Collation of the runtime that
// an engine is made with, so that connectors sort and compare text as the engine does.
func Collation(name string, first rune, weights []int32) error {
	return gms.Weights(name, first, weights)
}
