package javatime

// names holds the English names of the fields that have names: [width][value - first].
var names = [fieldCount][3][]string{
	month: {
		{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"},
		{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"},
		{"J", "F", "M", "A", "M", "J", "J", "A", "S", "O", "N", "D"},
	},
	dayOfWeek: {
		{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"},
		{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"},
		{"M", "T", "W", "T", "F", "S", "S"},
	},
	quarter: {
		{"Q1", "Q2", "Q3", "Q4"},
		{"1st quarter", "2nd quarter", "3rd quarter", "4th quarter"},
		{"1", "2", "3", "4"},
	},
	era:  {{"BC", "AD"}, {"Before Christ", "Anno Domini"}, {"B", "A"}},
	ampm: {{"AM", "PM"}, {"AM", "PM"}, {"a", "p"}},
}

// nameOf returns the name of a field's value, "" if it has none.
func nameOf(f field, w width, v int64) string {
	list := names[f][w]
	if i := v - limits[f][0]; i >= 0 && i < int64(len(list)) {
		return list[i]
	}
	return ""
}

// matchName returns the value whose name text begins with, in any case, and the length of the name;
// the longest name wins. ok is false if there is none, or if names of this width are not all different.
func matchName(f field, w width, text []byte) (v int64, n int, ok bool) {
	if w == narrow && (f == month || f == dayOfWeek) {
		return 0, 0, false
	}
	for i, s := range names[f][w] {
		if len(s) > n && hasPrefixFold(text, s) {
			v, n, ok = int64(i)+limits[f][0], len(s), true
		}
	}
	return v, n, ok
}

// hasPrefixFold reports whether text begins with s, ASCII letters in any case.
func hasPrefixFold(text []byte, s string) bool {
	if len(text) < len(s) {
		return false
	}
	for i := range len(s) {
		if fold(text[i]) != fold(s[i]) {
			return false
		}
	}
	return true
}

func fold(b byte) byte {
	if b >= 'A' && b <= 'Z' {
		return b | 0x20
	}
	return b
}
