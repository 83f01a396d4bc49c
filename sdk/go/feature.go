package wasql

import "github.com/wasql/wasql/abi/pb"

// tableFeatures reads the powers of a table off its methods.
func tableFeatures(t Table) uint64 {
	var features pb.TableFeature
	if _, ok := t.(Partitioner); ok {
		features |= pb.TableFeature_TABLE_FEATURE_PARTITIONS
	}
	return uint64(features)
}

// connectorFeatures are the feature bits that a table of this type needs.
func connectorFeatures(t Table) uint64 {
	var features pb.Feature
	if _, ok := t.(Partitioner); ok {
		features |= pb.Feature_FEATURE_PARTITIONS
	}
	return uint64(features)
}

// sourceFeatures reads the powers of a source off its methods.
func sourceFeatures(source any, m *Manifest) uint64 {
	return 0
}
