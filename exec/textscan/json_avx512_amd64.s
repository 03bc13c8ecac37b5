//go:build !purego

#include "go_asm.h"
#include "json_amd64.h"
#include "textflag.h"
#include "place_avx512_amd64.h"

// Bytes by their lower half, of which no two are alike: those of a number but for e; marks with bit 5 set; what may follow a
// backslash, but for the quote, the r, which is like b, and the u. A byte is in the set if it is what its lower half picks.
DATA jsonSets<>+0(SB)/8, $0x3736353433323130
DATA jsonSets<>+8(SB)/8, $0x002e2d002b003938
DATA jsonSets<>+16(SB)/8, $0
DATA jsonSets<>+24(SB)/8, $0x00007d2c7b3a0000
DATA jsonSets<>+32(SB)/8, $0x0066007400620000
DATA jsonSets<>+40(SB)/8, $0x2f6e005c00000000
GLOBL jsonSets<>(SB), RODATA|NOPTR, $48

// func jsonAVX512(s *jsonState, b *byte, blocks *jsonBlock, n int, events *uint32, kinds *[3]uint64, words *uint32) (k, w int)
//
// Of 64 bytes: AX are the quotes that count, BX what is within strings, CX the tokens, R15 the events. What is rare is looked at only where it
// is: backslashes, and bytes below the blank that do not end a record.
TEXT ·jsonAVX512(SB), NOSPLIT, $56-72
	MOVQ s+0(FP), DI
	MOVQ b+8(FP), SI
	MOVQ blocks+16(FP), R12
	MOVQ events+32(FP), R9
	MOVQ kinds+40(FP), R10
	MOVQ words+48(FP), R8
	MOVQ n+24(FP), AX
	SHLQ $6, AX
	ADDQ SI, AX
	MOVQ AX, last-8(SP)
	MOVQ jsonState_tokens(DI), R11
	BYTES(0x22, Z8)  // quote
	BYTES(0x5c, Z9)  // backslash
	BYTES(0x20, Z11) // blank, and the bit that brackets and letters differ in
	BYTES(0x65, Z14) // e
	BYTES(0x02, Z20)
	BYTES(0x40, Z21)
	VBROADCASTI32X4 jsonSets<>+0(SB), Z13
	VBROADCASTI32X4 jsonSets<>+16(SB), Z12
	VBROADCASTI32X4 jsonSets<>+32(SB), Z23
	VMOVDQU64 iota<>(SB), Z19
	VPBROADCASTB jsonState_end(DI), Z16
	VPBROADCASTD jsonState_pos(DI), Z25
	MOVL $64, AX
	VPBROADCASTD AX, Z26
	VPCMPEQB X15, X15, X15

block:
	VMOVDQU64 (SI), Z0
	VPCMPEQB Z0, Z8, K1
	VPCMPEQB Z0, Z9, K2
	VPCMPUB  $1, Z11, Z0, K3
	VPCMPEQB Z0, Z16, K4
	KMOVQ K1, AX
	KMOVQ K2, BX
	KMOVQ K3, DX // below the blank
	XORL  R15, R15
	MOVQ  jsonState_escaped(DI), R14
	ORQ   jsonState_escapes(DI), R14
	ORQ   BX, R14
	MOVQ  R14, escaping-24(SP)
	JNE   escapes

escaped:
	// Within a string is what has an odd number of quotes up to it.
	VMOVQ      AX, X2
	VPCLMULQDQ $0, X15, X2, X2
	VMOVQ      X2, BX
	XORQ       jsonState_inString(DI), BX
	KMOVQ K4, CX
	TESTQ CX, BX
	JNE   ends

ended:
	CMPQ CX, DX
	JNE  controls
	ORQ  DX, R15

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
	VPORQ    Z0, Z11, Z2
	VPSHUFB  Z2, Z12, Z4
	VPCMPEQB Z2, Z4, K1
	VPCMPEQB Z2, Z14, K2
	VPSHUFB  Z0, Z13, Z4
	VPCMPEQB Z0, Z4, K3
	VPCMPEQB Z0, Z11, K4
	KORQ  K2, K3, K3
	KMOVQ K1, DX
	KMOVQ K3, R14 // bytes of numbers
	KMOVQ K4, R13
	ANDQ  CX, DX  // marks
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
	SHRQ  $63, R14
	MOVQ  R14, jsonState_letter(DI)
	PLACES(R13, R8, R14, manyWords, wordsDone)
	ANDQ  AX, BX // opening quotes
	ORQ   BX, CX
	ORQ   DX, CX
	MOVQ  CX, jsonBlock_tokens(R12)
	MOVQ  R11, jsonBlock_before(R12)

	// The three bits of kinds: 1, 5 and 6 of the byte. Those of tokens move together and go to the end of the others'.
	VPTESTMB Z0, Z20, K1
	VPTESTMB Z0, Z21, K2
	VPTESTMB Z0, Z11, K3
	KMOVQ  K1, R13
	KMOVQ  K2, R14
	ANDQ   DX, R13
	ANDQ   DX, R14
	ORQ    R13, BX
	ANDNQ  R13, R14, R13 // colons
	MOVQ   AX, quotes-40(SP)
	MOVQ   R11, BP
	NOTQ   BP
	APPEND(BX, AX, 0, 24)
	APPEND(R14, AX, 16, 40)
	KMOVQ  K3, BX
	ANDQ   DX, BX
	APPEND(BX, AX, 8, 32)
	ADVANCE

	KEYS

marked:
	PLACES(R15, R9, CX, manyEvents, eventsDone)
	VPADDD Z26, Z25, Z25
	ADDQ $64, SI
	ADDQ $16, R12
	CMPQ SI, last-8(SP)
	JNE  block
	SUBQ b+8(FP), SI
	ADDQ SI, jsonState_pos(DI)
	MOVQ R11, jsonState_tokens(DI)
	SUBQ events+32(FP), R9
	SHRQ $2, R9
	MOVQ R9, k+56(FP)
	SUBQ words+48(FP), R8
	SHRQ $2, R8
	MOVQ R8, w+64(FP)
	VZEROUPPER
	RET

manyWords:
	REST(R8, wordsDone)

manyEvents:
	REST(R9, eventsDone)

escapes:
	MOVQ BX, backslashes-48(SP)
	// The bytes after an odd number of backslashes.
	MOVQ  jsonState_escaped(DI), R14
	ANDNQ BX, R14, BX
	LEAQ  (R14)(BX*2), R14
	MOVQ  $0xaaaaaaaaaaaaaaaa, CX
	ANDQ  BX, CX
	ANDNQ CX, R14, CX
	XORL  R13, R13
	ADDQ  BX, CX
	SETCS R13
	MOVQ  R13, jsonState_escaped(DI)
	ADDQ  CX, CX
	MOVQ  $0x5555555555555555, R13
	XORQ  R13, CX
	ANDQ  R14, CX
	MOVL  $0x72, R13
	VPBROADCASTB R13, Z7 // r
	VPSHUFB  Z0, Z23, Z2
	VPCMPEQB Z0, Z2, K2
	VPCMPEQB Z0, Z7, K3
	KORQ  K2, K3, K2
	KORQ  K1, K2, K2
	KMOVQ K2, R13
	ANDNQ AX, CX, AX
	ANDNQ CX, R13, R15
	JMP   escaped

escapedStrings:
	ESCAPED_STRINGS

escapedKeys:
	ESCAPED_KEYS

ends:
	CUT_STRINGS

controls:
	// Outside of strings tabs and carriage returns are no events.
	MOVL $0x09, R13
	VPBROADCASTB R13, Z7
	VPCMPEQB Z0, Z7, K2
	MOVL $0x0d, R13
	VPBROADCASTB R13, Z7
	VPCMPEQB Z0, Z7, K3
	KMOVQ K3, R14
	NEGQ R14
	SBBQ R14, R14
	ORQ  R14, jsonState_cr(DI)
	KORQ K2, K3, K2
	KMOVQ K2, R13
	ANDNQ R13, BX, R13
	ANDNQ DX, R13, R13
	ORQ   R13, R15
	JMP   controlled
