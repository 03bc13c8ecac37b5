//go:build !purego

#include "bits_arm64.h"
#include "go_asm.h"
#include "textflag.h"

// func classifyNEON(dst *Block, b *byte, blocks int, c *Classes)
//
// As classifyAVX2: a byte is in a class if the row of its lower half has the bit of its upper half. A byte from 0x80 on has no
// row, since its index is past the table.
TEXT ·classifyNEON(SB), NOSPLIT, $0-32
	MOVD dst+0(FP), R0
	MOVD b+8(FP), R1
	MOVD blocks+16(FP), R2
	MOVD c+24(FP), R3
	MOVD Classes_n(R3), R4
	ADD  $Classes_rows, R3, R5
	ADD  $Classes_invert, R3, R6
	MOVD $0x8040201008040201, R7
	VDUP R7, V21.D2
	MOVD $0x8f, R7
	VDUP R7, V22.B16

block:
	VLD1.P 64(R1), [V0.B16, V1.B16, V2.B16, V3.B16]
	VUSHR  $4, V0.B16, V8.B16
	VUSHR  $4, V1.B16, V9.B16
	VUSHR  $4, V2.B16, V10.B16
	VUSHR  $4, V3.B16, V11.B16
	VTBL   V8.B16, [V21.B16], V8.B16
	VTBL   V9.B16, [V21.B16], V9.B16
	VTBL   V10.B16, [V21.B16], V10.B16
	VTBL   V11.B16, [V21.B16], V11.B16
	VAND   V22.B16, V0.B16, V0.B16
	VAND   V22.B16, V1.B16, V1.B16
	VAND   V22.B16, V2.B16, V2.B16
	VAND   V22.B16, V3.B16, V3.B16
	MOVD   R5, R8
	MOVD   R6, R9
	MOVD   R4, R10
	MOVD   R0, R11

class:
	VLD1  (R8), [V12.B16]
	ADD   $32, R8
	VTBL  V0.B16, [V12.B16], V13.B16
	VTBL  V1.B16, [V12.B16], V14.B16
	VTBL  V2.B16, [V12.B16], V15.B16
	VTBL  V3.B16, [V12.B16], V16.B16
	VAND  V8.B16, V13.B16, V13.B16
	VAND  V9.B16, V14.B16, V14.B16
	VAND  V10.B16, V15.B16, V15.B16
	VAND  V11.B16, V16.B16, V16.B16
	VCMEQ V8.B16, V13.B16, V13.B16
	VCMEQ V9.B16, V14.B16, V14.B16
	VCMEQ V10.B16, V15.B16, V15.B16
	VCMEQ V11.B16, V16.B16, V16.B16
	BITS(V13, V14, V15, V16, R12)
	MOVD.P 8(R9), R13
	EOR   R13, R12
	MOVD.P R12, 8(R11)
	SUBS  $1, R10
	BNE   class
	MOVD  $8, R10
	SUBS  R4, R10
	BEQ   next

empty:
	MOVD.P ZR, 8(R11)
	SUBS  $1, R10
	BNE   empty

next:
	ADD  $64, R0
	SUBS $1, R2
	BNE  block
	RET
