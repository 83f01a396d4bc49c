package gms

import (
	"fmt"
)

// Weights gives the weights by which the characters from first on compare under a collation: it is
// host.Config.Collation of a runtime whose connectors sort text as the engine does.
func Weights(collation string, first rune, weights []int32) error {
	id, err := ParseCollation(collation)
	if err != nil {
		return err
	}
	if collation == "" {
		return fmt.Errorf("the collation has no name")
	}
	weight := id.Sorter()
	for i := range weights {
		weights[i] = weight(first + rune(i))
	}
	return nil
}
