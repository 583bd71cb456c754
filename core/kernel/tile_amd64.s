//go:build goexperiment.simd

#include "textflag.h"

// Tiles of 6, 4, 2 or 1 rows by two vectors of eight columns. Y0 and Y1 hold a row of the panel of w, Y2 and Y3 elements of
// x, Y4 to Y15 the sums, two a row of y.

// Arguments, and the address of the fourth row of y, from which rows 3 to 5 are reached.
#define ARGUMENTS \
	MOVQ k+0(FP), CX \
	MOVQ x+8(FP), SI \
	MOVQ w+16(FP), DX \
	MOVQ y+24(FP), DI \
	MOVQ ldy+32(FP), R8 \
	MOVQ more+40(FP), AX \
	LEAQ (DI)(R8*2), R9 \
	ADDQ R8, R9

#define ZERO(c0, c1) \
	VXORPS c0, c0, c0 \
	VXORPS c1, c1, c1

// One row's two multiply-adds with element off of x.
#define ROW(off, a, c0, c1) \
	VBROADCASTSS off(SI), a \
	VFMADD231PS Y0, a, c0 \
	VFMADD231PS Y1, a, c1

#define PANEL(off) \
	VMOVUPS off(DX), Y0 \
	VMOVUPS off+32(DX), Y1

#define TERM6(w, x) \
	PANEL(w) \
	ROW(x+0, Y2, Y4, Y5) \
	ROW(x+4, Y3, Y6, Y7) \
	ROW(x+8, Y2, Y8, Y9) \
	ROW(x+12, Y3, Y10, Y11) \
	ROW(x+16, Y2, Y12, Y13) \
	ROW(x+20, Y3, Y14, Y15)

#define TERM4(w, x) \
	PANEL(w) \
	ROW(x+0, Y2, Y4, Y5) \
	ROW(x+4, Y3, Y6, Y7) \
	ROW(x+8, Y2, Y8, Y9) \
	ROW(x+12, Y3, Y10, Y11)

#define TERM2(w, x) \
	PANEL(w) \
	ROW(x+0, Y2, Y4, Y5) \
	ROW(x+4, Y3, Y6, Y7)

#define TERM1(w, x) \
	PANEL(w) \
	ROW(x+0, Y2, Y4, Y5)

// func avx2Six(k int, x, w, y unsafe.Pointer, ldy, more int)
TEXT ·avx2Six(SB), NOSPLIT, $0-48
	ARGUMENTS
	ZERO(Y4, Y5)
	ZERO(Y6, Y7)
	ZERO(Y8, Y9)
	ZERO(Y10, Y11)
	ZERO(Y12, Y13)
	ZERO(Y14, Y15)
	TESTQ AX, AX
	JZ four
	VMOVUPS (DI), Y4
	VMOVUPS 32(DI), Y5
	VMOVUPS (DI)(R8*1), Y6
	VMOVUPS 32(DI)(R8*1), Y7
	VMOVUPS (DI)(R8*2), Y8
	VMOVUPS 32(DI)(R8*2), Y9
	VMOVUPS (R9), Y10
	VMOVUPS 32(R9), Y11
	VMOVUPS (R9)(R8*1), Y12
	VMOVUPS 32(R9)(R8*1), Y13
	VMOVUPS (R9)(R8*2), Y14
	VMOVUPS 32(R9)(R8*2), Y15
four:
	SUBQ $4, CX
	JL rest
	TERM6(0, 0)
	TERM6(64, 24)
	TERM6(128, 48)
	TERM6(192, 72)
	ADDQ $256, DX
	ADDQ $96, SI
	JMP four
rest:
	ADDQ $4, CX
	JZ done
one:
	TERM6(0, 0)
	ADDQ $64, DX
	ADDQ $24, SI
	DECQ CX
	JNZ one
done:
	VMOVUPS Y4, (DI)
	VMOVUPS Y5, 32(DI)
	VMOVUPS Y6, (DI)(R8*1)
	VMOVUPS Y7, 32(DI)(R8*1)
	VMOVUPS Y8, (DI)(R8*2)
	VMOVUPS Y9, 32(DI)(R8*2)
	VMOVUPS Y10, (R9)
	VMOVUPS Y11, 32(R9)
	VMOVUPS Y12, (R9)(R8*1)
	VMOVUPS Y13, 32(R9)(R8*1)
	VMOVUPS Y14, (R9)(R8*2)
	VMOVUPS Y15, 32(R9)(R8*2)
	VZEROUPPER
	RET

// func avx2Four(k int, x, w, y unsafe.Pointer, ldy, more int)
TEXT ·avx2Four(SB), NOSPLIT, $0-48
	ARGUMENTS
	ZERO(Y4, Y5)
	ZERO(Y6, Y7)
	ZERO(Y8, Y9)
	ZERO(Y10, Y11)
	TESTQ AX, AX
	JZ two
	VMOVUPS (DI), Y4
	VMOVUPS 32(DI), Y5
	VMOVUPS (DI)(R8*1), Y6
	VMOVUPS 32(DI)(R8*1), Y7
	VMOVUPS (DI)(R8*2), Y8
	VMOVUPS 32(DI)(R8*2), Y9
	VMOVUPS (R9), Y10
	VMOVUPS 32(R9), Y11
two:
	SUBQ $2, CX
	JL rest
	TERM4(0, 0)
	TERM4(64, 16)
	ADDQ $128, DX
	ADDQ $32, SI
	JMP two
rest:
	ADDQ $2, CX
	JZ done
	TERM4(0, 0)
done:
	VMOVUPS Y4, (DI)
	VMOVUPS Y5, 32(DI)
	VMOVUPS Y6, (DI)(R8*1)
	VMOVUPS Y7, 32(DI)(R8*1)
	VMOVUPS Y8, (DI)(R8*2)
	VMOVUPS Y9, 32(DI)(R8*2)
	VMOVUPS Y10, (R9)
	VMOVUPS Y11, 32(R9)
	VZEROUPPER
	RET

// func avx2Two(k int, x, w, y unsafe.Pointer, ldy, more int)
TEXT ·avx2Two(SB), NOSPLIT, $0-48
	ARGUMENTS
	ZERO(Y4, Y5)
	ZERO(Y6, Y7)
	TESTQ AX, AX
	JZ one
	VMOVUPS (DI), Y4
	VMOVUPS 32(DI), Y5
	VMOVUPS (DI)(R8*1), Y6
	VMOVUPS 32(DI)(R8*1), Y7
one:
	TESTQ CX, CX
	JZ done
term:
	TERM2(0, 0)
	ADDQ $64, DX
	ADDQ $8, SI
	DECQ CX
	JNZ term
done:
	VMOVUPS Y4, (DI)
	VMOVUPS Y5, 32(DI)
	VMOVUPS Y6, (DI)(R8*1)
	VMOVUPS Y7, 32(DI)(R8*1)
	VZEROUPPER
	RET

// func avx2One(k int, x, w, y unsafe.Pointer, ldy, more int)
TEXT ·avx2One(SB), NOSPLIT, $0-48
	ARGUMENTS
	ZERO(Y4, Y5)
	TESTQ AX, AX
	JZ one
	VMOVUPS (DI), Y4
	VMOVUPS 32(DI), Y5
one:
	TESTQ CX, CX
	JZ done
term:
	TERM1(0, 0)
	ADDQ $64, DX
	ADDQ $4, SI
	DECQ CX
	JNZ term
done:
	VMOVUPS Y4, (DI)
	VMOVUPS Y5, 32(DI)
	VZEROUPPER
	RET
