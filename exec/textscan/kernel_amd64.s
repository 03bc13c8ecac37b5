//go:build !purego

#include "place_amd64.h"
#include "textflag.h"

// DELIMITERS gives the masks of 32 bytes at off: delimiters, and ends of records.
#define DELIMITERS(off, mask, ends) \
	VMOVDQU   off(SI)(R8*1), Y0   \
	VPCMPEQB  Y1, Y0, Y10   \
	VPCMPEQB  Y2, Y0, Y11   \
	VPCMPEQB  Y3, Y0, Y12   \
	VPCMPEQB  Y4, Y0, Y13   \
	VPOR      Y10, Y11, Y10 \
	VPOR      Y12, Y9, Y9   \
	VPOR      Y13, Y8, Y8   \
	VPOR      Y0, Y7, Y7    \
	VPMOVMSKB Y10, mask     \
	VPMOVMSKB Y11, ends

// func fieldsAVX2(dst *uint32, room int, b *byte, blocks int, needles uint64, wanted, ends *uint64, n int, check uint64, at int) (k, left, next int, seen seen)
//
// Before each block there must be room for 64 places and slack. Per 64 bytes: the mask of the delimiters, over which the window
// of the first of them is spread; then the places of the bits that are wanted, some at a time whatever their number, since a branch per place would be
// guessed wrong.
TEXT ·fieldsAVX2(SB), NOSPLIT, $16-112
	MOVQ         dst+0(FP), R9
	MOVQ         room+8(FP), AX
	LEAQ         -288(R9)(AX*4), AX
	MOVQ         AX, last-8(SP) // the last place from which a block may be written
	MOVQ         b+16(FP), SI
	MOVQ         blocks+24(FP), CX
	MOVQ         needles+32(FP), AX
	VMOVQ        AX, X1
	VPBROADCASTB X1, Y1
	SHRQ         $8, AX
	VMOVQ        AX, X2
	VPBROADCASTB X2, Y2 // end
	SHRQ         $8, AX
	VMOVQ        AX, X3
	VPBROADCASTB X3, Y3 // extra
	MOVL         $13, AX
	VMOVQ        AX, X4
	VPBROADCASTB X4, Y4 // CR
	VPXOR        Y7, Y7, Y7 // all bytes, or-ed
	VPXOR        Y8, Y8, Y8 // CR seen
	VPXOR        Y9, Y9, Y9 // extra seen
	MOVQ         wanted+40(FP), DI
	MOVQ         ends+48(FP), BP
	MOVQ         n+56(FP), R11
	MOVQ         check+64(FP), R14
	MOVQ         at+72(FP), R10
	XORL         R8, R8 // index of the block
	TESTQ        CX, CX
	JLE          fieldsDone

fieldsBlock:
	CMPQ    R9, last-8(SP)
	JHI     fieldsDone
	DELIMITERS(0, AX, BX)
	DELIMITERS(32, DX, R12)
	SHLQ    $32, DX
	ORQ     DX, AX
	SHLQ    $32, R12
	ORQ     R12, BX
	MOVQ    (BP)(R10*8), DX
	PDEPQ   AX, DX, DX
	XORQ    BX, DX
	TESTQ   R14, DX
	JNE     fieldsRagged
	MOVQ    (DI)(R10*8), R15
	PDEPQ   AX, R15, R15
	POPCNTQ AX, AX
	ADDQ    AX, R10
	MOVQ    R10, AX
	SUBQ    R11, AX
	CMOVQCC AX, R10
	POPCNTQ R15, AX
	LEAQ    (R9)(AX*4), R12

fieldsPlaces:
	PLACE(0(R9), DX)
	PLACE(4(R9), DX)
	ADDQ  $8, R9
	TESTQ R15, R15
	JNE   fieldsPlaces
	MOVQ  R12, R9
	ADDQ  $64, R8
	DECQ  CX
	JNE   fieldsBlock
	JMP   fieldsDone

fieldsRagged:
	MOVQ $-1, R10

fieldsDone:
	SUBQ      dst+0(FP), R9
	SHRQ      $2, R9
	MOVQ      R9, k+80(FP)
	MOVQ      CX, left+88(FP)
	MOVQ      R10, next+96(FP)
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
	MOVQ      AX, seen+104(FP)
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
