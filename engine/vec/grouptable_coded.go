package vec

import "github.com/wasql/wasql/abi/col"

// unknownCode stands for the group of a code that has not come yet.
const unknownCode = ^uint32(0)

// unknownCodes is room for the groups of n codes, none of which has come. It is used again with the next batch.
func (t *groupTable) unknownCodes(n int) []uint32 {
	if cap(t.coded) < n {
		t.coded = make([]uint32, n)
	}
	coded := t.coded[:n]
	for i := range coded {
		coded[i] = unknownCode
	}
	return coded
}

// combinations is how many there are of the keys' entries when all keys are dictionaries; 0: they are not, or have more than n.
func (t *groupTable) combinations(n int) int {
	product := 1
	for _, v := range t.cols {
		if v.Encoding != col.Dictionary {
			return 0
		}
		if product *= v.Dict.Len + 1; product > n {
			return 0
		}
	}
	return product
}

// combined looks each combination of entries that is used up once.
func (t *groupTable) combined(b *col.Batch, ids []uint32) {
	coded := t.unknownCodes(t.combinations(b.Rows))
	for i := range ids {
		row := b.Row(i)
		code := 0
		for _, v := range t.cols {
			entry := v.Dict.Len // NULL
			if v.Valid.Get(row) {
				entry = int(v.Index[row])
			}
			code = code*(v.Dict.Len+1) + entry
		}
		if coded[code] == unknownCode {
			t.room = t.room[:0]
			for k, v := range t.cols {
				t.room = t.keys[k].append(t.room, v, row)
			}
			coded[code] = t.packed.id(t.room)
		}
		ids[i] = coded[code]
	}
}
