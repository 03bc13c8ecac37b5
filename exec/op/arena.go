package op

// arena keeps entries one after the other in chunks that never move, so that it grows without copying what
// it holds. An entry's place is its chunk's number and its offset there in units of 8 bytes.
type arena struct {
	chunks [][]byte
	used   int // bytes of the last chunk
	bytes  int64
}

const (
	arenaUnit  = 8
	placeBits  = 16                     // of a place are the offset
	mostChunk  = arenaUnit << placeBits // bytes
	firstChunk = mostChunk / (1 << 7)   // later ones are twice as large each
)

// add makes room for an entry of n bytes.
func (a *arena) add(n int) (place uint32, entry []byte) {
	last := len(a.chunks) - 1
	if last < 0 || a.used+n > len(a.chunks[last]) {
		size := mostChunk
		if last < 6 {
			size = firstChunk << (last + 1)
		}
		a.chunks = append(a.chunks, make([]byte, max(size, n)))
		a.used = 0
		last++
		a.bytes += int64(len(a.chunks[last]))
	}
	at := a.used
	a.used = (at + n + arenaUnit - 1) &^ (arenaUnit - 1)
	return uint32(last)<<placeBits | uint32(at/arenaUnit), a.chunks[last][at : at+n]
}

// at returns what begins with the entry at place.
func (a *arena) at(place uint32) []byte {
	return a.chunks[place>>placeBits][place&(1<<placeBits-1)*arenaUnit:]
}
