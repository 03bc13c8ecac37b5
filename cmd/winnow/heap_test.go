package main

import "testing"

func TestPercentOver(t *testing.T) {
	for _, c := range []struct {
		live uint64
		want int
	}{
		{0, 1600}, {1 << 20, 1600}, {8 << 20, 800}, {64 << 20, 100}, {128 << 20, 50}, {1 << 40, 50},
	} {
		if got := percentOver(c.live); got != c.want {
			t.Errorf("%d bytes live: %d %%, want %d %%", c.live, got, c.want)
		}
	}
}
