//go:build !purego

#include "textflag.h"
#include "place_avx512_amd64.h"

// func fieldsAVX512(dst *uint32, room int, b *byte, blocks int, needles uint64, wanted, ends *uint64, n int, check uint64, at int) (k, left, next int, seen seen)
//
// It is fieldsAVX2, but for how places are written.
TEXT ·fieldsAVX512(SB), NOSPLIT, $16-112
	MOVQ         dst+0(FP), R9
	MOVQ         room+8(FP), AX
	LEAQ         -288(R9)(AX*4), AX
	MOVQ         AX, last-8(SP) // the last place from which a block may be written
	MOVQ         needles+32(FP), AX
	VPBROADCASTB AX, Z8
	SHRQ         $8, AX
	VPBROADCASTB AX, Z9 // end
	SHRQ         $8, AX
	VPBROADCASTB AX, Z10 // extra
	BYTES(13, Z11)
	VPXORQ       Z12, Z12, Z12 // all bytes, or-ed
	VPXORQ       Z25, Z25, Z25
	MOVL         $64, AX
	VPBROADCASTD AX, Z26
	VMOVDQU64    iota<>(SB), Z19
	KXORQ        K5, K5, K5 // CR seen
	KXORQ        K6, K6, K6 // extra seen
	MOVQ         b+16(FP), SI
	MOVQ         blocks+24(FP), CX
	MOVQ         wanted+40(FP), DI
	MOVQ         ends+48(FP), BP
	MOVQ         n+56(FP), R11
	MOVQ         check+64(FP), R14
	MOVQ         at+72(FP), R10
	TESTQ        CX, CX
	JLE          done

block:
	CMPQ      R9, last-8(SP)
	JHI       done
	VMOVDQU64 (SI), Z0
	VPCMPEQB  Z0, Z8, K1
	VPCMPEQB  Z0, Z9, K2
	VPCMPEQB  Z0, Z10, K3
	VPCMPEQB  Z0, Z11, K4
	VPORQ     Z0, Z12, Z12
	KORQ      K3, K6, K6
	KORQ      K4, K5, K5
	KMOVQ     K1, AX
	KMOVQ     K2, BX
	ORQ       BX, AX
	MOVQ      (BP)(R10*8), DX
	PDEPQ     AX, DX, DX
	XORQ      BX, DX
	TESTQ     R14, DX
	JNE       ragged
	MOVQ      (DI)(R10*8), R15
	PDEPQ     AX, R15, R15
	POPCNTQ   AX, AX
	ADDQ      AX, R10
	MOVQ      R10, AX
	SUBQ      R11, AX
	CMOVQCC   AX, R10
	PLACES(R15, R9, AX, many, placed)
	VPADDD    Z26, Z25, Z25
	ADDQ      $64, SI
	DECQ      CX
	JNE       block
	JMP       done

many:
	REST(R9, placed)

ragged:
	MOVQ $-1, R10

done:
	SUBQ     dst+0(FP), R9
	SHRQ     $2, R9
	MOVQ     R9, k+80(FP)
	MOVQ     CX, left+88(FP)
	MOVQ     R10, next+96(FP)
	VPMOVB2M Z12, K4
	XORL     AX, AX
	XORL     BX, BX
	XORL     CX, CX
	KORTESTQ K5, K5
	SETNE    AX
	KORTESTQ K6, K6
	SETNE    BX
	KORTESTQ K4, K4
	SETNE    CX
	LEAQ     (AX)(BX*2), AX
	LEAQ     (AX)(CX*4), AX
	MOVQ     AX, seen+104(FP)
	VZEROUPPER
	RET
