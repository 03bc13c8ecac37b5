package inflate

import "math/bits"

// Sizes of the tables: codes of up to so many bits are found by one look. The rest of a longer code is
// looked up in a table of its own behind, of which there are never more than fit (zlib's enough.c).
const (
	litBits   = 10
	distBits  = 9
	litSize   = 1<<litBits + 512
	distSize  = 1<<distBits + 512
	maxLit    = 286
	maxDist   = 30
	maxCode   = 15 // bits
	endSymbol = 256
)

// An entry of a table is a uint32:
//
//	bits 0-5    how many bits of input it takes, extra bits included
//	bits 6-7    how many literals it gives, at most two
//	bits 8-11   where the extra bits begin; in a link: how many bits the table behind is looked up by
//	bit 12      a link to a table behind
//	bit 13      the end of the block
//	bit 14      either of them, or a code that is not assigned
//	bit 15      more than literals: a length, a distance, or what bit 14 says
//	bits 16-31  the literals; or the first literal, if any, or 0, and the length less 3; or the distance; or the
//	            index of the table behind
//
// A literal and the code behind it share an entry if both fit into the bits looked at. An entry of a
// length without a literal has the length less 3 in its upper byte too.
const (
	takenMask  = 63
	countShift = 6
	extraShift = 8
	flagLink   = 1 << 12
	flagEnd    = 1 << 13
	flagOdd    = 1 << 14
	flagCopy   = 1 << 15
	unassigned = flagCopy | flagOdd
)

// Lengths and distances of the codes beyond the literals, and their extra bits (RFC 1951, 3.2.5).
var (
	lengthBase  = [...]uint16{3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258}
	lengthExtra = [...]uint8{0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0}
	distBase    = [...]uint16{1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577}
	distExtra   = [...]uint8{0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13}
)

// litEntry returns the entry of a literal or length symbol without its code's bits.
func litEntry(symbol int) uint32 {
	switch {
	case symbol < endSymbol:
		return uint32(symbol)<<16 | 1<<countShift
	case symbol == endSymbol:
		return flagCopy | flagOdd | flagEnd
	case symbol < maxLit:
		i := symbol - endSymbol - 1
		return uint32(lengthBase[i]-3)<<24 | flagCopy | uint32(lengthExtra[i])
	}
	return unassigned
}

// distEntry returns the entry of a distance symbol without its code's bits.
func distEntry(symbol int) uint32 {
	if symbol >= maxDist {
		return unassigned
	}
	return uint32(distBase[symbol])<<16 | flagCopy | uint32(distExtra[symbol])
}

// withCode adds n bits of code to an entry.
func withCode(e uint32, n int) uint32 { return e + uint32(n)<<extraShift + uint32(n) }

// symbolEntries are the entries of all symbols, made once for each Reader.
type symbolEntries struct {
	lit  [maxLit + 2]uint32
	dist [maxDist + 2]uint32
	pre  [len(preOrder)]uint32
}

func newSymbolEntries() symbolEntries {
	var s symbolEntries
	for i := range s.lit {
		s.lit[i] = litEntry(i)
	}
	for i := range s.dist {
		s.dist[i] = distEntry(i)
	}
	for i := range s.pre {
		s.pre[i] = uint32(i) << 16
	}
	return s
}

// build fills table, which is looked up by its first width bits, for codes of the given lengths. It
// reports false if the code is over-full, or incomplete: only no code at all and a single one of one bit pass,
// as in zlib; what is not assigned then is an entry that says so.
func build(table []uint32, width int, lengths []uint8, entries []uint32) bool {
	var count, offset [maxCode + 1]int
	for _, n := range lengths {
		count[n&maxCode]++
	}
	longest, left := 0, 1
	for n := 1; n <= maxCode; n++ {
		left = left<<1 - count[n]
		if left < 0 {
			return false
		}
		if count[n] > 0 {
			longest = n
		}
	}
	if left > 0 && longest > 1 {
		return false
	}
	for n := 1; n < maxCode; n++ {
		offset[n+1] = offset[n] + count[n]
	}
	var sorted [maxLit + 2]uint16
	for s, n := range lengths {
		if n != 0 {
			sorted[offset[n]] = uint16(s)
			offset[n]++
		}
	}
	b := builder{table: table, width: width, count: &count, sorted: sorted[:], entries: entries}
	if left > 0 {
		b.degenerate(longest)
		return true
	}
	b.short()
	if longest > width {
		b.long(longest)
	}
	return true
}

// builder fills one table. code is the next code, its first bit lowest.
type builder struct {
	table   []uint32
	width   int
	count   *[maxCode + 1]int
	sorted  []uint16
	entries []uint32
	code    int
	next    int // in sorted
}

// degenerate fills in no code at all, or a single one of one bit, which is 0.
func (b *builder) degenerate(longest int) {
	even, odd := uint32(unassigned), uint32(unassigned)
	if longest == 1 {
		even, odd = withCode(b.entries[b.sorted[0]], 1), withCode(unassigned, 1)
	}
	for i := 0; i < 1<<b.width; i += 2 {
		b.table[i], b.table[i+1] = even, odd
	}
}

// short fills in the codes of at most width bits: what is filled so far is doubled for each further bit.
func (b *builder) short() {
	filled := 1
	for n := 1; n <= b.width; n++ {
		copy(b.table[filled:2*filled], b.table[:filled])
		filled *= 2
		for range b.count[n] {
			b.table[b.code] = withCode(b.entries[b.sorted[b.next]], n)
			b.next++
			b.advance(n)
		}
	}
}

// advance makes code the next one of n bits.
func (b *builder) advance(n int) {
	rest := b.code ^ (1<<n - 1)
	if rest == 0 {
		return // that was the last one
	}
	// One more, with the bits turned round: the highest zero becomes one, the ones above it zero.
	top := 1 << (bits.Len(uint(rest)) - 1)
	b.code = b.code&(top-1) | top
}

// long fills in the codes of more than width bits: those with the same first bits share a table behind.
func (b *builder) long(longest int) {
	prefix, start, end, behind := -1, 0, 1<<b.width, 0
	for n := b.width + 1; n <= longest; n++ {
		for left := b.count[n]; left > 0; left-- {
			if p := b.code & (1<<b.width - 1); p != prefix {
				prefix, start = p, end
				behind = n - b.width
				for used := left; used < 1<<behind; used = used<<1 + b.count[b.width+behind] {
					behind++
				}
				end = start + 1<<behind
				b.table[prefix] = uint32(start)<<16 | uint32(behind)<<extraShift | flagCopy | flagOdd | flagLink | uint32(b.width)
			}
			e := withCode(b.entries[b.sorted[b.next]], n-b.width)
			b.next++
			for i := start + b.code>>b.width; i < end; i += 1 << (n - b.width) {
				b.table[i] = e
			}
			b.advance(n)
		}
	}
}

// pair joins each literal with the code behind it where both fit into width bits.
func pair(table []uint32, width int) {
	// From the end: the entry of the bits behind is always further to the front, so not joined yet.
	for i := len(table) - 1; i >= 0; i-- {
		e := table[i]
		if e&flagCopy != 0 {
			continue
		}
		n := e & takenMask
		second := table[i>>n]
		if second&flagOdd != 0 || int(n+second>>extraShift&15) > width {
			continue
		}
		if second&flagCopy == 0 {
			second = second&0xffff | second&0xff0000<<8
		}
		table[i] = e + second
	}
}
