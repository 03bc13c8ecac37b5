package op

// arena keeps entries one after the other in chunks that never move, so that it grows without copying what
// it holds. An entry's place is its chunk's number and its offset there in units of 8 bytes.
type arena struct {
	chunks [][]byte
	last   int   // chunk that entries go to
	used   int   // bytes of it
	bytes  int64 // of the chunks up to it
}

const (
	arenaUnit  = 8
	placeBits  = 16                     // of a place are the offset
	mostChunk  = arenaUnit << placeBits // bytes
	firstChunk = mostChunk / (1 << 7)   // later ones are twice as large each
)

// add makes room for an entry of n bytes.
func (a *arena) add(n int) (place uint32, entry []byte) {
	if len(a.chunks) == 0 || a.used+n > len(a.chunks[a.last]) {
		a.begin(n)
	}
	at := a.used
	a.used = (at + n + arenaUnit - 1) &^ (arenaUnit - 1)
	return uint32(a.last)<<placeBits | uint32(at/arenaUnit), a.chunks[a.last][at : at+n]
}

// begin goes on to the next chunk, or makes one, for an entry of n bytes.
func (a *arena) begin(n int) {
	if len(a.chunks) > 0 {
		a.last++
	}
	switch {
	case a.last == len(a.chunks):
		size := mostChunk
		if a.last < 7 {
			size = firstChunk << a.last
		}
		a.chunks = append(a.chunks, make([]byte, max(size, n)))
	case len(a.chunks[a.last]) < n: // what it was made for before was smaller
		a.chunks[a.last] = make([]byte, n)
	}
	a.used = 0
	a.bytes += int64(len(a.chunks[a.last]))
}

// reset takes all entries out; what they were in stays.
func (a *arena) reset() {
	a.last, a.used, a.bytes = 0, 0, int64(len(a.chunks[0]))
}

// at returns what begins with the entry at place.
func (a *arena) at(place uint32) []byte {
	return a.chunks[place>>placeBits][place&(1<<placeBits-1)*arenaUnit:]
}
