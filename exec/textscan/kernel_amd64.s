//go:build !purego

#include "textflag.h"

// func fieldsAVX2(dst *uint32, room int, b *byte, blocks int, needles uint64) (k, left, ends, seen int)
//
// Before each block there must be room for 64 places and slack. Per 64 bytes: the mask of the bytes that are one of the first three needles; then the places of its bits, eight
// at a time whatever their number, since a branch per place would be guessed wrong.
TEXT ·fieldsAVX2(SB), NOSPLIT, $0-72
	MOVQ         dst+0(FP), R9
	MOVQ         room+8(FP), R13
	LEAQ         -288(R9)(R13*4), R13 // the last place from which a block may be written
	MOVQ         b+16(FP), SI
	MOVQ         blocks+24(FP), CX
	MOVQ         needles+32(FP), AX
	VMOVQ         AX, X1
	VPBROADCASTB X1, Y1
	SHRQ         $8, AX
	VMOVQ         AX, X2
	VPBROADCASTB X2, Y2
	SHRQ         $8, AX
	VMOVQ         AX, X3
	VPBROADCASTB X3, Y3 // end
	SHRQ         $8, AX
	VMOVQ         AX, X4
	VPBROADCASTB X4, Y4 // extra
	MOVL         $13, AX
	VMOVQ         AX, X5
	VPBROADCASTB X5, Y5 // CR
	VPXOR        Y7, Y7, Y7 // all bytes, or-ed
	VPXOR        Y8, Y8, Y8 // CR seen
	VPXOR        Y9, Y9, Y9 // extra seen
	MOVQ         R9, DI
	XORQ         R8, R8 // index of the block
	XORQ         R10, R10 // ends

fieldsBlock:
	TESTQ CX, CX
	JLE   fieldsDone
	CMPQ  R9, R13
	JHI   fieldsDone
	VMOVDQU   0(SI), Y0
	VPCMPEQB  Y1, Y0, Y10
	VPCMPEQB  Y2, Y0, Y11
	VPCMPEQB  Y3, Y0, Y12
	VPOR      Y10, Y11, Y10
	VPOR      Y10, Y12, Y10
	VPCMPEQB  Y4, Y0, Y11
	VPOR      Y11, Y9, Y9
	VPCMPEQB  Y5, Y0, Y11
	VPOR      Y11, Y8, Y8
	VPOR      Y0, Y7, Y7
	VPMOVMSKB Y10, AX
	VPMOVMSKB Y12, BX
	VMOVDQU   32(SI), Y0
	VPCMPEQB  Y1, Y0, Y10
	VPCMPEQB  Y2, Y0, Y11
	VPCMPEQB  Y3, Y0, Y12
	VPOR      Y10, Y11, Y10
	VPOR      Y10, Y12, Y10
	VPCMPEQB  Y4, Y0, Y11
	VPOR      Y11, Y9, Y9
	VPCMPEQB  Y5, Y0, Y11
	VPOR      Y11, Y8, Y8
	VPOR      Y0, Y7, Y7
	VPMOVMSKB Y10, DX
	VPMOVMSKB Y12, R11
	SHLQ    $32, DX
	ORQ     DX, AX
	SHLQ    $32, R11
	ORQ     R11, BX
	POPCNTQ BX, BX
	ADDQ    BX, R10
	POPCNTQ AX, DX
	LEAQ    (R9)(DX*4), R12

fieldsEight:
	TZCNTQ AX, BX
	ADDL   R8, BX
	MOVL   BX, 0(R9)
	BLSRQ  AX, AX
	TZCNTQ AX, BX
	ADDL   R8, BX
	MOVL   BX, 4(R9)
	BLSRQ  AX, AX
	TZCNTQ AX, BX
	ADDL   R8, BX
	MOVL   BX, 8(R9)
	BLSRQ  AX, AX
	TZCNTQ AX, BX
	ADDL   R8, BX
	MOVL   BX, 12(R9)
	BLSRQ  AX, AX
	TZCNTQ AX, BX
	ADDL   R8, BX
	MOVL   BX, 16(R9)
	BLSRQ  AX, AX
	TZCNTQ AX, BX
	ADDL   R8, BX
	MOVL   BX, 20(R9)
	BLSRQ  AX, AX
	TZCNTQ AX, BX
	ADDL   R8, BX
	MOVL   BX, 24(R9)
	BLSRQ  AX, AX
	TZCNTQ AX, BX
	ADDL   R8, BX
	MOVL   BX, 28(R9)
	BLSRQ  AX, AX
	ADDQ $32, R9
	SUBQ $8, DX
	JGT  fieldsEight
	MOVQ R12, R9
	ADDQ $64, SI
	ADDQ $64, R8
	DECQ CX
	JMP  fieldsBlock

fieldsDone:
	SUBQ      DI, R9
	SHRQ      $2, R9
	MOVQ      R9, k+40(FP)
	MOVQ      CX, left+48(FP)
	MOVQ      R10, ends+56(FP)
	XORQ      AX, AX
	XORQ      BX, BX
	XORQ      CX, CX
	VPMOVMSKB Y8, DX
	TESTL     DX, DX
	SETNE     AX
	VPMOVMSKB Y9, DX
	TESTL     DX, DX
	SETNE     BX
	VPMOVMSKB Y7, DX
	TESTL     DX, DX
	SETNE     CX
	LEAQ      (AX)(BX*2), AX
	LEAQ      (AX)(CX*4), AX
	MOVQ      AX, seen+64(FP)
	VZEROUPPER
	RET

// func linesAVX2(b *byte, blocks int, end uint64) (ends, cr int)
//
// Each lane of Y8 and Y9 counts for up to 255 blocks of 64 bytes before it is added up.
TEXT ·linesAVX2(SB), NOSPLIT, $0-40
	MOVQ         b+0(FP), SI
	MOVQ         blocks+8(FP), CX
	MOVQ         end+16(FP), AX
	VMOVQ         AX, X3
	VPBROADCASTB X3, Y3
	MOVL         $13, AX
	VMOVQ         AX, X5
	VPBROADCASTB X5, Y5
	VPXOR        Y6, Y6, Y6 // CR seen
	VPXOR        Y7, Y7, Y7 // ends, four sums
	VPXOR        Y15, Y15, Y15

linesRun:
	TESTQ   CX, CX
	JLE     linesDone
	MOVQ    $255, DX
	CMPQ    CX, DX
	CMOVQLT CX, DX
	SUBQ    DX, CX
	VPXOR   Y8, Y8, Y8
	VPXOR   Y9, Y9, Y9

linesBlock:
	VMOVDQU  (SI), Y0
	VMOVDQU  32(SI), Y1
	VPCMPEQB Y3, Y0, Y10
	VPCMPEQB Y3, Y1, Y11
	VPCMPEQB Y5, Y0, Y12
	VPCMPEQB Y5, Y1, Y13
	VPSUBB   Y10, Y8, Y8
	VPSUBB   Y11, Y9, Y9
	VPOR     Y12, Y13, Y12
	VPOR     Y12, Y6, Y6
	ADDQ     $64, SI
	DECQ     DX
	JNE      linesBlock
	VPSADBW  Y15, Y8, Y8
	VPSADBW  Y15, Y9, Y9
	VPADDQ   Y8, Y7, Y7
	VPADDQ   Y9, Y7, Y7
	JMP      linesRun

linesDone:
	VEXTRACTI128 $1, Y7, X8
	VPADDQ       X8, X7, X7
	VPSRLDQ      $8, X7, X8
	VPADDQ       X8, X7, X7
	VMOVQ         X7, AX
	MOVQ         AX, ends+24(FP)
	XORQ         AX, AX
	VPMOVMSKB    Y6, DX
	TESTL        DX, DX
	SETNE        AX
	MOVQ         AX, cr+32(FP)
	VZEROUPPER
	RET

// func pairAVX2(b *byte, blocks, dist int, pair uint64) int
TEXT ·pairAVX2(SB), NOSPLIT, $0-40
	MOVQ         b+0(FP), SI
	MOVQ         blocks+8(FP), CX
	MOVQ         dist+16(FP), DX
	MOVQ         pair+24(FP), AX
	VMOVQ         AX, X1
	VPBROADCASTB X1, Y1
	SHRQ         $8, AX
	VMOVQ         AX, X2
	VPBROADCASTB X2, Y2
	MOVQ         SI, DI

pairBlock:
	TESTQ     CX, CX
	JLE       pairNone
	VPCMPEQB  (SI), Y1, Y3
	VPCMPEQB  (SI)(DX*1), Y2, Y4
	VPCMPEQB  32(SI), Y1, Y5
	VPCMPEQB  32(SI)(DX*1), Y2, Y6
	VPAND     Y3, Y4, Y3
	VPAND     Y5, Y6, Y5
	VPOR      Y3, Y5, Y4
	VPTEST    Y4, Y4
	JNE       pairFound
	ADDQ      $64, SI
	DECQ      CX
	JMP       pairBlock

pairFound:
	VPMOVMSKB Y3, AX
	VPMOVMSKB Y5, BX
	SHLQ      $32, BX
	ORQ       BX, AX
	TZCNTQ    AX, AX
	SUBQ      DI, SI
	ADDQ      SI, AX
	MOVQ      AX, ret+32(FP)
	VZEROUPPER
	RET

pairNone:
	MOVQ $-1, ret+32(FP)
	VZEROUPPER
	RET
