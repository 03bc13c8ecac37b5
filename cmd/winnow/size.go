package main

import (
	"fmt"
	"strconv"
	"strings"
)

// parseSize reads a number of bytes with a unit: 512MiB, 4GB, 100k, 0. Both KiB and K are 1024, KB is 1000.
func parseSize(s string) (int64, error) {
	digits := strings.TrimRight(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
	unit := strings.ToLower(strings.TrimSpace(s[len(digits):]))
	n, err := strconv.ParseFloat(strings.TrimSpace(digits), 64)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("%q is no size: write a number and B, KiB, MiB, GiB or TiB", s)
	}
	factor, ok := map[string]float64{
		"": 1, "b": 1, "k": 1 << 10, "kib": 1 << 10, "kb": 1e3, "m": 1 << 20, "mib": 1 << 20, "mb": 1e6,
		"g": 1 << 30, "gib": 1 << 30, "gb": 1e9, "t": 1 << 40, "tib": 1 << 40, "tb": 1e12,
	}[unit]
	if !ok {
		return 0, fmt.Errorf("%q: no unit %q: write B, KiB, MiB, GiB or TiB", s, unit)
	}
	return int64(n * factor), nil
}
