package textscan

// Missing is the beginning of a field that a record does not have.
const Missing = ^uint32(0)

// Lengths of texts up to which Texts copies without a look at the length. Behind the texts it wants room for the longer one.
const (
	fewBytes  = 32
	TextSlack = 96
)

// Texts appends to data the fields of b that begin at from and end at to, and to ends where each ends in data, up to the first that is
// Missing or equal to null. There is room in ends for all of them, and in data for so many bytes as they have, which are size, and
// TextSlack.
func Texts(data []byte, ends []int32, b []byte, from, to []uint32, size int, null string) ([]byte, []int32) {
	dst, at, first := data[:cap(data)], len(data), len(ends)
	ends, to = ends[:first+len(from)], to[:len(from)]
	most := fewBytes
	if size > fewBytes/2*len(from) {
		most = TextSlack
	}
	for r, f := range from {
		if f == Missing {
			return dst[:at], ends[:first+r]
		}
		text := b[f:to[r]]
		if len(text) == len(null) && string(text) == null {
			return dst[:at], ends[:first+r]
		}
		if rest := b[f:]; len(text) > most || len(rest) < most {
			copy(dst[at:], text)
		} else {
			copyFew((*[fewBytes]byte)(dst[at:]), (*[fewBytes]byte)(rest))
			if most > fewBytes {
				copyFew((*[fewBytes]byte)(dst[at+fewBytes:]), (*[fewBytes]byte)(rest[fewBytes:]))
				copyFew((*[fewBytes]byte)(dst[at+2*fewBytes:]), (*[fewBytes]byte)(rest[2*fewBytes:]))
			}
		}
		at += len(text)
		ends[first+r] = int32(at)
	}
	return dst[:at], ends
}

// copyFew is *dst = *src in two pieces, for which the compiler calls nothing.
func copyFew(dst, src *[fewBytes]byte) {
	*(*[16]byte)(dst[:]) = [16]byte(src[:])
	*(*[16]byte)(dst[16:]) = [16]byte(src[16:])
}
