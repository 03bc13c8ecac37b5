package main

import "testing"

func TestPercentOver(t *testing.T) {
	for _, c := range []struct {
		live uint64
		want int
	}{
		{0, 6}, {1 << 20, 6}, {ballastBytes, 6}, {ballastBytes + 64<<20, 6}, {2 * ballastBytes, 12}, {4 * ballastBytes, 18}, {100 * ballastBytes, 24},
	} {
		if got := percentOver(c.live); got != c.want {
			t.Errorf("%d bytes live: %d %%, want %d %%", c.live, got, c.want)
		}
	}
}
