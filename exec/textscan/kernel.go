package textscan

// kernel is one way to run the loops over bytes; all kernels give the same.
type kernel struct {
	name string
	// fields writes the index of every byte of b that is one of the first three needles to dst, and returns how many
	// they are; ends of them are the third needle, n.end. It looks at the first done bytes of b: at all, unless
	// fewer than block+slack places are left in dst.
	fields func(dst []uint32, b []byte, n needles) (k, done, ends int, seen seen)
	// lines counts the bytes that are end, and tells whether a carriage return is among b.
	lines func(b []byte, end byte) (ends int, cr bool)
	// pair returns the first i for which b[i] and b[i+dist] are first and second, or -1.
	pair func(b []byte, dist int, first, second byte) int
}

const (
	block = 64 // bytes at a time
	slack = 8  // values past the last one that fields may write
)

// needles are the bytes that fields looks for: two whose places are wanted, the end of records, whose places are
// wanted too, and one of which only matters whether it occurs.
type needles struct{ a, b, end, extra byte }

// packed is the form that assembly takes.
func (n needles) packed() uint64 {
	return uint64(n.a) | uint64(n.b)<<8 | uint64(n.end)<<16 | uint64(n.extra)<<24
}

// seen is what occurs in a chunk.
type seen int

const (
	seenCR    seen = 1 << iota // a carriage return
	seenExtra                  // needles.extra
	seenHigh                   // a byte from 0x80 on
)

// chosen is the best kernel of this processor.
var chosen = kernels()[0]

// portable is the kernel without assembly, which the others are tested against.
var portable = kernel{name: "portable", fields: fieldsPortable, lines: linesPortable, pair: pairPortable}
