package inflate

import "encoding/binary"

// What a turn of decodeTwin needs to be free in front of it: input that is read ahead, and output that one turn writes.
const (
	inMargin  = 16
	outMargin = 8 + 258 + 32
)

// stop is why decoding has stopped.
type stop int

const (
	stopMargin  stop = iota // input or output is short
	stopEnd                 // end of the block
	stopShort               // the input ends within a code
	stopCorrupt             // a code that is not assigned, or a distance beyond the start
)

// decodeTwin decodes symbols of a block while input and output have their margins: turn by turn, each of a
// few literals and a match, or of one of them.
func (z *Reader) decodeTwin() stop {
	in, out := z.in[:z.end], z.out[:]
	pos, w := z.pos, z.w
	acc, have := z.acc, z.have
	lit, dist := &z.lit, &z.dist
	lastIn, lastOut := len(in)-inMargin, len(out)-outMargin
	why := stopMargin
	for pos <= lastIn && w <= lastOut {
		acc |= binary.LittleEndian.Uint64(in[pos:]) << (have & 63)
		pos += int(63-have) >> 3
		have |= 56
		e := lit[acc&(1<<litBits-1)]
		saved := acc
		acc >>= e & takenMask
		have -= uint(e & takenMask)
		binary.LittleEndian.PutUint16(out[w:], uint16(e>>16))
		w += int(e >> countShift & 3)
		if e&flagCopy == 0 {
			e = lit[acc&(1<<litBits-1)]
			saved = acc
			acc >>= e & takenMask
			have -= uint(e & takenMask)
			binary.LittleEndian.PutUint16(out[w:], uint16(e>>16))
			w += int(e >> countShift & 3)
			if e&flagCopy == 0 {
				continue
			}
		}
		if e&flagOdd != 0 {
			if e&flagLink != 0 {
				e = lit[e>>16+uint32(acc)&(1<<(e>>extraShift&15)-1)]
				saved = acc
				acc >>= e & takenMask
				have -= uint(e & takenMask)
				if e&flagCopy == 0 {
					out[w] = byte(e >> 16)
					w++
					continue
				}
			}
			if e&flagOdd != 0 {
				why = stopCorrupt
				if e&flagEnd != 0 {
					why = stopEnd
				}
				break
			}
		}
		length := int(e>>24) + 3 + int(saved&(1<<(e&takenMask)-1)>>(e>>extraShift&15))

		acc |= binary.LittleEndian.Uint64(in[pos:]) << (have & 63)
		pos += int(63-have) >> 3
		have |= 56
		e = dist[acc&(1<<distBits-1)]
		if e&flagOdd != 0 {
			acc >>= e & takenMask
			have -= uint(e & takenMask)
			if e&flagLink == 0 {
				why = stopCorrupt
				break
			}
			e = dist[e>>16+uint32(acc)&(1<<(e>>extraShift&15)-1)]
			if e&flagOdd != 0 {
				why = stopCorrupt
				break
			}
		}
		distance := int(e>>16) + int(acc&(1<<(e&takenMask)-1)>>(e>>extraShift&15))
		acc >>= e & takenMask
		have -= uint(e & takenMask)
		from := w - distance
		if from < z.start {
			why = stopCorrupt
			break
		}
		end := w + length
		if distance >= 16 {
			for {
				*(*[16]byte)(out[w:]) = *(*[16]byte)(out[from:])
				*(*[16]byte)(out[w+16:]) = *(*[16]byte)(out[from+16:])
				w += 32
				from += 32
				if w >= end {
					break
				}
			}
		} else {
			repeat(out, w, from, end)
		}
		w = end
	}
	z.pos, z.w, z.acc, z.have = pos, w, acc, have
	return why
}

// repeat copies to out[w:end] what lies less than 16 bytes before.
func repeat(out []byte, w, from, end int) {
	// Each copy is right for as many bytes as the distance, which then is twice as long.
	for w < end && w-from < 16 {
		*(*[16]byte)(out[w:]) = *(*[16]byte)(out[from:])
		w += w - from
	}
	for ; w < end; w, from = w+16, from+16 {
		*(*[16]byte)(out[w:]) = *(*[16]byte)(out[from:])
	}
}

// decodeOne decodes one symbol where input is short.
func (z *Reader) decodeOne() stop {
	z.refill()
	e, bits := lookUp(z.lit[:], litBits, z.acc)
	if e&flagCopy == 0 || e>>countShift&3 > 0 {
		// Of a pair the first is taken.
		c := byte(e >> 16)
		n := uint(z.lengths[c])
		if n > z.have {
			return stopShort
		}
		z.drop(n)
		z.out[z.w] = c
		z.w++
		return stopMargin
	}
	if bits > z.have {
		return stopShort
	}
	if e&flagOdd != 0 {
		if e&flagEnd == 0 {
			return stopCorrupt
		}
		z.drop(bits)
		return stopEnd
	}
	length := int(e>>24) + 3 + z.extra(e, bits)
	z.refill()
	e, bits = lookUp(z.dist[:], distBits, z.acc)
	if bits > z.have {
		return stopShort
	}
	if e&flagOdd != 0 {
		return stopCorrupt
	}
	distance := int(e>>16) + z.extra(e, bits)
	from := z.w - distance
	if from < z.start {
		return stopCorrupt
	}
	for range length {
		z.out[z.w] = z.out[from]
		z.w++
		from++
	}
	return stopMargin
}

// lookUp returns the entry of the next code and how many bits it takes, those of the first table includez.
func lookUp(table []uint32, width uint, acc uint64) (e uint32, bits uint) {
	e = table[acc&(1<<width-1)]
	if e&(flagOdd|flagLink) != flagOdd|flagLink {
		return e, uint(e & takenMask)
	}
	e = table[uint64(e>>16)+acc>>width&(1<<(e>>extraShift&15)-1)]
	return e, width + uint(e&takenMask)
}

// extra takes a code of so many bits, of which e is the entry, and returns its extra bits.
func (z *Reader) extra(e uint32, bits uint) int {
	n := uint(e&takenMask) - uint(e>>extraShift&15)
	v := int(z.acc >> (bits - n) & (1<<n - 1))
	z.drop(bits)
	return v
}
