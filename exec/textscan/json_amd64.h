// APPEND appends the bits of k that CX has to those at offset word of the last words, of which R11 modulo 64 are full; BP is R11 inverted.
#define APPEND(k, tmp, word, next) \
	PEXTQ CX, k, k       \
	SHLXQ R11, k, tmp    \
	ORQ   tmp, word(R10) \
	SHRQ  $1, k          \
	SHRXQ BP, k, k       \
	MOVQ  k, next(R10)
