// PLACE writes where the lowest bit of R15 is, counted from R8 on, and clears it.
#define PLACE(to, tmp) \
	TZCNTQ R15, tmp \
	ADDL   R8, tmp  \
	MOVL   tmp, to  \
	BLSRQ  R15, R15
