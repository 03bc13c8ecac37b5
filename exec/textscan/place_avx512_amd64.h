// The numbers of 64 bytes.
DATA iota<>+0(SB)/8, $0x0706050403020100
DATA iota<>+8(SB)/8, $0x0f0e0d0c0b0a0908
DATA iota<>+16(SB)/8, $0x1716151413121110
DATA iota<>+24(SB)/8, $0x1f1e1d1c1b1a1918
DATA iota<>+32(SB)/8, $0x2726252423222120
DATA iota<>+40(SB)/8, $0x2f2e2d2c2b2a2928
DATA iota<>+48(SB)/8, $0x3736353433323130
DATA iota<>+56(SB)/8, $0x3f3e3d3c3b3a3938
GLOBL iota<>(SB), RODATA|NOPTR, $64

// BYTES fills Z with c.
#define BYTES(c, Z) \
	MOVL $c, AX         \
	VPBROADCASTB AX, Z

// WIDEN writes 16 bytes as places, counted from Z25 on.
#define WIDEN(bytes, to) \
	VPMOVZXBD bytes, Z3  \
	VPADDD Z3, Z25, Z3   \
	VMOVDQU32 Z3, to

// PLACES writes where the bits of bits are, counted from Z25 on, to the address in to, where there is space for 64, and moves it past them. Z19 is iota.
#define PLACES(bits, to, n, more, done) \
	KMOVQ bits, K1               \
	VPCOMPRESSB.Z Z19, K1, Z2    \
	POPCNTQ bits, n              \
	WIDEN(X2, (to))              \
	CMPQ n, $16                  \
	JHI  more                    \
done:                            \
	LEAQ (to)(n*4), to

// REST writes what comes after the first 16 places of PLACES.
#define REST(to, done) \
	VEXTRACTI32X4 $1, Z2, X4 \
	WIDEN(X4, 64(to))        \
	VEXTRACTI32X4 $2, Z2, X4 \
	WIDEN(X4, 128(to))       \
	VEXTRACTI32X4 $3, Z2, X4 \
	WIDEN(X4, 192(to))       \
	JMP done
