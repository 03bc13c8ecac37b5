//go:build !purego

#include "bits_arm64.h"
#include "textflag.h"

// SIXTEEN looks at 16 bytes: which are one of the two needles, and what else is among them.
#define SIXTEEN(bytes, all) \
	VCMEQ V16.B16, bytes.B16, all.B16 \
	VCMEQ V17.B16, bytes.B16, V12.B16 \
	VORR  V12.B16, all.B16, all.B16   \
	VCMEQ V19.B16, bytes.B16, V13.B16 \
	VCMEQ V20.B16, bytes.B16, V14.B16 \
	VORR  V13.B16, V24.B16, V24.B16   \
	VORR  V14.B16, V23.B16, V23.B16   \
	VORR  bytes.B16, V22.B16, V22.B16

// func masksNEON(dst *uint64, b *byte, blocks int, needles uint64) (s seen)
TEXT ·masksNEON(SB), NOSPLIT, $0-40
	MOVD dst+0(FP), R0
	MOVD b+8(FP), R1
	MOVD blocks+16(FP), R2
	MOVD needles+24(FP), R3
	VDUP R3, V16.B16
	LSR  $8, R3, R3
	VDUP R3, V17.B16
	LSR  $8, R3, R3
	VDUP R3, V19.B16 // extra
	MOVD $13, R3
	VDUP R3, V20.B16 // CR
	MOVD $0x8040201008040201, R3
	VDUP R3, V21.D2
	VEOR V22.B16, V22.B16, V22.B16 // all bytes, or-ed
	VEOR V23.B16, V23.B16, V23.B16 // CR seen
	VEOR V24.B16, V24.B16, V24.B16 // extra seen

masksBlock:
	CBZ    R2, masksDone
	VLD1.P 64(R1), [V0.B16, V1.B16, V2.B16, V3.B16]
	SIXTEEN(V0, V8)
	SIXTEEN(V1, V9)
	SIXTEEN(V2, V10)
	SIXTEEN(V3, V11)
	BITS(V8, V9, V10, V11, R4)
	MOVD.P R4, 8(R0)
	SUB    $1, R2
	B      masksBlock

masksDone:
	VMOV V23.D[0], R4
	VMOV V23.D[1], R5
	ORR  R4, R5
	CMP  $0, R5
	CSET NE, R6
	VMOV V24.D[0], R4
	VMOV V24.D[1], R5
	ORR  R4, R5
	CMP  $0, R5
	CSET NE, R7
	ORR  R7<<1, R6
	VMOV V22.D[0], R4
	VMOV V22.D[1], R5
	ORR  R4, R5
	TST  $0x8080808080808080, R5
	CSET NE, R7
	ORR  R7<<2, R6
	MOVD R6, s+32(FP)
	RET
