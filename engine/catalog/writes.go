package catalog

import "github.com/wasql/wasql/abi/pb"

// IsReadOnly implements sql.ReadOnlyDatabase: a mount takes rows when its connector does. Which of its
// tables do, each tells. A connector that was not opened yet has no table that a statement could name.
func (d *database) IsReadOnly() bool {
	for _, c := range d.connectors() {
		if c.Features()&uint64(pb.Feature_FEATURE_WRITES) != 0 {
			return false
		}
	}
	return true
}
