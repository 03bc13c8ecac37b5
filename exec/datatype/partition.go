package datatype

import "strings"

// DefaultPartition is how a NULL or empty partition value stands in paths.
const DefaultPartition = "__HIVE_DEFAULT_PARTITION__"

// partitionSpecial are the bytes that Hive writes as %XX in partition paths, besides control characters.
const partitionSpecial = "\"#%'*/:=?[\\]^{\x7f"

// EscapePartition returns a partition value as it stands in a path: bytes that Hive escapes as %XX, nothing
// as DefaultPartition.
func EscapePartition(text string) string {
	if text == "" {
		return DefaultPartition
	}
	var b strings.Builder
	for i := range len(text) {
		c := text[i]
		if c >= ' ' && strings.IndexByte(partitionSpecial, c) < 0 {
			b.WriteByte(c)
			continue
		}
		const hex = "0123456789ABCDEF"
		b.WriteByte('%')
		b.WriteByte(hex[c>>4])
		b.WriteByte(hex[c&15])
	}
	return b.String()
}

// UnescapePartition is the inverse of EscapePartition: %XX is decoded once, a % without two hex digits stays
// as it is, and DefaultPartition is NULL.
func UnescapePartition(s string) (text string, null bool) {
	if s == DefaultPartition {
		return "", true
	}
	if strings.IndexByte(s, '%') < 0 {
		return s, false
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if hi, lo := hexDigit(s[i+1]), hexDigit(s[i+2]); hi >= 0 && lo >= 0 {
				b.WriteByte(byte(hi<<4 | lo))
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String(), false
}

func hexDigit(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return int(c|0x20) - 'a' + 10
	}
	return -1
}
