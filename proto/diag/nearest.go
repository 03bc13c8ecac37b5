package diag

import (
	"cmp"
	"slices"
	"strings"
)

// Nearest returns up to three of names that are close to name by edit distance, nearest first.
// Case does not count.
func Nearest(name string, names []string) []string {
	type near struct {
		name string
		d    int
	}
	low := strings.ToLower(name)
	limit := max(1, len(low)/3)
	var found []near
	for _, n := range names {
		if d := distance(low, strings.ToLower(n), limit+1); d <= limit {
			found = append(found, near{n, d})
		}
	}
	slices.SortFunc(found, func(a, b near) int {
		return cmp.Or(cmp.Compare(a.d, b.d), strings.Compare(a.name, b.name))
	})
	var out []string
	for _, f := range found {
		if !slices.Contains(out, f.name) {
			out = append(out, f.name)
		}
		if len(out) == 3 {
			break
		}
	}
	return out
}

// DidYouMean returns `did you mean "a" or "b"?`, or "" if nothing is near.
func DidYouMean(name string, names []string) string {
	near := Nearest(name, names)
	if len(near) == 0 {
		return ""
	}
	for i, n := range near {
		near[i] = `"` + n + `"`
	}
	return "did you mean " + strings.Join(near, " or ") + "?"
}

// distance is the optimal string alignment distance of a and b (an insertion, deletion,
// substitution or swap of neighbours counts 1), or limit if it is at least that.
func distance(a, b string, limit int) int {
	if d := len(a) - len(b); d >= limit || -d >= limit {
		return limit
	}
	var older []int
	prev := make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := range len(a) {
		cur := make([]int, len(b)+1)
		cur[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			cur[j+1] = min(prev[j]+cost, prev[j+1]+1, cur[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				cur[j+1] = min(cur[j+1], older[j-1]+1)
			}
		}
		older, prev = prev, cur
	}
	return min(limit, prev[len(b)])
}
