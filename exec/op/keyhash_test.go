package op

import (
	"fmt"
	"strings"
	"testing"
)

// TestBytesHash: nodes of all versions of one protocol cut rows alike, and the halves of a hash are as good as random.
func TestBytesHash(t *testing.T) {
	for text, want := range map[string]uint64{
		"":                                     0xfa80ca829aa6bfa6,
		"a":                                    0x617d02406ea1e47c,
		"abc":                                  0xae9b4690d618266a,
		"abcd":                                 0xeac2b1386a8773df,
		"1234567":                              0x283c073248debefe,
		"12345678":                             0x652a23fac2ed3cde,
		"0123456789abcdef":                     0xfea093bade7f0530,
		"0123456789abcdefg":                    0x3fb7f117546918e4,
		"a text of more than thirty-two bytes": 0xd2a88941fb9aac9c,
		strings.Repeat("sixty-five bytes ", 65)[:65]: 0x3b8c255f397b848b,
		strings.Repeat("129 bytes ", 13)[:129]:       0xa629993719cb4397,
	} {
		if got := bytesHash([]byte(text)); got != want {
			t.Errorf("%q: %#x, want %#x", text, got, want)
		}
	}
	const keys = 1 << 18 // of which, with random hashes, 8 share a half with another
	for name, key := range map[string]func(i int) string{
		"numbers": func(i int) string { return fmt.Sprint(i) },
		"paths":   func(i int) string { return fmt.Sprintf("/shop/item-%d?ref=%d", i, i%7) },
		"long": func(i int) string {
			return fmt.Sprintf("https://example.com/%08d/and/then/some/more/of/it/%d", i, i*31)
		},
		"longer":  func(i int) string { return strings.Repeat("-", 60) + fmt.Sprint(i) + strings.Repeat("-", i%40) },
		"longest": func(i int) string { return strings.Repeat("-", 100) + fmt.Sprint(i) + strings.Repeat("-", i%80) },
		"zeros":   func(i int) string { return string(append(make([]byte, 30), fmt.Sprint(i)...)) },
		"ended":   func(i int) string { return fmt.Sprint(i) + string(make([]byte, i%40)) },
	} {
		upper, lower := map[uint32]bool{}, map[uint32]bool{}
		for i := range keys {
			h := bytesHash([]byte(key(i)))
			upper[uint32(h>>32)], lower[uint32(h)] = true, true
		}
		if u, l := keys-len(upper), keys-len(lower); u > 30 || l > 30 {
			t.Errorf("%s: %d and %d of %d keys share a half of their hash", name, u, l, keys)
		}
	}
}
