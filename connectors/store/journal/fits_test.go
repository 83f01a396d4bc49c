package journal

import (
	"strings"
	"testing"
)

func TestLengthOfARecordIsBounded(t *testing.T) {
	if err := fits(PayloadMax); err != nil {
		t.Error(err)
	}
	if err := fits(PayloadMax + 1); err == nil || !strings.Contains(err.Error(), "1073741825 bytes, at most 1073741824") {
		t.Error(err)
	}
}
