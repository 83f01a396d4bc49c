package col

import (
	"errors"
	"math/big"
	"strings"
	"testing"
)

func TestParseDecimalRoundsHalfAwayFromZero(t *testing.T) {
	for _, c := range []struct {
		in    string
		scale uint32
		want  string
	}{
		{"0", 0, "0"}, {"-0", 0, "0"}, {"-0.00", 2, "0.00"}, {"+7", 0, "7"}, {"12.5", 0, "13"}, {"-12.5", 0, "-13"}, {"12.49999", 0, "12"},
		{"0.05", 1, "0.1"}, {"-0.05", 1, "-0.1"}, {"0.04", 1, "0.0"}, {"-0.04", 1, "0.0"}, {".5", 1, "0.5"}, {"5.", 1, "5.0"}, {"1", 3, "1.000"},
		{"00012.50", 2, "12.50"}, {"9.99", 1, "10.0"}, {"99999999999999999999999999999999999999", 0, "99999999999999999999999999999999999999"},
		{strings.Repeat("9", 65), 0, strings.Repeat("9", 65)}, {"-" + strings.Repeat("9", 35) + "." + strings.Repeat("9", 30), 30, "-" + strings.Repeat("9", 35) + "." + strings.Repeat("9", 30)},
		{"1000000000000000000", 0, "1000000000000000000"}, {"1000000000000000001", 0, "1000000000000000001"}, {"0.000000000000000001", 18, "0.000000000000000001"},
	} {
		d, err := ParseDecimal(c.in, c.scale)
		if err != nil {
			t.Errorf("%q: %v", c.in, err)
			continue
		}
		if got := d.Text(c.scale); got != c.want {
			t.Errorf("%q at scale %d is %s, want %s", c.in, c.scale, got, c.want)
		}
	}
}

func TestParseDecimalRefusesWhatIsNone(t *testing.T) {
	for _, in := range []string{"", "-", "+", ".", "-.", "1e5", "1,5", " 1", "1 ", "0x10", "--1", "1.2.3", "NaN", "½", "1\x00"} {
		if d, err := ParseDecimal(in, 2); !errors.Is(err, errDecimal) {
			t.Errorf("%q is %v, %v", in, d, err)
		}
	}
	largest := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 255), big.NewInt(1)).String()
	if d, err := ParseDecimal(largest, 0); err != nil || d.Text(0) != largest {
		t.Errorf("2^255-1 is %s, %v", d.Text(0), err)
	}
	for _, in := range []struct {
		text  string
		scale uint32
	}{{largest + ".5", 0}, {largest + "0", 0}, {largest, 1}, {strings.Repeat("9", 100), 0}, {"1", 90}} {
		if d, err := ParseDecimal(in.text, in.scale); err == nil {
			t.Errorf("%s at scale %d overflows and is %s", in.text, in.scale, d.Text(in.scale))
		}
	}
}

func TestDecimalText(t *testing.T) {
	smallest := Dec256{0, 0, 0, 1 << 63}
	want := new(big.Int).Neg(new(big.Int).Lsh(big.NewInt(1), 255)).String()
	if got := smallest.Text(0); got != want {
		t.Errorf("-2^255 is %s, want %s", got, want)
	}
	if got := (Dec256{5}).Text(100); got != "0."+strings.Repeat("0", 99)+"5" {
		t.Errorf("5 at scale 100 is %s", got)
	}
	if got := string((Dec256{5}).Append([]byte("x="), 1)); got != "x=0.5" {
		t.Errorf("appended: %s", got)
	}
}

func TestFits128(t *testing.T) {
	for text, want := range map[string]bool{
		"0": true, "-1": true, "170141183460469231731687303715884105727": true, "170141183460469231731687303715884105728": false,
		"-170141183460469231731687303715884105728": true, "-170141183460469231731687303715884105729": false,
	} {
		d, err := ParseDecimal(text, 0)
		if err != nil || d.Fits128() != want {
			t.Errorf("%s fits: %v (%v), want %v", text, d.Fits128(), err, want)
		}
		var narrow [16]byte
		var wide [32]byte
		d.put128(narrow[:])
		d.put256(wide[:])
		if decFrom256(wide[:]) != d || want && decFrom128(narrow[:]) != d {
			t.Errorf("%s comes back as %s and %s", text, decFrom256(wide[:]).Text(0), decFrom128(narrow[:]).Text(0))
		}
	}
}

func FuzzParseDecimalAppendRoundTrip(f *testing.F) {
	for _, seed := range []string{"0", "-12.50", "999.995", ".5", "5.", "1e5", "-" + strings.Repeat("9", 77)} {
		f.Add(seed, uint8(2))
	}
	f.Fuzz(func(t *testing.T, text string, scale uint8) {
		d, err := ParseDecimal(text, uint32(scale))
		if err != nil {
			return
		}
		printed := d.Text(uint32(scale))
		again, err := ParseDecimal(printed, uint32(scale))
		if err != nil || again != d {
			t.Fatalf("%q at scale %d prints as %q, which is %v, %v", text, scale, printed, again, err)
		}
		// The oracle: exact rational numbers.
		exact, ok := new(big.Rat).SetString(strings.TrimSuffix(text, "."))
		if !ok {
			t.Fatalf("%q is taken, and no number", text)
		}
		got, _ := new(big.Rat).SetString(printed)
		unit := new(big.Rat).SetFrac(big.NewInt(1), new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale)), nil))
		off := new(big.Rat).Sub(got, exact)
		if off.Abs(off).Cmp(unit.Mul(unit, big.NewRat(1, 2))) > 0 {
			t.Fatalf("%q at scale %d is %s: off by more than half a unit", text, scale, printed)
		}
	})
}
