package textscan

// kernel is one way to run the loops over bytes; all kernels give the same.
type kernel struct {
	name string
	// fields writes the index of the bytes of b that are one of the first two needles to dst, of those that w wants; the
	// first of b is number at. It looks at all of b, unless fewer than block+slack places are left in dst, or an end of a record is not where
	// w has it.
	fields func(dst []uint32, b []byte, n needles, w windows, at int) progress
	// lines counts the bytes that are end, and tells whether a carriage return is among b.
	lines func(b []byte, end byte) (ends int, cr bool)
	// pair returns the first i for which b[i] and b[i+dist] are first and second, or -1.
	pair func(b []byte, dist int, first, second byte) int
	// json looks at the bytes of blocks, of which there is at least one; there is room for a value of each byte and slack in events, words and
	// kinds, and for a block more in kinds. It returns how many events and words it found.
	json func(s *jsonState, b []byte, blocks []jsonBlock, events, words []uint32, kinds []Kind) (n, w int)
}

const (
	block = 64 // bytes at a time
	slack = 8  // values past the last one that fields may write
)

// needles are the bytes that fields looks for: what separates fields, what ends records, and one of which only matters whether
// it occurs.
type needles struct{ sep, end, extra byte }

// packed is the form that assembly takes.
func (n needles) packed() uint64 { return uint64(n.sep) | uint64(n.end)<<8 | uint64(n.extra)<<16 }

// progress is how far fields came.
type progress struct {
	places int // written
	done   int // bytes looked at
	at     int // the number of the next delimiter; -1: an end of a record is where none should be, or none where one should
	seen   seen
}

// and is p with what a look at the bytes after it has come to, whose places become those of all bytes.
func (p progress) and(rest progress, places []uint32) progress {
	if p.done > 0 {
		for i := range places {
			places[i] += uint32(p.done)
		}
	}
	return progress{places: p.places + rest.places, done: p.done + rest.done, at: rest.at, seen: p.seen | rest.seen}
}

func (s seen) marks() Marks {
	return Marks{CR: s&seenCR != 0, Extra: s&seenExtra != 0, ASCII: s&seenHigh == 0}
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
var portable = kernel{name: "portable", fields: fieldsPortable, lines: linesPortable, pair: pairPortable, json: jsonPortable}
