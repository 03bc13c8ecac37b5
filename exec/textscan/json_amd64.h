// What may follow a backslash, but for the quote, the r, which is like b, and the u, by the lower half of it.
DATA jsonEscapes<>+0(SB)/8, $0x0066007400620000
DATA jsonEscapes<>+8(SB)/8, $0x2f6e005c00000000
GLOBL jsonEscapes<>(SB), RODATA|NOPTR, $16

// What the JSON kernels do with masks, the same in all: of 64 bytes AX are the quotes that count, BX what is within strings, CX the
// tokens, R13 the colons, R15 the events.

// KEYS makes events of those colons in R13 whose keys may be wanted, and of those that no quote is before.
#define KEYS \
	MOVQ  quotes-40(SP), AX \
	MOVQ  jsonState_quotes(DI), R14 \
	MOVQ  R14, BX \
	SHRQ  $63, BX \
	LEAQ  (BX)(AX*2), BX \
	NOTQ  BX \
	ORQ   jsonState_all(DI), BX \
	MOVQ  jsonState_distances(DI), DX \
	TESTQ DX, DX \
	JEQ   keyed \
keys: \
	MOVQ  (jsonState_distance-8)(DI)(DX*8), CX \
	SHLXQ CX, AX, BP \
	ORQ   BP, BX \
	NEGQ  CX \
	SHRXQ CX, R14, BP \
	ORQ   BP, BX \
	DECQ  DX \
	JNE   keys \
keyed: \
	MOVQ AX, jsonState_quotes(DI) \
	ANDQ R13, BX \
	ORQ  BX, R15 \
	CMPQ escaping-24(SP), $0 \
	JNE  escapedKeys

// ESCAPED_STRINGS finds, of the closing quotes in R14, those of strings with a backslash: adding one to the string that it is in carries to the quote.
#define ESCAPED_STRINGS \
	ANDNQ AX, BX, R14 \
	MOVQ  backslashes-48(SP), CX \
	ANDQ  BX, CX \
	MOVQ  jsonState_escapes(DI), R13 \
	XORL  BP, BP \
	ADDQ  $-1, R13 \
	ADCQ  BX, CX \
	SETCS BP \
	MOVQ  BP, jsonState_escapes(DI) \
	ANDQ  R14, CX \
	MOVQ  CX, closing-56(SP) \
	JMP   closed

// ESCAPED_KEYS makes events of those of them that are before a colon. What follows the last byte is not known.
#define ESCAPED_KEYS \
	SHRQ $1, R13 \
	BTSQ $63, R13 \
	ANDQ closing-56(SP), R13 \
	ORQ  R13, R15 \
	JMP  marked

// CUT_STRINGS ends strings with their record.
#define CUT_STRINGS \
	MOVQ  CX, R14 \
	ANDQ  BX, R14 \
	JEQ   ended \
	BLSIQ R14, R14 \
	NEGQ  R14 \
	XORQ  R14, BX \
	JMP   ends
