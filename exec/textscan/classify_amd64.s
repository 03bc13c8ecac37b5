//go:build !purego

#include "go_asm.h"
#include "textflag.h"

// Bit h of a byte whose upper half is h; the second half of the table serves bytes from 0x80 on, for
// which the lookup by the lower half gives zero.
DATA upperBit<>+0(SB)/8, $0x8040201008040201
DATA upperBit<>+8(SB)/8, $0x8040201008040201
GLOBL upperBit<>(SB), RODATA|NOPTR, $16

// func classifyAVX2(dst *Block, b *byte, blocks int, c *Classes)
TEXT ·classifyAVX2(SB), NOSPLIT, $0-32
	MOVQ dst+0(FP), DI
	MOVQ b+8(FP), SI
	MOVQ blocks+16(FP), CX
	MOVQ c+24(FP), R8
	MOVQ Classes_n(R8), R9
	VBROADCASTI128 upperBit<>(SB), Y15
	MOVQ $0x0f0f0f0f0f0f0f0f, AX
	VMOVQ AX, X14
	VPBROADCASTQ X14, Y14
	VPXOR Y13, Y13, Y13

block:
	VMOVDQU (SI), Y0
	VMOVDQU 32(SI), Y1
	VPSRLW $4, Y0, Y2
	VPSRLW $4, Y1, Y3
	VPAND Y14, Y2, Y2
	VPAND Y14, Y3, Y3
	VPSHUFB Y2, Y15, Y2
	VPSHUFB Y3, Y15, Y3
	VMOVDQU Y13, (DI)
	VMOVDQU Y13, 32(DI)
	LEAQ Classes_rows(R8), R10
	XORQ R11, R11

class:
	VMOVDQU (R10), Y4
	VPSHUFB Y0, Y4, Y5
	VPSHUFB Y1, Y4, Y6
	VPAND Y2, Y5, Y5
	VPAND Y3, Y6, Y6
	VPCMPEQB Y2, Y5, Y5
	VPCMPEQB Y3, Y6, Y6
	VPMOVMSKB Y5, AX
	VPMOVMSKB Y6, DX
	SHLQ $32, DX
	ORQ DX, AX
	XORQ Classes_invert(R8)(R11*8), AX
	MOVQ AX, (DI)(R11*8)
	ADDQ $32, R10
	INCQ R11
	CMPQ R11, R9
	JB class

	ADDQ $64, SI
	ADDQ $64, DI
	DECQ CX
	JNZ block
	VZEROUPPER
	RET
