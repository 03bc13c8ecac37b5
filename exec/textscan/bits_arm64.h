// BITS makes 64 bits of four masks of 16 bytes. V21 has 1<<(i%8) in byte i, which byte i of a mask keeps; three pairwise sums do the rest.
#define BITS(a, b, c, d, to) \
	VAND  V21.B16, a.B16, a.B16 \
	VAND  V21.B16, b.B16, b.B16 \
	VAND  V21.B16, c.B16, c.B16 \
	VAND  V21.B16, d.B16, d.B16 \
	VADDP b.B16, a.B16, a.B16   \
	VADDP d.B16, c.B16, c.B16   \
	VADDP c.B16, a.B16, a.B16   \
	VADDP a.B16, a.B16, a.B16   \
	VMOV  a.D[0], to
