//go:build !purego

package inflate

import "golang.org/x/sys/cpu"

// turns is what decodeTurns works on.
type turns struct {
	in      *byte
	pos     int // in in
	lastIn  int // where a turn may begin at the latest
	out     *byte
	w       int // in out
	lastOut int // where a turn may begin at the latest
	start   int // in out
	acc     uint64
	have    uint
	lit     *[litSize]uint32
	dist    *[distSize]uint32
}

// decodeTurns is decodeTwin in assembly. It needs BMI2.
//
//go:noescape
func decodeTurns(t *turns) stop

// fastest is the form of decodeTwin that this machine runs best.
func fastest() func(*Reader) stop {
	if cpu.X86.HasBMI2 {
		return (*Reader).decodeTurns
	}
	return (*Reader).decodeTwin
}

func (z *Reader) decodeTurns() stop {
	t := turns{
		in: &z.in[0], pos: z.pos, lastIn: z.end - inMargin, out: &z.out[0], w: z.w, lastOut: z.limit(), start: z.start,
		acc: z.acc, have: z.have, lit: &z.lit, dist: &z.dist,
	}
	why := decodeTurns(&t)
	z.pos, z.w, z.acc, z.have = t.pos, t.w, t.acc, t.have
	return why
}
