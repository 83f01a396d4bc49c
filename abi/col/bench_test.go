package col

import "testing"

// BenchmarkBuilder makes batches of 4096 rows of a number and a text.
func BenchmarkBuilder(b *testing.B) {
	builder := NewBuilder(Schema{{Name: "n", Type: Int64}, {Name: "s", Type: UTF8}}, 4096, 0)
	rows := 0
	for b.Loop() {
		builder.Reset()
		for n := int64(0); builder.Room(); n++ {
			builder.Int64(0, n)
			builder.String(1, "text")
			builder.EndRow()
		}
		rows += builder.Batch().Rows
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(rows), "ns/row")
}
