package view

import (
	"strings"
	"testing"
)

func BenchmarkRisingOffsets(b *testing.B) {
	offsets := make([]int32, 4097)
	for i := range offsets {
		offsets[i] = int32(8 * i)
	}
	for b.Loop() {
		if risingOffsets(offsets) >= 0 {
			b.Fatal("falls")
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/4096, "ns/row")
}

func BenchmarkASCII(b *testing.B) {
	text := []byte(strings.Repeat("sixteen letters!", 4096))
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if !ascii(text) {
			b.Fatal("not")
		}
	}
}
