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

#define FOUR(do) \
	do(Z8, Z9) \
	do(Z10, Z11) \
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

#define TERM4(w, x) \
	PANEL(w) \
	ROW(x+0, Z2, Z8, Z9) \
	ROW(x+4, Z3, Z10, Z11) \
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

// func avx512Twelve(k int, x, w, y unsafe.Pointer, ldy, more int)
TEXT ·avx512Twelve(SB), NOSPLIT, $0-48
	ARGUMENTS
	TESTQ AX, AX
	JNZ more
	TWELVE(ZERO)
	JMP two
more:
	TWELVE(LOAD)
two:
	SUBQ $2, CX
	JL rest
	TERM12(0, 0)
	TERM12(128, 48)
	ADDQ $256, DX
	ADDQ $96, SI
	JMP two
rest:
	ADDQ $2, CX
	JZ done
	TERM12(0, 0)
done:
	TWELVE(STORE)
	VZEROUPPER
	RET

// func avx512Eight(k int, x, w, y unsafe.Pointer, ldy, more int)
TEXT ·avx512Eight(SB), NOSPLIT, $0-48
	ARGUMENTS
	TESTQ AX, AX
	JNZ more
	EIGHT(ZERO)
	JMP two
more:
	EIGHT(LOAD)
two:
	SUBQ $2, CX
	JL rest
	TERM8(0, 0)
	TERM8(128, 32)
	ADDQ $256, DX
	ADDQ $64, SI
	JMP two
rest:
	ADDQ $2, CX
	JZ done
	TERM8(0, 0)
done:
	EIGHT(STORE)
	VZEROUPPER
	RET

// func avx512Four(k int, x, w, y unsafe.Pointer, ldy, more int)
TEXT ·avx512Four(SB), NOSPLIT, $0-48
	ARGUMENTS
	TESTQ AX, AX
	JNZ more
	FOUR(ZERO)
	JMP two
more:
	FOUR(LOAD)
two:
	SUBQ $2, CX
	JL rest
	TERM4(0, 0)
	TERM4(128, 16)
	ADDQ $256, DX
	ADDQ $32, SI
	JMP two
rest:
	ADDQ $2, CX
	JZ done
	TERM4(0, 0)
done:
	FOUR(STORE)
	VZEROUPPER
	RET

// func avx512Two(k int, x, w, y unsafe.Pointer, ldy, more int)
TEXT ·avx512Two(SB), NOSPLIT, $0-48
	ARGUMENTS
	TESTQ AX, AX
	JNZ more
	ZERO(Z8, Z9)
	ZERO(Z10, Z11)
	JMP begin
more:
	LOAD(Z8, Z9)
	LOAD(Z10, Z11)
begin:
	TESTQ CX, CX
	JZ done
term:
	PANEL(0)
	ROW(0, Z2, Z8, Z9)
	ROW(4, Z3, Z10, Z11)
	ADDQ $128, DX
	ADDQ $8, SI
	DECQ CX
	JNZ term
done:
	STORE(Z8, Z9)
	STORE(Z10, Z11)
	VZEROUPPER
	RET

// func avx512One(k int, x, w, y unsafe.Pointer, ldy, more int)
TEXT ·avx512One(SB), NOSPLIT, $0-48
	ARGUMENTS
	TESTQ AX, AX
	JNZ more
	ZERO(Z8, Z9)
	JMP begin
more:
	LOAD(Z8, Z9)
begin:
	TESTQ CX, CX
	JZ done
term:
	PANEL(0)
	ROW(0, Z2, Z8, Z9)
	ADDQ $128, DX
	ADDQ $4, SI
	DECQ CX
	JNZ term
done:
	STORE(Z8, Z9)
	VZEROUPPER
	RET
