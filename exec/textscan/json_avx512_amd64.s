//go:build !purego

#include "go_asm.h"
#include "textflag.h"
#include "json_amd64.h"
#include "place_avx512_amd64.h"

// Eight bytes in reverse, and the numbers of 64 bytes as a square that is turned.
DATA jsonReverse<>+0(SB)/8, $0x0001020304050607
DATA jsonReverse<>+8(SB)/8, $0x08090a0b0c0d0e0f
GLOBL jsonReverse<>(SB), RODATA|NOPTR, $16
DATA jsonTurn<>+0(SB)/8, $0x3830282018100800
DATA jsonTurn<>+8(SB)/8, $0x3931292119110901
DATA jsonTurn<>+16(SB)/8, $0x3a322a221a120a02
DATA jsonTurn<>+24(SB)/8, $0x3b332b231b130b03
DATA jsonTurn<>+32(SB)/8, $0x3c342c241c140c04
DATA jsonTurn<>+40(SB)/8, $0x3d352d251d150d05
DATA jsonTurn<>+48(SB)/8, $0x3e362e261e160e06
DATA jsonTurn<>+56(SB)/8, $0x3f372f271f170f07
GLOBL jsonTurn<>(SB), RODATA|NOPTR, $64

// The planes of 64 bytes: bit k of each word is a bit of byte k. Their order is that of the bits of classes.
#define BIT1        0(SI)
#define BIT5        8(SI)
#define BIT6        16(SI)
#define MARKS       24(SI)
#define NUMBERS     32(SI)
#define BETWEEN     40(SI)
#define ENDS        48(SI)
#define BACKSLASHES 56(SI)
#define KINDS       64(SI)

// BYTES_OF fills Z with the bytes that planes are of: as many blocks into b as R12 is into blocks.
#define BYTES_OF(Z) \
	MOVQ R12, R13            \
	SUBQ blocks+16(FP), R13  \
	SHLQ $2, R13             \
	ADDQ b+8(FP), R13        \
	VMOVDQU64 (R13), Z

// func jsonAVX512(s *jsonState, b *byte, blocks *jsonBlock, n int, events *uint32, kinds *Kind, words *uint32) (k, w int)
//
// Of 64 bytes: AX are the quotes that count, BX what is within strings, CX the tokens, R15 the events. What is rare is looked at only where it
// is: backslashes, and bytes below the blank that do not end a record.
//
// Bytes are looked up, and the bits of what they are turned into eight words by way of memory: vectors compared give words too, but
// a mask moves to a register once in two cycles on Zen 5. The unit matrix times eight bytes in reverse is their bits turned.
TEXT ·jsonAVX512(SB), NOSPLIT, $56-72
	MOVQ s+0(FP), DI
	MOVQ b+8(FP), SI
	MOVQ blocks+16(FP), R12
	MOVQ events+32(FP), R9
	MOVQ kinds+40(FP), R10
	MOVQ words+48(FP), R8
	MOVQ n+24(FP), CX
	MOVQ jsonState_tokens(DI), R11
	MOVQ jsonState_classes(DI), AX
	VMOVDQU64 (AX), Z20
	VMOVDQU64 64(AX), Z21
	BYTES(0x7f, Z18)
	BYTES(7, Z16)
	VBROADCASTI32X4 jsonReverse<>(SB), Z17
	MOVQ $0x8040201008040201, AX
	VPBROADCASTQ AX, Z22
	VMOVDQU64 jsonTurn<>(SB), Z24
	VMOVDQU64 iota<>(SB), Z19
	VPBROADCASTD jsonState_pos(DI), Z25
	MOVL $64, AX
	VPBROADCASTD AX, Z26
	VPCMPEQB X15, X15, X15

	MOVQ jsonState_planes(DI), DX

turn:
	VMOVDQU64 (SI), Z0
	VPMINUB   Z18, Z0, Z0
	VPERMI2B  Z21, Z20, Z0
	VPSHUFB   Z17, Z0, Z1
	VGF2P8AFFINEQB $0, Z1, Z22, Z1
	VPERMB    Z1, Z24, Z1
	VPANDQ    Z0, Z16, Z0
	VMOVDQU64 Z1, (DX)
	VMOVDQU64 Z0, 64(DX)
	ADDQ $64, SI
	ADDQ $const_planesSize, DX
	DECQ CX
	JNE  turn
	MOVQ DX, last-8(SP)
	MOVQ jsonState_planes(DI), SI

block:
	MOVQ  MARKS, DX
	ANDNQ BIT1, DX, AX // quotes
	MOVQ  BACKSLASHES, BX
	ANDNQ BIT5, DX, DX // below the blank
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
	MOVQ  ENDS, CX
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
	MOVQ  MARKS, DX
	ANDQ  CX, DX  // marks
	MOVQ  BETWEEN, R13
	ANDNQ CX, R13, R13 // plain
	MOVQ  NUMBERS, R14
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

	KMOVQ CX, K1
	VMOVDQU64 KINDS, Z2
	VPCOMPRESSB.Z Z2, K1, Z2
	VMOVDQU64 Z2, (R10)
	POPCNTQ CX, CX
	ADDQ  CX, R11
	ADDQ  CX, R10
	MOVQ  BIT6, R13
	ANDNQ BIT1, R13, R13
	ANDQ  DX, R13 // colons
	MOVQ  AX, quotes-40(SP)

	KEYS

marked:
	PLACES(R15, R9, CX, manyEvents, eventsDone)
	VPADDD Z26, Z25, Z25
	ADDQ $const_planesSize, SI
	ADDQ $16, R12
	CMPQ SI, last-8(SP)
	JNE  block
	MOVQ n+24(FP), AX
	SHLQ $6, AX
	ADDQ AX, jsonState_pos(DI)
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
	BYTES_OF(Z0)
	VBROADCASTI32X4 jsonEscapes<>(SB), Z2
	MOVL $0x72, R13
	VPBROADCASTB R13, Z7 // r
	VPSHUFB  Z0, Z2, Z2
	VPCMPEQB Z0, Z2, K2
	VPCMPEQB Z0, Z7, K3
	KORQ  K2, K3, K2
	KMOVQ K2, R13
	ORQ   AX, R13
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
	BYTES_OF(Z0)
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
