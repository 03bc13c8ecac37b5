package textscan

import "slices"

// Picks lists the places of some delimiters of each record, for records that have as many fields each. Most fields of a wide
// table are not needed, and to write down where they end costs more than to find it.
type Picks struct {
	fields int
	each   int
	slots  []int // per delimiter of a record: its place among those that are listed of it, or -1
	w      windows
}

// windows tell of a run of delimiters, by number, of each and the 63 after it, its bit lowest: which are wanted, and which end a record. After
// the last one comes the first again; there are 64 at least.
type windows struct {
	wanted, ends []uint64
	check        uint64 // all ones: it matters where records end
}

// every lists all delimiters, wherever records end.
var every = windows{wanted: slices.Repeat([]uint64{^uint64(0)}, block), ends: make([]uint64, block)}

// NewPicks returns a lister for records of so many fields, at least one. Delimiters are numbered from 0 in each record, the last one ends
// it; want reports which are listed.
func NewPicks(fields int, want func(int) bool) *Picks {
	p := &Picks{fields: fields, slots: make([]int, fields)}
	for i := range p.slots {
		if p.slots[i] = -1; want(i) {
			p.slots[i] = p.each
			p.each++
		}
	}
	// Whole records, so that the first window follows the last one.
	n := (block + fields - 1) / fields * fields
	p.w = windows{wanted: make([]uint64, n), ends: make([]uint64, n), check: ^uint64(0)}
	var wanted, ends uint64
	for i := n + block - 1; i >= 0; i-- {
		wanted, ends = wanted<<1, ends<<1
		if p.slots[i%fields] >= 0 {
			wanted |= 1
		}
		if i%fields == fields-1 {
			ends |= 1
		}
		if i < n {
			p.w.wanted[i], p.w.ends[i] = wanted, ends
		}
	}
	return p
}

// Fields returns how many fields a record has.
func (p *Picks) Fields() int { return p.fields }

// Each returns how many places are listed of a record.
func (p *Picks) Each() int { return p.each }

// Slot returns which of the places of a record is that of delimiter i, or -1.
func (p *Picks) Slot(i int) int { return p.slots[i] }

// List is as the function Fields, but for the delimiters that are left out. b holds whole records. It is not ok if some have
// more or fewer fields, and then the rest is of no use.
func (p *Picks) List(dst []uint32, b []byte, sep, end, extra byte) ([]uint32, Marks, bool) {
	return fields(dst, b, needles{sep, end, extra}, p.w)
}
