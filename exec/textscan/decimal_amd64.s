//go:build !purego

#include "go_asm.h"
#include "textflag.h"

// Eight bytes of digits, and what digits, pairs and fours of them are multiplied by.
DATA digitConsts<>+0(SB)/8, $0x3030303030303030
DATA digitConsts<>+8(SB)/8, $0x0909090909090909
DATA digitConsts<>+16(SB)/8, $0x010a010a010a010a
DATA digitConsts<>+24(SB)/8, $0x0001006400010064
DATA digitConsts<>+32(SB)/8, $10000
DATA digitConsts<>+40(SB)/8, $16
DATA digitConsts<>+48(SB)/8, $8
GLOBL digitConsts<>(SB), RODATA|NOPTR, $56

// func decimalsAVX2(out *decimal128.Num, b *byte, size int, from, to *uint32, fours int, f *decimalForm) int
TEXT ·decimalsAVX2(SB), NOSPLIT, $0-64
	MOVQ out+0(FP), DI
	MOVQ b+8(FP), SI
	MOVQ from+24(FP), R8
	MOVQ to+32(FP), R9
	MOVQ fours+40(FP), R10
	MOVQ f+48(FP), R11
	XORL DX, DX
	TESTQ R10, R10
	JEQ  done
	VPBROADCASTQ size+16(FP), Y15
	VPBROADCASTQ decimalForm_mask(R11), Y14
	VPBROADCASTQ decimalForm_point(R11), Y13
	VPBROADCASTQ decimalForm_behind(R11), Y12
	VPBROADCASTQ decimalForm_before(R11), Y11
	VPBROADCASTQ decimalForm_unit(R11), Y10
	VPBROADCASTQ decimalForm_limit(R11), Y9
	VPBROADCASTQ digitConsts<>+0(SB), Y8
	VPBROADCASTQ digitConsts<>+8(SB), Y7
	VPBROADCASTQ digitConsts<>+16(SB), Y6
	VPBROADCASTQ digitConsts<>+24(SB), Y5

four:
	// Ends are from 16 to size, lengths from 1 to 8: then none of the differences is negative.
	VPMOVZXDQ (R9), Y0
	VPMOVZXDQ (R8), Y1
	VPSUBQ Y1, Y0, Y1
	VPSUBQ Y0, Y15, Y2
	VPBROADCASTQ digitConsts<>+40(SB), Y3
	VPSUBQ Y3, Y0, Y3
	VPOR   Y3, Y2, Y2
	VPCMPEQD Y3, Y3, Y3
	VPADDQ Y3, Y1, Y3
	VPOR   Y3, Y2, Y2
	VPBROADCASTQ digitConsts<>+48(SB), Y3
	VPSUBQ Y1, Y3, Y3
	VPOR   Y3, Y2, Y2
	VMOVMSKPD Y2, AX
	TESTL  AX, AX
	JNE    done

	// The eight bytes up to the end, of which those before the field go.
	MOVL (R9), AX
	MOVL 4(R9), BX
	MOVL 8(R9), CX
	MOVL 12(R9), R12
	VMOVQ -8(SI)(AX*1), X0
	VPINSRQ $1, -8(SI)(BX*1), X0, X0
	VMOVQ -8(SI)(CX*1), X2
	VPINSRQ $1, -8(SI)(R12*1), X2, X2
	VINSERTI128 $1, X2, Y0, Y0
	VPXOR  Y8, Y0, Y0
	VPSLLQ $3, Y3, Y3
	VPSRLVQ Y3, Y0, Y0
	VPSLLVQ Y3, Y0, Y0

	// Y1: there is a point; Y3: and nothing before it. The digits before it move to its place.
	VPAND  Y14, Y0, Y1
	VPCMPEQQ Y13, Y1, Y1
	VPBROADCASTQ decimalForm_place(R11), Y2
	VPCMPEQQ Y2, Y3, Y3
	VPAND  Y1, Y3, Y3
	VPAND  Y11, Y0, Y2
	VPSLLQ $8, Y2, Y2
	VPAND  Y12, Y0, Y4
	VPOR   Y4, Y2, Y2
	VPBLENDVB Y1, Y2, Y0, Y0
	VPMAXUB Y7, Y0, Y2
	VPCMPEQB Y7, Y2, Y2
	VPANDN Y2, Y3, Y3

	// Pairs of digits, then of those, then of those, in units.
	VPMADDUBSW Y6, Y0, Y0
	VPMADDWD Y5, Y0, Y0
	VPSRLQ $32, Y0, Y2
	VPBROADCASTQ digitConsts<>+32(SB), Y4
	VPMULUDQ Y4, Y0, Y0
	VPADDQ Y2, Y0, Y0
	VPMULUDQ Y10, Y0, Y2
	VPBLENDVB Y1, Y0, Y2, Y0
	VPCMPGTQ Y0, Y9, Y2
	VPAND  Y3, Y2, Y2
	VPMOVMSKB Y2, AX
	CMPL   AX, $-1
	JNE    done

	VPXOR  Y1, Y1, Y1
	VPERMQ $0xd8, Y0, Y0
	VPUNPCKLQDQ Y1, Y0, Y2
	VPUNPCKHQDQ Y1, Y0, Y3
	VMOVDQU Y2, (DI)
	VMOVDQU Y3, 32(DI)
	ADDQ $64, DI
	ADDQ $16, R8
	ADDQ $16, R9
	ADDQ $4, DX
	DECQ R10
	JNE  four

done:
	VZEROUPPER
	MOVQ DX, ret+56(FP)
	RET
