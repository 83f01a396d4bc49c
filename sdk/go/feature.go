package wasql

import "github.com/wasql/wasql/abi/pb"

// A power is found by type assertion here and nowhere else, so that what is advertised and what is
// served cannot differ: the operations assert the same interfaces.

// tableFeatures reads the powers of a table off its methods.
func tableFeatures(t Table) uint64 {
	var features pb.TableFeature
	add := func(has bool, feature pb.TableFeature) {
		if has {
			features |= feature
		}
	}
	add(is[Inserter](t), pb.TableFeature_TABLE_FEATURE_INSERT)
	add(is[Updater](t), pb.TableFeature_TABLE_FEATURE_UPDATE)
	add(is[Deleter](t), pb.TableFeature_TABLE_FEATURE_DELETE)
	add(is[Replacer](t), pb.TableFeature_TABLE_FEATURE_REPLACE)
	add(is[Truncater](t), pb.TableFeature_TABLE_FEATURE_TRUNCATE)
	add(is[Alterer](t), pb.TableFeature_TABLE_FEATURE_ALTER)
	add(is[IndexKeeper](t), pb.TableFeature_TABLE_FEATURE_INDEX)
	add(is[Finder](t), pb.TableFeature_TABLE_FEATURE_LOOKUP)
	add(is[Partitioner](t), pb.TableFeature_TABLE_FEATURE_PARTITIONS)
	add(is[Statistician](t) || is[Counter](t), pb.TableFeature_TABLE_FEATURE_STATISTICS)
	add(is[Checker](t), pb.TableFeature_TABLE_FEATURE_INTEGRITY)
	add(is[Renamer](t), pb.TableFeature_TABLE_FEATURE_RENAME)
	add(is[AutoIncrementer](t), pb.TableFeature_TABLE_FEATURE_AUTO_INCREMENT)
	return uint64(features)
}

// connectorFeatures are the feature bits that a table of this type needs.
func connectorFeatures(t Table) uint64 {
	var features pb.Feature
	if writes(t) || is[Truncater](t) || is[AutoIncrementer](t) {
		features |= pb.Feature_FEATURE_WRITES
	}
	if is[Partitioner](t) {
		features |= pb.Feature_FEATURE_PARTITIONS
	}
	if is[Finder](t) {
		features |= pb.Feature_FEATURE_LOOKUP
	}
	if is[Resumer](t) {
		features |= pb.Feature_FEATURE_SUSPEND
	}
	if is[Alterer](t) || is[Renamer](t) || is[IndexKeeper](t) {
		features |= pb.Feature_FEATURE_DEFINITION
	}
	return uint64(features)
}

// sourceFeatures reads the powers of a source off its methods.
func sourceFeatures(source any) uint64 {
	var features pb.Feature
	add := func(has bool, feature pb.Feature) {
		if has {
			features |= feature
		}
	}
	add(is[Transactor](source), pb.Feature_FEATURE_TRANSACTIONS)
	add(is[Preparer](source), pb.Feature_FEATURE_PREPARE)
	add(is[Savepointer](source), pb.Feature_FEATURE_SAVEPOINTS)
	add(is[Creator](source) || is[Connecter](source), pb.Feature_FEATURE_DEFINITION)
	add(is[IndexDriver](source), pb.Feature_FEATURE_INDEX_DRIVER)
	add(is[FunctionKeeper](source), pb.Feature_FEATURE_FUNCTIONS)
	add(is[Snapshotter](source), pb.Feature_FEATURE_SNAPSHOTS)
	add(is[DatabaseKeeper](source), pb.Feature_FEATURE_DATABASES)
	add(is[ObjectKeeper](source), pb.Feature_FEATURE_OBJECTS)
	return uint64(features)
}

// is tells whether v has the methods of P.
func is[P any](v any) bool {
	_, ok := v.(P)
	return ok
}
