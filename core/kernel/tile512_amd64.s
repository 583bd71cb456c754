//go:build goexperiment.simd

#include "textflag.h"

// Tiles of 12, 8, 4, 2 or 1 rows by two vectors of sixteen columns. Z0 and Z1 hold a row of the panel of w, Z2 to Z7 elements
// of x in turn, Z8 to Z31 the sums, two a row of y.

#define ARGUMENTS \
	MOVQ k+0(FP), CX \
	MOVQ x+8(FP), SI \
	MOVQ w+16(FP), DX \
	MOVQ y+24(FP), DI \
	MOVQ ldy+32(FP), R8 \
	MOVQ more+40(FP), AX \
	MOVQ DI, R9

// The sums of one row and the way to the next.
#define ZERO(c0, c1) \
	VPXORQ c0, c0, c0 \
	VPXORQ c1, c1, c1

#define LOAD(c0, c1) \
	VMOVUPS (R9), c0 \
	VMOVUPS 64(R9), c1 \
	ADDQ R8, R9

#define STORE(c0, c1) \
	VMOVUPS c0, (DI) \
	VMOVUPS c1, 64(DI) \
	ADDQ R8, DI

// One row's two multiply-adds with element off of x.
#define ROW(off, a, c0, c1) \
	VBROADCASTSS off(SI), a \
	VFMADD231PS Z0, a, c0 \
	VFMADD231PS Z1, a, c1

#define PANEL(off) \
	VMOVUPS off(DX), Z0 \
	VMOVUPS off+64(DX), Z1

// Something done with the sums of each row.
#define ONE(do) \
	do(Z8, Z9)

#define TWO(do) \
	ONE(do) \
	do(Z10, Z11)

#define FOUR(do) \
	TWO(do) \
	do(Z12, Z13) \
	do(Z14, Z15)

#define EIGHT(do) \
	FOUR(do) \
	do(Z16, Z17) \
	do(Z18, Z19) \
	do(Z20, Z21) \
	do(Z22, Z23)

#define TWELVE(do) \
	EIGHT(do) \
	do(Z24, Z25) \
	do(Z26, Z27) \
	do(Z28, Z29) \
	do(Z30, Z31)

// One term of each row.
#define TERM1(w, x) \
	PANEL(w) \
	ROW(x+0, Z2, Z8, Z9)

#define TERM2(w, x) \
	TERM1(w, x) \
	ROW(x+4, Z3, Z10, Z11)

#define TERM4(w, x) \
	TERM2(w, x) \
	ROW(x+8, Z4, Z12, Z13) \
	ROW(x+12, Z5, Z14, Z15)

#define TERM8(w, x) \
	TERM4(w, x) \
	ROW(x+16, Z6, Z16, Z17) \
	ROW(x+20, Z7, Z18, Z19) \
	ROW(x+24, Z2, Z20, Z21) \
	ROW(x+28, Z3, Z22, Z23)

#define TERM12(w, x) \
	TERM8(w, x) \
	ROW(x+32, Z4, Z24, Z25) \
	ROW(x+36, Z5, Z26, Z27) \
	ROW(x+40, Z6, Z28, Z29) \
	ROW(x+44, Z7, Z30, Z31)

// A whole tile, two terms at a time; bytes is the length of a term of x.
#define TILE(ROWS, TERM, bytes) \
	ARGUMENTS \
	TESTQ AX, AX \
	JNZ more \
	ROWS(ZERO) \
	JMP two \
more: \
	ROWS(LOAD) \
two: \
	SUBQ $2, CX \
	JL rest \
	TERM(0, 0) \
	TERM(128, bytes) \
	ADDQ $256, DX \
	ADDQ $(2*bytes), SI \
	JMP two \
rest: \
	ADDQ $2, CX \
	JZ done \
	TERM(0, 0) \
done: \
	ROWS(STORE) \
	VZEROUPPER \
	RET

// func avx512Twelve(k int, x, w, y unsafe.Pointer, ldy, more int)
TEXT ·avx512Twelve(SB), NOSPLIT, $0-48
	TILE(TWELVE, TERM12, 48)

// func avx512Eight(k int, x, w, y unsafe.Pointer, ldy, more int)
TEXT ·avx512Eight(SB), NOSPLIT, $0-48
	TILE(EIGHT, TERM8, 32)

// func avx512Four(k int, x, w, y unsafe.Pointer, ldy, more int)
TEXT ·avx512Four(SB), NOSPLIT, $0-48
	TILE(FOUR, TERM4, 16)

// func avx512Two(k int, x, w, y unsafe.Pointer, ldy, more int)
TEXT ·avx512Two(SB), NOSPLIT, $0-48
	TILE(TWO, TERM2, 8)

// func avx512One(k int, x, w, y unsafe.Pointer, ldy, more int)
TEXT ·avx512One(SB), NOSPLIT, $0-48
	TILE(ONE, TERM1, 4)
