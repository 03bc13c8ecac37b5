package textscan

// Int reads the canonical form of a whole number: an optional minus and 1 to 18 digits, nothing else.
// Other forms, some of which the formats also allow, are not ok: the caller reads them with
// datatype.ParseInt.
func Int(b []byte) (v int64, ok bool) {
	if len(b) == 0 {
		return 0, false
	}
	neg := b[0] == '-'
	if neg {
		b = b[1:]
	}
	if len(b) == 0 || len(b) > 18 {
		return 0, false
	}
	for _, c := range b {
		c -= '0'
		if c > 9 {
			return 0, false
		}
		v = v*10 + int64(c)
	}
	if neg {
		return -v, true
	}
	return v, true
}
