package textscan

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestTexts holds Texts to its definition, on short and long fields, with missing and NULL ones, up to the last byte.
func TestTexts(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		b := make([]byte, 1+r.IntN(600))
		for i := range b {
			b[i] = byte('a' + r.IntN(26))
		}
		longest := []int{1, 20, 40, 200}[r.IntN(4)]
		null := []string{`\N`, "", "a", "abc"}[r.IntN(4)]
		var from, to []uint32
		size := 0
		for range r.IntN(40) {
			begin := r.IntN(len(b) + 1)
			end := min(len(b), begin+r.IntN(longest+1))
			if r.IntN(3) == 0 {
				begin, end = max(0, len(b)-r.IntN(longest+1)), len(b)
			}
			if r.IntN(50) == 0 {
				from, to = append(from, Missing), append(to, 0)
				continue
			}
			from, to, size = append(from, uint32(begin)), append(to, uint32(end)), size+end-begin
		}
		want, wantEnds := []byte("before"), []int32{6}
		for i, f := range from {
			if f == Missing || string(b[f:to[i]]) == null {
				break
			}
			want = append(want, b[f:to[i]]...)
			wantEnds = append(wantEnds, int32(len(want)))
		}
		data := append(make([]byte, 0, 6+size+TextSlack), "before"...)
		ends := append(make([]int32, 0, 1+len(from)), 6)
		got, gotEnds := Texts(data, ends, b, from, to, size, null)
		if string(got) != string(want) || !slices.Equal(gotEnds, wantEnds) {
			t.Fatalf("%q, %v to %v: %q %v, want %q %v", b, from, to, got, gotEnds, want, wantEnds)
		}
	}
}
