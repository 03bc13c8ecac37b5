//go:build !purego

#include "go_asm.h"
#include "textflag.h"
#include "json_amd64.h"
#include "place_amd64.h"

// Bytes by their lower half, of which no two are alike: those of a number but for e, and marks with bit 5 set. A byte
// is in the set if it is what its lower half picks.
DATA jsonNumbers<>+0(SB)/8, $0x3736353433323130
DATA jsonNumbers<>+8(SB)/8, $0x002e2d002b003938
GLOBL jsonNumbers<>(SB), RODATA|NOPTR, $16
DATA jsonMarks<>+0(SB)/8, $0
DATA jsonMarks<>+8(SB)/8, $0x00007d2c7b3a0000
GLOBL jsonMarks<>(SB), RODATA|NOPTR, $16

// The bits of eight kinds, a byte each.
DATA jsonKinds<>+0(SB)/8, $0x0101010101010101
DATA jsonKinds<>+8(SB)/8, $0x0202020202020202
DATA jsonKinds<>+16(SB)/8, $0x0404040404040404
GLOBL jsonKinds<>(SB), RODATA|NOPTR, $24

#define MASK(first, second, lo, tmp) \
	VPMOVMSKB first, lo  \
	VPMOVMSKB second, tmp \
	SHLQ      $32, tmp   \
	ORQ       tmp, lo

// func jsonAVX2(s *jsonState, b *byte, blocks *jsonBlock, n int, events *uint32, kinds *Kind, words *uint32) (k, w int)
//
// Of 64 bytes: AX are the quotes that count, BX what is within strings, CX the tokens, R15 the events. What is rare is looked at only where it
// is: backslashes, and bytes below the blank.
TEXT ·jsonAVX2(SB), NOSPLIT, $56-72
	MOVQ s+0(FP), DI
	MOVQ b+8(FP), SI
	MOVQ blocks+16(FP), R12
	MOVQ n+24(FP), AX
	MOVQ events+32(FP), R9
	MOVQ kinds+40(FP), R10
	MOVQ words+48(FP), BX
	MOVQ BX, words-8(SP)
	MOVQ jsonState_pos(DI), R8
	SHLQ $6, AX
	ADDQ R8, AX
	MOVQ AX, end-16(SP)
	MOVQ jsonState_tokens(DI), R11
	MOVL $0x22, AX
	VMOVQ AX, X8
	VPBROADCASTB X8, Y8 // quote
	MOVL $0x5c, AX
	VMOVQ AX, X9
	VPBROADCASTB X9, Y9 // backslash
	MOVL $0x1f, AX
	VMOVQ AX, X10
	VPBROADCASTB X10, Y10 // the last control
	MOVL $0x20, AX
	VMOVQ AX, X11
	VPBROADCASTB X11, Y11 // blank, and the bit that brackets and letters differ in
	VBROADCASTI128 jsonMarks<>(SB), Y12
	VBROADCASTI128 jsonNumbers<>(SB), Y13
	MOVL $0x65, AX
	VMOVQ AX, X14
	VPBROADCASTB X14, Y14 // e
	VPCMPEQB X15, X15, X15

block:
	VMOVDQU (SI), Y0
	VMOVDQU 32(SI), Y1
	VPCMPEQB Y0, Y8, Y2
	VPCMPEQB Y1, Y8, Y3
	MASK(Y2, Y3, AX, DX)
	VPCMPEQB Y0, Y9, Y2
	VPCMPEQB Y1, Y9, Y3
	VPOR Y2, Y3, Y4
	VPMOVMSKB Y4, R14
	XORL R15, R15
	ORQ  jsonState_escaped(DI), R14
	ORQ  jsonState_escapes(DI), R14
	MOVQ R14, escaping-24(SP)
	JNE  escapes

escaped:
	// Within a string is what has an odd number of quotes up to it.
	VMOVQ       AX, X2
	VPCLMULQDQ $0, X15, X2, X2
	VMOVQ       X2, BX
	XORQ       jsonState_inString(DI), BX
	VPMINUB  Y0, Y1, Y2
	VPMINUB  Y2, Y10, Y3
	VPCMPEQB Y2, Y3, Y2
	XORL  DX, DX
	VPMOVMSKB Y2, CX
	TESTL CX, CX
	JNE   controls

controlled:
	MOVQ  BX, CX
	SARQ  $63, CX
	MOVQ  CX, jsonState_inString(DI)
	CMPQ  escaping-24(SP), $0
	JNE   escapedStrings

closed:
	MOVQ BX, CX
	ORQ  AX, CX
	ORQ  DX, CX
	NOTQ CX // outside
	VPOR     Y0, Y11, Y2
	VPOR     Y1, Y11, Y3
	VPSHUFB  Y2, Y12, Y4
	VPSHUFB  Y3, Y12, Y5
	VPCMPEQB Y2, Y4, Y4
	VPCMPEQB Y3, Y5, Y5
	MASK(Y4, Y5, DX, R14)
	ANDQ CX, DX // marks
	VPCMPEQB Y2, Y14, Y2
	VPCMPEQB Y3, Y14, Y3
	VPSHUFB  Y0, Y13, Y4
	VPSHUFB  Y1, Y13, Y5
	VPCMPEQB Y0, Y4, Y4
	VPCMPEQB Y1, Y5, Y5
	VPOR     Y2, Y4, Y4
	VPOR     Y3, Y5, Y5
	MASK(Y4, Y5, R14, R13) // bytes of numbers
	VPCMPEQB Y0, Y11, Y2
	VPCMPEQB Y1, Y11, Y3
	VPMOVMSKB Y2, R13
	VPMOVMSKB Y3, BP
	SHLQ  $32, BP
	ORQ   BP, R13
	ORQ   DX, R13
	ANDNQ CX, R13, R13 // plain
	ANDNQ R13, R14, R14 // letters
	MOVQ  jsonState_plain(DI), CX
	LEAQ  (CX)(R13*2), CX
	ANDNQ R13, CX, CX // where scalars begin
	SHRQ  $63, R13
	MOVQ  R13, jsonState_plain(DI)
	MOVQ  jsonState_letter(DI), R13
	LEAQ  (R13)(R14*2), R13
	ANDNQ R14, R13, R13 // where words begin
	MOVQ  R13, begins-32(SP)
	SHRQ  $63, R14
	MOVQ  R14, jsonState_letter(DI)
	ANDQ  AX, BX // opening quotes
	ORQ   BX, CX
	ORQ   DX, CX
	MOVQ  CX, jsonBlock_tokens(R12)
	MOVQ  R11, jsonBlock_before(R12)

	// The three bits of kinds: 1, 5 and 6 of the byte.
	VPSLLW $6, Y0, Y2
	VPSLLW $6, Y1, Y3
	MASK(Y2, Y3, R13, BP)
	ANDQ   DX, R13
	VPSLLW $1, Y0, Y2
	VPSLLW $1, Y1, Y3
	MASK(Y2, Y3, R14, BP)
	ANDQ   DX, R14
	ORQ    R13, BX
	ANDNQ  R13, R14, R13 // colons
	MOVQ   AX, quotes-40(SP)
	VPSLLW $2, Y0, Y2
	VPSLLW $2, Y1, Y3
	MASK(Y2, Y3, BP, AX)
	ANDQ   DX, BP
	PEXTQ  CX, BX, BX
	PEXTQ  CX, BP, BP
	PEXTQ  CX, R14, R14
	POPCNTQ CX, CX
	ADDQ   CX, R11
	ADDQ   R10, CX

kinds:
	PDEPQ jsonKinds<>+0(SB), BX, AX
	PDEPQ jsonKinds<>+8(SB), BP, DX
	ORQ   DX, AX
	PDEPQ jsonKinds<>+16(SB), R14, DX
	ORQ   DX, AX
	MOVQ  AX, (R10)
	ADDQ  $8, R10
	SHRQ  $8, BX
	SHRQ  $8, BP
	SHRQ  $8, R14
	CMPQ  R10, CX
	JCS   kinds
	MOVQ  CX, R10

	KEYS

marked:
	POPCNTQ R15, DX
	LEAQ    (R9)(DX*4), CX

places:
	PLACE(0(R9), BX)
	PLACE(4(R9), BX)
	ADDQ  $8, R9
	TESTQ R15, R15
	JNE   places
	MOVQ  CX, R9
	MOVQ  begins-32(SP), R15
	MOVQ  words-8(SP), DX
	POPCNTQ R15, CX
	LEAQ  (DX)(CX*4), CX
	MOVQ  CX, words-8(SP)

words:
	PLACE(0(DX), BX)
	PLACE(4(DX), BX)
	ADDQ  $8, DX
	TESTQ R15, R15
	JNE   words
	ADDQ $64, SI
	ADDQ $16, R12
	ADDQ $64, R8
	CMPQ R8, end-16(SP)
	JNE  block
	MOVQ R8, jsonState_pos(DI)
	MOVQ R11, jsonState_tokens(DI)
	SUBQ events+32(FP), R9
	SHRQ $2, R9
	MOVQ R9, k+56(FP)
	MOVQ words-8(SP), AX
	SUBQ words+48(FP), AX
	SHRQ $2, AX
	MOVQ AX, w+64(FP)
	VZEROUPPER
	RET

escapes:
	MASK(Y2, Y3, BX, DX)
	MOVQ BX, backslashes-48(SP)
	// The bytes after an odd number of backslashes.
	MOVQ  jsonState_escaped(DI), DX
	ANDNQ BX, DX, BX
	LEAQ  (DX)(BX*2), DX
	MOVQ  $0xaaaaaaaaaaaaaaaa, CX
	ANDQ  BX, CX
	ANDNQ CX, DX, CX
	XORL  R13, R13
	ADDQ  BX, CX
	SETCS R13
	MOVQ  R13, jsonState_escaped(DI)
	ADDQ  CX, CX
	MOVQ  $0x5555555555555555, R13
	XORQ  R13, CX
	ANDQ  DX, CX
	ANDNQ AX, CX, AX
	VBROADCASTI128 jsonEscapes<>(SB), Y6
	MOVL  $0x72, R13
	VMOVQ  R13, X7
	VPBROADCASTB X7, Y7 // r
	VPSHUFB  Y0, Y6, Y2
	VPSHUFB  Y1, Y6, Y3
	VPCMPEQB Y0, Y2, Y2
	VPCMPEQB Y1, Y3, Y3
	VPCMPEQB Y0, Y7, Y4
	VPCMPEQB Y1, Y7, Y5
	VPOR     Y2, Y4, Y2
	VPOR     Y3, Y5, Y3
	VPCMPEQB Y0, Y8, Y4
	VPCMPEQB Y1, Y8, Y5
	VPOR     Y2, Y4, Y2
	VPOR     Y3, Y5, Y3
	MASK(Y2, Y3, DX, R13)
	ANDNQ CX, DX, R15
	JMP   escaped

escapedStrings:
	ESCAPED_STRINGS

escapedKeys:
	ESCAPED_KEYS

controls:
	VPMINUB  Y0, Y10, Y2
	VPMINUB  Y1, Y10, Y3
	VPCMPEQB Y0, Y2, Y2
	VPCMPEQB Y1, Y3, Y3
	MASK(Y2, Y3, DX, CX)
	VPBROADCASTB jsonState_end(DI), Y7
	VPCMPEQB Y0, Y7, Y2
	VPCMPEQB Y1, Y7, Y3
	MASK(Y2, Y3, CX, R13)
	MOVL $0x09, R13
	VMOVQ R13, X7
	VPBROADCASTB X7, Y7
	VPCMPEQB Y0, Y7, Y2
	VPCMPEQB Y1, Y7, Y3
	MOVL $0x0d, R13
	VMOVQ R13, X7
	VPBROADCASTB X7, Y7
	VPCMPEQB Y0, Y7, Y4
	VPCMPEQB Y1, Y7, Y5
	VPOR Y4, Y5, Y6
	VPMOVMSKB Y6, R14
	NEGQ R14
	SBBQ R14, R14
	ORQ  R14, jsonState_cr(DI)
	VPOR Y2, Y4, Y2
	VPOR Y3, Y5, Y3
	MASK(Y2, Y3, R13, R14)

ends:
	CUT_STRINGS

ended:
	ANDNQ R13, BX, R13
	ANDNQ DX, R13, R13
	ORQ   R13, R15
	JMP   controlled
