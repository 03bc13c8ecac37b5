//go:build !purego

#include "go_asm.h"
#include "textflag.h"

// Registers: SI next input, R8 last input of a turn, DI next output, R9 last output of a turn, BX start of the
// history, R10 bits to come, R11 how many (its low 6 bits), R12 and R13 the tables, AX an entry. Of entries see
// table.go: 0x8000 is flagCopy, 0x4000 flagOdd, 0x2000 flagEnd, 0x1000 flagLink; 1023 is 1<<litBits-1, 511
// 1<<distBits-1.

// REFILL leaves at least 56 bits in R10.
#define REFILL \
	MOVQ   (SI), DX      \
	SHLXQ  R11, DX, DX   \
	ORQ    DX, R10       \
	MOVL   R11, DX       \
	SHRL   $3, DX        \
	ANDL   $7, DX        \
	ADDQ   $7, SI        \
	SUBQ   DX, SI        \
	ORL    $56, R11

// LOOKUP reads the entry of the next literals and length.
#define LOOKUP \
	MOVL   R10, DX           \
	ANDL   $1023, DX         \
	MOVL   (R12)(DX*4), AX

// LITERALS takes the bits of the entry, keeping them in R15, and puts out its literals.
#define LITERALS \
	MOVQ   R10, R15      \
	SHRXQ  AX, R10, R10  \
	SUBL   AX, R11       \
	MOVL   AX, DX        \
	SHRL   $16, DX       \
	MOVW   DX, (DI)      \
	MOVL   AX, DX        \
	SHRL   $6, DX        \
	ANDL   $3, DX        \
	ADDQ   DX, DI

// func decodeTurns(t *turns) stop
TEXT ·decodeTurns(SB), NOSPLIT, $0-16
	MOVQ t+0(FP), DX
	MOVQ turns_in(DX), SI
	MOVQ SI, R8
	ADDQ turns_pos(DX), SI
	ADDQ turns_lastIn(DX), R8
	MOVQ turns_out(DX), DI
	MOVQ DI, R9
	MOVQ DI, BX
	ADDQ turns_w(DX), DI
	ADDQ turns_lastOut(DX), R9
	ADDQ turns_start(DX), BX
	MOVQ turns_acc(DX), R10
	MOVQ turns_have(DX), R11
	MOVQ turns_lit(DX), R12
	MOVQ turns_dist(DX), R13

turn:
	CMPQ SI, R8
	JA   margin
	CMPQ DI, R9
	JA   margin
	REFILL
	LOOKUP
	LITERALS
	TESTL $0x8000, AX
	JNZ  match
	LOOKUP
	LITERALS
	TESTL $0x8000, AX
	JNZ  match
	LOOKUP

last:
	LITERALS
	TESTL $0x8000, AX
	JZ   turn

match:
	TESTL $0x4000, AX
	JNZ  odd

	// CX = the end of the match: DI + 3 + length less 3 + extra bits
	MOVL  AX, DX
	ANDL  $63, DX
	BZHIQ DX, R15, R15
	MOVL  AX, DX
	SHRL  $8, DX
	SHRXQ DX, R15, R15
	SHRL  $24, AX
	ADDQ  DI, R15
	LEAQ  3(R15)(AX*1), CX

	REFILL
	MOVL R10, DX
	ANDL $511, DX
	MOVL (R13)(DX*4), AX
	TESTL $0x4000, AX
	JNZ  oddDistance

distance:
	// AX = the distance, R15 = where the match is copied from
	BZHIQ AX, R10, R15
	MOVL  AX, DX
	SHRL  $8, DX
	SHRXQ DX, R15, R15
	SHRXQ AX, R10, R10
	SUBL  AX, R11
	SHRL  $16, AX
	ADDQ  R15, AX
	MOVQ  DI, R15
	SUBQ  AX, R15
	CMPQ  R15, BX
	JB    corrupt
	CMPQ  AX, $16
	JB    near
	MOVOU (R15), X0
	MOVOU X0, (DI)
	MOVOU 16(R15), X1
	MOVOU X1, 16(DI)
	ADDQ  $32, DI
	CMPQ  DI, CX
	JAE   copied

far:
	MOVOU 32(R15), X0
	MOVOU X0, (DI)
	MOVOU 48(R15), X1
	MOVOU X1, 16(DI)
	ADDQ  $32, R15
	ADDQ  $32, DI
	CMPQ  DI, CX
	JB    far

copied:
	MOVQ CX, DI
	JMP  turn

	// Each copy is right for as many bytes as the distance, which then is twice as long.
near:
	MOVOU (R15), X0
	MOVOU X0, (DI)
	ADDQ  AX, DI
	CMPQ  DI, CX
	JAE   copied
	ADDQ  AX, AX
	CMPQ  AX, $16
	JB    near

nearLoop:
	MOVOU (R15), X0
	MOVOU X0, (DI)
	ADDQ  $16, R15
	ADDQ  $16, DI
	CMPQ  DI, CX
	JB    nearLoop
	MOVQ  CX, DI
	JMP   turn

odd:
	TESTL $0x1000, AX
	JZ    other
	MOVL  AX, DX
	SHRL  $8, DX
	ANDL  $15, DX
	BZHIL DX, R10, DX
	SHRL  $16, AX
	ADDL  DX, AX
	MOVL  (R12)(AX*4), AX
	JMP   last

other:
	TESTL $0x2000, AX
	JZ    corrupt
	MOVQ  $1, AX // stopEnd
	JMP   done

oddDistance:
	SHRXQ AX, R10, R10
	SUBL  AX, R11
	TESTL $0x1000, AX
	JZ    corrupt
	MOVL  AX, DX
	SHRL  $8, DX
	ANDL  $15, DX
	BZHIL DX, R10, DX
	SHRL  $16, AX
	ADDL  DX, AX
	MOVL  (R13)(AX*4), AX
	TESTL $0x4000, AX
	JZ    distance

corrupt:
	MOVQ $3, AX // stopCorrupt
	JMP  done

margin:
	XORL AX, AX // stopMargin

done:
	MOVQ t+0(FP), DX
	SUBQ turns_in(DX), SI
	MOVQ SI, turns_pos(DX)
	SUBQ turns_out(DX), DI
	MOVQ DI, turns_w(DX)
	ANDL $63, R11
	MOVQ R10, turns_acc(DX)
	MOVQ R11, turns_have(DX)
	MOVQ AX, ret+8(FP)
	RET
