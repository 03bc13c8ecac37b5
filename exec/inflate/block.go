package inflate

// tables are the codes of a block.
type tables struct {
	lit     [litSize]uint32
	dist    [distSize]uint32
	pre     [1 << preBits]uint32
	lengths [maxLit + maxDist + 2 + 2]uint8 // of the literals' codes, then of the distances'
	isFixed bool
	symbols symbolEntries
}

// preBits is the longest code that code lengths are written in.
const preBits = 7

// preOrder is the order in which the lengths of those codes are given.
var preOrder = [...]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

// fixed makes the tables of a block of fixed codes.
func (t *tables) fixed() {
	if t.isFixed {
		return
	}
	lens := t.lengths[:maxLit+2]
	for i := range lens {
		switch {
		case i < 144:
			lens[i] = 8
		case i < 256:
			lens[i] = 9
		case i < 280:
			lens[i] = 7
		default:
			lens[i] = 8
		}
	}
	build(t.lit[:], litBits, lens, t.symbols.lit[:])
	pair(t.lit[:1<<litBits], litBits)
	dists := t.lengths[maxLit+2:]
	for i := range dists {
		dists[i] = 5
	}
	build(t.dist[:], distBits, dists, t.symbols.dist[:])
	t.isFixed = true
}

// dynamic reads the codes of a block.
func (z *Reader) dynamic() error {
	h, err := z.bits(14)
	if err != nil {
		return err
	}
	literals, distances, pres := 257+int(h&31), 1+int(h>>5&31), 4+int(h>>10)
	if literals > maxLit || distances > maxDist {
		return ErrCorrupt
	}
	var lens [len(preOrder)]uint8
	for _, p := range preOrder[:pres] {
		n, err := z.bits(3)
		if err != nil {
			return err
		}
		lens[p] = uint8(n)
	}
	z.isFixed = false
	if !build(z.pre[:], preBits, lens[:], z.symbols.pre[:]) {
		return ErrCorrupt
	}
	if err := z.codeLengths(literals + distances); err != nil {
		return err
	}
	if !build(z.lit[:], litBits, z.lengths[:literals], z.symbols.lit[:]) ||
		!build(z.dist[:], distBits, z.lengths[literals:literals+distances], z.symbols.dist[:]) {
		return ErrCorrupt
	}
	pair(z.lit[:1<<litBits], litBits)
	return nil
}

// codeLengths reads n code lengths.
func (z *Reader) codeLengths(n int) error {
	for i := 0; i < n; {
		if z.have < preBits+7 {
			z.refill()
		}
		e := z.pre[z.acc&(1<<preBits-1)]
		taken := uint(e & takenMask)
		switch {
		case taken > z.have:
			return z.sourceError(ErrTruncated)
		case e&flagCopy != 0:
			return ErrCorrupt
		}
		z.drop(taken)
		symbol := uint8(e >> 16)
		if symbol < 16 {
			z.lengths[i] = symbol
			i++
			continue
		}
		repeated, from, extra := uint8(0), 3, uint(3)
		switch symbol {
		case 16:
			if i == 0 {
				return ErrCorrupt
			}
			repeated, extra = z.lengths[i-1], 2
		case 18:
			from, extra = 11, 7
		}
		more, err := z.bits(extra)
		if err != nil {
			return err
		}
		count := from + int(more)
		if count > n-i {
			return ErrCorrupt
		}
		for range count {
			z.lengths[i] = repeated
			i++
		}
	}
	return nil
}
